"""The checker of procurement. It shares `model` with the rules and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import Rebuild, judge_by_rules
from edgeworth.mechanisms.procurement.model import best_value, value, violations

__all__: list[str] = []

REBUILD: dict[str, Rebuild] = {"least-score": lambda tender, arrays, budget: best_value(tender)}
judge = judge_by_rules(violations, value, lambda tender: {"winner": 0.0, "idle": 0.0})
