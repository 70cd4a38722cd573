"""What the auditor asks of a family: nine methods, and defaults for monetary mechanisms."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from edgeworth import _families
from edgeworth.core.audit_model import Agent, AuditModel, Mechanism
from edgeworth.core.family import family
from edgeworth.core.traced import NotTraceableError
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms import procurement
from edgeworth.mechanisms.auditing.judge import Case
from edgeworth.mechanisms.auditing.lookup import audit_model_of
from edgeworth.mechanisms.auditing.sampling import interval
from edgeworth.mechanisms.double_auction.model import NotApplicableError
from edgeworth.solvers import allocation

Sale = tuple[float, ...]  # the bids for one item
Sold = tuple[int, float]  # the winner and its price


class OneItem(AuditModel[Sale, Sold]):
    """The nine methods, for the sale of one item."""

    def agents(self, problem: Sale, dimension: str) -> list[Agent]:
        return [("buyer", i) for i in range(len(problem))]

    def truth(self, problem: Sale, agent: Agent, dimension: str) -> float:
        return problem[agent[1]]

    def reported(self, problem: Sale, agent: Agent, dimension: str, report: float) -> Sale:
        return tuple(report if i == agent[1] else bid for i, bid in enumerate(problem))

    def draw_report(self, problem: Sale, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
        return float(rng.uniform(0.0, 2.0 * max(problem)))

    def run(self, problem: Sale, mechanism: Mechanism[Sale, Sold]) -> Sold:
        assert callable(mechanism)
        return mechanism(problem)

    def quantity(self, problem: Sale, outcome: Sold, agent: Agent) -> float:
        return float(outcome[0] == agent[1])

    def money(self, problem: Sale, outcome: Sold, agent: Agent) -> float:
        return -outcome[1] if outcome[0] == agent[1] else 0.0

    def welfare(self, problem: Sale, outcome: Sold) -> float:
        return problem[outcome[0]]

    def optimum(self, problem: Sale) -> float:
        return max(problem)


class Derived(OneItem):
    """With the breakpoints of rules that only compare bids."""

    def breakpoints(self, problem: Sale, mechanism: Any, agent: Agent, dimension: str) -> Any:
        return np.array([bid for i, bid in enumerate(problem) if i != agent[1]])


def second_price(problem: Sale) -> Sold:
    winner = max(range(len(problem)), key=lambda i: (problem[i], -i))
    return winner, max(bid for i, bid in enumerate(problem) if i != winner)


def test_nine_methods_are_abstract_and_suffice() -> None:
    assert len(AuditModel.__abstractmethods__) == 9
    with pytest.raises(TypeError, match="abstract"):
        AuditModel()  # type: ignore[abstract]
    problem = (5.0, 3.0, 1.0)
    model = OneItem()
    outcome = model.run(problem, second_price)
    winner, loser = ("buyer", 0), ("buyer", 1)
    assert [model.utility(problem, outcome, agent, "price") for agent in (winner, loser)] == [2.0, 0.0]
    assert (model.surplus(problem, outcome), model.turnover(problem, outcome)) == (3.0, 3.0)
    assert (model.costs(problem, winner), model.rounding(problem, second_price, outcome)) == (0.0, 0.0)
    assert model.worth(problem, winner, 1) == 5
    assert model.stake(problem, winner, 1.0, 2.0) == 5.0  # what the item is worth to it
    assert model.stake((2.0, 3.0), winner, 1.0, -7.0) == 9.0  # what it pays
    assert model.stake(problem, winner, math.nan, math.nan) == 0.0  # a tie refused
    assert model.values(problem, second_price, loser, "price")(6.0) == (1.0, -2.0)
    assert (model.direction(winner, "price"), model.direction(("seller", 0), "price")) == (1, -1)
    assert model.breakpoints(problem, second_price, winner, "price") is None
    with pytest.raises(NotTraceableError, match="not traced"):
        model.traced(problem, second_price, winner, "price")


@pytest.mark.parametrize("bids", [(5.0, 3.0, 1.0), (2.0, 2.0), (0.0, 4.0)])
def test_the_auditor_needs_no_more(bids: Sale) -> None:
    found = Case(Derived(), second_price, bids, second_price(bids)).exhaustive(("price",), 100, math.inf)
    assert found.truthful
    assert found.any_type
    assert found.monotone
    assert str(found.truthful.scope) == "exhaustive"


def test_without_a_bound_of_what_a_report_can_gain_chance_refutes_nothing() -> None:
    assert OneItem().exposure((1.0, 2.0), ("buyer", 0), 3.0) == math.inf
    assert interval(np.full(1_000, 5.0), math.inf, 0.05) == (-math.inf, math.inf)


PROBLEMS: dict[str, Callable[[], Any]] = {
    "allocation": lambda: allocation.generate(servers=2, tasks=4, preset="hotspot", seed=0),
    "double-auction": lambda: da.generate(preset="fusion", buyers=3, sellers=2, seed=0),
    "procurement": lambda: procurement.generate(suppliers=3, seed=0),
}


def test_every_family_with_mechanisms_has_a_model() -> None:
    audited = {kind for kind in _families.FAMILIES if family(kind).audit_model is not None}
    assert audited == set(PROBLEMS)
    for kind in audited:
        model = audit_model_of(PROBLEMS[kind]())
        assert isinstance(model, AuditModel)
        assert not vars(model)  # no state
        assert inspect.getdoc(type(model))
        assert {row.name for row in family(kind).methods} >= set(model.mechanisms) != set()
        assert set(model.linear) <= set(model.dimensions)


def _last_that_applies(model: AuditModel[Any, Any], problem: Any) -> tuple[str, Any]:
    for name in reversed(model.mechanisms):
        with suppress(NotApplicableError):
            return name, model.run(problem, name)
    raise LookupError(problem)


@pytest.mark.parametrize("kind", PROBLEMS)
def test_the_totals_of_a_model_are_those_of_its_family(kind: str) -> None:
    problem = PROBLEMS[kind]()
    model, fam = audit_model_of(problem), family(kind)
    mechanism, outcome = _last_that_applies(model, problem)
    solution = getattr(outcome, "assignment", outcome)
    assert model.welfare(problem, outcome) == pytest.approx(fam.value(problem, solution))
    assert model.optimum(problem) >= model.welfare(problem, outcome) - 1e-9
    measures = fam.measures(problem, solution)
    if "surplus" in measures:
        assert model.surplus(problem, outcome) == pytest.approx(measures["surplus"])
    for agent in model.agents(problem, model.dimensions[0]):
        truth = model.truth(problem, agent, model.dimensions[0])
        again = model.reported(problem, agent, model.dimensions[0], truth)
        assert model.quantity(problem, model.run(again, mechanism), agent) == model.quantity(problem, outcome, agent)
