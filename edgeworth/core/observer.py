"""Watching a run, and asking it to stop."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgeworth.core.result import Result


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes
    ----------
    seconds : float
        Wall-clock seconds since the run began, compilation not counted.
    iterations : int
        Iterations done, as the method defines them.
    value, bound : float or None
        The best value and the best bound so far; None where there is none yet.
    gap : float or None
        The signed relative gap between the two (`edgeworth.core.numeric.relative_gap`); None without both.
    """

    seconds: float
    iterations: int
    value: float | None
    bound: float | None
    gap: float | None = None

    def __str__(self) -> str:
        value, bound = ("-" if number is None else f"{number:.6g}" for number in (self.value, self.bound))
        gap = "-" if self.gap is None else f"{self.gap * 100.0:.3g} %"
        return f"{self.seconds:.0f} s: iteration {self.iterations}, value {value}, bound {bound}, gap {gap}"


class Observer:
    """A base class whose methods do nothing: override what you need.

    `on_improved` and `on_progress` may return True to ask the run to stop; it ends with termination OBSERVER and keeps its
    incumbent. They are called between chunks of work, about every 20-50 ms, in the thread that called ``solve``.
    """

    def on_start(self, problem: object, method: str) -> None:
        """Called once before the method runs."""

    def on_improved(self, progress: Progress) -> bool | None:
        """Called when the best value improved."""
        return None

    def on_progress(self, progress: Progress) -> bool | None:
        """Called between chunks of work."""
        return None

    def on_end(self, result: Result[Any]) -> None:
        """Called once with the finished result."""


class ProgressLine(Observer):
    """One line on stderr that says where the run stands; nothing where stderr is no terminal. It is gone when the run ends.

    ``solve(..., progress=True)`` is ``solve(..., observer=ProgressLine())``.
    """

    def __init__(self) -> None:
        self._drawn = False
        self._next = time.monotonic() + _LINE_SECONDS

    def on_progress(self, progress: Progress) -> bool | None:
        """Draw the line anew, ten times a second at most."""
        if time.monotonic() >= self._next and sys.stderr is not None and sys.stderr.isatty():
            self._next = time.monotonic() + _LINE_SECONDS
            self._draw(str(progress)[: shutil.get_terminal_size().columns - 1])
            self._drawn = True
        return None

    def on_end(self, result: Result[Any]) -> None:
        """Take the line away."""
        self.clear()

    def clear(self) -> None:
        """Take the line away where one is drawn, also of a run that did not come to its end."""
        if self._drawn:
            self._draw("")
            self._drawn = False

    def _draw(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


_LINE_SECONDS = 0.1  # between two drawings of the line
