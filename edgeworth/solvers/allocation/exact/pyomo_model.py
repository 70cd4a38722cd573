"""The model in Pyomo, for users who take it to a solver of their own, and solving it that way through HiGHS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.pyomo import solve_model
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import refuted, without_pairs
from edgeworth.solvers.allocation.heuristic import repaired
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, violations
from edgeworth.solvers.allocation.model.prices import rounded_bound

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel


def build_model(problem: AllocationProblem) -> ConcreteModel:
    """The problem as an unsolved Pyomo ``ConcreteModel``.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With sets ``SERVERS``, ``TASKS``, ``PAIRS`` (task, server); parameters ``value[j, i]``, ``weight[j, i]`` and
        ``capacity[i]`` (without the feasibility tolerance); binary ``assign[j, i]``; constraints ``served[j]`` (sum over
        servers <= 1, = 1 for tasks that must be served) and ``within_capacity[i]``; objective ``total`` in the problem's own
        sense, offset included. Where a task that must be served has no eligible server, a row ``unservable`` makes the model
        infeasible.

    Notes
    -----
    ``model.write("name.lp")`` and ``model.write("name.mps")`` hand the model to other solvers; sense and offset are kept.
    """
    import pyomo.environ as pyo

    pairs = list(zip(problem.task.tolist(), problem.server.tolist(), strict=True))
    by_task: dict[int, list[int]] = {j: [] for j in range(problem.tasks)}
    by_server: dict[int, list[int]] = {i: [] for i in range(problem.servers)}
    for j, i in pairs:
        by_task[j].append(i)
        by_server[i].append(j)
    model = pyo.ConcreteModel(name="allocation")
    model.SERVERS = pyo.Set(initialize=range(problem.servers))
    model.TASKS = pyo.Set(initialize=range(problem.tasks))
    model.PAIRS = pyo.Set(initialize=pairs, dimen=2)
    model.value = pyo.Param(model.PAIRS, initialize=dict(zip(pairs, problem.value.tolist(), strict=True)), within=pyo.Reals)
    model.weight = pyo.Param(model.PAIRS, initialize=dict(zip(pairs, problem.weight.tolist(), strict=True)))
    model.capacity = pyo.Param(model.SERVERS, initialize=dict(enumerate(problem.capacity.tolist())))
    model.assign = pyo.Var(model.PAIRS, domain=pyo.Binary)

    def served(m: ConcreteModel, j: int) -> object:
        if not by_task[j]:
            return pyo.Constraint.Skip
        total = sum(m.assign[j, i] for i in by_task[j])
        return total == 1 if problem.must_serve[j] else total <= 1

    def within_capacity(m: ConcreteModel, i: int) -> object:
        if not by_server[i]:
            return pyo.Constraint.Skip
        return sum(m.weight[j, i] * m.assign[j, i] for j in by_server[i]) <= m.capacity[i]

    model.served = pyo.Constraint(model.TASKS, rule=served)
    if any(problem.must_serve[j] and not by_task[j] for j in range(problem.tasks)):
        # Pyomo refuses to build a row without variables that cannot hold; this one says the same to a solver.
        model.never = pyo.Var(bounds=(0, 0))
        model.unservable = pyo.Constraint(expr=model.never >= 1)
    model.within_capacity = pyo.Constraint(model.SERVERS, rule=within_capacity)
    model.total = pyo.Objective(
        expr=problem.offset + pyo.quicksum(model.value[pair] * model.assign[pair] for pair in pairs),
        sense=pyo.maximize if problem.sense == "max" else pyo.minimize,
    )
    return model


def pyomo_milp(problem: AllocationProblem, params: None, run: Run[Assignment]) -> Found[Assignment]:
    """The Pyomo model of `build_model` solved by HiGHS, with a relative gap of 0.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : None
        The method has no parameters.
    run : Run
        Clock and threads of the run.

    Returns
    -------
    Found
        The solver's incumbent and its bound, a claim, as of `branch_and_cut`.

    Notes
    -----
    The same program as `branch_and_cut` solves, built by Pyomo and solved without a start: it shows that the Pyomo model and
    the arrays agree, and is the pattern for other solvers. It reports nothing before its end, so of the stop rules it obeys the
    clock only.

    References
    ----------
    Bynum et al., Pyomo - Optimization Modeling in Python (2021). Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    if not problem.pairs or len(problem.stranded):
        return without_pairs(problem)
    with run.breakable():
        model = build_model(problem)
    answer = solve_model(model, run)
    if answer.infeasible:
        return refuted(problem, run, "HiGHS through Pyomo says that nothing is feasible")
    notes, solution, repairs = list(answer.notes), None, False
    if answer.loaded:
        server = np.full(problem.tasks, -1, dtype=np.int64)
        for (j, i), variable in model.assign.items():
            if variable.value is not None and variable.value > 0.5:
                server[j] = i
        solution = Assignment(server)
        broken = violations(problem, solution)
        if broken:
            repairs = True
            solution = repaired(problem, solution)
            notes.append(f"HiGHS's incumbent broke a constraint and was repaired: {broken[0]}")
    ending, bound = answer.termination, None
    if repairs:  # a solver that takes what is infeasible for a solution has proved nothing
        ending = Termination.CONVERGED if ending is Termination.PROVED else ending
    elif answer.bound is not None:
        bound = rounded_bound(problem, answer.bound, 1e-6)
    return Found(solution, ending, bound=bound, evidence=BoundEvidence.CLAIMED, notes=tuple(notes))
