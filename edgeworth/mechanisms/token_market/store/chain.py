"""The chain of records, in memory: what the next command does, and whether a record that is there is right."""

from __future__ import annotations

import hashlib
import struct
from typing import NoReturn

from edgeworth.mechanisms.token_market.apply import Effect, execute
from edgeworth.mechanisms.token_market.commands import Command, Open, Tick
from edgeworth.mechanisms.token_market.encoding import decode
from edgeworth.mechanisms.token_market.fields import Judged
from edgeworth.mechanisms.token_market.keys import Keys
from edgeworth.mechanisms.token_market.log import Record
from edgeworth.mechanisms.token_market.rules import Refusal
from edgeworth.mechanisms.token_market.signing import Signed
from edgeworth.mechanisms.token_market.state import State
from edgeworth.mechanisms.token_market.store.file import BrokenLedgerError, LedgerFile, Row

CHECKPOINT = 1_000
"""Records between two digests of the state."""
_RESULT = struct.Struct("<3qB")
_REFUSED = (0, 0, 0)


def link(row: Row) -> bytes:
    """The hash of a record: SHA-256(prev || n || command || signatures || result).

    A command's encoding tells its own end and signatures have 64 bytes, so that no two records are hashed as the same bytes.
    """
    return hashlib.sha256(row.prev + row.seq.to_bytes(8, "little") + row.command + row.signatures + row.result).digest()


class Chain:
    """State, keys and head of a ledger.

    Parameters
    ----------
    path : str
        Of the ledger, for messages.
    keys : Keys
        As at genesis.
    """

    def __init__(self, path: str, keys: Keys) -> None:
        self.path, self.keys = path, keys
        self.state = State.genesis(keys.rules)
        self.height, self.hash = 0, keys.genesis()
        self._saved = (0, b"")

    def take(self, signed: Signed) -> tuple[Effect, Row | None]:
        """Apply a command. Returns what became of it, and its record where it was accepted."""
        encoded = signed.to_bytes()
        effect, mask = self._apply(signed.command, signed.signer, signed.nonce, encoded, signed.signature)
        if not effect:
            return effect, None
        self.height += 1
        row = Row(self.height, encoded, signed.signature, self._result(effect, mask), self.hash, b"")
        self.hash = link(row)
        return effect, row._replace(hash=self.hash)

    def _apply(self, command: Command, signer: int, nonce: int, encoded: bytes, signature: bytes) -> tuple[Effect, int]:
        """Judge, and apply to the state. Returns with the effect which entries of a list were good, as bits.

        What costs little comes first: an account that is not there needs no signature.
        """
        if isinstance(command, Open):
            if not self.keys.judge(command, signer, self.state).fresh:
                return Effect(Refusal.KEY, _REFUSED), 0
        elif signer > self.state.accounts or (signer == 0 and not isinstance(command, Tick)):
            return Effect(Refusal.ACCOUNT, _REFUSED), 0
        if not self.keys.authentic(command, signer, encoded, signature):
            return Effect(Refusal.SIGNATURE, _REFUSED), 0
        judged = self.keys.judge(command, signer, self.state)
        effect = execute(self.state, command, signer=signer, nonce=nonce, judged=judged)
        if effect and isinstance(command, Open):
            self.keys.add(command.key)
        return effect, sum(1 << k for k, good in enumerate(judged.each or ()) if good)

    def _result(self, effect: Effect, mask: int) -> bytes:
        """Outputs and bits; with every 1,000th record the digest, for which the record is already counted."""
        plain = _RESULT.pack(*effect.outputs, mask)
        return plain if self.height % CHECKPOINT else plain + hashlib.sha256(self._snapshot()).digest()

    def _snapshot(self) -> bytes:
        """Keys of accounts, and the state."""
        keys = self.keys.to_bytes()
        self._saved = self.height, len(keys).to_bytes(8, "little") + keys + self.state.to_bytes()
        return self._saved[1]

    def checkpoint(self) -> tuple[int, bytes, bytes]:
        """The last one: number of its record, keys and state, digest."""
        return *self._saved, hashlib.sha256(self._saved[1]).digest()

    def load(self, file: LedgerFile, head: bytes, full: bool) -> None:
        """Follow all records of a file, or those after its last checkpoint, and see that they end at the head."""
        saved = file.checkpoint()
        if saved is not None and not full:
            self._resume(file, *saved)
        for row in file.rows(self.height):
            self._follow(row)
            if saved is not None and row.seq == saved[0] and saved != self.checkpoint():
                self._broken(row.seq, "its checkpoint has another state or digest")
        height, hashed = int.from_bytes(head[:8], "little"), head[8:]
        if self.height != height:
            at = min(self.height, height) + 1
            self._broken(at, f"there are {self.height} records, and the head is record {height}")
        if self.hash != hashed:
            self._broken(height, "is not the one that the head names")
        if saved is not None and saved[0] > height:
            self._broken(height + 1, "is missing, and there is a checkpoint after it")

    def _resume(self, file: LedgerFile, seq: int, snapshot: bytes, digest: bytes) -> None:
        """Go to a checkpoint, which must be what its record names, with all records before it there, from this genesis on."""
        expected = 1
        for number in file.numbers(seq):
            if number != expected:
                break
            expected += 1
        first, row = file.row(1), file.row(seq)
        if expected <= seq or first is None or row is None:
            self._broken(expected, "is missing")
        if first.prev != self.hash:
            self._broken(1, "does not follow this genesis")
        if link(row) != row.hash:
            self._broken(seq, "has another hash")
        if hashlib.sha256(snapshot).digest() != digest or row.result[_RESULT.size :] != digest:
            self._broken(seq, "its checkpoint has another digest")
        size = int.from_bytes(snapshot[:8], "little")
        for at in range(8, 8 + size, 32):
            self.keys.add(snapshot[at : at + 32])
        self.state = State.from_bytes(snapshot[8 + size :])
        self.height, self.hash, self._saved = seq, row.hash, (seq, snapshot)

    def _follow(self, row: Row) -> None:
        """Apply a record, which must be the next one and lead to what it says."""
        number = self.height + 1
        if row.seq != number:
            self._broken(number, "is missing")
        if row.prev != self.hash:
            self._broken(number, "does not follow the one before it")
        if link(row) != row.hash:
            self._broken(number, "has another hash")
        try:
            signed = Signed.of(row.command, row.signatures)
        except (ValueError, TypeError) as error:
            self._broken(number, f"is no command: {error}")
        effect, mask = self._apply(signed.command, signed.signer, signed.nonce, row.command, row.signatures)
        if not effect:
            self._broken(number, f"is refused: {effect.refusal.name}")
        self.height, self.hash = number, row.hash
        if self._result(effect, mask) != row.result:
            self._broken(number, "has another result, or another digest of the state")

    def record(self, row: Row) -> Record:
        """A row of the file as numbers."""
        command, signer, nonce = decode(row.command)
        *outputs, mask = _RESULT.unpack_from(row.result)
        judged = self.keys.pledged(command)
        entries = getattr(command, "readings", None) or getattr(command, "votes", None)
        if entries is not None:
            judged = Judged(each=tuple(bool(mask >> k & 1) for k in range(len(entries))))
        return Record(command.code, signer, nonce, tuple(command.arguments(judged)), 0, tuple(outputs))

    def _broken(self, number: int, text: str) -> NoReturn:
        """Raise the error that names a record."""
        raise BrokenLedgerError(self.path, number, text)
