"""Least energy of bits, for whole arrays: what a joule more buys, and what bits cost."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.carbon_offloading.model.problem import CarbonOffloading

_LN2 = math.log(2.0)
_HALVINGS = 80  # of an interval of ratios whose ends are 1e18 apart: the last is below the spacing of floats


class Curves(NamedTuple):
    """The two energy curves of every user and slot; all arrays have, or broadcast to, (users, slots).

    cubic: of the local curve e = cubic l^3; unit: tau / gain, of e = unit (2^(o / rate) - 1); rate: W tau, bit; most_local,
    most_sent: l_max and o_max, bit.
    """

    cubic: float
    unit: Floats
    rate: float
    most_local: Floats
    most_sent: Floats


def curves(problem: CarbonOffloading) -> Curves:
    """The energy curves of a problem, for a receiver without interference."""
    rate = problem.bandwidth * problem.slot_length
    cubic = problem.switched_capacitance * problem.cycles_per_bit**3 / problem.slot_length**2
    gain = problem.free_gain
    most = rate * np.log1p(problem.offload_power_cap[:, None] * gain) / _LN2
    return Curves(cubic, problem.slot_length / gain, rate, problem.most_local[:, None], most)


def response(curve: Curves, ratio: Floats) -> tuple[Floats, Floats]:
    """The bits (local, sent) that are worth their energy where a bit is worth `ratio` joules: both marginal energies reach it.

    They minimise e(l) + e(o) - ratio (l + o) over 0 <= l <= l_max, 0 <= o <= o_max. ratio: >= 0, infinity allowed.
    """
    local = np.minimum(np.sqrt(ratio / (3.0 * curve.cubic)), curve.most_local)
    with np.errstate(divide="ignore"):
        sent = curve.rate * np.log2(ratio * curve.rate / (curve.unit * _LN2))
    return local, np.clip(sent, 0.0, curve.most_sent)


def energy(curve: Curves, local: Floats, sent: Floats) -> Floats:
    """Joules that these bits take."""
    return np.asarray(curve.cubic * local**3 + curve.unit * np.expm1(sent / curve.rate * _LN2))


def green_ratio(curve: Curves, joules: Floats) -> Floats:
    """The worth of a bit in joules at which `response` spends exactly `joules`; infinite where full power spends no more.

    The energy of the response rises with the ratio from 0 to that of full power: bisection.
    """
    last_local = 3.0 * curve.cubic * curve.most_local**2
    last_sent = _LN2 / curve.rate * curve.unit * np.exp2(curve.most_sent / curve.rate)
    high = np.broadcast_to(np.maximum(last_local, last_sent), joules.shape).copy()
    low = np.zeros_like(high)
    enough = energy(curve, *response(curve, high)) <= joules
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        under = energy(curve, *response(curve, middle)) <= joules
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.where(enough, np.inf, 0.5 * (low + high))


def least_energy(curve: Curves, bits: Floats) -> Floats:
    """The least joules that serve so many bits in a slot, at most those of full power; inf for more than that serves."""
    last_local = 3.0 * curve.cubic * curve.most_local**2
    last_sent = _LN2 / curve.rate * curve.unit * np.exp2(curve.most_sent / curve.rate)
    high = np.broadcast_to(np.maximum(last_local, last_sent), bits.shape).copy()
    low = np.zeros_like(high)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        local, sent = response(curve, middle)
        under = local + sent < bits
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    local, sent = response(curve, high)
    return np.where(bits > (curve.most_local + curve.most_sent) * (1.0 + 1e-12), np.inf, energy(curve, local, sent))
