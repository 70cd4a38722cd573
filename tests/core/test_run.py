"""One run: every way to end, scripted, without a clock; and Ctrl-C."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
import types
from typing import Any

import numpy as np
import pytest

from edgeworth import Observer, Progress, Quality, Stop, Termination
from edgeworth.core import run as run_module
from edgeworth.core.aside import aside
from edgeworth.core.method import Found
from edgeworth.core.run import Run, interruptible
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment

STALLED = Termination.STALLED


class Script(Observer):
    """Answers from a list, and keeps what it was told."""

    def __init__(self, improved: tuple[Any, ...] = (), progress: tuple[Any, ...] = ()) -> None:
        self.answers = {"improved": list(improved), "progress": list(progress)}
        self.told: list[tuple[str, Progress]] = []

    def _answer(self, what: str, progress: Progress) -> Any:
        self.told.append((what, progress))
        return self.answers[what].pop(0) if self.answers[what] else None

    def on_improved(self, progress: Progress) -> bool | None:
        return self._answer("improved", progress)  # type: ignore[no-any-return]

    def on_progress(self, progress: Progress) -> bool | None:
        return self._answer("progress", progress)  # type: ignore[no-any-return]


def _run(sense: Any = "max", *, observer: Observer | None = None, trace: bool = False, **rules: Any) -> Run[Any]:
    return Run(sense=sense, stop=Stop(**rules), rng=np.random.default_rng(0), observer=observer or Observer(), trace=trace)


@pytest.mark.parametrize(
    ("rules", "ticks"),
    [
        ({}, [(0, None, None, None), (10**9, 1.0, 1.0, None)]),
        ({"iterations": 3}, [(0, 1.0, None, None), (2, 1.0, None, None), (3, 1.0, None, Termination.ITERATIONS)]),
        ({"iterations": 0}, [(0, None, None, Termination.ITERATIONS)]),
        ({"stalled": 2}, [(0, 1.0, None, None), (1, 1.0, None, None), (2, 1.0, None, Termination.STALLED)]),
        ({"stalled": 2}, [(0, 1.0, None, None), (1, 2.0, None, None), (2, 2.0, None, None), (3, 2.0, None, STALLED)]),
        ({"stalled": 1}, [(0, None, None, None), (1, None, None, Termination.STALLED)]),
        ({"target": 5.0}, [(0, 4.0, None, None), (1, 5.0, None, Termination.TARGET)]),
        ({"target": 5.0}, [(0, None, None, None), (1, 6.0, None, Termination.TARGET)]),
        ({"gap": 0.1}, [(0, 10.0, None, None), (1, 10.0, 12.0, None), (2, 10.0, 11.0, Termination.TARGET)]),
        ({"gap": 0.1}, [(0, 10.0, 9.0, None), (1, 10.0, 11.5, None)]),  # a bound on the wrong side closes nothing
        ({"gap": 0.0}, [(0, 10.0, 10.5, None), (1, 10.0, 10.0, Termination.TARGET)]),
        ({"seconds": 0.0}, [(0, None, None, Termination.TIME)]),
        ({"seconds": 1e6}, [(0, None, None, None)]),
        ({"seconds": 0.0, "target": 1.0}, [(0, 1.0, None, Termination.TARGET)]),  # what was reached counts first
    ],
)
def test_every_rule_ends_the_run_when_it_holds_and_not_before(rules: Any, ticks: Any) -> None:
    run = _run(**rules)
    for iterations, value, bound, expected in ticks:
        assert run.tick(iterations, value, bound) is expected


@pytest.mark.parametrize(
    ("rules", "ticks"),
    [
        ({"target": 5.0}, [(0, 6.0, None, None), (1, 5.0, None, Termination.TARGET)]),
        ({"stalled": 2}, [(0, 6.0, None, None), (1, 5.0, None, None), (2, 7.0, None, None), (3, 7.0, None, STALLED)]),
        ({"gap": 0.1}, [(0, 10.0, 11.0, None), (1, 10.0, 9.0, Termination.TARGET)]),
    ],
)
def test_rules_follow_the_sense(rules: Any, ticks: Any) -> None:
    run = _run("min", **rules)
    for iterations, value, bound, expected in ticks:
        assert run.tick(iterations, value, bound) is expected


def test_the_observer_hears_improvements_and_progress_of_the_best() -> None:
    script = Script()
    run = _run(observer=script)
    for iterations, value in ((0, None), (1, 3.0), (2, 2.0), (3, 4.0)):
        run.tick(iterations, value, 9.0)
    heard = [(what, told.iterations, told.value) for what, told in script.told]
    assert heard == [
        ("progress", 0, None), ("improved", 1, 3.0), ("progress", 1, 3.0), ("progress", 2, 3.0),
        ("improved", 3, 4.0), ("progress", 3, 4.0),
    ]  # fmt: skip
    assert all(told.bound == 9.0 and told.seconds >= 0.0 for _, told in script.told)


def test_the_observer_may_stop_from_either_method_and_is_not_asked_twice() -> None:
    for script in (Script(improved=(True,)), Script(progress=(None, True))):
        run = _run(observer=script)
        first, second = run.tick(0, None), run.tick(1, 1.0)
        assert (first, second) == (None, Termination.OBSERVER)
        assert run.tick(2, 1.0) is Termination.OBSERVER  # the wish stands


def test_an_interrupt_ends_the_run() -> None:
    run = _run()
    assert run.tick(0) is None
    run.interrupted = True
    assert run.tick(1) is Termination.INTERRUPTED


def test_the_trace_holds_improvements_and_nan_before_them() -> None:
    run = _run(trace=True)
    run.tick(0, None, 9.0)
    run.tick(1, 3.0, 9.0)
    run.tick(2, 2.0, 9.0)  # nothing new
    run.tick(3, 4.0, 8.0)
    run.tick(4, 5.0, 8.0, record=False)
    run.record(5, 1.0)
    trace = run.trace()
    assert trace is not None
    assert trace.iterations.tolist() == [0, 1, 3, 5]
    assert np.array_equal(trace.value, [math.nan, 3.0, 4.0, 1.0], equal_nan=True)
    assert np.array_equal(trace.bound, [9.0, 9.0, 8.0, math.nan], equal_nan=True)
    assert trace.iterations.dtype == np.int64
    empty = _run(trace=True).trace()
    assert empty is not None
    assert empty.seconds.shape == (0,)
    assert _run().trace() is None


def test_the_allowance_cuts_chunks_to_the_rule() -> None:
    assert _run().allowance(5, 100) == 100
    run = _run(iterations=120)
    assert [run.allowance(done, 50) for done in (0, 100, 120, 130)] == [50, 20, 0, 0]


def test_the_clock_belongs_to_the_run_not_to_the_stop() -> None:
    stop = Stop(seconds=1e6)
    one, two = (Run(sense="max", stop=stop, rng=np.random.default_rng(0), observer=Observer()) for _ in range(2))
    assert one.elapsed >= two.elapsed - 1e-3
    assert 0 < one.remaining <= 1e6
    assert _run().remaining == math.inf


# --- Ctrl-C -------------------------------------------------------------------------------------------------------------


class CtrlC(Observer):
    """Presses Ctrl-C at the given calls of on_progress."""

    def __init__(self, *at: int) -> None:
        self.at, self.calls = at, 0

    def on_progress(self, progress: Progress) -> bool | None:
        self.calls += 1
        if self.calls in self.at:
            signal.raise_signal(signal.SIGINT)
        return None


def _stepping(steps: int) -> Any:
    def stepping(problem: AllocationProblem, params: Any, run: Run[Assignment]) -> Found[Assignment]:
        solution = Assignment(np.full(problem.tasks, -1))
        for k in range(steps):
            ending = run.tick(k, float(k))
            if ending is not None:
                return Found(solution, ending, iterations=k)
        return Found(solution, Termination.CONVERGED, iterations=steps)

    return stepping


def test_ctrl_c_keeps_the_incumbent() -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    result = allocation.solve(problem, method=_stepping(100), observer=CtrlC(3))
    assert result.termination is Termination.INTERRUPTED
    assert result.stats.iterations == 2
    assert result.quality is Quality.FEASIBLE
    assert allocation.verify(problem, result)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_reaches_a_kernel_method_between_chunks() -> None:
    problem = allocation.generate(servers=10, tasks=60, preset="hotspot", seed=0)
    params = allocation.QLearning(episodes=10**9)
    result = allocation.solve(problem, method="q-learning", params=params, observer=CtrlC(2), seed=0)
    assert result.termination is Termination.INTERRUPTED
    assert 0 < result.stats.iterations < 10**9
    assert allocation.verify(problem, result)
    assert result.value is not None


def test_ctrl_c_reaches_highs() -> None:
    problem = allocation.generate(servers=20, tasks=200, preset="hotspot", seed=0)
    result = allocation.solve(problem, method="highs", observer=CtrlC(2), stop=Stop(seconds=60))
    assert result.termination is Termination.INTERRUPTED
    assert result.stats.seconds < 30
    assert result.quality is Quality.FEASIBLE
    assert allocation.verify(problem, result)


def test_the_second_ctrl_c_means_now() -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)

    def deaf(problem: Any, params: Any, run: Run[Assignment]) -> Found[Assignment]:
        for k in range(10):
            run.tick(k)
        return Found(None, Termination.CONVERGED)

    with pytest.raises(KeyboardInterrupt):
        allocation.solve(problem, method=deaf, observer=CtrlC(1, 2))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_others_are_left_alone() -> None:
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: caught.append(number))
    try:
        run = _run()
        with interruptible(run):
            signal.raise_signal(signal.SIGINT)
        assert caught == [signal.SIGINT]
        assert not run.interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def test_threads_may_solve_too() -> None:
    problem = allocation.generate(servers=3, tasks=6, seed=0)
    values: list[float | None] = []
    thread = threading.Thread(target=lambda: values.append(allocation.solve(problem, method="highs").value))
    thread.start()
    thread.join(60)
    assert values == [allocation.solve(problem, method="highs").value]


def test_an_observer_that_fails_is_heard() -> None:
    class Broken(Observer):
        def on_progress(self, progress: Progress) -> bool | None:
            raise LookupError("the observer broke")

    with pytest.raises(LookupError, match="the observer broke"):
        allocation.solve(allocation.generate(servers=2, tasks=3, seed=0), method="q-learning", observer=Broken())
    with pytest.raises(LookupError, match="the observer broke"):
        allocation.solve(
            allocation.generate(servers=20, tasks=200, preset="hotspot", seed=0), method="highs", observer=Broken()
        )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_loop_over_calls_ends_at_the_second_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    first = allocation.solve(problem, method=_stepping(100), observer=CtrlC(3))
    assert first.termination is Termination.INTERRUPTED
    assert allocation.solve(problem, method=_stepping(3)).termination is Termination.CONVERGED
    with pytest.raises(KeyboardInterrupt):
        allocation.solve(problem, method=_stepping(100), observer=CtrlC(3))
    monkeypatch.setattr(run_module, "PAUSE", 0.0)  # the user thought about it
    assert allocation.solve(problem, method=_stepping(100), observer=CtrlC(3)).termination is Termination.INTERRUPTED


def test_in_a_notebook_a_loop_ends_with_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace(execution_count=1)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[arg-type]
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    allocation.solve(problem, method=_stepping(100), observer=CtrlC(3))
    shell.execution_count = 2
    assert allocation.solve(problem, method=_stepping(100), observer=CtrlC(3)).termination is Termination.INTERRUPTED
    with pytest.raises(KeyboardInterrupt):
        allocation.solve(problem, method=_stepping(100), observer=CtrlC(3))


def _later(seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


def test_ctrl_c_leaves_work_that_asks_nobody() -> None:
    """Stands for compiled code and for a solver in its presolve."""
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    start = Assignment(np.full(3, -1))

    def deaf(problem: Any, params: Any, run: Run[Assignment]) -> Found[Assignment]:
        aside(run, lambda: time.sleep(20.0))
        return Found(None, Termination.CONVERGED)

    began = time.monotonic()
    timer = _later(0.3)
    result = allocation.solve(problem, method=deaf, start=start)
    timer.join()
    assert time.monotonic() - began < 5.0
    assert result.termination is Termination.INTERRUPTED
    assert result.require() is start


def test_ctrl_c_leaves_python_code_between_ticks() -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)

    def builds(problem: Any, params: Any, run: Run[Assignment]) -> Found[Assignment]:
        run.incumbent = Assignment(np.full(problem.tasks, -1))
        with run.breakable():
            while True:
                time.sleep(0.01)

    timer = _later(0.3)
    result = allocation.solve(problem, method=builds)
    timer.join()
    assert (result.termination, result.quality) == (Termination.INTERRUPTED, Quality.FEASIBLE)


def test_work_aside_returns_raises_and_is_looked_after() -> None:
    looks: list[int] = []
    run = _run()
    assert aside(run, lambda: 3) == 3
    run.listening = True
    assert aside(run, lambda: (time.sleep(0.1), 3)[1], lambda: looks.append(1)) == 3
    assert looks
    with pytest.raises(LookupError, match="broke"):
        aside(run, lambda: (_ for _ in ()).throw(LookupError("broke")))


def test_observers_are_called_by_the_thread_of_the_caller() -> None:
    threads: set[int] = set()

    class Notes(Observer):
        def on_progress(self, progress: Progress) -> None:
            threads.add(threading.get_ident())

    problem = allocation.generate(servers=20, tasks=200, preset="hotspot", seed=0)
    allocation.solve(problem, method="highs", observer=Notes(), stop=Stop(seconds=1.0))
    assert threads == {threading.get_ident()}
