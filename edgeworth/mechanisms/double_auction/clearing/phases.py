"""The three phases of Off-AIC2 as the FUSION paper prints them (section IV-C3, Algorithm 2), in all the readings that its text
leaves open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.traced import Interval, Number, Rational, Traced, boundary_above, boundary_below, exact, sweep
from edgeworth.mechanisms.double_auction.clearing import unit_phases
from edgeworth.mechanisms.double_auction.clearing.choosers import chooser_of
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.clearing.unit import other_reports
from edgeworth.mechanisms.double_auction.exact import outcome_of
from edgeworth.mechanisms.double_auction.model import (
    Agent,
    ExactMarket,
    Market,
    NotApplicableError,
    Outcome,
    TieBreak,
)
from edgeworth.mechanisms.double_auction.spec import Dealt, OneAgent, RuleSpec

SellerPricing: TypeAlias = Literal["critical", "myerson", "report"]
"""How sellers are paid: their critical ask, Myerson's integral, or what they asked for (buyers pay their bids then)."""


Lists = tuple[tuple[int, ...], tuple[int, ...]]
Sweeps = dict[tuple[Agent, Lists | None], tuple[int, list[Interval[int]]]]
"""Units of agents as functions of their effective reports, each with the scale of the auction that swept them."""


class Auction:
    """One market under Off-AIC2, in integers: every report is a dyadic fraction, so a power of two makes all of them whole."""

    def __init__(self, market: ExactMarket, params: OffAic2, tie: TieBreak) -> None:
        self.params, self.tie = params, tie
        plain = [x for x in (*market.bid, *market.ask) if not isinstance(x, Traced)]
        digits = [Fraction(x).denominator for x in plain]
        self.scale = max(math.lcm(1, *digits), 1 << 60)
        self.bid = [self._scaled(x) for x in market.bid]
        self.ask = [self._scaled(x) for x in market.ask]
        self.market = market
        self.chooser = chooser_of(params.chooser, params.objective, market, self.scale, params.seed, params.colony)
        self.rank = (tie.ranks("buyer", market.bid).tolist(), tie.ranks("seller", market.ask).tolist())
        self.sweeps: Sweeps = {}
        exact_pricing = params.pricing == "exact" or (params.pricing == "auto" and self.chooser.exact)
        if exact_pricing and not self.chooser.exact:
            validation.reject("pricing", "'exact' needs an exact chooser", params.chooser)
        self.exact_pricing = exact_pricing

    def _scaled(self, x: Rational) -> Rational:
        y = x * self.scale
        return int(y) if not isinstance(y, Traced) and y.denominator == 1 else y

    # --- the three phases -------------------------------------------------------------------------------------------------

    def phase1(self, bid: Sequence[Rational], ask: Sequence[Rational]) -> Lists:
        """The first i* buyers by bid and the first k* sellers by ask."""
        market = self.market
        buyers = sorted(range(len(bid)), key=lambda i: (-bid[i], self.rank[0][i]))
        sellers = sorted(range(len(ask)), key=lambda k: (ask[k], self.rank[1][k]))
        wanted = [0]
        for i in buyers:
            wanted.append(wanted[-1] + market.demand[i])
        room = [0]
        for k in sellers:
            room.append(room[-1] + market.capacity[k])
        best, found = -1, (0, 0)
        for i in range(len(buyers), 0, -1):  # for each i the largest k that the prices allow has the most room
            k = next((k for k in range(len(sellers), 0, -1) if ask[sellers[k - 1]] <= bid[buyers[i - 1]]), 0)
            if not k or room[k] < wanted[i]:
                continue
            key = {"buyers": i, "sellers": k, "sum": i + k, "covering": i}[self.params.pivot]
            if self.params.pivot == "covering":
                k = next(few for few in range(1, k + 1) if room[few] >= wanted[i])
            if key > best:
                best, found = key, (i, k)
        return tuple(buyers[: found[0]]), tuple(sellers[: found[1]])

    def phase2(self, bid: Sequence[Rational], ask: Sequence[Rational], lists: Lists) -> dict[int, tuple[int, ...]]:
        """The buyers of every seller that serves some, in the order of its tour."""
        return {k: stops for k, stops in self._choices(bid, ask, lists) if stops}

    def _choices(self, bid: Sequence[Rational], ask: Sequence[Rational], lists: Lists) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Seller after seller, and the buyers it takes."""
        open_ = list(lists[0])
        offers, worth = self._offers(bid, 0)
        for k in lists[1]:
            if self.market.spread is not None:
                offers, worth = self._offers(bid, k)
            candidates = [i for i in open_ if offers[i] > ask[k]]
            stops = self.chooser.choose(k, candidates, worth, ask[k]) if candidates else ()
            yield k, stops
            open_ = [i for i in open_ if i not in stops]

    def _offers(self, bid: Sequence[Rational], k: int) -> tuple[Sequence[Rational], list[Rational]]:
        """What every buyer bids to a seller, a unit and in all: its entry b_ik where there are rows, else its bid."""
        offers = bid if self.market.spread is None else [self._offer(i, k, b) for i, b in enumerate(bid)]
        return offers, [b * q for b, q in zip(offers, self.market.demand, strict=True)]

    def _offer(self, i: int, k: int, bid: Rational) -> Rational:
        """What a buyer of that (mean) bid bids to a seller."""
        return bid if self.market.spread is None else bid * self.market.spread[i][k]

    def under(self, agent: Agent, lists: Lists) -> Callable[[Rational], Iterator[tuple[int, tuple[int, ...]]]]:
        """The choices of the sellers as a function of one agent's effective report, by the re-run chosen."""
        side, index = agent

        def run(report: Rational) -> Iterator[tuple[int, tuple[int, ...]]]:
            bid, ask = list(self.bid), list(self.ask)
            (bid if side == "buyer" else ask)[index] = report
            return self._choices(bid, ask, lists if self.params.rerun == "phase2" else self.phase1(bid, ask))

        return run

    def units(self, agent: Agent, served: dict[int, tuple[int, ...]]) -> int:
        """Units that an agent trades."""
        if agent[0] == "buyer":
            return self.market.demand[agent[1]] if any(agent[1] in stops for stops in served.values()) else 0
        return sum(self.market.demand[i] for i in served.get(agent[1], ()))

    # --- phase 3 ----------------------------------------------------------------------------------------------------------

    def _intervals(self, agent: Agent, lists: Lists) -> list[Interval[int]]:
        """Units as a function of the effective report, over all of it; kept: it does not depend on the report itself."""
        key = (agent, lists if self.params.rerun == "phase2" else None)
        if key not in self.sweeps:
            run = self.under(agent, lists)
            self.sweeps[key] = self.scale, list(sweep(lambda report: self.units(agent, dict(run(report))), 0))
        scale, found = self.sweeps[key]
        if scale == self.scale:
            return found
        ratio = Fraction(self.scale, scale)  # a float with more digits after the point has a scale of its own
        return [Interval(each.lower * ratio, None if each.upper is None else each.upper * ratio, each.answer) for each in found]

    def critical(self, agent: Agent, lists: Lists, limit: Rational) -> Rational:
        """The end of the interval of winning reports around the agent's own: downwards for buyers, upwards for sellers."""
        side, index = agent
        report = (self.bid if side == "buyer" else self.ask)[index]
        if isinstance(report, Traced):
            return self._traced_critical(agent, lists, report, limit)
        run = self.under(agent, lists)

        def wins(value: Rational) -> bool:
            for k, stops in run(value):  # what later sellers do changes nothing
                if (index in stops) if side == "buyer" else k == index:
                    return bool(stops)
            return False

        if not self.exact_pricing:
            return self._bisect(wins, report, limit)
        if side == "buyer":
            return boundary_below(wins, report, min(limit, report))
        edge = boundary_above(wins, report, exact(limit))
        return limit if edge is None else edge

    def _bisect(self, wins: Callable[[Rational], bool], winner: Rational, loser: Rational) -> Rational:
        """Halve the bracket, the winner at one end; the other end itself is tried first."""
        if wins(loser):
            return loser
        for _ in range(self.params.iterations):
            middle = (winner + loser) // 2
            if middle in (winner, loser):
                break
            if wins(middle):
                winner = middle
            else:
                loser = middle
        return winner

    def _traced_critical(self, agent: Agent, lists: Lists, report: Traced, limit: Rational) -> Rational:
        intervals = self._intervals(agent, lists)
        at = next(j for j, interval in enumerate(intervals) if _holds(interval, report))
        step = -1 if agent[0] == "buyer" else 1
        while 0 <= at + step < len(intervals) and intervals[at + step].answer:
            at += step
        if step < 0:
            return intervals[at].lower
        edge = intervals[at].upper
        return limit if edge is None else _smaller(edge, limit)

    def _highest(self) -> Rational:
        """The highest report, entries of rows included, but for a traced one."""
        sellers = range(len(self.ask) if self.market.spread is not None else 1)
        offers = [self._offer(i, k, b) for i, b in enumerate(self.bid) for k in sellers if not isinstance(b, Traced)]
        return max([*offers, *(x for x in self.ask if not isinstance(x, Traced))], default=0)

    def _upper(self, k: int) -> Rational:
        """Where a seller's search ends."""
        if self.params.band != "market" or self.params.upper == "report":
            return self._highest()
        highest = self.ask[k]
        for ask in self.ask:
            highest = _larger(highest, ask)
        return highest

    def pays(self, i: int, k: int, lists: Lists) -> Rational:
        """A buyer's unit price."""
        low: Rational = 0
        if self.params.band != "market":
            low = self.ask[k] if self.params.band == "pair" else self.bid[lists[0][-1]]
        low = _smaller(low, self.bid[i])  # with rows an ask below b_ik may be above the mean
        return _larger(self.critical(("buyer", i), lists, low), low)

    def gets(self, k: int, stops: tuple[int, ...], lists: Lists) -> Rational:
        """A seller's reward in all."""
        critical = self.critical(("seller", k), lists, self._upper(k))
        if self.params.band == "pivot":
            critical = _smaller(critical, self.ask[lists[1][-1]])
        total: Rational = 0
        for i in stops:
            price = _smaller(critical, self._offer(i, k, self.bid[i])) if self.params.band == "pair" else critical
            total = total + price * self.market.demand[i]
        return total

    def myerson(self, k: int, stops: tuple[int, ...], lists: Lists) -> Rational:
        """``a_k q_k(a_k)`` plus the integral of ``q_k`` over all asks above a_k."""
        agent, ask = ("seller", k), self.ask[k]
        intervals = self._intervals(agent, lists)
        total: Rational = ask * sum(self.market.demand[i] for i in stops)
        for interval in intervals:
            if interval.is_point or not interval.answer:
                continue
            upper = interval.upper if interval.upper is not None else self._highest()
            if upper <= ask:
                continue
            total = total + (upper - _larger(ask, interval.lower)) * interval.answer
        return total

    def rule(self, pricing: SellerPricing) -> tuple[dict[int, tuple[int, ...]], Callable[[Agent], Rational]]:
        """The trades, and a function agent -> money (scaled), by the pricing of the seller side."""
        lists = self.phase1(self.bid, self.ask)
        served = self.phase2(self.bid, self.ask, lists)
        home = {i: k for k, stops in served.items() for i in stops}

        def money(agent: Agent) -> Rational:
            side, index = agent
            if self.units(agent, served) == 0:
                return 0
            if side == "buyer":
                price = self.bid[index] if pricing == "report" else self.pays(index, home[index], lists)
                return price * self.market.demand[index]
            if pricing == "report":
                return self.ask[index] * self.units(agent, served)
            if pricing == "myerson":
                return self.myerson(index, served[index], lists)
            return self.gets(index, served[index], lists)

        return served, money


