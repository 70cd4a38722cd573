"""The tabular learners once more, with lists and dictionaries, a class each, from their papers."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations
from typing import Any


def draw(policy: list[float], explore: float, u: float) -> int:
    """The action for one uniform number."""
    n = len(policy)
    if u < explore:
        return min(int(u / explore * n), n - 1)
    u = (u - explore) / (1.0 - explore)
    edge = 0.0
    for a, p in enumerate(policy):
        edge += p
        if u < edge:
            return a
    return max(a for a in range(n) if policy[a] > 0.0)


def _dot(weights: list[float], values: list[float]) -> float:
    """In the order of the entries: where policy and average are the same, so are the two sums."""
    total = 0.0
    for w, x in zip(weights, values, strict=True):
        total += w * x
    return total


def projection(point: list[float]) -> list[float]:
    """The nearest point of the simplex, by sorting (Held, Wolfe and Crowder 1974)."""
    falling = sorted(point, reverse=True)
    for k in range(len(point), 0, -1):
        shift = (math.fsum(falling[:k]) - 1.0) / k
        if falling[k - 1] > shift:
            return [max(x - shift, 0.0) for x in point]
    raise AssertionError("the largest entry always stays")


class Naive:
    """What all learners keep: policy, mean policy, visits, Q, for each state."""

    def __init__(self, n: int, **params: float) -> None:
        self.n, self.params = n, params
        self.pi: dict[int, list[float]] = {}
        self.mean: dict[int, list[float]] = {}
        self.q: dict[int, Any] = {}
        self.seen: dict[int, int] = {}

    def meet(self, s: int) -> None:
        if s not in self.pi:
            self.pi[s] = [1.0 / self.n] * self.n
            self.mean[s] = [1.0 / self.n] * self.n
            self.q[s] = self.blank()
            self.seen[s] = 0

    def blank(self) -> Any:
        return [0.0] * self.n

    def decayed(self, name: str, by: str, s: int) -> float:
        return self.params[name] / (1.0 + self.params.get(by, 0.0) * self.seen[s])

    def act(self, s: int, u: float) -> int:
        self.meet(s)
        return draw(self.pi[s], self.decayed("explore", "explore_decay", s), u)

    def worth(self, s: int) -> float:
        self.meet(s)
        return max(self.q[s])

    def learn(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        self.meet(s)
        k = self.seen[s]
        self.mean[s] = [m + (p - m) / (k + 1) for m, p in zip(self.mean[s], self.pi[s], strict=True)]
        self.rule(s, a, b, reward, ahead)
        self.seen[s] += 1

    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        raise NotImplementedError

    def update_q(self, s: int, a: int, reward: float, ahead: float) -> None:
        alpha = self.decayed("rate", "rate_decay", s)
        self.q[s][a] = (1 - alpha) * self.q[s][a] + alpha * (reward + self.params["discount"] * ahead)


class NaiveQ(Naive):
    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        self.update_q(s, a, reward, ahead)
        best = self.q[s].index(max(self.q[s]))
        self.pi[s] = [float(k == best) for k in range(self.n)]


class NaiveWolf(Naive):
    """Bowling and Veloso (2002), table 5, wins on ">"; the AI-Bazaar paper's (31) on ">=", with `win_on_tie`."""

    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        self.update_q(s, a, reward, ahead)
        q, pi = self.q[s], self.pi[s]
        mine, usual = _dot(pi, q), _dot(self.mean[s], q)
        winning = mine >= usual if self.params["win_on_tie"] else mine > usual
        delta = self.decayed("win" if winning else "lose", "step_decay", s)
        best = q.index(max(q))
        gives = [min(p, delta / (self.n - 1)) if self.n > 1 else 0.0 for p in pi]
        taken = sum(gives[k] for k in range(self.n) if k != best)
        self.pi[s] = [pi[k] + taken if k == best else pi[k] - gives[k] for k in range(self.n)]


class NaivePga(Naive):
    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        self.update_q(s, a, reward, ahead)
        q, pi = self.q[s], self.pi[s]
        eta = self.decayed("step", "step_decay", s)
        exact = [Fraction(p) for p in pi]
        exact = [p / sum(exact) for p in exact]  # in floats both Q - V and 1 - p are lost where p is near 1
        v = sum((p * Fraction(x) for p, x in zip(exact, q, strict=True)), Fraction(0))
        moved = []
        for p, x, precise in zip(pi, q, exact, strict=True):
            slope = float(Fraction(x) - v if precise == 1 else (Fraction(x) - v) / (1 - precise))
            moved.append(p + eta * (slope - self.params["prediction"] * abs(slope) * p))
        self.pi[s] = projection(moved)


class NaiveGiga(Naive):
    def __init__(self, n: int, **params: float) -> None:
        super().__init__(n, **params)
        self.z: dict[int, list[float]] = {}

    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        self.update_q(s, a, reward, ahead)
        z = self.z.setdefault(s, [1.0 / self.n] * self.n)
        eta = self.decayed("step", "step_decay", s)
        hat = projection([p + eta * x for p, x in zip(self.pi[s], self.q[s], strict=True)])
        new = projection([p + eta * x / 3.0 for p, x in zip(z, self.q[s], strict=True)])
        apart = math.dist(new, hat)
        part = min(1.0, math.dist(new, z) / apart) if apart > 0.0 else 1.0
        self.pi[s] = [h + part * (w - h) for h, w in zip(hat, new, strict=True)]
        self.z[s] = new


