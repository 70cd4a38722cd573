"""The checker's own loops over the consumers: sums of shares, of an interval's coefficients, and the peak of a product.

Sums are compensated (Neumaier): their error is 2 u of the result plus (n u)^2 of the terms' sizes, u = 2^-53. What the terms
themselves lose is in the allowances `slack` and `pad` of `check.bound`, whose docstring derives them.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf

LANES = 16
"""Sums over all consumers are kept in so many lanes, of which a processor adds several at a time."""
BLOCK = 256
"""So many consumers' terms are computed before they are added."""
_PIECES = 512


@leaf
def add(total, lost, term):
    """The sum and what it has lost so far."""
    new = total + term
    if abs(total) >= abs(term):
        return new, lost + ((total - new) + term)
    return new, lost + ((term - new) + total)


@leaf
def lost(total, term, new):
    """What a sum loses by rounding, without a branch (Knuth's TwoSum)."""
    part = new - total
    return (total - (new - part)) + (term - part)


@leaf
def put(totals, losses, j, term):
    """Add to a lane."""
    new = totals[j] + term
    losses[j] += lost(totals[j], term, new)
    totals[j] = new


@leaf
def put_where(totals, losses, k, values, kind, wanted):
    """Add the values [BLOCK] of consumers of a kind to the lanes of sum k; totals and losses [sums, LANES]."""
    total, rest = totals[k], losses[k]
    for start in range(0, BLOCK, LANES):
        value, which = values[start : start + LANES], kind[start : start + LANES]
        for j in range(LANES):
            put(total, rest, j, value[j] if which[j] == wanted else 0.0)


@leaf
def padded(slope, offset, beta, start, rows):
    """Fill the rows with g, w and beta from `start` on, as many as there are, followed by such as cost nothing."""
    one, two, three = slope[start : start + BLOCK], offset[start : start + BLOCK], beta[start : start + BLOCK]
    g, w, role = rows[0], rows[1], rows[2]
    for j in range(len(one)):
        g[j] = one[j]
    for j in range(len(one)):
        w[j] = two[j]
    for j in range(len(one)):
        role[j] = three[j]
    for j in range(len(one), BLOCK):
        g[j], w[j], role[j] = 0.0, 0.0, 1.0


