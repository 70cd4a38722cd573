"""Faults of results of the offloading game."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from edgeworth.core.arrays import Ints
from edgeworth.core.result import Certificate, Quality, Result, Termination
from edgeworth.games.offloading.model import OffloadingGame, Profile, utilities, value, violations
from edgeworth.testing.faults.base import SHIFT, Fault


def _with_profile(
    game: OffloadingGame, result: Result[Profile], provider: Ints, *, within_reach: bool = True
) -> Result[Profile]:
    """The result with another profile and nothing else that could be wrong; it claims an equilibrium."""
    profile = Profile(provider)
    return replace(
        result,
        method="pg-brd",
        params=None,
        termination=Termination.CONVERGED,
        solution=profile,
        value=value(game, profile) if within_reach else 0.0,
        bound=None,
        bound_evidence=None,
        certificate=None,
        quality=Quality.FEASIBLE,
    )


def out_of_reach(game: OffloadingGame, result: Result[Profile]) -> Result[Profile] | None:
    """One user sits at a provider that does not cover it."""
    for i in range(game.users):
        beyond = np.setdiff1d(np.arange(game.providers), game.provider[game.indptr[i] : game.indptr[i + 1]])
        if len(beyond):
            provider = np.full(game.users, -1)
            provider[i] = beyond[0]
            return _with_profile(game, result, provider, within_reach=False)
    return None


def over_the_cap(game: OffloadingGame, result: Result[Profile]) -> Result[Profile] | None:
    """All users in reach of one provider sit there, more than its cap."""
    for k in range(game.providers):
        here = game.user[game.provider == k]
        if len(here) > game.cap[k]:
            provider = np.full(game.users, -1)
            provider[here] = k
            return _with_profile(game, result, provider)
    return None


def _restless(game: OffloadingGame) -> Ints | None:
    """A profile at which one user gains more than 1e-6 of its spread and of its terms by a move; None where there is none."""
    local = np.full(game.users, -1)
    for p in range(game.pairs):
        moved = local.copy()
        moved[game.user[p]] = game.provider[p]
        if violations(game, Profile(moved)):
            continue
        away = utilities(game, Profile(moved))[game.user[p]]
        gain, size = away - game.local_utility[game.user[p]], max(abs(away), abs(game.local_utility[game.user[p]]))
        terms = max(abs(game.gain[p]), abs(game.price[p]), 1.0)
        if abs(gain) > SHIFT * max(size, terms):
            return local if gain > 0 else moved
    return None


def restless_user(game: OffloadingGame, result: Result[Profile]) -> Result[Profile] | None:
    """An equilibrium is claimed, and one user gains by moving."""
    found = _restless(game)
    return None if found is None else _with_profile(game, result, found)


def own_tolerance(game: OffloadingGame, result: Result[Profile]) -> Result[Profile] | None:
    """The same, and the result's parameters say that gains of any size count for nothing."""
    found = _restless(game)
    return None if found is None else replace(_with_profile(game, result, found), params=SimpleNamespace(threshold=1e9))


def foreign_user(game: OffloadingGame, result: Result[Profile]) -> Result[Profile] | None:
    """A best-response cycle of a user and a provider that do not exist."""
    if not game.users:
        return None
    arrays = {"profile": np.full(game.users, -1), "user": np.full(1, 2**62), "provider": np.full(1, 2**62)}
    local = _with_profile(game, result, np.full(game.users, -1))
    return replace(local, certificate=Certificate("best-response-cycle", arrays))


def open_cycle(game: OffloadingGame, result: Result[Profile]) -> Result[Profile] | None:
    """A best-response cycle whose only move gains nothing."""
    if not game.users:
        return None
    arrays = {"profile": np.full(game.users, -1), "user": np.zeros(1, dtype=np.int64), "provider": np.full(1, -1)}
    return replace(result, certificate=Certificate("best-response-cycle", arrays), bound=None, bound_evidence=None)


FAULTS: tuple[Fault, ...] = (
    Fault("out of reach", "coverage", out_of_reach),
    Fault("over the cap", "cap", over_the_cap),
    Fault("restless user", "epsilon", restless_user),
    Fault("own tolerance", "epsilon", own_tolerance),
    Fault("open cycle", "cycle", open_cycle),
    Fault("foreign user", "cycle", foreign_user),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
