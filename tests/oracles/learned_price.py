"""The rule ``learned-price`` once more, with plain loops over plain numbers, so that it can be traced whole."""

from __future__ import annotations

import itertools
import math
from typing import Any


def seen(market: Any, candidate: list[bool], least: Any, width: float) -> list[list[Any]]:
    """What the network sees of every buyer."""
    n, m, low = len(market.bid), len(market.ask), market.history[0]
    demand, capacity = [int(q) for q in market.demand], [int(c) for c in market.capacity]
    refused: Any = 0.0
    for i in range(n):
        if not candidate[i] and least > low:
            refused = refused + (market.bid[i] - low if market.bid[i] > low else 0.0) * (1.0 / (least - low) / n)
    rows = []
    for i in range(n):
        alone, near = [], math.inf
        if market.routes is not None:
            r = market.routes
            for k in range(m):
                if demand[i] <= capacity[k]:
                    road = 2.0 * math.dist(r.place[i], r.depot[k])
                    alone.append((road / r.speed[k] * r.travel_cost[k] + r.depreciation[k]) / demand[i] / width)
            ways = [math.dist(r.place[i], r.place[j]) for j in range(n) if j != i and candidate[j]]
            rate = min(r.travel_cost[k] / r.speed[k] for k in range(m))
            near = 2.0 * rate * min(ways, default=1e9) / demand[i] / width
        cheapest = min(alone, default=math.inf) if market.routes is not None else 0.0
        row: list[Any] = [
            cheapest,
            sum(alone) / max(len(alone), 1),
            near if market.routes is not None else 0.0,
            demand[i] / max(sum(capacity) / m, 1.0),
            sum(q for q, c in zip(demand, candidate, strict=True) if c) / max(sum(capacity), 1),
            candidate.count(False) / n,
            refused,
        ]
        rows.append([3.0 if x > 3.0 else x for x in row])
    return rows


def forward(row: list[Any], weights: Any, biases: Any) -> Any:
    """One output of the network."""
    values = list(row)
    for layer in range(len(weights)):
        sums = []
        for j in range(len(weights[layer])):
            total: Any = biases[layer][j]
            for w, x in zip(weights[layer][j], values, strict=True):
                total = total + w * x
            sums.append(total)
        values = sums if layer == len(weights) - 1 else [x if x > 0.0 else 0.0 for x in sums]
    return values[0]


def offers(market: Any, weights: Any, biases: Any, floor: float, leak: float = 0.0) -> list[Any]:
    """The price of every buyer, infinite below the floor. leak: by how much it follows the buyer's own bid, a planted fault."""
    low, high = market.history
    least, width = low + floor * (high - low), high - low or 1.0
    candidate = [bool(b >= least) for b in market.bid]
    prices: list[Any] = []
    for i, row in enumerate(seen(market, candidate, least, width)):
        height = forward(row, weights, biases)
        price = least + width * (height if height > 0.0 else 0.0)
        price = price if price < high else high
        prices.append(price + leak * (market.bid[i] - least) if candidate[i] else math.inf)
    return prices


def learned_price(
    market: Any, weights: Any, biases: Any, floor: float, leak: float = 0.0
) -> tuple[list[int], list[Any], list[Any]]:
    """Sellers, payments and rewards on a plain market, by going through all assignments."""
    n, m = len(market.bid), len(market.ask)
    demand, capacity = [int(q) for q in market.demand], [int(c) for c in market.capacity]
    prices = offers(market, weights, biases, floor, leak)
    accepts = [bool(market.bid[i] >= prices[i]) for i in range(n)]

    def best(without: int) -> tuple[Any, tuple[int, ...]]:
        most: Any = 0.0
        found = (-1,) * n
        for choice in itertools.product(range(-1, m), repeat=n):
            loads = [sum(demand[i] for i in range(n) if choice[i] == k) for k in range(m)]
            if without in choice or any(load > room for load, room in zip(loads, capacity, strict=True)):
                continue
            if any(k >= 0 and not accepts[i] for i, k in enumerate(choice)):
                continue
            total: Any = 0.0
            for i, k in enumerate(choice):
                if k >= 0:
                    total = total + demand[i] * (prices[i] - market.ask[k])
            if total > most:
                most, found = total, choice
        return most, found

    whole, seller = best(m)
    payment: list[Any] = [prices[i] * demand[i] if seller[i] >= 0 else 0.0 for i in range(n)]
    reward: list[Any] = []
    for k in range(m):
        units = sum(demand[i] for i in range(n) if seller[i] == k)
        reward.append(market.ask[k] * units + (whole - best(k)[0]) if units else 0.0)
    return list(seller), payment, reward
