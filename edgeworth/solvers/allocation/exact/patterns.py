"""The bound of multiple knapsacks by sets of items: a subgradient descent, then column generation."""

from __future__ import annotations

import math

import highspy
import numpy as np

from edgeworth.core import highs
from edgeworth.core.arrays import Bools
from edgeworth.solvers.allocation.kernels import filling
from edgeworth.solvers.allocation.model.system import Floats, Ints

_EFFORT = 15_000_000  # table entries of a step of the descent, about 10 ms
_PIVOTS = 200  # simplex iterations between two looks at the clock
_SMOOTH = 0.5  # share of the best multipliers in those that are priced
_TOLERANCE = 1e-9  # of primal and dual feasibility
_FEW = 5.0  # items a knapsack, up to which columns are generated: beyond, the LP of the pairs is about as good


class PatternBound:
    """Multipliers lam of the items with a small L(lam); `advance` works for 10 to 50 ms.

    The least L(lam) is the optimum of the LP over sets of items that fit a knapsack (Dantzig and Wolfe),

        max sum p(S) x_iS   subject to   sum_(i, S with j) x_iS <= 1,   sum_S x_iS <= 1,   x >= 0.

    A subgradient descent comes near it. Then sets are generated for HiGHS's LP: each time all knapsacks are priced by one
    table at a mean of the LP's duals and the best multipliers (Wentges's smoothing), at the duals themselves where that
    brings no new set. No decision depends on the clock.

    lam, bound, ideal: the best multipliers, L(lam) rounded up, and what every knapsack gains. over: there is no more to do.
    solved: the LP over all sets is. unit: the multipliers are multiples of it.
    """

    def __init__(self, items: filling.Items, lam: Floats, unit: float) -> None:
        self.items = items
        m = len(items.profit)
        table = np.empty((m + 1, int(items.room.max()) + 1))
        self._descent = filling.Descent(
            best=lam.copy(),
            here=lam.copy(),
            direction=np.zeros(m),
            table=table,
            picked=np.zeros(m, dtype=np.int64),
            reals=np.array([math.inf, 1.0, 0.0]),
            unit=unit,
        )
        self.lam = lam
        self.bound, self.ideal = filling.price(items, lam, table)
        self._descended = self.over = self.solved = False
        self._master: Master | None = None
        self._rooms, self._group = np.unique(items.room, return_inverse=True)

    def advance(self, target: float, where: Ints, seconds: float) -> None:
        """A step. target: L(lam) below it ends the work; where: a good solution; seconds: what is left of the run."""
        if not self._descended:
            self._descended = bool(filling.descend(self.items, self._descent, target, _EFFORT))
            self._offer(self._descent.best)
        elif self._master is None:
            if len(self.items.profit) > _FEW * len(self.items.room):
                self.over = True
                return
            self._master = Master(self.items.profit, np.bincount(self._group))
            for g in range(len(self._rooms)):
                for i in np.flatnonzero(self._group == g):
                    self._add(self._master, g, np.flatnonzero(where == i))
            self._generate(self._master, self.lam)
        elif self._master.solve(seconds):
            self._price(self._master)
        self.over |= self.bound < target or (self._master is not None and self._master.failed)

    def _offer(self, lam: Floats) -> None:
        bound, ideal = filling.price(self.items, lam, self._descent.table)
        if bound < self.bound:
            self.bound, self.ideal, self.lam = float(bound), ideal, lam.copy()

    def _price(self, master: Master) -> None:
        """Add sets that the LP's duals want; without any the LP's optimum is that of all sets."""
        for share in (_SMOOTH, 0.0):
            mixed = share * self.lam + (1.0 - share) * master.lam
            steps = np.minimum(np.rint(mixed / self._descent.unit), filling.MOST)
            if self._generate(master, steps * self._descent.unit):
                return
        self.over = self.solved = True

    def sets(self, most: int) -> list[tuple[int, Ints]]:
        """The sets that were generated, for every knapsack of their capacity; for one in turn where that are more than most."""
        known = [] if self._master is None else self._master.sets
        each = [np.flatnonzero(self._group == g).tolist() for g in range(len(self._rooms))]
        if sum(len(each[g]) for g, _ in known) <= most:
            return [(i, chosen) for g, chosen in known for i in each[g]]
        return [(each[g][k % len(each[g])], chosen) for k, (g, chosen) in enumerate(known)]

    def _generate(self, master: Master, lam: Floats) -> bool:
        """Price at lam; whether a new set came of it."""
        self._offer(lam)
        filling.price(self.items, lam, self._descent.table)
        chosen = np.empty(len(lam), dtype=np.int64)
        new = False
        for g, room in enumerate(self._rooms.tolist()):
            count = filling.set_of(self.items, room, self._descent.table, chosen)
            new |= count > 0 and self._add(master, g, np.sort(chosen[:count]))
        return new

    def _add(self, master: Master, group: int, chosen: Ints) -> bool:
        return master.add(group, chosen, float(self.items.profit[chosen].sum()))


