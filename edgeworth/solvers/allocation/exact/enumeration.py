"""Enumeration of what servers may hold: lists of sets for all servers but two, put together, and the two joined exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from edgeworth.core.result import Certificate
from edgeworth.solvers.allocation.bounds import SET_ENUMERATION
from edgeworth.solvers.allocation.exact.arrays import ClosedTree
from edgeworth.solvers.allocation.exact.proof import EFFORT, Proof
from edgeworth.solvers.allocation.exact.root import Root
from edgeworth.solvers.allocation.exact.set_lists import SetList, joined_sets, mask_words
from edgeworth.solvers.allocation.kernels import dual, joining, last_two, listing
from edgeworth.solvers.allocation.model import AllocationProblem, dual_profit
from edgeworth.solvers.allocation.model.system import Ints

_EPS = float(np.finfo(np.float64).eps)
_LEAST = 300_000  # elementary steps of a turn that any step counts as
_SETS = 50_000  # that are listed for a server at most
_LIST = 200_000_000  # elementary steps of a list at most
_CHOICES = 100_000  # of either half of the last two servers' tasks
_REPEATED = 2_000_000_000  # steps of a search that the checker, which prunes less, repeats within its minute
_FAVOURED = 500  # turns, 10 to 25 seconds
_SLOTS, _CELLS = 20, 22  # states of the search that are remembered, and words of their masks: powers of two, at most
_BUNDLES, _GAINS = 8, 1 << 22  # of such prices that bound nodes, and of the sets' gains at them, at most
_PRICES = 16  # pairs of prices that are kept
_NARROWER = 0.7  # after too long lists: tried again where the gap is at most this share of what it was
_SHARED = 2_000  # tasks that several servers may take, at most
_COST = 1e300  # of rooms and weights at the prices of the last two servers, at most


@dataclass(frozen=True)
class ClosedEnumeration(ClosedTree):
    """A root that fixes pairs by its rows of multipliers, and an enumeration of what they leave.

    joined: the last two servers.
    """

    joined: tuple[int, int]

    def certificate(self, target: float) -> Certificate:
        """For the claim that no assignment has a profit >= `target`."""
        arrays = super().certificate(target).arrays
        kept = {name: arrays[name] for name in ("target", "unit", "order", "multipliers")}
        return Certificate(SET_ENUMERATION, {**kept, "joined": np.array(self.joined, dtype=np.int32)})


class _Phase(Enum):
    ROOT = auto()
    LIST = auto()
    JOIN = auto()
    WAIT = auto()


class Enumeration:
    """Is there a solution better than the known one? All sets that servers may hold are listed and put together.

    Multipliers lam are improved and pairs fixed as at the root of the tree. A better solution loses at most the gap against
    L(lam): so much at most, then, does the set of every server lose against the server's knapsack. Most servers have few such
    sets; two may have as many as they like. The sets of the others are put together, and at every leaf the last two servers
    are solved exactly; see `kernels.joining`. `advance` does 20 to 50 ms of work. What is found goes to `proof` at once, as
    does the end.

    over: there is no more to do, by success or because the problem is not of this kind.
    """

    def __init__(self, problem: AllocationProblem, proof: Proof) -> None:
        self._problem, self._proof = problem, proof
        self._data, self._scratch, self._order = proof.arrays
        self.over = False
        self._tried = math.inf
        self._turns = 0
        self._begin()

    @staticmethod
    def prepare() -> None:
        """Compile the kernels, or load them, on a small problem."""
        rng = np.random.default_rng(22)  # its root leaves something to put together
        weight = rng.uniform(0.1, 0.2, (3, 8))
        problem = AllocationProblem.from_matrices(weight * rng.uniform(1.0, 2.0, (3, 8)), weight, [0.4, 0.4, 0.4])
        prices = np.zeros(problem.servers)
        proof = Proof(problem, prices, dual_profit(problem, prices), 0)
        proof.set_incumbent(0.0)
        enumeration = Enumeration(problem, proof)
        while enumeration.works:
            enumeration.advance()

    def _begin(self) -> None:
        self._phase = _Phase.ROOT
        self._root = Root(self._problem, self._proof)
        self._lists: list[SetList] = []

    @property
    def works(self) -> bool:
        """There is something to do: it has not ended, and the gap is not too wide."""
        return not self.over and (self._phase is not _Phase.WAIT or self._width <= _NARROWER * self._tried)

    @property
    def favoured(self) -> bool:
        """It has not had many turns yet, and may well end soon."""
        return self._turns < _FAVOURED

    def advance(self) -> None:
        """Work for a while."""
        self._turns += 1
        spent = 0
        while spent < EFFORT and self.works:
            spent += self._step()

    def _step(self) -> int:
        """The next step, and about how much work it was."""
        if self._phase is _Phase.WAIT:
            self._begin()
        if self._phase is _Phase.LIST:
            return self._list()
        if self._phase is _Phase.JOIN:
            self._join()
            return EFFORT
        root, before = self._root, int(self._scratch.work[0])
        generates = root.generates
        root.advance()
        if root.closed:
            self._close()
        elif root.over:
            self._bound, self._lam, self._state = root.bound, root.lam, root.state
            self._proof.close(self._root_tree(root.bound + self._noise))  # with a target so high the rows fix no less
            self._begin_lists()
        self.over |= root.stuck
        return EFFORT if generates else max(int(self._scratch.work[0]) - before, _LEAST)

    @property
    def _width(self) -> float:
        return self._proof.bound - self._proof.least()

    def _close(self, joined: tuple[int, int] | None = None) -> None:
        """No solution reaches the target."""
        root = self._root_tree(self._proof.least())
        if joined is None:
            self._proof.close(root)
        else:
            repeatable = bool(self._walk.ints[last_two.STEPS] <= _REPEATED)
            self._proof.close(ClosedEnumeration(**vars(root), joined=joined), repeatable=repeatable)
        self.over = True

    def _root_tree(self, target: float) -> ClosedTree:
        """A tree of one node with the root's rows."""
        rows = np.array(self._root.rows, dtype=np.int32).reshape(-1, self._problem.tasks)
        leaf, rounds = np.array([-1], dtype=np.int32), np.array([len(rows)], dtype=np.int32)
        return ClosedTree(target, leaf, rounds, rows, self._proof.unit, self._order)

    # --- lists ----------------------------------------------------------------------------------------------------------

    @property
    def _gap(self) -> float:
        """What a solution that counts as better may lose against the multipliers' bound."""
        return (self._bound - self._proof.least()) * (1.0 + 1e-9) + self._noise

    @property
    def _noise(self) -> float:
        """What sums of profits, multipliers and prices may be wrong by."""
        sizes = abs(self._bound) + abs(self._proof.least()) + self._proof.size + float(np.abs(self._lam).sum())
        return 4.0 * _EPS * (self._problem.tasks + self._problem.servers + 16) * sizes

    def _begin_lists(self) -> None:
        """Bits for the tasks that several servers may take; the first list begins."""
        problem = self._problem
        free = problem.task[self._state == dual.FREE]
        shared = np.flatnonzero(np.bincount(free, minlength=problem.tasks) > 1)
        if len(shared) > _SHARED:
            self._wait()
            return
        bit = np.full(problem.tasks, -1, dtype=np.int64)
        bit[shared] = np.arange(len(shared))
        self._bit = bit[problem.task]
        self._price = np.where(problem.must_serve[shared], math.inf, self._lam[shared])
        self._phase, self._begun = _Phase.LIST, self._items(0)

    def _list(self) -> int:
        """A step on the list of a server; after the last they are put together. The work that it was."""
        pairs, items = self._begun
        before = int(items.ints[listing.STEPS])
        outcome = listing.list_sets(items, self._gap, EFFORT)
        spent = max(int(items.ints[listing.STEPS]) - before, _LEAST)
        if outcome == listing.MORE and items.ints[listing.STEPS] < _LIST:
            return spent
        whole = outcome == listing.DONE
        self._lists.append(SetList.of(pairs, items, whole, self._bit, mask_words(len(self._price)), self._data.profit))
        if sum(not each.whole for each in self._lists) > 2:
            self._wait()
        elif len(self._lists) < self._problem.servers:
            self._begun = self._items(len(self._lists))
        else:
            self._put_together()
        return spent

    def _items(self, i: int) -> tuple[Ints, listing.Listing]:
        """The free pairs of server i by falling gain per weight, and the search for its sets."""
        data = self._data
        pairs = data.by[data.ptr[i] : data.ptr[i + 1]]
        pairs = pairs[self._state[pairs] == dual.FREE]
        gain, weight = data.profit[pairs] - self._lam[data.task[pairs]], data.weight[pairs]
        most, heaviest = float(np.abs(gain).max(initial=0.0)) or 1.0, float(weight.max(initial=0.0)) or 1.0
        order = np.argsort(-(gain / most) / np.maximum(weight / heaviest, 1e-300), kind="stable")  # nothing overflows
        n = len(pairs)
        words = n // listing.WORD + 1
        items = listing.Listing(
            gain=gain[order],
            weight=weight[order],
            worth=np.zeros(n + 1),
            left=np.full(n + 1, self._room(i)),
            side=np.zeros(n + 1, dtype=np.int8),
            now=np.zeros(words, dtype=np.uint64),
            chosen=np.zeros((_SETS, words), dtype=np.uint64),
            loss=np.zeros(_SETS),
            ints=np.zeros(listing.N_INTS, dtype=np.int64),
            reals=np.full(listing.N_REALS, -math.inf),
        )
        return pairs[order], items

    def _room(self, i: int) -> float:
        """What server i has left beside the pairs that are in."""
        data = self._data
        pairs = data.by[data.ptr[i] : data.ptr[i + 1]]
        return float(data.room[i] - data.weight[pairs[self._state[pairs] == dual.IN]].sum())

    # --- put together ---------------------------------------------------------------------------------------------------

    def _put_together(self) -> None:
        """The servers whose lists did not end, or else are longest, are the last two; the others' lists become arrays."""
        problem, data, lists = self._problem, self._data, self._lists
        decided = data.profit - self._lam[data.task]
        exact = [*self._lam.tolist(), *decided[self._state == dual.IN].tolist(), *(each.best for each in lists)]
        self._bound = min(self._bound, math.fsum(exact))
        first, second, *others = sorted(range(problem.servers), key=lambda i: (lists[i].whole, -len(lists[i].loss)))
        others.reverse()
        last = (problem.server == first) | (problem.server == second)
        at_last = np.flatnonzero((self._state == dual.FREE) & last)
        self._listed = [lists[i] for i in others]
        self._sets = joined_sets(self._listed, self._bit, self._price, at_last)
        self._joined = first, second
        self._last_two(at_last)
        self._walk = _new_walk(self._sets, len(self._two.bit))
        self._earned = math.fsum(data.profit[self._state == dual.IN].tolist())
        self._phase = _Phase.JOIN

    def _last_two(self, pairs: Ints) -> None:
        """The arrays of the last two servers, from their free pairs."""
        problem, data = self._problem, self._data
        tasks = np.unique(problem.task[pairs])
        m = len(tasks)
        at = np.searchsorted(tasks, problem.task[pairs])
        side = np.where(problem.server[pairs] == self._joined[1], 1, 0)
        bit = np.full(m, -1, dtype=np.int64)
        bit[at] = self._bit[pairs]
        profit, weight, pair = np.full((2, m), -math.inf), np.zeros((2, m)), np.full((2, m), -1, dtype=np.int64)
        profit[side, at], weight[side, at], pair[side, at] = data.profit[pairs], data.weight[pairs], pairs
        priced = (weight > 0.0) & (profit > 0.0)
        room = np.array([self._room(i) for i in self._joined])
        with np.errstate(over="ignore"):
            dearest = float((profit[priced] / weight[priced]).max(initial=1.0))
        self._pair = pair
        self._two = last_two.Two(
            profit=profit,
            weight=weight,
            bit=bit,
            must=problem.must_serve[tasks],
            room=room,
            dearest=min(dearest, _COST / max(float(room.max()), float(weight.max(initial=0.0)), 1.0)),
        )

    def _join(self) -> None:
        """A turn of the search; what it finds goes to the proof, and what it does not find is not there."""
        proof = self._proof
        target = proof.least() - self._noise
        outcome = joining.join(self._sets, self._two, self._walk, self._gap, self._earned, target, EFFORT)
        if outcome == last_two.DONE:
            self._close(self._joined)
        elif outcome == last_two.TOO_MANY:
            self._wait()
        elif outcome == last_two.FOUND:
            found = self._scratch.found
            found[:] = self._state == dual.IN
            for d, each in enumerate(self._listed):
                found[each.pairs_of(int(self._walk.at[d] - 1 - self._sets.starts[d]))] = 1
            side = np.arange(2)[:, None] == self._walk.choice[None, :]
            found[self._pair[side]] = 1
            self.over = not proof.accept_found()

    def _wait(self) -> None:
        """The gap is too wide: begin again when it is narrower."""
        self._tried = self._width
        self._phase = _Phase.WAIT
        self._lists = []


