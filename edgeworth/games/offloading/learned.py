"""Decentralised learning: users who see nothing but their own utility, by EXP3 or WoLF-PHC of `edgeworth.learning`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth import learning
from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.offloading.heuristic.board import Board
from edgeworth.games.offloading.kernels import learning as kernel
from edgeworth.games.offloading.model import OffloadingGame, Profile, profile_of, value
from edgeworth.games.offloading.model.game import Floats

_CHUNK = 500_000  # pairs looked at between two looks at the clock, about 20 ms


@dataclass(frozen=True)
class Exp3:
    """Parameters of `exp3`. rounds: of play, >= 1. mixing: gamma of EXP3, in (0, 1].

    crowding: rewards are scaled to [0, 1] and clipped between the best a user can get and what it gets where every provider in
    reach carries `crowding` times its share of all weight (by rate), > 0. The regret bound holds where nothing is clipped.
    """

    rounds: int = 20_000
    mixing: float = 0.05
    crowding: float = 2.0

    def __post_init__(self) -> None:
        validation.integer("rounds", self.rounds, minimum=1)
        validation.real("crowding", self.crowding, minimum=0.0, open_minimum=True)
        self.rule()

    def rule(self) -> learning.Learner:
        """The learner that every user is."""
        return learning.Exp3(mixing=self.mixing)


@dataclass(frozen=True)
class WolfPhc:
    """Parameters of `wolf_phc`. rounds, crowding: as in `Exp3`. rate, win, lose, explore: of `edgeworth.learning.WolfPhc`.

    Defaults by hand (ours): a slow rate, because the same place pays differently from round to round, and exploration,
    because a place never tried is never known.
    """

    rounds: int = 20_000
    crowding: float = 2.0
    rate: float = 0.1
    win: float = 0.001
    lose: float = 0.004
    explore: float = 0.02

    def __post_init__(self) -> None:
        validation.integer("rounds", self.rounds, minimum=1)
        validation.real("crowding", self.crowding, minimum=0.0, open_minimum=True)
        self.rule()

    def rule(self) -> learning.Learner:
        """The learner that every user is."""
        return learning.WolfPhc(rate=self.rate, discount=0.0, win=self.win, lose=self.lose, explore=self.explore)


class Session:
    """One learner a user on one game; `advance` plays on.

    In a round everybody draws a place. Users arrive in random order; who finds a provider full computes locally. Each then
    sees its own utility and nothing else. seed: int, SeedSequence, Generator or None; the same seed gives the same play, in
    however many pieces it is advanced.
    """

    def __init__(self, game: OffloadingGame, params: Exp3 | WolfPhc, *, seed: Seed = None) -> None:
        if not isinstance(game, OffloadingGame):
            validation.reject_type("game", "must be an OffloadingGame", game)
        if not isinstance(params, Exp3 | WolfPhc):
            validation.reject_type("params", "must be Exp3 or WolfPhc", params)
        m, n = game.users, game.providers
        self.game, self.params, self.rounds = game, params, 0
        self.population = learning.Population([params.rule()] * m, states=[1] * m, actions=(1 + np.diff(game.indptr)).tolist())
        self._rng = generator(seed)[0]
        self._arrays = Board(game).arrays
        self._low, self._high = _range(game, params.crowding)
        self._cost = game.cost_rate[game.provider] * game.workload[game.user] / game.rate[game.provider]
        self._order = np.arange(m)
        self._choice, self._load, self._count = np.full(m, -1), np.zeros(n), np.zeros(n, dtype=np.int64)
        self._seen, self._totals = np.zeros(game.pairs), np.zeros(1 + m)

    @property
    def chunk(self) -> int:
        """Rounds that take some 20 ms."""
        return max(1, _CHUNK // (self.game.pairs + 4 * self.game.users + 1))

    def advance(self, rounds: int) -> None:
        """Play so many rounds more, >= 0."""
        count, all_ = validation.integer("rounds", rounds, minimum=0), self.population
        kernel.rounds(
            self._arrays, all_.codes, all_.parameters, all_.memory, all_.base, all_.actions, self._low, self._high,
            self.game.price, self._cost, self._order, self._choice, self._load, self._count, self._seen, self._totals, count,
            self._rng,
        )  # fmt: skip
        self.rounds += count

    @property
    def welfare(self) -> float:
        """Mean welfare of the rounds played; NaN before the first."""
        return float(self._totals[0]) / self.rounds if self.rounds else float("nan")

    @property
    def regret(self) -> Floats:
        """External regret of every user a round, float64 [users]: what the best single action would have earned on average, the
        others' play as it was, less what was earned; at least 0 up to rounding. NaN before the first round."""
        if not self.rounds:
            return np.full(self.game.users, np.nan)
        best = self._totals[1:].copy()
        np.maximum.at(best, self.game.user, self._seen)
        return best / self.rounds

    def profile(self) -> Profile:
        """Everybody's most probable place, users in order; who finds it full computes locally."""
        game = self.game
        choice, count = np.full(game.users, -1, dtype=np.int64), np.zeros(game.providers, dtype=np.int64)
        for i in range(game.users):
            action = int(self.population.policy(i)[0].argmax())
            pair = int(game.indptr[i]) + action - 1
            if action and count[game.provider[pair]] < game.cap[game.provider[pair]]:
                choice[i] = pair
                count[game.provider[pair]] += 1
        return profile_of(game, choice)


def exp3(game: OffloadingGame, params: Exp3, run: Run[Profile]) -> Found[Profile]:
    """EXP3 (exponential weights under bandit feedback) for every user; the answer: everybody's most probable place at the end.

    The notes give the mean welfare of the rounds as played and the users' mean and largest external regret. No equilibrium
    is claimed: with vanishing regret the play as a whole, not a profile, approaches the coarse correlated equilibria.
    Iterations: rounds. Source: Auer, Cesa-Bianchi, Freund and Schapire, SIAM J. Computing 32 (2002).
    """
    return _learn(game, params, run)


def wolf_phc(game: OffloadingGame, params: WolfPhc, run: Run[Profile]) -> Found[Profile]:
    """`exp3` with WoLF-PHC as everybody's rule. Guarantee: none.

    Source: Bowling and Veloso, Artificial Intelligence 136 (2002).
    """
    return _learn(game, params, run)


def _learn(game: OffloadingGame, params: Exp3 | WolfPhc, run: Run[Profile]) -> Found[Profile]:
    session = Session(game, params, seed=run.rng)
    traced = run.trace() is not None
    ending = None
    while ending is None and session.rounds < params.rounds:
        ending = run.tick(session.rounds)
        if ending is None:
            left = params.rounds - session.rounds
            session.advance(run.allowance(session.rounds, min(session.chunk, left)))
            if traced:
                run.record(session.rounds, value(game, session.profile()))
    regret = session.regret
    notes: tuple[str, ...] = ()
    if session.rounds and game.users:
        text = f"mean welfare of {session.rounds} rounds {session.welfare!r}; external regret a user and round: "
        notes = (f"{text}mean {float(regret.mean())!r}, largest {float(regret.max())!r}",)
    return Found(session.profile(), ending or Termination.CONVERGED, iterations=session.rounds, notes=notes)


def _range(game: OffloadingGame, crowding: float) -> tuple[Floats, Floats]:
    """Between what a user earns at worst under `crowding` and at best alone, float64 [users] each; low < high."""
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
