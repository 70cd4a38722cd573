"""Games as bipartite networkx graphs, out and in."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.games.offloading.model.game import _PAIR, _PROVIDER, _USER, OffloadingGame


def to_networkx(game: OffloadingGame) -> Any:
    """A ``networkx.Graph``: nodes ("user", i) with bipartite=0, ("provider", k) with bipartite=1, an edge for every pair.

    Node and edge attributes carry the game's fields by name; the graph has the attribute ``regime``. Users come first, in
    order, then providers: `from_networkx` reads the graph back to an equal game.
    """
    import networkx as nx

    graph = nx.Graph(regime=game.regime)
    for i in range(game.users):
        graph.add_node(("user", i), bipartite=0, **{name: getattr(game, name)[i].item() for name in _USER})
    for k in range(game.providers):
        graph.add_node(("provider", k), bipartite=1, **{name: getattr(game, name)[k].item() for name in _PROVIDER})
    columns = [getattr(game, name).tolist() for name in _PAIR]
    for i, k, *values in zip(game.user.tolist(), game.provider.tolist(), *columns, strict=True):
        graph.add_edge(("user", i), ("provider", k), **dict(zip(_PAIR, values, strict=True)))
    return graph


def from_networkx(graph: Any) -> OffloadingGame:
    """From a bipartite graph as `to_networkx` writes it; nodes may have any names, users and providers keep their order.

    Nodes: attribute ``bipartite`` 0 (user) or 1 (provider). Edges need ``gain``, providers ``rate``; other fields default as
    in `OffloadingGame` where no node or edge has them. Names are recorded in the provenance by number of nodes only.
    Raises ValueError or TypeError for other types, a missing or partly missing attribute, an edge within one side.
    """
    if not (hasattr(graph, "nodes") and hasattr(graph, "edges")) or graph.is_directed() or graph.is_multigraph():
        validation.reject_type("graph", "must be an undirected networkx Graph", graph)
    sides: tuple[list[Any], list[Any]] = ([], [])
    for node, data in graph.nodes(data=True):
        if data.get("bipartite") not in (0, 1):
            validation.reject("graph", "must have the attribute bipartite 0 (user) or 1 (provider) at every node", node)
        sides[data["bipartite"]].append(node)
    users, providers = ({node: number for number, node in enumerate(side)} for side in sides)
    links = []
    for one, other, data in graph.edges(data=True):
        if (one in users) == (other in users):
            validation.reject("graph", "must have edges between users and providers only", (one, other))
        user, provider = (one, other) if one in users else (other, one)
        links.append((users[user], providers[provider], data))
    return OffloadingGame.from_pairs(
        user=np.array([i for i, _, _ in links], dtype=np.int64),
        provider=np.array([k for _, k, _ in links], dtype=np.int64),
        users=len(users),
        regime=graph.graph.get("regime", "linearised"),
        provenance=Provenance("networkx", parameters={"users": len(users), "providers": len(providers)}),
        **_columns([data for _, _, data in links], _PAIR, {"gain"}, "edge"),
        **_columns([graph.nodes[node] for node in users], _USER, set(), "user"),
        **_columns([graph.nodes[node] for node in providers], _PROVIDER, {"rate"}, "provider"),
    )


def _columns(rows: list[Any], names: tuple[str, ...], needed: set[str], where: str) -> dict[str, Any]:
    """The attributes as lists; None where no row has the attribute and it is not needed."""
    table: dict[str, Any] = {}
    for name in names:
        there = [name in row for row in rows]
        if any(there) or name in needed:
            if not all(there):
                validation.reject(
                    "graph", f"must have the attribute {name!r} at every {where}, or at none", rows[there.index(False)]
                )
            table[name] = [row[name] for row in rows]
    return table
