"""Learners on the trading game: the AI-Bazaar paper's PB-MARL (WoLF-PHC) and the three it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from edgeworth import learning
from edgeworth.core import validation
from edgeworth.core.family import family
from edgeworth.core.method import Found
from edgeworth.core.result import Result, Termination
from edgeworth.core.run import Run
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.trading.exact.leader import Exact
from edgeworth.games.trading.kernels import learning as kernel
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of

NEAR = 0.05
"""A profile is near the equilibrium when its `distance` is at most this."""

_OURS = ("prices", "demands", "bins", "episodes", "leader_explore", "leader_rate")
_CHUNK = 200_000  # agents x rounds between two looks at the clock: some 20 ms
_CHUNK_MINIMAX = 2_000  # a linear program each


@dataclass(frozen=True, kw_only=True)
class TabularLearner:
    """What the learners of this family share.

    prices, demands: points of the even grids, >= 2 and >= 2. bins: equal parts into which the provider's view of the last total
    demand (and what minimax-Q sees of its opponents) is binned, >= 1 (ours: the paper's state is the whole demand vector).
    episodes: rounds, >= 1. leader_explore, leader_rate: of the provider alone, without decay; None: as everybody's (a consumer
    that explores less and less learns its reply at every price only while the provider goes on trying all of them).
    The rest as in `edgeworth.learning`: explore, explore_decay; rate alpha, rate_decay, discount gamma.
    Rewards are divided by each player's largest |utility| at the corners of its grid, so that steps have one meaning.
    """

    learner: ClassVar[type[learning.Learner]]

    prices: int = 11
    demands: int = 10
    bins: int = 10
    episodes: int = 100_000
    leader_explore: float | None = None
    leader_rate: float | None = None
    explore: float = 0.0
    explore_decay: float = 0.0
    rate: float = 0.8
    rate_decay: float = 0.0
    discount: float = 0.1

    def __post_init__(self) -> None:
        for name, least in (("prices", 2), ("demands", 2), ("bins", 1), ("episodes", 1)):
            validation.integer(name, getattr(self, name), minimum=least)
        self.rule()
        self.leader_rule()

    def rule(self) -> learning.Learner:
        """The learner of `edgeworth.learning` with these parameters."""
        return self.learner(**{item.name: getattr(self, item.name) for item in fields(self) if item.name not in _OURS})

    def leader_rule(self) -> learning.Learner:
        """The provider's learner."""
        changed: dict[str, float] = {}
        if self.leader_explore is not None:
            changed |= {"explore": self.leader_explore, "explore_decay": 0.0}
        if self.leader_rate is not None:
            changed |= {"rate": self.leader_rate, "rate_decay": 0.0}
        return replace(self.rule(), **changed)


@dataclass(frozen=True, kw_only=True)
class WolfPhc(TabularLearner):
    """Parameters of ``wolf-phc`` (PB-MARL), the paper's by default: alpha .8, gamma .1, delta_win .0025, delta_lose .01.

    win, lose: steps in (0, 1], win <= lose; step_decay >= 0 of both.
    """

    learner = learning.WolfPhc
    win: float = 0.0025
    lose: float = 0.01
    step_decay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PgaApp(TabularLearner):
    """Parameters of ``pga-app``; the paper gives alpha and gamma only. step > 0, step_decay >= 0, prediction >= 0."""

    learner = learning.PgaApp
    step: float = 0.01
    step_decay: float = 0.0
    prediction: float = 1.0


@dataclass(frozen=True, kw_only=True)
class GigaWolf(TabularLearner):
    """Parameters of ``giga-wolf``; the paper gives alpha and gamma only. step > 0, step_decay >= 0."""

    learner = learning.GigaWolf
    step: float = 0.01
    step_decay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class MinimaxQ(TabularLearner):
    """Parameters of ``minimax-q``; explore .2 as in its source. Every step solves a linear program: fewer episodes."""

    learner = learning.MinimaxQ
    episodes: int = 5_000
    explore: float = 0.2


class Target(NamedTuple):
    """The exact equilibrium and the grid profile closest to it, as pairs of price and total demand."""

    price: float
    total: float
    grid_price: float
    grid_total: float


