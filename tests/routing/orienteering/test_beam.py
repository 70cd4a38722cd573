"""The beam of eaco-ls: against a naive one, and that what it puts into a route is feasible and better."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Stop
from edgeworth.core.result import Termination
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import EacoLs, OrienteeringProblem
from edgeworth.routing.orienteering.heuristic import arrays
from edgeworth.routing.orienteering.heuristic.beam import beam_of
from edgeworth.routing.orienteering.heuristic.colony_search import _Colony
from edgeworth.routing.orienteering.kernels import beam as kernel
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import beam as oracle
from tests.routing.orienteering.test_moves import consistent, score

PENALTY = 0.01


def prepared(problem: OrienteeringProblem, width: int, ahead: int, begin: int, length: int, rate: float, lag: float) -> Any:
    """An ant on the greedy plan, and its beam after all labels for a run of the first vehicle's stops."""
    colony = _Colony(problem, EacoLs(ants=1), None, np.uint64(3))
    ant = colony.ants[0]
    beam = beam_of(problem, colony.instance, width, ahead)
    z = int(ant.work.size[0])
    beam.ints[kernel.VEHICLE], beam.ints[kernel.BEGIN] = 0, min(begin, z + 1)
    beam.ints[kernel.LENGTH] = min(length, z + 1 - beam.ints[kernel.BEGIN])
    kernel.prepare(colony.instance, ant.work, beam, PENALTY, rate, lag)
    while not kernel.extend(colony.instance, beam, 1):
        pass
    return colony, ant, beam


@settings(max_examples=40)
@given(
    problem=orienteering_problems(min_customers=2, max_customers=7, min_vehicles=1, max_vehicles=2),
    width=st.integers(1, 3),
    ahead=st.integers(1, 7),
    begin=st.integers(1, 3),
    length=st.integers(0, 7),
    rate=st.sampled_from([0.0, 0.1]),
    lag=st.sampled_from([3.0, 1e9]),
)
def test_the_beam_is_the_naive_one_and_what_it_fills_in_is_feasible_and_better(
    problem: OrienteeringProblem, width: int, ahead: int, begin: int, length: int, rate: float, lag: float
) -> None:
    colony, ant, beam = prepared(problem, width, ahead, begin, length, rate, lag)
    i, work = colony.instance, ant.work
    begin, length = int(beam.ints[kernel.BEGIN]), int(beam.ints[kernel.LENGTH])
    run = work.stops[0, begin : begin + length].tolist()
    travel = i.travel * i.slow[0]

    def cost(a: int, b: int) -> float:
        return float(PENALTY * travel[a, b] + i.by_distance[0] * i.distance[a, b] + i.by_time[0] * travel[a, b])

    expected = oracle.ways(
        travel, i.opens, i.closes, i.service, i.demand, i.prize[0], cost, beam.ahead.tolist(),
        {c for c in range(problem.customers) if work.where[c] < 0 or c in run},
        (int(work.stops[0, begin - 1]), float(work.leave[0, begin - 1])),
        (int(work.stops[0, begin + length]), float(work.latest[0, begin + length])),
        float(i.capacity[0] - work.load[0] + i.demand[run].sum()), width, rate, lag,
    )  # fmt: skip
    found = {c: float(beam.top[c]) for c in range(problem.customers) if beam.top[c] > -np.inf}
    assert found == pytest.approx({c: value for c, (value, _) in expected.items()})
    before = score(problem, work, PENALTY)
    adopted = kernel.adopt(i, work, ant.state, beam, 1e-9)
    consistent(problem, i, work, ant.state)
    after = score(problem, work, PENALTY)
    assert after > before if adopted else after == before


def test_a_poor_route_is_filled_as_well_as_can_be() -> None:
    """Two good customers behind a bad one that greedy took; wide enough, the beam is exact where nothing is relaxed."""
    places = [[1, 0], [0, 4], [0, 5], [0, 0]]
    problem = OrienteeringProblem.from_coordinates(places, [1.0, 5.0, 5.0], depot="last", latest=10.0, rounding="none")
    colony = _Colony(problem, EacoLs(ants=1), orienteering.plan(problem, [[0]]), np.uint64(0))
    ant, beam = colony.ants[0], beam_of(problem, colony.instance, 4, 3)
    beam.ints[kernel.VEHICLE], beam.ints[kernel.BEGIN], beam.ints[kernel.LENGTH] = 0, 1, 1
    kernel.prepare(colony.instance, ant.work, beam, PENALTY, 0.0, 1e9)
    assert kernel.extend(colony.instance, beam, 10**6)
    assert kernel.adopt(colony.instance, ant.work, ant.state, beam, 1e-9)
    assert sorted(arrays.solution_of(problem, ant.work).sequences[0].tolist()) == [1, 2]
    beam.ints[kernel.LENGTH] = 2
    kernel.prepare(colony.instance, ant.work, beam, PENALTY, 0.0, 1e9)
    assert kernel.extend(colony.instance, beam, 10**6)
    assert not kernel.adopt(colony.instance, ant.work, ant.state, beam, 1e-9)  # it is there already


def test_runs_of_stops_are_those_of_the_stream() -> None:
    problem = orienteering.generate(preset="random", vehicles=2, customers=30, seed=0)
    colony = _Colony(problem, EacoLs(ants=1), None, np.uint64(0))
    work, beam, drawn = colony.ants[0].work, beam_of(problem, colony.instance, 2, 5), []
    for iteration in [*range(200), 0]:
        kernel.draw(colony.instance, work, beam, np.uint64(7), iteration, 1)
        k, begin, length = (int(beam.ints[x]) for x in (kernel.VEHICLE, kernel.BEGIN, kernel.LENGTH))
        assert begin >= 1
        assert begin + length <= work.size[k] + 1
        drawn.append((k, begin, length))
    assert drawn[0] == drawn[-1]
    assert {k for k, _, _ in drawn} == {0, 1}
    assert {length for k, _, length in drawn if k == 0} == set(range(int(work.size[0]) + 1))


@pytest.mark.parametrize("vehicles", [1, 3])
def test_same_seed_same_answer_with_and_without_the_beam(vehicles: int) -> None:
    problem = orienteering.generate(preset="random", vehicles=vehicles, customers=40, seed=2)
    for width in (0, 4):
        params = EacoLs(width=width)
        runs = [
            orienteering.solve(problem, method="eaco-ls", seed=5, stop=Stop(iterations=15), params=params, threads=threads)
            for threads in (1, 2)
        ]
        assert runs[0].termination is Termination.ITERATIONS
        assert orienteering.verify(problem, runs[0])
        routes = [[stops.tolist() for stops in run.require().sequences] for run in runs]
        assert routes[0] == routes[1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (lambda: EacoLs(width=-1), "width: must be at least 0"),
        (lambda: EacoLs(ahead=0), "ahead: must be at least 1"),
        (lambda: EacoLs(effort=-1), "effort: must be at least 0"),
        (lambda: EacoLs(lag=-0.5), "lag: must be at least 0"),
    ],
)
def test_parameters_out_of_range(params: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        params()
