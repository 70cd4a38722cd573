"""The solution type of computing-power trading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.payload import Payload

REGIMES = ("interior", "at_max", "at_min", "mixed")
TIE_BREAKS = ("none", "weak", "strong")


@dataclass(frozen=True, eq=False, repr=False)
class Equilibrium(ShownSolution):
    """A solution: a price and the consumers' demands at it; whether they are an equilibrium is for the checker to say.

    Parameters
    ----------
    price : float
        The unit price, in money a unit of power.
    demands : array_like
        F, float64 [N], in units of power.
    profits : array_like
        The consumers' utilities at them, float64 [N], in money.
    regime : str
        "interior", "at_max" or "at_min" where that holds of every consumer, "mixed" otherwise.
    tie_break : str
        What consumers ask for that are indifferent at this price: "weak" the least, "strong" the most, "none" where nobody is.
    mining : array_like, optional
        x, float64 [N], in units of power: what each of them mines with, where roles are chosen. None where they are given.
    """

    row: ClassVar[str] = "consumer"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("demand", "units of computing power", field="demands"),
        Column("mining", "units of computing power"),
        Column("profit", "money", field="profits"),
        Column("price", "money a unit of computing power"),
    )

    price: float
    demands: Floats
    profits: Floats
    regime: str
    tie_break: str = "none"
    mining: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "price", validation.real("price", self.price))
        object.__setattr__(self, "demands", validation.array("demands", self.demands, np.float64, (None,)))
        shape = self.demands.shape
        object.__setattr__(self, "profits", validation.array("profits", self.profits, np.float64, shape))
        if self.mining is not None:
            object.__setattr__(self, "mining", validation.array("mining", self.mining, np.float64, shape))
        validation.choice("regime", self.regime, REGIMES)
        validation.choice("tie_break", self.tie_break, TIE_BREAKS)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.price, self.demands, self.profits, self.regime, self.tie_break, self.mining)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        plain = {"price": self.price, "regime": self.regime, "tie_break": self.tie_break}
        mining = {} if self.mining is None else {"mining": self.mining}
        return Payload(plain, {"demands": self.demands, "profits": self.profits} | mining)

    @classmethod
    def from_payload(cls, payload: Payload) -> Equilibrium:
        """The inverse of `to_payload`; validates like the constructor."""
        arrays = (payload.array("demands"), payload.array("profits"))
        said = (payload.field("regime"), payload.field("tie_break"))
        return cls(payload.field("price"), *arrays, *said, payload.arrays.get("mining"))
