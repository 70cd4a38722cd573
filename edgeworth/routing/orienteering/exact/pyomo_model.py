"""The model in Pyomo, for users who take it to a solver of their own, and solving it that way through HiGHS."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.pyomo import solve_model
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value, violations

if TYPE_CHECKING:
    from pyomo.core.expr import NumericExpression
    from pyomo.environ import ConcreteModel

Arc = tuple[int, int, int]

_ROUNDING = 2.0**-44  # relative to the largest sum of a plan's terms


def usable_arcs(problem: OrienteeringProblem) -> dict[Arc, tuple[float, float]]:
    """(vehicle, from, to) -> (driving time, cost) of every arc that some feasible route may use.

    The start depot is n, the end depot n + 1, for every vehicle its own. Left out: arcs between customers that do not fit
    one after the other even when the first is served as early as its window or the departure allows, arcs from the start that
    miss the window, arcs to the end that miss the return, customers heavier than the vehicle's capacity.
    """
    n, limits = problem.customers, problem.limits
    arcs: dict[Arc, tuple[float, float]] = {}
    for k in range(problem.vehicles):
        times, costs = problem.drive_time(k), problem.edge_cost(k)
        home, back = int(problem.start[k]), int(problem.end[k])
        fits = problem.demand <= limits.capacity[k]
        ready = np.maximum(limits.open[k], 0.0) + problem.service_time
        for i in np.flatnonzero(fits).tolist():
            if times[home, i] <= limits.close[k, i]:
                arcs[k, n, i] = float(times[home, i]), float(costs[home, i])
            if ready[i] + times[i, back] <= limits.latest[k]:
                arcs[k, i, n + 1] = float(times[i, back]), float(costs[i, back])
            for j in np.flatnonzero(fits & (ready[i] + times[i, :n] <= limits.close[k])).tolist():
                if i != j:
                    arcs[k, i, j] = float(times[i, j]), float(costs[i, j])
    return arcs


def _clock(problem: OrienteeringProblem) -> tuple[list[float], list[float], list[float], list[float]]:
    """Opening and closing times, departures and latest returns since the first vehicle's origin, cut to what can be reached."""
    limits, m = problem.limits, problem.vehicles
    origin = float(limits.origin.min()) if m else 0.0
    reach = float((limits.reach + limits.origin - origin).max()) if m else 0.0
    opens = problem.open - origin
    closes = np.maximum(np.minimum(problem.close - origin, reach), opens)
    latest = np.minimum(problem.latest - origin, reach)
    return opens.tolist(), closes.tolist(), (limits.origin - origin).tolist(), latest.tolist()


