"""PyVRP or OR-Tools routing on an orienteering instance, in a process of its own. Prints one line of JSON.

Arguments: instance as NAME:VEHICLES, peer (pyvrp, ortools), seconds, seed. Both want integers: times are in tenths (c, r, rc)
or hundredths (pr), exactly. Driving costs 1 a unit of time, which only breaks ties: without it neither local search sees a
gradient (PyVRP at m = 4 on r104: 796 instead of 954). PyVRP has prizes x 3000, the best of 10 to 3000 on r104, r204 and pr12;
OR-Tools prizes x 1000 and guided local search.
"""

import json
import sys
import time

import numpy as np
from run_routing_exact import load

PRIZE = {"pyvrp": 3000, "ortools": 1000}


def integers(spec: str) -> tuple[object, int, np.ndarray]:
    """The problem, the number of units in a unit of time, and the times in these units."""
    problem = load(spec)
    unit = 100 if spec.startswith("pr") else 10
    return problem, unit, np.rint(problem.travel_time * unit).astype(np.int64)


def pyvrp(spec: str, seconds: float, seed: int) -> list[list[int]]:
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    problem, unit, times = integers(spec)
    model = Model()
    n = problem.customers
    places = [model.add_location(float(x), float(y)) for x, y in problem.coordinates]
    depot = model.add_depot(places[n])
    model.add_vehicle_type(
        num_available=problem.vehicles, start_depot=depot, end_depot=depot, tw_early=int(problem.earliest[0] * unit),
        tw_late=int(problem.latest[0] * unit), unit_distance_cost=1,
    )  # fmt: skip
    for i in range(n):
        model.add_client(
            places[i], service_duration=int(problem.service_time[i] * unit), tw_early=int(problem.open[i] * unit),
            tw_late=int(problem.close[i] * unit), prize=int(problem.profit[0, i] * PRIZE["pyvrp"]), required=False,
        )  # fmt: skip
    for a, one in enumerate(places):
        for b, two in enumerate(places):
            if a != b:
                model.add_edge(one, two, distance=int(times[a, b]), duration=int(times[a, b]))
    found = model.solve(stop=MaxRuntime(seconds), seed=seed, display=False).best
    return [[step.idx for step in route if step.is_client()] for route in found.routes()]


def ortools(spec: str, seconds: float, seed: int) -> list[list[int]]:
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    problem, unit, times = integers(spec)
    n, m = problem.customers, problem.vehicles
    manager = pywrapcp.RoutingIndexManager(n + 1, m, n)
    routing = pywrapcp.RoutingModel(manager)
    service = np.append(np.rint(problem.service_time * unit).astype(np.int64), 0)
    total = (times + service[:, None]).tolist()
    plain = times.tolist()
    to_node = manager.IndexToNode
    clock = routing.RegisterTransitCallback(lambda a, b: total[to_node(a)][to_node(b)])
    cost = routing.RegisterTransitCallback(lambda a, b: plain[to_node(a)][to_node(b)])
    routing.SetArcCostEvaluatorOfAllVehicles(cost)
    horizon = int(problem.latest[0] * unit)
    routing.AddDimension(clock, horizon, horizon, False, "time")
    time_dimension = routing.GetDimensionOrDie("time")
    for i in range(n):
        index = manager.NodeToIndex(i)
        close = min(int(problem.close[i] * unit), horizon)
        if int(problem.open[i] * unit) > close:
            routing.solver().Add(routing.ActiveVar(index) == 0)
        else:
            time_dimension.CumulVar(index).SetRange(int(problem.open[i] * unit), close)
        routing.AddDisjunction([index], int(problem.profit[0, i] * PRIZE["ortools"]))
    for k in range(m):
        time_dimension.CumulVar(routing.Start(k)).SetRange(int(problem.earliest[0] * unit), horizon)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(int(seconds * 1000))
    found = routing.SolveWithParameters(parameters)
    routes = []
    for k in range(m):
        index, route = routing.Start(k), []
        while found is not None and not routing.IsEnd(index):
            if manager.IndexToNode(index) != n:
                route.append(manager.IndexToNode(index))
            index = found.Value(routing.NextVar(index))
        routes.append(route)
    return routes


def main(spec: str, peer: str, seconds: float, seed: int) -> None:
    began = time.perf_counter()
    routes = {"pyvrp": pyvrp, "ortools": ortools}[peer](spec, seconds, seed)
    spent = time.perf_counter() - began
    from edgeworth.routing import orienteering

    problem = load(spec)
    sequences = [np.array(route, dtype=np.int64) for route in routes]
    sequences += [np.zeros(0, dtype=np.int64)] * (problem.vehicles - len(sequences))
    plan = orienteering.plan(problem, sequences)
    feasible = bool(orienteering.verify(problem, plan))
    print(json.dumps({"value": orienteering.value(problem, plan), "verified": feasible, "seconds": spent}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
