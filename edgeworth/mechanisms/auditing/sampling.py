"""Sampled reports: once each for a deterministic mechanism, by a sequential test for a randomised one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.audit_model import TOLERANCE, P, S
from edgeworth.core.verdict import Scope, Status, Verdict
from edgeworth.mechanisms.auditing.determinism import draw_from, draws
from edgeworth.mechanisms.auditing.judge import Case, Incentives
from edgeworth.mechanisms.auditing.pieces import Piece, Subject
from edgeworth.mechanisms.auditing.witness import Manipulation

RARE = 0.02
"""A randomised mechanism is called truthful only if gains in so large a part of its draws would have been seen."""

_STAKES = np.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.8])
"""Shares of the capital that the tests bet, in equal parts."""


@dataclass(frozen=True)
class Sampled:
    """The scope of an audit that tries random reports instead of all of them.

    Attributes
    ----------
    n
        Random reports an agent and dimension.
    seed
        Where they are drawn from.
    repetitions
        For a randomised mechanism: so often each report is played against the truth, both with the same draws of the global
        generators, and the expected gain is tested.
    level
        The probability, at most, that the whole audit calls a truthful randomised mechanism manipulable; in (0, .5].

    Raises
    ------
    ValueError, TypeError
        For numbers out of range.

    Notes
    -----
    The level holds for mechanisms at which nobody who reports the truth loses or is paid above the highest bid, and nobody pays
    more, or gets less, than he reported: that bounds what a report can gain or lose (`AuditModel.exposure`).

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> from edgeworth.mechanisms.auditing import Sampled, audit
    >>> found = audit("k-double-auction", double_auction.Market(bid=[9.0, 4.0], ask=[1.0]), scope=Sampled(20, seed=1))
    >>> str(found.truthful.status), str(found.truthful.scope)
    ('fails', 'sampled: 20, seed 1')
    """

    n: int
    seed: int = 0
    repetitions: int = 1
    level: float = 0.05

    def __post_init__(self) -> None:
        validation.integer("n", self.n, minimum=1)
        validation.integer("seed", self.seed, minimum=0)
        validation.integer("repetitions", self.repetitions, minimum=1)
        validation.real("level", self.level, minimum=0.0, maximum=0.5, open_minimum=True)


def once_each(case: Case[P, S], scope: Sampled, dimensions: tuple[str, ...], seconds: float) -> Incentives:
    """Every sampled report once, the truth among them."""
    rng = np.random.default_rng(scope.seed)
    ends = time.perf_counter() + seconds
    cuts: list[str] = []

    def examined() -> Iterator[tuple[Subject[P, S], list[Piece]]]:
        for subject in case.subjects(dimensions):
            drawn = [subject.draw_report(rng) for _ in range(scope.n)]
            found: list[Piece] = []
            for report in sorted({*drawn, subject.truth}):
                if time.perf_counter() > ends:
                    cuts.append(f"{seconds:g} s")
                    break
                found += subject.point(report)
            yield subject, found

    return case.judged(
        dimensions,
        examined(),
        lambda count: Scope("sampled", scope.n, scope.seed, "cut short" if cuts else ""),
        lambda: cuts[:1],
    )


def interval(gains: NDArray[np.float64], bound: float, level: float) -> tuple[float, float]:
    """A confidence interval for the mean of independent draws that lie within +-bound, at confidence 1 - 2 level.

    Waudby-Smith and Ramdas (2024): who bets against "the mean is m" with capital 1 has a capital of expectation at most 1 if it
    is true; all m at which it passes 1 / level are excluded. Exact for every number of draws and every distribution.
    """
    if bound <= 0.0:
        return 0.0, 0.0
    if not np.isfinite(bound):
        return -np.inf, np.inf

    def end(draws: NDArray[np.float64]) -> float:
        low, high = -bound, float(draws.mean())
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if _capital(draws, middle, bound) >= 1.0 / level else (low, middle)
        return low

    return end(gains), -end(-gains)


def _capital(draws: NDArray[np.float64], mean: float, bound: float) -> float:
    """Mean capital, over the shares bet, of who bets that the expectation is above `mean`."""
    won = np.maximum(1.0 + _STAKES[:, None] * (draws - mean)[None, :] / (bound + mean), 1e-300) if bound + mean > 0 else None
    if won is None:
        return float("inf")
    return float(np.mean(np.exp(np.minimum(np.log(won).sum(axis=1), 700.0))))


@dataclass
class _Played(Generic[P, S]):
    """One agent: its most promising report, the gains of the second half's draws, and the largest gain of any draw."""

    subject: Subject[P, S]
    report: float
    gains: NDArray[np.float64]
    largest: float
    tolerance: float


