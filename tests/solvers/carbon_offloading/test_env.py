"""Environments with the interfaces of PettingZoo and Gymnasium, and the arguments of all environments."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from edgeworth import MissingExtraError
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import Scenario, generate, vector_env

needs_pettingzoo = pytest.mark.skipif(importlib.util.find_spec("pettingzoo") is None, reason="extra envs is absent")
needs_gymnasium = pytest.mark.skipif(importlib.util.find_spec("gymnasium") is None, reason="extra envs is absent")

OBSERVE = ("paper", "csi", "carbon", "state")
SMALL: dict[str, Any] = {"users": 3, "slots": 12}


# --- PettingZoo and Gymnasium -------------------------------------------------------------------------------------------------


@needs_pettingzoo
@pytest.mark.parametrize("observe", OBSERVE)
def test_the_interface_of_pettingzoo(observe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from pettingzoo.test import parallel_api_test

    env = carbon_offloading.parallel_env(scenario=Scenario(**SMALL), seed=0, observe=observe)
    parallel_api_test(env, num_cycles=40)
    assert "Passed" in capsys.readouterr().out


@needs_pettingzoo
def test_the_call_of_the_documentation() -> None:
    env = carbon_offloading.parallel_env(preset="caddto", seed=0)
    seen, _ = env.reset()
    assert list(seen) == env.agents == [f"device_{u}" for u in range(5)]
    seen, rewards, terminations, truncations, infos = env.step({agent: [0.5, 0.5] for agent in env.agents})
    assert all(env.observation_space(agent).contains(seen[agent]) for agent in env.agents)
    assert rewards["device_3"] == pytest.approx(-sum(infos["device_3"].values()))
    assert set(infos["device_3"]) == {"cost_carbon", "cost_delay", "cost_waste", "cost_overflow"}
    assert not any(terminations.values())
    assert not any(truncations.values())
    assert env.state_space.contains(env.state())


@needs_pettingzoo
@pytest.mark.parametrize(
    "common", [{}, {"receiver": "mmse"}, {"csi_error": 0.1}, {"battery": 3e-4, "energy": "throttled"}, {"preset": "day"}]
)
def test_all_devices_pay_the_value_of_what_they_play(common: dict[str, Any]) -> None:
    problem = generate(**SMALL, **common, seed=4)
    env = carbon_offloading.parallel_env(problem, observe="csi")
    vector = vector_env(1, problems=[problem], observe="csi")
    vector.reset()
    seen, _ = env.reset()
    actions = np.random.default_rng(0).random((problem.slots, problem.users, 2))
    total = 0.0
    for t, action in enumerate(actions):
        assert env.problem is problem
        named = dict(zip(env.agents, action, strict=True))
        seen, rewards, _, truncations, _ = env.step(named)
        others, reward, *_, infos = vector.step(action[None])
        shown = infos["final_observation"] if t == problem.slots - 1 else others
        for u, agent in enumerate(env.possible_agents):
            np.testing.assert_array_equal(seen[agent], shown[0, u])
            assert rewards[agent] == reward[0, u]
        total -= sum(rewards.values())
        assert all(truncations.values()) == (t == problem.slots - 1)
    assert env.agents == []
    caps = np.array([problem.local_power_cap, problem.offload_power_cap])[:, :, None]
    schedule = carbon_offloading.Schedule(*(actions.transpose(2, 1, 0) * caps))
    assert total == pytest.approx(carbon_offloading.value(problem, schedule), rel=1e-12)
    with pytest.raises(ValueError, match="step: must follow reset"):
        env.step({})


@needs_gymnasium
@pytest.mark.parametrize("observe", OBSERVE)
def test_the_interface_of_gymnasium(observe: Any) -> None:
    from gymnasium.utils.env_checker import check_env

    env = carbon_offloading.gym_env(scenario=Scenario(**SMALL), user=1, seed=0, observe=observe)
    check_env(env, skip_render_check=True)  # that one wants an environment registered by name
    seen, _ = env.reset(seed=3)
    assert len(seen) == len(env.observation_names)


@needs_gymnasium
@needs_pettingzoo
def test_one_device_is_the_same_alone() -> None:
    made = Scenario(preset="heterogeneous", **SMALL)
    together = carbon_offloading.parallel_env(scenario=made, seed=6, observe="carbon")
    alone = carbon_offloading.gym_env(scenario=made, user=2, seed=6, observe="carbon")
    rng = np.random.default_rng(0)
    for _ in range(2):
        seen, _ = together.reset()
        own, _ = alone.reset()
        while together.agents:
            np.testing.assert_array_equal(own, seen["device_2"])
            action = {agent: rng.random(2) for agent in together.agents}
            seen, rewards, _, truncations, _ = together.step(action)
            own, reward, terminated, truncated, info = alone.step(action["device_2"])
            assert reward == rewards["device_2"]
            assert reward == pytest.approx(-sum(info.values()))
            assert (truncated, terminated) == (truncations["device_2"], False)
    assert alone.problem.users == 1
    first, _ = together.reset(seed=6)
    again, _ = together.reset(seed=6)
    assert all(np.array_equal(first[agent], again[agent]) for agent in first)


@pytest.mark.parametrize(
    ("function", "package"), [("parallel_env", "pettingzoo"), ("parallel_env", "gymnasium"), ("gym_env", "gymnasium")]
)
def test_a_missing_extra_is_named(function: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else found(name, *rest))
    with pytest.raises(MissingExtraError, match=f"{function} needs the extra 'envs'"):
        getattr(carbon_offloading, function)(preset="caddto", seed=0)


@pytest.mark.parametrize("function", ["vector_env", "parallel_env", "gym_env"])
def test_who_gives_an_argument_of_generate_is_told_of_the_scenario(function: str) -> None:
    make, copies = getattr(carbon_offloading, function), {"copies": 2} if function == "vector_env" else {}
    told = rf"^users: must be given to {function} as scenario=Scenario\(users=...\); got 3$"
    with pytest.raises(TypeError, match=told):
        make(users=3, **copies)
    with pytest.raises(TypeError, match="unexpected keyword argument 'user_count'"):
        make(user_count=3, **copies)


def test_vector_environments_need_no_extra() -> None:
    code = (
        "import sys; sys.modules.update(gymnasium=None, pettingzoo=None)\n"
        "from edgeworth.solvers import carbon_offloading as co\n"
        "assert 'numba' not in sys.modules\n"
        "co.vector_env(1, scenario=co.Scenario(users=1, slots=2), seed=0).reset()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


# --- arguments ----------------------------------------------------------------------------------------------------------------


def test_a_scenario_takes_what_generate_takes() -> None:
    taken = {field.name: field.default for field in dataclasses.fields(Scenario)}
    theirs = {name: each.default for name, each in inspect.signature(generate).parameters.items()}
    assert taken == {name: default for name, default in theirs.items() if name not in ("seed", "gains")}


PROBLEM = generate(**SMALL, seed=0)


@pytest.mark.parametrize(
    ("kind", "given", "name"),
    [
        ("vector_env", {"copies": 0}, "copies"),
        ("vector_env", {"copies": 2.5}, "copies"),
        ("vector_env", {"preset": "cadto"}, "preset: .*did you mean 'caddto'"),
        ("vector_env", {"preset": "caddto", "scenario": Scenario()}, "preset"),
        ("vector_env", {"scenario": {"users": 3}}, "scenario"),
        ("vector_env", {"scenario": Scenario(users=5, antennas=4)}, "antennas"),
        ("vector_env", {"scenario": Scenario(receiver="mmse")}, "gains"),
        ("vector_env", {"scenario": Scenario(load=-1.0)}, "load"),
        ("vector_env", {"scenario": Scenario(initial_buffer=1e9)}, "initial_buffer"),
        ("vector_env", {"problems": []}, "problems"),
        ("vector_env", {"problems": [1]}, "problems"),
        ("vector_env", {"problems": [PROBLEM], "preset": "caddto"}, "preset"),
        ("vector_env", {"problems": [PROBLEM], "scenario": Scenario()}, "scenario"),
        ("vector_env", {"observe": "all"}, "observe"),
        ("vector_env", {"gains": "exact"}, "gains"),
        ("vector_env", {"state": 1}, "state"),
        ("vector_env", {"seed": -1}, "seed"),
        ("vector_env", {"seed": "0"}, "seed"),
        ("vector_env", {"problems": [PROBLEM], "seed": -1}, "seed"),
        ("parallel_env", {"problem": PROBLEM, "seed": "0"}, "seed"),
        ("parallel_env", {"problem": 3}, "problem"),
        ("parallel_env", {"problem": PROBLEM, "preset": "caddto"}, "preset"),
        ("parallel_env", {"problem": PROBLEM, "scenario": Scenario()}, "scenario"),
        ("parallel_env", {"preset": "caddto", "gains": "exact"}, "gains"),
        ("parallel_env", {"observe": "none"}, "observe"),
        ("gym_env", {"problem": PROBLEM, "user": 3}, "user"),
        ("gym_env", {"problem": PROBLEM, "user": -1}, "user"),
        ("gym_env", {"scenario": Scenario(csi_error=0.1)}, "problem"),
        ("gym_env", {"scenario": Scenario(users=2), "user": 2}, "user"),
    ],
)
def test_bad_arguments_are_refused_by_name(kind: str, given: dict[str, Any], name: str) -> None:
    if kind != "vector_env":
        pytest.importorskip("pettingzoo", reason="extra envs is absent")
    common = {"copies": 2} if kind == "vector_env" and "copies" not in given else {}
    with pytest.raises((ValueError, TypeError), match=f"^{name}"):
        getattr(carbon_offloading, kind)(**common, **given)


def test_problems_of_one_environment_must_go_together() -> None:
    for other, name in (
        (generate(users=3, slots=13, seed=0), "slots"),
        (generate(users=2, slots=12, seed=0), "users"),
        (generate(**SMALL, energy="throttled", seed=0), "energy"),
        (generate(**SMALL, csi_error=0.1, seed=0), "coupled"),
    ):
        with pytest.raises(ValueError, match=f"problems: must all have the same {name}"):
            vector_env(2, problems=[PROBLEM, other])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1e-9, 1.0 + 1e-9])
@pytest.mark.parametrize("receiver", ["zf", "mmse"])
def test_actions_outside_their_box_change_nothing(wrong: float, receiver: Any) -> None:
    env = vector_env(2, problems=[generate(**SMALL, receiver=receiver, seed=seed) for seed in range(2)])
    with pytest.raises(ValueError, match="step: must follow reset"):
        env.step(np.zeros((2, 3, 2)))
    seen, _ = env.reset()
    before = seen.copy()
    actions = np.full((2, 3, 2), 0.5)
    actions[1, 2, 0] = wrong
    with pytest.raises(ValueError, match=r"actions: must be powers over caps.*at index \[1, 2, 0\]"):
        env.step(actions)
    np.testing.assert_array_equal(seen, before)
    for shape in ((2, 3), (3, 2, 2), (2, 3, 3)):
        with pytest.raises(ValueError, match="actions: must be numbers of shape 2 x 3 x 2"):
            env.step(np.zeros(shape))
    with pytest.raises(ValueError, match="actions: must be numbers"):
        env.step(np.full((2, 3, 2), "a"))
    for copy in (2, -1, 0.0):
        with pytest.raises((ValueError, TypeError), match="copy"):
            env.problem(copy)  # type: ignore[arg-type]


@needs_pettingzoo
def test_actions_of_agents_are_refused_by_name() -> None:
    env = carbon_offloading.parallel_env(PROBLEM)
    with pytest.raises(ValueError, match="problem: must follow reset"):
        env.problem  # noqa: B018
    with pytest.raises(ValueError, match="state: must follow reset"):
        env.state()
    env.reset()
    with pytest.raises(ValueError, match="actions: must hold an action of device_1"):
        env.step({"device_0": [0.0, 0.0]})
    with pytest.raises(ValueError, match="actions: must be of device_0 to device_2"):
        env.step({agent: [0.0, 0.0] for agent in [*env.agents, "device_3"]})
    for wrong in (None, [[0.0, 0.0]] * 3):
        with pytest.raises(TypeError, match="actions: must be a mapping from agents"):
            env.step(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="actions: must be two numbers for device_0"):
        env.step({agent: [0.0] for agent in env.agents})
    one = carbon_offloading.gym_env(PROBLEM)
    one.reset()
    with pytest.raises(ValueError, match="action: must be two numbers"):
        one.step(0.5)
