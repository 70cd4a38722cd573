"""A bound on what any schedule costs: the time-indexed problem with multipliers on "each task once"."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.jit import read_only
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.hindsight.program import SERIAL, Program, program
from edgeworth.solvers.scheduling.hindsight.search import CHUNK, Search, earliest
from edgeworth.solvers.scheduling.kernels.paths import relaxation
from edgeworth.solvers.scheduling.model import Episode, Schedule
from edgeworth.solvers.scheduling.model.prices import SLOTS, dual_bound, grid_of

COARSE, FINE = 8.0, 1024.0
"""Slots that a mean task takes at least on the first grid, and at most on the last one."""
STALLS, WORTH, FINEST_STEP = 10, 1e-3, 1e-3
MEMORY = 0.7
"""Share of the last direction in the next one."""
PAIRS = 12_000_000
"""Most pairs of a start and a task on the grid that is chosen; an iteration looks at those only whose price pays."""
TARGET_MOVES = 1_000


@dataclass(frozen=True)
class Lagrangian:
    """Parameters of the method ``lagrangian``.

    Parameters
    ----------
    grid : float, optional
        s, a power of two: length of a slot. The bound's error falls with it, the time rises with its inverse. Default: at
        most 1/512 of a mean task, coarser where there are many tasks.
    iterations : int
        From 1, most steps on every grid; the bound is found on grids that are halved down to the last one.

    Examples
    --------
    >>> Lagrangian(grid=0.0625)
    Lagrangian(grid=0.0625, iterations=300)
    """

    grid: float | None = None
    iterations: int = 300

    def __post_init__(self) -> None:
        if self.grid is not None:
            object.__setattr__(self, "grid", validation.real("grid", self.grid, minimum=0.0, open_minimum=True))
        object.__setattr__(self, "iterations", validation.integer("iterations", self.iterations, minimum=1))


def lagrangian(episode: Episode, params: Lagrangian, run: Run[Schedule]) -> Found[Schedule]:
    """Bound the value of every schedule, simulated ones included, by prices of tasks.

    Parameters
    ----------
    episode : Episode
        With ``service="serial"``; others are REFUSED.
    params : Lagrangian
    run : Run
        Clock of the run; it is asked after every step.

    Returns
    -------
    Found
        No solution; the bound with its certificate "prices" (``u`` [tasks], ``grid`` [1]). ``iterations`` counts steps. A run
        that is cut short returns the best bound so far.

    Notes
    -----
    The relaxation and why it is one are told at `model.prices.dual_bound`, which recomputes the result. For prices u it falls
    apart into a longest path a device over slots, O(slots x tasks that may begin there); as paths may take a task again its
    best bound is that of the linear relaxation of the time-indexed program, which at Table II leaves a few thousandths.

    The bound is concave in u with supergradient 1 - (how often task j is taken). Steps go along a mean of these and the last
    direction, as far as Polyak's rule says with a schedule's value as target (a short annealing), halved after 10 steps that
    gain little. Prices know no grid, so those of a coarse grid start the next one.

    References
    ----------
    Polyak, Minimization of unsmooth functionals, USSR Comp. Math. 9 (1969). Camerini, Fratta and Maffioli, On improving
    relaxation methods by modified gradient techniques, Math. Prog. Study 3 (1975). Dyer and Wolsey, Discrete Appl. Math. 26
    (1990).
    """
    if episode.service != "serial":
        return Found(None, Termination.REFUSED, notes=(SERIAL,))
    pairs = program(episode)
    last = default_grid(pairs, episode.end) if params.grid is None else grid_of(episode, params.grid)
    ascent = _Ascent(episode, pairs, run, last)
    halvings = math.log2(max(float(pairs.process.mean()) / COARSE / last, 1.0)) if episode.tasks else -1
    for level in range(math.floor(halvings), -1, -1):
        if ascent.ending is None:
            ascent.climb(math.ldexp(last, level), params.iterations)
    bound = dual_bound(episode, ascent.best, ascent.grid)
    return Found(
        None,
        ascent.ending or Termination.CONVERGED,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=Certificate("prices", {"u": ascent.best, "grid": np.array([ascent.grid])}),
        iterations=ascent.iterations,
    )


def default_grid(pairs: Program, end: float) -> float:
    """The finest that the limits allow."""
    if not pairs.fixed.size:
        return 1.0
    window = np.maximum(pairs.latest - pairs.release, 0.0)
    span = max(2.0 * float(pairs.latest.max()), end + 1.0)  # `grid_of` counts the slots of the whole episode
    length = max(float(pairs.process.mean()) / FINE, float(window.sum()) / PAIRS, span / SLOTS)
    return math.ldexp(1.0, math.ceil(math.log2(length)))


class _Ascent:
    """Prices on their way up, and the best bound so far."""

    def __init__(self, episode: Episode, pairs: Program, run: Run[Schedule], grid: float) -> None:
        self._pairs, self._run, self._tasks = read_only(pairs), run, episode.tasks
        self.iterations, self.ending, self.grid = 0, run.tick(0), grid
        alone = np.where(pairs.latest >= pairs.release, pairs.fixed + pairs.weight * pairs.release, np.inf)
        self.best: Floats = np.clip(alone.min(axis=0), 0.0, pairs.failure)
        self._bound = -math.inf  # sum over tasks, on any grid
        search, moves = Search(pairs, *earliest(pairs), seed=0), TARGET_MOVES * episode.tasks
        for done in range(0, moves, CHUNK):
            search.propose(CHUNK, done / moves, min(1.0, (done + CHUNK) / moves))
            self.ending = self.ending or run.tick(0)
            if self.ending is not None:
                break
        self._target = search.best

    def climb(self, grid: float, steps: int) -> None:
        """At most so many steps on one grid, from the best prices."""
        pairs = self._pairs
        first, slots = (np.floor(x / grid).astype(np.int64) for x in (pairs.release, pairs.process))
        last = np.where(pairs.latest >= pairs.release, np.floor(pairs.latest / grid), -1.0).astype(np.int64)
        u: Floats = self.best
        best, bound = u, -math.inf
        count = np.zeros(self._tasks, np.int64)
        way: Floats = np.zeros(self._tasks)
        pace, stalls = 1.0, 0
        for _ in range(steps):
            collected = relaxation(pairs, u, first, last, slots, grid, count)
            value = math.fsum(u.tolist()) - collected
            self.iterations += 1
            stalls = 0 if value - bound > WORTH * abs(self._target - value) else stalls + 1
            if value > bound:
                bound, best = value, u
            if bound > self._bound:
                self._bound, self.best, self.grid = bound, best, grid
            self.ending = self._run.tick(self.iterations, bound=self._bound / self._tasks)
            if self.ending is not None:
                return
            now: Floats = (1.0 - count).astype(np.float64)
            way = MEMORY * way + (1.0 - MEMORY) * now if way.any() else now
            if stalls >= STALLS:
                pace, stalls, u = 0.5 * pace, 0, best
                way = np.zeros(self._tasks)
                continue
            length = float(way @ way)
            if pace < FINEST_STEP or length == 0.0:
                return
            u = np.clip(u + pace * abs(self._target - value) / length * way, 0.0, pairs.failure)
