"""The learners of carbon-aware offloading after training: processor time, and cost beside the best causal policy and a rule.

`deep_learning.py` records its tables. With --data, run by itself, it writes what `notebooks/08_deep_learning.ipynb` shows.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from harness import HERE, table

from edgeworth.learning import deep
from edgeworth.learning.deep.learned import COPIES, SEED
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading.learned.plan import PLAN

STEPS = 2_000_000
EPISODES = range(900_000, 900_020)
REFERENCES = ("value-iteration", "lyapunov", "exact")
TRIALS = HERE / "learner_trials.csv"
"""What was tried before the settings of `learned.plan`: one training a row, judged on episodes of other seeds."""
DATA = HERE.parent / "notebooks" / "data"
_THIN = 4  # updates behind one point of a saved curve


class Case(NamedTuple):
    """What is trained: method, what devices observe, agent-steps, and the number of seeds."""

    method: str
    observe: str = "csi"
    steps: int = STEPS
    seeds: int = 1


CASES = (Case("ppo", seeds=10), Case("ppo", "paper", seeds=3), Case("ppo", steps=10 * STEPS), Case("mappo", seeds=3))
CASES += (Case("ddpg", seeds=3), Case("td3", seeds=3))


@cache
def problems() -> tuple[carbon_offloading.CarbonOffloading, ...]:
    return tuple(carbon_offloading.generate(seed=seed) for seed in EPISODES)


@cache
def reference(method: str) -> float:
    return float(np.mean([carbon_offloading.solve(problem, method=method).value for problem in problems()]))


def run(case: Case, seed: int) -> tuple[dict[str, object], pd.DataFrame]:
    """One training: how its policy does on the evaluation episodes, and the learning curve."""
    env = PLAN.environment(case.method, COPIES, observe=case.observe)
    began = time.process_time()
    trained = deep.train(env, PLAN.learners[case.method](case.steps), steps=case.steps, seed=seed, name=case.method)
    seconds = time.process_time() - began
    cost = float(np.mean([carbon_offloading.solve(problem, method=trained.policy).value for problem in problems()]))
    found = {
        "method": case.method,
        "observe": case.observe,
        "steps": case.steps,
        "seed": seed,
        "cpu_seconds": round(seconds, 1),
    }
    above = {f"above_{name}": round(cost / reference(name) - 1.0, 4) for name in REFERENCES}
    return found | {"cost": round(cost, 3)} | above, trained.frame


def summary(rows: pd.DataFrame) -> str:
    """A line a case: medians and ranges over its seeds."""
    lines = []
    for (method, observe, steps), part in rows.groupby(["method", "observe", "steps"], sort=False):
        shares = [
            f"{part[f'above_{name}'].median():+.1%} ({part[f'above_{name}'].min():+.1%} to {part[f'above_{name}'].max():+.1%})"
            for name in REFERENCES
        ]
        lines.append([method, observe, f"{steps:,}", len(part), f"{part.cpu_seconds.median() / 60:.1f}", *shares])
    header = ["method", "observes", "agent-steps", "seeds", "CPU minutes"]
    return table([*header, *(f"cost above {name}: median (range)" for name in REFERENCES)], lines)


def trials() -> str:
    """The settings tried, from the file of trials."""
    with TRIALS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = []
    for row in rows:
        setting = ", ".join(f"{name} {value}" for name, value in json.loads(row["setting"]).items())
        shares = (f"{float(row[name]):+.1%}" for name in ("above_value_iteration", "above_lyapunov"))
        lines.append([row["learner"], setting, row["note"], row["seed"], f"{int(row['steps']):,}", *shares])
    header = ["learner", "setting that differs from its defaults", "note", "seed", "agent-steps"]
    return f"{len(rows)} trials:\n\n" + table([*header, "cost above value-iteration", "above lyapunov"], lines)


def section(cases: tuple[Case, ...] = CASES) -> str:
    """All tables as text."""
    rows = pd.DataFrame([run(case, SEED + k)[0] for case in cases for k in range(case.seeds)])
    costs = ", ".join(f"{name} {reference(name):.3f}" for name in REFERENCES)
    about = f"CADDTO, {len(EPISODES)} evaluation episodes from seed {EPISODES[0]}; mean cost of an episode: {costs}."
    return f"{about}\n\n{summary(rows)}\n\n{trials()}"


def write(cases: tuple[Case, ...], folder: Path) -> None:
    """The rows and the thinned curves of all trainings, as the notebook reads them."""
    rows, curves = [], []
    for case in cases:
        for k in range(case.seeds):
            row, frame = run(case, SEED + k)
            rows.append(row)
            curves.append(thinned(case, SEED + k, frame))
            print(row, flush=True)
    save(pd.DataFrame(rows), pd.concat(curves), folder)


def thinned(case: Case, seed: int, frame: pd.DataFrame) -> pd.DataFrame:
    """A point for some updates of the curve: the last one's agent-steps, and their mean reward."""
    every = max(_THIN, len(frame) // 25)
    blocks = frame.groupby(np.arange(len(frame)) // every)
    points = pd.DataFrame({"steps": blocks["steps"].last(), "reward": blocks["reward"].mean().round(5)})
    return points.assign(method=case.method, observe=case.observe, budget=case.steps, seed=seed)


def save(rows: pd.DataFrame, curves: pd.DataFrame, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    rows.to_csv(folder / "08_policies.csv", index=False)
    curves.to_csv(folder / "08_curves.csv", index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="store_true", help="write what the notebook shows")
    options = parser.parse_args()
    if options.data:
        write(CASES, DATA)
    else:
        print(section())


if __name__ == "__main__":
    main()
