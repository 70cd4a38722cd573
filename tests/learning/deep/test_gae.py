"""Advantages against a naive double loop, at the ends of lambda, and with faults planted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgeworth.learning.deep.gae import gae

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def naive(reward: Floats, value: Floats, terminated: Flags, cut: Flags, final: Floats, gamma: float, lam: float) -> Floats:
    """A_t = sum over l of (gamma lam)^l d_{t+l} up to the end of the episode, each sum anew: O(K^2)."""
    steps, rows = reward.shape
    result = np.zeros((steps, rows))
    for i in range(rows):
        for t in range(steps):
            for later in range(t, steps):
                over = terminated[later, i] or cut[later, i]
                ahead = value[later + 1, i]
                if cut[later, i]:
                    ahead = final[later, i]
                if terminated[later, i]:
                    ahead = 0.0
                error = reward[later, i] + gamma * ahead - value[later, i]
                result[t, i] += (gamma * lam) ** (later - t) * error
                if over:
                    break
    return result


def case(seed: int, steps: int, rows: int, rate: float) -> tuple[Floats, Floats, Flags, Flags, Floats]:
    rng = np.random.default_rng(seed)
    ended, cut = rng.random((steps, rows)) < rate, rng.random((steps, rows)) < rate
    final = np.where(cut, rng.normal(size=(steps, rows)), np.nan)  # what is not to be read is no number
    return rng.normal(size=(steps, rows)), rng.normal(size=(steps + 1, rows)), ended, cut, final


cases = st.builds(case, st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
shares = st.floats(0.0, 1.0)


@given(cases, shares, shares)
def test_equals_the_naive_sum_with_ends_in_all_places(data: Any, gamma: float, lam: float) -> None:
    assert np.allclose(gae(*data, gamma=gamma, lam=lam), naive(*data, gamma, lam), atol=1e-9)


@given(cases, shares)
def test_lambda_zero_is_the_one_step_error(data: Any, gamma: float) -> None:
    reward, value, ended, cut, final = data
    ahead = np.where(ended, 0.0, np.where(cut, final, value[1:]))
    assert np.allclose(gae(*data, gamma=gamma, lam=0.0), reward + gamma * ahead - value[:-1], atol=1e-12)


def test_lambda_one_is_the_discounted_return_less_the_value() -> None:
    reward, value, ended, cut, final = case(3, 20, 3, 0.1)
    returns, carry = np.zeros_like(reward), value[-1].copy()
    for t in reversed(range(20)):
        carry = reward[t] + 0.9 * np.where(ended[t], 0.0, np.where(cut[t], final[t], carry))
        returns[t] = carry
    assert np.allclose(gae(reward, value, ended, cut, final, gamma=0.9, lam=1.0), returns - value[:-1])


def test_planted_faults_would_be_caught() -> None:
    """An index off by one, a truncation taken for a termination, a termination taken for a truncation."""
    reward, value, ended, cut, final = case(5, 12, 2, 0.2)
    ended &= ~cut
    right = gae(reward, value, ended, cut, final, gamma=0.9, lam=0.8)
    shifted = gae(reward, np.vstack((value[:1], value[:-1])), ended, cut, final, gamma=0.9, lam=0.8)
    merged = gae(reward, value, ended | cut, cut, final, gamma=0.9, lam=0.8)
    bridged = gae(reward, value, np.zeros_like(ended), ended | cut, np.nan_to_num(final, nan=1.0), gamma=0.9, lam=0.8)
    for wrong in (shifted, merged, bridged):
        assert np.abs(wrong - right).max() > 0.1
        assert np.abs(wrong - naive(reward, value, ended, cut, final, 0.9, 0.8)).max() > 0.1


def test_single_precision_is_taken() -> None:
    data = case(7, 30, 4, 0.1)
    single = [each.astype(np.float32) if each.dtype == np.float64 else each for each in data]
    assert np.allclose(gae(*single, gamma=0.99, lam=0.95), naive(*data, 0.99, 0.95), atol=1e-5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"value": np.zeros((3, 2))}, r"value: must have the shape \(4, 2\)"),
        ({"reward": np.zeros(3)}, "reward: must have two axes"),
        ({"terminated": np.zeros((3, 1), bool)}, "terminated: must have the shape"),
        ({"truncated": np.ones((3, 2), bool)}, "final_value: must be given"),
        ({"gamma": 1.5}, "gamma: must be at most 1"),
        ({"lam": -0.1}, "lam: must be at least 0"),
    ],
)
def test_bad_input_is_refused_by_name(changed: dict[str, Any], message: str) -> None:
    never = np.zeros((3, 2), bool)
    arguments: dict[str, Any] = {"reward": np.zeros((3, 2)), "value": np.zeros((4, 2)), "terminated": never, "truncated": never}
    with pytest.raises(ValueError, match=message):
        gae(**({"gamma": 0.9, "lam": 0.9} | arguments | changed))


def test_equals_torchrl_where_that_is_installed() -> None:
    pytest.importorskip("torchrl", exc_type=ImportError)
    import torch
    from torchrl.objectives.value.functional import generalized_advantage_estimate

    reward, value, ended, cut, final = case(11, 15, 3, 0.15)
    ahead = np.where(cut & ~ended, final, value[1:])
    tensors = [torch.from_numpy(each.T[..., np.newaxis].copy()) for each in (value[:-1], ahead, reward, ended | cut, ended)]
    theirs, _ = generalized_advantage_estimate(0.97, 0.9, *tensors)
    assert np.allclose(gae(reward, value, ended, cut, final, gamma=0.97, lam=0.9), theirs.numpy()[..., 0].T, atol=1e-6)
