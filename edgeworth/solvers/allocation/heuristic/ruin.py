"""Ruin and recreate: the local search of problems with so many tasks that annealing never meets a feasible state."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import CAPACITY_MULTIPLIERS, DualSolution, end_seconds
from edgeworth.solvers.allocation.bounds.execution import Execution
from edgeworth.solvers.allocation.bounds.minimiser import DualMinimiser
from edgeworth.solvers.allocation.bounds.repair import Repair
from edgeworth.solvers.allocation.kernels import repair as kernels
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of
from edgeworth.solvers.allocation.model.system import Ints

_SPARE = (0.9, 0.6, 0.3, 0.0)  # see `Repair.improve`
_SETS, _REPEATS = 100_000, 20  # of `kernels.refill` and `kernels.exchange`
_SHAKE = 0.02  # of the mean reduced profit: how far the order in which tasks make room is random
_UNSEEN = -2  # no choice of a pair: -1 stands for an unserved task
_NOTHING = 1e-9  # a regret up to this share of the largest profit is none


def ruin_and_recreate(
    problem: AllocationProblem, run: Run[Assignment], duals: DualSolution, choice: Ints, sweeps: int | None
) -> Found[Assignment]:
    """Bring the tasks of large regret to their best servers, one after the other, and keep what gains.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    run : Run
        Clock, stop rules and random generator of the run.
    duals : DualSolution
        Prices and their bound.
    choice : ndarray
        A feasible choice of pairs, int64 [tasks].
    sweeps : int, optional
        Over the tasks that have a regret; None: until a rule ends the run.

    Returns
    -------
    Found
        ``iterations`` counts trials.
    """
    search = Ruin(problem, run, duals, choice)
    profit, step = search.profit(choice), 0.0
    ending: Termination | None = None
    done = 0
    while ending is None:
        tasks = search.regrets()
        for j in tasks.tolist():
            value = problem.objective(profit)
            ending = run.tick(search.trials, value, duals.bound)
            if ending is None and closes(value, duals.bound, problem.sense, problem.integral, problem.offset):
                ending = Termination.PROVED
            if ending is None and run.remaining < end_seconds(problem) + step:
                ending = Termination.TIME
            if ending is not None:
                break
            began = run.elapsed
            profit += search.trial(j)
            step = run.elapsed - began
        done += 1
        if ending is None and (done == sweeps or not len(tasks)):
            run.tick(search.trials, problem.objective(profit), duals.bound)
            ending = Termination.CONVERGED
    return Found(
        assignment_of(problem, search.choice),
        ending,
        bound=duals.bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate(CAPACITY_MULTIPLIERS, {"u": duals.multipliers}),
        iterations=search.trials,
        notes=(f"{problem.tasks} tasks: ruin and recreate instead of annealing",),
    )


class Ruin:
    """`choice` is feasible and the best so far; `trials` counts."""

    def __init__(self, problem: AllocationProblem, run: Run[Assignment], duals: DualSolution, choice: Ints) -> None:
        self.problem, self.rng, self.u = problem, run.rng, duals.multipliers
        execution = Execution(problem, run, None, report=False)
        _, self._wanted, self._best, _ = DualMinimiser(execution, 1.0, 2.0).evaluate(self.u)
        self._pairs, self._repair = execution.pairs, Repair(execution)
        self._repair.near(self.u, self._best)
        self.choice = choice.copy()
        self._before = np.full(problem.tasks, _UNSEEN)  # a trial's choices as they were, of the tasks that it may have touched
        self._seen: list[Ints] = []
        self._load = self._repair.loads(self.choice)
        self.trials = 0

    def profit(self, choice: Ints) -> float:
        """What a choice of pairs earns."""
        return math.fsum(self.problem.profit[choice[choice >= 0]].tolist())

    def regrets(self) -> Ints:
        """The tasks that would earn more elsewhere at these prices, by falling regret."""
        problem, choice = self.problem, self.choice
        reduced = problem.profit - self.u[problem.server] * problem.weight
        got = np.where(choice >= 0, reduced[np.maximum(choice, 0)], 0.0)
        regret = np.where(self._wanted >= 0, self._best - got, 0.0)
        tasks = np.flatnonzero(regret > _NOTHING * np.abs(problem.profit).max(initial=0.0))
        return tasks[np.argsort(-regret[tasks], kind="stable")]

    def trial(self, j: int) -> float:
        """Bring task j to its best server, where those of least reduced profit make room, and let exchanges mend the servers
        concerned; by how much the profit has risen, 0 where all that was undone."""
        problem, choice, load = self.problem, self.choice, self._load
        self.trials += 1
        loads = load.copy()
        self._remember(np.array([j]))
        pair = int(self._wanted[j])
        home = int(problem.server[pair])
        servers = [home]
        if choice[j] >= 0:
            servers.append(int(problem.server[choice[j]]))
            load[servers[1]] -= problem.weight[choice[j]]
        choice[j] = pair
        load[home] += problem.weight[pair]
        fits = self._make_room(home, pair)
        if fits:
            for spare in _SPARE:
                for i in servers:
                    self._mend(i, spare)
            for i in np.flatnonzero(load != loads).tolist():
                self._mend(i, 0.0)
        seen = np.concatenate(self._seen)
        changed = seen[choice[seen] != self._before[seen]]
        before = self._before[changed]
        self._before[seen] = _UNSEEN
        self._seen.clear()
        gain = self.profit(choice[changed]) - self.profit(before)
        if fits and gain > 0.0 and not np.any(problem.must_serve[changed] & (choice[changed] < 0)):
            return gain
        choice[changed] = before
        load[:] = loads
        return 0.0

    def _remember(self, tasks: Ints) -> None:
        """What is done next changes the choices of no other tasks: to copy all of them would take longer than a trial."""
        fresh = tasks[self._before[tasks] == _UNSEEN]
        self._before[fresh] = self.choice[fresh]
        self._seen.append(fresh)

    def _make_room(self, i: int, pair: int) -> bool:
        """Tasks that need not be served leave server i, but for the one of that pair; says whether the others fit."""
        problem, choice, load, limit = self.problem, self.choice, self._load, self._repair.limit
        items = self._repair.items(i)
        here = items[(choice[problem.task[items]] == items) & (items != pair) & ~problem.must_serve[problem.task[items]]]
        reduced = problem.profit[here] - self.u[i] * problem.weight[here]
        self._remember(problem.task[here])
        shaken = reduced + _SHAKE * np.abs(reduced).mean() * self.rng.exponential(size=len(here)) if len(here) else reduced
        for k in here[np.argsort(shaken, kind="stable")].tolist():
            if load[i] <= limit[i]:
                break
            choice[problem.task[k]] = -1
            load[i] -= problem.weight[k]
        return bool(load[i] <= limit[i])

    def _mend(self, i: int, spare: float) -> None:
        items, task, limit = self._repair.items(i), self.problem.task, self._repair.limit
        self._remember(task[items])
        kernels.exchange(self._pairs, self.u, task, self.choice, self._load, limit, items, i, spare, _REPEATS)
        kernels.refill(self._pairs, self.u, task, self.choice, self._load, limit, items, i, spare, _SETS)
