"""`dp` on long routes: multipliers by cutting planes in a box, eliminated arcs, the colony's incumbent."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Quality, Stop, Termination
from edgeworth.core.checking import Budget
from edgeworth.core.observer import Observer
from edgeworth.core.result import BoundEvidence
from edgeworth.core.run import Run
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import DynamicProgramming, OrienteeringProblem
from edgeworth.routing.orienteering.check.network import Network
from edgeworth.routing.orienteering.exact import dp
from edgeworth.routing.orienteering.exact.ascent import Ascent
from edgeworth.routing.orienteering.exact.cuts import Cuts, Model
from edgeworth.routing.orienteering.exact.master import Column
from edgeworth.routing.orienteering.exact.network import Floats, TypeNetwork
from edgeworth.routing.orienteering.exact.root import GapClosed, OutOfPatience, Point, Root
from edgeworth.testing import orienteering_problems
from tests.oracles import orienteering as oracle
from tests.routing.orienteering.test_dp import random_problem

AT_ONCE = DynamicProgramming(neighbours=1, patience=0)


@settings(max_examples=10)
@given(problem=orienteering_problems(max_customers=5, max_vehicles=1), neighbours=st.integers(0, 3))
def test_optimal_whatever_the_matrices_are(problem: OrienteeringProblem, neighbours: int) -> None:
    best = float(oracle.optimum(problem)[0])
    result = orienteering.solve(problem, method="dp", params=DynamicProgramming(neighbours=neighbours, patience=0))
    assert result.value == pytest.approx(best, rel=1e-9, abs=1e-12)
    assert result.quality is Quality.OPTIMAL
    assert orienteering.verify(problem, result)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("integral", [True, False])
def test_it_agrees_with_the_linear_program(seed: int, integral: bool) -> None:
    problem = random_problem(seed, integral=integral)
    one, other = (
        orienteering.solve(problem, method="dp", params=params) for params in (AT_ONCE, DynamicProgramming(neighbours=1))
    )
    assert one.quality is Quality.OPTIMAL
    assert one.value == pytest.approx(other.value, rel=1e-9)
    assert orienteering.verify(problem, one)


def wide(seed: int, customers: int) -> OrienteeringProblem:
    """Places in a square, windows so wide that routes are long and relaxed ones come again and again."""
    rng = np.random.default_rng(seed)
    opens = rng.integers(0, 60, customers).astype(np.float64)
    return OrienteeringProblem.from_coordinates(
        rng.integers(0, 30, (customers + 1, 2)).astype(np.float64),
        rng.integers(1, 30, customers).astype(np.float64),
        opens,
        opens + rng.integers(20, 60, customers),
        depot="last",
        latest=90.0,
        rounding="none",
    )


class _NoClosing(Root):
    """Goes on when the gap is closed."""

    def tick(self) -> None:
        return None


def arcs_of(stops: tuple[int, ...], n: int) -> set[tuple[int, int]]:
    return set(itertools.pairwise((n, *stops, n + 1)))


@pytest.mark.parametrize("seed", range(3))
def test_elimination_keeps_the_arcs_of_all_better_routes(seed: int) -> None:
    """All routes over six customers one by one; the incumbent of the run is only as good as the eleventh value."""
    problem = wide(seed, 6)
    n = problem.customers
    worth: dict[tuple[int, ...], float] = {}
    waiting = [(i,) for i in range(n)]
    while waiting:
        stops = waiting.pop()
        if not orienteering.violations(problem, orienteering.plan(problem, [list(stops)])):
            worth[stops] = float(problem.profit[0, list(stops)].sum())
            waiting += [(*stops, i) for i in range(n) if i not in stops]
    threshold = sorted(set(worth.values()))[-11:][0]
    run = Run[orienteering.RoutePlan](sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer())
    root = _NoClosing(problem, run, 2, 10**6)
    root.value = threshold
    prices = np.random.default_rng(seed).integers(0, 8, n).astype(np.float64)
    ascent = Ascent(root, lambda target, limit, point: True)
    ascent.point, ascent.bound = Point(prices, root.near), threshold + 0.05
    ascent._shrink()
    base = root.bases[0]
    assert base.restricted
    left = {(int(a), int(b)) for a, b in zip(*np.nonzero(base.arcs), strict=True)}
    for stops, value in worth.items():
        if value >= root.target:
            assert arcs_of(stops, n) <= left
    base.restore()
    assert left < {(int(a), int(b)) for a, b in zip(*np.nonzero(base.arcs), strict=True)}


def test_where_no_arc_is_taken_nothing_is_restricted() -> None:
    problem = wide(1, 6)
    run = Run[orienteering.RoutePlan](sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer())
    root = _NoClosing(problem, run, 2, 10**6)
    ascent, base = Ascent(root, lambda target, limit, point: True), root.bases[0]
    base.restrict(np.ones_like(base.arcs))
    assert not base.restricted
    ascent.certify()
    assert not base.restricted
    ascent._evaluate(root.prices / 2.0)
    assert root.root_bound == ascent.bound < problem.profit.sum()  # the checker can rebuild it
    used = base.arcs.copy()
    used[tuple(np.argwhere(used)[0])] = False
    base.restrict(used)
    ascent.certify()
    assert base.restricted
    assert np.array_equal(base.arcs, used)


@pytest.mark.parametrize(("seed", "customers"), [(10, 7), (15, 3), (27, 7)])
def test_bounds_are_recomputed_while_all_arcs_are_left(seed: int, customers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dp, "_COLONY_FIRST", 1)
    problem = wide(seed, customers)
    result = orienteering.solve(problem, method="dp", params=DynamicProgramming(neighbours=0, patience=0), stop=Stop(gap=0.05))
    assert result.termination is Termination.TARGET
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert orienteering.verify(problem, result)


def test_the_model_stays_in_its_box_and_bounds_from_below() -> None:
    cuts = Cuts(2, 10.0)
    columns = [Column(0, (0, 1), 12.0, True), Column(0, (0, 1, 0), 20.0, False)]
    cuts.update(columns, [True, True])
    centre = np.array([1.0, 1.0])
    model = cuts.solve(centre, 2.0)
    assert np.all(model.prices <= 3.0 + 1e-9)
    assert model.value == pytest.approx(3.0 + (20.0 - 2 * 3.0))  # nothing is cheaper than the customer that comes twice
    free = cuts.solve(centre, 100.0)
    assert free.value == pytest.approx(12.0)  # 10 and 2
    cuts.update(columns, [True, False])
    assert cuts.solve(centre, 100.0).value == pytest.approx(12.0)
    assert cuts.solve(centre, 100.0).weights[1] == 0.0


def test_it_begins_with_a_plan_of_the_colony(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, asked = wide(1, 30), []

    class Told(Exception):
        """What the incumbent was when the multipliers began."""

    def begin(self: Ascent, refine: object) -> None:
        asked.append(self.root.value)
        raise GapClosed

    monkeypatch.setattr(dp.Ascent, "run", begin)
    result = orienteering.solve(problem, method="dp", params=AT_ONCE)
    greedy = orienteering.solve(problem, method="greedy").value
    assert greedy is not None
    assert asked
    assert asked[0] > greedy
    assert result.value == asked[0]


def test_the_same_answer_every_time() -> None:
    problem = wide(2, 40)
    first, second = (orienteering.solve(problem, method="dp", params=AT_ONCE) for _ in range(2))
    assert first.termination is Termination.PROVED
    assert first.solution is not None
    assert second.solution is not None
    assert [stops.tolist() for stops in first.solution.sequences] == [stops.tolist() for stops in second.solution.sequences]
    assert (first.bound, first.stats.iterations, first.stats.evaluations) == (
        second.bound,
        second.stats.iterations,
        second.stats.evaluations,
    )
    assert first.bound_evidence is BoundEvidence.RECOMPUTED
    assert orienteering.verify(problem, first)


def test_ended_at_a_gap_its_bound_holds() -> None:
    problem = wide(3, 40)
    best = orienteering.solve(problem, method="dp", params=AT_ONCE)
    cut = orienteering.solve(problem, method="dp", params=AT_ONCE, stop=Stop(gap=0.05))
    assert cut.termination is not Termination.PROVED
    assert cut.bound is not None
    assert best.value is not None
    assert cut.bound >= best.value >= (cut.value or 0.0)
    assert orienteering.verify(problem, cut)


def test_it_ends_where_rounding_alone_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best plan earns a billionth of a profit, which the way there costs: no bound comes as close to its value as that."""
    rng = np.random.default_rng(0)
    distance = rng.uniform(5.0, 15.0, (7, 7))
    np.fill_diagonal(distance, 0.0)
    profit = distance[6, :6] + distance[:6, 6] - 1e-3
    profit[0] += 1e-3 + 1e-9
    problem = OrienteeringProblem.from_matrices(
        distance, profit, latest=100.0, depot="last", demand=1.0, capacity=1.0, cost_per_distance=1.0
    )
    steps = itertools.count()
    model = Ascent._model

    def counted(self: Ascent, centre: Floats) -> Model:
        assert next(steps) < 100
        return model(self, centre)

    def hard(root: Root) -> None:
        raise OutOfPatience

    monkeypatch.setattr(Ascent, "_model", counted)
    monkeypatch.setattr(dp, "_settle", hard)
    monkeypatch.setattr(dp, "_COLONY", (1, 1))
    result = orienteering.solve(problem, method="dp")
    assert result.termination is Termination.CONVERGED
    assert result.value == pytest.approx(1e-9, rel=1e-4)
    assert result.bound == pytest.approx(1e-9, abs=1e-9)
    assert next(steps) > 0
    assert orienteering.verify(problem, result)


