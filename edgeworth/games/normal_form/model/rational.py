"""Regrets and stakes of finite games in rational arithmetic."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.games.normal_form.model.problem import NormalFormGame, Profile, require_game
from edgeworth.games.normal_form.model.profiles import ProfileLike, as_profile, violations

_ASK = 500
"""Outcomes between two calls of `ask`, some milliseconds."""


def exact_regrets(game: NormalFormGame, profile: ProfileLike) -> list[Fraction]:
    """`regrets` in rational arithmetic; see `regret`.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile.

    Returns
    -------
    list of Fraction
        One a player.
    """
    mixed = exact_profile(game, profile)
    return [exact_deviations(game, mixed, i).regret for i in range(len(mixed))]


def exact_profile(game: NormalFormGame, profile: ProfileLike) -> list[list[Fraction]]:
    """The probabilities of every player as fractions, up to a common factor a player.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; entries may be fractions, integers or text such as "1/3".

    Returns
    -------
    list of list of Fraction
        Negative entries within the tolerance are 0; nothing is divided by a sum.
    """
    require_game(game)
    if not isinstance(profile, Profile) and all(isinstance(entry, int | np.integer) for entry in profile):
        profile = as_profile(game, profile)
    rows: list[list[Fraction]] = []
    for i, vector in enumerate(profile):
        rows.append([_probability(f"profile[{i}]", entry) for entry in np.asarray(vector, dtype=object).ravel()])
    violating = violations(game, Profile([[float(p) for p in row] for row in rows]))
    if violating:
        raise ValueError(f"profile: must be of mixed strategies; got {violating[0]}")
    return [[max(p, Fraction(0)) for p in row] for row in rows]


def _probability(argument: str, entry: object) -> Fraction:
    if isinstance(entry, bool) or not isinstance(entry, int | float | Fraction | str | np.number):
        validation.reject_type(argument, "must hold numbers, fractions or text such as '1/3'", entry)
    try:
        return Fraction(entry.item() if isinstance(entry, np.number) else entry)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{argument}: must hold finite numbers; got {validation.shown(entry)}") from error


class Exact(NamedTuple):
    """What a player can gain and has at stake at a profile, in rational arithmetic.

    Attributes
    ----------
    regret : Fraction
        The largest gain of a deviation.
    spread : Fraction
        The greatest less the least of what its strategies earn.
    stake : Fraction
        What it has at stake; see `stakes`.
    payoff : Fraction
        What it earns.
    """

    regret: Fraction
    spread: Fraction
    stake: Fraction
    payoff: Fraction


def exact_deviations(
    game: NormalFormGame, mixed: Sequence[Sequence[Fraction]], player: int, ask: Callable[[], None] | None = None
) -> Exact:
    """What a player can gain and has at stake, in rational arithmetic; only outcomes that the others play are looked at.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    mixed : sequence of sequence of Fraction
        Probabilities a player, or weights of any sum.
    player : int
        The player, from 0.
    ask : callable, optional
        Called between some thousand outcomes; it may raise, which ends the computation.

    Returns
    -------
    Exact
    """
    others = [[(a, weight) for a, weight in enumerate(row) if weight > 0] for j, row in enumerate(_whole(mixed)) if j != player]
    own = range(game.shape[player])
    outcomes, weights, entries = [], [], []
    for count, played in enumerate(itertools.product(*others)):
        if ask is not None and count % _ASK == 0:
            ask()
        outcome = [a for a, _ in played]
        outcomes.append(outcome)
        weights.append(math.prod(weight for _, weight in played))
        entries.append([game.exact(player, (*outcome[:player], a, *outcome[player:])) for a in own])
    unit = math.lcm(*(entry.denominator for column in entries for entry in column))
    earned, stake = [0] * len(own), 0
    for count, (weight, column) in enumerate(zip(weights, entries, strict=True)):
        if ask is not None and count % _ASK == 0:
            ask()
        whole = [entry.numerator * (unit // entry.denominator) for entry in column]
        stake += weight * (max(whole) - min(whole))
        for a in own:
            earned[a] += weight * whole[a]
    total, mine = sum(weights) * unit, _whole([mixed[player]])[0]
    mean = Fraction(sum(p * x for p, x in zip(mine, earned, strict=True)), sum(mine))
    best = max(earned)
    return Exact((best - mean) / total, Fraction(best - min(earned), total), Fraction(stake, total), mean / total)


def exact_table(game: NormalFormGame, player: int) -> list[list[Fraction]]:
    """The payoffs of a player in a two-player game as fractions.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players.
    player : int
        0 or 1.

    Returns
    -------
    list of list of Fraction
        A row a strategy of player 0.
    """
    return [[game.exact(player, (s, t)) for t in range(game.shape[1])] for s in range(game.shape[0])]


def _whole(rows: Sequence[Sequence[Fraction]]) -> list[list[int]]:
    """Each row as integers in the same proportions."""
    units = [math.lcm(*(p.denominator for p in row)) for row in rows]
    return [[p.numerator * (unit // p.denominator) for p in row] for row, unit in zip(rows, units, strict=True)]
