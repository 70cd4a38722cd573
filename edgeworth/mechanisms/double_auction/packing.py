"""Dynamic programming over all sets of few buyers."""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Floats, Ints
from edgeworth.mechanisms.double_auction.model import Market, NotApplicableError

FEW_BUYERS = 10
"""Up to so many buyers the sets of buyers are enumerated."""
_KEPT = 8  # packings kept between calls


def columns(market: Market, seller: int) -> dict[int, tuple[tuple[int, ...], float]]:
    """Every feasible set of buyers of a seller as a mask -> (order, cost of the tour). Listing them is for few buyers."""
    if market.routes is not None:
        table = market.routes.table(seller, market.demand, int(market.capacity[seller]))
        return {mask: (tour.stops, tour.cost) for mask, tour in table.items()}
    room, demand = int(market.capacity[seller]), market.demand.tolist()
    found: dict[int, tuple[tuple[int, ...], float]] = {}
    stack: list[tuple[int, int, tuple[int, ...], int]] = [(0, 0, (), 0)]
    while stack:
        first, mask, stops, load = stack.pop()
        for i in range(first, market.buyers):
            if load + demand[i] <= room:
                found[mask | 1 << i] = ((*stops, i), 0.0)
                stack.append((i + 1, mask | 1 << i, (*stops, i), load + demand[i]))
    return found


class Packing:
    """The best disjoint sets of buyers, one a seller, for any gains and asks on the same public data; few buyers only.

    f_k(S) = max over T within S of f_{k-1}(S - T) + worth_k(T) over all sets S of buyers: at most 3^n steps a seller.
    """

    def __init__(self, market: Market) -> None:
        if market.buyers > FEW_BUYERS:
            raise NotApplicableError(f"market: must have at most {FEW_BUYERS} buyers for enumeration; got {market.buyers}")
        self.market = market
        n = market.buyers
        self.everything = np.arange(1 << n)
        self.inside: dict[int, Ints] = {}
        self.stops: list[list[tuple[int, ...]]] = []
        self.masks: list[Ints] = []
        self.parts: list[tuple[Floats, Floats, Floats]] = []  # membership, units, cost of every set
        for k in range(market.sellers):
            table = columns(market, k)
            masks = np.array(list(table), dtype=np.int64)
            member = (masks[:, None] >> np.arange(n)[None, :] & 1).astype(np.float64)
            self.masks.append(masks)
            self.stops.append([stops for stops, _ in table.values()])
            self.parts.append((member, member @ market.demand, np.array([cost for _, cost in table.values()])))

    def best(self, gain: Floats | Ints, ask: Floats, allowed: int, without: int = -1) -> tuple[float, list[tuple[int, ...]]]:
        """Maximise the sum of ``gain_i`` over served buyers less ``ask_k`` a unit and tours; buyers of the mask `allowed` only,
        seller `without` left out. Returns the value and every seller's stops."""
        value = np.zeros(len(self.everything))
        chosen = []
        for k in range(self.market.sellers):
            better, pick = value.copy(), np.full(len(value), -1, dtype=np.int64)
            member, units, cost = self.parts[k]
            masks = self.masks[k]
            if k != without and len(masks):
                worth = member @ gain - ask[k] * units - cost
                for j in np.flatnonzero((worth > 0.0) & (masks & ~allowed == 0)).tolist():
                    mask = int(masks[j])
                    if mask not in self.inside:
                        self.inside[mask] = self.everything[(self.everything & mask) == mask]
                    over = self.inside[mask]
                    candidate = value[over ^ mask] + worth[j]
                    rises = candidate > better[over]
                    better[over[rises]], pick[over[rises]] = candidate[rises], j
            value = better
            chosen.append(pick)
        rest = len(self.everything) - 1
        stops: list[tuple[int, ...]] = [()] * self.market.sellers
        for k in range(self.market.sellers - 1, -1, -1):
            j = int(chosen[k][rest])
            if j >= 0:
                stops[k] = self.stops[k][j]
                rest ^= int(self.masks[k][j])
        return float(value[-1]), stops


def packing(market: Market) -> Packing:
    """The `Packing` of a market's public data, kept between calls."""
    key = (market.demand.tobytes(), market.capacity.tobytes(), None if market.routes is None else id(market.routes))
    for known, made in _RECENT:
        if known == key and made.market.routes is market.routes:
            return made
    made = Packing(market)
    _RECENT.insert(0, (key, made))
    del _RECENT[_KEPT:]
    return made


_RECENT: list[tuple[tuple[bytes, bytes, int | None], Packing]] = []
