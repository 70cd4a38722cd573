"""The checker. It shares `model` with the methods and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.checking import Budget, Rebuild, certificate_array, judge_by_rules
from tests.toy_family.model import WeightedPath, value, violations

__all__: list[str] = []


def _edge_prices(problem: WeightedPath, arrays: Mapping[str, NDArray[Any]], budget: Budget) -> float:
    """LP duality: a node pays what the prices of its two edges leave of its weight; the sum is a bound."""
    price = certificate_array(arrays, "price", np.int64, (problem.nodes + 1,), minimum=0, maximum=1_000_000)
    return float(price.sum() + np.maximum(problem.weight - price[:-1] - price[1:], 0).sum())


REBUILD: dict[str, Rebuild] = {"edge-prices": _edge_prices}
judge = judge_by_rules(violations, value, lambda problem: {"neighbours": 0.0})
