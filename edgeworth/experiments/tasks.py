"""One run of a sweep: solved, verified and measured where it runs, so that whatever goes wrong there is one row."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from edgeworth.core import validation
from edgeworth.core.checking import covered, rebuilt
from edgeworth.core.compilation import counter
from edgeworth.core.family import family
from edgeworth.core.problem import Problem, Stored
from edgeworth.core.result import Result, Termination
from edgeworth.core.run import PRESSES
from edgeworth.core.stop import Stop
from edgeworth.core.verdict import Status
from edgeworth.experiments import table

logger = logging.getLogger(__name__)

OWN_GRACE, CALLABLE_GRACE = 30.0, 5.0
"""Seconds beyond its limit after which a run is given up, compilation not counted; a callable gets its limit once more on
top."""


@dataclass(frozen=True)
class MethodSpec:
    """A method as it enters a comparison.

    Parameters
    ----------
    label : str
        Its name in tables and plots, unique there.
    method : str or callable
        A name of the family's ``METHODS``, "auto", or a function of your own as `solve` takes it.
    params : the method's parameter object, optional
    stop : Stop, optional
        Its own stop rule, which replaces the sweep's as a whole.

    Examples
    --------
    >>> from edgeworth.solvers.allocation import QLearning
    >>> MethodSpec("q, 50 episodes", "q-learning", QLearning(episodes=50)).label
    'q, 50 episodes'
    """

    label: str
    method: str | Callable[..., object]
    params: object = None
    stop: Stop | None = None

    def __post_init__(self) -> None:
        if not validation.text("label", self.label).strip():
            validation.reject("label", "must not be empty", self.label)
        if not isinstance(self.method, str) and not callable(self.method):
            validation.reject_type("method", "must be a method's name or a callable", self.method)
        if self.stop is not None and not isinstance(self.stop, Stop):
            validation.reject_type("stop", "must be a Stop or None", self.stop)


@dataclass(frozen=True)
class Task:
    """One run of a sweep.

    Attributes
    ----------
    position : int
        Its place in the table.
    problem : a problem of some family
        What is solved.
    spec : MethodSpec
        By which method, with which parameters.
    stop : Stop or None
        When it ends.
    threads : int
        How many threads it may use.
    seed : int or None
        The method's seed; None: the method is deterministic.
    grace : float, optional
        Seconds beyond its limit after which the run is given up; without it a default by the kind of method.
    trace : bool
        Whether its result keeps a trace.
    """

    position: int
    problem: Problem
    spec: MethodSpec
    stop: Stop | None
    threads: int
    seed: int | None
    grace: float | None = None
    trace: bool = False

    @property
    def limit(self) -> float | None:
        """The run's limit in seconds, if it has one."""
        return None if self.stop is None else self.stop.seconds

    @property
    def patience(self) -> float | None:
        """Seconds after which the run is given up: its limit and the grace beyond it; None without a limit."""
        limit = self.limit
        if limit is None:
            return None
        if self.grace is not None:
            return limit + self.grace
        return limit + (limit + CALLABLE_GRACE if callable(self.spec.method) else OWN_GRACE)


_LONGEST_NOTE = 2000
"""Characters of what a method says of its failure; an exception may be as long as the data it was made of."""


class Overrun(BaseException):
    """Raised inside a method that does not end; no handler of ``Exception`` stops it."""


def run_task(task: Task) -> table.Outcome:
    """Solve, verify and measure one run.

    Parameters
    ----------
    task : Task
        The run.

    Returns
    -------
    Outcome
        Of everything that a method can raise only KeyboardInterrupt leaves this function; the rest is an outcome.

    Notes
    -----
    A callable finds its process as it was before, and leaves it so: see `_put_back`.
    """
    if not callable(task.spec.method):
        return _run(task)
    process = os.getpid()
    try:
        with _put_back():
            return _run(task)
    finally:
        if os.getpid() != process:  # a fork that came back: the parent has the row, and one program is enough
            os._exit(0)


