"""The consumers' equilibrium at a price: one root of the sum of shares, and the demands that go with it.

Consumer i of the contest holds the share s_i(X) = clip(1 - c_i X, low b_i / X, high b_i / X) of the mining power X, with
c_i = kappa_i / R_i = g_i p - w_i, b_i = beta_i; `fixed` is what linear consumers mine. All shares together make 1.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf

_BLOCK = 1024  # terms summed at a time: the rounding error of long sums stays that of short ones
_SAMPLE = 2048


@leaf
def costs(slope, offset, price, cost):
    """c_i = g_i p - w_i."""
    for i in range(len(slope)):
        cost[i] = slope[i] * price - offset[i]


@leaf
def shares(cost, beta, low, high, power):
    """At the mining power X > 0: number of interior shares, the sum of their costs, and the sum of the others' shares."""
    least, most = low / power, high / power
    count, slope, bound = 0.0, 0.0, 0.0
    for begin in range(0, len(cost), _BLOCK):
        n, c_sum, b_sum = 0.0, 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(cost))):
            c, b = cost[i], beta[i]
            share, lower, upper = 1.0 - c * power, least * b, most * b
            # Arithmetic instead of branches, which no processor predicts here: half of the time.
            inside = 1.0 if (share > lower) & (share < upper) else 0.0
            n += inside
            c_sum += inside * c
            b_sum += (1.0 - inside) * min(max(share, lower), upper)
        count += n
        slope += c_sum
        bound += b_sum
    return count, slope, bound


@leaf
def piece_root(count, slope, bound):
    """The X > 0 of C X^2 - (n - 1) X - B = 0: the sum of shares where n are interior with costs C, the others hold B in all."""
    half = 0.5 * (count - 1.0)
    root = np.sqrt(half * half + slope * bound) if half * half + slope * bound > 0.0 else 0.0
    if half >= 0.0:
        return (half + root) / slope if slope > 0.0 else np.inf
    return bound / (root - half)


@leaf
def bracket(cost, beta, low, high, fixed, weight):
    """Two powers between which the shares sum to 1, and a first guess."""
    total, sated, small, large = 0.0, 0.0, np.inf, 0.0
    first, second, last, cost_sum = np.inf, np.inf, -np.inf, 0.0
    for i in range(len(beta)):
        b, c = beta[i], cost[i]
        total += b
        sated += b if c <= 0.0 else 0.0  # they are at F_max, whatever the others do
        small, large, last = min(small, b), max(large, b), max(last, c)
        cost_sum += c
        second = min(second, max(first, c))
        first = min(first, c)
    total, sated = total * weight, sated * weight
    least, most = fixed + low * (total - sated) + high * sated, fixed + high * total
    left, right = least, most
    if left <= 0.0:  # so little power that two consumers hold a half of it or more, or all that their boxes allow
        left = min(2.0 * high * small, most)
        if 0.0 < second < np.inf:
            left = min(left, 0.5 / second)
    if first > 0.0:  # beyond 1 / first all are at their lower bounds
        right = max(left, min(right, 1.0 / first))
    room = 1.0 - 4.0 * last * high * large
    if last > 0.0 and room > 0.0:  # up to here all are at their upper bounds, or there is too much power for that
        edge = 0.5 * (1.0 + np.sqrt(room)) / last
        if most > edge:
            left = min(max(left, edge), right)
    guess = (len(beta) * weight - 1.0) / (cost_sum * weight) if cost_sum > 0.0 else right
    return left, right, guess


