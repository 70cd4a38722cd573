"""HiGHS on the core of an instance: the pairs that an assignment better than the known one may have."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace

import numpy as np

from edgeworth.core.highs import ColumnModel, Exchange, minimise
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import column_model
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    dual_profit,
    positions,
    rounded_profit,
    violations,
)
from edgeworth.solvers.allocation.model.system import Floats, Ints

_TOLERANCE = 1e-6  # of a step of the values' grid: a claim this near to it reaches it
_KEPT = 1e-9  # a loss beyond the gap by less than this share of the bound may be rounding


@dataclass(frozen=True)
class CoreAnswer:
    """What `solve_core` found.

    Attributes
    ----------
    solution : Assignment or None
        A feasible assignment that earns more than the start; None: none was found.
    profit : float
        What it earns, as the model says; that of the start, or -inf, without one.
    bound : float or None
        HiGHS's claim that no assignment of the whole problem earns more; None where it claims nothing about the whole.
    whole : bool
        Every pair that a better assignment may have was in the core.
    pairs, nodes : int
        Pairs of the core, and nodes of HiGHS's tree.
    termination : Termination
        PROVED: the core holds nothing better.
    notes : tuple of str
        Why an answer of HiGHS's was refused.
    """

    solution: Assignment | None
    profit: float
    bound: float | None
    whole: bool
    pairs: int
    nodes: int
    termination: Termination
    notes: tuple[str, ...] = ()


def price_losses(problem: AllocationProblem, u: Floats) -> tuple[Floats, float]:
    """What the bound L(u) loses at least when a pair is taken: the regret of the pair at capacity prices u.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    u : ndarray
        Capacity multipliers >= 0, float64 [servers].

    Returns
    -------
    loss : ndarray
        float64 [pairs], >= 0.
    bound : float
        L(u), an upper bound on every profit.
    """
    reduced = problem.profit - u[problem.server] * problem.weight
    best = np.where(problem.must_serve, -np.inf, 0.0)
    np.maximum.at(best, problem.task, reduced)
    return best[problem.task] - reduced, dual_profit(problem, u)


def core_pairs(
    problem: AllocationProblem, loss: Floats, bound: float, start: Assignment | None, most: int | None
) -> tuple[Ints, bool]:
    """The pairs of the core, and whether every assignment that earns more than the start has no others.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    loss, bound : ndarray, float
        Assignments with pair k earn at most ``bound - loss[k]``.
    start : Assignment, optional
        A feasible assignment; its pairs belong to the core.
    most : int, optional
        Of the pairs that may be in a better assignment, at most so many, those of least loss; None: all.

    Returns
    -------
    core : ndarray
        Ascending indices of pairs, int64.
    whole : bool
    """
    taken, profit = _taken(problem, start)
    possible = np.flatnonzero(loss <= bound - profit + _KEPT * abs(bound))
    whole = most is None or len(possible) <= most
    if not whole:
        possible = possible[np.argsort(loss[possible], kind="stable")[:most]]
    return np.union1d(possible, taken), whole


def solve_core(
    problem: AllocationProblem,
    loss: Floats,
    bound: float,
    run: Run[Assignment],
    *,
    start: Assignment | None = None,
    most: int | None = None,
    nodes: int | None = None,
    exchange: CoreExchange | None = None,
) -> CoreAnswer:
    """Branch and cut by HiGHS on the core: what losses and bound exclude is fixed at 0 (reduced-cost fixing).

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    loss : ndarray
        Assignments with pair k earn at most ``bound - loss[k]``; float64 [pairs], in the unit of the profits. `price_losses`
        and `Proof.losses` give such numbers.
    bound : float
        An upper bound on every profit (without the offset).
    run : Run
        Clock, stop rules and threads; the callbacks of HiGHS tick it.
    start : Assignment, optional
        A feasible assignment: HiGHS's start, and its cutoff.
    most : int, >= 0, optional
        Pairs beside those of the start; None: all that are not excluded.
    nodes : int, >= 0, optional
        Most nodes of HiGHS's tree; None: no such limit.
    exchange : CoreExchange, optional
        Where HiGHS's incumbents go at once, and where it gets others from.

    Returns
    -------
    CoreAnswer
        Its solution is judged by the model: where one breaks a constraint, or the claimed bound lies below what a feasible
        assignment earns, nothing that HiGHS claims counts. The bound is a claim about the whole problem where nothing but
        excluded pairs was left out; no checker rebuilds it.

    References
    ----------
    Core problems: Balas and Zemel, An algorithm for large zero-one knapsack problems, Operations Research 28 (1980). Solver:
    Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    core, whole = core_pairs(problem, loss, bound, start, most)
    taken, before = _taken(problem, start)
    point = np.isin(core, taken).astype(np.float64) if start is not None else None
    exchange = exchange or CoreExchange(problem)
    exchange.enter(core, whole, start, before)
    answer = minimise(
        _columns(problem, core),
        run,
        start=point,
        report=lambda cost: problem.objective(-cost),
        nodes=nodes,
        exchange=exchange,
    )
    if answer.x is not None:
        exchange.found(answer.x)
    solution, profit = exchange.best, exchange.profit
    claim: float | None = None
    if whole and (answer.infeasible or math.isfinite(answer.bound)):
        claim = exchange.claimed(before if answer.infeasible else -answer.bound)
    notes = exchange.refused
    if claim is not None:
        claim = min(bound, claim)
    ending = answer.termination
    if notes and ending is Termination.PROVED:
        ending = Termination.ERROR
    return CoreAnswer(
        solution if profit > before else None, profit, claim, whole, len(core), answer.nodes, ending, notes
    )  # fmt: skip


