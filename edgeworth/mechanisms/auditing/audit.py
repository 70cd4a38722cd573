"""The audit itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edgeworth.core import validation
from edgeworth.core.verdict import EXHAUSTIVE, Report, Scope, Verdict
from edgeworth.mechanisms.auditing import determinism
from edgeworth.mechanisms.auditing.judge import Case, Incentives
from edgeworth.mechanisms.auditing.pieces import MOST_PIECES
from edgeworth.mechanisms.auditing.sampling import Sampled, by_lots, once_each
from edgeworth.mechanisms.auditing.setting import TOLERANCE, Setting, setting_of
from edgeworth.mechanisms.auditing.witness import Forgone, Imbalance

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
    """What an audit found on one market; each verdict's witness can be replayed.

    truthful: no agent gains by another report; violation: the largest gain (its supremum, infinite where it grows with the
    report without end). truthful_any_type: nor would one whose true type were another (all others as they report): a payment
    that is slightly off shows here on every market, in `truthful` only where somebody's type lies in the gap; None where types
    are not unit prices. monotone: units never move against the report. individually_rational: with true reports nobody loses.
    weakly_budget_balanced: the auctioneer pays nothing in; strongly: and keeps nothing. efficiency: the welfare is the greatest
    there is; violation: the share forgone. welfare, optimum, surplus: the numbers behind them, of a rule that draws lots in its
    worst draw. pieces: how many points and pieces (or samples) were examined.
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


def audit(
    mechanism: str | Callable[[Any], Any],
    market: Any,
    *,
    scope: Literal["exhaustive"] | Sampled = "exhaustive",
    dimensions: Sequence[str] | None = None,
    rationality: Literal["ask", "utility"] = "ask",
    seconds: float | None = None,
    most_pieces: int = MOST_PIECES,
) -> Audit:
    """Examine a mechanism on one market, whose reports are taken as the truth.

    ``u_a(r)`` is agent a's utility at its true type when it reports r and all others report the truth; the agent bears all
    its costs, tours included. truthful: ``sup_r u_a(r) <= u_a(truth)`` for every a.

    mechanism: a rule by name, or any callable from a market to an outcome. scope: ``"exhaustive"`` cuts all reports >= 0 into
    points and open pieces itself, by breakpoints derived for the named rules, or by running the mechanism on traced numbers
    (`edgeworth.core.traced`), which works for plain Python and plain NumPy that compare, add and scale reports, and depend on
    nothing else; every point is played, every open piece by its one-sided limits, the last one by its slope. What is traced is
    played on floats as well, at every point and at reports inside every piece, and refused where that gives anything else. So
    is a rule whose outcome does not depend on the market alone: the honest market is run several times before and after, and
    its outcomes, the rule's own state, the global random states and its use of the clock are compared. A refusal is a
    ValueError that names the cause and points to `Sampled`. ``Sampled(n, seed)`` tries n reports an agent; with repetitions it
    tests the expected gains of a rule that draws lots.

    dimensions: which parts of a report are varied; default: the family's first (``("price",)``). rationality: what a seller
    must not lose by, its ``ask`` alone or its whole ``utility``, the cost of its tour included. seconds: of the examination of
    reports, shared by the agents (None: 30 for an exhaustive audit, no limit for samples); most_pieces: of one agent. Where
    either ends first, the scope is ``partial: N pieces`` and what was not refuted NOT_CHECKED.

    What an exhaustive audit of a callable cannot see are deceptions that leave no mark in Python: a file on disk that counts
    the calls, a test of types made inside compiled code, a comparison of the rounding noise left where a report has
    cancelled. Rules by name do none of this.

    Tolerance: 1e-9 of what the agent itself has at stake in the two outcomes compared: the worth of its units, or its money.
    The global random states are left as they were. Deterministic but for the seconds. Raises ValueError or TypeError for
    misuse. Progress: one line an agent at level INFO of the logger ``edgeworth.mechanisms.auditing``.

    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.generate(preset="unit", buyers=5, sellers=5, seed=0)
    >>> bool(audit("mcafee", market).truthful), bool(audit("k-double-auction", market).truthful)
    (True, False)
    """
    setting = setting_of(market)
    if isinstance(mechanism, str):
        validation.choice("mechanism", mechanism, setting.MECHANISMS)
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
    wanted = setting.DIMENSIONS[:1] if dimensions is None else tuple(dimensions)
    for dimension in wanted:
        validation.choice("dimensions", dimension, setting.DIMENSIONS)
    with determinism.untouched():
        if isinstance(scope, Sampled):
            case, outcomes, incentives = _sampled(
                setting, mechanism, market, scope, wanted, math.inf if seconds is None else seconds
            )
        else:
            limit = MOST_SECONDS if seconds is None else seconds
            case, incentives = _exhaustive(setting, mechanism, market, wanted, most_pieces, limit)
            outcomes = [case.outcome]
        return _audit(case, outcomes, incentives, rationality)


