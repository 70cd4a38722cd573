"""Correlated and coarse correlated equilibria: distributions over outcomes, gains of leaving, bounds on the best one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from edgeworth.core import validation
from edgeworth.core.result import Termination
from edgeworth.games.normal_form.model.problem import WELFARE, Floats, NormalFormGame

Multipliers = tuple[tuple[tuple[Fraction, ...], ...], ...]
"""Of player i, strategy a told (one row for all in the coarse case) and deviation a'."""

_ASK = 1_000
"""Outcomes between two calls of `ask`."""


@dataclass(frozen=True)
class CorrelatedEquilibrium:
    """A distribution over the outcomes of a game from which no player gains by leaving, with multipliers that bound the best.

    Attributes
    ----------
    probabilities : tuple of Fraction
        Of the outcomes, the last player's strategy fastest; their sum is 1 exactly. Empty where the run was cut.
    multipliers : tuple, a table a player
        y_i(a, a') >= 0 in fractions; in the coarse case y_i(a'), a table of one row. See `correlated_bound`.
    objective : str
        "welfare" or the name of the player whose expected payoff is maximised.
    coarse : bool
        Whether players decide before they are told anything.
    value, bound : Fraction or None
        The objective at the distribution, and what the multipliers prove that no such equilibrium exceeds.
    shape : tuple of int
        Numbers of strategies.
    termination : Termination
        PROVED: nobody gains more than 1e-9 of what it has at stake, and value and bound differ by no more than 1e-9 of the
        range of the objective. For programs solved in fractions both are 0.
    """

    probabilities: tuple[Fraction, ...]
    multipliers: Multipliers
    objective: str
    coarse: bool
    value: Fraction | None
    bound: Fraction | None
    shape: tuple[int, ...]
    termination: Termination

    @property
    def distribution(self) -> Floats:
        """The probabilities as float64 [|A_0|, ..., |A_(n-1)|]; ValueError where the run was cut."""
        if not self.probabilities:
            raise ValueError(f"distribution: there is none; the run ended with {self.termination}")
        return np.array([float(p) for p in self.probabilities]).reshape(self.shape)

    def __str__(self) -> str:
        if self.value is None or self.bound is None:
            return f"cut ({self.termination}): no distribution"
        kind = "coarse correlated" if self.coarse else "correlated"
        return f"{kind} equilibrium, {self.objective} {float(self.value):.10g}, at most {float(self.bound):.10g}"


def exact_outcomes(game: NormalFormGame, player: int) -> list[Fraction]:
    """The payoffs of a player at all outcomes as fractions, the last player's strategy fastest.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    player : int
        The player, from 0.

    Returns
    -------
    list of Fraction
    """
    return [game.exact(player, outcome) for outcome in itertools.product(*map(range, game.shape))]


def exact_objective(game: NormalFormGame, objective: str) -> list[Fraction]:
    """The welfare, or a player's payoff, at all outcomes as fractions; see `exact_outcomes`.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    objective : str
        "welfare", or a player's name.

    Returns
    -------
    list of Fraction
    """
    validation.choice("objective", objective, [WELFARE, *game.players])
    if objective != WELFARE:
        return exact_outcomes(game, game.players.index(objective))
    tables = [exact_outcomes(game, i) for i in range(len(game.shape))]
    return [sum(column, start=Fraction(0)) for column in zip(*tables, strict=True)]


def correlated_gains(
    game: NormalFormGame,
    probabilities: Sequence[Fraction],
    player: int,
    *,
    coarse: bool = False,
    ask: Callable[[], None] | None = None,
) -> tuple[list[list[Fraction]], Fraction]:
    """What a player gains by playing a' wherever it is told a, and what it has at stake.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    probabilities : sequence of Fraction
        Of the outcomes, the last player's strategy fastest.
    player : int
        The player, from 0.
    coarse : bool
        The gain of playing a' whatever it is told: a table of one row.
    ask : callable, optional
        Called between some thousand outcomes; it may raise.

    Returns
    -------
    gains : list of list of Fraction
        sum over the outcomes s with s_i = a of p(s) (u_i(a', s_-i) - u_i(s)), by a and a'.
    stake : Fraction
        sum over s of p(s) (max_a u_i(a, s_-i) - min_a u_i(a, s_-i)).
    """
    own, stride = exact_outcomes(game, player), _stride(game, player)
    n = game.shape[player]
    gains = [[Fraction(0)] * n for _ in range(1 if coarse else n)]
    stake = Fraction(0)
    for s, p in enumerate(probabilities):
        if ask is not None and s % _ASK == 0:
            ask()
        if p:
            a = s // stride % n
            column = [own[s + (k - a) * stride] for k in range(n)]
            row = gains[0 if coarse else a]
            for k in range(n):
                row[k] += p * (column[k] - column[a])
            stake += p * (max(column) - min(column))
    return gains, stake


def correlated_bound(
    game: NormalFormGame,
    multipliers: Multipliers,
    objective: str,
    *,
    coarse: bool = False,
    ask: Callable[[], None] | None = None,
) -> Fraction:
    """An upper bound on the objective of every (coarse) correlated equilibrium.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    multipliers : tuple
        y_i(a, a') >= 0; see `CorrelatedEquilibrium`.
    objective : str
        "welfare", or a player's name.
    coarse : bool
        Whether the equilibria are coarse.
    ask : callable, optional
        Called between some thousand outcomes; it may raise.

    Returns
    -------
    Fraction
        ``max over outcomes s of w(s) + sum_i sum_a' y_i(s_i, a') (u_i(s) - u_i(a', s_-i))``, w the objective.

    Raises
    ------
    ValueError
        For multipliers of other shapes, and negative ones.

    Notes
    -----
    In an equilibrium p the terms that y multiplies have a p-mean of at least 0, so the objective is at most the p-mean of what
    is maximised. The least bound is the optimum (linear programming duality); Nash equilibria are among what is bounded.
    """
    shapes = [(1 if coarse else n, n) for n in game.shape]
    if [(len(table), *{len(row) for row in table}) for table in multipliers] != shapes:
        validation.reject("multipliers", f"must have a table of each of the shapes {shapes}", multipliers)
    if not all(isinstance(y, Fraction) and y >= 0 for table in multipliers for row in table for y in row):
        validation.reject("multipliers", "must be fractions, not negative", multipliers)
    terms = exact_objective(game, objective)
    for i, table in enumerate(multipliers):
        own, stride, n = exact_outcomes(game, i), _stride(game, i), game.shape[i]
        positive = [[(k, y) for k, y in enumerate(row) if y] for row in table]
        for s in range(len(terms)):
            if ask is not None and s % _ASK == 0:
                ask()
            a = s // stride % n
            terms[s] += sum(y * (own[s] - own[s + (k - a) * stride]) for k, y in positive[0 if coarse else a])
    return max(terms)


def _stride(game: NormalFormGame, player: int) -> int:
    """How far outcomes are apart that differ in this player's strategy by one."""
    return math.prod(game.shape[player + 1 :])