def repeated(case: Case[P, S], scope: Sampled, dimensions: tuple[str, ...], seconds: float) -> tuple[Incentives, list[S]]:
    """The expected gains of a randomised mechanism, and its honest outcomes.

    The first repetitions choose one report an agent, fresh ones test it, so that one test an agent is counted (Bonferroni).
    Truth and lie are played with the same draws. FAILS: a lower confidence limit of an expected gain is above the tolerance.
    HOLDS: no draw of any report gained, and draws that gain would be rarer than `RARE` at this level. Else NOT_CHECKED.
    """
    model, market = case.model, case.market
    rng = np.random.default_rng(scope.seed)
    seeds = [*draws(scope.seed, scope.repetitions, "choose"), *draws(scope.seed, scope.repetitions, "test")]
    honest = []
    for seed in seeds:
        draw_from(seed)
        honest.append(model.run(market, case.mechanism))
    first, second = (range(scope.repetitions), range(scope.repetitions, 2 * scope.repetitions))
    ends = time.perf_counter() + seconds
    cut = False
    played: list[_Played[P, S]] = []
    for subject in case.subjects(dimensions):
        usual = np.array([model.utility(market, o, subject.agent, subject.dimension) for o in honest])
        before = max(subject.stake(model.quantity(market, o, subject.agent), u) for o, u in zip(honest, usual, strict=True))

        def gains(
            report: float, turns: range, subject: Subject[P, S] = subject, usual: NDArray[np.float64] = usual
        ) -> NDArray[np.float64]:
            values: list[float] = []
            for turn in turns:
                draw_from(seeds[turn])
                values.append(subject.values(report)[1] - usual[turn])
            return np.nan_to_num(np.array(values, dtype=np.float64))

        best, where, largest = -np.inf, subject.truth, 0.0
        for report in [subject.draw_report(rng) for _ in range(scope.n)]:
            if time.perf_counter() > ends:
                cut = True
                break
            tried = gains(report, first)
            largest = max(largest, float(tried.max()))
            if tried.mean() > best:
                best, where = float(tried.mean()), report
        fresh = gains(where, second)
        tolerance = TOLERANCE * max(before, subject.stake(1.0, float(usual.max())))
        played.append(_Played(subject, where, fresh, max(largest, float(fresh.max())), tolerance))
    return _concluded(case, scope, played, cut), honest


def _concluded(case: Case[P, S], scope: Sampled, played: list[_Played[P, S]], cut: bool) -> Incentives:
    model, market = case.model, case.market
    level = scope.level / max(len(played), 1)
    note = f"{scope.repetitions} repetitions, level {scope.level:g}"
    sampled = Scope("sampled", scope.n, scope.seed, note)
    truthful: Verdict | None = None
    widest = ("", -np.inf)
    for item in played:
        subject = item.subject
        low, high = interval(item.gains, model.exposure(market, subject.agent, item.report), level)
        mean = float(item.gains.mean())
        if low > item.tolerance and (truthful is None or mean > truthful.violation):
            witness = Manipulation(
                market, subject.agent, subject.dimension, subject.truth, item.report, mean, scope.repetitions, scope.seed
            )
            truthful = Verdict.of(False, mean, item.tolerance, witness, sampled)
        if mean > widest[1]:
            side, index = subject.agent
            widest = (
                f"undecided: {side} {index} at {item.report:.6g} gains {mean:.3g} on average, in [{low:.3g}, {high:.3g}]",
                mean,
            )
    rare = 1.0 - scope.level ** (1.0 / scope.repetitions)
    if truthful is None:
        if not cut and rare <= RARE and all(item.largest <= item.tolerance for item in played):
            scoped = Scope("sampled", scope.n, scope.seed, f"{note}; gains in less than {rare:.2g} of the draws")
            truthful = Verdict.of(True, 0.0, max((item.tolerance for item in played), default=0.0), None, scoped)
        else:
            truthful = Verdict(Status.NOT_CHECKED, witness=widest[0] or "undecided", scope=sampled)
    unjudged = Verdict(Status.NOT_CHECKED, witness="the mechanism is randomised", scope=sampled)
    any_type = unjudged if played and all(p.subject.dimension in model.linear for p in played) else None
    return Incentives(truthful, any_type, unjudged, len(played) * scope.n)
