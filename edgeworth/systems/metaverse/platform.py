"""What the replicas of the platform agree about: an allocation and a record of its results, in turn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from edgeworth.mechanisms import consensus
from edgeworth.mechanisms.consensus.allocating import Allocating
from edgeworth.mechanisms.consensus.blocks import Block, misplaced
from edgeworth.mechanisms.consensus.messages import digest_of


class Platform(Allocating):
    """Two blocks a round: the allocation, and then the digests of the results.

    Parameters
    ----------
    **given
        Of `Allocating`.

    Notes
    -----
    Block 2 r - 1 holds the allocation of round r; block 2 r a digest for each task that it serves. What a result is no replica
    can judge: it is sealed, and that there is one for each served task is all that a block can be held to.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._served: dict[bytes, list[int]] = {}
        self._digests: dict[tuple[int, int], str] = {}
        self.on_allocated: Callable[[int, float], None] | None = None
        self.seals = False

    def propose(self, height: int, previous: bytes, view: int, proposer: int, variant: int = 0) -> bytes:
        """The block of a correct leader."""
        if height % 2:
            number = (height + 1) // 2
            block = super().propose(number, previous, view, proposer, variant)
            if self.on_allocated is not None:
                self.on_allocated(number, float.fromhex(Block.decode(block).content["value"]))
            return self._placed(block, height)
        digests = [self.digest(height // 2, task) for task in self._served.get(previous, [])]
        return Block(height, previous, view, proposer, self.name, {"results": digests, "variant": variant}).encode()

    def digest(self, number: int, task: int) -> str:
        """The digest of a task's result in a round: of the text, or of what is sealed for the task's user."""
        if (number, task) not in self._digests:
            self._digests[number, task] = (_sealed if self.seals else _result)(number, task)
        return self._digests[number, task]

    def _refusal(self, height: int, previous: bytes, block: bytes) -> str:
        try:
            found = Block.decode(block)
        except ValueError as error:
            return str(error)
        reason = misplaced(found, self.name, height, previous)
        if reason:
            return reason
        if height % 2:
            reason = self._judge((height + 1) // 2, found.content)
            if not reason:
                self._served[digest_of(block)] = [j for j, server in enumerate(found.content["servers"]) if server >= 0]
            return reason
        if sorted(found.content) != ["results", "variant"]:
            return f"content: must have the fields results, variant; got {sorted(found.content)}"
        results, served = found.content["results"], len(self._served.get(previous, []))
        if not isinstance(results, list) or len(results) != served or not all(_is_digest(each) for each in results):
            return f"content: results must be the digests of {served} results"
        return ""

    def spoil(self, block: bytes, how: str) -> bytes:
        """A wrong or lazy allocation, or a missing result."""
        found = Block.decode(block)
        if "results" in found.content:
            return Block(
                found.height, found.previous, found.view, found.proposer, self.name, {"results": ["?"], "variant": 0}
            ).encode()
        inner = Block((found.height + 1) // 2, found.previous, found.view, found.proposer, self.name, found.content)
        return self._placed(super().spoil(inner.encode(), how), found.height)

    @staticmethod
    def _placed(block: bytes, height: int) -> bytes:
        found = Block.decode(block)
        return Block(height, found.previous, found.view, found.proposer, found.machine, found.content).encode()


def _result(number: int, task: int) -> str:
    """The digest of a result that is not sealed."""
    return hashlib.sha256(f"result of task {task} of round {number}".encode()).hexdigest()


def _sealed(number: int, task: int) -> str:
    """The digest of a result that is sealed for a fresh key of its user, and opened again by it."""
    key = consensus.UserKey.generate()
    text = f"result of task {task} of round {number}".encode()
    sealed = consensus.seal(text, key.public)
    if key.unseal(sealed) != text:
        raise AssertionError
    return sealed.digest


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and all(each in "0123456789abcdef" for each in text)
