"""Recurrent networks run over windows, all steps in one loop, from plain float32 arrays.

Windows go through in blocks: a block's states stay in the cache while its steps are taken, the products are BLAS's, and
everything else is done in loops that the compiler vectorises. For that the exponential function is a polynomial, and quotients
are `np.divide`'s, which does not stop for a divisor of 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.jit import jit, leaf

BLOCK = 16  # windows at a time: products of this size are made on one thread

_ZERO, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)
_LOG2E, _LN2_HIGH, _LN2_LOW = np.float32(1.4426950408889634), np.float32(0.693359375), np.float32(-2.12194440054690583e-4)
_LOWEST, _HIGHEST = np.float32(-87.0), np.float32(88.0)
_E2, _E3, _E4 = np.float32(1 / 2), np.float32(1 / 6), np.float32(1 / 24)
_E5, _E6, _E7 = np.float32(1 / 120), np.float32(1 / 720), np.float32(1 / 5040)
_L3, _L5, _L7 = np.float32(1 / 3), np.float32(1 / 5), np.float32(1 / 7)
_L9, _L11, _L13 = np.float32(1 / 9), np.float32(1 / 11), np.float32(1 / 13)
_ROUND = np.float32(1.5 * 2.0**23)  # added and taken away again, it leaves the nearest integer
_BIAS, _UNIT = np.float32(127.0), np.float32(2.0**23)  # of the exponent's field in a float32


class Liquid(NamedTuple):
    """Windows and a liquid cell; both gates' columns stand side by side, the time constants' first. All are float32."""

    windows: Array  # [n, steps, features]
    gaps: Array  # [n, steps]
    into: Array  # [features, 2 width]
    bias: Array  # [2 width]
    among: Array  # [width, 2 width]
    gain: Array  # [width], of the normalisation
    shift: Array  # [width]
    limits: Array  # lowest and highest time constant, the normalisation's epsilon


class Layers(NamedTuple):
    """Windows and two LSTM layers; the columns of the gates stand side by side, as in torch: i, f, g, o. All are float32."""

    windows: Array  # [n, steps, features]
    into: Array  # [features, 4 width]
    bias: Array  # [4 width]
    among: Array  # [width, 4 width]
    upper_into: Array  # [width, 4 width], read the lower layer
    upper_bias: Array
    upper_among: Array


@leaf(counted=False)
def exp(x):
    """exp(x) of a float32 within a few units of the last place: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]."""
    x = min(max(x, _LOWEST), _HIGHEST)
    n = (x * _LOG2E + _ROUND) - _ROUND
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    series = _ONE + r * (_ONE + r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * (_E6 + r * _E7))))))
    return series * np.int32((n + _BIAS) * _UNIT).view(np.float32)  # the bits of 2^n


@leaf(counted=False)
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return np.divide(_ONE, _ONE + exp(-x))


@leaf(counted=False)
def tanh(x):
    """tanh(x) by exp(2 x); near 0 it is exact to 1e-7 of 1, not of itself."""
    return _ONE - np.divide(_TWO, exp(x + x) + _ONE)


@leaf(counted=False)
def softplus(x):
    """log(1 + exp(x)), by the series of the inverse hyperbolic tangent."""
    u = exp(-abs(x))
    s = np.divide(u, _TWO + u)
    q = s * s
    return max(x, _ZERO) + _TWO * s * (_ONE + q * (_L3 + q * (_L5 + q * (_L7 + q * (_L9 + q * (_L11 + q * _L13))))))


@jit
def liquid(net, states):
    """Last states [n, width] of the liquid cell. A step with a gap of 0 has no observation, and changes nothing."""
    n, steps = net.gaps.shape
    width = states.shape[1]
    state = np.empty((BLOCK, width), np.float32)
    gates = np.empty((BLOCK, 2 * width), np.float32)
    for first in range(0, n, BLOCK):
        rows = min(BLOCK, n - first)
        state[:] = _ZERO
        for step in range(steps):
            np.dot(state[:rows], net.among, gates[:rows])
            for row in range(rows):
                gap = net.gaps[first + row, step]
                if gap == _ZERO:
                    continue
                gate = gates[row]
                _add(gate, net.bias, net.windows[first + row, step], net.into)
                _blend(gate[:width], gate[width:], gap, net.gain, net.shift, net.limits, state[row])
        states[first : first + rows] = state[:rows]


@leaf(counted=False)
def _add(gate, bias, inputs, into):
    """Add the bias and what the inputs give."""
    for j in range(gate.shape[0]):
        gate[j] += bias[j]
    for k in range(inputs.shape[0]):
        x, column = inputs[k], into[k]
        for j in range(gate.shape[0]):
            gate[j] += x * column[j]


@leaf(counted=False)
def _blend(rate, drive, gap, gain, shift, limits, state):
    """One step of a state towards the target, by a share that the gap and the time constants give."""
    width = state.shape[0]
    over = _ONE / np.float32(width)
    lowest, highest, eps = limits[0], limits[1], limits[2]
    total, squares = _ZERO, _ZERO
    for j in range(width):
        total += drive[j]
    mean = total * over
    for j in range(width):
        drive[j] -= mean
        squares += drive[j] * drive[j]
    scale = _ONE / np.sqrt(squares * over + eps)
    for j in range(width):
        tau = min(max(softplus(rate[j]), lowest), highest)
        target = tanh(drive[j] * scale * gain[j] + shift[j])
        state[j] = target + exp(-np.divide(gap, tau)) * (state[j] - target)


@jit
def lstm(net, states):
    """Last states [n, width] of the upper of two LSTM layers."""
    n, steps = net.windows.shape[:2]
    width = states.shape[1]
    low, high = np.empty((BLOCK, width), np.float32), np.empty((BLOCK, width), np.float32)
    low_cell, high_cell = np.empty((BLOCK, width), np.float32), np.empty((BLOCK, width), np.float32)
    gates, more = np.empty((BLOCK, 4 * width), np.float32), np.empty((BLOCK, 4 * width), np.float32)
    for first in range(0, n, BLOCK):
        rows = min(BLOCK, n - first)
        low[:], high[:], low_cell[:], high_cell[:] = _ZERO, _ZERO, _ZERO, _ZERO
        for step in range(steps):
            np.dot(low[:rows], net.among, gates[:rows])
            for row in range(rows):
                _add(gates[row], net.bias, net.windows[first + row, step], net.into)
                _remember(gates[row], low[row], low_cell[row])
            np.dot(high[:rows], net.upper_among, gates[:rows])
            np.dot(low[:rows], net.upper_into, more[:rows])
            for row in range(rows):
                gate, further, bias = gates[row], more[row], net.upper_bias
                for j in range(4 * width):
                    gate[j] += further[j] + bias[j]
                _remember(gate, high[row], high_cell[row])
        states[first : first + rows] = high[:rows]


@leaf(counted=False)
def _remember(gate, state, cell):
    width = state.shape[0]
    take, keep, new, show = gate[:width], gate[width : 2 * width], gate[2 * width : 3 * width], gate[3 * width :]
    for j in range(width):
        cell[j] = sigmoid(keep[j]) * cell[j] + sigmoid(take[j]) * tanh(new[j])
        state[j] = sigmoid(show[j]) * tanh(cell[j])
