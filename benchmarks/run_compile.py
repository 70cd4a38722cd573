"""The first call of one method in a process, after numba has been imported. Prints one line of JSON."""

from __future__ import annotations

import json
import sys
import time

import numba  # noqa: F401  # what importing it takes is not ours


def main(kind: str, method: str) -> None:
    """Seconds, of wall and of processor, until a first tiny problem is solved; those of preparing; kernels compiled."""
    began, used = time.perf_counter(), time.process_time()
    from edgeworth.core.compilation import counter
    from edgeworth.core.family import family
    from edgeworth.core.prepare import canned

    fam = family(kind)
    problem = fam.examples()[0]
    result = fam.solve(problem, method=method, stop=canned(fam.method(method), problem).stop, seed=0)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    answer = {"seconds": seconds, "processor": processor, "ready": result.stats.compile_seconds, "kernels": counter().kernels}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
