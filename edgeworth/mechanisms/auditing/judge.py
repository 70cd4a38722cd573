"""From pieces to verdicts: gains, gains over all types, and quantities that move the wrong way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, NamedTuple

from edgeworth.core.audit_model import TOLERANCE, Agent, AuditModel, Mechanism, P, Rationality, S
from edgeworth.core.verdict import EXHAUSTIVE, Scope, Status, Verdict
from edgeworth.mechanisms.auditing.pieces import ROUNDING, Piece, Subject, pieces_of, spot_check
from edgeworth.mechanisms.auditing.types import regrets
from edgeworth.mechanisms.auditing.witness import Manipulation, MonotonicityViolation, RationalityViolation

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incentives:
    """The verdicts that compare reports; see `edgeworth.mechanisms.auditing.Audit`.

    Attributes
    ----------
    truthful : Verdict
        At the true types of the market.
    any_type : Verdict or None
        At all types of one agent, the others' reports as they are; None where it was not looked at.
    monotone : Verdict
        Whether better reports never trade less.
    pieces : int
        Report intervals that were looked at.
    """

    truthful: Verdict
    any_type: Verdict | None
    monotone: Verdict
    pieces: int


class Gain(NamedTuple, Generic[P]):
    """A report that seems to gain more than the tolerance, to be played again.

    Attributes
    ----------
    gain, tolerance : float
        In money.
    market : the family's problem
        With the truth.
    agent, dimension
        Whose report it is, and in which dimension.
    truth, report : float
        The true type and the report.
    """

    gain: float
    tolerance: float
    market: P
    agent: Agent
    dimension: str
    truth: float
    report: float


@dataclass
class Case(Generic[P, S]):
    """One mechanism on one market.

    Attributes
    ----------
    model : AuditModel
        What the auditor knows of the family.
    mechanism : callable or rule
        What is audited.
    market : the family's problem
        Its reports are the truth.
    outcome : the family's solution
        What the mechanism makes of it.
    """

    model: AuditModel[P, S]
    mechanism: Mechanism[P, S]
    market: P
    outcome: S

    def subjects(self, dimensions: Iterable[str]) -> list[Subject[P, S]]:
        """Every agent in every dimension."""
        noise = self.model.rounding(self.market, self.mechanism, self.outcome)
        return [
            Subject(self.model, self.mechanism, self.market, agent, dimension, noise)
            for dimension in dimensions
            for agent in self.model.agents(self.market, dimension)
        ]

    def honest(self, subject: Subject[P, S]) -> tuple[float, float]:
        """Units and utility of an agent in the honest outcome."""
        units = self.model.quantity(self.market, self.outcome, subject.agent)
        return units, self.model.utility(self.market, self.outcome, subject.agent, subject.dimension)

    def rational(self, rationality: Rationality, outcomes: Sequence[S], scope: Scope = EXHAUSTIVE) -> Verdict:
        """With true reports nobody loses: in any of these outcomes."""
        worst: RationalityViolation[P] | None = None
        bound, largest = 0.0, 0.0
        dimension = self.model.dimensions[0]
        noise = self.model.rounding(self.market, self.mechanism, self.outcome)
        for agent in self.model.agents(self.market, dimension):
            for outcome in outcomes:
                utility = self.model.utility(self.market, outcome, agent, dimension, rationality)
                units = self.model.quantity(self.market, outcome, agent)
                tolerance = noise + TOLERANCE * self.model.stake(self.market, agent, units, utility)
                largest = max(largest, tolerance)
                if -utility > tolerance and (worst is None or utility < worst.utility):
                    worst, bound = RationalityViolation(self.market, agent, utility, rationality), tolerance
        if worst is None:
            return Verdict.of(True, 0.0, largest, None, scope)
        return Verdict.of(False, -worst.utility, bound, worst, scope)

    def exhaustive(self, dimensions: Sequence[str], most: int, seconds: float) -> Incentives:
        """All reports, as far as the pieces and the seconds go; the time left is shared by the agents left."""
        subjects = self.subjects(dimensions)
        ends = time.perf_counter() + seconds
        cuts: list[str] = []

        def examined() -> Iterator[tuple[Subject[P, S], list[Piece]]]:
            for index, subject in enumerate(subjects):
                now = time.perf_counter()
                if index and now > ends:  # a slow rule: not even one run of it for each agent that is left
                    cuts.append(f"{seconds:g} s")
                    yield subject, []
                    continue
                until = now + max(ends - now, 0.0) / (len(subjects) - index)
                found: list[Piece] = []
                for piece in pieces_of(subject):
                    if len(found) >= most:
                        cuts.append(f"{most} pieces of an agent")
                        break
                    if time.perf_counter() > until:
                        cuts.append(f"{seconds:g} s")
                        break
                    found.append(piece)
                points, tried = spot_check(subject, found, ends)
                if not tried:
                    cuts.append(f"{seconds:g} s")
                found = sorted([*found, *points], key=lambda piece: (piece.lower, piece.far))
                _LOG.info(
                    "%s %d by %s: %d pieces; %d of %d", *subject.agent, subject.dimension, len(found), index + 1, len(subjects)
                )
                yield subject, found

        return self.judged(
            dimensions, examined(), lambda pieces: Scope("partial", pieces) if cuts else EXHAUSTIVE, lambda: cuts[:1]
        )

    def judged(
        self,
        dimensions: Sequence[str],
        examined: Iterable[tuple[Subject[P, S], list[Piece]]],
        scope_of: Callable[[int], Scope],
        cut: Callable[[], list[str]],
    ) -> Incentives:
        """The verdicts; `cut` names the budget that ended first, if one did: what was not refuted is then not checked."""
        gains: list[Gain[P]] = []
        regretted: list[Gain[P]] = []
        wrong_way: list[MonotonicityViolation[P]] = []
        count, largest = 0, 0.0
        linear = all(dimension in self.model.linear for dimension in dimensions)
        for subject, found in examined:
            model, agent, dimension = self.model, subject.agent, subject.dimension
            units, honest = self.honest(subject)
            sign = model.direction(agent, dimension)
            count += len(found)
            before = subject.stake(units, honest)
            for piece in found:
                finite = piece.supremum if piece.supremum < float("inf") else honest
                tolerance = TOLERANCE * max(before, subject.stake(piece.units, finite))
                if not piece.exact:
                    tolerance += subject.noise + ROUNDING * min(piece.report, piece.far) * max(piece.units, units)
                largest = max(largest, tolerance)
                if piece.supremum - honest > tolerance:
                    gain = piece.supremum - honest
                    gains.append(Gain(gain, tolerance, self.market, agent, dimension, subject.truth, piece.report))
            for one, two in pairwise(found):
                if sign * (two.units - one.units) < 0:
                    wrong_way.append(
                        MonotonicityViolation(self.market, agent, dimension, one.inner, two.inner, one.units, two.units)
                    )
            for regret in regrets(found, sign, model.costs(self.market, agent), subject.noise) if linear else ():
                other = model.reported(self.market, agent, dimension, regret.truth)
                regretted.append(Gain(regret.gain, regret.tolerance, other, agent, dimension, regret.truth, regret.report))
        scope = scope_of(count)
        unrefuted = [f"the budget of {reason} ended first" for reason in cut()]

        def concluded(refuted: Verdict | None, tolerance: float) -> Verdict:
            if refuted is not None:
                return refuted
            if unrefuted:
                return Verdict(Status.NOT_CHECKED, witness=unrefuted[0], scope=scope)
            return Verdict.of(True, 0.0, tolerance, None, scope)

        truthful = concluded(self._worst(gains, scope), largest)
        any_type = concluded(self._worst(regretted, scope), largest) if linear else None
        return Incentives(truthful, any_type, concluded(self._wrong_way(wrong_way, scope), 0.0), count)

    def _wrong_way(self, found: list[MonotonicityViolation[P]], scope: Scope) -> Verdict | None:
        for violation in sorted(found, key=lambda item: -abs(item.high_quantity - item.low_quantity)):
            amount = violation.replay(self.mechanism)
            if amount > 0:
                return Verdict.of(False, amount, 0.0, violation, scope)
        return None

    def _worst(self, gains: list[Gain[P]], scope: Scope) -> Verdict | None:
        """The largest gain whose witness plays again; one that does not is the rounding of a report onto a breakpoint."""
        for gain in sorted(gains, key=lambda item: -item.gain):
            witness = Manipulation(gain.market, gain.agent, gain.dimension, gain.truth, gain.report, gain.gain)
            found = witness.replay(self.mechanism)
            if found > gain.tolerance:
                played = Manipulation(gain.market, gain.agent, gain.dimension, gain.truth, gain.report, found)
                return Verdict.of(False, max(gain.gain, found), gain.tolerance, played, scope)
        return None
