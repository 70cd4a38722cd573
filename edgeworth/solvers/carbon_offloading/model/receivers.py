"""Gains of linear receivers from whitened channels: complex [slots, antennas, users], noise of power 1 at every antenna."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Floats

Complex = NDArray[np.complex128]


def gram(channel: Complex) -> Complex:
    """H^H H of every slot, [slots, users, users]."""
    found: Complex = np.ascontiguousarray(np.matmul(channel.conj().swapaxes(-1, -2), channel), dtype=np.complex128)
    return found


def _filters(channel: Complex) -> Complex:
    """The pseudo-inverse of every slot, [slots, users, antennas]: its rows are the zero-forcing filters."""
    found: Complex = np.linalg.solve(gram(channel), channel.conj().swapaxes(-1, -2)).astype(np.complex128, copy=False)
    return found


def zero_forcing_gain(channel: Complex) -> Floats:
    """1 / [(H^H H)^-1]_uu of every slot and user, [slots, users].

    Parameters
    ----------
    channel : complex [slots, antennas, users]
        As many antennas as users at least.

    Notes
    -----
    With H^H H = L L^H the diagonal of the inverse holds the squared lengths of the columns of L^-1, sums of squares that no
    cancellation can make negative.
    """
    factor = np.linalg.inv(np.linalg.cholesky(gram(channel)))
    return np.asarray(1.0 / np.sum(factor.real**2 + factor.imag**2, axis=-2))


def cross_gains(channel: Complex, estimate: Complex) -> Floats:
    """Zero forcing built on an estimate: what a watt of user v adds at the output of user u's filter, in units of the noise
    there; [slots, u, v]."""
    filters = _filters(estimate)
    response = np.matmul(filters, channel)
    noise = np.sum(filters.real**2 + filters.imag**2, axis=-1, keepdims=True)
    return np.ascontiguousarray((response.real**2 + response.imag**2) / noise)


def matched_gain(channel: Complex) -> Floats:
    """The squared length of every user's channel, [slots, users]: no linear receiver does better, whoever else is silent."""
    return np.asarray(np.sum(channel.real**2 + channel.imag**2, axis=-2))


def as_complex(stored: NDArray[Any]) -> Complex:
    """Real and imaginary parts along the last axis as complex numbers."""
    return np.ascontiguousarray(stored).view(np.complex128)[..., 0]


def as_real(channel: Complex) -> Floats:
    """The inverse of `as_complex`."""
    return np.ascontiguousarray(channel).view(np.float64).reshape(*channel.shape, 2)