def _holds(interval: Interval[int], t: Traced) -> bool:
    if interval.is_point:
        return t == interval.lower
    return t > interval.lower and (interval.upper is None or t < interval.upper)


def _larger(one: Rational, two: Rational) -> Rational:
    return two if two > one else one


def _smaller(one: Rational, two: Rational) -> Rational:
    return two if two < one else one


def run_phases(market: Market, params: OffAic2, tie: TieBreak, pricing: SellerPricing) -> Outcome:
    """The outcome. Exact choosers are computed in whole numbers, nothing is rounded before the outcome itself."""
    if unit_phases.prices(market, params, pricing):
        return unit_phases.outcome(market, params, tie, pricing)
    auction = Auction(market.exact(), params, tie)
    served, money = auction.rule(pricing)
    stops = [served.get(k, ()) for k in range(market.sellers)]
    payment = [float(Fraction(exact(money(("buyer", i)))) / auction.scale) for i in range(market.buyers)]
    reward = [float(Fraction(exact(money(("seller", k)))) / auction.scale) for k in range(market.sellers)]
    return outcome_of(market, stops, payment, reward, tie.name)


def one_agent(market: Market, agent: Agent, params: OffAic2, tie: TieBreak, pricing: SellerPricing) -> OneAgent:
    """One agent's part of the same, in exact or traced numbers, for exact choosers and exact prices.

    The effective reports of phase 3 replace the agent's own, so their sweeps do not depend on it and are shared by all reports.
    Where prices are closed, floats are answered by them (see `unit_phases`).

    Raises
    ------
    NotApplicableError
        Where the chooser or the pricing is not exact.
    """
    closed = unit_phases.View(market, agent, tie, params.pivot) if unit_phases.prices(market, params, pricing) else None
    if closed is None and not Auction(market.exact(), params, tie).exact_pricing:
        raise NotApplicableError(
            "scope: 'exhaustive' needs an exact chooser and exact pricing; use Sampled(n, seed), or --sampled N; "
            f"got {params.chooser!r}"
        )
    shared: Sweeps = {}

    def at(report: Number) -> Dealt:
        if closed is not None and issubclass(type(report), float):  # a traced number may pass for one
            return closed.dealt(float(report), params, pricing)
        number = report if isinstance(report, Traced) else exact(report)
        auction = Auction(market.exact(agent, number), params, tie)
        auction.sweeps = shared
        served, money = auction.rule(pricing)
        paid = money(agent)
        stops = served.get(agent[1], ()) if agent[0] == "seller" else ()
        return Dealt(auction.units(agent, served), paid * Fraction(1, auction.scale), stops)

    return at


