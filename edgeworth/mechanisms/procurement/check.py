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
    """Check an award or a result: ``winner`` (score within the task's worth), ``idle`` (no pay without work); of a result also
    ``value``, ``bound`` (the closed form) and ``quality``. Witness: a `model.Violation` or a `Mismatch`.

    Raises TypeError for other types, ValueError for a result of another tender and for a winner who does not exist.
    """
    return _feasibility(tender, award), value(tender, award)


def _feasibility(tender: Tender, award: Award) -> dict[str, Verdict]:
    return rule_verdicts(violations(tender, award), {"winner": 0.0, "idle": 0.0})
