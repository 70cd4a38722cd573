"""Environments: interfaces, equality with plain loops and with the model, random streams, misuse."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from edgeworth import MissingExtraError
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import Scenario, generate, vector_env
from edgeworth.solvers.carbon_offloading.model import dominant_scale
from tests.oracles.carbon_env import NaiveEnv

needs_pettingzoo = pytest.mark.skipif(importlib.util.find_spec("pettingzoo") is None, reason="extra envs is absent")
needs_gymnasium = pytest.mark.skipif(importlib.util.find_spec("gymnasium") is None, reason="extra envs is absent")

OBSERVE = ("paper", "csi", "carbon", "state")
SMALL: dict[str, Any] = {"users": 3, "slots": 12}


def _actions(env: Any, seed: int, steps: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).random((steps, env.copies, env.users, 2))


def _played(env: Any, actions: NDArray[np.float64], seed: int | None = None) -> tuple[NDArray[np.float64], ...]:
    """Observations (with the first ones), rewards and costs of all steps, copied."""
    seen, _ = env.reset(seed)
    all_seen, rewards, costs = [seen.copy()], [], []
    for action in actions:
        seen, reward, _, _, infos = env.step(action)
        all_seen.append(seen.copy())
        rewards.append(reward.copy())
        costs.append([infos[f"cost_{name}"].copy() for name in ("carbon", "delay", "waste", "overflow")])
    return np.array(all_seen), np.array(rewards), np.array(costs)


# --- the vector environment against plain loops and the model -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "naive"),
    [
        ({}, {}),
        ({"preset": "heterogeneous", "speed": 2e4}, {"unequal": 1.0, "speed": 2e4}),  # walks are reflected
        ({"antennas": 5, "load": 5e5}, {"shape": 1.0, "load": 5e5}),
        ({"load": 12e6, "correlation": 0.3}, {"load": 12e6, "rho": 0.3}),  # buffers overflow
        ({"load": 1e8}, {"load": 1e8}),  # so many packets that they are drawn by rejection
    ],
)
def test_equals_plain_loops_step_by_step(scenario: dict[str, Any], naive: dict[str, float]) -> None:
    env = vector_env(2, scenario=Scenario(slots=25, **scenario), seed=5, observe="carbon")
    plain = NaiveEnv(2, seed=5, slots=25, **naive)
    seen, _ = env.reset()
    np.testing.assert_allclose(seen, plain.reset(), rtol=1e-6)
    dropped, ends = 0.0, []
    for k, action in enumerate(_actions(env, 1, 60)):
        seen, reward, terminated, truncated, infos = env.step(action)
        features, parts, ended, last = plain.step(action.tolist())
        np.testing.assert_allclose(seen, features, rtol=1e-6)
        for j, name in enumerate(("carbon", "delay", "waste", "overflow")):
            np.testing.assert_allclose(infos[f"cost_{name}"], np.array(parts)[..., j], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(reward, -np.array(parts).sum(axis=-1), rtol=1e-12)
        assert not terminated.any()
        assert truncated.all() == truncated.any() == ended
        if ended:
            ends.append(k)
            np.testing.assert_allclose(infos["final_observation"], last, rtol=1e-6)
        dropped += infos["cost_overflow"].sum()
    assert ends == [24, 49]
    assert (dropped > 0.0) == (scenario.get("load", 0.0) > 1e7)


@pytest.mark.parametrize(
    "scenario",
    [
        {},
        {"preset": "heterogeneous", "initial_buffer": "random", "battery": 2e-4},
        {"preset": "literal", "load": 12e6, "buffer": 3e4},
        {"energy": "throttled", "overflow_scale": 5e3, "initial_buffer": 2e4, "slot_length": 1e-2},
        {"load": 0.0, "harvest": 0.0, "correlation": 1.0, "intensity": 0.0},
        {"preset": "day", "slots": 30, "battery": 5.0},
        {"receiver": "mmse"},
        {"csi_error": 0.05},
    ],
)
def test_an_episode_costs_what_the_model_says(scenario: dict[str, Any]) -> None:
    made = Scenario(**{"slots": 20, "users": 3, **scenario})
    coupled = "receiver" in scenario or "csi_error" in scenario
    env = vector_env(2, scenario=made, seed=3, gains="matrix" if coupled else "gamma")
    env.reset()
    problems = [env.problem(c) for c in range(2)]
    actions = _actions(env, 2, made.slots or 0)
    total = np.zeros(2)
    for action in actions:
        total -= env.step(action)[1].sum(axis=1)
    for c, problem in enumerate(problems):
        powers = actions[:, c].transpose(2, 1, 0) * np.array([problem.local_power_cap, problem.offload_power_cap])[:, :, None]
        schedule = carbon_offloading.Schedule(*powers)
        assert total[c] == pytest.approx(carbon_offloading.value(problem, schedule), rel=1e-12)
        assert not carbon_offloading.violations(problem, schedule)
        if problem.provenance.name == "vector_env" and "overflow_scale" not in scenario and scenario.get("preset") != "literal":
            np.testing.assert_allclose(problem.overflow_scale, dominant_scale(problem), rtol=1e-12)


def test_problems_are_played_in_turn_and_begin_anew() -> None:
    problems = [generate(**SMALL, seed=seed) for seed in range(3)]
    env = vector_env(2, problems=problems)
    played = []
    for _ in range(4):
        env.reset()
        played.append([problems.index(env.problem(c)) for c in range(2)])
    assert played == [[0, 1], [2, 0], [1, 2], [0, 1]]
    env.reset(seed=7)
    assert env.problem(0) is problems[0]


@pytest.mark.parametrize("observe", OBSERVE)
def test_a_copy_sees_and_gets_what_its_problem_alone_does(observe: Any) -> None:
    """Recorded problems, with interference and without, play alike in one environment of many and in many of one."""
    for common in ({}, {"csi_error": 0.1}, {"receiver": "mmse"}):
        problems = [generate(**SMALL, **common, seed=seed) for seed in range(2)]
        both = vector_env(2, problems=problems, observe=observe)
        actions = _actions(both, 4, 12)
        seen, reward, _ = _played(both, actions)
        for c, problem in enumerate(problems):
            one = _played(vector_env(1, problems=[problem], observe=observe), actions[:, c : c + 1])
            np.testing.assert_array_equal(one[1][:, 0], reward[:, c])
            np.testing.assert_array_equal(one[0][:-1, 0], seen[:-1, c])  # the last one is of the next episode


def test_observations_do_not_know_what_is_to_come() -> None:
    problem, other = generate(**SMALL, seed=0), generate(**SMALL, seed=1)
    t = 7
    later = {
        name: np.concatenate([getattr(problem, name)[:, :t], getattr(other, name)[:, t:]], axis=1)
        for name in ("arrivals", "harvest", "gain")
    }
    changed = dataclasses.replace(problem, **later)
    first, second = (vector_env(1, problems=[each], observe="state") for each in (problem, changed))
    actions = _actions(first, 5, 12)
    seen, seen_too = _played(first, actions)[0], _played(second, actions)[0]
    np.testing.assert_array_equal(seen[:t], seen_too[:t])
    assert not np.array_equal(seen[t], seen_too[t])


def test_permuting_users_permutes_everything() -> None:
    for common in ({}, {"csi_error": 0.1}):
        problem = generate(preset="heterogeneous", **SMALL, **common, seed=0)
        order = np.array([2, 0, 1])
        rows = ("arrivals", "harvest", "gain", "local_power_cap", "offload_power_cap", "overflow_scale")
        moved: dict[str, Any] = {name: getattr(problem, name)[order] for name in rows}
        if problem.channel is not None and problem.estimate is not None:
            moved |= {"channel": problem.channel[:, :, order], "estimate": problem.estimate[:, :, order]}
        turned = dataclasses.replace(problem, **moved, law=None)
        first, second = (vector_env(1, problems=[each], observe="carbon") for each in (problem, turned))
        actions = _actions(first, 6, 12)
        one, two = _played(first, actions), _played(second, actions[:, :, order])
        for a, b in zip(one, two, strict=True):
            axis = a.ndim - 2 if a is one[0] else a.ndim - 1
            np.testing.assert_allclose(np.take(a, order, axis=axis), b, rtol=1e-6 if a is one[0] else 1e-10)


# --- random streams -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gains", ["gamma", "matrix"])
def test_copies_do_not_change_each_other(gains: Any) -> None:
    made = Scenario(preset="heterogeneous", **SMALL)
    many, few = (vector_env(copies, scenario=made, seed=9, gains=gains) for copies in (3, 2))
    actions = _actions(many, 7, 30)
    long, short = _played(many, actions), _played(few, actions[:, :2])
    np.testing.assert_array_equal(long[0][:, :2], short[0])
    np.testing.assert_array_equal(long[1][:, :2], short[1])
    other = actions.copy()
    other[:, 2] = 1.0 - other[:, 2]
    again = _played(vector_env(3, scenario=made, seed=9, gains=gains), other)
    np.testing.assert_array_equal(again[1][:, :2], long[1][:, :2])
    assert not np.array_equal(again[1][:, 2], long[1][:, 2])


@pytest.mark.parametrize("gains", ["gamma", "matrix"])
def test_seeds(gains: Any) -> None:
    made = Scenario(**SMALL)
    env = vector_env(2, scenario=made, seed=1, gains=gains)
    actions = _actions(env, 8, 30)
    first = _played(env, actions)
    np.testing.assert_array_equal(_played(env, actions, seed=1)[0], first[0])  # a seed begins anew
    assert not np.array_equal(_played(env, actions)[0], first[0])  # None goes on
    assert not np.array_equal(_played(env, actions, seed=2)[0], first[0])
    np.testing.assert_array_equal(_played(vector_env(2, scenario=made, seed=1, gains=gains), actions)[0], first[0])
    fresh = [_played(vector_env(2, scenario=made, gains=gains), actions)[0] for _ in range(2)]
    assert not np.array_equal(*fresh)
    env.reset(seed=1)
    assert not np.array_equal(env.problem(0).arrivals, env.problem(1).arrivals)
    assert not np.array_equal(env.problem(0).arrivals, generate(**SMALL, seed=1).arrivals)


def _unit(copies: int, slots: int, **scenario: Any) -> tuple[Any, NDArray[np.float64]]:
    """All problems of one reset, and their gains over their scale: Gamma(k, 1) numbers, (copies, users, slots)."""
    env = vector_env(copies, scenario=Scenario(slots=slots, speed=0.0, **scenario), seed=11)
    env.reset()
    problems = [env.problem(c) for c in range(copies)]
    shape = problems[0].law.gain_shape  # type: ignore[union-attr]
    return problems, np.stack([each.gain / (each.law.mean_gain / shape)[:, None] for each in problems])  # type: ignore[union-attr]


@pytest.mark.parametrize(("antennas", "rho"), [(8, 0.95), (5, 0.6)])
def test_the_law_of_gains(antennas: int, rho: float) -> None:
    """Gamma(k, 1) in every slot, correlation rho^2 from slot to slot, and jointly as the scalars that they stand for."""
    _, gain = _unit(400, 12, antennas=antennas, correlation=rho)
    k = antennas - 4
    for t in (0, 11):
        assert stats.kstest(gain[:, :, t].ravel(), stats.gamma(k).cdf).pvalue > 1e-3
    flat = gain.reshape(-1, 12)
    assert flat.mean() == pytest.approx(k, rel=0.03)
    assert flat.var() == pytest.approx(k, rel=0.1)
    assert np.corrcoef(flat[:, 4], flat[:, 5])[0, 1] == pytest.approx(rho**2, abs=0.04)
    rng = np.random.default_rng(0)
    vector, fresh = rng.standard_normal((2, 2_000, 2 * k)) / np.sqrt(2.0)
    vectors = [vector, rho * vector + np.sqrt(1.0 - rho**2) * fresh]
    before, after = (np.sum(each**2, axis=1) for each in vectors)
    for ours, theirs in ((flat[:, 1] - flat[:, 0], after - before), (flat[:, 1] * flat[:, 0], after * before)):
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-3


@pytest.mark.parametrize("load", [5e5, 3e6, 1e8])  # means of 5, 30 and 1,000 packets
def test_the_law_of_arrivals_and_harvest(load: float) -> None:
    problems, _ = _unit(60, 100, load=load)
    for values, unit, mean in (
        (np.stack([each.arrivals for each in problems]), 100.0, load * 1e-3 / 100.0),
        (np.stack([each.harvest for each in problems]), 2e-4, 4.0),
    ):
        counts = values.ravel() / unit
        assert np.allclose(counts, np.round(counts))
        assert abs(counts.mean() - mean) < 4.0 * np.sqrt(mean / counts.size)
        assert counts.var() == pytest.approx(mean, rel=0.05)
        # the law itself, in ten classes of about equal probability
        edges = np.unique(stats.poisson(mean).ppf(np.arange(1, 10) / 10.0))
        expected = np.diff(np.concatenate([[0.0], stats.poisson(mean).cdf(edges), [1.0]])) * counts.size
        found = np.histogram(counts, np.concatenate([[-1.0], edges + 0.5, [np.inf]]))[0]
        assert stats.chisquare(found, expected).pvalue > 1e-3


def test_streams_are_uncorrelated() -> None:
    """Of other copies, other users and other seeds: correlations of 1,000 numbers stay below 5 standard errors."""
    problems, _ = _unit(4, 1_000)
    rows = np.concatenate([each.arrivals for each in problems])
    env = vector_env(1, scenario=Scenario(slots=1_000), seed=12)
    env.reset()
    rows = np.concatenate([rows, env.problem(0).arrivals])
    found = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(found).max() < 5.0 / np.sqrt(1_000)
    later = np.corrcoef(rows[:, 1:], rows[:, :-1])[len(rows) :, : len(rows)]  # of one slot with the next
    assert np.abs(later).max() < 5.0 / np.sqrt(1_000)


# --- observations -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("observe", OBSERVE)
@pytest.mark.parametrize("battery", [0.0, 5.0])
def test_observations_are_named_and_bounded(observe: Any, battery: float) -> None:
    made = Scenario(preset="day", users=3, slots=20, battery=battery, power_cap=5.0)
    env = vector_env(2, scenario=made, seed=0, observe=observe, state=True)
    own = ["buffer", "harvest", "last_sinr", "gain", "carbon"][: {"paper": 3, "csi": 4}.get(observe, 5)]
    own += ["battery"] * (battery > 0.0 and observe != "paper")
    columns = [5 if name == "battery" else k for k, name in enumerate(own)]
    assert list(env.observation_names[: len(own)]) == own
    assert env.observation_size == len(own) * (3 if observe == "state" else 1) == len(env.observation_high)
    seen, infos = env.reset()
    for action in _actions(env, 0, 25):
        assert seen.shape == (2, 3, env.observation_size)
        assert seen.dtype == np.float32
        assert np.all(seen >= 0.0)
        assert np.all(seen <= env.observation_high)
        whole = infos["state"].reshape(2, 3, -1)
        assert infos["state"].shape == (2, env.state_size)
        np.testing.assert_array_equal(seen[..., : len(own)], whole[..., columns])
        if observe == "state":  # one's own features first, then the next users'
            for u in range(3):
                np.testing.assert_array_equal(seen[:, u], np.roll(whole, -u, axis=1).reshape(2, -1))
        seen, _, _, truncated, infos = env.step(action)
        if truncated.any():
            last = infos["final_state"].reshape(2, 3, -1)
            np.testing.assert_array_equal(infos["final_observation"][..., : len(own)], last[..., columns])


def test_what_the_features_are() -> None:
    problem = generate(preset="day", users=2, slots=10, battery=5.0, seed=0)
    env = vector_env(1, problems=[problem], observe="carbon")
    seen, _ = env.reset()
    actions = _actions(env, 3, 9)
    caps = np.array([problem.local_power_cap, problem.offload_power_cap])[:, :, None]
    played = carbon_offloading.simulate(
        problem, carbon_offloading.Schedule(*(np.pad(actions[:, 0].transpose(2, 1, 0), ((0, 0), (0, 0), (0, 1))) * caps))
    )
    scale = np.log1p(problem.offload_power_cap * 1e3)
    energy = problem.slot_length * (problem.local_power_cap + problem.offload_power_cap)
    for t, action in enumerate(actions):
        expected = [
            played.buffer[:, t] / problem.buffer,
            np.minimum(problem.harvest[:, t] / energy, 1.0),
            np.log1p(played.sinr[:, t - 1]) / scale if t else np.zeros(2),
            np.log1p(problem.offload_power_cap * problem.gain[:, t]) / scale,
            np.full(2, problem.carbon[t] / problem.carbon_reference),
            played.battery[:, t] / problem.battery,
        ]
        np.testing.assert_allclose(seen[0], np.stack(expected, axis=1), rtol=1e-5)
        seen, *_ = env.step(action)


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


@pytest.mark.parametrize(("function", "package"), [("parallel_env", "pettingzoo"), ("gym_env", "gymnasium")])
def test_a_missing_extra_is_named(function: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else found(name, *rest))
    with pytest.raises(MissingExtraError, match=f"{function} needs the extra 'envs'"):
        getattr(carbon_offloading, function)(preset="caddto", seed=0)


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
        (generate(**SMALL, csi_error=0.1, seed=0), "interfere"),
    ):
        env = vector_env(2, problems=[PROBLEM, other])
        with pytest.raises(ValueError, match=f"problems: must all have .*{name}"):
            env.reset()


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
    env.reset()
    with pytest.raises(ValueError, match="actions: must hold an action of device_1"):
        env.step({"device_0": [0.0, 0.0]})
    with pytest.raises(ValueError, match="actions: must be of device_0 to device_2"):
        env.step({agent: [0.0, 0.0] for agent in [*env.agents, "device_3"]})
    with pytest.raises(ValueError, match="actions: must be two numbers for device_0"):
        env.step({agent: [0.0] for agent in env.agents})
    one = carbon_offloading.gym_env(PROBLEM)
    one.reset()
    with pytest.raises(ValueError, match="action: must be two numbers"):
        one.step(0.5)
