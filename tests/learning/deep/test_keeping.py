"""Policies that are trained once and kept: found again, made anew where they are damaged, gone on with where interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.core.claims import ClaimBudget, ClaimVerdict
from edgeworth.learning import deep
from edgeworth.learning.deep import keeping
from edgeworth.learning.deep.keeping import trained_policy
from edgeworth.learning.deep.learned import LearnedPolicy
from edgeworth.solvers.carbon_offloading import evidence_learned as learned
from edgeworth.solvers.carbon_offloading.learned.plan import PLAN

SMALL: dict[str, Any] = {"steps": 2_000, "copies": 4, "users": 2, "slots": 20}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "edgeworth" / "policies"


def wanted(method: str = "ppo", **other: Any) -> deep.Policy:
    return trained_policy("carbon-offloading", method, **{**SMALL, **other})


def test_what_was_trained_is_found_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = wanted()
    assert first.training["steps"] == 2_048
    [file] = folder.iterdir()
    env = PLAN.environment("ppo", 4, users=2, slots=20)
    direct = deep.train(env, PLAN.learners["ppo"](2_000), steps=2_000, seed=keeping.SEED, name="ppo").policy
    assert first.digest == direct.digest == deep.load_policy(file).digest
    for other in ({"seed": 3}, {"steps": 1_000}, {"slots": 21}, {"copies": 5}, {"method": "td3"}):
        wanted(**other)
    assert len(list(folder.iterdir())) == 6

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("it trains")

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "train", refuse)
        assert wanted().digest == first.digest
    changed = replace(PLAN, learners={"ppo": lambda steps: deep.PPO(discount=0.5)})
    monkeypatch.setattr(keeping, "resolve", lambda room: changed)
    assert wanted().digest != first.digest  # of another setting


def test_a_damaged_file_and_that_of_another_training_are_made_anew(folder: Path) -> None:
    first, other = wanted(), wanted(seed=3)
    file = next(each for each in folder.iterdir() if deep.load_policy(each).digest == first.digest)
    whole = file.read_bytes()
    for wrong in (whole[: len(whole) // 2], b""):
        file.write_bytes(wrong)
        assert wanted().digest == first.digest
        assert file.read_bytes() == whole
    other.save(file)
    assert wanted().digest == first.digest


def test_interrupted_training_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = wanted()
    for each in folder.iterdir():
        each.unlink()
    real = keeping.train

    def cut(env: Any, learner: Any, *, steps: int, **options: Any) -> Any:
        found = real(env, learner, **{**options, "steps": 600, "progress": False})
        return replace(found, termination=keeping.Termination.INTERRUPTED)

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "train", cut)
        with pytest.raises(KeyboardInterrupt):
            wanted()
    assert [each.suffix for each in folder.iterdir()] == [".state"]
    assert wanted().digest == whole.digest
    assert [each.suffix for each in folder.iterdir()] == [".npz"]


def test_claims_train_what_they_lack(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a few steps in the place of millions: what the rows say is what the numbers say, and nothing is trained twice."""
    for name, value in (("STEPS", 2_000), ("LONG", 2_500), ("ROUNDS", 1), ("COPIES", 4)):
        monkeypatch.setattr(learned, name, value)
    budget = ClaimBudget("tiny", seeds=2, instances=10)
    learned._policy.cache_clear()
    try:
        close = learned.convergence(budget)
        kept = sorted(folder.iterdir())
        assert len(kept) == 4
        assert learned.convergence(budget).numbers == close.numbers
        apart = learned.shared_parameters(budget)
        made = len(list(folder.iterdir()))
        assert learned.shared_parameters(budget).numbers == apart.numbers
        assert len(list(folder.iterdir())) == made == 4 + 2 * 6
    finally:
        learned._policy.cache_clear()
    assert [(row["steps"], row["seed"]) for row in close.numbers] == [
        (steps, keeping.SEED + k) for steps in (2_000, 2_500) for k in range(2)
    ]
    assert close.seeds == 2
    late = np.array([float(row["above_causal"]) for row in close.numbers[2:]])
    assert close.verdict is (ClaimVerdict.FAILS if (late > 0.1).all() else ClaimVerdict.PARTLY)
    mean = np.mean([float(row["shared"]) - float(row["own"]) for row in apart.numbers])
    assert apart.interval is not None
    assert apart.interval[0] <= mean <= apart.interval[1]
    assert (apart.verdict is ClaimVerdict.HOLDS) == (apart.interval[0] > 0.0)


def test_a_damaged_state_begins_anew(folder: Path) -> None:
    whole = wanted()
    [file] = folder.iterdir()
    file.unlink()
    file.with_suffix(".state").write_bytes(b"no state")
    assert wanted().digest == whole.digest
    assert list(folder.iterdir()) == [file]


def test_another_process_may_be_faster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = keeping.train

    def overtaken(*args: Any, checkpoint: Path, **options: Any) -> Any:
        found = real(*args, checkpoint=checkpoint, **options)
        checkpoint.unlink()
        return found

    monkeypatch.setattr(keeping, "train", overtaken)
    policy = wanted()
    [file] = folder.iterdir()
    assert deep.load_policy(file).digest == policy.digest


def test_integers_of_numpy_are_integers() -> None:
    assert wanted(steps=np.int64(2_000), seed=np.int64(3)).digest == wanted(seed=3).digest
    assert type(LearnedPolicy(steps=np.int64(5)).steps) is int  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [{"load": 5e6}, {"preset": "heterogeneous"}, {"harvest": 0.0}])
def test_a_state_of_another_scenario_is_refused(other: dict[str, Any], tmp_path: Path) -> None:
    def trained(resume: Path | None, **scenario: Any) -> None:
        env = PLAN.environment("ppo", 4, users=2, slots=20, **scenario)
        deep.train(env, PLAN.learners["ppo"](2_000), steps=2_000, seed=3, checkpoint=tmp_path / "state", resume=resume)

    trained(None)
    trained(tmp_path / "state")
    with pytest.raises(ValueError, match="same scenario"):
        trained(tmp_path / "state", **other)


def test_a_name_is_refused_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    env = PLAN.environment("ppo", 4, users=2, slots=20)

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("it trains")

    monkeypatch.setattr(env, "step", refuse)
    with pytest.raises(ValueError, match="name: must be a text"):
        deep.train(env, PLAN.learners["ppo"](2_000), steps=2_000, seed=3, name=" ")
