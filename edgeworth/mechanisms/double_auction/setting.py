"""What the auditor asks of a family of mechanisms, answered for double auctions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.traced import NotTraceableError, Traced, TracedFloat, affine, exact
from edgeworth.mechanisms.double_auction import rules
from edgeworth.mechanisms.double_auction.exact import best
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, TieBreak, TieError
from edgeworth.mechanisms.double_auction.model import functions as model_functions
from edgeworth.mechanisms.double_auction.rules import off_aic2, unit, vcg

Own = Callable[[Any], tuple[Any, Any, Any] | None]
DIMENSIONS = LINEAR = ("price",)
MECHANISMS: tuple[str, ...] = tuple(rules.RULES)
_TRACED = ("off-aic2", "off-aic2-myerson", "pay-as-report")


def agents(market: Market, dimension: str) -> list[Agent]:
    """All buyers and sellers."""
    return [("buyer", i) for i in range(market.buyers)] + [("seller", k) for k in range(market.sellers)]


def truth(market: Market, agent: Agent, dimension: str) -> float:
    """The report, taken as the truth."""
    return float((market.bid if agent[0] == "buyer" else market.ask)[agent[1]])


def reported(market: Market, agent: Agent, dimension: str, report: float) -> Market:
    """The market under another report."""
    return market.reported(agent, report)


def deviations(market: Market, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
    """One report to try: up to beyond somebody's report, close to the truth, or at and beside somebody's report."""
    own = truth(market, agent, dimension)
    others = np.concatenate([market.bid, market.ask])
    other = float(others[rng.integers(len(others))])  # not the largest of all: a dummy's would leave nothing near the others
    way = rng.integers(3)
    if way == 0:
        return float(rng.uniform(0.0, 1.5 * max(own, other)))
    if way == 1:
        return float(own * np.exp(rng.normal(0.0, 0.2)))
    return float(other * (1.0 + rng.choice([-1e-6, 0.0, 1e-6])))


def run(mechanism: Any, market: Market) -> Outcome:
    """The outcome of a rule by name, or of a callable."""
    return rules.run(mechanism, market)


def quantity(market: Market, outcome: Outcome, agent: Agent) -> float:
    """Units traded, counted so that more of them goes with a better offer: demand falls and supply rises in the price."""
    return float(model_functions.quantity(market, outcome, agent))


def direction(agent: Agent, dimension: str) -> int:
    """+1 where a monotone rule gives more to a higher report (buyers), -1 where less (sellers)."""
    return 1 if agent[0] == "buyer" else -1


def utility(market: Market, outcome: Outcome, agent: Agent, dimension: str, rationality: str) -> float:
    """The agent's utility when `market` holds the truth and `outcome` came of perhaps another report."""
    kind: Any = rationality
    return float(model_functions.utility(market, outcome, agent, truth(market, agent, dimension), kind))


def surplus(market: Market, outcome: Outcome) -> float:
    """What the auctioneer keeps."""
    return model_functions.surplus(outcome)


def welfare(market: Market, outcome: Outcome) -> float:
    """Welfare, reports taken as true."""
    return model_functions.welfare(market, outcome)


def optimum(market: Market) -> float:
    """The greatest welfare."""
    return best(market).value


def turnover(market: Market, outcome: Outcome) -> float:
    """All money that changes hands."""
    return math.fsum(abs(float(money)) for money in (*outcome.payment, *outcome.reward))


def costs(market: Market, agent: Agent) -> float:
    """The most that the agent may have to bear besides its type: its dearest tour."""
    if market.routes is None or agent[0] == "buyer":
        return 0.0
    table = market.routes.table(agent[1], market.demand, int(market.capacity[agent[1]]))
    return max((tour.cost for tour in table.values()), default=0.0)


def rounding(mechanism: Any, market: Market, outcome: Outcome) -> float:
    """The rules built on an exact maximum pay by differences of welfare: a few units in the last place of the whole."""
    known = _known(mechanism)
    if known is None or known[1].function not in (rules.run_vcg, rules.run_procurement) or (market.unit and known[0] == "vcg"):
        return 0.0
    return 16.0 * float(np.finfo(np.float64).eps) * max(turnover(market, outcome), abs(welfare(market, outcome)))


