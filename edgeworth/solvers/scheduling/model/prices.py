"""The dual of the hindsight problem: a lower bound on every schedule's value from any prices of tasks."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.budget import Budget
from edgeworth.solvers.scheduling.model.problem import Episode

SLOTS = 2**22
"""Most slots of a grid."""
_PAIRS = 10_000_000  # of slots and tasks between two looks at the budget
_EPS = float(np.finfo(np.float64).eps)
_LATE = 1e-9  # s by which a success may be late


def failure_cost(episode: Episode) -> float:
    """w_l L + beta, what a task costs that fails with nothing spent on it."""
    return episode.latency_weight * episode.deadline + episode.failure_cost


def grid_of(episode: Episode, value: object) -> float:
    """A grid, s: a power of two, so that slots are exact, of at most `SLOTS` slots.

    Raises
    ------
    ValueError, TypeError
        For another number.
    """
    grid = validation.real("grid", value, minimum=0.0, open_minimum=True)
    if math.frexp(grid)[0] != 0.5:
        validation.reject("grid", "must be a power of two", grid)
    if (episode.end + 1.0) / grid > SLOTS:
        validation.reject("grid", f"must divide the episode of {episode.end:g} s into at most {SLOTS} slots", grid)
    return grid


def dual_bound(episode: Episode, prices: Floats, grid: float, budget: Budget | None = None) -> float:
    """A lower bound on the value of every schedule, recomputed from prices alone.

    Parameters
    ----------
    episode : Episode
        With ``service="serial"``.
    prices : float64 [tasks]
        u_j in [0, w_l L + beta], worth of having task j off one's hands.
    grid : float
        d > 0, s, a power of two.
    budget : Budget, optional
        It is asked between chunks of work.

    Returns
    -------
    float
        Below the value of every schedule, rounding included; 0 without tasks.

    Raises
    ------
    ValueError, TypeError
        For shared processors, and prices or a grid that are out of range.

    Notes
    -----
    Let a schedule begin task j at s_j on device k. Number slots of length d from time 0, and say that it begins in slot
    floor(s_j / d) and takes floor(p_jk / d) of them. From s_j >= s_i + p_ik follows floor(s_j / d) >= floor(s_i / d) +
    floor(p_ik / d), so tasks of a device still do not overlap; and max(d floor(s_j / d), r_jk) <= s_j, so a task that is
    charged for a start at that time costs no more. The least cost of what keeps these rules is thus no more than that of the
    hindsight problem, and with multipliers u on "each task once or failed" no more than

        sum_j u_j - sum_k (most that a path over the slots of k collects, task j being worth u_j less its cost)

    divided by n, where a path may take a task again. u_j <= w_l L + beta makes failures worth nothing. Tasks shorter than a
    slot take none; such a task is taken once a device at most.

    It is also a bound for simulated schedules: they drop nothing that this problem has, and radios, epochs, batteries and masks
    only take choices away from them; what is spent on a failure costs more.

    Slots are exact, as d is a power of two. Gains are wrong by at most 8 spacings of floats of the largest number in them, and
    a sum along a path by half a spacing of its result for each task on it.

    References
    ----------
    Dyer and Wolsey, Formulating the single machine sequencing problem with release dates as a mixed integer program, Discrete
    Appl. Math. 26 (1990) (time-indexed). Fisher, Management Science 27 (1981). Floors that keep it a relaxation: ours.
    """
    if episode.service != "serial":
        validation.reject("service", "must be 'serial'", episode.service)
    grid, n = grid_of(episode, grid), episode.tasks
    prices = validation.array("prices", prices, np.float64, (n,), minimum=0.0, maximum=failure_cost(episode))
    if not n:
        return 0.0
    terms, error = prices.tolist(), 0.0
    for k in range(episode.devices):
        total, slack = _device(episode, k, prices, grid, budget)
        terms.append(-total)
        error += slack
    bound = (math.fsum(terms) - error) / n
    return bound - 4.0 * _EPS * abs(bound)


def _device(episode: Episode, k: int, prices: Floats, grid: float, budget: Budget | None) -> tuple[float, float]:
    """The most that device k collects, and by how much rounding may have made that too little."""
    from edgeworth.solvers.scheduling.model.kernels.prices import advance

    e, away = episode, episode.source != k
    tau = np.where(away, e.transfer, 0.0)
    back = e.return_share * tau
    process, release = e.work / e.capacity[k], e.arrival + tau
    joules = e.active_power[k] * process + (e.send_power[e.source] + e.receive_power[k]) * tau
    joules += (e.send_power[k] + e.receive_power[e.source]) * back
    latest = e.arrival + (e.deadline + 1.001 * _LATE) - process - back
    fixed = e.latency_weight * (process + back - e.arrival) + e.energy_weight * joules
    worth = prices - fixed
    best = worth - e.latency_weight * release
    open_ = np.flatnonzero((latest >= release) & (best > 0.0))
    if not len(open_):
        return 0.0, 0.0
    size = prices + e.latency_weight * (latest + process + back) + e.energy_weight * joules
    largest = float(size[open_].max())
    slots = np.floor(process[open_] / grid).astype(np.int64)
    first = np.floor(release[open_] / grid).astype(np.int64)
    last = np.floor(latest[open_] / grid).astype(np.int64)
    free = slots == 0
    terms = best[open_][free].tolist()
    picks, total = len(terms), math.fsum(terms)
    paid = np.flatnonzero(~free)
    if len(paid):
        kept = open_[paid]
        span = int(np.max(last[paid] + slots[paid])) + 1
        reach, active = np.zeros(span), np.empty(len(paid), np.int64)
        order = np.argsort(first[paid], kind="stable")
        columns = (worth[kept], first[paid], last[paid], slots[paid], release[kept])
        entry = opened = 0
        step = max(1, _PAIRS // len(paid))
        for begin in range(0, span, step):
            if budget is not None:
                budget.check()
            end = min(begin + step, span)
            entry, opened = advance(reach, begin, end, opened, active, entry, order, *columns, e.latency_weight, grid)
        total += float(reach[-1])
        picks += span // int(slots[paid].min()) + 1
    return total, _EPS * picks * (total + 8.0 * largest)
