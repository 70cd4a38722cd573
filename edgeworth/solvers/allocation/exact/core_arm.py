"""`solve_core` as a companion of a search: a thread that works in turns, on cores of growing size."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import numpy as np

from edgeworth.core.aside import leave
from edgeworth.core.compilation import counter, work_for
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.solvers.allocation.exact.core_milp import CoreAnswer, CoreExchange, core_pairs, solve_core
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment
from edgeworth.solvers.allocation.model.system import Floats

_LOOK = 0.02  # seconds between two looks of who waits for a turn to end
_ANY_CALLS = 1 << 60
_GRACE = 0.02  # seconds that a solver has to end by itself: in its heuristics it asks nobody, for seconds at times


class CoreArm:
    """HiGHS in a thread of its own, which works while another thread has given it a turn and waits.

    A turn is a number of HiGHS's callbacks: with one thread the answers do not depend on the clock, unless it ends the run.

    exchange: incumbents of both sides. answer: the last one, once `busy` is False.
    """

    def __init__(self, problem: AllocationProblem, owner: Run[Assignment]) -> None:
        self.problem, self._owner = problem, owner
        self.exchange = _Gate(problem)
        self.answer: CoreAnswer | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    @property
    def busy(self) -> bool:
        """HiGHS is at work on a core, or waits for its turn."""
        return self._thread is not None

    def begin(self, loss: Floats, bound: float, *, most: int | None = None, nodes: int | None = None) -> None:
        """Put HiGHS to a core, with the best assignment known: see `solve_core`. It works by turns."""
        owner, timer = self._owner, counter()
        stop = Stop() if owner.remaining == math.inf else Stop(seconds=max(owner.remaining, 0.0))
        run: Run[Assignment] = Run(
            sense=self.problem.sense,
            stop=stop,
            rng=np.random.default_rng(0),  # HiGHS has its own seed
            observer=self.exchange.flag,
            inner=True,
        )
        start = self.exchange.best

        def work() -> None:
            work_for(timer)
            try:
                self.exchange.pause()
                self.answer = solve_core(
                    self.problem, loss, bound, run, start=start, most=most, nodes=nodes, exchange=self.exchange
                )
            except BaseException as error:
                self._error = error
            finally:
                self.exchange.idle.set()

        self.answer = None
        self.exchange.close()
        self.exchange.flag.bound = None  # of the core before: it says nothing about this one
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._thread = thread  # now: another thread gives it turns, and could not wait for one that has not begun

    def turn(self, calls: int, seconds: float = math.inf, look: Callable[[], bool] | None = None) -> None:
        """Let HiGHS work for so many callbacks, at most so long; `look` may end the wait: HiGHS then goes on to its next
        callback, and the turn after begins there."""
        if self._thread is None:
            return
        self.exchange.admit(calls, seconds)
        while not self.exchange.idle.wait(_LOOK) and self._thread.is_alive():
            if look is not None and look():
                return
        if not self._thread.is_alive() or self.answer is not None or self._error is not None:
            self._thread.join()
            self._thread = None
            if self._error is not None:
                raise self._error

    def end(self) -> None:
        """Stop HiGHS; a thread that asks nobody now is left, and ends at its next callback."""
        self.exchange.flag.stopped = True
        self.exchange.admit(1, 0.0)
        if self._thread is not None:
            self._thread.join(_GRACE)
            if self._thread.is_alive():
                leave(self._thread)
            self._thread = None


_FIRST, _GROWTH = 3, 2  # pairs a task of the first core, and how many times larger each is than the one before
_NODES = 60  # of HiGHS's tree for the first core
_PAIR_CALLS, _CALLS = 30_000, 100  # callbacks in a turn: fewer the larger the core, 1 to _CALLS


class Cores:
    """Cores of growing size one after the other, up to the whole of what the bound does not exclude.

    losses: what `solve_core` needs, with the bound; None where that is still under way. `step` begins what there is to begin
    and takes answers in; `turn` works on them, in the same thread or another. claim: HiGHS's claim that nothing earns more,
    infinity without one. over: there is no more to do.
    """

    def __init__(
        self, problem: AllocationProblem, run: Run[Assignment], losses: Callable[[], tuple[Floats, float] | None]
    ) -> None:
        self.arm = CoreArm(problem, run)
        self.claim, self.over, self.nodes = math.inf, False, 0
        self._problem, self._losses = problem, losses
        self._most, self._nodes = _FIRST * problem.tasks, _NODES

    def step(self, solution: Assignment | None, profit: float) -> None:
        """The search's best assignment goes in; `arm.exchange.best` is the best of both sides."""
        arm, exchange = self.arm, self.arm.exchange
        exchange.offer(solution, profit)
        if self.over:
            return
        if arm.busy:
            told = exchange.flag.bound
            if exchange.whole and told is not None:
                self._claims(exchange.claimed(self._profit(told)))
            return
        answer = arm.answer
        if answer is not None:
            arm.answer = None
            self.nodes += answer.nodes
            self._claims(answer.bound)
            self.over = answer.whole or bool(answer.notes)
            if answer.solution is None:  # else there may be more of its kind
                self._most, self._nodes = _GROWTH * self._most, _GROWTH * self._nodes
        excluded = None if self.over else self._losses()
        if excluded is not None:
            loss, bound = excluded
            pairs, whole = core_pairs(self._problem, loss, bound, exchange.best, self._most)
            self._calls = max(1, min(_CALLS, _PAIR_CALLS // max(len(pairs), 1)))
            arm.begin(loss, bound, most=self._most, nodes=None if whole else self._nodes)

    def turn(self, seconds: float = math.inf, look: Callable[[], bool] | None = None) -> None:
        """Let HiGHS work for a while."""
        if self.arm.busy:
            self.arm.turn(self._calls if seconds == math.inf else _ANY_CALLS, seconds, look)

    def _profit(self, value: float) -> float:
        return value - self._problem.offset if self._problem.sense == "max" else self._problem.offset - value

    def _claims(self, claim: float | None) -> None:
        if self.arm.exchange.refused:
            self.claim = math.inf
        elif claim is not None:
            self.claim = min(self.claim, claim)


class StopFlag(Observer):
    """By its flag one thread stops the run of another; `bound` is the last one that it told."""

    def __init__(self) -> None:
        self.stopped = False
        self.bound: float | None = None

    def on_progress(self, progress: Progress) -> bool:
        self.bound = progress.bound
        return self.stopped


class _Gate(CoreExchange):
    """HiGHS's thread stops at it when its turn is over."""

    def __init__(self, problem: AllocationProblem) -> None:
        super().__init__(problem)
        self.flag = StopFlag()
        self.idle, self._go = threading.Event(), threading.Event()
        self._calls, self._until = 0, -math.inf

    def admit(self, calls: int, seconds: float) -> None:
        """A turn begins."""
        self._calls, self._until = calls, time.perf_counter() + seconds
        self.idle.clear()
        self._go.set()

    def close(self) -> None:
        """Whoever comes waits for a turn."""
        self._calls = 0
        self._go.clear()

    def pause(self) -> None:
        """Called by HiGHS's thread."""
        self._calls -= 1
        if self.flag.stopped or (self._calls >= 0 and time.perf_counter() < self._until):
            return
        self._go.clear()
        self.idle.set()
        self._wait()

    def _wait(self) -> None:
        while not (self._go.wait(_LOOK) or self.flag.stopped):  # the end may have come just before `_go` was cleared
            pass
