"""From the supports of an equilibrium of n players to its probabilities, right to the last bits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.games.normal_form.exact.branch import pairwise
from edgeworth.games.normal_form.exact.polish import settled
from edgeworth.games.normal_form.exact.scaling import simplex, unit
from edgeworth.games.normal_form.model import Floats, NormalFormGame, Profile, exact_outcomes

_LEAST = (1e-2, 1e-4, 1e-6, 1e-9, 1e-14)  # probabilities above which a strategy is taken to be played
_ROUNDS, _EXACT = 30, 2  # of Newton's method, in floats and with residuals in fractions
_NEAR, _FAR = 1e-9, 1e3  # steps from which on fractions say what is left, and beyond which the method is lost

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


def equalised(
    game: NormalFormGame, exact_payoffs: Sequence[NDArray[np.object_]], support: Supports, near: Sequence[Floats]
) -> Profile | None:
    """The equilibrium in which every player is indifferent between the strategies of its support; None where none is found.

    exact_payoffs: of each player, as `scaled` gives them.
    """
    floats = [unit(table)[0][np.ix_(*support)] for table in game.payoffs]
    fractions = [table[np.ix_(*support)] for table in exact_payoffs]
    mixed = [simplex(vector[list(kept)]) for vector, kept in zip(near, support, strict=True)]
    ends = np.cumsum([len(kept) for kept in support])
    exact = 0
    for _ in range(_ROUNDS + _EXACT):
        value = _residual(fractions, [_exact(v) for v in mixed]) if exact else _residual(floats, mixed)
        try:
            step = np.linalg.lstsq(_jacobian(floats, mixed), -value)[0]  # the shortest: ties make the equations singular
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(step).max())
        if not size < _FAR:  # NaN too
            return None
        mixed = [v + part for v, part in zip(mixed, np.split(step, ends[:-1]), strict=True)]
        exact += size < _NEAR
        if exact > _EXACT:
            break
    if min(float(vector.min()) for vector in mixed) < 0.0:
        return None
    whole = []
    for n, kept, vector in zip(game.shape, support, mixed, strict=True):
        full = np.zeros(n)
        full[list(kept)] = vector
        whole.append(simplex(full))
    profile = Profile(whole)
    return profile if settled(game, profile) else None


def _residual(tables: Sequence[NDArray[Any]], mixed: Sequence[NDArray[Any]]) -> Floats:
    """By how much the sums of probabilities miss 1 and the strategies' payoffs miss that of the first one."""
    found = []
    for i, table in enumerate(tables):
        earned = np.moveaxis(table, i, 0)
        for j in reversed([j for j in range(len(mixed)) if j != i]):
            earned = earned @ mixed[j]
        found += [mixed[i].sum() - 1, *(earned[1:] - earned[0])]
    return np.array([float(each) for each in found])


def _jacobian(tables: Sequence[Floats], mixed: Sequence[Floats]) -> Floats:
    starts = np.concatenate([[0], np.cumsum([len(vector) for vector in mixed])])
    rows = np.zeros((starts[-1], starts[-1]))
    for i in range(len(mixed)):
        rows[starts[i], starts[i] : starts[i + 1]] = 1.0
        for j in range(len(mixed)):
            if j != i:
                pair = pairwise(tables[i], i, j, mixed)
                rows[starts[i] + 1 : starts[i + 1], starts[j] : starts[j + 1]] = pair[1:] - pair[0]
    return rows


def _exact(vector: Floats) -> NDArray[np.object_]:
    return np.array([Fraction(p) for p in vector.tolist()], dtype=object)


def scaled(game: NormalFormGame, player: int) -> NDArray[np.object_]:
    """The player's payoffs in the units of `unit`, as fractions."""
    flat = exact_outcomes(game, player)
    low, size = min(flat), Fraction(unit(game.payoffs[player])[1])
    table = np.empty(len(flat), dtype=object)
    table[:] = [(entry - low) / size for entry in flat]
    return table.reshape(game.shape)
