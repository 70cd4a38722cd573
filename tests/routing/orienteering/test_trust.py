"""No false claim passes: both kinds of certificates against brute force in fractions, at scales and with cancellation; clocks
that begin anywhere; limits that mean none; certificates that nobody should have written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from edgeworth import Quality, Stop, Termination
from edgeworth.core.checking import Budget, BudgetEnded
from edgeworth.core.result import BoundEvidence, Certificate, Result, Stats
from edgeworth.core.verdict import Status
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, RoutePlan, plan
from edgeworth.routing.orienteering.check.bound import recomputed_bound
from edgeworth.routing.orienteering.check.listed import listed_bound
from tests.oracles import orienteering as oracle

REBUILD = {"ng-routes": recomputed_bound, "listed-routes": listed_bound}
TIMES = ("travel_time", "open", "close", "service_time", "earliest", "latest")
CLOCK = ("open", "close", "earliest", "latest")
MONEY = ("profit", "service_cost", "cost_per_distance", "cost_per_time")


def forged(problem: OrienteeringProblem, solution: RoutePlan, value: float, bound: float, certificate: Certificate) -> Any:
    return Result(
        kind=problem.kind,
        problem_hash=problem.hash,
        method="forged",
        solution=solution,
        value=value,
        bound=bound,
        bound_evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate,
        sense="max",
        quality=Quality.OPTIMAL,
        termination=Termination.PROVED,
        stats=Stats(),
    )


def root_arrays(multipliers: Any, kinds: int = 1) -> dict[str, Any]:
    """A certificate "ng-routes" without neighbours."""
    pi = np.asarray(multipliers, dtype=np.float64)
    nothing = np.zeros(0, dtype=np.int64)
    return {
        "multipliers": pi,
        "largest": np.zeros(kinds),
        "indptr": np.zeros(len(pi) + 1, dtype=np.int64),
        "members": nothing,
    }


def listed_arrays(multipliers: Any, target: float, branches: Any, leaves: Any, largest: Any = (0.0,)) -> dict[str, Any]:
    return root_arrays(multipliers) | {
        "largest": np.asarray(largest, dtype=np.float64),
        "target": np.array([target]),
        "branches": np.asarray(branches, dtype=np.int64).reshape(-1, 2),
        "leaves": np.asarray(leaves, dtype=np.float64).reshape(-1, len(multipliers)),
    }


def rebuilt(problem: OrienteeringProblem, kind: str, arrays: dict[str, Any]) -> float:
    return REBUILD[kind](problem, arrays, Budget(20.0))


def drawn(
    seed: int, *, time: float = 1.0, money: float = 1.0, whole: bool = False, cancel: float = 0.0, dear: float = 1.0
) -> OrienteeringProblem:
    """Up to five customers and three vehicles of any kind; times and money at a scale; profits that services eat up again;
    some distances, and one service, so many times as dear."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    places = n + 2
    distance = rng.integers(0, 9, (places, places)).astype(np.float64)
    if not whole:
        distance += rng.random((places, places))
    np.fill_diagonal(distance, 0.0)
    opens = rng.integers(0, 12, n).astype(np.float64)
    profit = rng.integers(-2, 20, n) + (0.0 if whole else 1.0) * rng.random(n)
    same = bool(rng.random() < 0.5)
    cost = np.zeros(m) if whole else np.full(m, 0.3) if same else rng.choice([0.0, 0.125, 0.3], m)
    factors, service = np.ones((places, places)), np.full(n, cancel * money)
    if dear != 1.0:
        factors[rng.random((places, places)) < 0.4], service[0] = dear, dear
    return OrienteeringProblem(
        distance=distance * factors,
        travel_time=distance * time,
        profit=np.broadcast_to((profit + cancel) * money, (m, n)).copy(),
        demand=rng.integers(0, 5, n).astype(np.float64),
        open=opens * time,
        close=(opens + rng.choice([1.0, 4.0, 30.0], n)) * time,
        service_time=rng.choice([0.0, 1.0, 2.0], n) * time,
        service_cost=service,
        start=np.full(m, n) if same else rng.integers(n, places, m),
        end=np.full(m, n) if same else rng.integers(n, places, m),
        speed=np.ones(m) if same else rng.choice([1.0, 2.0, 3.0], m),
        capacity=np.full(m, 8.0) if same else rng.choice([np.inf, 3.0, 9.0], m),
        cost_per_distance=cost * money,
        cost_per_time=np.zeros(m),
        earliest=np.zeros(m),
        latest=np.full(m, 30.0) * time,
    )


