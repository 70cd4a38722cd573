"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.mechanisms.procurement.model import Tender, generate


def tiny_problems() -> tuple[Tender, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (generate(suppliers=4, seed=0),)
