"""What devices may observe: names, scales and bounds of the features. This table is what kernels, spaces and tests read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Literal, NamedTuple, get_args

from edgeworth.core import validation

Observe = Literal["own", "peers", "candidates", "market", "priced", "graph", "reputed"]
PLAIN = ("own", "peers", "candidates", "graph")
"""What can be observed without a market too; "market", "priced" and "reputed" need one."""

OWN = ("has_task", "work", "transfer", "slack", "pending", "capacity", "backlog", "battery", "active_power", "waiting")
"""Of a device: whether it has a task to decide; that task's GFLOP / 8, s to send it / 1.2 (MB / 3 at the rate of Table II) and
s to its deadline / L; tasks that wait for a decision / 4; C_i / 3; Q_i / L; battery over that at the start; P^a_i / 8; tasks
committed to it and not begun / 10. Without a task the first four are 0."""
PEER = ("capacity", "backlog", "battery", "active_power", "dead")
"""Of another device, as known after the delay of gossip."""
CANDIDATE = ("own", "work", "transfer", "slack", "capacity", "active_power", "backlog", "end", "energy")
"""Of a device that the task could be handed to, oneself first: s to send it / 1.2 (0 where oneself), the predicted end after
arrival / L, and J that it takes / 32;
the rest as above. All are 0 without a task."""
NODE = ("own", "work", "slack", "pending", "capacity", "active_power", "backlog", "battery", "dead")
"""Of a device as a node of a graph, oneself first, and what is known of it; work, slack and pending tasks are 0 of others."""
EDGE = "transfer"
"""Of a pair of nodes: s until the task could be there, over 1.2, from oneself with the wait for one's radio; 0 to itself. Of a
graph all is 0 without a task."""
TOKENS = ("ctk", "ptk", "cash")
"""Of a device in a market: what is free of its own CTK / 100, PTK / 50 and cash / 100."""
MARKET = ("ask_ctk", "ask_ptk", "volume_ctk", "volume_ptk", "sellers")
"""Of the other devices that live and have tokens of both kinds free: the lowest asks over those of an idle device with a full
battery (4 where nobody sells), what they have free of CTK / 100 and of PTK / 50, and how many they are, each over the number of
other devices. All of it stands on the chain, or is posted there: gossip does not delay it."""
PRICE = "price"
"""Of a device that the task could be handed to: cash that it takes at its asks / 32; 0 for oneself."""
RECORD = ("deals", "failed")
"""Of such a device: its settled deals in the ledger / 10, and the share of them that failed (0 of none); 0 for oneself."""
STATE = ("capacity", "backlog", "battery", "active_power", "pending")
"""Of a device in the state of all, without delay."""

WORK, TRANSFER, CAPACITY, POWER, PENDING, WAITING, ENERGY = 8.0, 1.2, 3.0, 8.0, 4.0, 10.0, 32.0
CTK, PTK, CASH, DEALS = 100.0, 50.0, 100.0, 10.0
"""Scales: the largest numbers of Table II, or near them."""
MOST = 4.0
"""Features are cut off here."""


class View(NamedTuple):
    """What an environment of so many devices shows."""

    observe: str
    devices: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the entries of an observation; those of the k-th other device, in the order of actions, end in _k."""
        return tuple(self._each())

    def shows(self, names: Sequence[str]) -> bool:
        """Whether these are the `names`; those of others are not written out, which are many where devices are."""
        return all(one == other for one, other in zip_longest(self._each(), names))

    def _each(self) -> Iterator[str]:
        every = range(self.devices)
        if self.observe in ("candidates", "priced", "reputed"):
            first = () if self.observe == "candidates" else (*TOKENS, *MARKET)
            each = (*CANDIDATE, *((PRICE,) if first else ()), *(RECORD if self.observe == "reputed" else ()))
            return chain(first, (f"{name}_{k}" for k in every for name in each))
        if self.observe == "market":
            return iter((*OWN, *TOKENS, *MARKET))
        if self.observe == "graph":
            return chain((f"{name}_{k}" for k in every for name in NODE), (f"{EDGE}_{i}_{k}" for i in every for k in every))
        others = range(1, self.devices) if self.observe == "peers" else ()
        return chain(OWN, (f"{name}_{k}" for k in others for name in PEER))


def view_of(observe: str, devices: int, market: bool = False) -> View:
    """The view that an argument `observe` names."""
    validation.choice("observe", observe, get_args(Observe))
    if not market and observe not in PLAIN:
        validation.reject("observe", f"must be one of {', '.join(PLAIN)} where there is no market", observe)
    return View(observe, devices)
