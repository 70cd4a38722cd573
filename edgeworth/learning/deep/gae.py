"""Generalised advantage estimation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import validation
from edgeworth.learning.deep.kernels import generalised_advantages


def gae(
    reward: ArrayLike,
    value: ArrayLike,
    terminated: ArrayLike,
    truncated: ArrayLike,
    final_value: ArrayLike | None = None,
    *,
    gamma: float,
    lam: float,
) -> NDArray[np.float64]:
    """Advantages of K steps of many rows (agents of all copies of an environment) by generalised advantage estimation.

    Parameters
    ----------
    reward : array [K, rows]
        Reward of each step.
    value : array [K + 1, rows]
        V of the observation before each step, and of the one after the last step.
    terminated, truncated : boolean arrays [K, rows]
        Whether the episode ended in the step, or was cut off there. Where both are true it ended.
    final_value : array [K, rows], optional
        V of the final observation where an episode was cut off; read there only. May be None where nothing was cut off.
    gamma : float
        Discount, in [0, 1].
    lam : float
        Decay lambda of the errors that are summed, in [0, 1]: 0 gives the one-step error, 1 the discounted return minus V.

    Returns
    -------
    float64 array [K, rows]
        Advantages A_t. Targets for V are ``advantage + value[:-1]``.

    Raises
    ------
    ValueError
        If shapes do not fit, gamma or lambda is out of range, or truncations come without final values.

    Notes
    -----
    d_t = r_t + gamma V'_t - V_t and A_t = d_t + gamma lam A_{t+1} while the episode goes on, A_t = d_t at its end. V'_t is 0
    after a termination, the value of the final observation after a truncation, since the task would have gone on, and V_{t+1}
    otherwise. O(K rows).

    References
    ----------
    Schulman, Moritz, Levine, Jordan and Abbeel, High-dimensional continuous control using generalized advantage estimation,
    ICLR 2016, equation 16; Pardo, Tavakoli, Levdik and Kormushev, Time limits in reinforcement learning, ICML 2018.

    Examples
    --------
    >>> never = [[False], [False]]
    >>> gae([[0.0], [1.0]], [[0.5], [0.5], [9.0]], [[False], [True]], never, gamma=0.9, lam=1.0).ravel().tolist()
    [0.4, 0.5]
    """
    gamma = validation.real("gamma", gamma, minimum=0.0, maximum=1.0)
    lam = validation.real("lam", lam, minimum=0.0, maximum=1.0)
    rewards = np.ascontiguousarray(reward, np.float64)
    if rewards.ndim != 2:
        validation.reject("reward", "must have two axes, steps and rows", rewards)
    values = np.ascontiguousarray(value, np.float64)
    if values.shape != (rewards.shape[0] + 1, rewards.shape[1]):
        validation.reject("value", f"must have the shape {(rewards.shape[0] + 1, rewards.shape[1])}", values)
    ended = np.ascontiguousarray(terminated, np.bool_)
    cut = np.ascontiguousarray(truncated, np.bool_)
    if final_value is None:
        if (cut & ~ended).any():
            validation.reject("final_value", "must be given where an episode is truncated", None)
        ahead = np.zeros_like(rewards)
    else:
        ahead = np.ascontiguousarray(final_value, np.float64)
    for name, array in (("terminated", ended), ("truncated", cut), ("final_value", ahead)):
        if array.shape != rewards.shape:
            validation.reject(name, f"must have the shape {rewards.shape} of reward", array)
    advantages: NDArray[np.float64] = generalised_advantages(rewards, values, ahead, ended, cut, gamma, lam)
    return advantages
