"""No partition of the users is worth more than a number: users' prices, and a search of all that they leave over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple, Protocol

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.games.offloading.model import OffloadingGame, Slices
from edgeworth.games.offloading.model.columns import LARGEST
from edgeworth.games.offloading.model.game import Floats
from edgeworth.games.offloading.model.rational import exact_welfare

_NODES = 100_000  # of the search for sets between two looks at the budget, some 20 ms
_NODE = 2_000  # sets left to the providers that are as much work as a node of the search for profiles itself
_ROOM = 1_024  # sets of users that one call of the enumeration may return
_MOST_USERS = 5_000  # beyond, the search is out of reach of any budget
_MOST_SETS, _MOST_MEMBERS = 200_000, 2_000_000  # of one provider: what is kept stays below some 200 MB
_ROUNDOFF = 2.0**-53


class Steps(Protocol):
    """A budget: raises when it is used up."""

    def check(self) -> None: ...


def search_bound(game: OffloadingGame, arrays: Arrays, budget: Steps) -> float:
    """The number ``target``, once it is shown that no feasible profile is worth more.

    With prices pi >= 0 and r_k(S) = sum over S of (v_ik(Lambda_S) - pi_i) as in `model.slice_bound`, and any numbers B_k,

        welfare = L - sum_k (B_k - r_k(S_k)) - sum of pi_i over the users who compute locally,
        L = sum_i local_i + sum_i pi_i + sum_k B_k,

    where S_k are the users at provider k. If B_k >= r_k(S) for every set, no term is negative, and a profile that is worth
    more than ``target`` loses less than ``L - target`` in each of them. So (1) all sets of every provider with r_k(S) >
    B_k - (L - target) are found, by slices of the load and depth first within a slice: a decision against the sign of a
    user's item costs its size, and no more than the slice's bound less the floor can be spent; (2) disjoint ones are put
    together, provider by provider, as long as the terms lost stay below L - target; (3) every profile that comes out is
    valued in fractions and must not be worth more than ``target``.

    arrays: those of `model.slice_bound`; ``ceiling`` float64 [providers] >= 0, the B_k; ``target`` float64 [1]. Raises
    KeyError, ValueError or TypeError where the arrays prove nothing, among them a set above its ceiling.

    The margins, u = 2^-53, N users in reach: items and slice bounds as derived in `model.slice_bound`; what may be spent
    goes up by (N + 8) u of itself for its N subtractions, load limits by (2 N + 8) u for sums of weights. r_k of a set found
    is off by (2 N + 32) u of the sizes |gain| + s (transfer + delay + tau) + |local| + cost + pi of its members, which is
    added. The losses of a profile are sums of at most m + n terms: L - target goes up by 2 (m + n + 8) u of all sizes.
    """
    if game.users > _MOST_USERS:
        validation.reject("game", f"must have at most {_MOST_USERS} users to be searched", game.users)
    slices = Slices(game, arrays)
    n = game.providers
    ceiling = validation.array("ceiling", arrays["ceiling"], np.float64, (n,), minimum=0.0, maximum=LARGEST)
    target = float(validation.array("target", arrays["target"], np.float64, (1,), minimum=-LARGEST, maximum=LARGEST)[0])
    parts = [*game.local_utility.tolist(), *slices.price.tolist(), *ceiling.tolist()]
    size = math.fsum(map(abs, parts)) + abs(target)
    gap = max(math.fsum([*parts, -target]), 0.0) + 2.0 * (game.users + n + 8) * _ROUNDOFF * size
    found = [_sets(game, slices, k, float(ceiling[k]) - gap, budget) for k in range(n)]
    options = []
    for k, sets in enumerate(found):
        if max(sets.values(), default=0.0) > ceiling[k]:
            validation.reject("ceiling", f"must be at least what every set of provider {k} is worth", max(sets.values()))
        worth = sets | {(): 0.0}
        lost = sorted((float(ceiling[k]) - upper, pairs) for pairs, upper in worth.items())
        options.append([_Option(less, _mask(game, pairs), pairs) for less, pairs in lost if less <= gap])
    for profile in _profiles(game, slices.price, options, gap, budget):
        budget.check()
        worth_of = exact_welfare(game, profile)
        if worth_of > Fraction(target):
            validation.reject("target", "must be at least the worth of every profile", float(worth_of))
    return target


class _Option(NamedTuple):
    """A set of one provider: what a profile with it loses at least, its users as bits, its pairs."""

    lost: float
    users: int
    pairs: tuple[int, ...]


def _mask(game: OffloadingGame, pairs: tuple[int, ...]) -> int:
    return sum(1 << int(game.user[p]) for p in pairs)


def _profiles(
    game: OffloadingGame, price: Floats, options: list[list[_Option]], gap: float, budget: Steps
) -> Iterator[list[int]]:
    """Every choice of pairs that loses at most ``gap``, depth first.

    A node is a list of providers with the sets left to them, disjoint from what is taken and cheap enough: what they lose more
    than the provider's cheapest may not exceed what is left of the gap when all others take theirs. Users in no set left
    compute locally and lose their price. The provider with the fewest sets left comes next.
    """
    paid = price.tolist()

    def local(users: int) -> float:
        total = 0.0
        while users:
            low = users & -users
            total += paid[low.bit_length() - 1]
            users ^= low
        return total

    everybody, work = (1 << game.users) - 1, 0
    stack: list[tuple[int, float, tuple[int, ...], list[list[_Option]]]] = [(0, 0.0, (), options)]
    while stack:
        work += _NODE + sum(map(len, stack[-1][3]))
        if work >= 100 * _NODE:
            budget.check()
            work = 0
        taken, lost, pairs, left = stack.pop()
        node = _narrowed(taken, lost, left, gap, lambda users: local(everybody & ~users))
        if node is None:
            continue
        if not node:
            choice = [-1] * game.users
            for p in pairs:
                choice[int(game.user[p])] = p
            yield choice
            continue
        first = min(range(len(node)), key=lambda d: len(node[d]))
        rest = node[:first] + node[first + 1 :]
        for option in reversed(node[first]):
            stack.append((taken | option.users, lost + option.lost, (*pairs, *option.pairs), rest))


def _narrowed(
    taken: int, lost: float, left: list[list[_Option]], gap: float, local: Callable[[int], float]
) -> list[list[_Option]] | None:
    """What is left to the providers, until nothing changes; None where the gap does not suffice.

    local: users that are or can be served -> what the others lose.
    """
    while True:
        open_ = [[option for option in sets if not option.users & taken] for sets in left]
        if not all(open_):
            return None
        served = taken
        for sets in open_:
            for option in sets:
                served |= option.users
        spare = gap - lost - local(served) - sum(sets[0].lost for sets in open_)
        if spare < 0.0:
            return None
        narrow = [[option for option in sets if option.lost <= sets[0].lost + spare] for sets in open_]
        if sum(map(len, narrow)) == sum(map(len, left)):
            return narrow
        left = narrow


def _sets(game: OffloadingGame, slices: Slices, k: int, floor: float, budget: Steps) -> dict[tuple[int, ...], float]:
    """All sets of pairs of provider k whose worth less prices may be above the floor, with an upper bound of that."""
    from edgeworth.games.offloading.check import kernels

    pairs = slices.pairs(k)
    user, size = game.user[pairs], len(pairs)
    low, high = game.clip
    cost = game.cost_rate[k] * game.workload[user] / game.rate[k]
    own = game.local_utility[user] + cost + slices.price[user]
    own_size = np.abs(game.local_utility[user]) + cost + slices.price[user]
    room = (np.zeros(_ROOM + 1, dtype=np.int64), np.empty(_ROOM * max(size, 1), dtype=np.int64), np.empty(_ROOM))
    found: dict[tuple[int, ...], float] = {}
    members = 0
    for block in slices.blocks(k):
        budget.check()
        for seen, row in enumerate(np.flatnonzero(block.bound > floor).tolist()):
            if seen % 200 == 199:
                budget.check()
            item = block.item[row]
            order = np.argsort(-np.abs(item), kind="stable")
            weight = game.weight[user[order]]
            spare = float(block.bound[row] - floor)
            state = kernels.SetSearch(
                depth=np.zeros(2, dtype=np.int64),
                step=np.zeros(size + 1, dtype=np.int64),
                spare=np.full(size + 1, spare * (1.0 + (size + 8) * 2.0 * _ROUNDOFF)),
                load=np.zeros(size + 1),
                number=np.zeros(size + 1, dtype=np.int64),
                members=np.zeros(size, dtype=np.int64),
            )
            rest = np.append(np.cumsum(np.where(item[order] > -np.inf, weight, 0.0)[::-1])[::-1], 0.0)
            edge = (2 * size + 8) * 2.0 * _ROUNDOFF * (float(block.high[row]) + float(rest[0]))
            while state.depth[0] >= 0:
                kernels.search_sets(
                    state, item[order], weight, rest, int(game.cap[k]), float(block.low[row]) - edge,
                    float(block.high[row]) + edge, game.gain[pairs[order]], game.transfer[pairs[order]],
                    game.sensitivity[user[order]], game.deadline[user[order]], game.unit[user[order]], low[user[order]],
                    high[user[order]], own[order], own_size[order], float(game.rate[k]), floor, room, _NODES,
                )  # fmt: skip
                if state.depth[0] >= 0:
                    budget.check()
                ptr, member, worth = room
                for s in range(int(state.depth[1])):
                    key = tuple(np.sort(pairs[order[member[ptr[s] : ptr[s + 1]]]]).tolist())
                    members += len(key) * (key not in found)
                    found[key] = max(found.get(key, -math.inf), float(worth[s]))
                if len(found) > _MOST_SETS or members > _MOST_MEMBERS:
                    validation.reject("ceiling", f"leaves too many sets of provider {k} to be searched", floor)
    return found
