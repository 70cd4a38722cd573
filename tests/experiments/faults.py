"""Methods with planted faults, importable by worker processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from typing import Any

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.solvers import allocation


def overloads(problem: Any, params: None, run: Any) -> Found[Any]:
    """Every task on server 0."""
    return Found(allocation.Assignment(np.zeros(problem.tasks, dtype=np.int64)), Termination.CONVERGED)


def raises(problem: Any, params: None, run: Any) -> Found[Any]:
    raise RuntimeError("no & <luck>")


def serves_nobody(problem: Any, params: None, run: Any) -> Found[Any]:
    return Found(allocation.Assignment(np.full(problem.tasks, -1)), Termination.CONVERGED)


def lies(problem: Any, params: None, run: Any) -> Found[Any]:
    """Nobody is served, and that is claimed to be optimal."""
    nobody = allocation.Assignment(np.full(problem.tasks, -1))
    return Found(nobody, Termination.PROVED, bound=allocation.value(problem, nobody), evidence=BoundEvidence.CLAIMED)


def coin(problem: Any, params: None, run: Any) -> Found[Any]:
    """Serves task 0 by its first server, with probability 1/2."""
    server = np.full(problem.tasks, -1)
    if run.rng.random() < 0.5:
        server[0] = problem.server[problem.indptr[0]]
    return Found(allocation.Assignment(server), Termination.CONVERGED)


def wants_out(problem: Any, params: None, run: Any) -> Found[Any]:
    """What a method returns after Ctrl-C."""
    return Found(allocation.Assignment(np.full(problem.tasks, -1)), Termination.INTERRUPTED)


def second_control_c(problem: Any, params: None, run: Any) -> Found[Any]:
    raise KeyboardInterrupt


def leaves_the_program(problem: Any, params: None, run: Any) -> Found[Any]:
    sys.exit(0)


def dies(problem: Any, params: None, run: Any) -> Found[Any]:
    os._exit(3)


def is_killed(problem: Any, params: None, run: Any) -> Found[Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def hangs(problem: Any, params: None, run: Any) -> Found[Any]:
    time.sleep(600)
    raise AssertionError("unreachable")


def hangs_deaf(problem: Any, params: None, run: Any) -> Found[Any]:
    """As compiled code that never comes back: no signal reaches Python."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    return hangs(problem, params, run)


def swallows_exceptions(problem: Any, params: None, run: Any) -> Found[Any]:
    while True:
        try:
            time.sleep(600)
        except Exception:
            continue


def floods_memory(problem: Any, params: None, run: Any) -> Found[Any]:
    held = []
    while True:
        held.append(np.ones(10_000_000))
        time.sleep(0.01)


def prints(problem: Any, params: None, run: Any) -> Found[Any]:
    sys.stdout.write("chatter\n")
    sys.stdout.flush()
    return serves_nobody(problem, params, run)


def returns_a_trap(problem: Any, params: None, run: Any) -> Found[Any]:
    """An answer that cannot be sent."""
    found = serves_nobody(problem, params, run)
    object.__setattr__(found, "notes", (_Trap("note"),))
    return found


class _Trap(str):
    def __reduce__(self) -> Any:
        raise RuntimeError("not to be pickled")


def writes_into_the_problem(problem: Any, params: None, run: Any) -> Found[Any]:
    problem.value.setflags(write=True)
    problem.value[:] = 1e6
    problem.value.setflags(write=False)
    return serves_nobody(problem, params, run)


class Unwritable(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise Unwritable

    __repr__ = __str__


def raises_the_unwritable(problem: Any, params: None, run: Any) -> Found[Any]:
    raise Unwritable


def raises_at_length(problem: Any, params: None, run: Any) -> Found[Any]:
    raise ValueError("y" * 10_000_000)


def forks(problem: Any, params: None, run: Any) -> Found[Any]:
    """Two processes come back."""
    os.fork()
    return serves_nobody(problem, params, run)


class _Bomb(str):
    def __reduce__(self) -> Any:
        return sys.exit, ()


def returns_a_bomb(problem: Any, params: None, run: Any) -> Found[Any]:
    """An answer that ends whoever reads it."""
    found = serves_nobody(problem, params, run)
    object.__setattr__(found, "notes", (_Bomb("note"),))
    return found


def closes_the_channel(problem: Any, params: None, run: Any) -> Found[Any]:
    os.close(0)
    return serves_nobody(problem, params, run)


def dies_later(problem: Any, params: None, run: Any) -> Found[Any]:
    """In the time of the next run."""
    threading.Timer(0.2, lambda: os._exit(7)).start()
    return serves_nobody(problem, params, run)


def upsets_the_process(problem: Any, params: None, run: Any) -> Found[Any]:
    np.seterr(all="raise")
    warnings.simplefilter("error")
    sys.setrecursionlimit(150)
    os.chdir("/")
    sys.path.clear()
    os.environ.clear()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return serves_nobody(problem, params, run)


def takes_its_time(problem: Any, params: None, run: Any) -> Found[Any]:
    time.sleep(0.5)
    return serves_nobody(problem, params, run)


def presses_control_c(problem: Any, params: None, run: Any) -> Found[Any]:
    """Ctrl-C comes, and the method obeys."""
    signal.raise_signal(signal.SIGINT)
    nobody = allocation.Assignment(np.full(problem.tasks, -1))
    return Found(nobody, run.tick(0) or Termination.CONVERGED)


def is_interrupted_and_ends(problem: Any, params: None, run: Any) -> Found[Any]:
    """Ctrl-C comes, and the method ends before it asks whether to go on."""
    signal.raise_signal(signal.SIGINT)
    return serves_nobody(problem, params, run)
