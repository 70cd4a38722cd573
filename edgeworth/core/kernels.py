"""Small kernels that others call: in place of NumPy's, which numba compiles for seconds, and random numbers of a counter."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import leaf

_RUN = 16  # entries sorted by insertion before runs are merged

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""What a word of a stream grows by from one number to the next."""
_SHIFT_A, _SHIFT_B, _SHIFT_C, _SHIFT_D = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_MIX_A, _MIX_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 1.0 / 9007199254740992.0  # 2 ** -53


@leaf(counted=False)
def mixed(z):
    """The finaliser of SplitMix64: a bijection of 64-bit words whose outputs on a counter pass as random."""
    z = (z ^ (z >> _SHIFT_A)) * _MIX_A
    z = (z ^ (z >> _SHIFT_B)) * _MIX_B
    return z ^ (z >> _SHIFT_C)


@leaf(counted=False)
def stream(seed, first, second):
    """The word at which a stream begins, one of its own for every pair of numbers."""
    return mixed(mixed(mixed(seed) + np.uint64(first) * GOLDEN) + np.uint64(second) * GOLDEN)


@leaf(counted=False)
def fraction(word):
    """The number of a word, uniform in [0, 1): number n of a stream is that of its first word plus n times `GOLDEN`."""
    return float(mixed(word) >> _SHIFT_D) * _UNIT


@leaf
def assign(target, source):
    """``target[:] = source`` for vectors of the same length.

    numba's own assignment of one array to another brings the text of its error message, which takes 38 functions.
    """
    for k in range(target.size):
        target[k] = source[k]


@leaf
def ranked(values):
    """The order of rising values, equal ones by index: ``np.argsort(values, kind="stable")``. Values must not be NaN."""
    count = values.size
    order, other = np.empty(count, np.int64), np.empty(count, np.int64)
    for begin in range(0, count, _RUN):
        for a in range(begin, min(begin + _RUN, count)):
            b = a
            while b > begin and values[order[b - 1]] > values[a]:
                order[b] = order[b - 1]
                b -= 1
            order[b] = a
    width = _RUN
    while width < count:
        for begin in range(0, count, 2 * width):
            middle, end = min(begin + width, count), min(begin + 2 * width, count)
            a, b = begin, middle
            for c in range(begin, end):
                if a < middle and (b >= end or values[order[a]] <= values[order[b]]):
                    other[c] = order[a]
                    a += 1
                else:
                    other[c] = order[b]
                    b += 1
        order, other = other, order
        width *= 2
    return order
