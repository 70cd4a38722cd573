"""The checker of double auctions. It shares `model` with the rules and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import SECONDS, Budget, Checker, Rebuild, rule_verdicts, verify_answer
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.mechanisms.double_auction.model import Market, Outcome, price_bound, value, violations

_REBUILD: dict[str, Rebuild] = {"price": lambda market, arrays, budget: price_bound(market, float(arrays["price"][0]))}


def verify(market: Market, answer: Outcome | Result[Outcome], *, seconds: float = SECONDS) -> Report:
    """Check an outcome or a result against the market. Truthy when every verdict holds.

    For an outcome: ``capacity`` (units sold), ``route`` (tours driven again: windows, return, numbering; only in routed
    markets) and ``idle`` (who does not trade neither pays nor receives); witness: a `model.Violation`. For a result also
    ``value`` (the welfare, recomputed, relative 1e-9), ``bound`` (rebuilt from its price where it says "recomputed") and
    ``quality``. All checks are exhaustive. Whether the rule is truthful, rational or balanced is the auditor's question
    (`edgeworth.mechanisms.auditing`).

    Raises TypeError for other types, ValueError for a result of another market and for an outcome of another shape.
    """
    return verify_answer(_CHECKER, market, answer, seconds)


def _judge(
    market: Market, outcome: Outcome, claimed: bool, result: Result[Outcome] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    return _feasibility(market, outcome), value(market, outcome)


def _feasibility(market: Market, outcome: Outcome) -> dict[str, Verdict]:
    route = {} if market.routes is None else {"route": FEASIBILITY_TOL}
    return rule_verdicts(violations(market, outcome), {"capacity": 0.0, **route, "idle": 0.0})


_CHECKER = Checker("double-auction", Market, Outcome, _judge, _REBUILD, name="market")
