"""Naive judgements of what replicas executed."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any


def agreement_of(chains: Sequence[Sequence[Any]]) -> int | None:
    """The first number at which two chains hold different blocks; None where there is none."""
    for place in range(max((len(chain) for chain in chains), default=0)):
        blocks = [chain[place].block for chain in chains if len(chain) > place]
        for block in blocks:
            if block != blocks[0]:
                return place + 1
    return None


def batch_of(commands: Sequence[bytes], basis: bytes, height: int) -> list[bytes]:
    """The order of a batch by its definition, from the bytes of commands: tag u8, account u32, nonce u64, and the rest."""

    def owner(data: bytes) -> tuple[int, int]:
        return int.from_bytes(data[1:5], "little"), int.from_bytes(data[5:13], "little")

    def key(data: bytes) -> bytes:
        return blake2b(basis + b"".join(n.to_bytes(8, "little") for n in (height, *owner(data))), digest_size=16).digest()

    def place(data: bytes) -> bytes:
        account, nonce = owner(data)
        return max(key(other) for other in commands if owner(other)[0] == account and owner(other)[1] <= nonce)

    return sorted(commands, key=lambda data: (place(data), owner(data)))
