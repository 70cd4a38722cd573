"""Distances in the plane, with the rounding said aloud."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import validation

Floats = NDArray[np.float64]
Rounding = Literal["trunc1", "trunc2", "nearest", "none"]
ROUNDINGS = ("trunc1", "trunc2", "nearest", "none")


def euclidean(coordinates: ArrayLike, rounding: Rounding) -> Floats:
    """Distances in the plane between all places.

    Parameters
    ----------
    coordinates : array-like [L, 2]
    rounding : {"trunc1", "trunc2", "nearest", "none"}
        Truncated to one or two decimals, to the nearest integer (halves up, TSPLIB's EUC_2D), or not at all.

    Returns
    -------
    float64 [L, L]

    Notes
    -----
    A distance within 1e-9 relative of a number of that many decimals counts as that number (.29 has no exact binary form; it
    must not become .28). Truncation can break the triangle inequality by up to one unit of the last decimal.
    """
    validation.choice("rounding", rounding, ROUNDINGS)
    place = validation.array("coordinates", coordinates, np.float64, (None, 2))
    with np.errstate(over="ignore", invalid="ignore"):  # distances beyond float64 are infinite, which the problem refuses
        exact = np.hypot(place[:, None, 0] - place[None, :, 0], place[:, None, 1] - place[None, :, 1])
        if rounding == "none":
            return np.asarray(exact)
        if rounding == "nearest":
            return np.asarray(np.floor(exact + 0.5))
        scale = {"trunc1": 10.0, "trunc2": 100.0}[rounding]
        scaled = exact * scale
        close = np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(scaled, 1.0)
        return np.asarray(np.where(close, np.rint(scaled), np.floor(scaled)) / scale)
