"""The time-indexed program of the hindsight problem, solved by HiGHS; for small episodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats, Ints
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.hindsight.program import SERIAL, Program, program
from edgeworth.solvers.scheduling.hindsight.search import CHUNK, Search, earliest
from edgeworth.solvers.scheduling.model import Episode, Schedule
from edgeworth.solvers.scheduling.model.prices import grid_of

COLUMNS = 20_000
"""Columns up to which HiGHS is of use: beyond, it finds no schedule for minutes."""
FINEST, COARSEST = 0.125, 0.5
"""Shares of a mean task that a slot takes about, where the grid is not given: HiGHS is slow where a task has many slots."""
_ROUNDING = 1e-6  # relative: what HiGHS's tolerances may add to its bound


@dataclass(frozen=True)
class Milp:
    """Parameters of the method ``milp``.

    Parameters
    ----------
    grid : float, optional
        s, a power of two: length of a slot. Default: an eighth of a mean task or less, and up to half of one so
        that the program has no more columns than ``columns``.
    columns : int
        From 1, most columns of the program, one for every start of a task in a slot of a device; larger ones are refused.

    Examples
    --------
    >>> Milp(grid=0.5)
    Milp(grid=0.5, columns=20000)
    """

    grid: float | None = None
    columns: int = COLUMNS

    def __post_init__(self) -> None:
        if self.grid is not None:
            object.__setattr__(self, "grid", validation.real("grid", self.grid, minimum=0.0, open_minimum=True))
        object.__setattr__(self, "columns", validation.integer("columns", self.columns, minimum=1))


class Starts(NamedTuple):
    """The columns: device, task, first slot, slots taken and cost of each start."""

    device: Ints
    task: Ints
    slot: Ints
    taken: Ints
    cost: Floats


def milp(episode: Episode, params: Milp, run: Run[Schedule]) -> Found[Schedule]:
    """Solve the time-indexed program by branch and cut, and round its answer into continuous time.

    Parameters
    ----------
    episode : Episode
        With ``service="serial"``; others are REFUSED, and those whose program has too many columns.
    params : Milp
    run : Run
        Clock and threads of the run.

    Returns
    -------
    Found
        The better of the schedule whose devices and order the program found, each task as early as possible, and of the one
        that HiGHS started from; and HiGHS's bound, a claim. ``nodes`` counts those of its tree.

    Notes
    -----
    A binary column x_jkt says that task j begins in slot t of device k, and another that it fails:

        min  sum c_jkt x_jkt + F f_j,   sum_kt x_jkt + f_j = 1,   sum_j sum_{t - q_jk < t' <= t} x_jkt' <= 1 for every k, t

    with q_jk = floor(p_jk / d) slots and c_jkt the cost of a start at max(t d, r_jk). It is below the hindsight problem for
    the reason told at `model.prices.dual_bound`, so HiGHS's bound on this program is one on every schedule. It is below it by
    the error of the grid even where HiGHS closes its gap: the answer is then not proved optimal. HiGHS starts from a
    short annealing. Its linear relaxation has the value of ``lagrangian`` on the same grid.

    References
    ----------
    Dyer and Wolsey, Discrete Appl. Math. 26 (1990). Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    if episode.service != "serial":
        return Found(None, Termination.REFUSED, notes=(SERIAL,))
    pairs = program(episode)
    n = episode.tasks
    search = Search(pairs, *earliest(pairs), seed=0)
    if not n:
        return Found(search.schedule(), Termination.PROVED, bound=0.0)
    grid = default_grid(pairs, params.columns) if params.grid is None else grid_of(episode, params.grid)
    count = columns_of(pairs, grid)
    if count > params.columns:
        note = f"columns: the program of grid {grid:g} s has {count}, more than the {params.columns} that are allowed"
        return Found(None, Termination.REFUSED, notes=(note,))
    search.propose(CHUNK, 0.0, 1.0)
    with run.breakable():
        starts = starts_of(pairs, grid)
        model = column_model(pairs, starts)
    answer = minimise(model, run, start=_point(search, starts, grid))
    found = search
    if answer.x is not None:
        chosen = np.flatnonzero(answer.x[: len(starts.task)] > 0.5)
        device, slot = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        device[starts.task[chosen]], slot[starts.task[chosen]] = starts.device[chosen], starts.slot[chosen]
        order = np.lexsort((pairs.release[device, np.arange(n)], slot))
        rounded = Search(pairs, device, order, seed=0)
        found = rounded if rounded.best < search.best else search
    ending = Termination.CONVERGED if answer.termination is Termination.PROVED else answer.termination
    bound = None if not math.isfinite(answer.bound) else (answer.bound - _ROUNDING * abs(answer.bound)) / n
    return Found(found.schedule(), ending, bound=bound, evidence=BoundEvidence.CLAIMED, nodes=answer.nodes)


def _windows(pairs: Program, grid: float) -> tuple[Array, Array]:
    """First slot of a start and number of slots, [devices, tasks]; a start that is dearer than a failure is none."""
    latest = pairs.latest
    if pairs.weight > 0.0:
        latest = np.minimum(latest, (pairs.failure - pairs.fixed) / pairs.weight)
    first = np.floor(pairs.release / grid)
    possible = (latest >= pairs.release) & (pairs.fixed + pairs.weight * pairs.release < pairs.failure)
    return first.astype(np.int64), np.where(possible, np.floor(latest / grid) - first + 1.0, 0.0).astype(np.int64)


def columns_of(pairs: Program, grid: float) -> int:
    """How many columns the program has."""
    return int(_windows(pairs, grid)[1].sum()) + int(pairs.fixed.shape[1])


def default_grid(pairs: Program, most: int) -> float:
    """The finest grid, within shares of a mean task, of at most so many columns."""
    mean = float(pairs.process.mean())
    grid, coarsest = (math.ldexp(1.0, math.floor(math.log2(share * mean))) for share in (FINEST, COARSEST))
    while grid < coarsest and columns_of(pairs, grid) > most:
        grid *= 2.0
    return grid


def starts_of(pairs: Program, grid: float) -> Starts:
    """All columns but those of failures."""
    first, many = _windows(pairs, grid)
    device, task = np.nonzero(many)
    repeat = many[device, task]
    offset = np.arange(int(repeat.sum())) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    device, task = np.repeat(device, repeat), np.repeat(task, repeat)
    slot = first[device, task] + offset
    begin = np.maximum(slot * grid, pairs.release[device, task])
    taken = np.floor(pairs.process[device, task] / grid).astype(np.int64)
    return Starts(device, task, slot, taken, pairs.fixed[device, task] + pairs.weight * begin)


def column_model(pairs: Program, starts: Starts) -> ColumnModel:
    """Rows: every task, then every slot of every device in use; columns: starts, then failures."""
    n, count = pairs.fixed.shape[1], len(starts.task)
    span = int((starts.slot + starts.taken).max(initial=0)) + 1
    column = np.repeat(np.arange(count), starts.taken)
    offset = np.arange(len(column)) - np.repeat(np.cumsum(starts.taken) - starts.taken, starts.taken)
    used, row = np.unique(starts.device[column] * span + starts.slot[column] + offset, return_inverse=True)
    columns = np.concatenate([np.arange(count), column, count + np.arange(n)])
    rows = np.concatenate([starts.task, n + row, np.arange(n)])
    order = np.lexsort((rows, columns))
    return ColumnModel(
        cost=np.concatenate([starts.cost, np.full(n, pairs.failure)]),
        upper=np.ones(count + n),
        row_lower=np.concatenate([np.ones(n), np.full(len(used), -np.inf)]),
        row_upper=np.ones(n + len(used)),
        starts=np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=count + n))]),
        rows=rows[order],
        entries=np.ones(len(rows)),
        integer=True,
    )


def _point(search: Search, starts: Starts, grid: float) -> Floats:
    """A schedule as columns: its floors keep the program's rows."""
    n = len(search.device)
    x = np.zeros(len(starts.task) + n)
    begun = (starts.device == search.device[starts.task]) & (starts.slot == np.floor(search.start[starts.task] / grid))
    x[np.flatnonzero(begun)] = 1.0
    x[len(starts.task) + np.flatnonzero(search.device < 0)] = 1.0
    return x
