"""Repeated and Markov games given as arrays, and learners that play them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.seeds import Seed, generator
from edgeworth.learning.kernels.markov import play
from edgeworth.learning.kernels.rows import Floats, Ints
from edgeworth.learning.learners.base import Learner
from edgeworth.learning.population import Population

_SUM_TOL = 1e-9  # how far transition probabilities may sum from 1


@dataclass(frozen=True, eq=False)
class MarkovGame:
    """Players i with actions a_i in states s: rewards u_i(s, a_1, ..., a_n), then state s' with probability p(s' | s, a).

    Parameters
    ----------
    payoffs : float64 array [states, players, |A_1|, ..., |A_n|]
        Rewards. They are copied and read-only.
    transitions : float64 array [states, |A_1|, ..., |A_n|, states], optional
        Probabilities of the next state, summing to 1 within 1e-9. None, allowed with one state, makes a repeated game.

    Raises
    ------
    ValueError, TypeError
        For wrong shapes, no players, NaN, infinities, negative probabilities, or sums that are not 1.

    Notes
    -----
    Play begins in state 0.

    Examples
    --------
    >>> MarkovGame.repeated([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]]).actions
    (2, 2)
    """

    payoffs: Floats
    transitions: Floats | None = None

    def __post_init__(self) -> None:
        shape = np.shape(self.payoffs)
        if len(shape) < 3 or shape[1] != len(shape) - 2 or 0 in shape:
            validation.reject("payoffs", "must have shape states x players x actions of each player", shape)
        payoffs = validation.array("payoffs", self.payoffs, np.float64, shape)
        object.__setattr__(self, "payoffs", payoffs)
        if self.transitions is None:
            if shape[0] > 1:
                validation.reject("transitions", f"must be given for {shape[0]} states", None)
            return
        wanted = (shape[0], *shape[2:], shape[0])
        moves = validation.array("transitions", self.transitions, np.float64, wanted, minimum=0.0)
        sums = moves.sum(axis=-1)
        if np.abs(sums - 1.0).max() > _SUM_TOL:
            worst = sums.flat[np.abs(sums - 1.0).argmax()]
            validation.reject("transitions", "must sum to 1 over the next states", float(worst))
        object.__setattr__(self, "transitions", moves)

    @classmethod
    def repeated(cls, payoffs: object) -> MarkovGame:
        """Return a game of one state from payoffs [players, |A_1|, ..., |A_n|]."""
        return cls(np.asarray(payoffs)[np.newaxis])

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.payoffs)

    @property
    def players(self) -> int:
        """Number of players."""
        return len(self.actions)

    @property
    def actions(self) -> tuple[int, ...]:
        """Number of actions of each player."""
        return self.payoffs.shape[2:]


class Session:
    """One learner for each player of a Markov game; `advance` plays on, as often as needed.

    Parameters
    ----------
    game : MarkovGame
        The game.
    learners : sequence of Learner
        One for each player.
    seed : int, SeedSequence, Generator or None
        The same seed gives the same play, in however many pieces it is advanced.

    Attributes
    ----------
    population : Population
        The learners' tables.
    totals : float64 array [players]
        Sums of rewards.
    joint : int64 array [states, |A_1|, ..., |A_n|]
        Number of times every joint action was played.
    steps : int
        Number of rounds played.
    state : int64 array [1]
        The current state.

    Raises
    ------
    TypeError
        For an object that is no game or no learner.
    ValueError
        If there is not one learner for each player.

    Examples
    --------
    >>> from edgeworth.learning import WolfPhc
    >>> game = MarkovGame.repeated([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
    >>> session = Session(game, [WolfPhc(explore=0.1)] * 2, seed=0)
    >>> session.advance(20_000)
    >>> session.policy(0).round(2).tolist()
    [[0.0, 1.0]]
    """

    def __init__(self, game: MarkovGame, learners: Sequence[Learner], *, seed: Seed = None) -> None:
        if not isinstance(game, MarkovGame):
            validation.reject_type("game", "must be a MarkovGame", game)
        if len(learners) != game.players:
            validation.reject("learners", f"must be one for each of {game.players} players", len(learners))
        actions, states, joint = game.actions, game.states, math.prod(game.actions)
        against = [
            joint // actions[i] if isinstance(learner, Learner) and learner.observes_opponents else 1
            for i, learner in enumerate(learners)
        ]
        self.game = game
        self.population = Population(learners, states=[states] * game.players, actions=actions, opponents=against)
        self.totals: Floats = np.zeros(game.players)
        self.joint: Ints = np.zeros((states, *actions), dtype=np.int64)
        self.state: Ints = np.zeros(1, dtype=np.int64)
        self.steps = 0
        self._rng = generator(seed)[0]
        self._payoffs: NDArray[np.float64] = game.payoffs.reshape(states, game.players, joint)
        moves = np.ones((1, joint, 1)) if game.transitions is None else np.cumsum(game.transitions, axis=-1)
        self._reach: NDArray[np.float64] = moves.reshape(states, joint, states)
        self._chosen: Ints = np.zeros(game.players, dtype=np.int64)

    def advance(self, steps: int) -> None:
        """Play more rounds. For few actions it makes 10 to 50 million learning steps a second.

        Parameters
        ----------
        steps : int
            Number of rounds, at least 0.
        """
        count = validation.integer("steps", steps, minimum=0)
        play(
            self._payoffs, self._reach, self.population.tables, self.state, self._chosen, self.totals,
            self.joint.reshape(self.game.states, -1), count, self._rng,
        )  # fmt: skip
        self.steps += count

    def policy(self, player: int) -> Floats:
        """Return the policy of a player now; see `Population.policy`."""
        return self.population.policy(player)

    def average_policy(self, player: int) -> Floats:
        """Return the mean of a player's policies so far; see `Population.average_policy`."""
        return self.population.average_policy(player)

    def frequencies(self, player: int) -> Floats:
        """Return the empirical frequencies of a player's actions, float64 [states, actions]; NaN in states never visited."""
        plays = self.population.plays(player)
        with np.errstate(invalid="ignore"):
            return np.asarray(plays / plays.sum(axis=1, keepdims=True))
