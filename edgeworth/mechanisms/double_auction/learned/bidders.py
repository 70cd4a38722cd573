"""Bidders that learn: what a learner finds by misreporting under a rule, beside what an exhaustive audit finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.audit_model import TOLERANCE, Mechanism
from edgeworth.core.verdict import Verdict
from edgeworth.learning.learners.base import Learner
from edgeworth.learning.learners.exp3 import Exp3
from edgeworth.learning.learners.wolf_phc import WolfPhc
from edgeworth.learning.markov import MarkovGame, Session
from edgeworth.learning.play import names
from edgeworth.learning.registry import LEARNERS, is_registered
from edgeworth.mechanisms.auditing import Manipulation, Sampled, audit
from edgeworth.mechanisms.double_auction.incentives import AUDIT_MODEL
from edgeworth.mechanisms.double_auction.learned.regret import largest_gain
from edgeworth.mechanisms.double_auction.model import Agent, Market, Outcome, generate, surplus, welfare

TUNED: dict[str, Learner] = {
    "exp3": Exp3(mixing=0.2),
    "wolf-phc": WolfPhc(rate=0.2, discount=0.0, explore=0.2),
}
"""Learners whose parameters here differ from their defaults: rewards lie in [0, 1], and every report must be tried."""

_WORTH_MOVING = 1e-3
"""Of the spread of an agent's utilities: a learner tells smaller gains from its own noise no longer."""


@dataclass(frozen=True, eq=False)
class LearnedBid:
    """What one agent learned against others who report the truth.

    Attributes
    ----------
    agent : tuple of str and int
        Side and index.
    truth, report : float
        Its true unit price, and the report that it plays most probably in the end.
    gain : float
        Its utility by that report less that by the truth, the others reporting the truth, in money; negative where it lost.
    grid_gain : float
        The same of the best report that it tried: what a learner without errors finds.
    mean_gain : float
        The mean over all rounds played, those that only explored among them, less the utility by the truth.
    reports, policy : ndarray
        Its last grid, and the final probabilities on it; float64 [at most reports].
    """

    agent: Agent
    truth: float
    report: float
    gain: float
    grid_gain: float
    mean_gain: float
    reports: Floats
    policy: Floats


@dataclass(frozen=True, eq=False)
class LearnedBidding:
    """What learning bidders make of a rule on one market, beside what the auditor finds there.

    Attributes
    ----------
    market : Market
        Its reports are the truth.
    bids : tuple of LearnedBid
        One agent at a time learns, all others report the truth.
    gain_found : float
        The largest gain over truthful play that any of them found, played again under the rule; in money, 0 where it is within
        the tolerance of the audit.
    found : Manipulation or None
        That manipulation, which replays; None where none gains.
    gain_exact : float
        The largest gain of any report of any agent by the audit: its supremum, infinite where it grows with the report; NaN
        where the audit refuted nothing before its seconds ended.
    audit : Verdict
        Of truthfulness, with the auditor's witness and its scope: only an exhaustive one makes `gain_exact` exact.
    welfare, revenue : float
        Of the market in which all learn, by the truth: what the trades are worth, and payments less rewards. At the profile
        where learning comes to rest, else the mean over the second half of the passes.
    truthful_welfare, truthful_revenue : float
        The same where all report the truth.
    regret : float
        At the last profile, the most that an agent would earn more by the truth than by its own report; negative where lies
        pay everybody.
    rest : bool
        The last pass changed no report.
    profile : Market
        The market as reported in the end.
    passes : ndarray
        Every agent's report after each pass, buyers first; float64 [passes + 1, agents], the truth in row 0.
    welfares : ndarray
        The welfare after each pass; float64 [passes + 1].
    """

    market: Market
    bids: tuple[LearnedBid, ...]
    gain_found: float
    found: Manipulation[Market] | None
    gain_exact: float
    audit: Verdict
    welfare: float
    revenue: float
    truthful_welfare: float
    truthful_revenue: float
    regret: float
    rest: bool
    profile: Market
    passes: Floats
    welfares: Floats

    @property
    def welfare_lost(self) -> float:
        """The welfare where all report the truth less that where all learn."""
        return self.truthful_welfare - self.welfare

    @property
    def recovered(self) -> float:
        """The gain found over the exact one; 1 where there is none to find, NaN where the audit did not come so far."""
        return 1.0 if self.gain_exact == 0.0 else self.gain_found / self.gain_exact

    def __str__(self) -> str:
        gains = f"found {self.gain_found:.6g} of {self.gain_exact:.6g} ({self.audit.scope})"
        return f"{gains}; welfare {self.welfare:.6g} of {self.truthful_welfare:.6g} by the truth, revenue {self.revenue:.6g}"


