"""Equilibria by enumeration, linear programming and complementary pivoting, and optimal commitments."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.normal_form.model import (
    Floats,
    NormalFormGame,
    Profile,
    constant_sum,
    pure_equilibria,
    worst_deviation,
)

_MOST_PIVOTS = 4**13 * 1_000  # by then rounding makes it cycle: in exact arithmetic it ends
_MOST_SUPPORTS = 5_000_000
_EPSILON = 1e-9  # relative regret beyond which a pivoting method's answer is not taken for an equilibrium


def _none(reason: str) -> Found[Profile]:
    """What a method returns for a game that it is not made for, or that has none of what it looks for."""
    return Found(None, Termination.PROVED, notes=(reason,))


def pure(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """All pure equilibria by comparing payoffs; returned is the best one for player 0 (the first of them on ties).

    Guarantee: exact; no solution means that there is no pure equilibrium. Evaluations: outcomes looked at.
    """
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    found = pure_equilibria(game)
    count = int(np.prod(game.shape))
    if not len(found):
        return Found(None, Termination.PROVED, evaluations=count, notes=("the game has no pure equilibrium",))
    best = found[int(np.argmax(game.payoffs[0][tuple(found.T)]))]
    notes = (f"{len(found)} pure equilibria",)
    return Found(Profile.pure(game, best.tolist()), Termination.PROVED, evaluations=count, notes=notes)


def zero_sum(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Minimax strategies of a two-player zero-sum (or constant-sum) game by one linear program, solved by HiGHS.

    maximise v subject to sum_a pi(a) u_0(a, b) >= v for all b, pi in the simplex; the duals of the rows are the other player's
    strategy (von Neumann 1928; Dantzig 1951). Payoffs are scaled to [1, 2] for the solver, whose tolerances the equations on
    the supports then take off. Other games: no solution, with a note. Iterations: simplex iterations.
    """
    if constant_sum(game) is None:
        return _none("the method needs a two-player game of constant sum")
    table, _ = _unit(game.payoffs[0])
    n, m = table.shape
    columns = np.vstack([np.hstack([-(table + 1.0), np.ones((n, 1))]), [[1.0] * m + [0.0]]])
    answer = minimise(
        ColumnModel(
            cost=np.array([0.0] * n + [-1.0]),
            upper=np.full(n + 1, np.inf),
            row_lower=np.array([-np.inf] * m + [1.0]),
            row_upper=np.array([0.0] * m + [1.0]),
            starts=np.arange(n + 2) * (m + 1),
            rows=np.tile(np.arange(m + 1), n + 1),
            entries=columns.ravel(),
            integer=False,
        ),
        run,
    )
    if answer.x is None or answer.row_dual is None:
        return Found(None, answer.termination, iterations=answer.iterations, notes=(f"HiGHS: {answer.status}",))
    profile = _polished(game, table, Profile([_simplex(answer.x[:n]), _simplex(-answer.row_dual[:m])]))
    return Found(profile, answer.termination, iterations=answer.iterations)


def _polished(game: NormalFormGame, table: Floats, profile: Profile) -> Profile:
    """The strategies that equalise each other's payoffs on the supports found, from the linear equations; the profile given
    where those have no solution in the simplex, or one of a larger regret."""
    mine, theirs = (list(support) for support in profile.support)
    k = len(mine)
    if k != len(theirs):
        return profile
    inner = table[np.ix_(mine, theirs)]
    system = np.zeros((2, k + 1, k + 1))
    system[0, :k, :k], system[1, :k, :k] = inner.T, inner
    system[:, :k, k], system[:, k, :k] = -1.0, 1.0
    wanted = np.zeros((2, k + 1, 1))
    wanted[:, k] = 1.0
    try:
        solved = np.linalg.solve(system, wanted)[:, :k, 0]
    except np.linalg.LinAlgError:
        return profile
    if not np.isfinite(solved).all() or solved.min() < 0.0:
        return profile
    vectors = [np.zeros(n) for n in table.shape]
    vectors[0][mine], vectors[1][theirs] = solved
    better = Profile([_simplex(vector) for vector in vectors])
    return better if worst_deviation(game, better)[0] <= worst_deviation(game, profile)[0] else profile


