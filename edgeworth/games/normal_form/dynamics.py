"""Fictitious play and replicator dynamics: players that know the game and answer what the others have done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.normal_form import kernels
from edgeworth.games.normal_form.model import Floats, Ints, NormalFormGame, Profile

_CHUNK_SECONDS = 0.03  # between two looks at the clock
_FIRST = 100_000  # payoffs looked at in the first chunk


@dataclass(frozen=True)
class FictitiousPlay:
    """Parameters of `fictitious_play`.

    Parameters
    ----------
    rounds : int, >= 0
        Number of rounds.

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.
    """

    rounds: int = 100_000

    def __post_init__(self) -> None:
        validation.integer("rounds", self.rounds, minimum=0)


@dataclass(frozen=True)
class Replicator:
    """Parameters of `replicator_dynamics`.

    Parameters
    ----------
    rounds : int, >= 0
        Number of steps.
    step : float, in (0, 1]
        Length of a step in time, payoffs being scaled to [0, 1].
    answer : {"average", "last"}
        Profile to return: the mean over time, or the profile at the end.

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.
    """

    rounds: int = 100_000
    step: float = 0.05
    answer: str = "average"

    def __post_init__(self) -> None:
        validation.integer("rounds", self.rounds, minimum=0)
        validation.real("step", self.step, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.choice("answer", self.answer, ("average", "last"))


def fictitious_play(game: NormalFormGame, params: FictitiousPlay, run: Run[Profile]) -> Found[Profile]:
    """In every round all players play a best response to how often the others have played what.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    params : FictitiousPlay
        The number of rounds.
    run : Run
        Clock and stop rules of the run.

    Returns
    -------
    Found
        The frequencies of play; ``iterations`` counts rounds. No equilibrium is claimed; the verdict epsilon says how far the
        profile is from one.

    Notes
    -----
    Before the first round the uniform mixture is believed, which counts as one round. With more than two players beliefs about
    the others are independent. The first of several best responses is played. The frequencies converge to an equilibrium in
    two-player zero-sum games, in games with a potential and in nondegenerate games of two strategies against any number; in
    Shapley's game they cycle. A round takes as much work as the game has outcomes, times the players squared.

    References
    ----------
    Brown, Iterative solution of games by fictitious play (1951). Robinson, Annals of Mathematics 54 (1951). Monderer and
    Shapley, J. Economic Theory 68 (1996). Berger, J. Economic Theory 120 (2005).
    """
    play = _Play(game)
    mixed = np.concatenate([np.full(n, 1.0 / n) for n in game.shape])

    def advance(done: int, rounds: int) -> None:
        kernels.fictitious(play.payoffs, play.sizes, play.starts, mixed, done, rounds)

    return play.over(mixed, params.rounds, run, advance)


def replicator_dynamics(game: NormalFormGame, params: Replicator, run: Run[Profile]) -> Found[Profile]:
    """Strategies grow with what they earn beyond the mean, as in a large population for every player.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    params : Replicator
        Number and length of the steps, and which profile is the answer.
    run : Run
        Clock, stop rules and random generator of the run.

    Returns
    -------
    Found
        The profile that ``params.answer`` names; ``iterations`` counts steps. No equilibrium is claimed; the verdict epsilon
        says how far the profile is from one.

    Notes
    -----
    dx_a / dt = x_a (u_a - sum_k x_k u_k), from a point drawn uniformly from the simplex of each player. A step of length h
    takes x_a to x_a exp(h u_a), scaled, which is the flow against the others' mixtures held fixed; every player's payoffs are
    scaled to [0, 1]. In continuous time strictly dominated strategies die out, and the means over time of an orbit of a
    two-player zero-sum game that stays away from the boundary converge to an equilibrium; steps of length h spiral outward by
    terms of order h there.

    References
    ----------
    Taylor and Jonker, Mathematical Biosciences 40 (1978). Hofbauer and Sigmund, Evolutionary Games and Population Dynamics
    (1998).
    """
    play = _Play(game)
    mixed = np.concatenate([run.rng.dirichlet(np.ones(n)) for n in game.shape])
    mean = mixed.copy()

    def advance(done: int, rounds: int) -> None:
        kernels.replicator(play.payoffs, play.sizes, play.starts, mixed, mean, params.step, done, rounds)

    return play.over(mean if params.answer == "average" else mixed, params.rounds, run, advance)


class _Play:
    """A game as its kernels take it, payoffs scaled to [0, 1], and the loop over rounds."""

    def __init__(self, game: NormalFormGame) -> None:
        half = 0.5 * game.payoffs.reshape(len(game.shape), -1)  # so that the range of the largest floats does not overflow
        half = half - half.min(axis=1, keepdims=True)
        size = half.max(axis=1, keepdims=True)
        self.payoffs: Floats = half / np.where(size > 0.0, size, 1.0)
        self.sizes: Ints = np.array(game.shape, dtype=np.int64)
        self.starts: Ints = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int64)

    def over(self, answer: Floats, wanted: int, run: Run[Profile], advance: Callable[[int, int], None]) -> Found[Profile]:
        """The profile in `answer` after `wanted` rounds, or where the run ends."""
        chunk, done, ending = max(1, _FIRST // self.payoffs.size), 0, run.tick(0)
        while ending is None and done < wanted:
            began = time.perf_counter()
            rounds = run.allowance(done, min(chunk, wanted - done))
            advance(done, rounds)
            done += rounds
            spent = time.perf_counter() - began
            chunk = max(1, int(chunk * min(_CHUNK_SECONDS / max(spent, 1e-9), 10.0)))
            ending = run.tick(done)
        vectors = [part / part.sum() for part in np.split(answer, self.starts[1:])]
        return Found(Profile(vectors), ending or Termination.CONVERGED, iterations=done)
