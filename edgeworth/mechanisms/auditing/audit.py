"""`audit`: the arguments checked, the mechanism watched, and the verdicts put together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from edgeworth.core import validation
from edgeworth.core.audit_model import TOLERANCE, AuditModel, Mechanism, P, Rationality, S
from edgeworth.core.verdict import EXHAUSTIVE, Report, Scope, Verdict
from edgeworth.mechanisms.auditing import determinism
from edgeworth.mechanisms.auditing.judge import Case, Incentives
from edgeworth.mechanisms.auditing.lookup import audit_model_of
from edgeworth.mechanisms.auditing.pieces import MOST_PIECES
from edgeworth.mechanisms.auditing.sampling import Sampled, once_each, repeated
from edgeworth.mechanisms.auditing.witness import BudgetImbalance, WelfareLoss

MOST_SECONDS = 30.0
"""Of an exhaustive audit, if the caller names no other limit."""

_RUNS = 4
"""The honest market is run so many times more before the reports are examined, and again afterwards."""

_VERDICTS = (
    "truthful",
    "truthful_any_type",
    "monotone",
    "individually_rational",
    "weakly_budget_balanced",
    "strongly_budget_balanced",
    "efficiency",
)


@dataclass(frozen=True)
class Audit:
    """What an audit found on one market.

    Attributes
    ----------
    truthful
        No agent gains by another report. Its violation is the largest gain (the supremum, infinite where it grows with the
        report without end); its witness a `Manipulation`.
    truthful_any_type
        Nor would an agent gain whose true type were another, all others as they report. A payment that is slightly off shows
        here on every market, in `truthful` only where somebody's type lies in the gap. None where types are not unit prices.
    monotone
        Units never move against the report; witness: `MonotonicityViolation`.
    individually_rational
        With true reports nobody loses; witness: `RationalityViolation`.
    weakly_budget_balanced, strongly_budget_balanced
        The auctioneer pays nothing in; and keeps nothing. Witness: `BudgetImbalance`.
    efficiency
        The welfare is the greatest there is. Its violation is the share lost; witness: `WelfareLoss`.
    welfare, optimum, surplus
        The numbers behind them; of a randomised mechanism in its worst draw.
    pieces
        How many points and pieces of reports (or samples) were examined.
    """

    truthful: Verdict
    truthful_any_type: Verdict | None
    monotone: Verdict
    individually_rational: Verdict
    weakly_budget_balanced: Verdict
    strongly_budget_balanced: Verdict
    efficiency: Verdict
    welfare: float
    optimum: float
    surplus: float
    pieces: int

    @property
    def report(self) -> Report:
        """The verdicts by name."""
        named = {name: getattr(self, name) for name in _VERDICTS}
        return Report({name: verdict for name, verdict in named.items() if verdict is not None})

    @property
    def efficiency_ratio(self) -> float:
        """Welfare over the greatest welfare; 1 where that is 0 and reached."""
        if self.optimum == 0.0:
            return 1.0 if self.welfare >= 0.0 else 0.0
        return self.welfare / self.optimum

    def __str__(self) -> str:
        return str(self.report)

    def __bool__(self) -> NoReturn:
        """Refused: which verdicts a rule must pass is the reader's choice, so that ``if audit(...)`` would mislead."""
        raise TypeError("audit: has no truth value; ask one verdict, as audit.truthful, or all of them by audit.report")


