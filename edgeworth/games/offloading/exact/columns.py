"""The best partition of users among providers, proved: column generation, enumeration of the sets that matter, a set packing.

Works on any worth of `heuristic.worth`: the welfare, or the weighted potential.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from edgeworth.core.aside import aside
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.result import Termination
from edgeworth.core.run import Interruption, Run
from edgeworth.games.offloading.heuristic.worth import leaves
from edgeworth.games.offloading.kernels import partition
from edgeworth.games.offloading.model import OffloadingGame, Profile
from edgeworth.games.offloading.model.game import Floats, Ints

_SLICES = 48  # slices a provider while columns are priced
_FINE = 400  # slices a provider in the final enumeration, where narrow ones save work
_NODES = 50_000_000  # of one enumeration of user sets at most
_COLUMNS = 1_000_000  # sets of users of one provider that are kept
_CLOSED = 5e-10  # half of what counts as proved
_SMOOTH = 0.5  # weight of the best prices when new sets are looked for, after Wentges


@dataclass(frozen=True)
class Partition:
    """Users divided among providers, and what is proved of it.

    Parameters
    ----------
    choice : int64 [users]
        The pair of every user, -1 for local execution.
    bound : float
        On the total worth of every partition; infinity: none.
    proved : bool
        Bound and total worth meet.
    termination : Termination
    price : float64 [users] or None
        The users' prices at which the column generation ended; None: it did not.
    sets : int
        User sets that were enumerated.
    iterations : int
        Pricing rounds.
    notes : tuple of str
    """

    choice: Ints
    bound: float
    proved: bool
    termination: Termination
    price: Floats | None
    sets: int
    iterations: int
    notes: tuple[str, ...] = ()


@dataclass
class _Pool:
    """Columns: their pairs, worth, provider."""

    pairs: list[Ints]
    worth: list[float]
    provider: list[int]

    def add(self, pairs: Ints, worth: float, provider: int) -> None:
        self.pairs.append(pairs)
        self.worth.append(worth)
        self.provider.append(provider)


def best_partition(
    game: OffloadingGame, worth: partition.Worth, start: Ints, run: Run[Profile], report: Callable[[float], float | None]
) -> Partition:
    """Divide the users among the providers for the highest total worth.

    Parameters
    ----------
    game : OffloadingGame
    worth : Worth
        What user sets are worth at each provider (`heuristic.worth`).
    start : int64 [users]
        The pairs of a feasible partition.
    run : Run
    report : callable
        ``report(total)``: the bound that the run records for a total worth, or None.

    Returns
    -------
    Partition

    Notes
    -----
    1. Column generation on ``max sum V_k(S) x_kS``, every user in at most one set, every provider with at most one: user sets
       are priced exactly, by slices of the load and depth-first search.
    2. With its prices, every set whose reduced worth is below its provider's best by more than the distance between bound and
       incumbent belongs to no better partition; the others are enumerated.
    3. HiGHS picks the best packing of these.

    References
    ----------
    Baldacci, Christofides and Mingozzi, Math. Prog. 115 (2008); smoothed prices after Wentges (1997).
    """
    pool = _Pool([], [], [])
    for k in range(game.providers):
        here = start[(start >= 0)]
        here = here[game.provider[here] == k]
        if len(here):
            pool.add(here, partition.set_worth(worth, k, here, len(here)), k)
    known = math.fsum(pool.worth)
    prices = _Pricing(game, worth)
    best, least, steps = np.zeros(game.users), math.inf, 0
    while True:
        ending = run.tick(steps, None, None if math.isinf(least) else report(least))
        if ending is not None:
            return Partition(start, least, False, ending, best if math.isfinite(least) else None, 0, steps)
        answer = minimise(_packing(game, pool, integer=False), run)
        if answer.row_dual is None:
            return Partition(start, least, False, answer.termination, None, 0, steps, (f"HiGHS: {answer.status}",))
        price = np.maximum(-answer.row_dual[: game.users], 0.0)
        ceiling = -answer.bound
        for smooth in (_SMOOTH, 0.0) if math.isfinite(least) else (0.0,):
            at = smooth * best + (1.0 - smooth) * price
            try:
                found = aside(run, partial(prices.sets, at))
            except Interruption:
                return Partition(start, least, False, Termination.INTERRUPTED, None, 0, steps)
            steps += 1
            if found is None:
                return _too_hard(start, least, best, steps)
            bound = float(at.sum()) + sum(max(gain, 0.0) for _, _, gain in found)
            if bound < least:
                best, least = at.copy(), bound
            fresh = 0
            for k, (pairs, total, _) in enumerate(found):
                if total - price[game.user[pairs]].sum() > convexity_dual(answer.row_dual, game, k) + 1e-10 * max(
                    abs(ceiling), 1e-9
                ):
                    pool.add(pairs, total, k)
                    fresh += 1
            if fresh:
                break
        if least - ceiling <= 1e-10 * max(abs(ceiling), 1e-12) or not fresh:
            break
    better, total = _pick(game, pool, minimise(_packing(game, pool, integer=True), run).x)
    if total > known:  # a partition of the sets met so far: a smaller distance leaves fewer sets to enumerate
        start, known = better, total
    return _close(game, worth, start, known, best, least, prices, run, steps, report)


def reduced_worths(game: OffloadingGame, worth: partition.Worth, price: Floats, run: Run[Profile]) -> Floats | None:
    """What a provider's best set is worth less prices, at most and at least 0, float64 [providers]; None: too hard to find."""
    found = aside(run, partial(_Pricing(game, worth).sets, price))
    return None if found is None else np.array([max(gain, 0.0) for _, _, gain in found])


