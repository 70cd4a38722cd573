"""CP-SAT on an allocation instance, in a process of its own: arguments file, seconds, threads. Prints one line of JSON.

CP-SAT wants integers: profits are rounded down and weights up at 1e-7 of their largest, so its assignments are feasible; its
value is computed from the original numbers, its bound is corrected by the most that rounding can hide.
"""

import json
import sys
import time

import numpy as np
from ortools.sat.python import cp_model


def main(path: str, seconds: float, threads: int) -> None:
    with np.load(path) as file:
        value, weight, capacity, eligible = (file[name] for name in ("value", "weight", "capacity", "eligible"))
    began = time.perf_counter()
    eligible = eligible & (weight <= capacity[:, None])
    profit_unit, weight_unit = np.abs(value).max() * 1e-7, weight.max() * 1e-7
    profit = np.floor(value / profit_unit).astype(np.int64)
    load = np.ceil(weight / weight_unit).astype(np.int64)
    room = np.floor(capacity / weight_unit).astype(np.int64)
    servers, tasks = value.shape
    model = cp_model.CpModel()
    x = {(i, j): model.new_bool_var("") for i in range(servers) for j in range(tasks) if eligible[i, j]}
    for j in range(tasks):
        model.add_at_most_one(x[i, j] for i in range(servers) if eligible[i, j])
    for i in range(servers):
        model.add(sum(int(load[i, j]) * x[i, j] for j in range(tasks) if eligible[i, j]) <= int(room[i]))
    model.maximize(sum(int(profit[key]) * variable for key, variable in x.items()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.1, seconds - (time.perf_counter() - began))
    solver.parameters.num_workers = threads
    solver.parameters.relative_gap_limit = 0.0
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    total = float(sum(value[key] for key, variable in x.items() if solver.value(variable))) if found else None
    answer = {
        "value": total,
        "bound": solver.best_objective_bound * profit_unit + tasks * profit_unit,
        "seconds": time.perf_counter() - began,
        "status": solver.status_name(status),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