def _exhaustive(
    setting: Setting, mechanism: Any, market: Any, dimensions: tuple[str, ...], most: int, seconds: float
) -> tuple[Case, Incentives]:
    watch = determinism.Watch(mechanism, lambda: setting.run(mechanism, market), _RUNS)
    _require_a_function(watch.before(), mechanism)
    case = Case(setting, mechanism, market, watch.outcome)
    incentives = case.exhaustive(dimensions, most, seconds)
    _require_a_function(watch.after(), mechanism)
    return case, incentives


def _require_a_function(causes: list[str], mechanism: Any) -> None:
    if causes:
        raise ValueError(
            f"scope: 'exhaustive' needs a rule whose outcome depends on the market alone; this one {'; '.join(causes)}; use "
            f"Sampled(n, seed, repetitions=200) for a rule that draws lots; got {mechanism!r}"
        )


def _sampled(
    setting: Setting, mechanism: Any, market: Any, scope: Sampled, dimensions: tuple[str, ...], seconds: float
) -> tuple[Case, list[Any], Incentives]:
    watch = determinism.Watch(mechanism, lambda: setting.run(mechanism, market), 1 if isinstance(mechanism, str) else _RUNS)
    causes = [cause for cause in watch.before() if cause.startswith(determinism.CHANCE)]
    case = Case(setting, mechanism, market, watch.outcome)
    if not causes:
        return case, [watch.outcome], once_each(case, scope, dimensions, seconds)
    if scope.repetitions == 1:
        raise ValueError(
            f"scope: one play of every report says nothing of a rule that draws lots; this one {'; '.join(causes)}; use "
            f"Sampled(n, seed, repetitions=200, level=0.05); got {mechanism!r}"
        )
    incentives, outcomes = by_lots(case, scope, dimensions, seconds)
    return case, outcomes, incentives


def _audit(case: Case, outcomes: Sequence[Any], incentives: Incentives, rationality: str) -> Audit:
    setting, market = case.setting, case.market
    scope = EXHAUSTIVE if len(outcomes) == 1 else Scope("sampled", len(outcomes), note="draws of the rule")
    surplus, turnover = min((setting.surplus(market, o), setting.turnover(market, o)) for o in outcomes)
    widest = max((setting.surplus(market, outcome) for outcome in outcomes), key=abs)
    welfare, optimum = min(setting.welfare(market, outcome) for outcome in outcomes), setting.optimum(market)
    lost = max(optimum - welfare, 0.0)
    share = lost / optimum if optimum > 0.0 else float(lost > 0.0)
    money = TOLERANCE * turnover
    return Audit(
        truthful=incentives.truthful,
        truthful_any_type=incentives.any_type,
        monotone=incentives.monotone,
        individually_rational=case.rational(rationality, outcomes, scope),
        weakly_budget_balanced=_verdict(max(0.0, -surplus), money, Imbalance(market, surplus), scope),
        strongly_budget_balanced=_verdict(abs(widest), money, Imbalance(market, widest), scope),
        efficiency=_verdict(share, TOLERANCE, Forgone(market, welfare, optimum), scope),
        welfare=welfare,
        optimum=optimum,
        surplus=surplus,
        pieces=incentives.pieces,
    )


def _verdict(violation: float, tolerance: float, witness: Any, scope: Scope) -> Verdict:
    holds = violation <= tolerance
    return Verdict.of(holds, violation, tolerance, None if holds else witness, scope)
