"""Benchmarks of multi-task allocation. Each prints its table and appends it to RESULTS.md.

python benchmarks/allocation.py [SECTION ...]      sections: see SECTIONS below; default: all (about half an hour)
"""

from __future__ import annotations

import csv
import math
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import HERE, PROVED, child, record, table, wall
from instances import BEST_KNOWN

from edgeworth import Stop
from edgeworth.solvers import allocation

SECONDS = 10.0
SEEDS = range(5)
LOCAL_SEARCH_TARGETS = {"mta_20x200_hot2": 1e-5, "mta_20x400_hot3": 1e-4, "mta_50x1000_hot5": 5e-5}
EXACT_TARGETS = {"mta_20x200_hot2": 1e-5, "mta_20x400_hot3": 1e-4, "mta_50x1000_hot5": 3e-5}
PROOF_INSTANCES = (
    "mta_5x200",
    "mta_20x600",
    *(f"metaverse:5:200:{seed}" for seed in range(1, 6)),
    *(f"metaverse:20:600:{seed}" for seed in range(1, 6)),
)
PROOF_SECONDS = 60.0


def percent(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.5f}%"


def below(bound: float, value: float | None) -> float | None:
    return None if value is None else (bound - value) / value


def ours(spec: str, method: str, seconds: float, seed: int = 0, threads: int = 1) -> dict[str, Any]:
    return several([spec], method, seconds, seed, threads)[0]


def several(specs: Sequence[str], method: str, seconds: float, seed: int = 0, threads: int = 1) -> list[dict[str, Any]]:
    """Ours on several instances in one process."""
    runs = child("run_allocation.py", ",".join(specs), method, seconds, seed, threads, timeout=len(specs) * seconds + 240)
    return runs if isinstance(runs, list) else [runs] * len(specs)


def cpsat(spec: str, seconds: float, threads: int) -> dict[str, Any]:
    return child("peer_cpsat.py", spec, seconds, threads, timeout=seconds + 240)


def local_search() -> None:
    """How far below the LP bound, 10 s, one core, worst of 5 seeds; HiGHS and CP-SAT with the same time in the same run."""
    rows = []
    for name, target in LOCAL_SEARCH_TARGETS.items():
        bound = ours(name, "lp", 60)["bound"]
        runs = [ours(name, "local-search", SECONDS, seed) for seed in SEEDS]
        gaps = [below(bound, run["value"]) for run in runs]
        peers = [below(bound, peer.get("value")) for peer in (ours(name, "highs", SECONDS), cpsat(name, SECONDS, 1))]
        known = [gap for gap in peers if gap is not None]
        ratio = f"{max(gaps) / min(known):.4f}" if known else "-"
        verdict = "met" if max(gaps) <= target else "MISSED"
        verified = all(run["verified"] for run in runs)
        numbers = (target, max(gaps), statistics.median(gaps), *peers)
        rows.append([name, *map(percent, numbers), ratio, verdict, verified])
    header = ["instance", "target", "worst of 5", "median", "HiGHS", "CP-SAT", "worst / best peer", "target", "verified"]
    record("allocation: local-search, gap below the LP bound after 10 s, one core", table(header, rows))


def exact() -> None:
    """Certified gap after 10 s, two threads, worst of 5 seeds."""
    rows = []
    for name, target in EXACT_TARGETS.items():
        runs = [ours(name, "exact", SECONDS, seed, 2) for seed in SEEDS]
        highs, sat = ours(name, "highs", SECONDS, 0, 2), cpsat(name, SECONDS, 2)
        gaps = [run["gap"] for run in runs]
        peers = [highs["gap"], (sat["bound"] - sat["value"]) / sat["value"] if sat.get("value") else None]
        verdict = "met" if max(gaps) <= target else "MISSED"
        evidence = ", ".join(sorted({run["evidence"] for run in runs}))
        numbers = (target, max(gaps), statistics.median(gaps), *peers)
        slowest = f"{max(run['seconds'] for run in runs):.1f}"
        rows.append([name, *map(percent, numbers), slowest, evidence, verdict, all(run["verified"] for run in runs)])
    header = ["instance", "target", "worst of 5", "median", "HiGHS", "CP-SAT", "s", "bound", "target", "verified"]
    record("allocation: exact, certified gap after 10 s, two threads", table(header, rows))


