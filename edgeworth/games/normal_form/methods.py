"""The methods of finite games, one row each; a row for every learner of `edgeworth.learning`."""

from __future__ import annotations

from edgeworth.core.method import Method
from edgeworth.learning.rows import learner_rows

_ROOM = "edgeworth.games.normal_form"

METHODS: tuple[Method, ...] = (
    Method(
        name="pure",
        kind="equilibrium",
        function=f"{_ROOM}.exact:enumerate_pure_equilibria",
        exact=True,
        randomised=False,
        guarantee="the pure equilibrium of the highest value; no solution where there is none",
        reference="Nash, PNAS 36 (1950), by enumeration",
    ),
    Method(
        name="vertex-enumeration",
        kind="equilibrium",
        function=f"{_ROOM}.exact:enumerate_vertices",
        exact=True,
        randomised=False,
        guarantee="of all equilibria of two-player games, pure and mixed, the one of highest value; others are refused",
        reference="Mangasarian, J. SIAM 12 (1964); Avis, Rosenberg, Savani and von Stengel (2010)",
    ),
    Method(
        name="zero-sum",
        kind="equilibrium",
        function=f"{_ROOM}.exact:minimax_linear_program",
        exact=True,
        randomised=False,
        guarantee="minimax strategies of two-player constant-sum games; others are refused",
        reference="von Neumann (1928); Dantzig (1951); HiGHS",
    ),
    Method(
        name="lemke-howson",
        kind="equilibrium",
        function=f"{_ROOM}.exact:lemke_howson",
        params=f"{_ROOM}.exact:LemkeHowson",
        exact=True,
        randomised=False,
        kernels=True,
        requires=("quantecon", "games"),
        guarantee="a mixed equilibrium of two-player games; others are refused",
        reference="Lemke and Howson, J. SIAM 12 (1964); QuantEcon.py",
    ),
    Method(
        name="logit-tracing",
        kind="equilibrium",
        function=f"{_ROOM}.exact:trace_logit",
        exact=True,
        randomised=False,
        kernels=True,
        guarantee="a mixed equilibrium of games of any number of players, its regret certified; or it says that it gave up",
        reference="McKelvey and Palfrey (1995); Turocy, Games and Economic Behavior 51 (2005)",
    ),
    Method(
        name="stackelberg",
        kind="optimise",
        function=f"{_ROOM}.exact:optimal_commitment",
        exact=False,
        randomised=False,
        guarantee="the best commitment of player 0 of two, proved by its multipliers; other games are refused",
        reference="Conitzer and Sandholm, EC 2006; Conitzer and Korzhyk, AAAI 2011; HiGHS",
    ),
    Method(
        name="fictitious-play",
        kind="optimise",
        function=f"{_ROOM}.dynamics:fictitious_play",
        params=f"{_ROOM}.dynamics:FictitiousPlay",
        exact=False,
        randomised=False,
        kernels=True,
        supports=frozenset({"iterations"}),
        guarantee="frequencies converge in two-player zero-sum games and in games with a potential; not in all games",
        reference="Brown (1951); Robinson (1951); Monderer and Shapley (1996)",
    ),
    Method(
        name="replicator",
        kind="optimise",
        function=f"{_ROOM}.dynamics:replicator_dynamics",
        params=f"{_ROOM}.dynamics:Replicator",
        exact=False,
        randomised=True,
        kernels=True,
        supports=frozenset({"iterations"}),
        guarantee="dominated strategies die out; no convergence in general",
        reference="Taylor and Jonker (1978); Hofbauer and Sigmund (1998)",
    ),
    *learner_rows(_ROOM, supports=frozenset({"iterations"})),
)
