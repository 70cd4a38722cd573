"""Column generation over ng-routes: the bound on all plans, its multipliers and the routes it was built from."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from edgeworth.core.numeric import closes
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.exact.labelling import Labelling, RunEnded
from edgeworth.routing.orienteering.exact.master import Choice, Column, Master, Prices, choose
from edgeworth.routing.orienteering.exact.network import Flags, Floats, TypeNetwork, networks, route_value, value_grid
from edgeworth.routing.orienteering.heuristic import greedy_insertion
from edgeworth.routing.orienteering.kernels import labels
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, value, violations

_MARGIN = 1e-11  # relative to the profits in play: what counts as no improvement
_DIVE_PRICINGS = 12  # most pricings after each column that a dive fixes
_ROUTES = 30  # taken over from one pricing
_TRY_AT = 0.01  # gap at which the proof is first tried
_AFFORDED = 35_000_000  # numbers that the labels behind a certificate may hold; the checker stops at 40 million
_SMOOTHING = 0.7  # weight of the best multipliers so far at the first exact pricing after the LP


class GapClosed(Exception):  # not an error
    """The bound equals the incumbent's value, up to rounding: the gap is closed."""


class TooManyLabels(Exception):  # not an error
    """More labels than allowed: the relaxation cannot be solved."""


class OutOfPatience(Exception):  # not an error
    """The linear program takes more labels than it was given."""


class Point(NamedTuple):
    """Where L was evaluated: multipliers [n] and sets of neighbours [n, n]."""

    prices: Floats
    near: Flags


class Bound(NamedTuple):
    """L with what it was evaluated at: multipliers [n], largest reduced values [K], sets of neighbours [n, n]."""

    value: float
    prices: Floats
    kinds: Floats
    near: Flags


