"""Credit by task: what a decision is found to have cost later is what it is learnt from, whatever lies between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from edgeworth.learning import deep
from edgeworth.learning.deep import credit
from edgeworth.learning.deep.ppo_trainer import PPOTrainer
from edgeworth.solvers import scheduling
from tests.learning.deep import worlds

Array = NDArray[Any]


class Late(worlds.World):
    """Two agents; one in two, at random, is asked, and told a sign to name (action 0: -1, 1: +1; 2 is closed).

    A right answer costs 0, a wrong one 1, which is told `delay` steps after the answer, or when the episode ends, after 7
    steps. Of agents that are not asked only the last action is open. Rewards are noise.
    """

    agents, obs, action, horizon = 2, 2, deep.ActionSpec.discrete(3, masked=True), 7
    delay = 5

    def __init__(self, copies: int = 16) -> None:
        super().__init__(copies)
        self.costs = np.full((copies, 14), np.nan)
        self.secret = np.full((copies, 14), np.nan)
        self.last = self.costs.copy()
        self.decided = np.full((copies, 2), -1)

    def fresh(self, count: int) -> Array:
        asked = self.rng.random((count, 2)) < 0.5
        return np.stack((np.where(self.rng.random((count, 2)) < 0.5, -1.0, 1.0) * asked, asked), axis=2)

    def open(self) -> Array:
        asked = self.inner[:, :, 1] > 0.0
        return np.stack((asked, asked, ~asked), axis=2)

    def earn(self, actions: Array) -> Array:
        asked = self.inner[:, :, 1] > 0.0
        assert (actions[~asked] == 2).all()
        number = 2 * self.phase[:, None] + np.arange(2)
        self.decided = np.where(asked, number, -1)
        wrong = (2 * actions - 1 != self.inner[:, :, 0]).astype(float)
        np.put_along_axis(self.secret, number, np.where(asked, wrong, np.nan), 1)
        due = 2 * (self.phase - self.delay)[:, None] + np.arange(2)
        for c, told in enumerate(due):
            told = told[told >= 0]
            self.costs[c, told] = self.secret[c, told]
        return self.rng.normal(size=actions.shape)

    def move(self, actions: Array) -> None:
        self.inner = self.fresh(self.copies)

    def reset(self, seed: int | None = None) -> deep.Step:
        found = super().reset(seed)
        self.costs[...] = self.secret[...] = np.nan
        return self._told(found)

    def step(self, actions: Array) -> deep.Step:
        found = super().step(actions)
        ended = found.terminated | found.truncated
        self.last[ended] = self.secret[ended]
        self.costs[ended] = self.secret[ended] = np.nan
        return self._told(found)

    def _told(self, step: deep.Step) -> deep.Step:
        asked = self.inner[:, :, 1] > 0.0
        return step._replace(active=asked, decided=self.decided, costs=self.costs, final_costs=self.last)

    def snapshot(self) -> dict[str, Array]:
        own = {name: getattr(self, name).copy() for name in ("costs", "secret", "last", "decided")}
        return super().snapshot() | own

    def restore(self, arrays: Any) -> deep.Step:
        for name in ("costs", "secret", "last", "decided"):
            setattr(self, name, arrays[name].copy())
        return self._told(super().restore(arrays))


TASK = deep.PPO(credit="task", rollout=3, minibatch=64, epochs=2, hidden=(8,), learning_rate=1e-2)


def answered(policy: deep.Policy) -> list[int]:
    obs, mask = np.array([[-1.0, 1.0], [1.0, 1.0]]), np.array([[True, True, False]] * 2)
    return [int(each) for each in policy.act(obs, mask)]


def logits(policy: deep.Policy) -> Array:
    """How much more likely the right answer is, in logits."""
    found = policy._parameters(np.array([[-1.0, 1.0], [1.0, 1.0]]))
    return np.array([found[0, 0] - found[0, 1], found[1, 1] - found[1, 0]])


@pytest.mark.parametrize("delay", [0, 2, 5])
def test_outcomes_that_come_later_are_learnt_from(delay: int) -> None:
    """Rollouts of 3 steps, episodes of 7 and delays of up to 5: a decision is settled in another rollout, or where one ends."""
    env = Late()
    env.delay = delay
    policy = deep.train(env, TASK, steps=6_000, seed=0).policy
    assert answered(policy) == [0, 1]
    assert logits(policy).min() > 2.0


def test_rewards_do_not_enter() -> None:
    """Rewards are noise, with which credit by time learns nothing."""
    policy = deep.train(Late(), replace(TASK, credit="time"), steps=6_000, seed=0).policy
    assert logits(policy).min() < 1.0


def test_no_decision_is_lost_or_learnt_from_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all decisions those that are open at the end are held, the others were handed over once, with what belongs to them."""
    found: list[dict[str, Array]] = []
    right = credit.Ledger.settled

    def seen(self: credit.Ledger, costs: Array) -> dict[str, Array]:
        found.append(right(self, costs))
        return found[-1]

    monkeypatch.setattr(credit.Ledger, "settled", seen)
    env = Late()
    asked: list[int] = []
    wrong: list[float] = []
    step = env.step

    def counted(actions: Array) -> deep.Step:
        active = env.inner[:, :, 1] > 0.0
        asked.append(int(active.sum()))
        wrong.append(float((2 * actions - 1 != env.inner[:, :, 0])[active].sum()))
        return step(actions)

    monkeypatch.setattr(env, "step", counted)
    trainer = PPOTrainer(env, TASK, 0)
    trainer.advance(11 * 3 * 32)
    assert trainer._ledger is not None
    held = trainer._ledger.held
    assert 0 < len(held["decision"]) < sum(asked[-6:])
    every = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    assert len(every["brought"]) + len(held["decision"]) == sum(asked)
    right_one = np.where(every["obs"][:, 0] > 0.0, 1.0, 0.0)
    assert np.array_equal(every["brought"], np.where(every["action"][:, 0] == right_one, 0.0, -1.0))
    late = np.where(held["obs"][:, 0] > 0.0, 1.0, 0.0)
    assert sum(wrong) == -every["brought"].sum() + (held["action"][:, 0] != late).sum()
    assert (every["obs"][:, 1] == 1.0).all()
    assert np.array_equal(every["mask"], np.tile([True, True, False], (len(right_one), 1)))


