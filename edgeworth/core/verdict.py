"""What a check found, with the evidence returned as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from edgeworth.core import validation
from edgeworth.core.display import html_table, one_line


class Status(StrEnum):
    """What a verdict says.

    Attributes
    ----------
    HOLDS, FAILS
        The property was judged.
    MEASURED
        A number without a claim to hold it against, such as the regret of a learner's play.
    NOT_CHECKED
        The check's budget ended first; nothing was refuted and nothing confirmed.
    """

    HOLDS = "holds"
    FAILS = "fails"
    MEASURED = "measured"
    NOT_CHECKED = "not checked"


ScopeKind = Literal["exhaustive", "sampled", "partial", "claimed"]


@dataclass(frozen=True)
class Scope:
    """How far a check went.

    Parameters
    ----------
    kind : {"exhaustive", "sampled", "partial", "claimed"}
        Everything was looked at; ``count`` draws were; the first ``count`` pieces were; a part rests on a solver's word.
    count : int, optional
        Draws or pieces, >= 0; given for sampled and partial scopes only.
    seed : int or str, optional
        Of the draws.
    note : str
        What else a reader must know; of a claimed scope, what is claimed.

    Raises
    ------
    ValueError, TypeError
        For another kind, and for a count where there is none or none where there is one.

    Examples
    --------
    >>> str(Scope("sampled", 40, 1)), str(Scope("partial", 140)), str(Scope("claimed", note="the side only"))
    ('sampled: 40, seed 1', 'partial: 140 pieces', 'claimed: the side only')
    """

    kind: ScopeKind = "exhaustive"
    count: int | None = None
    seed: int | str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        validation.choice("kind", self.kind, ("exhaustive", "sampled", "partial", "claimed"))
        if self.count is not None:
            validation.integer("count", self.count, minimum=0)
        if (self.count is None) != (self.kind in ("exhaustive", "claimed")):
            validation.reject("count", "must be given for sampled and partial scopes, and for these only", self.count)

    def __str__(self) -> str:
        if self.kind == "claimed":
            return f"claimed: {self.note}" if self.note else "claimed"
        words: str = self.kind
        if self.kind == "sampled":
            words += f": {self.count}" + ("" if self.seed is None else f", seed {self.seed}")
        elif self.kind == "partial":
            words += f": {self.count} pieces"
        return f"{words}; {self.note}" if self.note else words


EXHAUSTIVE = Scope()
"""Everything was looked at."""


@dataclass(frozen=True)
class Verdict:
    """One checked property. It is truthy when it holds, and when it is a measurement.

    Parameters
    ----------
    status : Status
        What the check says.
    violation : float
        By how much the property is broken, >= 0, in the units that the check documents; 0 when it holds exactly.
    tolerance : float or None
        The violation up to which the property counts as holding, a constant of the checker; None where nothing was judged.
    witness : object, optional
        The evidence where the property does not hold, as data that can be replayed: the overloaded server, the deviation that
        gains, the report that manipulates. A measurement may have one too.
    scope : Scope
        How far the check went.

    Examples
    --------
    >>> print(Verdict.of(False, violation=2.0, witness="server 3"))
    FAILS by 2 (tolerance 0): server 3 (exhaustive)
    >>> bool(Verdict(Status.MEASURED, 0.1))
    True
    """

    status: Status
    violation: float = 0.0
    tolerance: float | None = 0.0
    witness: Any = None
    scope: Scope = EXHAUSTIVE

    def __post_init__(self) -> None:
        if not isinstance(self.status, Status):
            validation.reject_type("status", "must be a Status", self.status)
        if not isinstance(self.scope, Scope):
            validation.reject_type("scope", "must be a Scope", self.scope)
        if self.status in (Status.MEASURED, Status.NOT_CHECKED):
            object.__setattr__(self, "tolerance", None)

    @classmethod
    def of(
        cls, holds: bool, violation: float = 0.0, tolerance: float = 0.0, witness: object = None, scope: Scope = EXHAUSTIVE
    ) -> Verdict:
        """A judged property: HOLDS or FAILS."""
        return cls(Status.HOLDS if holds else Status.FAILS, violation, tolerance, witness, scope)

    @property
    def holds(self) -> bool:
        """True where the property was judged and holds."""
        return self.status is Status.HOLDS

    def __bool__(self) -> bool:
        return self.status in (Status.HOLDS, Status.MEASURED)

    def __str__(self) -> str:
        return one_line(f"{_described(self)} ({self.scope})")


@dataclass(frozen=True, repr=False)
class Report(Mapping[str, Verdict]):
    """Named verdicts, as a mapping. It is truthy when all of them are.

    Parameters
    ----------
    verdicts : mapping of str to Verdict
        At least one.

    Raises
    ------
    ValueError
        For no verdict at all: what was not looked at does not hold.

    Examples
    --------
    >>> report = Report({"value": Verdict.of(True), "bound": Verdict.of(False, 0.5, witness="the bound is too tight")})
    >>> bool(report), list(report.failures)
    (False, ['bound'])
    """

    verdicts: Mapping[str, Verdict]

    def __post_init__(self) -> None:
        if not self.verdicts:
            validation.reject("verdicts", "must name at least one verdict", self.verdicts)
        object.__setattr__(self, "verdicts", MappingProxyType(dict(self.verdicts)))

    def __reduce__(self) -> tuple[type[Report], tuple[dict[str, Verdict]]]:
        return type(self), (dict(self.verdicts),)

    def __bool__(self) -> bool:
        return all(self.verdicts.values())

    def __getitem__(self, name: str) -> Verdict:
        return self.verdicts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def failures(self) -> dict[str, Verdict]:
        """The verdicts that were judged and do not hold."""
        return self._of(Status.FAILS)

    @property
    def unchecked(self) -> dict[str, Verdict]:
        """The verdicts for which the check's budget did not suffice."""
        return self._of(Status.NOT_CHECKED)

    @property
    def claims(self) -> dict[str, Verdict]:
        """The verdicts that hold only as far as a solver's word is true."""
        return {name: verdict for name, verdict in self.verdicts.items() if verdict.scope.kind == "claimed"}

    def _of(self, status: Status) -> dict[str, Verdict]:
        return {name: verdict for name, verdict in self.verdicts.items() if verdict.status is status}

    def __repr__(self) -> str:
        short = [f"{name} {verdict.status}" for name, verdict in self.verdicts.items()]
        return f"<Report: {', '.join(short)}>"

    def _repr_html_(self) -> str:
        rows = [
            (name, str(item.status), f"{item.violation:.6g}", "" if item.tolerance is None else f"{item.tolerance:.6g}",
             str(item.scope), "" if item.witness is None else str(item.witness))
            for name, item in self.verdicts.items()
        ]  # fmt: skip
        head = ("verdict", "status", "violation", "tolerance", "scope", "witness")
        return html_table(head, rows, "verified" if self else "NOT verified")

    def __str__(self) -> str:
        return "\n".join(one_line(f"{name}: {verdict}") for name, verdict in self.verdicts.items())


def _described(verdict: Verdict) -> str:
    if verdict.status is Status.HOLDS:
        return f"holds, {verdict.violation:.6g} within {verdict.tolerance:.6g}"
    if verdict.status is Status.FAILS:
        return f"FAILS by {verdict.violation:.6g} (tolerance {verdict.tolerance:.6g}): {verdict.witness}"
    if verdict.status is Status.MEASURED:
        return f"measured, {verdict.violation:.6g}" + ("" if verdict.witness is None else f": {verdict.witness}")
    return f"NOT CHECKED: {verdict.witness}"
