"""Minimising the dual function L(u) of the capacity rows: smoothed Newton steps on samples or on a core of the tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.solvers.allocation.bounds.execution import Execution
from edgeworth.solvers.allocation.kernels import lagrangian as kernels
from edgeworth.solvers.allocation.model.system import Floats, Ints

_SAMPLES = (100, 10)  # the tasks are divided by this in the first stages
_LEAST, _PLACES = 200, 5.0  # tasks of a sample, and places a server has for them, below which it would tell nothing
_CORE = (3.0, 20)  # pairs of greatest density a server gives to the core, for each place and besides
_CORE_SHARE = 0.1  # of the tasks: a larger core would save little
_SIFTINGS = 10  # times the core may grow
_NEGLIGIBLE = 0.1  # of the tolerance: what the tasks outside of the core may add to L(u)
_ROUNDS = 40  # Newton steps at one temperature
_COLDEST = 1e-10  # of the first temperature: beyond lie rounding errors
_STRIDE = 3.0  # a step changes no reduced profit by more than about so many temperatures
_SETTLED = 0.5  # a step that promises less than this share of the smoothing's own error is not worth taking
_STIFFEST = 1e4  # the most that the ridge is raised by
_WORK = 10_000_000  # multiplications of the conjugate gradients between two looks at the clock


class Part(NamedTuple):
    """Some tasks, and the capacities that are theirs.

    Attributes
    ----------
    tasks : ndarray
        Their numbers, rising, int64.
    limit : ndarray
        Capacities, float64 [servers].
    """

    tasks: Ints
    limit: Floats


class DualPoint(NamedTuple):
    """The smoothed dual function at a point.

    Attributes
    ----------
    u : ndarray
        The point, float64 [servers].
    smooth : float
        The function's value.
    gradient, diagonal : ndarray
        Its gradient and the diagonal of its Hessian, float64 [servers].
    plain : float
        L(u), not smoothed.
    heat : float
        Temperature x entropy.
    distance : float
        How far L(u) may be from the minimum of L, where the smoothed function is at its own.
    """

    u: Floats
    smooth: float
    gradient: Floats
    diagonal: Floats
    plain: float
    heat: float
    distance: float


class DualMinimiser:
    """Minimises L(u); `best` is the best u seen, `value` the L(u) of all tasks there."""

    def __init__(self, execution: Execution, tolerance: float, cooling: float) -> None:
        self.execution, self.problem = execution, execution.problem
        self.tolerance, self.cooling = tolerance, cooling
        problem = execution.problem
        self.best = np.zeros(problem.servers)
        self.value = np.inf
        self.share = np.zeros(0)
        count = np.bincount(problem.server, minlength=problem.servers)
        total = np.bincount(problem.server, weights=problem.weight, minlength=problem.servers)
        self.mean_weight = np.asarray(total / np.maximum(count, 1))

    def evaluate(self, u: Floats) -> tuple[float, Ints, Floats, Floats]:
        """L(u), every task's best pair (-1: none), what it is worth, and the loads these choices make."""
        problem, edges = self.problem, self.execution.edges(self.problem.tasks)
        choice, best = np.empty(problem.tasks, dtype=np.int64), np.empty(problem.tasks)
        load, total = np.zeros((len(edges), problem.servers)), np.zeros(len(edges))

        def work(b: int) -> None:
            total[b] = kernels.evaluate(self.execution.pairs, u, edges[b], edges[b + 1], choice, best, load[b])

        self.execution.each(work, len(edges) - 1)
        value = float(total.sum() + u @ problem.limit)
        if value < self.value:
            self.best, self.value = u.copy(), value
        return value, choice, best, load.sum(axis=0)

    def minimise(self, rough: Callable[[Floats], None]) -> None:
        """Continuation: samples grow, temperatures fall, until L(u) is within the tolerance of the minimum.

        `rough` is called with the prices that the samples gave, before all tasks are looked at. Where the servers have place
        for few of the tasks, a core of the tasks takes the place of the samples, and mostly of all tasks (`_sift`).
        """
        problem = self.problem
        hottest = float(np.abs(problem.profit).mean()) if problem.pairs else 0.0
        if not hottest > 0.0:
            return
        self.share = np.zeros(problem.pairs)
        u, temperature, reached = self._sift(hottest)
        if reached:
            return
        weighs = self.mean_weight > 0.0
        places = float(np.mean(problem.limit[weighs] / self.mean_weight[weighs])) if weighs.any() else 0.0
        parts = [part for part in _SAMPLES if problem.tasks >= _LEAST * part and places >= _PLACES * part]
        order = self.execution.run.rng.permutation(problem.tasks) if parts else np.arange(problem.tasks)
        for part in parts:
            # A sample knows the prices only up to its own noise, that of the number of tasks a server has place for.
            tasks = np.sort(order[: problem.tasks // part])
            sample = Part(tasks, problem.limit * (len(tasks) / problem.tasks))
            u, temperature = self._continue(u, sample, temperature, hottest, max(self.tolerance, 0.1 * part / places))
        rough(u)
        self._continue(u, Part(np.arange(problem.tasks), problem.limit), temperature, hottest, self.tolerance)

    def _sift(self, hottest: float) -> tuple[Floats, float, bool]:
        """Prices from a core of the tasks; u, the temperature then, and whether L(u) is within the tolerance.

        A task that may stay unserved adds max(0, its best reduced profit) to L(u). The terms of a core alone bound L
        from below, and equal it wherever the others are 0: the minimum over a core is the minimum over all tasks as soon as no
        task outside has a positive reduced profit there. Those that have one join the core: sifting, after Bixby, Gregory,
        Lustig, Marsten and Shanno, Very large-scale linear programming, Operations Research 40 (1992).
        """
        problem = self.problem
        u, temperature = self.best.copy(), hottest
        core = self._densest()
        for _ in range(_SIFTINGS):
            if len(core) > _CORE_SHARE * problem.tasks:
                break
            u, temperature = self._continue(u, Part(core, problem.limit), temperature, hottest, self.tolerance)
            value, choice, best, _ = self.evaluate(u)
            choice[core] = -1
            outside = np.flatnonzero(choice >= 0)
            if float(best[outside].sum()) <= _NEGLIGIBLE * self.tolerance * abs(value):
                return u, temperature, True
            core = np.sort(np.concatenate([core, outside]))
        return u, temperature, False

    def _densest(self) -> Ints:
        """The tasks that must be served, and those of the pairs with most profit per weight at each server; all tasks where
        these would be too many."""
        problem, edges = self.problem, self.execution.edges(self.problem.tasks)
        weighs = self.mean_weight > 0.0
        places = np.divide(problem.limit, self.mean_weight, out=np.zeros(problem.servers), where=weighs)
        count = np.bincount(problem.server, minlength=problem.servers)
        kept = np.minimum(np.ceil(_CORE[0] * np.minimum(places, count)) + _CORE[1], count).astype(np.int64)
        if kept.sum() + np.count_nonzero(problem.must_serve) > _CORE_SHARE * problem.tasks:
            return np.arange(problem.tasks)
        begin = np.concatenate([[0], np.cumsum(kept)])
        density, pair = np.full(begin[-1], -np.inf), np.full(begin[-1], -1, dtype=np.int64)
        for b in range(len(edges) - 1):  # one after another: they share the heaps
            kernels.densest(self.execution.pairs, edges[b], edges[b + 1], begin, density, pair)
            self.execution.poll()
        core = problem.must_serve.copy()
        core[problem.task[pair[pair >= 0]]] = True
        return np.flatnonzero(core)

    def _continue(self, u: Floats, part: Part, temperature: float, hottest: float, aim: float) -> tuple[Floats, float]:
        """Let the temperature fall until L(u) is within the share `aim` of its minimum; u and the temperature then."""
        warm = False
        while True:
            point, settled = self._descend(u, part, temperature)
            u = point.u
            if not settled and not warm and temperature < hottest:
                temperature = min(temperature * self.cooling**2, hottest)  # too cold for prices that are so far off
                continue
            warm = True
            reached = settled and point.distance <= aim * abs(point.plain)
            if reached or point.heat <= 0.01 * aim * abs(point.plain) or temperature <= _COLDEST * hottest:
                return u, temperature
            temperature /= self.cooling

    def _at(self, u: Floats, part: Part, temperature: float) -> DualPoint:
        """The smoothed dual function on a part of the tasks."""
        tasks, limit = part
        problem, edges = self.problem, self.execution.edges(len(tasks))
        blocks = len(edges) - 1
        load, diagonal = np.zeros((blocks, problem.servers)), np.zeros((blocks, problem.servers))
        sums = np.zeros((blocks, kernels.N_SUMS))

        def work(b: int) -> None:
            kernels.smooth(
                self.execution.pairs, u, temperature, tasks, edges[b], edges[b + 1],
                self.share, self.open, load[b], diagonal[b], sums[b],
            )  # fmt: skip

        self.execution.each(work, blocks)
        rent = float(u @ limit)
        total = sums.sum(axis=0)
        gradient = limit - load.sum(axis=0)
        plain = float(total[kernels.PLAIN]) + rent
        if len(tasks) == problem.tasks and plain < self.value:
            self.best, self.value = u.copy(), plain
        # The smoothed L is: expected profit + u x expected unused capacity + temperature x entropy. At its minimum the
        # middle term is 0 and x a fractional solution: the LP's optimum lies between the expected profit and L(u).
        expected, unused = float(total[kernels.EXPECTED]), u * gradient
        smooth = float(total[kernels.SMOOTH]) + rent
        heat = max(smooth - expected - float(unused.sum()), 0.0)
        distance = max(plain - smooth + heat + float(np.abs(unused).sum()), 0.0)
        return DualPoint(u, smooth, gradient, diagonal.sum(axis=0), plain, heat, distance)

    def _descend(self, u: Floats, part: Part, temperature: float) -> tuple[DualPoint, bool]:
        """Projected Newton steps at one temperature; returns whether they came to rest.

        Where a step does not descend, the Hessian's diagonal is raised until one does (Levenberg and Marquardt).
        """
        self.open = np.zeros(len(part.tasks), dtype=np.bool_)
        point = self._at(u, part, temperature)
        weighs = self.mean_weight > 0.0
        unit = np.divide(temperature, self.mean_weight, out=np.zeros_like(u), where=weighs)
        damping = 1.0
        for _ in range(_ROUNDS):
            bound = (point.u <= 1e-3 * unit) & (point.gradient > 0.0)
            while True:
                # What the unused or lacking capacity is worth, at a price off by a temperature.
                astray = float(((point.u + unit) * np.abs(point.gradient))[~bound].sum())
                if astray <= _SETTLED * point.heat:
                    return point, True
                direction = self._direction(point, part.tasks, temperature, ~bound, damping)
                direction[bound] = -point.u[bound]
                trial = self._at(np.maximum(point.u + direction, 0.0), part, temperature)
                self.execution.iterations += 1
                if trial.smooth <= point.smooth + 0.1 * float(point.gradient @ (trial.u - point.u)):
                    break
                damping *= 10.0
                if damping > _STIFFEST:
                    return point, False
                self._at(point.u, part, temperature)  # the shares belong to the point again
            point = trial
            damping = max(1.0, damping / 10.0)
        return point, False

    def _direction(self, point: DualPoint, tasks: Ints, temperature: float, free: NDArray[np.bool_], damping: float) -> Floats:
        """Minus the inverse Hessian times the gradient, by conjugate gradients. The Hessian's diagonal is raised where the
        gradient is large, so that no step leaves the region where the smoothed function looks like its quadratic model."""
        rows, entries = kernels.count_open(self.execution.pairs, tasks, self.share, self.open)
        pointer, column, entry = np.empty(rows + 1, np.int64), np.empty(entries, np.int32), np.empty(entries)
        kernels.pack(self.execution.pairs, tasks, self.share, self.open, pointer, column, entry)
        squares = np.zeros(self.problem.servers)
        kernels.column_squares(column, entry, squares)
        ridge = damping * (np.abs(point.gradient) * self.mean_weight / _STRIDE + 1e-9 * point.diagonal)
        diagonal = point.diagonal + ridge
        spread = np.maximum(diagonal - squares, ridge)
        inverse = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
        r = np.where(free, -point.gradient * temperature, 0.0)
        x, d = np.zeros_like(r), r * inverse
        rz = float(r @ d)
        least, left = 1e-4 * rz, 100
        steps = max(1, _WORK // max(1, entries))
        while rz > least and left > 0:
            rz = kernels.conjugate_gradients(
                pointer, column, entry, diagonal, inverse, free, x, r, d, rz, least, min(steps, left)
            )
            left -= steps
            self.execution.poll()
        return x