@validation.by_name
def audit(
    mechanism: Mechanism[P, S],
    market: P,
    *,
    scope: Literal["exhaustive"] | Sampled = "exhaustive",
    dimensions: Sequence[str] | None = None,
    rationality: Rationality = "ask",
    seconds: float | None = None,
    most_pieces: int = MOST_PIECES,
) -> Audit:
    """Examine a mechanism on one market, whose reports are taken as the truth.

    Parameters
    ----------
    mechanism
        A rule or method by name, or any callable from a market to an outcome.
    market
        A problem of a family that has an audit model: a double auction, a tender, an allocation problem built from a system.
    scope
        ``"exhaustive"``: all reports >= 0. ``Sampled(n, seed)``: n random reports an agent; with repetitions it tests the
        expected gains of a randomised mechanism.
    dimensions
        The parts of a report that are varied, one at a time; by default the family's first (``("price",)``).
    rationality
        What a seller must not lose by: its ``"ask"`` alone, or its whole ``"utility"``, the cost of its tour included.
    seconds
        For the examination of reports, shared by the agents; None: 30 for an exhaustive audit, no limit for samples.
    most_pieces
        The most points and pieces of one agent that an exhaustive audit examines.

    Returns
    -------
    Audit
        One verdict a property, with witnesses that replay. Where a budget ends first, the scope is ``partial: N pieces`` and
        what was not refuted is NOT_CHECKED.

    Raises
    ------
    ValueError
        For an unknown name or an argument out of range; where a mechanism cannot be audited exhaustively, with the cause and
        the advice to use `Sampled`; where a randomised one is sampled without repetitions.
    TypeError
        For arguments of another type.

    Notes
    -----
    With ``u_a(r)`` agent a's utility at its true type when it reports r and all others report the truth, a mechanism is
    truthful if ``sup_r u_a(r) <= u_a(truth)`` for every a. The agent bears all its costs, tours included.

    An exhaustive audit cuts the reports into points and open pieces: by breakpoints derived for the named rules, or by running
    the mechanism on traced numbers (`edgeworth.core.traced`), which works for plain Python and plain NumPy that compare, add
    and scale reports, and depend on nothing else. Every point is played, every open piece by its one-sided limits, the last
    one by its slope. What is traced is played on floats as well, at every point and at reports inside every piece, and refused
    where that gives anything else. So is a mechanism whose outcome does not depend on the market alone: the honest market is
    run several times before and after, and its outcomes, the mechanism's own state, the global random states and its use of
    the clock are compared.

    What an exhaustive audit of a callable cannot see are deceptions that leave no mark in Python: a file on disk that counts
    the calls, a test of types made inside compiled code, a comparison of the rounding noise left where a report has
    cancelled. Rules by name do none of this.

    The tolerance is 1e-9 of what the agent itself has at stake in the two outcomes compared: the worth of its units, or its
    money. The global random states are left as they were. The audit is deterministic but for the seconds. It logs one line an
    agent at level INFO to the logger ``edgeworth.mechanisms.auditing``.

    Examples
    --------
    A mechanism that passes, and one that fails:

    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.generate(preset="unit", buyers=5, sellers=5, seed=0)
    >>> bool(audit("mcafee", market).truthful)
    True
    >>> found = audit("k-double-auction", market)
    >>> bool(found.truthful)
    False
    >>> witness = found.truthful.witness
    >>> witness.replay("k-double-auction") == witness.gain > 0
    True
    """
    model = audit_model_of(market)
    if isinstance(mechanism, str):
        validation.choice("mechanism", mechanism, model.mechanisms)
    elif not callable(mechanism):
        validation.reject_type("mechanism", "must be a rule's name or a callable", mechanism)
    if not isinstance(scope, Sampled) and scope != "exhaustive":
        validation.reject("scope", "must be 'exhaustive' or Sampled(n, seed)", scope)
    validation.choice("rationality", rationality, ("ask", "utility"))
    validation.integer("most_pieces", most_pieces, minimum=1)
    if seconds is not None:
        validation.real("seconds", seconds, minimum=0.0)
    if isinstance(dimensions, str):
        validation.reject_type("dimensions", "must be a sequence of names", dimensions)
    wanted = model.dimensions[:1] if dimensions is None else tuple(dimensions)
    for dimension in wanted:
        validation.choice("dimensions", dimension, model.dimensions)
    with determinism.untouched():
        if isinstance(scope, Sampled):
            case, outcomes, incentives = _sampled(
                model, mechanism, market, scope, wanted, math.inf if seconds is None else seconds
            )
        else:
            limit = MOST_SECONDS if seconds is None else seconds
            case, incentives = _exhaustive(model, mechanism, market, wanted, most_pieces, limit)
            outcomes = [case.outcome]
        return _audit(case, outcomes, incentives, rationality)


