"""The model: weights along a path, and a set of nodes of which no two are neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.core.violation import Violation, Violations

__all__ = ["Packing", "WeightedPath", "generate", "measures", "value", "violations"]


@dataclass(frozen=True, eq=False, repr=False)
class WeightedPath(ProblemData):
    """Nodes 0, ..., n - 1 along a path; the weights of chosen nodes add up.

    Attributes
    ----------
    weight
        The weight of every node, a whole number from 0 to 1,000,000; int64 [n].
    provenance
        Where the path comes from.
    """

    kind: ClassVar[str] = "path-packing"
    sizes: ClassVar[tuple[str, ...]] = ("nodes",)
    sense: ClassVar[Sense] = "max"
    integral: ClassVar[bool] = True
    offset: ClassVar[float] = 0.0

    weight: NDArray[np.int64]
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))

    def __post_init__(self) -> None:
        weight = validation.array("weight", self.weight, np.int64, (None,), minimum=0, maximum=1_000_000)
        object.__setattr__(self, "weight", weight)

    @property
    def nodes(self) -> int:
        """Number of nodes n."""
        return len(self.weight)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        return Payload({"provenance": self.provenance.to_fields()}, {"weight": self.weight})

    @classmethod
    def from_payload(cls, payload: Payload) -> WeightedPath:
        """The inverse of `to_payload`."""
        return cls(payload.array("weight"), Provenance(**payload.field("provenance")))


@dataclass(frozen=True, eq=False, repr=False)
class Packing(ShownSolution):
    """The chosen nodes.

    Attributes
    ----------
    chosen
        Whether each node is chosen; bool [n].
    """

    row: ClassVar[str] = "node"
    columns: ClassVar[tuple[Column, ...]] = (Column("chosen", "whether the node is chosen"),)

    chosen: NDArray[np.bool_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "chosen", validation.array("chosen", self.chosen, np.bool_, (None,)))

    def to_payload(self) -> Payload:
        """As an array."""
        return Payload({}, {"chosen": self.chosen})

    @classmethod
    def from_payload(cls, payload: Payload) -> Packing:
        """The inverse of `to_payload`."""
        return cls(payload.array("chosen"))


def value(problem: WeightedPath, packing: Packing) -> float:
    """The weight of the chosen nodes."""
    _require_fitting(problem, packing)
    return float(problem.weight[packing.chosen].sum())


def violations(problem: WeightedPath, packing: Packing) -> tuple[Violation, ...]:
    """Every two neighbours that are both chosen, as rule ``neighbours`` at the node of the lower number."""
    _require_fitting(problem, packing)
    found = Violations(problem, violations)
    for node in np.flatnonzero(packing.chosen[:-1] & packing.chosen[1:]).tolist():
        found.add("neighbours", 1.0, f"both {found.named('node', node)} and the next one are chosen", node=node)
    return tuple(found.found)


def measures(problem: WeightedPath, packing: Packing) -> dict[str, float]:
    """The weight, and how many nodes are chosen."""
    return {"weight": value(problem, packing), "chosen": float(packing.chosen.sum())}


def generate(*, nodes: int | None = None, seed: Seed = None) -> WeightedPath:
    """Weights drawn uniformly from 0, ..., 99; ``nodes``: how many, by default 20."""
    n = 20 if nodes is None else validation.integer("nodes", nodes, minimum=0)
    rng, record = generator(seed, INSTANCES)
    return WeightedPath(rng.integers(0, 100, n), Provenance("preset", "uniform", {"nodes": n}, record))


def _require_fitting(problem: WeightedPath, packing: Packing) -> None:
    if len(packing.chosen) != problem.nodes:
        validation.reject("packing", f"must have {problem.nodes} entries", len(packing.chosen))
