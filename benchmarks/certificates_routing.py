"""How many proofs of column generation and dp the checker replays, at what cost. Prints a table; records nothing.

python benchmarks/certificates_routing.py [SPECS [SECONDS]]      SPECS: NAME:VEHICLES with commas between them
"""

from __future__ import annotations

import json
import sys
import time

from harness import child, table
from routing_exact import CLOSE_WINDOWS
from run_routing_exact import load

from edgeworth import Stop
from edgeworth.routing import orienteering

HEADER = ["instance", "m", "value", "quality", "certificate", "leaves", "solve s", "verify s", "MB", "replayed"]
SPECS = [f"{name}:{m}" for m in (2, 3, 4, 1) for name in CLOSE_WINDOWS]
TIMES, MEGABYTES = 2.0, 50.0  # what a replay may cost: times the solve's seconds, and the size of the certificate
LEAST = 0.5  # seconds below which nobody waits


def run(spec: str, seconds: float) -> list[object]:
    """One row of the table."""
    name, vehicles = spec.split(":")
    problem = load(spec)
    result = orienteering.solve(problem, method="dp" if vehicles == "1" else "column-generation", stop=Stop(seconds=seconds))
    began = time.perf_counter()
    report = orienteering.verify(problem, result)
    checked = time.perf_counter() - began
    arrays = {} if result.certificate is None else result.certificate.arrays
    size = sum(values.nbytes for values in arrays.values()) / 1e6
    kind = "" if result.certificate is None else result.certificate.kind
    within = checked <= max(TIMES * result.stats.seconds, LEAST) and size <= MEGABYTES
    replayed = bool(report) and str(result.quality) == "optimal" and within
    cells = [f"{result.stats.seconds:.2f}", f"{checked:.2f}", f"{size:.3f}", "yes" if replayed else "NO"]
    return [name, int(vehicles), result.value, str(result.quality), kind, len(arrays.get("leaves", ())), *cells]


def main(specs: list[str], seconds: float) -> None:
    """All rows in one process, compiled before the clocks start."""
    for vehicles in (1, 2):
        warm = orienteering.generate(vehicles=vehicles, customers=12, preset="random", seed=0)
        orienteering.verify(warm, orienteering.solve(warm, method="column-generation"))
    print(json.dumps([run(spec, seconds) for spec in specs]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        main(sys.argv[2].split(","), float(sys.argv[3]))
    else:
        chosen = sys.argv[1].split(",") if sys.argv[1:] else SPECS
        limit = float(sys.argv[2]) if sys.argv[2:] else 300.0
        rows = child("certificates_routing.py", "--run", ",".join(chosen), limit, timeout=len(chosen) * (3 * limit + 30))
        print(table(HEADER, rows))
        proofs = [row for row in rows if row[3] in ("optimal", "claimed optimal")]
        print(f"\n{sum(row[-1] == 'yes' for row in rows)} replayed of {len(proofs)} proofs and {len(rows)} runs")