def _exhaustive(
    model: AuditModel[P, S], mechanism: Mechanism[P, S], market: P, dimensions: tuple[str, ...], most: int, seconds: float
) -> tuple[Case[P, S], Incentives]:
    watch = determinism.Watch(mechanism, lambda: model.run(market, mechanism), _RUNS)
    _require_a_function(watch.before(), mechanism)
    case = Case(model, mechanism, market, watch.outcome)
    incentives = case.exhaustive(dimensions, most, seconds)
    _require_a_function(watch.after(), mechanism)
    return case, incentives


def _require_a_function(causes: list[str], mechanism: object) -> None:
    if causes:
        raise ValueError(
            f"scope: 'exhaustive' needs a rule whose outcome depends on the market alone; this one {'; '.join(causes)}; use "
            f"Sampled(n, seed, repetitions=200) for a randomised rule; got {mechanism!r}"
        )


def _sampled(
    model: AuditModel[P, S], mechanism: Mechanism[P, S], market: P, scope: Sampled, dimensions: tuple[str, ...], seconds: float
) -> tuple[Case[P, S], list[S], Incentives]:
    watch = determinism.Watch(mechanism, lambda: model.run(market, mechanism), 1 if isinstance(mechanism, str) else _RUNS)
    causes = [cause for cause in watch.before() if cause.startswith(determinism.CHANCE)]
    case = Case(model, mechanism, market, watch.outcome)
    if not causes:
        return case, [watch.outcome], once_each(case, scope, dimensions, seconds)
    if scope.repetitions == 1:
        raise ValueError(
            f"scope: one play of every report says nothing of a randomised rule; this one {'; '.join(causes)}; use "
            f"Sampled(n, seed, repetitions=200, level=0.05); got {mechanism!r}"
        )
    incentives, outcomes = repeated(case, scope, dimensions, seconds)
    return case, outcomes, incentives


def _audit(case: Case[P, S], outcomes: Sequence[S], incentives: Incentives, rationality: Rationality) -> Audit:
    model, market = case.model, case.market
    scope = EXHAUSTIVE if len(outcomes) == 1 else Scope("sampled", len(outcomes), note="draws of the rule")
    surplus, turnover = min((model.surplus(market, o), model.turnover(market, o)) for o in outcomes)
    widest = max((model.surplus(market, outcome) for outcome in outcomes), key=abs)
    welfare, optimum = min(model.welfare(market, outcome) for outcome in outcomes), model.optimum(market)
    lost = max(optimum - welfare, 0.0)
    share = lost / optimum if optimum > 0.0 else float(lost > 0.0)
    money = TOLERANCE * turnover
    return Audit(
        truthful=incentives.truthful,
        truthful_any_type=incentives.any_type,
        monotone=incentives.monotone,
        individually_rational=case.rational(rationality, outcomes, scope),
        weakly_budget_balanced=_verdict(max(0.0, -surplus), money, BudgetImbalance(market, surplus), scope),
        strongly_budget_balanced=_verdict(abs(widest), money, BudgetImbalance(market, widest), scope),
        efficiency=_verdict(share, TOLERANCE, WelfareLoss(market, welfare, optimum), scope),
        welfare=welfare,
        optimum=optimum,
        surplus=surplus,
        pieces=incentives.pieces,
    )


def _verdict(violation: float, tolerance: float, witness: object, scope: Scope) -> Verdict:
    holds = violation <= tolerance
    return Verdict.of(holds, violation, tolerance, None if holds else witness, scope)
