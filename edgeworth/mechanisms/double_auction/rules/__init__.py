"""The rules of double auctions and how they are run: pure functions from a market to an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.mechanisms.double_auction.exact import proof
from edgeworth.mechanisms.double_auction.model import (
    Market,
    NotApplicableError,
    Outcome,
    TieBreak,
    TieError,
    tie_break_of,
    welfare,
)
from edgeworth.mechanisms.double_auction.rules.off_aic2 import OffAic2, run_off_aic2, run_pivot_reduction
from edgeworth.mechanisms.double_auction.rules.unit import Classic, KDoubleAuction, run_unit
from edgeworth.mechanisms.double_auction.rules.vcg import Posted, RankPosted, run_procurement, run_vcg


@dataclass(frozen=True)
class RuleRow:
    """A rule: its function ``f(name, market, params, tie_break) -> Outcome`` and its parameter class."""

    function: Callable[[str, Market, Any, TieBreak], Outcome]
    params: type[Any]


RULES: dict[str, RuleRow] = {
    "mcafee": RuleRow(run_unit, Classic),
    "trade-reduction": RuleRow(run_unit, Classic),
    "sbba": RuleRow(run_unit, Classic),
    "vcg": RuleRow(run_vcg, Classic),
    "k-double-auction": RuleRow(run_unit, KDoubleAuction),
    "off-aic2": RuleRow(run_off_aic2, OffAic2),
    "off-aic2-myerson": RuleRow(run_off_aic2, OffAic2),
    "pay-as-report": RuleRow(run_off_aic2, OffAic2),
    "pivot-reduction": RuleRow(run_pivot_reduction, Classic),
    "posted-procurement": RuleRow(run_procurement, Posted),
    "rank-procurement": RuleRow(run_procurement, RankPosted),
}


def prepared(rule: str, params: Any = None, tie_break: str | TieBreak | None = None) -> tuple[RuleRow, Any, TieBreak]:
    """The rule's row, its parameters (default ones for None) and the tie-breaking in use; checked."""
    row = RULES[validation.choice("rule", rule, tuple(RULES))]
    if params is None:
        params = row.params()
    if not isinstance(params, row.params):
        validation.reject_type("params", f"must be of type {row.params.__name__} for rule {rule!r}", params)
    tie = tie_break_of(getattr(params, "tie_break", "index") if tie_break is None else tie_break)
    return row, params, tie


@dataclass(frozen=True)
class Rule:
    """A rule with its parameters and tie-breaking, as a mechanism: calling it on a market gives the outcome.

    The auditor knows these like the rules by name: ``audit(Rule("off-aic2", OffAic2(band="pivot")), market)``.
    """

    name: str
    params: Any = None
    tie_break: Any = None

    def __post_init__(self) -> None:
        prepared(self.name, self.params, self.tie_break)

    def __call__(self, market: Market) -> Outcome:
        """The outcome."""
        return run(self.name, market, params=self.params, tie_break=self.tie_break)


def run(rule: str | Callable[[Market], Outcome], market: Market, *, params: Any = None, tie_break: Any = None) -> Outcome:
    """The outcome of a rule on a market: a pure function.

    rule: a name of `RULES`, or any callable Market -> Outcome (which takes no params and no tie_break here). params: the rule's
    parameter object. tie_break: a `TieBreak`, or the name of one; default: what the params name.

    Raises ValueError or TypeError for misuse, among it a market that the rule is not made for (the classic rules want unit
    demands and capacities and no routes), and `TieError` where ties are refused and met.
    """
    if not isinstance(market, Market):
        validation.reject_type("market", "must be a Market", market)
    if callable(rule):
        if params is not None or tie_break is not None:
            validation.reject("params", "and tie_break are for rules by name", params)
        outcome = rule(market)
        if not isinstance(outcome, Outcome):
            validation.reject_type("rule", "must return an Outcome", outcome)
        return outcome
    row, params, tie = prepared(rule, params, tie_break)
    return row.function(rule, market, params, tie)


def _solved(rule: str, problem: Market, params: Any) -> Found[Outcome]:
    try:
        outcome = run(rule, problem, params=params)
    except (NotApplicableError, TieError) as error:
        return Found(None, Termination.REFUSED, notes=(str(error),))
    bound, certificate = proof(problem, welfare(problem, outcome), optimal=rule == "vcg")
    return Found(outcome, Termination.CONVERGED, bound=bound, evidence=BoundEvidence.RECOMPUTED, certificate=certificate)


def _method(rule: str) -> Callable[[Market, Any, Run[Outcome]], Found[Outcome]]:
    def method(problem: Market, params: Any, run: Run[Outcome]) -> Found[Outcome]:
        return _solved(rule, problem, params)

    method.__name__ = rule.replace("-", "_")
    method.__doc__ = f"""The rule {rule!r} as a method: its outcome, and a bound of the welfare that the checker rebuilds.

    Ends as REFUSED on a market that the rule is not made for, and where ties are refused and met.
    """
    return method


solve_mcafee = _method("mcafee")
solve_trade_reduction = _method("trade-reduction")
solve_sbba = _method("sbba")
solve_vcg = _method("vcg")
solve_k_double_auction = _method("k-double-auction")
solve_off_aic2 = _method("off-aic2")
solve_off_aic2_myerson = _method("off-aic2-myerson")
solve_pay_as_report = _method("pay-as-report")
solve_pivot_reduction = _method("pivot-reduction")
solve_posted_procurement = _method("posted-procurement")
solve_rank_procurement = _method("rank-procurement")

__all__ = [
    "RULES",
    "Classic",
    "KDoubleAuction",
    "OffAic2",
    "Posted",
    "RankPosted",
    "Rule",
    "RuleRow",
    "prepared",
    "run",
    "run_off_aic2",
    "run_pivot_reduction",
    "run_procurement",
    "run_unit",
    "run_vcg",
]
