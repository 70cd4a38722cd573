"""REINFORCE for constructive policies, on a scheduling problem whose best order Smith's rule gives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from edgeworth.core.arrays import Array, Floats
from edgeworth.learning.deep import training
from edgeworth.learning.deep.attention import Scorer
from edgeworth.learning.deep.policy import load_policy
from edgeworth.learning.deep.reinforce import Partial, Reinforce, construct, construction_loss
from edgeworth.learning.deep.reinforce_trainer import ReinforceTrainer
from edgeworth.learning.deep.spaces import ActionSpec, Spec

JOBS = 6


class Sequencing:
    """One machine, `JOBS` jobs of times p and weights w: the cost of an order is the weighted sum of completion times."""

    spec = Spec(agents=1, obs=2 * JOBS, action=ActionSpec.discrete(JOBS, masked=True))

    def instances(self, generator: np.random.Generator, count: int) -> dict[str, Array]:
        return {name: generator.uniform(0.1, 1.0, (count, JOBS)) for name in ("time", "weight")}

    def begin(self, instances: Mapping[str, Array]) -> Partial:
        self.time, self.weight = instances["time"], instances["weight"]
        self.open = np.ones(self.time.shape, bool)
        self.clock, self.total = np.zeros(len(self.time)), np.zeros(len(self.time))
        return self._partial()

    def _partial(self) -> Partial:
        seen = np.stack((self.time, self.weight), 2).reshape(len(self.time), -1).astype(np.float32)
        complete = ~self.open.any(axis=1)
        return Partial(seen, self.open | complete[:, None], complete)

    def extend(self, actions: Array) -> Partial:
        rows = np.arange(len(actions))
        assert self.open[rows, actions].all()
        self.clock += self.time[rows, actions]
        self.total += self.weight[rows, actions] * self.clock
        self.open[rows, actions] = False
        return self._partial()

    def cost(self) -> Floats:
        return self.total


class Uneven(Sequencing):
    """As many choices as an instance says: others are complete meanwhile."""

    def instances(self, generator: np.random.Generator, count: int) -> dict[str, Array]:
        return {**super().instances(generator, count), "length": generator.integers(1, JOBS + 1, count)}

    def begin(self, instances: Mapping[str, Array]) -> Partial:
        self.left = instances["length"].copy()
        return super().begin(instances)

    def _partial(self) -> Partial:
        partial = super()._partial()
        complete = self.left <= 0
        return Partial(partial.obs, partial.mask | complete[:, None], complete)

    def extend(self, actions: Array) -> Partial:
        rows = np.flatnonzero(self.left > 0)
        chosen = actions[rows]
        assert self.open[rows, chosen].all()
        self.clock[rows] += self.time[rows, chosen]
        self.total[rows] += self.weight[rows, chosen] * self.clock[rows]
        self.open[rows, chosen] = False
        self.left -= 1
        return self._partial()


def smith(instances: Mapping[str, Array]) -> Floats:
    """Cost of the order by falling w / p, the best one (Smith, 1956)."""
    order = np.argsort(-instances["weight"] / instances["time"], axis=1)
    time, weight = (np.take_along_axis(instances[name], order, 1) for name in ("time", "weight"))
    return np.asarray((weight * time.cumsum(axis=1)).sum(axis=1))


NET = Scorer(features=2, hidden=(32,))


def held_out(count: int = 500) -> dict[str, Array]:
    return Sequencing().instances(np.random.default_rng(900_000), count)


def test_smiths_rule_is_the_best_of_all_orders() -> None:
    instances = held_out(5)
    for k in range(5):
        time, weight = instances["time"][k], instances["weight"][k]
        costs = [
            sum(weight[j] * time[list(order[: i + 1])].sum() for i, j in enumerate(order)) for order in permutations(range(6))
        ]
        assert smith(instances)[k] == pytest.approx(min(costs))


@pytest.mark.parametrize("baseline", [0.0, 2.5])
def test_the_mean_gradient_is_that_of_the_mean_cost_whatever_the_baseline(baseline: float) -> None:
    """A bandit with a closed arm: over all draws, each with its probability, d/dlogit_a is p_a (cost_a - mean cost)."""
    logits = torch.tensor([0.3, -0.2, 1.0, 0.5], dtype=torch.float64, requires_grad=True)
    mask, cost = np.array([True, True, False, True]), np.array([1.0, 3.0, 9.0, 2.0])
    weight = np.where(mask, np.exp(logits.detach().numpy()), 0.0)
    p = weight / weight.sum()
    mean = np.zeros(4)
    for a in np.flatnonzero(mask):
        advantage = torch.tensor([cost[a] - baseline], dtype=torch.float64)
        loss = construction_loss(logits[None], torch.tensor([a]), torch.from_numpy(mask)[None], advantage, 1)
        mean += p[a] * torch.autograd.grad(loss, logits)[0].numpy()
    assert np.allclose(mean, p * (cost - p @ cost), atol=1e-12)
    assert mean[2] == 0.0


@pytest.mark.parametrize("baseline", ["rollout", "batch"])
def test_the_best_order_is_learnt(baseline: str) -> None:
    """Within 1% of the optimum on held-out instances; the untrained policy is 20% off, random orders 40%."""
    problem, instances = Sequencing(), held_out()
    trainer = ReinforceTrainer(problem, Reinforce(net=NET, baseline=baseline, learning_rate=5e-3, challenge=25, trials=200), 1)
    before = construct(trainer.policy(), problem, instances).mean() / smith(instances).mean()
    rows = trainer.advance(JOBS * 128 * 200)
    after = construct(trainer.policy(), problem, instances)
    assert (after >= smith(instances) - 1e-9).all()
    assert before > 1.1
    assert after.mean() / smith(instances).mean() < 1.01
    assert rows[-1].reward > rows[0].reward
    assert (trainer.challenges_won > 1) == (baseline == "rollout")
    drawn = construct(trainer.policy(), problem, instances, np.random.default_rng(0))
    assert drawn.mean() > after.mean()


def test_a_rollout_baseline_explains_more_than_the_mean() -> None:
    """It tells hard instances from easy ones, which is what it is for."""
    shares = {}
    for baseline in ("rollout", "batch"):
        trainer = ReinforceTrainer(Sequencing(), Reinforce(net=NET, baseline=baseline), 0)
        shares[baseline] = float(np.mean([row.explained_variance for row in trainer.advance(JOBS * 128 * 10)]))
    assert shares["batch"] == pytest.approx(0.0, abs=1e-9)
    assert shares["rollout"] > 0.5


def test_resumed_equals_uninterrupted_bit_by_bit(tmp_path: Path) -> None:
    params = Reinforce(net=NET, batch=16, challenge=3, trials=20, learning_rate=5e-3, entropy=0.01)
    whole = ReinforceTrainer(Uneven(), params, 2)
    whole.advance(800)
    half = ReinforceTrainer(Uneven(), params, 2)
    rows = half.advance(300)
    training.save(half, tmp_path / "half.npz", rows)
    resumed = ReinforceTrainer(Uneven(), params, 2)
    assert training.load(resumed, tmp_path / "half.npz")[-1].steps == half.steps < whole.steps
    resumed.advance(800 - resumed.steps)
    one, other = whole.state(), resumed.state()
    assert one[0] == other[0]
    assert whole.challenges_won > 0
    for name in one[1]:
        assert one[1][name].tobytes() == other[1][name].tobytes(), name
    with pytest.raises(ValueError, match="must have the seed of this training, 3; got 2"):
        training.load(ReinforceTrainer(Uneven(), params, 3), tmp_path / "half.npz")


def test_choices_after_completion_teach_nothing() -> None:
    """With uneven lengths `steps` counts choices that mattered, and learning still works."""
    problem, generator = Uneven(), np.random.default_rng(3)
    trainer = ReinforceTrainer(problem, Reinforce(net=NET, batch=64, learning_rate=5e-3, challenge=20, trials=100), 4)
    row = trainer.advance(1)[0]
    assert 64 <= row.steps < 64 * JOBS
    instances = problem.instances(generator, 300)
    before = construct(trainer.policy(), problem, instances, generator).mean()
    trainer.advance(30_000)
    assert construct(trainer.policy(), problem, instances).mean() < 0.8 * before


def test_a_policy_is_saved_and_construct_uses_numpy_alone(tmp_path: Path) -> None:
    trainer = ReinforceTrainer(Sequencing(), Reinforce(net=NET, batch=8), 0)
    trainer.advance(1)
    trainer.policy("builder").save(tmp_path / "policy.npz")
    policy = load_policy(tmp_path / "policy.npz")
    assert (policy.name, policy.training["learner"], policy.training_seeds) == ("builder", "reinforce", {0})
    costs = [construct(each, Sequencing(), held_out(20)) for each in (policy, trainer.policy())]
    assert np.array_equal(*costs)


def test_a_scorer_builds_larger_instances_than_it_was_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = ReinforceTrainer(Sequencing(), Reinforce(net=NET, learning_rate=5e-3, challenge=25, trials=200), 1)
    trainer.advance(JOBS * 128 * 150)
    policy = trainer.policy()
    monkeypatch.setattr("tests.learning.deep.test_reinforce.JOBS", 15)
    larger = Sequencing().instances(np.random.default_rng(900_001), 200)
    assert larger["time"].shape == (200, 15)
    assert construct(policy, Sequencing(), larger).mean() < 1.02 * smith(larger).mean()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch": 1}, "batch: must be at least 2"),
        ({"baseline": "critic"}, "baseline: must be one of rollout, batch"),
        ({"significance": 0.0}, "significance: must be above 0"),
        ({"trials": 1}, "trials: must be at least 2"),
    ],
)
def test_bad_parameters_are_refused_by_name(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Reinforce(**{"net": NET, **changed})


def test_bad_problems_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="seed: must be below 900000"):
        ReinforceTrainer(Sequencing(), Reinforce(net=NET), 900_000)
    with pytest.raises(TypeError, match="problem: must have what Construction lists"):
        ReinforceTrainer(object(), Reinforce(net=NET), 0)  # type: ignore[arg-type]
    unmasked = Sequencing()
    unmasked.spec = Spec(agents=1, obs=2 * JOBS, action=ActionSpec.discrete(JOBS))
    with pytest.raises(ValueError, match="problem: must have one agent and masked numbered actions"):
        ReinforceTrainer(unmasked, Reinforce(net=NET), 0)
    with pytest.raises(TypeError, match="net: must be a Net"):
        Reinforce(net=3)  # type: ignore[arg-type]
