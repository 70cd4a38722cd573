"""Comparisons of exact methods and learners, on the library's and the command line's side."""

from __future__ import annotations

import math
from pathlib import Path

from click.testing import CliRunner

from edgeworth import MethodSpec, compare
from edgeworth.cli import main
from edgeworth.games import trading


def test_a_profile_out_of_equilibrium_refutes_no_bound() -> None:
    """A learner's consumers may ask for more than in equilibrium: the profit is then beyond what the leader can reach."""
    problem = trading.generate(preset="random", consumers=6, seed=1)
    table = compare([problem], ["exact", "grid", MethodSpec("learner", "wolf-phc")], seeds=range(2))
    assert table.verified
    frame = table.frame.set_index("method")
    assert frame.value["learner"].max() > frame.bound["exact"]
    assert frame.gap_to_best_bound["learner"].map(math.isnan).all()
    assert frame.gap_to_best_bound["grid"] >= 0.0
    assert "comparable" not in table.frame.columns


def test_the_command_line_knows_the_family(tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    done = CliRunner().invoke(main, ["generate", "trading", "--preset", "kink", "--consumers", "4", "--out", str(path)])
    assert done.exit_code == 0, done.output
    solved = CliRunner().invoke(main, ["solve", str(path), "--method", "exact"])
    assert solved.exit_code == 0, solved.output
    assert "optimal" in solved.output
