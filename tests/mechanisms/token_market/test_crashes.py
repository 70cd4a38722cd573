"""A writer killed at any instant loses nothing that it acknowledged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("crashes.py")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_writers(kills: int, tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "market.db"), str(kills), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == kills
    assert found["acknowledged"] >= kills
    for name in ("lost", "doubled", "broken", "refused"):
        assert found[name] == 0, found
    assert found["unacknowledged"] <= 5 * kills  # at most the batch that was under way
    assert found["verified"] is True
    assert found["records"] == 2 + found["acknowledged"] + found["unacknowledged"] + kills
