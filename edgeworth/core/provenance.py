"""Where a problem came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Provenance:
    """source: ``preset``, ``file`` or ``arrays``; name: the preset's or file's; parameters: what generated it; seed."""

    source: str
    name: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    seed: int | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def __reduce__(self) -> tuple[type[Provenance], tuple[object, ...]]:
        return type(self), (self.source, self.name, dict(self.parameters), self.seed)

    def to_fields(self) -> dict[str, object]:
        """As plain JSON data."""
        return {"source": self.source, "name": self.name, "parameters": dict(self.parameters), "seed": self.seed}

    @classmethod
    def from_fields(cls, content: Mapping[str, Any]) -> Provenance:
        """The inverse of `to_fields`."""
        return cls(**content)
