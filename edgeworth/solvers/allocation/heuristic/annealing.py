"""Local search: simulated annealing with shifts, swaps and ejection chains around the LP's prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import (
    CAPACITY_MULTIPLIERS,
    LP_PAIRS,
    DualSolution,
    Lagrangian,
    lagrangian_duals,
    linear_duals,
    refuted,
    working_limit,
)
from edgeworth.solvers.allocation.heuristic.constructive import missing, regret_choice
from edgeworth.solvers.allocation.heuristic.ruin import ruin_and_recreate
from edgeworth.solvers.allocation.kernels import annealing
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of, positions, violations
from edgeworth.solvers.allocation.model.system import Floats, Ints

_PRICING = 0.5  # of the time left: what the prices may take before annealing; trials at prices cut short gain nothing
_CHUNK = 50_000  # proposals between two looks at the clock, 10 to 40 ms; the answer does not depend on it
_MANY = 50_000  # tasks: states that are feasible at all servers at once are no longer met by chance
_FREE_CYCLES = 5  # cycles of a run that has neither `cycles` nor a stop rule


@dataclass(frozen=True)
class LocalSearch:
    """Parameters of `simulated_annealing`.

    Temperatures, ``window`` and ``overload_penalty`` are in units of the standard deviation of the profits. The defaults were
    found by hand on the instances of the benchmark; neighbouring values differ by less than seeds do.

    Parameters
    ----------
    initial_temperature, reheat_temperature, final_temperature : float, > 0
        Temperature at the start of the first cycle, at the start of the later ones, and at the end of each.
    window : float, > 0
        Pairs whose regret exceeds it are no candidates.
    candidate_range : float, > 0
        At temperature T only candidates of regret up to ``candidate_range`` * T are proposed.
    levels : int, >= 2
        Temperatures of a cycle.
    proposals : int, >= 1
        Proposals per task at each temperature of the first cycle, at most 200,000 in all.
    doublings : int, 0 to 20
        Over how many later cycles the number of proposals doubles.
    chain_length : int, 1 to 8
        Moves of the longest ejection chain.
    overload_penalty : float, > 0
        First price of overload beyond the multiplier.
    penalty_interval : int, >= 1
        Proposals per task between changes of the penalty.
    cycles : int, >= 1, or None
        Number of cooling cycles; None: until a stop rule ends the run, and 5 where there is none.
    """

    initial_temperature: float = 0.03
    reheat_temperature: float = 0.01
    final_temperature: float = 3e-5
    window: float = 0.5
    candidate_range: float = 15.0
    levels: int = 100
    proposals: int = 3
    doublings: int = 7
    chain_length: int = 3
    overload_penalty: float = 0.3
    penalty_interval: int = 10
    cycles: int | None = None

    def __post_init__(self) -> None:
        for name in (
            "initial_temperature",
            "reheat_temperature",
            "final_temperature",
            "window",
            "candidate_range",
            "overload_penalty",
        ):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        validation.integer("levels", self.levels, minimum=2)
        validation.integer("doublings", self.doublings, minimum=0, maximum=20)
        validation.integer("chain_length", self.chain_length, minimum=1, maximum=annealing.LIST)
        for name in ("proposals", "penalty_interval"):
            validation.integer(name, getattr(self, name), minimum=1)
        if self.cycles is not None:
            validation.integer("cycles", self.cycles, minimum=1)


class _Candidates(NamedTuple):
    """The candidates of the search as the kernels want them; the pair (or -1) and the task of every candidate."""

    arrays: annealing.Candidates
    pair: Ints
    task: Ints


def simulated_annealing(problem: AllocationProblem, params: LocalSearch, run: Run[Assignment]) -> Found[Assignment]:
    """Simulated annealing over complete assignments with penalised capacities; moves are shifts, swaps and ejection chains.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : LocalSearch
        Cooling schedule, candidate window, ejection chains and the penalty of overload.
    run : Run
        Clock, stop rules and random generator of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        The best feasible assignment met, with the bound L(u) of the starting relaxation (recomputed, certificate
        "capacity-multipliers"). ``iterations`` counts proposed moves.

    Notes
    -----
    1. The LP relaxation gives multipliers u of the capacities, a start and a bound; beyond 200,000 pairs the method
       "lagrangian" gives them, below 50,000 tasks in at most half of the time.
    2. The candidates of a task are its pairs (and staying unserved, where allowed) whose regret
       ``max_k (p_kj - u_k w_kj) - (p_ij - u_i w_ij)`` lies within a window.
    3. The energy is the profit less a price of overload: u_i for every unit plus a penalty that falls while feasible states are
       met and rises while they are not. A proposal that lowers it by d is accepted with probability exp(-d / T).
    4. T falls over ``levels`` steps; each further cycle reheats from the incumbent. Only feasible states become the incumbent.

    From 50,000 tasks on, where the Lagrangian gives a feasible assignment, ruin and recreate takes the place of 2.-4.: a task
    of large regret comes to its best server, where tasks of small reduced profit make room, and the exchanges of "lagrangian"
    mend the servers concerned; what does not gain is undone. A sweep over all tasks with a regret that gains nothing is
    followed by sweeps over all pairs that a better assignment may contain, those of a regret up to the gap. "lagrangian" may
    take all of the time there: the answer is never worse than its own. ``iterations`` then counts trials, and a cycle is a
    sweep. The certificate may be that of "lagrangian", "assignment-multipliers".

    All stop rules are looked at every 50,000 proposals; nothing else depends on the clock. Where the incumbent meets the bound
    the run ends with a proof. A tight instance whose tasks must be served may end without a solution. Memory is O(pairs).

    References
    ----------
    Moves: Yagiura, Ibaraki and Glover, An ejection chain approach for the generalized assignment problem, INFORMS J. Computing
    16 (2004). Annealing: Kirkpatrick, Gelatt and Vecchi, Science 220 (1983). The combination is our own.
    """
    notes: tuple[str, ...] = ()
    if problem.pairs > LP_PAIRS and not len(problem.stranded):
        until = run.elapsed + (_PRICING if problem.tasks < _MANY else 1.0) * run.remaining
        duals = lagrangian_duals(problem, Lagrangian(), run, until=until, report=False)
        if duals.ending is Termination.TIME:
            notes = ("the Lagrangian's prices were cut by the clock",)
            if problem.tasks >= _MANY and duals.choice is None:  # no time is left for anything else
                return Found(
                    None,
                    Termination.TIME,
                    bound=duals.bound,
                    evidence=BoundEvidence.RECOMPUTED,
                    certificate=Certificate(CAPACITY_MULTIPLIERS, {"u": duals.multipliers}),
                    notes=(*notes, "no feasible assignment was met"),
                )
    else:
        duals = linear_duals(problem, run)
        if duals.infeasible:
            note = f"the LP relaxation has no solution (HiGHS: {duals.status})"
            if run.start is not None:
                return Found(run.start, Termination.ERROR, notes=(f"{note}, yet a start was given",))
            return refuted(problem, run, note)
        if not duals.solved:
            notes = (f"the LP was not solved (HiGHS: {duals.status}): no bound",)
    if duals.choice is not None:
        run.incumbent = run.start or assignment_of(problem, duals.choice)
    if problem.tasks >= _MANY and duals.solved and duals.feasible and duals.choice is not None:
        sweeps = params.cycles or (None if run.stop.rules else _FREE_CYCLES)
        found = ruin_and_recreate(problem, run, duals, duals.choice, sweeps)
        return replace(found, notes=(*notes, *found.notes))
    with run.breakable():
        search = AnnealingSearch(problem, params, run, duals)
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

    def __init__(self, problem: AllocationProblem, params: LocalSearch, run: Run[Assignment], duals: DualSolution) -> None:
        self.problem, self.params, self.run = problem, params, run
        self.done = 0
        self.bound = duals.bound if duals.solved else None
        self.certificate = Certificate(CAPACITY_MULTIPLIERS, {"u": duals.multipliers}) if duals.solved else None
        self.best: Assignment | None = self._first_incumbent(duals.choice if duals.feasible else None)
        self.value = -np.inf if self.best is None else self._profit(positions(problem, self.best))
        spread = float(problem.profit.std()) if problem.pairs else 0.0
        self.scale = spread or float(np.abs(problem.profit).max(initial=0.0)) or 1.0
        first = None if run.start is None else positions(problem, run.start)
        self.candidates = _candidates(problem, duals.multipliers, params.window * self.scale, first)
        self.state = self._state(_preferred(problem, duals) if first is None else first)
        self.schedule = self._schedule()

    def anneal(self) -> Termination:
        """Cool, reheat, cool ... until a rule, the number of cycles, or a closed gap ends it."""
        cycles = self.params.cycles or (None if self.run.stop.rules else _FREE_CYCLES)
        ints, reals = self.state.ints, self.state.reals
        self._accept_incumbent()
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
            if not np.any(np.diff(self.candidates.arrays.ptr) > 1) or (cycles is not None and ints[annealing.CYCLE] >= cycles):
                return Termination.CONVERGED  # nothing can move, or all cycles are done
            count = self.run.allowance(self.done, _CHUNK)
            before = reals[annealing.BEST_VALUE], ints[annealing.FOUND]
            annealing.anneal(self.candidates.arrays, self.state, self.schedule, count, self.run.rng)
            self.done += count
            if (reals[annealing.BEST_VALUE], ints[annealing.FOUND]) != before:
                self._accept_incumbent()

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

    def _accept_incumbent(self) -> None:
        """The kernel's incumbent becomes ours if the model finds it feasible and it is better."""
        if not self.state.ints[annealing.FOUND]:
            return
        choice = self.candidates.pair[self.state.best]
        profit = self._profit(choice)
        if profit > self.value and not missing(self.problem, choice):
            solution = assignment_of(self.problem, choice)
            if not violations(self.problem, solution):
                self.best, self.value = solution, profit

    def _state(self, wanted: Ints) -> annealing.State:
        """Start from the pairs wanted, as far as they fit, and the least regret."""
        candidates, problem = self.candidates.arrays, self.problem
        m, n = problem.tasks, problem.servers
        choice = candidates.ptr[:-1].copy()
        whole = np.flatnonzero(self.candidates.pair == wanted[self.candidates.task])
        choice[self.candidates.task[whole]] = whole
        state = annealing.State(
            choice=choice,
            best=choice.copy(),
            load=np.zeros(n + 1),
            member=np.empty(len(self.candidates.task), dtype=np.int64),
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
        urgency = candidates.regret[np.minimum(candidates.ptr[:-1] + 1, candidates.ptr[1:] - 1)] if m else np.zeros(0)
        urgency[self.candidates.task[whole]] = np.inf
        annealing.greedy_start(candidates, state, np.argsort(-urgency, kind="stable"))
        state.reals[annealing.VALUE] = candidates.gain[choice].sum()
        state.reals[annealing.RHO] = self.params.overload_penalty * self.scale
        annealing.rebuild(candidates, state)
        if state.ints[annealing.OVERLOADED] == 0:
            annealing.save_best(state)
        return state

    def _schedule(self) -> annealing.Schedule:
        params, scale, m = self.params, self.scale, self.problem.tasks
        # Values that are all whole numbers need no temperature at which a difference of 1 is never accepted.
        final = max(params.final_temperature * scale, 0.1 if self.problem.integral else 0.0)
        return annealing.Schedule(
            initial=max(params.initial_temperature * scale, final),
            reheat=max(params.reheat_temperature * scale, final),
            final=final,
            levels=params.levels,
            length=max(1, min(params.proposals * m, 200_000)),
            doublings=params.doublings,
            reach=params.candidate_range,
            block=max(1, params.penalty_interval * m),
            rho_min=1e-3 * scale,
            rho_max=1e4 * scale,
            depth=params.chain_length,
        )


def _preferred(problem: AllocationProblem, duals: DualSolution) -> Ints:
    """The pair with which the search begins a task: -1 leaves it unserved, -2 leaves it open."""
    return np.full(problem.tasks, -2, dtype=np.int64) if duals.choice is None else duals.choice


def _candidates(problem: AllocationProblem, u: Floats, window: float, first: Ints | None) -> _Candidates:
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
    arrays = annealing.Candidates(
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
    return _Candidates(arrays, pair[order], task)
