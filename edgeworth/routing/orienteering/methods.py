"""The methods of orienteering, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.routing.orienteering"

METHODS: tuple[Method, ...] = (
    Method(
        name="greedy",
        kind="optimise",
        function=f"{_ROOM}.heuristic:greedy",
        exact=False,
        randomised=False,
        guarantee="feasible",
        reference="best insertion by value a unit of time; ours",
    ),
)
