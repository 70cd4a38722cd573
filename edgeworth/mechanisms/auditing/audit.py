"""The audit itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.verdict import EXHAUSTIVE, Report, Scope, Verdict
from edgeworth.mechanisms.auditing.pieces import MOST_PIECES, Stretch, stretches
from edgeworth.mechanisms.auditing.setting import Agent, Setting, setting_of
from edgeworth.mechanisms.auditing.types import regrets
from edgeworth.mechanisms.auditing.witness import Forgone, Imbalance, Loss, Manipulation, Reversal

TOLERANCE = 1e-9
"""Relative to the largest value or cost that anybody in the market can trade."""


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
class Sampled:
    """Try `n` random reports an agent and dimension, drawn from `seed`."""

    n: int
    seed: int = 0

    def __post_init__(self) -> None:
        validation.integer("n", self.n, minimum=1)
        validation.integer("seed", self.seed, minimum=0)


@dataclass(frozen=True)
class Audit:
    """What an audit found on one market; each verdict's witness can be replayed.

    truthful: no agent gains by another report; violation: the largest gain (its supremum). truthful_any_type: nor would one
    whose true type were another (all others as they report): a payment that is slightly off shows here on every market, in
    `truthful` only where somebody's type lies in the gap; None where types are not unit prices. monotone: units never move
    against the report. individually_rational: with true reports nobody loses. weakly_budget_balanced: the auctioneer pays
    nothing in; strongly: and keeps nothing. efficiency: the welfare is the greatest there is; violation: the share forgone.
    welfare, optimum, surplus: the numbers behind them. pieces: how many points and pieces (or samples) were examined.
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
        if abs(self.optimum) <= 1e-12:
            return 1.0 if self.welfare >= self.optimum - 1e-12 else 0.0
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
    most_pieces: int = MOST_PIECES,
) -> Audit:
    """Examine a mechanism on one market, whose reports are taken as the truth.

    ``u_a(r)`` is agent a's utility at its true type when it reports r and all others report the truth; the agent bears all
    its costs, tours included. truthful: ``sup_r u_a(r) <= u_a(truth)`` for every a.

    mechanism: a rule by name, or any callable from a market to an outcome. scope: ``"exhaustive"`` cuts all reports >= 0 into
    points and open pieces itself, by breakpoints derived for the named rules, or by running the mechanism on traced numbers
    (`edgeworth.core.traced`), which works for plain-Python callables that compare, add and scale reports, and depend on
    nothing else; every point is examined, every open piece by its one-sided limits. For a black box this raises ValueError
    and points to `Sampled`. ``Sampled(n, seed)`` tries n reports an agent. dimensions: which parts of a report are varied;
    default: the family's first (``("price",)``). rationality: what a seller must not lose by, its ``ask`` alone or its whole
    ``utility``, the cost of its tour included. most_pieces: of one agent; beyond, the scope of `truthful` and `monotone` is
    ``partial: N pieces``.

    Tolerance: 1e-9 of the largest value or cost that anybody can trade. Deterministic. Raises ValueError or TypeError for
    misuse.

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
    if isinstance(dimensions, str):
        validation.reject_type("dimensions", "must be a sequence of names", dimensions)
    wanted = setting.DIMENSIONS[:1] if dimensions is None else tuple(dimensions)
    for dimension in wanted:
        validation.choice("dimensions", dimension, setting.DIMENSIONS)
    outcome = setting.run(mechanism, market)
    tolerance = TOLERANCE * setting.scale(market)
    case = _Case(setting, mechanism, market, outcome, tolerance, most_pieces)
    incentives = case.sampled(scope, wanted) if isinstance(scope, Sampled) else case.exhaustive(wanted)
    surplus, welfare, optimum = setting.surplus(market, outcome), setting.welfare(market, outcome), setting.optimum(market)
    count = max(len(setting.agents(market, wanted[0])) if wanted else 0, 1)
    lost = max(optimum - welfare, 0.0) / max(abs(optimum), 1e-10)
    imbalance = Imbalance(market, surplus)
    return Audit(
        truthful=incentives.truthful,
        truthful_any_type=incentives.any_type,
        monotone=incentives.monotone,
        individually_rational=case.rational(rationality),
        weakly_budget_balanced=_verdict(max(-surplus, 0.0), tolerance * count, imbalance),
        strongly_budget_balanced=_verdict(abs(surplus), tolerance * count, imbalance),
        efficiency=_verdict(lost, TOLERANCE, Forgone(market, welfare, optimum)),
        welfare=welfare,
        optimum=optimum,
        surplus=surplus,
        pieces=incentives.pieces,
    )


def _verdict(violation: float, tolerance: float, witness: Any, scope: Scope = EXHAUSTIVE) -> Verdict:
    holds = violation <= tolerance
    return Verdict.of(holds, violation, tolerance, None if holds else witness, scope)


@dataclass(frozen=True)
class _Incentives:
    truthful: Verdict
    any_type: Verdict | None
    monotone: Verdict
    pieces: int


Gain = tuple[float, Any, Agent, str, float, float]
"""gain, market that holds the truth, agent, dimension, truth, report."""


@dataclass
class _Case:
    setting: Setting
    mechanism: Any
    market: Any
    outcome: Any
    tolerance: float
    most: int

    def rational(self, rationality: str) -> Verdict:
        worst: Loss | None = None
        dimension = self.setting.DIMENSIONS[0]
        for agent in self.setting.agents(self.market, dimension):
            utility = self.setting.utility(self.market, self.outcome, agent, dimension, rationality)
            if worst is None or utility < worst.utility:
                worst = Loss(self.market, agent, utility, rationality)
        return _verdict(0.0 if worst is None else max(-worst.utility, 0.0), self.tolerance, worst)

    def exhaustive(self, dimensions: Iterable[str]) -> _Incentives:
        def examine(agent: Agent, dimension: str) -> tuple[list[Stretch], bool]:
            found: list[Stretch] = []
            for stretch in stretches(self.setting, self.mechanism, self.market, agent, dimension):
                if len(found) >= self.most:
                    return found, True
                found.append(stretch)
            return found, False

        return self._judged(dimensions, examine, EXHAUSTIVE)

    def sampled(self, scope: Sampled, dimensions: Iterable[str]) -> _Incentives:
        rng = np.random.default_rng(scope.seed)

        def examine(agent: Agent, dimension: str) -> tuple[list[Stretch], bool]:
            reports = [self.setting.deviations(self.market, agent, dimension, rng) for _ in range(scope.n)]
            reports.append(self.setting.truth(self.market, agent, dimension))
            at = self.setting.own_values(self.mechanism, self.market, agent, dimension)
            found = []
            for report in sorted(set(reports)):
                units, utility = at(report)
                if units != units:
                    continue  # a tie that the mechanism refuses
                worth = float(self.setting.own_gain(self.market, agent, dimension, units))
                found.append(Stretch(report, report, units, utility, report, report, (utility - worth,) * 2))
            return found, False

        return self._judged(dimensions, examine, Scope("sampled", scope.n, scope.seed))

    def _judged(
        self, dimensions: Iterable[str], examine: Callable[[Agent, str], tuple[list[Stretch], bool]], scope: Scope
    ) -> _Incentives:
        gains: list[Gain] = []
        regretted: list[Gain] = []
        reversals: list[Reversal] = []
        pieces, partial, linear = 0, False, True
        for dimension in dimensions:
            linear = linear and dimension in self.setting.LINEAR
            for agent in self.setting.agents(self.market, dimension):
                honest = self.setting.utility(self.market, self.outcome, agent, dimension, "utility")
                truth = self.setting.truth(self.market, agent, dimension)
                sign = self.setting.direction(agent, dimension)
                found, cut = examine(agent, dimension)
                pieces, partial = pieces + len(found), partial or cut
                for stretch in found:
                    if stretch.supremum - honest > self.tolerance:
                        gains.append((stretch.supremum - honest, self.market, agent, dimension, truth, stretch.report))
                for one, two in pairwise(found):
                    if sign * (two.units - one.units) < 0:
                        reversals.append(Reversal(self.market, agent, dimension, one.inner, two.inner, one.units, two.units))
                for regret in regrets(found, sign, self.tolerance) if linear else ():
                    other = self.setting.reported(self.market, agent, dimension, regret.truth)
                    regretted.append((regret.gain, other, agent, dimension, regret.truth, regret.report))
        if partial:
            scope = Scope("partial", pieces)
        monotone = Verdict.of(True, 0.0, 0.0, None, scope)
        for reversal in sorted(reversals, key=lambda item: -abs(item.high_quantity - item.low_quantity)):
            amount = reversal.replay(self.mechanism)
            if amount > 0:
                monotone = Verdict.of(False, amount, 0.0, reversal, scope)
                break
        any_type = self._worst(regretted, scope) if linear else None
        return _Incentives(self._worst(gains, scope), any_type, monotone, pieces)

    def _worst(self, gains: list[Gain], scope: Scope) -> Verdict:
        """The largest gain whose witness plays again; one that does not is the rounding of a report onto a breakpoint."""
        for gain, market, agent, dimension, truth, report in sorted(gains, key=lambda item: -item[0]):
            found = Manipulation(market, agent, dimension, truth, report, gain).replay(self.mechanism)
            if found > self.tolerance:
                witness = Manipulation(market, agent, dimension, truth, report, found)
                return Verdict.of(False, max(gain, found), self.tolerance, witness, scope)
        return Verdict.of(True, 0.0, self.tolerance, None, scope)
