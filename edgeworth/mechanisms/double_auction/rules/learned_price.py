"""Procurement at prices from a trained network (ours)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core.arrays import Bools, Floats
from edgeworth.mechanisms.double_auction.clearing.procurement import procurement_rule
from edgeworth.mechanisms.double_auction.learned.prices import PriceNetwork, network_of
from edgeworth.mechanisms.double_auction.model import Market, TieBreak
from edgeworth.mechanisms.double_auction.spec import as_method


@dataclass(frozen=True)
class LearnedPrice:
    """Parameters of the rule ``learned-price``.

    Attributes
    ----------
    network
        The `PriceNetwork` whose prices buyers are offered; None: the one that comes with the package, which
        `train_learned_price` made of its default arguments.
    """

    network: PriceNetwork | None = None

    def __post_init__(self) -> None:
        if self.network is not None:
            object.__setattr__(self, "network", network_of(self.network))


def _posted(market: Market, params: LearnedPrice, tie: TieBreak) -> tuple[Floats, Bools]:
    """A price from a trained network for every buyer, and procurement: sellers compete for the revenue.

    Notes
    -----
    Every buyer i has a unit price p_i of its own. A small ReLU network sets it from public data (what a tour to the buyer
    costs, its demand, all demand over all capacity) and from the bids of those who bid less than the least price there is.
    Buyers who bid at least p_i accept. The rest is as in the rule ``posted-procurement``: the tours maximise
    ``W = sum q_i p_i - sum a_k Q_k - tours``, a buyer who is served pays ``q_i p_i``, seller k gets
    ``a_k Q_k + tour_k + W - W(-k)``.

    That a price depends on the others' bids only is not enough: where i's bid moves j's price, and j competes with i for a
    tour, i gains by moving j out. So only bids that cannot be served enter: who bids less than the least price refuses
    every price, and whoever crosses it from below pays at least that price, more than its value. Truthful for buyers, since
    among the candidates no bid moves any price; for sellers, as VCG in W, prices do not depend on asks. Individually rational,
    tours included, and never in deficit, for the reasons of ``posted-procurement``, which hold for prices that differ. None of
    this depends on the weights. Welfare does: the network that comes with the package was trained on `fusion` markets, and in
    plain markets it does worse than ``posted-procurement``; train one for those. Needs a market with a history of bids; refuses
    markets of the seeds that the network was trained on.

    References
    ----------
    Ours; for networks as prices see Dütting, Feng, Narasimhan, Parkes and Ravindranath, J. ACM 71 (2024).
    """
    return network_of(params.network).of(market)


def _buyer_breakpoints(market: Market, buyer: int, params: LearnedPrice, tie: TieBreak) -> Floats:
    """The least price, and the price that the buyer is offered as a candidate."""
    network = network_of(params.network)
    least, _, high = network.bounds(market)
    prices, _ = network.of(market.reported(("buyer", buyer), max(high, least)))
    return np.array([least, prices[buyer]])


RULE = procurement_rule(
    "learned-price",
    LearnedPrice,
    _posted,
    _buyer_breakpoints,
    guarantee="truthful, rational, balanced; needs a history of bids; trained",
    reference="ours",
)
learned_price = as_method(RULE)
