"""The record of one round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.display import number as shown
from edgeworth.systems.fusion.auction_stage import Contracts


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
    """

    number: int
    drawn: str
    forecast: Floats
    planned: Floats
    contracts: Contracts
    provider: Ints
    visits: int
    measures: Mapping[str, float]

    def __repr__(self) -> str:
        return f"<round {self.number}: welfare {shown(self.measures['welfare'])}, {self.contracts!r}>"
