"""The checker's own loops over the consumers: sums of shares, and of an interval's coefficients.

Sums are compensated (`lanes`). What the terms themselves lose is in the allowances `slack` and `pad` of `check.bound`,
whose docstring derives them.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.games.trading.check.kernels.lanes import BLOCK, LANES, add, padded, put, put_where, together


@leaf
def clipped(share, lower, higher):
    """A share between the bounds."""
    if share >= higher:
        return higher
    return share if share > lower else lower


@leaf
def bounded_share(slope, offset, beta, least, most, price, power, upper, slack):
    """One share at a price and a power; see `share_sum`."""
    if upper:
        cost = slope * price * (1.0 - slack) - offset * (1.0 + slack)
        share = 1.0 + slack - (cost * power if cost > 0.0 else 0.0)
    else:
        cost = slope * price * (1.0 + slack) - offset * (1.0 - slack)
        share = 1.0 - slack - cost * power if (cost >= 0.0) & (slope > 0.0) else np.inf
    return clipped(share, least * beta, most * beta)


@jit
def share_sum(slope, offset, beta, low, high, price, power, upper, slack):
    """Sum of the shares at a price and a power, each at its highest (`upper`) or lowest within the allowance."""
    least, most = low / power, high / power
    total, rest = np.zeros(LANES), np.zeros(LANES)
    last = len(slope) - len(slope) % LANES
    for start in range(0, last, LANES):
        g, w, b = slope[start : start + LANES], offset[start : start + LANES], beta[start : start + LANES]
        for j in range(LANES):
            put(total, rest, j, bounded_share(g[j], w[j], b[j], least, most, price, power, upper, slack))
    for i in range(last, len(slope)):
        put(total, rest, i - last, bounded_share(slope[i], offset[i], beta[i], least, most, price, power, upper, slack))
    return together(total, rest)


@leaf
def line(g, w, a, x_most, b, x_least, upper, slack):
    """The highest or lowest unclipped share on the chord from (a, x_most) to (b, x_least), rounded outward."""
    pad = slack * (1.0 + (g * b + w) * x_most)
    one, two = 1.0 - (g * a - w) * x_most, 1.0 - (g * b - w) * x_least
    if upper:
        share = max(one, two) + pad
        return share if share == share else np.inf
    share = min(one, two) - pad
    return share if share == share else -np.inf


@leaf
def chord_share(slope, offset, beta, least, most, a, x_most, b, x_least, upper, e, slack):
    """One share at the chord + e; see `chord_sum`."""
    share = line(slope, offset, a, x_most, b, x_least, upper, slack) - slope * e
    unknown = np.inf if upper else -np.inf  # after an overflow
    return clipped(share if share == share else unknown, least * beta, most * beta)


@jit
def chord_sum(slope, offset, beta, low, high, a, x_most, b, x_least, upper, e, slack):
    """Sum of the shares at the chord + e, each at its highest (`upper`, at the least power) or lowest (at the most)."""
    power = x_least if upper else x_most
    least, most = low / power, high / power
    total, rest = np.zeros(LANES), np.zeros(LANES)
    last = len(slope) - len(slope) % LANES
    for start in range(0, last, LANES):
        g, w, r = slope[start : start + LANES], offset[start : start + LANES], beta[start : start + LANES]
        for j in range(LANES):
            put(total, rest, j, chord_share(g[j], w[j], r[j], least, most, a, x_most, b, x_least, upper, e, slack))
    for i in range(last, len(slope)):
        share = chord_share(slope[i], offset[i], beta[i], least, most, a, x_most, b, x_least, upper, e, slack)
        put(total, rest, i - last, share)
    return together(total, rest)


@leaf
def sides(g, w, a, x_most, b, x_least, e_low, e_high, slack):
    """A consumer's lowest and highest unclipped share on the chord + [e_low, e_high]."""
    smallest = line(g, w, a, x_most, b, x_least, False, slack) - g * e_high * (1.0 + slack)
    largest = line(g, w, a, x_most, b, x_least, True, slack) - g * e_low * (1.0 + slack)
    return smallest if smallest == smallest else -np.inf, largest if largest == largest else np.inf


INTERIOR, LOWER, UPPER, OPEN, NOBODY = 0.0, 1.0, 2.0, 3.0, 4.0


