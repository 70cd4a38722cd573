"""Orienteering problems for the contract suite."""

from __future__ import annotations

from functools import partial

import numpy as np

from edgeworth.routing.orienteering import OrienteeringProblem, generate
from edgeworth.testing import orienteering_problems
from tests.oracles.orienteering import optimum

__all__ = ["CASES", "STRATEGY", "optimum"]


def _cases() -> dict[str, OrienteeringProblem]:
    places = OrienteeringProblem.from_coordinates
    plane = partial(places, depot="last")
    line = [[10, 0], [20, 0], [30, 0], [40, 0], [0, 0]]
    four = [5.0, 3.0, 4.0, 6.0]
    points = [40.0, 20.0, 60.0, 50.0]
    return {
        "nothing": OrienteeringProblem.from_matrices(np.zeros((0, 0)), [], start=[], end=[], latest=0.0, vehicles=0),
        "no vehicles": plane(line, four, latest=100.0, vehicles=0, rounding="none"),
        "no customers": plane([[0, 0]], [], latest=100.0, vehicles=2, rounding="none"),
        "one of each": plane([[3, 4], [0, 0]], [7.0], latest=10.0, rounding="none"),
        "one that does not pay": plane([[3, 4], [0, 0]], [7.0], latest=10.0, cost_per_distance=1.0, rounding="none"),
        "one loss": plane([[3, 4], [0, 0]], [-7.0], latest=10.0, rounding="none"),
        "no way back in time": plane([[3, 4], [0, 0]], [7.0], latest=9.0, rounding="none"),
        "no return in time": places([[3, 4], [0, 0], [9, 9]], [7.0], latest=9.0, start=[1], end=[2], rounding="none"),
        "unreachable windows": plane(line, four, [0.0] * 4, [9.0, 19.0, 29.0, 39.0], latest=100.0, rounding="none"),
        "windows that are a point": plane(line, four, points, points, latest=110.0, rounding="none"),
        "no capacity": plane(line, four, latest=100.0, demand=1.0, capacity=0.0, vehicles=2, rounding="none"),
        "no capacity, no demand": plane(line, four, latest=70.0, capacity=0.0, vehicles=2, rounding="none"),
        "duplicate points": plane([[5, 5]] * 4 + [[0, 0]], four, latest=15.0, demand=1.0, capacity=2.0, rounding="trunc1"),
        "everything in one point": plane([[0, 0]] * 5, four, latest=0.0, vehicles=2, demand=2.0, capacity=4.0, rounding="none"),
        "no time at all": plane(line, four, latest=0.0, vehicles=2, rounding="none"),
        "all ties": plane([[1, 0], [0, 1], [-1, 0], [0, -1], [0, 0]], [1.0] * 4, latest=4.0, vehicles=2, rounding="nearest"),
        "another end": plane([*line, [50, 0]], four, depot=4, latest=54.0, end=[5, 4], service_time=1.0, rounding="none"),
        "own profits": plane(line, [four, [-9.0, 9.0, 2.0, 0.5]], latest=65.0, rounding="none", speed=[1.0, 2.0]),
        "early departure": plane(line, four, [-30.0] * 4, latest=50.0, earliest=-20.0, rounding="none"),
        "fusion": generate(preset="fusion", vehicles=2, customers=7, seed=1),
        "random": generate(preset="random", vehicles=2, customers=8, seed=2),
    }  # fmt: skip


CASES = _cases()
STRATEGY = orienteering_problems()
