"""What counts as a profile of a finite game, and what makes one infeasible."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.violation import Violation, Violations
from edgeworth.games.normal_form.model.problem import NormalFormGame, Profile, require_game

ProfileLike = Profile | Sequence[ArrayLike]
"""A profile, or a sequence of one vector a player, or of one strategy number a player (a pure profile)."""


def violations(game: NormalFormGame, profile: Profile) -> tuple[Violation, ...]:
    """Every player whose vector is no mixed strategy.

    Parameters
    ----------
    game : NormalFormGame
    profile : Profile

    Returns
    -------
    tuple of Violation
        Empty for a feasible profile. Rule: ``distribution`` (of a player); the amount is the size of the lowest negative entry
        or the difference of the sum from 1, whichever is larger. Up to FEASIBILITY_TOL both pass.

    Raises
    ------
    TypeError
        For anything but a Profile.
    ValueError
        For a profile of other numbers of players or strategies: it belongs to another game.
    """
    if not isinstance(profile, Profile):
        validation.reject_type("profile", "must be a Profile", profile)
    if tuple(len(vector) for vector in profile) != game.shape:
        got = tuple(len(vector) for vector in profile)
        validation.reject("profile", f"must have probabilities for strategies {game.shape}", got)
    broken = Violations(game, violations)
    for i, vector in enumerate(profile):
        listed = vector.tolist()
        lowest, total = min(listed), math.fsum(listed)
        amount = max(-lowest, abs(total - 1.0))
        if amount > FEASIBILITY_TOL:
            text = f"player {game.players[i]!r}: probabilities sum to {total!r}, the lowest is {lowest!r}"
            broken.add("distribution", amount, text, player=i)
    return tuple(broken.found)


def feasible(game: NormalFormGame, profile: ProfileLike) -> Profile:
    """The profile, where it is one of mixed strategies of the game; ValueError where it is not."""
    require_game(game)
    mixed = as_profile(game, profile)
    found = violations(game, mixed)
    if found:
        raise ValueError(f"profile: must be of mixed strategies; got {found[0]}")
    return mixed


def as_profile(game: NormalFormGame, profile: ProfileLike) -> Profile:
    """The profile that vectors or strategy numbers stand for; whether it is feasible is not looked at."""
    if isinstance(profile, Profile):
        return profile
    if hasattr(profile, "__len__") and len(profile) and all(isinstance(entry, int | np.integer) for entry in profile):
        return Profile.pure(game, profile)  # type: ignore[arg-type]  # integers, as just seen; `pure` refuses booleans
    return Profile(profile)