@dataclass(frozen=True)
class LemkeHowson:
    """Parameters of `lemke_howson`. initial: the strategy, from 0 over both players' strategies in order, whose label is
    dropped first, >= 0; different ones may lead to different equilibria."""

    initial: int = 0

    def __post_init__(self) -> None:
        validation.integer("initial", self.initial, minimum=0)


def lemke_howson(game: NormalFormGame, params: LemkeHowson, run: Run[Profile]) -> Found[Profile]:
    """One mixed equilibrium of a two-player game by Lemke and Howson's complementary pivoting, as QuantEcon implements it.

    The pivots are lexicographic, so degenerate games end too; in the worst case there are exponentially many. The pivoting is
    begun anew with four times as many allowed each time, so that the run's rules are looked at in between. What it
    returns is checked here, and where rounding has spoilt it (relative regret above 1e-9) the other labels are tried.
    Other games than of two players: no solution, with a note. Iterations: pivots.
    """
    if len(game.shape) != 2:
        return _none("the method needs a two-player game")
    labels = sum(game.shape)
    if params.initial >= labels:
        validation.reject("initial", f"must be below the number of strategies, {labels}", params.initial)
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    from quantecon.game_theory import lemke_howson as pivoting

    bimatrix = _bimatrix(game)
    pivots = 0
    best: tuple[float, Profile] | None = None
    for k in range(labels):
        allowed = 1_000
        while True:
            vectors, details = pivoting(bimatrix, init_pivot=(params.initial + k) % labels, max_iter=allowed, full_output=True)
            ending = run.tick(pivots + int(details.num_iter))
            if details.converged or ending is not None or allowed >= _MOST_PIVOTS:
                break
            allowed *= 4
        pivots += int(details.num_iter)
        if details.converged and all(np.isfinite(vector).all() and vector.sum() > 0.0 for vector in vectors):
            profile = Profile([_simplex(vector) for vector in vectors])
            epsilon = worst_deviation(game, profile)[0]
            if epsilon <= _EPSILON:
                return Found(profile, Termination.CONVERGED, iterations=pivots)
            if best is None or epsilon < best[0]:
                best = (epsilon, profile)
        if ending is not None:
            break
    notes = () if best is None else (f"rounding spoilt the pivoting: relative regret {best[0]!r}",)
    return Found(None if best is None else best[1], ending or Termination.ERROR, iterations=pivots, notes=notes)


def mixed_equilibria(game: NormalFormGame) -> tuple[Profile, ...]:
    """All equilibria of a nondegenerate two-player game, pure and mixed, by pairs of supports of equal size (QuantEcon).

    Each one is checked here and left out where its relative regret exceeds 1e-9. Degenerate games may have more, even
    infinitely many; those found are equilibria all the same. Needs the extra ``games`` (`MissingExtraError`). Raises ValueError
    for other numbers of players, and for games of more than 5,000,000 pairs of supports (12 strategies each).
    """
    if len(game.shape) != 2:
        validation.reject("game", "must have two players", game.shape)
    if math.comb(sum(game.shape), min(game.shape)) > _MOST_SUPPORTS:
        validation.reject("game", f"must have at most {_MOST_SUPPORTS} pairs of supports of equal size", game.shape)
    if importlib.util.find_spec("quantecon") is None:
        raise MissingExtraError("mixed_equilibria", "games")
    from quantecon.game_theory import support_enumeration

    found = [Profile([_simplex(vector) for vector in vectors]) for vectors in support_enumeration(_bimatrix(game))]
    return tuple(profile for profile in found if worst_deviation(game, profile)[0] <= _EPSILON)


