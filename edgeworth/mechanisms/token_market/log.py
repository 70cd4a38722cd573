"""Logs: what was commanded and what became of it, as columns of integers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, overload

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Ints
from edgeworth.mechanisms.token_market.commands import COMMANDS, FORMATS, Command
from edgeworth.mechanisms.token_market.fields import KINDS, Judged, Reading, Vote
from edgeworth.mechanisms.token_market.rules import Refusal


class Record(NamedTuple):
    """One line of a log.

    Attributes
    ----------
    code, signer, nonce : int
        Of the command; see `execute`.
    arguments : tuple of int
        As the kernel saw them.
    result : int
        A `Refusal`, 0 where the command was accepted.
    outputs : tuple of int
        What it led to; see `Effect`.
    """

    code: int
    signer: int
    nonce: int
    arguments: tuple[int, ...]
    result: int
    outputs: tuple[int, ...]


class Log(Sequence[Record]):
    """A sequence of records, held as columns.

    Parameters
    ----------
    head : int64 array [n, 5]
        Code, signer, nonce, result, and where the arguments end in `flat`.
    outputs : int64 array [n, 3]
        Of every record.
    flat : int64 array
        All arguments, one record after the other.
    """

    def __init__(self, head: Ints, outputs: Ints, flat: Ints) -> None:
        self.head, self.outputs, self.flat = head, outputs, flat

    def __len__(self) -> int:
        return len(self.head)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        k = range(len(self))[index]
        code, signer, nonce, result, end = self.head[k].tolist()
        begin = int(self.head[k - 1, 4]) if k else 0
        arguments, outputs = self.flat[begin:end].tolist(), self.outputs[k].tolist()
        return Record(code, signer, nonce, tuple(arguments), result, tuple(outputs))

    def __iter__(self) -> Iterator[Record]:
        return (self[k] for k in range(len(self)))

    def counts(self) -> dict[str, int]:
        """How many records had each result, by name."""
        found = np.bincount(self.head[:, 3], minlength=len(Refusal)).tolist()
        return {Refusal(k).name: count for k, count in enumerate(found) if count}

    def __repr__(self) -> str:
        return f"<Log: {len(self)} records, {int((self.head[:, 3] == 0).sum())} accepted>"


def command_of(record: Record) -> tuple[Command, Judged]:
    """The command of a record, with what was judged of it. Signatures are empty; keys and hashes hold a number.

    Parameters
    ----------
    record : Record
        Of numbers within the ranges of their fields.

    Returns
    -------
    command : Command
    judged : Judged

    Raises
    ------
    ValueError
        For numbers that no command can have.

    Examples
    --------
    >>> command_of(Record(5, 1, 0, (2, 2, 5, 0), 0, (0, 0, 0)))[0]
    Transfer(to=2, asset='CASH', amount=5, issuer=0)
    """
    kind = COMMANDS[record.code - 1]
    rest = list(record.arguments)
    values: dict[str, Any] = {}
    judged = Judged()
    for name, field in FORMATS[kind].items():
        rule = KINDS[field]
        if rule.becomes == "nothing":
            values[name] = bytes(rule.width)
            continue
        number = rest.pop(0)
        if rule.becomes == "fresh":
            values[name], judged = bytes(rule.width), replace(judged, fresh=_truth(name, number))
        elif rule.becomes == "valid":
            values[name], judged = b"", replace(judged, valid=_truth(name, number))
        elif rule.becomes == "pledge":
            values[name] = validation.integer(name, number, minimum=0).to_bytes(rule.width, "little")
            judged = replace(judged, pledge=number)
        elif rule.becomes == "entries":
            width = 4 if field == "readings" else 3
            count = validation.integer(name, number, minimum=0, maximum=rule.maximum)
            parts = [rest[width * k : width * (k + 1)] for k in range(count)]
            if width * count != len(rest):
                validation.reject(name, f"must have {count} entries", rest)
            values[name] = tuple(_reading(*part) if field == "readings" else _vote(*part) for part in parts)
            judged, rest = replace(judged, each=tuple(_truth(name, part[-1]) for part in parts)), []
        elif rule.names or field == "flag":
            names: tuple[str | bool, ...] = rule.names or (False, True)
            values[name] = names[validation.integer(name, number, minimum=0, maximum=rule.maximum)]
        else:
            values[name] = number
    return kind(**values), judged


def _reading(seat: int, ctk: int, ptk: int, valid: int) -> Reading:
    return Reading(seat, ctk, ptk)


def _vote(seat: int, success: int, valid: int) -> Vote:
    return Vote(seat, _truth("success", success))


def _truth(name: str, number: int) -> bool:
    return bool(validation.integer(name, number, minimum=0, maximum=1))
