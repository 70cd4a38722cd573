"""Environments of scheduling with the interfaces of PettingZoo and Gymnasium, and the arguments of all environments."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from edgeworth import MissingExtraError
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import generate, vector_env
from tests.solvers.scheduling.cases import random_episode

needs_pettingzoo = pytest.mark.skipif(importlib.util.find_spec("pettingzoo") is None, reason="extra envs is absent")
needs_gymnasium = pytest.mark.skipif(importlib.util.find_spec("gymnasium") is None, reason="extra envs is absent")

OBSERVE = ("own", "peers", "candidates", "graph")
SMALL: dict[str, Any] = {"devices": 3, "horizon": 12.0, "rate": 1.0}


def draws_open(env: Any) -> Any:
    """The environment with action spaces that draw what is open: the libraries' checkers draw without looking at masks."""
    from gymnasium.spaces import Discrete, MultiDiscrete

    class Open(Discrete):
        def __init__(self, agent: int, n: int) -> None:
            super().__init__(n)
            self.agent = agent

        def sample(self, mask: Any = None, probability: Any = None) -> Any:
            return super().sample(mask=env._engine.opened[0, self.agent].astype(np.int8))

    class Local(MultiDiscrete):  # Gymnasium's draws before it resets
        def sample(self, mask: Any = None, probability: Any = None) -> Any:
            return np.zeros_like(self.nvec)

    if hasattr(env, "possible_agents"):
        for i, agent in enumerate(env.possible_agents):
            env.action_spaces[agent] = Open(i, len(env.possible_agents))
    else:
        env.action_space = Local(env.action_space.nvec)
    return env


# --- PettingZoo and Gymnasium -------------------------------------------------------------------------------------------------


