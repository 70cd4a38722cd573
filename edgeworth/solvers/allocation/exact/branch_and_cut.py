"""Branch and cut by HiGHS on the full model."""

from __future__ import annotations

import numpy as np

from edgeworth.core.highs import minimise
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import column_model, refuted
from edgeworth.solvers.allocation.heuristic import missing, regret_choice, repaired
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of, positions, violations
from edgeworth.solvers.allocation.model.prices import rounded_bound


def branch_and_cut(problem: AllocationProblem, params: None, run: Run[Assignment]) -> Found[Assignment]:
    """Branch and cut by HiGHS on the full integer program, with a relative gap of 0.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : None
        The method has no parameters.
    run : Run
        Clock, stop rules and threads of the run; its ``start``, or else the regret-greedy assignment, starts the solver.

    Returns
    -------
    Found
        The solver's incumbent and its bound, a claim. ``iterations`` and ``nodes`` count branch-and-bound nodes.

    Notes
    -----
    The program is ``max sum p_ij x_ij`` subject to ``sum_i x_ij <= 1`` (= 1 where a task must be served), ``sum_j w_ij x_ij <=
    c_i``, x binary. Every incumbent is judged by the model: one that breaks a constraint is repaired, the notes say so, and
    nothing counts as proved. Infeasibility is a claim too, unless the LP relaxation is infeasible: then the multipliers of a
    ray prove it (certificate "capacity-multipliers"). The rules ``iterations``, ``target`` and ``gap`` are looked at about
    every 20 ms.

    References
    ----------
    Huangfu and Hall, Parallelizing the dual revised simplex method, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    start = run.start
    if start is None:
        choice = regret_choice(problem, run)
        start = None if missing(problem, choice) else assignment_of(problem, choice)
    point = None
    if start is not None:
        point = np.zeros(problem.pairs)
        taken = positions(problem, start)
        point[taken[taken >= 0]] = 1.0
    answer = minimise(column_model(problem, integer=True), run, start=point, report=lambda cost: problem.objective(-cost))
    notes: list[str] = []
    solution, repairs = start, False
    if answer.x is not None:
        chosen = np.flatnonzero(answer.x > 0.5)
        server = np.full(problem.tasks, -1, dtype=np.int64)
        server[problem.task[chosen]] = problem.server[chosen]
        solution = Assignment(server)
        broken = violations(problem, solution)
        if broken:
            repairs = True
            solution = repaired(problem, solution)
            notes.append(f"HiGHS's incumbent broke a constraint and was repaired: {broken[0]}")
            if violations(problem, solution):
                solution = start
                notes.append("the repair failed: the start is returned")
    if answer.infeasible and solution is not None:
        return Found(solution, Termination.ERROR, notes=("HiGHS claims infeasibility, yet a feasible assignment is known",))
    if answer.infeasible:
        return refuted(problem, run, f"HiGHS: {answer.status}", iterations=answer.nodes, nodes=answer.nodes)
    if answer.termination is Termination.ERROR:
        notes.append(f"HiGHS ended with status {answer.status}")
    ending = answer.termination
    bound: float | None = rounded_bound(problem, problem.objective(-answer.bound), 1e-6)
    if repairs:  # a solver that takes what is infeasible for a solution has proved nothing
        bound = None
        ending = Termination.CONVERGED if ending is Termination.PROVED else ending
    return Found(
        solution,
        ending,
        bound=bound,
        evidence=BoundEvidence.CLAIMED,
        iterations=answer.nodes,
        nodes=answer.nodes,
        notes=tuple(notes),
    )
