"""Methods with planted faults, importable by worker processes."""

from __future__ import annotations

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
