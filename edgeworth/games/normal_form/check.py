"""The checker of finite games. It shares `model` with the methods and nothing else.

What a regret is held against. A player's regret is ``max_a e_a - sum_a p_a e_a``, e_a what its strategy a earns against the
others' mixed ones. It counts as none up to

    1e-9 x spread + margin,     spread = max_a e_a - min_a e_a,

the spread of what the player can attain at the profile. At a mixed equilibrium the spread is 0, all strategies earning the
same, and what is left of a regret there is the rounding of the probabilities themselves. That is the margin's business, which
is no tolerance: it is computed from the numbers at hand. With u = 2^-53 each probability of the profile is off by u, relative,
and their sum by as much; a solver's elimination on a support of k strategies leaves residuals of k u of its terms (backward
stability); a difference e_a - e_a' moves by at most so much of

    stake = sum_b p(b) (max_a u(a, b) - min_a u(a, b)),

b the others' outcomes. So margin = 64 K u stake, K the number of all players' strategies: 64 for the constant of the
elimination's growth. Payoffs of outcomes that nobody plays have no part in it, nor payoffs that the others alone decide.

How it is decided. First in floats: e_a is a sum of products of at most K + n factors, so its error is (2 K + 2 n + 4) u of the
sum of their sizes, n the number of players, a payoff's own rounding included. Where that cannot decide (payoffs that cancel, or
overflow), the same numbers are computed in fractions, which can.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import (
    Budget,
    BudgetEnded,
    Mismatch,
    certificate_array,
    epsilon_verdict,
    not_checked,
)
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result, Termination
from edgeworth.core.verdict import Verdict
from edgeworth.core.violation import Violation
from edgeworth.games.normal_form.model import (
    Deviation,
    NormalFormGame,
    Profile,
    commitment_bounds,
    commitment_stake,
    deviation_payoffs,
    exact_deviations,
    exact_profile,
    stakes,
    value,
    violations,
    worst_deviation,
)

__all__: list[str] = []

EPSILON_TOL = 1e-9
"""Regrets up to this, relative to the spread of what the player can attain, count as none."""
COMMITMENT = "commitment-multipliers"
_U = 2.0**-53  # unit roundoff of float64
_MARGIN = 64.0 * _U  # of a regret, per strategy and relative to the stake: what rounding of a solver's probabilities makes
_MOST = 1e100  # multipliers beyond prove nothing that could be computed


def judge(
    game: NormalFormGame, profile: Profile, claimed: bool, result: Result[Profile] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """Judge a profile as an equilibrium or a commitment, or measure how far it is from an equilibrium.

    Parameters
    ----------
    game : NormalFormGame
    profile : Profile
    claimed : bool
        The profile is said to be an equilibrium.
    result : Result, optional
        Where the profile comes from; one of ``stackelberg`` that says PROVED must carry commitment multipliers.
    budget : Budget

    Returns
    -------
    verdicts : dict of Verdict
        Listed in the docstring of `edgeworth.games.normal_form`.
    value : float or None
        What the game's objective names; None where the profile is infeasible.

    Raises
    ------
    ValueError
        For a profile of other numbers of players or strategies.

    Notes
    -----
    The module's docstring derives the margin. All checks are exhaustive, and exact where floats cannot decide.
    """
    worst: Violation | None = max(violations(game, profile), key=lambda violation: violation.amount, default=None)
    verdicts = {"feasible": Verdict.of(worst is None, 0.0 if worst is None else worst.amount, FEASIBILITY_TOL, worst)}
    if worst is not None:  # regrets are those of mixed strategies
        return verdicts, None
    with np.errstate(over="ignore", invalid="ignore"):
        verdicts["epsilon"] = _epsilon(game, profile, claimed, budget)
        certificate = None if result is None else result.certificate
        if certificate is not None and certificate.kind == COMMITMENT:
            verdicts["commitment"] = _commitment(game, profile, certificate.arrays, budget)
        elif result is not None and (result.method, result.termination) == ("stackelberg", Termination.PROVED):
            verdicts["commitment"] = _commitment(game, profile, {}, budget)  # said to be proved, and by nothing
        earned = value(game, profile)
    return verdicts, earned if np.isfinite(earned) else None


class _Regret(NamedTuple):
    """A player's regret beyond its margin, relative to the spread; the strategy that earns most, and by how much."""

    relative: float
    strategy: int
    gain: float


def _epsilon(game: NormalFormGame, profile: Profile, claimed: bool, budget: Budget) -> Verdict:
    if not claimed:
        epsilon, deviation = worst_deviation(game, profile)
        return epsilon_verdict(epsilon, deviation, EPSILON_TOL, claimed=False)
    try:
        found = [_regret(game, profile, i, budget) for i in range(len(profile))]
    except BudgetEnded as ended:
        return not_checked(ended)
    i = max(range(len(found)), key=lambda k: found[k].relative)
    relative, k, gain = found[i]
    text = f"player {game.players[i]!r} gains {gain!r} by playing {game.strategies[i][k]!r}"
    return epsilon_verdict(relative, Deviation(i, k, gain, text), EPSILON_TOL)


