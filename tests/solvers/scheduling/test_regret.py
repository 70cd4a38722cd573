"""What a device gains by leaving a policy: the environment of one device, both bounds, refusals."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.core.policy import PolicyMismatchError
from edgeworth.learning.deep import ActionSpec, Mlp, Policy, Scorer, Spec
from edgeworth.learning.deep.heads import Categorical
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, generate, policy_regret, vector_env
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, view_of
from edgeworth.solvers.scheduling.learned.deviation import NONE, deviation_env, own_costs, simple_deviations
from edgeworth.solvers.scheduling.learned.regret import least_cost

SMALL: dict[str, Any] = {"devices": 3, "horizon": 20.0}
QUICK = Stop(iterations=40)
TRACED = Episode.from_trace([1.0], [5.0], [2.0], [0], seed=1)


def linear(devices: int = 3, name: str = "linear", **weights: float) -> Policy:
    """Chooses the candidate with the largest weighted sum of features."""
    spec = Spec(
        agents=devices,
        obs=devices * len(CANDIDATE),
        action=ActionSpec.discrete(devices, masked=True),
        names=view_of("candidates", devices).names,
    )
    column = np.array([[weights.get(each, 0.0)] for each in CANDIDATE], np.float32)
    net = Scorer(features=len(CANDIDATE), hidden=())
    return Policy(name=name, spec=spec, net=net, head=Categorical(devices), weights=(column, np.zeros(1, np.float32)))


def blind(devices: int = 3, seed: int = 0) -> Policy:
    """A random perceptron that observes "own" and the device's number."""
    names = view_of("own", devices).names
    spec = Spec(agents=devices, obs=len(names), action=ActionSpec.discrete(devices, masked=True), names=names)
    net = Mlp(inputs=len(names) + devices, outputs=devices, hidden=(8,), gain=3.0)
    weights = tuple(net.start(np.random.default_rng(seed)))
    return Policy(name="blind", spec=spec, net=net, head=Categorical(devices), weights=weights, agent_id=True)


def some(count: int, **settings: Any) -> list[Episode]:
    return [generate(**{**SMALL, "seed": 900_000 + k, **settings}) for k in range(count)]


GREEDY = linear(name="greedy", end=-7.5, energy=-16.0)
FARTHEST = linear(name="farthest", own=-100.0, capacity=-50.0)  # always hands its tasks to the slowest other device


# --- the environment of one device --------------------------------------------------------------------------------------------


def test_the_others_do_what_the_policy_does() -> None:
    """Equal to the plain environment, into which the policy's actions are put one copy after the other."""
    episodes, policy, device = some(3), blind(), 1
    env = deviation_env(policy, device, 3, episodes[0], problems=episodes)
    plain, shown = vector_env(3, problems=episodes), vector_env(3, problems=episodes, observe="candidates")
    rng, over = np.random.default_rng(0), False
    mine, infos = env.reset()
    seen, plain_infos = plain.reset()
    candidates, _ = shown.reset()
    while not over:
        np.testing.assert_array_equal(mine[:, 0], candidates[:, device])
        np.testing.assert_array_equal(infos["action_mask"][:, 0], plain_infos["action_mask"][:, device])
        np.testing.assert_array_equal(infos["active"][:, 0], plain_infos["active"][:, device])
        every = np.stack([policy.act(one, mask) for one, mask in zip(seen, plain_infos["action_mask"], strict=True)])
        own = np.where(infos["action_mask"][:, 0], rng.random((3, 3)), -1.0).argmax(axis=1)
        every[:, device] = own
        every = np.where(plain_infos["active"], every, plain_infos["action_mask"].argmax(axis=2))
        every[:, device] = own
        last = mine.copy()
        mine, reward, terminated, truncated, infos = env.step(own[:, None])
        seen, plain_reward, plain_terminated, _, plain_infos = plain.step(every)
        candidates, *_ = shown.step(every)
        np.testing.assert_array_equal(reward[:, 0], plain_reward[:, device])
        np.testing.assert_array_equal(infos["decided"][:, 0], plain_infos["decided"][:, device])
        np.testing.assert_array_equal(terminated, plain_terminated)
        np.testing.assert_array_equal(infos["final_observation"], last)
        over = bool(terminated[0])
    assert not truncated.any()
    np.testing.assert_array_equal(infos["final_costs"], plain_infos["final_costs"])


