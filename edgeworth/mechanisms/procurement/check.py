"""The checker of procurement. It shares `model` with the rules and nothing else."""

from __future__ import annotations

from edgeworth.core import validation
from edgeworth.core.checking import Rebuild, require_own, result_verdicts, rule_verdicts
from edgeworth.core.result import Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.mechanisms.procurement.model import Award, Tender, best_value, value, violations

_REBUILD: dict[str, Rebuild] = {"least-score": lambda tender, arrays: best_value(tender)}


def verify(tender: Tender, answer: Award | Result[Award]) -> Report:
    """Check an award or a result: ``winner`` (score within the task's worth), ``idle`` (no pay without work); of a result also
    ``value``, ``bound`` (the closed form) and ``quality``. Witness: a `model.Violation` or a `Mismatch`.

    Raises TypeError for other types, ValueError for a result of another tender and for a winner who does not exist.
    """
    if not isinstance(tender, Tender):
        validation.reject_type("tender", "must be a Tender", tender)
    if isinstance(answer, Award):
        return Report(_feasibility(tender, answer))
    if not isinstance(answer, Result):
        validation.reject_type("answer", "must be an Award or a Result", answer)
    require_own(tender, answer)
    verdicts: dict[str, Verdict] = {}
    found = None
    if answer.solution is not None:
        verdicts |= _feasibility(tender, answer.solution)
        found = value(tender, answer.solution)
    return Report(verdicts | result_verdicts(tender, answer, found, _REBUILD))


def _feasibility(tender: Tender, award: Award) -> dict[str, Verdict]:
    return rule_verdicts(violations(tender, award), {"winner": 0.0, "idle": 0.0})
