"""The checker of equilibria listed, correlated equilibria, and eliminations. It shares `model` with the methods only."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

from edgeworth.core import validation
from edgeworth.core.checking import SECONDS, Budget, BudgetEnded, not_checked
from edgeworth.core.verdict import Report, Scope, Verdict
from edgeworth.games.normal_form.model import (
    CorrelatedEquilibrium,
    Deviation,
    Dominated,
    Elimination,
    Equilibria,
    Mixed,
    NormalFormGame,
    correlated_bound,
    correlated_gains,
    exact_deviations,
    exact_objective,
    exact_rows,
    exact_table,
    pure_equilibria,
)
from edgeworth.games.normal_form.model.dominance import Kept
from edgeworth.games.normal_form.model.problem import require_game

_TOLERANCE = 1e-9
"""Of correlated equilibria: regrets relative to what is at stake, gaps relative to the range of the objective."""
_CLAIM = Scope("claimed", note="by the enumeration: that no extreme equilibrium but the pure ones is missing")


def verify_equilibria(game: NormalFormGame, found: Equilibria, *, seconds: float = SECONDS) -> Report:
    """Check a list of equilibria in fractions, by code that did not produce it.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players.
    found : Equilibria
        What `mixed_equilibria` returned for it.
    seconds : float
        What the check may spend; what that does not suffice for is NOT_CHECKED.

    Returns
    -------
    Report
        - ``strategies``: probabilities of the game's strategies, not negative, of sum 1 exactly, none twice, all in use.
        - ``equilibria``: every pair has regret 0 exactly; witness: the `Deviation` of largest gain.
        - ``extreme``: every strategy is a vertex: its unplayed strategies and the other's best responses determine it.
        - ``subsets``: they are products of listed pairs, maximal, and all such, each once; the components are connected and
          apart. That all mixtures in a subset are equilibria follows, because regrets are linear in either player's mixture.
        - ``complete``, where the list says that it is: it is not empty (Nash), and every pure equilibrium is listed; for the
          others it is the enumeration's claim, as the verdict's scope says.

    Raises
    ------
    ValueError, TypeError
        For a game of other numbers of players, and for anything but an `Equilibria`.
    """
    require_game(game)
    if len(game.shape) != 2:
        validation.reject("game", "must have two players", game.shape)
    if not isinstance(found, Equilibria):
        validation.reject_type("found", "must be an Equilibria", found)
    budget = Budget(seconds)
    sound = _sound(game, found)
    verdicts = {"strategies": sound}
    if not sound:
        return Report(verdicts)
    try:
        verdicts["equilibria"] = _regrets(game, found, budget)
        verdicts["extreme"] = _extreme(game, found, budget)
        verdicts["subsets"] = _subsets(found, budget)
    except BudgetEnded as ended:
        return Report(verdicts | {"rest": not_checked(ended)})
    if found.complete:
        listed = {tuple(k for side in found.exact(e) for k, p in enumerate(side) if p) for e in range(len(found))}
        missing = next((row for row in map(tuple, pure_equilibria(game).tolist()) if row not in listed), None)
        witness = missing if listed else "every game has an equilibrium"
        verdicts["complete"] = Verdict.of(witness is None, float(witness is not None), 0.0, witness, _CLAIM)
    return Report(verdicts)


def _judged(broken: str | None) -> Verdict:
    return Verdict.of(broken is None, float(broken is not None), 0.0, broken)


def _sound(game: NormalFormGame, found: Equilibria) -> Verdict:
    if len(found.strategies) != 2 or any(len(pair) != 2 for pair in found.pairs):
        return _judged("there must be two lists of strategies, and pairs of them")
    for i, listed in enumerate(found.strategies):
        for vector in listed:
            whole = len(vector) == game.shape[i] and all(isinstance(p, Fraction) and p >= 0 for p in vector)
            if not whole or sum(vector) != 1:
                return _judged(f"player {game.players[i]!r}: {vector} is no mixed strategy")
        if len(set(listed)) < len(listed) or {pair[i] for pair in found.pairs} != set(range(len(listed))):
            return _judged(f"player {game.players[i]!r}: a strategy is listed twice, or not used, or not listed")
    return _judged("a pair is listed twice" if len(set(found.pairs)) < len(found.pairs) else None)


def _regrets(game: NormalFormGame, found: Equilibria, budget: Budget) -> Verdict:
    worst, witness = Fraction(0), None
    for e in range(len(found)):
        for i in range(2):
            regret = exact_deviations(game, found.exact(e), i, budget.check).regret
            if regret > worst:
                worst = regret
                k = _replies(game, found.exact(e)[1 - i], i)[0]
                text = f"player {game.players[i]!r} gains {regret} by playing {game.strategies[i][k]!r} at equilibrium {e}"
                witness = Deviation(i, k, float(regret), text)
    return Verdict.of(worst == 0, float(worst), 0.0, witness)


def _replies(game: NormalFormGame, other: Mixed, player: int) -> list[int]:
    """The best responses of a player to the other's strategy."""
    table = exact_table(game, player)
    own = table if player == 0 else list(map(list, zip(*table, strict=True)))
    earned = [sum(u * p for u, p in zip(row, other, strict=True)) for row in own]
    return [k for k, amount in enumerate(earned) if amount == max(earned)]


