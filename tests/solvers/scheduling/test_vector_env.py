"""Vector environments of scheduling: equal to the watched twin and to the family; streams, copies, refusals."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, generate, vector_env
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.kernels.step import go
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, view_of
from tests.oracles.scheduling_env import Watched
from tests.solvers.scheduling.cases import random_episode

SMALL: dict[str, Any] = {"devices": 3, "horizon": 12.0}
OBSERVE = ("own", "peers", "candidates", "graph")


def chosen(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """An open action of every agent, each equally likely."""
    return np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=-1)


def played(problem: Episode, observe: str, seed: int, exchange: float = 0.0, wide: bool = True) -> dict[str, Any]:
    """All that one copy shows in an episode, epoch 0 included; actions are random open ones."""
    engine = Engine(1, view_of(observe, problem.devices), wide, exchange)
    engine.fill([problem])
    rng = np.random.default_rng(seed)
    shown: dict[str, list[Any]] = {
        name: [] for name in ("seen", "mask", "active", "state", "actions", "rewards", "decided", "costs")
    }
    while not engine.over[0]:
        for name, array in (("seen", engine.seen), ("mask", engine.opened), ("active", engine.active)):
            shown[name].append(array[0].copy())
        shown["state"].append(engine.whole[0].copy())
        actions = chosen(engine.opened, rng)
        engine.play(actions)
        shown["actions"].append(actions[0])
        for name, array in (("rewards", engine.reward), ("decided", engine.decided), ("costs", engine.costs)):
            shown[name].append(array[0].copy())
    return shown


def cases() -> list[Episode]:
    """Every channel, order, late, mask, epoch and gossip of `random_episode`; some with service sharing."""
    return [random_episode(seed, **({"service": "sharing"} if seed % 4 > 1 and seed > 11 else {})) for seed in range(36)]


# --- against the twin and the family ------------------------------------------------------------------------------------------


def test_equals_the_watched_twin_epoch_by_epoch() -> None:
    met, deaths, rejected = set(), 0, 0
    for number, problem in enumerate(cases()):
        observe, exchange = OBSERVE[number % 4], (0.0, 24_000.0)[number % 2]
        ours = played(problem, observe, number, exchange)
        twin = Watched(problem, ours["actions"], exchange)
        found = twin.run()
        assert len(twin.shown) == len(ours["seen"])
        for t, theirs in enumerate(twin.shown):
            context = f"episode {number}, epoch {t}"
            np.testing.assert_allclose(ours["seen"][t], getattr(theirs, observe), rtol=1e-6, atol=1e-6, err_msg=context)
            np.testing.assert_allclose(ours["state"][t], theirs.state, rtol=1e-6, atol=1e-6, err_msg=context)
            np.testing.assert_array_equal(ours["mask"][t], theirs.mask, err_msg=context)
            np.testing.assert_array_equal(ours["active"][t], theirs.active, err_msg=context)
            np.testing.assert_array_equal(ours["decided"][t], twin.handed[t], err_msg=context)
            np.testing.assert_allclose(ours["rewards"][t], twin.rewards[t], rtol=1e-9, atol=1e-9, err_msg=context)
        np.testing.assert_allclose(ours["costs"][-1], twin.paid, rtol=1e-9)
        met |= {problem.channel, problem.order, problem.late, problem.mask, problem.service, problem.gossip > 0.0}
        deaths += sum(each >= 0.0 for each in found.died)
        rejected += found.rejected
    assert len(met) == 3 + 2 + 3 + 3 + 2 + 2
    assert deaths > 5
    assert rejected > 5


def test_rewards_add_up_to_the_value_of_the_schedule_played() -> None:
    """Choices made together are replayed in turn to the same schedule: who lost a conflict finds the device closed then."""
    for number, problem in enumerate(cases()):
        ours = played(problem, "own", number, wide=False)
        device = np.full(problem.tasks, -1)
        for actions, tasks in zip(ours["actions"], ours["decided"], strict=True):
            for i, (action, j) in enumerate(zip(actions.tolist(), tasks.tolist(), strict=True)):
                if j >= 0:
                    device[j] = [i, *(k for k in range(problem.devices) if k != i)][action]
        schedule = scheduling.assigned(problem, device)
        assert not scheduling.violations(problem, schedule)
        np.testing.assert_allclose(ours["costs"][-1], scheduling.simulate(problem, schedule).cost, rtol=1e-12)
        expected = -scheduling.value(problem, schedule) * problem.tasks
        assert sum(each.sum() for each in ours["rewards"]) == pytest.approx(expected, rel=1e-9)


def test_what_fails_before_anybody_acts_is_paid() -> None:
    problem = Episode([2.0, 2.0], [0.0, 4000.0], 0.0, 5.0, 0.5, [0.0, 1.0], [0, 1], [4.0, 4.0], [2.0, 2.0], horizon=5.0)
    env = vector_env(1, problems=[problem])
    _, infos = env.reset()
    assert np.isnan(infos["costs"]).all()
    _, reward, *_, infos = env.step(np.zeros((1, 2), np.int64))
    assert reward.tolist() == [[-107.5, 0.0]]
    assert infos["costs"][0, 0] == 107.5


def test_a_task_that_is_masked_at_its_source_must_leave_it() -> None:
    tasks: dict[str, Any] = {"arrival": [0.0, 0.5], "source": [0, 0], "work": [40.0, 10.0], "data": [1.0, 1.0]}
    problem = Episode([2.0, 20.0], 4000.0, 400.0, [5.0, 5.0], 0.5, **tasks, horizon=5.0)
    env = vector_env(1, problems=[problem])
    _, infos = env.reset()
    assert infos["action_mask"].tolist() == [[[False, True], [True, False]]]
    alone = vector_env(1, problems=[replace(problem, capacity=[2.0, 2.0])])
    assert alone.reset()[1]["action_mask"].tolist() == [[[True, False], [True, False]]]  # where nothing is open, the source is


@pytest.mark.parametrize("observe", OBSERVE)
def test_observations_do_not_know_what_is_to_come(observe: str) -> None:
    for number in (1, 3, 6, 10):
        problem = random_episode(number, epoch=0.5)
        t = float(problem.arrival[problem.tasks // 2])
        later = problem.arrival > t
        changed = replace(
            problem,
            work=np.where(later, 30.0 - problem.work, problem.work),
            data=np.where(later, 0.5, problem.data),
            source=np.where(later, problem.devices - 1, problem.source),
        )
        one, two = played(problem, observe, 0), played(changed, observe, 0)
        known = int(t / 0.5) + 1  # epochs at or before t
        for name in ("seen", "mask", "active", "state"):
            np.testing.assert_array_equal(one[name][:known], two[name][:known])
        np.testing.assert_array_equal(one["rewards"][: known - 1], two["rewards"][: known - 1])
        assert any(not np.array_equal(a, b) for a, b in zip(one["seen"], two["seen"], strict=False))


# --- copies and streams -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("observe", OBSERVE)
def test_a_copy_sees_and_gets_what_its_problem_alone_does(observe: Any) -> None:
    problems = [generate(**SMALL, rate=rate, seed=7) for rate in (0.25, 1.0)]  # of different numbers of tasks
    both = vector_env(2, problems=problems, observe=observe, state=True)
    ones = [vector_env(1, problems=[each], observe=observe, state=True) for each in problems]
    rng = np.random.default_rng(0)
    seen, infos = both.reset()
    begun = [one.reset() for one in ones]
    for _ in range(60):  # beyond the end
        for c, (theirs, told) in enumerate(begun):
            np.testing.assert_array_equal(seen[c], theirs[0])
            for name in ("action_mask", "active", "decided", "state", "final_observation", "final_state"):
                np.testing.assert_array_equal(infos[name][c], told[name][0])
            for name in ("costs", "final_costs"):
                np.testing.assert_array_equal(infos[name][c, : told[name].shape[1]], told[name][0])
        actions = chosen(infos["action_mask"], rng)
        seen, reward, terminated, truncated, infos = both.step(actions)
        begun = []
        for c, one in enumerate(ones):
            theirs, own, ended, cut, told = one.step(actions[c : c + 1])
            np.testing.assert_array_equal(reward[c], own[0])
            assert (terminated[c], truncated[c]) == (ended[0], cut[0])
            begun.append((theirs, told))
    assert seen.dtype == np.float32
    assert (seen >= 0.0).all()
    assert (seen <= 4.0).all()


def test_an_end_begins_the_next_episode_and_keeps_the_last() -> None:
    problems = [generate(**SMALL, seed=seed) for seed in range(3)]
    env = vector_env(2, problems=problems)
    seen, infos = env.reset()
    order = [[0, 1], [2, 0], [1, 2]]
    for expected in order:
        assert [problems.index(env.problem(c)) for c in range(2)] == expected
        for _ in range(55):  # the last epoch is at 27 s, T + L
            last = seen.copy()
            seen, _, terminated, truncated, infos = env.step(np.zeros((2, 3), np.int64))
            assert not truncated.any()
            if terminated.any():
                break
        assert terminated.all()
        np.testing.assert_array_equal(infos["final_observation"], last)
        for c, number in enumerate(expected):
            tasks = problems[number].tasks
            cost = scheduling.simulate(problems[number], scheduling.assigned(problems[number], np.full(tasks, -1))).cost
            np.testing.assert_allclose(infos["final_costs"][c, :tasks], cost, rtol=1e-12)
        assert (infos["decided"] == -1).all()  # nobody had a task at the end
    env.reset(seed=7)
    assert env.problem(0) is problems[0]


def test_a_team_gets_the_mean() -> None:
    local, team = (vector_env(2, **SMALL, rate=1.0, seed=0, reward=kind) for kind in ("local", "team"))
    local.reset()
    team.reset()
    met = 0
    for _ in range(40):
        one, two = (env.step(np.zeros((2, 3), np.int64))[1] for env in (local, team))
        np.testing.assert_array_equal(two, np.repeat(one.mean(axis=1), 3).reshape(2, 3))
        met += int(one.any())
    assert met > 5


def test_seeds_and_streams() -> None:
    env = vector_env(2, **SMALL, seed=1)
    env.reset()
    first = [env.problem(c).arrival for c in range(2)]
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], generate(**SMALL, seed=1).arrival)
    env.reset()  # None goes on
    assert not np.array_equal(env.problem(0).arrival, first[0])
    env.reset(seed=1)  # a seed begins anew
    more = vector_env(3, **SMALL, seed=1)  # copies do not change each other
    more.reset()
    for c in range(2):
        np.testing.assert_array_equal(env.problem(c).arrival, first[c])
        np.testing.assert_array_equal(more.problem(c).arrival, first[c])
    assert env.problem(0).provenance.seed == 1


@pytest.mark.parametrize("given", [False, True])
def test_a_copied_or_restored_environment_goes_on_alike(given: bool) -> None:
    made: dict[str, Any] = {"problems": [generate(**SMALL, seed=seed) for seed in range(3)]} if given else {**SMALL, "seed": 1}
    made |= {"state": True, "observe": "peers"}
    env = vector_env(2, **made)
    rng = np.random.default_rng(0)
    _, infos = env.reset()
    for _ in range(70):  # into the second episode
        *_, infos = env.step(chosen(infos["action_mask"], rng))
    fresh = vector_env(2, **made)
    seen, told = fresh.restore(env.snapshot())
    np.testing.assert_array_equal(seen, env._engine.seen)
    for name, values in infos.items():
        np.testing.assert_array_equal(values, told[name])
    others = [copy.deepcopy(env), pickle.loads(pickle.dumps(env)), fresh]
    known = len(go.signatures)
    for _ in range(60):
        actions = chosen(infos["action_mask"], rng)
        seen, reward, terminated, _, infos = env.step(actions)
        for other in others:
            theirs = other.step(actions)
            np.testing.assert_array_equal(seen, theirs[0])
            np.testing.assert_array_equal(reward, theirs[1])
            np.testing.assert_array_equal(terminated, theirs[2])
            for name, values in infos.items():
                np.testing.assert_array_equal(values, theirs[4][name])
    assert len(go.signatures) == known  # a copy compiles nothing
    with pytest.raises(ValueError, match="arrays: must hold"):
        vector_env(3, **made).restore(env.snapshot())
    for name in env.snapshot():
        with pytest.raises(ValueError, match=f"arrays: must hold '{name}'"):
            vector_env(2, **made).restore({key: values for key, values in env.snapshot().items() if key != name})


def test_a_snapshot_of_another_scenario_of_the_same_sizes_is_refused() -> None:
    made = {"devices": 2, "horizon": 4.0, "seed": 0}
    env = vector_env(2, **made)
    env.reset()
    with pytest.raises(ValueError, match="same scenario"):
        vector_env(2, **made, work=6.0).restore(env.snapshot())
    given = [generate(devices=2, horizon=4.0, seed=seed) for seed in (1, 2)]
    env = vector_env(2, problems=given)
    env.reset()
    vector_env(2, problems=given).restore(env.snapshot())
    with pytest.raises(ValueError, match="same scenario"):
        vector_env(2, problems=given[::-1]).restore(env.snapshot())


def test_neither_tasks_nor_other_devices_are_needed() -> None:
    empty = generate(devices=2, rate=0.0, horizon=2.0, seed=0)
    env = vector_env(1, problems=[empty])
    env.reset()
    ends = [env.step(np.zeros((1, 2), np.int64))[2][0] for _ in range(35)]
    assert ends == [False] * 34 + [True]
    alone = vector_env(2, devices=1, horizon=5.0, seed=0, observe="candidates")
    seen, infos = alone.reset()
    assert seen.shape == (2, 1, len(CANDIDATE))
    assert infos["action_mask"].all()
    for _ in range(41):
        _, _, terminated, _, infos = alone.step(np.zeros((2, 1), np.int64))
    assert terminated.all()


def test_names_of_what_is_seen() -> None:
    for observe, size in (("own", 10), ("peers", 20), ("candidates", 27), ("graph", 36)):
        env = vector_env(1, **SMALL, seed=0, observe=observe)
        assert env.observation_size == len(env.observation_names) == len(set(env.observation_names)) == size
        assert (env.action_size, env.action_count, env.state_size) == (1, 3, 0)
    assert vector_env(1, **SMALL, seed=0, state=True).state_size == 15


# --- refusals -----------------------------------------------------------------------------------------------------------------


def test_actions_that_are_refused_change_nothing() -> None:
    env = vector_env(2, **SMALL, seed=0)
    with pytest.raises(ValueError, match="step: must follow reset"):
        env.step(np.zeros((2, 3), np.int64))
    for call in (env.snapshot, lambda: env.problem(0)):
        with pytest.raises(ValueError, match="must follow reset"):
            call()
    env.reset()
    before = env.snapshot()
    closed = np.zeros((2, 3), np.int64)
    closed[1, 2] = 1  # nobody has a task at the beginning
    for actions, error, text in (
        (closed, ValueError, r"actions: must be open to device 2 of copy 1: \[0\]; got 1"),
        (np.full((2, 3), 3), ValueError, "actions: must be open"),
        (np.full((2, 3), -1), ValueError, "actions: must be open"),
        (np.zeros((2, 2), np.int64), ValueError, r"actions: must be of shape \(2, 3\); got \(2, 2\)"),
        (np.zeros((2, 3)), TypeError, "actions: must be integers"),
        (np.zeros((2, 3), np.bool_), TypeError, "actions: must be integers"),
        (np.zeros((2, 3, 1), np.int64), ValueError, "actions: must be of shape"),
    ):
        with pytest.raises(error, match=text):
            env.step(actions)
    for name, values in env.snapshot().items():
        np.testing.assert_array_equal(values, before[name])
    for number in (2, -1, 0.0):
        with pytest.raises((ValueError, TypeError), match="copy"):
            env.problem(number)  # type: ignore[arg-type]


def test_problems_of_one_environment_must_go_together() -> None:
    problem = generate(**SMALL, seed=0)
    for other, name in (
        (generate(devices=2, horizon=12.0, seed=0), "devices"),
        (generate(devices=3, horizon=13.0, seed=0), "horizon"),
        (replace(problem, channel="link"), "channel"),
    ):
        with pytest.raises(ValueError, match=f"problems: must have the same {name}"):
            vector_env(2, problems=[problem, other])
