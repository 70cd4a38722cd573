"""Finite games once more: nested lists, plain loops, fractions. Imports nothing of the package."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any


def shape(table: Any) -> list[int]:
    """Numbers of strategies of one player's payoff table."""
    sizes = []
    while isinstance(table, list):
        sizes.append(len(table))
        table = table[0]
    return sizes


def at(table: Any, outcome: tuple[int, ...]) -> Any:
    for a in outcome:
        table = table[a]
    return table


def outcomes(payoffs: list[Any]) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(n) for n in shape(payoffs[0]))))


def expected(payoffs: list[Any], mixed: list[list[Any]], player: int) -> Any:
    """Sum over all outcomes of the product of probabilities times the payoff."""
    total: Any = 0
    for outcome in outcomes(payoffs):
        weight: Any = 1
        for j, a in enumerate(outcome):
            weight = weight * mixed[j][a]
        total += weight * at(payoffs[player], outcome)
    return total


def regrets(payoffs: list[Any], mixed: list[list[Any]]) -> list[Any]:
    """For every player: the best it could earn by a pure strategy of its own, less what it earns."""
    found = []
    for i in range(len(payoffs)):
        now = expected(payoffs, mixed, i)
        best = now
        for a in range(len(mixed[i])):
            changed = [*mixed[:i], [int(k == a) for k in range(len(mixed[i]))], *mixed[i + 1 :]]
            best = max(best, expected(payoffs, changed, i))
        found.append(best - now)
    return found


def spreads(payoffs: list[Any], mixed: list[list[Any]]) -> list[Any]:
    """For every player: the most less the least that it earns by a pure strategy of its own, the others' mixed ones fixed."""
    found = []
    for i in range(len(payoffs)):
        earned = []
        for a in range(len(mixed[i])):
            changed = [*mixed[:i], [int(k == a) for k in range(len(mixed[i]))], *mixed[i + 1 :]]
            earned.append(expected(payoffs, changed, i))
        found.append(max(earned) - min(earned))
    return found


def stakes(payoffs: list[Any], mixed: list[list[Any]]) -> list[Any]:
    """For every player: the mean, over what the others play, of the difference that its own strategy can make."""
    found = []
    for i in range(len(payoffs)):
        total: Any = 0
        for outcome in outcomes(payoffs):
            if outcome[i]:
                continue
            weight: Any = 1
            for j, a in enumerate(outcome):
                weight = weight * (mixed[j][a] if j != i else 1)
            column = [at(payoffs[i], (*outcome[:i], a, *outcome[i + 1 :])) for a in range(len(mixed[i]))]
            total += weight * (max(column) - min(column))
        found.append(total)
    return found


def commitment_bound(lead: list[list[Any]], follow: list[list[Any]], y: list[list[Any]]) -> Fraction:
    """The largest, over s and t, of u_0(s, t) + sum y(t, k) (u_1(s, t) - u_1(s, k)), in fractions."""
    replies = range(len(lead[0]))
    return max(
        Fraction(lead[s][t])
        + sum((Fraction(y[t][k]) * (Fraction(follow[s][t]) - Fraction(follow[s][k])) for k in replies), Fraction(0))
        for s in range(len(lead))
        for t in replies
    )


def pure_equilibria(payoffs: list[Any]) -> list[tuple[int, ...]]:
    sizes = shape(payoffs[0])
    found = []
    for outcome in outcomes(payoffs):
        good = True
        for i in range(len(payoffs)):
            for a in range(sizes[i]):
                other = (*outcome[:i], a, *outcome[i + 1 :])
                good = good and at(payoffs[i], other) <= at(payoffs[i], outcome)
        if good:
            found.append(outcome)
    return found


def best_outcome(payoffs: list[Any], player: int | None = None) -> tuple[float, tuple[int, ...]]:
    """The largest payoff of a player, or (None) sum of all payoffs, and where."""

    def worth(outcome: tuple[int, ...]) -> Any:
        return sum(at(table, outcome) for table in (payoffs if player is None else [payoffs[player]]))

    top = max(outcomes(payoffs), key=worth)
    return worth(top), top