class Immediate(worlds.Identity):
    """Episodes of one step, whose cost is told at once."""

    horizon, cut = 1, False

    def step(self, actions: Array) -> deep.Step:
        found = super().step(actions)
        last = -np.asarray(found.reward, float)
        return found._replace(decided=np.zeros((self.copies, 1), int), costs=np.full_like(last, np.nan), final_costs=last)

    def reset(self, seed: int | None = None) -> deep.Step:
        return super().reset(seed)._replace(costs=np.full((self.copies, 1), np.nan))


def test_it_is_credit_by_time_where_episodes_have_one_step() -> None:
    params = deep.PPO(rollout=8, minibatch=64, epochs=2, hidden=(8,), learning_rate=1e-2, normalise_observations=True)
    one = deep.train(Immediate(), params, steps=2_000, seed=3)
    other = deep.train(Immediate(), replace(params, credit="task"), steps=2_000, seed=3)
    for a, b in zip(one.policy.weights, other.policy.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert np.abs(one.policy.weights[0] - deep.train(Immediate(), params, steps=100, seed=3).policy.weights[0]).max() > 1e-3


@pytest.mark.parametrize("scaled", [False, True])
def test_resumed_is_uninterrupted(scaled: bool, tmp_path: Path) -> None:
    params = replace(TASK, normalise_rewards=scaled, normalise_observations=scaled)
    whole = deep.train(Late(), params, steps=960, seed=1)
    for cut in (96, 384):
        file = tmp_path / f"{cut}.state"
        deep.train(Late(), params, steps=cut, seed=1, checkpoint=file)
        again = deep.train(Late(), params, steps=960, seed=1, resume=file)
        for a, b in zip(whole.policy.weights, again.policy.weights, strict=True):
            assert np.array_equal(a, b)
        np.testing.assert_equal([row.value_loss for row in again.rows], [row.value_loss for row in whole.rows])


def test_scheduling_is_resumed_with_tasks_in_play(tmp_path: Path) -> None:
    def env() -> Any:
        return scheduling.vector_env(4, devices=3, rate=1.0, horizon=6.0, observe="candidates")

    params = replace(TASK, rollout=5, actor=deep.Scorer(features=9, hidden=(8,)), normalise_rewards=True)
    whole = deep.train(env(), params, steps=1_200, seed=1)
    deep.train(env(), params, steps=480, seed=1, checkpoint=tmp_path / "state")
    again = deep.train(env(), params, steps=1_200, seed=1, resume=tmp_path / "state")
    assert all(np.array_equal(a, b) for a, b in zip(whole.policy.weights, again.policy.weights, strict=True))
    trainer = again.trainer
    assert isinstance(trainer, PPOTrainer)
    assert trainer._ledger is not None
    assert len(trainer._ledger.held["decision"])


def test_costs_of_scheduling_are_those_of_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the rollout's length, over a whole episode a device's decisions bring minus what its tasks cost in the model."""
    found: list[dict[str, Array]] = []
    right = credit.Ledger.settled

    def seen(self: credit.Ledger, costs: Array) -> dict[str, Array]:
        found.append(right(self, costs))
        return found[-1]

    monkeypatch.setattr(credit.Ledger, "settled", seen)
    episode = scheduling.generate(devices=3, rate=1.0, horizon=10.0, seed=5)
    env = scheduling.vector_env(1, problems=[episode])
    trainer = PPOTrainer(deep.from_arrays(env), replace(TASK, rollout=7, learning_rate=1e-9), 0)
    trainer.advance(51 * 3)  # epochs of one episode, and a little more
    first = {}
    for each in found:
        for decision, brought, action in zip(each["decision"], each["brought"], each["action"][:, 0], strict=True):
            first.setdefault(int(decision), (brought, int(action)))
    assert len(first) == episode.tasks
    source = episode.source
    device = [first[j][1] if not first[j][1] else first[j][1] - (first[j][1] <= source[j]) for j in range(episode.tasks)]
    device = [int(source[j]) if not first[j][1] else device[j] for j in range(episode.tasks)]
    outcome = scheduling.simulate(episode, scheduling.assigned(episode, device))
    np.testing.assert_allclose([-first[j][0] for j in range(episode.tasks)], outcome.cost, rtol=1e-12)


def test_an_update_without_decisions_changes_nothing() -> None:
    env = scheduling.vector_env(2, devices=2, rate=0.0, horizon=5.0)
    one = deep.train(env, TASK, steps=12, seed=0)
    row = one.rows[0]
    assert np.isnan([row.kl, row.value_loss, row.explained_variance]).all()
    start = PPOTrainer(deep.from_arrays(env), TASK, 0).weights.copies("actor")
    assert all(np.array_equal(a, b) for a, b in zip(one.policy.weights, start, strict=True))


# --- planted faults are caught ------------------------------------------------------------------------------------------------


def test_costs_of_another_copy_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = credit.Ledger._settle

    def wrong(self: credit.Ledger, upto: int, copies: Array, costs: Array) -> bool:
        return right(self, upto, copies, np.roll(costs, 1, axis=0))

    monkeypatch.setattr(credit.Ledger, "_settle", wrong)
    with pytest.raises(ValueError, match="env: must settle all decisions of an episode by its end"):
        deep.train(Late(), TASK, steps=6_000, seed=0)


def test_decisions_that_are_dropped_at_a_rollouts_end_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only what is settled within a rollout is learnt from, a delay of 5 and rollouts of 3 leave next to nothing."""
    right, count = credit.Ledger.settled, []

    def wrong(self: credit.Ledger, costs: Array) -> dict[str, Array]:
        found = right(self, costs)
        count.append(len(found["brought"]))
        self.held = {name: each[:0] for name, each in self.held.items()}
        return found

    whole = PPOTrainer(Late(), TASK, 0)
    whole.advance(2_000)
    monkeypatch.setattr(credit.Ledger, "settled", wrong)
    PPOTrainer(Late(), TASK, 0).advance(2_000)
    assert sum(count) < 0.6 * 1_000


# --- agents that are not active -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["time", "task"])
def test_only_agents_that_are_active_are_asked(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    env, rows = Late(), []
    trainer = PPOTrainer(env, replace(TASK, credit=by), 0)
    right = trainer._sampled

    def seen(k: int, chosen: Any) -> Any:
        rows.append((trainer._obs[k][chosen][:, 1] == 1.0).all() and len(chosen) == int(env.open()[..., 0].sum()))
        return right(k, chosen)

    monkeypatch.setattr(trainer, "_sampled", seen)
    trainer.advance(300)  # the world itself asserts that the others take what is open to them
    assert rows
    assert all(rows)


def test_steps_of_others_leave_the_policy_alone() -> None:
    """With noise of any size in what is earned while nothing was asked."""

    class Louder(Late):
        def earn(self, actions: Array) -> Array:
            asked = self.inner[:, :, 1] > 0.0
            return np.where(asked, super().earn(actions), 1e3 * self.loud)

        def reset(self, seed: int | None = None) -> deep.Step:
            return super().reset(seed)

        loud = 0.0

    params = replace(TASK, credit="time", discount=0.0, value=0.0, normalise_advantages=False)
    quiet, loud = Louder(), Louder()
    loud.loud = 1.0
    one, other = (deep.train(env, params, steps=500, seed=0).policy.weights for env in (quiet, loud))
    assert all(torch.equal(torch.tensor(a), torch.tensor(b)) for a, b in zip(one, other, strict=True))


# --- refused ------------------------------------------------------------------------------------------------------------------


def test_environments_that_do_not_tell_are_refused() -> None:
    with pytest.raises(ValueError, match="credit: must be 'time' where an environment tells no costs"):
        deep.train(worlds.ConstantReward(), TASK, steps=10, seed=0)
    with pytest.raises(ValueError, match="credit"):
        deep.PPO(credit="job")  # type: ignore[arg-type]


def test_costs_that_come_too_short_are_refused() -> None:
    class Short(Late):
        def _told(self, step: deep.Step) -> deep.Step:
            told = super()._told(step)
            assert told.costs is not None
            return told._replace(costs=told.costs[:, :1])

    with pytest.raises(ValueError, match="env: must give the costs of decision"):
        deep.train(Short(), TASK, steps=500, seed=0)


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (lambda step: {"decided": step.decided.T}, "integers of shape .16, 2."),
        (lambda step: {"decided": step.decided + 0.5}, "integers of shape .16, 2."),
        (lambda step: {"costs": step.costs[:3]}, "costs of shape .16, numbers.; got .3, 14."),
        (lambda step: {"final_costs": np.tile(step.final_costs, (2, 1))}, "costs of shape .16, numbers.; got .32, 14."),
        (lambda step: {"costs": step.costs + np.inf}, "finite costs, or NaN while they are open"),
    ],
)
def test_what_is_told_in_another_shape_is_refused(told: Callable[[deep.Step], dict[str, Any]], rule: str) -> None:
    class Wrong(Late):
        def _told(self, step: deep.Step) -> deep.Step:
            found = super()._told(step)
            return found._replace(**told(found))

    with pytest.raises(ValueError, match=f"env: must (tell|give) .*{rule}"):
        deep.train(Wrong(), TASK, steps=1_000, seed=0)


def test_states_of_other_copies_are_refused() -> None:
    trainer = PPOTrainer(Late(), TASK, 0)
    trainer.advance(96)
    header, arrays = trainer.state()
    assert len(arrays["open/copy"])
    PPOTrainer(Late(), TASK, 0).restore(header, arrays)
    for change in ({"open/copy": arrays["open/copy"] + 16}, {"open/decision": arrays["open/decision"] - 99}):
        with pytest.raises(ValueError, match="arrays: must hold decisions of this environment's copies"):
            PPOTrainer(Late(), TASK, 0).restore(header, arrays | change)
    with pytest.raises(ValueError, match="the array 'returns' must have shape"):
        PPOTrainer(Late(), TASK, 0).restore(header, arrays | {"returns": np.zeros(1)})
