"""Procurement at a price posted from the history of bids (ours)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.clearing.procurement import procurement_rule
from edgeworth.mechanisms.double_auction.model import Market, NotApplicableError, TieBreak
from edgeworth.mechanisms.double_auction.spec import as_method


@dataclass(frozen=True)
class Posted:
    """Parameters of the rule ``posted-procurement``.

    Attributes
    ----------
    share
        The unit price is ``low + share (high - low)`` of the market's history of bids; in [0, 1]. The default was the best of
        .2, .3, ..., .6 on 40 `fusion` markets (seeds 0-39).
    """

    share: float = 0.4

    def __post_init__(self) -> None:
        validation.real("share", self.share, minimum=0.0, maximum=1.0)


def _posted(market: Market, params: Posted, tie: TieBreak) -> tuple[float, NDArray[np.bool_]]:
    """Posted price and procurement: buyers accept a price from the history of bids, sellers compete for the revenue.

    Notes
    -----
    The unit price is ``p = low + share (high - low)`` of the history; buyers who bid at least p accept. The tours maximise
    ``W = sum q_i p - sum a_k Q_k - tours``; a buyer who is served pays ``q_i p``, and seller k gets
    ``a_k Q_k + tour_k + W - W(-k)``. Truthful for buyers, who can only accept or refuse a price that their bid does not move,
    and for sellers, as VCG in W is.
    Individually rational, tours included, and never in deficit: each rent ``W - W(-k)`` is at most the profit on that seller's
    own tours, so that the rents sum to at most W. Needs a market with a history.

    References
    ----------
    Ours; Clarke's (1971) payments on one side only.
    """
    if market.history is None:
        raise NotApplicableError(f"market: must have a history of bids for rule {RULE.name!r}; 'rank-procurement' needs none")
    low, high = market.history
    price = low + params.share * (high - low)
    return price, market.bid >= price


def _buyer_breakpoints(market: Market, buyer: int, params: Posted, tie: TieBreak) -> NDArray[np.float64]:
    """The price."""
    return np.array([_posted(market, params, tie)[0]])


RULE = procurement_rule(
    "posted-procurement",
    Posted,
    _posted,
    _buyer_breakpoints,
    guarantee="truthful, rational, balanced; needs a history of bids",
    reference="ours",
)
posted_procurement = as_method(RULE)
