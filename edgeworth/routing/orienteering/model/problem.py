"""The problem type of orienteering with time windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.routing.orienteering.model import columns, layout
from edgeworth.routing.orienteering.model.geometry import Rounding, euclidean
from edgeworth.routing.orienteering.model.limits import Limits, limits_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CUSTOMER = ("demand", "open", "close", "service_time", "service_cost")
_VEHICLE = ("start", "end", "speed", "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest")
_STORED = ("distance", "profit", *_CUSTOMER, *(name for name in _VEHICLE if name != "capacity"))


@dataclass(frozen=True, eq=False, repr=False)
class OrienteeringProblem(ProblemData):
    """(Team) orienteering with time windows, capacities and travel costs: vehicles k = 0..m-1 visit customers i = 0..n-1.

    Locations are nodes: customers 0..n-1, then depots n..L-1. `from_matrices`, `from_coordinates` and the package's
    `from_graph` take them in the user's order.

    Parameters
    ----------
    distance, travel_time : float64 [L, L]
        From one location to another, finite, >= 0, 0 on the diagonal; travel times at speed 1. Neither symmetry nor the
        triangle inequality is assumed.
    profit : float64 [n] or [m, n]
        Of any sign; kept by vehicle and customer.
    demand, service_time, service_cost : float64 [n]
        >= 0.
    open, close : float64 [n]
        The window in which service may begin, open <= close.
    start, end : int64 [m]
        Nodes of depots.
    speed : float64 [m]
        > 0, distance over the unit that makes ``travel_time`` a time.
    capacity : float64 [m]
        >= 0; infinity: no limit.
    cost_per_distance, cost_per_time : float64 [m]
        >= 0, money.
    earliest, latest : float64 [m]
        Departure and return, earliest <= latest.
    coordinates : float64 [L, 2], optional
        For plots only.
    provenance : Provenance
        Where the problem came from.
    location_names, vehicle_names : tuple of str, optional
        One text each, for tables, messages, plots and graphs; None where they have numbers only.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value, among others for a window that closes before it opens.

    Notes
    -----
    The problem is to maximise the sum over all visited i of ``profit[k, i] - service_cost[i]`` (k the vehicle that visits i)
    minus the cost of all edges driven, ``cost_per_distance[k] distance[a, b] + cost_per_time[k] travel_time[a, b] / speed[k]``,
    such that every customer is visited at most once and every vehicle that moves

    - leaves ``start[k]`` at ``earliest[k]`` and drives from a to b in ``travel_time[a, b] / speed[k]``;
    - begins to serve i at ``max(arrival, open[i]) <= close[i]`` (it may wait) and leaves ``service_time[i]`` later;
    - is back at ``end[k]`` no later than ``latest[k]``, and carries ``sum of demand <= capacity[k]``.

    A vehicle without customers stays where it is and costs nothing, also where its end is another place than its start. A
    customer whose window no vehicle reaches is not visited by any feasible plan, and a vehicle that cannot come back in time
    does not move: neither is an error. `without_return` drops the way home.

    Times count as within a limit up to 1e-9 of the duration that the vehicle can use until then, loads up to 1e-9 of the
    capacity; whole numbers hold exactly (`limits`). Where a clock begins changes nothing. Arrays are copied and read-only; n
    and m may be 0.

    References
    ----------
    FUSION paper, section IV-C2. Vansteenwegen, Souffriau and Van Oudheusden, EJOR 209 (2011), for the orienteering problems
    that this contains (profit the same for all vehicles, no cost, no capacity).

    Examples
    --------
    >>> p = OrienteeringProblem.from_coordinates([[0, 0], [3, 4]], [7.0], depot="first", latest=10.0, rounding="none")
    >>> p.customers, p.vehicles, p.distance[0, 1]
    (1, 1, np.float64(5.0))
    """

    sizes: ClassVar[tuple[str, ...]] = ("vehicles", "customers")

    kind: ClassVar[str] = "orienteering"

    distance: Floats
    travel_time: Floats
    profit: Floats
    demand: Floats
    open: Floats
    close: Floats
    service_time: Floats
    service_cost: Floats
    start: Ints
    end: Ints
    speed: Floats
    capacity: Floats
    cost_per_distance: Floats
    cost_per_time: Floats
    earliest: Floats
    latest: Floats
    coordinates: OptionalArray[Floats | None] = optional()
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))
    location_names: tuple[str, ...] | None = None
    vehicle_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("start", validation.array("start", self.start, np.int64, (None,)))
        m = len(self.start)
        shape: tuple[int | None, ...] = (None,) if columns.rank(self.profit) == 1 else (m, None)
        profit = validation.array("profit", self.profit, np.float64, shape)
        store("profit", columns.frozen(np.ascontiguousarray(np.broadcast_to(profit, (m, profit.shape[-1])))))
        n = self.profit.shape[1]
        same = self.travel_time is self.distance
        store("distance", columns.matrix("distance", self.distance, None))
        places = len(self.distance)
        store("travel_time", self.distance if same else columns.matrix("travel_time", self.travel_time, places))
        if places < n + (m > 0):
            rule = f"must cover {n} customers" + " and at least one depot" * (m > 0)
            validation.reject("distance", rule, self.distance)
        for name in _CUSTOMER:
            low = None if name in ("open", "close") else 0.0
            store(name, validation.array(name, getattr(self, name), np.float64, (n,), minimum=low))
        columns.ordered("close", self.close, "open", self.open, "customer")
        for name in ("start", "end"):
            depots = validation.array(name, getattr(self, name), np.int64, (m,), minimum=n, maximum=places - 1)
            store(name, depots)
        for name in ("speed", "cost_per_distance", "cost_per_time", "earliest", "latest"):
            low = None if name in ("earliest", "latest") else 0.0
            values = validation.array(name, getattr(self, name), np.float64, (m,), minimum=low, open_minimum=name == "speed")
            store(name, values)
        columns.ordered("latest", self.latest, "earliest", self.earliest, "vehicle")
        store("capacity", columns.capacity(self.capacity, m))
        if self.coordinates is not None:
            store("coordinates", validation.array("coordinates", self.coordinates, np.float64, (places, 2)))
        store("location_names", names.checked("location_names", self.location_names, places))
        store("vehicle_names", names.checked("vehicle_names", self.vehicle_names, m))

    # --- sizes and derived arrays ---------------------------------------------------------------------------------------

    @property
    def sense(self) -> Sense:
        """Always "max"."""
        return "max"

    @property
    def customers(self) -> int:
        """Number of customers n."""
        return int(self.profit.shape[1])

    @property
    def vehicles(self) -> int:
        """Number of vehicles m."""
        return len(self.start)

    @property
    def locations(self) -> int:
        """Number of locations L: customers and depots."""
        return len(self.distance)

    @property
    def customer_names(self) -> tuple[str, ...] | None:
        """The names of the customers, the first n of ``location_names``; None without names."""
        return None if self.location_names is None else self.location_names[: self.customers]

    @property
    def offset(self) -> float:
        """Always 0: no part of the value is fixed."""
        return 0.0

    @cached_property
    def integral(self) -> bool:
        """Whether every plan's value is an integer: net profits are, below 2^53, and driving is free."""
        net = self.profit - self.service_cost
        free = not (self.cost_per_distance.any() or self.cost_per_time.any())
        largest = max(float(np.abs(self.profit).max(initial=0.0)), float(self.service_cost.max(initial=0.0)))
        return free and largest < 2.0**53 and bool(np.all(net == np.rint(net)))

    def drive_time(self, vehicle: int) -> Floats:
        """How long that vehicle drives from a to b, float64 [L, L]: travel_time / speed."""
        return np.asarray(self.travel_time / self.speed[vehicle])

    def edge_cost(self, vehicle: int) -> Floats:
        """What that vehicle pays from a to b, float64 [L, L]: cost_per_distance distance + cost_per_time drive_time."""
        by_distance = self.cost_per_distance[vehicle] * self.distance
        return np.asarray(by_distance + self.cost_per_time[vehicle] * self.drive_time(vehicle))

    @cached_property
    def vehicle_types(self) -> tuple[Ints, ...]:
        """Vehicles that differ in nothing, profits included, grouped: the indices of each group, in order of their first."""
        groups: dict[bytes, list[int]] = {}
        for k in range(self.vehicles):
            key = b"".join(np.ascontiguousarray(getattr(self, name)[k]).tobytes() for name in (*_VEHICLE, "profit"))
            groups.setdefault(key, []).append(k)
        return tuple(columns.frozen(np.array(group, dtype=np.int64)) for group in groups.values())

    @cached_property
    def limits(self) -> Limits:
        """What counts as feasible, with its tolerance: `edgeworth.routing.orienteering.model.limits` says how much that is.
        Bounds must hold for all that these let pass."""
        return limits_of(self, 1.0)

    @cached_property
    def inner_limits(self) -> Limits:
        """The same with half that tolerance, for solvers: rounding in another order cannot push a plan over `limits`."""
        return limits_of(self, 0.5)

    # --- constructors ---------------------------------------------------------------------------------------------------

    @classmethod
    def from_matrices(
        cls,
        distance: ArrayLike,
        profit: ArrayLike,
        open: ArrayLike | None = None,
        close: ArrayLike | None = None,
        *,
        latest: ArrayLike,
        depot: int | str | None = None,
        vehicles: int | None = None,
        travel_time: ArrayLike | None = None,
        demand: ArrayLike = 0.0,
        service_time: ArrayLike = 0.0,
        service_cost: ArrayLike = 0.0,
        start: ArrayLike | None = None,
        end: ArrayLike | None = None,
        speed: ArrayLike = 1.0,
        capacity: ArrayLike = np.inf,
        cost_per_distance: ArrayLike = 0.0,
        cost_per_time: ArrayLike = 0.0,
        earliest: ArrayLike = 0.0,
        coordinates: ArrayLike | None = None,
        location_names: Sequence[str] | None = None,
        vehicle_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> OrienteeringProblem:
        """A problem from a matrix of distances over all locations.

        Parameters
        ----------
        distance : array-like [L, L]
        profit : array-like [n] or [m, n]
            Of the customers in the order of the matrix, depots left out.
        open, close : float or array-like [n], optional
            Default: a customer can be served from the earliest departure to the latest return.
        latest : float or array-like [m]
        depot : {"first", "last"}, int or str
            Which row of the matrix is the depot: a position, or one of the location names. All other rows are customers but
            those that ``start`` and ``end`` name. Required unless ``start`` and ``end`` are both given; without it customers
            are the first n rows and depots the others.
        vehicles : int, optional
            Default: the number of entries of whatever is given by vehicle, else 1.
        travel_time : array-like [L, L], optional
        demand, service_time, service_cost : float or array-like [n]
        start, end : int or array-like of int [m], optional
            Rows of the matrix. Default: the depot.
        speed, capacity, cost_per_distance, cost_per_time, earliest : float or array-like [m]
        coordinates : array-like [L, 2], optional
        location_names : sequence of str [L], optional
            In the order of the matrix. Default: the labels of the arguments that are Series or DataFrames, which are brought
            into one order; without labels the rows' positions in the matrix, wherever the depot stands.
        vehicle_names : sequence of str [m], optional
        provenance : Provenance, optional

        Returns
        -------
        OrienteeringProblem
            With the customers first, in the order of the matrix, then the depots.

        Raises
        ------
        ValueError, TypeError
            As the class, and where the depot is not stated.

        Examples
        --------
        >>> far = [[0, 5, 9], [5, 0, 4], [9, 4, 0]]
        >>> p = OrienteeringProblem.from_matrices(far, [7.0, 8.0], depot="first", latest=20.0)
        >>> p.location_names, p.distance[p.start[0]].tolist()
        (('1', '2', '0'), [5.0, 9.0, 0.0])
        """
        matrix: names.Axes = ("location", "location")
        by_vehicle: names.Axes = ("vehicle",)
        by_customer: names.Axes = ("customer",)
        matrices: dict[str, tuple[object, names.Axes]] = {"distance": (distance, matrix), "travel_time": (travel_time, matrix)}
        matrices["coordinates"] = coordinates, ("location", None)
        given, named = names.align(matrices, {"location_names": location_names})
        per_vehicle = {
            "start": start, "end": end, "speed": speed, "capacity": capacity, "cost_per_distance": cost_per_distance,
            "cost_per_time": cost_per_time, "earliest": earliest, "latest": latest,
        }  # fmt: skip
        per_customer = {
            "open": open, "close": close, "demand": demand, "service_time": service_time, "service_cost": service_cost,
        }  # fmt: skip
        if columns.rank(profit) not in (1, 2):
            validation.array("profit", profit, np.float64, (None,))
        n = np.shape(profit)[-1]
        far = columns.matrix("distance", given["distance"], None)
        labels = names.checked("location_names", named["location_names"], len(far))
        rows = layout.rows_of(depot, start, end, len(far), n, labels)
        arguments: dict[str, tuple[object, names.Axes]] = {name: (item, by_vehicle) for name, item in per_vehicle.items()}
        arguments |= {name: (item, by_customer) for name, item in per_customer.items()}
        arguments["profit"] = profit, by_vehicle + by_customer
        aligned, found = names.align(
            arguments,
            {"vehicle_names": vehicle_names, "customer_names": rows.named(labels, n)},
            {"customer": tuple(map(str, rows.order[:n].tolist()))},
        )
        m = columns.fleet(vehicles, aligned["profit"], [aligned[name] for name in per_vehicle])
        spread: dict[str, Any] = {name: columns.spread(aligned[name], m) for name in per_vehicle}
        spread |= {name: columns.spread(aligned[name], n) for name in ("demand", "service_time", "service_cost")}
        spread |= {"start": rows.number(spread["start"], m, "start"), "end": rows.number(spread["end"], m, "end")}
        spread["open"], spread["close"] = columns.windows(
            aligned["open"], aligned["close"], spread["earliest"], spread["latest"], n, m
        )
        far = rows.square(far)
        time = far if travel_time is None else rows.square(columns.matrix("travel_time", given["travel_time"], len(rows.order)))
        return cls(
            distance=far,
            travel_time=time,
            profit=aligned["profit"],
            coordinates=rows.places(given["coordinates"]),
            location_names=layout.all_names(found["customer_names"], labels, rows),
            vehicle_names=found["vehicle_names"],
            provenance=provenance or Provenance("arrays"),
            **spread,
        )

    @classmethod
    def from_coordinates(
        cls,
        coordinates: ArrayLike,
        profit: ArrayLike,
        open: ArrayLike | None = None,
        close: ArrayLike | None = None,
        *,
        rounding: Rounding,
        latest: ArrayLike,
        depot: int | str | None = None,
        vehicles: int | None = None,
        demand: ArrayLike = 0.0,
        service_time: ArrayLike = 0.0,
        service_cost: ArrayLike = 0.0,
        start: ArrayLike | None = None,
        end: ArrayLike | None = None,
        speed: ArrayLike = 1.0,
        capacity: ArrayLike = np.inf,
        cost_per_distance: ArrayLike = 0.0,
        cost_per_time: ArrayLike = 0.0,
        earliest: ArrayLike = 0.0,
        location_names: Sequence[str] | None = None,
        vehicle_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> OrienteeringProblem:
        """A problem from places in the plane: `from_matrices` with the distances of `euclidean`.

        Parameters
        ----------
        coordinates : array-like [L, 2]
            The index of a DataFrame names the locations.
        rounding : {"trunc1", "trunc2", "nearest", "none"}
            Of the distances: truncated to one or two decimals (the convention of the public instances), to the nearest integer,
            or not at all.
        profit, open, close, latest, depot, vehicles, demand, service_time, service_cost, start, end, speed, capacity, \
cost_per_distance, cost_per_time, earliest, location_names, vehicle_names, provenance
            As in `from_matrices`, rows of the matrix being rows of ``coordinates``.

        Returns
        -------
        OrienteeringProblem

        Raises
        ------
        ValueError, TypeError
            As `from_matrices`.
        """
        place: names.Axes = ("location", None)
        given, named = names.align({"coordinates": (coordinates, place)}, {"location_names": location_names})
        plane = given["coordinates"]
        return cls.from_matrices(
            euclidean(plane, rounding), profit, open, close, latest=latest, depot=depot, vehicles=vehicles, demand=demand,
            service_time=service_time, service_cost=service_cost, start=start, end=end, speed=speed, capacity=capacity,
            cost_per_distance=cost_per_distance, cost_per_time=cost_per_time, earliest=earliest, coordinates=plane,
            location_names=named["location_names"], vehicle_names=vehicle_names, provenance=provenance,
        )  # fmt: skip

    # --- files ----------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays. A capacity without end is stored as 0 with ``unbounded`` True: files hold no infinity."""
        arrays: dict[str, Array] = {name: getattr(self, name) for name in _STORED}
        unbounded = np.isinf(self.capacity)
        arrays |= {"capacity": columns.frozen(np.where(unbounded, 0.0, self.capacity)), "unbounded": columns.frozen(unbounded)}
        if not np.array_equal(self.travel_time, self.distance):
            arrays["travel_time"] = self.travel_time
        if self.coordinates is not None:
            arrays["coordinates"] = self.coordinates
        content = {"provenance": self.provenance.to_fields()} | names.to_fields(self, "location", "vehicle")
        return Payload(content, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> OrienteeringProblem:
        """The inverse of `to_payload`; validates like the constructor."""
        bounded, unbounded = payload.array("capacity"), payload.array("unbounded")
        validation.array("profit", payload.array("profit"), np.float64, (len(bounded), None))  # one row would become a row each
        origin = Provenance.from_fields(payload.field("provenance"))
        arrays: dict[str, Any] = {name: payload.array(name) for name in _STORED}
        return cls(
            **arrays,
            travel_time=payload.arrays.get("travel_time", payload.array("distance")),
            capacity=np.where(validation.array("unbounded", unbounded, np.bool_, bounded.shape), np.inf, bounded),
            coordinates=payload.arrays.get("coordinates"),
            provenance=origin,
            **names.from_fields(payload.fields, "location", "vehicle"),
        )
