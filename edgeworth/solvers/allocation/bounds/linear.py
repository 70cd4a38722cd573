"""Relaxations of multi-task allocation."""

from __future__ import annotations

import numpy as np

from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds.dual_solution import DualSolution
from edgeworth.solvers.allocation.bounds.kinds import CAPACITY_MULTIPLIERS
from edgeworth.solvers.allocation.bounds.refutation import refuted
from edgeworth.solvers.allocation.model import MULTIPLIER_LIMIT, AllocationProblem, Assignment, dual_bound

LP_PAIRS = 200_000
"""Up to so many pairs HiGHS solves the LP in seconds; beyond, methods that need multipliers take the Lagrangian's."""


def column_model(problem: AllocationProblem, *, integer: bool) -> ColumnModel:
    """The model with a column a pair: minimise -profit; a row a task, then a row a server.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    integer : bool
        Whether columns are binary rather than in [0, 1].

    Returns
    -------
    ColumnModel
        Server rows are divided by their capacity, so that the solver's absolute tolerance is the model's relative one.
    """
    m, n, pairs = problem.tasks, problem.servers, problem.pairs
    positive = problem.capacity > 0.0
    per = np.where(positive, problem.capacity, 1.0)
    rows = np.column_stack([problem.task, m + problem.server]).ravel()
    entries = np.column_stack([np.ones(pairs), problem.weight / per[problem.server]]).ravel()
    return ColumnModel(
        cost=-problem.profit,
        upper=np.ones(pairs),
        row_lower=np.concatenate([np.where(problem.must_serve, 1.0, 0.0), np.full(n, -np.inf)]),
        row_upper=np.concatenate([np.ones(m), problem.limit / per]),
        starts=2 * np.arange(pairs + 1),
        rows=rows,
        entries=entries,
        integer=integer,
    )


def linear_duals(problem: AllocationProblem, run: Run[Assignment]) -> DualSolution:
    """Solve the LP relaxation by HiGHS.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    run : Run
        Clock and threads of the run.

    Returns
    -------
    DualSolution
        It decides the tasks of which the LP takes one pair by more than a half.
    """
    answer = minimise(column_model(problem, integer=False), run)
    u, choice = np.zeros(problem.servers), None
    if answer.row_dual is not None:
        scaled = np.maximum(-answer.row_dual[problem.tasks :], 0.0)
        per = np.where(problem.capacity > 0.0, problem.capacity, 1.0)
        u = np.minimum(scaled / per, MULTIPLIER_LIMIT)
    if answer.x is not None:
        choice = np.full(problem.tasks, -2, dtype=np.int64)
        taken = np.flatnonzero(answer.x > 0.5)
        choice[problem.task[taken]] = taken
    return DualSolution(
        multipliers=u,
        bound=dual_bound(problem, u),
        choice=choice,
        feasible=False,
        ending=answer.termination,
        iterations=answer.iterations,
        solved=answer.row_dual is not None,
        infeasible=answer.infeasible,
        status=answer.status,
    )


def lp_relaxation(problem: AllocationProblem, params: None, run: Run[Assignment]) -> Found[Assignment]:
    """Bound the optimum by the linear relaxation, x in [0, 1] instead of binary, solved by HiGHS.

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
        No solution; the bound with its certificate "capacity-multipliers" (array ``u``), or a proof that nothing is feasible. A
        run that the clock ended has no bound. ``iterations`` counts simplex iterations.

    Notes
    -----
    The bound is not the solver's objective but the dual function

        L(u) = sum_i u_i c_i + sum_j max(0, max_i p_ij - u_i w_ij)        (without the 0 for tasks that must be served)

    at the capacity multipliers u >= 0 of the solved program. L(u) is valid for every u >= 0 and meets the LP's optimum at
    optimal u (strong duality), so the checker needs nothing but u.

    References
    ----------
    Martello and Toth, Knapsack Problems (1990), section 7.2. Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    found = linear_duals(problem, run)
    if not found.solved:
        note = f"HiGHS: {found.status}"
        if found.infeasible:
            return refuted(problem, run, note, iterations=found.iterations)
        return Found(None, found.ending, iterations=found.iterations, notes=(note,))
    return Found(
        None,
        found.ending,
        bound=found.bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate(CAPACITY_MULTIPLIERS, {"u": found.multipliers}),
        iterations=found.iterations,
    )
