"""The checker of procurement. It shares `model` with the rules and nothing else."""

from __future__ import annotations

from fractions import Fraction

from edgeworth.core.checking import Budget, Mismatch, Rebuild, judge_by_rules
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict
from edgeworth.mechanisms.procurement.model import Award, Tender, best_value, value, violations

__all__: list[str] = []

REBUILD: dict[str, Rebuild] = {"least-score": lambda tender, arrays, budget: best_value(tender)}
PAYMENT_TOL = 1e-9
"""By which a payment may differ from what the rule pays, relative to the sizes of the terms that it is made of."""

_by_rules = judge_by_rules(violations, value, lambda tender: {"winner": 0.0, "idle": 0.0})


def judge(
    tender: Tender, award: Award, claimed: bool, result: Result[Award] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """A verdict for every rule of `violations`; of a result of a named rule also ``payment``: it is what the rule pays."""
    verdicts, found = _by_rules(tender, award, claimed, result, budget)
    if result is not None and award.winner >= 0 and result.method in ("second-score", "first-score"):
        due, scale = _due(tender, award.winner, result.method)
        off = float(abs(Fraction(award.payment) - due) / scale) if scale else float(award.payment != 0.0)
        wrong = None if off <= PAYMENT_TOL else Mismatch("payment", float(award.payment), float(due))
        verdicts["payment"] = Verdict.of(wrong is None, off, PAYMENT_TOL, wrong)
    return verdicts, found


def _due(tender: Tender, winner: int, rule: str) -> tuple[Fraction, Fraction]:
    """What a rule pays the winner, in fractions, and the sum of the sizes of the terms."""
    if rule == "first-score":
        price = Fraction(float(tender.price[winner]))
        return price, abs(price)
    scores = [tender.exact_score(i) for i in range(tender.suppliers) if i != winner]
    second, burden = min([*scores, Fraction(tender.worth)]), tender.exact_score(winner) - Fraction(float(tender.price[winner]))
    return second - burden, abs(second) + abs(burden)
