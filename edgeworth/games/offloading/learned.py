"""Decentralised learning: users who observe nothing but their own utility, by the learners of `edgeworth.learning`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from edgeworth import learning
from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.offloading.heuristic.current import CurrentProfile
from edgeworth.games.offloading.kernels import learning as kernel
from edgeworth.games.offloading.model import OffloadingGame, Profile, profile_of, value
from edgeworth.games.offloading.model.game import Floats
from edgeworth.learning.play import functions, plays

_CHUNK = 500_000  # pairs evaluated between two looks at the clock, about 20 ms


@dataclass(frozen=True, kw_only=True)
class Play(learning.Play):
    """Parameters of the learning methods of the offloading game.

    Parameters
    ----------
    learner : Learner, optional
        The learner that every user is; one that does not observe its opponents. None stands for the learner of the method row,
        with the defaults of this game (`PLAYS`).
    rounds : int, optional
        Number of rounds, at least 0; by default 20,000.
    crowding : float
        Rewards are scaled to [0, 1] and clipped between the utility at which every provider in reach carries `crowding` times
        its share of all weight (by rate) and the best that the user can get. Above 0. EXP3's regret bound holds where nothing
        is clipped.

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.

    Notes
    -----
    The defaults of the learners that estimate Q are ours, chosen by hand: a slow rate, because the same action pays differently
    from round to round, and exploration, because an action never tried is never known.

    Examples
    --------
    >>> from edgeworth.games import offloading
    >>> from edgeworth.learning import Exp3
    >>> game = offloading.generate(preset="random", users=12, providers=4, seed=0)
    >>> play = Play(learner=Exp3(mixing=0.1), rounds=500)
    >>> offloading.solve(game, method="exp3", params=play, seed=0).stats.iterations
    500
    """

    crowding: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("crowding", self.crowding, minimum=0.0, open_minimum=True)
        if self.learner is not None and self.learner.observes_opponents:
            validation.reject("learner", "must not observe the others' actions, which users do not see", self.learner)


class Session:
    """One learner for each user of a game; `advance` plays on.

    In a round every user draws an action: local execution or one of its pairs. Users arrive in random order; who finds a
    provider full computes locally. Each then observes its own utility and nothing else.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    play : Play
        The play, its learner given; how many rounds are played is up to `advance`.
    seed : int, SeedSequence, Generator or None
        The same seed gives the same play, in however many pieces it is advanced.

    Attributes
    ----------
    population : edgeworth.learning.Population
        The learners' tables.
    rounds : int
        Number of rounds played.

    Raises
    ------
    ValueError, TypeError
        If game or play are of the wrong type, or the play has no learner.

    Examples
    --------
    >>> from edgeworth.games import offloading
    >>> game = offloading.generate(preset="random", users=12, providers=4, seed=0)
    >>> session = Session(game, PLAYS["exp3"], seed=0)
    >>> session.advance(100)
    >>> session.rounds
    100
    """

    def __init__(self, game: OffloadingGame, play: Play, *, seed: Seed = None) -> None:
        if not isinstance(game, OffloadingGame):
            validation.reject_type("game", "must be an OffloadingGame", game)
        if not isinstance(play, Play):
            validation.reject_type("play", "must be a Play", play)
        if play.learner is None:
            validation.reject("learner", "must be given", None)
        m, n = game.users, game.providers
        self.game, self.play, self.rounds = game, play, 0
        self.population = learning.Population([play.learner] * m, states=[1] * m, actions=(1 + np.diff(game.indptr)).tolist())
        self._rng = generator(seed)[0]
        self._arrays = CurrentProfile(game).arrays
        self._low, self._high = _range(game, play.crowding)
        self._cost = game.cost_rate[game.provider] * game.workload[game.user] / game.rate[game.provider]
        self._order, self._drawn = np.arange(m), np.zeros(m, dtype=np.int64)
        self._choice, self._load, self._count = np.full(m, -1), np.zeros(n), np.zeros(n, dtype=np.int64)
        self._seen, self._totals = np.zeros(game.pairs), np.zeros(1 + m)

    @property
    def chunk(self) -> int:
        """Number of rounds that take about 20 ms."""
        return max(1, _CHUNK // (self.game.pairs + 4 * self.game.users + 1))

    def advance(self, rounds: int) -> None:
        """Play `rounds` more rounds, at least 0."""
        count = validation.integer("rounds", rounds, minimum=0)
        kernel.rounds(
            self._arrays, self.population.tables, self._low, self._high, self.game.price, self._cost, self._order,
            self._drawn, self._choice, self._load, self._count, self._seen, self._totals, count, self._rng,
        )  # fmt: skip
        self.rounds += count

    @property
    def welfare(self) -> float:
        """Mean welfare of the rounds played; NaN before the first."""
        return float(self._totals[0]) / self.rounds if self.rounds else float("nan")

    @property
    def regret(self) -> Floats:
        """External regret of every user per round, float64 [users]; NaN before the first round.

        It is the mean utility of the best single action, the others' play as it was, less the mean utility earned: at least 0
        up to rounding.
        """
        if not self.rounds:
            return np.full(self.game.users, np.nan)
        best = self._totals[1:].copy()
        np.maximum.at(best, self.game.user, self._seen)
        return best / self.rounds

    def profile(self) -> Profile:
        """Return every user's most probable action, users in order; who finds a provider full computes locally."""
        game = self.game
        choice, count = np.full(game.users, -1, dtype=np.int64), np.zeros(game.providers, dtype=np.int64)
        for i in range(game.users):
            action = int(self.population.policy(i)[0].argmax())
            pair = int(game.indptr[i]) + action - 1
            if action and count[game.provider[pair]] < game.cap[game.provider[pair]]:
                choice[i] = pair
                count[game.provider[pair]] += 1
        return profile_of(game, choice)


