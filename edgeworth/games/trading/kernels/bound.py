"""What can be said of all equilibria over an interval of prices: where shares must lie, and who is surely at which bound.

On [a, b] the mining power falls from X_a to X_b. In the coordinates X and q = p X a share before clipping is linear,
s_i = 1 - g_i q + w_i X. The equilibrium path (q, X) runs near the chord between its ends, q = chord + e; the kernels find
a range of e that no equilibrium leaves, and with it a range of every share.

All of it holds of demands that floats cannot tell from an equilibrium, too: shares that are off by `blur` (1 + (g p + w) X) and
demands that are off by `drift`, relative.
"""

from edgeworth.core.jit import jit, leaf

_BLOCK = 1024


@jit
def reach(slope, offset, beta, low, high, price, power, upper, blur):
    """Sum of the clipped shares at a price and a power, each at its higher (`upper`) or lower end."""
    total = 0.0
    sign = 1.0 if upper else -1.0
    for begin in range(0, len(slope), _BLOCK):
        t_sum = 0.0
        for i in range(begin, min(begin + _BLOCK, len(slope))):
            g, w = slope[i] * price, offset[i]
            cost = g - w - sign * blur * (g + w)
            lower, higher = low * beta[i] / power, high * beta[i] / power
            share = 1.0 + sign * blur - max(cost, 0.0) * power
            if (cost < 0.0 or slope[i] == 0.0) and not upper:
                share = higher
            t_sum += min(max(share, lower), higher)
        total += t_sum
    return total


@leaf
def excess(slope, offset, beta, least, most, left, x_left, right, x_right, upper, e, blur):
    """Sum of the clipped shares at the chord + e, each at its higher (`upper`) or lower end, and its slope in e."""
    total, steep = 0.0, 0.0
    for begin in range(0, len(slope), _BLOCK):
        t_sum, g_sum = 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(slope))):
            g, w = slope[i], offset[i]
            one, two = 1.0 - (g * left - w) * x_left, 1.0 - (g * right - w) * x_right
            room = blur * (1.0 + (g * right + w) * x_left)
            share = (max(one, two) + room if upper else min(one, two) - room) - g * e
            lower, higher = least * beta[i], most * beta[i]
            inside = (share > lower) & (share < higher)
            t_sum += share if inside else (lower if share <= lower else higher)
            g_sum += g if inside else 0.0
        total += t_sum
        steep += g_sum
    return total, steep


@jit
def deviation(slope, offset, beta, low, high, left, x_left, right, x_right, held_low, held_high, blur, drift):
    """A range [e_lo, e_hi] of e: beyond e_hi all shares, each at its highest, sum to less than 1; below e_lo to more than 1.

    Never wider than what p in [a, b] says by itself. held_low, held_high: what the linear consumers mine at least and at most.
    """
    margin = 4e-16 * (len(slope) + 64)
    bounds = (0.0, 0.0)
    for side in range(2):
        upper = side == 0
        power = x_right if upper else x_left
        held = held_high if upper else held_low
        sign = 1.0 if upper else -1.0
        widest = (right - left) * (x_left if upper else x_right) * (1.0 + 1e-11)
        near, far, best = 0.0, widest, widest  # of |e|
        step = 0.0
        for _ in range(12):
            total, steep = excess(
                slope, offset, beta, low / power, high / power, left, x_left, right, x_right, upper, sign * step, blur
            )  # fmt: skip
            over = sign * ((1.0 + sign * drift) * total + held / power - 1.0) + margin
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


@leaf
def ranges(g, w, b, low, high, left, x_left, right, x_right, e_low, e_high, blur, drift):
    """The class of one consumer (0 surely interior, 1 at the lower bound, 2 at the upper, 3 any), the range of its x, and its
    largest share."""
    one, two = 1.0 - (g * left - w) * x_left, 1.0 - (g * right - w) * x_right
    room = blur * (1.0 + (g * right + w) * x_left)
    smallest, largest = min(one, two) - room - g * e_high, max(one, two) + room - g * e_low
    lower, higher = low * b, high * b
    if largest <= lower / x_left * (1.0 - blur):
        return 1, lower, min(lower * (1.0 + drift), higher), largest
    if smallest >= higher / x_right * (1.0 + blur) or g * right < w * (1.0 - 3.0 * blur) or g == 0.0:
        return 2, max(higher * (1.0 - drift), lower), higher, largest
    if smallest >= lower / x_right * (1.0 + blur) and largest <= higher / x_left * (1.0 - blur):
        return 0, 0.0, 0.0, largest
    least = smallest * (x_right if smallest >= 0.0 else x_left) * (1.0 - drift)
    most = largest * (x_left if largest >= 0.0 else x_right) * (1.0 + drift)
    return 3, min(max(least, lower), higher), min(max(most, lower), higher), largest


@jit
def sums(slope, offset, beta, low, high, left, x_left, right, x_right, e_low, e_high, blur, drift, out):
    """Fill `out`: 0 number of surely interior consumers, over them 1 sum g, 2 sum w, 3 sum 1/b, 4 sum g/b, 5 sum w/b, 6 and 7
    sum of the largest shares s and s/b; over the rest 8 and 9 least and most of sum (1/b - mu) x, 10 sum of most x, 11 and
    12 the sizes sum (1/b + |mu|) x of 8 and 9; 13 mu.
    """
    out[:] = 0.0
    unsure, inverse = 0.0, 0.0
    for begin in range(0, len(slope), _BLOCK):
        n, g_sum, w_sum, v_sum, gv_sum, wv_sum, s_sum, sv_sum = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(slope))):
            g, w, b = slope[i], offset[i], beta[i]
            kind, _, _, top = ranges(g, w, b, low, high, left, x_left, right, x_right, e_low, e_high, blur, drift)
            if kind == 0:
                n, g_sum, w_sum = n + 1.0, g_sum + g, w_sum + w
                v_sum, gv_sum, wv_sum = v_sum + 1.0 / b, gv_sum + g / b, wv_sum + w / b
                s_sum, sv_sum = s_sum + top, sv_sum + top / b
            elif kind == 3:
                unsure, inverse = unsure + 1.0, inverse + 1.0 / b
        values = (n, g_sum, w_sum, v_sum, gv_sum, wv_sum, s_sum, sv_sum)
        for k in range(8):
            out[k] += values[k]
    if out[0] > 0.0:
        mu = out[4] / out[1] if out[1] > 0.0 else 0.0
    else:
        mu = inverse / unsure if unsure > 0.0 else 0.0
    out[13] = mu
    for begin in range(0, len(slope), _BLOCK):
        lo_sum, hi_sum, x_sum, lo_size, hi_size = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(begin, min(begin + _BLOCK, len(slope))):
            kind, least, most, _ = ranges(
                slope[i], offset[i], beta[i], low, high, left, x_left, right, x_right, e_low, e_high, blur, drift
            )  # fmt: skip
            if kind != 0:
                t, size = 1.0 / beta[i] - mu, 1.0 / beta[i] + abs(mu)
                lower, higher = (least, most) if t >= 0.0 else (most, least)
                lo_sum += t * lower
                hi_sum += t * higher
                x_sum += most
                lo_size += size * lower
                hi_size += size * higher
        values = (lo_sum, hi_sum, x_sum, lo_size, hi_size)
        for k in range(5):
            out[8 + k] += values[k]