@pytest.mark.parametrize("policy", [GREEDY, blind()])
def test_a_device_that_stays_has_the_costs_of_the_policy_s_schedule(policy: Policy) -> None:
    episodes = [*some(3), generate(**SMALL, rate=0.0, seed=900_009)]
    for device in range(3):
        found = own_costs(policy, episodes, device, [NONE])[0]
        for episode, cost in zip(episodes, found, strict=True):
            played = scheduling.simulate(episode, scheduling.solve(episode, method=policy).require()).cost
            own = played[episode.source == device]
            assert cost == pytest.approx(own.mean() if len(own) else 0.0, rel=1e-12)


def test_home_is_what_it_says_and_policies_are_their_own_rules() -> None:
    """Everybody at home: `local`. One device by greedy-cost among others that play the same: as if it stayed."""
    episodes = some(3)
    rules = {each.name: each for each in simple_deviations(episodes[0])}
    at_home = linear(own=100.0)
    found = own_costs(at_home, episodes, 0, [NONE, rules["home"]])
    np.testing.assert_array_equal(found[0], found[1])
    local = [scheduling.simulate(each, scheduling.solve(each, method="local").require()).cost for each in episodes]
    np.testing.assert_allclose(found[1], [each[one.source == 0].mean() for each, one in zip(local, episodes, strict=True)])
    same = own_costs(GREEDY, episodes, 2, [NONE, rules["greedy-cost with +0 for home"]])
    np.testing.assert_allclose(same[0], same[1])
    ends = own_costs(linear(end=-1.0), episodes, 2, [NONE, rules["earliest-finish"]])
    np.testing.assert_allclose(ends[0], ends[1])


def test_it_goes_on_from_a_snapshot() -> None:
    episodes = some(2)
    env, other = (deviation_env(GREEDY, 0, 2, episodes[0], seed=3, **SMALL) for _ in range(2))
    env.reset()
    for _ in range(20):
        env.step(env.usual[:, :1])
    kept = env.snapshot()
    seen, infos = other.restore(kept)
    copied = pickle.loads(pickle.dumps(env))
    np.testing.assert_array_equal(seen, copied._seen)
    assert not env.training_problems
    for _ in range(60):
        np.testing.assert_array_equal(env.usual, other.usual)
        one, two, three = (each.step(each.usual[:, :1]) for each in (env, other, copied))
        for a, b, c in zip(one[:4], two[:4], three[:4], strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, c)
        for name in infos:
            np.testing.assert_array_equal(one[4][name], two[4][name])


# --- the bounds ---------------------------------------------------------------------------------------------------------------


def test_a_policy_that_hands_tasks_to_a_bad_device_is_found_out() -> None:
    found = policy_regret(FARTHEST, some(6, rate=0.1), device=[0, 2], bound=QUICK)
    assert (found.policy, found.devices) == ("farthest", (0, 2))
    assert (found.interval[:, 0] > 0.0).all()
    assert (found.lower == found.gain).all()
    assert (found.interval[:, 0] < found.gain).all()
    assert (found.gain < found.interval[:, 1]).all()
    assert "none" not in found.deviations
    assert (found.upper >= found.lower).all()
    assert repr(found).startswith("PolicyRegret('farthest': device ")
    assert "\n" not in repr(found)
    again = policy_regret(FARTHEST, some(6, rate=0.1), device=2, bound=QUICK)
    np.testing.assert_array_equal(again.gains[0], found.gains[1])


def test_a_device_alone_has_no_regret() -> None:
    found = policy_regret(linear(1), some(2, devices=1), bound=QUICK)
    assert found.deviations == ("none",)
    assert found.gain.tolist() == [0.0]
    assert found.interval.tolist() == [[0.0, 0.0]]
    assert found.upper[0] >= 0.0
    assert np.isnan(policy_regret(linear(1), some(1, devices=1), bound=QUICK).interval).all()


