"""Blocks as bytes: one canonical text each, so that a block has one digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_FIELDS = ("height", "previous", "view", "proposer", "machine", "content")
_LARGEST = 4_000_000  # bytes of a block


@dataclass(frozen=True)
class Block:
    """One block of the chain.

    Attributes
    ----------
    height : int
        Its number, from 1.
    previous : bytes
        The digest of the block before it; empty for the first.
    view, proposer : int
        In which view it was proposed, and by which replica.
    machine : str
        What its content is about.
    content : dict
        Plain JSON data.
    """

    height: int
    previous: bytes
    view: int
    proposer: int
    machine: str
    content: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The block as bytes: JSON with sorted keys and no spaces."""
        fields = {
            "height": self.height, "previous": self.previous.hex(), "view": self.view, "proposer": self.proposer,
            "machine": self.machine, "content": dict(self.content),
        }  # fmt: skip
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def decode(cls, data: bytes) -> Block:
        """The inverse of `encode`.

        Raises
        ------
        ValueError
            For bytes that `encode` does not write, naming the first rule that they break.
        """
        if len(data) > _LARGEST:
            raise ValueError(f"block: must have at most {_LARGEST:,} bytes; got {len(data):,}")
        try:
            fields = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"block: must be JSON; {error}") from None
        if not isinstance(fields, dict) or sorted(fields) != sorted(_FIELDS):
            got = sorted(fields) if isinstance(fields, dict) else type(fields).__name__
            raise ValueError(f"block: must have the fields {', '.join(_FIELDS)}; got {got}")
        for name in ("height", "view", "proposer"):
            if type(fields[name]) is not int or fields[name] < (1 if name == "height" else 0):
                raise ValueError(f"block: {name} must be a whole number of the allowed range; got {fields[name]!r}")
        for name, kind in (("previous", str), ("machine", str), ("content", dict)):
            if type(fields[name]) is not kind:
                raise ValueError(f"block: {name} must be a {kind.__name__}; got {fields[name]!r}")
        try:
            previous = bytes.fromhex(fields["previous"])
            block = cls(fields["height"], previous, fields["view"], fields["proposer"], fields["machine"], fields["content"])
            canonical = block.encode()
        except (ValueError, RecursionError) as error:
            raise ValueError(f"block: previous must be hexadecimal and numbers finite; {error}") from None
        if canonical != data:
            raise ValueError("block: must be written canonically, keys sorted and without spaces")
        return block


def misplaced(block: Block, machine: str, height: int, previous: bytes) -> str:
    """Why a block does not belong at a place; empty where it does."""
    if block.machine != machine:
        return f"the block is about {block.machine!r}, not {machine!r}"
    if block.height != height:
        return f"the block has number {block.height}, not {height}"
    if block.previous != previous:
        return "the block does not follow the last one"
    return ""
