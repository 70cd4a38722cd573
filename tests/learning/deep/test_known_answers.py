"""Proximal policy optimisation on problems whose answers are known, and the faults that would spoil them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from edgeworth.core.result import Quality
from edgeworth.learning import deep
from edgeworth.learning.deep import ppo_trainer, rollout
from edgeworth.learning.deep.heads import Categorical
from edgeworth.learning.deep.training import Trained
from edgeworth.solvers import carbon_offloading
from tests.learning.deep import worlds

Array = NDArray[Any]

PROBE = deep.PPO(rollout=8, minibatch=64, epochs=8, learning_rate=1e-2, hidden=(16,), discount=0.5, decay_steps=2200)
BANDIT = deep.PPO(rollout=16, minibatch=128, epochs=8, learning_rate=1e-2, hidden=(32,), discount=0.0, decay_steps=10_000)
GAME = deep.PPO(rollout=8, minibatch=128, epochs=6, learning_rate=1e-2, hidden=(16,), discount=0.9, decay_steps=8_000)


def value(trained: Trained, seen: Any) -> Array:
    rows = np.asarray(seen, np.float32)
    with torch.no_grad():
        found: Array = trained.trainer._critic(torch.from_numpy(rows)).numpy()  # type: ignore[attr-defined]
    return found


def chances(trained: Trained, obs: Any) -> Array:
    logits = trained.policy._parameters(np.asarray(obs, np.float32))
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: Array = odds / odds.sum(axis=-1, keepdims=True)
    return found


def probe(world: worlds.World, params: deep.PPO = PROBE) -> Trained:
    return deep.train(world, params, steps=2_000, seed=0)


# --- five probes, each of which one more part of the learner can fail --------------------------------------------------------


def test_a_constant_reward_is_the_value() -> None:
    assert value(probe(worlds.ConstantReward()), [[0.0]])[0] == pytest.approx(1.0, abs=1e-2)


def test_a_reward_that_is_observed_is_the_value() -> None:
    assert value(probe(worlds.RewardIsObservation()), [[-1.0], [1.0]]) == pytest.approx([-1.0, 1.0], abs=1e-2)


def test_a_reward_that_comes_later_is_discounted() -> None:
    assert value(probe(worlds.TwoSteps()), [[0.0], [1.0]]) == pytest.approx([0.5, 1.0], abs=1e-2)


def test_the_better_action_is_found() -> None:
    trained = probe(worlds.RewardByAction())
    assert chances(trained, [[0.0]])[0, 1] == pytest.approx(1.0, abs=1e-2)
    assert value(trained, [[0.0]])[0] == pytest.approx(1.0, abs=2e-2)


def test_the_better_action_is_found_for_every_observation() -> None:
    trained = probe(worlds.RewardByBoth())
    assert chances(trained, [[-1.0], [1.0]])[:, 1] == pytest.approx([0.0, 1.0], abs=1e-2)
    assert value(trained, [[-1.0], [1.0]]) == pytest.approx([1.0, 1.0], abs=2e-2)


# --- bandits ------------------------------------------------------------------------------------------------------------------


def test_identity() -> None:
    trained = deep.train(worlds.Identity(), BANDIT, steps=10_000, seed=0)
    assert trained.rows[-1].reward > 0.95
    assert trained.policy.act(np.eye(4)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("head", ["beta", "squashed-gaussian", "gaussian"])
def test_identity_of_a_box(head: str) -> None:
    trained = deep.train(worlds.BoxIdentity(), replace(BANDIT, head=head), steps=10_000, seed=0)
    points = np.linspace(-1.0, 1.0, 101)[:, None]
    assert 1.0 - np.abs(trained.policy.act(points) - points).mean() > 0.95


def test_masked_identity_takes_the_second_best_where_the_best_is_closed() -> None:
    world = worlds.MaskedIdentity()
    trained = deep.train(world, BANDIT, steps=10_000, seed=0)
    assert world.closed_steps > 4_000
    assert world.violations == 0
    assert trained.rows[-1].reward > 0.95 * (1.0 + 2.0 / 3.0) / 2.0
    masks = np.array([[True, True, True, False], [True, True, True, True], [True, False, False, False]])
    assert trained.policy.act(np.zeros((3, 1)), masks).tolist() == [2, 3, 0]


# --- control ------------------------------------------------------------------------------------------------------------------


def test_regulator_against_riccati() -> None:
    """Gain within 5% of the solution of Riccati's equation, cost from one start within 2% of the optimum."""
    discount, steps, a, effort = 0.95, 60_000, 0.9, 0.1
    curvature = 1.0
    for _ in range(1_000):
        curvature = 1.0 + discount * a**2 * curvature - (discount * a * curvature) ** 2 / (effort + discount * curvature)
    gain = discount * a * curvature / (effort + discount * curvature)
    linear = deep.Mlp(inputs=1, hidden=(), outputs=2)
    params = deep.PPO(
        rollout=50, minibatch=800, epochs=6, learning_rate=1e-2, hidden=(32,), actor=linear,
        head="gaussian",
        discount=discount,
        decay_steps=steps,
    )  # fmt: skip
    policy = deep.train(worlds.Regulator(64), params, steps=steps, seed=1).policy
    low, high = policy.act(np.array([[-0.5], [0.5]]))[:, 0]
    assert low - high == pytest.approx(gain, rel=0.05)

    def cost(choose: Callable[[Array], Array]) -> float:
        rng, x, total = np.random.default_rng(5), np.full(400, 1.0), 0.0
        for t in range(150):
            u = choose(x)
            total += discount**t * float((x**2 + effort * u**2).mean())
            x = a * x + u + rng.normal(0.0, 0.1, x.size)
        return total

    assert cost(lambda x: policy.act(x[:, None])[:, 0]) < 1.02 * cost(lambda x: -gain * x)


