"""Claims as data: rules, budgets, evidence, and tables of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from edgeworth.core.claims import (
    BUDGETS,
    SHORT,
    SMOKE,
    Claim,
    ClaimBudget,
    ClaimVerdict,
    Evidence,
    Reason,
    Rule,
    claim_table,
    declared,
)


def claim(test: Callable[[ClaimBudget], Any], *, name: str = "one", seeds: int = 0) -> Claim:
    return Claim(name, "section 1", "words", "a statement", "everything", Rule("a number", "above 0", seeds=seeds), test)


def holds(budget: ClaimBudget) -> Evidence:
    return Evidence(ClaimVerdict.HOLDS, Reason.MEASURED, "1 of 1", seeds=budget.seeds, instances=budget.instances)


def test_a_budget_below_the_rule_is_not_conclusive() -> None:
    assert claim(holds, seeds=3).examine(SHORT).conclusive
    assert not claim(holds, seeds=3).examine(SMOKE).conclusive
    assert claim(holds).examine(SMOKE).seconds >= 0.0


def test_the_table_has_a_row_a_claim() -> None:
    table = claim_table([claim(holds), claim(holds, name="two")], SMOKE)
    assert table.index.tolist() == ["one", "two"]
    assert table.loc["two", ["verdict", "reason", "evidence"]].tolist() == ["holds", "measured", "1 of 1"]
    with pytest.raises(ValueError, match="claims: must have distinct ids"):
        claim_table([claim(holds), claim(holds)])


def test_evidence_is_plain_json() -> None:
    found = Evidence(
        ClaimVerdict.PARTLY, Reason.PROVED, "some", numbers=({"x": math.inf, "y": 1.5},), interval=(0.0, 1.0), witness=(1, 2)
    )
    kept = json.loads(json.dumps(found.to_fields()))
    assert kept["numbers"] == [{"x": None, "y": 1.5}]
    assert kept["verdict"] == "holds in part"
    assert kept["interval"] == [0.0, 1.0]
    assert kept["witness"] == "(1, 2)"


def test_budgets_grow() -> None:
    budgets = [BUDGETS[name] for name in ("smoke", "short", "full")]
    assert [budget.seeds for budget in budgets] == sorted({budget.seeds for budget in budgets})
    assert [budget.instances for budget in budgets] == sorted({budget.instances for budget in budgets})


MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "budget": (lambda: claim(holds).examine("short"), TypeError, "budget: must be a ClaimBudget"),  # type: ignore[arg-type]
    "test": (lambda: claim(lambda budget: "yes").examine(SMOKE), TypeError, "test: of claim 'one' must return an Evidence"),
    "seeds": (lambda: ClaimBudget("none", 0, 1), ValueError, "seeds: must be at least 1"),
    "tolerance": (lambda: Rule("a", "b", -1.0), ValueError, "tolerance: must be at least 0.0"),
    "verdict": (lambda: Evidence("holds", Reason.PROVED, ""), TypeError, "verdict: must be a ClaimVerdict"),  # type: ignore[arg-type]
    "interval": (
        lambda: Evidence(ClaimVerdict.HOLDS, Reason.PROVED, "", interval=(1.0, 0.0)), ValueError, "interval: must be a pair"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(name: str) -> None:
    call, error, words = MISUSE[name]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_a_declared_claim_runs_nothing_and_is_never_conclusive() -> None:
    table = claim_table([claim(declared("waits for data"))], SHORT)
    assert table.loc["one", ["verdict", "reason", "evidence"]].tolist() == ["not tested yet", "nothing run", "waits for data"]
    assert not table.conclusive["one"]
