"""What a replica stands between: the machine it agrees about, the net it speaks through, and what it knows of a number."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from edgeworth.mechanisms.consensus.messages import Message, Prepared, Tags


class Machine(Protocol):
    """What the replicas agree about: blocks, and what makes one valid."""

    def propose(self, height: int, previous: bytes, view: int, proposer: int, variant: int = 0) -> bytes:
        """The block with that number after the one with that digest; other variants are other blocks, as good."""

    def refusal(self, height: int, previous: bytes, block: bytes) -> str:
        """Why a block must not be accepted at that place; empty where it may."""

    def spoil(self, block: bytes, how: str) -> bytes:
        """What a faulty leader makes of a block: "wrong" (it breaks the rules) or "lazy" (it is worth less than is asked)."""


@runtime_checkable
class Market(Machine, Protocol):
    """A machine by which a leader can gain."""

    def serve(self, block: bytes, how: str) -> bytes:
        """What a leader makes of a block for itself: "front-run" or "censor"."""


class Net(Protocol):
    """What a replica may do to the world outside."""

    @property
    def now(self) -> float:
        """Seconds since the beginning."""

    def broadcast(self, sender: int, message: Message) -> None:
        """To all other replicas."""

    def send(self, sender: int, receiver: int, message: Message) -> None:
        """To one replica, or to the client, whose number is -1."""

    def wake(self, replica: int, delay: float) -> int:
        """Call the replica's `expire` after that many seconds with the number returned."""

    def refused(self, replica: int, sequence: int, view: int, reason: str) -> None:
        """A block was refused."""


class Slot:
    """What a replica knows of one sequence number."""

    __slots__ = ("accepted", "blocks", "commits", "offers", "prepared", "prepares")

    def __init__(self) -> None:
        self.offers: dict[int, Message] = {}  # the first pre-prepare of every view
        self.blocks: dict[bytes, bytes] = {}
        self.prepares: dict[tuple[int, bytes], Tags] = {}
        self.commits: dict[tuple[int, bytes], Tags] = {}
        self.accepted: tuple[int, bytes] | None = None  # in the latest view in which it accepted one
        self.prepared: Prepared | None = None
