"""Equilibria by enumeration, linear programming and complementary pivoting."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.games.normal_form.exact import rational
from edgeworth.games.normal_form.exact.polish import polished, settled
from edgeworth.games.normal_form.exact.scaling import refused, simplex, unit
from edgeworth.games.normal_form.model import (
    NormalFormGame,
    Profile,
    constant_sum,
    exact_table,
    objective_table,
    payoffs,
    pure_equilibria,
)

if TYPE_CHECKING:
    import quantecon.game_theory

MOST_EXACT = 50
"""Strategies, all players together, up to which a game is solved anew in exact arithmetic where floats do not suffice."""
_SPOILT = "rounding spoilt the answer: a regret is left"


def enumerate_pure_equilibria(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The pure equilibrium of highest value, by comparing the payoffs of all pure profiles.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        The pure equilibrium of the highest value, as the game's objective names it (the first of them on ties); no solution
        means that the game has no pure equilibrium. ``evaluations`` counts profiles.

    Notes
    -----
    A pure profile is an equilibrium where every player's payoff is the largest along its own axis of its payoff array. The
    comparison is exact, and the notes say how many equilibria there are.

    References
    ----------
    Nash, Equilibrium points in n-person games, PNAS 36 (1950).
    """
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    found = pure_equilibria(game)
    count = int(np.prod(game.shape))
    if not len(found):
        return Found(None, Termination.PROVED, evaluations=count, notes=("the game has no pure equilibrium",))
    best = found[int(np.argmax(objective_table(game)[tuple(found.T)]))]
    notes = (f"{len(found)} pure equilibria",)
    return Found(Profile.pure(game, best.tolist()), Termination.PROVED, evaluations=count, notes=notes)


