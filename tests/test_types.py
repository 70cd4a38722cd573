"""What a user's type checker makes of the public names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PROGRAM = """
import pandas as pd
from edgeworth import Stop
from edgeworth.games import offloading
from edgeworth.mechanisms import auditing, double_auction
from edgeworth.solvers import allocation

problem = allocation.AllocationProblem.from_matrices([[4.0, 1.0]], [[1.0, 1.0]], [1.0], must_serve=[True, False])
result = allocation.solve(problem, method="exact", stop=Stop(seconds=1))
server: int = int(result.require().server[0])
report = allocation.verify(problem, allocation.Assignment([0, -1]))
profile = offloading.Profile(provider=[0, -1])
market = double_auction.Market(bid=[3.0], ask=pd.Series([1.0]), demand=[2], capacity=pd.Series([2]))
units: int = int(market.demand.sum())
outcome = double_auction.Outcome([0], [2.0], [2.0], stop=[-1])
found = auditing.audit("mcafee", market).truthful.witness
"""

WRONG = {
    "allocation.Assignment()\n": "Missing positional argument",
    "double_auction.Market(bid=[1.0])\n": "Missing positional argument",
    "double_auction.Market([1.0], [1.0], demand=object())\n": "incompatible type",
    'allocation.solve(problem, metod="exact")\n': "Unexpected keyword argument",
}


@pytest.mark.slow
def test_a_program_of_lists_and_series_passes_mypy_and_mistakes_do_not(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + "".join(WRONG))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache"), str(program)],
        env={**os.environ, "MYPYPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if line.startswith(f"{program.name}:") and " error: " in line]
    right = len(PROGRAM.splitlines())
    by_line = {int(number): text for _, number, text in (line.split(":", 2) for line in errors)}
    assert min(by_line) > right, done.stdout
    for line, (_, wanted) in enumerate(WRONG.items(), start=right + 1):
        assert wanted in by_line[line], done.stdout
