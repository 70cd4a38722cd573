"""Trained policies on problems: what they see, what they may not be judged on, and environments that are written down."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop, compare
from edgeworth.core.result import Termination
from edgeworth.learning import deep
from edgeworth.learning.deep.heads import Beta, Categorical
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import FAMILY, CarbonOffloading, Scenario, vector_env

NAMES = {
    "paper": ("buffer", "harvest", "last_sinr"),
    "csi": ("buffer", "harvest", "last_sinr", "gain"),
    "carbon": ("buffer", "harvest", "last_sinr", "gain", "carbon"),
}


def made(observe: str = "csi", *, agents: int = 5, charged: bool = False, **options: Any) -> deep.Policy:
    """A policy that depends on everything it sees, but was not trained."""
    names = (*NAMES[observe], *(("battery",) if charged else ()))
    spec = deep.Spec(agents=agents, obs=len(names), action=deep.ActionSpec.box(0.0, 1.0, dim=2), names=names)
    inputs = spec.obs + (agents if options.get("agent_id") else 0)
    net = deep.Mlp(inputs=inputs, hidden=(16,), outputs=4, gain=2.0)
    return deep.Policy(options.pop("name", "mine"), spec, net, Beta(2), tuple(net.start(np.random.default_rng(0))), **options)


def problem(**options: Any) -> CarbonOffloading:
    return carbon_offloading.generate(**{"users": 3, "slots": 40, "seed": 0, **options})


@pytest.mark.parametrize("observe", ["paper", "csi", "carbon"])
@pytest.mark.parametrize("battery", [0.0, 1.0])
def test_what_a_policy_earns_is_what_the_environment_pays(observe: Any, battery: float) -> None:
    given = problem(battery=battery)
    policy = made(observe, charged=battery > 0.0 and observe != "paper")
    result = carbon_offloading.solve(given, method=policy)
    assert carbon_offloading.verify(given, result)
    assert result.method == "mine"
    env = vector_env(1, problems=[given], observe=observe)
    obs, _ = env.reset()
    total = 0.0
    for _ in range(given.slots):
        obs, reward, *_ = env.step(policy.act(obs))
        total -= float(reward.sum())
    solution = result.solution
    assert solution is not None
    assert np.ptp(solution.local_power) > 0.01
    assert total == pytest.approx(carbon_offloading.value(given, solution) * _unit(given), rel=1e-9)


def _unit(given: CarbonOffloading) -> float:
    """How many of an environment's costs make one of the problem's."""
    full = carbon_offloading.solve(given, method="full-power").solution
    assert full is not None
    env = vector_env(1, problems=[given])
    env.reset()
    total = sum(-float(env.step(np.ones((1, given.users, 2)))[1].sum()) for _ in range(given.slots))
    return total / carbon_offloading.value(given, full)


def test_a_policy_sees_nothing_of_the_future() -> None:
    given, policy = problem(), made()
    decided = FAMILY.causality
    assert decided is not None
    before = carbon_offloading.solve(given, method=policy).solution
    assert before is not None
    changed = 0
    for slot, other in decided.futures(given):
        after = carbon_offloading.solve(other, method=policy).solution
        assert after is not None
        for one, two in zip(decided.decided(before, slot), decided.decided(after, slot), strict=True):
            assert np.array_equal(one, two)
        changed += not np.array_equal(before.local_power, after.local_power)
    assert changed


def test_a_comparison_takes_policies_beside_methods() -> None:
    problems = [problem(seed=seed) for seed in (0, 2)]
    policies = [made(), made("paper", name="other")]
    frame = compare(problems, ["exact", *policies], n_jobs=1).frame
    assert frame["method"].tolist() == ["exact", "mine", "other"] * 2
    assert frame["verified"].all()
    assert frame["method_seed"].isna().all()


def test_two_policies_of_one_name_are_not_one_method() -> None:
    one = made()
    other = replace(one, weights=tuple(2.0 * each for each in one.weights))
    first = compare([problem()], [one])
    with pytest.raises(ValueError, match="trained policy mine"):
        first.merge(compare([problem(seed=2)], [other]))
    assert len(first.merge(compare([problem(seed=2)], [copy.deepcopy(one)])).frame) == 2


def test_a_policy_does_not_pass_for_a_method_of_its_name() -> None:
    assert carbon_offloading.solve(problem(), method=made(name="lyapunov")).method == "lyapunov (own)"


def test_problems_of_training_are_refused() -> None:
    known = problem(seed=7)
    policy = made(training_seeds=frozenset({3, 7}))
    with pytest.raises(ValueError, match="method: must not have been trained on the seed of the problem it is judged on, 7"):
        carbon_offloading.solve(known, method=policy)
    with pytest.raises(ValueError, match="judged on, 7; got 'mine'"):
        compare([problem(), known], ["exact", policy])
    carbon_offloading.solve(problem(), method=policy)
    given = made(training_problems=frozenset({known.hash}))
    with pytest.raises(ValueError, match="method: must not have been trained on the problem it is judged on; got 'mine'"):
        carbon_offloading.solve(known, method=given)
    env = vector_env(2, scenario=Scenario(users=3, slots=40), seed=9)
    env.reset(7)  # as training with seed 7 does
    with pytest.raises(ValueError, match="judged on, 7"):
        carbon_offloading.solve(env.problem(1), method=policy)
    drawn = vector_env(2, scenario=Scenario(users=3, slots=40), gains="matrix", seed=9)  # by the generator, not by kernels
    drawn.reset(7)
    met = drawn.problem(1)
    with pytest.raises(ValueError, match="judged on, 7"):
        carbon_offloading.solve(met, method=policy)
    again = carbon_offloading.generate(users=3, slots=40, seed=met.provenance.parameters["episode_seed"])  # type: ignore[arg-type]
    assert again.hash == met.hash


def test_policies_of_other_observations_or_actions_are_refused() -> None:
    given = problem()
    with pytest.raises(
        ValueError, match=r"method: must observe what devices of this problem can; got 'mine: buffer, .*battery'"
    ):
        carbon_offloading.solve(given, method=made(charged=True))
    with pytest.raises(ValueError, match="method: must have been trained with 3 users"):
        carbon_offloading.solve(given, method=made(agent_id=True))
    assert carbon_offloading.solve(given, method=made(agent_id=True, agents=3)).solution is not None
    spec = deep.Spec(agents=1, obs=3, action=deep.ActionSpec.discrete(2), names=NAMES["paper"])
    net = deep.Mlp(inputs=3, outputs=2)
    wrong = deep.Policy("n", spec, net, Categorical(2), tuple(net.start(np.random.default_rng(0))))
    with pytest.raises(ValueError, match="method: must choose two powers over their caps"):
        carbon_offloading.solve(given, method=wrong)
    from edgeworth.solvers import allocation

    with pytest.raises(ValueError, match="method: must not be a trained policy: allocation says no way to play one"):
        allocation.solve(allocation.generate(servers=2, tasks=3, seed=0), method=made())


def test_a_policy_ends_by_the_clock() -> None:
    result = carbon_offloading.solve(problem(slots=5_000, users=1), method=made(), stop=Stop(seconds=0.01))
    assert result.termination is Termination.TIME
    assert result.solution is not None
    assert not result.solution.local_power[:, -1].any()
    with pytest.raises(ValueError, match="iterations: not supported"):
        carbon_offloading.solve(problem(), method=made(), stop=Stop(iterations=3))


ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "gamma": {"scenario": Scenario(users=2, slots=9, initial_buffer="random"), "seed": 5},
    "matrix": {"scenario": Scenario(users=2, slots=9, battery=1.0), "gains": "matrix", "seed": 5},
    "problems": {"problems": [carbon_offloading.generate(users=2, slots=9, seed=seed) for seed in range(5)]},
}


@pytest.mark.parametrize("name", sorted(ENVIRONMENTS))
@pytest.mark.parametrize("steps", [0, 4, 9, 22])
def test_an_environment_goes_on_from_a_snapshot(name: str, steps: int) -> None:
    options = {**ENVIRONMENTS[name], "observe": "carbon", "state": True}
    env, rng = vector_env(3, **options), np.random.default_rng(1)
    env.reset(2)
    for _ in range(steps):
        env.step(rng.random((3, 2, 2)))
    kept = {key: values.copy() for key, values in env.snapshot().items()}
    other = vector_env(3, **options)
    seen, infos = other.restore(kept)
    assert np.array_equal(seen, env._seen)
    assert np.array_equal(infos["state"], env._infos()["state"])
    for _ in range(25):
        actions = rng.random((3, 2, 2))
        one, two = env.step(actions), other.step(actions)
        for a, b in zip(one[:4], two[:4], strict=True):
            assert np.array_equal(a, b)
        for key in one[4]:
            assert np.array_equal(one[4][key], two[4][key]), key
    for key, values in env.snapshot().items():
        assert np.array_equal(values, other.snapshot()[key])


def test_snapshots_that_do_not_fit_are_refused() -> None:
    env = vector_env(3, **ENVIRONMENTS["gamma"])
    with pytest.raises(ValueError, match="snapshot: must follow reset"):
        env.snapshot()
    env.reset()
    kept = copy.deepcopy(env.snapshot())
    with pytest.raises(ValueError, match=r"arrays: must hold 'words' of shape \(2, 2\)"):
        vector_env(2, **ENVIRONMENTS["gamma"]).restore(kept)
    with pytest.raises(ValueError, match="arrays: must be a snapshot of an environment with the same scenario"):
        vector_env(3, **ENVIRONMENTS["matrix"]).restore(kept)
    with pytest.raises(ValueError, match="slot: must be at most 8"):
        env.restore({**kept, "slot": np.array([9])})


def test_a_scenario_is_told_by_its_names() -> None:
    env = vector_env(2, scenario=replace(Scenario(users=2, slots=9), battery=1.0), observe="csi")
    assert env.agents == env.users == 2
    assert env.training_problems == ()
    assert len(vector_env(2, **ENVIRONMENTS["problems"]).training_problems) == 5
