"""Road networks: a grid of streets, and travel times that hold at any time of day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats

if TYPE_CHECKING:
    import networkx as nx

BLOCKS, BLOCK = 10, 111.0
"""Streets a side, metres between two of them: some 1,000 m square."""
CLOSED = 0.12
"""Share of the street segments that are left out, where the network stays connected."""


def street_grid(rng: np.random.Generator) -> nx.Graph:
    """Draw a grid of streets: junctions off the grid a little, some segments closed, every third street an arterial.

    Parameters
    ----------
    rng : Generator

    Returns
    -------
    networkx.Graph
        Nodes have ``pos`` (metres); edges ``length`` (metres), ``off_peak`` and ``peak`` (seconds): 14 m/s on arterials and
        8 m/s elsewhere, and 1.2 to 2.5 times as long at the peak.
    """
    import networkx as nx

    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(BLOCKS, BLOCKS), label_attribute="cell")
    for node, at in graph.nodes(data="cell"):
        graph.nodes[node]["pos"] = tuple((np.array(at) * BLOCK + rng.uniform(-20.0, 20.0, 2)).tolist())
    for one, two in list(graph.edges):
        a, b = graph.nodes[one]["cell"], graph.nodes[two]["cell"]
        street = a[0] if a[0] == b[0] else a[1]
        length = float(np.hypot(*(np.array(graph.nodes[one]["pos"]) - graph.nodes[two]["pos"])))
        off_peak = length / (14.0 if street % 3 == 0 else 8.0)
        graph.edges[one, two].update(length=length, off_peak=off_peak, peak=off_peak * rng.uniform(1.2, 2.5))
    for one, two in list(graph.edges):
        if rng.random() < CLOSED:
            kept = dict(graph.edges[one, two])
            graph.remove_edge(one, two)
            if not nx.has_path(graph, one, two):
                graph.add_edge(one, two, **kept)
    return graph


def slower_times(graph: nx.Graph, nodes: list[object]) -> Floats:
    """Seconds between nodes at the slower of peak and off-peak, each along its own fastest way.

    Parameters
    ----------
    graph : networkx.Graph
        Directed or not; edges have ``peak`` and ``off_peak``, seconds >= 0.
    nodes : list of nodes

    Returns
    -------
    ndarray
        float64 [n, n].

    Raises
    ------
    ValueError
        For an edge without a time, and where there is no way.
    """
    import networkx as nx

    for one, two, data in graph.edges(data=True):
        for name in ("peak", "off_peak"):
            if name not in data:
                validation.reject("graph", f"must have {name!r} on every edge, also on ({one!r}, {two!r})", data)
            validation.real(f"{name} of edge ({one!r}, {two!r})", data[name], minimum=0.0)
    times = np.zeros((len(nodes), len(nodes)))
    for a, tail in enumerate(nodes):
        for name in ("peak", "off_peak"):
            reached = nx.single_source_dijkstra_path_length(graph, tail, weight=name)
            for b, head in enumerate(nodes):
                if head not in reached:
                    validation.reject("graph", f"must have a way from {tail!r} to {head!r}", "none")
                times[a, b] = max(times[a, b], float(reached[head]))
    return times


def settled_on(rng: np.random.Generator, graph: nx.Graph | None, servers: int, speed: float) -> tuple[Floats, Floats]:
    """Put servers on distinct junctions of a road network.

    Parameters
    ----------
    rng : Generator
    graph : networkx.Graph, optional
        Its nodes have ``pos``; None: `street_grid`.
    servers : int
    speed : float
        Metres a second of the vehicles, by which times become the metres that `World.distance` counts in.

    Returns
    -------
    place : ndarray
        Metres, float64 [servers, 2].
    distance : ndarray
        float64 [servers, servers].

    Raises
    ------
    ValueError, TypeError
        For a graph with too few nodes, without positions or times, or not connected.
    """
    import networkx as nx

    if graph is None:
        graph = street_grid(rng)
    if not isinstance(graph, nx.Graph) or graph.is_multigraph():
        validation.reject_type("graph", "must be a networkx Graph or DiGraph without parallel edges", graph)
    nodes = list(graph)
    if servers > len(nodes):
        validation.reject("servers", f"must be at most the {len(nodes)} nodes of the graph", servers)
    chosen = [nodes[j] for j in rng.choice(len(nodes), servers, replace=False).tolist()]
    lost = next((node for node in chosen if "pos" not in graph.nodes[node]), None)
    if lost is not None:
        validation.reject("graph", f"must have 'pos' on every node, also on {lost!r}", graph.nodes[lost])
    place = validation.array("pos of graph", [graph.nodes[node]["pos"] for node in chosen], np.float64, (servers, 2))
    return place, slower_times(graph, chosen) * speed
