"""Heuristics."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from tests.toy_family.model import Packing, WeightedPath


def heaviest_first(problem: WeightedPath, params: None, run: Run[Packing]) -> Found[Packing]:
    """Choose the heaviest node that has no chosen neighbour, again and again; at least half of the optimum."""
    chosen = np.zeros(len(problem.weight) + 2, dtype=bool)  # a sentinel at each end
    for node in np.argsort(-problem.weight, kind="stable"):
        chosen[node + 1] = not (chosen[node] or chosen[node + 2])
    return Found(Packing(chosen[1:-1]), Termination.CONVERGED)
