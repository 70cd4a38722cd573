"""Branch and price for multiple knapsacks, whose tree is a certificate of the kind "branch-tree"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeworth.solvers.allocation.exact.arrays import ClosedTree
from edgeworth.solvers.allocation.exact.patterns import Master, PatternBound
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.kernels import dual, filling, tree
from edgeworth.solvers.allocation.model import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats, Ints

States = NDArray[np.int8]
_AGAIN = 10  # the LP is solved again where at least one in so many of the free pairs was fixed
_SETS = 20_000  # of the first LP; more take seconds to put in
_WHOLE = 1e-6  # a share of a set below this is none, above 1 less this is the whole


class SetTree:
    """Is there a solution better than the known one? A depth-first tree over pairs, bounded by the LP over sets.

    A node's sets are generated for its LP; multipliers lam are its duals. Where L(lam) over the pairs that are left falls
    below the target, the node is closed; else pairs are fixed by their losses at lam (`tree.tighten`), and the pair that the LP
    splits most evenly is branched on, taken first. What is logged is what the checker needs to repeat it: the pairs branched
    on and the multipliers of every node. `advance` does one LP and one pricing.

    over: the tree is closed, and the proof has it. failed: HiGHS gave no duals, or the log would be too long.
    """

    def __init__(self, problem: AllocationProblem, items: filling.Items, proof: Proof, sets: PatternBound, most: int) -> None:
        self.over = self.failed = False
        self.nodes = 0
        self._problem, self._proof, self._most = problem, proof, most
        self._data, self._scratch, self._order = proof.arrays
        n = problem.servers
        self._profit = items.profit
        self._master = Master(items.profit, np.ones(n, dtype=np.int64))
        for i, chosen in sets.sets(_SETS):
            self._add(i, chosen)
        self._pair = np.full((n, problem.tasks), -1, dtype=np.int64)
        self._pair[problem.server, problem.task] = np.arange(problem.pairs)
        self._mean = np.zeros(problem.pairs, dtype=np.float32)
        self._branched: list[int] = []
        self._rounds: list[int] = []
        self._rows: list[NDArray[np.int32]] = []
        self._target = proof.least()
        self._open: list[tuple[States, Floats]] = [(np.full(problem.pairs, dual.FREE, dtype=np.int8), sets.lam)]
        self._state: States | None = None
        self._known = 0  # sets whose pairs are in the arrays below: the pairs of all, where each begins, and its knapsack
        self._flat, self._starts, self._owner = (np.zeros(0, dtype=np.int64) for _ in range(3))

    def advance(self, seconds: float) -> None:
        """One node's LP and its pricing; seconds: what is left of the run."""
        self._target = max(self._target, self._proof.least())
        if self._state is None:
            self._enter()
        elif self._master.solve(seconds):
            steps = np.minimum(np.rint(self._master.lam / self._proof.unit), filling.MOST)
            self._visit(self._state, steps * self._proof.unit)
        self.failed |= self._master.failed

    def _enter(self) -> None:
        """The next open node: what its parent's multipliers leave of it."""
        if not self._open:
            arrays = (np.array(self._branched, dtype=np.int32), np.array(self._rounds, dtype=np.int32))
            rows = np.array(self._rows, dtype=np.int32).reshape(-1, self._problem.tasks)
            self._proof.close(ClosedTree(self._target, *arrays, rows, self._proof.unit, self._order))
            self.over = True
            return
        if 4 * self._problem.tasks * len(self._rows) + 8 * len(self._branched) > self._most:
            self.failed = True
            return
        state, lam = self._open.pop()
        self.nodes += 1
        self._branched.append(-1)
        self._rounds.append(0)
        if not tree.enter(self._data, state):
            return
        _, status = self._priced(state, lam)
        if status == dual.PRUNED:
            self._log(lam)
            return
        self._state = state
        self._generate(state)
        self._restrict(state)

    def _priced(self, state: States, lam: Floats) -> tuple[float, int]:
        """L(lam) over the pairs that are left, and what `dual.descend` makes of it."""
        scratch = self._scratch
        bound, status = dual.descend(self._data, state, lam.copy(), self._mean, self._target, 1, 1.0, scratch)
        return float(bound), int(status)

    def _visit(self, state: States, lam: Floats) -> None:
        """Price the node at the LP's duals: close it, go on with new sets, or branch."""
        bound, status = self._priced(state, lam)
        if status == dual.PRUNED:
            self._log(lam)
            self._state = None
        elif status == dual.SOLVED:
            self.failed = not self._proof.accept_found()
        elif self._generate(state):
            self._restrict(state)
        else:
            share = self._shares()
            if np.all(np.minimum(share, 1.0 - share) < _WHOLE):  # the LP's solution is one in integers
                self._scratch.found[:] = share > 0.5
                before = self._proof.value
                self.failed = not self._proof.accept_found() or self._proof.value <= before
                return
            self._log(lam)
            free = np.count_nonzero(state == dual.FREE)
            _, fixed = tree.tighten(self._data, state, lam, bound, self._target, 0, 1 << 62, self._scratch)
            doubt = np.where(state == dual.FREE, np.minimum(share, 1.0 - share), -1.0)
            if fixed < 0:
                self._state = None
            elif _AGAIN * np.count_nonzero(state == dual.FREE) < (_AGAIN - 1) * free or doubt.max(initial=0.0) < _WHOLE:
                self.failed = fixed == 0
                self._restrict(state)
            else:
                self._branch(state, int(np.argmax(doubt)), lam)

    def _generate(self, state: States) -> bool:
        """Add what the pricing found, and what decisions need; False without a new set."""
        new = False
        for i in range(self._problem.servers):
            pairs = self._data.by[self._data.ptr[i] : self._data.ptr[i + 1]]
            new |= self._add(i, np.sort(self._data.task[pairs[self._scratch.picked[pairs] == 1]]))
            decided = pairs[state[pairs] == dual.IN]
            if len(decided):
                self._add(i, np.sort(self._data.task[decided]), needed=True)
        return new

    def _add(self, i: int, chosen: Ints, *, needed: bool = False) -> bool:
        return self._master.add(i, chosen, float(self._profit[chosen].sum()), needed=needed)

    def _restrict(self, state: States) -> None:
        """The LP is that of the node: sets without pairs that are out, and with those of their knapsack that are in."""
        sets = self._master.sets
        if self._known < len(sets):
            new = sets[self._known :]
            ends = len(self._flat) + np.cumsum([0, *(len(chosen) for _, chosen in new)], dtype=np.int64)
            self._flat = np.concatenate([self._flat, *(self._pair[i, chosen] for i, chosen in new)])
            self._starts = np.concatenate([self._starts, ends[:-1]])
            self._owner = np.concatenate([self._owner, np.array([i for i, _ in new], dtype=np.int64)])
            self._known = len(sets)
        mine = state[self._flat]
        needed = np.bincount(self._problem.server[state == dual.IN], minlength=self._problem.servers)
        inside = np.add.reduceat((mine == dual.IN).astype(np.int64), self._starts)
        outside = np.add.reduceat((mine == dual.OUT).astype(np.int64), self._starts)
        self._master.restrict((outside == 0) & (inside == needed[self._owner]), needed > 0)

    def _shares(self) -> Floats:
        """By how much the LP takes every pair."""
        lengths = np.diff(np.append(self._starts, len(self._flat)))
        share = np.bincount(self._flat, np.repeat(self._master.x[: self._known], lengths), self._problem.pairs)
        return np.asarray(share, dtype=np.float64)

    def _log(self, lam: Floats) -> None:
        self._rows.append(np.rint(lam / self._proof.unit).astype(np.int32))
        self._rounds[-1] += 1

    def _branch(self, state: States, pair: int, lam: Floats) -> None:
        """The pair is taken, or not."""
        self._branched[-1] = pair
        for decision in (dual.OUT, dual.IN):
            child = state.copy()
            child[pair] = decision
            self._open.append((child, lam))
        self._state = None