SCALES = [
    {"money": 1e-9},
    {"money": 1e13},
    {"time": 1e-9},
    {"time": 1e9},
    {"cancel": 1e6},
    {"cancel": 1e13},
    {"whole": True},
    {"whole": True, "cancel": 1e13},
    {"time": 1e6, "money": 1e-6, "cancel": 1e9},
    {"dear": 3e12},
    {"dear": 40.0},
]


# --- certificates against brute force -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_honest_certificates_hold_and_bound_the_optimum_in_fractions(seed: int, scale: dict[str, Any]) -> None:
    problem = drawn(seed, **scale)
    best, sequences = oracle.optimum(problem)
    assert not orienteering.violations(problem, plan(problem, sequences))
    result = orienteering.solve(problem, method="column-generation")
    assert result.quality is Quality.OPTIMAL
    assert result.value == pytest.approx(float(best), rel=1e-9)
    assert orienteering.verify(problem, result)
    assert result.certificate is not None
    assert Fraction(rebuilt(problem, result.certificate.kind, dict(result.certificate.arrays))) >= best


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_whatever_a_certificate_holds_its_bound_is_one(scale: dict[str, Any]) -> None:
    """Multipliers, sets, targets and trees that nobody computed: refused, or a bound."""
    rng = np.random.default_rng(7)
    for seed in range(6):
        problem = drawn(seed + 10, **scale)
        best = oracle.optimum(problem)[0]
        n, kinds = problem.customers, len(problem.vehicle_types)
        worth = float(np.abs(problem.profit - problem.service_cost).max())
        for _ in range(12):
            near = rng.random((n, n)) < 0.5
            members = [np.flatnonzero(row) for row in near]
            arrays: dict[str, Any] = {
                "multipliers": rng.random(n) * worth * rng.choice([0.0, 1.0], n),
                "largest": rng.random(kinds) * worth * rng.choice([0.0, 2.0]),
                "indptr": np.cumsum([0, *map(len, members)], dtype=np.int64),
                "members": np.concatenate(members).astype(np.int64),
            }
            assert Fraction(rebuilt(problem, "ng-routes", arrays)) >= best
            branches = _random_tree(rng, int(rng.integers(0, 4)), n, kinds)
            count = sum(i < 0 for i, _ in branches)
            arrays |= {
                "target": np.array([float(best) * rng.choice([0.0, 0.5, 0.999, 1.0])]),
                "branches": np.array(branches, dtype=np.int64),
                "leaves": rng.random((count, n)) * worth * rng.choice([0.0, 1.0], (count, n)),
                "largest": np.full(kinds, n * worth) * rng.choice([0.3, 1.0]),
            }
            assert not _proves_less(problem, arrays, best)


def _proves_less(problem: OrienteeringProblem, arrays: dict[str, Any], best: Fraction) -> bool:
    """Does it prove that nothing is worth what the best plan is? Stating too small largest values it proves nothing."""
    try:
        return Fraction(rebuilt(problem, "listed-routes", arrays)) < best
    except ValueError:
        return False


def _random_tree(rng: Any, depth: int, n: int, kinds: int) -> list[tuple[int, int]]:
    if depth == 0 or rng.random() < 0.2:
        return [(-1, -1)]
    pair = int(rng.integers(n)), int(rng.integers(n + kinds))
    return [pair, *_random_tree(rng, depth - 1, n, kinds), *_random_tree(rng, depth - 1, n, kinds)]


@pytest.mark.parametrize("method", ["dp", "column-generation"])
@pytest.mark.parametrize("profit", [0.0, 1e-3, 1.0])
def test_ways_that_nobody_can_pay_for_blur_no_bound(profit: float, method: str) -> None:
    """One customer at the depot, the others 3e12 away: all sums of the dear ways would round to units."""
    rng = np.random.default_rng(8)
    away = rng.uniform(1e12, 3e12, (9, 9))
    np.fill_diagonal(away, 0.0)
    away[0, 8] = away[8, 0] = 0.0
    problem = OrienteeringProblem.from_matrices(away, np.full(8, profit), depot="last", latest=1e14, cost_per_distance=1.0)
    result = orienteering.solve(problem, method=method)
    assert result.value == profit
    assert result.bound == pytest.approx(profit, rel=1e-11, abs=0.0)
    assert result.termination is Termination.PROVED
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert orienteering.verify(problem, result)


