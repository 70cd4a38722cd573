"""One large offloading game in a process of its own: python run_offloading.py USERS PROVIDERS SEED. The last line is JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

from edgeworth.games import offloading

users, providers, seed = map(int, sys.argv[1:4])
small = offloading.generate(users=2_000, providers=20, preset="random", seed=1)
offloading.verify(small, offloading.solve(small, method="pg-brd", seed=0))  # kernels are compiled before clocks run

game = offloading.generate(users=users, providers=providers, preset="random", seed=seed)
began, worked = time.perf_counter(), time.process_time()
result = offloading.solve(game, method="pg-brd", seed=0)
solved, solve_cpu = time.perf_counter() - began, time.process_time() - worked
began, worked = time.perf_counter(), time.process_time()
report = offloading.verify(game, result)
verified, verify_cpu = time.perf_counter() - began, time.process_time() - worked
print(
    json.dumps(
        {
            "seconds": solved,
            "verify": verified,
            "cpu": [solve_cpu, verify_cpu],
            "passes": result.stats.iterations,
            "evaluations": result.stats.evaluations,
            "epsilon": report["epsilon"].violation,
            "verified": bool(report),
            "welfare": result.value,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
