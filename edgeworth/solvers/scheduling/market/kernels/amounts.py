"""Amounts in base units, rounded as `token_market.rules.tokens` and `cost` round them."""

from __future__ import annotations

import math

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.book import cost
from edgeworth.mechanisms.token_market.kernels.layout import CTK, MAX_PRICE, PTK, TOKEN

SPLIT = 67_108_864.0  # 2 ** 26: numbers below 1 with so many bits, times one of 20 bits, are exact
PER_JOULE, PER_JOULE_OVER = 2_500, 9  # base PTK of a joule: 10 ** 6 / 3600
LEAST_ASK = 1
DOUBT = 1e-15  # two roundings of half a unit in the last place


@leaf(counted=False)
def exceeds(number, factor, whole):
    """Is number * factor, exactly, more than a whole number?"""
    left = math.floor(number)
    rest, fraction = whole - left * factor, number - left
    high = math.floor(fraction * SPLIT) / SPLIT
    return (fraction - high) * factor > rest - high * factor


@leaf(counted=False)
def rounded_up(number, factor, over):
    """The least whole number that is no less than number * factor / over."""
    about = number * factor / over
    found = math.ceil(about)
    doubt = about * DOUBT
    if found - about > doubt and about - (found - 1) > doubt:
        return found
    while exceeds(number, factor, found * over):
        found += 1
    while found > 0 and not exceeds(number, factor, (found - 1) * over):
        found -= 1
    return found


@leaf(counted=False)
def work_tokens(world, j):
    """Base CTK of j."""
    return rounded_up(world.work[j], TOKEN, 1)


@leaf(counted=False)
def power_tokens(world, j, k):
    """Base PTK of j where k executes it."""
    return rounded_up(world.active[k] * world.work[j] / world.capacity[k], PER_JOULE, PER_JOULE_OVER)


@leaf(counted=False)
def price(books, k, ctk, ptk):
    """Base cash for so many tokens at the asks of k."""
    return cost(ctk, books.asks[k, CTK]) + cost(ptk, books.asks[k, PTK])


@leaf(counted=False)
def asked(number):
    """An ask of so much base cash, as the ledger could take it."""
    return math.floor(min(float(MAX_PRICE), max(float(LEAST_ASK), number + 0.5)))
