"""Payoffs, regrets, best responses and pure equilibria of finite games. Solvers and checker share nothing else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.violation import Violation, Violations
from edgeworth.games.normal_form.model.problem import Floats, Ints, NormalFormGame, Profile

ProfileLike = Profile | Sequence[ArrayLike]
"""A profile, or a sequence of one vector a player, or of one strategy number a player (a pure profile)."""


_ASK = 500


@dataclass(frozen=True)
class Deviation:
    """A unilateral deviation to a pure strategy.

    Attributes
    ----------
    player, strategy : int
        The player that deviates, and to which strategy, both from 0.
    gain : float
        What the deviation adds to the player's expected payoff.
    text : str
        The same in words, with names.
    """

    player: int
    strategy: int
    gain: float
    text: str

    def replay(self, game: NormalFormGame, profile: ProfileLike) -> float:
        """What the same deviation gains at a profile, negative where it loses."""
        mixed = _feasible(game, profile)
        earned = _deviation_payoffs(game, mixed, self.player)
        return float(earned[self.strategy] - mixed[self.player] @ earned)

    def __str__(self) -> str:
        return self.text


def violations(game: NormalFormGame, profile: Profile) -> tuple[Violation, ...]:
    """Every player whose vector is no mixed strategy.

    Parameters
    ----------
    game : NormalFormGame
    profile : Profile

    Returns
    -------
    tuple of Violation
        Empty for a feasible profile. Rule: ``distribution`` (of a player); the amount is the size of the lowest negative entry
        or the difference of the sum from 1, whichever is larger. Up to FEASIBILITY_TOL both pass.

    Raises
    ------
    TypeError
        For anything but a Profile.
    ValueError
        For a profile of other numbers of players or strategies: it belongs to another game.
    """
    if not isinstance(profile, Profile):
        validation.reject_type("profile", "must be a Profile", profile)
    if tuple(len(vector) for vector in profile) != game.shape:
        got = tuple(len(vector) for vector in profile)
        validation.reject("profile", f"must have probabilities for strategies {game.shape}", got)
    broken = Violations(game, violations)
    for i, vector in enumerate(profile):
        lowest, total = float(vector.min()), math.fsum(vector.tolist())
        amount = max(-lowest, abs(total - 1.0))
        if amount > FEASIBILITY_TOL:
            text = f"player {game.players[i]!r}: probabilities sum to {total!r}, the lowest is {lowest!r}"
            broken.add("distribution", amount, text, player=i)
    return tuple(broken.found)


def payoffs(game: NormalFormGame, profile: ProfileLike) -> Floats:
    """The expected payoff of every player, sum over outcomes a of prod_j pi_j(a_j) u_i(a).

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A `Profile`, a sequence of one vector a player, or of one strategy number from 0 a player (a pure profile). The same
        holds wherever this module takes a profile.

    Returns
    -------
    ndarray
        float64 [players].

    Raises
    ------
    ValueError
        Where the profile is not feasible.
    """
    mixed = _feasible(game, profile)
    return np.array([float(_deviation_payoffs(game, mixed, i) @ mixed[i]) for i in range(len(mixed))])


def value(game: NormalFormGame, profile: Profile) -> float:
    """What the game's ``objective`` names: the welfare, that is the sum of the expected payoffs, or one player's.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile
        A mixed profile.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        Where the profile is not feasible.
    """
    player = game.objective_player
    if player is None:
        return math.fsum(payoffs(game, profile).tolist())
    mixed = _feasible(game, profile)
    return float(_deviation_payoffs(game, mixed, player) @ mixed[player])


def objective_table(game: NormalFormGame) -> Floats:
    """The value of every pure outcome, float64 [|A_0|, ..., |A_(n-1)|].

    Parameters
    ----------
    game : NormalFormGame
        The game.

    Returns
    -------
    ndarray
    """
    player = game.objective_player
    with np.errstate(over="ignore"):
        return np.asarray(game.payoffs.sum(axis=0) if player is None else game.payoffs[player])


def deviation_payoffs(game: NormalFormGame, profile: ProfileLike, player: int) -> Floats:
    """What each pure strategy of a player earns against the others' mixed ones.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`.
    player : int
        The player, from 0.

    Returns
    -------
    ndarray
        float64 [strategies of that player].
    """
    i = validation.integer("player", player, minimum=0, maximum=len(game.shape) - 1)
    return _deviation_payoffs(game, _feasible(game, profile), i)


def regrets(game: NormalFormGame, profile: ProfileLike) -> Floats:
    """What each player gains at most by deviating alone: max_a u_i(a, pi_-i) - u_i(pi).

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`.

    Returns
    -------
    ndarray
        float64 [players], at least 0.
    """
    mixed = _feasible(game, profile)
    gains = []
    for i in range(len(mixed)):
        earned = _deviation_payoffs(game, mixed, i)
        gains.append(max(float(earned.max() - earned @ mixed[i]), 0.0))
    return np.array(gains)


@overload
def regret(game: NormalFormGame, profile: ProfileLike) -> float: ...
@overload
def regret(game: NormalFormGame, profile: ProfileLike, *, exact: Literal[False]) -> float: ...
@overload
def regret(game: NormalFormGame, profile: ProfileLike, *, exact: Literal[True]) -> Fraction: ...


def regret(game: NormalFormGame, profile: ProfileLike, *, exact: bool = False) -> float | Fraction:
    """The largest gain of a unilateral deviation, epsilon >= 0; the profile is a Nash equilibrium exactly where it is 0.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`. With ``exact`` its vectors may hold fractions, integers or text such as "1/3" too.
    exact : bool
        Compute in rational arithmetic. Payoffs are the game's fractions, or its floats as they stand; probabilities of every
        player are divided by their exact sum, because floats rarely sum to 1 exactly.

    Returns
    -------
    float, or Fraction where exact

    Notes
    -----
    The work grows with the number of outcomes times players.

    Examples
    --------
    >>> game = NormalFormGame([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
    >>> regret(game, [["1/2", "1/2"], ["1/3", "2/3"]], exact=True)
    Fraction(1, 3)
    """
    if not validation.flag("exact", exact):
        return float(regrets(game, profile).max())
    return max(exact_regrets(game, profile))


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


def stakes(game: NormalFormGame, profile: ProfileLike) -> Floats:
    """What each player has at stake at a profile: the expected difference that its own strategy can make.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`.

    Returns
    -------
    ndarray
        sum over the others' outcomes b of pi(b) (max_a u_i(a, b) - min_a u_i(a, b)), float64 [players].

    Notes
    -----
    At a pure profile that is the spread of what a player can attain. Outcomes that the others do not play do not count, neither
    does what they alone decide; and unlike the spread of expected payoffs it does not vanish at a mixed equilibrium.
    """
    mixed = _feasible(game, profile)
    with np.errstate(over="ignore"):
        return np.array([_stake(game, mixed, i) for i in range(len(mixed))])


def worst_deviation(game: NormalFormGame, profile: ProfileLike) -> tuple[float, Deviation]:
    """The deviation of largest relative regret: the gain over what the player has at stake (`stakes`).

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`.

    Returns
    -------
    relative : float
        The largest relative regret, at least 0; that of a player with nothing at stake is 0.
    deviation : Deviation
        The deviation that attains it; on ties of the first player and strategy.
    """
    mixed = _feasible(game, profile)
    found = []
    for i in range(len(mixed)):
        earned = _deviation_payoffs(game, mixed, i)
        k = int(earned.argmax())
        gain = float(earned[k] - earned @ mixed[i])
        stake = _stake(game, mixed, i)
        found.append((gain / stake if stake > 0.0 else 0.0, i, k, gain))
    relative, i, k, gain = max(found, key=lambda entry: entry[0])
    text = f"player {game.players[i]!r} gains {gain!r} by playing {game.strategies[i][k]!r}"
    return max(relative, 0.0), Deviation(i, k, gain, text)


def best_responses(game: NormalFormGame, profile: ProfileLike, player: int, *, tolerance: float = 0.0) -> Ints:
    """The pure strategies of a player that earn most against the others' mixed ones.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`.
    player : int
        The player, from 0.
    tolerance : float
        How far below the best a strategy still counts, relative to what the player has at stake (`stakes`); at least 0.

    Returns
    -------
    ndarray
        Strategies by number, int64.
    """
    slack = validation.real("tolerance", tolerance, minimum=0.0)
    earned = deviation_payoffs(game, profile, player)
    return np.flatnonzero(earned >= earned.max() - slack * _stake(game, _feasible(game, profile), player))


def pure_equilibria(game: NormalFormGame) -> Ints:
    """All pure Nash equilibria, by exact comparisons of the stored payoffs; ties count as best responses.

    Parameters
    ----------
    game : NormalFormGame
        The game.

    Returns
    -------
    ndarray
        int64 [found, players]: one row an equilibrium, the strategies by number, in the order of the outcomes.
    """
    stable = np.ones(game.shape, dtype=bool)
    for i in range(len(game.shape)):
        own = game.payoffs[i]
        stable &= own >= own.max(axis=i, keepdims=True)
    return np.argwhere(stable).astype(np.int64)


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


def measures(game: NormalFormGame, profile: Profile) -> dict[str, float]:
    """Named numbers of a profile, for tables.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile
        A feasible mixed profile.

    Returns
    -------
    dict of str to float
        epsilon: the largest regret, relative to what the player has at stake (`stakes`); welfare: sum of expected payoffs;
        lowest: the lowest of them; support: strategies of positive probability, all players together; payoff NAME: what the
        player of that name earns, one number a player.
    """
    earned = payoffs(game, profile)
    return {
        "epsilon": worst_deviation(game, profile)[0],
        "welfare": math.fsum(earned.tolist()),
        "lowest": float(earned.min()),
        "support": float(sum(len(kept) for kept in profile.support)),
    } | {f"payoff {name}": amount for name, amount in zip(game.players, earned.tolist(), strict=True)}


def _feasible(game: NormalFormGame, profile: ProfileLike) -> Profile:
    if not isinstance(game, NormalFormGame):
        validation.reject_type("game", "must be a NormalFormGame", game)
    mixed = _profile(game, profile)
    found = violations(game, mixed)
    if found:
        raise ValueError(f"profile: must be of mixed strategies; got {found[0]}")
    return mixed


def _profile(game: NormalFormGame, profile: ProfileLike) -> Profile:
    if isinstance(profile, Profile):
        return profile
    if hasattr(profile, "__len__") and len(profile) and all(isinstance(entry, int | np.integer) for entry in profile):
        return Profile.pure(game, profile)  # type: ignore[arg-type]  # integers, as just seen; `pure` refuses booleans
    return Profile(profile)


def _deviation_payoffs(game: NormalFormGame, mixed: Profile, player: int) -> Floats:
    table = np.moveaxis(game.payoffs[player], player, 0)
    return np.asarray(_against(table, [vector for j, vector in enumerate(mixed) if j != player]))


def _stake(game: NormalFormGame, mixed: Profile, player: int) -> float:
    own = np.moveaxis(game.payoffs[player], player, 0)
    return float(_against(own.max(axis=0) - own.min(axis=0), [vector for j, vector in enumerate(mixed) if j != player]))


def _against(table: Floats, others: Sequence[Floats]) -> Floats:
    """The mean of the last axes over mixed strategies, one an axis."""
    for vector in reversed(others):
        table = table @ vector
    return table


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
    if not isinstance(game, NormalFormGame):
        validation.reject_type("game", "must be a NormalFormGame", game)
    if not isinstance(profile, Profile) and all(isinstance(entry, int | np.integer) for entry in profile):
        profile = _profile(game, profile)
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
