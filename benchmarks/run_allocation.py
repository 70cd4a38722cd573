"""One method of ours on one instance, in a process of its own, compiled before the clock starts. Prints one line of JSON.

Arguments: file (.npz), method, seconds, seed, threads.
"""

import json
import resource
import sys

from edgeworth import Stop
from edgeworth.solvers import allocation


def main(path: str, method: str, seconds: float, seed: int, threads: int) -> None:
    problem = allocation.read_npz(path)
    small = allocation.generate(servers=3, tasks=9, preset="hotspot", seed=0)
    allocation.solve(small, method=method, stop=Stop(seconds=0.2), seed=0, threads=threads)
    result = allocation.solve(problem, method=method, stop=Stop(seconds=seconds), seed=seed, threads=threads)
    answer = {
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "seconds": result.stats.seconds,
        "quality": str(result.quality),
        "termination": str(result.termination),
        "verified": bool(allocation.verify(problem, result)),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