def _extreme(game: NormalFormGame, found: Equilibria, budget: Budget) -> Verdict:
    for i, listed in enumerate(found.strategies):
        table = exact_table(game, 1 - i)  # what the other earns
        for vector in listed:
            budget.check()
            played = [k for k, p in enumerate(vector) if p]
            rows = [[table[k][h] if i == 0 else table[h][k] for k in played] for h in _replies(game, vector, 1 - i)]
            # the strategies played and the other's payoff v solve: rows x - v = 0, sum x = 1; a vertex is the only solution
            system = [[*row, Fraction(-1)] for row in rows] + [[Fraction(1)] * len(played) + [Fraction(0)]]
            if _rank(system) < len(played) + 1:
                return _judged(f"player {game.players[i]!r}: {vector} is a mixture of others with the same best responses")
    return _judged(None)


def _rank(rows: list[list[Fraction]]) -> int:
    rank = 0
    left = [row.copy() for row in rows]
    for column in range(len(rows[0])):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        rank += 1
        left = [
            [x - row[column] / pivot[column] * y for x, y in zip(row, pivot, strict=True)] if row[column] else row
            for row in left
            if row is not pivot
        ]
    return rank


def _subsets(found: Equilibria, budget: Budget) -> Verdict:
    pairs = set(found.pairs)
    for first, second in found.subsets:
        budget.check()
        if not (first and second and len(set(first)) == len(first) and len(set(second)) == len(second)):
            return _judged(f"{first} x {second} holds nothing, or a strategy twice")
        if not set(itertools.product(first, second)) <= pairs:
            return _judged(f"{first} x {second} holds pairs that are not listed")
        for side, (ours, theirs) in enumerate(((first, second), (second, first))):
            for k in set(range(len(found.strategies[side]))) - set(ours):
                if all(((k, h) if side == 0 else (h, k)) in pairs for h in theirs):
                    return _judged(f"{first} x {second} is not maximal: add strategy {k} of player {side}")
    # a maximal V is what the answers to all of some U have in common: all V are listed where every answer is, and where those
    # that have strategies in common with an answer are with these too
    answers = [frozenset(h for k, h in pairs if k == own) for own in range(len(found.strategies[0]))]
    listed = {frozenset(second) for _, second in found.subsets}
    if len(listed) < len(found.subsets):
        return _judged("a subset is listed twice")
    for each in [frozenset(range(len(found.strategies[1]))), *listed]:
        budget.check()
        missing = next((each & other for other in answers if each & other and each & other not in listed), None)
        if missing is not None:
            return _judged(f"the maximal subset with the strategies {sorted(missing)} of player 1 is not listed")
    if sorted(itertools.chain(*found.components)) != list(range(len(found.subsets))):
        return _judged("the components do not hold every subset once")
    used: set[tuple[int, int]] = set()
    for members in found.components:
        if not members:
            return _judged("a component is empty")
        nodes = [{(0, k) for k in found.subsets[s][0]} | {(1, h) for h in found.subsets[s][1]} for s in members]
        reached = nodes.pop()
        while joined := [each for each in nodes if each & reached]:
            nodes = [each for each in nodes if not each & reached]
            reached = reached.union(*joined)
        if nodes or reached & used:
            return _judged(f"the component {members} is not connected, or not apart from another")
        used |= reached
    return _judged(None)


