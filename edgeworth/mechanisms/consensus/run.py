"""What a simulated run of the protocol left behind: who executed what, when, and on whose word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from edgeworth.core.seeds import SeedRecord
from edgeworth.mechanisms.consensus.messages import Authenticators, Committed
from edgeworth.mechanisms.consensus.network import Network
from edgeworth.mechanisms.consensus.parts import Machine


@dataclass(frozen=True)
class Refusal:
    """A replica refused a block and left the view.

    Attributes
    ----------
    time : float
        When, seconds.
    replica, sequence, view : int
        Who, and which block of which view.
    reason : str
        Why.
    """

    time: float
    replica: int
    sequence: int
    view: int
    reason: str


@dataclass(frozen=True)
class Run:
    """One run of the protocol, as `simulate` returns it.

    Attributes
    ----------
    replicas, blocks : int
        How many replicas there were, and how many blocks the client asked for.
    faults : tuple of str
        What was asked for, one a faulty replica, "mixed" where it was drawn.
    faulty : mapping of int to str
        The faulty replicas and how each was faulty.
    network : Network
        How messages travelled.
    machine : Machine
        What was agreed about.
    timeout : float
        Seconds after which a replica left a view without a block.
    every, window : int
        Blocks between two checkpoints, and numbers looked at beyond the last stable one.
    seed : int or str
        What repeats the run; "generator" where it came from a generator, whose state is the caller's.
    key : int
        From which the authenticators were drawn.
    authenticators : Authenticators or str
        Which ones.
    until, most
        The simulated seconds and the delivered messages at which the run would have ended.
    chains : tuple of tuple of Committed
        What every replica executed, by replica, faulty ones included.
    views : tuple of int
        The view in which every replica ended.
    answers : tuple of float
        Seconds from the client's request to an answer of f + 1 replicas, by block.
    sent : mapping of str to int
        Messages by kind, lost ones included, a broadcast counted once a receiver.
    bytes : int
        Of these messages.
    refusals : tuple of Refusal
        Blocks that were refused.
    time : float
        Simulated seconds at the end.
    """

    replicas: int
    blocks: int
    faults: tuple[str, ...]
    faulty: Mapping[int, str]
    network: Network
    machine: Machine
    timeout: float
    every: int
    window: int
    seed: SeedRecord
    key: int
    authenticators: Authenticators | str
    until: float
    most: int
    chains: tuple[tuple[Committed, ...], ...]
    views: tuple[int, ...]
    answers: tuple[float, ...]
    sent: Mapping[str, int]
    bytes: int
    refusals: tuple[Refusal, ...]
    time: float

    @property
    def tolerated(self) -> int:
        """f, the number of faulty replicas up to which nothing goes wrong: (replicas - 1) // 3."""
        return (self.replicas - 1) // 3

    @property
    def correct(self) -> tuple[int, ...]:
        """The numbers of the replicas that kept to the protocol."""
        return tuple(i for i in range(self.replicas) if i not in self.faulty)

    @property
    def committed(self) -> int:
        """Blocks that every correct replica has executed."""
        return min((len(self.chains[i]) for i in self.correct), default=0)

    @property
    def messages(self) -> int:
        """All messages sent."""
        return sum(self.sent.values())

    @property
    def latency(self) -> float:
        """Mean seconds from a request to its answer; NaN where none was answered."""
        return float(np.mean(self.answers)) if self.answers else float("nan")

    @property
    def view_changes(self) -> int:
        """Views that some correct replica entered or voted for, beyond the first."""
        return max((self.views[i] for i in self.correct), default=0)

    @property
    def lost(self) -> int:
        """Rounds whose block is empty, of those that every correct replica executed."""
        if not self.correct:
            return 0
        return sum(not each.block for each in self.chains[self.correct[0]][: self.committed])

    @property
    def measures(self) -> dict[str, float]:
        """Named numbers for tables."""
        rounds = max(self.committed, 1)
        return {
            "committed": float(self.committed),
            "latency": self.latency,
            "messages": float(self.messages),
            "messages_per_block": self.messages / rounds,
            "bytes_per_block": self.bytes / rounds,
            "view_changes": float(self.view_changes),
            "refused": float(len({(each.sequence, each.view) for each in self.refusals})),
            "lost": float(self.lost),
            "seconds": self.time,
        }

    def same(self, other: Run) -> bool:
        """Whether another run went exactly as this one, machines apart."""
        return all(
            getattr(self, each.name) == getattr(other, each.name)
            for each in fields(self)
            if each.name not in ("machine", "seed")
        )

    def __str__(self) -> str:
        kinds = ", ".join(f"{i} {how}" for i, how in sorted(self.faulty.items())) or "none"
        return (
            f"{self.committed} of {self.blocks} blocks committed by {self.replicas} replicas (faulty: {kinds}) in "
            f"{self.time:.3g} s, {self.messages:,} messages, {self.view_changes} view changes"
        )
