"""A second opinion on the hindsight optimum: each device's program with energy curves made of chords, solved by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.carbon_offloading.exact.program import certificate, in_units, of_large_battery, powers, program
from edgeworth.solvers.carbon_offloading.kernels.program import User
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule, coefficients, simulate
from edgeworth.solvers.carbon_offloading.model.prices import dual_bound


@dataclass(frozen=True)
class PiecewiseLinear:
    """Parameters of the method ``highs``.

    Parameters
    ----------
    segments : int
        Chords of each of a slot's two energy curves, from 1 to 1,000, of equal width in bits. The value's error falls with
        their square, the time rises with their number.

    Examples
    --------
    >>> PiecewiseLinear(segments=40)
    PiecewiseLinear(segments=40)
    """

    segments: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", validation.integer("segments", self.segments, minimum=1, maximum=1000))


class _Columns:
    """A linear program that grows by blocks of one column a slot."""

    def __init__(self, slots: int) -> None:
        self.slots, self.count = slots, 0
        self.cost: list[Floats] = []
        self.upper: list[Floats] = []
        self._rows: list[Ints] = []
        self._columns: list[Ints] = []
        self._entries: list[Floats] = []

    def add(self, cost: Floats | float, upper: Floats | float, *entries: tuple[int, Floats | float, int]) -> Ints:
        """A block with bounds [0, upper]. entries: (kind of row, coefficient, shift): in the row of that kind of slot t +
        shift.
        Returns the numbers of its columns."""
        slot = np.arange(self.slots)
        own = self.count + slot
        for kind, coefficient, shift in entries:
            inside = slot + shift < self.slots
            self._rows.append((kind * self.slots + slot + shift)[inside])
            self._columns.append(own[inside])
            self._entries.append(np.broadcast_to(coefficient, self.slots)[inside].astype(np.float64))
        self.cost.append(np.broadcast_to(cost, self.slots).astype(np.float64))
        self.upper.append(np.broadcast_to(upper, self.slots).astype(np.float64))
        self.count += self.slots
        return own

    def model(self, row_lower: Floats, row_upper: Floats) -> ColumnModel:
        """The program."""
        rows, columns, entries = np.concatenate(self._rows), np.concatenate(self._columns), np.concatenate(self._entries)
        order = np.lexsort((rows, columns))
        starts = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=self.count))])
        return ColumnModel(
            cost=np.concatenate(self.cost),
            upper=np.concatenate(self.upper),
            row_lower=row_lower,
            row_upper=row_upper,
            starts=starts,
            rows=rows[order],
            entries=entries[order],
            integer=False,
        )


SERVE, STORE, JOULES, SPILL = range(4)  # kinds of rows: b = q + l + o, b' = q + a - z, energy, and waste beyond E0


def chords(user: User, segments: int) -> tuple[ColumnModel, list[Ints], list[Ints], Ints, Ints, Ints]:
    """The program of one device with chords, and the columns of local and offloaded bits (a block a segment), of b', s', z."""
    slots = len(user.arrivals)
    lp = _Columns(slots)
    local, offload = [], []
    for k in range(segments):
        low, high = k / segments, (k + 1) / segments
        slope = user.cubic * user.local_cap**2 * (high**3 - low**3) * segments
        local.append(lp.add(0.0, user.local_cap / segments, (SERVE, 1.0, 0), (JOULES, slope, 0)))
        whole = user.rate * user.offload_cap
        rise = user.base * (np.expm1(whole * high) - np.expm1(whole * low))
        width = user.offload_cap / segments
        steep = np.where(width > 0.0, rise / np.where(width > 0.0, width, 1.0), 0.0)
        offload.append(lp.add(0.0, width, (SERVE, 1.0, 0), (JOULES, steep, 0)))
    lp.add(0.0, np.inf, (SERVE, 1.0, 0), (STORE, -1.0, 0))  # carry q
    content = lp.add(user.delay, user.buffer, (STORE, 1.0, 0), (SERVE, -1.0, 1))
    dropped = lp.add(user.drop, user.arrivals, (STORE, 1.0, 0))
    lp.add(user.grid, np.inf, (JOULES, -1.0, 0))  # grid y
    charge = lp.add(0.0, user.battery, (JOULES, 1.0, 0), (JOULES, -1.0, 1), (SPILL, 1.0, 0), (SPILL, -1.0, 1))
    lp.add(user.spill, np.inf, (SPILL, 1.0, 0))  # waste w
    none, first = np.full(slots, -np.inf), np.zeros(slots)
    first[0] = 1.0
    lower = np.concatenate([first * user.start, user.arrivals, none, user.harvest - user.burn + first * user.charge])
    upper = np.concatenate([first * user.start, user.arrivals, user.harvest + first * user.charge, -none])
    return lp.model(lower, upper), local, offload, content, charge, dropped


def piecewise_linear(problem: CarbonOffloading, params: PiecewiseLinear, run: Run[Schedule]) -> Found[Schedule]:
    """Solve every device's program with energy curves made of chords by HiGHS.

    Parameters
    ----------
    problem : CarbonOffloading
    params : PiecewiseLinear
    run : Run
        Clock and threads of the run.

    Returns
    -------
    Found
        The schedule that spends least energy on the bits that the linear programs serve, and the bound with its certificate
        "prices". ``iterations`` counts simplex iterations. A run that is cut short leaves the remaining devices idle.

    Notes
    -----
    Chords lie above a convex curve, so what a linear program serves costs no more than it says. Its row duals are prices,
    and the dual function takes prices of any origin: the bound is that of the curves, not of the chords, and closer than the
    value, as an error of the prices counts by its square. Where the program itself is only a relaxation (`interior_point`
    says where), so is this.

    References
    ----------
    Dantzig, Econometrica 28 (1960) (separable convex costs as segments). Huangfu and Hall, Math. Prog. Comp. 10 (2018) (HiGHS).
    """
    users, slots = problem.arrivals.shape
    commands, prices = np.zeros((2, 2, users, slots)), np.zeros((3, users, slots))
    priced, gain = coefficients(problem).dropped, problem.free_gain
    iterations, ending = 0, None
    for u in range(users):
        user, scale = program(problem, u, gain[u], priced[u])
        model, local, offload, content, charge, dropped = chords(user, params.segments)
        answer = minimise(model, run)
        iterations += answer.iterations
        if answer.x is None or answer.row_dual is None:
            ending = answer.termination
            break
        x, dual = answer.x, answer.row_dual.reshape(4, slots)
        point = np.zeros((slots, 5))
        for column, blocks in enumerate((local, offload)):
            point[:, column] = np.maximum(sum(x[block] for block in blocks), 0.0)
        point[:, 2] = x[dropped]
        path = np.concatenate([[user.start], x[content]])
        store = np.concatenate([[user.charge], x[charge]])
        joule = of_large_battery(problem, u, user, -dual[JOULES] - dual[SPILL])
        prices[:, u] = in_units(scale, dual[STORE], dual[SERVE], joule)
        commands[:, :, u] = powers(problem, u, gain[u], user, scale, point, path, store)
        ending = run.tick(iterations)
        if ending is not None:
            break
    best = commands[0]
    if not np.array_equal(*commands):
        costs = [simulate(problem, Schedule(*each)).cost.sum(axis=(0, 2)) for each in commands]
        chosen = costs[1] < costs[0] if not problem.coupled else np.full(users, costs[1].sum() < costs[0].sum())
        best = np.where(chosen[:, None], commands[1], commands[0])
    return Found(
        Schedule(*best),
        ending or Termination.CONVERGED,
        bound=dual_bound(problem, *prices),
        evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate(problem, prices),
        iterations=iterations,
    )