@pytest.mark.parametrize("number", range(6))
def test_the_upper_bound_is_no_less_than_the_lower_one(number: int) -> None:
    settings: dict[str, Any] = {
        "channel": ("radio", "link", "shared")[number % 3],
        "late": ("abandon", "skip", "finish")[number // 2],
        "mask": ("literal", "slack", "off")[number % 3],
        "gossip": (0.0, 1.2)[number % 2],
        "return_share": (0.0, 0.3)[number % 2],
        "rate": 0.6,
        "horizon": 8.0,
    }
    for policy in (
        blind(seed=number),
        linear(**dict(zip(CANDIDATE, np.random.default_rng(number).normal(size=9), strict=True))),
    ):
        found = policy_regret(policy, some(2, **settings), device=(0, 1), seed=number, bound=QUICK)
        assert (found.upper >= found.lower).all()
        assert (found.lower >= 0.0).all()


def test_no_joint_choice_leaves_a_device_less_than_its_bound() -> None:
    """Every assignment of a few tasks, of all devices together."""
    for number in range(3):
        episode = generate(devices=2, horizon=6.0, rate=0.7, seed=number, mask="off", failure_cost=5.0 * number)
        assert 4 <= episode.tasks <= 12
        least = np.array([least_cost(episode, i) for i in range(2)])
        best = np.full(2, np.inf)
        for code in range(2**episode.tasks):
            device = np.array([code >> j & 1 for j in range(episode.tasks)])
            cost = scheduling.simulate(episode, scheduling.assigned(episode, device)).cost
            best = np.minimum(best, [cost[episode.source == i].mean() for i in range(2)])
        assert (least <= best + 1e-12).all()
        assert (least > 0.5 * best).all()  # it says something
    idle = generate(devices=2, horizon=6.0, rate=0.0, seed=0)
    assert least_cost(idle, 1) == 0.0


# --- refusals -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"policy": "greedy-cost"}, TypeError, "policy: must be a Policy"),
        ({"episodes": []}, ValueError, "episodes: must hold at least one"),
        ({"episodes": "episodes"}, TypeError, "episodes: must be a sequence of Episode"),
        ({"episodes": [generate(**SMALL, seed=1, service="sharing")]}, ValueError, "episodes: must be of service 'serial'"),
        ({"episodes": [generate(**SMALL, seed=1, epoch=0.0)]}, ValueError, "episodes: .* an epoch above 0"),
        ({"episodes": [*some(1), *some(1, rate=0.1)]}, ValueError, "episodes: must be generated with the same arguments"),
        (
            {"episodes": [Episode.from_trace([1.0], [5.0], [2.0], [0], seed=1)]},
            ValueError,
            "episodes: must be made by generate",
        ),
        ({"device": 3}, ValueError, "device: "),
        ({"device": True}, TypeError, "device: "),
        ({"device": []}, ValueError, "device: must be one or several"),
        ({"steps": -1}, ValueError, "steps: "),
        ({"seed": 900_000}, ValueError, "seed: must be below 900000"),
        ({"seed": 7, "episodes": [generate(**SMALL, seed=7)]}, ValueError, "seed: must not be that of an episode"),
        ({"market": "backed"}, TypeError, "market: "),
        ({"policy": blind(4)}, PolicyMismatchError, "must have been trained with 3 devices"),
    ],
)
def test_refusals(changes: dict[str, Any], error: type[Exception], text: str) -> None:
    given: dict[str, Any] = {"policy": GREEDY, "episodes": some(1), **changes}
    with pytest.raises(error, match=text):
        policy_regret(given.pop("policy"), given.pop("episodes"), **given)


def test_a_policy_is_not_judged_on_what_it_was_trained_on() -> None:
    trained = Policy(
        name="trained",
        spec=GREEDY.spec,
        net=GREEDY.net,
        head=GREEDY.head,
        weights=GREEDY.weights,
        training_seeds=frozenset({5}),
    )
    with pytest.raises(ValueError, match="must not have been trained on the seed"):
        policy_regret(trained, [generate(**SMALL, seed=5)])
    env = deviation_env(GREEDY, 0, 2, some(1)[0], **SMALL)
    env.reset()
    with pytest.raises(ValueError, match=r"actions: must be integers of shape \(2, 1\)"):
        env.step(np.zeros(2, np.int64))
    with pytest.raises(ValueError, match="observed: must follow reset"):
        vector_env(1, **SMALL).observed("own")
