"""One method of ours in a process of its own, compiled before the clock starts. Prints one line of JSON, a list.

Arguments: instances (`instances.load`; several with commas, solved one after the other), method, seconds, seed, threads.
"""

import json
import resource
import sys

from instances import load

from edgeworth import Stop
from edgeworth.solvers import allocation


def main(specs: str, method: str, seconds: float, seed: int, threads: int) -> None:
    for warm in (
        allocation.generate(servers=3, tasks=40, preset="hotspot", seed=0),
        allocation.AllocationProblem.from_matrices([[5, 4, 6]] * 2, [[3, 2, 4]] * 2, [5, 6], must_serve=[True] * 3),
    ):
        allocation.solve(warm, method=method, stop=Stop(seconds=2), seed=0, threads=threads)
    print(json.dumps([run(spec, method, seconds, seed, threads) for spec in specs.split(",")]))


def run(spec: str, method: str, seconds: float, seed: int, threads: int) -> dict[str, object]:
    problem = load(spec)
    result = allocation.solve(problem, method=method, stop=Stop(seconds=seconds), seed=seed, threads=threads)
    return {
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "evidence": None if result.bound_evidence is None else str(result.bound_evidence),
        "seconds": result.stats.seconds,
        "nodes": result.stats.nodes,
        "quality": str(result.quality),
        "termination": str(result.termination),
        "verified": bool(allocation.verify(problem, result)),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
