"""The checker of scheduling. It shares `model` with what solves and nothing else.

A simulated schedule is played anew from its decisions; a schedule in hindsight is held against the episode's formulas.
"""

from __future__ import annotations

from edgeworth.core.checking import Rebuild, judge_by_rules
from edgeworth.core.problem import Refute
from edgeworth.solvers.scheduling.model import RULES, TOLERANCE, value, violations

__all__: list[str] = []

judge = judge_by_rules(violations, value, lambda problem: dict.fromkeys(RULES, TOLERANCE))
"""A verdict for every rule of `violations`."""

REBUILD: dict[str, Rebuild] = {}
INFEASIBILITY: dict[str, Refute] = {}
"""Empty: to execute one's own tasks is always feasible."""
