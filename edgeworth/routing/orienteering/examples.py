"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.routing.orienteering.model import OrienteeringProblem, generate


def tiny_problems() -> tuple[OrienteeringProblem, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="fusion", vehicles=2, customers=6, seed=8),  # its proof needs the colony, and the list of all routes
        generate(preset="random", vehicles=1, customers=5, seed=1),
    )
