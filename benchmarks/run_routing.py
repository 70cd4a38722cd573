"""A heuristic of routing on one instance, every seed in turn, compiled before the clocks start. Prints JSON, a list of values.

Arguments: instance as NAME:VEHICLES, method, seconds, threads, seeds.
"""

import json
import sys

from run_routing_exact import load

from edgeworth import Stop
from edgeworth.routing import orienteering


def main(spec: str, method: str, seconds: float, threads: int, seeds: int) -> None:
    problem = load(spec)
    orienteering.solve(problem, method=method, seed=0, stop=Stop(iterations=2), threads=threads)
    runs = []
    for seed in range(seeds):
        # eaco's own number of iterations must not end it
        params = orienteering.Eaco(iterations=10**9) if method == "eaco" else None
        result = orienteering.solve(
            problem, method=method, seed=seed, stop=Stop(seconds=seconds), threads=threads, params=params
        )
        runs.append(
            {
                "value": result.value,
                "verified": bool(orienteering.verify(problem, result)),
                "evaluations": result.stats.evaluations,
                "seconds": result.stats.seconds,
                "routes": [stops.tolist() for stops in result.require().sequences],
            }
        )
    print(json.dumps(runs))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