def convexity_dual(row_dual: Floats, game: OffloadingGame, k: int) -> float:
    """The dual price of provider k's row."""
    return max(-float(row_dual[game.users + k]), 0.0)


def _close(
    game: OffloadingGame,
    worth: partition.Worth,
    start: Ints,
    known: float,
    price: Floats,
    bound: float,
    prices: _Pricing,
    run: Run[Profile],
    steps: int,
    report: Callable[[float], float | None],
) -> Partition:
    """Enumerate what can belong to a better partition than the known one, and pack."""
    if bound - known <= _CLOSED * abs(bound):
        return Partition(start, bound, True, Termination.PROVED, price, 0, steps)
    gap = bound - known + 1e-9 * max(abs(bound), 1e-12)
    pool = _Pool([], [], [])
    for k in range(game.providers):
        ending = run.tick(steps, None, report(bound))
        if ending is not None:
            return Partition(start, bound, False, ending, price, 0, steps)
        try:
            near = aside(run, partial(prices.near_best, k, price, gap))
        except Interruption:
            return Partition(start, bound, False, Termination.INTERRUPTED, None, 0, steps)
        for pairs, total in near:
            pool.add(pairs, total, k)
        if prices.failed:
            return _too_hard(start, bound, price, steps)
    for k in range(game.providers):  # the known partition stays among the candidates
        here = start[start >= 0]
        here = here[game.provider[here] == k]
        if len(here):
            pool.add(here, partition.set_worth(worth, k, here, len(here)), k)
    point = np.zeros(len(pool.worth))
    first = len(pool.worth) - len(np.unique(game.provider[start[start >= 0]]))
    point[first:] = 1.0
    answer = minimise(_packing(game, pool, integer=True), run, start=point)
    choice, total = _pick(game, pool, answer.x)
    if total <= known:
        choice = start
    proved = answer.termination is Termination.PROVED and not answer.infeasible
    return Partition(choice, min(bound, -answer.bound), proved, answer.termination, price, len(pool.worth), steps)


def _pick(game: OffloadingGame, pool: _Pool, x: Floats | None) -> tuple[Ints, float]:
    """The partition that a packing stands for, and its total worth; minus infinity where there is none."""
    choice = np.full(game.users, -1, dtype=np.int64)
    if x is None:
        return choice, -math.inf
    taken = np.flatnonzero(x > 0.5)
    for column in taken:
        choice[game.user[pool.pairs[column]]] = pool.pairs[column]
    return choice, math.fsum(pool.worth[column] for column in taken)