def _bimatrix(game: NormalFormGame) -> Any:
    from quantecon.game_theory import NormalFormGame as Bimatrix
    from quantecon.game_theory import Player

    first, second = (_unit(table)[0] for table in game.payoffs)
    return Bimatrix((Player(first), Player(np.ascontiguousarray(second.T))))


def stackelberg(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The best mixed commitment of player 0 of two, with the reply of player 1: a strong Stackelberg equilibrium.

    For every reply t: maximise sum_s x(s) u_0(s, t) subject to t being a best reply to x (Conitzer and Sandholm 2006); the
    best of these programs. They are solved together, as one program over p(s, t) = the weight of reply t times x_t(s):

        maximise sum p(s, t) u_0(s, t),  sum_s p(s, t) (u_1(s, t') - u_1(s, t)) <= 0 for all t, t',  sum p = 1,  p >= 0.

    Its optimum is the best of theirs, and each t that carries weight attains it. Certificate "commitment-multipliers": the
    duals ``y`` [t, t'], from which the checker rebuilds a bound on every commitment (`model.commitment_bound`). The profile is
    no Nash equilibrium in general: player 0 may wish to deviate from what it is committed to. Other games than of two
    players: no solution, with a note. Iterations: simplex iterations.
    """
    if len(game.shape) != 2:
        return _none("the method needs a two-player game: player 0 leads, player 1 follows")
    (lead, lead_scale), (follow, follow_scale) = _unit(game.payoffs[0]), _unit(game.payoffs[1])
    n, m = lead.shape
    # Columns (s, t), s slowest; rows (t, t') with t' != t: t m + t', the diagonal left empty; then the sum.
    reply = np.tile(np.arange(m), n)
    rows = np.empty((n * m, m), dtype=np.int64)
    entries = np.empty((n * m, m))
    other = np.array([[k for k in range(m) if k != t] for t in range(m)], dtype=np.int64).reshape(m, m - 1)
    rows[:, :-1] = reply[:, None] * m + other[reply]
    rows[:, -1] = m * m
    source = np.repeat(np.arange(n), m)
    entries[:, :-1] = follow[source[:, None], other[reply]] - follow[source, reply][:, None]
    entries[:, -1] = 1.0
    answer = minimise(
        ColumnModel(
            cost=-lead.ravel(),
            upper=np.full(n * m, np.inf),
            row_lower=np.array([-np.inf] * (m * m) + [1.0]),
            row_upper=np.array([0.0] * (m * m) + [1.0]),
            starts=np.arange(n * m + 1) * m,
            rows=rows.ravel(),
            entries=entries.ravel(),
            integer=False,
        ),
        run,
    )
    if answer.x is None or answer.row_dual is None:
        return Found(None, answer.termination, iterations=answer.iterations, notes=(f"HiGHS: {answer.status}",))
    weights = np.maximum(answer.x.reshape(n, m), 0.0)
    t = int(weights.sum(axis=0).argmax())
    chosen = np.zeros(m)
    chosen[t] = 1.0
    profile = Profile([_simplex(weights[:, t]), chosen])
    y = np.maximum(-answer.row_dual[:-1].reshape(m, m), 0.0) * (lead_scale / follow_scale)
    return Found(
        profile, answer.termination, certificate=Certificate("commitment-multipliers", {"y": y}), iterations=answer.iterations
    )


def _unit(table: Floats) -> tuple[Floats, float]:
    """Payoffs moved and scaled to [0, 1], where solvers' tolerances mean something, and what one unit was."""
    low, high = float(table.min()), float(table.max())
    scale = high - low if high > low else 1.0
    return (table - low) / scale, scale


def _simplex(vector: Any) -> Floats:
    """Rounding errors of a solver taken off: no negative entries, sum 1."""
    kept = np.maximum(np.asarray(vector, dtype=np.float64), 0.0)
    return np.asarray(kept / kept.sum())
