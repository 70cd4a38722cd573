"""The adaptor of environments with arrays of (copies, agents), without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeworth.learning.deep.attention import Scorer
from edgeworth.learning.deep.envs import Resumable, VectorEnv, from_arrays
from edgeworth.learning.deep.spaces import ActionSpec
from edgeworth.solvers import carbon_offloading, scheduling
from edgeworth.solvers.scheduling.env.observation import CANDIDATE


def made(**options: Any) -> VectorEnv:
    return from_arrays(scheduling.vector_env(2, devices=3, horizon=4.0, rate=1.0, seed=0, **options))


@pytest.mark.parametrize("state", [False, True])
def test_numbered_actions_with_masks(state: bool) -> None:
    env, twin = made(state=state), scheduling.vector_env(2, devices=3, horizon=4.0, rate=1.0, seed=0, state=state)
    step, (obs, infos) = env.reset(0), twin.reset(0)
    assert env.spec.action == ActionSpec.discrete(3, masked=True)
    assert (env.spec.agents, env.spec.obs, env.spec.state) == (3, 10, 15 if state else 0)
    assert env.spec.names == twin.observation_names
    rng, ended, met = np.random.default_rng(0), 0, 0
    for _ in range(50):  # an episode has 39 epochs
        assert step.mask is not None
        assert step.active is not None
        np.testing.assert_array_equal(step.obs, obs)
        np.testing.assert_array_equal(step.mask, infos["action_mask"])
        np.testing.assert_array_equal(step.active, infos["active"])
        assert (step.mask.sum(axis=2)[~step.active] == 1).all()
        if state:
            np.testing.assert_array_equal(step.state, infos["state"])
        else:
            assert step.state is step.final_state is None
        actions = np.where(step.mask, rng.random(step.mask.shape), -1.0).argmax(axis=2)
        met += int((actions > 0).any())
        step = env.step(actions)
        obs, reward, terminated, truncated, infos = twin.step(actions)
        np.testing.assert_array_equal(step.reward, reward)
        np.testing.assert_array_equal(step.terminated, terminated)
        np.testing.assert_array_equal(step.truncated, truncated)
        np.testing.assert_array_equal(step.final_obs, infos["final_observation"])
        ended += int(terminated.all())
    assert ended == 1
    assert met > 5


def test_what_was_written_down_goes_on() -> None:
    env, other = made(), made()
    assert isinstance(env, Resumable)
    assert isinstance(other, Resumable)
    env.reset(0)
    for _ in range(10):
        env.step(np.zeros((2, 3), np.int64))
    step = other.restore(env.snapshot())
    assert other.spec == env.spec
    assert step.mask is not None
    theirs = env.step(np.zeros((2, 3), np.int64))
    ours = other.step(np.zeros((2, 3), np.int64))
    for one, two in zip(ours, theirs, strict=True):
        if one is not None:
            np.testing.assert_array_equal(one, two)


def test_vectors_of_action_stay_what_they_were() -> None:
    env = from_arrays(carbon_offloading.vector_env(2, preset="caddto", seed=0))
    step = env.reset(0)
    assert env.spec.action == ActionSpec.box(0.0, 1.0, dim=2)
    assert step.mask is step.active is step.state is None


def test_candidates_are_laid_out_as_a_scorer_reads_them() -> None:
    """The same weights score 3 devices and 5, each by its own columns."""
    net = Scorer(features=len(CANDIDATE))
    weights = net.start(np.random.default_rng(0))
    for devices in (3, 5):
        env = from_arrays(scheduling.vector_env(2, devices=devices, horizon=4.0, rate=4.0, seed=0, observe="candidates"))
        env.reset(0)
        for _ in range(3):
            step = env.step(np.zeros((2, devices), np.int64))
        assert step.active is not None
        assert step.active.any()
        rows = step.obs.reshape(2 * devices, -1)
        logits = net.numpy(weights, rows)
        assert logits.shape == (2 * devices, devices)
        for action in range(devices):
            alone = rows[:, len(CANDIDATE) * action : len(CANDIDATE) * (action + 1)]
            np.testing.assert_allclose(logits[:, action], net.numpy(weights, alone)[:, 0], rtol=1e-5, atol=1e-7)
        own = rows.reshape(2 * devices, devices, -1)[:, :, CANDIDATE.index("own")]
        np.testing.assert_array_equal(own, np.outer(step.active.ravel(), np.eye(devices)[0]))