def minimax_linear_program(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """Minimax strategies of a two-player constant-sum game by one linear program.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players whose payoffs sum to a constant; others are refused.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        An equilibrium. ``iterations`` counts simplex iterations.

    Notes
    -----
    The program is

        maximise v  subject to  sum_a pi(a) u_0(a, b) >= v for all b,  pi in the simplex;

    the duals of its rows are the other player's strategy. Payoffs are scaled to [1, 2] for HiGHS, whose tolerances the
    equations on the supports then remove. Where a regret beyond rounding is left, the program is solved in exact arithmetic if
    the game has at most 50 strategies, all players together; otherwise the run ends with ERROR.

    References
    ----------
    von Neumann, Zur Theorie der Gesellschaftsspiele, Math. Annalen 100 (1928). Dantzig, A proof of the equivalence of the
    programming problem and the game problem (1951).
    """
    if constant_sum(game) is None:
        return refused("the method needs a two-player game of constant sum")
    table, _ = unit(game.payoffs[0])
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
    profile = polished(game, Profile([simplex(answer.x[:n]), simplex(-answer.row_dual[:m])]))
    if answer.termination is not Termination.PROVED:
        return Found(profile, answer.termination, iterations=answer.iterations)
    if settled(game, profile):
        return Found(profile, Termination.PROVED, iterations=answer.iterations, notes=(_value_of_the_game(game, profile),))
    if n + m > MOST_EXACT:
        return Found(profile, Termination.ERROR, iterations=answer.iterations, notes=(_SPOILT,))
    ended: list[Termination] = []

    def ask(done: int) -> bool:
        ending = run.tick(answer.iterations + done)
        ended.extend([] if ending is None else [ending])
        return bool(ended)

    lift = 1 - min(map(min, exact_table(game, 0)))
    rows = [[entry + lift for entry in row] for row in exact_table(game, 0)]
    # minimise the sum of y / value: player 1's strategy; its multipliers are player 0's
    solved = rational.maximise([Fraction(1)] * m, rows, [Fraction(1)] * n, ask)
    if solved is None:
        return Found(profile, ended[0], iterations=answer.iterations)
    total = sum(solved.x)
    vectors = [simplex([float(p / total) for p in part]) for part in (solved.y, solved.x)]
    profile = Profile(vectors)
    notes = (_value_of_the_game(game, profile),)
    return Found(profile, Termination.PROVED, iterations=answer.iterations + solved.pivots, notes=notes)


def _value_of_the_game(game: NormalFormGame, profile: Profile) -> str:
    return f"the value of the game to player {game.players[0]!r} is {payoffs(game, profile)[0]:.10g}"


@dataclass(frozen=True)
class LemkeHowson:
    """Parameters of `lemke_howson`.

    Parameters
    ----------
    initial : int, >= 0
        The strategy, counted over both players' strategies in order, whose label is dropped first; different ones may lead to
        different equilibria.
    """

    initial: int = 0

    def __post_init__(self) -> None:
        validation.integer("initial", self.initial, minimum=0)


def lemke_howson(game: NormalFormGame, params: LemkeHowson, run: Run[Profile]) -> Found[Profile]:
    """One mixed equilibrium of a two-player game by complementary pivoting, as QuantEcon implements it (extra ``games``).

    Parameters
    ----------
    game : NormalFormGame
        A game of two players; others are refused.
    params : LemkeHowson
        Which label is dropped first.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        An equilibrium. ``iterations`` counts pivots.

    Notes
    -----
    The pivots are lexicographic, so degenerate games end too; in the worst case there are exponentially many. The pivoting
    begins anew with four times as many pivots allowed each time, so that the run's rules are looked at in between. Its answer
    is refined by the equations on its supports and checked; where a regret beyond rounding is left, games of at most 50
    strategies, all players together, are pivoted in exact arithmetic; in larger ones the other labels are tried, and where none
    helps the run ends with ERROR.

    References
    ----------
    Lemke and Howson, Equilibrium points of bimatrix games, J. SIAM 12 (1964). QuantEcon.py, game_theory.lemke_howson.
    """
    if len(game.shape) != 2:
        return refused("the method needs a two-player game")
    labels = sum(game.shape)
    if params.initial >= labels:
        validation.reject("initial", f"must be below the number of strategies, {labels}", params.initial)
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    from quantecon.game_theory import lemke_howson as pivoting

    bimatrix = _bimatrix(game)
    pivots = 0
    spoilt: Profile | None = None
    for k in range(1 if labels <= MOST_EXACT else labels):
        allowed = 1_000
        while True:
            vectors, details = pivoting(bimatrix, init_pivot=(params.initial + k) % labels, max_iter=allowed, full_output=True)
            ending = run.tick(pivots + int(details.num_iter))
            if details.converged or ending is not None or allowed >= _most_pivots(labels):
                break
            allowed *= 4
        pivots += int(details.num_iter)
        if details.converged and all(np.isfinite(vector).all() and vector.sum() > 0.0 for vector in vectors):
            profile = polished(game, Profile([simplex(vector) for vector in vectors]))
            if settled(game, profile):
                return Found(profile, Termination.CONVERGED, iterations=pivots)
            spoilt = spoilt or profile
        if ending is not None:
            return Found(spoilt, ending, iterations=pivots, notes=() if spoilt is None else (_SPOILT,))
    if labels > MOST_EXACT:
        return Found(spoilt, Termination.ERROR, iterations=pivots, notes=(_SPOILT,))
    ended: list[Termination] = []

    def ask(done: int) -> bool:
        reason = run.tick(pivots + done)
        ended.extend([] if reason is None else [reason])
        return bool(ended)

    solved = rational.lemke_howson(exact_table(game, 0), exact_table(game, 1), params.initial, ask)
    if solved is None:
        return Found(spoilt, ended[0], iterations=pivots, notes=() if spoilt is None else (_SPOILT,))
    profile = Profile([simplex([float(p) for p in part]) for part in solved[:2]])
    return Found(profile, Termination.CONVERGED, iterations=pivots + solved[2])


def _most_pivots(labels: int) -> int:
    """By then rounding makes it cycle: in exact arithmetic it ends. Small games are better begun anew in that arithmetic."""
    return 64_000 if labels <= MOST_EXACT else 4**13 * 1_000


def _bimatrix(game: NormalFormGame) -> quantecon.game_theory.NormalFormGame:
    from quantecon.game_theory import NormalFormGame as Bimatrix
    from quantecon.game_theory import Player

    first, second = (unit(table)[0] for table in game.payoffs)
    return Bimatrix((Player(first), Player(np.ascontiguousarray(second.T))))
