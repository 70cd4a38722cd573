"""An upper bound on the welfare of every feasible profile, from users' prices and slices of the providers' loads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.games.offloading.model.game import Floats, Ints, OffloadingGame

SLICES = "prices-and-slices"

_EPS = float(np.finfo(np.float64).eps)


def slice_bound(game: OffloadingGame, arrays: Mapping[str, NDArray[Any]]) -> float:
    """The Lagrangian bound of user prices pi >= 0, rounded outward; valid for any numbers in the arrays.

    With v_ik(x) the utility before payments at load x, less local utility and the user's share of the provider's cost,

        welfare <= sum_i local_i + sum_i pi_i + sum_k max over sets S of sum_{i in S} (v_ik(Lambda_S) - pi_i).

    Loads of provider k are covered by slices [low, high]. Utilities do not rise with the load, so a set whose load is in a
    slice is worth at most ``sum_i max(0, v_ik(max(low, w_i)) - pi_i - tilt w_i - toll) + max(tilt low, tilt high) + toll
    cap_k`` over the users with w_i <= high, for any tilt and any toll >= 0 (multipliers of weight and of number).

    arrays: ``price`` float64 [users]; ``ptr`` int64 [providers + 1]; ``low``, ``high``, ``tilt``, ``toll`` float64 [slices],
    of provider k those from ptr[k] to ptr[k + 1], by rising load, without a hole from 0 to the sum of its users' weights.
    Raises KeyError, ValueError or TypeError for arrays that prove nothing.
    """
    price = validation.array("price", arrays["price"], np.float64, (game.users,), minimum=0.0)
    ptr = validation.array("ptr", arrays["ptr"], np.int64, (game.providers + 1,), minimum=0)
    columns = [validation.array(name, arrays[name], np.float64, (int(ptr[-1]),)) for name in ("low", "high", "tilt", "toll")]
    if ptr[0] != 0 or np.any(np.diff(ptr) < 1):
        validation.reject("ptr", "must begin with 0 and rise", ptr)
    if np.any(columns[3] < 0.0):
        validation.reject("toll", "must be at least 0 everywhere", columns[3])
    i, k = game.user, game.provider
    own = game.local_utility[i] + game.cost_rate[k] * game.workload[i] / game.rate[k] + price[i]
    by_pair = np.argsort(k, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(k, minlength=game.providers))])
    parts, slack = [*game.local_utility.tolist(), *price.tolist()], []
    for provider in range(game.providers):
        slices = [column[ptr[provider] : ptr[provider + 1]] for column in columns]
        bound, error = _provider_bound(game, by_pair[ends[provider] : ends[provider + 1]], provider, own, slices)
        parts.append(bound)
        slack.append(error)
    total = math.fsum(parts)
    return total + 8.0 * _EPS * (math.fsum(map(abs, parts)) + math.fsum(slack))


def _provider_bound(game: OffloadingGame, pairs: Ints, k: int, own: Floats, slices: list[Floats]) -> tuple[float, float]:
    """The highest bound of all slices, at least 0 (nobody comes), and the size of what its rounding errors are relative to."""
    low, high, tilt, toll = slices
    user = game.user[pairs]
    weight = game.weight[user]
    if (
        low[0] != 0.0
        or np.any(low[1:] != high[:-1])
        or np.any(high < low)
        or high[-1] < math.fsum(weight.tolist()) * (1 + 1e-12)
    ):
        validation.reject("low", f"must cover the loads of provider {k} without a hole", low)
    floor, ceiling = game.clip
    most = most_size = 0.0
    block = max(1, 1_000_000 // max(len(pairs), 1))
    for begin in range(0, len(low), block):
        lo, hi, b, c = (column[begin : begin + block, None] for column in (low, high, tilt, toll))
        late = game.transfer[pairs] + game.unit[user] * (np.maximum(lo, weight) / game.rate[k]) - game.deadline[user]
        lost = game.sensitivity[user] * np.clip(late, floor[user], ceiling[user])
        rest = game.gain[pairs] - lost - own[pairs] - b * weight - c
        inside = weight <= hi
        fixed = np.maximum(b * lo, b * hi)[:, 0] + (c * game.cap[k])[:, 0]
        bound = np.where(inside, np.maximum(rest, 0.0), 0.0).sum(axis=1) + fixed
        terms = np.abs(game.gain[pairs]) + np.abs(lost) + np.abs(own[pairs]) + np.abs(b) * weight + c
        size = np.where(inside, terms, 0.0).sum(axis=1) * (1.0 + math.log2(len(pairs) + 2)) + np.abs(fixed)
        most, most_size = max(most, float(bound.max())), max(most_size, float(size.max()))
    return most, most_size
