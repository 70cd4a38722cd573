"""The loops of the checker's own solver of the consumers' stage (`check.stage`).

Sums are compensated as in `check.kernels`.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.games.trading.check.kernels import LANES, add, put, together


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
    """0 where a consumer is at no bound all over the box of q and X, 1 at the lower bound, 2 at the upper, 3 none of these."""
    q_least, q_most, x_least, x_most, a, b, slack = box
    least, most = low * beta, high * beta
    more, less = 1.0 + 2.0 * slack, 1.0 - 2.0 * slack
    pad = slack * (1.0 + slope * b * x_most + offset * x_most)
    lowest = 1.0 - slope * q_most + offset * x_least - pad
    highest = 1.0 - slope * q_least + offset * x_most + pad
    full = (lowest * x_least >= most * more) | (slope * b * more <= offset * less)
    none = highest * x_most <= least * less
    free = (slope * a * less > offset * more) & (lowest * x_least > least * more) & (highest * x_most < most * less)
    return 2 if full else (1 if none else (0 if free else 3))


@jit
def count_open(slope, offset, beta, low, high, box):
    """How many consumers may or may not be at a bound."""
    count = 0
    for i in range(len(slope)):
        count += 1 if _place(slope[i], offset[i], beta[i], low, high, box) == 3 else 0
    return count


@jit
def settle(slope, offset, beta, low, high, box, open_):
    """List g, w and beta of these in the rows of `open_`, and sum the others.

    Of those at no bound: 0 number, 1 g, 2 w, 3 1/b, 4 g/b, 5 w/b; of those at one: 6 what they mine, 7 what they ask for.
    """
    out, rest = np.zeros(8), np.zeros(8)
    count = 0
    for i in range(len(slope)):
        place = _place(slope[i], offset[i], beta[i], low, high, box)
        if place == 3:
            open_[0, count], open_[1, count], open_[2, count] = slope[i], offset[i], beta[i]
            count += 1
        elif place == 0:
            g, w, inverse = slope[i], offset[i], 1.0 / beta[i]
            out[0] += 1.0
            out[1], rest[1] = add(out[1], rest[1], g)
            out[2], rest[2] = add(out[2], rest[2], w)
            out[3], rest[3] = add(out[3], rest[3], inverse)
            out[4], rest[4] = add(out[4], rest[4], g * inverse)
            out[5], rest[5] = add(out[5], rest[5], w * inverse)
        else:
            asks = high if place == 2 else low
            out[6], rest[6] = add(out[6], rest[6], asks * beta[i])
            out[7], rest[7] = add(out[7], rest[7], asks)
    return out + rest
