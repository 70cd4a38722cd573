"""The problem type of orienteering with time windows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import validation
from edgeworth.core.faces import ShownProblem
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload, fingerprint, write
from edgeworth.core.provenance import Provenance
from edgeworth.routing.orienteering.model import columns
from edgeworth.routing.orienteering.model.geometry import Rounding, euclidean
from edgeworth.routing.orienteering.model.limits import Limits, limits_of

if TYPE_CHECKING:
    import networkx as nx

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CUSTOMER = ("demand", "open", "close", "service_time", "service_cost")
_VEHICLE = ("start", "end", "speed", "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest")


@dataclass(frozen=True, eq=False, repr=False)
class OrienteeringProblem(ShownProblem):
    """(Team) orienteering with time windows, capacities and travel costs: vehicles k = 0..m-1 visit customers i = 0..n-1.

    maximise the sum over all visited i of ``profit[k, i] - service_cost[i]`` (k the vehicle that visits i) minus the cost of
    all edges driven, ``cost_per_distance[k] distance[a, b] + cost_per_time[k] travel_time[a, b] / speed[k]``, such that every
    customer is visited at most once and every vehicle that moves
    leaves ``start[k]`` at ``earliest[k]`` and drives from a to b in ``travel_time[a, b] / speed[k]``; begins to serve i at
    ``max(arrival, open[i]) <= close[i]`` (it may wait) and leaves ``service_time[i]`` later; is back at ``end[k]`` no later
    than ``latest[k]``; and carries ``sum of demand <= capacity[k]``. A vehicle without customers stays where it is and costs
    nothing, also where its end is another place than its start.

    Locations: customers are the nodes 0..n-1, depots the nodes n..L-1. ``distance`` and ``travel_time`` (at speed 1; default:
    the distance) float64 [L, L], finite, >= 0, diagonal 0; neither symmetry nor the triangle inequality is assumed.
    Customers: ``profit`` float64 [n] or [m, n] (any sign; kept as [m, n]), ``demand`` >= 0, ``open`` <= ``close``,
    ``service_time`` >= 0, ``service_cost`` >= 0, all [n] and finite.
    Vehicles: ``start``, ``end`` int64 [m], nodes of depots; ``speed`` > 0, ``capacity`` >= 0 (infinity: none),
    ``cost_per_distance`` >= 0, ``cost_per_time`` >= 0, ``earliest`` <= ``latest``, all [m].
    ``coordinates`` float64 [L, 2] serve plots only; ``names``, one text a location, serve tables and graphs.
    Distance, time and money are in units of the user's; speed is distance over the unit that makes ``travel_time`` a time.

    Times count as within a limit up to 1e-9 of the duration that the vehicle can use until then, loads up to 1e-9 of the
    capacity; whole numbers hold exactly (`limits`). Where a clock begins changes nothing. n and m may be 0. A customer
    whose window no vehicle reaches is never visited, a vehicle that cannot come back in time never moves: neither is an
    error. Arrays are copied and read-only. Raises ValueError or TypeError naming the argument, the rule and the value,
    among others for a window that closes before it opens.

    Source: FUSION paper, section IV-C2; Vansteenwegen, Souffriau and Van Oudheusden, EJOR 209 (2011) for the
    orienteering problems that this contains (profit the same for all vehicles, no cost, no capacity).

    >>> p = OrienteeringProblem.from_coordinates([[3, 4], [0, 0]], profit=[7.0], latest=10.0, rounding="none")
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
    coordinates: Floats | None = None
    names: tuple[str, ...] | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))

    def __post_init__(self) -> None:
        def store(name: str, value: Any) -> None:
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
        if self.names is not None:
            store("names", columns.names(self.names, places))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self))

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
    def offset(self) -> float:
        """Always 0: no part of the value is fixed."""
        return 0.0

    @cached_property
    def integral(self) -> bool:
        """Is every plan's value an integer? Profits less service costs are, of numbers below 2^53, and driving is free."""
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

    @cached_property
    def hash(self) -> str:
        """A canonical hash of everything but the provenance."""
        payload = self.to_payload()
        content = {name: item for name, item in payload.fields.items() if name != "provenance"}
        return fingerprint(self.kind, content, payload.arrays)

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
        names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> OrienteeringProblem:
        """From a matrix of distances over all locations, customers first, and the profits ([n], or [m, n] by vehicle).

        Every other number of customers or vehicles is one for all or an array. ``vehicles`` is read off whatever is given a
        vehicle, else 1. ``start`` is the first depot unless given, ``end`` is ``start``. Without ``open`` and ``close`` a
        customer can be served from the earliest departure to the latest return. Raises as the class does.
        """
        per_vehicle = {
            "start": start, "end": end, "speed": speed, "capacity": capacity, "cost_per_distance": cost_per_distance,
            "cost_per_time": cost_per_time, "earliest": earliest, "latest": latest,
        }  # fmt: skip
        by_vehicle = columns.rank(profit) == 2
        n = np.shape(profit)[-1] if columns.rank(profit) > 0 else 0
        if vehicles is None:
            known = [len(np.asarray(profit))] if by_vehicle else []
            known += [len(np.asarray(item)) for item in per_vehicle.values() if columns.rank(item) == 1]
            m = known[0] if known else 1
        else:
            m = validation.integer("vehicles", vehicles, minimum=0)
        first = n if start is None else start
        per_vehicle |= {"start": first, "end": first if end is None else end}
        per_customer = {"demand": demand, "service_time": service_time, "service_cost": service_cost}
        spread: dict[str, Any] = {name: columns.spread(item, m) for name, item in per_vehicle.items()}
        spread |= {name: columns.spread(item, n) for name, item in per_customer.items()}
        begin = validation.array("earliest", spread["earliest"], np.float64, (m,)).min(initial=np.inf)
        finish = validation.array("latest", spread["latest"], np.float64, (m,)).max(initial=-np.inf)
        if not m:
            begin = finish = 0.0
        opens = None if open is None else validation.array("open", columns.spread(open, n), np.float64, (n,))
        closes = None if close is None else validation.array("close", columns.spread(close, n), np.float64, (n,))
        # A side that is not given never makes the other one wrong.
        spread["open"] = (np.full(n, begin) if closes is None else np.minimum(begin, closes)) if opens is None else opens
        spread["close"] = np.maximum(finish, spread["open"]) if closes is None else closes
        return cls(
            distance=distance,  # type: ignore[arg-type]  # validated by the class, as all the others
            travel_time=distance if travel_time is None else travel_time,  # type: ignore[arg-type]
            profit=profit,  # type: ignore[arg-type]
            coordinates=coordinates,  # type: ignore[arg-type]
            names=names,  # type: ignore[arg-type]
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
        names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> OrienteeringProblem:
        """From places in the plane, float64 [L, 2], customers first: `from_matrices` with the distances of `euclidean`.

        ``rounding`` is required: ``trunc1``, ``trunc2`` (truncated to one or two decimals, the convention of the public
        instances), ``nearest`` (integers) or ``none``. Raises as the class does.
        """
        return cls.from_matrices(
            euclidean(coordinates, rounding), profit, open, close, latest=latest, vehicles=vehicles, demand=demand,
            service_time=service_time, service_cost=service_cost, start=start, end=end, speed=speed, capacity=capacity,
            cost_per_distance=cost_per_distance, cost_per_time=cost_per_time, earliest=earliest, coordinates=coordinates,
            names=names, provenance=provenance,
        )  # fmt: skip

    @classmethod
    def from_graph(
        cls,
        graph: nx.Graph,
        *,
        depots: Sequence[Hashable],
        latest: ArrayLike,
        vehicles: int | None = None,
        customers: Sequence[Hashable] | None = None,
        complete: bool = False,
        distance: str = "distance",
        travel_time: str | None = None,
        profit: str = "profit",
        demand: str = "demand",
        open: str = "open",
        close: str = "close",
        service_time: str = "service_time",
        service_cost: str = "service_cost",
        position: str = "pos",
        start: Sequence[Hashable] | None = None,
        end: Sequence[Hashable] | None = None,
        speed: ArrayLike = 1.0,
        capacity: ArrayLike = np.inf,
        cost_per_distance: ArrayLike = 0.0,
        cost_per_time: ArrayLike = 0.0,
        earliest: ArrayLike = 0.0,
    ) -> OrienteeringProblem:
        """From a networkx graph: `edgeworth.routing.orienteering.model.graphs.from_graph` says what it reads and refuses."""
        from edgeworth.routing.orienteering.model.graphs import from_graph

        return from_graph(
            graph, depots=depots, latest=latest, vehicles=vehicles, customers=customers, complete=complete, distance=distance,
            travel_time=travel_time, profit=profit, demand=demand, open=open, close=close, service_time=service_time,
            service_cost=service_cost, position=position, start=start, end=end, speed=speed, capacity=capacity,
            cost_per_distance=cost_per_distance, cost_per_time=cost_per_time, earliest=earliest,
        )  # fmt: skip

    def to_graph(self) -> nx.DiGraph:
        """As a complete networkx graph: `edgeworth.routing.orienteering.model.graphs.to_graph` names its attributes."""
        from edgeworth.routing.orienteering.model.graphs import to_graph

        return to_graph(self)

    # --- files ----------------------------------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write to ``path`` (.json or .npz); `edgeworth.load` reads it back."""
        write(path, "problem", self.kind, self.to_payload(), self.hash)

    def to_payload(self) -> Payload:
        """As plain fields and arrays. A capacity without end is stored as 0 with ``unbounded`` True: files hold no infinity."""
        names = ("distance", "profit", *_CUSTOMER, *(name for name in _VEHICLE if name != "capacity"))
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in names}
        unbounded = np.isinf(self.capacity)
        arrays |= {"capacity": columns.frozen(np.where(unbounded, 0.0, self.capacity)), "unbounded": columns.frozen(unbounded)}
        if not np.array_equal(self.travel_time, self.distance):
            arrays["travel_time"] = self.travel_time
        if self.coordinates is not None:
            arrays["coordinates"] = self.coordinates
        content: dict[str, Any] = {"provenance": self.provenance.to_fields()}
        if self.names is not None:
            content["names"] = list(self.names)
        return Payload(content, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> OrienteeringProblem:
        """The inverse of `to_payload`; validates like the constructor."""
        names = ("distance", "profit", *_CUSTOMER, *(name for name in _VEHICLE if name != "capacity"))
        bounded, unbounded = payload.array("capacity"), payload.array("unbounded")
        validation.array("profit", payload.array("profit"), np.float64, (len(bounded), None))  # one row would become a row each
        origin: Mapping[str, Any] = payload.field("provenance")
        labels = payload.fields.get("names")
        return cls(
            **{name: payload.array(name) for name in names},
            travel_time=payload.arrays.get("travel_time", payload.array("distance")),
            capacity=np.where(validation.array("unbounded", unbounded, np.bool_, bounded.shape), np.inf, bounded),
            coordinates=payload.arrays.get("coordinates"),
            names=None if labels is None else tuple(labels),
            provenance=Provenance(**origin),
        )
