"""From the supports of an equilibrium of n players to its probabilities, right to the last bits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edgeworth.games.normal_form.exact import kernels
from edgeworth.games.normal_form.exact.polish import settled
from edgeworth.games.normal_form.exact.scaling import simplex, unit
from edgeworth.games.normal_form.model import Floats, Ints, NormalFormGame, Profile, exact_outcomes
from edgeworth.games.normal_form.model.kernels import largest_regret

_LEAST = (1e-2, 1e-4, 1e-6, 1e-9, 1e-14)  # probabilities above which a strategy is taken to be played
_ROUNDS, _EXACT = 30, 2  # of Newton's method, in floats and with residuals in fractions
_NEAR, _FAR = 1e-9, 1e3  # steps from which on fractions say what is left, and beyond which the method is lost
_COARSE = 1e-6  # what is further from an equilibrium than this, payoffs scaled to [0, 1], needs no fractions
_MOST = 5_000  # supports that are tried one by one: three players of four strategies have 3,375

Supports = tuple[tuple[int, ...], ...]


def supports(mixed: Sequence[Floats]) -> Iterator[Supports]:
    """The sets of strategies played with more than some probability, each once."""
    met: set[Supports] = set()
    for least in _LEAST:
        found = tuple(tuple(np.flatnonzero(vector > min(least, vector.max() / 2.0)).tolist()) for vector in mixed)
        if found not in met:
            met.add(found)
            yield found


def every(shape: Sequence[int]) -> Iterator[Supports]:
    """All supports, those of few strategies first; none at all where they are more than `_MOST`."""
    if math.prod(2**n - 1 for n in shape) > _MOST:
        return
    sets = [[kept for k in range(1, n + 1) for kept in itertools.combinations(range(n), k)] for n in shape]
    yield from sorted(itertools.product(*sets), key=lambda each: sum(map(len, each)))


class Equaliser:
    """Looks for the equilibria of a game on given supports: all strategies of a support earn the same.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    """

    def __init__(self, game: NormalFormGame) -> None:
        self.game = game
        self.tables = [unit(table)[0] for table in game.payoffs]
        self.flat: Floats = np.stack(self.tables).reshape(-1)
        self.flat.setflags(write=False)  # as a game's own: one signature of the kernel

    @cached_property
    def _whole(self) -> list[tuple[NDArray[np.object_], Fraction]]:
        return [_integers(self.game, i) for i in range(len(self.game.shape))]

    def equilibrium(self, support: Supports, near: Sequence[Floats]) -> Profile | None:
        """The equilibrium on a support to which Newton's method leads from `near`; None where it leads to none."""
        sizes = np.array([len(kept) for kept in support], dtype=np.int64)
        ends = np.cumsum(sizes)
        inner = np.ix_(*support)
        payoffs = np.stack([table[inner] for table in self.tables]).reshape(-1)
        mixed = np.concatenate([simplex(vector[list(kept)]) for vector, kept in zip(near, support, strict=True)])
        if not _solved(payoffs, sizes, mixed) or not self._promising(support, np.split(mixed, ends[:-1])):
            return None
        whole = [(table[inner], unit_) for table, unit_ in self._whole]
        for _ in range(_EXACT):
            missed = _missed(whole, [_dyadic(vector) for vector in np.split(mixed, ends[:-1])])
            matrix = kernels.equations(payoffs, sizes, mixed)[0]
            step = _least_squares(matrix, -missed)
            if step is None or not np.abs(step).max() < _FAR:
                return None
            mixed = mixed + step
        if mixed.min() < 0.0:
            return None
        profile = self._profile(support, np.split(mixed, ends[:-1]))
        return profile if settled(self.game, profile) else None

    def _promising(self, support: Supports, vectors: Sequence[Floats]) -> bool:
        """Whether what floats found is not far from an equilibrium: fractions move it by some 1e-9."""
        if min(float(vector.min()) for vector in vectors) < -_COARSE:
            return False
        profile = self._profile(support, vectors).flat
        return bool(largest_regret(self.flat, self.game.flat[1], profile, True) <= _COARSE)

    def _profile(self, support: Supports, vectors: Sequence[Floats]) -> Profile:
        found = []
        for n, kept, vector in zip(self.game.shape, support, vectors, strict=True):
            full = np.zeros(n)
            full[list(kept)] = vector
            found.append(simplex(full))
        return Profile(found)


def _solved(payoffs: Floats, sizes: Ints, mixed: Floats) -> bool:
    """Newton's method in floats, in place; False where it is lost. Where its rounds end without that, fractions decide."""
    how, done = kernels.equalise(payoffs, sizes, mixed, _ROUNDS, _NEAR, _FAR)
    if how != kernels.SINGULAR:
        return bool(how != kernels.LOST)
    for _ in range(done, _ROUNDS):
        step = _least_squares(*kernels.equations(payoffs, sizes, mixed))  # the shortest: ties make the equations singular
        if step is None:
            return False
        size = float(np.abs(step).max())
        if not size < _FAR:  # NaN too
            return False
        mixed += step
        if size < _NEAR:
            break
    return True


def _least_squares(matrix: Floats, right: Floats) -> Floats | None:
    try:
        return np.asarray(np.linalg.lstsq(matrix, right)[0])
    except np.linalg.LinAlgError:
        return None


def _missed(tables: Sequence[tuple[NDArray[np.object_], Fraction]], mixed: Sequence[tuple[NDArray[np.object_], int]]) -> Floats:
    """By how much the sums of probabilities miss 1 and the strategies' payoffs miss that of the first one, in integers."""
    found = []
    for i, (table, one) in enumerate(tables):
        earned, scale = np.moveaxis(table, i, 0), one
        for j in reversed([j for j in range(len(mixed)) if j != i]):
            earned, scale = earned @ mixed[j][0], scale * mixed[j][1]
        vector, ones = mixed[i]
        found.append((sum(vector.tolist()) - ones) / ones)
        found += [float((each - earned[0]) / scale) for each in earned[1:]]
    return np.array(found)


def _dyadic(vector: Floats) -> tuple[NDArray[np.object_], int]:
    """Floats as integers over one denominator."""
    ratios = [p.as_integer_ratio() for p in vector.tolist()]
    ones = max(low for _, low in ratios)  # powers of two
    return np.array([top * (ones // low) for top, low in ratios], dtype=object), ones


def _integers(game: NormalFormGame, player: int) -> tuple[NDArray[np.object_], Fraction]:
    """The player's payoffs as integers, and how many of them are one of its `unit`."""
    ratios = [entry.as_integer_ratio() for entry in exact_outcomes(game, player)]
    ones = math.lcm(*(low for _, low in ratios))
    table = np.empty(len(ratios), dtype=object)
    table[:] = [top * (ones // low) for top, low in ratios]
    return table.reshape(game.shape), ones * Fraction(unit(game.payoffs[player])[1])
