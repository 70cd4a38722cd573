"""Replicas with one mistake each, to see that the checks notice."""

from __future__ import annotations

from edgeworth.mechanisms.consensus.batches import Asked, Reached
from edgeworth.mechanisms.consensus.messages import Authenticators, Message, Prepared, Statement
from edgeworth.mechanisms.consensus.parts import Slot
from edgeworth.mechanisms.consensus.replica import Replica
from edgeworth.mechanisms.consensus.trading import Trading
from edgeworth.mechanisms.token_market import execute


class SkipsPrepareQuorum(Replica):
    """It commits to a block as soon as it has accepted it."""

    def _advance(self, sequence: int, slot: Slot) -> None:
        quorum, self.quorum = self.quorum, 1
        try:
            super()._advance(sequence, slot)
        finally:
            self.quorum = quorum


class SkipsCommitQuorum(Replica):
    """It executes a block as soon as it has committed to it."""

    def _execute(self, sequence: int, slot: Slot, view: int, digest: bytes) -> None:
        quorum, self.quorum = self.quorum, 1
        try:
            super()._execute(sequence, slot, view, digest)
        finally:
            self.quorum = quorum


class ForgetsCertificates(Replica):
    """It votes for a new view as if nothing had been prepared."""

    def _certificates(self) -> tuple[Prepared, ...]:
        return ()


class NarrowWindow(Replica):
    """Its watermark never moves."""

    def _inside(self, sequence: int) -> bool:
        return 0 < sequence <= self.window


class BelievesInvalid(Replica):
    """It looks at no block."""

    def _consider(self, sequence: int, again: bool = False) -> None:
        super()._consider(sequence, again=again or sequence == self.executed + 1)


class _Blind:
    """Takes every authenticator for right."""

    def __init__(self, authenticators: Authenticators) -> None:
        self._true, self.length = authenticators, authenticators.length

    def sign(self, replica: int, statement: Statement) -> bytes:
        return self._true.sign(replica, statement)

    def valid(self, replica: int, statement: Statement, tag: bytes) -> bool:
        return True


class BelievesCertificates(Replica):
    """It takes whatever it is told about a new view and asks for no authenticator."""

    def _on_view_change(self, message: Message) -> None:
        true, self.authenticators = self.authenticators, _Blind(self.authenticators)
        super()._on_view_change(message)
        self.authenticators = true

    def _on_new_view(self, message: Message) -> None:
        true, self.authenticators = self.authenticators, _Blind(self.authenticators)
        super()._on_new_view(message)
        self.authenticators = true


class BelievesAnybody(Replica):
    """It counts votes without looking at their authenticators."""

    def _signed(self, message: Message) -> bool:
        return True

    def receive(self, by: int, message: Message) -> None:
        super().receive(message.sender, message)


class ComparesNoStates(Trading):
    """Its replicas play a batch again and do not look at the state that the block names."""

    def _replayed(self, before: Reached, batch: list[Asked], asked: tuple[Asked, ...], state: str, block: bytes) -> str:
        reason = super()._replayed(before, batch, asked, state, block)
        if not reason.startswith("content: state must be "):
            return reason
        after = before.state.copy()
        for each in batch:
            execute(after, each.command, signer=each.signer, nonce=each.nonce)
        return super()._replayed(before, batch, asked, after.digest().hex(), block)
