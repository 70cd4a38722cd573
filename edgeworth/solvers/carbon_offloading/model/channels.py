"""Where devices are, and how their channels fade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.carbon_offloading.model.receivers import Complex, zero_forcing_gain

MOST_MATRIX = 128
"""Users up to which whole channel matrices are drawn and inverted."""

HOLE = 10.0
"""Metres around the base station where nobody is."""

_CHUNK = 64  # slots whose matrices are held and inverted together


class Fading(NamedTuple):
    """Gauss-Markov fading: correlation from slot to slot, antennas at the receiver."""

    correlation: float
    antennas: int


def distances(rng: np.random.Generator, start: Floats, radius: float, step: float, slots: int) -> Floats:
    """Distance from the base station in every slot, m, [users, slots] (ours): straight lines at one speed, reflected inside.

    Parameters
    ----------
    rng : Generator
        Draws a place at each user's distance and its direction.
    start : float64 [users]
        Distance in the first slot, m.
    radius : float
        The disc that they stay in, m; it is widened to the farthest start.
    step : float
        Metres a slot.
    slots : int

    Notes
    -----
    A disc has no simple reflection, so each coordinate is reflected in a square whose corners touch the disc, or in a wider one
    that holds the start. Who comes closer than 10 m, or than where he starts if that is closer, stays at that distance.
    """
    angle, heading = rng.uniform(0.0, 2.0 * np.pi, (2, len(start)))
    half = np.maximum(radius, start) / np.sqrt(2.0)
    along = step * np.arange(slots)
    away = np.zeros((len(start), slots))
    for place, pace in ((np.cos(angle), np.cos(heading)), (np.sin(angle), np.sin(heading))):
        begin = start * place
        wall = np.maximum(half, np.abs(begin))[:, None]
        moved = begin[:, None] + pace[:, None] * along + wall  # folded into [0, 2 wall]
        folded = np.abs((moved + 2.0 * wall) % (4.0 * wall) - 2.0 * wall)
        away += (folded - wall) ** 2
    return np.maximum(np.sqrt(away), np.minimum(start, HOLE)[:, None])


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Complex:
    """Circular complex normal numbers of variance 1."""
    pairs = rng.standard_normal((*shape, 2)) * np.sqrt(0.5)
    found: Complex = pairs.view(np.complex128)[..., 0]
    return found


def autoregressive(rng: np.random.Generator, shape: tuple[int, ...], correlation: float, slots: int) -> Iterator[Complex]:
    """Slot by slot, complex normal numbers g with E |g|^2 = 1 and the given correlation from slot to slot.

    g' = rho g + sqrt(1 - rho^2) CN(0, 1), begun in its stationary law.
    """
    state = _normal(rng, shape)
    fresh = np.sqrt(1.0 - correlation**2)
    for t in range(slots):
        if t:
            state = correlation * state + fresh * _normal(rng, shape)
        yield state


def matrix_gains(rng: np.random.Generator, fading: Fading, scale: Floats) -> Floats:
    """Zero-forcing gains of whole channel matrices, [users, slots].

    Parameters
    ----------
    rng : Generator
    fading : Fading
    scale : float64 [users, slots]
        Path loss over noise power, 1/W.

    Notes
    -----
    gain_ut = scale_ut / [(G^H G)^-1]_uu with G of independent CN(0, 1): its law is scale_ut Gamma(antennas - users + 1, 1).
    """
    users, slots = scale.shape
    unit, held = np.empty((slots, users)), []
    for t, state in enumerate(autoregressive(rng, (fading.antennas, users), fading.correlation, slots)):
        held.append(state)
        if len(held) == _CHUNK or t == slots - 1:
            unit[t + 1 - len(held) : t + 1] = zero_forcing_gain(np.stack(held))
            held = []
    return scale * unit.T


def gamma_gains(rng: np.random.Generator, fading: Fading, scale: Floats) -> Floats:
    """Gains of the same law as `matrix_gains` in every slot, without matrices (ours), [users, slots].

    The sum of |g|^2 over antennas - users + 1 autoregressive scalars a user: the law in one slot is exact, that from slot to
    slot approximate, and users are independent.
    """
    users, slots = scale.shape
    degrees = fading.antennas - users + 1
    unit = np.empty((slots, users))
    for t, state in enumerate(autoregressive(rng, (users, degrees), fading.correlation, slots)):
        unit[t] = np.sum(state.real**2 + state.imag**2, axis=1)
    return scale * unit.T


def matrices(rng: np.random.Generator, fading: Fading, scale: Floats) -> Complex:
    """Whitened channel matrices themselves, [slots, antennas, users], 1/sqrt(W)."""
    users, slots = scale.shape
    drawn = np.stack(list(autoregressive(rng, (fading.antennas, users), fading.correlation, slots)))
    return drawn * np.sqrt(scale.T)[:, None, :]


def erring(rng: np.random.Generator, estimate: Complex, scale: Floats, error: float) -> Complex:
    """The true channel behind an estimate: sqrt(1 - e) H_hat + sqrt(e) times independent noise of the channel's own power."""
    noise = _normal(rng, estimate.shape) * np.sqrt(scale.T)[:, None, :]
    found: Complex = np.sqrt(1.0 - error) * estimate + np.sqrt(error) * noise
    return found


def ergodic_gains(rng: np.random.Generator, degrees: int, scale: Floats, power: Floats) -> Floats:
    """The gain without fading that carries at full power what fading gains carry on average (1,000 draws), [users, slots]."""
    drawn = rng.standard_gamma(degrees, 1_000)
    found = np.empty(scale.shape)
    for u, most in enumerate(power):
        if most <= 0.0:
            found[u] = scale[u] * degrees
            continue
        mean = np.log1p(most * scale[u][:, None] * drawn).mean(axis=1)
        found[u] = np.expm1(mean) / most
    return found
