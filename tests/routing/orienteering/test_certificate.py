"""The certificate "ng-routes": what it proves is rebuilt without the solvers, whatever it holds; faults in it are caught."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core.checking import Budget
from edgeworth.core.result import BoundEvidence, Certificate, Quality
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem
from edgeworth.routing.orienteering.check import bound
from edgeworth.testing import orienteering_problems
from tests.oracles import orienteering as oracle


def recomputed_bound(problem: OrienteeringProblem, content: dict[str, Any]) -> float:
    return bound.recomputed_bound(problem, content, Budget())


def arrays(problem: OrienteeringProblem, pi: Any, near: Any = None, largest: float = 0.0) -> dict[str, Any]:
    n = problem.customers
    near = np.zeros((n, n), dtype=bool) if near is None else near
    members = [np.flatnonzero(row) for row in near]
    return {
        "multipliers": np.asarray(pi, dtype=np.float64),
        "largest": np.full(len(problem.vehicle_types), largest),
        "indptr": np.cumsum([0, *map(len, members)], dtype=np.int64),
        "members": np.concatenate([np.zeros(0, dtype=np.int64), *members]).astype(np.int64),
    }


def fusion() -> OrienteeringProblem:
    return orienteering.generate(preset="fusion", vehicles=2, customers=9, seed=3)


@given(data=st.data(), problem=orienteering_problems(max_customers=4))
def test_any_multipliers_and_neighbours_give_a_bound(data: st.DataObject, problem: OrienteeringProblem) -> None:
    n = problem.customers
    pi = data.draw(st.lists(st.integers(0, 40).map(lambda k: k / 4), min_size=n, max_size=n))
    near = np.array(data.draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n)), dtype=bool).reshape(n, n)
    best = float(oracle.optimum(problem)[0])
    assert recomputed_bound(problem, arrays(problem, pi, near)) >= best - 1e-9 * max(abs(best), 1e-10)


@given(problem=orienteering_problems(max_customers=4, max_vehicles=1))
def test_full_memory_and_no_prices_give_the_optimum_of_one_vehicle(problem: OrienteeringProblem) -> None:
    n = problem.customers
    best = float(oracle.optimum(problem)[0])
    found = recomputed_bound(problem, arrays(problem, np.zeros(n), np.ones((n, n), dtype=bool)))
    assert found == pytest.approx(best, rel=1e-9, abs=1e-12)


def test_less_memory_bounds_no_better() -> None:
    problem = fusion()
    n = problem.customers
    bounds = [recomputed_bound(problem, arrays(problem, np.zeros(n), near)) for near in (None, np.ones((n, n), dtype=bool))]
    assert bounds[0] >= bounds[1]


def test_the_floor_is_not_believed() -> None:
    """Too low a largest value is raised to what a route reaches; too high a one only loosens the bound."""
    problem = fusion()
    pi = np.zeros(problem.customers)
    full = np.ones((problem.customers, problem.customers), dtype=bool)
    exact = recomputed_bound(problem, arrays(problem, pi, full))
    assert exact > 0.0
    assert recomputed_bound(problem, arrays(problem, pi, full, largest=exact)) > exact


def test_by_hand() -> None:
    """Out and back, 2 x 5 within 20: once by an elementary route, twice where nothing is remembered, thanks to a detour."""
    problem = OrienteeringProblem.from_coordinates(
        [[3.0, 4.0], [3.0, 5.0], [0.0, 0.0]], [7.0, 1.0], depot="last", latest=13.0, rounding="none"
    )
    forgetful = recomputed_bound(problem, arrays(problem, [0.0, 0.0]))
    assert forgetful == 15.0  # 0, 1, 0: 5 + 1 + 1 + 5 = 12 <= 13
    assert recomputed_bound(problem, arrays(problem, [0.0, 0.0], np.ones((2, 2), dtype=bool))) == 8.0
    assert recomputed_bound(problem, arrays(problem, [7.0, 1.0])) == 8.0  # paid for once each: nothing is left


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"multipliers": np.array([-1.0] + [0.0] * 8)}, "multipliers"),
        ({"multipliers": np.full(9, np.nan)}, "multipliers"),
        ({"multipliers": np.zeros(8)}, "multipliers"),
        ({"largest": np.zeros(7)}, "largest"),
        ({"largest": np.array([np.inf])}, "largest"),
        ({"indptr": np.zeros(4, dtype=np.int64)}, "indptr"),
        ({"indptr": np.arange(10)}, "indptr"),
        ({"indptr": np.array([0, 2, 1, *[2] * 7]), "members": np.array([0, 1])}, "indptr"),
        ({"members": np.array([9]), "indptr": np.array([0, *[1] * 9])}, "members"),
        ({"members": np.array([0.5]), "indptr": np.array([0, *[1] * 9])}, "members"),
    ],
)
def test_malformed_certificates_are_refused(change: dict[str, Any], error: str) -> None:
    problem = fusion()
    with pytest.raises((ValueError, TypeError), match=error):
        recomputed_bound(problem, arrays(problem, np.zeros(9)) | change)


def test_missing_arrays_are_refused() -> None:
    problem = fusion()
    content = arrays(problem, np.zeros(9))
    for name in content:
        with pytest.raises(KeyError):
            recomputed_bound(problem, {key: values for key, values in content.items() if key != name})


@given(problem=orienteering_problems(min_customers=2, max_customers=5, min_vehicles=1), seed=st.integers(0, 5))
def test_planted_faults_are_caught(problem: OrienteeringProblem, seed: int) -> None:
    result = orienteering.solve(problem, method="column-generation")
    assert orienteering.verify(problem, result)
    if result.bound_evidence is not BoundEvidence.RECOMPUTED or not result.bound or result.certificate is None:
        return
    tight = replace(result, solution=None, value=None, quality=Quality.NONE, bound=result.bound * (1.0 - 1e-6))
    assert not orienteering.verify(problem, tight)["bound"]
    content = dict(result.certificate.arrays)
    foreign = np.random.default_rng(seed).uniform(0.0, 20.0, problem.customers)
    rebuilt = recomputed_bound(problem, content | {"multipliers": foreign})
    other = replace(result, certificate=Certificate("ng-routes", content | {"multipliers": foreign}))
    proves_less = rebuilt > result.bound + 1e-6 * max(abs(result.bound), 1.0)
    assert bool(orienteering.verify(problem, other)["bound"]) is not proves_less