@needs_pettingzoo
@pytest.mark.parametrize("observe", OBSERVE)
def test_the_interface_of_pettingzoo(observe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    def make() -> Any:
        return scheduling.parallel_env(**SMALL, seed=0, observe=observe)

    parallel_api_test(make(), num_cycles=80)  # an episode has 55 epochs
    assert "Passed" in capsys.readouterr().out
    parallel_seed_test(lambda: draws_open(make()), num_cycles=20)


@needs_gymnasium
@pytest.mark.parametrize("observe", OBSERVE)
def test_the_interface_of_gymnasium(observe: Any) -> None:
    from gymnasium.utils.env_checker import check_env

    check_env(draws_open(scheduling.gym_env(**SMALL, seed=0, observe=observe)), skip_render_check=True)


@needs_pettingzoo
def test_the_call_of_the_issue() -> None:
    env = scheduling.parallel_env(preset="table-2", devices=5, rate=0.25, seed=0)
    seen, infos = env.reset()
    assert list(seen) == list(infos) == env.agents == [f"device_{i}" for i in range(5)]
    for _ in range(20):
        rng = np.random.default_rng(0)
        actions = {agent: int(rng.choice(np.flatnonzero(seen[agent]["action_mask"]))) for agent in env.agents}
        seen, rewards, terminations, truncations, infos = env.step(actions)
        assert all(env.observation_space(agent).contains(seen[agent]) for agent in env.agents)
        assert env.state_space.contains(env.state())
    assert set(rewards) == set(env.agents)
    assert not any(terminations.values())
    assert not any(truncations.values())
    assert set(infos["device_0"]) == {"decided"}
    assert env.problem.devices == 5


@needs_pettingzoo
@pytest.mark.parametrize("epoch", [0.5, 0.0])
def test_all_environments_play_alike(epoch: float) -> None:
    """Of the same seed, with the same actions; the joint reward is the sum, and together minus the value times tasks."""
    made = {**SMALL, "epoch": epoch, "seed": 3}
    several, joint = scheduling.parallel_env(**made), scheduling.gym_env(**made)
    many = vector_env(1, **made, state=True) if epoch else None
    rng = np.random.default_rng(0)
    for _ in range(2):
        seen, _ = several.reset()
        flat, info = joint.reset()
        if many is not None:
            arrays, infos = many.reset()
            arrays, infos = arrays.copy(), {name: values.copy() for name, values in infos.items()}
        problem, total = several.problem, 0.0
        assert problem.hash == joint.problem.hash
        device = np.full(problem.tasks, -1)
        while several.agents:
            masks = np.stack([seen[agent]["action_mask"] for agent in several.agents]).astype(bool)
            np.testing.assert_array_equal(info["action_mask"], masks)
            np.testing.assert_array_equal(joint.action_masks(), masks.ravel())
            np.testing.assert_array_equal(flat, np.concatenate([seen[agent]["observation"] for agent in several.agents]))
            if many is not None:
                np.testing.assert_array_equal(infos["action_mask"][0], masks)
                np.testing.assert_array_equal(arrays[0].ravel(), flat)
                np.testing.assert_array_equal(infos["state"][0], several.state())
            actions = np.where(masks, rng.random(masks.shape), -1.0).argmax(axis=1)
            seen, rewards, ended, _, infos_too = several.step(dict(zip(several.agents, actions, strict=True)))
            flat, reward, terminated, truncated, info = joint.step(actions)
            assert reward == pytest.approx(sum(rewards.values()), rel=1e-12, abs=1e-12)
            assert (terminated, truncated) == (ended["device_0"], False)
            if many is not None:
                arrays, each, over, _, infos = many.step(actions[None])
                assert each[0].tolist() == list(rewards.values())
                assert over[0] == terminated
                if terminated:
                    np.testing.assert_array_equal(infos["final_observation"][0].ravel(), flat)
            for i, told in enumerate(infos_too.values()):
                if told["decided"] >= 0:
                    device[told["decided"]] = [i, *(k for k in range(3) if k != i)][actions[i]]
            total += reward
            if many is not None and terminated:
                many = vector_env(1, **made, state=True)  # `reset` would begin the episode after the next
                many.reset()
        schedule = scheduling.assigned(problem, device)
        assert total == pytest.approx(-scheduling.value(problem, schedule) * problem.tasks, rel=1e-9)
        assert joint.problem.tasks == problem.tasks > 10
        with pytest.raises(ValueError, match="step: must follow reset"):
            several.step({})
        with pytest.raises(ValueError, match="step: must follow reset"):
            joint.step(np.zeros(3, np.int64))
    first, _ = several.reset(seed=3)
    assert several.problem.provenance.seed == 3
    again, _ = several.reset(seed=3)
    assert all(np.array_equal(first[agent]["observation"], again[agent]["observation"]) for agent in first)


@needs_pettingzoo
def test_every_arrival_has_an_epoch_where_epochs_are_0() -> None:
    problem = random_episode(1, epoch=0.0)
    env = scheduling.parallel_env(problem, reward="team")
    seen, _ = env.reset()
    acting = []
    while env.agents:
        acting.append([i for i, each in enumerate(seen.values()) if each["observation"][0] == 1.0])
        seen, rewards, *_ = env.step(dict.fromkeys(env.agents, 0))
        assert len(set(rewards.values())) == 1
    assert acting == [[i] for i in problem.source.tolist()]
    empty = scheduling.gym_env(devices=2, rate=0.0, horizon=5.0, epoch=0.0, seed=0)
    empty.reset()
    assert empty.step(np.zeros(2, np.int64))[1:4] == (0.0, True, False)


@pytest.mark.parametrize(
    ("function", "package"), [("parallel_env", "pettingzoo"), ("parallel_env", "gymnasium"), ("gym_env", "gymnasium")]
)
def test_a_missing_extra_is_named(function: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else found(name, *rest))
    with pytest.raises(MissingExtraError, match=f"{function} needs the extra 'envs'"):
        getattr(scheduling, function)(seed=0)


def test_vector_environments_need_no_extra() -> None:
    code = (
        "import sys; sys.modules.update(gymnasium=None, pettingzoo=None)\n"
        "from edgeworth.solvers import scheduling\n"
        "assert 'numba' not in sys.modules\n"
        "scheduling.vector_env(1, devices=1, horizon=2.0, seed=0).reset()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


# --- arguments ----------------------------------------------------------------------------------------------------------------

PROBLEM = generate(**SMALL, seed=0)


@pytest.mark.parametrize(
    ("kind", "given", "name"),
    [
        ("vector_env", {"copies": 0}, "copies"),
        ("vector_env", {"copies": 2.5}, "copies"),
        ("vector_env", {"preset": "table"}, "preset"),
        ("vector_env", {"devices": 0}, "devices"),
        ("vector_env", {"epoch": 0.0}, "epoch"),
        ("vector_env", {"problems": []}, "problems"),
        ("vector_env", {"problems": [1]}, "problems"),
        ("vector_env", {"problems": [PROBLEM], "preset": "table-2"}, "preset"),
        ("vector_env", {"problems": [PROBLEM], "rate": 0.5}, "rate"),
        ("vector_env", {"problems": [PROBLEM], "seed": -1}, "seed"),
        ("vector_env", {"observe": "all"}, "observe"),
        ("vector_env", {"reward": "global"}, "reward"),
        ("vector_env", {"state": 1}, "state"),
        ("vector_env", {"exchange_rate": -1.0}, "exchange_rate"),
        ("vector_env", {"exchange_rate": np.nan}, "exchange_rate"),
        ("vector_env", {"seed": -1}, "seed"),
        ("vector_env", {"seed": "0"}, "seed"),
        ("parallel_env", {"problem": 3}, "problem"),
        ("parallel_env", {"problem": PROBLEM, "preset": "table-2"}, "preset"),
        ("parallel_env", {"problem": PROBLEM, "devices": 3}, "devices"),
        ("parallel_env", {"problem": PROBLEM, "seed": "0"}, "seed"),
        ("parallel_env", {"reward": "mean"}, "reward"),
        ("gym_env", {"observe": "none"}, "observe"),
        ("gym_env", {"exchange_rate": "a"}, "exchange_rate"),
    ],
)
def test_bad_arguments_are_refused_by_name(kind: str, given: dict[str, Any], name: str) -> None:
    if kind != "vector_env":
        pytest.importorskip("pettingzoo", reason="extra envs is absent")
    common = {"copies": 2} if kind == "vector_env" and "copies" not in given else {}
    with pytest.raises((ValueError, TypeError), match=f"^{name}"):
        getattr(scheduling, kind)(**common, **given)


@needs_pettingzoo
def test_actions_of_agents_are_refused_by_name() -> None:
    env, joint = scheduling.parallel_env(PROBLEM), scheduling.gym_env(PROBLEM)
    for call in (lambda: env.problem, env.state, lambda: env.step({}), lambda: joint.problem):
        with pytest.raises(ValueError, match="must follow reset"):
            call()
    with pytest.raises(ValueError, match="step: must follow reset"):
        joint.step(np.zeros(3, np.int64))
    env.reset()
    joint.reset()
    right = dict.fromkeys(env.agents, 0)
    for wrong, error, text in (
        ({"device_0": 0}, ValueError, "must hold an action of device_1"),
        ({**right, "device_3": 0}, ValueError, "must be of device_0 to device_2"),
        ({**right, "device_1": 1}, ValueError, r"must be open to device 1 of copy 0: \[0\]; got 1"),
        ({**right, "device_1": 0.0}, TypeError, "must be an integer"),
        ([0, 0, 0], TypeError, "must be a mapping"),
        (None, TypeError, "must be a mapping"),
    ):
        with pytest.raises(error, match=f"actions: .*{text}"):
            env.step(wrong)  # type: ignore[arg-type]
    for action in (np.array([0, 0, 1]), np.zeros(2, np.int64), np.zeros((1, 3), np.int64)):
        with pytest.raises(ValueError, match="actions: must be"):
            joint.step(action)
    with pytest.raises(TypeError, match="actions: must be integers"):
        joint.step(np.zeros(3))
