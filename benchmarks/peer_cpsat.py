"""CP-SAT on an allocation instance, in a process of its own: arguments instance, seconds, threads. Prints one line of JSON.

CP-SAT wants integers: profits are rounded down and weights up at 1e-7 of their largest, so its assignments are feasible; its
value is computed from the original numbers, its bound is corrected by the most that rounding can hide.
"""

import json
import sys
import time

import numpy as np
from instances import load
from ortools.sat.python import cp_model


def main(spec: str, seconds: float, threads: int) -> None:
    problem = load(spec)
    began = time.perf_counter()
    whole = problem.integral and bool(np.all(problem.weight == np.rint(problem.weight)))
    profit_unit = 1.0 if whole else np.abs(problem.profit).max() * 1e-7
    weight_unit = 1.0 if whole else problem.weight.max() * 1e-7
    profit = np.floor(problem.profit / profit_unit).astype(np.int64).tolist()
    load_ = np.ceil(problem.weight / weight_unit).astype(np.int64).tolist()
    room = np.floor(problem.capacity / weight_unit).astype(np.int64).tolist()
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(problem.pairs)]
    by_server: list[list[int]] = [[] for _ in range(problem.servers)]
    for k, i in enumerate(problem.server.tolist()):
        by_server[i].append(k)
    for j in range(problem.tasks):
        mine = x[problem.indptr[j] : problem.indptr[j + 1]]
        if problem.must_serve[j]:
            model.add_exactly_one(mine)
        else:
            model.add_at_most_one(mine)
    for i, pairs in enumerate(by_server):
        model.add(sum(load_[k] * x[k] for k in pairs) <= room[i])
    model.maximize(sum(p * variable for p, variable in zip(profit, x, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.1, seconds - (time.perf_counter() - began))
    solver.parameters.num_workers = threads
    solver.parameters.relative_gap_limit = 0.0
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    total = float(sum(problem.profit[k] for k, variable in enumerate(x) if solver.value(variable))) if found else None
    slack = 0.0 if whole else problem.tasks * profit_unit
    answer = {
        "value": None if total is None else problem.objective(total),
        "bound": problem.objective(solver.best_objective_bound * profit_unit + slack),
        "seconds": time.perf_counter() - began,
        "proved": status == cp_model.OPTIMAL,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
