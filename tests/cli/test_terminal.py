"""What a terminal adds: completion by the shell, Ctrl-C, runs that overran."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from edgeworth.cli import main
from edgeworth.experiments import table
from edgeworth.solvers import allocation


def offered(*words: str) -> list[str]:
    """What the shell offers for the last word."""
    found = ShellComplete(main, {}, "edgeworth", "_EDGEWORTH_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value for item in found]


def test_the_shell_offers_families_presets_and_methods(tmp_path: Path) -> None:
    assert "compare" in offered("com")
    assert offered("compare", "allo") == ["allocation"]
    assert offered("compare", "allocation", "--preset", "hot") == ["hotspot"]
    assert offered("compare", "allocation", "--methods", "regr") == ["regret-greedy"]
    assert offered("compare", "allocation", "--methods", "greedy,gr") == []  # it is there already
    assert offered("compare", "allocation", "--methods", "lp,gr") == ["lp,greedy"]
    assert offered("audit", "double-auction", "vc") == ["vcg"]
    assert offered("train", "") == ["carbon-offloading", "scheduling"]
    assert offered("train", "carbon-offloading", "--method", "m") == ["mappo"]
    path = tmp_path / "p.json"
    allocation.generate(servers=2, tasks=3, seed=0).save(path)
    assert offered("solve", str(path), "--method", "e") == ["exact"]
    assert {"exact", "exp3"} <= set(offered("solve", "absent.json", "--method", "e"))


def test_control_c_in_solve_writes_the_incumbent_and_exits_130(tmp_path: Path) -> None:
    allocation.generate(servers=20, tasks=200, preset="hotspot", seed=0).save(tmp_path / "p.json")
    words = ["solve", str(tmp_path / "p.json"), "--method", "highs", "--out", str(tmp_path / "r.json")]
    with subprocess.Popen(
        [sys.executable, "-m", "edgeworth", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        assert started.stderr is not None
        started.stderr.readline()  # a line of progress: it runs
        pressed = time.monotonic()
        os.kill(started.pid, signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert time.monotonic() - pressed < 20.0
    assert started.returncode == 130
    assert "interrupted" in out
    assert "Traceback" not in err
    assert (tmp_path / "r.json").exists()


def test_runs_that_overran_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = table.row

    def late(*arguments: Any) -> Any:
        return row(*arguments) | {"seconds": 9.0, "overran": True}

    monkeypatch.setattr(table, "row", late)
    words = ["compare", "allocation", "--servers", "3", "--tasks", "6", "--methods", "greedy", "--time-limit", "1", "--quiet"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0
    assert "1 of 1 runs OVERRAN their time limit by more than 10% + 0.2 s:\n  greedy: 1 runs, the longest 9 s" in done.stdout
