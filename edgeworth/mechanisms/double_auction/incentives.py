"""Double auctions as the auditor sees them: reports, utilities, and what is known of the rules by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.audit_model import Agent, AuditModel, Dealings, Mechanism, Rationality, TracedRule
from edgeworth.core.traced import Traced, affine
from edgeworth.mechanisms.double_auction.exact import best
from edgeworth.mechanisms.double_auction.model import Market, NotApplicableError, Outcome, TieError
from edgeworth.mechanisms.double_auction.model import functions as model_functions
from edgeworth.mechanisms.double_auction.rules import RULES, Rule, prepared, run
from edgeworth.mechanisms.double_auction.spec import OneAgent, Prepared
from edgeworth.mechanisms.double_auction.traced_market import TracedMarket

Auction: TypeAlias = Mechanism[Market, Outcome]


class DoubleAuctionModel(AuditModel[Market, Outcome]):
    """Buyers and sellers report a unit price; demands, capacities and routes are public."""

    mechanisms = tuple(RULES)

    def agents(self, problem: Market, dimension: str) -> list[Agent]:
        """All buyers and sellers."""
        return [("buyer", i) for i in range(problem.buyers)] + [("seller", k) for k in range(problem.sellers)]

    def truth(self, problem: Market, agent: Agent, dimension: str) -> float:
        """The unit price reported."""
        return float((problem.bid if agent[0] == "buyer" else problem.ask)[agent[1]])

    def reported(self, problem: Market, agent: Agent, dimension: str, report: float) -> Market:
        """The market under another unit price."""
        return problem.reported(agent, report)

    def draw_report(self, problem: Market, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
        """Up to beyond somebody's report, close to the truth, or at and beside somebody's report."""
        own = self.truth(problem, agent, dimension)
        others = np.concatenate([problem.bid, problem.ask])
        other = float(others[rng.integers(len(others))])  # not the largest: a dummy's would leave nothing near the others
        way = rng.integers(3)
        if way == 0:
            return float(rng.uniform(0.0, 1.5 * max(own, other)))
        if way == 1:
            return float(own * np.exp(rng.normal(0.0, 0.2)))
        return float(other * (1.0 + rng.choice([-1e-6, 0.0, 1e-6])))

    def run(self, problem: Market, mechanism: Auction) -> Outcome:
        """The outcome of a rule by name, or of a callable."""
        return run(mechanism, problem)

    def quantity(self, problem: Market, outcome: Outcome, agent: Agent) -> float:
        """Units bought or sold."""
        return float(model_functions.quantity(problem, outcome, agent))

    def money(self, problem: Market, outcome: Outcome, agent: Agent) -> float:
        """A seller's reward; a buyer's payment, negated."""
        return -float(outcome.payment[agent[1]]) if agent[0] == "buyer" else float(outcome.reward[agent[1]])

    def utility(
        self, problem: Market, outcome: Outcome, agent: Agent, dimension: str, rationality: Rationality = "utility"
    ) -> float:
        """By the model: exact until it is one float, and with a seller's tour charged unless `rationality` is "ask"."""
        return float(model_functions.utility(problem, outcome, agent, self.truth(problem, agent, dimension), rationality))

    def welfare(self, problem: Market, outcome: Outcome) -> float:
        """Welfare, reports taken as true."""
        return model_functions.welfare(problem, outcome)

    def optimum(self, problem: Market) -> float:
        """The greatest welfare, by an exact method."""
        return best(problem).value

    def costs(self, problem: Market, agent: Agent) -> float:
        """A seller's dearest tour."""
        if problem.routes is None or agent[0] == "buyer":
            return 0.0
        table = problem.routes.table(agent[1], problem.demand, int(problem.capacity[agent[1]]))
        return max((tour.cost for tour in table.values()), default=0.0)

    def rounding(self, problem: Market, mechanism: Auction, outcome: Outcome) -> float:
        """What the rule's specification says; 0 for callables."""
        known = _known(mechanism)
        return 0.0 if known is None else known.rounding(problem, outcome)

    def exposure(self, problem: Market, agent: Agent, report: float) -> float:
        """A buyer's: the worth of its demand, and what it overstates; a seller's: the margin to the highest bid, and what it
        understates.
        """
        own = self.truth(problem, agent, "price")
        if agent[0] == "buyer":
            return float(problem.demand[agent[1]] * max(own, report))
        units = min(int(problem.capacity[agent[1]]), int(problem.demand.sum()))
        bids = problem.bid if problem.bid_rows is None else problem.bid_rows
        margin = max(float(bids.max(initial=0.0)) - own, 0.0)
        return units * (margin + max(own - report, 0.0)) + self.costs(problem, agent)

    def values(
        self, problem: Market, mechanism: Auction, agent: Agent, dimension: str
    ) -> Callable[[float], tuple[float, float]]:
        """By the rule's own view of one agent where it has one, else by the whole rule; NaN where ties are refused and met."""
        known = _known(mechanism)
        if known is None:
            at = super().values(problem, mechanism, agent, dimension)
        else:
            at = super().values(problem, known.run, agent, dimension)
            with suppress(NotApplicableError):
                own = known.one_agent(problem, agent)
                at = at if own is None else self._by_one_agent(problem, agent, own)

        def safe(report: float) -> tuple[float, float]:
            try:
                return at(report)
            except TieError:
                return math.nan, math.nan

        return safe

    def _by_one_agent(self, market: Market, agent: Agent, own: OneAgent) -> Callable[[float], tuple[float, float]]:
        truth, sign = self.truth(market, agent, "price"), self.direction(agent, "price")

        def at(report: float) -> tuple[float, float]:
            units, money, stops = own(report)
            utility = sign * (truth * units - float(money))
            return units, utility - _tour(market, agent, stops) if stops else utility

        return at

    def breakpoints(self, problem: Market, mechanism: Auction, agent: Agent, dimension: str) -> NDArray[np.float64] | None:
        """What the rule's specification says; None for callables."""
        known = _known(mechanism)
        return None if known is None else known.breakpoints(problem, agent)

    def traced(self, problem: Market, mechanism: Auction, agent: Agent, dimension: str) -> TracedRule:
        """The rule's own view of one agent where it has one, else the rule itself on a `TracedMarket`."""
        sign = -1 if agent[0] == "buyer" else 1
        known = _known(mechanism)
        own = None if known is None else known.one_agent(problem, agent)
        if own is not None:
            view = own

            def at(report: Traced) -> Dealings:
                units, money, stops = view(report)
                return units, money * sign, _tour(problem, agent, stops)

            return at

        def whole(report: Traced) -> Dealings | None:
            market = TracedMarket.of(problem, agent, report)
            try:
                outcome = run(mechanism, market) if known is None else known.run(market)
            except TieError:
                return None
            model_functions.require_fitting(problem, outcome)
            units = model_functions.quantity(problem, outcome, agent)
            money = outcome.payment[agent[1]] if agent[0] == "buyer" else outcome.reward[agent[1]]
            if isinstance(money, Traced) and money.tracer is not report.tracer:
                report.tracer.refuse("it returns a report of an earlier run")
            affine(money)
            return units, money * sign, _tour(problem, agent, outcome.served_by(agent[1]))

        return whole


def _known(mechanism: Auction) -> Prepared[Any] | None:
    """One of the rules here with its parameters and tie-breaking; None for other callables."""
    if isinstance(mechanism, Rule):
        return mechanism.prepared()
    return prepared(mechanism) if isinstance(mechanism, str) else None


def _tour(market: Market, agent: Agent, stops: Sequence[int]) -> float:
    """What a seller's tour costs."""
    return 0.0 if market.routes is None or agent[0] == "buyer" else market.routes.tour(agent[1], stops)[0]


AUDIT_MODEL = DoubleAuctionModel()
