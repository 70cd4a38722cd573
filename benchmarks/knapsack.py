"""Multiple knapsacks with few items a knapsack: `exact` against HiGHS and CP-SAT in the same run; see `knapsack_instances`.

python benchmarks/knapsack.py [--instances 60] [--seconds 20] [--threads 2] [--seed 0] [--no-record]

About 3 x 20 s an instance at most (an hour for all sixty, half of that in practice). CP-SAT needs ortools.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

from allocation import cpsat, ours
from harness import PROVED, record, table
from knapsack_instances import names

SOLVERS = ("exact", "HiGHS", "CP-SAT")
NEAR = 5e-4  # of the better peer's value: as far as `exact` may lie below it


def run_all(spec: str, seconds: float, threads: int) -> dict[str, dict[str, Any]]:
    """What each solver makes of an instance."""
    found = {
        "exact": ours(spec, "exact", seconds, 0, threads),
        "HiGHS": ours(spec, "highs", seconds, 0, threads),
        "CP-SAT": cpsat(spec, seconds, threads),
    }
    for run in found.values():
        proved = run.get("quality") in PROVED or bool(run.get("proved"))
        run["proved"] = proved
        run["time"] = min(run["seconds"], seconds) if proved else seconds
    return found


def shifted(times: list[float]) -> float:
    """The geometric mean, shifted by a second."""
    return math.exp(sum(math.log(1.0 + each) for each in times) / len(times)) - 1.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--instances", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-record", action="store_true")
    given = parser.parse_args()
    rows: list[list[object]] = []
    runs: list[dict[str, dict[str, Any]]] = []
    worse: list[str] = []
    for spec in names(given.seed)[: given.instances]:
        found = run_all(spec, given.seconds, given.threads)
        runs.append(found)
        best = max((found[name].get("value") or 0.0 for name in SOLVERS[1:]), default=0.0)
        mine = found["exact"].get("value") or 0.0
        off = (best - mine) / best if best else 0.0
        if off > NEAR:
            worse.append(spec)
        cells = [f"{run['time']:.2f}" + ("" if run["proved"] else " (open)") for run in found.values()]
        values = ["-" if run.get("value") is None else f"{run['value']:.0f}" for run in found.values()]
        bound = found["exact"].get("bound")
        off_by = f"{-100.0 * off:+.3f}%"
        evidence = (found["exact"].get("evidence"), found["exact"].get("verified"))
        rows.append([spec, *values, "-" if bound is None else f"{bound:.0f}", off_by, *cells, *evidence])
        print(*rows[-1], flush=True)
    mean = {name: shifted([found[name]["time"] for found in runs]) for name in SOLVERS}
    better = shifted([min(found[name]["time"] for name in SOLVERS[1:]) for found in runs])
    proofs = {name: sum(found[name]["proved"] for found in runs) for name in SOLVERS}
    rebuilt = sum(f["exact"]["proved"] and f["exact"]["evidence"] == "recomputed" for f in runs)
    rows.append(["shifted geometric mean", "", "", "", "", "", *(f"{mean[name]:.2f}" for name in SOLVERS), "", ""])
    most = max(proofs["HiGHS"], proofs["CP-SAT"])
    verdict = [
        f"Proofs: exact {proofs['exact']} ({rebuilt} recomputed, {proofs['exact'] - rebuilt} claimed), "
        f"HiGHS {proofs['HiGHS']}, CP-SAT {proofs['CP-SAT']} (all claimed): {'met' if proofs['exact'] >= most else 'MISSED'}.",
        f"More than .05% below the better peer: {', '.join(worse) or 'none'}: {'MISSED' if worse else 'met'}.",
        f"Shifted geometric mean of seconds, exact / better peer of each instance: {mean['exact']:.2f} / {better:.2f} = "
        f"{mean['exact'] / better:.3f} (target .6): {'met' if mean['exact'] <= 0.6 * better else 'MISSED'}.",
    ]
    header = ["instance", *SOLVERS, "bound", "exact against the better", *(f"{name} s" for name in SOLVERS)]
    text = table([*header, "evidence", "verified"], rows) + "\n\n" + "\n".join(verdict)
    if given.no_record:
        print(text)
    else:
        title = f"allocation: multiple knapsacks, {given.seconds:g} s, {given.threads} threads, seed {given.seed}"
        record(title, text)


if __name__ == "__main__":
    main()
