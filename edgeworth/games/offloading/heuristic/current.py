"""The current profile of a run in the kernels' terms, and where it may begin."""

from __future__ import annotations

from typing import Literal

import numpy as np

from edgeworth.core.run import Run
from edgeworth.games.offloading.kernels import dynamics, starts
from edgeworth.games.offloading.model import OffloadingGame, Profile, positions, profile_of
from edgeworth.games.offloading.model.game import Floats, Ints

Start = Literal["random-feasible", "greedy", "local"]
STARTS: tuple[Start, ...] = ("random-feasible", "greedy", "local")
CHUNK = 64 * dynamics.BLOCK
"""Visits between two looks at the clock, 20 to 50 ms; the answer does not depend on it."""


class CurrentProfile:
    """Choices, loads and counts of one run; the kernels work on ``arrays`` and ``state`` in place."""

    def __init__(self, game: OffloadingGame, *, log: bool = False) -> None:
        m, n = game.users, game.providers
        self.game = game
        low, high = game.clip
        worth, late, size = np.empty(game.pairs), np.empty(0 if game.linear else game.pairs), np.empty(m)
        dynamics.prepare(
            game.linear, game.indptr, game.gain, game.price, game.transfer, game.sensitivity, game.deadline, worth, late, size
        )
        self.arrays = dynamics.Arrays(
            linear=game.linear,
            ptr=game.indptr,
            provider=game.provider,
            worth=worth,
            late=late,
            gamma=game.gamma,
            sens=game.sensitivity,
            unit=game.unit,
            low=low,
            high=high,
            weight=game.weight,
            local=game.local_utility,
            inverse=1.0 / game.rate,
            rate=game.rate,
            cap=game.cap,
            size=size,
            gain=game.gain,
            price=game.price,
            transfer=game.transfer,
            deadline=game.deadline,
        )
        room = min(m, CHUNK) if log else 0
        self.state = dynamics.State(
            choice=np.full(m, -1, dtype=np.int64),
            load=np.zeros(n),
            count=np.zeros(n, dtype=np.int64),
            expiry=np.full(m, -np.inf),
            lowest=np.zeros(n),
            highest=np.zeros(n),
            ints=np.zeros(dynamics.N_INTS, dtype=np.int64),
            reals=np.zeros(dynamics.N_REALS),
            log_user=np.empty(room, dtype=np.int64),
            log_choice=np.empty(room, dtype=np.int64),
        )

    @property
    def profile(self) -> Profile:
        """The profile now."""
        return profile_of(self.game, self.state.choice)

    def begin(self, start: Start, run: Run[Profile], latest: Floats | None = None) -> None:
        """Set the first profile: the run's own start where it has one, else by rule, users in random order.

        latest: the longest delay at which each user joins a provider at random; None: however long.
        """
        m = self.game.users
        if run.start is not None:
            self.state.choice[:] = positions(self.game, run.start)
        elif start == "random-feasible":
            limit = np.full(m, np.inf) if latest is None else latest
            starts.random_start(self.arrays, self.state, shuffled(m, run.rng), 0, m, run.rng.random(m), limit)
        elif start == "greedy":
            starts.greedy_start(self.arrays, self.state, shuffled(m, run.rng), 0, m)
        self.recount()

    def recount(self) -> None:
        """Sum loads and counts anew from the choices: no rounding of earlier moves remains."""
        dynamics.recount(self.arrays, self.state)

    def drain(self) -> tuple[Ints, Ints]:
        """The moves logged since the last call: users, and the pairs they chose."""
        logged = int(self.state.ints[dynamics.LOGGED])
        self.state.ints[dynamics.LOGGED] = 0
        return self.state.log_user[:logged].copy(), self.state.log_choice[:logged].copy()

    def reset_counter(self, counter: int) -> int:
        """Read a counter of the kernels and set it to 0."""
        number = int(self.state.ints[counter])
        self.state.ints[counter] = 0
        return number


def shuffled(m: int, rng: np.random.Generator) -> Ints:
    """A random order of m users.

    Uniform over all orders up to 1,024 users. Beyond, blocks of 1,024 consecutive users come in random order, uniformly
    shuffled inside: then a pass reads memory block by block, which is four times as fast.
    """
    size = dynamics.BLOCK
    blocks = m // size
    if blocks <= 1:
        return rng.permutation(m)
    whole = rng.permuted(np.arange(blocks * size).reshape(blocks, size), axis=1)[rng.permutation(blocks)].ravel()
    return np.concatenate([whole, blocks * size + rng.permutation(m - blocks * size)])
