"""The rules of procurement: the second-score auction, and paying what was asked for comparison."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.mechanisms.procurement.model import Award, Tender, best_value

RULES = ("second-score", "first-score")


def run(rule: str | Callable[[Tender], Award], tender: Tender) -> Award:
    """The award of a rule, a pure function. The lowest score wins, of equal ones the lowest index.

    ``second-score``: the winner is paid ``s_2 - weight u_winner``, s_2 the second-lowest score or the task's worth if that is
    lower: its critical price. With u measured (`Tender.verified`) the price is truthful: no report moves the payment. Where u
    is self-reported, a lower u both wins more often and raises the payment: ``audit(..., dimensions=("utilisation",))`` finds
    it. ``first-score``: the winner is paid its price; not truthful.
    """
    if not isinstance(tender, Tender):
        validation.reject_type("tender", "must be a Tender", tender)
    if callable(rule):
        award = rule(tender)
        if not isinstance(award, Award):
            validation.reject_type("rule", "must return an Award", award)
        return award
    validation.choice("rule", rule, RULES)
    winner = tender.cheapest
    if winner is None or tender.exact_score(winner) > tender.worth:
        return Award(-1, 0.0)
    if rule == "first-score":
        return Award(winner, float(tender.price[winner]))
    second = min(float(np.delete(tender.score, winner).min(initial=np.inf)), tender.worth)
    return Award(winner, second - tender.weight * float(tender.utilisation[winner]))


def _found(rule: str, problem: Tender) -> Found[Award]:
    return Found(
        run(rule, problem),
        Termination.PROVED,
        bound=best_value(problem),
        evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate("least-score", {}),
    )


def second_score(problem: Tender, params: None, run: Run[Award]) -> Found[Award]:
    """The rule as a method; the bound is the closed form of the greatest welfare."""
    return _found("second-score", problem)


def first_score(problem: Tender, params: None, run: Run[Award]) -> Found[Award]:
    """The rule as a method; the bound is the closed form of the greatest welfare."""
    return _found("first-score", problem)
