"""The certificate "set-enumeration": all sets of little loss of all servers but two, and the two solved exactly.

It claims that no feasible assignment has a profit >= ``target`` (profits are v for "max", -v for "min"). Its arrays:

- ``target``, ``unit`` float64 [1], ``order`` int32 [tasks]: as in "branch-tree", see `check.tree`.
- ``multipliers`` int32 [rows, tasks], rows >= 1: assignment multipliers lambda in units; >= 0 for tasks that may stay unserved.
- ``joined`` int32 [2]: two different servers A and B.

Nothing else is believed. The check:

1. The rows are those of a branch tree's only leaf: `check.tree` closes it, or leaves the pairs that it cannot fix.
2. With the last row, taken as 0 for tasks with one pair left (which is as valid), L = sum of lambda_j over open tasks + profits
   decided + sum of K_i, where K_i is at least the best value, sum of v_k - lambda_j over its pairs k of tasks j, of a set of
   pairs left that fits server i. An assignment loses K_i - value of its set at every server, and lambda_j for each open task
   that it does not serve: its profit is L less all these. What is worth the target loses L - target, the gap, at most.
3. All servers apart from A and B: all sets of a loss within the gap are listed. Of sets with the same shared tasks (those with
   pairs left at several servers) only the one of the least loss counts. Depth first over these servers, fewest sets first,
   sets without common tasks are put together while losses allow it.
4. At each leaf of that search A and B are left with the tasks not taken. Their best profit is below what the target leaves,
   by a bound with prices, or because all choices whose regrets are small enough, listed for two halves of the tasks and put
   together by meeting in the middle (Horowitz and Sahni 1974), earn less. See `kernels.prices`, `kernels.joining`.

All in the integers of `check.tree`, whose margins hold here: an assignment worth the target is worth it in integers, and every
set that `violations` lets pass fits in integers. In steps 3 and 4 integers have the last word, so that sets which only rounding
lets fit may refuse a certificate, but none is accepted for what floats say.

References
----------
.. [1] E. Horowitz and S. Sahni, "Computing partitions with applications to the knapsack problem", J. ACM 21 (1974), 277-292.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, certificate_array
from edgeworth.solvers.allocation.check.tree import BranchTree, replayed
from edgeworth.solvers.allocation.model import AllocationProblem

if TYPE_CHECKING:
    from edgeworth.solvers.allocation.check.kernels.enumeration import Levels, Sets
    from edgeworth.solvers.allocation.check.kernels.joining import Choices
    from edgeworth.solvers.allocation.check.kernels.prices import Joined, Prices
    from edgeworth.solvers.allocation.check.kernels.state import Data, Items, Work

Ints = NDArray[np.int64]

_EFFORT = 20_000_000  # elementary steps between two looks at the clock
_SETS = 1_000_000  # most sets of all listed servers
_BYTES = 256_000_000  # and of their memory
_FIRST = 256  # sets that a list begins with room for
_CHOICES = 2_000_000  # most choices of one half
_PRICES = 16  # prices kept
_CHEAP = 500  # choices that are sooner looked at than better prices are found
_COST = 2.0**58  # most that all weights of a server cost together


def _loops() -> tuple[ModuleType, ModuleType, ModuleType, ModuleType]:
    """The compiled loops, imported on use: a check of anything else needs no compiler."""
    from edgeworth.solvers.allocation.check.kernels import enumeration, joining, prices, state

    return enumeration, joining, prices, state


@cache
def prepare() -> None:
    """Compile or load the loops, by a problem that needs all of them: the budget of a check is not for that."""
    value = np.array([[5.0, 6.0, 7.0, 4.0, 6.5, 5.5, 3.0, 4.5], [4.5, 6.5, 6.0, 4.5, 7.0, 5.0, 3.5, 4.0], [1.0] * 8])
    weight = np.array([[3.0, 4.1, 5.2, 2.9, 4.4, 3.7, 2.2, 3.1]] * 3)
    problem = AllocationProblem.from_matrices(value, weight, [11.0, 10.0, 3.0])
    arrays: Arrays = {
        "target": np.array([32.25]),
        "unit": np.array([1.0]),
        "order": np.arange(8, dtype=np.int32),
        "multipliers": np.zeros((1, 8), dtype=np.int32),
        "joined": np.array([0, 1], dtype=np.int32),
    }
    enumerated_target(problem, arrays, Budget())


def enumerated_target(problem: AllocationProblem, arrays: Arrays, budget: Budget) -> float:
    """The target that the arrays prove no feasible assignment to reach.

    Raises ValueError, TypeError or KeyError where they prove nothing, `BudgetEnded` where the budget does not suffice.
    """
    tree, joined = _read(problem, arrays)
    budget.check()
    if len(problem.stranded):
        return tree.target
    closed, (data, log, work, items) = replayed(problem, tree, budget)
    if not closed:
        _Enumeration(data, work, items, joined, log.target, budget).close()
    return tree.target


def _read(problem: AllocationProblem, arrays: Arrays) -> tuple[BranchTree, tuple[int, int]]:
    """The rows as a tree of one leaf, and the two servers."""
    rows = len(certificate_array(arrays, "multipliers", np.int32, (None, problem.tasks)))
    if not rows:
        raise ValueError("multipliers: must have a row; got none")
    leaf = {"branched": np.array([-1], dtype=np.int32), "rounds": np.array([rows], dtype=np.int32)}
    tree = BranchTree.read(problem, {**arrays, **leaf})
    one, two = certificate_array(arrays, "joined", np.int32, (2,), minimum=0, maximum=problem.servers - 1).tolist()
    if one == two:
        raise ValueError(f"joined: must be two different servers; got {one} twice")
    return tree, (one, two)


class _Enumeration:
    """The steps 2 to 4 of the check on what the rows have left; see the module."""

    def __init__(self, data: Data, work: Work, items: Items, joined: tuple[int, int], target: int, budget: Budget) -> None:
        self.data, self.work, self.items, self.joined, self.target, self.budget = data, work, items, joined, target, budget
        self.loops, self.meeting, self.pricing, self.state = _loops()
        self.free, self.chosen = work.state == self.state.FREE, work.state == self.state.IN
        count = np.bincount(data.task[self.free], minlength=len(data.must))
        work.lam[(count == 1) & ~data.must] = 0
        self.shared = np.flatnonzero((count > 1) | ((count == 1) & data.must))
        self.bit = np.full(len(data.must), -1, dtype=np.int64)
        self.bit[self.shared] = np.arange(len(self.shared))
        self.choices: Choices | None = None
        self.words = max(1, -(-len(self.shared) // 64))

    def close(self) -> None:
        """ValueError where an assignment worth the target is not excluded."""
        gap = self._gap()
        if gap < 0:
            return
        levels = self._levels(gap)
        if levels is not None:
            self._search(levels, gap)

    def _gap(self) -> int:
        """L - target."""
        ints, loops = self.work.ints, self.loops
        ints[loops.SERVER] = 0
        outcome = loops.MORE
        while outcome == loops.MORE:
            self.budget.check()
            outcome = loops.evaluate(self.data, self.work, self.items, _EFFORT)
        return int(ints[loops.BOUND]) - self.target

    # --- the sets ---------------------------------------------------------------------------------------------------------

    def _levels(self, gap: int) -> Levels | None:
        """The servers apart from the two with all their sets; None where one has none."""
        lists: list[tuple[int, Sets]] = []
        most = min(_SETS, _BYTES // (8 * self.words + 32))
        occupied = np.bincount(self.data.server[self.free], minlength=len(self.data.room)) > 0
        for i in np.flatnonzero(occupied).tolist():
            if i not in self.joined:
                lists.append((i, self._sets(i, gap, most)))
                most -= len(lists[-1][1].loss)
                if not len(lists[-1][1].loss):
                    return None
        lists.sort(key=lambda each: len(each[1].loss))
        sets = [each[1] for each in lists]
        start = np.cumsum([0, *(len(each.loss) for each in sets)], dtype=np.int64)
        least = np.array([0, *(int(each.loss[0]) for each in reversed(sets))], dtype=np.int64)
        ptr, last = self._last([each[0] for each in lists])
        tasks = self.shared[last]
        return self.loops.Levels(  # type: ignore[no-any-return]
            start=start,
            masks=np.concatenate([np.zeros((0, self.words), dtype=np.uint64), *(each.masks for each in sets)]),
            loss=np.concatenate([np.zeros(0, dtype=np.int64), *(each.loss for each in sets)]),
            worth=np.concatenate([np.zeros(0, dtype=np.int64), *(each.worth for each in sets)]),
            rest=np.ascontiguousarray(np.cumsum(least)[::-1]),
            ptr=ptr,
            last=last,
            cost=np.where(self.data.must[tasks], self.state.BIG, self.work.lam[tasks]),
        )

    def _sets(self, i: int, gap: int, most: int) -> Sets:
        """Server i's sets of a loss within the gap, by rising loss."""
        loops = self.loops
        listing = loops.Listing(
            bit=self.bit,
            taken=np.zeros(len(self.items.item) + 1, dtype=np.int8),
            ints=np.zeros(loops.N_LISTING, dtype=np.int64),
        )
        loops.arrange(self.data, self.work, self.items, i, gap, listing)
        sets = self._room(None, 0, _FIRST)
        outcome = loops.MORE
        while outcome != loops.DONE:
            self.budget.check()
            outcome = loops.list_sets(self.data, self.items, listing, sets, _EFFORT)
            count = int(listing.ints[loops.COUNT])
            if count > most:
                raise ValueError(f"joined: the other servers must have fewer sets in the gap; server {i} has too many")
            if outcome == loops.FULL:
                sets = self._room(sets, count, 2 * len(sets.loss))
        order = self._rising(sets.loss[:count])
        return loops.Sets(sets.masks[order], sets.loss[order], sets.worth[order], sets.slots[:0])  # type: ignore[no-any-return]

    def _room(self, old: Sets | None, count: int, most: int) -> Sets:
        """Place for more sets, with those known."""
        sets = self.loops.Sets(
            masks=np.empty((most, self.words), dtype=np.uint64),
            loss=np.empty(most, dtype=np.int64),
            worth=np.empty(most, dtype=np.int64),
            slots=np.empty(2 * most, dtype=np.int64),
        )
        if old is not None:
            sets.masks[:count], sets.loss[:count], sets.worth[:count] = old.masks, old.loss, old.worth
        self.loops.index_sets(sets, count)
        return sets  # type: ignore[no-any-return]

    def _rising(self, keys: Ints) -> Ints:
        """The stable order of the keys, sorted in steps."""
        order, other = np.arange(len(keys)), np.empty(len(keys), dtype=np.int64)
        width = 1
        while width < len(keys):
            self.budget.check()
            self.meeting.merge_runs(keys, order, other, width)
            order, other, width = other, order, 2 * width
        return order

    def _last(self, servers: list[int]) -> tuple[Ints, Ints]:
        """By level the shared tasks without a pair at the two that have their last pair there, as the levels' `ptr`, `last`."""
        level = np.full(len(self.data.room), -1)
        level[servers] = np.arange(len(servers))
        level[list(self.joined)] = len(servers)
        latest = np.full(len(self.bit), -1)
        np.maximum.at(latest, self.data.task[self.free], level[self.data.server[self.free]])
        latest = latest[self.shared]
        order = np.argsort(latest, kind="stable")
        ptr = np.searchsorted(latest[order], np.arange(len(servers) + 1))
        return ptr, order

    # --- the search -------------------------------------------------------------------------------------------------------

    def _search(self, levels: Levels, gap: int) -> None:
        loops, depth = self.loops, len(levels.start)
        path = loops.Path(
            following=np.zeros(depth, dtype=np.int64),
            covered=np.zeros((depth, self.words), dtype=np.uint64),
            lost=np.zeros(depth, dtype=np.int64),
            earned=np.zeros(depth, dtype=np.int64),
            ints=np.zeros(loops.N_PATH, dtype=np.int64),
        )
        path.ints[loops.GAP] = gap
        path.ints[loops.NEEDED] = self.target - int(self.data.profit[self.chosen].sum())
        joined, prices = self._pair()
        outcome = loops.MORE
        while outcome != loops.DONE:
            self.budget.check()
            outcome = loops.search(levels, path, joined, prices, _EFFORT)
            if outcome == loops.OPEN:
                self._meet(joined, prices)

    def _pair(self) -> tuple[Joined, Prices]:
        """The two servers with the tasks that have pairs left there, and no prices yet."""
        data, pricing = self.data, self.pricing
        here = [np.flatnonzero(self.free & (data.server == i)) for i in self.joined]
        tasks = np.unique(data.task[np.concatenate(here)])
        profit, weight = np.zeros((2, len(tasks)), dtype=np.int64), np.zeros((2, len(tasks)), dtype=np.int64)
        has, room, total = np.zeros((2, len(tasks)), dtype=np.bool_), np.zeros(2, dtype=np.int64), np.zeros(2)
        steepest = np.zeros(2)
        for side, (i, pairs) in enumerate(zip(self.joined, here, strict=True)):
            at = np.searchsorted(tasks, data.task[pairs])
            profit[side, at], weight[side, at], has[side, at] = data.profit[pairs], data.weight[pairs], True
            used = data.weight[(data.server == i) & self.chosen].sum()
            room[side] = data.room[i] - used
            total[side] = max(float(room[side]), float(data.weight[pairs].sum()))
            heavy = pairs[data.weight[pairs] > 0]
            steepest[side] = (data.profit[heavy] / data.weight[heavy]).max(initial=0.0)
        most = np.divide(_COST, total, out=np.zeros(2), where=total > 0.0)
        if not data.must[tasks].any():  # above these prices the bound only rises
            most = np.minimum(most, steepest)
        exclusive = np.ones(len(data.must), dtype=np.bool_)
        exclusive[data.task[self.free & ~np.isin(data.server, self.joined)]] = False
        joined = pricing.Joined(
            bit=np.where(exclusive[tasks], -1, self.bit[tasks]),
            must=data.must[tasks],
            profit=profit,
            weight=weight,
            has=has,
            room=room,
            most=most,
            open=np.zeros(len(tasks), dtype=np.bool_),
        )
        prices = pricing.Prices(
            price=np.zeros((_PRICES, 2)),
            rent=np.zeros(_PRICES, dtype=np.int64),
            best=np.zeros((_PRICES, len(tasks)), dtype=np.int64),
            rank=np.zeros(_PRICES, dtype=np.int64),
            ints=np.zeros(pricing.N_PRICES, dtype=np.int64),
        )
        prices.ints[pricing.EASY] = -1
        return joined, prices

    def _meet(self, joined: Joined, prices: Prices) -> None:
        """ValueError where the two servers may earn what the open leaf leaves to them."""
        joining, easy = self.meeting, self.pricing.EASY
        if self.choices is None:
            tasks = len(joined.bit)
            self.choices = joining.Choices(
                load=np.empty((3, 2, _CHOICES), dtype=np.int64),
                profit=np.empty((3, _CHOICES), dtype=np.int64),
                regret=np.empty((3, _CHOICES), dtype=np.int64),
                task=np.zeros(tasks, dtype=np.int64),
                key=np.zeros(tasks, dtype=np.int64),
                order=np.empty(_CHOICES, dtype=np.int64),
                other=np.empty(_CHOICES, dtype=np.int64),
                load_b=np.empty(_CHOICES + 1, dtype=np.int64),
                profit_b=np.empty(_CHOICES + 1, dtype=np.int64),
                ints=np.zeros(joining.N_CHOICES, dtype=np.int64),
            )
        joining.begin(joined, prices, self.choices)
        outcome = joining.MORE
        while outcome == joining.MORE:
            self.budget.check()
            outcome = joining.meet(joined, prices, self.choices, _EFFORT)
        if outcome == joining.FULL:
            raise ValueError(f"joined: choices for half of their tasks must be at most {_CHOICES}; got more")
        if outcome != joining.DONE:
            raise ValueError("target: an assignment worth it may exist")
        if self.choices.ints[[joining.SIZE_FIRST, joining.SIZE_SECOND]].sum() <= _CHEAP:
            prices.ints[easy] = max(prices.ints[easy], self.choices.ints[joining.SLACK])
