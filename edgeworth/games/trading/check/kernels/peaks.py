"""Upper bounds on the greatest value of a polynomial and of a product, over an interval of the power X."""

import numpy as np

from edgeworth.core.jit import jit, leaf

_PIECES = 512


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
