"""Learners on the trading game: the AI-Bazaar paper's PB-MARL (WoLF-PHC), those it is compared with, and all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from edgeworth import learning
from edgeworth.core import validation
from edgeworth.core.arrays import Ints
from edgeworth.core.family import family
from edgeworth.core.method import Found
from edgeworth.core.result import Result, Termination
from edgeworth.core.run import Run
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.trading.exact.leader import Exact
from edgeworth.games.trading.exact.roles import CHOSEN
from edgeworth.games.trading.kernels import learning as kernel
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of
from edgeworth.learning.play import functions, plays

NEAR = 0.05
"""A profile is near the equilibrium when its `distance` is at most this."""

_NO_WEIGHT = 1e-290  # role ratios up to this count as 0 where opponents' power is binned: their inverse must be a number
_CHUNK = 200_000  # updates between two looks at the clock, in those of a rule without a linear program: about 20 ms


@dataclass(frozen=True, kw_only=True)
class Play(learning.Play):
    """Parameters of the learning methods of computing-power trading.

    Parameters
    ----------
    learner : Learner, optional
        The learner that every player is. None stands for the learner of the method row, by default with the paper's rate .8 and
        discount .1, and for wolf-phc its comparison (31) (`PLAYS`).
    rounds : int, optional
        Number of rounds, at least 0; by default 100,000.
    leader : Learner, optional
        The learner that the provider is; None: the same as the consumers'. A consumer that explores less and less learns its
        reply at every price only while the provider goes on trying all of them.
    prices, demands : int
        Number of points of the even grids of prices and demands, at least 2.
    bins : int
        Most equal parts into which the provider's observation of the last total demand, and a minimax-Q learner's of its
        opponents, is binned, at least 1; see `Binning`. (Ours: the paper's state is the whole demand vector.)

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.

    Notes
    -----
    Rewards are divided by each player's largest |utility| at the corners of its grid, so that step sizes mean the same in every
    game; they are in [-1, 1].

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> from edgeworth.learning import WolfPhc
    >>> game = trading.generate(preset="interior", consumers=3)
    >>> play = Play(learner=WolfPhc(explore=0.1), leader=WolfPhc(explore=0.3, rate=0.01), rounds=500)
    >>> trading.solve(game, method="wolf-phc", params=play, seed=0).stats.iterations
    500
    """

    leader: learning.Learner | None = None
    prices: int = 11
    demands: int = 10
    bins: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_learner("leader")
        for name, least in (("prices", 2), ("demands", 2), ("bins", 1)):
            validation.integer(name, getattr(self, name), minimum=least)


class Target(NamedTuple):
    """The exact equilibrium and the grid profile closest to it, as pairs of price and total demand.

    Attributes
    ----------
    price, total : float
        Price and total demand of the exact equilibrium.
    grid_price, grid_total : float
        The same of the closest profile of the learners' grids.
    """

    price: float
    total: float
    grid_price: float
    grid_total: float


class Binning(NamedTuple):
    """Equal parts of what each player can observe: the provider the total demand, a consumer its opponents' mining power.

    Amounts count in steps of the demand grid above the least: t = sum_j w_j k_j over the demands k_j = 0..K-1 chosen, with
    w_j = 1 for the provider and w_j = beta_j, j not i, for consumer i. They lie in [0, top], top = (K - 1) sum_j w_j.

    Attributes
    ----------
    counts : int64 array [N + 1]
        Number of bins: min(bins, floor(top / w) + 1) for the largest weight w, and 1 where top = 0, which is a consumer alone,
        one whose opponents all have the role ratio 0 (or less than 1e-290), or a demand grid of one number.
    half, per_step : float64 array [N + 1]
        t is in bin floor((t + half) per_step): the bins are equal parts of [-w/2, top + w/2].

    Notes
    -----
    Every bin is met by some demands: raising them one after the other by one step reaches all of [0, top] in strides of at most
    w, and a bin is at least w wide. Hence no column of minimax-Q's matrix game stays as it began because of the grid. A bin
    that is never met would, where every payoff is above what its column began with, be the worst case of every policy.
    """

    counts: Ints
    half: Floats
    per_step: Floats


class Session:
    """One learner for each player of a game; `advance` plays on, `profile` reads the most probable actions.

    Parameters
    ----------
    game : TradingGame
        The game.
    play : Play
        The play, its learner given; how many rounds are played is up to `advance`.
    seed : int, SeedSequence, Generator or None
        The same seed gives the same play, in however many pieces it is advanced.

    Attributes
    ----------
    population : edgeworth.learning.Population
        The learners' tables: agent 0 is the provider, agent i + 1 consumer i.
    prices, demands : float64 array
        The grids of actions.
    binning : Binning
        How amounts that players observe are binned.
    rounds : int
        Number of rounds played.

    Raises
    ------
    ValueError, TypeError
        If game or play are of the wrong type, or the play has no learner.

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> session = Session(trading.generate(preset="interior", consumers=3), PLAYS["wolf-phc"], seed=0)
    >>> session.advance(100)
    >>> session.rounds
    100
    """

    def __init__(self, game: TradingGame, play: Play, *, seed: Seed = None) -> None:
        if not isinstance(game, TradingGame):
            validation.reject_type("game", "must be a TradingGame", game)
        if not isinstance(play, Play):
            validation.reject_type("play", "must be a Play", play)
        if play.learner is None:
            validation.reject("learner", "must be given", None)
        n = game.consumers
        self.game, self.play = game, play
        self.prices = np.linspace(game.min_price, game.max_price, play.prices)
        self.demands = np.linspace(game.min_demand, game.max_demand, play.demands)
        self.rounds = 0
        self.binning = binning(game, play.demands, play.bins)
        learners = [play.leader or play.learner] + [play.learner] * n
        self.population = learning.Population(
            learners,
            states=[int(self.binning.counts[0])] + [play.prices] * n,
            actions=[play.prices] + [play.demands] * n,
            opponents=[
                int(bins) if learner.observes_opponents else 1
                for learner, bins in zip(learners, self.binning.counts, strict=True)
            ],
        )
        self._rng = generator(seed)[0]
        self._scale = _scales(game)
        self._state = np.array([0, -1], dtype=np.int64)
        self._chosen, self._against = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self._paid, self._behind = np.zeros(n), np.zeros(n)

    @property
    def chunk(self) -> int:
        """Number of rounds that take about 20 ms."""
        return max(1, _CHUNK // sum(learner.cost for learner in self.population.learners))

    def advance(self, rounds: int) -> None:
        """Play `rounds` more rounds, at least 0."""
        count = validation.integer("rounds", rounds, minimum=0)
        game = self.game
        kernel.rounds(
            self.prices, self.demands, game.service_margin, game.payment_weight, game.role_ratio, game.effective_reward,
            game.unit_cost, self._scale, int(self.binning.counts[0]), self.binning.half, self.binning.per_step,
            self.population.tables, self._state, self._chosen, self._against, self._behind, self._paid, count, self._rng,
        )  # fmt: skip
        self.rounds += count

    def profile(self) -> Equilibrium:
        """Return the provider's most probable price in its state, and the consumers' most probable demands at that price."""
        k = int(self.population.policy(0)[self._state[0]].argmax())
        asks = [int(self.population.policy(i + 1)[k].argmax()) for i in range(self.game.consumers)]
        return equilibrium_of(self.game, float(self.prices[k]), self.demands[asks])


def play(game: TradingGame, params: Play, run: Run[Equilibrium]) -> Found[Equilibrium]:
    """Provider and consumers learn on grids of prices and demands.

    Parameters
    ----------
    game : TradingGame
        The game.
    params : Play
        The learners, the grids and the number of rounds.
    run : Run
        Clock, stop rules and random generator of the run; with ``trace`` the profit of the current profile, a point every
        chunk.

    Returns
    -------
    Found
        The profile of the most probable actions at the end. ``iterations`` counts rounds.

    Notes
    -----
    In a round the provider draws a price, its state the binned total demand of the last round; the consumers draw demands,
    their state the price; the rewards are the paper's utilities (29) and (30). A learner that observes its opponents sees their
    total demand (the provider) or mining power (a consumer), binned. The notes of the result say how far the profile is from
    the exact equilibrium (`distance`) and from which round on it was near. No equilibrium is claimed: the checker measures the
    regrets.

    References
    ----------
    AI-Bazaar paper, section 5, whose PB-MARL is WoLF-PHC.
    """
    if game.roles == "chosen":
        return Found(None, Termination.REFUSED, notes=(CHOSEN,))
    _, rounds = params.required()
    with run.breakable():
        session = Session(game, params, seed=run.rng)
        goal = target(session)
    near_since: int | None = None
    ending, best = run.tick(0), session.profile()
    while ending is None and session.rounds < rounds:
        session.advance(run.allowance(session.rounds, min(session.chunk, rounds - session.rounds)))
        best = session.profile()
        if distance(best, goal) > NEAR:
            near_since = None
        elif near_since is None:
            near_since = session.rounds
        profit = (best.price - game.unit_cost) * float(best.demands.sum())
        run.record(session.rounds, profit)
        ending = run.tick(session.rounds, profit, record=False)
    if session.rounds == 0:
        return Found(None, ending or Termination.CONVERGED, notes=("no round was played",))
    notes = (
        f"distance {distance(best, goal):.6g} to the equilibrium (price {goal.price:.6g}, total demand {goal.total:.6g})"
        f" or the grid profile closest to it ({goal.grid_price:.6g}, {goal.grid_total:.6g})",
        "not near it at the end" if near_since is None else f"within {NEAR:.0%} of it from round {near_since} on",
    )
    return Found(best, ending or Termination.CONVERGED, iterations=session.rounds, notes=notes)


PLAYS: Mapping[str, Play] = MappingProxyType(
    plays(
        Play(rounds=100_000),
        [Play(learner=learning.WolfPhc(win_on_tie=True)), Play(learner=learning.Exp3(low=-1.0))],
    )
)
"""Name -> complete play of every learning method of computing-power trading."""

globals().update(functions(play, PLAYS))


def target(session: Session) -> Target:
    """Return the exact equilibrium of a session's game and the profile of its grids that is closest to it.

    Parameters
    ----------
    session : Session
        Its game and its grids are used, not its play.

    Returns
    -------
    Target
        Price and total demand of both. The grid profile is closest player by player.
    """
    game = session.game
    exact: Result[Equilibrium] = family(game.kind).solve(game, method="exact", params=Exact(gap=1e-6))
    found = exact.require()
    nearest = np.abs(session.demands[None, :] - found.demands[:, None]).argmin(axis=1)
    price = session.prices[np.abs(session.prices - found.price).argmin()]
    return Target(found.price, float(found.demands.sum()), float(price), float(session.demands[nearest].sum()))


def distance(profile: Equilibrium, goal: Target) -> float:
    """Return how far price and total demand of a profile are from the equilibrium's.

    Parameters
    ----------
    profile : Equilibrium
        The profile, e.g. `Session.profile`.
    goal : Target
        The equilibrium, as `target` finds it.

    Returns
    -------
    float
        The larger of the two relative differences, or the same to the closest grid profile where that is less. Totals of 0
        count as 1e-300.
    """
    total = float(profile.demands.sum())
    pairs = ((goal.price, goal.total), (goal.grid_price, goal.grid_total))
    return min(
        max(abs(profile.price - price) / max(price, 1e-300), abs(total - amount) / max(amount, 1e-300))
        for price, amount in pairs
    )


def binning(game: TradingGame, demands: int, bins: int) -> Binning:
    """Return how the observations of a game's players are binned.

    Parameters
    ----------
    game : TradingGame
        The game.
    demands : int
        Number of points K of the demand grid, at least 2.
    bins : int
        The largest number of bins, at least 1.

    Returns
    -------
    Binning
        For the provider and each consumer.

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> binning(trading.generate(preset="interior", consumers=2), 4, 10).counts.tolist()
    [7, 4, 4]
    """
    n, steps = game.consumers, demands - 1 if game.max_demand > game.min_demand else 0
    before, after = np.append(0.0, game.role_ratio[:-1]), np.append(game.role_ratio[1:], 0.0)
    total = np.append(n, np.cumsum(before) + np.cumsum(after[::-1])[::-1])  # sums without the own one, no differences
    largest = np.append(1.0, np.maximum(np.maximum.accumulate(before), np.maximum.accumulate(after[::-1])[::-1]))
    unit = np.where(largest > _NO_WEIGHT, largest, 1.0)
    strides = np.where(largest > _NO_WEIGHT, steps * (total / unit), 0.0)
    counts = np.minimum(bins, np.floor(strides * (1.0 + 1e-12)) + 1.0)  # equal weights sum to a whole number, up to rounding
    return Binning(counts.astype(np.int64), 0.5 * unit, counts / (strides + 1.0) / unit)


def _scales(game: TradingGame) -> Floats:
    """The largest |utility| of every player at the corners of price and own demand, at least 1e-300."""
    leader = max(abs(p - game.unit_cost) for p in (game.min_price, game.max_price)) * game.max_demand * game.consumers
    margin = [np.abs(game.service_margin - game.payment_weight * p) for p in (game.min_price, game.max_price)]
    consumers = np.maximum(*margin) * game.max_demand + game.effective_reward
    return np.asarray(np.maximum(np.concatenate([[leader], consumers]), 1e-300))