@leaf
def together(totals, losses):
    """The sum of the lanes."""
    whole, rest = 0.0, 0.0
    for j in range(len(totals)):
        whole, rest = add(whole, rest, totals[j])
        rest += losses[j]
    return whole + rest


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
def places(g, w, role, size, low, high, a, x_most, b, x_least, e_low, e_high, slack, kind, smallest, largest):
    """Places and shares of a block; its last ones, who fill it up, are NOBODY."""
    for j in range(BLOCK):
        small, large = sides(g[j], w[j], a, x_most, b, x_least, e_low, e_high, slack)
        kind[j] = place(g[j], w[j], role[j], low, high, x_most, b, x_least, small, large, slack)
        smallest[j], largest[j] = small, large
    kind[size:] = NOBODY


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
def _interior(g, w, inverse, kind, value, totals, losses):
    """Add a block to the sums over the surely interior of `gather`: 1 to 5 of its `out`. How many there are."""
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
    mixed = np.zeros((many + BLOCK - 1) // BLOCK, dtype=np.bool_)  # blocks of which not all are interior
    count = 0
    for k in range(len(mixed)):
        size = min(BLOCK, many - k * BLOCK)
        padded(slope, offset, beta, k * BLOCK, rows)
        g, w, role = rows[0], rows[1], rows[2]
        places(g, w, role, size, low, high, a, x_most, b, x_least, e_low, e_high, slack, kind, smallest, largest)
        for j in range(BLOCK):
            inverse[j] = 1.0 / role[j]
        interior = _interior(g, w, inverse, kind, value, totals, losses)
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
        size = min(BLOCK, many - k * BLOCK)
        padded(slope, offset, beta, k * BLOCK, rows)
        g, w, role = rows[0], rows[1], rows[2]
        places(g, w, role, size, low, high, a, x_most, b, x_least, e_low, e_high, slack, kind, smallest, largest)
        for j in range(BLOCK):
            inverse[j] = 1.0 / role[j]
        _others(role, inverse, low, high, x_most, x_least, stray, mu, kind, smallest, largest, value, totals, losses)
    for k in range(6, 11):
        out[k] = together(totals[k], losses[k])
    out[11] = mu


@jit
def line_sums(low_from, high_until, beta, low, high, a, b, mu, stray, out):
    """The same of the linear consumers. 0 and 1 least and most of sum (1 - mu b) F, 2 sum of the most b F, 3 and 4 the sizes of
    the terms of 0 and 1."""
    out[:] = 0.0
    down_lost, up_lost, mined_lost = 0.0, 0.0, 0.0
    for i in range(len(beta)):
        least = max(high * (1.0 - stray), low) if high_until[i] > b else low
        most = min(low * (1.0 + stray), high) if low_from[i] < a else high
        weight, size = 1.0 - mu * beta[i], 1.0 + abs(mu) * beta[i]
        lower, higher = (least, most) if weight >= 0.0 else (most, least)
        out[0], down_lost = add(out[0], down_lost, weight * lower)
        out[1], up_lost = add(out[1], up_lost, weight * higher)
        out[2], mined_lost = add(out[2], mined_lost, beta[i] * most)
        out[3] += size * lower
        out[4] += size * higher
    out[0], out[1], out[2] = out[0] + down_lost, out[1] + up_lost, out[2] + mined_lost


@jit
def line_mined(low_from, high_until, beta, low, high, price, upper):
    """The most that linear consumers mine at this price and above, or the least at this price and below."""
    total, lost = 0.0, 0.0
    for i in range(len(beta)):
        much = not low_from[i] < price if upper else high_until[i] > price
        total, lost = add(total, lost, beta[i] * (high if much else low))
    return total + lost


@jit
def quadratic_peak(k0, k1, k2, lo, hi):
    """The maximum of k0 + k1 X + k2 X^2 over [lo, hi]. A vertex near the ends counts: it is above them all."""
    best = max(k0 + lo * (k1 + lo * k2), k0 + hi * (k1 + hi * k2))
    if k2 < 0.0 and k1 > 0.0 and 1.0000001 * k1 >= -2.0 * k2 * lo and 0.9999999 * k1 <= -2.0 * k2 * hi:
        best = max(best, k0 + 0.25 * k1 * (k1 / -k2))
    return best


@leaf
def _terms(margin, demand, lo, hi):
    """The same from the product's terms c_k X^k, k = -2..2: exact where the factors' curvatures cancel (a flat profit).

    A term is below its chord where it is convex, else below the chord + the largest |second derivative| width^2 / 8. 32 u of
    the sizes of all products cover the rounding of the terms and of their sum.
    """
    c1 = margin[0] * demand[1] + margin[1] * demand[2]
    c2 = margin[0] * demand[2]
    b1 = margin[1] * demand[0] + margin[2] * demand[1]
    b2 = margin[2] * demand[0]
    c0 = margin[0] * demand[0] + margin[1] * demand[1] + margin[2] * demand[2]
    least = c0 + lo * (c1 + lo * c2) + (b1 + b2 / lo) / lo
    most = c0 + hi * (c1 + hi * c2) + (b1 + b2 / hi) / hi
    width = hi - lo
    bend = max(-c2, 0.0) * 2.0 + (max(-b1, 0.0) * 2.0 + max(-b2, 0.0) * 6.0 / lo) / (lo * lo * lo)
    size = abs(margin[0]) + (abs(margin[1]) + abs(margin[2]) / lo) / lo
    size *= abs(demand[0]) + hi * (abs(demand[1]) + hi * abs(demand[2]))
    return max(least, most) + 0.125 * width * width * bend + 3.6e-15 * size


@leaf
def _piece(margin, demand, lo, hi, losing):
    """No X of [lo, hi] has a larger product of margin(X) and demand(X): see `product_peak`."""
    a1 = margin[0] + (margin[1] + margin[2] / lo) / lo
    a2 = margin[0] + (margin[1] + margin[2] / hi) / hi
    d1 = demand[0] + lo * (demand[1] + lo * demand[2])
    d2 = demand[0] + hi * (demand[1] + hi * demand[2])
    width = hi - lo
    if losing:
        dip = 0.25 * width * width * max(demand[2], 0.0)
        d1, d2 = d1 - dip, d2 - dip
        if d1 < 0.0 or d2 < 0.0:
            return 0.0
    else:
        bulge = 0.25 * width * width * max(-demand[2], 0.0)
        a1, a2, d1, d2 = max(a1, 0.0), max(a2, 0.0), max(d1 + bulge, 0.0), max(d2 + bulge, 0.0)
    best = max(a1 * d1, a2 * d2)
    rise, grow = a2 - a1, d2 - d1
    if rise * grow < 0.0:  # (a1 + rise t) (d1 + grow t) is concave: its vertex
        t = -0.5 * (a1 / rise + d1 / grow)
        if 0.0 < t < 1.0:
            best = max(best, (a1 + rise * t) * (d1 + grow * t))
    other = _terms(margin, demand, lo, hi)
    return other if other < best else best


@jit
def product_peak(margin, demand, lo, hi, losing):
    """An upper bound on margin(X) x demand(X) over [lo, hi].

    margin(X) = m0 + m1 / X + m2 / X^2 with m1, m2 >= 0, demand(X) = k0 + k1 X + k2 X^2.

    margin is convex and so below its chord on every piece; demand is below its chord + |k2| width^2 / 4 (where the product is
    a loss: above the chord - the same). The product of two chords is a quadratic polynomial with a known maximum; `_terms` is
    another bound, the less of the two counts. The piece of the greatest bound is halved until that is within 1e-13 of a value
    attained.
    """
    ends, bounds = np.empty((_PIECES, 2)), np.empty(_PIECES)
    ends[0, 0], ends[0, 1] = lo, hi
    bounds[0], count = _piece(margin, demand, lo, hi, losing), 1
    attained = max(_piece(margin, demand, lo, lo, losing), _piece(margin, demand, hi, hi, losing))
    while True:
        k = 0
        for j in range(1, count):
            if bounds[j] > bounds[k]:
                k = j
        middle = 0.5 * (ends[k, 0] + ends[k, 1])
        close = not bounds[k] > attained + 1e-13 * abs(attained)
        if close or count == _PIECES or not ends[k, 0] < middle < ends[k, 1]:
            return bounds[k]
        attained = max(attained, _piece(margin, demand, middle, middle, losing))
        ends[count, 0], ends[count, 1] = middle, ends[k, 1]
        ends[k, 1] = middle
        bounds[count] = _piece(margin, demand, middle, ends[count, 1], losing)
        bounds[k] = _piece(margin, demand, ends[k, 0], middle, losing)
        count += 1


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
