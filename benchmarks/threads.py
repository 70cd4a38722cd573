"""What a second thread is worth to every method that takes `threads`: the same work with one thread and with two, in turns.

    python benchmarks/threads.py [repetitions]

Where the work is fixed (a proof, a number of iterations) the ratio is that of the seconds; the least of the repetitions counts,
because other work on the machine only adds. All rows that take `threads` are listed: one without a case is an error.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from harness import record, table

from edgeworth import Stop
from edgeworth._families import FAMILIES
from edgeworth.core.family import family
from edgeworth.core.problem import ProblemData
from edgeworth.games import offloading
from edgeworth.routing import orienteering
from edgeworth.solvers import allocation, carbon_offloading, scheduling

PAYS = 1.3
STOP = Stop(seconds=60)


def _allocations(preset: str, servers: int, tasks: int, seeds: Sequence[int]) -> list[ProblemData]:
    return [allocation.generate(preset=preset, servers=servers, tasks=tasks, seed=seed) for seed in seeds]


def _plan(customers: int, vehicles: int) -> list[ProblemData]:
    return [orienteering.generate(vehicles=vehicles, customers=customers, preset="fusion", seed=0)]


CASES: Mapping[tuple[str, str], tuple[Callable[[], list[ProblemData]], Stop]] = {
    ("allocation", "lp"): (lambda: _allocations("large", 50, 5_000, (0,)), STOP),
    ("allocation", "lagrangian"): (lambda: _allocations("large", 100, 10_000, (0,)), STOP),
    ("allocation", "exact"): (lambda: _allocations("metaverse", 20, 400, range(6)), STOP),
    ("allocation", "highs"): (lambda: _allocations("metaverse", 20, 300, range(4)), STOP),
    ("allocation", "milp"): (lambda: _allocations("metaverse", 20, 300, range(4)), STOP),
    ("orienteering", "eaco"): (lambda: _plan(200, 4), Stop(iterations=400)),
    ("orienteering", "eaco-ls"): (lambda: _plan(200, 4), Stop(iterations=40)),
    ("orienteering", "milp"): (lambda: _plan(9, 2), STOP),
    ("offloading", "milp"): (
        lambda: [offloading.generate(users=10, providers=3, preset="random", seed=0)],
        STOP,
    ),
    ("scheduling", "milp"): (
        lambda: [scheduling.generate(preset="table-2", devices=4, horizon=8.0, seed=0)],
        STOP,
    ),
    ("carbon-offloading", "highs"): (
        lambda: [carbon_offloading.generate(preset="caddto", users=20, slots=300, seed=0)],
        STOP,
    ),
}


def _seconds(kind: str, method: str, problems: Sequence[ProblemData], stop: Stop, threads: int) -> tuple[float, list[str]]:
    """The geometric mean of the seconds, and how every run ended."""
    solve = family(kind).solve
    seconds, ended = [], []
    for problem in problems:
        began = time.perf_counter()
        result = solve(problem, method=method, stop=stop, seed=0, threads=threads)
        seconds.append(time.perf_counter() - began)
        ended.append(str(result.termination))
    return math.exp(sum(math.log(each) for each in seconds) / len(seconds)), ended


def main(repetitions: int) -> None:
    rows = []
    for kind in FAMILIES:
        for method in (row.name for row in family(kind).methods if "threads" in row.supports):
            problems, stop = (part() if callable(part) else part for part in CASES[kind, method])
            family(kind).solve(problems[0], method=method, stop=stop, seed=0)  # loads what it needs
            best = {1: math.inf, 2: math.inf}
            ended: set[str] = set()
            for _ in range(repetitions):
                for threads in best:
                    seconds, ends = _seconds(kind, method, problems, stop, threads)
                    best[threads] = min(best[threads], seconds)
                    ended.update(ends)
            ratio = best[1] / best[2]
            rows.append(
                (
                    kind,
                    f"`{method}`",
                    "; ".join(str(problem) if len(str(problem)) < 60 else type(problem).__name__ for problem in problems[:1]),
                    len(problems),
                    f"{best[1]:.3g}",
                    f"{best[2]:.3g}",
                    f"{ratio:.2f}",
                    "yes" if ratio >= PAYS else "no",
                    ", ".join(sorted(ended)),
                )
            )
            print(rows[-1], file=sys.stderr, flush=True)
    header = ("family", "method", "instance", "instances", "1 thread, s", "2 threads, s", "ratio", f">= {PAYS}", "ended by")
    load = os.getloadavg()[0]
    record("threads: what a second one is worth", table(header, rows) + f"\n\nLoad of the machine at the end: {load:.1f}.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
