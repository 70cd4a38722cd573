"""Games as bipartite networkx graphs, out and in."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.games.offloading.model.columns import PAIR, PROVIDER, USER
from edgeworth.games.offloading.model.game import OffloadingGame

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(game: OffloadingGame) -> nx.Graph:
    """The game as a bipartite ``networkx.Graph``.

    Parameters
    ----------
    game : OffloadingGame

    Returns
    -------
    networkx.Graph
        Nodes ("user", i) with the attribute bipartite=0, then ("provider", k) with bipartite=1, i and k positions or, where the
        game has them, names; an edge for every pair. Node and edge attributes carry the game's fields; the graph has the
        attribute ``regime``. `from_networkx` reads it back to an equal game.
    """
    import networkx as nx

    graph = nx.Graph(regime=game.regime)
    users: list[tuple[str, Hashable]] = [("user", i) for i in game.user_names or range(game.users)]
    providers: list[tuple[str, Hashable]] = [("provider", k) for k in game.provider_names or range(game.providers)]
    for i, node in enumerate(users):
        graph.add_node(node, bipartite=0, **{name: getattr(game, name)[i].item() for name in USER})
    for k, node in enumerate(providers):
        graph.add_node(node, bipartite=1, **{name: getattr(game, name)[k].item() for name in PROVIDER})
    columns = [getattr(game, name).tolist() for name in PAIR]
    for i, k, *values in zip(game.user.tolist(), game.provider.tolist(), *columns, strict=True):
        graph.add_edge(users[i], providers[k], **dict(zip(PAIR, values, strict=True)))
    return graph


def from_networkx(graph: nx.Graph) -> OffloadingGame:
    """A game from a bipartite graph such as `to_networkx` makes.

    Parameters
    ----------
    graph : networkx.Graph
        Nodes have the attribute ``bipartite``, 0 for a user and 1 for a provider, in the order of the game. Edges need the
        attribute ``gain``, providers ``rate``; other fields default as in `OffloadingGame` where no node or edge has them.

    Returns
    -------
    OffloadingGame
        The texts of the nodes are its names; of nodes ("user", x) and ("provider", x) the text of x.

    Raises
    ------
    TypeError, ValueError
        For another type of graph, an attribute that some have and some lack, and an edge within one side.
    """
    if not (hasattr(graph, "nodes") and hasattr(graph, "edges")) or graph.is_directed() or graph.is_multigraph():
        validation.reject_type("graph", "must be an undirected networkx Graph", graph)
    sides: tuple[list[Hashable], list[Hashable]] = ([], [])
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
        user_names=[_name(node, "user") for node in users],
        provider_names=[_name(node, "provider") for node in providers],
        provenance=Provenance("networkx", parameters={"users": len(users), "providers": len(providers)}),
        **_columns([data for _, _, data in links], PAIR, {"gain"}, "edge"),
        **_columns([graph.nodes[node] for node in users], USER, set(), "user"),
        **_columns([graph.nodes[node] for node in providers], PROVIDER, {"rate"}, "provider"),
    )


def _name(node: Hashable, side: str) -> str:
    return str(node[1] if isinstance(node, tuple) and len(node) == 2 and node[0] == side else node)


def _columns(rows: list[dict[str, Any]], names: tuple[str, ...], needed: set[str], where: str) -> dict[str, Any]:
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
