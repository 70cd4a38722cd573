"""What a check may spend."""

from __future__ import annotations

import time

from edgeworth.core import validation
from edgeworth.core.compilation import counter

SECONDS = 60.0
"""How long a check may take by default."""


class BudgetEnded(Exception):
    """A check needs more than it may spend: what it was about is NOT_CHECKED."""


class Budget:
    """What a check may spend, compilation not counted. Checkers ask `check` between chunks of work of at most some 50 ms."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = validation.real("seconds", seconds, minimum=0.0)
        self._counter = counter()
        self._compiled = self._counter.seconds
        self._began = time.perf_counter()

    @property
    def remaining(self) -> float:
        """Seconds left, not below 0."""
        spent = time.perf_counter() - self._began - (self._counter.seconds - self._compiled)
        return max(self.seconds - spent, 0.0)

    def check(self) -> None:
        """Raise `BudgetEnded` when the seconds are over."""
        if self.remaining <= 0.0:
            raise BudgetEnded(f"the check did not end within its {self.seconds:g} s")
