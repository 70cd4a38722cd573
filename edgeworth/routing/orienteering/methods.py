"""The methods of orienteering, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.routing.orienteering"

METHODS: tuple[Method, ...] = (
    Method(
        name="greedy",
        kind="optimise",
        function=f"{_ROOM}.heuristic:greedy_insertion",
        exact=False,
        randomised=False,
        kernels=True,
        guarantee="feasible",
        reference="ours; Vansteenwegen et al., Computers & Operations Research 36 (2009)",
    ),
    Method(
        name="eaco",
        kind="optimise",
        function=f"{_ROOM}.heuristic:ant_colony",
        params=f"{_ROOM}.heuristic:Eaco",
        exact=False,
        randomised=True,
        kernels=True,
        supports=frozenset({"start", "threads", "trace", "iterations", "stalled", "target"}),
        guarantee="feasible",
        reference="FUSION paper, section IV-C2, equations (6)-(8), Algorithm 1",
    ),
    Method(
        name="eaco-ls",
        kind="optimise",
        function=f"{_ROOM}.heuristic:ant_colony_local_search",
        params=f"{_ROOM}.heuristic:EacoLs",
        exact=False,
        randomised=True,
        kernels=True,
        supports=frozenset({"start", "threads", "trace", "iterations", "stalled", "target"}),
        guarantee="feasible, worth at least the greedy plan or the start",
        reference="ours; FUSION paper, section IV-C2; Christiaens and Vanden Berghe, Transportation Science 54 (2020)",
    ),
    Method(
        name="milp",
        kind="optimise",
        function=f"{_ROOM}.exact:pyomo_milp",
        exact=True,
        randomised=False,
        supports=frozenset({"threads"}),
        guarantee="optimal when proved; the bound is the solver's claim; small instances",
        reference="Pyomo: Bynum et al., Pyomo - Optimization Modeling in Python (2021); HiGHS",
    ),
    Method(
        name="dp",
        kind="optimise",
        function=f"{_ROOM}.exact:dynamic_programming",
        params=f"{_ROOM}.exact:DynamicProgramming",
        exact=True,
        randomised=False,
        kernels=True,
        supports=frozenset({"start", "trace", "target", "gap"}),
        guarantee="optimal when proved, for one vehicle; the bound is then recomputed, from multipliers or routes listed",
        reference="Righini and Salani (2009); ng-routes after Baldacci, Mingozzi and Roberti (2011), with prices",
    ),
    Method(
        name="column-generation",
        kind="optimise",
        function=f"{_ROOM}.exact.column_generation:column_generation",
        params=f"{_ROOM}.exact:ColumnGeneration",
        exact=True,
        randomised=False,
        kernels=True,
        supports=frozenset({"start", "trace", "target", "gap"}),
        guarantee="optimal when proved; the bound is then recomputed, from multipliers or routes listed",
        reference="Baldacci, Mingozzi and Roberti (2011); HiGHS",
    ),
)
