"""What a check found, with the evidence returned as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from edgeworth.core import validation


@dataclass(frozen=True)
class Verdict:
    """One checked property.

    holds: does it hold within the tolerance?
    violation: by how much it is broken, >= 0 (0 when it holds exactly), in the units the check documents.
    tolerance: the violation up to which it counts as holding.
    witness: the evidence when it does not hold, as data (the overloaded server, the deviation that gains), which can be
        replayed; None when it holds, but for measures without a claim (`edgeworth.core.checking.epsilon_verdict`).
    scope: how far the check went: ``exhaustive``, ``sampled: N, seed``, ``partial: N pieces``.
    """

    holds: bool
    violation: float = 0.0
    tolerance: float = 0.0
    witness: Any = None
    scope: str = "exhaustive"

    def __bool__(self) -> bool:
        return self.holds


@dataclass(frozen=True)
class Report(Mapping[str, Verdict]):
    """Named verdicts. Truthy when all of them hold; a report without verdicts is refused."""

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
        """The verdicts that do not hold."""
        return {name: verdict for name, verdict in self.verdicts.items() if not verdict}

    def __str__(self) -> str:
        lines = []
        for name, verdict in self.verdicts.items():
            state = "holds" if verdict else f"FAILS by {verdict.violation:.6g}: {verdict.witness}"
            lines.append(f"{name}: {state} ({verdict.scope})")
        return "\n".join(lines)
