"""Payoffs, regrets, best responses and pure equilibria of finite games. Solvers and checker share nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal, overload

import numpy as np

from edgeworth.core import validation
from edgeworth.games.normal_form.model.problem import Floats, Ints, NormalFormGame, Profile, require_game
from edgeworth.games.normal_form.model.profiles import ProfileLike, as_profile, feasible
from edgeworth.games.normal_form.model.rational import exact_regrets


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
        mixed = feasible(game, profile)
        earned = _deviation_payoffs(game, mixed, self.player)
        return float(earned[self.strategy] - mixed[self.player] @ earned)

    def __str__(self) -> str:
        return self.text


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
    mixed = feasible(game, profile)
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
    mixed = feasible(game, profile)
    if player is None:  # outcome by outcome: where payoffs cancel, so does the welfare
        expected = objective_table(game)
        for strategy in mixed:
            expected = np.asarray(np.tensordot(strategy, expected, axes=(0, 0)))
        return float(expected)
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
    return _deviation_payoffs(game, feasible(game, profile), i)


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
    mixed = feasible(game, profile)
    return np.asarray(_kernels().all_regrets(*game.flat, mixed.flat))


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
    The work grows with the number of outcomes times players. In floats it is done by a compiled kernel: the first call of a
    process loads it, which takes a second or two, or compiles it where `edgeworth compile` has not.

    Examples
    --------
    >>> game = NormalFormGame([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
    >>> regret(game, [["1/2", "1/2"], ["1/3", "2/3"]], exact=True)
    Fraction(1, 3)
    """
    if validation.flag("exact", exact):
        return max(exact_regrets(game, profile))
    require_game(game)
    mixed, largest = as_profile(game, profile), -1.0
    if tuple(map(len, mixed.probabilities)) == game.shape:
        largest = _kernels().largest_regret(*game.flat, mixed.flat, False)
    if largest < 0.0:  # not seen at once to be feasible: either it is refused here, or it is all the same
        largest = _kernels().largest_regret(*game.flat, feasible(game, mixed).flat, True)
    return float(largest)


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
    mixed = feasible(game, profile)
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
    mixed = feasible(game, profile)
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
    return np.flatnonzero(earned >= earned.max() - slack * _stake(game, feasible(game, profile), player))


def pure_equilibria(game: NormalFormGame) -> Ints:
    """All pure Nash equilibria, by exact comparisons of payoffs, fractions where given; ties count as best responses.

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
        best = own >= own.max(axis=i, keepdims=True)
        stable &= best
        if game.numerators is not None and game.denominators is not None:
            first = best.argmax(axis=i, keepdims=True)
            other = np.zeros_like(best)  # the same float as the first best one, another fraction
            for part in (game.numerators[i], game.denominators[i]):
                other |= best & (part != np.take_along_axis(part, first, axis=i))
            for line in map(tuple, np.argwhere(other.any(axis=i)).tolist()):
                rivals = [(*line[:i], a, *line[i:]) for a in range(game.shape[i])]
                exact = [game.exact(i, each) for each in rivals]
                most = max(exact)
                for each, earned in zip(rivals, exact, strict=True):
                    stable[each] &= earned == most
    return np.argwhere(stable).astype(np.int64)


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


@cache
def _kernels() -> Any:
    """The module of kernels, whose import loads the compiler: only regrets in floats need it."""
    from edgeworth.games.normal_form.model import kernels

    return kernels


def _deviation_payoffs(game: NormalFormGame, mixed: Profile, player: int) -> Floats:
    earned = _against(game.payoffs[player], mixed.probabilities[player + 1 :])
    for vector in mixed.probabilities[:player]:
        earned = vector @ earned.reshape(len(vector), -1)
    return earned


def _stake(game: NormalFormGame, mixed: Profile, player: int) -> float:
    own = np.moveaxis(game.payoffs[player], player, 0)
    return float(_against(own.max(axis=0) - own.min(axis=0), [vector for j, vector in enumerate(mixed) if j != player]))


def _against(table: Floats, others: Sequence[Floats]) -> Floats:
    """The mean of the last axes over mixed strategies, one an axis."""
    for vector in reversed(others):
        table = table @ vector
    return table
