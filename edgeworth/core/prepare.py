"""Kernels are compiled, or loaded from the cache, before the clock of a run starts.

A method that runs kernels is first run on the tiny problems that its family names as examples: what it compiles there is all
that it will ever compile (the tests prove it). This happens once a process and method.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

import numpy as np

from edgeworth.core.compilation import counter
from edgeworth.core.method import Found, Method
from edgeworth.core.observer import Observer
from edgeworth.core.problem import Model, P, S
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop

logger = logging.getLogger(__name__)

_SECONDS, _ITERATIONS = 1.0, 20
"""When a run on an example ends, should it not end by itself; compilation is not counted."""

_lock = threading.RLock()
_prepared: set[tuple[str, str]] = set()


def _new_lock() -> None:
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # another thread may have held the lock when the process forked
    os.register_at_fork(after_in_child=_new_lock)


def prepare(fam: Model[P, S], row: Method) -> float:
    """Compile or load the kernels of one method; returns the seconds it took, 0 where nothing was to do.

    The method runs on the family's examples with a generator, an observer and a stop rule of its own: nothing of the call
    that needs it is read or changed. Where such a run fails nothing is prepared, and the call compiles what it meets.
    """
    key = (fam.kind, row.name)
    if not row.kernels or key in _prepared:
        return 0.0
    account = counter()
    before = account.seconds
    account.begin()  # the whole of it is spent on compilation, waiting for another thread included
    try:
        with _lock:
            if key not in _prepared:
                try:
                    _run(fam, row)
                except Exception:
                    logger.debug("%s %s: could not be prepared", *key, exc_info=True)
                _prepared.add(key)
    finally:
        account.end()
    return account.seconds - before


def _run(fam: Model[P, S], row: Method) -> None:
    """The method on all examples of its family."""
    function, params_type = row.resolve(), row.params_type()
    for problem in fam.examples():
        found: Found[Any] = function(problem, None if params_type is None else params_type(), canned(row, problem))
        if found.solution is not None:
            fam.value(problem, found.solution)  # a model may have kernels too


def canned(row: Method, problem: Any) -> Run[S]:
    """The run of a method on an example."""
    counted = "iterations" in row.supports and not row.exact
    stop = Stop(seconds=_SECONDS, iterations=_ITERATIONS if counted else None)
    rng = np.random.default_rng(0)
    return Run(sense=problem.sense, offset=problem.offset, stop=stop, rng=rng, observer=Observer(), inner=True)
