"""One run of one method: its clock, its randomness, what may end it, whom it tells."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import numpy as np

from edgeworth.core.compilation import counter
from edgeworth.core.numeric import Sense, relative_gap
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.result import Termination, Trace
from edgeworth.core.stop import Stop

logger = logging.getLogger(__name__)
S = TypeVar("S")

_LONG = 10.0
"""Seconds after which a run without any rule says how to bound it, once a process."""
_BOUND_IT = "stop=Stop(seconds=60) would bound it, and Ctrl-C ends it with the best so far"
_TOLD = threading.Event()


class Interruption(BaseException):
    """Ctrl-C came where the method could not be asked: it is left, and its run ends with the incumbent that it has put down.

    `solve` turns it into an ordinary end of the run. No handler of ``Exception`` stops it on the way.
    """


class Run(Generic[S]):
    """Handed to a method function. A method calls `tick` between chunks of 20-50 ms and ends when it returns a reason.

    Attributes
    ----------
    sense : {"max", "min"}
        Of the values passed to `tick`.
    offset : float
        The constant part of these values, which the rule on gaps leaves out.
    stop : Stop
        The rules that end the run.
    rng : numpy.random.Generator
        The run's generator.
    start : solution or None
        A feasible solution to start from.
    threads : int
        How many threads the method may use.
    interrupted : bool
        Ctrl-C came.
    listening : bool
        Ctrl-C reaches this run: it is in the main thread, under `interruptible`.
    incumbent : solution or None
        What is returned where the method is left by an `Interruption`; at first the start.
    prepared : float
        Seconds spent on the method's kernels before the run began.
    inner : bool
        Part of a method, or of its preparation: its improvements are no news to who reads the log.
    """

    def __init__(
        self,
        *,
        sense: Sense,
        stop: Stop,
        rng: np.random.Generator,
        observer: Observer,
        start: S | None = None,
        threads: int = 1,
        trace: bool = False,
        offset: float = 0.0,
        prepared: float = 0.0,
        inner: bool = False,
    ) -> None:
        self.sense: Sense = sense
        self.offset = offset
        self.stop = stop
        self.rng = rng
        self.start = start
        self.threads = threads
        self.interrupted = self.listening = self._breakable = False
        self.incumbent = start
        self._observer = observer
        self._asked = False
        self._ruled = bool(stop.rules)
        self._points: list[tuple[float, int, float, float]] | None = [] if trace else None
        self._best: float | None = None
        self._bound: float | None = None
        self._improved_at = 0
        self._counter = counter()
        self._compiled = self._counter.seconds
        self.prepared, self.inner = prepared, inner
        self._began = time.perf_counter()

    @property
    def compile_seconds(self) -> float:
        """Seconds since the run began in which its thread compiled kernels or loaded them."""
        return self._counter.seconds - self._compiled

    @property
    def elapsed(self) -> float:
        """Wall-clock seconds since the run began, without those of compilation: a first call is as good as the second."""
        return max(time.perf_counter() - self._began - self.compile_seconds, 0.0)

    @property
    def remaining(self) -> float:
        """Seconds left by the time rule; infinity without one."""
        return float("inf") if self.stop.seconds is None else self.stop.seconds - self.elapsed

    def allowance(self, done: int, chunk: int) -> int:
        """How many of the next `chunk` iterations the iteration rule still allows after `done`."""
        return chunk if self.stop.iterations is None else max(0, min(chunk, self.stop.iterations - done))

    def tick(
        self, iterations: int, value: float | None = None, bound: float | None = None, *, record: bool = True
    ) -> Termination | None:
        """Report where the run stands (best value and bound so far); returns why it must end, or None to go on.

        Improvements enter the trace, unless the method says ``record=False`` because it keeps a finer one itself.
        """
        improved = value is not None and (self._best is None or self._better(value, self._best))
        moved = bound is not None and bound != self._bound
        if improved:
            self._best, self._improved_at = value, iterations
        if moved:
            self._bound = bound
        best, limit = self._best, self._bound
        gap = None if best is None or limit is None else relative_gap(best, limit, self.sense, self.offset)
        progress = Progress(self.elapsed, iterations, best, limit, gap)
        if improved:
            if not self.inner:
                logger.debug("%s", progress)
            self._asked |= bool(self._observer.on_improved(progress))
        if not self._ruled and progress.seconds > _LONG and not _TOLD.is_set():
            _TOLD.set()
            logger.warning("the run has no limit and goes on after %g s; %s", _LONG, _BOUND_IT)
        self._asked |= bool(self._observer.on_progress(progress))
        if record and (improved or moved):
            self.record(iterations, best, limit)
        return self._ending(iterations, gap)

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Python code between which nothing ticks (a model is built, a file is read): Ctrl-C leaves it by an `Interruption`.

        Not for code that writes to what is used afterwards.
        """
        self._breakable = True
        try:
            if self.interrupted:
                raise Interruption
            yield
        finally:
            self._breakable = False

    def press(self) -> None:
        """Ctrl-C came."""
        self.interrupted = True
        if self._breakable:
            raise Interruption

    def record(self, iterations: int, value: float | None, bound: float | None = None) -> None:
        """Add a point to the trace, when one is kept."""
        if self._points is not None:
            nan = float("nan")
            self._points.append((self.elapsed, iterations, nan if value is None else value, nan if bound is None else bound))

    def trace(self) -> Trace | None:
        """The points recorded so far as arrays; None when no trace was asked for."""
        if self._points is None:
            return None
        table = np.array(self._points, dtype=np.float64).reshape(-1, 4)
        return Trace(table[:, 0].copy(), table[:, 1].astype(np.int64), table[:, 2].copy(), table[:, 3].copy())

    def _better(self, value: float, other: float) -> bool:
        return value > other if self.sense == "max" else value < other

    def _ending(self, iterations: int, gap: float | None) -> Termination | None:
        stop, best = self.stop, self._best
        if best is not None and stop.target is not None and not self._better(stop.target, best):
            return Termination.TARGET
        if stop.gap is not None and gap is not None and 0.0 <= gap <= stop.gap:
            return Termination.TARGET
        if stop.iterations is not None and iterations >= stop.iterations:
            return Termination.ITERATIONS
        if stop.stalled is not None and iterations - self._improved_at >= stop.stalled:
            return Termination.STALLED
        if self.interrupted:
            return Termination.INTERRUPTED
        if self._asked:
            return Termination.OBSERVER
        if stop.seconds is not None and self.elapsed >= stop.seconds:
            return Termination.TIME
        return None


