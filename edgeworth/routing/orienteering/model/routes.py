"""The solution type of orienteering: one route a vehicle, with its schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.names import names_of
from edgeworth.core.payload import Payload
from edgeworth.routing.orienteering.model.problem import Floats, Ints, OrienteeringProblem

_STOP = ("arrival", "start", "leave", "load")


@dataclass(frozen=True, eq=False)
class Route:
    """The route of one vehicle with its schedule. Read-only.

    Parameters
    ----------
    stops : int64 [s]
        The customers in order; empty where the vehicle stays at its depot.
    arrival, start, leave : float64 [s]
        Times of the arrival at a stop, the begin of service (later than the arrival where the vehicle waits) and its end.
    load : float64 [s]
        The demand served up to and with a stop.
    end_time : float
        The return to the end depot; of a vehicle that stays, its earliest departure.
    """

    stops: Ints
    arrival: Floats
    start: Floats
    leave: Floats
    load: Floats
    end_time: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "stops", validation.array("stops", self.stops, np.int64, (None,), minimum=0))
        for name in _STOP:
            values = validation.array(name, getattr(self, name), np.float64, (len(self.stops),))
            object.__setattr__(self, name, values)
        object.__setattr__(self, "end_time", validation.real("end_time", self.end_time))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self))

    def __len__(self) -> int:
        return len(self.stops)


@dataclass(frozen=True, eq=False, repr=False)
class RoutePlan(ShownSolution):
    """A solution of orienteering. `plan` builds one from the sequences of customers alone.

    Parameters
    ----------
    routes : tuple of Route
        One for every vehicle.
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("vehicle", "number of the vehicle", axis="vehicle"),
        Column("customer", "number of the customer", field="stops", axis="customer"),
        Column("arrival", "time"),
        Column("start", "time at which service begins"),
        Column("leave", "time"),
        Column("load", "demand served so far"),
    )

    routes: tuple[Route, ...]

    def __post_init__(self) -> None:
        if isinstance(self.routes, Route) or not isinstance(self.routes, Sequence):
            validation.reject_type("routes", "must be a sequence of Route", self.routes)
        for route in self.routes:
            if not isinstance(route, Route):
                validation.reject_type("routes", "must hold Route objects", route)
        object.__setattr__(self, "routes", tuple(self.routes))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.routes,)

    @property
    def sequences(self) -> tuple[Ints, ...]:
        """The customers of every vehicle in order."""
        return tuple(route.stops for route in self.routes)

    @property
    def served(self) -> Ints:
        """All customers visited, sorted; one that is visited twice appears twice."""
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *self.sequences]))

    def _content(self) -> dict[str, object]:
        counts = [len(route) for route in self.routes]
        content: dict[str, object] = {
            name: values for name, values in self.to_payload().arrays.items() if name in ("stops", *_STOP)
        }
        return {"vehicle": np.repeat(np.arange(len(counts)), counts), **content}

    def to_payload(self) -> Payload:
        """As plain fields and arrays: all stops in one array, cut by ``indptr``."""
        indptr = np.cumsum([0, *map(len, self.routes)], dtype=np.int64)
        arrays: dict[str, Array] = {"indptr": indptr, "stops": np.concatenate([np.zeros(0, dtype=np.int64), *self.sequences])}
        for name in _STOP:
            arrays[name] = np.concatenate([np.zeros(0), *(getattr(route, name) for route in self.routes)])
        arrays["end_time"] = np.array([route.end_time for route in self.routes], dtype=np.float64)
        return Payload({}, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> RoutePlan:
        """The inverse of `to_payload`."""
        ends = validation.array("end_time", payload.array("end_time"), np.float64, (None,))
        indptr = validation.array("indptr", payload.array("indptr"), np.int64, (len(ends) + 1,), minimum=0)
        stops = payload.array("stops")
        if indptr[0] != 0 or np.any(np.diff(indptr) < 0) or indptr[-1] != len(stops):
            validation.reject("indptr", f"must rise from 0 to {len(stops)}", indptr)
        columns = {"stops": stops} | {name: payload.array(name) for name in _STOP}
        for name, values in columns.items():
            if values.shape != stops.shape:
                validation.reject(name, f"must have {len(stops)} entries", values)
        cuts = zip(indptr[:-1].tolist(), indptr[1:].tolist(), ends.tolist(), strict=True)
        return cls(tuple(Route(**{name: values[a:b] for name, values in columns.items()}, end_time=end) for a, b, end in cuts))


def plan(problem: OrienteeringProblem, sequences: Sequence[ArrayLike]) -> RoutePlan:
    """The plan that follows from sequences of customers.

    Parameters
    ----------
    problem : OrienteeringProblem
    sequences : sequence of array-like of int
        For every vehicle its customers in order, by position. They may break constraints: `violations` says which.

    Returns
    -------
    RoutePlan
        With the earliest schedule: vehicles wait for windows only.

    Raises
    ------
    ValueError
        For another number of sequences than vehicles, and for customers that do not exist.
    """
    if len(sequences) != problem.vehicles:
        raise ValueError(f"sequences: must hold one for each of {problem.vehicles} vehicles; got {len(sequences)}")
    return RoutePlan(tuple(_scheduled(problem, k, sequence) for k, sequence in enumerate(sequences)))


def visits(problem: OrienteeringProblem, solution: RoutePlan) -> dict[str, tuple[str, ...]]:
    """The routes of a plan by name.

    Parameters
    ----------
    problem : OrienteeringProblem
    solution : RoutePlan

    Returns
    -------
    dict of str to tuple of str
        For each vehicle the names of its customers in the order of the visits; positions where there are no names.

    Examples
    --------
    >>> from edgeworth.routing import orienteering
    >>> far = [[0, 5, 9], [5, 0, 4], [9, 4, 0]]
    >>> problem = orienteering.OrienteeringProblem.from_matrices(far, [7.0, 8.0], depot="first", latest=20.0)
    >>> visits(problem, plan(problem, [[1, 0]]))
    {'0': ('2', '1')}
    """
    if len(solution.routes) != problem.vehicles:
        raise ValueError(f"solution: must hold a route for each of {problem.vehicles} vehicles; got {len(solution.routes)}")
    customers = names_of(problem, "customer")
    stops = (tuple(customers[i] for i in route.stops.tolist()) for route in solution.routes)
    return dict(zip(names_of(problem, "vehicle"), stops, strict=True))


def _scheduled(problem: OrienteeringProblem, vehicle: int, sequence: ArrayLike) -> Route:
    stops = validation.array("sequences", sequence, np.int64, (None,), minimum=0, maximum=problem.customers - 1)
    speed, here, clock, load = float(problem.speed[vehicle]), int(problem.start[vehicle]), float(problem.earliest[vehicle]), 0.0
    arrival, start, leave, loads = (np.zeros(len(stops)) for _ in range(4))
    for k, i in enumerate(stops.tolist()):
        arrival[k] = clock + float(problem.travel_time[here, i]) / speed
        start[k] = max(float(arrival[k]), float(problem.open[i]))
        clock = float(start[k]) + float(problem.service_time[i])
        load += float(problem.demand[i])
        leave[k], loads[k], here = clock, load, i
    if len(stops):
        clock += float(problem.travel_time[here, int(problem.end[vehicle])]) / speed
    return Route(stops, arrival, start, leave, loads, clock)