def test_four_states_against_value_iteration() -> None:
    discount, steps, best = 0.9, 60_000, np.zeros(4)
    for _ in range(1_000):
        each = worlds.Chain.rewards.T + discount * worlds.Chain.transitions @ best
        best = each.max(axis=0)
    params = deep.PPO(
        rollout=32, minibatch=256, epochs=6, learning_rate=2e-2, hidden=(), discount=discount, decay_steps=steps
    )  # fmt: skip
    trained = deep.train(worlds.Chain(32), params, steps=steps, seed=0)
    assert trained.policy.act(np.eye(4)).tolist() == each.argmax(axis=0).tolist()
    assert len(set(each.argmax(axis=0).tolist())) == 2
    assert value(trained, np.eye(4)) == pytest.approx(best, rel=0.02)


def test_a_device_whose_world_does_not_change_against_the_optimum() -> None:
    """CADDTO with constant arrivals, gain and harvest: within 3% of the exact optimum of the episode."""
    drawn = carbon_offloading.generate(preset="caddto", users=1, slots=60, seed=0)
    names = ("arrivals", "harvest", "gain")
    steady = {name: np.full_like(getattr(drawn, name), getattr(drawn, name).mean()) for name in names}
    problem = replace(drawn, **steady, channel=None, estimate=None, law=None)
    steps = 80_000
    params = deep.PPO(
        rollout=60, minibatch=480, epochs=6, learning_rate=3e-3, hidden=(32,),
        discount=0.9,
        decay_steps=steps,
    )  # fmt: skip
    make = partial(carbon_offloading.vector_env, problems=[problem], observe="csi")
    policy = deep.train(make(32), params, steps=steps, seed=1).policy
    env = make(1)
    obs, _ = env.reset()
    cost = 0.0
    for _ in range(problem.slots):
        obs, reward, *_ = env.step(policy.act(obs))
        cost -= float(reward.sum())
    best = carbon_offloading.solve(problem)
    assert best.quality is Quality.OPTIMAL
    assert best.value is not None
    assert best.value - 1e-6 <= cost <= 1.03 * best.value


# --- several agents -----------------------------------------------------------------------------------------------------------


def test_two_agents_find_the_best_joint_action() -> None:
    trained = deep.train(worlds.Coordination(32), GAME, steps=8_000, seed=0)
    assert trained.policy.act(np.zeros((2, 1))).tolist() == [0, 0]
    assert trained.rows[-1].reward > 0.97