def proof() -> None:
    """Seconds to a proved optimum, two threads each; an unproved run counts with the limit."""
    rows, times = [], {"exact": [], "highs": [], "cpsat": []}
    for spec in PROOF_INSTANCES:
        runs = {"exact": ours(spec, "exact", PROOF_SECONDS, 0, 2), "highs": ours(spec, "highs", PROOF_SECONDS, 0, 2)}
        runs["cpsat"] = cpsat(spec, PROOF_SECONDS, 2)
        proved = {name: run.get("quality") in PROVED or bool(run.get("proved")) for name, run in runs.items()}
        for name, run in runs.items():
            times[name].append(run["seconds"] if proved[name] else PROOF_SECONDS)
        cells = [f"{times[name][-1]:.2f}" + ("" if proved[name] else " (not proved)") for name in runs]
        rows.append([spec, *cells, *(f"{run['value']:.7f}" for run in runs.values())])
    mean = {name: math.exp(statistics.fmean(map(math.log, seconds))) for name, seconds in times.items()}
    better = math.exp(statistics.fmean(math.log(min(pair)) for pair in zip(times["highs"], times["cpsat"], strict=True)))
    rows.append(["geometric mean", *(f"{mean[name]:.3f}" for name in times), "", "", ""])
    header = ["instance", "exact s", "HiGHS s", "CP-SAT s", "exact", "HiGHS", "CP-SAT"]
    text = f"exact / better peer of each instance: {mean['exact'] / better:.3f} (target < 1)."
    record("allocation: time to proof, two threads", table(header, rows) + "\n\n" + text)


def gap() -> None:
    """Generalised assignment instances against their best known values, `exact`, two threads; HiGHS beside on the large c."""
    with BEST_KNOWN.open(newline="") as file:
        known = {(row["instance"], row["sense"]): row for row in csv.DictReader(file)}
    included = {name for (name, _), row in known.items() if row["instance_file_included"] == "yes"}
    keys = sorted((key for key in known if key[0] in included), key=lambda key: (known[key]["set"], key))
    runs = {}
    for limit in (30.0, 60.0, 120.0):
        mine = [(name, sense) for name, sense in keys if _limit(name) == limit]
        answers = several([f"gap:{name}:{sense}" for name, sense in mine], "exact", limit, 0, 2)
        runs |= {key: (limit, run) for key, run in zip(mine, answers, strict=True)}
    rows = []
    for name, sense in keys:
        row, (limit, run) = known[name, sense], runs[name, sense]
        peer = ours(f"gap:{name}:{sense}", "highs", 60.0, 0, 2) if name in ("c20400", "d20100", "d10400") else None
        best = float(row["best_known"])
        off = "-" if run["value"] is None else percent(abs(run["value"] - best) / best)
        beside = "" if peer is None else f"{peer['value']} / {peer['bound']} in {peer['seconds']:.1f} s"
        proved = run["quality"] in PROVED
        rows.append(
            [name, sense, best, run["value"], run["bound"], off, proved, f"{run['seconds']:.2f}", run["verified"], beside]
        )
    header = ["instance", "sense", "best known", "value", "bound", "off", "proved", "s", "verified", "HiGHS value / bound"]
    done = sum(1 for row in rows if row[6])
    record("allocation: GAP, exact, two threads", table(header, rows) + f"\n\n{done} of {len(rows)} proved.")


def _limit(name: str) -> float:
    return 120.0 if name in ("c10400", "c20400") else 60.0 if name[0] in "de" else 30.0


