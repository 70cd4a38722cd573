"""The methods of computing-power trading, one row each; a row for every learner of `edgeworth.learning`."""

from __future__ import annotations

from edgeworth.core.method import Method
from edgeworth.learning.rows import learner_rows

_ROOM = "edgeworth.games.trading"
_RULES = frozenset({"trace", "iterations", "stalled", "target"})

METHODS: tuple[Method, ...] = (
    Method(
        name="exact",
        kind="equilibrium",
        function=f"{_ROOM}.exact:price_branch_and_bound",
        params=f"{_ROOM}.exact:Exact",
        exact=True,
        randomised=False,
        kernels=True,
        supports=frozenset({"trace", "iterations", "target", "gap"}),
        guarantee="Stackelberg equilibrium; the leader's optimum is global, its bound recomputable from price intervals",
        reference="ours; Szidarovszky and Okuguchi, Games Econ. Behav. 18 (1997)",
    ),
    Method(
        name="closed-form",
        kind="equilibrium",
        function=f"{_ROOM}.exact:closed_form_equilibrium",
        exact=True,
        randomised=False,
        guarantee="Stackelberg equilibrium where all demands are interior at every price and role ratios equal; else refused",
        reference="AI-Bazaar paper, equations (18) and (26)",
        kernels=True,
    ),
    Method(
        name="grid",
        kind="optimise",
        function=f"{_ROOM}.heuristic:grid_search",
        params=f"{_ROOM}.heuristic:Grid",
        exact=False,
        randomised=False,
        kernels=True,
        supports=_RULES,
        guarantee="the consumers are in equilibrium; the best of the prices tried",
        reference="evenly spaced prices",
    ),
    Method(
        name="golden-section",
        kind="optimise",
        function=f"{_ROOM}.heuristic:golden_section_search",
        params=f"{_ROOM}.heuristic:GoldenSection",
        exact=False,
        randomised=False,
        kernels=True,
        supports=_RULES,
        guarantee="the consumers are in equilibrium; a local maximum where the profit has several",
        reference="Kiefer, Proc. AMS 4 (1953)",
    ),
    *learner_rows(_ROOM, supports=frozenset({"trace", "iterations", "target"}), guarantee="none; regrets are measured"),
)
