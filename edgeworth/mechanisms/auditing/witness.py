"""Counterexamples as data: each says who, what was reported, what it gains, and can be played again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic

from edgeworth.core.audit_model import Agent, Mechanism, P, Rationality, S
from edgeworth.core.names import label
from edgeworth.mechanisms.auditing.determinism import draw_from, draws, untouched
from edgeworth.mechanisms.auditing.lookup import audit_model_of


@dataclass(frozen=True)
class Manipulation(Generic[P]):
    """A report by which an agent gains.

    Attributes
    ----------
    market
        The problem whose reports are the truth, but for what `truth` says of the agent.
    agent
        Side and index of the agent, such as ``("buyer", 0)``.
    dimension
        The part of its report that it misstates.
    truth, report
        What is true, and what it reports instead.
    gain
        Its utility by the report less that by the truth; the mean over the draws where the mechanism is randomised.
    repetitions, seed
        Of a randomised mechanism: number and seed of the draws.
    """

    market: P
    agent: Agent
    dimension: str
    truth: float
    report: float
    gain: float
    repetitions: int = 1
    seed: int = 0

    def replay(self, mechanism: Mechanism[P, S]) -> float:
        """Run the mechanism on the truth and on the report: the gain again, over the same draws if it is randomised."""
        with untouched():
            if self.repetitions == 1:
                return self._once(mechanism)
            gains = []
            for seed in draws(self.seed, self.repetitions, "test"):
                draw_from(seed)
                honest = audit_model_of(self.market).run(self.market, mechanism)
                draw_from(seed)
                gains.append(self._once(mechanism, honest))
        return math.fsum(gains) / len(gains)

    def _once(self, mechanism: Mechanism[P, S], honest: S | None = None) -> float:
        model = audit_model_of(self.market)
        if honest is None:
            honest = model.run(self.market, mechanism)
        lying = model.run(model.reported(self.market, self.agent, self.dimension, self.report), mechanism)
        before = model.utility(self.market, honest, self.agent, self.dimension)
        return model.utility(self.market, lying, self.agent, self.dimension) - before

    def __str__(self) -> str:
        reported = f"reports {self.dimension} {self.report:.6g} instead of {self.truth:.6g}"
        return f"{label(self.market, *self.agent)} {reported} and gains {self.gain:.6g}"


@dataclass(frozen=True)
class MonotonicityViolation(Generic[P]):
    """Two reports of an agent between which its quantity moves the wrong way.

    Attributes
    ----------
    market, agent, dimension
        As in `Manipulation`.
    low, high
        The two reports, low < high.
    low_quantity, high_quantity
        The units that it trades at each.
    """

    market: P
    agent: Agent
    dimension: str
    low: float
    high: float
    low_quantity: float
    high_quantity: float

    def replay(self, mechanism: Mechanism[P, S]) -> float:
        """Run the mechanism at both reports: by how much the quantity moves the wrong way."""
        model = audit_model_of(self.market)
        found = []
        for report in (self.low, self.high):
            market = model.reported(self.market, self.agent, self.dimension, report)
            found.append(model.quantity(market, model.run(market, mechanism), self.agent))
        return -model.direction(self.agent, self.dimension) * (found[1] - found[0])

    def __str__(self) -> str:
        low = f"{self.low_quantity:g} at {self.dimension} {self.low:.6g}"
        return f"{label(self.market, *self.agent)} trades {low} and {self.high_quantity:g} at {self.high:.6g}"


@dataclass(frozen=True)
class RationalityViolation(Generic[P]):
    """An agent that loses although it reports the truth.

    Attributes
    ----------
    market, agent
        As in `Manipulation`.
    utility
        Its utility, below 0.
    rationality
        What it must not lose by: ``"ask"`` or ``"utility"``, see `audit`.
    """

    market: P
    agent: Agent
    utility: float
    rationality: Rationality

    def replay(self, mechanism: Mechanism[P, S]) -> float:
        """Run the mechanism: the utility again."""
        model = audit_model_of(self.market)
        outcome = model.run(self.market, mechanism)
        return model.utility(self.market, outcome, self.agent, model.dimensions[0], self.rationality)

    def __str__(self) -> str:
        name = label(self.market, *self.agent)
        return f"{name} has utility {self.utility:.6g} by {self.rationality!r} with the true report"


@dataclass(frozen=True)
class BudgetImbalance(Generic[P]):
    """Payments and rewards that do not balance.

    Attributes
    ----------
    market
        As in `Manipulation`.
    surplus
        What the auctioneer keeps; negative where it pays in.
    """

    market: P
    surplus: float

    def replay(self, mechanism: Mechanism[P, S]) -> float:
        """Run the mechanism: the surplus again."""
        model = audit_model_of(self.market)
        return model.surplus(self.market, model.run(self.market, mechanism))

    def __str__(self) -> str:
        return f"payments less rewards are {self.surplus:.6g}"


@dataclass(frozen=True)
class WelfareLoss(Generic[P]):
    """An outcome whose welfare is not the greatest.

    Attributes
    ----------
    market
        As in `Manipulation`.
    welfare, optimum
        The outcome's welfare, and the greatest one.
    """

    market: P
    welfare: float
    optimum: float

    def replay(self, mechanism: Mechanism[P, S]) -> float:
        """Run the mechanism and the exact method: the welfare lost."""
        model = audit_model_of(self.market)
        return model.optimum(self.market) - model.welfare(self.market, model.run(self.market, mechanism))

    def __str__(self) -> str:
        return f"welfare {self.welfare:.6g} of {self.optimum:.6g}"
