"""Algorithms 1-3 of the MTA paper as printed, in plain Python over dictionaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracles import allocation as mta


def printed_rewards(s: Any, eligible: set[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """Table (1)-(2): what choosing server i for task j earns; an own task that its source cannot process earns the fee less
    the radio."""
    rewards = {}
    for j in range(len(s.unit_price)):
        for i in range(len(s.capacity)):
            own = i == int(s.source[j])
            pay = float(s.unit_price[j]) * (float(s.data_size[j]) * float(s.cycles_per_unit[i]))
            if (j, i) in eligible:
                share = 1.0 if own else 1.0 - float(s.fee_share)
                rewards[j, i] = share * pay - mta.compute_energy(s, j, i)
            elif own:
                rewards[j, i] = float(s.fee_share) * pay - mta.send_energy(s, j)
    return rewards


def printed_available(s: Any, j: int, i: int, used: list[float]) -> bool:
    """Algorithm 2: a server is kept when its remaining compute time exceeds the deadline."""
    left = float(s.capacity[i]) - used[i]
    return left > 0.0 and left / float(s.frequency[i]) > float(s.deadline[j])


def learn(
    problem: Any, *, episodes: int, rate: float, discount: float, explore: float, literal: bool, seed: int
) -> tuple[list[float], list[int]]:
    """Totals of all episodes, and the servers of the best one (-1: no action, or one that does not process the task)."""
    n, m = len(problem.capacity), len(problem.indptr) - 1
    stored = mta.pairs(problem)
    rewards = printed_rewards(problem.system, set(stored)) if literal else {key: pair[0] for key, pair in stored.items()}
    weight = {
        (j, i): float(problem.system.data_size[j]) * float(problem.system.cycles_per_unit[i]) if literal else stored[j, i][1]
        for j, i in rewards
    }
    table = dict.fromkeys(rewards, 0.0)
    rng = np.random.default_rng(seed)
    totals: list[float] = []
    best: tuple[float, list[int]] = (float("-inf"), [])
    for _ in range(episodes):
        used = [0.0] * n
        chosen: list[int | None] = []
        total, waiting = 0.0, None
        for j in range(m):
            actions = []
            for i in range(n):
                if rewards.get((j, i), 0.0) == 0.0:
                    continue
                if literal:
                    fits = printed_available(problem.system, j, i, used)
                else:
                    fits = used[i] + weight[j, i] <= float(problem.capacity[i]) * (1.0 + mta.TOLERANCE)
                if fits:
                    actions.append(i)
            ahead = max((table[j, i] for i in actions), default=0.0)
            if waiting is not None:
                table[waiting] += rate * (rewards[waiting] + discount * ahead - table[waiting])
            waiting = None
            if not actions:
                chosen.append(None)
                continue
            action = max(actions, key=lambda i, j=j: (table[j, i], -i))
            if rng.random() < explore:
                action = actions[int(rng.random() * len(actions))]
            waiting = (j, action)
            chosen.append(action)
            total += rewards[waiting]
            used[action] += weight[waiting]
        if waiting is not None:
            table[waiting] += rate * (rewards[waiting] - table[waiting])
        totals.append(total)
        if total > best[0]:
            best = total, [-1 if i is None or (j, i) not in stored else i for j, i in enumerate(chosen)]
    return totals, best[1]
