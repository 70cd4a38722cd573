"""Feasibility and epsilon of any profile, in one pass over all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core.checking import Budget, epsilon_verdict, rule_verdicts
from edgeworth.core.verdict import Scope, Verdict
from edgeworth.games.offloading.model import (
    EQUILIBRIUM_TOL,
    OffloadingGame,
    Profile,
    choice_violations,
    require_profile,
    utilities,
)
from edgeworth.games.offloading.model.game import Ints

EPSILON_TOL = EQUILIBRIUM_TOL
"""A profile is an equilibrium when no user gains more than this by a move of its own, relative to its spread."""

_SCOPE = Scope(note="ties and gains within rounding are none, full providers are closed")

_CHUNK = 100_000  # users or pairs looked at between two looks at the budget, some milliseconds


@dataclass(frozen=True)
class Deviation:
    """A unilateral deviation that gains.

    Parameters
    ----------
    user : int
    here, there : int
        The providers that it leaves and goes to, -1 for local execution.
    gain : float
        In units of utility.
    relative : float
        To the user's spread, the best less the worst that its open actions earn; of a gain within the tolerance only what is
        beyond rounding.
    """

    user: int
    here: int
    there: int
    gain: float
    relative: float

    def replay(self, game: OffloadingGame, profile: Profile) -> float:
        """The gain of the same deviation from another profile, by the model's utilities."""
        moved = np.array(profile.provider)
        moved[self.user] = self.there
        return float(utilities(game, Profile(moved))[self.user] - utilities(game, profile)[self.user])

    def __str__(self) -> str:
        places = ["local execution" if k < 0 else f"provider {k}" for k in (self.here, self.there)]
        return f"user {self.user} gains {self.gain:.6g} by moving from {places[0]} to {places[1]}"


def located(game: OffloadingGame, profile: Profile) -> Ints:
    """The pair of every user, -1 local, -2 out of reach; ValueError for profiles that are not of this game's shape."""
    from edgeworth.games.offloading.check.kernels import locate

    require_profile(game, profile)
    choice = np.empty(game.users, dtype=np.int64)
    locate(game.indptr, game.provider, profile.provider, choice)
    return choice


def feasibility(game: OffloadingGame, profile: Profile, choice: Ints) -> dict[str, Verdict]:
    """The verdicts ``coverage`` and ``cap``; witness: the worst `Violation`."""
    return rule_verdicts(choice_violations(game, profile, choice), {"coverage": 0.0, "cap": 0.0})


def best_deviation(game: OffloadingGame, choice: Ints, budget: Budget) -> Deviation | None:
    """The unilateral deviation with the largest relative gain; None where nobody gains. Caps bar full providers."""
    from edgeworth.games.offloading.check import kernels

    low, high = game.clip
    load, count = np.zeros(game.providers), np.zeros(game.providers, dtype=np.int64)
    kernels.loads(game.provider, game.weight, choice, load, count)
    worst, found = np.zeros(3), np.full(2, -1, dtype=np.int64)
    begin = 0
    while begin < game.users:
        budget.check()
        end = int(np.searchsorted(game.indptr, game.indptr[begin] + _CHUNK, side="right")) - 1
        end = min(max(end, begin + 1), begin + _CHUNK, game.users)
        kernels.worst_deviation(
            game.indptr, game.provider, game.gain, game.price, game.transfer, game.sensitivity, game.deadline, game.unit, low,
            high, game.weight, game.local_utility, game.rate, game.cap, load, count, choice, begin, end, worst, found,
        )  # fmt: skip
        begin = end
    if found[0] < 0:
        return None
    user = int(found[0])
    here, there = (-1 if p < 0 else int(game.provider[p]) for p in (choice[user], found[1]))
    relative = worst[2] if worst[0] > EPSILON_TOL else worst[0]
    return Deviation(user, here, there, float(worst[1]), float(relative))


def epsilon(game: OffloadingGame, profile: Profile, choice: Ints, claimed: bool, budget: Budget) -> Verdict:
    """The verdict ``epsilon``: the largest gain of any user by any move of its own that the caps leave open.

    A gain counts beyond its rounding margin and relative to the user's spread: the best less the worst that its open actions
    earn at the profile, the others staying where they are. What other users, closed providers or an offset are worth does not
    enter. The margin, u = 2^-53 (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 2.2, 3.1, 4.2):

    - a load is a sum of c weights > 0, in any order: (c - 1) u, relative. The delay C / w Lambda / F takes five more
      operations (own weight, two quotients, the product, or an inverse rate and gamma in their place): with ``transfer`` and
      ``- tau`` the lateness is off by at most (c + 6) u (transfer + delay + tau), c + 7 with all terms of second order while
      c u < 1e-3. The order gain - s (transfer - tau) - price - gamma Lambda / F of linear games stays below the same sum.
    - clipping moves two numbers no further apart than they were, and what is clipped for certain is not off at all: the
      margin takes the clipped ends of the interval.
    - the product with s, the difference of gain and price and the last difference: 4 u (|gain| + |price| + s |phi|).
    - underflow: 2^-1075 an operation, C / w times in the delay.

    Three of these (`kernels.EVALUATIONS`) at the place left and at the place reached are subtracted from a gain. So a user of a
    profile that passes gains at most 1e-9 of its spread and four of these sums; and no profile is refused that comes from an
    honest evaluation of the model in double precision, in any order.
    """
    out = np.flatnonzero(choice == -2)
    if len(out):
        witness: object = f"user {int(out[0])} sits out of reach: its utility is not defined"
        return Verdict.of(False, float("inf"), EPSILON_TOL, witness)
    worst = best_deviation(game, choice, budget)
    found = 0.0 if worst is None else worst.relative
    return epsilon_verdict(found, worst, EPSILON_TOL, claimed=claimed, scope=_SCOPE)
