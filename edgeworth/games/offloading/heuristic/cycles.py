"""Looking for best-response cycles in the moves of a run, and for equilibria in small games that cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.games.offloading.kernels import enumeration
from edgeworth.games.offloading.model import OffloadingGame
from edgeworth.games.offloading.model.game import Ints

SMALL = 1e6
"""Profiles up to which the existence of a pure equilibrium is decided by looking at all of them."""

_ROOM = 100_000  # moves kept; when they are full without a cycle the oldest half is forgotten


@dataclass(frozen=True)
class Cycle:
    """A closed path: arrays ``profile`` (providers, where it begins), ``user``, ``provider`` (the moves)."""

    arrays: dict[str, Ints]


class CycleWatch:
    """The moves of a run since a profile; `search` finds a profile that came back."""

    def __init__(self, game: OffloadingGame) -> None:
        self.game = game
        self.begin(np.full(game.users, -1))

    def begin(self, now: Ints) -> None:
        """Forget all moves; the next one starts from the choices ``now``."""
        self._origin = np.array(now)
        self._moves: list[tuple[Ints, Ints]] = []
        self._kept = 0

    def add(self, moves: tuple[Ints, Ints], now: Ints) -> None:
        """Moves just made, the last of which led to the choices ``now``."""
        self._kept += len(moves[0])
        if self._kept > _ROOM:
            self.begin(now)
        else:
            self._moves.append(moves)

    def search(self) -> Cycle | None:
        """The shortest stretch of moves that leads from a profile back to it; None where there is none."""
        if not self._moves:
            return None
        user, choice = (np.concatenate(column) for column in zip(*self._moves, strict=True))
        marks = np.empty(len(user) + 1, dtype=np.uint64)
        enumeration.profile_marks(self._origin.copy(), user, choice, marks)
        order = np.argsort(marks, kind="stable")
        same = np.flatnonzero(marks[order][1:] == marks[order][:-1])
        if not len(same):
            return None
        nearest = int(np.argmin(order[same + 1] - order[same]))
        first, last = int(order[same[nearest]]), int(order[same[nearest] + 1])
        origin = self._origin.copy()
        _replay(origin, user[:first], choice[:first])
        after = origin.copy()
        _replay(after, user[first:last], choice[first:last])
        if not np.array_equal(after, origin):  # two profiles of one mark: practically impossible, and no cycle
            return None
        places = [self._places(choices) for choices in (origin, choice[first:last])]
        return Cycle({"profile": places[0], "user": user[first:last], "provider": places[1]})

    def _places(self, choices: Ints) -> Ints:
        """The providers of pairs, -1 for local execution."""
        result = np.full(len(choices), -1, dtype=np.int64)
        result[choices >= 0] = self.game.provider[choices[choices >= 0]]
        return result


def _replay(now: Ints, user: Ints, choice: Ints) -> None:
    for i, p in zip(user.tolist(), choice.tolist(), strict=True):
        now[i] = p


def existence(game: OffloadingGame) -> str:
    """In words, whether the game has a pure (generalised) equilibrium. Decided by enumeration where the game is small."""
    if game.profiles > SMALL:
        return "whether a pure equilibrium exists was not decided: too many profiles"
    from edgeworth.games.offloading.exact.enumeration import count_equilibria

    found = count_equilibria(game)
    if found == 0:
        return f"no pure equilibrium exists: all {game.profiles:.0f} profiles were looked at"
    return f"{found} of {game.profiles:.0f} profiles are pure equilibria: the cycle is no sign of non-existence"
