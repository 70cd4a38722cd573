"""Running the checker's loops in chunks, within a budget of labels and of seconds."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.checking import Budget, BudgetEnded
from edgeworth.routing.orienteering.check import kernels
from edgeworth.routing.orienteering.check.network import Flags, Floats, Network, Words

ENTRIES = 40_000_000
"""Most numbers that the labels, or the routes, of one run may hold: six million labels of 100 customers, some 100 times what
the largest certificate of the benchmarks needs."""

_CHUNK = 1_000_000  # elementary steps between two looks at the clock, 5 to 20 ms
_POOL, _TABLE = 1 << 12, 1 << 16

R = TypeVar("R", kernels.Pool, kernels.Ends)


class Spread:
    """The labels of one run over ng-routes. stairs: of a run the other way round, to bound it; floor: what need not be
    reached; climbing: the floor rises with the routes found. best: the largest value of a route, or the floor."""

    def __init__(
        self,
        net: kernels.Net,
        blur: float,
        budget: Budget,
        *,
        stairs: kernels.Stairs | None = None,
        floor: float = -math.inf,
        climbing: bool = False,
    ) -> None:
        nodes, words = net.keeps.shape
        pool, heap = _pool(_POOL, words), np.zeros((_POOL, 2))
        last, best = np.full(nodes, -1, dtype=np.int64), np.full(nodes, -np.inf)
        ints = np.zeros(kernels.N_INTS, dtype=np.int64)
        pool.node[0], pool.time[0], pool.link[0] = net.start, net.opens[net.start], -1
        heap[0] = pool.time[0], 0.0
        ints[kernels.MADE] = ints[kernels.WAITING] = 1
        bounded = stairs is not None
        none = kernels.Stairs(np.zeros(nodes + 1, dtype=np.int64), np.zeros(0), np.zeros(0))
        against = none if stairs is None else stairs
        while True:
            budget.check()
            least = max(floor, float(best[net.end])) if climbing else floor
            status = kernels.spread(
                net, pool, heap, last, ints, best, against, bounded, climbing, least, blur, _CHUNK
            )  # fmt: skip
            if status == kernels.DONE:
                break
            if status == kernels.FULL:
                _afford(int(ints[kernels.MADE]), words)
                pool, heap = _longer(pool, 2 * len(heap) + nodes), np.concatenate([heap, np.zeros((len(heap) + nodes, 2))])
        self.best = max(floor, float(best[net.end]))
        self._pool, self._nodes = pool, nodes
        kept = np.flatnonzero(pool.kept[: ints[kernels.MADE]])
        self._order = kept[np.lexsort((-pool.worth[kept], pool.node[kept]))]
        self._ptr = np.searchsorted(pool.node[self._order], np.arange(nodes + 1)).astype(np.int64)

    def stairs(self) -> kernels.Stairs:
        """The best worth by latest time at every node."""
        pool, order = self._pool, self._order.copy()
        time, worth = np.empty(len(order)), np.empty(len(order))
        for j in range(self._nodes):
            mine = slice(int(self._ptr[j]), int(self._ptr[j + 1]))
            rows = order[mine]
            rows = rows[np.argsort(pool.time[rows], kind="stable")]
            time[mine], worth[mine] = pool.time[rows], np.maximum.accumulate(pool.worth[rows]) if len(rows) else 0.0
        return kernels.Stairs(self._ptr, time, worth)

    def ways(self) -> kernels.Ways:
        """All labels, best first at every node."""
        pool, order = self._pool, self._order
        until = pool.time[order].copy()
        for j in range(self._nodes):
            mine = slice(int(self._ptr[j]), int(self._ptr[j + 1]))
            if len(until[mine]):
                until[mine] = np.minimum.accumulate(until[mine])
        return kernels.Ways(self._ptr, pool.time[order], pool.load[order], pool.worth[order], pool.memory[order], until)


def largest(network: Network, skipped: Flags, near: Flags, floor: float, budget: Budget) -> float:
    """The largest value of an ng-route under the network's prices, at least `floor`; without what rounding may hide."""
    blur, always = network.blur, network.doorstep()
    # First backwards with as little memory as can be, for bounds on the way on; then forward.
    behind = Spread(network.kernel(skipped, always, reverse=True), blur, budget)
    ahead = network.kernel(skipped, near | always, reverse=False)
    return Spread(ahead, blur, budget, stairs=behind.stairs(), floor=floor, climbing=True).best


