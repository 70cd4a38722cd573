"""Training a router: it learns, it is resumed bit by bit, and the command writes what `solve` plays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeworth.core.policy import EVALUATION
from edgeworth.learning import deep
from edgeworth.learning.deep import training
from edgeworth.learning.deep.keeping import trained_policy
from edgeworth.learning.deep.learned import shipped_policy
from edgeworth.learning.deep.reinforce import construct
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import LearnedRouter, OrienteeringProblem
from edgeworth.routing.orienteering.learned import plan
from edgeworth.routing.orienteering.learned.insertion import stacked
from tests.cli.test_cli import document, refused, run
from tests.oracles import orienteering as oracle

SMALL = {"vehicles": 2, "customers": 5}
WORDS = ("train", "orienteering", "--method", "attention", "--vehicles", 2, "--customers", 5)


def test_it_learns_on_small_instances() -> None:
    """A few seconds of training close most of the gap to the optimum of the policy that it began with."""
    env = plan.environment("attention", 64, **SMALL)
    problems = [orienteering.generate(**SMALL, seed=EVALUATION + k) for k in range(20)]
    best = np.array([float(oracle.optimum(each)[0]) for each in problems[:10]])
    trainer = deep.ReinforceTrainer(env, plan.attention(5_000), 1)
    before = -construct(trainer.policy(), env, stacked(problems))
    rows = trainer.advance(5_000)
    after = -construct(trainer.policy(), env, stacked(problems))
    assert rows[-1].learning_rate < 0.1 * rows[0].learning_rate
    assert after.mean() > 1.1 * before.mean()
    assert (after[:10] <= best + 1e-9).all()
    assert after[:10].sum() > 0.95 * best.sum()


def test_resumed_is_uninterrupted_and_the_file_is_played(tmp_path: Path) -> None:
    state, out, whole, curve = (tmp_path / name for name in ("state", "cut.npz", "whole.npz", "curve.csv"))
    env, learner = plan.environment("attention", 64, **SMALL), plan.attention(3_000)
    cut = deep.train(env, learner, steps=1_000, seed=3, checkpoint=state, name="attention")
    assert 1_000 <= cut.policy.training["steps"] < 1_500
    for words in (("--out", out, "--checkpoint", state, "--resume"), ("--out", whole, "--curve", curve)):
        said = document(run(*WORDS, "--steps", 3_000, "--seed", 3, "--quiet", "--json", *words))
    assert out.read_bytes() == whole.read_bytes()
    assert said["agent-steps"] == deep.load_policy(out).training["steps"] >= 3_000
    assert curve.read_text().count("\n") == 1 + deep.load_policy(out).training["updates"]
    problem = orienteering.generate(**SMALL, seed=900_001)
    played = orienteering.solve(problem, method="attention", params=LearnedRouter(checkpoint=out))
    assert orienteering.verify(problem, played)
    with pytest.raises(ValueError, match="judged on, 3; got 'attention'"):
        orienteering.solve(orienteering.generate(**SMALL, seed=3), method="attention", params=LearnedRouter(checkpoint=out))
    with pytest.raises(ValueError, match="must have the params of this training"):
        training.train(env, plan.attention(4_000), steps=4_000, seed=3, resume=state)
    other = plan.environment("attention", 64, **SMALL, open_routes=True)
    with pytest.raises(ValueError, match=r"must have the about of this training, .*open_routes"):
        training.train(other, learner, steps=3_000, seed=3, resume=state)


def test_it_trains_on_call_where_steps_say_so() -> None:
    problem = orienteering.generate(**SMALL, seed=5)
    results = [
        orienteering.solve(problem, method=name, params=LearnedRouter(steps=300, samples=2), seed=1)
        for name in ("attention", "attention-ls", "attention")
    ]
    for result in results:
        assert orienteering.verify(problem, result)
        assert result.notes[0].startswith("trained for ")
    assert results[0].value == results[2].value <= results[1].value
    bare = OrienteeringProblem.from_coordinates([[0, 0], [3, 4]], [7.0], depot="first", latest=10.0, rounding="none")
    with pytest.raises(ValueError, match="steps: must be None for a problem that generate did not make"):
        orienteering.solve(bare, method="attention", params=LearnedRouter(steps=300))


def test_misuse_of_training(tmp_path: Path) -> None:
    words = (*WORDS, "--out", tmp_path / "p.npz", "--quiet")
    assert "copies: must be 64, the instances of a gradient step; got 5" in refused(*words, "--steps", 10, "--copies", 5)
    assert "vehicles: must be at least 1; got 0" in refused(*words, "--steps", 10, "--vehicles", 0)
    assert "seed: must be below 900000" in refused(*words, "--steps", 10, "--seed", EVALUATION)
    env = plan.environment("attention", 64, **SMALL)
    with pytest.raises(TypeError, match="env: must be a VectorEnv"):
        deep.train(env, deep.PPO(), steps=10)
    with pytest.raises(TypeError, match="problem: must have what Construction lists"):
        deep.train(object(), plan.attention(10), steps=10)
    with pytest.raises(ValueError, match="decay_steps: must be at least 0; got -1"):
        deep.Reinforce(net=plan.attention(10).net, decay_steps=-1)


def test_the_policy_of_the_package_is_found_without_training() -> None:
    found = trained_policy("orienteering", "attention", steps=plan.STEPS)
    assert found.digest == shipped_policy(orienteering.FAMILY.package, "attention").digest


@pytest.mark.slow
def test_the_command_of_its_documentation_makes_it_again(tmp_path: Path) -> None:
    """Bit for bit where it is made by the same versions; the processor must be of one kind, too."""
    shipped = shipped_policy(orienteering.FAMILY.package, "attention")
    if shipped.training["versions"] != training.versions():
        pytest.skip(f"made by {shipped.training['versions']}")
    run("train", "orienteering", "--method", "attention", "--steps", plan.STEPS, "--out", tmp_path / "p.npz", "--quiet")
    assert deep.load_policy(tmp_path / "p.npz").digest == shipped.digest
