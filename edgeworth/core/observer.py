"""Watching a run, and asking it to stop."""

from __future__ import annotations

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


class Observer:
    """Override what you need; every method here does nothing.

    `on_improved` and `on_progress` may return True to ask the run to stop; it ends with termination OBSERVER and keeps its
    incumbent. They are called between chunks of work, about every 20-50 ms.
    """

    def on_start(self, problem: Any, method: str) -> None:
        """Called once before the method runs."""

    def on_improved(self, progress: Progress) -> bool | None:
        """Called when the best value improved."""
        return None

    def on_progress(self, progress: Progress) -> bool | None:
        """Called between chunks of work."""
        return None

    def on_end(self, result: Result[Any]) -> None:
        """Called once with the finished result."""
