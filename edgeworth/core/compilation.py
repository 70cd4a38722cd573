"""How long each thread has spent compiling or loading kernels, so that no clock of a run counts it.

This module knows nothing of numba: `edgeworth.core.jit`, which does, reports to it. A run reads the counter of the thread that
made it.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from importlib import import_module

logger = logging.getLogger(__name__)

_TELL = 1.0  # seconds of compilation from which on it is logged
_told = threading.Event()  # once a process


class Counter:
    """Seconds that one thread, or those that work for one run, have spent compiling; what overlaps is counted once.

    `kernels` counts the signatures that were compiled, not loaded.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may ask in the midst of it
        self._total, self._depth, self._began = 0.0, 0, 0.0
        self.kernels = 0

    @property
    def seconds(self) -> float:
        """So far, a compilation under way included."""
        with self._lock:
            return self._total + (time.perf_counter() - self._began if self._depth else 0.0)

    def begin(self) -> None:
        """A compilation begins in this thread."""
        with self._lock:
            if not self._depth:
                self._began = time.perf_counter()
            self._depth += 1

    def end(self) -> None:
        """It is over."""
        with self._lock:
            self._depth -= 1
            if not self._depth:
                self._total += time.perf_counter() - self._began

    def compiled(self) -> None:
        """One more kernel was compiled; says so once a process, where that takes long."""
        with self._lock:
            self.kernels += 1
            under_way = time.perf_counter() - self._began if self._depth else 0.0
        if under_way > _TELL and not _told.is_set():
            _told.set()
            logger.warning(
                "compiling kernels, which takes up to a minute, once: they are kept for later runs, and no clock counts it "
                "(`edgeworth compile` does it in advance)"
            )


class _Counters(threading.local):
    def __init__(self) -> None:
        self.counter = Counter()


_COUNTERS = _Counters()


def counter() -> Counter:
    """The counter of the thread that asks.

    Where numba is there, `edgeworth.core.jit` is made to report: a user's own kernels count as little as ours.
    """
    if "numba" in sys.modules and "edgeworth.core.jit" not in sys.modules:
        import_module("edgeworth.core.jit")
    return _COUNTERS.counter


def work_for(owner: Counter) -> None:
    """The thread that calls counts on that counter from now on: a run's helpers compile on the run's account."""
    _COUNTERS.counter = owner