def build_model(problem: OrienteeringProblem) -> ConcreteModel:
    """The problem as an unsolved Pyomo ``ConcreteModel``, a formulation by arcs with times.

    Parameters
    ----------
    problem : OrienteeringProblem
        The problem.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With sets ``VEHICLES``, ``CUSTOMERS`` and ``ARCS`` (vehicle, from, to; node n is the vehicle's start, n + 1 its end;
        `usable_arcs`); parameters ``driving`` and ``cost`` by arc; binary ``drive[k, i, j]``; ``begin[i]`` in [open, close],
        the start of service; ``position[i]`` in [1, n], the place in the route. Constraints ``visited[i]`` (at most once),
        ``leaves[k]`` (at most one route), ``through[k, i]`` (who comes also goes), ``within_capacity[k]``; ``first[i]``,
        ``next[i, j]``, ``last[i]`` with the smallest safe constants M: an arc that is driven forces the times; ``order[i, j]``:
        and the positions, since times alone do not exclude cycles that take no time. Objective ``total``, maximised.

    Notes
    -----
    The clock of ``begin`` starts when the first vehicle has to move and has no limit later than any route can be
    (`model.limits`), so that constants stay small. Limits are those of the problem, without the feasibility tolerance.
    ``model.write("name.lp")`` and ``model.write("name.mps")`` hand the model to other solvers. For small instances: the
    relaxation is weak.
    """
    import pyomo.environ as pyo

    n, arcs = problem.customers, usable_arcs(problem)
    opens, closes, earliest, latest = _clock(problem)
    into: dict[tuple[int, int], list[int]] = {}
    out: dict[tuple[int, int], list[int]] = {}
    between: dict[tuple[int, int], list[int]] = {}
    for k, a, b in arcs:
        out.setdefault((k, a), []).append(b)
        into.setdefault((k, b), []).append(a)
        between.setdefault((a, b), []).append(k)
    model = pyo.ConcreteModel(name="orienteering")
    model.VEHICLES = pyo.Set(initialize=range(problem.vehicles))
    model.CUSTOMERS = pyo.Set(initialize=range(n))
    model.ARCS = pyo.Set(initialize=list(arcs), dimen=3)
    model.driving = pyo.Param(model.ARCS, initialize={arc: pair[0] for arc, pair in arcs.items()})
    model.cost = pyo.Param(model.ARCS, initialize={arc: pair[1] for arc, pair in arcs.items()})
    model.drive = pyo.Var(model.ARCS, domain=pyo.Binary)
    model.begin = pyo.Var(model.CUSTOMERS, bounds=lambda m, i: (opens[i], closes[i]))
    model.position = pyo.Var(model.CUSTOMERS, bounds=(1, max(n, 1)))

    def leaving(m: ConcreteModel, k: int, i: int) -> NumericExpression:
        return sum(m.drive[k, i, b] for b in out.get((k, i), []))

    def used(m: ConcreteModel, a: int, b: int) -> NumericExpression:
        return sum(m.drive[k, a, b] for k in between[a, b])

    def driven(m: ConcreteModel, a: int, b: int) -> NumericExpression:
        return sum(m.driving[k, a, b] * m.drive[k, a, b] for k in between[a, b])

    def visited(m: ConcreteModel, i: int) -> object:
        total = sum(leaving(m, k, i) for k in m.VEHICLES)
        return pyo.Constraint.Skip if isinstance(total, int) else total <= 1

    def leaves(m: ConcreteModel, k: int) -> object:
        return leaving(m, k, n) <= 1 if (k, n) in out else pyo.Constraint.Skip

    def through(m: ConcreteModel, k: int, i: int) -> object:
        if (k, i) not in into and (k, i) not in out:
            return pyo.Constraint.Skip
        return sum(m.drive[k, a, i] for a in into.get((k, i), [])) - leaving(m, k, i) == 0

    def within_capacity(m: ConcreteModel, k: int) -> object:
        carried = [(i, float(problem.demand[i])) for i in m.CUSTOMERS if (k, i) in out and problem.demand[i] > 0]
        if not carried or math.isinf(problem.capacity[k]):
            return pyo.Constraint.Skip
        return sum(demand * leaving(m, k, i) for i, demand in carried) <= float(problem.capacity[k])

    def first(m: ConcreteModel, i: int) -> object:
        if (n, i) not in between:
            return pyo.Constraint.Skip
        low = opens[i]
        early = {k: earliest[k] + m.driving[k, n, i] for k in between[n, i]}
        return m.begin[i] >= low + sum((early[k] - low) * m.drive[k, n, i] for k in between[n, i] if early[k] > low)

    def following(m: ConcreteModel, i: int, j: int) -> object:
        if (i, j) not in between:
            return pyo.Constraint.Skip
        done = float(problem.service_time[i])
        big = max(0.0, closes[i] + done - opens[j])
        return m.begin[j] >= m.begin[i] + done * used(m, i, j) + driven(m, i, j) - big * (1 - used(m, i, j))

    def last(m: ConcreteModel, i: int) -> object:
        if (i, n + 1) not in between:
            return pyo.Constraint.Skip
        high = closes[i]
        late = {k: latest[k] - float(problem.service_time[i]) - m.driving[k, i, n + 1] for k in between[i, n + 1]}
        return m.begin[i] <= high - sum((high - late[k]) * m.drive[k, i, n + 1] for k in late if late[k] < high)

    def order(m: ConcreteModel, i: int, j: int) -> object:
        if (i, j) not in between:
            return pyo.Constraint.Skip
        return m.position[j] >= m.position[i] + 1 - n * (1 - used(m, i, j))

    model.visited = pyo.Constraint(model.CUSTOMERS, rule=visited)
    model.leaves = pyo.Constraint(model.VEHICLES, rule=leaves)
    model.through = pyo.Constraint(model.VEHICLES, model.CUSTOMERS, rule=through)
    model.within_capacity = pyo.Constraint(model.VEHICLES, rule=within_capacity)
    model.first = pyo.Constraint(model.CUSTOMERS, rule=first)
    model.next = pyo.Constraint(model.CUSTOMERS, model.CUSTOMERS, rule=following)
    model.last = pyo.Constraint(model.CUSTOMERS, rule=last)
    model.order = pyo.Constraint(model.CUSTOMERS, model.CUSTOMERS, rule=order)

    def worth(k: int, a: int) -> float:
        return float(problem.profit[k, a] - problem.service_cost[a]) if a < n else 0.0

    model.total = pyo.Objective(
        expr=pyo.quicksum((worth(k, a) - model.cost[k, a, b]) * model.drive[k, a, b] for k, a, b in arcs), sense=pyo.maximize
    )
    return model