def _run(task: Task) -> table.Outcome:
    presses = PRESSES.count
    fam, problem, began = family(task.problem.kind), task.problem, time.perf_counter()
    if callable(task.spec.method):  # which may write into what it is given: the other rows use the same problem
        problem = rebuilt(fam.problem, problem)
    result: Result[Stored] | None = None
    try:
        with _given_up_after(task.patience):
            result = fam.solve(
                problem,
                method=task.spec.method,
                stop=task.stop,
                seed=0 if task.seed is None else task.seed,
                params=task.spec.params,
                threads=task.threads,
                trace=task.trace,
            )
        report = fam.verify(task.problem, result)
        measures, replied = {}, None
        if result.solution is not None:
            measures = fam.measures(task.problem, result.solution)
            replied = None if fam.reply_value is None else fam.reply_value(task.problem, result.solution)
    except KeyboardInterrupt:
        raise
    except Overrun:
        note = f"the method did not end: given up after {task.patience:g} s"
        return replace(failed(note, began), interrupted=PRESSES.count > presses)
    except BaseException as error:  # SystemExit and the like end a program; here they end a run
        word = "the method raised" if result is None else "the check raised"
        logger.debug("%s: %s", task.spec.label, word, exc_info=True)
        return replace(failed(f"{word} {describe_error(error)}", began, result), interrupted=PRESSES.count > presses)
    notes = [f"auto: {result.method}"] * (task.spec.method == "auto") + list(result.notes)
    notes += [f"refuted: {name}: {verdict.witness}" for name, verdict in report.failures.items()]
    notes += [f"not checked: {name}: {verdict.witness}" for name, verdict in report.unchecked.items()]
    verified = bool(report) and result.termination is not Termination.ERROR
    interrupted = result.termination is Termination.INTERRUPTED or PRESSES.count > presses
    regret = report.get("epsilon")
    return table.Outcome(
        result,
        verified,
        tuple(notes),
        measures,
        result.stats.seconds,
        comparable=covered(fam, report),
        interrupted=interrupted,
        regret=None if regret is None or regret.status is Status.NOT_CHECKED else regret.violation,
        reply_value=replied,
        verdicts={name: (str(verdict.status), float(verdict.violation)) for name, verdict in report.items()},
    )


def failed(
    note: str, began: float, result: Result[Stored] | None = None, kind: type[table.Outcome] = table.Outcome
) -> table.Outcome:
    """The outcome of a run that ended in no report.

    Parameters
    ----------
    note : str
        Why.
    began : float
        When it began, by ``time.perf_counter``.
    result : Result, optional
        What the method returned, if it did.
    kind : type
        `Outcome`, or `Lost`.

    Returns
    -------
    Outcome
    """
    return kind(result, False, (" ".join(note.split()),), {}, time.perf_counter() - began)


def describe_error(error: BaseException) -> str:
    """The type and the text of an exception, which may refuse to be written and be of any length.

    Parameters
    ----------
    error : BaseException
        The exception.

    Returns
    -------
    str
        At most 2,000 characters of its text.
    """
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:
        return f"{type(error).__name__}, which cannot be written"
    return text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE]} [{len(text)} characters]"


@contextmanager
def _put_back() -> Iterator[None]:
    """What a method may change of its process and the next run depends on: afterwards it is what it was before.

    The working folder, the environment, the path of modules, the filters of warnings, the errors of NumPy, the depth of
    recursion, and the handlers of signals that Ctrl-C and time limits need. Only in the main thread: others share all that
    with runs beside them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    folder, environment, path, depth = _folder(), dict(os.environ), list(sys.path), sys.getrecursionlimit()
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGALRM") if hasattr(signal, name)]
    handlers = [(number, signal.getsignal(number)) for number in numbers]
    try:
        with warnings.catch_warnings(), np.errstate():
            yield
    finally:
        sys.setrecursionlimit(depth)
        for number, handler in handlers:
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        if folder is not None and _folder() != folder:
            with contextlib.suppress(OSError):
                os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        if sys.path != path:
            sys.path[:] = path


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


@contextmanager
def _given_up_after(seconds: float | None) -> Iterator[None]:
    """Raise `Overrun` in the main thread when the time is over, where the system has an alarm that nobody else uses.

    It reaches Python code and system calls. Compiled code that never comes back is stopped only in a worker process.
    """
    alarm = getattr(signal, "SIGALRM", None)
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or alarm is None or not main or signal.getsignal(alarm) is not signal.SIG_DFL:
        yield
        return

    compiling, began = counter(), time.perf_counter()
    before = compiling.seconds

    def handler(number: int, frame: object) -> None:
        left = seconds - (time.perf_counter() - began - (compiling.seconds - before))
        if left <= 0.0:
            raise Overrun
        signal.setitimer(signal.ITIMER_REAL, left)  # the rest went into compilation

    signal.signal(alarm, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(alarm, signal.SIG_DFL)