class Master:
    """The LP over the sets known so far; knapsacks of the same capacity share a row.

    profit [items]: what each earns at most. counts [groups]: knapsacks of each capacity. lam, value: the LP's duals and
    optimum. failed: HiGHS cannot solve it.
    """

    def __init__(self, profit: Floats, counts: Ints) -> None:
        self._known = set[tuple[int, bytes]]()
        self.sets: list[tuple[int, Ints]] = []
        self._scale = highs.cost_scale(profit)
        self._slack = 1e-7 * float(np.abs(profit).max(initial=0.0))
        self.lam, self._mu, self.x = np.zeros(len(profit)), np.zeros(len(counts)), np.zeros(0)
        self.value = -math.inf
        self._filled = np.zeros(len(counts), dtype=bool)
        self.failed = False
        self._lp = highs.silent_solver()
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._lp.setOptionValue(option, _TOLERANCE)
        self._lp.setOptionValue("simplex_strategy", 1)  # primal: new columns leave the basis primal feasible
        self._lp.setOptionValue("presolve", "off")
        self._lp.changeObjectiveSense(highspy.ObjSense.kMaximize)
        none, empty = np.zeros(0, dtype=np.int32), np.zeros(0)
        for limit in [1.0] * len(profit) + [float(count) for count in counts]:
            self._lp.addRow(-highspy.kHighsInf, limit, 0, none, empty)

    def add(self, group: int, chosen: Ints, worth: float, *, needed: bool = False) -> bool:
        """A set for knapsacks of a group, and what it earns; False where it is there already, or no better than the duals
        unless it is needed."""
        key = (group, chosen.tobytes())
        gain = worth - float(self.lam[chosen].sum())
        if not len(chosen) or key in self._known or not (needed or gain > self._mu[group] + self._slack):
            return False
        self._known.add(key)
        self.sets.append((group, chosen))
        index = np.append(chosen, len(self.lam) + group).astype(np.int32)
        self._lp.addCol(worth * self._scale, 0.0, highspy.kHighsInf, len(index), index, np.ones(len(index)))
        return True

    def solve(self, seconds: float) -> bool:
        """Some pivots; True where the LP is solved and its duals are there."""
        word = highspy.HighsModelStatus
        highs.use_threads(self._lp, 1)
        self._lp.setOptionValue("simplex_iteration_limit", _PIVOTS)
        if math.isfinite(seconds):
            self._lp.setOptionValue("time_limit", self._lp.getRunTime() + max(seconds, 0.0))
        self._lp.run()
        status = self._lp.getModelStatus()
        if status in (word.kIterationLimit, word.kTimeLimit):
            return False
        if status != word.kOptimal:
            self._lp.clearSolver()  # once more, from no basis
            self._lp.run()
            if self._lp.getModelStatus() != word.kOptimal:
                self.failed = self._lp.getModelStatus() not in (word.kIterationLimit, word.kTimeLimit)
                return False
        solution = self._lp.getSolution()
        dual = np.array(solution.row_dual) / self._scale
        self.lam, self._mu = np.maximum(dual[: len(self.lam)], 0.0), dual[len(self.lam) :]
        self.x = np.array(solution.col_value)
        self.value = float(self._lp.getInfo().objective_function_value) / self._scale
        return True

    def restrict(self, allowed: Bools, filled: Bools) -> None:
        """Use the allowed sets only; the groups of which all knapsacks are to have a set."""
        upper = np.where(allowed, highspy.kHighsInf, 0.0)
        self._lp.changeColsBounds(len(upper), np.arange(len(upper), dtype=np.int32), np.zeros(len(upper)), upper)
        for g in np.flatnonzero(filled != self._filled):
            self._lp.changeRowBounds(len(self.lam) + int(g), 1.0 if filled[g] else -highspy.kHighsInf, 1.0)
        self._filled = filled
