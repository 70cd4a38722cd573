"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.games.offloading.model import OffloadingGame, generate


def tiny_problems() -> tuple[OffloadingGame, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="fusion", users=4, providers=2, seed=0),
        generate(preset="random", users=5, providers=2, seed=1, regime="floored"),
        generate(preset="random", users=6, providers=2, seed=0, regime="soft-deadline"),
    )
