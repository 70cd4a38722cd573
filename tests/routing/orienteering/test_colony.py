"""eACO-VRP and the colony with local search: the paper's rule step by step, threads, seeds, limits of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import Eaco, EacoLs, OrienteeringProblem
from edgeworth.routing.orienteering.heuristic.arrays import solution_of
from edgeworth.routing.orienteering.heuristic.colony_search import _Colony
from edgeworth.routing.orienteering.model import value
from edgeworth.testing.contracts import same_answer
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import eaco as oracle

OWN = Eaco(iterations=3, colonies="per-vehicle")
BOTH = pytest.mark.parametrize("method", ["eaco", "eaco-ls"])


def _case(problem: OrienteeringProblem, params: Eaco) -> dict[str, Any]:
    names = (
        "distance", "travel_time", "profit", "demand", "open", "close", "service_time", "service_cost", "start", "end", "speed",
        "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest",
    )  # fmt: skip
    case = {name: getattr(problem, name).tolist() for name in names}
    kind = [0] * problem.vehicles
    for index, group in enumerate(problem.vehicle_types):
        for k in group:
            kind[k] = index
    return case | {
        "kind": kind, "ants": params.ants, "pheromone": params.pheromone, "utility": params.utility, "wait": params.wait,
        "distance_power": params.distance, "width_power": params.width, "evaporation": params.evaporation,
        "deposit": params.deposit, "arrival": params.arrival,
    }  # fmt: skip


def _kernel_seed(seed: int) -> int:
    return int(np.random.default_rng(seed).integers(0, 2**64, dtype=np.uint64))


@pytest.mark.parametrize("arrival", ["end", "start"])
@pytest.mark.parametrize(("preset", "vehicles", "customers"), [("fusion", 3, 9), ("random", 2, 14), ("fusion", 1, 5)])
def test_eaco_makes_the_steps_of_the_paper(arrival: Any, preset: str, vehicles: int, customers: int) -> None:
    problem = orienteering.generate(preset=preset, vehicles=vehicles, customers=customers, seed=2)
    params = Eaco(ants=4, iterations=12, pheromone=1.5, evaporation=0.3, deposit=2.0, arrival=arrival)
    result = orienteering.solve(problem, method="eaco", seed=5, params=params)
    value, tours, steps = oracle.colony(_case(problem, params), _kernel_seed(5), 12)
    assert [tour.tolist() for tour in result.require().sequences] == tours
    assert result.value == pytest.approx(value, rel=1e-12)
    assert result.stats.evaluations == steps
    assert result.termination is Termination.CONVERGED


@pytest.mark.parametrize("arrival", ["end", "start"])
@pytest.mark.parametrize(("preset", "vehicles", "customers"), [("fusion", 3, 9), ("random", 2, 14), ("random", 3, 2)])
def test_a_colony_a_vehicle_makes_the_steps_of_the_paper(arrival: Any, preset: str, vehicles: int, customers: int) -> None:
    problem = orienteering.generate(preset=preset, vehicles=vehicles, customers=customers, open_routes=True, seed=2)
    params = Eaco(ants=4, iterations=12, evaporation=0.3, deposit=2.0, arrival=arrival, colonies="per-vehicle")
    result = orienteering.solve(problem, method="eaco", seed=5, params=params)
    value, tours, steps = oracle.colonies(_case(problem, params), _kernel_seed(5), 12)
    assert [tour.tolist() for tour in result.require().sequences] == tours
    assert result.value == pytest.approx(value, rel=1e-12)
    assert result.stats.evaluations == steps
    assert result.termination is Termination.CONVERGED
    assert orienteering.verify(problem, result)


def test_a_vehicle_alone_is_the_same_either_way_and_the_order_of_several_matters() -> None:
    alone = orienteering.generate(preset="fusion", vehicles=1, customers=12, seed=0)
    own = Eaco(iterations=20, colonies="per-vehicle")
    one, two = (orienteering.solve(alone, method="eaco", seed=1, params=params) for params in (Eaco(iterations=20), own))
    assert [x.tolist() for x in one.require().sequences] == [x.tolist() for x in two.require().sequences]
    assert one.value == two.value
    # Two customers, room for one each; the first vehicle takes the better one, at which the second would earn more.
    places, profit = [[3, 0], [0, 4], [0, 0]], [[9.0, 8.0], [9.0, 1.0]]
    problem = OrienteeringProblem.from_coordinates(
        places, profit, depot="last", latest=20.0, demand=1.0, capacity=1.0, rounding="none"
    )
    greedy = orienteering.solve(problem, method="eaco", seed=0, params=own)
    assert (greedy.value, [x.tolist() for x in greedy.require().sequences]) == (10.0, [[0], [1]])
    assert orienteering.solve(problem, method="eaco", seed=0, params=Eaco(iterations=20)).value == 17.0


def test_vehicles_share_the_iterations_of_a_run() -> None:
    """A rule on iterations leaves each of them its part, and a rule that ends the run early what was found until then."""
    problem = orienteering.generate(preset="fusion", vehicles=4, customers=20, seed=1)
    own = Eaco(colonies="per-vehicle")
    short = orienteering.solve(problem, method="eaco", seed=0, params=own, stop=Stop(iterations=12))
    same = orienteering.solve(problem, method="eaco", seed=0, params=Eaco(iterations=3, colonies="per-vehicle"))
    assert [x.tolist() for x in short.require().sequences] == [x.tolist() for x in same.require().sequences]
    assert (short.stats.iterations, short.termination) == (12, Termination.ITERATIONS)
    assert all(len(route) for route in short.require().sequences)
    cut = orienteering.solve(problem, method="eaco", seed=0, params=own, stop=Stop(target=1.0))
    assert cut.termination is Termination.TARGET
    assert not len(cut.require().sequences[-1])
    for result in (short, cut):
        assert orienteering.verify(problem, result)


def test_long_runs_keep_the_pheromone_in_range() -> None:
    """The common factor of all pheromone grows by 1 / (1 - rho) an iteration and is taken out again and again."""
    problem = orienteering.generate(preset="random", vehicles=1, customers=8, seed=1)
    params = Eaco(ants=3, iterations=60, evaporation=0.9)
    result = orienteering.solve(problem, method="eaco", seed=1, params=params)
    value, tours, steps = oracle.colony(_case(problem, params), _kernel_seed(1), 60)
    assert result.require().sequences[0].tolist() == tours[0]
    assert (result.value, result.stats.evaluations) == (pytest.approx(value), steps)


@BOTH
def test_threads_and_resumption_change_nothing(method: str) -> None:
    problem = orienteering.generate(preset="fusion", vehicles=4, customers=25, seed=4)
    one = orienteering.solve(problem, method=method, seed=3, stop=Stop(iterations=12), threads=1)
    two = orienteering.solve(problem, method=method, seed=3, stop=Stop(iterations=12), threads=2)
    assert same_answer(one, two)
    larger = orienteering.generate(preset="random", vehicles=3, customers=50, seed=4)
    seeds = [orienteering.solve(larger, method=method, seed=seed, stop=Stop(iterations=2)) for seed in (3, 4)]
    assert not same_answer(*seeds)


@BOTH
@given(problem=orienteering_problems(), seed=st.integers(0, 5))
def test_plans_are_feasible_and_no_worse_than_the_start(method: str, problem: OrienteeringProblem, seed: int) -> None:
    first = orienteering.solve(problem, method="greedy")
    result = orienteering.solve(problem, method=method, seed=seed, start=first.require(), stop=Stop(iterations=5))
    assert orienteering.verify(problem, result)
    assert result.value is not None
    assert first.value is not None
    assert result.value >= first.value >= 0.0


@given(problem=orienteering_problems(), seed=st.integers(0, 5))
def test_plans_of_a_colony_a_vehicle_are_feasible_and_no_worse_than_the_start(problem: OrienteeringProblem, seed: int) -> None:
    first = orienteering.solve(problem, method="greedy")
    for start in (None, first.require()):
        result = orienteering.solve(problem, method="eaco", seed=seed, start=start, params=OWN)
        assert orienteering.verify(problem, result)
        assert result.value is not None
        assert result.value >= (0.0 if start is None else first.value)


def test_local_search_reaches_the_optimum_of_small_problems() -> None:
    for seed in range(12):
        problem = orienteering.generate(preset="fusion", vehicles=2, customers=8, seed=seed)
        best = orienteering.solve(problem, method="milp").value
        found = orienteering.solve(problem, method="eaco-ls", seed=0, stop=Stop(iterations=30)).value
        assert found == pytest.approx(best, rel=1e-9)


def test_local_search_is_worth_its_name() -> None:
    """The same iterations, ants and seeds: what is added is the search. On these five the gap between the two is large."""
    for seed in range(5):
        problem = orienteering.generate(preset="random", vehicles=3, customers=60, seed=seed)
        plain = orienteering.solve(problem, method="eaco", seed=0).value
        searched = orienteering.solve(problem, method="eaco-ls", seed=0, stop=Stop(iterations=40)).value
        assert plain is not None
        assert searched is not None
        assert searched > plain


def test_vehicles_of_their_own_kind() -> None:
    """A slow one, a small one, one that drives for nothing, one paid better; depots apart, an end that is not the start."""
    rng = np.random.default_rng(7)
    n = 18
    places = np.vstack([rng.uniform(0, 50, (n, 2)), [[0, 0], [50, 50], [25, 0]]])
    problem = OrienteeringProblem.from_coordinates(
        places,
        rng.uniform(5, 20, (4, n)) * np.array([[1], [1], [1], [2]]),
        rng.uniform(0, 60, n),
        rng.uniform(60, 200, n),
        rounding="none",
        latest=[200.0, 150.0, 180.0, 120.0],
        start=[n, n + 1, n + 2, n],
        end=[n, n + 1, n + 2, n + 1],
        demand=rng.integers(1, 4, n),
        capacity=[9.0, 3.0, np.inf, 6.0],
        speed=[0.5, 1.0, 2.0, 1.0],
        cost_per_distance=[0.1, 0.2, 0.0, 0.05],
        cost_per_time=[0.0, 0.1, 0.0, 0.05],
        service_time=3.0,
        service_cost=rng.uniform(0, 2, n),
        earliest=[0.0, 10.0, 0.0, 5.0],
    )
    greedy = orienteering.solve(problem, method="greedy")
    for method in ("eaco", "eaco-ls"):
        result = orienteering.solve(problem, method=method, seed=0, stop=Stop(iterations=60))
        assert orienteering.verify(problem, result)
    assert result.value is not None
    assert greedy.value is not None
    assert result.value > greedy.value


@BOTH
def test_what_cannot_be_done_is_not_done(method: str) -> None:
    def solved(**changed: Any) -> Any:
        given: dict[str, Any] = {
            "coordinates": [[3, 0], [0, 4], [3, 0], [0, 0]],
            "profit": [5.0, 4.0, 3.0],
            "depot": "last",
            "latest": 20.0,
        }
        problem = OrienteeringProblem.from_coordinates(**(given | changed), rounding="none")
        result = orienteering.solve(problem, method=method, seed=0, stop=Stop(iterations=10))
        assert orienteering.verify(problem, result)
        return result.value, result.require().served.tolist()

    assert solved() == (12.0, [0, 1, 2])  # duplicate points are two customers
    assert solved(demand=1.0, capacity=0.0) == (0.0, [])
    assert solved(open=[30.0] * 3, close=[40.0] * 3) == (0.0, [])  # nobody is back by 20
    assert solved(open=[0.0] * 3, close=[1.0] * 3) == (0.0, [])  # nobody is reached by 1
    assert solved(profit=[-5.0, -4.0, -3.0]) == (0.0, [])
    assert solved(latest=0.0) == (0.0, [])
    assert solved(coordinates=[[0, 0], [100, 0]], profit=[], start=[0], end=[1]) == (0.0, [])  # cannot get to its end


def test_a_large_problem_uses_neighbourhoods_only() -> None:
    problem = orienteering.generate(preset="random", vehicles=6, customers=450, seed=0)
    result = orienteering.solve(
        problem, method="eaco-ls", seed=0, stop=Stop(iterations=3), params=EacoLs(full_pool=100, neighbours=10)
    )
    assert orienteering.verify(problem, result)
    greedy = orienteering.solve(problem, method="greedy").value
    assert result.value is not None
    assert greedy is not None
    assert result.value > greedy


def test_the_better_half_of_a_crowd_goes_on() -> None:
    problem = orienteering.generate(preset="random", vehicles=3, customers=40, seed=0)
    colony = _Colony(problem, EacoLs(attempts=5), None, np.uint64(0), 300.0)
    assert len(colony.left) == 8
    for iteration in range(8):
        colony.iterate(iteration, 0.0, map)
    worth = colony.values.copy()
    for share, many in ((0.4, 4), (0.7, 2), (1.0, 2)):
        before = set(colony.left.tolist())
        colony.iterate(8, share, map)
        assert len(colony.left) == many
        assert before.issuperset(colony.left.tolist())
        if many == 4:
            assert worth[colony.left].min() >= np.delete(worth, colony.left).max()
    for index in colony.left:  # what is remembered of the plans they left does not mislead them
        ant = colony.ants[index]
        absent = np.sort(ant.state.absent[: ant.state.ints[0]])
        assert absent.tolist() == np.flatnonzero(ant.work.where < 0).tolist()
        assert ant.values[0] == pytest.approx(value(problem, solution_of(problem, ant.plan)))


@pytest.mark.parametrize(("vehicles", "planned", "many"), [(1, 300.0, 2), (3, 299.0, 4), (3, 99.0, 2), (3, 1e9, 8)])
def test_only_long_runs_of_several_vehicles_have_a_crowd(vehicles: int, planned: float, many: int) -> None:
    problem = orienteering.generate(preset="random", vehicles=vehicles, customers=20, seed=0)
    assert len(_Colony(problem, EacoLs(), None, np.uint64(0), planned).ants) == many
    assert len(_Colony(problem, EacoLs(full_pool=19), None, np.uint64(0), planned).ants) == 2


def test_seconds_that_end_a_run_size_its_crowd_where_many_iterations_are_allowed() -> None:
    problem = orienteering.generate(preset="random", vehicles=3, customers=20, seed=0)
    result = orienteering.solve(
        problem, method="eaco-ls", seed=0, stop=Stop(seconds=0.1, iterations=10**9), params=EacoLs(crowd=10**9)
    )
    assert result.termination is Termination.TIME  # before memory is full of ants
    assert orienteering.verify(problem, result)


def test_a_crowd_is_the_same_on_two_threads() -> None:
    problem = orienteering.generate(preset="random", vehicles=3, customers=40, seed=1)
    params, stop = EacoLs(attempts=5), Stop(iterations=300)
    one, two = (
        orienteering.solve(problem, method="eaco-ls", seed=0, stop=stop, params=params, threads=threads) for threads in (1, 2)
    )
    assert same_answer(one, two)
    assert orienteering.verify(problem, one)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (lambda: Eaco(ants=0), "ants: must be at least 1"),
        (lambda: Eaco(evaporation=1.0), "evaporation: must be below 1"),
        (lambda: Eaco(arrival="late"), "arrival: must be one of end, start"),  # type: ignore[arg-type]
        (lambda: Eaco(colonies="none"), "colonies: must be one of shared, per-vehicle"),  # type: ignore[arg-type]
        (lambda: Eaco(pheromone=-1.0), "pheromone: must be at least 0"),
        (lambda: EacoLs(initial_temperature=0.01, final_temperature=0.1), "initial_temperature: must be at least final_t"),
        (lambda: EacoLs(crowd=0), "crowd: must be at least 1"),
        (lambda: EacoLs(blink=1.0), "blink: must be below 1"),
        (lambda: EacoLs(segment=0), "segment: must be at least 1"),
        (lambda: EacoLs(detour_offset=0.0), "detour_offset: must be above 0"),
    ],
)
def test_parameters_out_of_range(params: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        params()