def _taken(problem: AllocationProblem, start: Assignment | None) -> tuple[Ints, float]:
    """The pairs of an assignment and its profit; -inf for none."""
    if start is None:
        return np.empty(0, dtype=np.int64), -math.inf
    chosen = positions(problem, start)
    taken = chosen[chosen >= 0]
    return taken, math.fsum(problem.profit[taken].tolist())


def _columns(problem: AllocationProblem, core: Ints) -> ColumnModel:
    """The integer program with the columns of the core."""
    full = column_model(problem, integer=True)
    rows, entries = np.asarray(full.rows).reshape(-1, 2), full.entries.reshape(-1, 2)
    return replace(
        full,
        cost=full.cost[core],
        upper=full.upper[core],
        starts=2 * np.arange(len(core) + 1),
        rows=rows[core].ravel(),
        entries=entries[core].ravel(),
    )


class CoreExchange(Exchange):
    """Incumbents between HiGHS and a search. Whoever is better is told: only what the model finds feasible is kept.

    best, profit: the best assignment of either side, and what it earns. refused: why HiGHS is not to be believed. whole: its
    core leaves out only what is excluded.
    """

    def __init__(self, problem: AllocationProblem) -> None:
        self.problem = problem
        self.best: Assignment | None = None
        self.profit = -math.inf
        self.refused: tuple[str, ...] = ()
        self.whole = False
        self._core = np.empty(0, dtype=np.int64)
        self._news: Assignment | None = None
        self._lock = threading.Lock()

    def enter(self, core: Ints, whole: bool, start: Assignment | None, profit: float) -> None:
        """HiGHS begins on a core, with a start."""
        self._core, self.whole = core, whole
        self.offer(start, profit)
        self._news = None

    def offer(self, solution: Assignment | None, profit: float) -> None:
        """A feasible assignment of the search, with its profit."""
        with self._lock:
            if solution is not None and profit > self.profit:
                self.best, self.profit, self._news = solution, profit, solution

    def found(self, x: Floats) -> None:
        """A point of HiGHS's."""
        taken = self._core[x > 0.5]
        server = np.full(self.problem.tasks, -1, dtype=np.int64)
        server[self.problem.task[taken]] = self.problem.server[taken]
        solution = Assignment(server)
        broken = violations(self.problem, solution)
        if broken or len(np.unique(self.problem.task[taken])) < len(taken):
            why = broken[0] if broken else "a task is at two servers"
            self.refused = (f"HiGHS's incumbent breaks a constraint, what it claims is refused: {why}",)
            return
        profit = math.fsum(self.problem.profit[taken].tolist())
        with self._lock:
            if profit > self.profit:
                self.best, self.profit = solution, profit

    def claimed(self, profit: float) -> float | None:
        """HiGHS claims that nothing earns more than `profit`: the claim rounded, None where it is refused."""
        claim = rounded_profit(self.problem, profit + _TOLERANCE * self.problem.grid) if math.isfinite(profit) else profit
        if claim < self.profit - _KEPT * abs(self.profit):
            self.refused = ("HiGHS claims a bound below what a feasible assignment earns: refused",)
        return None if self.refused else max(claim, self.profit)

    def offered(self) -> Floats | None:
        """The search's last assignment, where the core holds it."""
        with self._lock:
            news, self._news = self._news, None
        if news is None:
            return None
        taken, _ = _taken(self.problem, news)
        point = np.isin(self._core, taken)
        return point.astype(np.float64) if np.count_nonzero(point) == len(taken) else None
