"""All pure equilibria of tiny games, by looking at every profile."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.current import CurrentProfile
from edgeworth.games.offloading.kernels import enumeration
from edgeworth.games.offloading.model import OffloadingGame, Profile, profile_of, value
from edgeworth.games.offloading.model.game import Ints

LIMIT = 5e7
"""Profiles that a game may have to be enumerated: about a minute for 10 users."""

_CHUNK = 100_000  # profiles between two looks at the clock
_THRESHOLD = 1e-10  # gains below this share of a user's spread are no deviations


def pure_equilibria(game: OffloadingGame) -> tuple[Profile, ...]:
    """All pure (generalised) equilibria of a tiny game.

    Parameters
    ----------
    game : OffloadingGame
        The game.

    Returns
    -------
    tuple of Profile
        In lexicographic order from the last user; empty where there is none.

    Raises
    ------
    ValueError
        For games with more than 5e7 profiles.

    Notes
    -----
    A profile counts when no user gains more than 1e-10 of its spread (the best less the worst that its actions earn at the
    profile), and more than rounding, by a move that coverage and caps leave open. O(profiles x pairs).
    """
    _require_tiny(game)
    found: list[Profile] = []
    for rows, _ in _walk(game, 1_000):
        found += [profile_of(game, choice) for choice in rows]
    return tuple(found)


def count_equilibria(game: OffloadingGame) -> int:
    """The number of pure equilibria, without keeping them."""
    _require_tiny(game)
    return sum(len(rows) for rows, _ in _walk(game, 1_000))


def enumerate_equilibria(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The pure (generalised) equilibrium of the highest welfare, by looking at all profiles.

    Parameters
    ----------
    game : OffloadingGame
        A game of at most 5e7 profiles; others are refused.
    params : None
        The method has no parameters.
    run : Run
        Clock and stop rules of the run.

    Returns
    -------
    Found
        PROVED with a solution: no equilibrium has a higher welfare. PROVED without one: the game has no pure equilibrium.
        ``iterations`` counts profiles.

    Notes
    -----
    The notes give the number of equilibria, their lowest and their highest welfare. What is said of all profiles rests on this
    enumeration alone and comes without a certificate: `verify` judges the profile.

    References
    ----------
    Enumeration; the equilibrium is that of Nash, PNAS 36 (1950), over the actions that the caps leave open.
    """
    if game.profiles > LIMIT:
        return Found(None, Termination.REFUSED, notes=(f"must have at most {LIMIT:.0e} profiles; got {game.profiles:.3g}",))
    best: Profile | None = None
    most, least, number, looked = -np.inf, np.inf, 0, 0
    for rows, seen in _walk(game, 1_000):
        looked += seen
        for choice in rows:
            profile = profile_of(game, choice)
            welfare = value(game, profile)
            number += 1
            least = min(least, welfare)
            if welfare > most:
                best, most = profile, welfare
        ending = run.tick(looked, None if best is None else most)
        if ending is not None:
            notes = (f"stopped after {looked} of {game.profiles:.0f} profiles",)
            return Found(best, ending, iterations=looked, evaluations=looked, notes=notes)
    note = f"{number} of {game.profiles:.0f} profiles are pure equilibria"
    note += f", of welfare {least!r} to {most!r}" if number else ": there is none"
    return Found(best, Termination.PROVED, iterations=looked, evaluations=looked, notes=(note,))


def _require_tiny(game: OffloadingGame) -> None:
    if game.profiles > LIMIT:
        validation.reject("game", f"must have at most {LIMIT:.0e} profiles to be enumerated", f"{game.profiles:.3g} profiles")


def _walk(game: OffloadingGame, room: int) -> Iterator[tuple[Ints, int]]:
    """Equilibria found and profiles looked at, chunk by chunk."""
    arrays = CurrentProfile(game).arrays
    m, n = game.users, game.providers
    digits, choice = np.full(m, -1, dtype=np.int64), np.full(m, -1, dtype=np.int64)
    load, count = np.zeros(n), np.zeros(n + 1, dtype=np.int64)
    found = np.empty((room, m), dtype=np.int64)
    done = False
    while not done:
        looked, seen, done = enumeration.equilibria(arrays, choice, digits, load, count, found, _THRESHOLD, _CHUNK)
        yield found[:seen].copy(), looked
