"""What a task costs others: against episodes that are played again without it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, vector_env
from tests.oracles.scheduling_env import Watched
from tests.solvers.scheduling.cases import random_episode

Array = NDArray[Any]


def spaced(seed: int) -> Episode:
    """Tasks of one source are more than an epoch apart, and on links of their own: nobody delays another but at a device."""
    rng = np.random.default_rng(seed)
    devices, each = 3, 8
    gaps = 0.51 + rng.exponential(1.2, (devices, each))
    arrival, source = np.cumsum(gaps, axis=1).ravel(), np.repeat(np.arange(devices), each)
    count = devices * each
    tasks = {"arrival": arrival, "source": source, "work": rng.uniform(1.0, 6.0, count), "data": rng.uniform(0.5, 2.0, count)}
    order = np.lexsort((source, arrival))
    given: dict[str, Any] = {name: values[order] for name, values in tasks.items()}
    own = rng.uniform(2.0, 3.0, devices)
    return Episode(own, 1e4, 0.0, 5.0, 0.5, **given, horizon=60.0, deadline=200.0, channel="link", mask="off")


def told(problem: Episode, costs: Any = "marginal") -> tuple[Array, Array, list[Array]]:
    """The costs that an environment tells at the end, the devices, and what it told epoch by epoch."""
    env = vector_env(1, problems=[problem], costs=costs)
    _, infos = env.reset()
    rng, chosen, course = np.random.default_rng(0), np.full(problem.tasks, -1), []
    while True:
        mask, decided = infos["action_mask"][0], infos["active"][0].copy()
        actions = np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=1)
        *_, ended, _, infos = env.step(actions[None])
        for i in np.flatnonzero(decided):
            j = int(infos["decided"][0, i])
            chosen[j] = [i, *(k for k in range(problem.devices) if k != i)][actions[i]]
        if ended[0]:
            return infos["final_costs"][0].copy(), chosen, course
        course.append(infos["costs"][0].copy())


@pytest.mark.parametrize("seed", range(6))
def test_is_what_all_tasks_save_without_it(seed: int) -> None:
    """The same decisions without task j cost less by j's cost and by what it cost others, to the last digits."""
    problem = spaced(seed)
    found, device, _ = told(problem)
    whole = scheduling.simulate(problem, scheduling.assigned(problem, device))
    assert (whole.status == "done").all()
    harmful = 0
    for j in range(problem.tasks):
        left = np.arange(problem.tasks) != j
        fields = {name: getattr(problem, name)[left] for name in ("arrival", "source", "work", "data", "chain_latency")}
        without = replace(problem, **fields)
        rest = scheduling.simulate(without, scheduling.assigned(without, device[left]))
        assert found[j] == pytest.approx(whole.cost.sum() - rest.cost.sum(), abs=1e-9)
        harmful += found[j] > whole.cost[j] + 1e-6
    assert harmful > 5


def test_does_not_count_whom_it_makes_fail() -> None:
    """Short tasks begin late behind a long one and fail; what is told are their delays, and not what their failures cost."""
    tasks: dict[str, Any] = {"arrival": [0.0, 0.6], "source": [0, 0], "work": [8.0, 2.0], "data": [1.0, 1.0]}
    problem = Episode([2.0], 1e4, 0.0, 5.0, 0.5, **tasks, horizon=10.0, deadline=4.2, margin=0.5, mask="off")
    found, device, _ = told(problem)
    whole = scheduling.simulate(problem, scheduling.assigned(problem, device))
    assert list(whole.status) == ["done", "abandoned"]
    alone = replace(problem, **{name: getattr(problem, name)[1:] for name in (*tasks, "chain_latency")})
    rest = scheduling.simulate(alone, scheduling.assigned(alone, device[1:]))
    assert list(rest.status) == ["done"]
    saved = whole.cost.sum() - rest.cost.sum()
    assert saved - found[0] > 0.9 * problem.failure_cost
    assert problem.latency_weight * 2.5 < found[0] - whole.cost[0] <= problem.latency_weight * 4.0


