"""Small kernels that others call in place of NumPy's, which numba compiles for seconds."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import leaf

_RUN = 16  # entries sorted by insertion before runs are merged


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
