"""Benchmarks of routing. Each prints its table and appends it to RESULTS.md.

python benchmarks/routing.py [SECTION [SECONDS]]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from harness import HERE, child, record, table
from routing_exact import SECTIONS as EXACT
from routing_exact import best_known

NAMES = ["c101", "c104", "r104", "r106", "rc103", "rc104", "c204", "r204", "r205", "rc203", "pr05", "pr12"]
SEEDS = 5


def quality(seconds: float = 10.0) -> None:
    """Mean gap to the best known values: eaco-ls (5 seeds, 2 threads), eaco, PyVRP and OR-Tools (a run of one thread each)."""
    for m, target in ((1, 1.0), (4, 1.5)):
        specs = [f"{name}:{m}" for name in NAMES]
        ours = [
            child("run_routing.py", spec, "eaco-ls", seconds, 2, SEEDS, timeout=SEEDS * (seconds + 5) + 120) for spec in specs
        ]
        plain = [child("run_routing.py", spec, "eaco", seconds, 2, 1, timeout=seconds + 120) for spec in specs]
        with ThreadPoolExecutor(max_workers=2) as pool:  # each peer has one thread: two at a time
            peers = {
                peer: list(pool.map(lambda spec, peer=peer: child("peer_routing.py", spec, peer, seconds, 0), specs))
                for peer in ("pyvrp", "ortools")
            }
        rows, columns = [], []
        for k, (name, spec) in enumerate(zip(NAMES, specs, strict=True)):
            best = best_known()[name, m][0]
            values = [run["value"] for run in ours[k]]
            cells = [gap(best, statistics.fmean(values)), gap(best, max(values)), gap(best, min(values))]
            cells += [gap(best, answer["value"]) for answer in (plain[k][0], peers["pyvrp"][k], peers["ortools"][k])]
            columns.append(cells)
            verified = all(run["verified"] for run in ours[k]) and plain[k][0]["verified"]
            rows.append([spec, f"{best:g}", *(f"{cell:.2f}" for cell in cells), "yes" if verified else "NO"])
        means = [statistics.fmean(column) for column in zip(*columns, strict=True)]
        rows.append(["mean", "", *(f"{mean:.2f}" for mean in means), ""])
        worse = [spec for spec, cells in zip(specs, columns, strict=True) if cells[0] > cells[4] + 0.5]
        header = ["instance", "best known", "eaco-ls mean", "best", "worst", "eaco", "PyVRP", "OR-Tools", "verified"]
        text = f"Target for eaco-ls: a mean <= {target}%. More than .5% worse than PyVRP: {', '.join(worse) or 'none'}."
        record(f"routing: gap to best known in percent, m = {m}, {seconds:g} s", table(header, rows) + f"\n\n{text}")


def gap(best: float, value: float) -> float:
    return 100.0 * (best - value) / best


def ant_steps(seconds: float = 2.0) -> None:
    """Steps of ants a second: the compiled colony with one and two threads against the same algorithm in plain Python."""
    sys.path.insert(0, str(HERE.parent))
    from edgeworth import Stop
    from edgeworth.routing import orienteering
    from tests.oracles import eaco as oracle
    from tests.routing.orienteering.test_colony import _case

    rows = []
    for customers in (100, 300, 1000):
        problem = orienteering.generate(preset="random", vehicles=4, customers=customers, seed=0)
        params = orienteering.Eaco(iterations=10**9)
        orienteering.solve(problem, method="eaco", seed=0, stop=Stop(iterations=1))
        rates = []
        for threads in (1, 2):
            stats = orienteering.solve(
                problem, method="eaco", seed=0, stop=Stop(seconds=seconds), threads=threads, params=params
            ).stats
            rates.append(stats.evaluations / stats.seconds)
        case, timed = _case(problem, orienteering.Eaco()), []
        for iterations in (1, 2):  # the difference leaves out what the oracle prepares once
            began = time.perf_counter()
            steps = oracle.colony(case, 0, iterations)[2]
            timed.append((steps, time.perf_counter() - began))
        plain = (timed[1][0] - timed[0][0]) / (timed[1][1] - timed[0][1])
        rows.append([customers, *(f"{rate:,.0f}" for rate in rates), f"{plain:,.0f}", f"{rates[0] / plain:.0f}"])
    header = ["customers", "steps/s, 1 thread", "2 threads", "plain Python", "ratio, 1 thread (target >= 100)"]
    record("routing: steps of ants a second", table(header, rows))


def large(seconds: float = 10.0) -> None:
    """eaco-ls on 1,000 customers: from the greedy plan on, by the time given."""
    from edgeworth import Stop
    from edgeworth.routing import orienteering

    problem = orienteering.generate(preset="random", vehicles=10, customers=1000, seed=0)
    greedy = orienteering.solve(problem, method="greedy").value
    orienteering.solve(problem, method="eaco-ls", seed=0, stop=Stop(iterations=1), threads=2)
    rows = []
    for limit in (seconds / 10, seconds, 6 * seconds):
        for threads in (1, 2):
            result = orienteering.solve(problem, method="eaco-ls", seed=0, stop=Stop(seconds=limit), threads=threads)
            ratio = np.divide(result.value, greedy)  # type: ignore[arg-type]
            rows.append(
                [f"{limit:g}", threads, f"{result.value:g}", f"{ratio:.4f}", f"{result.stats.evaluations / limit:,.0f}"]
            )
    header = ["seconds", "threads", "value", "value / greedy", "attempts a second"]
    record("routing: eaco-ls on 1,000 customers and 10 vehicles", table(header, rows))


def first_call(seconds: float = 0.0) -> None:
    """The first eaco-ls after installation (empty cache) and in the second process (from the cache), whole calls in seconds."""
    import os
    import subprocess

    code = (
        "import time; from edgeworth import Stop; from edgeworth.routing import orienteering as o\n"
        "p = o.generate(vehicles=2, customers=12, preset='random', seed=0)\n"
        "q = o.generate(vehicles=1, customers=12, preset='random', seed=0)\n"
        "for problem, method in ((p, 'greedy'), (p, 'eaco'), (p, 'eaco-ls'), (q, 'dp'), (p, 'column-generation')):\n"
        "    t = time.perf_counter(); s = Stop(iterations=1) if 'eaco' in method else None\n"
        "    o.solve(problem, method=method, stop=s, seed=0); print(method, time.perf_counter() - t)\n"
    )
    columns: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            environment = os.environ | {"NUMBA_CACHE_DIR": folder}
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
            columns.append({line.split()[0]: float(line.split()[1]) for line in done.stdout.strip().splitlines()})
    rows: list[Sequence[Any]] = [[name, *(f"{column[name]:.2f}" for column in columns)] for name in columns[0]]
    header = ["method", "first process, s (target <= 20)", "second, s (target <= 2)"]
    record("routing: first calls, in this order in one process (the first one also loads numba)", table(header, rows))


SECTIONS = {
    "quality": quality,
    "ant-steps": ant_steps,
    "large": large,
    "first-call": first_call,
    **EXACT,
}

if __name__ == "__main__":
    chosen = sys.argv[1:2] or list(SECTIONS)
    for section in chosen:
        if section not in SECTIONS:
            sys.exit(f"{section}: no such section; there are {', '.join(SECTIONS)} in {Path(__file__).name}")
        SECTIONS[section](*map(float, sys.argv[2:3]))
