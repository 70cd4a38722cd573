"""Tiny problems."""

from __future__ import annotations

import numpy as np

from tests.toy_family.model import WeightedPath, generate


def tiny_problems() -> tuple[WeightedPath, ...]:
    """No node, one, ties, and some drawn."""
    ties = WeightedPath(np.array([2, 2, 2, 0]))
    return generate(nodes=0, seed=0), generate(nodes=1, seed=0), ties, generate(nodes=7, seed=0)
