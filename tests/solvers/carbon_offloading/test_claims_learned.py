"""Claims on the learner: with one seed nothing is trained, the rules are applied to the numbers, and nothing is concluded."""

from __future__ import annotations

import math
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from edgeworth.core.claims import SHORT, SMOKE, Claim, ClaimBudget, ClaimVerdict, Evidence, Reason
from edgeworth.learning.deep import keeping
from edgeworth.learning.deep.learned import SEED, shipped_policy
from edgeworth.solvers import carbon_offloading as co
from edgeworth.solvers.carbon_offloading import claims
from edgeworth.solvers.carbon_offloading import evidence_learned as learned

BY_ID: dict[str, Claim] = {claim.id: claim for claim in claims.CLAIMS if claim.test.__module__ == learned.__name__}
FEW = ClaimBudget("few", seeds=1, instances=10)
HOLDS, PARTLY, FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS


@pytest.fixture
def nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("it trains")

    monkeypatch.setattr(keeping, "train", refuse)


def numbers(found: Evidence, name: str) -> list[float]:
    return [float(row[name]) for row in found.numbers]


RULES: dict[str, Any] = {
    "lowest-carbon-learner": lambda rows: (
        HOLDS if all(row["high"] < 0 and row["more_overflow"] <= 1e-12 for row in rows) else FAILS
    ),
    "lyapunov-learner": lambda rows: HOLDS if all(row["high"] < 0 for row in rows) else FAILS,
    "ddpg": lambda rows: HOLDS if all(row["high"] < 0 for row in rows) else FAILS,
    "on-policy": lambda rows: PARTLY if rows[0]["low"] > 0 else FAILS,
    "convergence": lambda rows: HOLDS if rows[0]["above_causal"] <= 0.1 else FAILS,
    "dense": lambda rows: HOLDS if rows[0]["closed"] - rows[1]["closed"] <= 0.02 else FAILS,
}


@pytest.mark.usefixtures("nothing_is_trained")
@pytest.mark.parametrize("name", RULES)
def test_policies_of_the_package_are_judged_by_the_rule_and_conclude_nothing(name: str) -> None:
    found = BY_ID[name].examine(FEW)
    assert found.verdict is RULES[name](found.numbers)
    assert found.reason is Reason.MEASURED
    assert (found.seeds, found.conclusive) == (1, False)
    assert found.instances >= 2
    assert "1 seed of training, 2 episodes" in found.text
    assert all(math.isfinite(value) for row in found.numbers for value in row.values() if isinstance(value, float))
    if name in ("lowest-carbon-learner", "lyapunov-learner", "convergence"):
        assert "not t" in found.text  # what the rule asks for beside


def test_own_parameters_are_not_tested_without_training() -> None:
    found = BY_ID["shared-parameters"].examine(SMOKE)
    assert (found.verdict, found.reason, found.conclusive) == (ClaimVerdict.NOT_TESTED, Reason.NOTHING, False)
    assert "take training" in found.text


def test_a_decision_takes_what_the_numbers_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long is not tested here: only that the rule is applied to the figures, and to as many as it asks for."""
    assert learned.DECISIONS == 10_000
    monkeypatch.setattr(learned, "DECISIONS", 50)
    found = BY_ID["inference-time"].examine(SMOKE)
    assert found.conclusive
    assert [row["network"] for row in found.numbers] == ["3-128-128-4", "4-64-64-4"]
    assert min(numbers(found, "median")) > 1e-7
    for limit, expected in ((1.0, HOLDS), (1e-9, FAILS)):
        monkeypatch.setattr(learned, "LIMIT", limit)
        assert BY_ID["inference-time"].examine(SMOKE).verdict is expected
    times = np.full(50, 1e-4)
    times[-1] = 1.0
    monkeypatch.setattr(learned, "_timed", lambda policy, seen: (times, times))
    monkeypatch.setattr(learned, "LIMIT", 0.15e-3)
    assert BY_ID["inference-time"].examine(SMOKE).verdict is PARTLY


@pytest.mark.usefixtures("nothing_is_trained")
def test_without_torch_more_seeds_are_not_concluded_from_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(learned, "find_spec", lambda name: None)
    found = BY_ID["convergence"].examine(SHORT)
    assert (found.seeds, found.conclusive) == (1, False)
    assert found.text.endswith('torch (extra "learn") is not installed, so that 2 seeds of 3 were not trained')
    assert "2 seeds of 3" in BY_ID["shared-parameters"].examine(SHORT).text
    assert (learned._count(SHORT), learned._count(FEW)) == (1, 1)


def test_with_torch_every_seed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy of the package stands for all of them here; the one of another seed, load or number of steps is trained."""
    asked: list[tuple[str, int, int, dict[str, float]]] = []

    def policy(kind: str, method: str, *, steps: int, seed: int, **options: float) -> Any:
        asked.append((method, steps, seed, options))
        return shipped_policy(co.FAMILY.package, method)

    monkeypatch.setattr(learned, "find_spec", lambda name: True)
    monkeypatch.setattr(learned, "trained_policy", policy)
    learned._policy.cache_clear()
    two = ClaimBudget("two", seeds=2, instances=10)
    try:
        found = BY_ID["lyapunov-learner"].examine(two)
    finally:
        learned._policy.cache_clear()
    wanted = [(load, steps, SEED + k) for load in (3e6, 5e6) for steps in (2_000_000, 10_000_000) for k in range(2)]
    assert asked == [("ppo", steps, seed, {} if load == 3e6 else {"load": load}) for load, steps, seed in wanted]
    assert (found.seeds, found.conclusive) == (2, False)
    assert [(row["load"], row["steps"]) for row in found.numbers] == [each[:2] for each in wanted[::2]]


def test_another_episode_of_the_same_devices() -> None:
    known = co.generate(preset="heterogeneous", seed=3)
    other = learned._same_devices(known, 5)
    assert other.hash == learned._same_devices(known, 5).hash != known.hash
    assert np.array_equal(other.local_power_cap, known.local_power_cap)
    many = [learned._same_devices(known, seed) for seed in range(30)]
    for name, expected in (("arrivals", "mean_arrival"), ("harvest", "mean_harvest"), ("gain", "mean_gain")):
        mean = np.mean([getattr(each, name).mean(axis=1) for each in many], axis=0)
        law = getattr(known.law, expected)
        assert mean == pytest.approx(law if law.ndim == 1 else law.mean(axis=1), rel=0.1)


def test_a_policy_of_the_package_is_taken_where_it_is_what_is_asked_for(nothing_is_trained: None) -> None:
    shipped = shipped_policy(co.FAMILY.package, "ppo")
    assert keeping.trained_policy("carbon-offloading", "ppo", steps=2_000_000) is shipped
    for other in ({"seed": SEED + 1}, {"copies": 32}, {"load": 5e6}, {"steps": 1_000_000}):
        with pytest.raises(AssertionError, match="it trains"):
            keeping.trained_policy("carbon-offloading", "ppo", **{"steps": 2_000_000, **other})


def test_what_cannot_be_trained_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="kind: must be of a family that says what can be trained"):
        keeping.trained_policy("trading", "ppo", steps=10)
    with pytest.raises(ValueError, match="method: "):
        keeping.trained_policy("carbon-offloading", "lyapunov", steps=10)


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_what_would_be_trained_needs_torch(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeworth import MissingExtraError

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingExtraError, match="learn"):
        keeping.trained_policy("carbon-offloading", "ppo", steps=1_000)
    assert not list(tmp_path.rglob("*.npz"))
