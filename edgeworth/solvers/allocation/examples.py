"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.solvers.allocation.model import AllocationProblem, generate


def tiny_problems() -> tuple[AllocationProblem, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="hotspot", servers=3, tasks=9, seed=0),
        generate(preset="metaverse", servers=3, tasks=8, seed=1),
        AllocationProblem.from_matrices(
            [[3, 5, 4], [4, 2, 6]], [[2, 3, 2], [3, 1, 2]], [5, 4], sense="min", must_serve=[True, True, False]
        ),
    )