def play(game: OffloadingGame, params: Play, run: Run[Profile]) -> Found[Profile]:
    """Every user learns from its own utility alone.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : Play
        The learner of every user, the scaling of rewards and the number of rounds.
    run : Run
        Clock, stop rules and random generator of the run.

    Returns
    -------
    Found
        Every user's most probable action at the end, a feasible profile. ``iterations`` counts rounds.

    Notes
    -----
    In a round all users draw an action; they arrive in random order, and a user who finds its provider full executes locally.
    Each then observes its own utility and nothing else. The notes of the result give the mean welfare of the rounds as played
    and the users' mean and largest external regret. No equilibrium is claimed: with vanishing regret the play as a whole, not a
    profile, approaches the coarse correlated equilibria.

    References
    ----------
    Cesa-Bianchi and Lugosi, Prediction, Learning, and Games (2006).
    """
    _, rounds = params.required()
    session = Session(game, params, seed=run.rng)
    traced = run.trace() is not None
    ending = None
    while ending is None and session.rounds < rounds:
        ending = run.tick(session.rounds)
        if ending is None:
            session.advance(run.allowance(session.rounds, min(session.chunk, rounds - session.rounds)))
            if traced:
                run.record(session.rounds, value(game, session.profile()))
    regret = session.regret
    notes: tuple[str, ...] = ()
    if session.rounds and game.users:
        text = f"mean welfare of {session.rounds} rounds {session.welfare!r}; external regret a user and round: "
        notes = (f"{text}mean {float(regret.mean())!r}, largest {float(regret.max())!r}",)
    return Found(session.profile(), ending or Termination.CONVERGED, iterations=session.rounds, notes=notes)


PLAYS: Mapping[str, Play] = MappingProxyType(
    plays(
        Play(rounds=20_000),
        [
            Play(learner=learning.QLearning(rate=0.1, discount=0.0, explore=0.02)),
            Play(learner=learning.WolfPhc(rate=0.1, discount=0.0, win=0.001, lose=0.004, explore=0.02)),
            Play(learner=learning.PgaApp(rate=0.1, discount=0.0, step=0.001, explore=0.02)),
            Play(learner=learning.GigaWolf(rate=0.1, discount=0.0, step=0.001, explore=0.02)),
        ],
        observable=False,
    )
)
"""Name -> complete play of every learning method of the offloading game."""

globals().update(functions(play, PLAYS))


def _range(game: OffloadingGame, crowding: float) -> tuple[Floats, Floats]:
    """The least utility of every user under `crowding` and its highest alone, float64 [users] each; low < high."""
    low, high = game.local_utility.copy(), game.local_utility.copy()
    if game.pairs:
        i, k = game.user, game.provider
        floor, ceiling = game.clip
        crowd = np.maximum(crowding * game.weight.sum() / game.rate.sum(), game.weight[i] / game.rate[k])
        for delay, bound, pick in ((crowd, low, np.minimum), (game.weight[i] / game.rate[k], high, np.maximum)):
            late = game.transfer + game.unit[i] * delay - game.deadline[i]
            utility = game.gain - game.price - game.sensitivity[i] * np.clip(late, floor[i], ceiling[i])
            pick.at(bound, i, utility)
    return low, np.where(high > low, high, low + np.maximum(np.abs(low), 1.0))
