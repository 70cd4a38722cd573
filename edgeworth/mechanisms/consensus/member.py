"""What a replica is apart from the protocol's phases: its number, its chain, its timer, and its word on what it has seen."""

from __future__ import annotations

from typing import Any

from edgeworth.mechanisms.consensus.messages import (
    BLOCKS,
    CHECKPOINT,
    FETCH,
    REPLY,
    Authenticators,
    Committed,
    Message,
    Stable,
    Tags,
    checkpoint_statement,
    statement_of,
)
from edgeworth.mechanisms.consensus.parts import Machine, Net, Slot

_MOST_BLOCKS = 64  # that one answer carries to a replica which is behind
_MOST_DOUBLINGS = 20
_IDLE = 4.0  # timeouts after which a replica that waits for nothing asks what it has missed


class Member:
    """One of the replicas, before it takes part: what all phases of the protocol use.

    Parameters
    ----------
    number, size, machine, net, authenticators, timeout, every, window
        As `Replica` documents them.
    """

    def __init__(
        self,
        number: int,
        size: int,
        machine: Machine,
        net: Net,
        authenticators: Authenticators,
        timeout: float,
        every: int,
        window: int,
    ) -> None:
        self.number, self.size, self.machine, self.net, self.authenticators = number, size, machine, net, authenticators
        self.timeout, self.every, self.window = timeout, every, window
        self.faulty_at_most = (size - 1) // 3
        self.quorum = (size + self.faulty_at_most) // 2 + 1
        self.view, self.active = 0, True
        self.wanted = 0  # blocks that the client has asked for so far
        self.stable = Stable()
        self.slots: dict[int, Slot] = {}
        self.chain: list[Committed] = []
        self.checkpoints: dict[int, dict[bytes, Tags]] = {}
        self.changes: dict[int, dict[int, Message]] = {}
        self.opening: Message | None = None  # the new-view message of the present view
        self.tries = 0  # views left since the last block
        self.timer = 0
        self._waits = False  # whether the timer is that of a block or a view

    @property
    def executed(self) -> int:
        """How many blocks it executed."""
        return len(self.chain)

    @property
    def head(self) -> bytes:
        """The digest of its last block."""
        return self.chain[-1].digest if self.chain else b""

    def leader(self, view: int) -> int:
        """The leader of a view."""
        return view % self.size

    def _fetch(self) -> None:
        """Ask for the blocks that it lacks, and for the word of others on its last checkpoint where that is not stable."""
        self.net.broadcast(self.number, Message(FETCH, self.number, self.stable.sequence, self.executed + 1))

    def _on_fetch(self, message: Message) -> None:
        _, sender, stable, sequence, *_ = message
        known = tuple(self.chain[sequence - 1 : sequence - 1 + _MOST_BLOCKS])
        if known:
            self.net.send(self.number, sender, Message(BLOCKS, self.number, 0, sequence, b"", b"", known))
        last = (sequence - 1) // self.every * self.every
        if stable < last <= self.executed:  # it lost the checkpoint messages, and its window stands still
            self.net.send(self.number, sender, self._checkpoint(last))

    def _checkpoint(self, sequence: int) -> Message:
        """Its word that it has executed all blocks up to a number."""
        digest = self.chain[sequence - 1].digest
        return Message(CHECKPOINT, self.number, 0, sequence, digest, self._sign(checkpoint_statement(sequence, digest)))

    def _inside(self, sequence: int) -> bool:
        return self.stable.sequence < sequence <= self.stable.sequence + self.window

    def _slot(self, sequence: int) -> Slot:
        slot = self.slots.get(sequence)
        if slot is None:
            slot = self.slots[sequence] = Slot()
        return slot

    def _sign(self, statement: tuple[Any, ...]) -> bytes:
        return self.authenticators.sign(self.number, statement)

    def _signed(self, message: Message) -> bool:
        statement = statement_of(message)
        return statement is not None and self.authenticators.valid(message.sender, statement, message.tag)

    @staticmethod
    def _count(votes: dict[tuple[int, bytes], Tags], view: int, digest: bytes, sender: int, tag: bytes) -> None:
        votes.setdefault((view, digest), {}).setdefault(sender, tag)

    def _reply(self, committed: Committed) -> None:
        self.net.send(self.number, -1, Message(REPLY, self.number, committed.view, committed.sequence, committed.digest))

    def _wait(self) -> None:
        """Run the timer: so long has a view for the next block; where none is wanted, it asks then whether there is one."""
        if not self.timer:
            waits = self.wanted > self.executed or not self.active
            doubled = 2.0 ** min(self.tries, _MOST_DOUBLINGS) if waits else _IDLE
            self.timer = self.net.wake(self.number, self.timeout * doubled)
            self._waits = waits
