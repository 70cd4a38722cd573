"""One broken constraint of a solution, as data that can be checked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from edgeworth.core.names import label

Check: TypeAlias = "Callable[[Any, Any], Iterable[Violation]]"
"""``violations(problem, solution)`` of a family."""


@dataclass(frozen=True)
class Violation:
    """One broken constraint of a solution, the witness of a failed verdict.

    Parameters
    ----------
    rule : str
        Name of the constraint; ``violations`` of each family lists its rules.
    amount : float
        By how much the constraint is broken, > 0, in the unit that the family states for the rule.
    where : tuple of (str, int)
        The place: pairs of an axis ("server", "task", "vehicle", ...) and an index on it, from 0.
    text : str
        One sentence for a reader, with the names that the problem has.
    check : callable
        The family's ``violations(problem, solution)``, by which `replay` looks at the place again.

    Examples
    --------
    >>> from edgeworth.solvers import allocation
    >>> problem = allocation.AllocationProblem.from_matrices([[1.0, 1.0]], [[2.0, 2.0]], [3.0])
    >>> broken = allocation.violations(problem, allocation.Assignment([0, 0]))[0]
    >>> broken.rule, broken.where, round(broken.amount, 3)
    ('capacity', (('server', 0),), 0.333)
    >>> broken.replay(problem, allocation.Assignment([0, -1]))
    0.0
    """

    rule: str
    amount: float
    where: tuple[tuple[str, int], ...]
    text: str
    check: Check = field(repr=False, compare=False)

    def at(self, axis: str) -> int | None:
        """The index on an axis, None where the place does not lie on it."""
        return dict(self.where).get(axis)

    def replay(self, problem: object, solution: object) -> float:
        """The amount by which the rule is broken at the same place by a solution, 0 where it is not.

        Parameters
        ----------
        problem, solution
            Of the family that the violation belongs to.

        Returns
        -------
        float
            The largest amount where the check reports the place more than once.
        """
        found = self.check(problem, solution)
        return max((each.amount for each in found if (each.rule, each.where) == (self.rule, self.where)), default=0.0)

    def __str__(self) -> str:
        return self.text


class Violations:
    """Collects the violations of one solution; their texts begin with the name of the place.

    Parameters
    ----------
    problem
        The problem, whose names the texts use.
    check : callable
        The family's ``violations(problem, solution)``.
    """

    def __init__(self, problem: object, check: Check) -> None:
        self.found: list[Violation] = []
        self._problem, self._check = problem, check

    def named(self, axis: str, index: int) -> str:
        """The axis and the name of one of its entries, e.g. ``server 3`` or ``server east``."""
        return label(self._problem, axis, index)

    def add(self, rule: str, amount: float, text: str, **where: int) -> None:
        """Add one violation; ``where`` maps axes to indices."""
        self.found.append(Violation(rule, amount, tuple(where.items()), text, self._check))
