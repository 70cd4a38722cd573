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
    Method(
        name="dp",
        kind="optimise",
        function=f"{_ROOM}.exact:dp",
        params=f"{_ROOM}.exact:DynamicProgramming",
        exact=True,
        randomised=False,
        supports=frozenset({"start", "trace", "target", "gap"}),
        guarantee="optimal when proved, for one vehicle; the bound is recomputed where multipliers reach it, else claimed",
        reference="Righini and Salani (2009); ng-routes after Baldacci, Mingozzi and Roberti (2011), with prices",
    ),
    Method(
        name="column-generation",
        kind="optimise",
        function=f"{_ROOM}.exact:column_generation",
        params=f"{_ROOM}.exact:ColumnGeneration",
        exact=True,
        randomised=False,
        supports=frozenset({"start", "trace", "target", "gap"}),
        guarantee="optimal when proved; the bound is recomputed where multipliers reach it, else claimed",
        reference="Baldacci, Mingozzi and Roberti (2011); HiGHS",
    ),
)
