"""The checker of double auctions. It shares `model` with the rules and nothing else."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, Rebuild, certificate_array, judge_by_rules
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.mechanisms.double_auction.model import (
    Market,
    price_bound,
    seller_prices_bound,
    value,
    violations,
)

__all__: list[str] = []

MOST_BUYERS = 12
"""So many buyers' sets the checker goes through by itself."""

_ROUNDOFF = 2.0**-53


class Steps(Protocol):
    """A budget: raises when it is used up."""

    def check(self) -> None: ...


def _tolerances(market: Market) -> dict[str, float]:
    """Units are counted in whole numbers; tours are driven again."""
    route = {} if market.routes is None else {"route": FEASIBILITY_TOL}
    return {"capacity": 0.0, **route, "stop": 0.0, "idle": 0.0}


judge = judge_by_rules(violations, value, _tolerances)


def _by_price(market: Market, arrays: Arrays, budget: Budget) -> float:
    return price_bound(market, float(certificate_array(arrays, "price", np.float64, (1,))[0]))


def _by_seller_prices(market: Market, arrays: Arrays, budget: Budget) -> float:
    return seller_prices_bound(market, certificate_array(arrays, "price", np.float64, (market.sellers,)), budget.check)


def all_sets_bound(market: Market, budget: Steps) -> float:
    """The greatest welfare over all assignments, rounded outward; ValueError for markets of more than `MOST_BUYERS` buyers.

    f_k(S) = max over T within S of f_{k-1}(S - T) + worth_k(T), worth_k(T) = sum q_i (b_i - a_k) less the cheapest tour.

    The margin, u = 2^-53, n buyers, m sellers: a term is off by 3 u of itself, a set's sum by n u of its terms' sizes; a
    tour's cost by 2 n + 12 u of itself (a leg 4 u, sums, a product), and one u for the difference: worth_k(T) goes up by
    (n + 4) u of the terms' sizes and (2 n + 13) u of the cost. The sums f are of numbers >= 0: 2 (m + 2) u of themselves. Tours
    may be late by twice what the model's `slack` lets pass, which covers both evaluations. Where nothing cancels, as in
    every plain market, the bound is right to the last digits; and where no trade pays, it is 0.
    """
    n, m = market.buyers, market.sellers
    if n > MOST_BUYERS:
        validation.reject("market", f"must have at most {MOST_BUYERS} buyers for 'all-sets'", n)
    masks = np.arange(1 << n)
    member = (masks[:, None] >> np.arange(n)[None, :] & 1).astype(bool)
    demand = market.demand.tolist()
    units = [sum(demand[i] for i in range(n) if mask >> i & 1) for mask in masks.tolist()]
    best = np.zeros(len(masks))
    for k in range(m):
        budget.check()
        fits = np.array([load <= int(market.capacity[k]) for load in units])
        cost = np.where(fits, 0.0, np.inf) if market.routes is None else _cheapest_tours(market, k, fits, budget)
        fits &= np.isfinite(cost)
        each = np.where(member, market.demand * (market.bid - market.ask[k]), 0.0)
        cost = np.where(fits, cost, 0.0)
        margin = 1.001 * _ROUNDOFF * ((n + 4) * np.abs(each).sum(axis=1) + (2 * n + 13) * cost)
        worth = np.where(fits, each.sum(axis=1) - cost + margin, 0.0)
        better = best.copy()
        for mask in np.flatnonzero(worth > 0.0).tolist():
            budget.check()
            over = masks[(masks & mask) == mask]
            better[over] = np.maximum(better[over], best[over ^ mask] + worth[mask])
        best = better
    return float(best[-1]) * (1.0 + 2 * (m + 2) * _ROUNDOFF)


def _cheapest_tours(market: Market, k: int, fits: NDArray[np.bool_], budget: Steps) -> NDArray[np.float64]:
    """What the cheapest tour of a seller to every set of buyers costs, infinite where none keeps the windows.

    By rising sets, with the undominated pairs of clock and seconds driven at every last stop.
    """
    routes, n = market.routes, market.buyers
    if routes is None:
        validation.reject("market", "must be routed", market)
    leg = (routes.metres([k]) / float(routes.speed[k])).tolist()
    opens, service = routes.opens.tolist(), routes.service_time.tolist()
    closes = (routes.closes + 2.0 * routes.slack(k, routes.closes, n + 2)).tolist()
    latest = float(routes.latest[k] + 2.0 * routes.slack(k, routes.latest[k], n + 2))
    rate, fixed = float(routes.travel_cost[k]), float(routes.depreciation[k])
    cost = np.full(1 << n, math.inf)
    cost[0] = 0.0
    labels: dict[tuple[int, int], list[tuple[float, float]]] = {(0, n): [(0.0, 0.0)]}
    for mask in range(1 << n):
        budget.check()
        for last in [n] if not mask else [i for i in range(n) if mask >> i & 1]:
            for clock, driven in labels.pop((mask, last), ()):
                budget.check()
                if mask and clock + leg[last][n] <= latest:
                    cost[mask] = min(cost[mask], rate * (driven + leg[last][n]) + fixed)
                for i in range(n):
                    wider = mask | 1 << i
                    begin = max(clock + leg[last][i], opens[i])
                    if wider != mask and fits[wider] and begin <= closes[i]:
                        _add(labels.setdefault((wider, i), []), (begin + service[i], driven + leg[last][i]))
    return cost


def _add(labels: list[tuple[float, float]], new: tuple[float, float]) -> None:
    """Keep a label unless another one is as early and has driven as little; drop those that it beats."""
    if not any(clock <= new[0] and driven <= new[1] for clock, driven in labels):
        labels[:] = [label for label in labels if not (new[0] <= label[0] and new[1] <= label[1])]
        labels.append(new)


def _by_all_sets(market: Market, arrays: Arrays, budget: Budget) -> float:
    return all_sets_bound(market, budget)


REBUILD: dict[str, Rebuild] = {"price": _by_price, "seller-prices": _by_seller_prices, "all-sets": _by_all_sets}
