"""Strategies for finite games and mixed profiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.games.normal_form.model import NormalFormGame, Profile
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def normal_form_games(
    *, min_players: int = 1, max_players: int = 3, max_strategies: int = 3, fractions: bool = True, zero_sum: bool | None = None
) -> SearchStrategy[NormalFormGame]:
    """Small games, degenerate ones among them.

    One player, one strategy, all payoffs equal, ties, players whose payoffs differ in size, a payoff that dwarfs all others.

    Parameters
    ----------
    min_players, max_players : int
        The range of numbers of players.
    max_strategies : int
        Strategies a player at most.
    fractions : bool
        Whether games with exact payoffs p/q are among them.
    zero_sum : bool, optional
        Two-player games of zero sum only (True), never on purpose (False), or sometimes (None).

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    @st.composite
    def build(draw: DrawFn) -> NormalFormGame:
        opposed = draw(st.booleans()) if zero_sum is None else zero_sum
        count = 2 if opposed else draw(st.integers(min_players, max_players))
        shape = tuple(draw(st.lists(st.integers(1, max_strategies), min_size=count, max_size=count)))
        tables = 1 if opposed else count
        objective = draw(st.sampled_from(["welfare", *(str(i + 1) for i in range(count))]))
        cells = tables * math.prod(shape)
        whole = st.integers(-4, 4)
        real = st.floats(-9.0, 9.0, allow_subnormal=False, width=32)
        number = draw(st.sampled_from([whole, whole, real, st.just(1)]))
        flat = draw(st.lists(number, min_size=cells, max_size=cells))
        below = draw(st.lists(st.integers(1, 9), min_size=cells, max_size=cells)) if fractions and draw(st.booleans()) else None
        if below is not None and all(isinstance(entry, int) for entry in flat):
            top = np.array(flat, dtype=np.int64).reshape(tables, *shape)
            low = np.array(below, dtype=np.int64).reshape(tables, *shape)
            if opposed:
                top, low = np.concatenate([top, -top]), np.concatenate([low, low])
            return NormalFormGame(top / low, numerators=top, denominators=low, objective=objective)
        values = np.array(flat, dtype=np.float64).reshape(tables, *shape)
        for table in values:  # each player in units of its own
            table *= draw(st.sampled_from([1.0, 1.0, 1e-6, 1e6]))
        if draw(st.sampled_from([False, False, False, True])):  # a payoff that dwarfs all others
            values.flat[draw(st.integers(0, cells - 1))] = draw(st.sampled_from([-1e9, 1e9]))
        return NormalFormGame(np.concatenate([values, -values]) if opposed else values, objective=objective)

    return build()


def profiles(game: NormalFormGame) -> SearchStrategy[Profile]:
    """Any mixed profile of the game, pure ones and ones with zeros among them.

    Parameters
    ----------
    game : NormalFormGame
        The game.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    require_hypothesis()
    from hypothesis import strategies as st

    def vector(n: int) -> SearchStrategy[Floats]:
        weights = st.lists(st.integers(0, 5), min_size=n, max_size=n).filter(any)
        return weights.map(lambda listed: np.array(listed) / sum(listed))

    return st.tuples(*(vector(n) for n in game.shape)).map(Profile)