def _regret(game: NormalFormGame, profile: Profile, player: int, budget: Budget) -> _Regret:
    count = float(sum(game.shape))
    earned = deviation_payoffs(game, profile, player)
    k = int(earned.argmax())
    gain, spread = float(earned[k] - earned @ profile[player]), float(earned.max() - earned.min())
    margin = _MARGIN * count * float(stakes(game, profile)[player])
    error = 2.0 * (2.0 * count + 2.0 * len(profile) + 4.0) * _U * _size(game, profile, player)
    if gain + error <= margin + EPSILON_TOL * max(spread - error, 0.0):
        return _Regret(max(gain - margin, 0.0) / spread if spread > 0.0 else 0.0, k, gain)
    if gain - error > (margin + EPSILON_TOL * (spread + error)) * (1.0 + 1e-9):
        return _Regret((gain - margin) / spread if spread > 0.0 else 1.0, k, gain)
    exact = exact_deviations(game, exact_profile(game, profile), player, budget.check)
    over = exact.regret - Fraction(_MARGIN * count) * exact.stake
    return _Regret(float(over / exact.spread) if over > 0 else 0.0, k, float(exact.regret))


def _size(game: NormalFormGame, profile: Profile, player: int) -> float:
    """The largest sum of the sizes of the terms of what a strategy earns."""
    table = np.moveaxis(np.abs(game.payoffs[player]), player, 0)
    for j in reversed([j for j in range(len(profile)) if j != player]):
        table = table @ np.maximum(profile[j], 0.0)
    return float(table.max())


def _commitment(game: NormalFormGame, profile: Profile, arrays: Arrays, budget: Budget) -> Verdict:
    stated = float(deviation_payoffs(game, profile, 0) @ profile[0])
    shown = stated if np.isfinite(stated) else None
    try:
        if len(game.shape) != 2:
            raise ValueError("a commitment is one of two players")
        y = certificate_array(arrays, "y", np.float64, (game.shape[1],) * 2, minimum=0.0, maximum=_MOST)
        rest = certificate_array(arrays, "rest", np.float64, y.shape) if "rest" in arrays else np.zeros_like(y)
        if np.any(np.abs(rest) > 2.0 * _U * y):
            raise ValueError("rest: must be what rounding took off y")
        low, high = commitment_bounds(game, y)
    except (ValueError, TypeError, KeyError):  # multipliers that are missing, negative, misshapen or too large prove nothing
        return Verdict.of(False, float("inf"), EPSILON_TOL, Mismatch("commitment", shown, None))
    try:
        broken = max(_regret(game, profile, 1, budget).relative, _short(game, profile, (y, rest), (low, high), budget))
    except BudgetEnded as ended:
        return not_checked(ended)
    holds = broken <= EPSILON_TOL
    return Verdict.of(holds, broken, EPSILON_TOL, None if holds else Mismatch("commitment", shown, high))


def _short(
    game: NormalFormGame,
    profile: Profile,
    y: tuple[NDArray[np.float64], NDArray[np.float64]],
    bounds: tuple[float, float],
    budget: Budget,
) -> float:
    """How far player 0 earns other than the bound of the multipliers, relative to what it has at stake in committing.

    y: the multipliers and what rounding took off them, which the margins of `bounds` cover.
    """
    lead = deviation_payoffs(game, profile, 0)
    earned = float(lead @ profile[0])
    error = 2.0 * (2.0 * sum(game.shape) + 8.0) * _U * _size(game, profile, 0)
    # the mixture's own rounding: u of each probability and of their sum
    mixture = 8.0 * _U * float(np.abs(lead - earned) @ np.maximum(profile[0], 0.0)) + 8.0 * _U * error
    stake = commitment_stake(game, bounds[1])
    room = EPSILON_TOL * stake
    least, most = bounds[0] - earned - error, bounds[1] - earned + error
    if max(most, -least) <= room + mixture:
        return max(0.0, most - mixture, -least - mixture) / stake if stake > 0.0 else 0.0
    if least > room + mixture or most < -room - mixture:
        return max(least, -most) / stake if stake > 0.0 else 1.0
    mixed = exact_profile(game, profile)
    payoff = exact_deviations(game, mixed, 0, budget.check).payoff
    apart = abs(_exact_bound(game, y, budget) - payoff) - Fraction(mixture)
    if apart <= 0:
        return 0.0
    return float(apart / Fraction(stake)) if stake > 0.0 else 1.0


def _exact_bound(game: NormalFormGame, y: tuple[NDArray[np.float64], NDArray[np.float64]], budget: Budget) -> Fraction:
    best: Fraction | None = None
    weights = [[Fraction(float(a)) + Fraction(float(b)) for a, b in zip(*row, strict=True)] for row in zip(*y, strict=True)]
    for s in range(game.shape[0]):
        own = [game.exact(1, (s, t)) for t in range(game.shape[1])]
        for t, row in enumerate(weights):
            budget.check()
            term = game.exact(0, (s, t)) + sum(each * (own[t] - own[k]) for k, each in enumerate(row) if each)
            best = term if best is None or term > best else best
    return Fraction(0) if best is None else best
