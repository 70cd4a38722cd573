"""A worker process of a sweep: reads pickled tasks from its standard input, runs them, writes pickled outcomes.

Started by `edgeworth.experiments.pool`. What methods print goes to standard error.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
import time
from typing import Any, BinaryIO

READY = b"ready"
LENGTH = struct.Struct("<Q")
_LOOK = 1.0  # seconds between two looks whether the parent is still there


def send(channel: BinaryIO, message: bytes) -> None:
    """One message: its length and its bytes."""
    channel.write(LENGTH.pack(len(message)) + message)
    channel.flush()


def receive(channel: BinaryIO) -> bytes | None:
    """The next message; None when the other side has closed or died."""
    head = channel.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = channel.read(length)
    return body if len(body) == length else None


def _leave_with(parent: int) -> None:
    """A worker whose parent was killed must not go on: nobody would read what it finds."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def main() -> None:
    """Serve until the parent closes the channel."""
    if sys.stderr is None:  # the caller's is closed, and 2 would be the channel's number
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(2, sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    orders = sys.stdin.buffer
    first = receive(orders)
    if first is None:
        return
    parent, sys.path[:] = pickle.loads(first)
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    from edgeworth.experiments.tasks import describe_error, failed, run_task

    send(answers, READY)
    while (order := receive(orders)) is not None:
        began = time.perf_counter()
        try:
            outcome: Any = run_task(pickle.loads(order))
        except BaseException as error:  # a task that cannot be unpickled here
            outcome = failed(f"the worker could not run the task: {describe_error(error)}", began)
        send(answers, _dumped(outcome, began))


def _dumped(outcome: Any, began: float) -> bytes:
    import cloudpickle

    from edgeworth.experiments.tasks import describe_error, failed

    try:
        message: bytes = cloudpickle.dumps(outcome)
    except BaseException as error:
        message = pickle.dumps(failed(f"the result could not be sent: {describe_error(error)}", began))
    return message
