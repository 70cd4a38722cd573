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
    Method(
        name="milp",
        kind="optimise",
        function=f"{_ROOM}.exact:milp",
        exact=True,
        randomised=False,
        supports=frozenset({"threads"}),
        guarantee="optimal when proved; the bound is the solver's claim; small instances",
        reference="Pyomo: Bynum et al., Pyomo - Optimization Modeling in Python (2021); HiGHS",
    ),
)
