"""What can be said of all equilibria over an interval of prices: where shares must lie, and who is surely at which bound.

On [a, b] the mining power falls from X_a to X_b. In the coordinates X and q = p X a share before clipping is linear,
s_i = 1 - g_i q + w_i X. The equilibrium path (q, X) runs near the chord between its ends, q = chord + e; the kernels find
a range of e that no equilibrium leaves, and with it a range of every share.
"""

from edgeworth.core.jit import jit

_BLOCK = 1024


@jit
def excess(slope, offset, beta, least, most, left, x_left, right, x_right, upper, e):
    """Sum of the clipped shares at the chord + e, each at its higher (`upper`) or lower end, and its slope in e."""
    total, steep = 0.0, 0.0
    for begin in range(0, len(slope), _BLOCK):
        t_sum, g_sum = 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(slope))):
            g, w = slope[i], offset[i]
            one, two = 1.0 - (g * left - w) * x_left, 1.0 - (g * right - w) * x_right
            share = (max(one, two) if upper else min(one, two)) - g * e
            lower, higher = least * beta[i], most * beta[i]
            inside = (share > lower) & (share < higher)
            t_sum += share if inside else (lower if share <= lower else higher)
            g_sum += g if inside else 0.0
        total += t_sum
        steep += g_sum
    return total, steep


@jit
def deviation(slope, offset, beta, low, high, left, x_left, right, x_right, held_low, held_high):
    """A range [e_lo, e_hi] of e: beyond e_hi all shares, each at its highest, sum to less than 1; below e_lo to more than 1.

    Never wider than what p in [a, b] says by itself. held_low, held_high: what the linear consumers mine at least and at most.
    """
    margin = 4e-16 * (len(slope) + 16)
    bounds = (0.0, 0.0)
    for side in range(2):
        upper = side == 0
        power = x_right if upper else x_left
        held = held_high if upper else held_low
        sign = 1.0 if upper else -1.0
        widest = (right - left) * (x_left if upper else x_right)
        near, far, best = 0.0, widest, widest  # of |e|
        step = 0.0
        for _ in range(12):
            total, steep = excess(
                slope, offset, beta, low / power, high / power, left, x_left, right, x_right, upper, sign * step
            )  # fmt: skip
            over = sign * (total + held / power - 1.0) + margin
            if over <= 0.0:
                best = far = step
                if step == 0.0 or near >= 0.5 * far:
                    break
            else:
                near = step
            newton = step + 1.05 * over / steep if steep > 0.0 else -1.0
            step = newton if near < newton < far else (0.5 * (near + far) if near > 0.0 else 0.03 * far)
            if not near < step < far:
                break
        bounds = (bounds[0], best) if upper else (-best, bounds[1])
    return bounds


@jit
def ranges(g, w, b, low, high, left, x_left, right, x_right, e_low, e_high):
    """The class of one consumer (0 surely interior, 1 at the lower bound, 2 at the upper, 3 any) and the range of its x."""
    one, two = 1.0 - (g * left - w) * x_left, 1.0 - (g * right - w) * x_right
    smallest, largest = min(one, two) - g * e_high, max(one, two) - g * e_low
    if largest <= low * b / x_left:
        return 1, low * b, low * b
    if smallest >= high * b / x_right:
        return 2, high * b, high * b
    if smallest >= low * b / x_right and largest <= high * b / x_left:
        return 0, 0.0, 0.0
    least = smallest * (x_right if smallest >= 0.0 else x_left)
    most = largest * (x_left if largest >= 0.0 else x_right)
    return 3, min(max(least, low * b), high * b), min(max(most, low * b), high * b)


@jit
def sums(slope, offset, beta, low, high, left, x_left, right, x_right, e_low, e_high, out):
    """Fill `out`: 0 number of surely interior consumers, over them 1 sum g, 2 sum w, 3 sum 1/b, 4 sum g/b, 5 sum w/b; over
    those surely at a bound 6 sum x, 7 sum F; over the rest 8 number, 9 sum 1/b, 10 and 11 sum of least and most x, 12 and 13
    least and most of sum (1/b - mu) x; 14 mu.
    """
    out[:] = 0.0
    for begin in range(0, len(slope), _BLOCK):
        n, g_sum, w_sum, v_sum, gv_sum, wv_sum = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        x_sum, f_sum, m, mv_sum, lo_sum, hi_sum = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(slope))):
            g, w, b = slope[i], offset[i], beta[i]
            kind, least, most = ranges(g, w, b, low, high, left, x_left, right, x_right, e_low, e_high)
            if kind == 0:
                n, g_sum, w_sum = n + 1.0, g_sum + g, w_sum + w
                v_sum, gv_sum, wv_sum = v_sum + 1.0 / b, gv_sum + g / b, wv_sum + w / b
            elif kind < 3:
                x_sum += least
                f_sum += low if kind == 1 else high
            else:
                m, mv_sum, lo_sum, hi_sum = m + 1.0, mv_sum + 1.0 / b, lo_sum + least, hi_sum + most
        values = (n, g_sum, w_sum, v_sum, gv_sum, wv_sum, x_sum, f_sum, m, mv_sum, lo_sum, hi_sum)
        for k in range(12):
            out[k] += values[k]
    if out[0] > 0.0:
        mu = out[4] / out[1] if out[1] > 0.0 else 0.0
    else:
        mu = out[9] / out[8] if out[8] > 0.0 else 0.0
    out[14] = mu
    if out[8] > 0.0:
        for i in range(len(slope)):
            kind, least, most = ranges(
                slope[i], offset[i], beta[i], low, high, left, x_left, right, x_right, e_low, e_high
            )  # fmt: skip
            if kind == 3:
                t = 1.0 / beta[i] - mu
                out[12] += t * (least if t >= 0.0 else most)
                out[13] += t * (most if t >= 0.0 else least)
