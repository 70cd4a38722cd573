"""How many of the proofs of `exact` the checker repeats, in which time, from how large a certificate; one thread.

python benchmarks/certificates_allocation.py [all | published | gap | knapsacks ...]      default: all (about ten minutes)

Prints a table; recording it in RESULTS.md is left to whoever runs it. Every instance runs in a process of its own kind: the
group's instances one after the other, compiled before the clock starts, 60 s each.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from typing import Any

import numpy as np
from harness import HERE, table
from instances import BEST_KNOWN, load

from edgeworth import Stop
from edgeworth.solvers import allocation

SECONDS = 60.0
PUBLISHED = ["mta_5x200", "mta_20x600"]
PUBLISHED += [f"metaverse:{servers}:{seed}" for servers in ("5:200", "20:600") for seed in range(1, 6)]
HARD = ("d10100", "d20100", "d10400")  # not closed within the limit
KNAPSACKS = [f"knapsack:{servers}:{tasks}:{seed}" for servers, tasks in ((3, 30), (5, 50), (10, 100)) for seed in range(4)]


def gap_instances() -> list[str]:
    """Every file of the set, in the sense in which it is published as costs, and the first dozen as profits too."""
    with BEST_KNOWN.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["instance_file_included"] == "yes"]
    return [f"gap:{row['instance']}:{row['sense']}" for row in rows if row["instance"] not in HARD]


def problem_of(spec: str) -> allocation.AllocationProblem:
    """As `instances.load`; also `knapsack:SERVERS:TASKS:SEED`, multiple knapsacks with profits near their weights."""
    if not spec.startswith("knapsack:"):
        return load(spec)
    servers, tasks, seed = map(int, spec.split(":")[1:])
    rng = np.random.default_rng(seed)
    weight = rng.integers(10, 100, tasks).astype(float)
    value = weight + rng.integers(-9, 10, tasks)
    capacity = np.floor(weight.sum() / servers * rng.uniform(0.4, 0.6, servers))
    return allocation.AllocationProblem.from_matrices(np.tile(value, (servers, 1)), np.tile(weight, (servers, 1)), capacity)


def measure(spec: str) -> dict[str, Any]:
    """One instance: solved with and without a record of the tree, and verified."""
    problem = problem_of(spec)
    bare = allocation.Exact(certificate_bytes=0)
    plain = allocation.solve(problem, method="exact", stop=Stop(seconds=SECONDS), seed=0, params=bare)
    result = allocation.solve(problem, method="exact", stop=Stop(seconds=SECONDS), seed=0)
    began = time.perf_counter()
    report = allocation.verify(problem, result)
    seconds = time.perf_counter() - began
    arrays = {} if result.certificate is None else result.certificate.arrays
    return {
        "kind": "" if result.certificate is None else result.certificate.kind,
        "nodes": result.stats.nodes,
        "plain": plain.stats.seconds,
        "seconds": result.stats.seconds,
        "verify": seconds,
        "megabytes": sum(values.nbytes for values in arrays.values()) / 1e6,
        "proved": result.termination == "proved",
        "replayed": bool(report) and result.quality == "optimal",
        "verified": bool(report),
    }


def main(groups: list[str]) -> None:
    specs = {"published": PUBLISHED, "gap": gap_instances(), "knapsacks": KNAPSACKS}
    wanted = list(specs) if not groups or groups == ["all"] else groups
    rows, total = [], {"proved": 0, "trees": 0, "replayed": 0, "slow": 0}
    times = {"plain": 0.0, "seconds": 0.0, "verify": 0.0}
    for group in wanted:
        for spec, run in run_all(specs[group]):
            tree = run["kind"] == "branch-tree"
            if run["proved"]:
                total["proved"] += 1
                total["trees"] += tree or not run["replayed"]
                total["replayed"] += run["replayed"] and tree
                total["slow"] += run["verify"] > 2.0 * run["seconds"]
                for name in times:
                    times[name] += run[name]
            numbers = [run["nodes"], *(f"{run[name]:.2f}" for name in ("plain", "seconds", "verify", "megabytes"))]
            rows.append([spec, *numbers, run["kind"], run["proved"], run["replayed"], run["verified"]])
            print(json.dumps([spec, run]), file=sys.stderr, flush=True)
    header = ["instance", "nodes", "s without record", "s", "verify s", "MB", "certificate", "proved", "replayed", "verified"]
    print(table(header, rows))
    share = f"{total['replayed']} of {total['trees']} proofs beyond the root"
    print(f"\n{share} are repeated by verify ({total['proved']} proved).")
    without, recorded, again = (f"{times[name]:.1f}" for name in ("plain", "seconds", "verify"))
    print(f"Seconds of the proved: {without} without, {recorded} with a record, {again} to verify;")
    print(f"{total['slow']} took verify more than twice the solve's time.")


def run_all(specs: list[str]) -> Any:
    """Each instance with its measurements, from one process for all."""
    command = [sys.executable, str(HERE / "certificates_allocation.py"), "--one", *specs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for spec, line in zip(specs, child.stdout or (), strict=False):
            yield spec, json.loads(line)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        for warm in ("gap:c05100:min", "metaverse:5:200:2"):
            measure(warm)
        for name in sys.argv[2:]:
            print(json.dumps(measure(name)), flush=True)
    else:
        main(sys.argv[1:])
