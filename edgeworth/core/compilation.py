"""How long each thread has spent compiling or loading kernels, so that no clock of a run counts it.

This module knows nothing of numba: `edgeworth.core.jit`, which does, reports to it. A run reads the counter of the thread that
made it.
"""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger(__name__)

_TELL = 1.0  # seconds of compilation from which on the user is told


class Counter:
    """Seconds that one thread has spent compiling, one compilation inside another counted once."""

    def __init__(self) -> None:
        self._total, self._depth, self._began = 0.0, 0, 0.0

    @property
    def seconds(self) -> float:
        """So far, a compilation under way included."""
        return self._total + (time.perf_counter() - self._began if self._depth else 0.0)

    def begin(self) -> None:
        """A compilation begins in this thread."""
        if not self._depth:
            self._began = time.perf_counter()
        self._depth += 1

    def end(self) -> None:
        """It is over."""
        self._depth -= 1
        if not self._depth:
            spent = time.perf_counter() - self._began
            self._total += spent
            if spent > _TELL:
                logger.info("compiled a kernel in %.1f s; it is kept for later runs, and no clock counts it", spent)


class _Counters(threading.local):
    def __init__(self) -> None:
        self.counter = Counter()


_COUNTERS = _Counters()


def counter() -> Counter:
    """The counter of the thread that asks."""
    return _COUNTERS.counter
