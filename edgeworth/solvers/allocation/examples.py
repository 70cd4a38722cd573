"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, generate


def tiny_problems() -> tuple[AllocationProblem, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="hotspot", servers=3, tasks=9, seed=0),
        generate(preset="metaverse", servers=3, tasks=8, seed=1),
        AllocationProblem.from_matrices(
            [[3, 5, 4], [4, 2, 6]], [[2, 3, 2], [3, 1, 2]], [5, 4], sense="min", must_serve=[True, True, False]
        ),
        AllocationProblem.from_matrices(  # generalised assignment of type D: the smallest here whose proof branches
            [
                [103, 88, 87, 79, 105, 113, 81, 85, 99],
                [108, 82, 98, 96, 79, 106, 89, 88, 95],
                [105, 98, 98, 96, 99, 86, 94, 96, 98],
            ],
            [[14, 15, 20, 24, 5, 8, 22, 24, 10], [11, 23, 13, 10, 22, 10, 13, 18, 16], [6, 5, 23, 20, 22, 16, 22, 11, 14]],
            [37, 36, 37],
            sense="min",
            must_serve=[True] * 9,
        ),
        AllocationProblem.from_matrices(  # two knapsacks, whose bound needs sets of items
            [[60, 70, 65, 90, 31, 77, 42, 58]] * 3, [[50, 61, 54, 70, 35, 66, 40, 48]] * 3, [92, 101, 75]
        ),
    )


def warm_kernels(problem: AllocationProblem, solution: Assignment) -> None:
    """Run the kernels of searches that the examples are too small for; see `core.problem.Model`."""
    from edgeworth.solvers.allocation.exact.enumeration import Enumeration
    from edgeworth.solvers.allocation.exact.partitions import Partitions

    Partitions.prepare()
    Enumeration.prepare()
