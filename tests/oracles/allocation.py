"""Multi-task allocation once more, in plain Python. Reads the fields of a problem, uses none of its code."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

TOLERANCE = 1e-9


def pairs(problem: Any) -> dict[tuple[int, int], tuple[float, float]]:
    """(task, server) -> (value, weight) of every stored pair."""
    table = {}
    for j in range(len(problem.indptr) - 1):
        for k in range(int(problem.indptr[j]), int(problem.indptr[j + 1])):
            table[j, int(problem.server[k])] = (float(problem.value[k]), float(problem.weight[k]))
    return table


def limit(problem: Any, i: int) -> Fraction:
    """What server i may carry: its capacity where that and all weights are integers, else a hair more."""
    weights = [weight for (_, server), (_, weight) in pairs(problem).items() if server == i]
    c = float(problem.capacity[i])
    exact = c.is_integer() and all(weight.is_integer() for weight in weights) and sum(weights) < 2.0**53
    return Fraction(c if exact else c * (1.0 + TOLERANCE))


def grid(problem: Any) -> Fraction | None:
    """The largest number of which all values are multiples; None where it is very small beside them."""
    values = [abs(Fraction(worth)) for worth, _ in pairs(problem).values() if worth != 0.0]
    if not values:
        return Fraction(1)
    bottom = math.lcm(*(number.denominator for number in values))
    step = Fraction(math.gcd(*(int(number * bottom) for number in values)), bottom)
    if any(number.denominator > 1 for number in values):  # powers of two only
        step = Fraction(1, bottom) * (1 if bottom > 1 else 0)
    return step if sum(values) < 2**50 * step else None


def rounded(problem: Any, bound: Fraction) -> Fraction:
    """A bound in the problem's own terms moved inward to the grid of the values."""
    step = grid(problem)
    if step is None:
        return bound
    sign = 1 if problem.sense == "max" else -1
    offset = Fraction(problem.offset)
    return offset + sign * step * ((sign * (bound - offset)) // step)


def loads(problem: Any, servers: list[int]) -> list[float]:
    table, load = pairs(problem), [0.0] * len(problem.capacity)
    for j, i in enumerate(servers):
        if (j, i) in table:
            load[i] += table[j, i][1]
    return load


def value(problem: Any, servers: list[int]) -> Fraction:
    """Exact; pairs that are not eligible raise KeyError."""
    table = pairs(problem)
    total = Fraction(problem.offset)
    for j, i in enumerate(servers):
        if i >= 0:
            total += Fraction(table[j, i][0])
    return total


def feasible(problem: Any, servers: list[int]) -> bool:
    table = pairs(problem)
    for j, i in enumerate(servers):
        if i < 0:
            if bool(problem.must_serve[j]):
                return False
        elif (j, i) not in table or (problem.system is not None and not timely(problem.system, j, i, 1.0 + TOLERANCE)):
            return False
    return all(load <= limit(problem, i) for i, load in enumerate(loads(problem, servers)))


def optimum(problem: Any) -> tuple[Fraction, list[int]] | None:
    """Best value over all assignments and one that has it; None where nothing is feasible. Tiny problems only."""
    table = pairs(problem)
    n, m = len(problem.capacity), len(problem.indptr) - 1
    options = [[-1] * (not problem.must_serve[j]) + [i for i in range(n) if (j, i) in table] for j in range(m)]
    best: tuple[Fraction, list[int]] | None = None
    for servers in itertools.product(*options):
        chosen = list(servers)
        if feasible(problem, chosen):
            worth = value(problem, chosen)
            if best is None or (worth > best[0] if problem.sense == "max" else worth < best[0]):
                best = worth, chosen
    return best


def lagrangian(problem: Any, u: Any) -> tuple[Fraction, Fraction] | None:
    """L(u) in the problem's own terms, with exact rationals, and the sum of the magnitudes of its terms (its scale).

    None where a task that must be served has no pair: nothing is feasible.
    """
    sign = 1 if problem.sense == "max" else -1
    table = pairs(problem)
    total, scale = Fraction(0), abs(Fraction(problem.offset))
    for i in range(len(problem.capacity)):
        rent = Fraction(float(u[i])) * limit(problem, i)
        total, scale = total + rent, scale + rent
    for j in range(len(problem.indptr) - 1):
        reduced = []
        for (task, i), (worth, weight) in table.items():
            if task == j:
                price = Fraction(float(u[i])) * Fraction(weight)
                reduced.append(sign * Fraction(worth) - price)
                scale += abs(Fraction(worth)) + price
        if not problem.must_serve[j]:
            reduced.append(Fraction(0))
        if not reduced:
            return None
        total += max(reduced)
    return Fraction(problem.offset) + sign * total, scale


def assignment_lagrangian(problem: Any, lam: Any) -> tuple[Fraction, Fraction] | None:
    """L(lambda) of assignment multipliers in the problem's own terms: every subset of every server's tasks, exact rationals.

    With the sum of the magnitudes of its terms; None where a task that must be served has no pair.
    """
    sign = 1 if problem.sense == "max" else -1
    table = pairs(problem)
    m = len(problem.indptr) - 1
    if any(problem.must_serve[j] and not any(task == j for task, _ in table) for j in range(m)):
        return None
    multipliers = [Fraction(float(number)) for number in lam]
    total, scale = sum(multipliers, Fraction(0)), abs(Fraction(problem.offset)) + sum(map(abs, multipliers), Fraction(0))
    for i in range(len(problem.capacity)):
        mine = [(j, worth, weight) for (j, server), (worth, weight) in table.items() if server == i]
        best = Fraction(0)
        for chosen in itertools.product([False, True], repeat=len(mine)):
            taken = [item for item, is_in in zip(mine, chosen, strict=True) if is_in]
            if sum(weight for _, _, weight in taken) <= limit(problem, i):
                best = max(best, sum((sign * Fraction(worth) - multipliers[j] for j, worth, _ in taken), Fraction(0)))
        total += best
        scale += sum((abs(Fraction(worth)) + abs(multipliers[j]) for j, worth, _ in mine), Fraction(0))
    return Fraction(problem.offset) + sign * total, scale


# --- from the raw fields ------------------------------------------------------------------------------------------------


def _cycles(s: Any, j: int, i: int) -> float:
    return float(s.data_size[j]) * float(s.cycles_per_unit[i])


def _send_seconds(s: Any, j: int) -> float:
    k = int(s.source[j])
    snr = float(s.transmit_power[k]) * float(s.gain[k]) / float(s.noise) ** 2
    logarithm = math.log(1.0 + snr) if s.rate_unit == "nat" else math.log2(1.0 + snr)
    return float(s.data_size[j]) / (float(s.bandwidth[k]) * logarithm)


def compute_energy(s: Any, j: int, i: int) -> float:
    return float(s.energy_coefficient[i]) * _cycles(s, j, i) * float(s.frequency[i]) ** 2


def send_energy(s: Any, j: int) -> float:
    return float(s.transmit_power[int(s.source[j])]) * _send_seconds(s, j)


def latency(s: Any, j: int, i: int) -> float:
    sending = _send_seconds(s, j) if i != int(s.source[j]) else 0.0
    return _cycles(s, j, i) / float(s.frequency[i]) + sending


def timely(s: Any, j: int, i: int, slack: float = 1.0) -> bool:
    return latency(s, j, i) <= float(s.deadline[j]) * slack


def margin(s: Any, j: int, i: int) -> float:
    """How far the pair is from the edge of eligibility, relative: near 0 rounding decides."""
    edges = [(latency(s, j, i), float(s.deadline[j])), (_cycles(s, j, i), float(s.capacity[i]))]
    return min(abs(a - b) / max(abs(b), 1e-300) for a, b in edges)


def eligible(s: Any, j: int, i: int) -> bool:
    return _cycles(s, j, i) <= float(s.capacity[i]) * (1.0 + TOLERANCE) and timely(s, j, i)


def pair_value(s: Any, j: int, i: int) -> float:
    sending = send_energy(s, j) if i != int(s.source[j]) else 0.0
    return float(s.unit_price[j]) * _cycles(s, j, i) - compute_energy(s, j, i) - sending


def utilities(s: Any, servers: list[int]) -> list[float]:
    """Server by server as the paper tells it: who computes is paid, who sends gets the fee and pays the radio."""
    result = [0.0] * len(s.capacity)
    for j, i in enumerate(servers):
        if i < 0:
            continue
        k, pay = int(s.source[j]), float(s.unit_price[j]) * _cycles(s, j, i)
        result[i] += pay - compute_energy(s, j, i)
        if i != k:
            result[i] -= float(s.fee_share) * pay
            result[k] += float(s.fee_share) * pay - send_energy(s, j)
    return result
