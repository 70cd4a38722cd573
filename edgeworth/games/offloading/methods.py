"""The methods of the offloading game, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.games.offloading"
_FUSION = "FUSION paper, section V"
_REST = "linear regime: ends in an equilibrium (epsilon at most the threshold); kinked: may cycle, and says so"
_DYNAMIC = frozenset({"start", "trace", "iterations"})

METHODS: tuple[Method, ...] = (
    Method(
        name="random-feasible",
        kind="optimise",
        function=f"{_ROOM}.heuristic:random_feasible",
        exact=False,
        randomised=True,
        guarantee="feasible",
        reference=f"{_FUSION}-E, step 1; FUSION_NoPG",
    ),
    Method(
        name="greedy-delay",
        kind="optimise",
        function=f"{_ROOM}.heuristic:greedy_delay",
        exact=False,
        randomised=False,
        guarantee="feasible",
        reference="ours",
    ),
    Method(
        name="all-local",
        kind="optimise",
        function=f"{_ROOM}.heuristic:all_local",
        exact=False,
        randomised=False,
        guarantee="feasible",
        reference=f"{_FUSION}-A: the baseline of every utility",
    ),
    Method(
        name="pg-brd",
        kind="equilibrium",
        function=f"{_ROOM}.heuristic:pg_brd",
        params=f"{_ROOM}.heuristic:BestResponse",
        exact=False,
        randomised=True,
        supports=_DYNAMIC,
        guarantee=_REST,
        reference=f"{_FUSION}-E",
    ),
    Method(
        name="round-robin",
        kind="equilibrium",
        function=f"{_ROOM}.heuristic:round_robin",
        params=f"{_ROOM}.heuristic:BestResponse",
        exact=False,
        randomised=True,
        supports=_DYNAMIC,
        guarantee=_REST,
        reference="Monderer and Shapley, Games and Economic Behavior 14 (1996)",
    ),
    Method(
        name="max-gain",
        kind="equilibrium",
        function=f"{_ROOM}.heuristic:max_gain",
        params=f"{_ROOM}.heuristic:BestResponse",
        exact=False,
        randomised=True,
        supports=_DYNAMIC,
        guarantee=_REST,
        reference="Monderer and Shapley, Games and Economic Behavior 14 (1996)",
    ),
    Method(
        name="log-linear",
        kind="equilibrium",
        function=f"{_ROOM}.heuristic:log_linear",
        params=f"{_ROOM}.heuristic:LogLinear",
        exact=False,
        randomised=True,
        supports=_DYNAMIC,
        guarantee=_REST,
        reference="Blume, Games and Economic Behavior 5 (1993)",
    ),
    Method(
        name="equilibria",
        kind="equilibrium",
        function=f"{_ROOM}.exact.enumeration:equilibria",
        exact=True,
        randomised=False,
        supports=frozenset({"iterations"}),
        guarantee="the pure equilibrium of highest welfare, or the proof that none exists; up to 5e7 profiles",
        reference="enumeration",
    ),
)