def test_agents_that_look_alike_differ_by_their_numbers() -> None:
    trained = deep.train(worlds.Different(32), replace(GAME, agent_id=True), steps=8_000, seed=0)
    assert sorted(trained.policy.act(np.zeros((2, 1))).tolist()) == [0, 1]
    alike = deep.train(worlds.Different(32), GAME, steps=8_000, seed=0)
    assert trained.rows[-1].reward > 0.97
    assert alike.rows[-1].reward < 0.6  # one policy for both, which cannot tell them apart: 1/2 at best


def test_a_central_critic_knows_what_agents_do_not() -> None:
    """The best rules for two private bits earn .75; a critic that sees both bits explains what one that sees one cannot."""
    rules = list(product((0, 1), repeat=2))
    best = max(
        np.mean([(f[x] ^ g[y]) == x * y for x, y in product((0, 1), repeat=2)]) for f, g in product(rules, repeat=2)
    )  # fmt: skip
    assert best == 0.75
    found = {}
    for critic in ("obs", "state"):
        params = replace(GAME, agent_id=True, critic=critic)
        trained = deep.train(worlds.PrivateBits(32), params, steps=8_000, seed=2)
        bits = np.array(list(product((0.0, 1.0), repeat=2)))[:, :, None]
        chosen = trained.policy.act(bits)
        won = np.mean((chosen[:, 0] ^ chosen[:, 1]) == bits[:, 0, 0] * bits[:, 1, 0])
        found[critic] = won, trained.rows[-1].explained_variance
    assert found["state"][0] == best
    assert found["state"][0] >= found["obs"][0]
    assert found["state"][1] > found["obs"][1] + 0.1


# --- planted faults -----------------------------------------------------------------------------------------------------------


def test_a_termination_taken_for_a_truncation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rollout.Rollout.take

    def wrong(self: rollout.Rollout, k: int, step: deep.Step) -> None:
        right(self, k, step._replace(terminated=step.truncated, truncated=step.terminated))

    monkeypatch.setattr(rollout.Rollout, "take", wrong)
    assert value(probe(worlds.ConstantReward()), [[0.0]])[0] > 1.5  # 1 + gamma + gamma^2 + ... = 2


def test_an_advantage_off_by_one_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ppo_trainer.generalised_advantages

    def wrong(reward: Array, values: Array, *rest: Any) -> Array:
        shifted = values.copy()
        shifted[1:] = values[:-1]
        found: Array = right(reward, shifted, *rest)
        return found

    monkeypatch.setattr(ppo_trainer, "generalised_advantages", wrong)
    assert abs(value(probe(worlds.TwoSteps()), [[0.0]])[0] - 0.5) > 0.1


def test_entropy_keeps_the_policy_open_and_its_sign_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    uneven = deep.Mlp(inputs=1, hidden=(), outputs=4, gain=1.0)
    params = replace(PROBE, entropy=0.1, actor=uneven)
    assert probe(worlds.Indifferent(), params).rows[-1].entropy > 0.95 * math.log(4.0)
    right = Categorical.entropy
    monkeypatch.setattr(Categorical, "entropy", lambda *args: -right(*args))
    assert -probe(worlds.Indifferent(), params).rows[-1].entropy < 0.5 * math.log(4.0)


# --- a standard task ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cartpole(seed: int) -> None:
    """A mean of at least 475 over 100 episodes after 150,000 steps."""
    gymnasium = pytest.importorskip("gymnasium")
    params = deep.PPO(rollout=128, minibatch=256, epochs=10, learning_rate=1e-3, decay_steps=150_000)
    env = deep.from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 8)
    policy = deep.train(env, params, steps=150_000, seed=seed).policy
    task, returns = gymnasium.make("CartPole-v1"), []
    for episode in range(100):
        obs, _ = task.reset(seed=900_000 + episode)
        total, over = 0.0, False
        while not over:
            obs, reward, terminated, truncated, _ = task.step(int(policy.act(obs)))
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    assert np.mean(returns) >= 475.0
