"""No profile is worth more than local execution: where no pair pays even for a user who has the provider to itself."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Protocol

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.games.offloading.model import OffloadingGame
from edgeworth.games.offloading.model.rational import Rational

LOCAL = "local-execution"

_MARGIN = 32.0 * 2.0**-53
_LEAST = 2.0**-1060
_MANY = 1_000  # pairs looked at in fractions between two looks at the budget, some 20 ms


class Steps(Protocol):
    """A budget: raises when it is used up."""

    def check(self) -> None: ...


def local_bound(game: OffloadingGame, arrays: Arrays, budget: Steps) -> float:
    """What all users earn who compute locally, rounded up, once it is shown that no feasible profile is worth more.

    Utilities do not rise with the load, and the load of whoever is served holds its own weight at least. Payments cancel:

        welfare = sum_i local_i + sum over the served (v_ik(Lambda_k) - local_i - cost_ik),   v_ik(Lambda_k) <= v_ik(w_i),

    so that nothing is gained where v_ik(w_i) <= local_i + cost_ik for every pair. That is decided in fractions, but for pairs
    that floats decide: their difference is off by at most 16 u of the sizes of its terms, u = 2^-53, and 2^-1070 (1 + s (1 +
    C / w)) for underflow, as derived in `model.slice_bound`; twice the first and 2^10 times the second are kept away from.
    The certificate holds no arrays. Raises ValueError where some pair pays.
    """
    i, k = game.user, game.provider
    s, tau, unit, weight = game.sensitivity[i], game.deadline[i], game.unit[i], game.weight[i]
    cost, local = game.cost_rate[k] * game.workload[i] / game.rate[k], game.local_utility[i]
    delay = unit * (weight / game.rate[k])
    low, high = game.clip
    more = game.gain - s * np.clip(game.transfer + delay - tau, low[i], high[i]) - local - cost
    size = np.abs(game.gain) + s * (game.transfer + delay + tau) + np.abs(local) + cost
    margin = _MARGIN * size + _LEAST * (1.0 + s * (1.0 + unit))
    if np.any(more > margin):
        validation.reject("arrays", "must be of a game in which no pair pays", f"pair {int(np.argmax(more - margin))}")
    exact = Rational(game)
    for place, p in enumerate(np.flatnonzero(~(more < -margin)).tolist()):
        if place % _MANY == 0:
            budget.check()
        own = int(i[p])
        earned = exact.utility(own, p, exact.weight[own], payments=False) - exact.cost(int(k[p]), own)
        if earned > Fraction(float(local[p])):
            validation.reject("arrays", "must be of a game in which no pair pays", f"pair {p}")
    total = math.fsum(game.local_utility.tolist())
    below = Fraction(total) < sum(map(Fraction, game.local_utility.tolist()), Fraction(0))
    return math.nextafter(total, math.inf) if below else total
