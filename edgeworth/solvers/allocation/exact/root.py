"""The root of an enumeration: multipliers near the least bound, and the pairs that they fix."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Bools
from edgeworth.solvers.allocation.exact.patterns import Master
from edgeworth.solvers.allocation.exact.proof import EFFORT, Proof
from edgeworth.solvers.allocation.kernels import dual, tree
from edgeworth.solvers.allocation.model import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats

_DESCENT, _ROUNDS = 60, 20  # iterations of a turn of descent, and rounds of fixing at most
_ENOUGH = 0.2  # of the step that a turn of descent aims at: where it gains less, the step is halved
_FINEST, _COARSEST = 0.01, 0.1  # of the gap: the step at which a descent ends, and that with which the next begins
_SHARE = 20  # a round that fixes less than one in so many of the free pairs is the last
_THETA = 0.5  # first step factor of a descent
_SMOOTH = (0.8, 0.5, 0.0)  # shares of the best multipliers in those at which sets are generated
_LEAST = 10  # iterations of descent without a look at the clock
_PRICINGS, _PRICED = 10, 4000  # pricings in a turn at most, and about how many free pairs the LPs of a turn may have together
_NEAR = 0.005  # of the gap: an LP so near to the bound says that there is little more to gain
_COLUMNS = 2  # times that sets are generated at most
_KNAPSACK_STEPS = 100_000  # steps after which a knapsack's LP bound stands in: more than in the tree, which it hurts less
_LARGE = 3000  # free pairs, beyond which they are not

_Turns = Generator[None, None, None]


class Root:
    """Multipliers lam with a small L(lam), from which pairs are fixed, as at the root of the tree.

    Subgradient descent first, with aims that come nearer as it gains less. It stays above the least L(lam) where the few sets
    that matter are far apart; so, once most pairs are fixed, sets of tasks are generated for the LP whose optimum that is
    (Dantzig and Wolfe), as `PatternBound` does where all servers want the same tasks. At last tasks with one server left lose
    their multipliers, which lowers L(lam). `advance` works for 10 to 50 ms, or for what the losses of one server take.

    state [pairs], lam, bound: what is left, and L(lam) over it. rows: the multipliers that fixed pairs, in units. over: there
    is no more to do. closed: no solution reaches the target. stuck: rounding decides. generates: it is at the LP over sets.
    """

    def __init__(self, problem: AllocationProblem, proof: Proof) -> None:
        self._problem, self._proof = problem, proof
        self._data, scratch, _ = proof.arrays
        # The tree's step may have ended amid a node's losses, which are to be there when it goes on.
        self._scratch = scratch._replace(one=np.zeros(problem.pairs), zero=np.zeros(problem.pairs))
        self.state = np.full(problem.pairs, dual.FREE, dtype=np.int8)
        self._mean = np.zeros(problem.pairs, dtype=np.float32)
        self.lam, self.rows = proof.lam.copy(), list[NDArray[np.int32]]()
        self.over = self.stuck = False
        self.closed = not tree.enter(self._data, self.state)
        self.bound, _ = self._lowered(-math.inf, 1)
        self._step = self.bound - proof.least()
        self.generates = False
        self._times, self._began = 0, 0
        self._turns = self._all()

    def advance(self) -> None:
        """Work for a while."""
        self._began = int(self._scratch.work[0])
        next(self._turns, None)

    @property
    def _left(self) -> int:
        """Elementary steps that this turn has left."""
        return self._began + EFFORT - int(self._scratch.work[0])

    def _all(self) -> _Turns:
        """All the work: each yield ends a turn."""
        while not (self.over or self.closed or self.stuck):
            yield from self._descend()
            yield

    def _descend(self) -> _Turns:
        """Some descent; when it ends, pairs are fixed, and it begins again where those were many."""
        target = self._proof.least()
        self._step = min(self._step, self.bound - target)
        aim, bound, left, status = self.bound - self._step, math.inf, _DESCENT, dual.GOES_ON
        while left > 0 and status == dual.GOES_ON:
            if self._left <= 0:
                yield
                target = self._proof.least()  # a better one may be known now
            many = min(left, max(self._left // self._each, _LEAST))
            lowered, status = self._lowered(max(target, aim), many)
            bound, left = min(bound, lowered), left - many
        if status == dual.SOLVED:
            self._take()
            return
        if bound > self.bound - _ENOUGH * self._step or bound < target:
            self._step *= 0.5
        self.bound = min(bound, self.bound)
        if self.bound >= target and self._step > _FINEST * (self.bound - target):
            return
        if (yield from self._fixes_many()):
            self._step = _COARSEST * (self.bound - target)
        elif not self.closed:
            yield from self._columns()

    def _columns(self) -> _Turns:
        """Sets are generated next, or the last rows made, where it is too late or too early for that."""
        free = self.state == dual.FREE
        if self._times == _COLUMNS or np.count_nonzero(free) > _LARGE:
            yield from self._end()
            return
        self._times += 1
        self._scratch = self._scratch._replace(effort=_KNAPSACK_STEPS)
        largest = np.zeros(self._problem.tasks)
        np.maximum.at(largest, self._problem.task[free], np.abs(self._data.profit[free]))
        master = Master(largest, np.ones(self._problem.servers, dtype=np.int64))
        self._price(master, self.lam)
        self.generates = True
        yield from self._generate(master)
        self.generates = False
        if (yield from self._fixes_many()):
            yield from self._columns()
        elif not self.closed:
            yield from self._end()

    def _generate(self, master: Master) -> _Turns:
        """Solve the LP, and add the sets that its duals want, until there are no more."""
        gap = self.bound - self._proof.least()
        often = min(max(_PRICED // (int(np.count_nonzero(self.state == dual.FREE)) + 1), 1), _PRICINGS)
        for priced in itertools.count(1):
            if self._left <= 0 or priced % often == 0:
                yield
            if not master.solve(math.inf):
                if master.failed:
                    return
                yield
                continue
            decided = self.state == dual.IN
            value = master.value + float(self._data.profit[decided].sum())
            if self.bound - value <= _NEAR * gap:
                return
            best = self.lam.copy()
            if not any(self._price(master, share * best + (1.0 - share) * master.lam) for share in _SMOOTH):
                return

    def _price(self, master: Master, lam: Floats) -> bool:
        """L(lam), and the sets that attain it; whether one of them is new."""
        unit = self._proof.unit
        mine = np.minimum(np.rint(np.where(self._problem.must_serve, self.lam, lam) / unit), dual.MOST) * unit
        bound, _ = dual.descend(self._data, self.state, mine, self._mean, -math.inf, 1, _THETA, self._scratch)
        if bound < self.bound:
            self.bound, self.lam = float(bound), mine
        new, picked = False, (self._scratch.picked == 1) & (self.state == dual.FREE)
        for i in range(self._problem.servers):
            pairs = self._data.by[self._data.ptr[i] : self._data.ptr[i + 1]]
            pairs = pairs[picked[pairs]]
            new |= master.add(i, np.sort(self._data.task[pairs]), float(self._data.profit[pairs].sum()))
        return new

    def _end(self) -> _Turns:
        """Multipliers of tasks with one server left become 0."""
        for _ in range(_ROUNDS):
            alone = self._alone()
            if not np.any(self.lam[alone] > 0.0):
                break
            self.lam[alone] = 0.0
            self.bound, _ = self._lowered(-math.inf, 1)
            yield from self._fix()
            if self.closed:
                return
        self.bound, _ = self._lowered(-math.inf, 1)
        self.over = True

    def _lowered(self, aim: float, iterations: int) -> tuple[float, int]:
        """Descent from the multipliers towards a bound `aim`; they become the best that it met. Its bound and status."""
        before = int(self._scratch.work[0])
        bound, status = dual.descend(self._data, self.state, self.lam, self._mean, aim, iterations, _THETA, self._scratch)
        self._each = max(1, (int(self._scratch.work[0]) - before) // iterations)
        return float(bound), int(status)

    def _fixes_many(self) -> Generator[None, None, bool]:
        """Fix pairs by the multipliers: were they so many that another round pays?"""
        free = np.count_nonzero(self.state == dual.FREE)
        fixed = yield from self._fix()
        return bool(fixed * _SHARE >= free) and len(self.rows) < _ROUNDS and not self.closed

    def _fix(self) -> Generator[None, None, int]:
        """How many pairs the multipliers fix; -1, and `closed`, where nothing is left."""
        self.rows.append(np.rint(self.lam / self._proof.unit).astype(np.int32))
        target, fixed, server = self._proof.least(), -1, 0
        while self.bound >= target and server < self._problem.servers:
            if self._left <= 0:
                yield
            server, fixed = tree.tighten(
                self._data, self.state, self.lam, self.bound, target, server, max(self._left, 1), self._scratch
            )
        self.closed = fixed < 0
        return int(fixed)

    def _alone(self) -> Bools:
        """Tasks that may stay unserved and have one pair left at most."""
        left = np.bincount(self._problem.task[self.state != dual.OUT], minlength=self._problem.tasks)
        return np.asarray((left <= 1) & ~self._problem.must_serve)

    def _take(self) -> None:
        """The solution in the kernel's arrays goes to the proof."""
        before = self._proof.value
        self.stuck = not self._proof.accept_found() or self._proof.value <= before
