"""The regret of a rule on one market: the exact one beside the estimate by gradient ascent on misreports."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.audit_model import Mechanism
from edgeworth.core.verdict import Status, Verdict
from edgeworth.mechanisms.auditing import Manipulation, audit
from edgeworth.mechanisms.double_auction.incentives import AUDIT_MODEL
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, quantity

_NEAR = 1e-4
"""Of the range of reports: how far apart the two utilities of a slope are."""


@dataclass(frozen=True, eq=False)
class ExactRegret:
    """The largest ex-post regret of any agent of a rule on one market, exact and estimated.

    Attributes
    ----------
    exact : float
        The supremum over all reports of all agents of what the best report gains over the truth, in money; infinite where it
        grows without end.
    estimated : float
        The largest gain that gradient ascent on misreports met; never above `exact` but for rounding.
    witness : Manipulation or None
        A report that shows the exact regret; None where it is 0.
    estimate : Manipulation or None
        The best report that the ascent met; None where none gained.
    by_agent : dict
        Agent -> its estimated regret.
    verdict : Verdict
        Of the audit. Where its scope is partial, its seconds ended first: `exact` is a lower bound, NaN where nothing gained.
    pieces : int
        Points and pieces of reports that the audit examined.
    """

    exact: float
    estimated: float
    witness: Manipulation[Market] | None
    estimate: Manipulation[Market] | None
    by_agent: dict[Agent, float]
    verdict: Verdict
    pieces: int

    def __str__(self) -> str:
        return f"exact {self.exact:.6g} ({self.verdict.scope}), estimated {self.estimated:.6g}"


def exact_regret(
    rule: Mechanism[Market, Outcome],
    problem: Market,
    *,
    starts: int = 10,
    steps: int = 30,
    rate: float = 0.1,
    seconds: float = 60.0,
    seed: int = 0,
) -> ExactRegret:
    """The true ex-post regret of a rule on a market, beside the estimate that the literature on learned auctions reports.

    Parameters
    ----------
    rule : str, Rule or callable
        A rule by name, a `Rule`, a `NetworkRule`, or a function of your own that can be traced.
    problem : Market
        Its reports are the truth.
    starts, steps : int
        Of the estimate: so many misreports of an agent to start from, at least 1, and steps of ascent from each, >= 0.
    rate : float
        Of the ascent: of the range of reports, a step for a slope of one unit of money a unit traded; > 0.
    seconds : float
        Of the audit.
    seed : int
        Of the first misreports. The same arguments give the same answer, unless the seconds ended the audit.

    Returns
    -------
    ExactRegret

    Raises
    ------
    ValueError, TypeError
        For an argument out of range or of the wrong type, and for a rule that cannot be audited exhaustively, with the cause.

    Notes
    -----
    The ex-post regret of agent a is ``sup_r u_a(r) - u_a(truth)``, all others reporting the truth. A network of ReLUs that
    sorts, compares and adds is piecewise linear in one report. The audit runs it on traced numbers, which gives all its pieces,
    and plays every piece on floats: the supremum over that finite list is exact, up to 1e-9 of what the agent has at stake.

    The estimate is RegretNet's: projected gradient ascent on the misreport from random starts, with slopes by central
    differences, since trades jump. It sees what lies uphill of its starts.

    References
    ----------
    Dütting, Feng, Narasimhan, Parkes and Ravindranath, Optimal auctions through deep learning, J. ACM 71 (2024).

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.generate(preset="unit", buyers=3, sellers=2, seed=1)
    >>> regret = double_auction.exact_regret("k-double-auction", market)
    >>> regret.exact >= regret.estimated, double_auction.exact_regret("mcafee", market).exact
    (True, 0.0)
    """
    if not isinstance(problem, Market):
        validation.reject_type("problem", "must be a Market", problem)
    validation.integer("starts", starts, minimum=1)
    validation.integer("steps", steps, minimum=0)
    validation.real("rate", rate, minimum=0.0, open_minimum=True)
    validation.real("seconds", seconds, minimum=0.0)
    rng = np.random.default_rng(validation.integer("seed", seed, minimum=0))
    found = audit(rule, problem, seconds=seconds)
    honest = AUDIT_MODEL.run(problem, rule)
    best: Manipulation[Market] | None = None
    by_agent: dict[Agent, float] = {}
    for agent in AUDIT_MODEL.agents(problem, "price"):
        units = max(quantity(problem, honest, agent), 1)
        report, gain = _climbed(rule, problem, agent, starts, steps, rate / units, rng)
        by_agent[agent] = gain
        if gain > (0.0 if best is None else best.gain):
            best = Manipulation(problem, agent, "price", AUDIT_MODEL.truth(problem, agent, "price"), report, gain)
    witness = found.truthful.witness if isinstance(found.truthful.witness, Manipulation) else None
    return ExactRegret(
        exact=largest_gain(found.truthful),
        estimated=0.0 if best is None else best.gain,
        witness=witness,
        estimate=best,
        by_agent=by_agent,
        verdict=found.truthful,
        pieces=found.pieces,
    )


def largest_gain(truthful: Verdict) -> float:
    """What an audit of truthfulness says that a report gains at most; NaN where it refuted nothing before its budget ended."""
    if truthful.status is Status.FAILS:
        return float(truthful.violation)
    return 0.0 if truthful.status is Status.HOLDS else math.nan


def _climbed(
    rule: Mechanism[Market, Outcome],
    market: Market,
    agent: Agent,
    starts: int,
    steps: int,
    rate: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The best report that ascent from random starts meets, and its gain over the truth, at least 0."""
    at = AUDIT_MODEL.values(market, rule, agent, "price")
    truth = AUDIT_MODEL.truth(market, agent, "price")
    top = max(2.0 * truth, 1.5 * market.highest_report) or 1.0
    honest = at(truth)[1]
    best = (truth, 0.0)
    for report in rng.uniform(0.0, top, starts).tolist():
        for step in range(steps + 1):
            gain = at(report)[1] - honest
            if gain > best[1]:
                best = (report, gain)
            if step < steps:
                low, high = max(report - _NEAR * top, 0.0), report + _NEAR * top
                slope = (at(high)[1] - at(low)[1]) / (high - low)
                if math.isnan(slope):
                    break  # a tie is refused next to it
                report = min(max(report + rate * top * slope, 0.0), top)
    return best
