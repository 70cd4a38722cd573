"""Feasibility and epsilon of any profile, in one pass over all pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeworth.core.checking import epsilon_verdict, rule_verdicts
from edgeworth.core.verdict import Verdict
from edgeworth.games.offloading.model import OffloadingGame, Profile, choice_violations, require_profile, utilities
from edgeworth.games.offloading.model.game import Ints

EPSILON_TOL = 1e-9
"""A profile is an equilibrium when no user gains more than this by a move of its own, relative to its scale."""


@dataclass(frozen=True)
class Deviation:
    """A move of one user: from ``here`` to ``there`` (providers, -1 local) gains ``gain``, ``relative`` to the user's scale."""

    user: int
    here: int
    there: int
    gain: float
    relative: float

    def replay(self, game: OffloadingGame, profile: Profile) -> float:
        """What the same move gains at this profile, by the model's utilities."""
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


def best_deviation(game: OffloadingGame, choice: Ints) -> Deviation | None:
    """The unilateral deviation with the largest relative gain; None where nobody gains. Caps bar full providers."""
    from edgeworth.games.offloading.check.kernels import worst_deviation

    low, high = game.clip
    found = np.empty(2, dtype=np.int64)
    relative, gain = worst_deviation(
        game.indptr, game.provider, game.gain, game.price, game.transfer, game.sensitivity, game.deadline, game.unit, low, high,
        game.weight, game.local_utility, game.rate, game.cap, choice, found,
    )  # fmt: skip
    if found[0] < 0:
        return None
    user = int(found[0])
    here, there = (-1 if p < 0 else int(game.provider[p]) for p in (choice[user], found[1]))
    return Deviation(user, here, there, float(gain), float(relative))


def epsilon(game: OffloadingGame, profile: Profile, choice: Ints, tolerance: float, claimed: bool) -> Verdict:
    """The verdict ``epsilon``: the largest relative gain of any user by any move of its own that the caps leave open."""
    out = np.flatnonzero(choice == -2)
    if len(out):
        witness: Any = f"user {int(out[0])} sits out of reach: its utility is not defined"
        return Verdict.of(False, float("inf"), tolerance, witness)
    worst = best_deviation(game, choice)
    return epsilon_verdict(0.0 if worst is None else worst.relative, worst, tolerance, claimed=claimed)
