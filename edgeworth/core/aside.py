"""Work that looks at no clock while it goes on: long compiled calls, and solvers between their callbacks.

Python runs the handler of Ctrl-C only between its own instructions. Such work is therefore done by a thread, while the thread
of the run waits for it and can leave.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from edgeworth.core.compilation import counter, work_for
from edgeworth.core.result import S
from edgeworth.core.run import Interruption, Run

T = TypeVar("T")

_LOOK = 0.02  # seconds between two looks
_GRACE = 0.2  # seconds that interrupted work may take to end by itself
_left: list[threading.Thread] = []


def settle(seconds: float) -> None:
    """Wait for work that was left, at most so long altogether."""
    until = time.monotonic() + seconds
    for thread in _left:
        thread.join(max(until - time.monotonic(), 0.0))


def leave(thread: threading.Thread) -> None:
    """A daemon thread that will end by itself goes on alone; the process waits for it a while at its end (`settle`)."""
    _left[:] = [each for each in _left if each.is_alive()]
    _left.append(thread)


def aside(run: Run[S], work: Callable[[], T], look: Callable[[], object] | None = None) -> T:
    """The value of ``work()``, unless Ctrl-C comes first.

    Parameters
    ----------
    run : Run
        Where Ctrl-C does not reach the run (in other threads, in the workers of a sweep), the work is done here and now.
    work : callable
        Compiled code that releases the GIL and runs on one thread; Python code is better interrupted by `Run.breakable`.
        What it writes to belongs to it alone: work that is left goes on until it ends by itself.
    look : callable, optional
        Called about every 20 ms by the thread of the run.

    Returns
    -------
    object

    Raises
    ------
    Interruption
        Ctrl-C came, and the work did not end within 0.2 s.
    BaseException
        What the work raised.
    """
    if not run.listening:
        return work()
    value: list[T] = []
    error: list[BaseException] = []
    ended, owner = threading.Event(), counter()

    def body() -> None:
        work_for(owner)
        try:
            value.append(work())
        except BaseException as raised:  # raised again by the thread of the run
            error.append(raised)
        finally:
            ended.set()

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    pressed: float | None = None
    while not ended.wait(_LOOK):
        if look is not None:
            look()
        if run.interrupted:
            pressed = pressed or time.monotonic()
            if time.monotonic() - pressed > _GRACE:
                leave(thread)
                raise Interruption
    thread.join()  # with what its libraries keep for it: a process that ends meanwhile would abort
    if error:
        raise error[0]
    return value[0]
