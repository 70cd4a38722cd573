"""Comparisons made of plain runs, without a method that ran."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from edgeworth import Comparison, Quality, Result, Termination
from edgeworth.core.numeric import Sense
from edgeworth.core.result import Stats, Trace
from edgeworth.experiments.setting import Setting, versions
from tests.oracles.profiles import PlainRun


def comparison(runs: Sequence[PlainRun], sense: Sense = "max", methods: Sequence[tuple[str, str]] = ()) -> Comparison:
    """The runs as what `compare` returns of allocation problems; methods: labels and what they stand for."""
    labels = tuple(methods) or tuple((label, "callable made") for label in dict.fromkeys(run.method for run in runs))
    problems = tuple(dict.fromkeys(run.instance for run in runs))
    setting = Setting("allocation", sense, problems, labels, (0,), 1, 1, len(runs), False, versions())
    return Comparison(tuple(_row(run) for run in runs), tuple(_result(run, sense) for run in runs), setting)


def random_runs(seed: int, sense: Sense, methods: int = 4, instances: int = 7, seeds: int = 2) -> list[PlainRun]:
    """Few different values, so that there are ties; failures, bounds of both kinds, offsets, and traces that go up and down."""
    rng = np.random.default_rng(seed)
    up = 1.0 if sense == "max" else -1.0
    runs = []
    for instance in range(instances):
        offset = float(rng.choice([0.0, 0.0, 50.0]))
        size = float(rng.choice([3.0, 100.0]))
        for method in range(methods):
            for k in range(seeds if method % 2 else 1):  # every other method is deterministic
                value = offset + size * float(rng.choice([8.0, 9.0, 9.95, 10.0]))
                bound = offset + size * (9.0 + up * float(rng.choice([1.0, 1.05, 2.0])))
                seconds = float(rng.choice([0.5, 1.0, 2.0, 4.0])) * float(rng.choice([1.0, rng.uniform(0.5, 2.0)]))
                trace = None
                if rng.random() < 0.7:
                    times = np.sort(rng.uniform(0.0, seconds, 4))
                    trace = [
                        (
                            float(t),
                            None if rng.random() < 0.2 else value - up * size * float(rng.choice([-0.1, 0.0, 0.05, 0.5, 3.0])),
                            None if rng.random() < 0.4 else bound + up * size * float(rng.choice([-0.1, 0.0, 1.0])),
                        )
                        for t in times
                    ]
                if sense == "min":  # values are 8 to 10 sizes, and the bounds of minimisation lie below
                    bound = offset + size * float(rng.choice([6.0, 7.95, 8.0]))
                runs.append(
                    PlainRun(
                        f"m{method}", f"p{instance}", k, None if rng.random() < 0.1 else value,
                        None if rng.random() < 0.5 else bound, seconds, bool(rng.random() < 0.9),
                        str(rng.choice(["recomputed", "claimed"])), bool(rng.random() < 0.5), offset, trace,
                    )
                )  # fmt: skip
    return runs


def _row(run: PlainRun) -> dict[str, Any]:
    return {
        "problem": run.instance,
        "problem_hash": run.instance,
        "instance_seed": None,
        "method": run.method,
        "method_seed": run.seed,
        "value": run.value,
        "bound": run.bound,
        "bound_evidence": None if run.bound is None else run.evidence,
        "gap": None,
        "gap_to_best_bound": None,
        "gap_of_price": None,
        "regret": None,
        "quality": "optimal" if run.proved else "feasible",
        "termination": "converged",
        "seconds": run.seconds,
        "time_limit": None,
        "overran": False,
        "verified": run.verified,
        "notes": "",
        "comparable": True,
        "offset": run.offset,
        "reply_value": None,
    }


def _result(run: PlainRun, sense: Sense) -> Result[Any]:
    trace = None
    if run.trace is not None:
        numbers = [[math.nan if cell is None else cell for cell in point] for point in run.trace]
        table = np.array(numbers, dtype=np.float64).reshape(-1, 3)
        trace = Trace(table[:, 0], np.arange(len(table)), table[:, 1], table[:, 2])
    evidence = None if run.bound is None else run.evidence
    return Result(
        "allocation", run.instance, run.method, None, run.value, run.bound, evidence, None, sense, Quality.FEASIBLE,  # type: ignore[arg-type]
        Termination.CONVERGED, Stats(run.seconds), trace, offset=run.offset,
    )  # fmt: skip
