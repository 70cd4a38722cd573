"""The methods of multi-task allocation, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.solvers.allocation"
_MTA = "MTA paper (blockchain-based edge resource sharing for Metaverse)"

METHODS: tuple[Method, ...] = (
    Method(
        name="random",
        kind="optimise",
        function=f"{_ROOM}.heuristic:random_feasible",
        exact=False,
        randomised=True,
        guarantee="feasible unless tasks that must be served find no room",
        reference=f"{_MTA}, section V-A",
    ),
    Method(
        name="greedy",
        kind="optimise",
        function=f"{_ROOM}.heuristic:greedy",
        exact=False,
        randomised=False,
        guarantee="feasible unless tasks that must be served find no room",
        reference=f"{_MTA}, section V-A",
    ),
    Method(
        name="regret-greedy",
        kind="optimise",
        function=f"{_ROOM}.heuristic:regret_greedy",
        params=f"{_ROOM}.heuristic:RegretGreedy",
        exact=False,
        randomised=False,
        guarantee="feasible unless tasks that must be served find no room",
        reference="Martello and Toth, Knapsack Problems (1990), section 7.4",
    ),
    Method(
        name="local-search",
        kind="optimise",
        function=f"{_ROOM}.heuristic:local_search",
        params=f"{_ROOM}.heuristic:LocalSearch",
        exact=False,
        randomised=True,
        supports=frozenset({"start", "trace", "iterations", "stalled", "target", "gap"}),
        guarantee="feasible if a solution is returned; a recomputable LP bound beside it",
        reference="ours; moves after Yagiura, Ibaraki and Glover, INFORMS J. Computing 16 (2004)",
    ),
    Method(
        name="q-learning",
        kind="optimise",
        function=f"{_ROOM}.learned:q_learning",
        params=f"{_ROOM}.learned:QLearning",
        exact=False,
        randomised=True,
        supports=frozenset({"trace", "iterations", "stalled", "target"}),
        guarantee="none",
        reference=f"{_MTA}, Algorithms 1-3",
    ),
    Method(
        name="lp",
        kind="bound",
        function=f"{_ROOM}.bounds:lp",
        exact=False,
        randomised=False,
        supports=frozenset({"threads"}),
        guarantee="a bound, recomputable from its capacity multipliers",
        reference="linear programming duality; HiGHS",
    ),
    Method(
        name="highs",
        kind="optimise",
        function=f"{_ROOM}.exact:highs",
        exact=True,
        randomised=False,
        supports=frozenset({"start", "threads", "trace", "iterations", "target", "gap"}),
        guarantee="optimal when proved; the bound is the solver's claim",
        reference="HiGHS: Huangfu and Hall, Math. Prog. Comp. 10 (2018)",
    ),
    Method(
        name="milp",
        kind="optimise",
        function=f"{_ROOM}.exact:milp",
        exact=True,
        randomised=False,
        supports=frozenset({"threads"}),
        guarantee="optimal when proved; the bound is the solver's claim",
        reference="Pyomo: Bynum et al., Pyomo - Optimization Modeling in Python (2021); HiGHS",
    ),
)
