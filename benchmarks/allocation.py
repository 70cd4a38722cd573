"""Benchmarks of multi-task allocation. Each prints its table and appends it to RESULTS.md.

python benchmarks/allocation.py [local-search] [q-learning] [start-up]     (default: all)
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from harness import DATA, child, record, table, wall

from edgeworth.solvers import allocation

SECONDS = 10.0
SEEDS = range(5)
TARGETS = {"mta_20x200_hot2": 1e-5, "mta_20x400_hot3": 1e-4, "mta_50x1000_hot5": 5e-5}


def percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.5f}%"


def local_search() -> None:
    """How far below the LP bound, 10 s, one core, worst of 5 seeds; HiGHS and CP-SAT with the same time in the same run."""
    rows = []
    for name, target in TARGETS.items():
        path = DATA / "allocation" / f"{name}.npz"
        bound = child("run_allocation.py", path, "lp", 60, 0, 1)["bound"]
        ours = [child("run_allocation.py", path, "local-search", SECONDS, seed, 1) for seed in SEEDS]
        highs = child("run_allocation.py", path, "highs", SECONDS, 0, 1)
        cpsat = child("peer_cpsat.py", path, SECONDS, 1)
        gaps = [(bound - run["value"]) / run["value"] for run in ours]
        peers = [(bound - peer["value"]) / peer["value"] if peer.get("value") else None for peer in (highs, cpsat)]
        known = [gap for gap in peers if gap is not None]
        ratio = f"{max(gaps) / min(known):.4f}" if known else "-"
        met = "met" if max(gaps) <= target else "MISSED"
        verified = all(run["verified"] for run in ours)
        rows.append(
            [
                name,
                percent(target),
                percent(max(gaps)),
                percent(statistics.median(gaps)),
                *map(percent, peers),
                ratio,
                met,
                verified,
            ]
        )
    header = ["instance", "target", "worst of 5", "median", "HiGHS", "CP-SAT", "worst / best peer", "target met", "verified"]
    record("allocation: local-search, gap below the LP bound after 10 s, one core", table(header, rows))


def q_learning() -> None:
    """500 episodes at 20 servers x 50 tasks: the kernel after compilation against the same algorithm in plain Python."""
    problem = allocation.generate(servers=20, tasks=50, preset="metaverse", seed=0)
    allocation.solve(problem, method="q-learning", seed=0)
    ours = []
    plain = []
    for seed in SEEDS:
        began = time.perf_counter()
        allocation.solve(problem, method="q-learning", seed=seed)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        plain_q_learning(problem, seed)
        plain.append(time.perf_counter() - began)
    ratio = statistics.median(p / o for p, o in zip(plain, ours, strict=True))
    rows = [["seconds (target 0.1)", f"{statistics.median(ours):.4f}", f"{statistics.median(plain):.3f}", f"{ratio:.0f}x"]]
    record(
        "allocation: q-learning, 500 episodes, 20 servers x 50 tasks, median of 5 seeds",
        table(["", "edgeworth", "plain Python", "plain / edgeworth"], rows),
    )


def plain_q_learning(problem: allocation.AllocationProblem, seed: int) -> float:
    """The default reading of Algorithms 1-3 with Python lists."""
    rng = random.Random(seed)
    ends, server = problem.indptr.tolist(), problem.server.tolist()
    reward, weight, limit = problem.profit.tolist(), problem.weight.tolist(), problem.limit.tolist()
    quality = [0.0] * len(server)
    best = float("-inf")

    def available(j: int, used: list[float]) -> list[int]:
        pairs = range(ends[j], ends[j + 1])
        return [p for p in pairs if reward[p] != 0.0 and used[server[p]] + weight[p] <= limit[server[p]]]

    for _ in range(500):
        used = [0.0] * len(limit)
        total = 0.0
        options = available(0, used)
        for j in range(problem.tasks):
            action = None
            if options:
                action = rng.choice(options) if rng.random() >= 0.9 else max(options, key=quality.__getitem__)
                total += reward[action]
                used[server[action]] += weight[action]
            options = available(j + 1, used) if j + 1 < problem.tasks else []
            if action is not None:
                ahead = max((quality[p] for p in options), default=0.0)
                quality[action] += 0.01 * (reward[action] + 0.9 * ahead - quality[action])
        best = max(best, total)
    return best


def start_up() -> None:
    """Whole processes: import of edgeworth against import of numpy, and the command line's help."""
    python = sys.executable
    script = str(Path(python).parent / "edgeworth")
    runs = 15
    ours = statistics.median(wall([python, "-c", "import edgeworth"], runs))
    numpy = statistics.median(wall([python, "-c", "import numpy"], runs))
    bare = statistics.median(wall([python, "-c", "pass"], runs))
    shown = statistics.median(wall([script, "--help"], runs))
    rows = [
        ["import edgeworth / import numpy, whole process (target <= 1.5)", f"{ours / numpy:.2f}"],
        ["the same less the bare interpreter", f"{max(ours - bare, 0.0) / (numpy - bare):.2f}"],
        ["edgeworth --help, seconds (target <= 0.3)", f"{shown:.3f}"],
    ]
    record(f"start-up, median of {runs} runs", table(["", ""], rows))


SECTIONS = {"local-search": local_search, "q-learning": q_learning, "start-up": start_up}

if __name__ == "__main__":
    np.seterr(all="raise")
    for section in sys.argv[1:] or SECTIONS:
        SECTIONS[section]()