def test_who_passes_by_along_a_way_that_nobody_can_pay_for_has_lost_already() -> None:
    """Multipliers so high that customer 0 seems not worth passing through; what passes it by is left out, and rightly so."""
    away = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 100.0, 0.0]])
    problem = OrienteeringProblem.from_matrices(
        away, [1.0, 9.0], depot="last", travel_time=np.full((3, 3), 1.0) - np.eye(3), latest=9.0, cost_per_distance=1.0
    )
    best = float(oracle.optimum(problem)[0])
    assert best == 7.0  # through customer 0 to the other: 10 - 3
    for price in (0.0, 5.0, 50.0, 1e6, 1e15):
        found = rebuilt(problem, "ng-routes", root_arrays([price, 0.0]))
        assert found >= best
        assert not price or found == pytest.approx(max(price, best), rel=1e-12)


# --- slack --------------------------------------------------------------------------------------------------------------


def test_what_passes_a_customer_by_may_be_no_later_than_windows_are_wide() -> None:
    """A bypass that is later by 4e-7 of a window of 1, with a span of 1e6: the customer must not be skipped."""
    distance = np.array([[0.0, 0.5, 1e3], [1.0, 0.0, 1e3], [0.5, 1.0000004, 0.0]])
    problem = OrienteeringProblem.from_matrices(distance, [1.0, 100.0], [0.0, 0.0], [1e6, 1.0], depot="last", latest=1e6)
    assert orienteering.value(problem, plan(problem, [[0, 1]])) == 101.0
    assert not orienteering.violations(problem, plan(problem, [[0, 1]]))
    certificate = Certificate("ng-routes", root_arrays([1.0, 0.0]))
    assert rebuilt(problem, "ng-routes", dict(certificate.arrays)) == 101.0
    assert not orienteering.verify(problem, forged(problem, plan(problem, [[0]]), 1.0, 1.0, certificate))


@pytest.mark.parametrize("latest", [60.0, 1e6, 2e12, 1e15])
@pytest.mark.parametrize("method", ["column-generation", "dp", "milp", "greedy"])
def test_a_limit_that_means_none_changes_nothing(latest: float, method: str) -> None:
    distance = [[0.0, 1.5, 3.25], [1.5, 0.0, 2.0], [3.25, 2.0, 0.0]]
    problem = OrienteeringProblem.from_matrices(distance, [5.0, 7.0], [0.0, 0.0], [10.25, 5.25], depot="last", latest=latest)
    result = orienteering.solve(problem, method=method)
    assert result.value == 12.0
    assert orienteering.verify(problem, result)
    narrow = OrienteeringProblem.from_matrices(
        distance, [5.0, 7.0], [0.0, 4.0], [3.5, 5.25 - 1e-7], depot="last", latest=latest
    )
    later = orienteering.solve(narrow, method=method)
    assert later.value == float(oracle.optimum(narrow)[0])
    assert orienteering.verify(narrow, later)


def test_nobody_is_late_because_the_clock_began_in_1970() -> None:
    """A second late after a minute is late, whether the departure is said to be at 0 or at 1.7e9, or is not said at all."""
    for earliest in (0.0, 1.7e9):
        problem = OrienteeringProblem.from_matrices(
            [[0.0, 60.5], [60.5, 0.0]], [1.0], [1.7e9], [1.7e9 + 60.0], depot="last", latest=1.7e9 + 1000.0, earliest=earliest
        )
        late = plan(problem, [[0]])
        assert bool(orienteering.violations(problem, late)) == (earliest > 0.0)  # who leaves in time waits
        assert orienteering.solve(problem, method="dp").value == (0.0 if earliest else 1.0)
    tight = OrienteeringProblem.from_matrices(
        [[0.0, 60.5, 9.0], [60.5, 0.0, 9.0], [9.0, 9.0, 0.0]],
        [1.0, 1.0],
        [1.7e9, 1.7e9],
        [1.7e9 + 8.0, 1.7e9 + 60.0],
        latest=1.7e9 + 1000.0,
        start=[2],
        end=[2],
    )
    assert orienteering.violations(tight, plan(tight, [[0, 1]]))
    assert orienteering.solve(tight, method="column-generation").value == 1.0


