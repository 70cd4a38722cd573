"""Iterated elimination of dominated strategies in exact arithmetic, with what dominates and with beliefs where nothing does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from edgeworth.core import validation
from edgeworth.core.result import Termination
from edgeworth.core.run import interruptible
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form.exact import rational
from edgeworth.games.normal_form.exact.scaling import own_run
from edgeworth.games.normal_form.model import Dominated, Elimination, Mixed, NormalFormGame, exact_rows

Ask = Callable[[int], bool]
Rows = list[list[Fraction]]


def eliminate_dominated(
    game: NormalFormGame, *, by: str = "mixed", weak: bool = False, stop: Stop | None = None
) -> Elimination:
    """Delete dominated strategies, round by round, until none is left.

    Parameters
    ----------
    game : NormalFormGame
        A game of any number of players.
    by : {"mixed", "pure"}
        Whether a mixture of other strategies may dominate, or a single one only.
    weak : bool
        Delete weakly dominated strategies too: never better than the mixture, and worse at some outcome of the others.
    stop : Stop, optional
        A limit in ``seconds``.

    Returns
    -------
    Elimination
        Every deletion with what dominates it, what is left, and beliefs that prove it undominated. `verify_elimination` checks
        all of it.

    Raises
    ------
    ValueError
        For another ``by``, and for rules other than ``seconds``.

    Notes
    -----
    In every round all strategies of all players that are dominated in the game at its beginning are deleted at once. What is
    left by strict dominance does not depend on that order, and all Nash and correlated equilibria survive. What is left by weak
    dominance depends on the order, which is this one here, and equilibria may be lost.

    Strategy a is dominated strictly where the zero-sum game with payoffs u(k, b) - u(a, b), k the player's other strategies and
    b the others' outcomes, has a positive value; an optimal b-mixture is a belief against which a is a best response otherwise
    (Pearce 1984; beliefs may be correlated). It is dominated weakly where the program

        maximise sum_b sum_k q_k (u(k, b) - u(a, b))
        subject to  sum_k q_k (u(k, b) - u(a, b)) >= 0 for all b,  sum q <= 1,  q >= 0

    has a positive optimum; otherwise 1 + its multipliers, scaled, are a belief without zeros. Both are solved in fractions.

    References
    ----------
    Luce and Raiffa, Games and Decisions (1957). Pearce, Rationalizable strategic behavior and the problem of perfection,
    Econometrica 52 (1984).

    Examples
    --------
    >>> game = NormalFormGame([[[4.0, 0.0], [0.0, 4.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0], [0.0, 3.0]]])
    >>> found = eliminate_dominated(game)
    >>> print(found)
    strategies deleted: 1, rounds: 1, left: 2 x 2
    >>> found.steps[0].strategy, [str(p) for p in found.steps[0].mixture]
    (2, ['1/2', '1/2', '0'])
    """
    validation.choice("by", by, ("mixed", "pure"))
    validation.flag("weak", weak)
    run = own_run(game, stop)
    ended: list[Termination] = []

    def ask(pivots: int) -> bool:
        reason = run.tick(pivots)
        ended.extend([] if reason is None else [reason])
        return bool(ended)

    kept = tuple(tuple(range(n)) for n in game.shape)
    steps: list[Dominated] = []
    number = 0
    with interruptible(run):
        while True:
            found: list[Dominated] = []
            beliefs: list[list[Mixed]] = []
            for i, left in enumerate(kept):
                rows = exact_rows(game, i, kept)
                beliefs.append([])
                for place, a in enumerate(left):
                    if ask(0) or (answer := _dominating(rows, place, by, weak, ask)) is None:
                        return Elimination(tuple(steps), kept, (), by, weak, ended[0])
                    mixture, belief = answer
                    if mixture:
                        whole = dict(zip(left, mixture, strict=True))
                        found.append(Dominated(number, i, a, tuple(whole.get(k, Fraction(0)) for k in range(game.shape[i]))))
                    beliefs[-1].append(belief)
            if not found:
                proofs = tuple(map(tuple, beliefs)) if by == "mixed" else ()
                return Elimination(tuple(steps), kept, proofs, by, weak, Termination.PROVED)
            gone = {(step.player, step.strategy) for step in found}
            kept = tuple(tuple(a for a in left if (i, a) not in gone) for i, left in enumerate(kept))
            steps += found
            number += 1


def _dominating(rows: Rows, place: int, by: str, weak: bool, ask: Ask) -> tuple[Mixed, Mixed] | None:
    """A mixture of the rows that dominates this one, or () and a belief against which it is best; None when asked to end.

    By pure strategies there is no belief: ().
    """
    mine, columns = rows[place], range(len(rows[0]))
    others = [k for k in range(len(rows)) if k != place]
    gains = [[x - y for x, y in zip(rows[k], mine, strict=True)] for k in others]
    for k, row in zip(others, gains, strict=True):
        if (min(row) >= 0 and max(row) > 0) if weak else min(row) > 0:
            return tuple(Fraction(int(h == k)) for h in range(len(rows))), ()
    if by == "pure":
        return (), ()
    if not gains:
        return (), _scaled([Fraction(1)] * len(columns))
    if weak:
        cost = [sum(row, start=Fraction(0)) for row in gains]
        losses = [[-row[b] for row in gains] for b in columns]
        solved = rational.maximise(
            cost, [*losses, [Fraction(1)] * len(gains)], [Fraction(0)] * len(columns) + [Fraction(1)], ask
        )
        if solved is None:
            return None
        if sum(x * c for x, c in zip(solved.x, cost, strict=True)) == 0:
            return (), _scaled([1 + y for y in solved.y[:-1]])
        weights = solved.x
    else:
        best = next((b for b in columns if max(row[b] for row in gains) <= 0), None)
        if best is not None:
            return (), tuple(Fraction(int(b == best)) for b in columns)
        lift = 1 - min(map(min, gains))
        lifted = [[x + lift for x in row] for row in gains]
        solved = rational.maximise([Fraction(1)] * len(columns), lifted, [Fraction(1)] * len(gains), ask)
        if solved is None:
            return None
        if 1 / sum(solved.x) <= lift:  # the value of the game
            return (), _scaled(solved.x)
        weights = solved.y
    mixture = list(_scaled(weights))
    mixture.insert(place, Fraction(0))
    return tuple(mixture), ()


def _scaled(weights: list[Fraction]) -> Mixed:
    total = sum(weights)
    return tuple(w / total for w in weights)
