"""Statistics against computations by hand."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from edgeworth import compare
from edgeworth.experiments.statistics import interval, summarise
from edgeworth.solvers import allocation
from tests.experiments import faults


def rows(*cells: tuple[str, str, float | None, float, bool]) -> pd.DataFrame:
    """(method, instance, value, seconds, verified)."""
    return pd.DataFrame(
        {
            "method": [cell[0] for cell in cells],
            "problem_hash": [cell[1] for cell in cells],
            "value": [math.nan if cell[2] is None else cell[2] for cell in cells],
            "bound": math.nan,
            "gap_to_best_bound": math.nan,
            "seconds": [cell[3] for cell in cells],
            "quality": "feasible",
            "verified": [cell[4] for cell in cells],
            "overran": False,
        }
    )


def test_interval_by_hand() -> None:
    # Sample 2, 4, 4, 6: mean 4, s^2 = (4 + 0 + 0 + 4) / 3, t(.975; 3) = 3.182446305 (any table).
    mean, low, high = interval(np.array([2.0, 4.0, 4.0, 6.0]))
    half = 3.182446305284263 * math.sqrt(8.0 / 3.0) / 2.0
    assert (mean, low, high) == pytest.approx((4.0, 4.0 - half, 4.0 + half), rel=1e-12)


def test_interval_without_spread_or_sample() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert interval(np.array([3.0, 3.0])) == (3.0, 3.0, 3.0)
        mean, low, high = interval(np.array([3.0]))
        assert mean == 3.0
        assert math.isnan(low)
        assert math.isnan(high)
        assert all(map(math.isnan, interval(np.array([]))))


def test_differences_are_paired_over_instances_not_runs() -> None:
    # On instance x the random method ran with three seeds (mean 4), on y with three (mean 7): two differences, -6 and -13.
    frame = rows(
        *[("a", "x", 10.0, 1.0, True), ("a", "y", 20.0, 3.0, True)],
        *[("r", "x", value, 1.0, True) for value in (2.0, 4.0, 6.0)],
        *[("r", "y", value, 1.0, True) for value in (7.0, 7.0, 7.0)],
    )
    summary = summarise(frame, ["a", "r"], "max", None)
    assert summary.attrs["reference"] == "a"
    assert summary.loc["r", "pairs"] == 2
    half = 12.706204736174698 * math.sqrt(((-6 + 9.5) ** 2 + (-13 + 9.5) ** 2) / 1.0) / math.sqrt(2.0)
    want = (-9.5, -9.5 - half, -9.5 + half)
    assert tuple(summary.loc["r", ["difference", "difference_low", "difference_high"]]) == pytest.approx(want, rel=1e-12)
    assert summary.loc["r", "mean_value"] == 5.5
    assert summary.loc["a", "mean_seconds"] == 2.0
    assert summary.loc["a", "instances"] == 2


def test_uneven_seeds_do_not_weigh_instances() -> None:
    frame = rows(("r", "x", 1.0, 1.0, True), ("r", "y", 3.0, 1.0, True), ("r", "y", 5.0, 1.0, True), ("r", "y", 4.0, 1.0, True))
    assert summarise(frame, ["r"], "max", None).loc["r", "mean_value"] == 2.5


@pytest.mark.parametrize(("sense", "best"), [("max", "b"), ("min", "a")])
def test_the_reference_is_the_best_in_the_problems_sense(sense: Any, best: str) -> None:
    frame = rows(("a", "x", 1.0, 1.0, True), ("b", "x", 2.0, 1.0, True))
    assert summarise(frame, ["a", "b"], sense, None).attrs["reference"] == best


def test_solving_only_the_easy_instances_does_not_make_a_reference() -> None:
    cells = [("a", "x", 1.0), ("a", "y", 1.0), ("b", "x", 9.0), ("b", "y", None)]
    frame = rows(*[(method, instance, value, 1.0, True) for method, instance, value in cells])
    summary = summarise(frame, ["a", "b"], "max", None)
    assert summary.attrs["reference"] == "a"
    assert summary.loc["b", "solved"] == 0.5
    assert summary.loc["b", "pairs"] == 1
    assert math.isnan(summary.loc["b", "difference_low"])


def test_values_that_failed_the_check_do_not_count() -> None:
    frame = rows(("a", "x", 1.0, 1.0, True), ("b", "x", 99.0, 1.0, False))
    summary = summarise(frame, ["a", "b"], "max", None)
    assert summary.attrs["reference"] == "a"
    assert math.isnan(summary.loc["b", "mean_value"])
    assert summary.loc["b", "share_verified"] == 0.0


def test_given_reference_and_none() -> None:
    problems = [allocation.generate(servers=3, tasks=9, seed=seed) for seed in range(3)]
    comparison = compare(problems, ["greedy", faults.serves_nobody, "lp"])
    summary = comparison.summary("serves_nobody")
    greedy = comparison.frame[comparison.frame["method"] == "greedy"]["value"]
    assert summary.loc["greedy", "difference"] == pytest.approx(greedy.mean(), rel=1e-12)
    with pytest.raises(ValueError, match=r"reference: must be one of .*did you mean 'greedy'"):
        comparison.summary("gredy")
    only_bounds = compare(problems, ["lp"]).summary()
    assert only_bounds.attrs["reference"] is None
    assert only_bounds["difference"].isna().all()


def test_mean_of_a_coin_over_seeds() -> None:
    problem = allocation.AllocationProblem.from_matrices([[6.0]], [[1.0]], [1.0])
    comparison = compare([problem], [faults.coin], seeds=range(30))
    heads = (comparison.frame["value"] == 6.0).sum()
    assert 0 < heads < 30
    assert comparison.summary().loc["coin", "mean_value"] == pytest.approx(6.0 * heads / 30)