class NaiveMinimax(Naive):
    """Littman (1994), figure 1: "for all s, a, o: Q[s,a,o] := 1; V[s] := 1; pi[s,a] := 1/|A|"."""

    def __init__(self, n: int, opponents: int, **params: float) -> None:
        super().__init__(n, **params)
        self.o = opponents
        self.v: dict[int, float] = {}

    def blank(self) -> Any:
        return [[self.params["initial"]] * self.o for _ in range(self.n)]

    def worth(self, s: int) -> float:
        self.meet(s)
        return self.v.get(s, self.params["initial"])

    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        alpha = self.decayed("rate", "rate_decay", s)
        old = self.q[s][a][b]
        self.q[s][a][b] = (1 - alpha) * old + alpha * (reward + self.params["discount"] * ahead)
        value, self.pi[s] = maximin(self.q[s])
        self.v[s] = float(value)


class NaiveExp3(Naive):
    def blank(self) -> Any:
        return [1.0] * self.n

    def worth(self, s: int) -> float:
        return 0.0

    def rule(self, s: int, a: int, b: int, reward: float, ahead: float) -> None:
        gamma, low, high = (self.params[name] for name in ("mixing", "low", "high"))
        estimate = (reward - low) / (high - low) / self.pi[s][a]
        self.q[s][a] *= math.exp(gamma * estimate / self.n)
        total = sum(self.q[s])
        self.pi[s] = [(1 - gamma) * w / total + gamma / self.n for w in self.q[s]]


LEARNERS: dict[str, type[Naive]] = {
    "QLearning": NaiveQ,
    "WolfPhc": NaiveWolf,
    "PgaApp": NaivePga,
    "GigaWolf": NaiveGiga,
    "MinimaxQ": NaiveMinimax,
    "Exp3": NaiveExp3,
}


def play_round(payoffs: Any, transitions: Any, learners: list[Naive], s: int, uniforms: Any) -> tuple[tuple[int, ...], int]:
    """One round of a Markov game in state s: payoffs[s][i][a0][a1]..., transitions[s][a0][a1]...[s'] or None; `uniforms` is
    called for each number. Returns the joint action and the next state."""
    joint = tuple(learner.act(s, uniforms()) for learner in learners)
    after = 0
    if transitions is not None:
        row, u = transitions[s], uniforms()
        for a in joint:
            row = row[a]
        edge, after = 0.0, len(row) - 1
        for k, p in enumerate(row[:-1]):
            edge += p
            if u < edge:
                after = k
                break
    worths = [learner.worth(after) for learner in learners]
    for i, learner in enumerate(learners):
        reward = payoffs[s][i]
        against = 0
        for k, a in enumerate(joint):
            reward = reward[a]
            if k != i:
                against = against * learners[k].n + a
        learner.learn(s, joint[i], against, float(reward), worths[i])
    return joint, after


def maximin(matrix: list[list[float]]) -> tuple[Fraction, list[float]]:
    """Value and a maximin policy in exact fractions: by pairs of equal supports (Shapley and Snow 1950), the first that works.

    The value is unique, the policy need not be.
    """
    rows, columns = range(len(matrix)), range(len(matrix[0]))
    exact = [[Fraction(x) for x in row] for row in matrix]
    for size in range(1, min(len(rows), len(columns)) + 1):
        for mine in combinations(rows, size):
            for theirs in combinations(columns, size):
                found = _equalise([[exact[a][b] for a in mine] for b in theirs])
                back = _equalise([[-exact[a][b] for b in theirs] for a in mine])
                if found is None or back is None:
                    continue
                weights, value = found
                others, loss = back
                if min(weights) < 0 or min(others) < 0 or value != -loss:
                    continue
                guaranteed = all(sum(w * exact[a][b] for w, a in zip(weights, mine, strict=True)) >= value for b in columns)
                held = all(sum(w * exact[a][b] for w, b in zip(others, theirs, strict=True)) <= value for a in rows)
                if guaranteed and held:
                    policy = dict(zip(mine, weights, strict=True))
                    return value, [float(policy.get(a, Fraction(0))) for a in rows]
    raise AssertionError("every matrix game has a basic solution")


def _equalise(lines: list[list[Fraction]]) -> tuple[list[Fraction], Fraction] | None:
    """Weights summing to 1 under which all lines earn the same: Gauss over the fractions; None where not unique."""
    n = len(lines)
    system = [[*line, Fraction(-1), Fraction(0)] for line in lines] + [[Fraction(1)] * n + [Fraction(0), Fraction(1)]]
    for k in range(n + 1):
        pivot = next((r for r in range(k, n + 1) if system[r][k] != 0), None)
        if pivot is None:
            return None
        system[k], system[pivot] = system[pivot], system[k]
        system[k] = [x / system[k][k] for x in system[k]]
        for r in range(n + 1):
            if r != k and system[r][k] != 0:
                system[r] = [x - system[r][k] * y for x, y in zip(system[r], system[k], strict=True)]
    answer = [row[-1] for row in system]
    return answer[:n], answer[n]
