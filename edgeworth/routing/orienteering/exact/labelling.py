"""Buffers of the label-setting kernels, and running them in chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.result import Termination
from edgeworth.routing.orienteering.exact.network import Floats, TypeNetwork
from edgeworth.routing.orienteering.kernels import labels

_CHUNK = 4_000_000  # elementary steps between two looks at the clock, 10 to 50 ms
_BUCKETS = 4096  # of the queue, by time; labels of one bucket are sorted together
_SORTED = 1 << 16  # labels of a bucket that are sorted at once
_TABLE = 1 << 18  # entries of the hash table of labels met; a power of two
_NUMBERS = 5  # of a label, its memory aside
_POOL, _KEPT = 1 << 14, 64  # to begin with; both double when full

R = TypeVar("R", labels.Pool, labels.Kept)


class RunEnded(Exception):  # not an error
    """A stop rule, the observer or an interrupt ended the run; `reason` says which."""

    def __init__(self, reason: Termination) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Labelling:
    """Labels of one network at a time. `run` makes them, `route` reads them; `made` counts those kept over all runs,
    `numbers` what all labels of the last run together hold, dominated ones too.

    tick: called between chunks; raises `RunEnded` to end the run.
    """

    def __init__(self, base: TypeNetwork, tick: Callable[[], None]) -> None:
        self._tick, self._words, self._nodes = tick, base.words, base.nodes
        self._pool_size, self._kept_size = _POOL, _KEPT
        self.pool, self.kept = self._new_pool(), self._new_kept()
        self._queue = labels.Queue(
            np.empty(_BUCKETS, dtype=np.int32),
            np.empty(_SORTED, dtype=np.int32),
            np.full(_TABLE, -1, dtype=np.int32),
            np.zeros((2, self._words), dtype=np.uint64),
            np.zeros(labels.N_INTS, dtype=np.int64),
            np.zeros(labels.N_REALS),
        )
        self._route = np.empty(1 << 16, dtype=np.int64)
        self._none = np.zeros(base.customers)
        self.net: labels.Network
        self.made = self.numbers = 0

    def run(
        self,
        net: labels.Network,
        *,
        rule: int = labels.SUBSET,
        back: Labelling | None = None,
        threshold: float = -np.inf,
        prices: Floats | None = None,
        limit: int,
    ) -> bool:
        """Label the network; False when more than `limit` labels would have to be kept.

        rule, back, threshold, prices: see `labels.advance`.
        """
        self._begin(net, rule)
        ints = self._queue.ints
        while True:
            status = labels.advance(
                net,
                self.pool,
                self.kept,
                self._queue,
                rule,
                self.kept if back is None else back.kept,
                back is not None,
                threshold,
                self._none if prices is None else prices,
                _CHUNK,
            )
            if status == labels.DONE or ints[labels.KEPT] > limit:
                self.made += int(ints[labels.KEPT])
                self.numbers = int(ints[labels.MADE]) * (self._words + _NUMBERS)
                labels.look_ahead(self.kept)
                return bool(status == labels.DONE and ints[labels.KEPT] <= limit)
            if status == labels.POOL_FULL:
                self._pool_size *= 2
                self.pool = _grown(self.pool, self._new_pool())
            elif status == labels.KEPT_FULL:
                self._kept_size *= 2
                self.kept = _grown(self.kept, self._new_kept())
            self._tick()

    def _begin(self, net: labels.Network, rule: int) -> None:
        self.net = net
        queue, pool = self._queue, self.pool
        self.kept.count[:] = 0
        queue.heads[:] = -1
        queue.ints[:] = 0
        if rule == labels.EQUAL:
            queue.table[:] = -1
        begin, end = float(net.open[net.start]), float(net.close[net.end])
        queue.reals[labels.ORIGIN] = begin
        queue.reals[labels.WIDTH] = max((end - begin) / _BUCKETS, 1e-300)
        pool.node[0], pool.time[0], pool.load[0], pool.value[0] = net.start, begin, 0.0, 0.0
        pool.mask[0] = 0
        pool.parent[0] = pool.link[0] = -1
        queue.heads[0], queue.ints[labels.SIZE], queue.ints[labels.FREE] = 0, 1, -1

    def best(self) -> float:
        """The largest value of a route to the end, -inf without one."""
        end = self.net.end
        return float(self.kept.value[end, 0]) if self.kept.count[end] else -np.inf

    def routes(self, count: int) -> list[list[int]]:
        """Customers in order of up to `count` routes to the end, best first, and of the best ones over every last customer."""
        net, kept = self.net, self.kept
        ends = [(-float(kept.value[net.end, a]), int(kept.label[net.end, a])) for a in range(int(kept.count[net.end]))]
        for j in np.flatnonzero(kept.count[: min(net.start, net.end)]).tolist():
            if kept.time[j, 0] + net.travel[j, net.end] <= net.close[net.end]:
                ends.append((-float(kept.value[j, 0] + net.gain[j, net.end]), int(kept.label[j, 0])))
        ends.sort()
        found: dict[tuple[int, ...], None] = {}
        for _, label in ends:
            found[tuple(self.route(label))] = None
            if len(found) == count:
                break
        return [list(route) for route in found]

    def all_routes(self) -> list[list[int]]:
        """Customers in order of every route to the end, after a run by the rule EQUAL."""
        size = int(self._queue.ints[labels.SIZE])
        waiting = self._freed()
        ends = [int(x) for x in np.flatnonzero(self.pool.node[:size] == self.net.end) if int(x) not in waiting]
        return [self.route(label) for label in ends]

    def _freed(self) -> set[int]:
        found, x = set(), int(self._queue.ints[labels.FREE])
        for _ in range(int(self._queue.ints[labels.SPARE])):
            found.add(x)
            x = int(self.pool.link[x])
        return found

    def route(self, label: int) -> list[int]:
        """The customers of that label's route in order; for reversed networks too."""
        count = labels.trace_back(self.pool, label, self._route)
        nodes = self._route[:count] if self.net.start > self.net.end else self._route[:count][::-1]
        return [int(i) for i in nodes if i < len(self._none)]

    def _new_pool(self) -> labels.Pool:
        size = self._pool_size
        return labels.Pool(
            np.zeros(size, dtype=np.int32),
            np.zeros(size),
            np.zeros(size),
            np.zeros(size),
            np.zeros((size, self._words), dtype=np.uint64),
            np.zeros(size, dtype=np.int32),
            np.zeros(size, dtype=np.int32),
        )

    def _new_kept(self) -> labels.Kept:
        shape = (self._nodes, self._kept_size)
        return labels.Kept(
            np.zeros(self._nodes, dtype=np.int64),
            np.zeros(shape),
            np.zeros(shape),
            np.zeros(shape),
            np.zeros((*shape, self._words), dtype=np.uint64),
            np.zeros(shape, dtype=np.int32),
            np.zeros(shape),
        )


def _grown(old: R, new: R) -> R:
    """The larger arrays with the contents of the smaller ones."""
    arrays: zip[tuple[Array, Array]] = zip(old, new, strict=True)
    for before, after in arrays:
        after[tuple(slice(0, length) for length in before.shape)] = before
    return new
