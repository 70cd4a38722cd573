"""Comparisons of exact methods and learners, on the library's and the command line's side."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
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
    assert (frame.regret["learner"] > 1e-9).all()
    assert frame.regret["exact"] <= 1e-9


def test_a_learned_price_is_held_against_the_bound_with_exact_replies() -> None:
    problem = trading.generate(preset="random", consumers=6, seed=1)
    table = compare([problem], ["exact", "grid", "wolf-phc"], seeds=range(2))
    frame = table.frame
    assert (frame.gap_of_price >= -1e-9).all()
    bound = frame.bound[frame.method == "exact"].iloc[0]
    for row, result in zip(frame.itertuples(), table.results, strict=True):
        assert result is not None
        price = result.require().price
        profit = (price - problem.unit_cost) * trading.follower_equilibrium(problem, price).sum()
        assert row.gap_of_price == pytest.approx((bound - profit) / profit, rel=1e-6, abs=1e-9)
    summary = table.summary()
    assert summary.mean_gap_of_price["wolf-phc"] >= summary.mean_gap_of_price["exact"] >= -1e-9
    assert summary.mean_regret["wolf-phc"] > summary.mean_regret["exact"]


def test_the_command_line_knows_the_family(tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    done = CliRunner().invoke(main, ["generate", "trading", "--preset", "kink", "--consumers", "4", "--out", str(path)])
    assert done.exit_code == 0, done.output
    solved = CliRunner().invoke(main, ["solve", str(path), "--method", "exact"])
    assert solved.exit_code == 0, solved.output
    assert "optimal" in solved.output
