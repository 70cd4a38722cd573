"""A ReLU network as a rule, after RegretNet: it matches and prices by all reports, and is not truthful."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.exact import outcome_of
from edgeworth.mechanisms.double_auction.learned.networks import ReluNetwork, drawn, grained
from edgeworth.mechanisms.double_auction.model import Market, NotApplicableError, Outcome


@dataclass(frozen=True)
class NetworkRule:
    """A rule of plain markets of one size whose matching and prices are a ReLU network of all reports.

    Parameters
    ----------
    network : ReluNetwork
        From n + m reports over the highest bid of the history to n buyers' and m sellers' scores and n prices.
    buyers, sellers : int
        The numbers n and m of the markets that it is made for, at least 1.

    Raises
    ------
    ValueError, TypeError
        For a network of other inputs or outputs.

    Notes
    -----
    With reports over the scale, buyer i's score is ``b_i + y_i``, seller k's ``a_k + y_{n+k}``. Buyers in falling order of
    scores are served by the first seller, in rising order of scores, that has room for all their units, whose score is not
    above theirs and whose ask is not above their bid. The pair's unit price is ``(b_i + a_k) / 2 + y_{n+m+i}``, but not less
    than a_k nor more than b_i. Hence it is individually rational and budget balanced, whatever the weights are, and not
    truthful in general: the own report is an input of everything.

    It is a callable from a market to an outcome, like any rule of one's own: plain Python that only compares, adds and scales
    reports, so that on a traced report it is piecewise linear, and `audit` and `exact_regret` examine all reports. RegretNet's
    softmax allocations are lotteries; here a pair trades or does not. Weights are drawn, or trained by whatever you like: give
    them as a `ReluNetwork`.

    References
    ----------
    Dütting, Feng, Narasimhan, Parkes and Ravindranath, Optimal auctions through deep learning, J. ACM 71 (2024).

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.generate(preset="unit", buyers=3, sellers=2, seed=0)
    >>> rule = double_auction.NetworkRule.drawn(3, 2, seed=0)
    >>> bool(double_auction.verify(market, rule(market)))
    True
    """

    network: ReluNetwork
    buyers: int
    sellers: int

    def __post_init__(self) -> None:
        if not isinstance(self.network, ReluNetwork):
            validation.reject_type("network", "must be a ReluNetwork", self.network)
        n, m = (validation.integer(name, getattr(self, name), minimum=1) for name in ("buyers", "sellers"))
        sizes = self.network.sizes
        if (sizes[0], sizes[-1]) != (n + m, 2 * n + m):
            validation.reject("network", f"must have {n + m} inputs and {2 * n + m} outputs", sizes)

    @classmethod
    def drawn(cls, buyers: int, sellers: int, *, hidden: int = 16, layers: int = 2, seed: int = 0) -> NetworkRule:
        """A rule with random weights.

        Parameters
        ----------
        buyers, sellers : int
            Size of its markets, at least 1.
        hidden, layers : int
            Units of a hidden layer, and hidden layers, at least 1.
        seed : int
            Of the weights.

        Returns
        -------
        NetworkRule
        """
        sizes = _sizes(buyers, sellers, hidden, layers)
        rng = np.random.default_rng(validation.integer("seed", seed, minimum=0))
        return cls(ReluNetwork.of(sizes, grained(drawn(sizes, rng, last=0.2))), buyers, sellers)

    @property
    def name(self) -> str:
        """``network-rule``."""
        return "network-rule"

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, market: Market) -> Outcome:
        """The outcome, on floats or with one traced report."""
        if (market.buyers, market.sellers) != (self.buyers, self.sellers) or market.routes or market.bid_rows is not None:
            raise NotApplicableError(
                f"market: must be plain, with {self.buyers} buyers and {self.sellers} sellers, for this network; got "
                f"{market.provenance}"
            )
        return self._outcome(market)

    def _outcome(self, market: Market) -> Outcome:
        n, m = self.buyers, self.sellers
        scale = market.history[1] if market.history and market.history[1] > 0.0 else 1.0
        bid: list[Any] = market.bid.tolist()
        ask: list[Any] = market.ask.tolist()
        out = self.network([report / scale for report in (*bid, *ask)])
        high: list[Any] = [b / scale + y for b, y in zip(bid, out[:n], strict=True)]
        low: list[Any] = [a / scale + y for a, y in zip(ask, out[n : n + m], strict=True)]
        demand, room = market.demand.tolist(), market.capacity.tolist()
        stops: list[list[int]] = [[] for _ in range(m)]
        payment: list[Any] = [0.0] * n
        reward: list[Any] = [0.0] * m
        sellers = sorted(range(m), key=lambda k: (low[k], k))
        for i in sorted(range(n), key=lambda i: (-high[i], i)):
            for k in sellers:
                if room[k] >= demand[i] and low[k] <= high[i] and ask[k] <= bid[i]:
                    price = (bid[i] + ask[k]) * 0.5 + out[n + m + i] * scale
                    price = ask[k] if price < ask[k] else bid[i] if price > bid[i] else price
                    payment[i] = price * demand[i]
                    reward[k] = reward[k] + payment[i]
                    room[k] -= demand[i]
                    stops[k].append(i)
                    break
        return outcome_of(market, stops, payment, reward)


def _sizes(buyers: int, sellers: int, hidden: int, layers: int) -> tuple[int, ...]:
    for name, value in (("buyers", buyers), ("sellers", sellers), ("hidden", hidden), ("layers", layers)):
        validation.integer(name, value, minimum=1)
    return (buyers + sellers, *[hidden] * layers, 2 * buyers + sellers)