def completions(network: Network, skipped: Flags, near: Flags, least: float, budget: Budget) -> Spread:
    """The ng-routes backwards, of those worth more than `least`: the same run gives the largest value, where that is more."""
    blur, always = network.blur, network.doorstep()
    ahead = Spread(network.kernel(skipped, always, reverse=False), blur, budget)
    back = network.kernel(skipped, near | always, reverse=True)
    return Spread(back, blur, budget, stairs=ahead.stairs(), floor=least)


def routes_above(network: Network, skipped: Flags, behind: Spread, least: float, budget: Budget) -> tuple[Words, Floats]:
    """All sets of customers of routes worth more than `least`, as bits, each with the best value of a route over them."""
    everything = np.ones((network.n, network.n), dtype=bool)
    net = network.kernel(skipped, everything, reverse=False)
    ways, words = behind.ways(), net.keeps.shape[1]
    table = np.full(_TABLE, -1, dtype=np.int64)
    ends = kernels.Ends(np.zeros((_POOL, words), dtype=np.uint64), np.zeros(_POOL))
    pool, count = _pool(1, words), 1
    pool.node[0], pool.kept[0] = net.start, True
    ints, made = np.zeros(kernels.N_INTS, dtype=np.int64), 0
    while count:
        ints[kernels.AT] = ints[kernels.MADE] = 0
        longer = _pool(max(_POOL, 2 * count), words)
        table[:] = -1
        while True:
            budget.check()
            status = kernels.lengthen(net, pool, count, longer, table, ends, ints, ways, least, network.blur, _CHUNK)
            if status == kernels.DONE:
                break
            if status == kernels.FULL:
                _afford(made + int(ints[kernels.MADE]), words)
                _afford(int(ints[kernels.ENDED]), words)
                if len(longer.node) - ints[kernels.MADE] < network.nodes:
                    longer = _longer(longer, 2 * len(longer.node) + network.nodes)
                if len(ends.worth) - ints[kernels.ENDED] < 1:
                    ends = _longer(ends, 2 * len(ends.worth))
        made += int(ints[kernels.MADE])
        pool, count = longer, int(ints[kernels.MADE])
    memory, worth = ends.memory[: ints[kernels.ENDED]], ends.worth[: ints[kernels.ENDED]]
    order = np.lexsort((-worth, *memory.T))
    memory, worth = memory[order], worth[order]
    first = np.ones(len(worth), dtype=bool)
    first[1:] = np.any(memory[1:] != memory[:-1], axis=1)
    return memory[first], worth[first]


def flags(memory: Words, n: int) -> Flags:
    """Rows of bits as flags, bool [rows, n]."""
    bits = np.unpackbits(np.ascontiguousarray(memory).astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return np.asarray(bits[:, :n].astype(bool))


def _afford(labels: int, words: int) -> None:
    if labels * (words + 5) > ENTRIES:
        raise BudgetEnded(f"the check needs more than {labels} labels")


def _pool(size: int, words: int) -> kernels.Pool:
    return kernels.Pool(
        np.zeros(size, dtype=np.int64),
        np.zeros(size),
        np.zeros(size),
        np.zeros(size),
        np.zeros((size, words), dtype=np.uint64),
        np.full(size, -1, dtype=np.int64),
        np.zeros(size, dtype=bool),
    )


def _longer(arrays: R, size: int) -> R:
    """The same rows with room for more."""

    def grown(old: Array) -> Array:
        new = np.zeros((size, *old.shape[1:]), dtype=old.dtype)
        new[: len(old)] = old
        return new

    return type(arrays)(*map(grown, arrays))
