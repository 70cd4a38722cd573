"""Evidence that a problem has no solution: multipliers whose bound is below every profit."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds.kinds import CAPACITY_MULTIPLIERS
from edgeworth.solvers.allocation.model import (
    MULTIPLIER_LIMIT,
    AllocationProblem,
    Assignment,
    dual_bound,
    dual_profit,
    least_profit,
)
from edgeworth.solvers.allocation.model.system import Floats

_STRETCHES = 12  # how often a ray is made eight times as long


def without_pairs(problem: AllocationProblem) -> Found[Assignment]:
    """The answer to a problem without pairs: nothing can be served.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    Found
        The one solution, with a bound from no prices at all; or the refutation, where a task must be served.
    """
    if len(problem.stranded):
        return stranded(problem)
    u = np.zeros(problem.servers)
    return Found(
        Assignment(np.full(problem.tasks, -1, dtype=np.int64)),
        Termination.PROVED,
        bound=dual_bound(problem, u),
        evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate(CAPACITY_MULTIPLIERS, {"u": u}),
    )


def stranded(problem: AllocationProblem) -> Found[Assignment]:
    """The refutation of a problem in which a task that must be served has no eligible server.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    Found
        Any prices show that nothing is feasible.
    """
    note = f"task {int(problem.stranded[0])} must be served and has no eligible server"
    certificate = Certificate(CAPACITY_MULTIPLIERS, {"u": np.zeros(problem.servers)})
    evidence = BoundEvidence.RECOMPUTED
    return Found(None, Termination.PROVED, evidence=evidence, certificate=certificate, infeasible=True, notes=(note,))


def refuted(
    problem: AllocationProblem, run: Run[Assignment], note: str, *, iterations: int = 0, nodes: int = 0
) -> Found[Assignment]:
    """The answer where a solver states that nothing is feasible.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    run : Run
        Clock and threads of the run.
    note : str
        What the solver states.
    iterations, nodes : int
        What it needed.

    Returns
    -------
    Found
        Prices that show it where the LP relaxation is infeasible too; else the solver's claim.
    """
    if len(problem.stranded):
        return stranded(problem)
    u = ray(problem, run)
    return Found(
        None,
        Termination.PROVED,
        evidence=None if u is None else BoundEvidence.RECOMPUTED,
        certificate=None if u is None else Certificate(CAPACITY_MULTIPLIERS, {"u": u}),
        infeasible=True,
        iterations=iterations,
        nodes=nodes,
        notes=(note,) if u is not None else (note, "no prices show that nothing is feasible: it is a claim"),
    )


def ray(problem: AllocationProblem, run: Run[Assignment]) -> Floats | None:
    """Prices u with L(u) below every profit.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    run : Run
        Clock and threads of the run.

    Returns
    -------
    ndarray or None
        float64 [servers]; None where none are found, because the LP relaxation has a solution.

    Notes
    -----
    The LP that leaves as few as possible of the tasks that must be served unserved has a positive optimum, in its duals
    sum_j y_j - sum_i u_i c_i with y_j = min(1, min_i u_i w_ij). Along such u the dual function L falls for ever, so u is
    stretched until L(u) is below every profit.
    """
    kept = np.flatnonzero(problem.must_serve[problem.task])
    wanted = np.flatnonzero(problem.must_serve)
    row = np.full(problem.tasks, -1, dtype=np.int64)
    row[wanted] = np.arange(len(wanted))
    per = np.where(problem.capacity > 0.0, problem.capacity, 1.0)
    rows = np.column_stack([row[problem.task[kept]], len(wanted) + problem.server[kept]]).ravel()
    entries = np.column_stack([np.ones(len(kept)), problem.weight[kept] / per[problem.server[kept]]]).ravel()
    model = ColumnModel(
        cost=np.concatenate([np.zeros(len(kept)), np.ones(len(wanted))]),
        upper=np.ones(len(kept) + len(wanted)),
        row_lower=np.concatenate([np.ones(len(wanted)), np.full(problem.servers, -np.inf)]),
        row_upper=np.concatenate([np.ones(len(wanted)), problem.limit / per]),
        starts=np.concatenate([2 * np.arange(len(kept)), 2 * len(kept) + np.arange(len(wanted) + 1)]),
        rows=np.concatenate([rows, np.arange(len(wanted))]),
        entries=np.concatenate([entries, np.ones(len(wanted))]),
        integer=False,
    )
    answer = minimise(model, run)
    if answer.row_dual is None or not answer.bound > 0.0:
        return None
    direction = np.maximum(-answer.row_dual[len(wanted) :], 0.0) / per
    least = least_profit(problem)
    best = np.where(problem.must_serve, -np.inf, 0.0)
    np.maximum.at(best, problem.task, problem.profit)
    length = 1.01 * max(math.fsum(best.tolist()) - least, float(np.abs(problem.profit).max(initial=0.0)), 1e-300) / answer.bound
    for _ in range(_STRETCHES):
        u = np.minimum(direction * length, MULTIPLIER_LIMIT)
        if dual_profit(problem, u) < least:
            return u
        length *= 8.0
    return None