def units_of(market: Market, agent: Agent, params: OffAic2, tie: TieBreak) -> Callable[[Number], int]:
    """The units of one agent as a function of its report, by phases 1 and 2 alone."""
    closed = unit_phases.View(market, agent, tie, params.pivot) if unit_phases.clears(market, params) else None

    def at(report: Number) -> int:
        if closed is not None and issubclass(type(report), float):  # a traced number may pass for one
            return closed.units(float(report))
        number = report if isinstance(report, Traced) else exact(report)
        auction = Auction(market.exact(agent, number), params, tie)
        lists = auction.phase1(auction.bid, auction.ask)
        return auction.units(agent, auction.phase2(auction.bid, auction.ask, lists))

    return at


def phases_rule(
    name: str, run: Callable[[Market, OffAic2, TieBreak], Outcome], pricing: SellerPricing, *, guarantee: str, reference: str
) -> RuleSpec[OffAic2]:
    """The specification of a rule that is Off-AIC2 with some pricing of the seller side."""

    def own(market: Market, agent: Agent, params: OffAic2, tie: TieBreak) -> OneAgent:
        return one_agent(market, agent, params, tie, pricing)

    def breakpoints(market: Market, agent: Agent, params: OffAic2, tie: TieBreak) -> NDArray[np.float64] | None:
        return other_reports(market, agent) if unit_phases.prices(market, params, pricing) else None

    return RuleSpec(name, run, OffAic2, guarantee, reference, breakpoints, own, units=units_of, rows=True)