def scale() -> None:
    """A million tasks: certified gap, time, memory; HiGHS's LP on the same instance beside it. And from 1e3 to 1e6 tasks."""
    rows = []
    for spec in ("large:1000:1000000:0", "large:1000:1000000:1", "melbourne:1000000:0"):
        run = ours(spec, "lagrangian", 60, 0, 2)
        good = run["gap"] is not None and run["gap"] <= 1e-4 and run["seconds"] <= 60 and run["megabytes"] <= 4096
        cells = [percent(run["gap"]), f"{run['seconds']:.1f}", f"{run['megabytes']:.0f}", run["verified"]]
        rows.append([spec, "lagrangian", *cells, "met" if good else "MISSED"])
    for spec in ("large:1000:1000000:0", "melbourne:1000000:0"):
        run = ours(spec, "lp", 120, 0, 2)
        said = run.get("error") or f"{run['termination']}, bound {run['bound']}"
        rows.append([spec, "HiGHS LP, 120 s", said, f"{run.get('seconds', 0):.1f}", f"{run.get('megabytes', 0):.0f}", "", ""])
    header = ["instance", "method", "certified gap", "s", "peak MB, whole process", "verified", "target"]
    record("allocation: a million tasks, two threads", table(header, rows))
    sizes = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
    runs = [ours(f"large:{max(10, size // 1000)}:{size}:0", "lagrangian", 60, 0, 2) for size in sizes]
    body = [
        [f"{size:,}", max(10, size // 1000), f"{run['seconds']:.3f}", f"{run['megabytes']:.0f}", percent(run["gap"])]
        for size, run in zip(sizes, runs, strict=True)
    ]
    picture = _draw_scale(sizes, runs)
    text = table(["tasks", "servers", "s", "peak MB, whole process", "certified gap"], body)
    record("allocation: lagrangian from 1e3 to 1e6 tasks, two threads", f"{text}\n\n![seconds and memory]({picture})")


def _draw_scale(sizes: list[int], runs: list[dict[str, Any]]) -> str:
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "edgeworth"
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    left.loglog(sizes, [run["seconds"] for run in runs], "o-", color="#0072B2")
    left.set_ylabel("seconds")
    right.semilogx(sizes, [run["megabytes"] for run in runs], "o-", color="#D55E00")
    right.set_ylabel("peak MB, whole process")
    for ax in (left, right):
        ax.set_xlabel("tasks (10 pairs each, a server per 1,000)")
        ax.grid(alpha=0.3)
    (HERE / "figures").mkdir(exist_ok=True)
    figure.savefig(HERE / "figures" / "scale.svg", metadata={"Date": None})
    return "figures/scale.svg"


def clock() -> None:
    """By how much `exact` and `lagrangian` miss their time rule, up to a million pairs."""
    rows = []
    for method in ("exact", "lagrangian"):
        allocation.solve(allocation.generate(servers=8, tasks=60_000, seed=0), method=method, stop=Stop(seconds=3.0))
    for servers, tasks in (
        (10, 1_000),
        (100, 1_000),
        (10, 10_000),
        (100, 10_000),
        (1_000, 1_000),
        (10, 100_000),
        (1, 1_000_000),
    ):
        problem = allocation.generate(servers=servers, tasks=tasks, seed=0)
        for method in ("exact", "lagrangian"):
            over = []
            for limit in (0.2, 1.0, 3.0):
                began = time.perf_counter()
                allocation.solve(problem, method=method, stop=Stop(seconds=limit), seed=0)
                over.append(time.perf_counter() - began - limit)
            late = [f"{1e3 * each:.0f} ms" if each > 0.0 else "-" for each in over]
            rows.append(
                [f"{servers} x {tasks:,}", f"{problem.pairs:,}", method, *late, "met" if max(over) <= 0.05 else "MISSED"]
            )
    header = ["servers x tasks", "pairs", "method", "over .2 s", "over 1 s", "over 3 s", "target 50 ms"]
    record("allocation: how far the clock is missed", table(header, rows) + "\n\nWall clock of the whole call.")


def many() -> None:
    """Local search against the Lagrangian's repair, with the same time, where tasks are many."""
    rows = []
    allocation.solve(allocation.generate(servers=8, tasks=60_000, seed=0), method="local-search", stop=Stop(seconds=3.0))
    for servers, tasks, limit in ((100, 100_000, 5.0), (300, 300_000, 15.0), (1_000, 1_000_000, 60.0)):
        problem = allocation.generate(preset="large", servers=servers, tasks=tasks, seed=0)
        methods, stop = ("lagrangian", "local-search"), Stop(seconds=limit)
        found = [allocation.solve(problem, method=method, stop=stop, seed=0) for method in methods]
        gaps = [(found[0].bound - each.value) / each.value for each in found]
        better = found[1].value - found[0].value
        cells = [f"{100.0 * gap:.5f}%" for gap in gaps]
        rows.append([f"{servers} x {tasks:,}", limit, *cells, f"{better:.3f}", found[1].stats.iterations])
    header = ["large", "s", "lagrangian, gap", "local-search, gap", "gained", "trials"]
    record("allocation: local search where tasks are many", table(header, rows))


def q_learning() -> None:
    """500 episodes at 20 servers x 50 tasks: the kernel after compilation against the same algorithm in plain Python."""
    problem = allocation.generate(servers=20, tasks=50, preset="metaverse", seed=0)
    allocation.solve(problem, method="q-learning", seed=0)
    kernel, plain = [], []
    for seed in SEEDS:
        began = time.perf_counter()
        allocation.solve(problem, method="q-learning", seed=seed)
        kernel.append(time.perf_counter() - began)
        began = time.perf_counter()
        plain_q_learning(problem, seed)
        plain.append(time.perf_counter() - began)
    ratio = statistics.median(p / k for p, k in zip(plain, kernel, strict=True))
    rows = [["seconds (target 0.1)", f"{statistics.median(kernel):.4f}", f"{statistics.median(plain):.3f}", f"{ratio:.0f}x"]]
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
    package = statistics.median(wall([python, "-c", "import edgeworth"], runs))
    numpy = statistics.median(wall([python, "-c", "import numpy"], runs))
    bare = statistics.median(wall([python, "-c", "pass"], runs))
    shown = statistics.median(wall([script, "--help"], runs))
    rows = [
        ["import edgeworth / import numpy, whole process (target <= 1.5)", f"{package / numpy:.2f}"],
        ["the same less the bare interpreter", f"{max(package - bare, 0.0) / (numpy - bare):.2f}"],
        ["edgeworth --help, seconds (target <= 0.3)", f"{shown:.3f}"],
    ]
    record(f"start-up, median of {runs} runs", table(["", ""], rows))


SECTIONS = {
    "start-up": start_up,
    "q-learning": q_learning,
    "local-search": local_search,
    "exact": exact,
    "proof": proof,
    "gap": gap,
    "scale": scale,
    "clock": clock,
    "many": many,
}

if __name__ == "__main__":
    for section in sys.argv[1:] or SECTIONS:
        if section not in SECTIONS:
            sys.exit(f"{section}: no such section; there are {', '.join(SECTIONS)}")
        SECTIONS[section]()
