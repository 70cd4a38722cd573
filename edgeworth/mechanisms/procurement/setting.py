"""What the auditor asks of a family of mechanisms, answered for procurement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.traced import exact
from edgeworth.mechanisms.procurement.model import Award, Tender, best_value, value
from edgeworth.mechanisms.procurement.rules import RULES
from edgeworth.mechanisms.procurement.rules import run as run_rule

Agent = tuple[str, int]
DIMENSIONS = ("price", "utilisation")
LINEAR = ("price",)
MECHANISMS = RULES


def agents(tender: Tender, dimension: str) -> list[Agent]:
    """All suppliers; none where the dimension is verified: nobody reports it then."""
    if dimension == "utilisation" and tender.verified:
        return []
    return [("supplier", i) for i in range(tender.suppliers)]


def truth(tender: Tender, agent: Agent, dimension: str) -> float:
    """The report, taken as the truth."""
    return float(getattr(tender, dimension)[agent[1]])


def reported(tender: Tender, agent: Agent, dimension: str, report: float) -> Tender:
    """The tender under another report; a utilisation lies in [0, 1]."""
    return tender.reported(agent[1], dimension, min(report, 1.0) if dimension == "utilisation" else report)


def deviations(tender: Tender, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
    """A price up to beyond all scores, or a utilisation in [0, 1]."""
    high = 1.0 if dimension == "utilisation" else 1.5 * float(tender.score.max()) + 1.0
    return float(rng.uniform(0.0, high))


def run(mechanism: Any, tender: Tender) -> Award:
    """The award of a rule by name, or of a callable."""
    return run_rule(mechanism, tender)


def quantity(tender: Tender, award: Award, agent: Agent) -> float:
    """1 for the winner, else 0."""
    return float(award.winner == agent[1])


def direction(agent: Agent, dimension: str) -> int:
    """-1: who asks for more wins less."""
    return -1


def utility(tender: Tender, award: Award, agent: Agent, dimension: str, rationality: str) -> float:
    """The payment less the true price (cost) of the winner; a utilisation costs the supplier nothing."""
    return float(award.payment - tender.price[agent[1]]) if award.winner == agent[1] else 0.0


def surplus(tender: Tender, award: Award) -> float:
    """What the buyer keeps of the task's worth after the payment and the utilisation he suffers; 0 without an award."""
    if award.winner < 0:
        return 0.0
    return float(tender.worth - tender.weight * tender.utilisation[award.winner] - award.payment)


def welfare(tender: Tender, award: Award) -> float:
    """Welfare, reports taken as true."""
    return value(tender, award)


def optimum(tender: Tender) -> float:
    """The greatest welfare."""
    return best_value(tender)


def turnover(tender: Tender, award: Award) -> float:
    """The worth of the task and all that is given for it; 0 without an award."""
    if award.winner < 0:
        return abs(award.payment)
    return float(tender.worth + tender.weight * tender.utilisation[award.winner] + abs(award.payment))


def costs(tender: Tender, agent: Agent) -> float:
    """What else enters a supplier's payment: the buyer's loss by its utilisation."""
    return float(tender.weight * tender.utilisation[agent[1]])


def rounding(mechanism: Any, tender: Tender, outcome: Award) -> float:
    """Nothing is a difference of totals."""
    return 0.0


def exposure(tender: Tender, agent: Agent, report: float) -> float:
    """The worth of the task, or the price, whichever is higher."""
    return float(max(tender.worth, tender.price[agent[1]]))


def own_values(mechanism: Any, tender: Tender, agent: Agent, dimension: str) -> Callable[[float], tuple[float, float]]:
    """report -> (won, utility) by the mechanism itself; the award is judged by the true tender."""

    def at(report: float) -> tuple[float, float]:
        award = run(mechanism, reported(tender, agent, dimension, report))
        return quantity(tender, award, agent), utility(tender, award, agent, dimension, "utility")

    return at


def own_breakpoints(mechanism: Any, tender: Tender, agent: Agent, dimension: str) -> Any:
    """Where the supplier's score meets another one's, or the task's worth; the ends of [0, 1] for a utilisation."""
    if not isinstance(mechanism, str):
        return None
    i = agent[1]
    scores = np.append(np.delete(tender.score, i), tender.worth)
    if dimension == "price":
        points = scores - tender.weight * tender.utilisation[i]
        return points[points >= 0.0]
    if tender.weight == 0.0:
        return np.array([1.0])
    points = (scores - tender.price[i]) / tender.weight
    return np.append(points[(points >= 0.0) & (points <= 1.0)], 1.0)


def own_function(mechanism: Any, tender: Tender, agent: Agent, dimension: str) -> Callable[[Any], tuple[Any, Any, Any]]:
    """Callables see a Tender and cannot be traced: sample them."""
    validation.reject_type("mechanism", "callables on tenders are not traced", mechanism)


def own_gain(tender: Tender, agent: Agent, dimension: str, units: Any) -> Any:
    """Minus the true price of the winner."""
    return -exact(float(tender.price[agent[1]])) * exact(units)
