"""Ruin and recreate: the local search of problems with so many tasks that annealing never meets a feasible state."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import DualSolution, certified, end_seconds
from edgeworth.solvers.allocation.bounds.execution import Execution, RunEnded
from edgeworth.solvers.allocation.bounds.minimiser import DualMinimiser
from edgeworth.solvers.allocation.bounds.repair import Repair
from edgeworth.solvers.allocation.kernels import repair as kernels
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of
from edgeworth.solvers.allocation.model.system import Floats, Ints

_SPARE = (0.9, 0.6, 0.3, 0.0)  # see `Repair.improve`
_SETS, _REPEATS = 100_000, 20  # of `kernels.refill` and `kernels.exchange`
_SHAKE = 0.02  # of the mean reduced profit: how far the order in which tasks make room is random
_UNSEEN = -2  # no choice of a pair: -1 stands for an unserved task
_NOTHING = 1e-9  # a regret up to this share of the largest profit is none


def ruin_and_recreate(
    problem: AllocationProblem, run: Run[Assignment], duals: DualSolution, choice: Ints, sweeps: int | None
) -> Found[Assignment]:
    """Bring the tasks of large regret to their best servers, one after the other, and keep what gains.

    Where a sweep over these tasks gains nothing, the next one is over all pairs that a better choice may contain, by rising
    loss: for a choice of profit P no pair whose regret exceeds L(u) - P is among them.

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
        Most sweeps; None: until a rule ends the run, or nothing can move.

    Returns
    -------
    Found
        ``iterations`` counts trials.
    """
    search = Ruin(problem, run, duals, choice)
    profit, step = search.profit(choice), 0.0
    done, gained = 0, True
    bound, certificate = certified(problem, duals, run)

    def rules() -> Termination | None:
        value = problem.objective(profit)
        ending = run.tick(search.trials, value, bound)
        if ending is None and closes(value, bound, problem.sense, problem.integral, problem.offset):
            ending = Termination.PROVED
        if ending is None and run.remaining < end_seconds(problem) + step:
            ending = Termination.TIME
        return ending

    ending = rules() or search.prepare()
    while ending is None:
        explores = not gained
        pairs = search.doubtful() if explores else search.regrets()
        gained = False
        for k in pairs.tolist():
            began = run.elapsed
            gain = search.trial(k)
            profit, gained = profit + gain, gained or gain > 0.0
            step = run.elapsed - began
            ending = rules()
            if ending is not None:
                break
        done += len(pairs) > 0
        if ending is None and (done == sweeps or (explores and not len(pairs))):
            ending = rules() or Termination.CONVERGED
    return Found(
        assignment_of(problem, search.choice),
        ending,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate,
        iterations=search.trials,
        notes=(f"{problem.tasks} tasks: ruin and recreate instead of annealing",),
    )


class Ruin:
    """`choice` is feasible and the best so far; `trials` counts."""

    def __init__(self, problem: AllocationProblem, run: Run[Assignment], duals: DualSolution, choice: Ints) -> None:
        self.problem, self.rng, self.u, self.bound = problem, run.rng, duals.multipliers, duals.bound
        self._execution = Execution(problem, run, None, until=run.elapsed + run.remaining - end_seconds(problem), report=False)
        self._pairs, self._repair = self._execution.pairs, Repair(self._execution)
        self.choice = choice.copy()
        self._before = np.full(problem.tasks, _UNSEEN)  # a trial's choices as they were, of the tasks that it may have touched
        self._seen: list[Ints] = []
        self.trials = 0

    def prepare(self) -> Termination | None:
        """What the trials need of all pairs; says why the run must end, where it must amid that."""
        try:
            _, self._wanted, self._best, _ = DualMinimiser(self._execution, 1.0, 2.0).evaluate(self.u)
            # L(u) - profit is the sum of all regrets and of what unused capacity is worth: a larger regret never pays.
            self._repair.near(self.u, self._best, self._most())
        except RunEnded as ended:
            return ended.ending
        self._load = self._repair.loads(self.choice)
        return None

    def profit(self, choice: Ints) -> float:
        """What a choice of pairs earns."""
        return math.fsum(self.problem.profit[choice[choice >= 0]].tolist())

    def regrets(self) -> Ints:
        """The best pairs of the tasks that would earn more there at these prices than now, by falling regret."""
        problem = self.problem
        regret = np.where(self._wanted >= 0, self._best - self._reduced(self.choice), 0.0)
        tasks = np.flatnonzero(regret > _NOTHING * np.abs(problem.profit).max(initial=0.0))
        return self._wanted[tasks[np.argsort(-regret[tasks], kind="stable")]]

    def doubtful(self) -> Ints:
        """The pairs outside of the choice that a better one may contain, by rising loss of reduced profit."""
        pairs = self._repair.item
        task = self.problem.task[pairs]
        loss = self._reduced(self.choice[task]) - self._reduced(pairs)
        wanted = (self.choice[task] != pairs) & (self._best[task] - self._reduced(pairs) <= self._most())
        pairs, loss = pairs[wanted], loss[wanted]
        return np.asarray(pairs[np.lexsort((pairs, loss))])

    def _reduced(self, pairs: Ints) -> Floats:
        """What pairs earn at these prices, -1 nothing."""
        problem, pair = self.problem, np.maximum(pairs, 0)
        return np.where(pairs >= 0, problem.profit[pair] - self.u[problem.server[pair]] * problem.weight[pair], 0.0)

    def _most(self) -> float:
        """Distance of the choice's profit from the bound on profits."""
        gap = abs(self.bound - self.problem.objective(self.profit(self.choice)))
        return gap + _NOTHING * float(np.abs(self.problem.profit).max(initial=0.0))

    def trial(self, pair: int) -> float:
        """Choose a pair for its task: those of least reduced profit make room at its server, and exchanges mend the servers
        concerned; by how much the profit has risen, 0 where all that was undone."""
        problem, choice, load = self.problem, self.choice, self._load
        self.trials += 1
        loads = load.copy()
        j = int(problem.task[pair])
        self._remember(np.array([j]))
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
