"""Problems from networkx graphs and back."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, plan
from edgeworth.testing import orienteering_problems

read = orienteering.from_graph


def _complete() -> nx.DiGraph:
    """A depot H and customers a, b; the ways differ by direction."""
    graph = nx.DiGraph(name="town")
    graph.add_node("a", profit=5.0, demand=2.0, open=1.0, close=9.0, pos=(1.0, 0.0))
    graph.add_node("H", pos=(0.0, 0.0))
    graph.add_node("b", profit=3, pos=(0.0, 2.0))
    ways = {("H", "a"): 1, ("a", "H"): 2, ("H", "b"): 3, ("b", "H"): 4, ("a", "b"): 5, ("b", "a"): 6}
    for (tail, head), far in ways.items():
        graph.add_edge(tail, head, distance=far, minutes=10.0 * far)
    return graph


def test_a_complete_graph() -> None:
    problem = read(_complete(), depots=["H"], latest=20.0)
    assert problem.location_names == ("a", "b", "H")  # customers in the graph's order, then depots
    assert problem.distance.tolist() == [[0.0, 5.0, 2.0], [6.0, 0.0, 4.0], [1.0, 3.0, 0.0]]
    assert problem.travel_time.tolist() == problem.distance.tolist()
    assert problem.profit.tolist() == [[5.0, 3.0]]
    assert problem.demand.tolist() == [2.0, 0.0]
    assert (problem.open.tolist(), problem.close.tolist()) == ([1.0, 0.0], [9.0, 20.0])
    assert problem.coordinates is not None
    assert problem.coordinates.tolist() == [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]
    assert problem.provenance.name == "town"


def test_attributes_have_the_names_they_are_given() -> None:
    graph = _complete()
    nx.set_node_attributes(graph, {"a": 1.5, "b": 2.5}, "prize")
    problem = read(graph, depots=["H"], latest=[200.0, 100.0], travel_time="minutes", profit="prize", speed=2.0)
    assert problem.vehicles == 2
    assert problem.profit.tolist() == [[1.5, 2.5]] * 2
    assert problem.travel_time[2, 0] == 10.0
    assert problem.drive_time(0)[2, 0] == 5.0


def test_customers_can_be_chosen_and_ordered() -> None:
    problem = read(_complete(), depots=["H"], customers=["b", "a"], latest=20.0)
    assert problem.location_names == ("b", "a", "H")
    assert read(_complete(), depots=["H"], customers=["b"], latest=20.0).customers == 1


def test_vehicles_have_depots_of_their_own() -> None:
    graph = _complete()
    graph.add_node("K")
    for node in ("a", "b", "H"):
        graph.add_edge(node, "K", distance=7.0)
        graph.add_edge("K", node, distance=8.0)
    problem = read(graph, depots=["H", "K"], latest=50.0, start=["K", "H"], end=["H", "H"])
    assert problem.start.tolist() == [3, 2]
    assert problem.end.tolist() == [2, 2]
    assert problem.coordinates is None  # K has no position
    assert plan(problem, [[0], [1]]).routes[0].arrival.tolist() == [8.0]


def test_a_road_network_is_completed_by_its_quickest_ways() -> None:
    """A path H - x - a - y - b: x and y are junctions. The short way over z from H to a is slow, so nobody takes it."""
    graph = nx.Graph()
    for tail, head, far, slow in [("H", "x", 1, 1), ("x", "a", 2, 2), ("a", "y", 1, 1), ("y", "b", 1, 1), ("H", "z", 0.5, 9)]:
        graph.add_edge(tail, head, distance=far, hours=slow)
    graph.add_edge("z", "a", distance=0.5, hours=9)
    nx.set_node_attributes(graph, {"a": 4.0, "b": 6.0}, "profit")
    problem = read(graph, depots=["H"], customers=["a", "b"], latest=30.0, complete=True, travel_time="hours")
    assert problem.distance.tolist() == [[0.0, 2.0, 3.0], [2.0, 0.0, 5.0], [3.0, 5.0, 0.0]]
    assert problem.travel_time.tolist() == problem.distance.tolist()
    by_distance = read(graph, depots=["H"], customers=["a", "b"], latest=30.0, complete=True)
    assert by_distance.distance[2, 0] == 1.0


def test_a_network_of_one_way_streets() -> None:
    graph = nx.DiGraph()
    for tail, head in [("H", "a"), ("a", "b"), ("b", "H")]:
        graph.add_edge(tail, head, distance=1.0)
    nx.set_node_attributes(graph, {"a": 1.0, "b": 1.0}, "profit")
    problem = read(graph, depots=["H"], latest=9.0, complete=True)
    assert problem.distance.tolist() == [[0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [1.0, 2.0, 0.0]]


@given(problem=orienteering_problems(min_vehicles=1))
def test_there_and_back(problem: OrienteeringProblem) -> None:
    graph = orienteering.to_graph(problem)
    n = problem.customers
    same = bool((problem.profit == problem.profit[:1]).all())
    if not same:
        assert all(graph.nodes[i]["profits"] == tuple(problem.profit[:, i].tolist()) for i in range(n))
        graph.add_nodes_from((i, {"profit": float(problem.profit[0, i])}) for i in range(n))
    depots = [node for node, isdepot in graph.nodes(data="depot") if isdepot]
    again = read(
        graph, depots=depots, latest=problem.latest, travel_time="travel_time", start=problem.start.tolist(),
        end=problem.end.tolist(), speed=problem.speed, capacity=problem.capacity, earliest=problem.earliest,
        cost_per_distance=problem.cost_per_distance, cost_per_time=problem.cost_per_time,
    )  # fmt: skip
    for name in ("distance", "travel_time", "demand", "open", "close", "service_time", "service_cost", "start", "end"):
        assert np.array_equal(getattr(again, name), getattr(problem, name)), name
    assert np.array_equal(again.profit, problem.profit if same else np.repeat(problem.profit[:1], problem.vehicles, axis=0))
    if problem.coordinates is None:
        assert again.coordinates is None
    else:
        assert np.array_equal(again.coordinates, problem.coordinates)  # type: ignore[arg-type]


def test_names_become_nodes() -> None:
    graph = orienteering.to_graph(orienteering.generate(preset="fusion", vehicles=1, customers=2, seed=0))
    assert list(graph) == [0, 1, 2]
    named = orienteering.to_graph(read(_complete(), depots=["H"], latest=20.0))
    assert list(named) == ["a", "b", "H"]
    assert named.nodes["H"]["depot"] is True
    assert named.nodes["a"]["profit"] == 5.0
    assert named.edges["a", "b"]["distance"] == 5.0


def _without(**changed: Any) -> nx.DiGraph:
    graph = _complete()
    for action, what in changed.items():
        getattr(graph, action)(*what)
    return graph


def _edge(value: Any) -> nx.DiGraph:
    graph = _complete()
    graph.edges["a", "b"]["distance"] = value
    return graph


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "no graph": (lambda: read({"a": 1}, depots=["a"], latest=1.0), TypeError, "graph: must be a networkx Graph or DiGraph"),
    "parallel edges": (lambda: read(nx.MultiGraph(_complete()), depots=["H"], latest=1.0), TypeError, "without parallel edges"),
    "depots a text": (
        lambda: read(_complete(), depots="H", latest=1.0),
        TypeError,
        "depots: must be a sequence of nodes; got 'H'",
    ),
    "a depot nobody knows": (
        lambda: read(_complete(), depots=["Q"], latest=1.0),
        ValueError,
        "depots: must be nodes of the graph; got 'Q'",
    ),
    "a depot twice": (lambda: read(_complete(), depots=["H", "H"], latest=1.0), ValueError, "depots: must differ"),
    "a customer nobody knows": (
        lambda: read(_complete(), depots=["H"], customers=["Q"], latest=1.0),
        ValueError,
        "customers: must be nodes of the graph; got 'Q'",
    ),
    "a customer that is a depot": (
        lambda: read(_complete(), depots=["H"], customers=["a", "H"], latest=1.0),
        ValueError,
        "customers: must not be depots; got 'H'",
    ),
    "a start that is no depot": (
        lambda: read(_complete(), depots=["H"], start=["a"], latest=1.0),
        ValueError,
        "start: must be among the depots; got 'a'",
    ),
    "no profit": (
        lambda: read(_complete(), depots=["H"], profit="prize", latest=1.0),
        ValueError,
        "graph: node 'a' must have the attribute 'prize'; got ['close', 'demand', 'open', 'pos', 'profit']",
    ),
    "a missing edge": (
        lambda: read(_without(remove_edge=("b", "a")), depots=["H"], latest=1.0),
        ValueError,
        "graph: must have an edge from 'b' to 'a' (or complete=True); got none",
    ),
    "no distance": (
        lambda: read(_complete(), depots=["H"], distance="miles", latest=1.0),
        ValueError,
        "must have the attribute 'miles'; got ['distance', 'minutes']",
    ),
    "a distance that is text": (
        lambda: read(_edge("5"), depots=["H"], latest=1.0),
        TypeError,
        "edge 'a' to 'b', distance: must be a real number; got '5' of type str",
    ),
    "a negative distance": (
        lambda: read(_edge(-5.0), depots=["H"], latest=1.0),
        ValueError,
        "distance: must be at least 0.0 everywhere; got -5.0",
    ),
    "a negative way": (
        lambda: read(_edge(-5.0), depots=["H"], latest=1.0, complete=True),
        ValueError,
        "graph: edge 'a' to 'b' must have a travel time of at least 0; got -5.0",
    ),
    "no way": (
        lambda: read(_without(remove_edges_from=([("H", "b"), ("a", "b")],)), depots=["H"], latest=1.0, complete=True),
        ValueError,
        "graph: must have a path from 'a' to 'b'; got none",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_graphs_say_what_is_wrong(name: str) -> None:
    call, error, fragment = WRONG[name]
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert fragment in str(caught.value)
