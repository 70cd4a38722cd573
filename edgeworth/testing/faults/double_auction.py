"""Faults of double auctions' results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.mechanisms.double_auction.model import Market, Outcome, value
from edgeworth.testing.faults.base import Fault, Plant


def _with_outcome(market: Market, result: Result[Outcome], outcome: Outcome) -> Result[Outcome]:
    return replace(
        result,
        solution=outcome,
        value=value(market, outcome),
        bound=None,
        bound_evidence=None,
        certificate=None,
        quality=Quality.FEASIBLE,
    )


def oversold(market: Market, result: Result[Outcome]) -> Result[Outcome] | None:
    """All buyers are served by one seller, more than it can carry."""
    if not market.sellers or market.demand.sum() <= market.capacity[0]:
        return None
    stop = np.arange(market.buyers) if market.routes is not None else np.full(market.buyers, -1)
    outcome = Outcome(np.zeros(market.buyers, dtype=np.int64), np.zeros(market.buyers), np.zeros(market.sellers), stop)
    return _with_outcome(market, result, outcome)


def paying_loser(market: Market, result: Result[Outcome]) -> Result[Outcome] | None:
    """A buyer who is not served pays 1% of his bid's worth."""
    if result.solution is None:
        return None
    losers = np.flatnonzero((result.solution.seller < 0) & (market.bid > 0.0))
    if not len(losers):
        return None
    payment = np.array(result.solution.payment)
    payment[losers[0]] = 0.01 * market.bid[losers[0]] * market.demand[losers[0]]
    return _with_outcome(market, result, replace(result.solution, payment=payment))


def idle_reward(market: Market, result: Result[Outcome]) -> Result[Outcome] | None:
    """A seller who sells nothing is paid."""
    if result.solution is None:
        return None
    idle = np.setdiff1d(np.arange(market.sellers), result.solution.seller)
    if not len(idle):
        return None
    reward = np.array(result.solution.reward)
    reward[idle[0]] = 1.0
    return _with_outcome(market, result, replace(result.solution, reward=reward))


def stop_of_nobody(market: Market, result: Result[Outcome]) -> Result[Outcome] | None:
    """A buyer whom no tour serves is said to be the first on one."""
    if result.solution is None:
        return None
    left = np.flatnonzero(result.solution.seller < 0) if market.routes is not None else np.arange(market.buyers)
    if not len(left):
        return None
    stop = np.array(result.solution.stop)
    stop[left[-1]] = 0
    return _with_outcome(market, result, replace(result.solution, stop=stop))


def wrapping_units(market: Market, result: Result[Outcome]) -> Result[Outcome] | None:
    """One unit too many, where a sum of 64-bit integers may wrap: every buyer at a seller of too little room."""
    if market.routes is not None or not market.buyers:
        return None
    for k in range(market.sellers):
        if sum(market.demand.tolist()) > int(market.capacity[k]):
            seller = np.full(market.buyers, k)
            return _with_outcome(market, result, Outcome(seller, np.zeros(market.buyers), np.zeros(market.sellers)))
    return None


def _forged(kind: str, arrays: Mapping[str, ArrayLike]) -> Plant:
    """The bound is said to be the value, by a certificate that proves nothing."""

    def plant(market: Market, result: Result[Outcome]) -> Result[Outcome] | None:
        if result.value is None:
            return None
        certificate = Certificate(kind, {name: np.array(values) for name, values in arrays.items()})
        return replace(
            result,
            bound=result.value,
            bound_evidence=BoundEvidence.RECOMPUTED,
            certificate=certificate,
            quality=Quality.OPTIMAL,
        )

    return plant


FAULTS: tuple[Fault, ...] = (
    Fault("oversold", "capacity", oversold),
    Fault("paying loser", "idle", paying_loser),
    Fault("idle reward", "idle", idle_reward),
    Fault("stop of nobody", "stop", stop_of_nobody),
    Fault("wrapping units", "capacity", wrapping_units),
    Fault("no price", "bound", _forged("price", {"price": []})),
    Fault("price without axis", "bound", _forged("price", {"price": 3.0})),
    Fault("huge price", "bound", _forged("price", {"price": [1.7e308]})),
    Fault("negative price", "bound", _forged("price", {"price": [-1.0]})),
    Fault("no seller's price", "bound", _forged("seller-prices", {"price": [[1.0]]})),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
