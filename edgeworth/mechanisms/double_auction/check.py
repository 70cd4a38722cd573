"""The checker of double auctions. It shares `model` with the rules and nothing else."""

from __future__ import annotations

from edgeworth.core import validation
from edgeworth.core.checking import Rebuild, require_own, result_verdicts, rule_verdicts
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.mechanisms.double_auction.model import Market, Outcome, price_bound, value, violations

_REBUILD: dict[str, Rebuild] = {"price": lambda market, arrays: price_bound(market, float(arrays["price"][0]))}


def verify(market: Market, answer: Outcome | Result[Outcome]) -> Report:
    """Check an outcome or a result against the market. Truthy when every verdict holds.

    For an outcome: ``capacity`` (units sold), ``route`` (tours driven again: windows, return, numbering; only in routed
    markets) and ``idle`` (who does not trade neither pays nor receives); witness: a `model.Violation`. For a result also
    ``value`` (the welfare, recomputed, relative 1e-9), ``bound`` (rebuilt from its price where it says "recomputed") and
    ``quality``. All checks are exhaustive. Whether the rule is truthful, rational or balanced is the auditor's question
    (`edgeworth.mechanisms.auditing`).

    Raises TypeError for other types, ValueError for a result of another market and for an outcome of another shape.
    """
    if not isinstance(market, Market):
        validation.reject_type("market", "must be a Market", market)
    if isinstance(answer, Outcome):
        return Report(_feasibility(market, answer))
    if not isinstance(answer, Result):
        validation.reject_type("answer", "must be an Outcome or a Result", answer)
    require_own(market, answer)
    verdicts: dict[str, Verdict] = {}
    found = None
    if answer.solution is not None:
        verdicts |= _feasibility(market, answer.solution)
        found = value(market, answer.solution)
    return Report(verdicts | result_verdicts(market, answer, found, _REBUILD))


def _feasibility(market: Market, outcome: Outcome) -> dict[str, Verdict]:
    route = {} if market.routes is None else {"route": FEASIBILITY_TOL}
    return rule_verdicts(violations(market, outcome), {"capacity": 0.0, **route, "idle": 0.0})