@leaf
def aggregate(cost, beta, low, high, fixed, weight, guess):
    """The mining power X at which all shares sum to 1, and how many passes over the consumers that took.

    Newton's steps, exact on each piece, inside a bracket. Where one leaves the bracket, or three have not halved it (in
    logarithms), follows a secant of the bracket, whose slope is that of many pieces, and where that does not halve it either, a
    bisection. Pieces are finite in number: it ends on a step that reproduces itself.
    guess: where to begin, 0 for none. weight: of every consumer (above 1 for a sample that stands for more).
    """
    left, right, start = bracket(cost, beta, low, high, fixed, weight)
    if left >= right:
        return right, 1
    x = guess if left < guess < right else start
    if not left < x < right:
        x = np.sqrt(left) * np.sqrt(right)
    at_left, at_right = np.inf, -np.inf  # the excess of shares at the ends, infinite until evaluated
    passes, slow, width, secant = 1, 0, np.log(right / left), False
    while passes < 300:
        count, slope, bound = shares(cost, beta, low, high, x)
        count, slope, bound = count * weight, slope * weight, bound * weight + fixed / x
        passes += 1
        excess = count - slope * x + bound - 1.0
        new = piece_root(count, slope, bound * x)
        if abs(new - x) <= 4e-16 * x:
            return min(max(new, left), right), passes
        if excess > 0.0:
            left, at_left, at_right = x, excess, at_right * (0.5 if secant else 1.0)
        else:
            right, at_right, at_left = x, excess, at_left * (0.5 if secant else 1.0)
        now = np.log(right / left)
        if now <= 4e-16:
            break
        slow = 0 if now <= 0.5 * width else slow + 1
        width = now if slow == 0 else width
        if new >= right and at_right == -np.inf:
            new = right
        elif new <= left and at_left == np.inf:
            new = left
        elif slow >= 3 or not left < new < right:
            known = at_left < np.inf and at_right > -np.inf
            secant = known and slow < 5
            part = at_left / (at_left - at_right) if secant else 0.5
            new = left * np.exp(now * part)
            slow = slow if secant else 0
            if not left < new < right:
                new = np.sqrt(left) * np.sqrt(right)
            if not left < new < right:
                break
        else:
            secant = False
        x = new
    return x, passes


@leaf
def demands(cost, beta, low, high, fixed, power, demand):
    """The demands F_i = s_i X / b_i at the equilibrium power.

    A share 1 - c_i X is the small difference of two numbers near 1 when consumers are many. It is formed as (c - c_i) / c with
    c = 1 / X, which is exact to rounding, and X is corrected below its own rounding (by the factor 1 - u) so that all shares
    sum to 1.
    """
    if power <= 0.0:
        demand[:] = low
        return
    reference = 1.0 / power
    least, most = low / power, high / power
    count, parts, bound = 0.0, 0.0, fixed
    for begin in range(0, len(cost), _BLOCK):
        n, p_sum, b_sum = 0.0, 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(cost))):
            b = beta[i]
            share, lower, upper = (reference - cost[i]) / reference, least * b, most * b
            inside = 1.0 if (share > lower) & (share < upper) else 0.0
            n += inside
            p_sum += inside * share
            b_sum += (1.0 - inside) * (low * b if share <= lower else high * b)
        count += n
        parts += p_sum
        bound += b_sum
    u = 0.0
    for _ in range(4):
        slope = count - parts + bound * reference / ((1.0 - u) * (1.0 - u))
        if slope <= 0.0:
            break
        u -= (count * u + (1.0 - u) * parts + bound * reference / (1.0 - u) - 1.0) / slope
        if not abs(u) < 1e-9:  # one consumer holds all but rounding: the power itself is not known better than that
            u = 0.0
            break
    x = (1.0 - u) * power
    for i in range(len(cost)):
        share = (reference - cost[i]) / reference
        held = (share * (1.0 - u) + u) * x
        demand[i] = (
            low if share <= least * beta[i] else (high if share >= most * beta[i] else min(max(held / beta[i], low), high))
        )


@leaf
def sampled(cost, beta, low, high, fixed):
    """A guess of the power: the equilibrium of a sample (every k-th consumer, for k others each), then of a larger one."""
    guess = 0.0
    for size in (_SAMPLE, 16 * _SAMPLE):
        step = len(cost) // size
        if step < 8:
            break
        few, weight = len(cost[::step]), len(cost) / len(cost[::step])
        part, role = np.empty(few), np.empty(few)
        for k in range(few):
            part[k], role[k] = cost[k * step], beta[k * step]
        guess, _ = aggregate(part, role, low, high, fixed, weight, guess)
    return guess


@jit
def equilibrium(slope, offset, beta, low, high, fixed, price, guess, cost, demand):
    """Costs, power and demands at a price; returns the power and the number of passes over the consumers."""
    costs(slope, offset, price, cost)
    if guess <= 0.0:
        guess = sampled(cost, beta, low, high, fixed)
    power, passes = aggregate(cost, beta, low, high, fixed, 1.0, guess)
    demands(cost, beta, low, high, fixed, power, demand)
    return power, passes + 3
