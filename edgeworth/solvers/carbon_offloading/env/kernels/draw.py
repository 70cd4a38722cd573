"""Whole episodes of all copies, drawn without channel matrices."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import stream
from edgeworth.solvers.carbon_offloading.env.kernels.streams import (
    GUIDE,
    MANY,
    TABLE,
    between,
    gamma,
    gamma_law,
    normals,
    poisson,
    tabulate,
    tabulated,
    uniform,
)

_SUMMED = 7.0  # scalars up to which exponential numbers cost less than a rejection


class Distribution(NamedTuple):
    """What episodes are drawn from.

    packets, quanta: means a slot; packet, bit; quantum, J; strength: path loss at 1 m over noise power, 1/W; step: metres a
    slot; shape: of the gamma law of gains; unequal: whether distances, loads and caps are multiplied by U[least, most];
    filled: b_0 is uniform in [0, filled].
    """

    packets: float
    packet: float
    quanta: float
    quantum: float
    strength: float
    hole: float
    radius: float
    step: float
    correlation: float
    shape: float
    unequal: int
    least: float
    most: float
    filled: float


class Drawn(NamedTuple):
    """What `draw` fills in: arrays of (slots or slots + 1, copies, users) and, of one episode each, (copies, users)."""

    arrivals: Floats
    harvest: Floats
    gain: Floats
    load_factor: Floats
    local_factor: Floats
    offload_factor: Floats
    initial_buffer: Floats
    first_scale: Floats
    worst_gain: Floats


@jit
def begin(seed, words):
    """Puts the streams of all copies and users (copies, users) at their beginning."""
    for c in range(words.shape[0]):
        for u in range(words.shape[1]):
            words[c, u] = stream(seed, c, u)


@leaf(counted=False)
def folded(place, wall):
    """A coordinate of a straight walk, reflected at plus and minus `wall`."""
    if abs(place) <= wall:
        return place
    period = 4.0 * wall
    shifted = place + wall - period * np.floor((place + wall) / period)
    return min(shifted, period - shifted) - wall


@leaf(counted=False)
def fading_law(correlation, shape):
    """What `next_power` needs, computed once; `summed`: how many exponential numbers it adds up, -1 where they are too many."""
    fresh = 1.0 - correlation * correlation
    summed = int(shape) - 1 if shape <= _SUMMED else -1
    return correlation, math.sqrt(0.5 * fresh), fresh, summed, gamma_law(max(shape, 2.0) - 0.5)


@leaf(counted=False)
def next_power(word, power, law):
    """The squared length of k = shape autoregressive complex numbers one slot later, and the next word.

    With g' = rho g + sqrt(1 - rho^2) CN(0, I) the law of |g'|^2 depends on |g|^2 alone: turn g onto the first axis. Then
    |g'|^2 = (rho |g| + sqrt((1 - rho^2) / 2) x)^2 + (1 - rho^2) Gamma(k - 1/2, 1) for a normal x: no vector is kept. For few
    scalars that gamma number is y^2 / 2 for a normal y plus k - 1 exponential ones, else it is drawn by rejection.
    """
    correlation, spread, fresh, summed, rest_law = law
    along, across, word = normals(word)
    if summed >= 0:
        product = 1.0
        for _ in range(summed):
            number, word = uniform(word)
            product *= 1.0 - number
        rest = 0.5 * across * across - math.log(product)
    else:
        rest, word = gamma(word, rest_law, across)
    root = correlation * math.sqrt(power) + spread * along
    return root * root + fresh * rest, word


@jit
def draw(law, words, out):
    """A new episode of every copy; each user's numbers come from its own stream, in the order of the code."""
    slots = out.arrivals.shape[0]
    harvests, into_harvests = np.empty(TABLE), np.empty(GUIDE, np.int64)
    loads, into_loads, tabled = np.empty(TABLE), np.empty(GUIDE, np.int64), -1.0
    if law.quanta < MANY:
        tabulate(law.quanta, harvests, into_harvests)
    first, fading = gamma_law(law.shape), fading_law(law.correlation, law.shape)
    for c in range(words.shape[0]):
        for u in range(words.shape[1]):
            # 1. Where the device starts and what it is like.
            word = words[c, u]
            square, word = between(word, law.hole * law.hole, law.radius * law.radius)
            start, load = math.sqrt(square), 1.0
            out.local_factor[c, u] = out.offload_factor[c, u] = 1.0
            if law.unequal:
                factor, word = between(word, law.least, law.most)
                start *= factor
                load, word = between(word, law.least, law.most)
                out.local_factor[c, u], word = between(word, law.least, law.most)
                out.offload_factor[c, u], word = between(word, law.least, law.most)
            start = max(start, 1.0)
            nearest = min(start, law.hole)
            out.load_factor[c, u] = load
            angle, word = between(word, 0.0, 2.0 * math.pi)
            heading, word = between(word, 0.0, 2.0 * math.pi)
            part, word = uniform(word)
            out.initial_buffer[c, u] = law.filled * part
            # 2. Its walk: straight, reflected in the square whose corners touch the disc.
            x, y = start * math.cos(angle), start * math.sin(angle)
            pace_x, pace_y = law.step * math.cos(heading), law.step * math.sin(heading)
            half = max(law.radius, start) / math.sqrt(2.0)
            wall_x, wall_y = max(half, abs(x)), max(half, abs(y))
            # 3. Slot by slot gain, harvest and arrivals; nothing arrives in the slot after the last.
            packets = law.packets * load
            if packets < MANY and packets != tabled:
                tabulate(packets, loads, into_loads)
                tabled = packets
            normal, _, word = normals(word)
            power, word = gamma(word, first, normal)
            worst = np.inf
            for t in range(slots + 1):
                if t:
                    power, word = next_power(word, power, fading)
                at_x, at_y = folded(x + t * pace_x, wall_x), folded(y + t * pace_y, wall_y)
                distance = max(math.sqrt(at_x * at_x + at_y * at_y), nearest)
                scale = law.strength / (distance * distance * distance)
                out.gain[t, c, u] = scale * power
                if law.quanta < MANY:
                    count, word = tabulated(word, harvests, into_harvests)
                else:
                    count, word = poisson(word, law.quanta)
                out.harvest[t, c, u] = law.quantum * count
                if t == 0:
                    out.first_scale[c, u] = scale
                if t < slots:
                    worst = min(worst, scale * power)
                    if packets < MANY:
                        count, word = tabulated(word, loads, into_loads)
                    else:
                        count, word = poisson(word, packets)
                    out.arrivals[t, c, u] = law.packet * count
            out.worst_gain[c, u] = worst
            words[c, u] = word