PAUSE = 5.0
"""Seconds without a run after which Ctrl-C counts as a first one again."""


class Presses:
    """Ctrl-C as the runs of this process have met it; a run that ends by itself before it looks does not say so.

    The first press ends the run under way, which returns its incumbent. A loop over runs goes on after that, and must itself
    be ended: a press in a later run of the loop raises KeyboardInterrupt. Runs belong to one loop when less than `PAUSE`
    seconds pass between the end of one and the beginning of the next; in a notebook a loop ends with its cell.

    Attributes
    ----------
    count : int
        How often Ctrl-C was turned into an orderly end.
    """

    def __init__(self) -> None:
        self.count = 0
        self._used = self._late = False
        self._depth, self._left, self._cell = 0, -float("inf"), 0

    def forget(self) -> None:
        """The next press is a first one."""
        self._used = self._late = False

    def orderly(self) -> bool:
        """A press has come: count it. Returns False when an earlier run of the loop was ended by one already."""
        if self._late:
            return False
        self._used = True
        self.count += 1
        return True

    @contextmanager
    def watched(self) -> Iterator[None]:
        """The time of a run, or of a sweep of runs, in the main thread; elsewhere signals do not come."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if not self._depth:
            cell = _cell()
            if time.monotonic() - self._left > PAUSE or cell != self._cell:
                self.forget()
            self._late, self._cell = self._used, cell
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._left = time.monotonic()


def _cell() -> int:
    """The number of the notebook cell that runs; 0 outside of IPython."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "execution_count", 0)


PRESSES = Presses()


@contextmanager
def interruptible(run: Run[S]) -> Iterator[None]:
    """Turn Ctrl-C into an orderly end that keeps the incumbent.

    The second press in a run, and any press in a run that follows an interrupted one in the same loop (`Presses`), raises
    KeyboardInterrupt. Signals reach only the main thread; elsewhere, or where the caller has replaced Python's own handler,
    nothing changes.
    """
    standard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or not standard:
        yield
        return

    def handler(number: int, frame: object) -> None:
        if run.interrupted or not PRESSES.orderly():
            raise KeyboardInterrupt
        run.press()

    with PRESSES.watched():
        signal.signal(signal.SIGINT, handler)
        run.listening = True
        try:
            yield
        finally:
            run.listening = False
            signal.signal(signal.SIGINT, signal.default_int_handler)
