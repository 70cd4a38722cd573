"""Double auctions once more, in plain Python, and naive mechanisms to audit. Reads the fields of a market, uses none of its
code.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

Trades = tuple[list[int], list[Any], list[Any]]
"""The seller of every buyer (-1: none), all payments, all rewards."""


def tour(routes: Any, k: int, stops: list[int]) -> tuple[float, bool]:
    """Cost of a sequence and whether it keeps windows and return."""
    if not stops:
        return 0.0, True
    here, clock, driven, fine = routes.depot[k], 0.0, 0.0, True
    for i in stops:
        leg = math.dist(here, routes.place[i]) / routes.speed[k]
        clock, driven, here = clock + leg, driven + leg, routes.place[i]
        clock = max(clock, routes.opens[i])
        fine = fine and clock <= routes.closes[i] + 1e-9 * max(1.0, abs(routes.closes[i]))
        clock += routes.service_time[i]
    leg = math.dist(here, routes.depot[k]) / routes.speed[k]
    fine = fine and clock + leg <= routes.latest[k] + 1e-9 * max(1.0, abs(routes.latest[k]))
    return routes.travel_cost[k] * (driven + leg) + routes.depreciation[k], fine


def cheapest(market: Any, k: int, buyers: list[int]) -> float | None:
    """The cost of the cheapest feasible order; None where none is."""
    if sum(int(market.demand[i]) for i in buyers) > int(market.capacity[k]):
        return None
    if market.routes is None:
        return 0.0
    tours = [tour(market.routes, k, list(order)) for order in itertools.permutations(buyers)]
    return min((cost for cost, fine in tours if fine), default=None)


def welfare(market: Any, seller: list[int], orders: dict[int, list[int]] | None = None) -> float:
    """Sum of units x (bid - ask) less tours (in the order given, else the cheapest)."""
    total = 0.0
    for k in range(len(market.ask)):
        mine = [i for i, s in enumerate(seller) if s == k]
        total += sum(int(market.demand[i]) * (float(market.bid[i]) - float(market.ask[k])) for i in mine)
        if market.routes is not None and mine:
            total -= tour(market.routes, k, orders[k])[0] if orders else cheapest(market, k, mine) or 0.0
    return total


def optimum(market: Any) -> tuple[float, list[int]]:
    """Greatest welfare over all assignments. Tiny markets only."""
    n, m = len(market.bid), len(market.ask)
    best = 0.0, [-1] * n
    for seller in itertools.product(range(-1, m), repeat=n):
        groups = [[i for i in range(n) if seller[i] == k] for k in range(m)]
        if all(not group or cheapest(market, k, group) is not None for k, group in enumerate(groups)):
            worth = welfare(market, list(seller))
            if worth > best[0]:
                best = worth, list(seller)
    return best


# --- naive mechanisms for unit markets: they run on floats, on fractions and on traced numbers ---------------------------


def ranked(market: Any) -> tuple[list[int], list[int], int]:
    """Buyers by falling bid, sellers by rising ask, the number of efficient trades."""
    buyers = sorted(range(len(market.bid)), key=lambda i: (-market.bid[i], i))
    sellers = sorted(range(len(market.ask)), key=lambda k: (market.ask[k], k))
    trades = 0
    while trades < min(len(buyers), len(sellers)) and market.bid[buyers[trades]] >= market.ask[sellers[trades]]:
        trades += 1
    return buyers, sellers, trades


def at_prices(market: Any, buyers: list[int], sellers: list[int], pays: Any, gets: Any) -> Trades:
    seller = [-1] * len(market.bid)
    payment: list[Any] = [0] * len(market.bid)
    reward: list[Any] = [0] * len(market.ask)
    for i, k in zip(buyers, sellers, strict=True):
        seller[i], payment[i], reward[k] = k, pays, gets
    return seller, payment, reward


def trade_reduction(market: Any) -> Trades:
    buyers, sellers, trades = ranked(market)
    if not trades:
        return at_prices(market, [], [], 0, 0)
    pays, gets = market.bid[buyers[trades - 1]], market.ask[sellers[trades - 1]]
    return at_prices(market, buyers[: trades - 1], sellers[: trades - 1], pays, gets)


def mcafee(market: Any) -> Trades:
    buyers, sellers, trades = ranked(market)
    if 0 < trades < min(len(buyers), len(sellers)):
        price = (market.bid[buyers[trades]] + market.ask[sellers[trades]]) / 2
        if market.ask[sellers[trades - 1]] <= price <= market.bid[buyers[trades - 1]]:
            return at_prices(market, buyers[:trades], sellers[:trades], price, price)
    return trade_reduction(market)


def sbba(market: Any) -> Trades:
    buyers, sellers, trades = ranked(market)
    if not trades:
        return at_prices(market, [], [], 0, 0)
    last = market.bid[buyers[trades - 1]]
    if trades < len(sellers) and market.ask[sellers[trades]] <= last:
        price = market.ask[sellers[trades]]
        return at_prices(market, buyers[:trades], sellers[:trades], price, price)
    dropped = max(sellers[:trades])
    return at_prices(market, buyers[: trades - 1], [k for k in sellers[:trades] if k != dropped], last, last)


def vcg(market: Any) -> Trades:
    buyers, sellers, trades = ranked(market)
    if not trades:
        return at_prices(market, [], [], 0, 0)
    pays, gets = market.ask[sellers[trades - 1]], market.bid[buyers[trades - 1]]
    if trades < len(buyers):
        pays = max(pays, market.bid[buyers[trades]])
    if trades < len(sellers):
        gets = min(gets, market.ask[sellers[trades]])
    return at_prices(market, buyers[:trades], sellers[:trades], pays, gets)


def k_double_auction(market: Any) -> Trades:
    buyers, sellers, trades = ranked(market)
    if not trades:
        return at_prices(market, [], [], 0, 0)
    price = (market.bid[buyers[trades - 1]] + market.ask[sellers[trades - 1]]) / 2
    return at_prices(market, buyers[:trades], sellers[:trades], price, price)


# --- planted faults -----------------------------------------------------------------------------------------------------


def first_price(market: Any) -> Trades:
    """Everybody pays or gets what he reported."""
    buyers, sellers, trades = ranked(market)
    seller, payment, reward = at_prices(market, buyers[:trades], sellers[:trades], 0, 0)
    for i in buyers[:trades]:
        payment[i] = market.bid[i]
    for k in sellers[:trades]:
        reward[k] = market.ask[k]
    return seller, payment, reward


def slightly_off(market: Any) -> Trades:
    """Trade reduction whose payments are 1% too high, whose rewards are 1% too low."""
    seller, payment, reward = trade_reduction(market)
    return seller, [p * 101 / 100 for p in payment], [r * 99 / 100 for r in reward]


def reversed_order(market: Any) -> Trades:
    """Trade reduction that lets the worst of the efficient traders trade: the reduction drops the best ones instead."""
    buyers, sellers, trades = ranked(market)
    if not trades:
        return at_prices(market, [], [], 0, 0)
    pays, gets = market.bid[buyers[trades - 1]], market.ask[sellers[trades - 1]]
    return at_prices(market, buyers[1:trades], sellers[1:trades], pays, gets)


def not_monotone(market: Any) -> Trades:
    """Trade reduction, but a bid above twice the mean of the other bids is taken for a mistake and left out."""
    n = len(market.bid)
    seller, payment, reward = trade_reduction(market)
    for i in range(n):
        others = sum(market.bid[j] for j in range(n) if j != i)
        if n > 1 and seller[i] >= 0 and market.bid[i] * (n - 1) > 2 * others:
            reward[seller[i]], payment[i], seller[i] = 0, 0, -1
    return seller, payment, reward


SOUND: dict[str, Callable[[Any], Trades]] = {"mcafee": mcafee, "trade-reduction": trade_reduction, "sbba": sbba, "vcg": vcg}
FAULTY: dict[str, Callable[[Any], Trades]] = {
    "first price": first_price,
    "one per cent": slightly_off,
    "reversed order": reversed_order,
    "not monotone": not_monotone,
}


# --- Off-AIC2 as the paper prints it, plain markets ------------------------------------------------------------------------


def off_aic2(rows: list[list[float]], ask: list[float], demand: list[int], capacity: list[int], how: dict[str, Any]) -> Trades:
    """Algorithm 2 on bid rows: ranks by brute force, choosers over all subsets, critical values by halving.

    how: "pivot", "upper" ("report" or "ask"), "rerun" ("phase2" or "whole") and "band" ("market", "pair" or "pivot").
    """
    n, m = len(rows), len(ask)
    bid = [sum(row) / m for row in rows]

    def ranks(b: list[float], a: list[float]) -> tuple[list[int], list[int]]:
        buyers, sellers = sorted(range(n), key=lambda i: -b[i]), sorted(range(m), key=lambda k: a[k])
        fitting = []
        for i in range(1, n + 1):
            for k in range(1, m + 1):
                enough = sum(capacity[s] for s in sellers[:k]) >= sum(demand[s] for s in buyers[:i])
                if enough and b[buyers[i - 1]] >= a[sellers[k - 1]]:
                    fitting.append((i, k))
        keys: dict[str, Any] = {
            "buyers": lambda p: (p[0], p[1]),
            "sellers": lambda p: (p[1], p[0]),
            "sum": lambda p: (p[0] + p[1], p[0]),
            "covering": lambda p: (p[0], -p[1]),
        }
        i, k = max(fitting, key=keys[how["pivot"]], default=(0, 0))
        return buyers[:i], sellers[:k]

    def match(r: list[list[float]], a: list[float], lists: tuple[list[int], list[int]]) -> list[int]:
        seller = [-1] * n
        for k in lists[1]:
            able = [i for i in lists[0] if seller[i] < 0 and r[i][k] > a[k]]
            best, chosen = 0.0, ()
            for size in range(len(able) + 1):
                for some in itertools.combinations(able, size):
                    worth = sum(demand[i] * (r[i][k] - a[k]) for i in some)
                    if sum(demand[i] for i in some) <= capacity[k] and worth > best:
                        best, chosen = worth, some
            for i in chosen:
                seller[i] = k
        return seller

    lists = ranks(bid, ask)
    seller = match(rows, ask, lists)

    def wins(side: str, j: int, report: float) -> bool:
        b, a, r = list(bid), list(ask), [list(row) for row in rows]
        if side == "buyer":
            b[j], r[j] = report, [report * entry / bid[j] for entry in rows[j]]
        else:
            a[j] = report
        found = match(r, a, lists if how["rerun"] == "phase2" else ranks(b, a))
        return found[j] >= 0 if side == "buyer" else j in found

    def critical(side: str, j: int, winner: float, loser: float) -> float:
        if wins(side, j, loser):
            return loser
        for _ in range(50):
            middle = (winner + loser) / 2
            winner, loser = (middle, loser) if wins(side, j, middle) else (winner, middle)
        return winner

    payment, reward = [0.0] * n, [0.0] * m
    highest = max([entry for row in rows for entry in row] + ask)
    for i, k in enumerate(seller):
        if k >= 0:
            low = {"market": 0.0, "pair": min(ask[k], bid[i]), "pivot": bid[lists[0][-1]]}[how["band"]]
            payment[i] = demand[i] * max(critical("buyer", i, bid[i], low), low)
    for k in set(seller) - {-1}:
        high = max(ask) if (how["band"], how["upper"]) == ("market", "ask") else highest
        price = critical("seller", k, ask[k], high)
        if how["band"] == "pivot":
            price = min(price, ask[lists[1][-1]])
        for i in range(n):
            if seller[i] == k:
                reward[k] += demand[i] * (min(price, rows[i][k]) if how["band"] == "pair" else price)
    return seller, payment, reward
