"""Procurement at the price of the highest bid left out (ours)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.clearing.procurement import procurement_rule
from edgeworth.mechanisms.double_auction.model import Market, TieBreak, tie_break_of
from edgeworth.mechanisms.double_auction.spec import as_method


@dataclass(frozen=True)
class RankPosted:
    """Parameters of the rule ``rank-procurement``.

    Attributes
    ----------
    share
        The ``r = ceil(share n)`` highest bidders, at most n - 1, may be served, at the bid of the next one; in [0, 1]. The
        default was the best of r = 4..7 of 8 on 60 `fusion` markets (seeds 2000-2059).
    tie_break
        How equal reports are ordered, as in `Classic`.
    """

    share: float = 0.6
    tie_break: str = "index"

    def __post_init__(self) -> None:
        validation.real("share", self.share, minimum=0.0, maximum=1.0)
        tie_break_of(self.tie_break)


def _posted(market: Market, params: RankPosted, tie: TieBreak) -> tuple[float, NDArray[np.bool_]]:
    """Price by rank and procurement: the highest bid left out is the price, sellers compete for the revenue.

    Notes
    -----
    The r highest bidders may be served at ``p = b_{r+1}``; the rest is as in the rule ``posted-procurement``. Truthful for
    buyers: whoever raises its bid from rank r + 1 or below to be served pays at least the bid that it displaced, which is no
    less than its value. Truthful for sellers, individually rational and never in deficit for the same reasons as there. Needs
    no prior and no history.

    References
    ----------
    Ours; the price of an excluded trader as in McAfee (1992) and in Segal-Halevi, Hassidim and Aumann (2016).
    """
    accepts = np.zeros(market.buyers, dtype=bool)
    r = min(math.ceil(params.share * market.buyers), market.buyers - 1)
    if r <= 0:
        return 0.0, accepts
    ranks = tie.ranks("buyer", market.bid)
    order = np.lexsort((ranks, -market.bid))
    accepts[order[:r]] = True
    return float(market.bid[order[r]]), accepts


def _buyer_breakpoints(market: Market, buyer: int, params: RankPosted, tie: TieBreak) -> NDArray[np.float64]:
    """The others' bids."""
    return np.unique(np.delete(market.bid, buyer))


RULE = procurement_rule(
    "rank-procurement",
    RankPosted,
    _posted,
    _buyer_breakpoints,
    guarantee="truthful, rational, balanced; no prior",
    reference="ours",
)
rank_procurement = as_method(RULE)