class Session:
    """One learner a player on one game; `advance` plays on, `profile` reads the most probable actions.

    seed: int, SeedSequence, Generator or None. The same seed gives the same play, in however many pieces it is advanced.
    """

    def __init__(self, game: TradingGame, params: TabularLearner, *, seed: Seed = None) -> None:
        if not isinstance(game, TradingGame):
            validation.reject_type("game", "must be a TradingGame", game)
        if not isinstance(params, TabularLearner):
            validation.reject_type("params", "must be the parameters of a learner", params)
        n = game.consumers
        self.game, self.params = game, params
        self.prices = np.linspace(game.min_price, game.max_price, params.prices)
        self.demands = np.linspace(game.min_demand, game.max_demand, params.demands)
        self.episodes = 0
        sees = params.bins if isinstance(params, MinimaxQ) else 1
        self.population = learning.Population(
            [params.leader_rule()] + [params.rule()] * n,
            states=[params.bins] + [params.prices] * n,
            actions=[params.prices] + [params.demands] * n,
            opponents=[sees] * (n + 1),
        )
        self._rng = generator(seed)[0]
        self._scale = _scales(game)
        self._state = np.array([0, -1], dtype=np.int64)
        self._chosen, self._against = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self._paid = np.zeros(n)

    @property
    def chunk(self) -> int:
        """Rounds that take some 20 ms."""
        work = _CHUNK_MINIMAX if isinstance(self.params, MinimaxQ) else _CHUNK
        return max(1, work // (self.game.consumers + 1))

    def advance(self, episodes: int) -> None:
        """Play so many rounds more, >= 0."""
        count = validation.integer("episodes", episodes, minimum=0)
        game, all_ = self.game, self.population
        kernel.rounds(
            self.prices, self.demands, game.service_margin, game.payment_weight, game.role_ratio, game.effective_reward,
            game.unit_cost, self._scale, self.params.bins, all_.codes, all_.parameters, all_.memory, all_.base, all_.size,
            all_.actions, all_.opponents, self._state, self._chosen, self._against, self._paid, count, self._rng,
        )  # fmt: skip
        self.episodes += count

    def profile(self) -> Equilibrium:
        """The provider's most probable price where it stands, and the consumers' most probable demands at it."""
        k = int(self.population.policy(0)[self._state[0]].argmax())
        asks = [int(self.population.policy(i + 1)[k].argmax()) for i in range(self.game.consumers)]
        return equilibrium_of(self.game, float(self.prices[k]), self.demands[asks])


def wolf_phc(game: TradingGame, params: WolfPhc, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """WoLF-PHC for the provider and every consumer, which the paper calls PB-MARL (its Algorithm 1).

    In a round the provider draws a price, its state the binned total demand of the last round; the consumers draw demands,
    their state the price; the rewards are (29) and (30). The answer is the profile of most probable actions at the end; its
    notes say how far it is from the exact equilibrium (`distance`) and from which round on it was near. It claims no
    equilibrium: the checker measures the regrets.

    Iterations: rounds; rule ``iterations``. With ``trace`` the profit of the current profile, a point every chunk.
    Guarantee: none. Source: AI-Bazaar paper, section 5; Bowling and Veloso, Artificial Intelligence 136 (2002).
    """
    return _learn(game, params, run)


def pga_app(game: TradingGame, params: PgaApp, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """`wolf_phc` with PGA-APP as everybody's rule. Source: Zhang and Lesser, AAAI 2010."""
    return _learn(game, params, run)


def giga_wolf(game: TradingGame, params: GigaWolf, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """`wolf_phc` with GIGA-WoLF as everybody's rule. Source: Bowling, NIPS 17 (2005)."""
    return _learn(game, params, run)


def minimax_q(game: TradingGame, params: MinimaxQ, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """`wolf_phc` with minimax-Q as everybody's rule; all the others together are the one opponent it fears, their total
    demand (for the provider) or mining power (for a consumer) binned. Source: Littman, ICML 1994.
    """
    return _learn(game, params, run)


def _learn(game: TradingGame, params: Any, run: Run[Equilibrium]) -> Found[Equilibrium]:
    session = Session(game, params, seed=run.rng)
    goal = target(session)
    near_since: int | None = None
    ending, best = run.tick(0), session.profile()
    while ending is None and session.episodes < params.episodes:
        session.advance(run.allowance(session.episodes, min(session.chunk, params.episodes - session.episodes)))
        best = session.profile()
        if distance(best, goal) > NEAR:
            near_since = None
        elif near_since is None:
            near_since = session.episodes
        profit = (best.price - game.unit_cost) * float(best.demands.sum())
        run.record(session.episodes, profit)
        ending = run.tick(session.episodes, profit, record=False)
    if session.episodes == 0:
        return Found(None, ending or Termination.CONVERGED, notes=("no round was played",))
    notes = (
        f"distance {distance(best, goal):.6g} to the equilibrium (price {goal.price:.6g}, total demand {goal.total:.6g})"
        f" or the grid profile closest to it ({goal.grid_price:.6g}, {goal.grid_total:.6g})",
        "not near it at the end" if near_since is None else f"within {NEAR:.0%} of it from round {near_since} on",
    )
    return Found(best, ending or Termination.CONVERGED, iterations=session.episodes, notes=notes)


def target(session: Session) -> Target:
    """The exact equilibrium of the session's game, and the profile of its grids that is closest to it, player by player."""
    game = session.game
    exact: Result[Equilibrium] = family(game.kind).solve(game, method="exact", params=Exact(gap=1e-6))
    found = exact.require()
    nearest = np.abs(session.demands[None, :] - found.demands[:, None]).argmin(axis=1)
    price = session.prices[np.abs(session.prices - found.price).argmin()]
    return Target(found.price, float(found.demands.sum()), float(price), float(session.demands[nearest].sum()))


def distance(profile: Equilibrium, goal: Target) -> float:
    """How far price and total demand are from the equilibrium's: the larger relative difference, or the same to the closest
    grid profile where that is less. Totals of 0 count as 1e-300.
    """
    total = float(profile.demands.sum())
    pairs = ((goal.price, goal.total), (goal.grid_price, goal.grid_total))
    return min(
        max(abs(profile.price - price) / max(price, 1e-300), abs(total - amount) / max(amount, 1e-300))
        for price, amount in pairs
    )


def _scales(game: TradingGame) -> Floats:
    """The largest |utility| of every player at the corners of price and own demand, at least 1e-300."""
    leader = max(abs(p - game.unit_cost) for p in (game.min_price, game.max_price)) * game.max_demand * game.consumers
    margin = [np.abs(game.service_margin - game.payment_weight * p) for p in (game.min_price, game.max_price)]
    consumers = np.maximum(*margin) * game.max_demand + game.effective_reward
    return np.asarray(np.maximum(np.concatenate([[leader], consumers]), 1e-300))