def _new_walk(sets: joining.Sets, m: int) -> joining.Walk:
    """The search before its first step; m: tasks at the last two servers."""
    depth, words, many = len(sets.starts), sets.mask.shape[1], len(sets.loss)
    bundles = max(1, min(_BUNDLES, _GAINS // max(many, 1)))
    slots = 1 << min(_SLOTS, _CELLS - (words - 1).bit_length())
    return joining.Walk(
        at=np.zeros(depth, dtype=np.int64),
        lost=np.zeros(depth),
        worth=np.zeros(depth),
        covered=np.zeros((depth, words), dtype=np.uint64),
        alive=np.zeros(m, dtype=np.bool_),
        choice=np.zeros(m, dtype=np.int64),
        prices=np.zeros((_PRICES, 2)),
        ints=np.zeros(last_two.N_INTS, dtype=np.int64),
        regret=np.zeros((2, _CHOICES)),
        profit=np.zeros((2, _CHOICES)),
        first=np.zeros((2, _CHOICES)),
        second=np.zeros((2, _CHOICES)),
        before=np.zeros((2, _CHOICES), dtype=np.int64),
        option=np.zeros((2, _CHOICES), dtype=np.int64),
        best=np.zeros((m, 3)),
        level=np.full(slots, -1, dtype=np.int64),
        most=np.zeros(slots),
        key=np.zeros((slots, words), dtype=np.uint64),
        total=np.zeros(bundles),
        gain=np.zeros((bundles, many)),
        rest=np.zeros((bundles, depth)),
        sums=np.zeros((bundles, depth)),
    )
