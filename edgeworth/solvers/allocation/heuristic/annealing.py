"""Local search: simulated annealing with shifts, swaps and ejection chains around the LP's prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import (
    CAPACITY_MULTIPLIERS,
    LP_PAIRS,
    Lagrangian,
    Priced,
    Relaxation,
    price,
    refuted,
    relaxation,
    working_limit,
)
from edgeworth.solvers.allocation.heuristic.constructive import missing, regret_choice
from edgeworth.solvers.allocation.kernels import annealing
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of, dual_bound, positions, violations
from edgeworth.solvers.allocation.model.system import Floats, Ints

_PRICING = 0.5  # of the time left: what the prices may take there
_CHUNK = 50_000  # proposals between two looks at the clock, 10 to 40 ms; the answer does not depend on it
_FREE_CYCLES = 5  # cycles of a run that has neither `cycles` nor a stop rule


@dataclass(frozen=True)
class LocalSearch:
    """Parameters of `local_search`. Temperatures, window and fine are in units of the standard deviation of the profits.

    hot, reheat, cold: temperature at the start of the first and of the later cycles, and at the end of each; all > 0.
    window: pairs whose reduced cost is worse than the task's best by more than this are left out, > 0.
    reach: at temperature T only candidates within reach * T of the best are proposed, > 0.
    levels: temperatures a cycle, >= 2. proposals: per task at each temperature of the first cycle, >= 1 (at most 200,000 in
    all); doubled over the next ``doublings`` cycles, 0 to 20.
    depth: longest ejection chain, 1 to 8. fine: first price of overload beyond the multiplier, > 0. block: proposals per task
    between changes of the fine, >= 1.
    cycles: how many cooling cycles, >= 1; None: until a stop rule ends the run, and 5 where there is none.
    Defaults found by hand on the instances of the benchmark; neighbouring settings differ by less than seeds do.
    """

    hot: float = 0.03
    reheat: float = 0.01
    cold: float = 3e-5
    window: float = 0.5
    reach: float = 15.0
    levels: int = 100
    proposals: int = 3
    doublings: int = 7
    depth: int = 3
    fine: float = 0.3
    block: int = 10
    cycles: int | None = None

    def __post_init__(self) -> None:
        for name in ("hot", "reheat", "cold", "window", "reach", "fine"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        validation.integer("levels", self.levels, minimum=2)
        validation.integer("doublings", self.doublings, minimum=0, maximum=20)
        validation.integer("depth", self.depth, minimum=1, maximum=annealing.LIST)
        for name in ("proposals", "block"):
            validation.integer(name, getattr(self, name), minimum=1)
        if self.cycles is not None:
            validation.integer("cycles", self.cycles, minimum=1)


class _Core(NamedTuple):
    """The candidates of the search as the kernels want them; the pair (or -1) and the task of every candidate."""

    arrays: Any
    pair: Ints
    task: Ints


def local_search(problem: AllocationProblem, params: LocalSearch, run: Run[Assignment]) -> Found[Assignment]:
    """Simulated annealing over complete assignments with soft capacities; moves are shifts, swaps and ejection chains.

    The LP relaxation gives multipliers u of the capacities, a start and a bound; with more than 200,000 pairs the method
    ``lagrangian`` does, in at most half of the time. A task's candidates are its pairs (and staying unserved, where that is
    allowed) of regret max_k (p_kj - u_k w_kj) - (p_ij - u_i w_ij) within a window. The energy is the
    profit less a price for overload, u_i per unit plus a fine that falls while feasible states are met and rises while not;
    only feasible states become the incumbent. Temperatures fall over ``levels`` steps of constant temperature; every further
    cycle reheats from the incumbent. Nothing depends on the clock but where the run is cut.

    Bound: L(u) of these multipliers, certificate "capacity-multipliers", so that the gap is known; where it closes the run
    ends with a proof. ``start`` is kept as the first incumbent. Iterations: proposals; all rules are looked at
    every 50,000. Guarantee: feasible if it returns a solution; tight instances whose tasks must be served may end without
    one. O(pairs) memory.
    Source: ours; the moves after Yagiura, Ibaraki and Glover, An ejection chain approach for the generalized
    assignment problem, INFORMS J. Computing 16 (2004).
    """
    relaxed: Relaxation | Priced
    notes: tuple[str, ...] = ()
    if problem.pairs > LP_PAIRS and not len(problem.stranded):
        until = run.elapsed + _PRICING * run.remaining
        relaxed = price(problem, Lagrangian(), run, until=until, told=False)
        if relaxed.ending is Termination.TIME:
            notes = ("the Lagrangian's prices were cut by the clock",)
    else:
        relaxed = relaxation(problem, run)
        answer = relaxed.answer
        if answer.infeasible:
            note = f"the LP relaxation has no solution (HiGHS: {answer.status})"
            if run.start is not None:
                return Found(run.start, Termination.ERROR, notes=(f"{note}, yet a start was given",))
            return refuted(problem, run, note)
        if relaxed.multipliers is None:
            notes = (f"the LP was not solved (HiGHS: {answer.status}): no bound",)
    if isinstance(relaxed, Priced) and relaxed.choice is not None:
        run.incumbent = run.start or assignment_of(problem, relaxed.choice)
    with run.breakable():
        search = AnnealingSearch(problem, params, run, relaxed)
    ending = search.anneal()
    notes = notes if search.best is not None else (*notes, "no feasible assignment was met")
    return Found(
        search.best,
        ending,
        bound=search.bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=search.certificate,
        iterations=search.done,
        notes=notes,
    )


class AnnealingSearch:
    """The state of one run: kernel arrays, the incumbent re-checked by the model, the bound."""

    def __init__(
        self, problem: AllocationProblem, params: LocalSearch, run: Run[Assignment], relaxed: Relaxation | Priced
    ) -> None:
        self.problem, self.params, self.run = problem, params, run
        u, choice = (relaxed.u, relaxed.choice) if isinstance(relaxed, Priced) else (relaxed.multipliers, None)
        self.done = 0
        self.bound = None if u is None else dual_bound(problem, u)
        self.certificate = None if u is None else Certificate(CAPACITY_MULTIPLIERS, {"u": u})
        self.best: Assignment | None = self._first_incumbent(choice)
        self.value = -np.inf if self.best is None else self._profit(positions(problem, self.best))
        spread = float(problem.profit.std()) if problem.pairs else 0.0
        self.scale = spread or float(np.abs(problem.profit).max(initial=0.0)) or 1.0
        first = None if run.start is None else positions(problem, run.start)
        self.core = _candidates(problem, np.zeros(problem.servers) if u is None else u, params.window * self.scale, first)
        self.state = self._state(_wish(problem, relaxed) if first is None else first)
        self.schedule = self._schedule()

    def anneal(self) -> Termination:
        """Cool, reheat, cool ... until a rule, the number of cycles, or a closed gap ends it."""
        cycles = self.params.cycles or (None if self.run.stop.rules else _FREE_CYCLES)
        ints, reals = self.state.ints, self.state.reals
        self._take_incumbent()
        while True:
            value = None if self.best is None else self.problem.objective(self.value)
            if (
                value is not None
                and self.bound is not None
                and closes(value, self.bound, self.problem.sense, self.problem.integral, self.problem.offset)
            ):
                self.run.tick(self.done, value, self.bound)
                return Termination.PROVED
            ending = self.run.tick(self.done, value, self.bound)
            if ending is not None:
                return ending
            if not np.any(np.diff(self.core.arrays.ptr) > 1) or (cycles is not None and ints[annealing.CYCLE] >= cycles):
                return Termination.CONVERGED  # nothing can move, or all cycles are done
            count = self.run.allowance(self.done, _CHUNK)
            before = reals[annealing.BEST_VALUE], ints[annealing.FOUND]
            annealing.anneal(self.core.arrays, self.state, self.schedule, count, self.run.rng)
            self.done += count
            if (reals[annealing.BEST_VALUE], ints[annealing.FOUND]) != before:
                self._take_incumbent()

    def _first_incumbent(self, choice: Ints | None) -> Assignment | None:
        """The given start, or a choice known to be feasible, or the regret-greedy one where that serves all that must be."""
        if self.run.start is not None:
            return self.run.start
        if choice is not None:
            return assignment_of(self.problem, choice)
        choice = regret_choice(self.problem, self.run)
        return None if missing(self.problem, choice) else assignment_of(self.problem, choice)

    def _profit(self, choice: Ints) -> float:
        return float(self.problem.profit[choice[choice >= 0]].sum())

    def _take_incumbent(self) -> None:
        """The kernel's incumbent becomes ours if the model finds it feasible and it is better."""
        if not self.state.ints[annealing.FOUND]:
            return
        choice = self.core.pair[self.state.best]
        profit = self._profit(choice)
        if profit > self.value and not missing(self.problem, choice):
            solution = assignment_of(self.problem, choice)
            if not violations(self.problem, solution):
                self.best, self.value = solution, profit

    def _state(self, wanted: Ints) -> Any:
        """Start from the pairs wanted, as far as they fit, and the least regret."""
        core, problem = self.core.arrays, self.problem
        m, n = problem.tasks, problem.servers
        choice = core.ptr[:-1].copy()
        whole = np.flatnonzero(self.core.pair == wanted[self.core.task])
        choice[self.core.task[whole]] = whole
        state = annealing.State(
            choice=choice,
            best=choice.copy(),
            load=np.zeros(n + 1),
            member=np.empty(len(self.core.task), dtype=np.int64),
            count=np.zeros(n + 1, dtype=np.int64),
            place=np.empty(m, dtype=np.int64),
            touched=np.arange(m),
            is_touched=np.ones(m, dtype=bool),
            active=np.empty(m, dtype=np.int64),
            width=np.ones(m, dtype=np.int64),
            ints=np.zeros(annealing.N_INTS, dtype=np.int64),
            reals=np.zeros(annealing.N_REALS),
        )
        state.ints[annealing.TOUCHED] = m
        # The wishes go first, then the tasks that would lose most by their second choice.
        urgency = core.regret[np.minimum(core.ptr[:-1] + 1, core.ptr[1:] - 1)] if m else np.zeros(0)
        urgency[self.core.task[whole]] = np.inf
        annealing.greedy_start(core, state, np.argsort(-urgency, kind="stable"))
        state.reals[annealing.VALUE] = core.gain[choice].sum()
        state.reals[annealing.RHO] = self.params.fine * self.scale
        annealing.rebuild(core, state)
        if state.ints[annealing.OVERLOADED] == 0:
            annealing.save_best(state)
        return state

    def _schedule(self) -> Any:
        params, scale, m = self.params, self.scale, self.problem.tasks
        # Values that are all whole numbers need no temperature at which a difference of 1 is never accepted.
        cold = max(params.cold * scale, 0.1 if self.problem.integral else 0.0)
        return annealing.Schedule(
            hot=max(params.hot * scale, cold),
            reheat=max(params.reheat * scale, cold),
            cold=cold,
            levels=params.levels,
            length=max(1, min(params.proposals * m, 200_000)),
            doublings=params.doublings,
            reach=params.reach,
            block=max(1, params.block * m),
            rho_min=1e-3 * scale,
            rho_max=1e4 * scale,
            depth=params.depth,
        )