def verify_correlated(game: NormalFormGame, found: CorrelatedEquilibrium, *, seconds: float = SECONDS) -> Report:
    """Check a correlated or coarse correlated equilibrium and the bound of its multipliers, in fractions.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    found : CorrelatedEquilibrium
        What `correlated_equilibrium` returned for it; one without a distribution has nothing to check and fails.
    seconds : float
        What the check may spend; what that does not suffice for is NOT_CHECKED.

    Returns
    -------
    Report
        - ``distribution``: probabilities of the game's outcomes, in its shape, not negative, of sum 1 exactly.
        - ``regret``: what a player gains by the best reply to everything it is told (coarse: by one strategy whatever it is
          told), relative to what it has at stake; tolerance 1e-9; witness: a `Deviation`.
        - ``value``: the stated value is the objective's mean, exactly.
        - ``bound``: the stated bound is what the multipliers prove, exactly (`correlated_bound`).
        - ``optimal``: by how much bound and value differ, relative to the range of the objective; tolerance 1e-9. A value
          above the bound, which regrets within the tolerance can make, is no optimum either.

    Raises
    ------
    ValueError, TypeError
        For an objective that is none of the game's, and for anything but a `CorrelatedEquilibrium`.
    """
    require_game(game)
    if not isinstance(found, CorrelatedEquilibrium):
        validation.reject_type("found", "must be a CorrelatedEquilibrium", found)
    budget, p = Budget(seconds), found.probabilities
    whole = (
        found.shape == game.shape
        and len(p) == math.prod(game.shape)
        and all(isinstance(each, Fraction) and each >= 0 for each in p)
    )
    verdicts = {"distribution": _judged(None if whole and sum(p) == 1 else "no probabilities of the game's outcomes")}
    if not verdicts["distribution"]:
        return Report(verdicts)
    try:
        verdicts["regret"] = _correlated_regret(game, found, budget)
        worth = exact_objective(game, found.objective)
        mean = sum(w * each for w, each in zip(worth, p, strict=True))
        verdicts["value"] = _judged(None if found.value == mean else f"the mean is {mean}, not {found.value}")
        try:
            bound = correlated_bound(game, found.multipliers, found.objective, coarse=found.coarse, ask=budget.check)
        except ValueError as error:
            return Report(verdicts | {"bound": _judged(str(error))})
        verdicts["bound"] = _judged(None if found.bound == bound else f"the multipliers prove {bound}, not {found.bound}")
        gap, spread = abs(bound - mean), max(worth) - min(worth)
        relative = float(gap / spread) if spread else float(gap > 0)
        proved = relative <= _TOLERANCE
        verdicts["optimal"] = Verdict.of(
            proved, relative, _TOLERANCE, None if proved else f"value and bound differ by {float(gap)}"
        )
    except BudgetEnded as ended:
        return Report(verdicts | {"rest": not_checked(ended)})
    return Report(verdicts)


def _correlated_regret(game: NormalFormGame, found: CorrelatedEquilibrium, budget: Budget) -> Verdict:
    worst, witness = 0.0, None
    for i, name in enumerate(game.players):
        gains, stake = correlated_gains(game, found.probabilities, i, coarse=found.coarse, ask=budget.check)
        regret = sum(max(*row, Fraction(0)) for row in gains)
        relative = float(regret / stake) if stake else 0.0
        if relative > worst:
            a = max(range(len(gains)), key=lambda k: max(gains[k]))
            k = gains[a].index(max(gains[a]))
            told = "whatever it is told" if found.coarse else f"where it is told {game.strategies[i][a]!r}"
            text = f"player {name!r} gains {float(gains[a][k])!r} by playing {game.strategies[i][k]!r} {told}"
            worst, witness = relative, Deviation(i, k, float(gains[a][k]), text)
    holds = worst <= _TOLERANCE
    return Verdict.of(holds, worst, _TOLERANCE, None if holds else witness)


