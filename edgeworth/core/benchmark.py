"""What a family brings to the table of all families: standard instances, and its methods by the part that they play there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from edgeworth.core import validation
from edgeworth.core.stop import Stop

Role = Literal["exact", "heuristic", "learned"]
ROLES: tuple[Role, ...] = ("exact", "heuristic", "learned")
"""What a method is beside the others: an exact method or a bound, a rule or heuristic without a proof, a learner."""

BudgetName = Literal["smoke", "short"]
BUDGETS: tuple[BudgetName, ...] = ("smoke", "short")
"""Enough to see that every row runs, in seconds; for a first look, in minutes."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one budget runs of a benchmark.

    Parameters
    ----------
    stop : Stop
        Of every run.
    options : mapping
        Keyword arguments of the family's generator, beside the seed.
    instances : int
        How many are generated, with consecutive seeds, >= 1.
    seeds : int
        Method seeds of every randomised method, >= 1.
    """

    stop: Stop
    options: Mapping[str, object] = field(default_factory=dict)
    instances: int = 1
    seeds: int = 1

    def __post_init__(self) -> None:
        for name in ("instances", "seeds"):
            validation.integer(name, getattr(self, name), minimum=1)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Standard instances of a family, and the methods that are compared on them.

    Parameters
    ----------
    exact, heuristic, learned : tuple of str
        Names of method rows. To exact belong bounds, and mechanisms that are efficient.
    smoke, short : Trial
        What each budget runs.
    params : mapping
        Method name -> keyword arguments of its parameter class, where its defaults are not what is compared.

    Raises
    ------
    ValueError
        Where a method has two roles, or parameters and no role.

    Examples
    --------
    >>> trial = Trial(stop=Stop(seconds=1.0))
    >>> Benchmark(exact=("exact",), heuristic=("greedy",), smoke=trial, short=trial).roles
    {'exact': 'exact', 'greedy': 'heuristic'}
    """

    exact: tuple[str, ...]
    heuristic: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    smoke: Trial
    short: Trial
    params: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [name for role in ROLES for name in getattr(self, role)]
        if len(set(names)) < len(names):
            validation.reject("roles", "must give every method one role", names)
        for name in self.params:
            validation.choice("params", name, names)

    @property
    def roles(self) -> dict[str, Role]:
        """Every method's role, in the order of the table."""
        return {name: role for role in ROLES for name in getattr(self, role)}