def _too_hard(start: Ints, bound: float, price: Floats, steps: int) -> Partition:
    note = "the user sets that may belong to an optimum are too many to enumerate: not proved"
    return Partition(start, bound, False, Termination.STALLED, price if math.isfinite(bound) else None, 0, steps, (note,))


class _Pricing:
    """User sets of one provider at given prices, exactly."""

    def __init__(self, game: OffloadingGame, worth: partition.Worth) -> None:
        self.game, self.worth = game, worth
        self.failed = False
        self._coarse, self._fine = leaves(_SLICES), leaves(_FINE)

    def sets(self, price: Floats) -> list[tuple[Ints, float, float]] | None:
        """For every provider its best set: pairs, worth, a bound on its worth less prices. None: gave up."""
        found = []
        for k in range(self.game.providers):
            size = int(self.worth.by_ptr[k + 1] - self.worth.by_ptr[k])
            count, _ = partition.bound_provider(self.worth, k, price, self._coarse, 0.0)
            ptr, pairs, total = np.zeros(2, dtype=np.int64), np.empty(size, dtype=np.int64), np.zeros(1)
            sets, _ = partition.enumerate_sets(self.worth, k, price, self._coarse, count, 0.0, True, ptr, pairs, total, _NODES)
            if sets < 0:
                self.failed = True
                return None
            chosen = pairs[: ptr[1]].copy() if sets else pairs[:0].copy()
            gain = float(total[0] - price[self.game.user[chosen]].sum()) if sets else 0.0
            gain += partition.TIE * abs(float(self._coarse.value[:count].max()))
            found.append((chosen, float(total[0]) if sets else 0.0, gain))
        return found

    def near_best(self, k: int, price: Floats, gap: float) -> list[tuple[Ints, float]]:
        """All sets of provider k whose worth less prices is within ``gap`` of the best one's (at least 0)."""
        size = int(self.worth.by_ptr[k + 1] - self.worth.by_ptr[k])
        count, _ = partition.bound_provider(self.worth, k, price, self._fine, 0.0)
        best_ptr, best_pairs, best_total = np.zeros(2, dtype=np.int64), np.empty(size, dtype=np.int64), np.zeros(1)
        sets, _ = partition.enumerate_sets(
            self.worth, k, price, self._fine, count, 0.0, True, best_ptr, best_pairs, best_total, _NODES
        )
        best = float(best_total[0] - price[self.game.user[best_pairs[: best_ptr[1]]]].sum()) if sets > 0 else 0.0
        room = 4_096
        while sets >= 0 and room <= _COLUMNS:
            ptr, pairs, total = (
                np.zeros(room + 1, dtype=np.int64),
                np.empty(room * min(size, 64) + size, dtype=np.int64),
                np.zeros(room),
            )
            sets, _ = partition.enumerate_sets(
                self.worth, k, price, self._fine, count, best - gap, False, ptr, pairs, total, _NODES
            )
            if sets >= 0:
                return [(pairs[ptr[s] : ptr[s + 1]].copy(), float(total[s])) for s in range(sets)]
            if sets == -1:
                room, sets = 8 * room, 0
        self.failed = True
        return []


def _packing(game: OffloadingGame, pool: _Pool, *, integer: bool) -> ColumnModel:
    """Every user in at most one set, every provider with at most one."""
    m, n = game.users, game.providers
    lengths = np.array([len(pairs) + 1 for pairs in pool.pairs], dtype=np.int64)
    rows = [np.append(game.user[pairs], m + k) for pairs, k in zip(pool.pairs, pool.provider, strict=True)]
    flat = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
    return ColumnModel(
        cost=-np.array(pool.worth, dtype=np.float64),
        upper=np.ones(len(pool.worth)),
        row_lower=np.full(m + n, -np.inf),
        row_upper=np.ones(m + n),
        starts=np.concatenate([[0], np.cumsum(lengths)]),
        rows=flat,
        entries=np.ones(len(flat)),
        integer=integer,
    )
