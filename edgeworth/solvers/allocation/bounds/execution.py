"""What the two halves of the Lagrangian method share: the kernels' arrays, the threads, the clock and the reports."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.kernels.lagrangian import Pairs
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment
from edgeworth.solvers.allocation.model.system import Floats, Ints

_BLOCK = 1 << 17  # pairs a block; a kernel call takes 1 to 3 ms for so many
_GROUP = 4  # blocks a thread between two looks at the clock
_END = (5e-8, 1.5e-7)  # seconds a pair and a task that the bound at the end takes, and what comes after
_SLACK = 2e-10  # share of a limit that rounding errors of running sums may use up


def working_limit(problem: AllocationProblem) -> Floats:
    """The limits for searches that keep running sums of loads: a little tighter, but for integers, whose sums are exact.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    ndarray
        float64 [servers].
    """
    return np.where(problem.whole, problem.limit, problem.limit * (1.0 - _SLACK))


def end_seconds(problem: AllocationProblem) -> float:
    """About what the bound at the end of a run takes, and what comes after.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    float
        Seconds; a tenth of one for a million pairs.
    """
    return _END[0] * problem.pairs + _END[1] * problem.tasks


class RunEnded(Exception):
    """A stop rule, the observer or an interrupt ended the run, or the time meant for this part of it is over (`own`)."""

    def __init__(self, ending: Termination, own: bool = False) -> None:
        super().__init__(ending)
        self.ending, self.own = ending, own


class Execution:
    """One run's arrays, threads and progress.

    Work is cut into blocks that depend on the problem only, and sums are added block by block: the answer does not depend
    on the number of threads. The threads are Python's: the kernels hold no lock, and numba's own threading layers neither
    bear being called from several threads nor survive a fork.
    """

    def __init__(
        self,
        problem: AllocationProblem,
        run: Run[Assignment],
        pool: ThreadPoolExecutor | None,
        *,
        until: float = math.inf,
        report: bool = True,
    ) -> None:
        """until: run seconds at which the work ends by `RunEnded`. report: whether the run is given iterations and bounds."""
        self.problem, self.run, self.pool, self.report = problem, run, pool, report
        self.pairs = Pairs(problem.indptr, problem.server, problem.profit, problem.weight, problem.must_serve)
        self.iterations = 0
        self.value: float | None = None
        self.bound: float | None = None
        self.deadline = until

    def poll(self, ahead: float = 0.0) -> None:
        """Report progress to the run; raises `RunEnded` when it must end, or would amid the next so many seconds."""
        ending = self.run.tick(self.iterations, self.value, self.bound) if self.report else self.run.tick(0)
        if ending is not None:
            raise RunEnded(ending)
        if self.run.elapsed + ahead > self.deadline:
            raise RunEnded(Termination.TIME, own=True)

    def edges(self, tasks: int) -> Ints:
        """Where the blocks of so many tasks begin and end."""
        each = max(1, _BLOCK * self.problem.tasks // max(1, self.problem.pairs))
        return np.append(np.arange(0, tasks, each, dtype=np.int64), tasks)

    def each(self, work: Callable[[int], object], count: int, group: int = _GROUP) -> None:
        """work(0), ..., work(count - 1), on all threads, with `poll` between groups."""
        size = group * self.run.threads
        for first in range(0, count, size):
            numbers = range(first, min(first + size, count))
            if self.pool is None or len(numbers) == 1:
                for number in numbers:
                    work(number)
            else:
                list(self.pool.map(work, numbers))
            self.poll()
