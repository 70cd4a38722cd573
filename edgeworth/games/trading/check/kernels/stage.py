"""The loops of the checker's own solver of the consumers' stage (`check.stage`).

Sums are compensated (`lanes`).
"""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.games.trading.check.kernels import INTERIOR, LOWER, NOBODY, OPEN, UPPER, add_interior
from edgeworth.games.trading.check.kernels.lanes import BLOCK, LANES, add, padded, put, put_where, together

_STRETCH = 8192


@leaf
def _reply(slope, offset, beta, low, high, price, power):
    """One consumer at a power: what it mines if that is a bound, its cost if not, and whether it is not."""
    cost = slope * price - offset
    least, most = low * beta, high * beta
    x = (1.0 - cost * power) * power
    full = (cost <= 0.0) | (x >= most)
    bound = full | (x <= least)
    return (most if full else (least if bound else 0.0)), (0.0 if bound else cost), (0.0 if bound else 1.0)


@jit
def replies(slope, offset, beta, low, high, price, power):
    """What consumers at a bound mine, the costs of the others, and the number of those."""
    held, held_lost, cost, cost_lost = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    free = np.zeros(LANES)
    last = len(slope) - len(slope) % LANES
    for start in range(0, last, LANES):
        g, w, b = slope[start : start + LANES], offset[start : start + LANES], beta[start : start + LANES]
        for j in range(LANES):
            x, c, one = _reply(g[j], w[j], b[j], low, high, price, power)
            put(held, held_lost, j, x)
            put(cost, cost_lost, j, c)
            free[j] += one
    for i in range(last, len(slope)):
        x, c, one = _reply(slope[i], offset[i], beta[i], low, high, price, power)
        put(held, held_lost, i - last, x)
        put(cost, cost_lost, i - last, c)
        free[i - last] += one
    return together(held, held_lost), together(cost, cost_lost), free.sum()


@leaf
def _asked(slope, offset, beta, inverse, low, high, price, power):
    cost = slope * price - offset
    x = (1.0 - cost * power) * power
    full = (cost <= 0.0) | (x >= high * beta)
    return high if full else (low if x <= low * beta else x * inverse)


@jit
def demand_at(slope, offset, beta, inverse, low, high, price, power):
    """What competing consumers ask for in reply to a power, all together; inverse: 1 / beta."""
    total, rest = np.zeros(LANES), np.zeros(LANES)
    last = len(slope) - len(slope) % LANES
    for start in range(0, last, LANES):
        g, w, b = slope[start : start + LANES], offset[start : start + LANES], beta[start : start + LANES]
        v = inverse[start : start + LANES]
        for j in range(LANES):
            put(total, rest, j, _asked(g[j], w[j], b[j], v[j], low, high, price, power))
    for i in range(last, len(slope)):
        put(total, rest, i - last, _asked(slope[i], offset[i], beta[i], inverse[i], low, high, price, power))
    return together(total, rest)


@jit
def line_demand(edge, beta, low, high, price):
    """What linear consumers ask for and mine at a price."""
    count, mined, rest = 0.0, 0.0, 0.0
    for i in range(len(edge)):
        much = price < edge[i]
        count += 1.0 if much else 0.0
        mined, rest = add(mined, rest, (high if much else low) * beta[i])
    return count * high + (len(edge) - count) * low, mined + rest


@leaf
def _place(slope, offset, beta, low, high, box):
    """Where a consumer is all over the box of q and X: INTERIOR, at the LOWER bound, at the UPPER, or none of these, OPEN."""
    q_least, q_most, x_least, x_most, a, b, slack = box
    least, most = low * beta, high * beta
    more, less = 1.0 + 2.0 * slack, 1.0 - 2.0 * slack
    pad = slack * (1.0 + slope * b * x_most + offset * x_most)
    lowest = 1.0 - slope * q_most + offset * x_least - pad
    highest = 1.0 - slope * q_least + offset * x_most + pad
    full = (lowest * x_least >= most * more) | (slope * b * more <= offset * less)
    none = highest * x_most <= least * less
    free = (slope * a * less > offset * more) & (lowest * x_least > least * more) & (highest * x_most < most * less)
    return UPPER if full else (LOWER if none else (INTERIOR if free else OPEN))


@jit
def count_open(slope, offset, beta, low, high, box, most):
    """How many consumers may or may not be at a bound; where these are more than `most`, some number above it."""
    count = 0
    for start in range(0, len(slope), _STRETCH):
        g, w, b = slope[start : start + _STRETCH], offset[start : start + _STRETCH], beta[start : start + _STRETCH]
        for i in range(len(g)):
            count += 1 if _place(g[i], w[i], b[i], low, high, box) == OPEN else 0
        if count > most:
            break
    return count


@jit
def settle(slope, offset, beta, low, high, box, open_):
    """List g, w and beta of these in the rows of `open_`, and sum the others.

    Of those at no bound: 0 number, 1 g, 2 w, 3 1/b, 4 g/b, 5 w/b; of those at one: 6 what they mine, 7 what they ask for.
    """
    totals, losses, out = np.zeros((8, LANES)), np.zeros((8, LANES)), np.empty(8)
    kind, inverse, value, rows = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty((3, BLOCK))
    count = 0
    full, none, free = 0, 0, 0
    for start in range(0, len(slope), BLOCK):
        padded(slope, offset, beta, start, rows)
        g, w, role = rows[0], rows[1], rows[2]
        for j in range(BLOCK):
            kind[j] = _place(g[j], w[j], role[j], low, high, box)
            inverse[j] = 1.0 / role[j]
        kind[len(slope) - start :] = NOBODY
        for j in range(BLOCK):
            full += kind[j] == UPPER
            none += kind[j] == LOWER
        free += add_interior(g, w, inverse, kind, value, totals, losses)
        put_where(totals, losses, 6, role, kind, UPPER)
        put_where(totals, losses, 7, role, kind, LOWER)
        if count < len(open_[0]):
            for j in range(BLOCK):
                if kind[j] == OPEN:
                    open_[0, count], open_[1, count], open_[2, count] = g[j], w[j], role[j]
                    count += 1
    for k in range(1, 6):
        out[k] = together(totals[k], losses[k])
    out[0] = free
    out[6] = high * together(totals[6], losses[6]) + low * together(totals[7], losses[7])
    out[7] = high * full + low * none
    return out
