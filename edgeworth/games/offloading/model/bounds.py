"""An upper bound on the welfare of every feasible profile, from users' prices and slices of the providers' loads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.games.offloading.model.columns import LARGEST
from edgeworth.games.offloading.model.game import Floats, Ints, OffloadingGame

SLICES = "prices-and-slices"
SEARCH = "prices-and-search"

_ROUNDOFF = 2.0**-53
_BLOCK = 250_000  # entries of one step, some 20 ms


def slice_bound(game: OffloadingGame, arrays: Arrays, tick: Callable[[], None] | None = None) -> float:
    """Bound the welfare of every feasible profile by Lagrangian duality from users' prices, rounded outward.

    Parameters
    ----------
    game : OffloadingGame
    arrays : mapping
        ``price`` float64 [users], pi >= 0; ``ptr`` int64 [providers + 1]; ``low``, ``high``, ``weight_multiplier`` and
        ``count_multiplier`` float64 [slices]: provider k has the slices from ptr[k] to ptr[k + 1], by rising load, without a
        hole from 0 to the sum of its users' weights.
    tick : callable, optional
        Called between steps of some 20 ms; what it raises ends the work.

    Returns
    -------
    float
        No feasible profile has more welfare. Any numbers in the arrays give a valid bound.

    Raises
    ------
    KeyError, ValueError, TypeError
        For arrays that prove nothing, among them numbers whose products would leave the range of floats.

    Notes
    -----
    With v_ik(x) the utility before payments at load x, less local utility and the user's share of the provider's cost,

        welfare <= sum_i local_i + sum_i pi_i + sum_k max over sets S of sum_{i in S} (v_ik(Lambda_S) - pi_i).

    Loads of provider k are covered by slices [low, high]. Utilities do not rise with the load, so a set whose load is in a
    slice is worth at most

        sum_i max(0, v_ik(max(low, w_i)) - pi_i - mu w_i - nu) + max(mu low, mu high) + nu cap_k

    over the users with w_i <= high, for every weight multiplier mu and every count multiplier nu >= 0.

    The margin. All statements above are exact for the numbers as they are stored, and comparisons of floats are exact too (the
    sum of weights is `math.fsum`, correctly rounded, and ``high`` must be above it by 1e-12). What is rounded, u = 2^-53:

    - lateness at a load: C / w, load / F and their product, then + transfer and - tau: 5 u X, X = transfer + delay + tau.
      Clipping to an interval that holds 0 moves it no further. Times s: s X (5 u + u).
    - cost C / F, + local + pi: 4 u of their sizes; mu w: u; four subtractions: 4 u of all sizes. With T = |gain| + s X +
      |local| + cost + pi + |mu| w + nu an entry is off by at most 14 u T, 16 u T with all terms of second order.
    - max(0, .) moves no further; a sum of N entries >= 0 in any order: N u of the sum; the two fixed terms and their sum: 6 u
      of their sizes; the slice's total: u.
    - underflow: 2^-1075 an operation, s (1 + C / w) times in the loss; 2^-1070 of that a user covers it.

    These are added to every slice before the maximum is taken (times 1.001 for the rounding of the margin itself); the last
    sum is correctly rounded and goes one float up.

    References
    ----------
    Held and Karp, Math. Prog. 1 (1971). The slices are our own.
    """
    slices = Slices(game, arrays)
    parts = [*game.local_utility.tolist(), *slices.price.tolist()]
    for k in range(game.providers):
        most = 0.0
        for block in slices.blocks(k):
            if tick is not None:
                tick()
            most = max(most, float(block.bound.max()))
        parts.append(most)
    return math.nextafter(math.fsum(parts), math.inf)


class Block(NamedTuple):
    """Some slices of one provider, a row each.

    Parameters
    ----------
    low, high : float64 [rows]
        The loads between which a slice lies.
    item : float64 [rows, users in reach]
        The most that a member adds, less its price, mu w and nu (`slice_bound`); minus infinity where it is too heavy.
    fixed : float64 [rows]
        What is added whichever users come.
    margin : float64 [rows]
        Of the row's rounding.
    bound : float64 [rows]
        ``sum max(0, item) + fixed``, rounded outward.
    """

    low: Floats
    high: Floats
    item: Floats
    fixed: Floats
    margin: Floats
    bound: Floats


class Slices:
    """The arrays of `slice_bound`, validated, with what they say of every provider's user sets."""

    def __init__(self, game: OffloadingGame, arrays: Arrays) -> None:
        m, n = game.users, game.providers
        mass = float(game.weight.sum())
        self.game = game
        self.price = validation.array("price", arrays["price"], np.float64, (m,), minimum=0.0, maximum=LARGEST)
        self.ptr = validation.array("ptr", arrays["ptr"], np.int64, (n + 1,), minimum=0)
        if self.ptr[0] != 0 or np.any(self.ptr[1:] <= self.ptr[:-1]):
            validation.reject("ptr", "must begin with 0 and rise", self.ptr)
        steep, dear = LARGEST / max(mass, 1.0), LARGEST / max(int(game.cap.max(initial=0)), 1)
        ranges = {
            "low": (0.0, 4.0 * mass),
            "high": (0.0, 4.0 * mass),
            "weight_multiplier": (-steep, steep),
            "count_multiplier": (0.0, dear),
        }
        self._columns = [
            validation.array(name, arrays[name], np.float64, (int(self.ptr[-1]),), minimum=least, maximum=most)
            for name, (least, most) in ranges.items()
        ]
        i, k = game.user, game.provider
        cost = game.cost_rate[k] * game.workload[i] / game.rate[k]
        self._own = game.local_utility[i] + cost + self.price[i]
        self._own_size = np.abs(game.local_utility[i]) + cost + self.price[i]
        self._by_pair = np.argsort(k, kind="stable")
        self._ends = np.concatenate([[0], np.cumsum(np.bincount(k, minlength=n))])

    def pairs(self, k: int) -> Ints:
        """The pairs of provider k, by user: the columns of its blocks."""
        pairs: Ints = self._by_pair[self._ends[k] : self._ends[k + 1]]
        return pairs

    def blocks(self, k: int) -> Iterator[Block]:
        """All slices of provider k, some 20 ms of work at a time. ValueError where they leave a hole."""
        game, pairs = self.game, self.pairs(k)
        low, high, weight_multiplier, count_multiplier = (column[self.ptr[k] : self.ptr[k + 1]] for column in self._columns)
        user = game.user[pairs]
        weight, s, unit, tau = game.weight[user], game.sensitivity[user], game.unit[user], game.deadline[user]
        gain, transfer, own = game.gain[pairs], game.transfer[pairs], self._own[pairs]
        if (
            low[0] != 0.0
            or np.any(low[1:] != high[:-1])
            or np.any(high < low)
            or high[-1] < math.fsum(weight.tolist()) * (1 + 1e-12)
        ):
            validation.reject("low", f"must cover the loads of provider {k} without a hole", low)
        floor, ceiling = game.clip[0][user], game.clip[1][user]
        tiny = 2.0**-1070 * float((s * (1.0 + unit)).sum() + len(pairs) + 1.0)
        rows = max(1, _BLOCK // max(len(pairs), 1))
        for begin in range(0, len(low), rows):
            lo, hi, b, c = (column[begin : begin + rows, None] for column in (low, high, weight_multiplier, count_multiplier))
            delay = unit * (np.maximum(lo, weight) / game.rate[k])
            lost = s * np.clip(transfer + delay - tau, floor, ceiling)
            inside = weight <= hi
            item = np.where(inside, gain - lost - own - b * weight - c, -np.inf)
            size = np.abs(gain) + s * (transfer + delay + tau) + self._own_size[pairs] + np.abs(b) * weight + c
            size = np.where(inside, size, 0.0).sum(axis=1)
            total = np.maximum(item, 0.0).sum(axis=1)
            fixed = np.maximum(b * lo, b * hi)[:, 0] + (c * game.cap[k])[:, 0]
            fixed_size = (np.abs(b) * hi + c * game.cap[k])[:, 0]
            margin = 1.001 * _ROUNDOFF * (16.0 * size + (len(pairs) + 1) * total + 6.0 * fixed_size + np.abs(fixed)) + tiny
            yield Block(lo[:, 0], hi[:, 0], item, fixed, margin, np.nextafter(total + fixed + margin, np.inf))
