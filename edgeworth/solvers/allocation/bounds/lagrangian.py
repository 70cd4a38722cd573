"""The Lagrangian relaxation of the capacity rows: prices for millions of pairs, a bound, and a repaired assignment."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.compilation import counter, work_for
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes, relative_gap
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds.dual_solution import DualSolution
from edgeworth.solvers.allocation.bounds.execution import Execution, RunEnded, end_seconds
from edgeworth.solvers.allocation.bounds.kinds import ASSIGNMENT_MULTIPLIERS, CAPACITY_MULTIPLIERS
from edgeworth.solvers.allocation.bounds.minimiser import DualMinimiser
from edgeworth.solvers.allocation.bounds.refutation import stranded
from edgeworth.solvers.allocation.bounds.repair import Repair
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    assignment_dual_bound,
    assignment_of,
    dual_bound,
    positions,
)
from edgeworth.solvers.allocation.model import (
    value as model_value,
)
from edgeworth.solvers.allocation.model.system import Floats

_WORTH = 1e-7  # relative: a certificate that takes longer to check must be tighter by so much
_PRICING = 0.6  # of the time left: the prices may take so much, the rest is for the assignment
_FIRST_BOUND = 10.0  # times what a bound takes: where less is left, none is computed before the prices move
_CERTIFYING = 4e-7  # seconds a pair that the certificate by tasks may take


@dataclass(frozen=True)
class Lagrangian:
    """Parameters of `lagrangian_relaxation`.

    Parameters
    ----------
    tolerance : float, in (0, 1)
        The descent ends when L(u) is estimated to be within this share of its minimum.
    cooling : float, > 1
        The smoothing temperature is divided by it from one stage to the next.
    rounds : int, >= 0
        Most rounds of exchanges over the servers after the repair.
    """

    tolerance: float = 1e-6
    cooling: float = 4.0
    rounds: int = 8

    def __post_init__(self) -> None:
        validation.real("tolerance", self.tolerance, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.real("cooling", self.cooling, minimum=1.0, open_minimum=True)
        validation.integer("rounds", self.rounds, minimum=0)


def lagrangian_relaxation(problem: AllocationProblem, params: Lagrangian, run: Run[Assignment]) -> Found[Assignment]:
    """Lagrangian relaxation of the capacities by a smoothed Newton method, with an assignment repaired from the multipliers.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : Lagrangian
        Accuracy and cooling of the dual ascent, and the effort of the repair.
    run : Run
        Clock, stop rules and threads of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        A bound that is valid whenever the run ends, and a feasible assignment (none on tight instances whose tasks must be
        served, if the repair fails). The certificate is "capacity-multipliers" (array ``u``) or, where that is tighter,
        "assignment-multipliers" (array ``lambda``). ``iterations`` counts Newton steps and rounds of exchanges.

    Notes
    -----
    For profits p (v for "max", -v for "min") and prices u >= 0 of the capacities,

        L(u) = sum_i u_i c_i + sum_j max(0, max_i p_ij - u_i w_ij)        (without the 0 for tasks that must be served)

    bounds the profit of every assignment; its minimum over u is the bound of the LP relaxation.

    1. Smoothing. L is convex with kinks. For a temperature T > 0 every max(a_1, ..., a_k) becomes T log(sum_l exp(a_l / T)),
       larger by at most T log k: a smooth convex function with gradient ``c_i - sum_j w_ij x_ij``, x_ij being the probability
       of option i in the Gibbs distribution of task j, and Hessian ``(diag_i(sum_j w_ij^2 x_ij) - A'A) / T`` with ``A_ji = w_ij
       x_ij``.
    2. Descent. Projected Newton steps (conjugate gradients, backtracking) minimise it while T is divided by ``cooling`` from
       stage to stage. Only tasks with more than one likely option enter the Hessian. x is a nearly feasible fractional
       assignment, so L(u) less its profit estimates the distance to the minimum: the descent ends at ``tolerance`` times L(u).
       From 20,000 tasks on the first stages use a random hundredth, then tenth, of the tasks and of the capacities.
    3. Repair. Each task takes its best server at prices u. For a feasible assignment

           L(u) - profit = sum_j (regret of task j) + sum_i u_i (unused capacity of server i),

       the regret being the best reduced profit p - u w of the task less that of its server. Tasks leave overloaded servers
       where that costs least per weight, unserved tasks fill the room that is left by rising regret, then exchanges and a
       knapsack search (up to 8 tasks, server by server) lower the sum. Chains of two moves make room for tasks that must be
       served; small problems also get swaps and a second start by largest regret at the prices.

    The answer does not depend on the number of threads. Memory is O(pairs), a step O(pairs).

    References
    ----------
    Fisher, The Lagrangian relaxation method for solving integer programming problems, Management Science 27 (1981). Smoothing:
    Nesterov, Smooth minimization of non-smooth functions, Math. Prog. 103 (2005). The combination is our own.
    """
    if len(problem.stranded):
        return stranded(problem)
    duals = lagrangian_duals(problem, params, run)
    solution = None if duals.choice is None else assignment_of(problem, duals.choice)
    notes = () if solution is not None else ("no feasible assignment was found at the prices",)
    ending = duals.ending
    bound, certificate = certified(problem, duals, run)
    if bound != duals.bound:
        value = None if solution is None else model_value(problem, solution)
        if value is not None and closes(value, bound, problem.sense, problem.integral, problem.offset):
            ending = Termination.PROVED
        run.tick(duals.iterations, value, bound)
    return Found(
        solution,
        ending,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate,
        iterations=duals.iterations,
        notes=notes,
    )


def certified(problem: AllocationProblem, duals: DualSolution, run: Run[Assignment]) -> tuple[float, Certificate]:
    """The bound of the prices, or where these have converged that of the assignment rows' multipliers, if it is tighter.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    duals : DualSolution
        Prices and their bound.
    run : Run
        Its clock, by which the second bound is given up.

    Returns
    -------
    float, Certificate
    """
    bound, certificate = duals.bound, Certificate(CAPACITY_MULTIPLIERS, {"u": duals.multipliers})
    if duals.ending is not Termination.CONVERGED or not run.remaining > _CERTIFYING * problem.pairs:
        return bound, certificate
    execution = Execution(problem, run, None, until=run.elapsed + run.remaining - end_seconds(problem), report=False)
    try:
        multipliers = runner_up(problem, duals.multipliers)
        by_tasks = assignment_dual_bound(problem, multipliers, execution.poll)
    except RunEnded:
        return bound, certificate
    if relative_gap(by_tasks, bound, problem.sense, problem.offset) > _WORTH:
        return by_tasks, Certificate(ASSIGNMENT_MULTIPLIERS, {"lambda": multipliers})
    return bound, certificate


def runner_up(problem: AllocationProblem, u: Floats) -> Floats:
    """What every task would still earn at prices u without its best server.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    u : ndarray
        Capacity multipliers, float64 [servers].

    Returns
    -------
    ndarray
        The second largest reduced profit, float64 [tasks], at least 0 for tasks that may stay unserved.

    Notes
    -----
    As multipliers of the assignment rows these numbers leave every server a knapsack of the tasks that are its own; where few
    tasks have two good servers, these knapsacks are nearly the whole problem.
    """
    reduced = problem.profit - u[problem.server] * problem.weight
    filled = np.flatnonzero(np.diff(problem.indptr))
    first, second = np.full(problem.tasks, -np.inf), np.full(problem.tasks, -np.inf)
    if len(filled):
        first[filled] = np.maximum.reduceat(reduced, problem.indptr[filled])
        top = reduced == first[problem.task]
        twice = np.bincount(problem.task[top], minlength=problem.tasks) > 1
        second[filled] = np.maximum.reduceat(np.where(top, -np.inf, reduced), problem.indptr[filled])
        second = np.where(twice, first, second)
    must = np.where(np.isfinite(second), second, np.where(np.isfinite(first), first, 0.0))
    return np.where(problem.must_serve, must, np.maximum(second, 0.0))


def lagrangian_duals(
    problem: AllocationProblem,
    params: Lagrangian,
    run: Run[Assignment],
    *,
    until: float = math.inf,
    report: bool = True,
) -> DualSolution:
    """Multipliers, their bound and a repaired choice: the work of `lagrangian_relaxation`.

    Parameters
    ----------
    problem : AllocationProblem
        A problem in which every task that must be served has a pair.
    params : Lagrangian
        Parameters of the minimisation.
    run : Run
        Clock, threads and start of the run.
    until : float
        Seconds of the run at which it ends.
    report : bool
        Whether the run is given its iterations, values and bounds.

    Returns
    -------
    DualSolution
    """
    threads: AbstractContextManager[ThreadPoolExecutor | None] = (
        ThreadPoolExecutor(run.threads, initializer=work_for, initargs=(counter(),)) if run.threads > 1 else nullcontext()
    )
    with threads as pool:
        until = min(until, run.elapsed + run.remaining - end_seconds(problem))  # what comes after looks at no clock
        execution = Execution(problem, run, pool, until=until, report=report)
        prices, repair = DualMinimiser(execution, params.tolerance, params.cooling), Repair(execution)
        if run.start is not None:
            repair.offer(positions(problem, run.start))
        ending, bounded = Termination.CONVERGED, None
        try:
            if run.remaining > _FIRST_BOUND * end_seconds(problem):
                execution.bound, bounded = dual_bound(problem, prices.best), prices.best
            execution.poll()
            if not _free(prices, repair):
                ending = _minimise(prices, repair)
                execution.bound, bounded = dual_bound(problem, prices.best), prices.best
                execution.poll()
                _assign(prices, repair, params.rounds)
                execution.poll()
        except RunEnded as ended:
            ending = ended.ending
    bound = execution.bound
    if bound is None or bounded is not prices.best:
        bound = dual_bound(problem, prices.best)
    if repair.choice is not None:
        value = problem.objective(repair.profit)
        if closes(value, bound, problem.sense, problem.integral, problem.offset):
            ending = Termination.PROVED
    feasible = repair.choice is not None
    return DualSolution(prices.best, bound, repair.choice, feasible, ending, execution.iterations)


def _free(prices: DualMinimiser, repair: Repair) -> bool:
    """Whether all tasks fit at their best servers when capacity costs nothing, which is an optimum then."""
    _, choice, _, load = prices.evaluate(prices.best)
    if np.any(load > repair.limit):
        return False
    repair.offer(choice)
    return True


def _minimise(prices: DualMinimiser, repair: Repair) -> Termination:
    """Find prices, within their share of the time, and a first assignment on the way."""

    def rough(u: Floats) -> None:
        _, choice, best, _ = prices.evaluate(u)
        repair.first(u, choice, best)

    execution = prices.execution
    until, now = execution.deadline, execution.run.elapsed
    execution.deadline = now + _PRICING * (until - now)
    try:
        prices.minimise(rough)
    except RunEnded as ended:
        if not ended.own:
            raise
        return ended.ending
    finally:
        execution.deadline = until
    return Termination.CONVERGED


def _assign(prices: DualMinimiser, repair: Repair, rounds: int) -> None:
    u = prices.best
    _, choice, best, _ = prices.evaluate(u)
    repair.first(u, choice, best)
    repair.improve(choice if repair.choice is None else repair.choice.copy(), u, best, rounds)
    repair.by_regret(u, best, rounds)
