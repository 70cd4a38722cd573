"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction.model import Market, generate


def tiny_problems() -> tuple[Market, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="unit", buyers=4, sellers=3, seed=0),
        generate(preset="multi-unit", buyers=3, sellers=2, seed=0),
        generate(preset="fusion", buyers=3, sellers=2, seed=0),
    )
