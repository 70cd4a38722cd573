"""Welfare by local search: every user moves where the total gains most, with perturbations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.current import CHUNK, CurrentProfile, shuffled
from edgeworth.games.offloading.heuristic.worth import CurrentSplit, welfare_worth
from edgeworth.games.offloading.kernels import partition
from edgeworth.games.offloading.model import OffloadingGame, Profile, positions, profile_of, value
from edgeworth.games.offloading.model.game import Ints

_WORK = 20_000_000  # visits of pairs that the default number of rounds makes


@dataclass(frozen=True)
class LocalSearch:
    """Parameters of `iterated_local_search`.

    Parameters
    ----------
    rounds : int, >= 1, or None
        Number of descents; None: 2 to 500, about 20 million visits of pairs in all.
    perturbation : float, in (0, 1]
        Share of the users that are moved to random actions before a new descent.
    """

    rounds: int | None = None
    perturbation: float = 0.1

    def __post_init__(self) -> None:
        if self.rounds is not None:
            validation.integer("rounds", self.rounds, minimum=1)
        validation.real("perturbation", self.perturbation, minimum=0.0, maximum=1.0, open_minimum=True)


def iterated_local_search(game: OffloadingGame, params: LocalSearch, run: Run[Profile]) -> Found[Profile]:
    """Iterated local search for the highest welfare: users in random order move where the welfare gains most.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : LocalSearch
        Number of descents, and the share of users that a perturbation moves.
    run : Run
        Clock, stop rules and random generator of the run; its ``start``, if any, begins the first descent.

    Returns
    -------
    Found
        A feasible profile, no worse than the start. ``iterations`` counts passes over all users.

    Notes
    -----
    The gain of a move is what it adds to the utilities of all users, so a local optimum is one of the welfare and in general no
    equilibrium. The first descent begins at the start or at a greedy profile, later ones at the best profile with a random
    share of the users moved to random actions; the better profile is kept. A pass costs O(pairs) in linear games; elsewhere a
    move also costs the users at the two providers.

    References
    ----------
    Lourenço, Martin and Stützle, Iterated local search (2003). The moves are our own.
    """
    search = Search(game, welfare_worth(game), run)
    rounds = params.rounds or max(2, min(500, _WORK // max(10 * game.pairs, 1)))
    ending = search.descend()
    for _ in range(rounds - 1):
        if ending is not None:
            break
        search.perturb(params.perturbation)
        ending = search.descend()
    profile = profile_of(game, search.best)
    if run.start is not None and value(game, profile) < value(game, run.start):  # equal but for rounding
        profile = run.start
    return Found(profile, ending or Termination.CONVERGED, iterations=search.passes)


class Search:
    """The current split, and the best choices met; ``total`` of a worth that `heuristic.worth` makes."""

    def __init__(self, game: OffloadingGame, worth: partition.Worth, run: Run[Profile], *, reports: bool = True) -> None:
        self.game, self.worth, self.run, self.reports = game, worth, run, reports
        if run.start is not None:
            choice = positions(game, run.start)
        else:
            current = CurrentProfile(game)
            current.begin("greedy", run)
            choice = current.state.choice
        self.split = CurrentSplit(game, worth, choice)
        self.best: Ints = choice.copy()
        self.most = self._total()
        self.passes = 0
        self.tolerance = 1e-10 * float(np.abs(worth.prize).mean()) if game.pairs else 0.0

    def descend(self) -> Termination | None:
        """Passes until nobody moves; the result becomes the best where it is better. Returns why the run must end."""
        m = self.game.users
        ending = None
        moved = 1
        while moved and ending is None:
            if self.run.allowance(self.passes, 1) == 0:
                ending = self.run.tick(self.passes) or Termination.ITERATIONS
                break
            order, moved = shuffled(m, self.run.rng), 0
            for begin in range(0, m, CHUNK // 4):
                ending = self.run.tick(self.passes)
                if ending is not None:
                    break
                end = min(begin + CHUNK // 4, m)
                moved += partition.descend(self.worth, self.split.state, order, begin, end, self.tolerance)
            self.passes += ending is None
        self.split.reset(self.split.state.choice.copy())
        total = self._total()
        if total > self.most:
            self.best, self.most = self.split.state.choice.copy(), total
        if self.reports:
            ending = self.run.tick(self.passes, value(self.game, profile_of(self.game, self.best))) or ending
        return ending

    def perturb(self, share: float) -> None:
        """Back to the best choices, with some users at random places that have room."""
        game, rng = self.game, self.run.rng
        choice = self.best.copy()
        chosen = rng.permutation(game.users)[: max(1, round(share * game.users))]
        choice[chosen] = -1
        count = np.bincount(game.provider[choice[choice >= 0]], minlength=game.providers)
        for i, draw in zip(chosen.tolist(), rng.random(len(chosen)).tolist(), strict=True):
            pairs = np.arange(game.indptr[i], game.indptr[i + 1])
            free = pairs[count[game.provider[pairs]] < game.cap[game.provider[pairs]]]
            pick = int(draw * (len(free) + 1))
            if pick:
                choice[i] = free[pick - 1]
                count[game.provider[choice[i]]] += 1
        self.split.reset(choice)

    def _total(self) -> float:
        return float(partition.total_worth(self.worth, self.split.state))
