"""Tiny problems."""

from __future__ import annotations

from tests.toy_family.model import WeightedPath, generate


def tiny_problems() -> tuple[WeightedPath, ...]:
    """No node, one, ties, and some drawn."""
    return WeightedPath([]), WeightedPath([3]), WeightedPath([2, 2, 2, 0]), generate(nodes=7, seed=0)
