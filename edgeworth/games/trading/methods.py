"""The methods of computing-power trading, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.games.trading"
_LEARNS = frozenset({"trace", "iterations", "target"})
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
    Method(
        name="wolf-phc",
        kind="optimise",
        function=f"{_ROOM}.learned:wolf_phc",
        params=f"{_ROOM}.learned:WolfPhc",
        exact=False,
        randomised=True,
        kernels=True,
        supports=_LEARNS,
        guarantee="none; regrets are measured",
        reference="AI-Bazaar paper, Algorithm 1 (PB-MARL); Bowling and Veloso, Artificial Intelligence 136 (2002)",
    ),
    Method(
        name="pga-app",
        kind="optimise",
        function=f"{_ROOM}.learned:pga_app",
        params=f"{_ROOM}.learned:PgaApp",
        exact=False,
        randomised=True,
        kernels=True,
        supports=_LEARNS,
        guarantee="none; regrets are measured",
        reference="Zhang and Lesser, AAAI (2010)",
    ),
    Method(
        name="giga-wolf",
        kind="optimise",
        function=f"{_ROOM}.learned:giga_wolf",
        params=f"{_ROOM}.learned:GigaWolf",
        exact=False,
        randomised=True,
        kernels=True,
        supports=_LEARNS,
        guarantee="none; regrets are measured",
        reference="Bowling, NIPS 17 (2005)",
    ),
    Method(
        name="minimax-q",
        kind="optimise",
        function=f"{_ROOM}.learned:minimax_q",
        params=f"{_ROOM}.learned:MinimaxQ",
        exact=False,
        randomised=True,
        kernels=True,
        supports=_LEARNS,
        guarantee="none; regrets are measured",
        reference="Littman, ICML (1994)",
    ),
)
