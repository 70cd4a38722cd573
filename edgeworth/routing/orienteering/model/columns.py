"""Checks of the columns of an orienteering problem that `edgeworth.core.validation` does not know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array

Floats = NDArray[np.float64]


def frozen(values: Array) -> Array:
    """The same array, read-only from now on."""
    values.setflags(write=False)
    return values


def rank(values: ArrayLike | None) -> int:
    """The number of dimensions of an array-like; -1 where it has no shape (`validation.array` will say so)."""
    try:
        return np.asarray(values).ndim
    except (ValueError, TypeError):
        return -1


def spread(values: ArrayLike | None, length: int) -> ArrayLike | None:
    """One number for all, or the values as they are."""
    single = isinstance(values, int | float | np.integer | np.floating) and not isinstance(values, bool)
    return np.full(length, values) if single else values


def matrix(name: str, values: ArrayLike, places: int | None) -> Floats:
    """From every location to every other one: square, >= 0, 0 on the diagonal."""
    found = validation.array(name, values, np.float64, (places, places), minimum=0.0)
    if found.shape[0] != found.shape[1]:
        validation.reject(name, "must be square", found)
    bad = np.flatnonzero(np.diagonal(found))
    if len(bad):
        a = int(bad[0])
        raise ValueError(f"{name}: must be 0 from a location to itself; got {found[a, a]} at index [{a}, {a}]")
    return found


def ordered(name: str, high: Floats, other: str, low: Floats, what: str) -> None:
    """Refuse a limit below the other one."""
    bad = np.flatnonzero(high < low)
    if len(bad):
        k = int(bad[0])
        raise ValueError(f"{name}: must be at least {other}; got {high[k]} below {low[k]} for {what} {k}")


def capacity(values: ArrayLike, length: int) -> Floats:
    """Like `validation.array`, but infinity means that there is no limit."""
    validation.refuse_labels_and_masks("capacity", values)
    raw = np.asarray(values)
    if raw.dtype.kind != "f":
        return validation.array("capacity", values, np.float64, (length,), minimum=0.0)
    endless = np.isposinf(raw)
    finite = validation.array("capacity", np.where(endless, 0.0, raw), np.float64, (length,), minimum=0.0)
    return frozen(np.where(endless, np.inf, finite))


def fleet(vehicles: int | None, profit: ArrayLike, by_vehicle: Sequence[ArrayLike | None]) -> int:
    """The number of vehicles: as stated, else that of the first column given by vehicle, else 1."""
    if vehicles is not None:
        return validation.integer("vehicles", vehicles, minimum=0)
    known = [len(np.asarray(profit))] if rank(profit) == 2 else []
    known += [len(np.asarray(column)) for column in by_vehicle if rank(column) == 1]
    return known[0] if known else 1


def windows(
    open: ArrayLike | None, close: ArrayLike | None, earliest: ArrayLike, latest: ArrayLike, customers: int, vehicles: int
) -> tuple[Floats, Floats]:
    """The windows of all customers; a side that is not given is as wide as the vehicles' times."""
    begin = validation.array("earliest", earliest, np.float64, (vehicles,)).min(initial=np.inf)
    finish = validation.array("latest", latest, np.float64, (vehicles,)).max(initial=-np.inf)
    if not vehicles:
        begin = finish = 0.0
    sides = {"open": spread(open, customers), "close": spread(close, customers)}
    opens, closes = (None if x is None else validation.array(name, x, np.float64, (customers,)) for name, x in sides.items())
    # A side that is not given never makes the other one wrong.
    if opens is None:
        opens = np.full(customers, begin) if closes is None else np.minimum(begin, closes)
    return opens, np.maximum(finish, opens) if closes is None else closes