class Root:
    """Lagrangian bounds, and the linear program that gives the multipliers.

    For multipliers pi >= 0 of the rows "customer i at most once",

        L(pi) = sum_i pi_i + sum_k max(0, max { value of route r - sum of pi_i over its visits : r in R_k }),

    k over the vehicles, R_k the ng-routes: a customer may come again once the route has passed through a customer that does not
    count it among its neighbours (`near`). Every plan's value is at most L(pi). pi comes from the LP over the routes priced
    so far; sets of neighbours grow along the cycles of its solution.

    bound: the smallest L(pi) so far, or what was proved otherwise (`lower`). best: the sequences of the best plan, `value`
    its value. rounds: pricings so far. patience: after so many labels `settle` raises `OutOfPatience`. rebuilt: the smallest
    L(pi) that takes no more labels than the checker affords.
    """

    def __init__(self, problem: OrienteeringProblem, run: Run[RoutePlan], neighbours: int, limit: int) -> None:
        self.problem, self.run, self.limit = problem, run, limit
        self.bases = networks(problem)
        self.n = problem.customers
        self.master = Master(self.bases, self.n, problem.profit)
        self.forward = [Labelling(base, self.tick) for base in self.bases]
        self.backward = [Labelling(base, self.tick) for base in self.bases]
        self.grid = value_grid(problem)
        self.near = self._nearest(neighbours)
        top = np.zeros(self.n)
        for base in self.bases:
            top = np.maximum(top, np.where(base.served, np.maximum(base.worth, 0.0), 0.0))
        self.scale = max(1e-300, float(top.max(initial=0.0)))
        self.size = float(top.sum())
        self._blur = math.fsum(base.count * base.error for base in self.bases)
        self.unit = max((base.unit for base in self.bases), default=0.0)
        self.prices, self.kinds = top, np.zeros(len(self.bases))
        self.certified_near = np.zeros((self.n, self.n), dtype=bool)
        self.root_bound = self.raised(top, np.zeros(len(self.bases)), np.ones(len(self.bases), dtype=bool))
        self.bound = self.rounded_down(self.root_bound)
        self.rebuilt = Bound(self.root_bound, self.prices, self.kinds, self.certified_near)
        self.rounds, self.patience = 0, math.inf
        self._priced, self._worth_trying, self.finishing = False, _TRY_AT, False
        self.value = -math.inf
        self.sequences: list[list[int]] = [[] for _ in range(problem.vehicles)]
        self._accept(self.sequences)
        if run.start is not None:
            self._accept([stops.tolist() for stops in run.start.sequences])
        begun = greedy_insertion(problem, None, run).solution
        if begun is not None:
            self._accept([stops.tolist() for stops in begun.sequences])

    # --- the state of the run -------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Report progress to the run; raises `RunEnded` when it must end, `GapClosed` when nothing is left to do."""
        if self.closed and not self.finishing:
            raise GapClosed
        ending = self.run.tick(self.rounds, self.value, self.bound)
        if ending is not None:
            raise RunEnded(ending)

    @property
    def closed(self) -> bool:
        """Whether the bound has met the value."""
        return self.bound <= self.value or closes(self.value, self.bound, "max", self.problem.integral)

    def near_enough(self) -> bool:
        """Whether it is worth trying to finish: at a gap of 1%, then each time that it has halved."""
        gap = self.root_bound - self.target
        if gap > self._worth_trying * abs(self.root_bound):
            return False
        self._worth_trying = 0.5 * max(gap, 0.0) / max(abs(self.root_bound), 1e-300)
        return True

    @property
    def target(self) -> float:
        """A value that a better plan has at least, or nearly."""
        return self.value + (self.grid or 0.5e-9 * abs(self.value))

    def lower(self, bound: float) -> None:
        """No plan is worth more than that, but for the rounding of its routes' values."""
        self.bound = self.reported(min(self.bound, self.rounded_down(bound + self._blur)))

    def reported(self, bound: float) -> float:
        """The value itself where rounding alone puts the bound below it; a bound that is wrong stays so, for the checker."""
        rounding = bound < self.value and closes(bound, self.value, "max", False)
        return self.value if rounding else bound

    def rounded_down(self, bound: float) -> float:
        """To the grid of values."""
        return math.floor(bound / self.grid) * self.grid if self.grid and math.isfinite(bound) else bound

    def _margin(self, terms: float) -> float:
        """More than rounding may take from sums of such a size, and from the sums of routes."""
        if self.unit:
            return 0.0
        return float(np.finfo(np.float64).eps) * 4.0 * (self.n + 8) * terms + self._blur

    def raised(self, prices: Floats, kinds: Floats, reached: Flags) -> float:
        """L, rounded up; reached [K]: whether rounding may hide a route of that type that is worth more than nothing."""
        counts = np.array([base.count for base in self.bases], dtype=np.float64)
        errors = np.array([base.error for base in self.bases])
        total = math.fsum([*prices.tolist(), *(counts * kinds).tolist()])
        rounding = 0.0 if self.unit else float(np.finfo(np.float64).eps) * 4.0 * (self.n + 8) * total
        return total + rounding + float((counts * errors * reached).sum())

    def _accept(self, sequences: list[list[int]]) -> None:
        """A plan, if it is the best so far; its routes become columns."""
        found = value(self.problem, plan(self.problem, sequences))
        for kind, base in enumerate(self.bases):
            for k in base.group.tolist():
                self.add(kind, sequences[k])
        if found > self.value:
            self.value, self.sequences = found, sequences

    def add(self, kind: int, stops: list[int]) -> bool:
        """The route as a column, and as a plan where it is the best so far; False where it is there already."""
        if not stops:
            return False
        base = self.bases[kind]
        whole = route_value(self.problem, int(base.group[0]), stops)
        if whole is not None and whole > self.value:  # a plan by itself
            self.value = whole
            self.sequences = [list(stops) if k == base.group[0] else [] for k in range(self.problem.vehicles)]
        worth = self._gain(base, stops) if whole is None else whole
        return self.master.add(Column(kind, tuple(stops), worth, whole is not None))

    def _gain(self, base: TypeNetwork, stops: list[int]) -> float:
        """The value of the route's arcs."""
        nodes = [self.n, *stops, self.n + 1]
        ways = [-float(base.cost[a, b]) for a, b in pairwise(nodes)]
        return math.fsum([*(float(base.worth[i]) for i in stops), *ways])

    def _nearest(self, neighbours: int) -> Flags:
        """near[j, i]: whether i is among the customers that j remembers, those with the quickest way there and back."""
        near = np.eye(self.n, dtype=bool)
        for base in self.bases:
            both = base.quickest[: self.n, : self.n] + base.quickest[: self.n, : self.n].T
            both = np.where(base.served[None, :], both, np.inf)
            order = np.argsort(both, axis=1, kind="stable")[:, : neighbours + 1]
            near[np.arange(self.n)[:, None], order] = True
        return near

    @property
    def made(self) -> int:
        """Labels kept so far, in all labellings."""
        return sum(labelling.made for labelling in (*self.forward, *self.backward))

    # --- the linear program ---------------------------------------------------------------------------------------------

    def settle(self) -> Prices:
        """Price routes until the LP is optimal for the present sets of neighbours; returns its solution."""
        while True:
            self.tick()
            if self.made > self.patience:
                raise OutOfPatience
            found = self.master.solve()
            if self.guess(found):
                continue
            weight = _SMOOTHING if self._priced else 0.0
            while True:
                added = self._price(weight * self.prices + (1.0 - weight) * found.customers, found)
                if added or weight == 0.0:
                    break
                weight = 0.5 * weight if weight > 0.3 else 0.0
            if not added:
                return found

    def guess(self, found: Prices) -> int:
        """Routes that improve the LP, by a labelling that keeps few labels and proves nothing; returns how many."""
        added = 0
        for kind, base in enumerate(self.bases):
            gain, active = base.reduced(found.customers), base.worthwhile(found.customers)
            net = base.network(gain, active, base.memory(None))
            self.forward[kind].run(net, rule=labels.TIMES, limit=self.limit)
            added += self._adopt(kind, self.forward[kind].routes(_ROUTES), found)
        self.rounds += 1
        return added

    def _adopt(self, kind: int, routes: list[list[int]], found: Prices) -> int:
        base, added = self.bases[kind], 0
        for stops in routes:
            reduced = self._gain(base, stops) - float(found.customers[stops].sum())
            if reduced > found.kinds[kind] + 10.0 * _MARGIN * self.scale:
                added += self.add(kind, stops)
        return added

    def _price(self, prices: Floats, found: Prices) -> int:
        """L(prices), exactly; returns how many routes that improve the LP came with it."""
        if self.unit:
            prices = np.rint(prices / self.unit) * self.unit
        floors, added = self.floors(prices), 0
        reached = floors > 0.0
        for kind, base in enumerate(self.bases):
            gain, active = base.reduced(prices), base.worthwhile(prices)
            alone = np.zeros((self.n, self.n), dtype=bool)
            back = base.network(gain, active, base.memory(alone), reverse=True)
            ahead = base.network(gain, active, base.memory(self.near))
            if not self.backward[kind].run(back, limit=self.limit):
                raise TooManyLabels
            least = float(floors[kind]) if reached[kind] else -base.error
            if not self.forward[kind].run(ahead, back=self.backward[kind], threshold=least, limit=self.limit):
                raise TooManyLabels
            best = self.forward[kind].best()
            reached[kind] |= best > least
            floors[kind] = max(floors[kind], best)
            added += self._adopt(kind, self.forward[kind].routes(_ROUTES), found)
        self.rounds += 1
        self._priced = True
        self.evaluated(prices, floors, reached)
        self.tick()
        return added

    def floors(self, prices: Floats) -> Floats:
        """The largest reduced values of routes known, or a bit more, float64 [K]."""
        more = 0.0 if self.unit else _MARGIN * self.scale
        floors = self.master.known_best(prices)
        return np.asarray(np.where(floors > 0.0, floors + more, 0.0))

    def evaluated(self, prices: Floats, floors: Floats, reached: Flags) -> None:
        """L at these prices is known, on the whole network; see `raised`."""
        bound = self.raised(prices, floors, reached)
        numbers = max((labelling.numbers for labelling in (*self.forward, *self.backward)), default=0)
        if bound < self.rebuilt.value and numbers <= _AFFORDED:
            self.rebuilt = Bound(bound, prices.copy(), floors.copy(), self.near.copy())
        if bound < self.root_bound:
            self.root_bound, self.prices, self.kinds = bound, prices.copy(), floors.copy()
            self.certified_near = self.near.copy()
            self.bound = self.reported(min(self.bound, self.rounded_down(bound)))

    def enlarge(self, found: Prices) -> bool:
        """Let the customers on the cycles of the LP's routes remember each other; False where there are none."""
        grown = False
        for column, x in zip(self.master.columns, found.x, strict=False):  # columns may have come since
            if x > 1e-7 and len(set(column.stops)) < len(column.stops):
                last: dict[int, int] = {}
                for place, i in enumerate(column.stops):
                    if i in last:
                        self.near[list(column.stops[last[i] + 1 : place]), i] = True
                        grown = True
                    last[i] = place
        if grown:
            for index, column in enumerate(self.master.columns):
                if not column.whole and self.master.allowed[index] and not self._remembered(column.stops):
                    self.master.forbid(index)
        return grown

    def _remembered(self, stops: tuple[int, ...]) -> bool:
        """Whether that is an ng-route for the present sets."""
        memory: set[int] = set()
        for i in stops:
            if i in memory:
                return False
            memory = {j for j in memory if self.near[i, j]} | {i}
        return True

    # --- plans and proofs -----------------------------------------------------------------------------------------------

    def promising(self, found: Prices, count: int) -> list[Column]:
        """The columns of largest reduced value, up to so many, and those of the best plan."""
        columns = self.master.columns
        mine = {(kind, tuple(self.sequences[k])) for kind, k in self._moving()}
        reduced = [c.value - float(found.customers[list(c.stops)].sum()) - float(found.kinds[c.kind]) for c in columns]
        order = np.argsort(-np.array(reduced), kind="stable").tolist()
        return [columns[c] for place, c in enumerate(order) if place < count or columns[c][:2] in mine]

    def pick(self, columns: list[Column], *, target: float | None = None, nodes: int | None = None) -> Choice:
        """The best plan of these columns, by HiGHS; it becomes the incumbent where it is better."""
        mine = [Column(kind, tuple(self.sequences[k]), 1.0, True) for kind, k in self._moving()]
        start = mine if target is None else None
        choice = choose(self.bases, columns, self.run, start=start, target=target, nodes=nodes)
        if choice.chosen is not None:
            self._combine(choice.chosen)
        self.tick()
        return choice

    def _moving(self) -> list[tuple[int, int]]:
        return [(kind, k) for kind, base in enumerate(self.bases) for k in base.group.tolist() if self.sequences[k]]

    def dive(self, skipped: int) -> None:
        """Look for a plan: fix the LP's largest column (at first the one after `skipped` others) at 1, price routes around it,
        and so on until the LP's solution is a plan."""
        fixed: list[int] = []
        try:
            for _ in range(self.problem.vehicles):
                for _ in range(_DIVE_PRICINGS):
                    found = self.master.solve()
                    self.tick()
                    if not self.guess(found):
                        break
                found = self.master.solve()
                open_ = [c for c in np.argsort(-found.x, kind="stable").tolist() if c not in fixed and found.x[c] > 1e-7]
                open_ = [c for c in open_ if self.master.columns[c].whole][0 if fixed else skipped :]
                if not open_:
                    break
                fixed.append(open_[0])
                self.master.fix(open_[0], True)
                if all(found.x[c] > 1.0 - 1e-6 for c in open_):
                    break
        finally:
            for column in fixed:
                self.master.fix(column, False)
        self._combine([self.master.columns[c] for c in fixed])

    def _combine(self, columns: list[Column]) -> None:
        """Columns as a plan, where they are one; it becomes the incumbent where it is better."""
        sequences: list[list[int]] = [[] for _ in range(self.problem.vehicles)]
        free = [base.group.tolist() for base in self.bases]
        for column in columns:
            if not free[column.kind]:
                return
            sequences[free[column.kind].pop(0)] = list(column.stops)
        self.propose(sequences)

    def propose(self, sequences: list[list[int]]) -> None:
        """A plan from elsewhere; it becomes the incumbent where it is feasible and better."""
        if not violations(self.problem, plan(self.problem, sequences)):
            self._accept(sequences)

    def completions(self, kind: int, threshold: float, limit: int, point: Point | None = None) -> bool:
        """Backward labels of that type under the best multipliers, or those of `point`: bounds on how routes above the
        threshold end."""
        base = self.bases[kind]
        prices, near = point or Point(self.prices, self.certified_near)
        gain, active = base.reduced(prices), base.worthwhile(np.zeros(self.n))
        ahead = base.network(gain, active, base.memory(np.zeros((self.n, self.n), dtype=bool)))
        back = base.network(gain, active, base.memory(near), reverse=True)
        if not self.forward[kind].run(ahead, limit=limit):
            return False
        return self.backward[kind].run(back, back=self.forward[kind], threshold=threshold, limit=limit)

    def threshold(self, kind: int, target: float) -> float:
        """A route of a plan worth `target` has a reduced value above this."""
        others = math.fsum(base.count * float(top) for base, top in zip(self.bases, self.kinds, strict=True))
        rest = math.fsum(self.prices.tolist()) + others - float(self.kinds[kind])
        return target - rest - self.tolerance(target)

    def tolerance(self, target: float) -> float:
        """By how much a route may fall short of a threshold by rounding; below half the distance between two targets."""
        if self.unit:
            return 64.0 * self.unit
        return 8.0 * self._margin(self.size + self.root_bound) + 1e-13 * abs(target)

    def offer(self, stops: list[int]) -> None:
        """A route of the only vehicle."""
        if route_value(self.problem, 0, stops) is not None:
            self._accept([stops])

    def routes_for(self, target: float, limit: int, most: int) -> list[Column] | None:
        """All routes that a plan of value `target` or more may hold (of those over the same customers and with the same end,
        the best), or None where there are more than `most` or they take more than `limit` labels."""
        columns: list[Column] = []
        for kind, base in enumerate(self.bases):
            least = self.threshold(kind, target)
            if not self.completions(kind, least, limit):
                return None
            active = base.worthwhile(np.zeros(self.n))
            ahead = base.network(base.reduced(self.prices), active, base.memory(None))
            labelling = self.forward[kind]
            if not labelling.run(ahead, rule=labels.EQUAL, back=self.backward[kind], threshold=least, limit=limit):
                return None
            for stops in labelling.all_routes():
                # One that only the wider windows allow stands for others that it made superfluous, so it counts for the bound.
                worth = route_value(self.problem, int(base.group[0]), stops)
                columns.append(Column(kind, tuple(stops), self._gain(base, stops) if worth is None else worth, True))
            if len(columns) > most:
                return None
        return columns
