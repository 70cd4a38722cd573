"""The MTA paper's learner in plain Python, from its text: Algorithms 1, 2 and 3 line by line over dense tables.

And Q-learning over feasible actions, whose rewards are the values of a problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracles import allocation as mta


def state_action_reward(s: Any) -> list[list[float]]:
    """Algorithm 1: U[j][i] by (1) where task j was submitted to server i, by (2) elsewhere."""
    n, m = len(s.capacity), len(s.unit_price)
    table = [[0.0] * n for _ in range(m)]
    for i in range(n):
        for j in range(m):
            pay = float(s.unit_price[j]) * (float(s.data_size[j]) * float(s.cycles_per_unit[i]))
            able = mta.eligible(s, j, i)
            if i == int(s.source[j]):
                table[j][i] = pay - mta.compute_energy(s, j, i) if able else float(s.fee_share) * pay - mta.send_energy(s, j)
            else:
                table[j][i] = (1.0 - float(s.fee_share)) * pay - mta.compute_energy(s, j, i) if able else 0.0
    return table


def select(rng: Any, row: list[float], actions: list[int], explore: float) -> int:
    """The policy: a number of the stream decides whether to explore, a second one what; ties go to the first action."""
    if rng.random() < explore:
        return actions[int(rng.random() * len(actions))]
    return max(actions, key=lambda i: (row[i], -i))


def refuses(s: Any, i: int, j: int, acc: list[float]) -> bool:
    """Lines 8 and 10 of Algorithm 2."""
    available = (float(s.capacity[i]) - acc[i]) / float(s.frequency[i])
    return acc[i] > float(s.capacity[i]) or available < float(s.deadline[j])


def available(s: Any, i: int, j: int, acc: list[float]) -> bool:
    """Section IV-B1: "if mu_acc < mu_i and tau_ava > tau_e, then [it] is considered as available action"."""
    left = (float(s.capacity[i]) - acc[i]) / float(s.frequency[i])
    return acc[i] < float(s.capacity[i]) and left > float(s.deadline[j])


def algorithm_3(
    s: Any, *, episodes: int, rate: float, discount: float, explore: float, seed: int,
    availability: str = "replace", load: str = "cycles", forgets: bool = True,
) -> tuple[list[float], list[int]]:  # fmt: skip
    """Totals of all episodes, and the servers of the best one; -1 where a task gets none."""
    n, m = len(s.capacity), len(s.unit_price)
    u = state_action_reward(s)
    q = [[0.0] * n for _ in range(m)]
    rng = np.random.default_rng(seed)
    totals: list[float] = []
    best: tuple[float, list[int]] = (float("-inf"), [])

    def actions_of(j: int, acc: list[float]) -> list[int]:
        nonzero = [i for i in range(n) if u[j][i] != 0.0]
        return nonzero if availability == "replace" else [i for i in nonzero if available(s, i, j, acc)]

    for _ in range(episodes):
        acc, used, chosen, total = [0.0] * n, set[int](), [-1] * m, 0.0
        for j in range(m):
            actions = actions_of(j, acc)
            if not actions:
                continue
            action = select(rng, q[j], actions, explore)
            if availability == "replace" and action in used:
                if refuses(s, action, j, acc):
                    if forgets:
                        used.remove(action)
                    actions = [i for i in actions if i != action]
                    if not actions:
                        continue
                    action = select(rng, q[j], actions, explore)
            else:
                used.add(action)
            acc[action] += float(s.data_size[j]) * (float(s.cycles_per_unit[action]) if load == "cycles" else 1.0)
            chosen[j] = action
            total += u[j][action]
            ahead = [q[j + 1][i] for i in actions_of(j + 1, acc)] if j + 1 < m else []
            q[j][action] += rate * (u[j][action] + discount * max(ahead, default=0.0) - q[j][action])
        totals.append(total)
        if total > best[0]:
            best = total, chosen
    return totals, best[1]


def first_come(problem: Any, chosen: list[int]) -> list[int]:
    """What is left of a choice when tasks come in order and one that finds no room at its server stays unserved."""
    table = mta.pairs(problem)
    room = [mta.limit(problem, i) for i in range(len(problem.capacity))]
    kept = []
    for j, i in enumerate(chosen):
        if (j, i) in table and table[j, i][1] <= room[i]:
            room[i] -= mta.Fraction(table[j, i][1])
            kept.append(i)
        else:
            kept.append(-1)
    return kept


def feasible_learner(
    problem: Any, *, episodes: int, rate: float, discount: float, explore: float, seed: int
) -> tuple[list[float], list[int]]:
    """Q-learning over the servers that have room; rewards are the problem's values. Totals, and the best episode's servers."""
    n, m = len(problem.capacity), len(problem.indptr) - 1
    stored = mta.pairs(problem)
    q = [[0.0] * n for _ in range(m)]
    rng = np.random.default_rng(seed)
    totals: list[float] = []
    best: tuple[float, list[int]] = (float("-inf"), [])

    def actions_of(j: int, load: list[float]) -> list[int]:
        listed = [i for i in range(n) if (j, i) in stored and stored[j, i][0] != 0.0]
        return [i for i in listed if load[i] + stored[j, i][1] <= float(problem.capacity[i]) * (1.0 + mta.TOLERANCE)]

    for _ in range(episodes):
        load, chosen, total = [0.0] * n, [-1] * m, 0.0
        for j in range(m):
            actions = actions_of(j, load)
            if not actions:
                continue
            action = select(rng, q[j], actions, explore)
            reward, weight = stored[j, action]
            chosen[j] = action
            total += reward
            load[action] += weight
            ahead = [q[j + 1][i] for i in actions_of(j + 1, load)] if j + 1 < m else []
            q[j][action] += rate * (reward + discount * max(ahead, default=0.0) - q[j][action])
        totals.append(total)
        if total > best[0]:
            best = total, chosen
    return totals, best[1]
