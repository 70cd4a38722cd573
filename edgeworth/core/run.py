"""One run of one method: its clock, its randomness, what may end it, whom it tells."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from edgeworth.core.compilation import counter
from edgeworth.core.numeric import Sense, relative_gap
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.result import Termination, Trace
from edgeworth.core.stop import Stop

S = TypeVar("S")


class Run(Generic[S]):
    """Handed to a method function. A method calls `tick` between chunks of 20-50 ms and ends when it returns a reason.

    rng: the run's generator. threads: how many it may use. start: a feasible solution to start from, or None. sense: of the
    values passed to `tick`; offset: the constant part of them, which the rule on gaps leaves out.
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
    ) -> None:
        self.sense: Sense = sense
        self.offset = offset
        self.stop = stop
        self.rng = rng
        self.start = start
        self.threads = threads
        self.interrupted = False
        self._observer = observer
        self._asked = False
        self._points: list[tuple[float, int, float, float]] | None = [] if trace else None
        self._best: float | None = None
        self._bound: float | None = None
        self._improved_at = 0
        self._counter = counter()
        self._compiled = self._counter.seconds
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
        progress = Progress(self.elapsed, iterations, self._best, self._bound)
        if improved:
            self._asked |= bool(self._observer.on_improved(progress))
        self._asked |= bool(self._observer.on_progress(progress))
        if record and (improved or moved):
            self.record(iterations, self._best, self._bound)
        return self._ending(iterations)

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

    def _ending(self, iterations: int) -> Termination | None:
        stop, best, bound = self.stop, self._best, self._bound
        if best is not None and stop.target is not None and not self._better(stop.target, best):
            return Termination.TARGET
        gap = None if best is None or bound is None else relative_gap(best, bound, self.sense, self.offset)
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


@dataclass
class Presses:
    """How often Ctrl-C was turned into an orderly end: a run that ends by itself before it looks does not say so."""

    count: int = 0


PRESSES = Presses()


@contextmanager
def interruptible(run: Run[Any]) -> Iterator[None]:
    """Turn the first Ctrl-C into an orderly end that keeps the incumbent; the second one raises KeyboardInterrupt.

    Signals reach only the main thread; elsewhere, or where the caller has replaced Python's own handler, nothing changes.
    """
    standard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or not standard:
        yield
        return

    def handler(number: int, frame: Any) -> None:
        if run.interrupted:
            raise KeyboardInterrupt
        run.interrupted = True
        PRESSES.count += 1

    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
