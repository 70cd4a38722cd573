"""Profiles, ranks, paired tests and convergence once more, in plain loops over plain runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product

TOL = 1e-9


@dataclass
class PlainRun:
    """A run; the trace is a list of (seconds, value, bound), None where there was none yet."""

    method: str
    instance: str
    seed: int
    value: float | None
    bound: float | None
    seconds: float
    verified: bool = True
    evidence: str = "recomputed"
    proved: bool = False
    offset: float = 0.0
    trace: list[tuple[float, float | None, float | None]] | None = field(default=None)

    @property
    def stands(self) -> bool:
        return self.verified and self.value is not None


def gap(value: float, bound: float, sense: str, offset: float) -> float:
    missing = bound - value if sense == "max" else value - bound
    if missing == 0.0:
        return 0.0
    return missing / abs(value - offset) if value != offset else missing / abs(bound - offset)


def best_value(runs: list[PlainRun], instance: str, sense: str) -> float | None:
    found = [run.value for run in runs if run.instance == instance and run.stands and run.value is not None]
    return None if not found else max(found) if sense == "max" else min(found)


def best_bound(runs: list[PlainRun], instance: str, sense: str) -> float | None:
    here = [run for run in runs if run.instance == instance and run.verified and run.bound is not None]
    found = [run.bound for run in here if run.evidence == "recomputed"] or [run.bound for run in here]
    known = [bound for bound in found if bound is not None]
    return None if not known else min(known) if sense == "max" else max(known)


def reference(runs: list[PlainRun], instance: str, sense: str, goal: str) -> float | None:
    return best_value(runs, instance, sense) if goal == "value" else best_bound(runs, instance, sense)


def is_solved(run: PlainRun, runs: list[PlainRun], sense: str, goal: str, tau: float) -> bool:
    if goal == "proof":
        return run.verified and run.proved
    to = reference(runs, run.instance, sense, goal)
    if not run.stands or run.value is None or to is None:
        return False
    return gap(run.value, to, sense, run.offset) <= max(tau, TOL)


def seconds_used(run: PlainRun, runs: list[PlainRun], sense: str, goal: str, tau: float) -> float:
    if goal != "proof" and is_solved(run, runs, sense, goal, tau) and run.trace is not None and run.value is not None:
        to = reference(runs, run.instance, sense, goal)
        assert to is not None
        for seconds, value, _ in run.trace:
            if value is None:
                continue
            counted = min(value, run.value) if sense == "max" else max(value, run.value)
            if gap(counted, to, sense, run.offset) <= max(tau, TOL):
                return min(seconds, run.seconds)
    return run.seconds


def performance(runs: list[PlainRun], method: str, x: float, sense: str, goal: str, tau: float) -> float:
    """The share of instances on which the method's expected time is at most x times the shortest."""

    def cost(name: str, instance: str) -> float:
        mine = [run for run in runs if run.method == name and run.instance == instance]
        solved = sum(is_solved(run, runs, sense, goal, tau) for run in mine)
        total = sum(seconds_used(run, runs, sense, goal, tau) for run in mine)
        return total / solved if solved else math.inf

    names, instances = {run.method for run in runs}, {run.instance for run in runs}
    good = 0
    for instance in instances:
        best = min(cost(name, instance) for name in names)
        own = cost(method, instance)
        good += own < math.inf and own / best <= x
    return good / len(instances)


def solved_within(runs: list[PlainRun], method: str, x: float, sense: str, goal: str, tau: float) -> float:
    """The share of runs that solved their instance in x seconds, every instance weighing the same."""
    instances, total = {run.instance for run in runs}, 0.0
    for instance in instances:
        mine = [run for run in runs if run.method == method and run.instance == instance]
        hits = [run for run in mine if is_solved(run, runs, sense, goal, tau)]
        total += sum(seconds_used(run, runs, sense, goal, tau) <= x for run in hits) / len(mine)
    return total / len(instances)


def near(runs: list[PlainRun], method: str, x: float, sense: str, goal: str) -> float:
    """The share of runs with a gap of at most x."""
    instances, total = {run.instance for run in runs}, 0.0
    for instance in instances:
        mine = [run for run in runs if run.method == method and run.instance == instance]
        to = reference(runs, instance, sense, goal)
        for run in mine:
            if run.stands and run.value is not None and to is not None and gap(run.value, to, sense, run.offset) <= x:
                total += 1.0 / len(mine)
    return total / len(instances)


