"""Wide windows and long routes: eaco-ls and PyVRP against the best known values. Prints its table, appends it to RESULTS.md.

python benchmarks/routing_wide.py [--seconds 10] [--seeds 5] [--threads 2] [--vehicles 1,4] [--instances pr04,r204] [--no-peer]

A value above the published best is verified once more, by plain loops over fractions (tests/oracles), and goes to new_best.csv.
All of it takes half an hour: 30 instances, 5 seeds, 10 s each.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness import HERE, child, record, table
from routing_exact import best_known
from run_routing_exact import load

NAMES = [
    *(f"pr0{k}" for k in range(1, 6)),
    "pr11",
    "pr12",
    *(f"r20{k}" for k in range(1, 6)),
    *(f"rc20{k}" for k in range(1, 4)),
]
TARGETS = {1: (0.6, 1.5), 4: (0.3, 1.0)}
NEW_BEST = HERE / "new_best.csv"


def gap(best: float, value: float) -> float:
    return 100.0 * (best - value) / best


def wide(names: Sequence[str], m: int, seconds: float, seeds: int, threads: int, peer: bool) -> None:
    """The table for m vehicles."""
    specs = [f"{name}:{m}" for name in names]
    limit = seeds * (seconds + 5) + 180
    ours = [child("run_routing.py", spec, "eaco-ls", seconds, threads, seeds, timeout=limit) for spec in specs]
    peers: list[Any] = [None] * len(specs)
    if peer:
        with ThreadPoolExecutor(max_workers=2) as pool:  # PyVRP has one thread: two at a time
            peers = list(
                pool.map(lambda spec: child("peer_routing.py", spec, "pyvrp", seconds, 0, timeout=seconds + 60), specs)
            )
    rows, means, behind = [], [], []
    for name, spec, runs, other in zip(names, specs, ours, peers, strict=True):
        best = best_known()[name, m][0]
        if not isinstance(runs, list):
            rows.append([spec, f"{best:g}", runs["error"], *[""] * 4])
            means.append(float("inf"))
            continue
        values = [run["value"] for run in runs]
        gaps = [gap(best, statistics.fmean(values)), gap(best, max(values)), gap(best, min(values))]
        means.append(gaps[0])
        shown = "" if other is None else other.get("error") or f"{gap(best, other['value']):.2f}"
        if other is not None and "error" not in other and statistics.fmean(values) < other["value"]:
            behind.append(spec)
        verified = "yes" if all(run["verified"] for run in runs) else "NO"
        rows.append([spec, f"{best:g}", *(f"{cell:.2f}" for cell in gaps), shown, verified])
        for run in runs:
            if run["value"] > best and run["verified"]:
                keep(name, m, run["value"], best, run["routes"])
    mean, worst = TARGETS.get(m, (float("nan"), float("nan")))
    text = f"Mean {statistics.fmean(means):.2f}% (target <= {mean}%), worst {max(means):.2f}% (target <= {worst}%)."
    if peer:
        text += f" Worse than PyVRP in the mean: {', '.join(behind) or 'none'}."
    header = ["instance", "best known", f"eaco-ls, mean of {seeds}, %", "best", "worst", "PyVRP", "verified"]
    title = f"routing: wide windows, gap to best known in percent, m = {m}, {seconds:g} s, {threads} threads"
    record(title, table(header, rows) + f"\n\n{text}")


def keep(name: str, m: int, value: float, best: float, routes: list[list[int]]) -> None:
    """Add a plan to new_best.csv, unless the oracle refuses it or the file has one as good."""
    sys.path.insert(0, str(HERE.parent))
    from tests.oracles import orienteering as oracle

    problem = load(f"{name}:{m}")
    if not oracle.feasible(problem, routes) or float(oracle.value(problem, routes)) != value:
        print(f"{name}:{m}: {value:g} is not what the oracle says of {routes}")
        return
    rows: list[dict[str, str]] = []
    if NEW_BEST.exists():
        with NEW_BEST.open(newline="") as file:
            rows = list(csv.DictReader(file))
    if any(row["instance"] == name and int(row["m"]) == m and float(row["value"]) >= value for row in rows):
        return
    rows = [row for row in rows if (row["instance"], int(row["m"])) != (name, m)]
    text = " | ".join(" ".join(str(stop) for stop in route) for route in routes)
    rows.append({"instance": name, "m": str(m), "value": f"{value:g}", "published best": f"{best:g}", "routes": text})
    with NEW_BEST.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["instance", "m", "value", "published best", "routes"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (row["instance"], row["m"])))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--vehicles", default="1,4")
    parser.add_argument("--instances", default=",".join(NAMES))
    parser.add_argument("--no-peer", action="store_true")
    given = parser.parse_args()
    for vehicles in map(int, given.vehicles.split(",")):
        wide(given.instances.split(","), vehicles, given.seconds, given.seeds, given.threads, not given.no_peer)
