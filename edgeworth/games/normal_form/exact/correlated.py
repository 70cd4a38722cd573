"""The best correlated and coarse correlated equilibria by linear programming, with multipliers that prove them best."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from edgeworth.core import validation
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.result import Termination
from edgeworth.core.run import Run, interruptible
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form.exact import rational
from edgeworth.games.normal_form.exact.scaling import own_run, simplex, unit
from edgeworth.games.normal_form.model import (
    CorrelatedEquilibrium,
    Floats,
    NormalFormGame,
    Profile,
    correlated_bound,
    correlated_gains,
    exact_objective,
    exact_outcomes,
)
from edgeworth.games.normal_form.model.correlated import Multipliers
from edgeworth.games.normal_form.model.problem import WELFARE

_SMALL = 2_000  # constraints times outcomes up to which the program is solved in fractions
_CLEAR = Fraction(1, 10**9)  # of what is at stake, and of the range of the objective


def correlated_equilibrium(
    game: NormalFormGame, *, objective: str | None = None, coarse: bool = False, stop: Stop | None = None
) -> CorrelatedEquilibrium:
    """The correlated equilibrium of highest welfare, or the best one for a player, of a game of any number of players.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    objective : str, optional
        "welfare", or the name of the player whose expected payoff is maximised; by default the game's objective.
    coarse : bool
        Coarse correlated equilibria: players decide whether to leave before they are told what to play.
    stop : Stop, optional
        A limit in ``seconds``.

    Returns
    -------
    CorrelatedEquilibrium
        The distribution with its value, and multipliers with the bound that they prove. `verify_correlated` checks them.

    Raises
    ------
    ValueError
        For an objective that is none, and for rules other than ``seconds``.

    Notes
    -----
    A mediator draws an outcome s with probability p(s) and tells every player its own strategy. The program is

        maximise sum_s p(s) w(s)  subject to  sum over s with s_i = a of p(s) (u_i(s) - u_i(a', s_-i)) >= 0 for all i, a, a',
        sum p = 1, p >= 0;

    in the coarse case the first sums run over all s. Programs of at most 2,000 entries (constraints times outcomes: 4 x 4, or
    three players of 3 strategies) are solved in fractions, larger ones by HiGHS, whose answer is held against its own
    multipliers in fractions: where a regret or a gap beyond 1e-9 is left, the termination is ERROR.

    References
    ----------
    Aumann, Subjectivity and correlation in randomized strategies, J. Math. Economics 1 (1974). Moulin and Vial, Strategically
    zero-sum games, Int. J. Game Theory 7 (1978).

    Examples
    --------
    >>> chicken = NormalFormGame([[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]])
    >>> best = correlated_equilibrium(chicken)
    >>> str(best.value), best.distribution.tolist()
    ('21/2', [[0.5, 0.25], [0.25, 0.0]])
    """
    run = own_run(game, stop)
    chosen = validation.choice("objective", game.objective if objective is None else objective, [WELFARE, *game.players])
    validation.flag("coarse", coarse)
    wanted = CorrelatedEquilibrium((), (), chosen, coarse, None, None, game.shape, Termination.ERROR)
    with interruptible(run):
        rows = sum((1 if coarse else n) * n for n in game.shape) + 1
        return (_in_fractions if rows * int(np.prod(game.shape)) <= _SMALL else _by_highs)(game, wanted, run)


def _in_fractions(game: NormalFormGame, wanted: CorrelatedEquilibrium, run: Run[Profile]) -> CorrelatedEquilibrium:
    worth = exact_objective(game, wanted.objective)
    rows, where = [], []
    for i, n in enumerate(game.shape):
        own = np.array(exact_outcomes(game, i), dtype=object).reshape(game.shape)
        told = np.indices(game.shape)[i]
        for a in range(1 if wanted.coarse else n):
            for k in range(n):
                if wanted.coarse or k != a:
                    gain = np.expand_dims(own.take(k, axis=i), i) - own
                    rows.append([Fraction(x) for x in (gain if wanted.coarse else np.where(told == a, gain, 0)).ravel()])
                    where.append((i, a, k))
    ended: list[Termination] = []

    def ask(pivots: int) -> bool:
        reason = run.tick(pivots)
        ended.extend([] if reason is None else [reason])
        return bool(ended)

    lift = 1 - min(worth)
    right = [Fraction(0)] * len(rows) + [Fraction(1)]
    solved = rational.maximise([w + lift for w in worth], [*rows, [Fraction(1)] * len(worth)], right, ask)
    if solved is None:
        return replace(wanted, termination=ended[0])
    tables = [[[Fraction(0)] * n for _ in range(1 if wanted.coarse else n)] for n in game.shape]
    for (i, a, k), y in zip(where, solved.y[:-1], strict=True):
        tables[i][a][k] = y
    return _judged(game, wanted, solved.x, tables, run)


def _by_highs(game: NormalFormGame, wanted: CorrelatedEquilibrium, run: Run[Profile]) -> CorrelatedEquilibrium:
    worth, scale = unit(np.array([float(w) for w in exact_objective(game, wanted.objective)]))
    scaled = [unit(table) for table in game.payoffs]
    count = len(worth)
    places, entries, row = [], [], 0
    for i, n in enumerate(game.shape):
        told = np.zeros(count, dtype=np.int64) if wanted.coarse else np.indices(game.shape)[i].ravel()
        for k in range(n):
            loss = scaled[i][0] - np.expand_dims(scaled[i][0].take(k, axis=i), i)
            places.append(row + told * n + k)
            entries.append(loss.ravel())
        row += n * (1 if wanted.coarse else n)
    places.append(np.full(count, row))
    entries.append(np.ones(count))
    rows, table = np.array(places).T, np.array(entries).T
    kept = table != 0.0
    ending = run.tick(0)
    if ending is not None:  # HiGHS would look at the clock after its presolve only
        return replace(wanted, termination=ending)
    answer = minimise(
        ColumnModel(
            cost=-worth,
            upper=np.full(count, np.inf),
            row_lower=np.array([0.0] * row + [1.0]),
            row_upper=np.array([np.inf] * row + [1.0]),
            starts=np.concatenate([[0], np.cumsum(kept.sum(axis=1))]),
            rows=rows[kept],
            entries=table[kept],
            integer=False,
        ),
        run,
    )
    if answer.x is None or answer.row_dual is None:
        return replace(wanted, termination=answer.termination)
    weights = [Fraction(p) for p in simplex(answer.x).tolist()]
    total = sum(weights)
    tables, row = [], 0
    for n, (_, size) in zip(game.shape, scaled, strict=True):
        height = 1 if wanted.coarse else n
        duals: Floats = np.maximum(answer.row_dual[row : row + height * n], 0.0).reshape(height, n)
        ratio = Fraction(scale) / Fraction(size)  # of floats it might overflow, or be 0
        tables.append([[Fraction(y) * ratio for y in each] for each in duals.tolist()])
        row += height * n
    found = _judged(game, wanted, [p / total for p in weights], tables, run)
    return found if answer.termination is Termination.PROVED else replace(found, termination=answer.termination)


class _Ended(Exception):
    """The run's rules ended the arithmetic in fractions."""

    def __init__(self, reason: Termination) -> None:
        super().__init__(reason)
        self.reason = reason


def _judged(
    game: NormalFormGame,
    wanted: CorrelatedEquilibrium,
    p: list[Fraction],
    tables: list[list[list[Fraction]]],
    run: Run[Profile],
) -> CorrelatedEquilibrium:
    """The answer with its value and bound in fractions; PROVED where they and the regrets are as near as the class says."""
    y: Multipliers = tuple(tuple(tuple(row) for row in table) for table in tables)

    def ask() -> None:
        reason = run.tick(0)
        if reason is not None:
            raise _Ended(reason)

    worth = exact_objective(game, wanted.objective)
    value = sum((w * each for w, each in zip(worth, p, strict=True) if each), start=Fraction(0))
    try:
        bound = correlated_bound(game, y, wanted.objective, coarse=wanted.coarse, ask=ask)
        clear = abs(bound - value) <= _CLEAR * (max(worth) - min(worth))
        for i in range(len(game.shape)):
            gains, stake = correlated_gains(game, p, i, coarse=wanted.coarse, ask=ask)
            clear &= sum(max(row) for row in gains) <= _CLEAR * stake
    except _Ended as ended:
        return replace(wanted, termination=ended.reason)
    ending = Termination.PROVED if clear else Termination.ERROR
    return replace(wanted, probabilities=tuple(p), multipliers=y, value=value, bound=bound, termination=ending)