def verify_elimination(game: NormalFormGame, found: Elimination, *, seconds: float = SECONDS) -> Report:
    """Replay an elimination of dominated strategies in fractions.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    found : Elimination
        What `eliminate_dominated` returned for it.
    seconds : float
        What the check may spend; what that does not suffice for is NOT_CHECKED.

    Returns
    -------
    Report
        - ``steps``: every mixture is one of strategies that were left at the beginning of its round, other than the strategy
          deleted, and dominates it there; one that breaks the rule ``by``, a strategy deleted twice, and rounds that are not
          numbered 0, 1, ... fail too. That a round deletes all that is dominated is not asked for: ``complete`` is.
        - ``kept``: the strategies left are those that no step deletes.
        - ``complete``, where the elimination says that it is: nothing left is dominated, by comparisons of pure strategies, and
          for mixtures by the beliefs.

    Raises
    ------
    TypeError
        For anything but an `Elimination`.
    """
    require_game(game)
    if not isinstance(found, Elimination):
        validation.reject_type("found", "must be an Elimination", found)
    budget = Budget(seconds)
    kept = tuple(tuple(range(n)) for n in game.shape)
    verdicts: dict[str, Verdict] = {}
    try:
        for number, (stated, steps) in enumerate(itertools.groupby(found.steps, key=lambda step: step.round)):
            if stated != number:
                return Report({"steps": _judged(f"round {number} is numbered {stated}")})
            tables = [exact_rows(game, i, kept) for i in range(len(kept))]
            gone: set[tuple[int, int]] = set()
            for step in steps:
                budget.check()
                if (step.player, step.strategy) in gone or not _dominates(game, tables, kept, step, found):
                    who = f"strategy {step.strategy} of player {step.player}"
                    text = f"round {number}: {who} is gone, or its mixture does not dominate it"
                    return Report({"steps": _judged(text)})
                gone.add((step.player, step.strategy))
            kept = tuple(tuple(a for a in left if (i, a) not in gone) for i, left in enumerate(kept))
        verdicts["steps"] = _judged(None)
        verdicts["kept"] = _judged(None if kept == found.kept else f"the steps leave {kept}, not {found.kept}")
        if found.complete and verdicts["kept"]:
            verdicts["complete"] = _undominated(game, found, budget)
    except BudgetEnded as ended:
        return Report(verdicts | {"rest": not_checked(ended)})
    return Report(verdicts)


def _dominates(
    game: NormalFormGame, tables: list[list[list[Fraction]]], kept: Kept, step: Dominated, found: Elimination
) -> bool:
    if step.player not in range(len(kept)) or step.strategy not in kept[step.player]:
        return False
    left, q = kept[step.player], step.mixture
    used = [k for k, weight in enumerate(q) if weight]
    sound = len(q) == game.shape[step.player] and all(isinstance(weight, Fraction) and weight >= 0 for weight in q)
    if (
        not sound
        or sum(q) != 1
        or step.strategy in used
        or not set(used) <= set(left)
        or (found.by == "pure" and len(used) > 1)
    ):
        return False
    rows = dict(zip(left, tables[step.player], strict=True))
    mine = rows[step.strategy]
    gains = [sum(q[k] * rows[k][b] for k in used) - x for b, x in enumerate(mine)]
    return min(gains) > 0 or (found.weak and min(gains) == 0 and max(gains) > 0)


def _undominated(game: NormalFormGame, found: Elimination, budget: Budget) -> Verdict:
    for i, left in enumerate(found.kept):
        rows = exact_rows(game, i, found.kept)
        for place, a in enumerate(left):
            budget.check()
            text = f"player {game.players[i]!r}: {game.strategies[i][a]!r} "
            if found.by == "pure":
                gains = [[x - y for x, y in zip(row, rows[place], strict=True)] for row in rows]
                if any(min(row) > 0 or (found.weak and min(row) == 0 and max(row) > 0) for row in gains):
                    return _judged(text + "is dominated")
                continue
            belief = found.beliefs[i][place] if len(found.beliefs) > i and len(found.beliefs[i]) == len(left) else ()
            lowest = min(belief, default=Fraction(-1))
            whole = len(belief) == len(rows[0]) and all(isinstance(p, Fraction) for p in belief) and sum(belief) == 1
            if not whole or lowest < 0 or (found.weak and lowest == 0):
                return _judged(text + "has no belief that could prove it undominated")
            earned = [sum(p * u for p, u in zip(belief, row, strict=True) if p) for row in rows]
            if earned[place] < max(earned):
                return _judged(text + "is no best response to its belief")
    return _judged(None)
