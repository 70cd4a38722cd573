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
    """Distances in the plane between all places, float64 [L, L], rounded as asked.

    trunc1, trunc2: cut after one or two decimals, where a distance within 1e-9 relative of such a number counts as that
    number (.29 has no exact binary form; it must not become .28). nearest: the nearest integer, halves up (TSPLIB's EUC_2D).
    none: as they are. Truncation can break the triangle inequality by up to one unit of the last decimal.
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