def exposure(market: Market, agent: Agent, report: float) -> float:
    """A buyer's: the worth of his demand, and what he overstates; a seller's: the margin to the highest bid, and what it
    understates.
    """
    own = truth(market, agent, "price")
    if agent[0] == "buyer":
        return float(market.demand[agent[1]] * max(own, report))
    units = min(int(market.capacity[agent[1]]), int(market.demand.sum()))
    margin = max(float(market.bid.max(initial=0.0)) - own, 0.0)
    return units * (margin + max(own - report, 0.0)) + costs(market, agent)


def _known(mechanism: Any) -> tuple[str, rules.RuleRow, Any, TieBreak] | None:
    """Name, row, parameters and tie-breaking of one of our rules; None for others."""
    if isinstance(mechanism, str):
        return (mechanism, *rules.prepared(mechanism))
    if isinstance(mechanism, rules.Rule):
        return (mechanism.name, *rules.prepared(mechanism.name, mechanism.params, mechanism.tie_break))
    return None


class TracedMarket(Market):
    """A `Market` one of whose reports is a traced number: what a rule sees while it is traced.

    ``bid`` and ``ask`` are read-only object arrays, all but one entry floats; plain Python and plain NumPy work on them as on
    the float arrays they stand for. What would turn them into text, files or floats is refused.
    """

    def __post_init__(self) -> None:
        def store(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        for name in ("bid", "ask"):
            given: Any = list(getattr(self, name))
            kept = np.empty(len(given), dtype=object)
            kept[:] = [value if isinstance(value, Traced) else np.float64(value) for value in given]
            kept.setflags(write=False)
            store(name, kept)
        for name, length in (("demand", self.buyers), ("capacity", self.sellers)):
            given = np.ones(length, dtype=np.int64) if getattr(self, name) is None else getattr(self, name)
            store(name, validation.array(name, given, np.int64, (length,), minimum=0))

    def reported(self, agent: Agent, report: Any) -> Market:
        """The market in which that agent reports another unit price, which may be traced too."""
        side, index = agent
        values = list(self.bid if side == "buyer" else self.ask)
        values[index] = report
        return self._with(side, values)

    def _with(self, side: str, values: Any) -> Market:
        bid, ask = (values, self.ask) if side == "buyer" else (self.bid, values)
        return TracedMarket(bid, ask, self.demand, self.capacity, self.routes, self.history, self.provenance)

    def _refuse(self, asked: str) -> Any:
        for value in (*self.bid, *self.ask):
            if isinstance(value, Traced):
                value.tracer.refuse(f"{asked} of a market was asked for, which depends on a report's digits")
        raise NotTraceableError(f"{asked} of a traced market")

    @property
    def hash(self) -> Any:
        """Refused."""
        return self._refuse("the hash")

    def to_payload(self) -> Any:
        """Refused."""
        return self._refuse("the payload")

    def truth(self) -> Any:
        """Refused."""
        return self._refuse("the truth")

    def exact(self, agent: Agent | None = None, report: Any = None) -> Any:
        """Refused."""
        return self._refuse("the exact form")


def _seen(market: Market, agent: Agent, report: Any) -> TracedMarket:
    """The market as a rule under trace sees it."""
    side, index = agent
    bid: Any = list(market.bid)
    ask: Any = list(market.ask)
    (bid if side == "buyer" else ask)[index] = TracedFloat(report.a, report.b, report.tracer, report.unit)
    return TracedMarket(bid, ask, market.demand, market.capacity, market.routes, market.history, market.provenance)


def own_values(mechanism: Any, market: Market, agent: Agent, dimension: str) -> Callable[[float], tuple[float, float]]:
    """report -> (units, utility) of one agent by the mechanism itself; for the classic rules without packing whole outcomes.

    NaN where ties are refused and met: there is no outcome then.
    """

    def refused(at: Callable[[float], tuple[float, float]]) -> Callable[[float], tuple[float, float]]:
        def safe(report: float) -> tuple[float, float]:
            try:
                return at(report)
            except TieError:
                return math.nan, math.nan

        return safe

    known = _known(mechanism)
    if known is not None and market.unit and known[0] in unit.CLEARINGS:
        name, _, params, tie = known
        inner = unit.own(name, market, agent, tie, getattr(params, "k", 0.5))
        worth = truth(market, agent, dimension) * direction(agent, dimension)

        def classic(report: float) -> tuple[float, float]:
            units, money = inner(report)
            return units, worth * units + money

        return refused(classic)

    if known is not None and known[0] in _TRACED and off_aic2.Auction(market.exact(), known[2], known[3]).exact_pricing:
        name, _, params, tie = known
        exactly = off_aic2.own_off_aic2(name, market, agent, params, tie)
        sign = direction(agent, dimension)

        def priced(report: float) -> tuple[float, float]:
            units, money, stops = exactly(exact(report))
            tour = market.routes.tour(agent[1], stops)[0] if market.routes is not None and sign < 0 else 0.0
            return units, sign * (truth(market, agent, dimension) * units - float(money)) - tour

        return refused(priced)

    def general(report: float) -> tuple[float, float]:
        outcome = run(mechanism, market.reported(agent, report))
        return quantity(market, outcome, agent), utility(market, outcome, agent, dimension, "utility")

    return refused(general)


def own_breakpoints(mechanism: Any, market: Market, agent: Agent, dimension: str) -> Any:
    """Derived breakpoints of a rule by name in one report, float64, a superset; None where there is no such derivation."""
    known = _known(mechanism)
    if known is None:
        return None
    name, row, params, tie = known
    if market.unit and name in unit.CLEARINGS:
        return unit.breakpoints(name, market, agent)
    if (
        row.function is rules.run_pivot_reduction
    ):  # reports are compared with each other only, and who sets a price does not trade
        side, index = agent
        bid = np.delete(market.bid, index) if side == "buyer" else market.bid
        ask = np.delete(market.ask, index) if side == "seller" else market.ask
        return np.unique(np.concatenate([bid, ask]))
    if row.function is rules.run_vcg or row.function is rules.run_procurement:
        return vcg.breakpoints(name, market, agent, params, tie)
    return None


def own_function(mechanism: Any, market: Market, agent: Agent, dimension: str) -> Own:
    """report -> (units, money that the agent receives, cost of its tour), to be run on traced numbers; None: a tie refused."""
    sign = -1 if agent[0] == "buyer" else 1
    routes = market.routes

    def tour(stops: Any) -> float:
        return 0.0 if routes is None or agent[0] == "buyer" else routes.tour(agent[1], stops)[0]

    known = _known(mechanism)
    if known is not None:
        name, _, params, tie = known
        if name not in _TRACED:
            validation.reject("mechanism", "cannot be traced on this market", name)
        inner = off_aic2.own_off_aic2(name, market, agent, params, tie)

        def named(report: Any) -> tuple[Any, Any, Any]:
            units, money, stops = inner(report)
            return units, money * sign, tour(stops)

        return named

    def traced(report: Any) -> tuple[Any, Any, Any] | None:
        try:
            outcome = mechanism(_seen(market, agent, report))
        except TieError:
            return None
        if not isinstance(outcome, Outcome):
            validation.reject_type("mechanism", "must return an Outcome", outcome)
        model_functions.require_fitting(market, outcome)
        units = model_functions.quantity(market, outcome, agent)
        money = outcome.payment[agent[1]] if agent[0] == "buyer" else outcome.reward[agent[1]]
        if isinstance(money, Traced) and money.tracer is not report.tracer:
            report.tracer.refuse("it returns a report of an earlier run")
        affine(money)
        return units, money * sign, tour(outcome.served_by(agent[1])) if agent[0] == "seller" else 0.0

    return traced


def own_gain(market: Market, agent: Agent, dimension: str, units: Any) -> Any:
    """What the units are worth to the agent by the truth: exact."""
    worth = exact(truth(market, agent, dimension)) * exact(units)
    return worth if agent[0] == "buyer" else -worth