def pyomo_milp(problem: OrienteeringProblem, params: None, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """The Pyomo model of `build_model` solved by HiGHS, with a relative gap of 0; for small instances.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance.
    params : None
        The method has no parameters.
    run : Run
        Clock and threads of the run.

    Returns
    -------
    Found
        The plan of the solver's incumbent and its bound, a claim; PROVED where HiGHS says so and the plan has the value of the
        bound.

    Notes
    -----
    A formulation by arcs of vehicles with begin times and positions; its linear relaxation is weak. It shows that the Pyomo
    model and the arrays agree, and is the pattern for other solvers. It reports nothing before its end, so of the stop rules it
    obeys the clock only; a run that is cut before HiGHS has a solution returns the plan in which nobody moves.

    References
    ----------
    Bynum et al., Pyomo - Optimization Modeling in Python (2021). Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    idle = plan(problem, [[]] * problem.vehicles)
    if not usable_arcs(problem):
        return Found(idle, Termination.PROVED, bound=0.0, evidence=BoundEvidence.CLAIMED)
    run.incumbent = idle
    with run.breakable():
        model = build_model(problem)
    answer = solve_model(model, run)
    notes, solution, termination = list(answer.notes), idle, answer.termination
    if answer.loaded:
        driven = {arc for arc, variable in model.drive.items() if variable.value is not None and variable.value > 0.5}
        solution = plan(problem, _sequences(problem, driven))
        broken = violations(problem, solution)
        if broken:
            notes.append(f"HiGHS's incumbent broke a constraint and was refused: {broken[0]}")
            solution, termination = idle, Termination.ERROR
        elif value(problem, solution) < 0.0:
            solution = idle
    worth, bound = value(problem, solution), _bound(problem, answer.bound)
    if bound is not None and abs(bound - worth) <= _ROUNDING * _terms(problem):
        bound = worth  # no sum of floats can tell them apart
    if termination is Termination.PROVED and (bound is None or not closes(worth, bound, "max", problem.integral)):
        notes.append(f"HiGHS's bound {bound} is not reached by the plan that its incumbent stands for, worth {worth}")
        termination = Termination.CONVERGED
    return Found(solution, termination, bound=bound, evidence=BoundEvidence.CLAIMED, notes=tuple(notes))


def _terms(problem: OrienteeringProblem) -> float:
    """The largest sum of a plan's terms, roughly."""
    paid = np.abs(problem.profit).max(axis=0, initial=0.0).sum() + problem.service_cost.sum()
    dearest = max((float(problem.edge_cost(int(group[0])).max()) for group in problem.vehicle_types), default=0.0)
    return float(paid) + (problem.customers + problem.vehicles) * dearest


def _bound(problem: OrienteeringProblem, claimed: float | None) -> float | None:
    """HiGHS's bound, at least the 0 of a plan in which nobody moves; an integer where all values are."""
    if claimed is None or not math.isfinite(claimed):
        return None
    return max(0.0, float(math.floor(claimed + 1e-6)) if problem.integral else float(claimed))


def _sequences(problem: OrienteeringProblem, driven: set[Arc]) -> list[list[int]]:
    """The routes that the arcs driven form from each vehicle's start."""
    after = {(k, a): b for k, a, b in driven}
    sequences: list[list[int]] = []
    for k in range(problem.vehicles):
        stops: list[int] = []
        here = after.get((k, problem.customers), problem.customers + 1)
        while here < problem.customers and len(stops) < problem.customers:
            stops.append(here)
            here = after.get((k, here), problem.customers + 1)
        sequences.append(stops)
    return sequences
