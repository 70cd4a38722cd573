"""What counts as feasible: limits on a clock that starts when a vehicle has to move, with a tolerance on what it can use."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.numeric import FEASIBILITY_TOL

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_EXACT = 2.0**53  # up to which sums of integers are exact
_OUTWARD = 1.0 + 1e-9  # for sums of rounded terms that are all >= 0, by far
_WITHIN_A_UNIT = 0.25  # for solvers, where all numbers are integers and nothing lies between a limit and the next one


class Timed(Protocol):
    """What limits depend on: the fields of an `OrienteeringProblem` of these names."""

    @property
    def travel_time(self) -> Floats: ...
    @property
    def open(self) -> Floats: ...
    @property
    def close(self) -> Floats: ...
    @property
    def service_time(self) -> Floats: ...
    @property
    def demand(self) -> Floats: ...
    @property
    def speed(self) -> Floats: ...
    @property
    def capacity(self) -> Floats: ...
    @property
    def earliest(self) -> Floats: ...
    @property
    def latest(self) -> Floats: ...
    @property
    def start(self) -> NDArray[np.int64]: ...
    @property
    def end(self) -> NDArray[np.int64]: ...
    @property
    def customers(self) -> int: ...
    @property
    def vehicles(self) -> int: ...


class Limits(NamedTuple):
    """Limits by vehicle, times as durations since its ``origin``.

    Attributes
    ----------
    origin : ndarray
        float64 [m]: a time at which vehicle k may leave so as to begin no service later than if it left at ``earliest``: that,
        or the first opening less twice the longest way to a customer (as a power of two), whichever is later.
    open, close : ndarray
        float64 [m, n]: when service at i may begin.
    latest : ndarray
        float64 [m]: of the return.
    capacity : ndarray
        float64 [m]. Like close and latest it carries the tolerance, negative where nothing is in time.
    work, reach : ndarray
        float64 [m]: no route that visits a customer once drives and serves longer than ``work``, nor ends later than ``reach``.
    whole, full : ndarray
        bool [m]: whether all times that this vehicle meets, and all demands and its capacity, are whole numbers.
    """

    origin: Floats
    open: Floats
    close: Floats
    latest: Floats
    capacity: Floats
    work: Floats
    reach: Floats
    whole: Flags
    full: Flags


def limits_of(problem: Timed, share: float) -> Limits:
    """The limits of a problem with a share of the tolerance.

    Parameters
    ----------
    problem : Timed
        The problem.
    share : float
        How much of the tolerance counts, in [0, 1].

    Returns
    -------
    Limits

    Notes
    -----
    The tolerance of a time is 1e-9 of the duration up to it, counted from the origin and no more than the vehicle can drive and
    serve altogether: neither the clock's origin, nor hours of waiting before the first window, nor a "no limit" of 1e12
    widens anything. That of a capacity is 1e-9 of it, of the sum of all demands where that is less. Integers hold exactly
    (up to 2^53): where all times that a vehicle meets, respectively all demands and its capacity, are whole numbers there is
    none; `share` below 1 then stands for a quarter of a unit, which changes nothing but spares solvers questions of rounding.
    """
    m, n = problem.vehicles, problem.customers
    origin, work, reach, whole = np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m, dtype=bool)
    opens, closes, latest = np.zeros((m, n)), np.zeros((m, n)), np.zeros(m)
    whole_calls = _whole(problem.open, problem.close, problem.service_time)
    for speed in np.unique(problem.speed):
        group = np.flatnonzero(problem.speed == speed)
        drive = problem.travel_time / speed
        for k in group.tolist():
            origin[k] = _origin(problem, k, drive[problem.start[k], :n])
        opens[group] = problem.open[None, :] - origin[group, None]
        closes[group] = problem.close[None, :] - origin[group, None]
        latest[group] = problem.latest[group] - origin[group]
        in_use = np.where(drive <= latest[group].max(), drive, 0.0)  # a longer way fits into no route
        driving = float(in_use[:, :n].max(axis=0, initial=0.0).sum() + in_use.max(initial=0.0))
        work[group] = (driving + float(problem.service_time.sum())) * _OUTWARD
        reach[group] = (work[group] + np.maximum(opens[group].max(axis=1, initial=0.0), 0.0)) * _OUTWARD
        calls = whole_calls and _whole(in_use, problem.latest[group], origin[group], problem.earliest[group])
        whole[group] = calls and float(reach[group].max()) < _EXACT
    slack = share * FEASIBILITY_TOL
    closes += np.where(whole[:, None], _unit(share), slack * np.clip(closes, 0.0, work[:, None]))
    latest += np.where(whole, _unit(share), slack * np.clip(latest, 0.0, work))
    demand = float(problem.demand.sum())
    limited = np.isfinite(problem.capacity)
    full = (np.rint(problem.capacity) == problem.capacity) & _whole(problem.demand) & (demand < _EXACT)
    capacity = problem.capacity + np.where(full, _unit(share), slack * np.minimum(problem.capacity, demand))
    capacity[~limited] = np.inf
    found = Limits(origin, opens, closes, latest, capacity, work, reach, whole, full)
    for values in found:
        values.setflags(write=False)
    return found


def elapsed(problem: Timed, limits: Limits, vehicle: int, stops: NDArray[np.int64]) -> tuple[Floats, float]:
    """When service begins at every stop and when the vehicle is back, as durations since its origin.

    Parameters
    ----------
    problem : Timed
        The problem.
    limits : Limits
        Its limits.
    vehicle : int
        The vehicle, from 0.
    stops : ndarray
        The customers in order, int64 [stops].

    Returns
    -------
    begins : ndarray
        float64 [stops].
    back : float
        The return.

    Notes
    -----
    All terms are >= 0, so the sums are off by at most 3 (stops + 1) units of the last place of what they are.
    """
    speed, here, clock = float(problem.speed[vehicle]), int(problem.start[vehicle]), 0.0
    begins = np.zeros(len(stops))
    for s, i in enumerate(stops.tolist()):
        begins[s] = max(clock + float(problem.travel_time[here, i]) / speed, float(limits.open[vehicle, i]))
        clock, here = float(begins[s]) + float(problem.service_time[i]), i
    if len(stops):
        clock += float(problem.travel_time[here, int(problem.end[vehicle])]) / speed
    return begins, clock


def excess(number: float, limit: float, most: float, whole: bool) -> float:
    """By how much a number is above a limit, without tolerance.

    Parameters
    ----------
    number, limit : float
        What is compared.
    most : float
        The scale where it is less than the limit.
    whole : bool
        Whether all numbers are whole, so that the excess is one of units.

    Returns
    -------
    float
        In units where all are whole, otherwise relative; 1 where there is nothing to compare it with.
    """
    if whole:
        return number - limit
    scale = min(limit, most)
    return (number - limit) / scale if scale > 0.0 else 1.0


def _origin(problem: Timed, vehicle: int, first: Floats) -> float:
    """See `Limits`. The power of two keeps the subtraction exact for times that are short in binary, so that the durations from
    here on do not depend on where the clock begins."""
    earliest = float(problem.earliest[vehicle])
    reached = first[first <= problem.close - earliest]
    if not len(reached):
        return earliest
    longest = 2.0 * float(reached.max())
    before = 2.0 ** math.ceil(math.log2(longest)) if longest > 0.0 else 0.0
    return max(earliest, float(problem.open.min()) - before)


def _unit(share: float) -> float:
    return _WITHIN_A_UNIT if share < 1.0 else 0.0


def _whole(*arrays: Floats) -> bool:
    return all(bool(np.all(np.rint(x) == x)) for x in arrays)
