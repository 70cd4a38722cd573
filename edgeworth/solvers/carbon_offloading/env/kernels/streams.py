"""Random numbers of the counter-based streams of `core.kernels`: number n of a stream is a function of its first word and n.

A stream is held as one word; drawing returns the number and the next word.
"""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.jit import leaf
from edgeworth.core.kernels import GOLDEN, fraction

MANY = 600.0
"""Poisson numbers of means below this are drawn from a table, others by rejection."""
TABLE, GUIDE = 1024, 512
"""Room for the table of a mean below `MANY`, and for the guide into it."""


@leaf(counted=False)
def uniform(word):
    """Uniform in [0, 1), and the next word."""
    return fraction(word), word + GOLDEN


@leaf(counted=False)
def between(word, low, high):
    """Uniform between two numbers, and the next word."""
    number, word = uniform(word)
    return low + (high - low) * number, word


@leaf(counted=False)
def normals(word):
    """Two independent standard normal numbers by the polar method of Marsaglia and Bray (1964), and the next word."""
    while True:
        first, word = between(word, -1.0, 1.0)
        second, word = between(word, -1.0, 1.0)
        square = first * first + second * second
        if 0.0 < square < 1.0:
            factor = math.sqrt(-2.0 * math.log(square) / square)
            return factor * first, factor * second, word


@leaf(counted=False)
def gamma_law(shape):
    """What `gamma` needs, computed once: d and c."""
    d = shape - 1.0 / 3.0
    return d, 1.0 / math.sqrt(9.0 * d)


@leaf(counted=False)
def gamma(word, law, normal):
    """A Gamma(shape, 1) number for a shape >= 1, and the next word: the rejection of Marsaglia and Tsang (2000).

    normal: a standard normal number, independent of all others, for the first trial.
    """
    d, c = law
    while True:
        v = 1.0 + c * normal
        number, word = uniform(word)
        if v > 0.0:
            v = v * v * v
            square = normal * normal
            if number < 1.0 - 0.0331 * square * square:
                return d * v, word
            if number > 0.0 and math.log(number) < 0.5 * square + d * (1.0 - v + math.log(v)):
                return d * v, word
        normal, _, word = normals(word)


@leaf(counted=False)
def tabulate(mean, cumulative, guide):
    """Put P(N <= k) of a Poisson number of a mean below `MANY` into `cumulative`, and where to begin to search into `guide`.

    The last entry of the table is 2, which no uniform number reaches.
    """
    mass, total, count = math.exp(-mean), 0.0, 0
    while count < TABLE - 1 and (count <= mean or mass > 1e-18):
        total += mass
        cumulative[count] = total
        count += 1
        mass *= mean / count
    cumulative[count] = 2.0
    k = 0
    for j in range(GUIDE):
        while cumulative[k] <= j / GUIDE:
            k += 1
        guide[j] = k


@leaf(counted=False)
def tabulated(word, cumulative, guide):
    """A Poisson number of the table, by inversion, as a float, and the next word."""
    number, word = uniform(word)
    k = guide[int(number * GUIDE)]
    while number >= cumulative[k]:
        k += 1
    return float(k), word


@leaf(counted=False)
def poisson(word, mean):
    """A Poisson number of a mean of 10 at least, as a float, and the next word: algorithm PTRS of Hörmann (1993)."""
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    while True:
        first, word = uniform(word)
        second, word = uniform(word)
        first, second = first - 0.5, 1.0 - second
        edge = 0.5 - abs(first)
        if edge <= 0.0:
            continue
        count = np.floor((2.0 * a / edge + b) * first + mean + 0.43)
        if edge >= 0.07 and second <= 0.9277 - 3.6224 / (b - 2.0):
            return count, word
        if count < 0.0 or (edge < 0.013 and second > edge):
            continue
        accepted = math.log(second * (1.1239 + 1.1328 / (b - 3.4)) / (a / (edge * edge) + b))
        if accepted <= count * math.log(mean) - mean - math.lgamma(count + 1.0):
            return count, word
