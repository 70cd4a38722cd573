"""The copies that environments step: rows of arrays, and the kernels that play them."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools, Floats, Ints
from edgeworth.core.jit import read_only
from edgeworth.mechanisms.token_market.kernels.tables import Tables
from edgeworth.mechanisms.token_market.state import State as Ledger
from edgeworth.solvers.scheduling.env.kernels import externality
from edgeworth.solvers.scheduling.env.kernels import step as kernel
from edgeworth.solvers.scheduling.env.observation import STATE, Observe, View
from edgeworth.solvers.scheduling.market.kernels.state import FAULT, Books
from edgeworth.solvers.scheduling.market.rules import Market, books, tables, terms
from edgeworth.solvers.scheduling.model import Episode
from edgeworth.solvers.scheduling.model.kernels import rules
from edgeworth.solvers.scheduling.model.kernels.state import State, World
from edgeworth.solvers.scheduling.model.simulation import rows_of_news, state, world

_NO_ACTIONS: Ints = np.zeros((0, 0), np.int64)
_VIEWS = {name: number for number, name in enumerate(get_args(Observe))}


class Engine:
    """So many episodes of the same number of devices, in step with each other.

    Of every copy and agent: seen, opened (bool, by action), active, reward, and decided, the number of the task that was handed
    over last (-1: none). Of every copy: costs, those of its tasks, NaN while they are in play; over; whole, the state of all.
    At the end of an episode, what was seen last stays. With a market, every copy has a ledger.
    """

    def __init__(
        self, copies: int, view: View, wide: bool, exchange: float, market: Market | None = None, marginal: bool = False
    ) -> None:
        devices, size = view.devices, len(view.names)
        self.copies, self.devices, self.begun = copies, devices, False
        self._market, self._marginal = market, marginal
        self._view, self._exchange = _VIEWS[view.observe], exchange
        self.seen: NDArray[np.float32] = np.zeros((copies, devices, size), np.float32)
        self.opened: Bools = np.zeros((copies, devices, devices), np.bool_)
        self.active: Bools = np.zeros((copies, devices), np.bool_)
        self.reward: Floats = np.zeros((copies, devices))
        self.decided: Ints = np.full((copies, devices), -1)
        self.whole: NDArray[np.float32] = np.zeros((copies, devices * len(STATE) if wide else 0), np.float32)
        self.over: Bools = np.zeros(copies, np.bool_)
        self.now: Floats = np.zeros(copies)

    def fill(self, episodes: list[Episode]) -> None:
        """Begin these episodes; where they are refused, everything stays as it was."""
        if self._market is not None:
            self._books = Books(*_stacked([books(self._market, each) for each in episodes]))
        worlds = [world(each) for each in episodes]
        states = [state(made, rows_of_news(each, True)) for made, each in zip(worlds, episodes, strict=True)]
        for made, at in zip(worlds, states, strict=True):
            rules.awaken(made, at)
        self.tasks: Ints = np.array([each.tasks for each in episodes])
        self._worlds: World = read_only(World(*_stacked(worlds)))
        self._states = State(*_stacked(states))
        self._first: Ints = np.zeros(self.copies, np.int64)
        self.costs: Floats = np.full((self.copies, int(self.tasks.max(initial=0))), np.nan)
        self.decided[...], self.reward[...], self.over[...] = -1, 0.0, False
        self._others: dict[str, Array] = {}
        if self._marginal:
            shape = self.costs.shape
            shift = np.full(shape, externality.NOT_BEGUN)
            self._others = {"since": np.zeros_like(self._first), "shift": shift, "harm": np.zeros(shape)}
            self._others["total"] = np.full(shape, np.nan)
        if self._market is not None:
            self._terms = terms(self._market, episodes[0])
            self._ledgers = Tables(*_stacked([tables(self._market, self.devices, self.costs.shape[1])] * self.copies))
        self.begun = True
        self._go(kernel.BEGIN, _NO_ACTIONS)

    def observed(self, view: View) -> NDArray[np.float32]:
        """What agents would see now in another view."""
        seen: NDArray[np.float32] = np.zeros((self.copies, self.devices, len(view.names)), np.float32)
        self._go(kernel.LOOK, _NO_ACTIONS, _VIEWS[view.observe], seen)
        return seen

    def _go(self, what: int, actions: Ints, view: int | None = None, seen: NDArray[np.float32] | None = None) -> None:
        common = (
            what, self._worlds, self._states, self.tasks, self._view if view is None else view, self._exchange, actions,
            self.now, self.over, self._first, self.costs, self.reward, self.decided, self.seen if seen is None else seen,
            self.opened, self.active, self.whole,
        )  # fmt: skip
        if self._market is None:
            kernel.go(*common)
            return
        from edgeworth.solvers.scheduling.env.kernels import trade

        trade.go(*common, self._terms, self._books, self._ledgers)
        if self._books.counts[:, FAULT].any():
            raise RuntimeError(f"the ledger refused what it must take: {self._books.counts[:, FAULT].tolist()}")

    def ledger(self, copy: int) -> Ledger:
        """The ledger of a copy as it stands, an independent state."""
        if self._market is None or not self.begun:
            validation.reject("ledger", "must be asked of an environment with a market, after reset", copy)
        return Ledger(Tables(*(each[copy].copy() for each in self._ledgers)))

    def row(self, copy: int) -> tuple[State, Books, Tables]:
        """Where a copy stands, in a market: arrays that change with it."""
        state, books, ledger = self._states, self._books, self._ledgers
        return State(*(x[copy] for x in state)), Books(*(x[copy] for x in books)), Tables(*(x[copy] for x in ledger))

    def play(self, actions: Array) -> None:
        """Hand over the tasks, and go on to the next epoch or to the episode's end."""
        if not self.begun:
            validation.reject("step", "must follow reset", "no episode has begun")
        given = np.asarray(actions)
        if given.shape != self.active.shape:
            raise ValueError(f"actions: must be of shape {self.active.shape}; got {given.shape}")
        if given.dtype.kind not in "iu":
            validation.reject_type("actions", "must be integers", given.dtype)
        whole = np.ascontiguousarray(given, dtype=np.int64)
        place = kernel.closed(whole, self.opened)
        if place >= 0:
            c, i = divmod(place, self.devices)
            rule = f"must be open to device {i} of copy {c}: {np.flatnonzero(self.opened[c, i]).tolist()}"
            validation.reject("actions", rule, int(whole[c, i]))
        self._go(kernel.STEP, whole)
        if self._marginal:
            at, world = self._states, self._worlds
            externality.charge(
                self.tasks, at.counts, self.over, world.work, world.capacity, at.device, at.start, at.ready, at.running,
                world.latency_weight, self.costs, *self._others.values(),
            )  # fmt: skip

    @property
    def told(self) -> Floats:
        """Costs of tasks as learners are told: their own, or with what they cost others, which is known later."""
        return self._others["total"] if self._marginal else self.costs

    def _kept(self) -> dict[str, Array]:
        own = {"first": self._first, "costs": self.costs, "now": self.now, "reward": self.reward, "decided": self.decided}
        kept = {f"state.{name}": each for name, each in self._states._asdict().items()} | own | self._others
        if self._market is not None:
            kept |= {f"books.{name}": each for name, each in self._books._asdict().items()}
            kept |= {f"ledger.{name}": each for name, each in self._ledgers._asdict().items()}
        return kept

    def snapshot(self) -> dict[str, Array]:
        """Where all copies stand."""
        marked = {} if self._market is None else {"market": validation.marks([self._market.mark])}
        return {name: each.copy() for name, each in self._kept().items()} | marked

    def restore(self, arrays: Arrays) -> None:
        """Stand there, in the episodes that were put in."""
        if self._market is not None:
            validation.same_marks(arrays, "market", [self._market.mark])
        elif "market" in arrays:
            validation.reject("arrays", "must be a snapshot of an environment with the same scenario", "one with a market")
        for name, each in self._kept().items():
            each[...] = validation.stored(arrays, name, each.shape)
        self._go(kernel.LOOK, _NO_ACTIONS)

    def __setstate__(self, kept: dict[str, Any]) -> None:
        self.__dict__.update(kept)
        if self.begun:  # a copy of an array may be written to, and kernels would be compiled anew for it
            self._worlds = read_only(self._worlds)


def _stacked(records: list[Any]) -> list[Any]:
    """Arrays of all copies as rows, the shorter ones filled up; numbers, which are equal, once."""
    found = []
    for name in records[0]._fields:
        parts = [getattr(each, name) for each in records]
        if not isinstance(parts[0], np.ndarray):
            found.append(parts[0])
            continue
        shape = np.max([each.shape for each in parts], axis=0)
        rows = np.zeros((len(parts), *shape), parts[0].dtype)
        for row, each in zip(rows, parts, strict=True):
            row[tuple(slice(size) for size in each.shape)] = each
        found.append(rows)
    return found
