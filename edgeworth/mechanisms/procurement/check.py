"""The checker of procurement. It shares `model` with the rules and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import Budget, Rebuild, rule_verdicts
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict
from edgeworth.mechanisms.procurement.model import Award, Tender, best_value, value, violations

__all__: list[str] = []

REBUILD: dict[str, Rebuild] = {"least-score": lambda tender, arrays, budget: best_value(tender)}


def judge(
    tender: Tender, award: Award, claimed: bool, result: Result[Award] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """The verdicts on an award, which the package's docstring lists, and its welfare; ValueError for an unknown winner."""
    return _feasibility(tender, award), value(tender, award)


def _feasibility(tender: Tender, award: Award) -> dict[str, Verdict]:
    return rule_verdicts(violations(tender, award), {"winner": 0.0, "idle": 0.0})