def test_relaxed_routes_go_as_far_as_the_checkers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest return is so late that both cut it; a route that visits two customers by turns ends between the two cuts."""
    away = np.array([[0.0, 6.0, 3.0, 3.0], [6.0, 0.0, 3.0, 3.0], [3.0, 3.0, 0.0, 6.0], [3.0, 3.0, 6.0, 0.0]])
    problem = OrienteeringProblem.from_matrices(
        away, [-2.0, 5.0, 5.0], latest=20.0, depot="last", service_time=[0.0, 1.0, 1.0], speed=2.0, cost_per_time=0.07
    )

    def hard(root: Root) -> None:
        raise OutOfPatience

    monkeypatch.setattr(dp, "_settle", hard)
    monkeypatch.setattr(dp, "_COLONY", (1, 1))
    result = orienteering.solve(problem, method="dp", params=DynamicProgramming(neighbours=0))
    assert result.value == pytest.approx(9.58)
    assert result.quality is Quality.OPTIMAL
    assert orienteering.verify(problem, result)


@pytest.mark.parametrize("seed", range(40))
def test_relaxed_routes_may_do_all_that_the_checkers_may(seed: int) -> None:
    """Limits are cut no earlier, and no customers are remembered that the checker would forget: else it finds larger values."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 8))
    away = rng.uniform(0.0, 10.0, (n + 1, n + 1)) * 10.0 ** rng.integers(-4, 1, (n + 1, n + 1))
    np.fill_diagonal(away, 0.0)
    opens = rng.uniform(0.0, 10.0, n) * rng.integers(0, 2)
    problem = OrienteeringProblem.from_matrices(
        away,
        rng.uniform(1.0, 5.0, n),
        opens,
        opens + 10.0 ** rng.integers(0, 5, n),
        latest=10.0 ** rng.integers(0, 4),
        depot="last",
        service_time=rng.uniform(0.0, 1.0, n) * rng.integers(0, 2),
    )
    no_tighter(problem)