def _wish(problem: AllocationProblem, relaxed: Relaxation | Priced) -> Ints:
    """The pair that a task would like to have, -1 to stay unserved, -2 for no wish: a known choice, or what the LP takes by
    more than half."""
    if isinstance(relaxed, Priced) and relaxed.choice is not None:
        return relaxed.choice
    wish = np.full(problem.tasks, -2, dtype=np.int64)
    if isinstance(relaxed, Relaxation) and relaxed.answer.x is not None:
        taken = np.flatnonzero(relaxed.answer.x > 0.5)
        wish[problem.task[taken]] = taken
    return wish


def _candidates(problem: AllocationProblem, u: Floats, window: float, first: Ints | None) -> _Core:
    """Candidates of every task by rising regret: its pairs within the window, those of the start, and staying unserved.

    Tasks that must be served and have a pair may not stay unserved.
    """
    n, m = problem.servers, problem.tasks
    optional = np.flatnonzero(~problem.must_serve | (np.diff(problem.indptr) == 0))
    task = np.concatenate([problem.task, optional])
    pair = np.concatenate([np.arange(problem.pairs), np.full(len(optional), -1)])
    server = np.concatenate([problem.server, np.full(len(optional), n)])
    profit = np.concatenate([problem.profit, np.zeros(len(optional))])
    weight = np.concatenate([problem.weight, np.zeros(len(optional))])
    reduced = profit - np.append(u, 0.0)[server] * weight
    best = np.full(m, -np.inf)
    np.maximum.at(best, task, reduced)
    regret = best[task] - reduced
    wanted = (regret <= window) | (pair < 0)
    if first is not None:
        wanted |= pair == first[task]
    kept = np.flatnonzero(wanted)
    order = kept[np.lexsort((regret[kept], task[kept]))]
    task, server, weight = task[order], server[order], weight[order]
    begin = np.concatenate([[0], np.cumsum(np.bincount(server, minlength=n + 1))])
    mean = np.bincount(server, weight, n + 1) / np.maximum(1, np.diff(begin))
    arrays = annealing.Core(
        ptr=np.concatenate([[0], np.cumsum(np.bincount(task, minlength=m))]),
        server=server,
        gain=profit[order],
        weight=weight,
        regret=regret[order],
        limit=np.append(working_limit(problem), np.inf),
        u=np.append(u, 0.0),
        unit=np.divide(1.0, mean, out=np.ones(n + 1), where=mean > 0.0),
        start=begin,
    )
    return _Core(arrays, pair[order], task)
