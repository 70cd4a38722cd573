"""No clock of a run counts the compilation of kernels."""

from __future__ import annotations

import threading
import time

import numba
import numpy as np
import pytest

from edgeworth import Stop, Termination
from edgeworth.core import compilation
from edgeworth.core.compilation import Counter, counter
from edgeworth.core.method import Found
from edgeworth.core.observer import Observer
from edgeworth.core.run import Run
from edgeworth.solvers import allocation


def fresh_kernel() -> object:
    """A function that numba has not seen: its first call compiles it."""

    @numba.njit
    def total(values):  # type: ignore[no-untyped-def]
        out = 0.0
        for value in values:
            out += np.sqrt(value) * np.sin(value)
        return out

    return total


def new_run(seconds: float) -> Run[None]:
    return Run(sense="max", stop=Stop(seconds=seconds), rng=np.random.default_rng(0), observer=Observer())


def test_a_run_does_not_count_what_is_compiled_in_it() -> None:
    run = new_run(10.0)
    began = time.perf_counter()
    fresh_kernel()(np.ones(3))  # type: ignore[operator]
    wall = time.perf_counter() - began
    assert run.compile_seconds > 0.0
    assert run.elapsed + run.compile_seconds == pytest.approx(wall, abs=0.1)
    assert run.elapsed < wall
    assert run.remaining > 10.0 - wall


def test_what_another_thread_compiles_is_not_this_run_s() -> None:
    run = new_run(10.0)
    before = run.compile_seconds
    thread = threading.Thread(target=lambda: fresh_kernel()(np.ones(3)))  # type: ignore[operator]
    thread.start()
    thread.join()
    assert run.compile_seconds == before


def test_a_method_that_compiles_keeps_its_limit_and_says_what_it_took() -> None:
    problem = allocation.generate(servers=2, tasks=4, preset="hotspot", hot=1, seed=0)

    def compiles(problem: allocation.AllocationProblem, params: None, run: Run[allocation.Assignment]) -> Found:  # type: ignore[type-arg]
        fresh_kernel()(np.ones(3))  # type: ignore[operator]
        ending = run.tick(0)
        return Found(allocation.Assignment(np.full(problem.tasks, -1)), ending or Termination.CONVERGED)

    result = allocation.solve(problem, method=compiles, stop=Stop(seconds=0.05))
    assert result.termination is Termination.CONVERGED
    assert result.stats.compile_seconds > result.stats.seconds


def test_compilations_inside_one_another_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(compilation.time, "perf_counter", lambda: now[0])
    mine = Counter()
    for at, step in ((1.0, mine.begin), (2.0, mine.begin), (3.0, mine.end), (5.0, mine.end)):
        now[0] = at
        step()
    assert mine.seconds == 4.0
    now[0] = 6.0
    mine.begin()
    now[0] = 6.5
    assert mine.seconds == 4.5


def test_every_thread_has_its_counter() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(counter()))
    thread.start()
    thread.join()
    assert found[0] is not counter()


def test_helpers_compile_on_the_account_of_their_run() -> None:
    mine = compilation.counter()
    before = mine.seconds

    def compiles() -> None:
        compilation.work_for(mine)
        compilation.counter().begin()
        time.sleep(0.1)
        compilation.counter().end()

    helpers = [threading.Thread(target=compiles) for _ in range(2)]
    for helper in helpers:
        helper.start()
    for helper in helpers:
        helper.join()
    assert 0.09 < mine.seconds - before < 0.19  # what overlaps counts once
