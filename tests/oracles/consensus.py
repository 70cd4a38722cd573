"""Naive judgements of what replicas executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def agreement_of(chains: Sequence[Sequence[Any]]) -> int | None:
    """The first number at which two chains hold different blocks; None where there is none."""
    for place in range(max((len(chain) for chain in chains), default=0)):
        blocks = [chain[place].block for chain in chains if len(chain) > place]
        for block in blocks:
            if block != blocks[0]:
                return place + 1
    return None
