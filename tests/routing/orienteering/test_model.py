"""The model against its naive second implementation."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, Route, RoutePlan, plan
from edgeworth.routing.orienteering.model import euclidean
from edgeworth.testing import orienteering_problems, route_sequences
from tests.oracles import orienteering as oracle

PROBLEMS = orienteering_problems()
LINE = [[10.0, 0.0], [20.0, 0.0], [30.0, 0.0], [0.0, 0.0]]


def _line(**changed: Any) -> OrienteeringProblem:
    """Three customers on a line at 10, 20 and 30 from the depot."""
    given: dict[str, Any] = {"profit": [5.0, 3.0, 4.0], "depot": "last", "latest": 100.0, "rounding": "none"}
    return OrienteeringProblem.from_coordinates(LINE, **(given | changed))


# --- value, schedule, constraints ---------------------------------------------------------------------------------------


@given(st.data())
def test_schedule_feasibility_and_value_agree_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    sequences = data.draw(route_sequences(problem))
    solution = plan(problem, sequences)
    for k, (route, stops) in enumerate(zip(solution.routes, sequences, strict=True)):
        rows, back = oracle.schedule(problem, k, stops)
        columns = (route.arrival, route.start, route.leave, route.load)
        assert [tuple(row) for row in zip(*(column.tolist() for column in columns), strict=True)] == rows
        assert route.end_time == back
    assert (not orienteering.violations(problem, solution)) == oracle.feasible(problem, sequences)
    if len(set(solution.served.tolist())) < len(solution.served):
        with pytest.raises(ValueError, match="solution: must visit a customer once; got"):
            orienteering.value(problem, solution)
        return
    exact = float(oracle.value(problem, sequences))
    assert orienteering.value(problem, solution) == pytest.approx(exact, rel=1e-14, abs=1e-14)


@given(st.data())
def test_violations_name_what_the_oracle_finds(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    sequences = data.draw(route_sequences(problem))
    solution = plan(problem, sequences)
    found = orienteering.violations(problem, solution)
    visited = [i for stops in sequences for i in stops]
    twice = {i: visited.count(i) - 1.0 for i in visited if visited.count(i) > 1}
    assert {v.at("customer"): v.amount for v in found if v.rule == "visits"} == twice
    late, back, heavy = set(), set(), set()
    for k, stops in enumerate(sequences):
        pairs = oracle.Clock(problem, k).pairs(stops)
        late |= {(k, i) for i, (begin, limit) in zip(stops, pairs, strict=False) if begin > limit}
        back |= {k} if stops and pairs[len(stops)][0] > pairs[len(stops)][1] else set()
        heavy |= {k} if any(load > limit for load, limit in pairs[len(stops) + 1 :]) else set()
    assert {(v.at("vehicle"), v.at("customer")) for v in found if v.rule == "windows"} == late
    assert {v.at("vehicle") for v in found if v.rule == "return"} == back
    assert {v.at("vehicle") for v in found if v.rule == "capacity"} == heavy
    assert not any(v.rule == "schedule" for v in found)
    for violation in found:
        assert violation.amount > 0.0
        assert str(violation) == violation.text
        place = (violation.rule, violation.at("vehicle"), violation.at("customer"))
        same = [v.amount for v in found if (v.rule, v.at("vehicle"), v.at("customer")) == place]
        assert violation.replay(problem, solution) == max(same)  # one visited twice can be late twice


def test_waiting_and_service_by_hand() -> None:
    problem = _line(open=[15.0, 0.0, 0.0], close=[20.0, 60.0, 90.0], service_time=[2.0, 1.0, 0.0], demand=[1.0, 2.0, 3.0])
    (route,) = plan(problem, [[0, 2, 1]]).routes
    assert route.arrival.tolist() == [10.0, 37.0, 47.0]
    assert route.start.tolist() == [15.0, 37.0, 47.0]
    assert route.leave.tolist() == [17.0, 37.0, 48.0]
    assert route.load.tolist() == [1.0, 4.0, 6.0]
    assert route.end_time == 68.0
    assert orienteering.value(problem, plan(problem, [[0, 2, 1]])) == 12.0


def test_costs_by_hand() -> None:
    problem = _line(cost_per_distance=0.25, cost_per_time=0.5, speed=2.0, service_cost=[0.5, 0.25, 0.0])
    two = plan(problem, [[0, 1]])  # 10 + 10 + 20 driven, half as much time
    assert orienteering.value(problem, two) == 8.0 - 0.75 - 0.25 * 40.0 - 0.5 * 20.0
    assert problem.edge_cost(0)[3, 2] == 0.25 * 30.0 + 0.5 * 15.0
    assert problem.drive_time(0)[3, 2] == 15.0
    assert orienteering.value(problem, plan(problem, [[]])) == 0.0


def test_a_vehicle_that_stays_pays_nothing_even_where_its_end_is_elsewhere() -> None:
    problem = OrienteeringProblem.from_coordinates(
        [[1.0, 0.0], [0.0, 0.0], [9.0, 0.0]], [7.0], latest=9.0, start=[1], end=[2], cost_per_distance=1.0, rounding="none"
    )
    stays, drives = plan(problem, [[]]), plan(problem, [[0]])
    assert orienteering.value(problem, stays) == 0.0
    assert stays.routes[0].end_time == 0.0
    assert orienteering.value(problem, drives) == 7.0 - 9.0
    assert drives.routes[0].end_time == 9.0
    assert not orienteering.violations(problem, stays)
    assert not orienteering.violations(problem, drives)


def test_the_way_there_and_the_way_back_may_differ() -> None:
    distance = [[0.0, 9.0, 1.0], [2.0, 0.0, 7.0], [3.0, 4.0, 0.0]]
    problem = OrienteeringProblem.from_matrices(distance, [1.0, 1.0], depot="last", latest=30.0)
    assert plan(problem, [[0, 1]]).routes[0].end_time == 3.0 + 9.0 + 7.0
    assert plan(problem, [[1, 0]]).routes[0].end_time == 4.0 + 2.0 + 1.0


def test_a_replayed_violation_is_gone_once_it_is_repaired() -> None:
    problem = _line(demand=1.0, capacity=1.5)
    (violation,) = orienteering.violations(problem, plan(problem, [[0, 1]]))
    assert (violation.rule, violation.at("vehicle"), violation.amount) == ("capacity", 0, pytest.approx(0.5 / 1.5))
    assert violation.replay(problem, plan(problem, [[0]])) == 0.0


@pytest.mark.parametrize("limit", ["close", "latest", "capacity"])
def test_the_tolerance_is_one_in_a_billion_of_the_limit(limit: str) -> None:
    """Service begins at 30, the return is at 60, the load 40: limits a little below them hold, a little more and not."""
    problem = _line(open=[0.0] * 3, close=[100.0, 100.0, 30.0], latest=60.0, demand=[0.0, 0.0, 40.0], capacity=40.0)
    there = plan(problem, [[2]])
    exact = getattr(problem, limit)
    for share, holds in ((0.0, True), (5e-10, True), (2e-9, False)):
        tight = replace(problem, **{limit: exact * (1.0 - share)})
        broken = orienteering.violations(tight, plan(tight, there.sequences))
        assert (not broken) == holds
        assert holds or broken[0].rule == {"close": "windows", "latest": "return", "capacity": "capacity"}[limit]


def test_solvers_get_half_of_the_tolerance() -> None:
    problem = _line(open=-5.0, close=[-2.0, 0.5, 4.25], latest=2000.0, demand=0.5, capacity=[1.0])
    inner, outer = problem.inner_limits, problem.limits
    assert outer.origin.tolist() == [0.0]
    assert not outer.whole[0]
    for name, exact in (("close", problem.close), ("latest", problem.latest), ("capacity", problem.capacity)):
        half, whole = getattr(inner, name).ravel() - exact, getattr(outer, name).ravel() - exact
        room = 1e-9 * np.clip(np.minimum(exact, outer.work[0] if name != "capacity" else 1.5), 0.0, None)
        assert whole == pytest.approx(room, abs=1e-12, rel=1e-3)
        assert half == pytest.approx(room / 2, abs=1e-12, rel=1e-3)
        assert not getattr(outer, name).flags.writeable


def test_whole_numbers_hold_exactly() -> None:
    """16 units over a capacity of 16e9, and a second after 2e9 seconds, are no rounding."""
    problem = _line(open=0.0, close=2e9, latest=[2e9 + 39.0], demand=[16e9, 16.0, 0.0], capacity=16e9, service_time=1e9)
    assert problem.limits.whole.all()
    assert not orienteering.violations(problem, plan(problem, [[0]]))
    broken = orienteering.violations(problem, plan(problem, [[0, 1]]))
    assert [(each.rule, each.amount) for each in broken] == [("return", 1.0), ("capacity", 16.0)]


def test_plans_that_misstate_their_schedule_are_found() -> None:
    problem = _line(demand=1.0)
    (route,) = plan(problem, [[0, 1]]).routes
    for name in ("arrival", "start", "leave", "load"):
        numbers = getattr(route, name).copy()
        numbers[1] += 0.5
        (violation,) = orienteering.violations(problem, RoutePlan((replace(route, **{name: numbers}),)))
        assert (violation.rule, violation.at("vehicle"), violation.at("customer")) == ("schedule", 0, 1)
        assert name in violation.text
    (violation,) = orienteering.violations(problem, RoutePlan((replace(route, end_time=route.end_time - 4.0),)))
    assert (violation.rule, violation.at("customer"), violation.amount) == ("schedule", None, 4.0 / 40.0)
    slightly = replace(route, arrival=route.arrival * (1.0 + 1e-10))
    assert not orienteering.violations(problem, RoutePlan((slightly,)))


# --- degenerate problems ------------------------------------------------------------------------------------------------


def _best(problem: OrienteeringProblem) -> float:
    return float(oracle.optimum(problem)[0])


def test_nobody_and_nothing() -> None:
    nothing = OrienteeringProblem.from_matrices(np.zeros((0, 0)), [], start=[], end=[], latest=0.0, vehicles=0)
    assert (nothing.customers, nothing.vehicles, nothing.locations) == (0, 0, 0)
    empty = plan(nothing, [])
    assert orienteering.value(nothing, empty) == 0.0
    assert not orienteering.violations(nothing, empty)
    assert nothing.vehicle_types == ()
    assert nothing.integral


def test_no_customers() -> None:
    problem = OrienteeringProblem.from_coordinates([[0, 0]], [], depot="last", latest=9.0, vehicles=2, rounding="none")
    assert (problem.customers, problem.vehicles) == (0, 2)
    assert problem.profit.shape == (2, 0)
    idle = plan(problem, [[], []])
    assert not orienteering.violations(problem, idle)
    assert len(idle.served) == 0
    measured = orienteering.measures(problem, idle)
    assert math.isnan(measured["served_share"])
    with pytest.raises(ValueError, match="sequences: must be at most -1 everywhere; got 0"):
        plan(problem, [[0], []])


def test_no_vehicles() -> None:
    problem = _line(vehicles=0)
    assert problem.profit.shape == (0, 3)
    assert orienteering.value(problem, plan(problem, [])) == 0.0
    assert orienteering.measures(problem, plan(problem, []))["served_share"] == 0.0


def test_windows_that_nobody_reaches_are_no_error_and_nobody_goes() -> None:
    problem = _line(open=[0.0] * 3, close=[9.0, 19.0, 29.0])
    assert _best(problem) == 0.0
    for i in range(3):
        (violation,) = orienteering.violations(problem, plan(problem, [[i]]))
        assert (violation.rule, violation.at("customer")) == ("windows", i)


def test_windows_that_open_after_the_latest_return_are_no_error() -> None:
    problem = _line(open=[500.0] * 3, close=[600.0] * 3)
    assert _best(problem) == 0.0
    assert {v.rule for v in orienteering.violations(problem, plan(problem, [[0]]))} == {"return"}


def test_windows_that_close_before_they_open_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"close: must be at least open; got 4.0 below 5.0 for customer 1"):
        _line(open=[0.0, 5.0, 0.0], close=[9.0, 4.0, 9.0])


def test_a_window_of_one_moment_is_one() -> None:
    problem = _line(open=[10.0, 50.0, 40.0], close=[10.0, 50.0, 40.0])
    solution = plan(problem, [[0, 2, 1]])
    assert not orienteering.violations(problem, solution)
    assert solution.routes[0].start.tolist() == [10.0, 40.0, 50.0]


def test_zero_capacity_carries_what_weighs_nothing() -> None:
    problem = _line(demand=[0.0, 1.0, 0.0], capacity=0.0)
    assert not orienteering.violations(problem, plan(problem, [[0, 2]]))
    assert {v.rule for v in orienteering.violations(problem, plan(problem, [[1]]))} == {"capacity"}
    assert _best(problem) == 9.0


def test_points_that_coincide_are_several_customers() -> None:
    problem = OrienteeringProblem.from_coordinates(
        [[5, 5]] * 3 + [[0, 0]], [1.0, 2.0, 4.0], depot="last", latest=15.0, rounding="trunc1"
    )
    solution = plan(problem, [[2, 0, 1]])
    assert solution.routes[0].arrival.tolist() == [7.0, 7.0, 7.0]
    assert not orienteering.violations(problem, solution)
    assert orienteering.value(problem, solution) == 7.0


def test_a_vehicle_that_cannot_return_stays() -> None:
    problem = _line(vehicles=2, latest=[100.0, 1.0])
    assert not orienteering.violations(problem, plan(problem, [[0], []]))
    (violation,) = orienteering.violations(problem, plan(problem, [[], [0]]))
    assert (violation.rule, violation.at("vehicle"), violation.amount) == ("return", 1, 19.0)
    assert violation.replay(problem, plan(problem, [[], [0]])) == 19.0


def test_a_vehicle_whose_end_is_too_far_may_stay() -> None:
    problem = OrienteeringProblem.from_coordinates(
        [[3, 4], [0, 0], [90, 90]], [7.0], latest=9.0, start=[1], end=[2], rounding="none"
    )
    assert not orienteering.violations(problem, plan(problem, [[]]))
    assert _best(problem) == 0.0


# --- the problem as an object -------------------------------------------------------------------------------------------

ARRAYS = (
    "distance", "travel_time", "profit", "demand", "open", "close", "service_time", "service_cost", "start", "end", "speed",
    "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest",
)  # fmt: skip


@given(problem=PROBLEMS)
def test_arrays_are_copied_and_read_only(problem: OrienteeringProblem) -> None:
    for name in ARRAYS:
        assert not getattr(problem, name).flags.writeable, name
    mine = problem.distance.copy()
    twin = replace(problem, distance=mine)
    digest = twin.hash
    mine += 1.0
    assert twin.distance.tolist() == problem.distance.tolist()
    assert twin.hash == digest == problem.hash


@given(problem=PROBLEMS)
def test_pickled_problems_are_the_same_and_still_read_only(problem: OrienteeringProblem) -> None:
    copy = pickle.loads(pickle.dumps(problem))
    assert copy.hash == problem.hash
    assert copy.provenance == problem.provenance
    assert all(not getattr(copy, name).flags.writeable for name in ARRAYS)


@given(st.data())
def test_plans_survive_pickling_and_payloads(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    solution = plan(problem, data.draw(route_sequences(problem)))
    for copy in (pickle.loads(pickle.dumps(solution)), RoutePlan.from_payload(solution.to_payload())):
        assert len(copy.routes) == len(solution.routes)
        for mine, yours in zip(copy.routes, solution.routes, strict=True):
            for name in ("stops", "arrival", "start", "leave", "load"):
                assert getattr(mine, name).tolist() == getattr(yours, name).tolist()
                assert not getattr(mine, name).flags.writeable
            assert mine.end_time == yours.end_time


@given(problem=PROBLEMS)
def test_payloads_give_the_problem_back(problem: OrienteeringProblem) -> None:
    again = OrienteeringProblem.from_payload(problem.to_payload())
    assert again.hash == problem.hash
    for name in ARRAYS:
        assert np.array_equal(getattr(again, name), getattr(problem, name)), name


def test_infinite_capacities_survive_files(tmp_path: Any) -> None:
    import edgeworth

    problem = _line(vehicles=2, capacity=[np.inf, 3.0], location_names=["a", "b", "c", "depot"])
    for ending in ("json", "npz"):
        path = tmp_path / f"p.{ending}"
        problem.save(path)
        again = edgeworth.load(path)
        assert isinstance(again, OrienteeringProblem)
        assert again.hash == problem.hash
        assert again.capacity.tolist() == [np.inf, 3.0]
        assert again.location_names == ("a", "b", "c", "depot")
        assert again.coordinates is not None
        assert again.coordinates.tolist() == LINE


def test_the_hash_sees_every_field_but_the_provenance() -> None:
    problem = _line(vehicles=2, capacity=5.0, demand=1.0, location_names=["a", "b", "c", "depot"])
    changed = [
        replace(problem, travel_time=problem.distance * 2.0),
        replace(problem, distance=problem.distance * 2.0, travel_time=problem.travel_time),
        *(replace(problem, **{name: getattr(problem, name) + 0.5}) for name in ("profit", "demand", "open", "close")),
        *(replace(problem, **{name: getattr(problem, name) + 0.5}) for name in ("service_time", "service_cost", "speed")),
        *(replace(problem, **{name: getattr(problem, name) + 0.5}) for name in ("capacity", "cost_per_distance")),
        *(replace(problem, **{name: getattr(problem, name) + 0.5}) for name in ("cost_per_time", "earliest", "latest")),
        replace(problem, capacity=np.array([5.0, np.inf])),
        replace(problem, capacity=np.array([5.0, 0.0])),
        replace(problem, coordinates=None),
        replace(problem, location_names=None),
    ]
    hashes = {problem.hash, *(other.hash for other in changed)}
    assert len(hashes) == 1 + len(changed)
    assert replace(problem, provenance=orienteering.generate(customers=1, seed=0).provenance).hash == problem.hash


def test_the_hash_is_the_same_on_every_machine() -> None:
    assert _line(vehicles=2, capacity=[np.inf, 3.0], demand=1.0).hash == "d799203a91fb7cc5ff01fae3e77e4797"


def test_identical_vehicles_are_one_type() -> None:
    problem = _line(vehicles=5, speed=[1.0, 2.0, 1.0, 2.0, 1.0])
    assert [group.tolist() for group in problem.vehicle_types] == [[0, 2, 4], [1, 3]]
    own = replace(problem, profit=problem.profit + np.array([0.0, 0.0, 0.0, 0.0, 1.0])[:, None])
    assert [group.tolist() for group in own.vehicle_types] == [[0, 2], [1, 3], [4]]


def test_integral_problems_say_so() -> None:
    assert _line().integral
    assert not _line(profit=[5.5, 3.0, 4.0]).integral
    assert not _line(cost_per_time=1.0).integral
    assert _line(profit=[5.5, 3.5, 4.5], service_cost=0.5).integral


@given(problem=orienteering_problems(integral=True))
def test_integral_problems_have_integral_optima(problem: OrienteeringProblem) -> None:
    assume(problem.integral)  # service costs are drawn as well, whole ones
    assert _best(problem).is_integer()


# --- constructors -------------------------------------------------------------------------------------------------------


def test_the_number_of_vehicles_is_read_off_what_is_given() -> None:
    assert _line().vehicles == 1
    assert _line(vehicles=3).vehicles == 3
    assert _line(speed=[1.0, 2.0]).vehicles == 2
    assert _line(latest=[1.0, 2.0, 3.0]).vehicles == 3
    assert _line(profit=[[1.0, 2.0, 3.0]] * 4).vehicles == 4
    with pytest.raises(ValueError, match="speed: must have shape 3; got shape 2"):
        _line(vehicles=3, speed=[1.0, 2.0])


def test_windows_that_are_not_given_are_the_day() -> None:
    problem = _line(earliest=[-5.0, 3.0], latest=[20.0, 30.0])
    assert problem.open.tolist() == [-5.0] * 3
    assert problem.close.tolist() == [30.0] * 3
    late = _line(open=[0.0, 200.0, 0.0])
    assert late.close.tolist() == [100.0, 200.0, 100.0]  # a side that is not given never makes the other one wrong
    early = _line(close=[-9.0, 50.0, 50.0])
    assert early.open.tolist() == [-9.0, 0.0, 0.0]


def test_roundings() -> None:
    """Hand-made: 1.41..., 0.29 as a sum that floating point misses, 2.5, an integer."""
    place = [[0.0, 0.0], [1.0, 1.0], [0.29, 0.0], [2.5, 0.0], [3.0, 4.0]]
    rows = {name: euclidean(place, name)[0].tolist() for name in ("trunc1", "trunc2", "nearest", "none")}
    assert rows["trunc1"] == [0.0, 1.4, 0.2, 2.5, 5.0]
    assert rows["trunc2"] == [0.0, 1.41, 0.29, 2.5, 5.0]
    assert rows["nearest"] == [0.0, 1.0, 0.0, 3.0, 5.0]
    assert rows["none"] == [0.0, math.hypot(1.0, 1.0), 0.29, 2.5, 5.0]


def test_truncation_can_break_the_triangle_inequality() -> None:
    """1.99 becomes 1.9 twice, but 3.98 becomes 3.9: the way over the middle is shorter. Nothing here relies on it."""
    problem = OrienteeringProblem.from_coordinates(
        [[1.99, 0.0], [3.98, 0.0], [0.0, 0.0]], [1.0, 1.0], depot="last", latest=9.0, rounding="trunc1"
    )
    assert problem.distance[2, 0] + problem.distance[0, 1] < problem.distance[2, 1]


def test_profits_by_vehicle() -> None:
    problem = _line(profit=[[5.0, 3.0, 4.0], [1.0, 9.0, 0.0]])
    assert orienteering.value(problem, plan(problem, [[0, 2], [1]])) == 18.0
    assert orienteering.value(problem, plan(problem, [[1], [0, 2]])) == 4.0


# --- measures -----------------------------------------------------------------------------------------------------------


def test_measures_of_a_known_plan() -> None:
    problem = _line(
        vehicles=2, open=[15.0, 0.0, 0.0], close=[20.0, 90.0, 90.0], service_time=2.0, demand=1.0, capacity=[4.0, np.inf],
        cost_per_distance=0.125, speed=[1.0, 2.0],
    )  # fmt: skip
    measured = orienteering.measures(problem, plan(problem, [[0, 1], []]))
    assert measured == {
        "served": 2.0, "served_share": 2 / 3, "profit": 8.0, "travel_cost": 5.0, "distance": 40.0, "driving": 40.0,
        "waiting": 5.0, "service": 4.0, "vehicles_used": 1.0, "utilisation": 0.5, "last_return": 49.0,
    }  # fmt: skip
    fast = orienteering.measures(problem, plan(problem, [[], [2]]))
    assert (fast["driving"], fast["distance"], fast["last_return"]) == (30.0, 60.0, 32.0)
    assert math.isnan(fast["utilisation"])  # that vehicle has no capacity to fill
    idle = orienteering.measures(problem, plan(problem, [[], []]))
    assert math.isnan(idle["last_return"])
    assert idle["vehicles_used"] == 0.0


@given(st.data())
def test_measures_agree_with_the_oracle(data: st.DataObject) -> None:
    problem = data.draw(PROBLEMS)
    sequences = data.draw(route_sequences(problem))
    solution = plan(problem, sequences)
    measured = orienteering.measures(problem, solution)
    assert measured["served"] == sum(map(len, sequences))
    assert measured["vehicles_used"] == sum(map(bool, sequences))
    rows = {k: oracle.schedule(problem, k, stops) for k, stops in enumerate(sequences) if stops}
    waited = sum(row[1] - row[0] for table, _ in rows.values() for row in table)
    assert measured["waiting"] == pytest.approx(waited)
    back = [end for _, end in rows.values()]
    assert measured["last_return"] == (max(back) if back else pytest.approx(math.nan, nan_ok=True))
    if len(set(solution.served.tolist())) == len(solution.served):
        costs = float(sum(problem.service_cost[i] for stops in sequences for i in stops))
        net = measured["profit"] - costs - measured["travel_cost"]
        assert net == pytest.approx(float(oracle.value(problem, sequences)), rel=1e-12, abs=1e-12)


# --- plans --------------------------------------------------------------------------------------------------------------


def test_plans_hold_what_they_are_given() -> None:
    route = Route([1, 0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [0.0, 0.0], 3.0)  # type: ignore[arg-type]
    assert len(route) == 2
    assert RoutePlan([route]).routes == (route,)  # type: ignore[arg-type]
    assert RoutePlan((route,)).served.tolist() == [0, 1]
    assert [stops.tolist() for stops in RoutePlan((route, route)).sequences] == [[1, 0], [1, 0]]
    assert not route.stops.flags.writeable


def test_violations_are_data() -> None:
    violation = orienteering.violations(_line(close=5.0), plan(_line(), [[0]]))[0]
    assert pickle.loads(pickle.dumps(violation)) == violation
