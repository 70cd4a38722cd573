"""What an observer reads of a market: the summary of the paper's observations, and one that fake trades do not move."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.log import Record
from edgeworth.mechanisms.token_market.state import State


class Observed(NamedTuple):
    """The market of CTK as a device sees it.

    Attributes
    ----------
    last : float
        Base cash for a whole token in the last trade; 0 before the first.
    volume : int
        Base tokens traded since genesis.
    best : float
        The lowest resting ask; 0 where there is none.
    sellers : int
        Accounts with a resting ask.
    median : float
        Of the lowest asks of distinct accounts with stake, which in the backed economy are issuers; 0 where there is none.
    """

    last: float
    volume: int
    best: float
    sellers: int
    median: float

    def shift(self, other: Observed) -> dict[str, float]:
        """Both readings by name, as ``last before`` and ``last after``."""
        pairs = zip(self._fields, self, other, strict=True)
        return {f"{name} {when}": float(x) for name, one, two in pairs for when, x in (("before", one), ("after", two))}


def observed(state: State, records: Sequence[Record]) -> Observed:
    """Read the market of CTK.

    Parameters
    ----------
    state : State
        The market now.
    records : sequence of Record
        Its trades.
    """
    trades = [
        each.outputs for each in records if each.code == layout.ORDER and not each.result and each.arguments[1] == layout.CTK
    ]
    trades = [each for each in trades if each[1] > 0]
    orders = state.tables.orders
    asks: dict[int, int] = {}
    for row in orders[(orders[:, layout.O_ID] > 0) & (orders[:, layout.O_SIDE] == layout.ASK)].tolist():
        if row[layout.O_ASSET] == layout.CTK:
            owner, price = row[layout.O_OWNER], row[layout.O_PRICE]
            asks[owner] = min(asks.get(owner, price), price)
    staked = [price for owner, price in asks.items() if state.tables.accounts[owner, layout.STAKE] > 0]
    last = round(trades[-1][2] * layout.TOKEN / trades[-1][1]) if trades else 0
    return Observed(
        last, sum(each[1] for each in trades), min(asks.values(), default=0), len(asks), median(staked) if staked else 0
    )