def stackelberg_2xm(lead: list[list[float]], follow: list[list[float]]) -> Fraction:
    """The best commitment of a leader with two strategies: for every reply, the interval of x where it is best; the payoff is
    linear there, so one of the ends is the best of it."""
    best = None
    replies = range(len(lead[0]))
    u = [[Fraction(x) for x in row] for row in lead]
    f = [[Fraction(x) for x in row] for row in follow]
    for t in replies:
        low, high = Fraction(0), Fraction(1)  # x = weight of strategy 0
        for other in replies:
            # x (f0t - f0o) + (1 - x) (f1t - f1o) >= 0
            slope = (f[0][t] - f[0][other]) - (f[1][t] - f[1][other])
            offset = f[1][t] - f[1][other]
            if slope > 0:
                low = max(low, -offset / slope)
            elif slope < 0:
                high = min(high, -offset / slope)
            elif offset < 0:
                low, high = Fraction(1), Fraction(0)
        if low <= high:
            for x in (low, high):
                earned = x * u[0][t] + (1 - x) * u[1][t]
                best = earned if best is None else max(best, earned)
    if best is None:
        raise AssertionError("some reply is best")
    return best


def _solved(rows: list[list[Fraction]]) -> list[Fraction] | None:
    """The one solution of square equations, the right-hand side last; None where there is none, or more."""
    n = len(rows)
    rows = [list(row) for row in rows]
    for c in range(n):
        p = next((r for r in range(c, n) if rows[r][c] != 0), None)
        if p is None:
            return None
        rows[c], rows[p] = rows[p], rows[c]
        rows[c] = [x / rows[c][c] for x in rows[c]]
        for r in range(n):
            if r != c:
                rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[c], strict=True)]
    return [row[-1] for row in rows]


def _candidates(other: list[list[Fraction]]) -> list[tuple[Fraction, ...]]:
    """The mixed strategies that k unplayed strategies' complement and k columns, equal and best for the other, determine.

    other[i][j]: what the other earns by j where this player plays i.
    """
    n, m = len(other), len(other[0])
    found = set()
    for k in range(1, min(n, m) + 1):
        for rows in itertools.combinations(range(n), k):
            for columns in itertools.combinations(range(m), k):
                system = [[*(other[i][j] for i in rows), Fraction(-1), Fraction(0)] for j in columns]
                system.append([*([Fraction(1)] * k), Fraction(0), Fraction(1)])
                point = _solved(system)
                if point is None or min(point[:-1]) < 0:
                    continue
                x = [point[rows.index(i)] if i in rows else Fraction(0) for i in range(n)]
                if all(sum(x[i] * other[i][j] for i in range(n)) <= point[-1] for j in range(m)):
                    found.add(tuple(x))
    return list(found)


def extreme_equilibria(payoffs: list[Any]) -> set[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]]:
    """All pairs of such candidates without a regret."""
    a, b = ([[Fraction(u) for u in row] for row in table] for table in payoffs)
    ours = _candidates(b)
    theirs = _candidates([[row[j] for row in a] for j in range(len(a[0]))])
    return {(x, y) for x in ours for y in theirs if max(regrets([a, b], [list(x), list(y)])) == 0}


def correlated_constraints(payoffs: list[Any], coarse: bool) -> list[list[Any]]:
    """Rows over the outcomes: what a player loses by a deviation, of which the mean must be at least 0."""
    rows = []
    for i, table in enumerate(payoffs):
        for told in [None] if coarse else range(shape(table)[i]):
            for other in range(shape(table)[i]):
                row = []
                for outcome in outcomes(payoffs):
                    left = (*outcome[:i], other, *outcome[i + 1 :])
                    row.append(at(table, outcome) - at(table, left) if told in (None, outcome[i]) else 0)
                rows.append(row)
    return rows


def undominated_by_pure(payoffs: list[Any], weak: bool) -> list[list[int]]:
    """What is left when, round by round, every strategy that another pure one dominates is deleted at once."""
    sizes = shape(payoffs[0])
    left = [list(range(n)) for n in sizes]
    while True:
        gone = set()
        for i in range(len(sizes)):
            for a in left[i]:
                for k in left[i]:
                    gains = []
                    for others in itertools.product(*(left[j] for j in range(len(sizes)) if j != i)):
                        one, two = ((*others[:i], own, *others[i:]) for own in (k, a))
                        gains.append(at(payoffs[i], one) - at(payoffs[i], two))
                    if min(gains) > 0 or (weak and min(gains) == 0 and max(gains) > 0):
                        gone.add((i, a))
        if not gone:
            return left
        left = [[a for a in row if (i, a) not in gone] for i, row in enumerate(left)]
