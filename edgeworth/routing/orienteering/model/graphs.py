"""Orienteering problems from networkx graphs, and back."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.routing.orienteering.model.problem import Floats, OrienteeringProblem

if TYPE_CHECKING:
    import networkx as nx


def from_graph(
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
    """A problem from a networkx graph, directed or not, without parallel edges.

    Parameters
    ----------
    graph : networkx.Graph or networkx.DiGraph
    depots : sequence of nodes
        Where vehicles may start and end.
    latest : float or array-like [m]
    vehicles : int, optional
    customers : sequence of nodes, optional
        Default: all other nodes in the graph's order, which becomes the order of the customers.
    complete : bool
        False: every location must have an edge to every other one. True: the graph is a road network, and the way between two
        locations is its path of least travel time (of equal ones any); nodes that are neither customers nor depots are
        junctions.
    distance : str
        Attribute of edges, required on every edge that is used.
    travel_time : str, optional
        Attribute of edges; default: the distance.
    profit : str
        Attribute of customers, required.
    demand, service_time, service_cost : str
        Attributes of customers, 0 where absent.
    open, close : str
        Attributes of customers, the earliest departure and the latest return where absent.
    position : str
        Attribute of nodes, a pair; used for plots where every location has one.
    start, end : sequence of nodes, optional
        A depot for each vehicle; default: the first one, respectively the start.
    speed, capacity, cost_per_distance, cost_per_time, earliest : float or array-like [m]
        As in `OrienteeringProblem.from_matrices`.

    Returns
    -------
    OrienteeringProblem
        The nodes' texts are its ``location_names``.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, the node or edge and the attribute that is missing or wrong, and where there is no way between two
        locations.
    """
    import networkx as nx

    if not isinstance(graph, nx.Graph) or graph.is_multigraph():
        validation.reject_type("graph", "must be a networkx Graph or DiGraph without parallel edges", graph)
    homes = _nodes("depots", depots, graph)
    everyone = [node for node in graph if node not in set(homes)] if customers is None else customers
    places = [*_nodes("customers", everyone, graph), *homes]
    if len(set(places)) < len(places):
        validation.reject("customers", "must not be depots", next(node for node in places if places.count(node) > 1))
    n = len(places) - len(homes)
    index = {node: k for k, node in enumerate(places)}
    ways = (_paths if validation.flag("complete", complete) else _edges)(graph, places, distance, travel_time)
    columns: dict[str, list[float]] = {}
    defaults = {profit: None, demand: 0.0, service_time: 0.0, service_cost: 0.0}
    first, last = float(np.min(earliest, initial=np.inf)), float(np.max(latest, initial=-np.inf))
    defaults |= {open: first, close: last}
    for name, default in defaults.items():
        columns[name] = [_attribute(f"node {node!r}", graph.nodes[node], name, default) for node in places[:n]]
    spots = [graph.nodes[node].get(position) for node in places]
    starts = n if start is None else [index[node] for node in _nodes("start", start, graph, among=homes, repeated=True)]
    ends = starts if end is None else [index[node] for node in _nodes("end", end, graph, among=homes, repeated=True)]
    return OrienteeringProblem.from_matrices(
        ways[0],
        columns[profit],
        columns[open],
        columns[close],
        latest=latest,
        vehicles=vehicles,
        travel_time=ways[1],
        demand=columns[demand],
        service_time=columns[service_time],
        service_cost=columns[service_cost],
        start=starts,
        end=ends,
        speed=speed,
        capacity=capacity,
        cost_per_distance=cost_per_distance,
        cost_per_time=cost_per_time,
        earliest=earliest,
        coordinates=None if any(spot is None for spot in spots) or not spots else spots,
        location_names=[str(node) for node in places],
        provenance=Provenance("arrays", str(graph.name)),
    )


def _nodes(
    argument: str, given: Sequence[Hashable], graph: nx.Graph, among: Sequence[Hashable] | None = None, repeated: bool = False
) -> list[Hashable]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        validation.reject_type(argument, "must be a sequence of nodes", given)
    allowed = graph if among is None else set(among)
    for node in given:
        if node not in allowed:
            validation.reject(argument, "must be nodes of the graph" if among is None else "must be among the depots", node)
    if not repeated and len(set(given)) < len(given):
        validation.reject(argument, "must differ", given)
    return list(given)


def _attribute(where: str, attributes: Mapping[str, object], name: str, default: float | None = None) -> float:
    if name not in attributes and default is None:
        raise ValueError(f"graph: {where} must have the attribute {name!r}; got {sorted(map(str, attributes))}")
    return validation.real(f"{where}, {name}", attributes.get(name, default))


def _edges(graph: nx.Graph, places: list[Hashable], distance: str, travel_time: str | None) -> tuple[Floats, Floats]:
    far, long = np.zeros((len(places), len(places))), np.zeros((len(places), len(places)))
    for a, tail in enumerate(places):
        for b, head in enumerate(places):
            if a != b:
                if not graph.has_edge(tail, head):
                    raise ValueError(f"graph: must have an edge from {tail!r} to {head!r} (or complete=True); got none")
                far[a, b], long[a, b] = _lengths(tail, head, graph.edges[tail, head], distance, travel_time)
    return far, long


def _lengths(
    tail: Hashable, head: Hashable, attributes: Mapping[str, object], distance: str, travel_time: str | None
) -> tuple[float, float]:
    where = f"edge {tail!r} to {head!r}"
    far = _attribute(where, attributes, distance)
    return far, far if travel_time is None else _attribute(where, attributes, travel_time)


def _paths(graph: nx.Graph, places: list[Hashable], distance: str, travel_time: str | None) -> tuple[Floats, Floats]:
    """The quickest paths between all locations: their distances and their times."""
    import networkx as nx

    lengths = {(a, b): _lengths(a, b, attributes, distance, travel_time) for a, b, attributes in graph.edges(data=True)}
    if not graph.is_directed():
        lengths |= {(b, a): both for (a, b), both in lengths.items()}
    for (a, b), (_, quick) in lengths.items():
        if quick < 0.0:
            raise ValueError(f"graph: edge {a!r} to {b!r} must have a travel time of at least 0; got {quick}")
    far, long = np.zeros((len(places), len(places))), np.zeros((len(places), len(places)))
    for a, tail in enumerate(places):
        times, paths = nx.single_source_dijkstra(graph, tail, weight=lambda u, v, _: lengths[u, v][1])
        for b, head in enumerate(places):
            if head not in times:
                raise ValueError(f"graph: must have a path from {tail!r} to {head!r}; got none")
            long[a, b] = times[head]
            far[a, b] = sum(lengths[step][0] for step in zip(paths[head], paths[head][1:], strict=False))
    return far, long


def to_graph(problem: OrienteeringProblem) -> nx.DiGraph:
    """A problem as a complete networkx graph.

    Parameters
    ----------
    problem : OrienteeringProblem

    Returns
    -------
    networkx.DiGraph
        Nodes are the names of the locations, or numbers without them, customers first. Edge attributes ``distance`` and
        ``travel_time``; node attributes ``depot`` (bool), ``pos`` where there are coordinates, and of customers ``profit``
        (only where it is the same for all vehicles; otherwise ``profits``, a tuple by vehicle), ``demand``, ``open``,
        ``close``, ``service_time``, ``service_cost``. `from_graph` reads it back, given the vehicles.
    """
    import networkx as nx

    graph = nx.DiGraph(name=problem.provenance.name)
    n = problem.customers
    names: Sequence[Hashable] = problem.location_names or range(problem.locations)
    same = problem.vehicles > 0 and bool((problem.profit == problem.profit[:1]).all())
    for a, name in enumerate(names):
        graph.add_node(name, depot=a >= n)
        if problem.coordinates is not None:
            graph.nodes[name]["pos"] = tuple(problem.coordinates[a].tolist())
        if a < n:
            paid = problem.profit[:, a].tolist()
            graph.nodes[name].update({"profit": paid[0]} if same else {"profits": tuple(paid)})
            for column in ("demand", "open", "close", "service_time", "service_cost"):
                graph.nodes[name][column] = float(getattr(problem, column)[a])
    for a, tail in enumerate(names):
        for b, head in enumerate(names):
            if a != b:
                far, long = float(problem.distance[a, b]), float(problem.travel_time[a, b])
                graph.add_edge(tail, head, distance=far, travel_time=long)
    return graph