@pytest.mark.parametrize("shift", [1.7e9, -3e6, 2.0**40])
@pytest.mark.parametrize("seed", range(6))
def test_where_the_clock_begins_changes_nothing(seed: int, shift: float) -> None:
    problem = drawn(seed, whole=True)
    half = replace(problem, **{name: getattr(problem, name) / 4.0 for name in TIMES})  # quarters are exact at all these origins
    for one in (problem, half):
        other = replace(one, **{name: getattr(one, name) + shift for name in CLOCK})
        best = oracle.optimum(one)[0]
        assert oracle.optimum(other)[0] == best
        for name in ("open", "close", "latest", "reach", "capacity"):
            assert np.array_equal(getattr(one.limits, name), getattr(other.limits, name))
        for method in ("column-generation", "greedy"):
            values = [orienteering.solve(p, method=method) for p in (one, other)]
            assert values[0].value == values[1].value
            assert orienteering.verify(other, values[1])


def test_whole_capacities_hold_exactly() -> None:
    problem = OrienteeringProblem.from_matrices(
        [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]],
        [5.0, 3.0],
        depot="last",
        latest=9.0,
        demand=[16e9, 16.0],
        capacity=16e9,
    )
    assert orienteering.violations(problem, plan(problem, [[0, 1]]))
    assert orienteering.solve(problem, method="column-generation").value == 5.0


# --- the certificate of listed routes -----------------------------------------------------------------------------------


def crossing() -> OrienteeringProblem:
    """Three customers, any two of them on the route of the only vehicle."""
    far = np.full((4, 4), 1.0)
    np.fill_diagonal(far, 0.0)
    return OrienteeringProblem.from_matrices(far, [3.0, 3.0, 3.0], depot="last", latest=3.0, vehicles=1)


def test_a_tree_by_hand() -> None:
    problem = crossing()
    zero = [0.0, 0.0, 0.0]
    leaf = listed_arrays(zero, 6.0, [(-1, -1)], [zero], largest=[9.0])
    assert rebuilt(problem, "listed-routes", leaf) == 6.0
    split = listed_arrays(zero, 5.0, [(0, 1), (-1, -1), (2, 2), (-1, -1), (-1, -1)], [zero] * 3, largest=[9.0])
    assert rebuilt(problem, "listed-routes", split) == 6.0
    free = listed_arrays(zero, 5.0, [(0, 0), (-1, -1), (-1, -1)], [[-2.0, 0.0, 0.0], zero], largest=[9.0])
    assert rebuilt(problem, "listed-routes", free) == 6.0
    with pytest.raises(ValueError, match="leaves: must be >= 0"):  # customer 0 is visited in the first branch only
        rebuilt(problem, "listed-routes", free | {"leaves": np.array([zero, [-2.0, 0.0, 0.0]])})
    with pytest.raises(ValueError, match="largest: must be at least"):
        rebuilt(problem, "listed-routes", leaf | {"largest": np.array([1.0])})


@pytest.mark.parametrize(
    ("name", "values", "error"),
    [
        ("target", np.array([np.nan]), ValueError),
        ("target", np.array([1e308]), ValueError),
        ("target", np.zeros(2), ValueError),
        ("branches", np.zeros((0, 2), dtype=np.int64), ValueError),
        ("branches", np.array([[0, 1]]), ValueError),
        ("branches", np.array([[0, 1], [-1, -1]]), ValueError),
        ("branches", np.array([[-1, -1], [-1, -1]]), ValueError),
        ("branches", np.array([[3, 0], [-1, -1], [-1, -1]]), ValueError),
        ("branches", np.array([[0, 9], [-1, -1], [-1, -1]]), ValueError),
        ("branches", np.array([[0, -1], [-1, -1], [-1, -1]]), ValueError),
        ("branches", np.array([[2**62, 0], [-1, -1], [-1, -1]]), ValueError),
        ("branches", np.array([-1, -1]), ValueError),
        ("branches", np.array([[-1.0, -1.0]]), TypeError),
        ("leaves", np.zeros((0, 3)), ValueError),
        ("leaves", np.zeros((2, 3)), ValueError),
        ("leaves", np.zeros((1, 4)), ValueError),
        ("leaves", np.full((1, 3), -1.0), ValueError),
        ("leaves", np.full((1, 3), 1e300), ValueError),
        ("leaves", np.full((1, 3), np.inf), ValueError),
        ("multipliers", np.full(3, 1e308), ValueError),
        ("largest", np.full(1, 1e308), ValueError),
        ("indptr", np.array([0, 2**62, 2**62, 0]), ValueError),
        ("members", np.array([2**62]), ValueError),
    ],
)
def test_hostile_certificates_are_failed_verdicts(name: str, values: Any, error: type[Exception]) -> None:
    problem = crossing()
    arrays = listed_arrays([0.0] * 3, 6.0, [(-1, -1)], [[0.0] * 3], largest=[9.0]) | {name: values}
    with pytest.raises(error):
        rebuilt(problem, "listed-routes", arrays)
    best = plan(problem, [[0, 1]])
    report = orienteering.verify(problem, forged(problem, best, 6.0, 6.0, Certificate("listed-routes", arrays)))
    assert set(report.failures) == {"bound", "quality"}
    for missing in arrays:
        rest = {key: array for key, array in arrays.items() if key != missing}
        assert not orienteering.verify(problem, forged(problem, best, 6.0, 6.0, Certificate("listed-routes", rest)))


