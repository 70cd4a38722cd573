"""The computations behind those of `claims` that are on the curves of figures 2 to 4."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from edgeworth.core.claim_figures import curves
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.core.intervals import interval
from edgeworth.solvers.allocation.learned.q_learning import QLearning
from edgeworth.solvers.allocation.model import AllocationProblem, generate

PRESETS = ("metaverse", "hotspot")
METHODS = ("greedy", "q-learning")
PERCENTS = (0, 10, 40, 70, 100)
TASKS = (20, 50, 100, 150, 200)
DISCOUNTS = (0.1, 0.5, 0.9)

Made = Callable[[str, int, int], AllocationProblem]
"""(preset, point, seed) -> problem."""


def _few(budget: ClaimBudget) -> int:
    return max(2, budget.instances // 4)


def _along(budget: ClaimBudget, name: str, points: Sequence[int], made: Made) -> tuple[list[Row], dict[str, bool]]:
    """Mean welfare at every point, and which curves rise at every step."""
    rows, rises = list[Row](), {}
    for preset in PRESETS:
        problems = {point: [made(preset, point, seed) for seed in range(_few(budget))] for point in points}
        for method in METHODS:
            means = []
            for point in points:
                values = [
                    family("allocation").solve(problem, method=method, seed=seed).value or 0.0
                    for seed, problem in enumerate(problems[point])
                ]
                means.append(float(np.mean(values)))
                rows.append({"preset": preset, "method": method, name: point, "welfare": means[-1]})
            rises[f"{preset}, {method}"] = all(after > before for before, after in pairwise(means))
    return rows, rises


def _curves(budget: ClaimBudget, name: str, points: Sequence[int], made: Made, *, wanted: bool) -> Evidence:
    rows, rises = _along(budget, name, points, made)
    held = [rising == wanted for rising in rises.values()]
    ends = {
        key: [
            float(row["welfare"])
            for row in rows
            if f"{row['preset']}, {row['method']}" == key and row[name] in (points[0], points[-1])
        ]
        for key in rises
    }
    text = f"mean welfare with {name.replace('_', ' ')} {points[0]} and {points[-1]}: " + "; ".join(
        f"{key} {first:.4g} and {last:.4g}{'' if rises[key] else ', not at every step'}" for key, (first, last) in ends.items()
    )
    found = ClaimVerdict.HOLDS if all(held) else ClaimVerdict.PARTLY if any(held) else ClaimVerdict.FAILS
    drawn = curves(rows, name, "welfare", ["preset", "method"])
    instances = len(PRESETS) * len(points) * _few(budget)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), seeds=1, instances=instances, figure=drawn)


def more_tasks(budget: ClaimBudget) -> Evidence:
    return _curves(
        budget, "tasks", TASKS, lambda preset, count, seed: generate(preset=preset, tasks=count, seed=seed), wanted=False
    )


def _scaled(field: str) -> Made:
    def made(preset: str, percent: int, seed: int) -> AllocationProblem:
        system = generate(preset=preset, seed=seed).system
        if system is None:
            raise RuntimeError("the preset has no raw fields")
        changed = {field: getattr(system, field) * (1.0 + percent / 100.0)}
        return AllocationProblem.from_system(replace(system, **changed))

    return made


def larger_prices(budget: ClaimBudget) -> Evidence:
    return _curves(budget, "percent_larger", PERCENTS, _scaled("unit_price"), wanted=True)


def larger_data(budget: ClaimBudget) -> Evidence:
    return _curves(budget, "percent_larger", PERCENTS, _scaled("data_size"), wanted=True)


def larger_discount(budget: ClaimBudget) -> Evidence:
    """What the learner's best episode is worth with a larger discount less with the next smaller one."""
    rows = list[Row]()
    for preset in PRESETS:
        problems = [generate(preset=preset, seed=seed) for seed in range(_few(budget))]
        found = {
            discount: np.array(
                [
                    family("allocation")
                    .solve(problem, method="q-learning", seed=seed, params=QLearning(discount=discount))
                    .value
                    for seed, problem in enumerate(problems)
                ],
                dtype=np.float64,
            )
            for discount in DISCOUNTS
        }
        for small, large in pairwise(DISCOUNTS):
            mean, low, high = interval(found[large] - found[small])
            row: dict[str, float | str] = {"preset": preset, "steps": f"gamma {small:g} to {large:g}"}
            rows.append(row | {"welfare": float(found[large].mean()), "difference": mean, "low": low, "high": high})
    better = [float(row["low"]) > 0.0 for row in rows]
    text = "welfare after 500 episodes, with the larger gamma less with the smaller: " + "; ".join(
        f"{row['preset']}, {row['steps']}: {row['difference']:+.3g} ({row['low']:+.3g} to {row['high']:+.3g})" for row in rows
    )
    verdict = ClaimVerdict.HOLDS if all(better) else ClaimVerdict.PARTLY if any(better) else ClaimVerdict.FAILS
    ends = (float(rows[0]["low"]), float(rows[0]["high"]))
    return Evidence(
        verdict, Reason.MEASURED, text, numbers=tuple(rows), interval=ends, seeds=1, instances=len(PRESETS) * _few(budget)
    )
