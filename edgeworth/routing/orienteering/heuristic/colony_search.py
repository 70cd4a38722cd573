"""eaco-ls: the colony whose ants keep their plans and improve them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.compilation import counter, work_for
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.heuristic.arrays import empty_plan, feasible, fill, instance_of, scales, solution_of
from edgeworth.routing.orienteering.heuristic.beam import STEPS, beam_of
from edgeworth.routing.orienteering.heuristic.descent import GAIN, descend, search_state
from edgeworth.routing.orienteering.kernels import ant as kernel
from edgeworth.routing.orienteering.kernels import beam as beams
from edgeworth.routing.orienteering.kernels.constructive import insert_greedily
from edgeworth.routing.orienteering.kernels.plans import Plan, copy_route
from edgeworth.routing.orienteering.kernels.search import SearchParameters, SearchState
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, value

_CYCLE = 4  # iterations, in one of which an ant does local search and in one of which its beam works
_FLOOR = 0.05  # least pheromone; the most is deposit / evaporation
_SEVERAL = (0.8, 2.5)  # first and last temperature of several vehicles, by that of one
_AGAIN = 0.5  # the first temperature of a later stage, by that of the first stage
_SPEED = 20_000  # about so many iterations a second, divided by the number of customers
_TURNS = 25  # least turns of an ant in a stage


@dataclass(frozen=True)
class EacoLs:
    """Parameters of `ant_colony_local_search`.

    Temperatures are in units of the mean positive profit, times in units of the mean travel time to the five nearest customers.
    The defaults were found by hand on the instances of the benchmark.

    Parameters
    ----------
    ants : int, >= 1
        Ants of the colony that move in an iteration, and that are left in the last stage.
    crowd : int, >= 1
        Ants that begin, if there are several vehicles, at most `full_pool` customers and a run that is long enough: the largest
        multiple of `ants` by a power of two that is not above it. They take turns.
    iterations : int, >= 1
        Iterations of a run without a rule on seconds or iterations; the cooling schedule always fits the run.
    attempts : int, >= 1
        Ruin-and-recreate attempts of an ant in an iteration.
    rounds : int, >= 0
        Rounds of local search at the end of every fourth iteration.
    initial_temperature, final_temperature : float, > 0
        First and last temperature of the acceptance for one vehicle; the first is at least the last. Several vehicles begin at
        .8 of the first and end at 2.5 times the last: the temperatures at which their routes still exchange regions.
    travel_penalty : float, >= 0
        Price of travel time in the search's objective.
    removals : int, >= 1
        An attempt removes no further segment once so many customers are removed (drawn up to it; up to
        twice as many of a single vehicle).
    segment : int, >= 1
        Longest segment removed from one route, half as long again for a single vehicle.
    blink : float, in [0, 1)
        Probability of skipping an insertion position.
    noise : float, >= 0
        Size of the noise on the ranks of insertions.
    detour_offset : float, > 0
        Time added to detours, so that ratios to them stay finite.
    pheromone : float, >= 0
        Exponent of pheromone in the ranks.
    evaporation, deposit : float, in [0, 1) and >= 0
        As of `Eaco`, for the edges of the colony's best plan.
    full_pool : int, >= 1
        Up to so many customers, every attempt tries to insert all absent ones.
    neighbours : int, >= 1
        In larger problems it tries so many nearest neighbours of each removed customer.
    width : int, >= 0
        Labels that the beam keeps at a customer; 0: no run of stops is filled anew.
    ahead : int, >= 1
        Customers that a label of the beam goes on to.
    lag : float, >= 0
        Labels further behind the best one of as many visits go no further, in units of the mean positive profit.
    effort : int, >= 0
        Steps of labels that the beam may take, per iteration and ant, divided by the number of vehicles.
    """

    ants: int = 2
    crowd: int = 8
    iterations: int = 1000
    attempts: int = 100
    rounds: int = 1
    initial_temperature: float = 0.5
    final_temperature: float = 0.02
    travel_penalty: float = 0.01
    removals: int = 10
    segment: int = 8
    blink: float = 0.02
    noise: float = 1.0
    detour_offset: float = 0.1
    pheromone: float = 0.1
    evaporation: float = 0.025
    deposit: float = 0.025
    full_pool: int = 400
    neighbours: int = 30
    width: int = 8
    ahead: int = 30
    lag: float = 6.0
    effort: int = 300_000

    def __post_init__(self) -> None:
        for name in ("ants", "crowd", "iterations", "attempts", "removals", "segment", "full_pool", "neighbours", "ahead"):
            validation.integer(name, getattr(self, name), minimum=1)
        for name in ("rounds", "width", "effort"):
            validation.integer(name, getattr(self, name), minimum=0)
        for name in ("initial_temperature", "final_temperature", "detour_offset"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        if self.initial_temperature < self.final_temperature:
            rule = f"must be at least final_temperature ({self.final_temperature})"
            validation.reject("initial_temperature", rule, self.initial_temperature)
        for name in ("travel_penalty", "noise", "pheromone", "evaporation", "deposit", "blink", "lag"):
            validation.real(name, getattr(self, name), minimum=0.0)
        for name in ("evaporation", "blink"):
            if getattr(self, name) >= 1.0:
                validation.reject(name, "must be below 1", getattr(self, name))


class _Ant(NamedTuple):
    """Its plan, a copy to work on, the best plan it met, its state, the values of plan and best, and its beam."""

    plan: Plan
    work: Plan
    best: Plan
    state: SearchState
    values: Floats
    beam: beams.Beam | None


def ant_colony_local_search(problem: OrienteeringProblem, params: EacoLs, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """An ant colony whose ants keep whole plans and improve them by ruin and recreate and by local search.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance.
    params : EacoLs
        Number of ants and attempts, the cooling schedule, removals, ranks of insertions, evaporation and deposit.
    run : Run
        Clock, stop rules, random generator and threads of the run; its ``start``, if any, is the first plan of all ants and the
        incumbent, the greedy plan otherwise.

    Returns
    -------
    Found
        A feasible plan worth at least the start. ``iterations`` counts those of the colony, ``evaluations`` attempts of ants.

    Notes
    -----
    In an iteration ``ants`` ants, those whose turn it is, make ``attempts`` attempts:

    1. Ruin. Segments around a customer are removed, one a route, or several where there is but one route (slack induction by
       string removals).
    2. Recreate. Absent customers are inserted one by one, each at its best position, in an order that weighs what the weight of
       `ant_colony` does - pheromone of the two new edges, increment of utility, time - with noise.
    3. Acceptance. With d the change of ``value - penalty * travel time``, the new plan is kept with probability min(1, exp(d /
       T)).
    4. Local search, every fourth iteration of an ant: insertion, replacement, ejection of up to three customers, removal, swap,
       or-opt, cross exchange and 2-opt*, over all vehicles at once. Departures and latest feasible starts make the test of time
       windows a matter of the changed segment alone.
    5. Beam, every fourth iteration of an ant. A random run of stops of a random route is filled anew from the customers that it
       and nobody visits, by a labelling over their number: at every customer the ``width`` best of the labels that no other one
       there beats in time and value, whoever they visited. What is found replaces the run where it is better.
    6. Pheromone evaporates, and the edges of the colony's best plan are reinforced.

    Plans of several vehicles differ most in who serves which region, which an ant decides early and hardly ever again: on pr04
    four times the iterations gained nothing. Hence a crowd of ants begins, in stages of equal length. After each of them the
    better half goes on, from the best plans it met and at half of the first temperature, with twice as many attempts an ant.

    T falls geometrically from the first to the last temperature over a stage: by its share of iterations where their number is
    known (``Stop(iterations=...)``, or no rule at all), by the share of its seconds otherwise, also where both are given and
    so many iterations would take longer, at 20,000 a second over the number of customers. Random numbers come from the stream
    (seed, iteration, ant): the number of threads changes nothing in a run that goes by iterations.

    References
    ----------
    Colony: FUSION paper, section IV-C2. Removal: Christiaens and Vanden Berghe, Slack induction by string removals for vehicle
    routing problems, Transportation Science 54 (2020). Slack: Vansteenwegen et al., Computers & Operations Research 36 (2009).
    Beam: Lowerre, The HARPY speech recognition system (1976), on the labels of Righini and Salani, Computers & Operations
    Research 36 (2009). The combination is our own.
    """
    planned = run.stop.iterations
    if planned is None and run.stop.seconds is None:
        planned = params.iterations
    timed = math.inf if run.stop.seconds is None else run.stop.seconds * _SPEED / max(problem.customers, 1)
    about = min(timed, math.inf if planned is None else planned)  # the schedule is that of the rule which is to end the run
    counts = planned is not None and planned <= timed
    colony = _Colony(problem, params, run.start, np.uint64(run.rng.integers(0, 2**64, dtype=np.uint64)), about)
    best, reached = colony.incumbent()
    ending = run.tick(0, reached)
    if problem.customers == 0 or problem.vehicles == 0:
        return Found(best, ending or Termination.CONVERGED)
    done = 0
    workers = min(run.threads, params.ants)
    with ThreadPoolExecutor(workers, initializer=work_for, initargs=(counter(),)) as pool:
        while ending is None:
            share = done / max(about, 1.0) if counts else run.elapsed / max(run.stop.seconds or 0.0, 1e-9)
            colony.iterate(done, min(share, 1.0), pool.map if workers > 1 else map)
            done += 1
            if colony.values.max() > reached:
                found, worth = colony.incumbent()
                if worth > reached:
                    best, reached = found, worth
            ending = run.tick(done, reached)
            if ending is None and run.stop.iterations is None and planned is not None and done >= planned:
                ending = Termination.CONVERGED
    return Found(best, ending, iterations=done, evaluations=done * params.ants * params.attempts)


class _Colony:
    """The ants, their pheromone, and the kernels' arrays; everything that the next iteration needs."""

    def __init__(
        self, problem: OrienteeringProblem, params: EacoLs, start: RoutePlan | None, seed: np.uint64, planned: float = 0.0
    ) -> None:
        """planned: about so many iterations, on which the number of ants that begin depends."""
        self.problem, self.params, self.seed = problem, params, seed
        self.instance = instance_of(problem)
        self.money, time = scales(problem)
        alone = problem.vehicles == 1  # the only route loses several segments at once
        first, last = (1.0, 1.0) if alone else _SEVERAL
        self.cold = params.final_temperature * self.money * last
        self.hot = max(params.initial_temperature * self.money * first, self.cold)
        self.parameters = SearchParameters(
            travel_penalty=params.travel_penalty * self.money / time,
            segment=params.segment * 3 // 2 if alone else params.segment,
            removals=params.removals * 2 if alone else params.removals,
            again=alone,
            full_pool=params.full_pool,
            neighbours=params.neighbours,
            blink=params.blink,
            detour_offset=params.detour_offset * time,
            noise=params.noise,
            alpha=params.pheromone,
            by_rate=0.3,
            by_square=0.6,
            by_chance=0.8,
        )
        places = problem.locations
        self.pheromone = np.ones((len(problem.vehicle_types), places, places))
        self.stage, self.stages = 0, 1
        if not alone and 0 < problem.customers <= params.full_pool:
            while (params.ants << self.stages) <= params.crowd and planned >= (_TURNS * (self.stages + 1)) << self.stages:
                self.stages += 1
        many = params.ants << (self.stages - 1)
        self.ants = [self._ant(start) for _ in range(many)]
        self.left = np.arange(many)  # the ants that still move
        self.values = np.array([ant.values[1] for ant in self.ants])
        self.credit = np.zeros(many, dtype=np.int64)  # steps of labels, to each ant

    def _ant(self, start: RoutePlan | None) -> _Ant:
        instance, m, n = self.instance, self.problem.vehicles, self.problem.customers
        state = search_state(m, n)
        current, work, best = (empty_plan(self.problem) for _ in range(3))
        if start is not None:
            fill(work, start)
        kernel.take_plan(instance, work, state)
        if start is None:
            insert_greedily(instance, work, state.spot[0], state.gain[0], state.added[0], self.parameters.detour_offset)
            kernel.take_plan(instance, work, state)
        for target in (current, best):
            target.stops[:] = work.stops
            kernel.take_plan(instance, target, search_state(m, n))
            for k in range(m):
                copy_route(work, target, k)
        # The value is the model's, so that a start is never lost to a rounding error.
        worth = value(self.problem, solution_of(self.problem, best))
        beamed = self.params.width > 0 and 0 < n <= self.params.full_pool
        beam = beam_of(self.problem, instance, self.params.width, self.params.ahead) if beamed else None
        return _Ant(current, work, best, state, np.array([worth, worth]), beam)

    def iterate(self, iteration: int, share: float, spread: Callable[[Callable[[int], None], range], Iterable[None]]) -> None:
        """One iteration at that share of the run; `spread` is ``map``, or that of a pool of threads."""
        while self.stage < min(int(share * self.stages), self.stages - 1):
            self._select()
        hot = max(self.hot * (_AGAIN if self.stage else 1.0), self.cold)
        temperature = hot * (self.cold / hot) ** (share * self.stages - self.stage)
        turns = len(self.left) // self.params.ants  # of the groups that the ants left move in
        group = iteration % turns

        def move(member: int) -> None:
            index = int(self.left[group * self.params.ants + member])
            ant = self.ants[index]
            kernel.walk(
                self.instance, ant.plan, ant.work, ant.best, ant.state, self.pheromone, self.parameters, self.params.attempts,
                self.seed, iteration, index, temperature, ant.values,
            )  # fmt: skip
            turn = (iteration // turns + member) % _CYCLE  # another one for every ant: a chunk is short
            if turn == 0:
                self._improve(ant)
            elif turn == _CYCLE // 2 and ant.beam is not None and self.credit[index] >= 0:
                self._refill(ant, ant.beam, iteration, index)

        self.credit[self.left] += self.params.effort // self.problem.vehicles // turns
        list(spread(move, range(self.params.ants)))
        self.values = np.array([ant.values[1] for ant in self.ants])
        if self.params.pheromone > 0.0:
            best = self.ants[int(np.argmax(self.values))].best
            kernel.lay(self.pheromone, self.instance, best, 1.0 - self.params.evaporation, self.params.deposit, _FLOOR)

    def _select(self) -> None:
        """The next stage: the better half of the ants goes on, from the best plans they met."""
        self.stage += 1
        order = np.argsort(-self.values[self.left], kind="stable")[: len(self.left) // 2]
        self.left = self.left[np.sort(order)]
        for index in self.left:
            ant = self.ants[index]
            for target in (ant.plan, ant.work):
                for k in range(self.problem.vehicles):
                    copy_route(ant.best, target, k)
            kernel.take_plan(self.instance, ant.work, ant.state)
            ant.state.known[:] = -1
            ant.values[0] = ant.values[1]

    def _refill(self, ant: _Ant, beam: beams.Beam, iteration: int, index: int) -> None:
        """Fill a random run of stops of the ant's plan anew."""
        time = float((self.instance.latest - self.instance.earliest).sum())
        rate = max(float(ant.values[0]), 0.0) / time if time > 0.0 else 0.0  # what a unit of a vehicle's time is worth
        lag, least = self.params.lag * self.money, GAIN * (self.money + abs(float(ant.values[0])))
        beams.draw(self.instance, ant.work, beam, self.seed, iteration, index + len(self.ants))
        beams.prepare(self.instance, ant.work, beam, self.parameters.travel_penalty, rate, lag)
        beams.extend(self.instance, beam, STEPS)
        if beams.adopt(self.instance, ant.work, ant.state, beam, least):
            kernel.settle(self.instance, ant.plan, ant.work, ant.best, ant.state, ant.values)
        self.credit[index] -= beam.ints[beams.STEPS]

    def _improve(self, ant: _Ant) -> None:
        """Local search on the ant's plan."""
        for _ in range(self.params.rounds):
            if not descend(self.instance, ant.work, ant.state, self.parameters.travel_penalty, self.money):
                break
        kernel.settle(self.instance, ant.plan, ant.work, ant.best, ant.state, ant.values)

    def incumbent(self) -> tuple[RoutePlan, float]:
        """The best plan of all ants and its value by the model."""
        best = self.ants[int(np.argmax(self.values))].best
        return feasible(self.problem, best)