@leaf
def place(g, w, role, low, high, x_most, b, x_least, smallest, largest, slack):
    """Where a consumer with shares in [smallest, largest] must be: surely INTERIOR, at the LOWER bound, at the UPPER, or OPEN,
    anywhere. Without branches and in floats, so that a processor decides on several at a time."""
    least, most = low * role, high * role
    none = largest <= least / x_most * (1.0 - slack)
    full = (smallest >= most / x_least * (1.0 + slack)) | (g * b * (1.0 + slack) < w * (1.0 - slack)) | (g == 0.0)
    free = (smallest >= least / x_least * (1.0 + slack)) & (largest <= most / x_most * (1.0 - slack))
    return LOWER if none else (UPPER if full else (INTERIOR if free else OPEN))


@leaf
def places(arrays, start, low, high, a, x_most, b, x_least, e_low, e_high, slack, rows, inverse, kind, smallest, largest):
    """A block of g, w and b into `rows`, 1 / b, places and shares; its last ones, who fill it up, are NOBODY. Its size."""
    slope, offset, beta = arrays
    padded(slope, offset, beta, start, rows)
    g, w, role = rows[0], rows[1], rows[2]
    size = min(BLOCK, len(slope) - start)
    for j in range(BLOCK):  # a loop of its own: the compiler then works on several entries at a time
        inverse[j] = 1.0 / role[j]
    for j in range(BLOCK):
        small, large = sides(g[j], w[j], a, x_most, b, x_least, e_low, e_high, slack)
        kind[j] = place(g[j], w[j], role[j], low, high, x_most, b, x_least, small, large, slack)
        smallest[j], largest[j] = small, large
    kind[size:] = NOBODY
    return size


@leaf
def mining(kind, role, low, high, x_most, x_least, smallest, largest, stray):
    """The range of x of a consumer that is not surely interior."""
    least, most = low * role, high * role
    from_, to = smallest * (x_least if smallest >= 0.0 else x_most), largest * (x_most if largest >= 0.0 else x_least)
    lower, upper = min(max(from_ * (1.0 - stray), least), most), min(max(to * (1.0 + stray), least), most)
    lower = least if kind == LOWER else (max(least, most * (1.0 - stray)) if kind == UPPER else lower)
    upper = min(most, least * (1.0 + stray)) if kind == LOWER else (most if kind == UPPER else upper)
    return lower, upper


@leaf
def add_interior(g, w, inverse, kind, value, totals, losses):
    """Add a block's interior consumers to sums 1 g, 2 w, 3 1/b, 4 g/b, 5 w/b. How many there are."""
    put_where(totals, losses, 1, g, kind, INTERIOR)
    put_where(totals, losses, 2, w, kind, INTERIOR)
    put_where(totals, losses, 3, inverse, kind, INTERIOR)
    for j in range(BLOCK):
        value[j] = g[j] * inverse[j]
    put_where(totals, losses, 4, value, kind, INTERIOR)
    for j in range(BLOCK):
        value[j] = w[j] * inverse[j]
    put_where(totals, losses, 5, value, kind, INTERIOR)
    count = 0
    for j in range(BLOCK):
        count += kind[j] == INTERIOR
    return count


@leaf
def _mean_inverse(slope, offset, beta, low, high, ends, e_low, e_high, slack):
    """The mean 1 / b of those that may be anywhere, 0 without any."""
    a, x_most, b, x_least = ends
    count, total = 0, 0.0
    for i in range(len(slope)):
        small, large = sides(slope[i], offset[i], a, x_most, b, x_least, e_low, e_high, slack)
        if place(slope[i], offset[i], beta[i], low, high, x_most, b, x_least, small, large, slack) == OPEN:
            count += 1
            total += 1.0 / beta[i]
    return total / count if count else 0.0


