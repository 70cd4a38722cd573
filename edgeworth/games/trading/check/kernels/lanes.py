"""Compensated sums over consumers, in lanes.

Sums are compensated (Neumaier): their error is 2 u of the result plus (n u)^2 of the terms' sizes, u = 2^-53.
"""

from edgeworth.core.jit import leaf

LANES = 16
"""Sums over all consumers are kept in so many lanes, of which a processor adds several at a time."""
BLOCK = 256
"""So many consumers' terms are computed before they are added."""


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
