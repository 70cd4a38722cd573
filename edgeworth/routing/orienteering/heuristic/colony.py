"""eACO-VRP, the FUSION paper's ant colony."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.compilation import counter, work_for
from edgeworth.core.jit import read_only
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.seeds import generator
from edgeworth.routing.orienteering.heuristic.arrays import instance_of
from edgeworth.routing.orienteering.kernels import colony as kernel
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value

_LEAST = 1e-6  # (ours) floor of utility increments, distances and widths, relative to the largest
_CHUNK = 2_000_000  # looks at a customer between two looks at the clock: 20 ms
_RESCALE = 1e12  # pheromone is kept up to a common factor, which is taken out when it exceeds this


@dataclass(frozen=True)
class Eaco:
    """Parameters of `ant_colony`. The defaults are our own, since the paper's text lost its numbers.

    Parameters
    ----------
    ants : int, >= 1
        Ants of an iteration.
    iterations : int, >= 0
        Iterations of a colony; a stop rule may end it before.
    pheromone, utility, distance, width, wait : float, >= 0
        The exponents a, b, c, e and g of the weight of a step.
    evaporation : float, in [0, 1)
        Share rho of all pheromone that an iteration loses.
    deposit : float, >= 0
        What an edge of the largest possible utility increment receives, in units of the initial pheromone.
    arrival : {"end", "start"}
        "end": a customer can be reached when the vehicle arrives before its window ends (the paper's step 2); "start": when it
        arrives no later than the window opens (the paper's condition (i)).
    colonies : {"shared", "per-vehicle"}
        "shared" (ours): one colony, whose ants build the routes of all vehicles, and whose best ant is the best plan.
        "per-vehicle" (the paper's): the vehicles are planned one after the other, in their order, each by a colony of its own
        with ``iterations`` iterations on the customers that the vehicles before it left; what its best ant found stays.
    """

    ants: int = 20
    iterations: int = 500
    pheromone: float = 1.0
    utility: float = 2.0
    distance: float = 1.0
    width: float = 0.5
    wait: float = 0.5
    evaporation: float = 0.1
    deposit: float = 1.0
    arrival: Literal["end", "start"] = "end"
    colonies: Literal["shared", "per-vehicle"] = "shared"

    def __post_init__(self) -> None:
        validation.integer("ants", self.ants, minimum=1)
        validation.integer("iterations", self.iterations, minimum=0)
        for name in ("pheromone", "utility", "distance", "width", "wait", "evaporation", "deposit"):
            validation.real(name, getattr(self, name), minimum=0.0)
        if self.evaporation >= 1.0:
            validation.reject("evaporation", "must be below 1", self.evaporation)
        validation.choice("arrival", self.arrival, ("end", "start"))
        validation.choice("colonies", self.colonies, ("shared", "per-vehicle"))


def ant_colony(problem: OrienteeringProblem, params: Eaco, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """The ant colony of the FUSION paper (eACO-VRP): ants build routes; the edges of the best ant are reinforced.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance. The paper's vehicles end at their last customer: `without_return` makes a problem of that kind.
    params : Eaco
        Number of ants and iterations, the exponents of the weight, evaporation and deposit, and what a colony plans.
    run : Run
        Clock, stop rules, random generator and threads of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        The best plan met, feasible and worth at least 0. ``iterations`` counts those of all colonies, ``evaluations`` steps of
        ants. The run ends as CONVERGED after the ``iterations`` of its parameters.

    Notes
    -----
    1. From location i, vehicle k of an ant goes to a customer j with probability proportional to

           tau_ij^a  dU_ij^b  d_ij^-c  width_j^-e  (1 + wait_j)^-g

       among the customers not visited yet that the remaining capacity allows, that the vehicle reaches in time (``arrival``)
       and from which it still gets to its end depot. tau is the pheromone, dU the profit less service cost and cost of the
       edge, d the distance, width the length of the time window and wait the time until it opens. A route ends when no customer
       is left to go to.
    2. After each iteration ``tau <- (1 - rho) tau`` on all edges (7), and the edges of the ant with the largest utility get
       ``deposit`` dU / max dU more (8).

    **What is ours.** Equations (6)-(8) are lost in the text we have. For (6) it names the pheromone of the edge, its distance,
    the width of the next window, the waiting time and "positive weights", and lets an ant evaluate "the utility upon arrival";
    for (8) it names the utility increment of the edge. Our reading are the product of five factors with dU as one of them, the
    signs of their exponents, and ``1 + wait`` (the text defines waiting as arrival less opening, which is negative for who is
    early); our own are all numbers and the way back to the end depot, of which the text says nothing. tau starts at 1; vehicles
    of one type share it within a colony. dU, d and width are floored at 1e-6 of the largest, so that dU <= 0 stays possible and
    unlikely.

    **One colony or several.** The paper builds a graph for each vehicle and runs Algorithm 1 on it ("per-vehicle"); in its
    auction sellers choose in the order of their asks, so the order of the vehicles matters. A limit of iterations or seconds is
    shared equally among the vehicles; where another rule ends the run, vehicles whose turn has not come stay where they are.
    For one vehicle both are the same run.

    Random numbers come from the stream (seed, iteration, ant): the number of threads changes nothing.

    References
    ----------
    FUSION paper, section IV-C2, equations (6)-(8), Algorithm 1; IV-C3, step 2. Dorigo and Stützle, Ant Colony Optimization
    (2004).
    """
    m, n = problem.vehicles, problem.customers
    routes: list[Ints] = [np.zeros(0, dtype=np.int64)] * m
    best = run.start or plan(problem, routes)
    reached = value(problem, best)
    ending = run.tick(0, reached)
    if n == 0 or m == 0:
        return Found(best, ending or Termination.CONVERGED)
    seed = _seed(run.rng)
    turns = [np.arange(m)] if params.colonies == "shared" else [np.array([k]) for k in range(m)]
    planned, seconds = params.iterations * len(turns), run.stop.seconds
    if run.stop.iterations is not None:
        planned = min(planned, run.stop.iterations)
    left, earned, steps, done = np.arange(n), 0.0, 0, 0
    workers = min(run.threads, params.ants)
    with ThreadPoolExecutor(workers, initializer=work_for, initargs=(counter(),)) as pool:
        for turn, vehicles in enumerate(turns, 1):
            if ending is not None or not len(left):
                break
            part = problem if len(turns) == 1 else _alone(problem, int(vehicles[0]), left)
            last = min(planned * turn // len(turns), done + params.iterations)
            top = 0.0  # of a vehicle that stays
            if workers > 1:
                colony = _threads(part, params, seed, range(done, last), workers, pool)
            else:  # who counts iterations without gain looks at each of them
                colony = _one_thread(part, params, seed, range(done, last), run.stop.stalled is not None)
            for reached_by, taken, worth, tours in colony:
                done, steps = reached_by, steps + taken
                if worth > top:
                    top = worth
                    for k, tour in zip(vehicles.tolist(), tours(), strict=True):
                        routes[k] = left[tour]
                    if earned + top > reached:
                        best, reached = plan(problem, routes), earned + top
                ending = run.tick(done, reached)
                if ending is not None or (seconds is not None and run.elapsed >= seconds * turn / len(turns)):
                    break
            earned += top
            left = np.setdiff1d(left, np.concatenate([routes[k] for k in vehicles.tolist()]))
    return Found(best, ending or Termination.CONVERGED, iterations=done, evaluations=steps)


Steps = Iterator[tuple[int, int, float, Callable[[], list[Ints]]]]
"""Now and then, and after every iteration that is better than all before: the iterations done, the steps of ants since the last
time, the value of the best ant, and its tours by vehicle, valid until the next time."""


def _one_thread(problem: OrienteeringProblem, params: Eaco, seed: np.uint64, iterations: range, each: bool) -> Steps:
    """One colony. each: after every iteration."""
    instance = instance_of(problem)
    trail, tours = _Weights(problem, instance.closes, params).trail(instance.prize), _tours(problem, params)
    chunk = 1 if each else max(1, _CHUNK // (params.ants * (problem.customers + 1) ** 2))
    reals, ints = np.array([0.0, 1.0]), np.array([iterations.start, 0, -1])
    while ints[kernel.ITERATION] < iterations.stop:
        last = min(int(ints[kernel.ITERATION]) + chunk, iterations.stop)
        ints[kernel.STEPS] = 0
        keep = 1.0 - params.evaporation
        kernel.search(instance, trail, tours, reals, ints, last, seed, keep, params.deposit, _RESCALE)
        done, steps, ant = ints.tolist()
        yield done, steps, float(reals[kernel.TOP]), partial(_tours_of, tours, ant)


def _threads(
    problem: OrienteeringProblem, params: Eaco, seed: np.uint64, iterations: range, workers: int, pool: Executor
) -> Steps:
    """The same colony, the ants of an iteration on several threads."""
    instance = instance_of(problem)
    trail, tours = _Weights(problem, instance.closes, params).trail(instance.prize), _tours(problem, params)
    factor = 1.0
    cuts = np.linspace(0, params.ants, workers + 1).astype(int).tolist()
    for number in iterations:
        jobs = [pool.submit(kernel.explore, instance, trail, tours, a, b, seed, number) for a, b in pairwise(cuts)]
        steps = sum(int(job.result()) for job in jobs)
        ant = int(np.argmax(tours.values))
        yield number + 1, steps, float(tours.values[ant]), partial(_tours_of, tours, ant)
        # All pheromone loses the share rho: the same as new pheromone counting 1 / (1 - rho) times as much from now on.
        factor /= 1.0 - params.evaporation
        kernel.reinforce(instance, trail, tours, ant, factor * params.deposit)
        if factor > _RESCALE:
            kernel.rescale(trail, 1.0 / factor)
            factor = 1.0


def _tours_of(tours: kernel.Tours, ant: int) -> list[Ints]:
    ends = np.cumsum(tours.sizes[ant])
    return [part.copy() for part in np.split(tours.tours[ant, : ends[-1]], ends[:-1])]


def _alone(problem: OrienteeringProblem, vehicle: int, customers: Ints) -> OrienteeringProblem:
    """The problem of one vehicle and some of the customers: the graph that the paper builds for it."""
    k, c = np.array([vehicle]), customers
    ends = list(dict.fromkeys([int(problem.start[vehicle]), int(problem.end[vehicle])]))
    nodes = np.append(c, np.array(ends, dtype=np.int64))
    places = np.ix_(nodes, nodes)
    return OrienteeringProblem(
        distance=problem.distance[places],
        travel_time=problem.travel_time[places],
        profit=problem.profit[np.ix_(k, c)],
        demand=problem.demand[c],
        open=problem.open[c],
        close=problem.close[c],
        service_time=problem.service_time[c],
        service_cost=problem.service_cost[c],
        start=np.array([len(c)]),
        end=np.array([len(c) + len(ends) - 1]),
        speed=problem.speed[k],
        capacity=problem.capacity[k],
        cost_per_distance=problem.cost_per_distance[k],
        cost_per_time=problem.cost_per_time[k],
        earliest=problem.earliest[k],
        latest=problem.latest[k],
    )


class _Weights:
    """Everything of the weight that does not depend on profits, by type of vehicle."""

    def __init__(self, problem: OrienteeringProblem, closes: Floats, params: Eaco) -> None:
        n, self.params = problem.customers, params
        self.firsts = [int(group[0]) for group in problem.vehicle_types]
        self.cost = [problem.edge_cost(k)[:, :n] for k in self.firsts]
        apart = np.maximum(problem.distance[:, :n], _floor(problem.distance[:, :n]))
        width = problem.close - problem.open
        width = np.maximum(width, _floor(width))
        self.near = (apart / apart.max()) ** -params.distance
        self.wide = (width / width.max()) ** -params.width
        self.arrive_by = closes.copy() if params.arrival == "end" else closes - problem.close + problem.open

    def trail(self, prize: Floats) -> kernel.Trail:
        """The weights for these profits less service costs, float64 [m, n], and pheromone that is the same everywhere."""
        increment = np.stack([prize[k] - cost for k, cost in zip(self.firsts, self.cost, strict=True)])
        increment = np.maximum(increment, _floor(increment))
        static = (increment / increment.max()) ** self.params.utility * self.near
        static = static * self.wide
        return kernel.Trail(
            weight=static.copy(),
            static=static,
            pheromone=np.ones_like(static),
            increment=increment / increment.max(),
            arrive_by=self.arrive_by,
            alpha=self.params.pheromone,
            gamma=self.params.wait,
        )


class VehicleColony:
    """The colony of one vehicle for one profit after another: what `ant_colony` finds of the same problem with these profits.

    Parameters
    ----------
    problem : OrienteeringProblem
        Of one vehicle; its profits do not matter.
    seed : int
        As of ``solve``.
    iterations : int
        As of the stop rule.
    """

    def __init__(self, problem: OrienteeringProblem, seed: int, iterations: int) -> None:
        params = Eaco()
        self.instance = instance_of(problem)
        self.weights, self.tours = _Weights(problem, self.instance.closes, params), _tours(problem, params)
        self.keep, self.deposit, self.last = 1.0 - params.evaporation, params.deposit, min(iterations, params.iterations)
        self.seed, self.service_cost = _seed(generator(seed)[0]), problem.service_cost

    def tour(self, profit: Floats) -> Ints:
        """The customers of the best ant in order.

        Parameters
        ----------
        profit : ndarray
            float64 [n].

        Returns
        -------
        ndarray
            int64; empty where no tour found is worth more than staying.
        """
        prize = np.ascontiguousarray((profit - self.service_cost)[None, :])
        instance = read_only(self.instance._replace(prize=prize))
        trail, best = self.weights.trail(prize), np.zeros(0, dtype=np.int64)
        reals, ints = np.array([0.0, 1.0]), np.array([0, 0, -1])
        while ints[kernel.ITERATION] < self.last:
            kernel.search(instance, trail, self.tours, reals, ints, self.last, self.seed, self.keep, self.deposit, _RESCALE)
            if ints[kernel.ANT] >= 0:
                best = _tours_of(self.tours, int(ints[kernel.ANT]))[0]
        return best


def _seed(rng: np.random.Generator) -> np.uint64:
    """What the ants' streams come from."""
    return np.uint64(rng.integers(0, 2**64, dtype=np.uint64))


def _floor(values: Floats) -> float:
    largest = float(np.max(values, initial=0.0))
    return _LEAST * largest if largest > 0.0 else 1.0


def _tours(problem: OrienteeringProblem, params: Eaco) -> kernel.Tours:
    ants, n = params.ants, problem.customers
    return kernel.Tours(
        tours=np.zeros((ants, n), dtype=np.int64),
        sizes=np.zeros((ants, problem.vehicles), dtype=np.int64),
        values=np.zeros(ants),
        left=np.zeros((ants, n), dtype=np.int64),
        chance=np.zeros((ants, n)),
    )
