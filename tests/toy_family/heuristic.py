"""Heuristics."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from tests.toy_family.model import Packing, WeightedPath


def heaviest_first(problem: WeightedPath, params: None, run: Run[Packing]) -> Found[Packing]:
    """Choose the heaviest node that has no chosen neighbour, again and again.

    Parameters
    ----------
    problem : WeightedPath
    params : None
    run : Run

    Returns
    -------
    Found
        A packing to which no node can be added.

    Notes
    -----
    A chosen node keeps out at most two others, neither of them heavier: the weight is at least half of the greatest.

    References
    ----------
    Jenkyns, The efficacy of the "greedy" algorithm, Proc. 7th Southeastern Conf. on Combinatorics (1976).
    """
    chosen = np.zeros(problem.nodes + 2, dtype=bool)  # a sentinel at each end
    for node in np.argsort(-problem.weight, kind="stable"):
        chosen[node + 1] = not (chosen[node] or chosen[node + 2])
    return Found(Packing(chosen[1:-1]), Termination.CONVERGED)