def learned_bidders(
    rule: Mechanism[Market, Outcome],
    *,
    problem: Market | None = None,
    preset: str | None = None,
    buyers: int | None = None,
    sellers: int | None = None,
    learner: str | Learner = "exp3",
    rounds: int = 20_000,
    reports: int = 25,
    zooms: int = 1,
    passes: int = 10,
    scope: Literal["exhaustive"] | Sampled = "exhaustive",
    seconds: float | None = None,
    seed: int = 0,
) -> LearnedBidding:
    """Let agents learn what to report under a rule, and compare what they find with the exhaustive audit.

    Parameters
    ----------
    rule : str, Rule or callable
        A rule by name, a `Rule`, or a function of your own from a market to an outcome.
    problem : Market, optional
        The market, its reports the truth.
    preset, buyers, sellers
        What to generate from `seed` where no market is given, as in `generate`; by default ``"multi-unit"``.
    learner : str or Learner
        Who every agent is: the name of a learner that observes its own reward only (``"exp3"``, ``"wolf-phc"``, ...), or one.
    rounds : int
        Rounds that an agent learns for on every grid of reports, at least 1.
    reports : int
        Number of reports that an agent chooses among, odd, at least 3: the truth, half of the others evenly from 0 up to it,
        and half of them evenly beyond it, up to 1.5 times the highest report of the market or twice the truth.
    zooms : int
        So often in a turn an agent learns again, among as many reports between the neighbours of its most probable one, >= 0.
    passes : int
        So many turns every agent has at most where all learn, at least 1.
    scope, seconds
        Of the audit; see `edgeworth.mechanisms.auditing.audit`. A rule that cannot be traced needs ``Sampled(n, seed)``.
    seed : int
        Of the market, where none is given, and of the learners. The same arguments give the same answer.

    Returns
    -------
    LearnedBidding

    Raises
    ------
    ValueError, TypeError
        For an argument out of range or of the wrong type, for a market beside the arguments of `generate`, for a rule that the
        audit refuses, and for a learner that observes its opponents. PPO is none of the learners: with one state and one number
        to report, gradients and a network have nothing to add to a table of reports.

    Notes
    -----
    Two protocols. *One learns*: against others who report the truth each agent plays `rounds` rounds of a bandit whose arms are
    its reports; what it finds are unilateral manipulations, which is what the auditor looks for. *All learn*: beginning at the
    truth the agents take turns; in a turn an agent learns against the others' present reports, then moves to its most probable
    report, but for gains below a thousandth of what its utilities differ by, until a pass changes nothing or the passes end.
    Turns, because a rule in Python takes milliseconds: a turn needs one run a report, and its rounds are played on the stored
    utilities at compiled speed, where learning all at once would meet a new profile, and need a new run, in nearly every round.

    Rewards are utilities by the true type, tours charged, moved and scaled so that those of a grid fill [0, 1]. Who gains
    nothing by moving stays: under a truthful rule learning is at rest at the truth. What pays only in a narrow window of
    reports, next to somebody else's for instance, a grid may miss: the auditor does not.

    References
    ----------
    Auer, Cesa-Bianchi, Freund and Schapire, SIAM J. Computing 32 (2002); Bowling and Veloso, Artificial Intelligence 136
    (2002).

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> out = double_auction.learned_bidders("k-double-auction", preset="unit", buyers=2, sellers=2, rounds=5_000, seed=0)
    >>> out.gain_exact >= out.gain_found > 0.9 * out.gain_exact
    True
    """
    market = _market(problem, preset, buyers, sellers, validation.integer("seed", seed, minimum=0))
    kind = _learner(learner)
    validation.integer("rounds", rounds, minimum=1)
    validation.integer("zooms", zooms, minimum=0)
    validation.integer("passes", passes, minimum=1)
    if validation.integer("reports", reports, minimum=3) % 2 == 0:
        validation.reject("reports", "must be odd", reports)
    honest = AUDIT_MODEL.run(market, rule)
    table = _Turns(rule, market, kind, rounds, reports, zooms, np.random.default_rng(seed))
    verdict = audit(rule, market, scope=scope, seconds=seconds).truthful
    bids = tuple(table.bid(agent) for agent in table.agents)
    found = _largest(rule, market, bids)
    path, outcomes, rest = table.market(passes)
    truth = market.truth()
    welfares = [welfare(market, outcome, truth) for outcome in (honest, *outcomes)]
    kept = slice(len(outcomes) - 1, None) if rest else slice(len(outcomes) // 2, None)
    return LearnedBidding(
        market=market,
        bids=bids,
        gain_found=0.0 if found is None else found.gain,
        found=found,
        gain_exact=largest_gain(verdict),
        audit=verdict,
        welfare=float(np.mean(welfares[1:][kept])),
        revenue=float(np.mean([surplus(outcome) for outcome in outcomes[kept]])),
        truthful_welfare=welfares[0],
        truthful_revenue=surplus(honest),
        regret=table.regret(),
        rest=rest,
        profile=table.profile,
        passes=path,
        welfares=np.array(welfares),
    )


class _Learned(NamedTuple):
    """A turn: the report learned, its utility, the best utility met, the mean one of all rounds, how far utilities lie apart,
    the last grid and the final policy on it."""

    report: float
    utility: float
    best: float
    mean: float
    spread: float
    reports: Floats
    policy: Floats


def _around(low: float, middle: float, high: float, half: int) -> Floats:
    """So many reports evenly on either side of the middle, and the middle."""
    return np.unique(np.concatenate([np.linspace(low, middle, half + 1), np.linspace(middle, high, half + 1)]))


class _Turns:
    """The turns of learners on one market: what an agent's reports are worth against the others' present ones."""

    def __init__(
        self,
        rule: Mechanism[Market, Outcome],
        market: Market,
        learner: Learner,
        rounds: int,
        reports: int,
        zooms: int,
        rng: np.random.Generator,
    ) -> None:
        self.rule, self.truth, self.profile = rule, market, market
        self.learner, self.rounds, self.zooms, self.rng = learner, rounds, zooms, rng
        self.agents = AUDIT_MODEL.agents(market, "price")
        self.half = reports // 2

    def _grid(self, agent: Agent) -> Floats:
        own = AUDIT_MODEL.truth(self.truth, agent, "price")
        top = max(2.0 * own, 1.5 * self.truth.highest_report) or 1.0
        return _around(0.0, own, top, self.half)

    def _utilities(self, agent: Agent, reports: Floats) -> Floats:
        """By the true type, the others reporting what they do now; NaN where a tie is refused."""
        own = AUDIT_MODEL.truth(self.truth, agent, "price")
        at = AUDIT_MODEL.values(self.profile.reported(agent, own), self.rule, agent, "price")
        return np.array([at(report)[1] for report in reports.tolist()])

    def learn(self, agent: Agent) -> _Learned:
        """One turn: on the whole grid, then between the neighbours of the most probable report."""
        reports, stages, spread = self._grid(agent), [], 0.0
        for stage in range(self.zooms + 1):
            utilities = self._utilities(agent, reports)
            reports, utilities = reports[~np.isnan(utilities)], utilities[~np.isnan(utilities)]
            low, width = float(utilities.min()), float(np.ptp(utilities))
            spread = max(spread, width)
            payoffs = (utilities - low) / (width or 1.0)
            session = Session(MarkovGame.repeated(payoffs[None, :]), [self.learner], seed=self.rng)
            session.advance(self.rounds)
            policy = session.policy(0)[0]
            at = int(policy.argmax())
            stages.append((low + width * float(session.totals[0]) / self.rounds, float(utilities.max())))
            if stage < self.zooms:
                reports = _around(reports[max(at - 1, 0)], reports[at], reports[min(at + 1, len(reports) - 1)], self.half)
        means, bests = zip(*stages, strict=True)
        return _Learned(float(reports[at]), float(utilities[at]), max(bests), float(np.mean(means)), spread, reports, policy)

    def bid(self, agent: Agent) -> LearnedBid:
        """What an agent learns against the present reports of the others, which are the truth before `market` is called."""
        done, own = self.learn(agent), AUDIT_MODEL.truth(self.truth, agent, "price")
        honest = float(self._utilities(agent, np.array([own]))[0])
        gain, most, mean = (utility - honest for utility in (done.utility, done.best, done.mean))
        return LearnedBid(agent, own, done.report, gain, most, mean, done.reports, done.policy)

    def market(self, passes: int) -> tuple[Floats, list[Outcome], bool]:
        """All learn in turn: the reports and the outcome after every pass, and whether the last one changed nothing."""
        path, rest = [self._reports()], False
        outcomes: list[Outcome] = []
        while not rest and len(outcomes) < passes:
            for agent in self.agents:
                done = self.learn(agent)
                present = self._utilities(agent, np.array([AUDIT_MODEL.truth(self.profile, agent, "price")]))[0]
                if not done.utility <= present + _WORTH_MOVING * done.spread:
                    self.profile = self.profile.reported(agent, done.report)
            path.append(self._reports())
            outcomes.append(AUDIT_MODEL.run(self.profile, self.rule))
            rest = bool((path[-1] == path[-2]).all())
        return np.array(path), outcomes, rest

    def regret(self) -> float:
        """The most that an agent earned more by the truth, the others at the present reports; 0 in an empty market."""
        worst = [
            self._utilities(
                agent, np.array([AUDIT_MODEL.truth(market, agent, "price") for market in (self.truth, self.profile)])
            )
            for agent in self.agents
        ]
        return max((float(truth - report) for truth, report in worst), default=0.0)

    def _reports(self) -> Floats:
        return np.concatenate([self.profile.bid, self.profile.ask])


def _market(problem: Market | None, preset: str | None, buyers: int | None, sellers: int | None, seed: int) -> Market:
    if problem is None:
        return generate(preset="multi-unit" if preset is None else preset, buyers=buyers, sellers=sellers, seed=seed)
    if not isinstance(problem, Market):
        validation.reject_type("problem", "must be a Market or None", problem)
    for name, value in (("preset", preset), ("buyers", buyers), ("sellers", sellers)):
        if value is not None:
            validation.reject(name, "must not be given beside a problem", value)
    return problem


def _learner(given: str | Learner) -> Learner:
    if isinstance(given, str):
        name = validation.choice("learner", given, names(observable=False))
        return TUNED[name] if name in TUNED else LEARNERS[name]()
    if not is_registered(given):
        validation.reject_type("learner", "must be a learner or the name of one", given)
    if given.observes_opponents:
        validation.reject("learner", "must observe its own reward only", given)
    return given


def _largest(rule: Mechanism[Market, Outcome], market: Market, bids: tuple[LearnedBid, ...]) -> Manipulation[Market] | None:
    """The bid that gains most when the whole rule is run again; None where none gains more than the audit takes for nothing."""
    bid = max(bids, key=lambda bid: bid.gain, default=None)
    if bid is None or not bid.gain > 0.0:
        return None
    at = AUDIT_MODEL.values(market, rule, bid.agent, "price")
    stake = max(AUDIT_MODEL.stake(market, bid.agent, *at(report)) for report in (bid.truth, bid.report))
    gain = Manipulation(market, bid.agent, "price", bid.truth, bid.report, bid.gain).replay(rule)
    return Manipulation(market, bid.agent, "price", bid.truth, bid.report, gain) if gain > TOLERANCE * stake else None
