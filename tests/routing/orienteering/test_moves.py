"""The kernels of eaco-ls: after attempts and after every move of local search, all that is kept beside the stops is true."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import EacoLs, OrienteeringProblem
from edgeworth.routing.orienteering.heuristic import arrays
from edgeworth.routing.orienteering.heuristic.colony_search import _Colony
from edgeworth.routing.orienteering.kernels import improve, plans
from edgeworth.routing.orienteering.kernels.ant import take_plan, walk
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import orienteering as oracle


def consistent(problem: OrienteeringProblem, instance: Any, work: Any, state: Any) -> None:
    """Everything that is kept beside the stops equals what they say."""
    rows = [work.stops[k, 1 : work.size[k] + 1].tolist() for k in range(problem.vehicles)]
    assert oracle.feasible(problem, rows)
    visited = {c: (k, p + 1) for k, row in enumerate(rows) for p, c in enumerate(row)}
    for c in range(problem.customers):
        if c in visited:
            assert (work.where[c], work.place[c]) == visited[c]
            assert state.slot[c] == -1
        else:
            assert work.where[c] == -1
            assert state.absent[state.slot[c]] == c
    assert int(state.ints[0]) == problem.customers - len(visited)
    origin = problem.limits.origin.min()  # of the kernels' clock
    for k, row in enumerate(rows):
        stated, _ = oracle.schedule(problem, k, row)
        assert work.stops[k, 0] == problem.start[k]
        assert work.stops[k, len(row) + 1] == problem.end[k]
        assert np.allclose(work.leave[k, 1 : len(row) + 1], [step[2] - origin for step in stated])
        assert np.isclose(work.load[k], stated[-1][3] if row else 0.0)
        late = work.latest[k, : len(row) + 2].copy()
        plans.refresh(instance, work, k)
        assert np.allclose(late[1:], work.latest[k, 1 : len(row) + 2])


def score(problem: OrienteeringProblem, work: Any, travel_penalty: float) -> float:
    rows = [work.stops[k, 1 : work.size[k] + 1].tolist() for k in range(problem.vehicles)]
    road = 0.0
    for k, row in enumerate(rows):
        way = [int(problem.start[k]), *row, int(problem.end[k])] if row else []
        road += sum(problem.travel_time[a, b] for a, b in itertools.pairwise(way)) / problem.speed[k]
    return float(oracle.value(problem, rows)) - travel_penalty * road


@settings(max_examples=6)
@given(problem=orienteering_problems(min_customers=1, max_customers=7, min_vehicles=1, max_vehicles=3))
def test_attempts_and_every_move_keep_the_books_and_improve(problem: OrienteeringProblem) -> None:
    """After attempts of an ant its arrays say what its stops say, and every move of local search raises the objective."""
    colony = _Colony(problem, EacoLs(ants=1), None, np.uint64(3))
    ant, instance, parameters = colony.ants[0], colony.instance, colony.parameters
    for iteration in range(2):
        walk(
            instance,
            ant.plan,
            ant.work,
            ant.best,
            ant.state,
            colony.pheromone,
            parameters,
            5,
            np.uint64(3),
            iteration,
            0,
            5.0,
            ant.values,
        )
        consistent(problem, instance, ant.work, ant.state)
        for move in (improve.bring_in, improve.cross, improve.or_opt, improve.two_opt_star):
            before = score(problem, ant.work, parameters.travel_penalty)
            made = move(instance, ant.work, ant.state, parameters.travel_penalty, 1e-9)
            consistent(problem, instance, ant.work, ant.state)
            after = score(problem, ant.work, parameters.travel_penalty)
            assert after > before if made else after == before
        colony._improve(ant)
        consistent(problem, instance, ant.work, ant.state)
        assert ant.values[0] == pytest.approx(score(problem, ant.plan, 0.0), abs=1e-9)
        assert ant.values[1] >= ant.values[0] - 1e-9


def test_moves_find_what_they_are_for() -> None:
    """Planted plans, each one move away from better."""

    def after(move: Any, problem: OrienteeringProblem, rows: list[list[int]]) -> list[list[int]]:
        colony = _Colony(problem, EacoLs(ants=1), orienteering.plan(problem, rows), np.uint64(0))
        ant = colony.ants[0]
        take_plan(colony.instance, ant.work, ant.state)
        assert move(colony.instance, ant.work, ant.state, 0.01, 1e-9) >= 1
        return [stops.tolist() for stops in arrays.solution_of(problem, ant.work).sequences]

    build = OrienteeringProblem.from_coordinates
    line = [[1, 0], [2, 0], [3, 0], [4, 0], [0, 0]]
    one = build(line, [1.0] * 4, depot="last", latest=99, rounding="none")
    (row,) = after(improve.or_opt, one, [[2, 0, 3, 1]])
    assert orienteering.measures(one, orienteering.plan(one, [row]))["distance"] == 8.0
    assert sorted(after(improve.bring_in, one, [[0, 1]])[0]) == [0, 1, 2, 3]
    tight = build([[4, 0], [0, 4], [0, 0]], [1.0, 3.0], depot="last", latest=8, rounding="none")
    assert after(improve.bring_in, tight, [[0]]) == [[1]]  # replacement
    swap = build([[4, 0], [5, 0], [-4, 0], [-5, 0], [0, 0]], [1.0] * 4, vehicles=2, depot="last", latest=99, rounding="none")
    assert {frozenset(row) for row in after(improve.two_opt_star, swap, [[0, 2], [3, 1]])} == {
        frozenset({0, 1}),
        frozenset({2, 3}),
    }
    crossed = after(improve.cross, swap, [[0, 3], [1, 2]])
    assert {frozenset(row) for row in crossed if row} in (
        {frozenset({0, 1}), frozenset({2, 3})},
        {frozenset({0, 1, 2, 3})},
    )
