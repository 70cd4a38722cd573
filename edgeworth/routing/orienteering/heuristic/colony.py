"""eACO-VRP, the FUSION paper's ant colony."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.compilation import counter, work_for
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.heuristic.arrays import instance_of
from edgeworth.routing.orienteering.kernels import colony as kernel
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value

_LEAST = 1e-6  # (ours) floor of utility increments, distances and widths, relative to the largest
_RESCALE = 1e12  # pheromone is kept up to a common factor, which is taken out when it exceeds this


@dataclass(frozen=True)
class Eaco:
    """Parameters of `ant_colony`. The defaults are our own, since the paper's text lost its numbers.

    Parameters
    ----------
    ants : int, >= 1
        Ants of an iteration.
    iterations : int, >= 0
        Iterations of the run; a stop rule may end it before.
    pheromone, utility, distance, width, wait : float, >= 0
        The exponents a, b, c, e and g of equation (6).
    evaporation : float, in [0, 1)
        Share rho of all pheromone that an iteration loses.
    deposit : float, >= 0
        What an edge of the largest possible utility increment receives, in units of the initial pheromone.
    arrival : {"end", "start"}
        "end": a customer can be reached when the vehicle arrives before its window ends (the paper's step 2); "start": when it
        arrives no later than the window opens (the paper's condition (i)).
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

    def __post_init__(self) -> None:
        validation.integer("ants", self.ants, minimum=1)
        validation.integer("iterations", self.iterations, minimum=0)
        for name in ("pheromone", "utility", "distance", "width", "wait", "evaporation", "deposit"):
            validation.real(name, getattr(self, name), minimum=0.0)
        if self.evaporation >= 1.0:
            validation.reject("evaporation", "must be below 1", self.evaporation)
        validation.choice("arrival", self.arrival, ("end", "start"))


def ant_colony(problem: OrienteeringProblem, params: Eaco, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """The ant colony of the FUSION paper (eACO-VRP): ants build all routes; the edges of the best ant are reinforced.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance.
    params : Eaco
        Number of ants and iterations, the exponents of equation (6), evaporation and deposit.
    run : Run
        Clock, stop rules, random generator and threads of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        The best plan met, feasible and worth at least 0. ``iterations`` counts those of the colony, ``evaluations`` steps of
        ants. The run ends as CONVERGED after the ``iterations`` of its parameters.

    Notes
    -----
    1. From location i, vehicle k of an ant goes to a customer j with probability proportional to

           tau_ij^a  dU_ij^b  d_ij^-c  width_j^-e  (1 + wait_j)^-g                                     (equation 6)

       among the customers not visited yet that the remaining capacity allows, that the vehicle reaches in time (``arrival``)
       and from which it still gets to its end depot. tau is the pheromone, dU the profit less service cost and cost of the
       edge, d the distance, width the length of the time window and wait the time until it opens. A route ends when no customer
       is left to go to.
    2. After each iteration ``tau <- (1 - rho) tau`` on all edges (7), and the edges of the ant with the largest utility get
       ``deposit`` dU / max dU more (8).

    tau starts at 1; vehicles of one type share it. dU, d and width are floored at 1e-6 of the largest (ours), so that dU <= 0
    stays possible and unlikely. Random numbers come from the stream (seed, iteration, ant): the number of threads changes
    nothing.

    References
    ----------
    FUSION paper, section IV-C2, equations (6)-(8), Algorithm 1. Dorigo and Stützle, Ant Colony Optimization (2004).
    """
    m, n = problem.vehicles, problem.customers
    best = run.start or plan(problem, [np.zeros(0, dtype=np.int64)] * m)
    reached = value(problem, best)
    ending = run.tick(0, reached)
    if n == 0 or m == 0:
        return Found(best, ending or Termination.CONVERGED)
    instance = instance_of(problem)
    trail, tours = _trail(problem, instance.closes, params), _tours(problem, params)
    seed = np.uint64(run.rng.integers(0, 2**64, dtype=np.uint64))
    factor, steps, done = 1.0, 0, 0
    cuts = np.linspace(0, params.ants, min(run.threads, params.ants) + 1).astype(int).tolist()
    with ThreadPoolExecutor(max(1, len(cuts) - 1), initializer=work_for, initargs=(counter(),)) as pool:
        while ending is None and done < params.iterations:
            if len(cuts) == 2:
                steps += kernel.explore(instance, trail, tours, 0, params.ants, seed, done)
            else:
                parts = pairwise(cuts)
                jobs = [pool.submit(kernel.explore, instance, trail, tours, a, b, seed, done) for a, b in parts]
                steps += sum(job.result() for job in jobs)
            done += 1
            ant = int(np.argmax(tours.values))
            if tours.values[ant] > reached:
                reached = float(tours.values[ant])
                ends = np.cumsum(tours.sizes[ant])
                best = plan(problem, [np.array(part) for part in np.split(tours.tours[ant, : ends[-1]], ends[:-1])])
            # All pheromone loses the share rho: the same as new pheromone counting 1 / (1 - rho) times as much from now on.
            factor /= 1.0 - params.evaporation
            kernel.reinforce(instance, trail, tours, ant, factor * params.deposit)
            if factor > _RESCALE:
                kernel.rescale(trail, 1.0 / factor)
                factor = 1.0
            ending = run.tick(done, reached)
    return Found(best, ending or Termination.CONVERGED, iterations=done, evaluations=int(steps))


def _trail(problem: OrienteeringProblem, closes: NDArray[np.float64], params: Eaco) -> kernel.Trail:
    """Everything of (6) that does not change, by type of vehicle, and the pheromone."""
    n = problem.customers
    firsts = [int(group[0]) for group in problem.vehicle_types]
    prize = problem.profit - problem.service_cost
    increment = np.stack([prize[k] - problem.edge_cost(k)[:, :n] for k in firsts])
    increment = np.maximum(increment, _floor(increment))
    apart = np.maximum(problem.distance[:, :n], _floor(problem.distance[:, :n]))
    width = problem.close - problem.open
    width = np.maximum(width, _floor(width))
    static = (increment / increment.max()) ** params.utility * (apart / apart.max()) ** -params.distance
    static = static * (width / width.max()) ** -params.width
    return kernel.Trail(
        weight=static.copy(),
        static=static,
        pheromone=np.ones_like(static),
        increment=increment / increment.max(),
        arrive_by=closes.copy() if params.arrival == "end" else closes - problem.close + problem.open,
        alpha=params.pheromone,
        gamma=params.wait,
    )


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
