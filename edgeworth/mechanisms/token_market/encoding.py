"""The one encoding of commands: a tag, fixed-width little-endian integers, and bytes with their length before them.

A signed command is its tag (u8), its signer (u32), its nonce (u64), and its fields in the order and the widths of `FORMATS`.
Every command has one encoding, and what is no encoding of a command is refused: decode(encode(x)) = x, encode(decode(b)) = b.
"""

from __future__ import annotations

from typing import NoReturn

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.commands import COMMANDS, FORMATS, Command
from edgeworth.mechanisms.token_market.fields import KINDS, Checked, Reading, Vote

_NONCE = 2**63 - 1
_ACCOUNT = 2**31 - 1


def encode(command: Command, signer: int, nonce: int) -> bytes:
    """The bytes of a command.

    Parameters
    ----------
    command : Command
        Valid by construction.
    signer : int
        The account, 0 to 2^31 - 1; 0 is the sequencer, and whoever opens an account.
    nonce : int
        Of the signer, 0 to 2^63 - 1.

    Returns
    -------
    bytes

    Examples
    --------
    >>> from edgeworth.mechanisms.token_market import Deposit
    >>> encode(Deposit(amount=258), 3, 7).hex()
    '060300000007000000000000000201000000000000'
    """
    if not isinstance(command, COMMANDS):
        validation.reject_type("command", "must be a command of the token market", command)
    who = validation.integer("signer", signer, minimum=0, maximum=_ACCOUNT)
    count = validation.integer("nonce", nonce, minimum=0, maximum=_NONCE)
    return bytes([command.code]) + who.to_bytes(4, "little") + count.to_bytes(8, "little") + body(command)


def body(thing: Checked, *, signatures: bool = True) -> bytes:
    """The fields of a command, or of an entry of a list.

    Parameters
    ----------
    thing : Command, Reading or Vote
        What is written.
    signatures : bool
        False: without signatures, and without the lists whose entries have some; what an inner signature signs.

    Returns
    -------
    bytes
    """
    parts = []
    for name, field in FORMATS[type(thing)].items():
        kind, value = KINDS[field], getattr(thing, name)
        if kind.becomes in ("valid", "entries"):
            if signatures:
                inner = value if isinstance(value, bytes) else b"".join(body(each) for each in value)
                parts.append(bytes([len(value)]) + inner)
        elif isinstance(value, bytes):
            parts.append(value)
        else:
            number = kind.names.index(value) if isinstance(value, str) else int(value)
            parts.append(number.to_bytes(kind.width, "little"))
    return b"".join(parts)


def decode(data: bytes) -> tuple[Command, int, int]:
    """The command that `encode` wrote, with its signer and its nonce.

    Parameters
    ----------
    data : bytes
        All of it.

    Returns
    -------
    command : Command
    signer, nonce : int

    Raises
    ------
    ValueError, TypeError
        For what is no encoding of a command: an unknown tag, bytes missing or left over, numbers out of their ranges.

    Examples
    --------
    >>> decode(bytes.fromhex("060300000007000000000000000201000000000000"))
    (Deposit(amount=258), 3, 7)
    """
    if not isinstance(data, bytes):
        validation.reject_type("command", "must be bytes", data)
    reader = _Reader(data)
    tag = reader.number("tag", 1)
    if not 1 <= tag <= len(COMMANDS):
        validation.reject("tag", f"must be from 1 to {len(COMMANDS)}", tag)
    signer = validation.integer("signer", reader.number("signer", 4), maximum=_ACCOUNT)
    nonce = validation.integer("nonce", reader.number("nonce", 8), maximum=_NONCE)
    kind = COMMANDS[tag - 1]
    command = kind(**reader.fields(kind))
    if reader.at != len(data):
        validation.reject("command", f"must end after {reader.at} bytes", data)
    return command, signer, nonce


class _Reader:
    """Fields from bytes, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, name: str, width: int) -> bytes:
        if self.at + width > len(self.data):
            self._short(name, width)
        self.at += width
        return self.data[self.at - width : self.at]

    def _short(self, name: str, width: int) -> NoReturn:
        validation.reject(name, f"must have {width} bytes, and only {len(self.data) - self.at} are left", self.data)

    def number(self, name: str, width: int) -> int:
        return int.from_bytes(self.take(name, width), "little")

    def fields(self, kind: type) -> dict[str, object]:
        """By name, as the constructor of `kind` takes them and validates them."""
        found: dict[str, object] = {}
        for name, field in FORMATS[kind].items():
            rule = KINDS[field]
            if rule.becomes == "entries":
                entry = Reading if field == "readings" else Vote
                found[name] = tuple(entry(**self.fields(entry)) for _ in range(self.number(name, 1)))  # type: ignore[arg-type]
            elif rule.becomes == "valid":
                found[name] = self.take(name, self.number(name, 1))
            elif rule.becomes != "number":
                found[name] = self.take(name, rule.width)
            else:
                found[name] = _value(name, self.number(name, rule.width), field)
        return found


def _value(name: str, number: int, field: str) -> object:
    rule = KINDS[field]
    if not rule.names and field != "flag":
        return number
    validation.integer(name, number, maximum=rule.maximum)
    return rule.names[number] if rule.names else bool(number)
