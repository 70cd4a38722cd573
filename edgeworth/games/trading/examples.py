"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.games.trading.model import TradingGame, generate


def tiny_problems() -> tuple[TradingGame, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="interior"),
        generate(preset="kink"),
        generate(preset="two-peaks"),
        generate(preset="random", consumers=4, seed=0),
    )
