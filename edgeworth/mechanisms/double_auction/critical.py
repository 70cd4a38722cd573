"""Critical values: the report at which one agent of any rule begins, or stops, to trade."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.audit_model import Mechanism
from edgeworth.core.names import label
from edgeworth.mechanisms.double_auction.incentives import AUDIT_MODEL
from edgeworth.mechanisms.double_auction.model import (
    Agent,
    Market,
    Outcome,
    TieBreak,
)
from edgeworth.mechanisms.double_auction.model.market import LARGEST
from edgeworth.mechanisms.double_auction.rules import Rule, prepared
from edgeworth.mechanisms.double_auction.spec import Prepared, RuleSpec
from edgeworth.mechanisms.double_auction.trading_reports import ReportInterval, Units, report_intervals, units_of


class NotMonotoneWarning(UserWarning):
    """Warned of where an agent that trades at one report does not trade at a better one: it has no one critical value."""


@dataclass(frozen=True)
class CriticalValue:
    """What `critical_value` found of one agent.

    Attributes
    ----------
    value
        A buyer: the infimum of the bids at which it trades, infinite where it never does. A seller: the supremum of the asks
        at which it trades, minus infinity where it never does; where it trades at every ask, infinite by ``"exact"``, and by
        ``"bisection"`` the upper end of the reports tried. Money a unit.
    bracket
        Two reports, low <= high, between which the value lies; infinite where no report tried bounds it. Equal by ``"exact"``.
    iterations
        Halvings by ``"bisection"``, points and intervals of reports by ``"exact"``.
    trades
        ``"some"``: at some reports and not at others; ``"always"``, ``"never"``: at all reports tried, at none of them.
    monotone
        No report was found that does not trade although a worse one (a lower bid, a higher ask) does. By ``"exact"`` there is
        none.
    witness
        Where that fails, two such reports: one that trades, and a better one that does not.
    exact
        All reports >= 0 were examined, not samples of them.
    winning
        By ``"exact"``, all reports at which the agent trades: the ends of intervals in rising order, which may or may not
        belong to them; the last may be infinite. None by ``"bisection"``.
    """

    value: float
    bracket: tuple[float, float]
    iterations: int
    trades: Literal["some", "always", "never"]
    monotone: bool
    witness: tuple[float, float] | None
    exact: bool
    winning: tuple[tuple[float, float], ...] | None = None


@validation.by_name
def critical_value(
    rule: Mechanism[Market, Outcome] | RuleSpec[Any],
    market: Market,
    agent: Agent,
    *,
    method: Literal["bisection", "exact"] = "bisection",
    params: object = None,
    tie_break: str | TieBreak | None = None,
    bracket: tuple[float, float] | None = None,
    iterations: int = 60,
    samples: int = 64,
    seed: int = 0,
) -> CriticalValue:
    """The report at which an agent stops trading under a rule, all others reporting what the market holds.

    Parameters
    ----------
    rule : str, Rule, RuleSpec or callable
        A rule by name or by its specification, either with `params`; a `Rule`; or any function from a market to an outcome.
    market : Market
        The market as reported. The agent's own report matters only as one more report that is tried.
    agent : tuple of str and int
        ``("buyer", i)`` or ``("seller", k)``.
    method : {"bisection", "exact"}
        ``"bisection"``: runs the rule at reports in the bracket, whatever it is made of. ``"exact"``: examines all reports from
        0 on, by the breakpoints derived for a rule or by running it on traced numbers.
    params, tie_break
        As in `run`, for rules by name and by specification.
    bracket : tuple of float, optional
        The lowest and the highest report that a bisection tries, money a unit; default: from 0 to twice the highest report of
        the market and its history, in a routed one and the cost of the dearest tour a unit of the buyer, all that over the
        least positive share of a buyer's row in its mean; at most what a market can hold. A price beyond that, such as
        a reserve of your own, is not seen: then `trades` is ``"never"`` and a bracket of your own is needed.
    iterations : int
        The most halvings of a bisection, >= 1; it ends where no float is left between the ends.
    samples : int
        So many reports are drawn and tried before the first halving, or to hold a traced callable against, >= 0.
    seed : int
        Of the samples.

    Returns
    -------
    CriticalValue
        The value, its bracket, and whether trading is monotone in the report.

    Raises
    ------
    ValueError
        For an argument out of range; `NotApplicableError` for a market that the rule is not made for; and by ``"exact"`` for a
        rule that can neither be traced nor has breakpoints, with the cause.
    TypeError
        For arguments of another type, and for a rule that does not return an `Outcome`.

    Warns
    -----
    NotMonotoneWarning
        Where trading is not monotone in the report, naming the two reports of the `witness`. The value is then the infimum (the
        supremum) all the same, by ``"bisection"`` of the trading reports that were met.

    Notes
    -----
    An agent trades where its units are not 0. For a monotone rule whose losers pay nothing, the critical value of a winner is
    the only payment (reward) a unit that makes the truth a best report (Myerson 1981); units that change with the report need
    his integral instead.

    A bisection first tries the ends of its bracket, the agent's own report and `samples` reports, drawn as the auditor draws
    them: beyond somebody's report, near the truth, at and beside the others' reports; a report outside of the bracket is drawn
    again uniformly in it. Then it halves between the worst trading report met and the next worse one that does not trade; the
    value is the middle of what is left. What no sample shows it does not see: without a witness it says that none was *found*.
    The rule must be a function of the market alone; whether it is, `edgeworth.mechanisms.auditing.audit` examines.

    By ``"exact"`` a callable of your own runs on traced numbers as in an audit, and on floats, once in every interval and at
    the samples, where it must trade as it did traced.

    References
    ----------
    FUSION paper, section IV-C3, step 3 (bisection on the effective report). Myerson, Optimal auction design, Math. Oper. Res.
    6 (1981).

    Examples
    --------
    One buyer, one seller: each loses its trade at the other's report.

    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.Market(bid=[10.0], ask=[1.0])
    >>> double_auction.critical_value("off-aic2", market, ("buyer", 0), method="exact").value
    1.0
    >>> found = double_auction.critical_value(double_auction.Rule("vcg"), market, ("seller", 0))
    >>> found.value, found.monotone, found.witness
    (10.0, True, None)

    A rule of one's own that sells to the lowest bidder above the ask:

    >>> def to_the_lowest(market):
    ...     able = [i for i in range(market.buyers) if market.bid[i] > market.ask[0]]
    ...     winner = min(able, key=lambda i: market.bid[i], default=-1)
    ...     seller = [0 if i == winner else -1 for i in range(market.buyers)]
    ...     return double_auction.Outcome(seller, [0.0] * market.buyers, [0.0])
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", double_auction.NotMonotoneWarning)
    ...     two = double_auction.Market(bid=[10.0, 4.0], ask=[1.0])
    ...     found = double_auction.critical_value(to_the_lowest, two, ("buyer", 0), method="exact")
    >>> found.monotone, found.winning  # trades between the ask and the other bid, where its index wins the tie
    (False, ((1.0, 4.0),))
    """
    known, mechanism = _known(rule, params, tie_break)
    if not isinstance(market, Market):
        validation.reject_type("market", "must be a Market", market)
    _require_agent(market, agent)
    validation.choice("method", method, ("bisection", "exact"))
    validation.integer("iterations", iterations, minimum=1)
    validation.integer("samples", samples, minimum=0)
    validation.integer("seed", seed, minimum=0)
    low, high = _bracket(market, agent) if bracket is None else (_end(bracket, 0), _end(bracket, 1))
    if not low < high:
        validation.reject("bracket", "must be (low, high) with low < high", bracket)
    units = units_of(known, mechanism, market, agent)
    if method == "exact":
        usual = _bracket(market, agent)
        most = _most(market, agent)
        beyond = [report for report in (1e3 * usual[1], 1e6 * usual[1]) if report <= most]
        reports = [*_samples(market, agent, *usual, samples, seed), *beyond]
        found = _exact(report_intervals(known, mechanism, market, agent, units, reports), _sign(agent))
    else:
        reports = [low, high, AUDIT_MODEL.truth(market, agent, "price"), *_samples(market, agent, low, high, samples, seed)]
        found = _bisection(units, [report for report in reports if low <= report <= high], _sign(agent), iterations)
    if found.witness is not None:
        trading, better = found.witness
        text = f"{label(market, *agent)} trades at {trading!r} and not at {better!r}: trading is not monotone in its report"
        warnings.warn(f"{text}, and {found.value!r} is only the outermost report at which it trades", NotMonotoneWarning, 2)
    return found


# --- arguments --------------------------------------------------------------------------------------------------------------


def _known(rule: Any, params: object, tie_break: str | TieBreak | None) -> tuple[Prepared[Any] | None, Any]:
    """A rule of the library with its parameters, or None beside a callable."""
    if isinstance(rule, str):
        return prepared(rule, params, tie_break), None
    if isinstance(rule, RuleSpec):
        return rule.prepared(params, tie_break), None
    if params is not None or tie_break is not None:
        validation.reject("params", "and tie_break are for rules by name or by specification", params)
    if isinstance(rule, Rule):
        return rule.prepared(), None
    if not callable(rule):
        validation.reject_type("rule", "must be a rule's name, a Rule, a RuleSpec or a callable", rule)
    return None, rule


def _require_agent(market: Market, agent: Any) -> None:
    if not isinstance(agent, tuple) or len(agent) != 2:
        validation.reject_type("agent", "must be ('buyer', i) or ('seller', k)", agent)
    side = validation.choice("agent", agent[0], ("buyer", "seller"))
    count = market.buyers if side == "buyer" else market.sellers
    if not 0 <= validation.integer("agent", agent[1]) < count:
        validation.reject("agent", f"must be one of {count} {side}s, from 0", agent[1])


def _end(bracket: Any, place: int) -> float:
    if not isinstance(bracket, tuple | list) or len(bracket) != 2:
        validation.reject_type("bracket", "must be (low, high)", bracket)
    return validation.real("bracket", bracket[place], minimum=0.0)


def _bracket(market: Market, agent: Agent) -> tuple[float, float]:
    """From 0 to twice the report at which every entry of a buyer beats all reports and the dearest tour."""
    routes, (side, index) = market.routes, agent
    tour, share = 0.0, 1.0
    if routes is not None and side == "buyer":
        dearest = float((routes.travel_cost * routes.latest + routes.depreciation).max(initial=0.0))
        tour = dearest / float(market.demand[index])
    if market.bid_rows is not None and side == "buyer" and market.bid[index] > 0.0:
        row = market.bid_rows[index]
        share = float(row[row > 0.0].min() / market.bid[index])
    highest = max(market.highest_report, *(market.history or (0.0,)))
    high = 2.0 * (highest + tour) / share or 1.0
    return 0.0, min(high, _most(market, agent))


def _most(market: Market, agent: Agent) -> float:
    """The highest report of the agent that a market holds: just below what brings the worth of all units to the limit."""
    side, index = agent
    units = float(market.demand.sum(dtype=np.float64)) + float(market.capacity.sum(dtype=np.float64))
    largest = 1.0
    if market.bid_rows is not None and side == "buyer" and market.bid[index] > 0.0:
        largest = float(market.bid_rows[index].max() / market.bid[index])
    return (1.0 - 1e-9) * LARGEST / max(units, 1.0) / max(largest, 1.0)


def _sign(agent: Agent) -> int:
    """1 where higher reports are better ones, -1 where lower ones are."""
    return AUDIT_MODEL.direction(agent, "price")


def _samples(market: Market, agent: Agent, low: float, high: float, count: int, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    drawn = [AUDIT_MODEL.draw_report(market, agent, "price", rng) for _ in range(count)]
    spare = rng.uniform(low, high, count).tolist()
    return [report if low <= report <= high else other for report, other in zip(drawn, spare, strict=True)]


# --- bisection --------------------------------------------------------------------------------------------------------------


def _bisection(units: Units, reports: list[float], sign: int, iterations: int) -> CriticalValue:
    """Worked with x = sign x report, in which a monotone agent trades above some point and not below it."""
    tried = {sign * report: units(report) for report in reports}
    trading = sorted(x for x, traded in tried.items() if traded > 0)
    idle = sorted(x for x, traded in tried.items() if traded == 0)
    lowest, highest = min(reports), max(reports)
    if not trading:
        ends = (highest, math.inf) if sign > 0 else (-math.inf, lowest)
        return CriticalValue(sign * math.inf, ends, 0, "never", True, None, False)
    better = [x for x in idle if x > trading[0]]
    witness = (sign * trading[0] + 0.0, sign * better[-1] + 0.0) if better else None  # + 0.0: no negative zero
    worse = [x for x in idle if x < trading[0]]
    if not worse:
        value, ends = (lowest, (0.0, lowest)) if sign > 0 else (highest, (highest, math.inf))
        return CriticalValue(value, ends, 0, "some" if idle else "always", witness is None, witness, False)
    low, high = worse[-1], trading[0]
    done = 0
    while done < iterations and low < (middle := (low + high) / 2.0) < high:
        low, high = (low, middle) if units(sign * middle) > 0 else (middle, high)
        done += 1
    ends = (low, high) if sign > 0 else (-high, -low + 0.0)
    return CriticalValue((ends[0] + ends[1]) / 2.0, ends, done, "some", witness is None, witness, False)


# --- all reports ------------------------------------------------------------------------------------------------------------


def _exact(found: list[ReportInterval], sign: int) -> CriticalValue:
    winning: list[list[float]] = []
    apart = True
    for piece in found:
        if piece.units > 0:
            if apart:
                winning.append([piece.lower, piece.upper])
            winning[-1][1] = piece.upper
            apart = False
        elif piece.units == 0:
            apart = True
    ordered = found if sign > 0 else found[::-1]
    first = next((place for place, piece in enumerate(ordered) if piece.units > 0), None)
    idle = [piece for piece in ordered if piece.units == 0]
    if first is None:
        value, witness = math.inf * sign, None
    else:
        value = ordered[first].lower if sign > 0 else ordered[first].upper
        better = [piece.inside for piece in ordered[first:] if piece.units == 0]
        witness = (ordered[first].inside, better[-1]) if better else None
    trades: Literal["some", "always", "never"] = "never" if first is None else "some" if idle else "always"
    ends = tuple((low, high) for low, high in winning)
    return CriticalValue(value, (value, value), len(found), trades, witness is None, witness, True, ends)
