"""Exact methods."""

from __future__ import annotations

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from tests.toy_family.model import Packing, WeightedPath


def dynamic_programme(problem: WeightedPath, params: None, run: Run[Packing]) -> Found[Packing]:
    """Dynamic programming from the left; the increments of the best weight are prices that prove it."""
    n = len(problem.weight)
    price = np.zeros(n + 1, dtype=np.int64)  # price[k]: what node k - 1 adds to the best weight
    for k in range(n):
        price[k + 1] = max(int(problem.weight[k]) - int(price[k]), 0)
    chosen, k = np.zeros(n, dtype=bool), n - 1
    while k >= 0:
        chosen[k] = price[k + 1] > 0
        k -= 2 if chosen[k] else 1
    certificate = Certificate("edge-prices", {"price": price})
    proof = {"bound": float(price.sum()), "evidence": BoundEvidence.RECOMPUTED, "certificate": certificate}
    return Found(Packing(chosen), Termination.PROVED, **proof)
