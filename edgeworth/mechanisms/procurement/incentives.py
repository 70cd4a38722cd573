"""Procurement as the auditor sees it: suppliers report a price and, where it is not measured, a utilisation."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.audit_model import Agent, AuditModel, Mechanism
from edgeworth.mechanisms.procurement.model import Award, Tender, best_value, value
from edgeworth.mechanisms.procurement.rules import RULES, run

Auction: TypeAlias = Mechanism[Tender, Award]


class ProcurementModel(AuditModel[Tender, Award]):
    """One unit of work, for which suppliers report a price (their cost, if they are honest) and a utilisation."""

    dimensions = ("price", "utilisation")
    mechanisms = RULES

    def agents(self, problem: Tender, dimension: str) -> list[Agent]:
        """All suppliers; none where the dimension is verified: nobody reports it then."""
        if dimension == "utilisation" and problem.verified:
            return []
        return [("supplier", i) for i in range(problem.suppliers)]

    def truth(self, problem: Tender, agent: Agent, dimension: str) -> float:
        """The price or the utilisation reported."""
        return float(getattr(problem, dimension)[agent[1]])

    def reported(self, problem: Tender, agent: Agent, dimension: str, report: float) -> Tender:
        """The tender under another report; a utilisation lies in [0, 1]."""
        return problem.reported(agent[1], dimension, min(report, 1.0) if dimension == "utilisation" else report)

    def draw_report(self, problem: Tender, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
        """A price up to beyond all scores, or a utilisation in [0, 1]."""
        high = 1.0 if dimension == "utilisation" else 1.5 * float(problem.score.max()) + 1.0
        return float(rng.uniform(0.0, high))

    def run(self, problem: Tender, mechanism: Auction) -> Award:
        """The award of a rule by name, or of a callable."""
        return run(mechanism, problem)

    def quantity(self, problem: Tender, outcome: Award, agent: Agent) -> float:
        """1 for the winner, else 0."""
        return float(outcome.winner == agent[1])

    def money(self, problem: Tender, outcome: Award, agent: Agent) -> float:
        """The payment to the winner."""
        return outcome.payment if outcome.winner == agent[1] else 0.0

    def welfare(self, problem: Tender, outcome: Award) -> float:
        """Welfare, reports taken as true."""
        return value(problem, outcome)

    def optimum(self, problem: Tender) -> float:
        """The greatest welfare."""
        return best_value(problem)

    def costs(self, problem: Tender, agent: Agent) -> float:
        """What else enters a supplier's payment: the buyer's loss by its utilisation."""
        return float(problem.weight * problem.utilisation[agent[1]])

    def surplus(self, problem: Tender, outcome: Award) -> float:
        """What the buyer keeps of the task's worth after the payment and the utilisation he suffers; 0 without an award."""
        if outcome.winner < 0:
            return 0.0
        return float(problem.worth - problem.weight * problem.utilisation[outcome.winner] - outcome.payment)

    def turnover(self, problem: Tender, outcome: Award) -> float:
        """The worth of the task and all that is given for it; 0 without an award."""
        if outcome.winner < 0:
            return abs(outcome.payment)
        return float(problem.worth + problem.weight * problem.utilisation[outcome.winner] + abs(outcome.payment))

    def exposure(self, problem: Tender, agent: Agent, report: float) -> float:
        """The worth of the task, or the price, whichever is higher."""
        return float(max(problem.worth, problem.price[agent[1]]))

    def breakpoints(self, problem: Tender, mechanism: Auction, agent: Agent, dimension: str) -> NDArray[np.float64] | None:
        """Where the supplier's score meets another one's, or the task's worth; the ends of [0, 1] for a utilisation."""
        if not isinstance(mechanism, str):
            return None
        i = agent[1]
        scores: NDArray[np.float64] = np.append(np.delete(problem.score, i), problem.worth)
        if dimension == "price":
            prices: NDArray[np.float64] = scores - problem.weight * problem.utilisation[i]
            return np.compress(prices >= 0.0, prices)
        if problem.weight == 0.0:
            return np.array([1.0])
        shares = (scores - problem.price[i]) / problem.weight
        inside: NDArray[np.float64] = shares[(shares >= 0.0) & (shares <= 1.0)]
        return np.append(inside, 1.0)


AUDIT_MODEL = ProcurementModel()