def no_tighter(problem: OrienteeringProblem) -> None:
    mine, checkers = TypeNetwork(problem, np.array([0])), Network(problem, np.array([0]), Budget(60.0))
    assert np.all(mine.close >= checkers.closes)
    assert mine.capacity >= checkers.capacity
    assert mine.slack >= checkers.blur
    assert not np.any(checkers.usable & ~mine.served)
    assert not np.any(np.isfinite(checkers.travel) & ~mine.arcs)
    assert not np.any(mine.close_by & ~checkers.doorstep())


def crowd(customers: int, beyond: float, *, vehicles: int = 1, heavy: bool = False) -> OrienteeringProblem:
    """One customer a visit; the dearest is missed by so much more than the tolerance: late, or else too heavy."""
    away = np.full((customers + 1, customers + 1), 2.0)
    away[customers] = away[:, customers] = 1.0
    np.fill_diagonal(away, 0.0)
    profit, close, demand = np.ones(customers), np.full(customers, 50.0), np.full(customers, 0.1)
    profit[0] = 1000.0
    if heavy:
        demand[0] = 5.0 * (1.0 + 1e-9) * (1.0 + beyond)
    else:
        away[0, customers] = away[customers, 0] = 1.1
        close[0] = 1.1 / (1.0 + 1e-9) / (1.0 + beyond)
    return OrienteeringProblem.from_matrices(
        away, profit, 0.0, close, depot="last", latest=2.5, demand=demand, capacity=5.0, vehicles=vehicles
    )


@pytest.mark.parametrize("method", ["dp", "column-generation"])
def test_many_customers_whose_sums_the_checker_gives_more_room(method: str) -> None:
    """With 400 customers the checker widens windows by 1.07e-12; the dearest one is late by .95e-12 more than is tolerated."""
    problem = crowd(400, 0.95e-12, vehicles=1 if method == "dp" else 2)
    assert orienteering.violations(problem, orienteering.plan(problem, [[0]] if method == "dp" else [[0], []]))
    result = orienteering.solve(problem, method=method)
    assert result.value == (1.0 if method == "dp" else 2.0)
    assert orienteering.verify(problem, result)


@pytest.mark.parametrize("customers", [100, 341])
@pytest.mark.parametrize("heavy", [False, True])
def test_no_limit_is_tighter_than_the_checkers_however_many_customers(customers: int, heavy: bool) -> None:
    no_tighter(crowd(customers, 1e-12, heavy=heavy))


@pytest.mark.parametrize("scale", [1.0, 1e12, 1e13])
def test_whole_times_hold_exactly_however_large(scale: float) -> None:
    """The best tour is one unit too long."""
    places = np.array([[3.0, 4.0], [3.0, 12.0], [9.0, 4.0], [0.0, 0.0]])
    away = np.rint(scale * np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)))
    shortest = min(away[[3, *order], [*order, 3]].sum() for order in itertools.permutations(range(3)))
    problem = OrienteeringProblem.from_matrices(away, [4.0, 2.0, 3.0], depot="last", latest=shortest - 1.0)
    result = orienteering.solve(problem, method="dp")
    assert result.value == 7.0
    assert result.quality is Quality.OPTIMAL
    assert orienteering.verify(problem, result)
