"""Multipliers of one vehicle by cutting planes in a box, neighbours and arcs adapted on the way: for long routes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from edgeworth.routing.orienteering.exact.cuts import Cuts, Model
from edgeworth.routing.orienteering.exact.labelling import RunEnded
from edgeworth.routing.orienteering.exact.master import Prices
from edgeworth.routing.orienteering.exact.network import Floats
from edgeworth.routing.orienteering.exact.root import Point, Root, TooManyLabels
from edgeworth.routing.orienteering.kernels import elimination

_ROUTES = 30  # taken over from one labelling
_GUESSES = 12  # most heuristic labellings to begin with
_REFINE_AT = (12, 36)  # steps before which better plans are looked for
_RADIUS, _LEAST_RADIUS = 0.15, 0.05  # of the box at first, and after neighbours were added; relative to the dearest customer
_WIDER, _NARROWER = 1.5, 0.7  # the box after a good step, and after two that were none
_GOOD_STEP = 0.3  # share of the improvement that the model promised
_LITTLE = 0.5  # share of the gap that the model still promises when neighbours are added
_WEIGHT = 0.02  # of the routes whose cycles count
_SETTLED = 1e-4  # share of the gap that the model still promises when it counts as minimised, as it does
_NOTHING = 1e-9  # where it promises no more than the tolerances of its LP, relative to the dearest customer, and rounding
_ELIMINATE_AT = 0.08  # gap at which arcs are first eliminated, relative to the target,
_AGAIN = 0.8  # and share of the gap then at which once more
_FINISH_AT = 0.03  # gap at which the elementary labels are tried
_FEW_LABELS = 100_000  # of a trial, or _SHARE of all labels so far
_SHARE = 0.25
_CERTIFYING = 0.1  # share of all labels that may be spent on bounds for the checker


class Ascent:
    """Minimise L over multipliers of the only vehicle, and shrink the network to what a better plan can use.

    root: its columns and its incumbent are where this begins. finish: `finish(target, limit, point)` looks for a plan worth the
    target by elementary labels, takes it or lowers the bound; False where `limit` labels are too few.
    """

    def __init__(self, root: Root, finish: Callable[[float, int, Point], bool]) -> None:
        self.root, self._finish, self.base = root, finish, root.bases[0]
        self.point, self.bound = Point(root.prices, root.certified_near), root.root_bound
        self._cuts = Cuts(root.n, root.scale)
        self._radius, self._failed, self._settled = _RADIUS * root.scale, 0, 0
        self._gap = math.inf  # when arcs were last eliminated
        self._certifying = 0  # labels

    def run(self, refine: Callable[[int], None]) -> None:
        """Until the bound meets the value, which raises `GapClosed`, or nothing improves it any more. refine: looks for a
        better plan; called with 0 and, where it takes long, with 1."""
        self._begin()
        model = self._model(self.point.prices)
        for step in itertools.count():
            if step in _REFINE_AT:
                refine(_REFINE_AT.index(step))
            promised = self.bound - model.value
            before, columns = self.bound, len(self.root.master.columns)
            self._evaluate(model.prices)
            self._move(before - self.bound, promised)
            self._shrink()
            model = self._model(self.point.prices)
            gap = max(self.bound - self.root.target, 0.0)
            nothing = _NOTHING * self.root.scale + self.root.tolerance(self.root.target)
            if self.bound - model.value < _LITTLE * gap and self._enlarge(model):
                self._radius = max(self._radius, _LEAST_RADIUS * self.root.scale)
                self._settled = 0
                model = self._model(self.point.prices)
            elif self.bound - model.value <= max(_SETTLED * gap, nothing) and len(self.root.master.columns) == columns:
                self._settled += 1
                self._radius = self.root.scale
                if self._settled > 2:
                    return
                model = self._model(self.point.prices)

    def certify(self) -> None:
        """Evaluate L at the best multipliers on the whole network, as the checker will."""
        root, arcs, near, before = self.root, self.base.arcs, self.root.near, self.root.made
        self.base.restore()
        root.near = self.point.near
        try:
            self._label(self.point.prices)
        finally:
            root.near = near
            self.base.restrict(arcs)
            self._certifying += root.made - before

    def certify_at_last(self) -> None:
        """Once the gap is closed: what the checker needs, unless the run must end first."""
        self.root.finishing = True
        try:
            if self.bound < self.root.root_bound:
                self.certify()
        except (RunEnded, TooManyLabels):
            pass  # the proof stays a claim
        finally:
            self.root.finishing = False

    # --- one step after the other -----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Multipliers of the restricted master after some heuristic labellings."""
        root = self.root
        for _ in range(_GUESSES):
            found = root.master.solve()
            if not root.guess(found):
                break
        self._evaluate(root.master.solve().customers)

    def _model(self, centre: Floats) -> Model:
        self.root.tick()
        self._cuts.update(self.root.master.columns, self.root.master.allowed)
        return self._cuts.solve(centre, self._radius)

    def _evaluate(self, prices: Floats) -> None:
        """L at these prices; they are the point where it is the smallest so far."""
        root = self.root
        if root.unit:
            prices = np.rint(prices / root.unit) * root.unit
        bound = self._label(prices)
        if bound < self.bound:
            self.bound, self.point = bound, Point(prices, root.near.copy())
            root.lower(max(root.value, bound))
        root.tick()

    def _label(self, prices: Floats) -> float:
        """L, or a bit below the target where no route reaches that; routes become columns."""
        root, base = self.root, self.base
        ahead, behind = root.forward[0], root.backward[0]
        gain = base.reduced(prices)
        active = base.worthwhile(np.zeros(root.n) if base.restricted else prices)
        alone = base.memory(np.zeros((root.n, root.n), dtype=bool))
        floor = max(float(root.floors(prices)[0]), self._least(prices))
        least = floor if floor > 0.0 else -base.error
        if not behind.run(base.network(gain, active, alone, reverse=True), limit=root.limit):
            raise TooManyLabels
        net = base.network(gain, active, base.memory(root.near))
        if not ahead.run(net, back=behind, threshold=least, limit=root.limit):
            raise TooManyLabels
        best = ahead.best()
        reached = np.array([floor > 0.0 or best > least])
        floors = np.array([max(floor, best, 0.0)])
        for stops in ahead.routes(_ROUTES):
            if self._possible(stops):
                root.add(0, stops)
        root.rounds += 1
        if not base.restricted:
            root.evaluated(prices, floors, reached)
        return root.raised(prices, floors, reached)

    def _least(self, prices: Floats) -> float:
        """A route worth the target has a reduced value above this."""
        root = self.root
        return root.target - math.fsum(prices.tolist()) - root.tolerance(root.target)

    def _move(self, gained: float, promised: float) -> None:
        """The radius of the box after a step."""
        if gained <= 0.0:
            self._failed += 1
            if self._failed == 2:
                self._radius, self._failed = self._radius * _NARROWER, 0
            return
        self._failed = 0
        if gained > _GOOD_STEP * promised:
            self._radius = min(self._radius * _WIDER, self.root.scale)

    def _enlarge(self, model: Model) -> bool:
        """Neighbours along the cycles of the routes that the model's minimum rests on."""
        weights = np.where(model.weights > _WEIGHT, model.weights, 0.0)
        return self.root.enlarge(Prices(model.value, model.prices, np.zeros(1), weights))

    def _shrink(self) -> None:
        """Eliminate arcs and try to finish, whenever the gap has become small, or smaller by a fifth."""
        root = self.root
        target = root.target
        gap = self.bound - target
        if gap > _ELIMINATE_AT * abs(target) or gap > _AGAIN * self._gap:
            return
        self._gap = gap
        if self._certifying <= _CERTIFYING * root.made and self.bound < root.root_bound:
            self.certify()
        if not self._eliminate(target):
            return
        if gap <= _FINISH_AT * abs(target):
            self._finish(target, min(root.limit, max(_FEW_LABELS, int(_SHARE * root.made))), self.point)

    def _eliminate(self, target: float) -> bool:
        """Only the arcs stay that some ng-route, forward to there and backward from there, uses above the target."""
        root, base = self.root, self.base
        prices, least = self.point.prices, self._least(self.point.prices)
        if not root.completions(0, least, root.limit, self.point):
            return False
        net = base.network(base.reduced(prices), base.worthwhile(np.zeros(root.n)), base.memory(self.point.near))
        ahead, behind = root.forward[0], root.backward[0]
        if not ahead.run(net, back=behind, threshold=least, limit=root.limit):
            return False
        used, fresh = np.zeros((base.nodes, base.nodes), dtype=bool), np.zeros(base.words, dtype=np.uint64)
        for j in range(base.nodes):
            root.tick()
            elimination.passable(net, ahead.kept, behind.kept, j, least, fresh, used)
        base.restrict(used)
        for index, column in enumerate(root.master.columns):
            if root.master.allowed[index] and not self._possible(column.stops):
                root.master.forbid(index)
        return True

    def _possible(self, stops: Sequence[int]) -> bool:
        """Whether all arcs of the route are still there."""
        nodes = [self.root.n, *stops, self.root.n + 1]
        return bool(self.base.arcs[nodes[:-1], nodes[1:]].all())