def test_proofs_beyond_the_root_are_replayed_and_their_faults_caught() -> None:
    found = 0
    for customers, seed in ((10, 3), (14, 20), (14, 24)):
        problem = orienteering.generate(preset="random", vehicles=3, customers=customers, seed=seed)
        result = orienteering.solve(problem, method="column-generation", stop=Stop(seconds=20))
        assert result.quality is Quality.OPTIMAL
        assert orienteering.verify(problem, result)
        if result.certificate is None or result.certificate.kind != "listed-routes":
            continue
        found += 1
        arrays = dict(result.certificate.arrays)
        weak = replace(result, certificate=Certificate("listed-routes", arrays | {"leaves": 0.0 * arrays["leaves"]}))
        routes = sum(len(route) > 0 for route in result.require().routes)
        if routes > 1:
            assert "bound" in orienteering.verify(problem, weak).failures
        low = replace(result, certificate=Certificate("listed-routes", arrays | {"largest": 0.0 * arrays["largest"]}))
        assert "bound" in orienteering.verify(problem, low).failures or not arrays["largest"].any()
    assert found


# --- budgets ------------------------------------------------------------------------------------------------------------


def endless() -> tuple[OrienteeringProblem, Certificate]:
    """Four customers a moment apart and a long day: without memory, routes of a thousand stops in any order."""
    rng = np.random.default_rng(0)
    distance = 0.5 + 0.01 * rng.random((5, 5))
    np.fill_diagonal(distance, 0.0)
    distance[4, :4] = distance[:4, 4] = 1e4
    problem = OrienteeringProblem.from_matrices(
        distance, 10.0 + rng.random(4), depot="last", latest=2.05e4, cost_per_distance=0.001
    )
    return problem, Certificate("ng-routes", root_arrays(np.zeros(4)))


def test_a_check_that_takes_too_long_is_not_made() -> None:
    problem, certificate = endless()
    result = forged(problem, plan(problem, [[0]]), 0.0, 1e6, certificate)
    report = orienteering.verify(problem, replace(result, quality=Quality.FEASIBLE), seconds=0.0)
    assert report["bound"].status is Status.NOT_CHECKED
    assert not report
    with pytest.raises(BudgetEnded):
        recomputed_bound(problem, certificate.arrays, Budget(0.0))


# --- constructors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stops", [["a"], [0.0], [-1], [True], [np.nan], [[0]], None, "01"])
def test_routes_refuse_what_is_no_list_of_customers(stops: Any) -> None:
    numbers = np.zeros(1)
    with pytest.raises((ValueError, TypeError), match="stops"):
        orienteering.Route(stops, numbers, numbers, numbers, numbers, 0.0)


@pytest.mark.parametrize("number", ["1", None, np.nan, np.inf, [1.0], True])
def test_schedules_refuse_what_is_no_number(number: Any) -> None:
    numbers = np.zeros(0)
    with pytest.raises((ValueError, TypeError), match="end_time"):
        orienteering.Route(np.zeros(0, dtype=np.int64), numbers, numbers, numbers, numbers, number)
    with pytest.raises((ValueError, TypeError), match="routes"):
        RoutePlan(number)
