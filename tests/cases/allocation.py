"""Allocation problems for the contract suite."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.solvers.allocation import AllocationProblem, generate
from edgeworth.testing import allocation_problems
from tests.oracles.allocation import optimum

__all__ = ["CASES", "STRATEGY", "optimum"]


def _cases() -> dict[str, AllocationProblem]:
    dense = AllocationProblem.from_matrices

    def cells(n: int, m: int, number: float = 1.0) -> Any:
        return np.full((n, m), number)

    return {
        "nothing": dense(cells(0, 0), cells(0, 0), []),
        "no servers": dense(cells(0, 3), cells(0, 3), []),
        "no tasks": dense(cells(2, 0), cells(2, 0), [1.0, 1.0], offset=2.0),
        "no pairs": dense(cells(2, 3), cells(2, 3), [1.0, 1.0], np.zeros((2, 3), dtype=bool)),
        "no servers, must serve": dense(cells(0, 2), cells(0, 2), [], must_serve=[True, True]),
        "one of each": dense([[2.0]], [[1.0]], [1.0]),
        "one loss": dense([[-2.0]], [[1.0]], [1.0]),
        "one loss, must serve": dense([[-2.0]], [[1.0]], [1.0], must_serve=[True]),
        "one too heavy": dense([[2.0]], [[3.0]], [1.0]),
        "too little room": dense(cells(1, 3), cells(1, 3), [2.0], must_serve=[True] * 3),
        "nothing weighs": dense(cells(2, 3), cells(2, 3, 0.0), [0.0, 0.0]),
        "no capacity": dense(cells(2, 3), cells(2, 3), [0.0, 0.0]),
        "all ties": dense(cells(3, 5), cells(3, 5), [2.0, 1.0, 1.0]),
        "min": dense([[3.0, 1.0, 2.5], [2.0, 2.0, 2.0]], cells(2, 3), [2.0, 1.0], must_serve=[True] * 3, sense="min"),
        "min, offset": dense([[3.5, -1.0], [2.0, 2.0]], cells(2, 2), [1.0, 1.0], sense="min", offset=-7.25),
        "hotspot": generate(preset="hotspot", servers=4, tasks=14, seed=3),
    }


CASES = _cases()
STRATEGY = allocation_problems()
