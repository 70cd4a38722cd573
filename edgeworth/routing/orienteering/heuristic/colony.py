"""eACO-VRP, the FUSION paper's ant colony."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.compilation import counter, work_for
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.heuristic.arrays import core_of
from edgeworth.routing.orienteering.kernels import colony as kernel
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value

_LEAST = 1e-6  # (ours) floor of utility increments, distances and widths, relative to the largest
_RESCALE = 1e12  # pheromone is kept up to a common factor, which is taken out when it exceeds this


@dataclass(frozen=True)
class Eaco:
    """Parameters of `ant_colony`; defaults (ours), since the paper's text lost its numbers.

    ants: per iteration, >= 1. iterations: >= 0; a stop rule may end the run before.
    pheromone (a), utility (b), distance (c), width (e), wait (g): exponents of equation (6), >= 0.
    evaporation: share rho in [0, 1) of all pheromone lost in an iteration. deposit: >= 0, what an edge whose utility
    increment is the largest possible receives, in units of the initial pheromone.
    arrival: "end": a customer can be reached when the vehicle arrives before its window ends (the paper's step 2); "start": not
    after it starts (the paper's condition (i)), which forbids arrivals inside of windows.
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
    """eACO-VRP: every ant builds the tours of all vehicles, one after the other, step by step; the best ant's edges are marked.

    From location i, vehicle k of an ant goes to a customer j with probability proportional to

        tau_ij^a  dU_ij^b  d_ij^-c  width_j^-e  (1 + wait_j)^-g                                     (equation 6)

    among the customers not visited yet that the load left allows, that it reaches in time (``arrival``) and from which it still
    gets to its end depot; wait is the time until the window opens, width the window's length, dU = profit - service cost - cost
    of the edge. A tour ends when nobody is left to go to. After each iteration tau <- (1 - rho) tau on all edges (7), and
    the edges of the ant with the largest utility get ``deposit`` dU / max dU more (8). tau starts at 1; vehicles of one type
    share it. dU, d and width are floored at 1e-6 of the largest (ours): dU <= 0 stays possible and unlikely.

    An ant may end with a tour that loses money; the best plan met is kept, the empty one at worst. Random numbers: stream
    (seed, iteration, ant), so the number of ``threads`` changes nothing. Iterations: of the colony; evaluations: steps of
    ants. Ends by ``iterations`` of its parameters with CONVERGED. Guarantee: feasible, worth at least 0.
    Source: FUSION paper, section IV-C2, equations (6)-(8), Algorithm 1.
    """
    m, n = problem.vehicles, problem.customers
    best = run.start or plan(problem, [np.zeros(0, dtype=np.int64)] * m)
    reached = value(problem, best)
    ending = run.tick(0, reached)
    if n == 0 or m == 0:
        return Found(best, ending or Termination.CONVERGED)
    core = core_of(problem)
    trail, tours = _trail(problem, core.closes, params), _tours(problem, params)
    seed = np.uint64(run.rng.integers(0, 2**64, dtype=np.uint64))
    factor, steps, done = 1.0, 0, 0
    cuts = np.linspace(0, params.ants, min(run.threads, params.ants) + 1).astype(int).tolist()
    with ThreadPoolExecutor(max(1, len(cuts) - 1), initializer=work_for, initargs=(counter(),)) as pool:
        while ending is None and done < params.iterations:
            if len(cuts) == 2:
                steps += kernel.explore(core, trail, tours, 0, params.ants, seed, done)
            else:
                parts = pairwise(cuts)
                jobs = [pool.submit(kernel.explore, core, trail, tours, a, b, seed, done) for a, b in parts]
                steps += sum(job.result() for job in jobs)
            done += 1
            ant = int(np.argmax(tours.values))
            if tours.values[ant] > reached:
                reached = float(tours.values[ant])
                ends = np.cumsum(tours.sizes[ant])
                best = plan(problem, [np.array(part) for part in np.split(tours.tours[ant, : ends[-1]], ends[:-1])])
            # All pheromone loses the share rho: the same as new pheromone counting 1 / (1 - rho) times as much from now on.
            factor /= 1.0 - params.evaporation
            kernel.reinforce(core, trail, tours, ant, factor * params.deposit)
            if factor > _RESCALE:
                kernel.rescale(trail, 1.0 / factor)
                factor = 1.0
            ending = run.tick(done, reached)
    return Found(best, ending or Termination.CONVERGED, iterations=done, evaluations=int(steps))


def _trail(problem: OrienteeringProblem, closes: NDArray[np.float64], params: Eaco) -> Any:
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


def _floor(values: Any) -> float:
    largest = float(np.max(values, initial=0.0))
    return _LEAST * largest if largest > 0.0 else 1.0


def _tours(problem: OrienteeringProblem, params: Eaco) -> Any:
    ants, n = params.ants, problem.customers
    return kernel.Tours(
        tours=np.zeros((ants, n), dtype=np.int64),
        sizes=np.zeros((ants, problem.vehicles), dtype=np.int64),
        values=np.zeros(ants),
        left=np.zeros((ants, n), dtype=np.int64),
        chance=np.zeros((ants, n)),
    )
