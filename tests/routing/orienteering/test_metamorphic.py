"""What must not change, or must change in a known way, when a problem is told differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Quality
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, plan
from edgeworth.testing import orienteering_problems, route_sequences
from tests.oracles import orienteering as oracle

PROBLEMS = orienteering_problems(max_customers=4)
few = settings(max_examples=15)


def _optimum(problem: OrienteeringProblem) -> float:
    """By a method that proves it; brute force agrees, which the contract suite sees to."""
    result = orienteering.solve(problem, method="milp")
    assert orienteering.verify(problem, result)
    assert result.quality is Quality.CLAIMED_OPTIMAL
    assert result.value is not None
    return result.value


def _of_customers(problem: OrienteeringProblem, order: Sequence[int]) -> OrienteeringProblem:
    """The problem with these customers only, in this order."""
    keep = np.array([*order, *range(problem.customers, problem.locations)], dtype=np.int64)
    mine = np.array(order, dtype=np.int64)
    gone = problem.customers - len(mine)
    columns: dict[str, Any] = {
        name: getattr(problem, name)[mine] for name in ("demand", "open", "close", "service_time", "service_cost")
    }
    return replace(
        problem,
        distance=problem.distance[np.ix_(keep, keep)],
        travel_time=problem.travel_time[np.ix_(keep, keep)],
        profit=problem.profit[:, mine],
        start=problem.start - gone,
        end=problem.end - gone,
        coordinates=None if problem.coordinates is None else problem.coordinates[keep],
        **columns,
    )


@given(st.data())
@few
def test_the_order_of_customers_is_only_a_name(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    order = data.draw(st.permutations(range(problem.customers)))
    other = _of_customers(problem, order)
    place = {i: k for k, i in enumerate(order)}
    sequences = data.draw(route_sequences(problem))
    renamed = [[place[i] for i in stops] for stops in sequences]
    one, two = (orienteering.violations(p, plan(p, s)) for p, s in ((problem, sequences), (other, renamed)))
    assert sorted((v.rule, v.amount) for v in one) == sorted((v.rule, v.amount) for v in two)
    if not any(v.rule == "visits" for v in one):
        assert orienteering.value(problem, plan(problem, sequences)) == orienteering.value(other, plan(other, renamed))
    assert _optimum(other) == pytest.approx(_optimum(problem), rel=1e-9, abs=1e-12)


@given(problem=orienteering_problems(min_vehicles=2))
@few
def test_the_order_of_vehicles_is_only_a_name(problem: OrienteeringProblem) -> None:
    names = ("start", "end", "speed", "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest", "profit")
    other = replace(problem, **{name: getattr(problem, name)[::-1] for name in names})
    assert _optimum(other) == pytest.approx(_optimum(problem), rel=1e-9, abs=1e-12)


def _with_one_more(problem: OrienteeringProblem, far: float, profit: float, **changed: float) -> OrienteeringProblem:
    """One customer more, `far` from everywhere else in both directions; it becomes customer n."""
    n, places = problem.customers, problem.locations
    given = {"demand": 0.0, "open": 0.0, "close": 50.0, "service_time": 0.0, "service_cost": 0.0} | changed

    def wider(matrix: Any) -> Any:
        new = np.insert(np.insert(matrix, n, far, axis=0), n, far, axis=1)
        new[n, n] = 0.0
        return new

    assert wider(problem.distance).shape == (places + 1, places + 1)
    return replace(
        problem,
        distance=wider(problem.distance),
        travel_time=wider(problem.travel_time),
        profit=np.insert(problem.profit, n, profit, axis=1),
        start=problem.start + 1,
        end=problem.end + 1,
        coordinates=None,
        **{name: np.append(getattr(problem, name), value) for name, value in given.items()},
    )


EXTRA: dict[str, dict[str, float]] = {
    "too far to come back from": {"far": 500.0, "profit": 1000.0, "close": 2000.0},
    "closed before anybody comes": {"far": 20.0, "profit": 1000.0, "open": -50.0, "close": -40.0},
    "open when all must be home": {"far": 0.0, "profit": 1000.0, "open": 500.0, "close": 600.0},
    "served too slowly": {"far": 0.0, "profit": 1000.0, "service_time": 500.0},
    "a loss": {"far": 300.0, "profit": -1.0},
    "eaten up by its service": {"far": 300.0, "profit": 3.0, "service_cost": 3.0},
}


@pytest.mark.parametrize("name", EXTRA)
@given(problem=orienteering_problems(min_vehicles=1, max_customers=3))
@few
def test_a_customer_who_cannot_or_need_not_be_served_changes_nothing(name: str, problem: OrienteeringProblem) -> None:
    other = _with_one_more(problem, **EXTRA[name])
    assert _optimum(other) == pytest.approx(_optimum(problem), rel=1e-9, abs=1e-12)
    heuristic = orienteering.solve(other, method="greedy")
    assert heuristic.solution is not None
    assert problem.customers not in heuristic.solution.served


@given(problem=orienteering_problems(min_vehicles=1, max_customers=3))
@few
def test_a_customer_too_heavy_for_everybody_changes_nothing(problem: OrienteeringProblem) -> None:
    limited = replace(problem, capacity=np.minimum(problem.capacity, 9.0))
    other = _with_one_more(limited, 0.0, 1000.0, demand=10.0)
    assert _optimum(other) == pytest.approx(_optimum(limited), rel=1e-9, abs=1e-12)


@given(problem=PROBLEMS, power=st.integers(-10, 10))
@few
def test_scaling_money_scales_the_answer(problem: OrienteeringProblem, power: int) -> None:
    factor = 2.0**power
    names = ("profit", "service_cost", "cost_per_distance", "cost_per_time")
    other = replace(problem, **{name: getattr(problem, name) * factor for name in names})
    one, two = (orienteering.solve(p, method="greedy") for p in (problem, other))
    assert one.value is not None
    assert two.value == one.value * factor  # powers of two are exact
    assert float(oracle.optimum(other)[0]) == float(oracle.optimum(problem)[0]) * factor


@given(problem=PROBLEMS, power=st.integers(-3, 6))
@few
def test_scaling_time_changes_nothing_but_what_an_hour_costs(problem: OrienteeringProblem, power: int) -> None:
    factor = 2.0**power
    names = ("travel_time", "open", "close", "service_time", "earliest", "latest")
    other = replace(problem, **{name: getattr(problem, name) * factor for name in names})
    other = replace(other, cost_per_time=problem.cost_per_time / factor)
    assert float(oracle.optimum(other)[0]) == pytest.approx(float(oracle.optimum(problem)[0]), rel=1e-12, abs=1e-12)
    assert _optimum(other) == pytest.approx(_optimum(problem), rel=1e-9, abs=1e-12)


@given(problem=PROBLEMS, shift=st.sampled_from([-64.0, 16.0, 1024.0]))
@few
def test_the_clock_may_start_anywhere(problem: OrienteeringProblem, shift: float) -> None:
    other = replace(problem, **{name: getattr(problem, name) + shift for name in ("open", "close", "earliest", "latest")})
    assert _optimum(other) == pytest.approx(_optimum(problem), rel=1e-9, abs=1e-12)


@given(problem=orienteering_problems(min_vehicles=1, max_customers=3))
@few
def test_more_of_anything_never_hurts(problem: OrienteeringProblem) -> None:
    before = _optimum(problem)
    roomier = [
        replace(problem, latest=problem.latest + 4.0),
        replace(problem, close=problem.close + 4.0),
        replace(problem, capacity=problem.capacity + 2.0),
        replace(problem, profit=problem.profit + 1.0),
        replace(problem, earliest=problem.earliest - 2.0),
    ]
    for other in roomier:
        assert _optimum(other) >= before - 1e-9 * max(1.0, abs(before))


@given(problem=orienteering_problems(min_vehicles=1, max_vehicles=1, max_customers=3))
@few
def test_a_second_vehicle_is_worth_no_more_than_the_first(problem: OrienteeringProblem) -> None:
    """Two identical vehicles collect at least as much as one and at most twice as much."""
    names = ("start", "end", "speed", "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest", "profit")
    double = replace(problem, **{name: np.repeat(getattr(problem, name), 2, axis=0) for name in names})
    one, two = _optimum(problem), _optimum(double)
    assert one - 1e-9 <= two <= 2.0 * one + 1e-9 * max(1.0, one)


@given(problem=orienteering_problems(min_customers=2, max_customers=3))
@few
def test_leaving_a_customer_out_never_helps(problem: OrienteeringProblem) -> None:
    whole = float(oracle.optimum(problem)[0])
    for gone in range(problem.customers):
        rest = _of_customers(problem, [i for i in range(problem.customers) if i != gone])
        assert _optimum(rest) <= whole + 1e-9 * max(1.0, whole)
