"""Vector environments: equal to plain loops and to the model; their random streams and what they show."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import Scenario, generate, vector_env
from edgeworth.solvers.carbon_offloading.env.kernels.play import interfere
from edgeworth.solvers.carbon_offloading.model import dominant_scale
from tests.oracles.carbon_env import NaiveEnv

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
        ({"antennas": 16}, {"shape": 12.0}),  # gains by rejection
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


@pytest.mark.parametrize("gains", ["gamma", "matrix"])
def test_a_copied_environment_goes_on_alike(gains: Any) -> None:
    env = vector_env(2, scenario=Scenario(**SMALL), seed=1, gains=gains, state=True)
    env.reset()
    actions = _actions(env, 8, 30)
    for action in actions[:7]:
        env.step(action)
    others = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    for action in actions[7:]:
        seen, reward, _, truncated, infos = env.step(action)
        for other in others:
            theirs = other.step(action)
            np.testing.assert_array_equal(seen, theirs[0])
            np.testing.assert_array_equal(reward, theirs[1])
            np.testing.assert_array_equal(truncated, theirs[3])
            for name, values in infos.items():
                np.testing.assert_array_equal(values, theirs[4][name])


@pytest.mark.parametrize("common", [{"receiver": "mmse"}, {"csi_error": 0.1}])
def test_a_copy_of_interfering_devices_compiles_nothing(common: dict[str, Any]) -> None:
    env = vector_env(1, problems=[generate(**SMALL, **common, seed=0)])
    env.reset()
    action = np.full((1, 3, 2), 0.3)
    env.step(action)
    others = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    known, reward = len(interfere.signatures), env.step(action)[1]
    for other in others:
        np.testing.assert_array_equal(other.step(action)[1], reward)
    assert len(interfere.signatures) == known


def _unit(copies: int, slots: int, **scenario: Any) -> tuple[Any, NDArray[np.float64]]:
    """All problems of one reset, and their gains over their scale: Gamma(k, 1) numbers, (copies, users, slots)."""
    env = vector_env(copies, scenario=Scenario(slots=slots, speed=0.0, **scenario), seed=11)
    env.reset()
    problems = [env.problem(c) for c in range(copies)]
    shape = problems[0].law.gain_shape  # type: ignore[union-attr]
    return problems, np.stack([each.gain / (each.law.mean_gain / shape)[:, None] for each in problems])  # type: ignore[union-attr]


@pytest.mark.parametrize(("antennas", "rho"), [(8, 0.95), (5, 0.6), (24, 0.9)])
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


def test_nobody_walks_closer_than_the_episodes_of_generate_do() -> None:
    """Devices that cross the cell in an episode: their gains relative to the largest of each."""
    common: dict[str, Any] = {"users": 20, "slots": 100, "speed": 2e4, "correlation": 1.0}  # 20 m a slot, gains do not fade
    env = vector_env(10, scenario=Scenario(**common), seed=0)
    env.reset()
    ours, theirs = (
        np.concatenate([each.gain / each.gain.max(axis=1, keepdims=True) for each in sample])
        for sample in (
            [env.problem(c) for c in range(10)],
            [generate(**common, gains="gamma", seed=seed) for seed in range(10)],
        )
    )
    for each in (ours, theirs):  # nobody comes closer than 10 m, nor gets farther than a corner, at (100, 100 / sqrt(2)) m
        assert each.min() >= (10.0 / np.hypot(100.0, 100.0 / np.sqrt(2.0))) ** 3
    for statistic in (np.min, np.mean):
        assert stats.ks_2samp(statistic(ours, axis=1), statistic(theirs, axis=1)).pvalue > 1e-3


@pytest.mark.parametrize("preset", ["caddto", "heterogeneous"])
def test_episodes_are_those_of_generate(preset: str) -> None:
    """In law: no Kolmogorov-Smirnov test tells distances (by the mean gain), gains, loads and caps of two samples apart."""
    common: dict[str, Any] = {"preset": preset, "users": 20, "slots": 3, "initial_buffer": "random"}
    ours, _ = _unit(15, **common)
    theirs = [generate(**common, speed=0.0, gains="gamma", seed=seed) for seed in range(15)]
    for name in ("mean_gain", "mean_arrival", "gain", "harvest", "local_power_cap", "offload_power_cap", "initial_buffer"):
        one, other = (
            np.concatenate([np.ravel(getattr(each, name, getattr(each.law, name, None))) for each in sample])
            for sample in (ours, theirs)
        )
        assert one.shape == other.shape
        assert stats.ks_2samp(one, other).pvalue > 1e-3, name
    for name in ("slot_length", "carbon_reference", "weights", "buffer", "battery", "bandwidth"):
        np.testing.assert_array_equal(getattr(ours[0], name), getattr(theirs[0], name))
    assert (ours[0].law.packet, ours[0].law.quantum, ours[0].law.gain_shape) == (100.0, 2e-4, 4.0)


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
    told = seen[0].copy()
    final = env.step(np.zeros((1, 2, 2)))[-1]["final_observation"][0]
    np.testing.assert_array_equal(final[:, [1, 3, 4]], told[:, [1, 3, 4]])  # a problem does not say what follows it
