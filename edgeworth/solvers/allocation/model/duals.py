"""The Lagrangian bound of assignment multipliers, computed with numpy alone so that a checker can rebuild it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.solvers.allocation.model.prices import MULTIPLIER_LIMIT, objective_bound, raised_sum, rounded_profit
from edgeworth.solvers.allocation.model.problem import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats, Ints

_EPS = float(np.finfo(np.float64).eps)
_NORMAL = float(np.finfo(np.float64).tiny)
_NEAR = 60  # items before, and ten times as many behind, the first that no longer fits: tried for a known set
_POLL = 16  # items between two calls of poll
_CELLS = 1e8  # entries of a table over integer weights, all items together: a tenth of a second
_NARROW = 10_000.0  # room up to which a table over integer weights is quicker than lists of states
_STATES = 1_000  # undominated states of one knapsack, beyond which its LP bound stands in
_EFFORT = (200_000, 2_000_000)  # unless its lists have had fewer in all; and those of all knapsacks, in equal shares


def _nothing() -> None:
    """Looks at no clock."""


def assignment_dual_bound(problem: AllocationProblem, multipliers: ArrayLike, poll: Callable[[], object] = _nothing) -> float:
    """The Lagrangian bound of assignment multipliers, in the problem's own sense, rounded outward.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    multipliers : array_like
        lambda, float64 [tasks], within 1e150; at least 0 for tasks that may stay unserved, free for those that must be served.
    poll : callable, optional
        Called now and then; what it raises ends the work.

    Returns
    -------
    float
        Where all values are multiples of a number, rounded to the next one inside, as in `dual_bound`.

    Raises
    ------
    ValueError
        For wrongly shaped multipliers, for some beyond 1e150, and for a negative one of a task that may stay unserved.

    Notes
    -----
    For profits p (v for "max", -v for "min"): ``L(lambda) = sum_j lambda_j + sum_i K_i``, where K_i is the best total of
    ``p_ij - lambda_j`` over sets of tasks that fit server i: a 0/1 knapsack a server. ``L(lambda) >=`` the profit of every
    feasible assignment (weak duality). Minimised over lambda it is never worse than the best `dual_bound`. Knapsacks that would
    need more than 1,000 undominated states at a time and 200,000 in all (or 2,000,000 divided by the number of servers), or for
    integers a table of more than 10^8 entries, are replaced by an upper bound.
    """
    return objective_bound(problem, assignment_dual_profit(problem, multipliers, poll))


def assignment_dual_profit(problem: AllocationProblem, multipliers: ArrayLike, poll: Callable[[], object] = _nothing) -> float:
    """`assignment_dual_bound` as a bound on profits, without sense and offset.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    multipliers : array_like
        lambda, float64 [tasks]; see `assignment_dual_bound`.
    poll : callable, optional
        Called now and then; what it raises ends the work.

    Returns
    -------
    float
        -infinity where a task that must be served has no eligible server.

    Notes
    -----
    The margins: a gain p - lambda is one operation, so it has the right sign and is below the true one by the factor
    1 + 2^-52 at most; K_i, raised by twice that, bounds the sum of the true gains as `knapsack_bound` does that of the computed
    ones. The sum is correctly rounded and raised to the next float.
    """
    least, most = -MULTIPLIER_LIMIT, MULTIPLIER_LIMIT
    given = validation.array("multipliers", multipliers, np.float64, (problem.tasks,), minimum=least, maximum=most)
    broken = np.flatnonzero((given < 0.0) & ~problem.must_serve)
    if len(broken):
        j = int(broken[0])
        raise ValueError(f"multipliers: must be >= 0 for a task that may stay unserved; got {given[j]} for task {j}")
    if len(problem.stranded):
        return -math.inf
    gain = problem.profit - given[problem.task]
    worth = np.flatnonzero(gain > 0.0)
    order = worth[np.argsort(problem.server[worth], kind="stable")]
    cuts = np.searchsorted(problem.server[order], np.arange(problem.servers + 1))
    parts = given.tolist()
    for i in range(problem.servers):
        poll()
        mine = order[cuts[i] : cuts[i + 1]]
        if len(mine):
            effort = min(_EFFORT[0], _EFFORT[1] // problem.servers)
            best = knapsack_bound(gain[mine], problem.weight[mine], float(problem.limit[i]), poll, effort)
            parts.append(best * (1.0 + 2.0 * _EPS))
    return rounded_profit(problem, raised_sum(parts))


def knapsack_bound(
    gain: Floats, weight: Floats, room: float, poll: Callable[[], object] = _nothing, effort: int = _EFFORT[0]
) -> float:
    """An upper bound on a 0/1 knapsack: its optimum but for rounding, on the safe side.

    Parameters
    ----------
    gain : ndarray
        > 0, float64 [items].
    weight : ndarray
        >= 0, float64 [items].
    room : float
        The capacity, >= 0, in the unit of ``weight``.
    poll : callable, optional
        Called now and then; what it raises ends the work.
    effort : int
        How many states the lists may have in all before 1,000 in one of them are too many.

    Returns
    -------
    float

    Notes
    -----
    Lists of undominated (weight, gain) states, item by item in the order of gain per weight; states whose LP completion
    does not beat the best known set are dropped. Sets count as fitting when any order of summing their weights in
    floating point stays within ``room``. Integer weights are solved by a table over the room of at most 10^8 entries where the
    room is small or the lists grow too long; for others the largest LP completion is returned then.
    """
    count = len(gain)
    order = _by_density(gain, weight)
    g, w = gain[order], weight[order]
    room += 4.0 * (count + 4) * _EPS * room
    margin = 4.0 * (count + 4) * _EPS * float(g.sum())
    gains, weights = np.concatenate([[0.0], np.cumsum(g)]), np.concatenate([[0.0], np.cumsum(w)])
    if weights[-1] <= room:
        return float(gains[-1]) + margin
    inside, core, best = _core(g, w, gains, weights, room, margin)
    base, spare, room = float(g[inside].sum()), room, room - float(w[inside].sum())
    best = max(best - base, 0.0)
    g, w, count = g[core], w[core], len(core)
    gains, weights = np.concatenate([[0.0], np.cumsum(g)]), np.concatenate([[0.0], np.cumsum(w)])
    # What differences of the prefix sums, and the room left beside the items taken for sure, may be wrong by.
    slop = 4.0 * (len(gain) + 4) * _EPS * (float(weights[-1]) + spare)
    table = bool(np.all(w == np.rint(w))) and count * (room + slop + 1.0) <= _CELLS
    if table and room < _NARROW:
        return base + _tabled(g, w, int(room + slop), poll) + 4.0 * margin
    load, worth, states = np.zeros(1), np.zeros(1), 0
    for t in range(count):
        if t % _POLL == 0:
            poll()
        fits = load + w[t] <= room + slop
        load, worth = _undominated(np.append(load, load[fits] + w[t]), np.append(worth, worth[fits] + g[t]))
        # The items t+1 .. last-1 still fit whole on top of the state, item `last` in part.
        left = room - load + slop
        last = np.searchsorted(weights, weights[t + 1] + left, side="right") - 1
        whole = worth + (gains[last] - gains[t + 1])
        rest = np.maximum(left - (weights[last] - weights[t + 1]), 0.0)
        part = np.where(last < count, g[np.minimum(last, count - 1)], 0.0)
        part *= np.minimum(np.divide(rest, w[np.minimum(last, count - 1)], out=np.ones(len(load)), where=part > 0.0), 1.0)
        best = max(best, float(whole.max()) - margin)
        bound = whole + part
        keep = bound > best
        kept = int(np.count_nonzero(keep))
        states += kept
        if kept > _STATES and states > effort:
            if table:
                return base + _tabled(g, w, int(room + slop), poll) + 4.0 * margin
            return base + float(bound.max()) + 3.0 * margin
        if not kept:
            break
        load, worth = load[keep], worth[keep]
    return base + best + 4.0 * margin


def _tabled(gain: Floats, weight: Floats, room: int, poll: Callable[[], object]) -> float:
    """The best total gain of integer weights within the room."""
    best = np.zeros(room + 1)
    fits = weight <= room
    for t, (g, w) in enumerate(zip(gain[fits].tolist(), weight[fits].astype(np.int64).tolist(), strict=True)):
        if t % _POLL == 0:
            poll()
        best[w:] = np.maximum(best[w:], best[: room + 1 - w] + g)
    return float(best[room])


def _by_density(gain: Floats, weight: Floats) -> Ints:
    """Items by falling gain per weight, those of weight 0 first: by exponents, then by mantissas, so that no quotient leaves
    the range of floats."""
    gain_part, gain_power = np.frexp(gain)
    part, power = np.frexp(np.divide(gain_part, np.frexp(weight)[0], out=np.ones(len(gain)), where=weight > 0.0))
    power = np.where(weight > 0.0, power + gain_power - np.frexp(weight)[1], np.iinfo(np.int32).max)
    order: Ints = np.lexsort((-part, -power))
    return order


def _core(g: Floats, w: Floats, gains: Floats, weights: Floats, room: float, margin: float) -> tuple[Ints, Ints, float]:
    """Items (by falling gain per weight) taken for sure, items in doubt, and the gain of a set that fits.

    With d the density of the first item that no longer fits, leaving an item out, or taking it, against the sign of g - d w
    costs |g - d w|; where that exceeds the distance from the LP's bound to a known set, no better set does it.
    """
    b = int(np.searchsorted(weights, room, side="right")) - 1
    left = room - weights[b]
    with np.errstate(over="ignore"):
        d = g[b] / w[b]
    if not _NORMAL <= d < math.inf:  # a density that lost its precision decides nothing
        return np.zeros(0, dtype=np.int64), np.arange(len(g)), float(gains[b]) - margin
    # Known: all before b, perhaps one of them out, perhaps one behind in.
    out_gain, out_weight = np.append(g[max(0, b - _NEAR) : b], 0.0), np.append(w[max(0, b - _NEAR) : b], 0.0)
    in_gain, in_weight = np.append(g[b : b + 10 * _NEAR], 0.0), np.append(w[b : b + 10 * _NEAR], 0.0)
    fits = in_weight[None, :] <= left + out_weight[:, None]
    known = float(gains[b]) + float(np.where(fits, in_gain[None, :] - out_gain[:, None], 0.0).max())
    price = g - d * w
    sure = np.abs(price) > float(gains[b]) + d * left - known + 8.0 * margin
    return np.flatnonzero(sure & (price > 0.0)), np.flatnonzero(~sure), known - margin


def _undominated(load: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """The states that no other one beats in both weight and gain, by rising weight."""
    order = np.lexsort((-worth, load))
    load, worth = load[order], worth[order]
    top = np.maximum.accumulate(worth)
    first = np.ones(len(load), dtype=bool)
    first[1:] = worth[1:] > top[:-1]
    return load[first], worth[first]
