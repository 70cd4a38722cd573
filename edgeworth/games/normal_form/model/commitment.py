"""Games of two players: constant sums, and bounds on what the first one gets by committing to a mixed strategy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.games.normal_form.model.problem import Floats, NormalFormGame


def constant_sum(game: NormalFormGame) -> float | None:
    """The constant c with u_0 + u_1 = c at every outcome of a two-player game.

    Parameters
    ----------
    game : NormalFormGame
        The game.

    Returns
    -------
    float or None
        None where there is no such constant, or other than two players.

    Notes
    -----
    The sum of an outcome may be off by the rounding of its own payoffs, 4 u (|u_0| + |u_1| + |c|) with u = 2^-53; a huge payoff
    elsewhere widens nothing.
    """
    if len(game.shape) != 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        sums = game.payoffs.sum(axis=0)
        middle = 0.5 * float(sums.max()) + 0.5 * float(sums.min())
        room = 4.0 * 2.0**-53 * (np.abs(game.payoffs).sum(axis=0) + abs(middle))
        return middle if np.isfinite(sums).all() and (np.abs(sums - middle) <= room).all() else None


def commitment_bound(game: NormalFormGame, multipliers: ArrayLike) -> float:
    """An upper bound on what player 0 of two gets by committing to a mixed strategy, from multipliers of the follower's choice.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players.
    multipliers : array_like
        y >= 0, float64 [|A_1|, |A_1|].

    Returns
    -------
    float
        ``max over s, t of u_0(s, t) + sum_t' y(t, t') (u_1(s, t) - u_1(s, t'))``, rounded outward.

    Raises
    ------
    ValueError
        For games of other than two players, wrong shapes, negative entries, and multipliers so large that the bound overflows.

    Notes
    -----
    The bound is valid for every y >= 0: if t is a best response to x then sum_s x(s) (u_1(s, t) - u_1(s, t')) >= 0 for all t',
    so the x-mean of the terms for t is at least u_0(x, t). Ties of the follower are broken in the leader's favour (the strong
    Stackelberg equilibrium), and the bound covers that. The least bound is the optimum (LP duality).

    A term is a sum of 2 |A_1| + 1 products, each with a relative error of 2 u (u = 2^-53, another one where payoffs are
    fractions, another two for what may have been rounded off the multipliers), so its error is at most (2 |A_1| + 8) u of the
    sum of their sizes.
    """
    return commitment_bounds(game, multipliers)[1]


def commitment_bounds(game: NormalFormGame, multipliers: ArrayLike) -> tuple[float, float]:
    """`commitment_bound` with the margin of its rounding taken off and added.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players.
    multipliers : array_like
        y >= 0, float64 [|A_1|, |A_1|].

    Returns
    -------
    tuple of float
        The least and the greatest that the bound can be without rounding.
    """
    terms, error = _commitment_terms(game, multipliers)
    return float((terms - error).max()), float((terms + error).max())


def _commitment_terms(game: NormalFormGame, multipliers: ArrayLike) -> tuple[Floats, Floats]:
    if len(game.shape) != 2:
        validation.reject("game", "must have two players", game.shape)
    replies = game.shape[1]
    y = validation.array("multipliers", multipliers, np.float64, (replies, replies), minimum=0.0)
    lead, follow = game.payoffs
    with np.errstate(over="ignore", invalid="ignore"):
        terms = lead + follow * y.sum(axis=1) - follow @ y.T
        error = np.abs(lead) + np.abs(follow) * y.sum(axis=1) + np.abs(follow) @ y.T
    if not np.isfinite(error).all():
        validation.reject("multipliers", "must be so small that the bound is finite", multipliers)
    return terms, (2 * replies + 10) * 2.0**-53 * error


def commitment_stake(game: NormalFormGame, bound: float) -> float:
    """What player 0 of two has at stake in committing.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players.
    bound : float
        The most that player 0 may get.

    Returns
    -------
    float
        The bound less what the worst of its pure commitments earns, the follower replying best and in its favour on ties.
    """
    lead, follow = game.payoffs
    earned = np.where(follow >= follow.max(axis=1, keepdims=True), lead, -np.inf).max(axis=1)
    with np.errstate(over="ignore"):
        return max(bound, float(earned.max())) - float(earned.min())