def score(runs: list[PlainRun], method: str, instance: str, sense: str) -> float:
    mine = [run for run in runs if run.method == method and run.instance == instance]
    if not all(run.stands for run in mine):
        return -math.inf
    mean = math.fsum(run.value for run in mine if run.value is not None) / len(mine)
    return mean if sense == "max" else -mean


def difference(a: float, b: float, offset: float) -> float:
    if a == b:
        return 0.0
    if a == -math.inf or b == -math.inf:
        return math.inf if b == -math.inf else -math.inf
    relative = (a - b) / max(abs(a - offset), abs(b - offset))
    return 0.0 if abs(relative) <= TOL else relative


def rank(scores: list[float], position: int, offset: float) -> float:
    """1 and one for everybody better, and half of one for everybody else who is equal."""
    place = 1.0
    for other, number in enumerate(scores):
        if other != position:
            by = difference(number, scores[position], offset)
            place += 1.0 if by > 0.0 else 0.5 if by == 0.0 else 0.0
    return place


def friedman(places: list[list[float]]) -> float:
    """The statistic with ties, from the variance of all ranks (Conover)."""
    n, k = len(places), len(places[0])
    squares = sum(place**2 for line in places for place in line)
    spread = squares - n * k * (k + 1) ** 2 / 4.0
    columns = [sum(line[j] for line in places) for j in range(k)]
    return (k - 1) * sum((column - n * (k + 1) / 2.0) ** 2 for column in columns) / spread


def signed_rank(found: list[float]) -> float:
    """Every pattern of signs of the ranks, zeros' ranks split; the share that is as uneven as what was found."""
    sizes = [abs(number) for number in found]
    places = [sum(s < size for s in sizes) + (sum(s == size for s in sizes) + 1) / 2.0 for size in sizes]
    moving = [place for place, number in zip(places, found, strict=True) if number != 0.0]
    have = abs(sum(math.copysign(place, n) for place, n in zip(places, found, strict=True) if n != 0.0))
    patterns = list(product((-1.0, 1.0), repeat=len(moving)))
    hits = sum(abs(sum(s * place for s, place in zip(signs, moving, strict=True))) >= have - TOL for signs in patterns)
    return hits / len(patterns)


def holm(p: list[float]) -> list[float]:
    """The smallest level at which the step-down procedure rejects each hypothesis."""
    out = []
    for own in p:
        steps = [(len(p) - sum(other < q for other in p)) * q for q in p if q <= own]
        out.append(min(max(steps), 1.0))
    return out


def standing_at(run: PlainRun, t: float, sense: str, which: str) -> float | None:
    """The incumbent or the bound of a run at time t."""
    final = run.value if which == "value" else run.bound
    if not run.verified or final is None:
        return None
    if t >= run.seconds:
        return final
    upward = (sense == "max") == (which == "value")  # does what stands grow?
    best: float | None = None
    for seconds, value, bound in run.trace or []:
        number = value if which == "value" else bound
        if seconds <= t and number is not None and (best is None or (number > best if upward else number < best)):
            best = number
    if best is None:
        return None
    return min(best, final) if upward else max(best, final)


def quartile(numbers: list[float], share: float) -> float:
    """The smallest number that at least this share does not exceed."""
    return min(x for x in numbers if sum(y <= x for y in numbers) >= share * len(numbers) - 1e-12)


def gaps_at(runs: list[PlainRun], method: str, t: float, sense: str, goal: str, which: str) -> list[float]:
    """The mean gap over seeds on every instance at time t."""
    out = []
    for instance in sorted({run.instance for run in runs}):
        gaps = []
        for run in (run for run in runs if run.method == method and run.instance == instance):
            stands = standing_at(run, t, sense, which)
            to = reference(runs, instance, sense, goal if which == "value" else "value")
            if stands is None or to is None:
                gaps.append(math.inf)
            else:
                found = gap(stands, to, sense, run.offset) if which == "value" else gap(to, stands, sense, run.offset)
                gaps.append(0.0 if abs(found) <= TOL else found)
        out.append(sum(gaps) / len(gaps))
    return out
