"""The record of one round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.display import number as shown
from edgeworth.systems.fusion.auction_stage import Contracts

_MOST = 1e12  # users: beyond it whole numbers of them would not be exact


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Played:
    """What was forecast, contracted and chosen in a round, and what came of it.

    Attributes
    ----------
    number : int
        Of the round, from 0.
    drawn : str
        The hash of the `Round`.
    forecast, planned : float64 [S]
        Users that each server expected, and those that it wanted contracts for.
    contracts : Contracts
    provider : int64 [U]
        Where each user is: a server, S and more for the UAVs in the order of the contracts, -1 for its own device.
    visits : int
        Visits of users in the online stage.
    measures : mapping of str to float
        See `settlement.measured`.

    Raises
    ------
    ValueError, TypeError
        For numbers that are not finite or out of range; arrays are copied and read-only.
    """

    number: int
    drawn: str
    forecast: Floats
    planned: Floats
    contracts: Contracts
    provider: Ints
    visits: int
    measures: Mapping[str, float]

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("number", validation.integer("number", self.number, minimum=0))
        for name in ("forecast", "planned"):
            store(name, validation.array(name, getattr(self, name), np.float64, (None,), minimum=0.0, maximum=_MOST))
        store("provider", validation.array("provider", self.provider, np.int64, (None,), minimum=-1))
        store("visits", validation.integer("visits", self.visits, minimum=0))
        store("measures", {name: validation.real(name, value) for name, value in self.measures.items()})

    def __repr__(self) -> str:
        return f"<round {self.number}: welfare {shown(self.measures['welfare'])}, {self.contracts!r}>"
