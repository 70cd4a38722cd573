"""Exact methods."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from tests.toy_family.model import Packing, WeightedPath


def dynamic_programme(problem: WeightedPath, params: None, run: Run[Packing]) -> Found[Packing]:
    """Dynamic programming from the left.

    Parameters
    ----------
    problem : WeightedPath
    params : None
    run : Run

    Returns
    -------
    Found
        A packing of greatest weight, with the certificate "edge-prices" of the bound that equals it.

    Notes
    -----
    The best weight of the first k nodes is ``B_k = max(B_{k-1}, B_{k-2} + w_k)``. Its increments are prices of the
    edges between k and k + 1 that solve the dual of the linear relaxation.

    References
    ----------
    Bellman, Dynamic Programming (1957).
    """
    n = problem.nodes
    price = np.zeros(n + 1, dtype=np.int64)  # price[k]: what node k - 1 adds to the best weight
    for k in range(n):
        price[k + 1] = max(int(problem.weight[k]) - int(price[k]), 0)
    chosen, k = np.zeros(n, dtype=bool), n - 1
    while k >= 0:
        chosen[k] = price[k + 1] > 0
        k -= 2 if chosen[k] else 1
    certificate = Certificate("edge-prices", {"price": price})
    evidence = BoundEvidence.RECOMPUTED
    return Found(Packing(chosen), Termination.PROVED, bound=float(price.sum()), evidence=evidence, certificate=certificate)
