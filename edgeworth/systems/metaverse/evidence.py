"""The computations behind `rows`: each function runs one test of a claim on the whole platform."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.intervals import interval
from edgeworth.core.stop import Stop
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation.evidence import at_home
from edgeworth.systems.metaverse.running import MetaverseRun, run

PRESETS = ("metaverse-code", "metaverse")
OTHERS = ("own server", "greedy")
_PROVED = Stop(gap=0.01)
"""Of exact methods: by a clock, another machine would find another answer."""


def _few(budget: ClaimBudget) -> int:
    return max(2, budget.instances // 4)


@cache
def _allocated(preset: str, number: int, method: str, seed: int) -> tuple[Floats, Floats]:
    """Seconds and joules of every task, sending and computing, under a method; NaN where it is not served."""
    problem = allocation.generate(preset=preset, seed=number)
    system = problem.system
    if system is None:
        raise RuntimeError("the preset has no raw fields")
    asked = at_home(system) if method == "own server" else problem
    best = method in ("own server", "exact")
    found = allocation.solve(asked, method="exact" if best else method, seed=seed, stop=_PROVED if best else None)
    server = found.require().server
    served = np.flatnonzero(server >= 0)
    terms = system.terms(served, server[served])
    seconds, joules = np.full((2, problem.tasks), np.nan)
    seconds[served] = terms.compute_seconds + np.where(terms.sent, terms.send_seconds, 0.0)
    joules[served] = terms.compute_energy + np.where(terms.sent, terms.send_energy, 0.0)
    return seconds, joules


def latency(budget: ClaimBudget) -> Evidence:
    return _a_task(budget, 0, "s")


def energy(budget: ClaimBudget) -> Evidence:
    return _a_task(budget, 1, "J")


def _a_task(budget: ClaimBudget, which: int, unit: str) -> Evidence:
    """What a task takes less by the platform's allocation, mean over the tasks that both serve."""

    def both(own: Floats, other: Floats) -> tuple[float, float]:
        served = ~np.isnan(own) & ~np.isnan(other)
        return float(own[served].mean()), float(other[served].mean())

    return _beside(budget, which, both, f"{unit} a task that both serve", -1.0)


def timely(budget: ClaimBudget) -> Evidence:
    """How many more tasks are served: who is served is served in time, or the assignment breaks C2."""

    def counts(own: Floats, other: Floats) -> tuple[float, float]:
        return float((~np.isnan(own)).sum()), float((~np.isnan(other)).sum())

    return _beside(budget, 0, counts, "tasks finished in time", 1.0)


def _beside(
    budget: ClaimBudget, which: int, measure: Callable[[Floats, Floats], tuple[float, float]], words: str, sign: float
) -> Evidence:
    numbers = list[Row]()
    for preset, platform, other in product(PRESETS, ("q-learning", "exact"), OTHERS):
        pairs = []
        for number in range(_few(budget)):
            runs = [
                measure(_allocated(preset, number, platform, seed)[which], _allocated(preset, number, other, 0)[which])
                for seed in range(budget.seeds if platform == "q-learning" else 1)
            ]
            pairs.append(np.mean(runs, axis=0))
        own, theirs = np.array(pairs).T
        mean, low, high = interval(own - theirs)
        row: dict[str, float | str] = {
            "preset": preset,
            "platform": platform,
            "other": other,
            "own": float(own.mean()),
            "theirs": float(theirs.mean()),
        }
        numbers.append(row | {"difference": mean, "low": low, "high": high})
    better = [min(sign * float(row["low"]), sign * float(row["high"])) > 0.0 for row in numbers]
    text = f"{words}: " + "; ".join(
        f"{row['preset']}, {row['platform']} {row['own']:.3g} beside {row['other']} {row['theirs']:.3g}"
        f" ({row['low']:+.2g} to {row['high']:+.2g})"
        for row in numbers
    )
    found = ClaimVerdict.HOLDS if all(better) else ClaimVerdict.PARTLY if any(better) else ClaimVerdict.FAILS
    first = (float(numbers[0]["low"]), float(numbers[0]["high"]))
    return Evidence(
        found, Reason.MEASURED, text, numbers=tuple(numbers), interval=first, seeds=budget.seeds,
        instances=len(PRESETS) * _few(budget),
    )  # fmt: skip


def as_fast_as_possible(budget: ClaimBudget) -> Evidence:
    """Whether a rule that is faster than the learner is worth as much inside the round."""
    rounds = _few(budget)
    runs: dict[str, MetaverseRun] = {}
    for method in ("greedy", "regret-greedy", "q-learning", "exact"):
        runs[method] = run(rounds=rounds, method=method, stop=_PROVED if method == "exact" else None, seed=0)
    numbers = list[Row]()
    for method, found in runs.items():
        named: dict[str, float] = {
            name: found.measures[name] for name in ("welfare", "welfare_in_time", "late", "greedy_instead")
        }
        named |= {name: found.measures[name] for name in ("allocation", "consensus", "transfer", "computing")}
        numbers.append({"method": method, **named})
    instead = round(runs["q-learning"].measures["greedy_instead"] * rounds)
    slower = runs["q-learning"].measures["allocation"] > runs["greedy"].measures["allocation"]
    text = (
        f"greedy is worth more than the learner in {instead} of {rounds} rounds, so that its assignment is the block's;"
        " seconds of allocation, welfare, and welfare of the tasks in time when the platform's own seconds count: "
        + "; ".join(f"{r['method']} {r['allocation']:.2g} s, {r['welfare']:.5g}, {r['welfare_in_time']:.5g}" for r in numbers)
    )
    verdict = ClaimVerdict.FAILS if instead == rounds and slower else ClaimVerdict.PARTLY if instead else ClaimVerdict.HOLDS
    return Evidence(verdict, Reason.MEASURED, text, numbers=tuple(numbers), seeds=1, instances=rounds)
