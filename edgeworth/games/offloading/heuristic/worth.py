"""Welfare and the weighted potential as one kind of problem: split users among providers for the highest total worth."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import read_only
from edgeworth.games.offloading.kernels import partition
from edgeworth.games.offloading.model import OffloadingGame
from edgeworth.games.offloading.model.game import Floats, Ints


def welfare_worth(game: OffloadingGame) -> partition.Worth:
    """Worth of a user set = its utilities before payments, less what local execution is worth, less the provider's cost."""
    i, k = game.user, game.provider
    cost = game.cost_rate[k] * game.workload[i] / game.rate[k]
    low, high = game.clip
    prize = (game.base if game.linear else game.gain) - game.local_utility[i] - cost
    late = np.zeros(0) if game.linear else game.transfer - game.deadline[i]
    return _worth(game, game.linear, prize, late, game.gamma, low, high)


def potential_worth(game: OffloadingGame, load: Floats) -> partition.Worth:
    """Worth = (w / gamma)(net - local) - w (Lambda + w + 2 load_k) / (2 F), summed over a set: its share of Psi.

    ``load`` float64 [providers]: what stays at the providers whatever is chosen. gamma_i = 0 counts 0.
    """
    i, k = game.user, game.provider
    scale = np.divide(game.weight, game.gamma, out=np.zeros(game.users), where=game.gamma > 0.0)
    prize = scale[i] * (game.base - game.price - game.local_utility[i]) - game.weight[i] * (game.weight[i] + 2.0 * load[k]) / (
        2.0 * game.rate[k]
    )
    low, high = np.full(game.users, -np.inf), np.full(game.users, np.inf)
    return _worth(game, True, prize, np.zeros(0), game.weight / 2.0, low, high)


def _worth(
    game: OffloadingGame, linear: bool, prize: Floats, late: Floats, gamma: Floats, low: Floats, high: Floats
) -> partition.Worth:
    by_ptr = np.concatenate([[0], np.cumsum(np.bincount(game.provider, minlength=game.providers))])
    return read_only(
        partition.Worth(
            linear=linear,
            ptr=game.indptr,
            provider=game.provider,
            user=game.user,
            prize=prize,
            late=late,
            gamma=gamma,
            sens=game.sensitivity,
            unit=game.unit,
            low=low,
            high=high,
            weight=game.weight,
            rate=game.rate,
            cap=game.cap,
            by_ptr=by_ptr,
            by_pair=np.argsort(game.provider, kind="stable"),
        )
    )


class CurrentSplit:
    """The current split of the users among providers, for `partition.descend`."""

    def __init__(self, game: OffloadingGame, worth: partition.Worth, choice: Ints) -> None:
        m, n = game.users, game.providers
        self.worth = worth
        self.state = partition.Split(
            choice=np.full(m, -1, dtype=np.int64),
            load=np.zeros(n),
            slope=np.zeros(n),
            count=np.zeros(n, dtype=np.int64),
            head=np.full(n, -1, dtype=np.int64),
            after=np.full(m, -1, dtype=np.int64),
            before=np.full(m, -1, dtype=np.int64),
        )
        self.reset(choice)

    def reset(self, choice: Ints) -> None:
        """Split the users anew, as `choice` says; sums carry no rounding of earlier moves."""
        self.state.load[:], self.state.slope[:], self.state.count[:], self.state.head[:] = 0.0, 0.0, 0, -1
        partition.place_all(self.worth, self.state, choice)


def leaves(room: int) -> partition.Leaves:
    """Empty slices."""
    return partition.Leaves(*(np.empty(room) for _ in range(5)))