def test_follows_the_chain_of_tasks_of_a_device() -> None:
    """In random episodes of all rules: by plain loops over what the twin recorded."""
    compared = 0
    for number in range(24):
        problem = random_episode(number, epoch=0.5)
        if problem.service == "sharing":
            continue
        env = vector_env(1, problems=[problem], costs="marginal")
        _, infos = env.reset()
        rng, actions, ended = np.random.default_rng(number), [], False
        while not ended:
            mask = infos["action_mask"][0]
            actions.append(np.where(mask, rng.random(mask.shape), -1.0).argmax(axis=1))
            *_, over, _, infos = env.step(actions[-1][None])
            ended = bool(over[0])
        twin = Watched(problem, actions)
        twin.run()
        begun = sorted((j for j in range(problem.tasks) if twin.start[j] >= 0.0), key=lambda j: twin.start[j])
        for j in range(problem.tasks):
            harm = 0.0
            if j in begun:
                shift = problem.work[j] / problem.capacity[twin.device[j]]
                for i in begun[begun.index(j) + 1 :]:
                    if twin.device[i] == twin.device[j]:
                        shift = min(shift, max(0.0, twin.start[i] - twin.ready[i]))
                        harm += shift
            expected = twin.paid[j] + problem.latency_weight * harm
            assert infos["final_costs"][0, j] == pytest.approx(expected, rel=1e-9), f"episode {number}, task {j}"
            compared += harm > 0.0
    assert compared > 50


def test_is_told_once_it_cannot_change_any_more() -> None:
    problem = spaced(1)
    found, _, course = told(problem)
    own, _, _ = told(problem, costs="own")
    assert (found >= own).all()
    for costs in course:
        known = ~np.isnan(costs)
        np.testing.assert_array_equal(costs[known], found[known])
    late = np.isnan(course).sum(axis=0)
    *_, before = told(problem, costs="own")
    assert (late >= np.isnan(before).sum(axis=0)).all()
    assert (late < len(course)).sum() > problem.tasks // 2  # most are known before the end


def test_rewards_are_the_same_and_snapshots_go_on() -> None:
    made: dict[str, Any] = {"devices": 3, "horizon": 12.0, "rate": 1.0, "seed": 0}
    plain, env, other = vector_env(2, **made), vector_env(2, **made, costs="marginal"), vector_env(2, **made, costs="marginal")
    plain.reset(0)
    _, infos = env.reset(0)
    for t in range(70):
        actions = infos["action_mask"].argmax(axis=2)
        if t == 20:
            other.restore(env.snapshot())
        _, reward, *_, infos = env.step(actions)
        np.testing.assert_array_equal(reward, plain.step(actions)[1])
        if t >= 20:
            *_, theirs = other.step(actions)
            np.testing.assert_array_equal(theirs["costs"], infos["costs"])
            np.testing.assert_array_equal(theirs["final_costs"], infos["final_costs"])


@pytest.mark.parametrize("other", [{"exchange_rate": 1.0}, {"reward": "team"}, {"costs": "own"}])
def test_snapshots_of_environments_that_pay_otherwise_are_refused(other: dict[str, Any]) -> None:
    """Training that went on from one would learn from two kinds of costs."""
    made: dict[str, Any] = {"devices": 2, "horizon": 5.0, "costs": "marginal"}
    env = vector_env(1, **made)
    env.reset(0)
    with pytest.raises(ValueError, match="must be a snapshot of an environment with the same exchange_rate, reward and costs"):
        vector_env(1, **made | other).restore(env.snapshot())


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="costs: must be 'own' where tasks share a processor"):
        vector_env(1, costs="marginal", service="sharing")
    with pytest.raises(ValueError, match="costs"):
        vector_env(1, costs="all")  # type: ignore[arg-type]


# --- several loads ------------------------------------------------------------------------------------------------------------


def test_several_rates_are_played_in_turn() -> None:
    env = vector_env(2, rate=(0.0, 1.0, 4.0), devices=3, horizon=5.0, seed=0)
    env.reset(0)
    seen = []
    for _ in range(3):
        seen += [env.problem(c).provenance.parameters["rate"] for c in range(2)]
        kept = env.snapshot()
        ended = False
        while not ended:
            ended = bool(env.step(np.zeros((2, 3), np.int64))[2][0])
    assert seen == [0.0, 1.0, 4.0, 0.0, 1.0, 4.0]
    other = vector_env(2, rate=(0.0, 1.0, 4.0), devices=3, horizon=5.0, seed=5)
    other.restore(kept)
    assert other.problem(0).provenance.parameters["rate"] == 1.0
    with pytest.raises(ValueError, match="same scenario"):
        vector_env(2, rate=(0.0, 1.0, 5.0), devices=3, horizon=5.0).restore(kept)
    with pytest.raises(ValueError, match="rate: must be a number, or several"):
        vector_env(2, rate=())