@leaf
def _others(role, inverse, low, high, x_most, x_least, stray, mu, kind, smallest, largest, value, totals, losses):
    """Add a block to the sums over the rest of `gather`: 6 to 10 of its `out`."""
    for j in range(BLOCK):
        lower, upper = mining(kind[j], role[j], low, high, x_most, x_least, smallest[j], largest[j], stray)
        value[j] = upper
        smallest[j] = lower if inverse[j] - mu >= 0.0 else upper
        largest[j] = upper if inverse[j] - mu >= 0.0 else lower
    for j in range(BLOCK):
        kind[j] = OPEN if (kind[j] != INTERIOR) & (kind[j] != NOBODY) else NOBODY
    put_where(totals, losses, 8, value, kind, OPEN)
    for j in range(BLOCK):
        value[j] = (inverse[j] - mu) * smallest[j]
    put_where(totals, losses, 6, value, kind, OPEN)
    for j in range(BLOCK):
        value[j] = (inverse[j] - mu) * largest[j]
    put_where(totals, losses, 7, value, kind, OPEN)
    for j in range(BLOCK):
        value[j] = (inverse[j] + abs(mu)) * smallest[j]
    put_where(totals, losses, 9, value, kind, OPEN)
    for j in range(BLOCK):
        value[j] = (inverse[j] + abs(mu)) * largest[j]
    put_where(totals, losses, 10, value, kind, OPEN)


