"""An exact routing method on several instances in a process of its own, compiled before the clocks start. Prints JSON, a list.

Arguments: instances as NAME:VEHICLES with commas between them, method, seconds each.
"""

import json
import sys
import time

from harness import DATA, PROVED

from edgeworth import Stop
from edgeworth.routing import orienteering


def load(spec: str) -> orienteering.OrienteeringProblem:
    """A file of the shared TOPTW instances by name, and the number of vehicles."""
    name, vehicles = spec.split(":")
    path = DATA / "toptw" / "instances" / f"{name}.txt"
    return orienteering.read_toptw(path, vehicles=int(vehicles), rounding="trunc2" if name.startswith("pr") else "trunc1")


def main(specs: str, method: str, seconds: float) -> None:
    for vehicles in (1, 2):
        warm = orienteering.generate(vehicles=vehicles, customers=12, preset="random", seed=0)
        orienteering.verify(warm, orienteering.solve(warm, method=method))
    print(json.dumps([run(spec, method, seconds) for spec in specs.split(",")]))


def run(spec: str, method: str, seconds: float) -> dict[str, object]:
    problem = load(spec)
    result = orienteering.solve(problem, method=method, stop=Stop(seconds=seconds))
    began = time.perf_counter()
    verified = bool(orienteering.verify(problem, result))
    return {
        "value": result.value,
        "bound": result.bound,
        "gap": result.gap,
        "evidence": str(result.bound_evidence),
        "seconds": result.stats.seconds,
        "labels": result.stats.evaluations,
        "proved": str(result.quality) in PROVED,
        "termination": str(result.termination),
        "verified": verified,
        "verify_seconds": time.perf_counter() - began,
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
