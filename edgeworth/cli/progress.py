"""Progress on stderr: a bar on a terminal, plain lines elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgeworth.cli import output
from edgeworth.cli.output import number
from edgeworth.core.display import one_line
from edgeworth.core.observer import Observer, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from edgeworth.experiments.sweep import OnRun

_SECONDS_A_LINE = 2.0  # between two lines where stderr is no terminal: logs stay short


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (SpinnerColumn(), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    return Bars(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def study_progress(quiet: bool) -> Iterator[OnRun | None]:
    """The `on_run` of a study: how long the rest will take, at the pace since it went on, stands before every row."""
    began, first = time.monotonic(), -1
    left = ""

    def described(row: Mapping[str, Any]) -> str:
        return left + _line(row)

    with sweep_progress(quiet, described) as shown:
        if shown is None:
            yield None
            return

        def on_run(done: int, total: int, row: Mapping[str, Any]) -> None:
            nonlocal first, left
            first = done - 1 if first < 0 else first
            seconds = (time.monotonic() - began) / (done - first) * (total - done)
            left = f"{span(seconds)} left; " if done < total else ""
            shown(done, total, row)

        yield on_run


def span(seconds: float) -> str:
    """A time to come, roughly."""
    for size, unit in ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {seconds:.0f} s"


@contextmanager
def sweep_progress(quiet: bool, describe: Callable[[Mapping[str, Any]], str] | None = None) -> Iterator[OnRun | None]:
    """The `on_run` of `compare`, or of another sweep whose rows are told by `describe`."""
    told = describe or _line
    if quiet or sys.stderr is None:  # started with a closed stderr
        yield None
    elif sys.stderr.isatty():
        from rich.markup import escape

        with _bars() as bars:
            task = bars.add_task("", total=None)

            def advance(done: int, total: int, row: Mapping[str, Any]) -> None:
                bars.update(task, completed=done, total=total, description=escape(one_line(told(row))))

            yield advance
    else:

        def line(done: int, total: int, row: Mapping[str, Any]) -> None:
            output.say(f"[{done}/{total}] {told(row)}", err=True)

        yield line


def _line(row: Mapping[str, Any]) -> str:
    seed = "" if row["method_seed"] is None else f" seed {row['method_seed']}"
    what = "no solution"
    if row["value"] is not None or row["bound"] is not None:
        what = f"value {number(row['value'])}" if row["value"] is not None else f"bound {number(row['bound'])}"
    state = "" if row["verified"] else " FAILED"
    return f"{row['problem']}: {row['method']}{seed}: {what}, {row['termination']}, {row['seconds']:.3g} s{state}"


class _Lines(Observer):
    def __init__(self) -> None:
        self._next = time.monotonic() + _SECONDS_A_LINE

    def on_progress(self, progress: Progress) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_A_LINE
            output.say(self.shown(progress), err=True)

    def shown(self, progress: Progress) -> str:
        return str(progress)


class _Training(Observer):
    def __init__(self, bars: Bars, steps: int) -> None:
        self._bars, self._task = bars, bars.add_task("", total=steps)

    def on_progress(self, progress: Progress) -> None:
        self._bars.update(self._task, completed=progress.iterations, description=_trained(progress))


class _TrainingLines(_Lines):
    def shown(self, progress: Progress) -> str:
        return _trained(progress)


def _trained(progress: Progress) -> str:
    rate = progress.iterations / max(progress.seconds, 1e-9)
    return (
        f"{progress.seconds:.0f} s: {progress.iterations} agent-steps ({rate:.3g} a second), best reward {progress.value:.6g}"
    )


@contextmanager
def train_progress(quiet: bool, steps: int) -> Iterator[Observer | None]:
    """The observer of one training; steps: how many agent-steps it makes."""
    if quiet or sys.stderr is None:
        yield None
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _Training(bars, steps)
    else:
        yield _TrainingLines()


@contextmanager
def round_progress(quiet: bool) -> Iterator[Callable[[int, int, Mapping[str, float]], None] | None]:
    """The `on_round` of a system's run."""
    if quiet or sys.stderr is None:
        yield None
    elif sys.stderr.isatty():
        with _bars() as bars:
            task = bars.add_task("", total=None)

            def advance(done: int, total: int, measures: Mapping[str, float]) -> None:
                bars.update(task, completed=done, total=total, description=f"welfare {number(measures['welfare'])}")

            yield advance
    else:

        def line(done: int, total: int, measures: Mapping[str, float]) -> None:
            output.say(f"[{done}/{total}] welfare {number(measures['welfare'])}", err=True)

        yield line


class _Bar(Observer):
    def __init__(self, bars: Bars, seconds: float | None) -> None:
        self._bars, self._task = bars, bars.add_task("", total=seconds)

    def on_progress(self, progress: Progress) -> None:
        self._bars.update(self._task, completed=round(progress.seconds), description=str(progress))


@contextmanager
def solve_progress(quiet: bool, seconds: float | None) -> Iterator[Observer | None]:
    """The observer of one `solve`; seconds: its time limit, if any."""
    if quiet or sys.stderr is None:  # started with a closed stderr
        yield None
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _Bar(bars, seconds)
    else:
        yield _Lines()