@jit
def gather(slope, offset, beta, low, high, a, x_most, b, x_least, e_low, e_high, slack, stray, settled, out):
    """Fill `out`: of the surely interior 0 number n, 1 sum g, 2 sum w, 3 sum 1/b, 4 sum g/b, 5 sum w/b; of the rest 6 and 7
    least and most of sum (1/b - mu) x, 8 sum of the most x, 9 and 10 the sizes sum (1/b + |mu|) x of the terms of 6 and 7;
    11 mu. settled: 0 to 5 of further consumers who are surely interior.
    """
    many = len(slope)
    totals, losses = np.zeros((11, LANES)), np.zeros((11, LANES))
    kind, smallest, largest = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    value, inverse, rows = np.empty(BLOCK), np.empty(BLOCK), np.empty((3, BLOCK))
    box = (a, x_most, b, x_least, e_low, e_high, slack)
    mixed = np.zeros((many + BLOCK - 1) // BLOCK, dtype=np.bool_)  # blocks of which not all are interior
    count = 0
    for k in range(len(mixed)):
        size = places((slope, offset, beta), k * BLOCK, low, high, *box, rows, inverse, kind, smallest, largest)
        interior = add_interior(rows[0], rows[1], inverse, kind, value, totals, losses)
        count += interior
        mixed[k] = interior < size
    out[0] = count + settled[0]
    for k in range(1, 6):
        out[k] = together(totals[k], losses[k]) + settled[k]
    if out[0] > 0.0:
        mu = out[4] / out[1] if out[1] > 0.0 else 0.0
    else:
        mu = _mean_inverse(slope, offset, beta, low, high, (a, x_most, b, x_least), e_low, e_high, slack)
    for k in range(len(mixed)):
        if not mixed[k]:
            continue
        places((slope, offset, beta), k * BLOCK, low, high, *box, rows, inverse, kind, smallest, largest)
        _others(rows[2], inverse, low, high, x_most, x_least, stray, mu, kind, smallest, largest, value, totals, losses)
    for k in range(6, 11):
        out[k] = together(totals[k], losses[k])
    out[11] = mu


@leaf
def line_terms(low_from, high_until, beta, low, high, a, b, mu, stray):
    """A linear consumer's terms of `line_sums`."""
    least = max(high * (1.0 - stray), low) if high_until > b else low
    most = min(low * (1.0 + stray), high) if low_from < a else high
    weight, size = 1.0 - mu * beta, 1.0 + abs(mu) * beta
    lower, higher = (least if weight >= 0.0 else most), (most if weight >= 0.0 else least)
    return weight * lower, weight * higher, beta * most, size * lower, size * higher


@leaf
def put_all(totals, losses, j, terms):
    """Add five terms to a lane of five sums, the last two of which are not compensated."""
    put(totals[0], losses[0], j, terms[0])
    put(totals[1], losses[1], j, terms[1])
    put(totals[2], losses[2], j, terms[2])
    totals[3, j] += terms[3]
    totals[4, j] += terms[4]


@jit
def line_sums(low_from, high_until, beta, low, high, a, b, mu, stray, out):
    """The same of the linear consumers. 0 and 1 least and most of sum (1 - mu b) F, 2 sum of the most b F, 3 and 4 the sizes of
    the terms of 0 and 1."""
    totals, losses = np.zeros((5, LANES)), np.zeros((5, LANES))
    last = len(beta) - len(beta) % LANES
    for start in range(0, last, LANES):
        f, h, r = low_from[start : start + LANES], high_until[start : start + LANES], beta[start : start + LANES]
        for j in range(LANES):
            terms = line_terms(f[j], h[j], r[j], low, high, a, b, mu, stray)
            put_all(totals, losses, j, terms)
    for i in range(last, len(beta)):
        put_all(totals, losses, i - last, line_terms(low_from[i], high_until[i], beta[i], low, high, a, b, mu, stray))
    for k in range(5):
        out[k] = together(totals[k], losses[k])


@jit
def line_mined(low_from, high_until, beta, low, high, price, upper):
    """The most that linear consumers mine at this price and above, or the least at this price and below."""
    total, rest = np.zeros(LANES), np.zeros(LANES)
    last = len(beta) - len(beta) % LANES
    for start in range(0, last, LANES):
        f, h, r = low_from[start : start + LANES], high_until[start : start + LANES], beta[start : start + LANES]
        for j in range(LANES):
            much = (not f[j] < price) if upper else h[j] > price
            put(total, rest, j, r[j] * (high if much else low))
    for i in range(last, len(beta)):
        much = (not low_from[i] < price) if upper else high_until[i] > price
        put(total, rest, i - last, beta[i] * (high if much else low))
    return together(total, rest)


@jit
def reply_range(slope, offset, beta, low, high, price, power, slack, x_low, x_high):
    """The range within which the power that each consumer mines with is its reply to the total, within the allowance."""
    for i in range(len(slope)):
        least, most = low * beta[i], high * beta[i]
        cost = slope[i] * price * (1.0 - slack) - offset[i] * (1.0 + slack)
        x_high[i] = clipped((1.0 + slack - (cost * power if cost > 0.0 else 0.0)) * power, least, most)
        cost = slope[i] * price * (1.0 + slack) - offset[i] * (1.0 - slack)
        share = 1.0 - slack - cost * power if cost >= 0.0 and slope[i] > 0.0 else np.inf
        x_low[i] = clipped(share * power, least, most)


@leaf
def reply_sum(cost, beta, low, high, fixed, power):
    """The shares that are replies to a power, all together."""
    least, most = low / power, high / power
    total, lost = fixed / power, 0.0
    for i in range(len(cost)):
        share = 1.0 - cost[i] * power if cost[i] > 0.0 else np.inf
        total, lost = add(total, lost, clipped(share, least * beta[i], most * beta[i]))
    return total + lost


@jit
def total_demand(slope, offset, beta, low, high, fixed, price, cost):
    """What competing consumers ask for at a price, all together: the power at which shares sum to 1, by bisection.

    Shares fall in the power, so a bracket in logarithms is halved (by the secant's point, where that lies well inside).
    """
    for i in range(len(slope)):
        cost[i] = slope[i] * price - offset[i]
    total = 0.0
    sated = 0.0
    for i in range(len(beta)):
        total += beta[i]
        sated += beta[i] if cost[i] <= 0.0 else 0.0
    right = fixed + high * total
    left = fixed + low * (total - sated) + high * sated
    if left <= 0.0:
        left = right
        while left > 1e-290 and reply_sum(cost, beta, low, high, fixed, left) < 1.0:
            right = left
            left *= 0.125
    over, under = reply_sum(cost, beta, low, high, fixed, left) - 1.0, reply_sum(cost, beta, low, high, fixed, right) - 1.0
    side = 0
    for k in range(200):
        if not left < right or right - left <= 2.3e-16 * right:
            break
        width = np.log(right / left)
        part = over / (over - under) if over > 0.0 > under else 0.5
        if k % 3 == 2 or not 0.0 < part < 1.0:
            part = 0.5
        middle = left * np.exp(width * part)
        if not left < middle < right:
            middle = 0.5 * (left + right)
            if not left < middle < right:
                break
        excess = reply_sum(cost, beta, low, high, fixed, middle) - 1.0
        if excess > 0.0:
            left, over = middle, excess
            under, side = under * (0.5 if side == 1 else 1.0), 1
        else:
            right, under = middle, excess
            over, side = over * (0.5 if side == -1 else 1.0), -1
            if excess == 0.0:
                left = middle
    power = 0.5 * (left + right)
    least, most = low * beta, high * beta
    demand, lost = 0.0, 0.0
    for i in range(len(cost)):
        x = (1.0 - cost[i] * power) * power if cost[i] > 0.0 else np.inf
        demand, lost = add(demand, lost, clipped(x, least[i], most[i]) / beta[i])
    return demand + lost
