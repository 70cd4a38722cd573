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
    """The award of a rule on a tender: a pure function.

    Parameters
    ----------
    rule
        ``"second-score"``, ``"first-score"``, or any callable from a tender to an award.
    tender
        The tender as reported.

    Returns
    -------
    Award
        Who gets the task, and for what.

    Raises
    ------
    ValueError
        For an unknown rule.
    TypeError
        For arguments of another type, and where a callable returns anything but an `Award`.

    Notes
    -----
    The lowest score wins, of equal ones the lowest index. By ``second-score`` the winner is paid ``s_2 - weight u_winner``, s_2
    the second-lowest score or the task's worth if that is lower: its critical price. With u measured (`Tender.verified`) the
    price is truthful: no report moves the payment. Where u is self-reported, a lower u both wins more often and raises the
    payment, which ``audit(..., dimensions=("utilisation",))`` finds. By ``first-score`` the winner is paid its price, which is
    not truthful.

    References
    ----------
    BEST paper, section VI-B; Che, Design competition through multidimensional auctions, RAND J. Econ. 24 (1993).

    Examples
    --------
    >>> from edgeworth.mechanisms import procurement
    >>> tender = procurement.Tender(price=[3.0, 2.0, 4.0], utilisation=[0.1, 0.9, 0.2], weight=2.0)
    >>> procurement.run("first-score", tender)
    Award(winner=0, payment=3)
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
    """The second-score auction: the lowest score wins and is paid its critical price.

    Parameters
    ----------
    problem : Tender
        The tender.
    params : None
        The rule has no parameters.
    run : Run
        Not needed: the rule ends at once.

    Returns
    -------
    Found
        The award, and the greatest welfare as its bound.

    Notes
    -----
    The winner w is paid ``s_2 - weight u_w``, s_2 the second-lowest score or the task's worth if that is lower. Efficient and
    individually rational; truthful in the price where the buyer measures the utilisation. The bound is the closed form of the
    greatest welfare.

    References
    ----------
    BEST paper, section VI-B (B-Auction); Che, Design competition through multidimensional auctions, RAND J. Econ. 24 (1993).
    """
    return _found("second-score", problem)


def first_score(problem: Tender, params: None, run: Run[Award]) -> Found[Award]:
    """The first-score auction: the lowest score wins and is paid its price.

    Parameters
    ----------
    problem : Tender
        The tender.
    params : None
        The rule has no parameters.
    run : Run
        Not needed: the rule ends at once.

    Returns
    -------
    Found
        The award, and the greatest welfare as its bound.

    Notes
    -----
    Efficient by the reports; not truthful, for the winner's price is its payment. The bound is the closed form of the greatest
    welfare.

    References
    ----------
    Che, Design competition through multidimensional auctions, RAND J. Econ. 24 (1993).
    """
    return _found("first-score", problem)
