"""Fields of commands: their kinds, their validation, and what the kernel sees of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, NamedTuple, get_type_hints

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.rules import ASSETS


class Kind(NamedTuple):
    """How a field is written, and what the kernel sees of it.

    Attributes
    ----------
    width : int
        Bytes of the field, an unsigned little-endian integer or plain bytes. 0: of variable length, with a count before it (u8:
        bytes of a signature, entries of a list).
    minimum, maximum : int
        Of a number; of the index of a choice; of the length of bytes and lists.
    names : tuple of str
        What the indices of a choice mean.
    becomes : {"number", "fresh", "valid", "pledge", "nothing", "entries"}
        The kernel sees the number, or what was judged of the bytes, or a list's length and its entries, each followed by what
        was judged of its signature.
    """

    width: int
    minimum: int
    maximum: int
    names: tuple[str, ...] = ()
    becomes: str = "number"


def _choice(*names: str) -> Kind:
    return Kind(1, 0, len(names) - 1, names)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "account": Kind(4, 1, 2**31 - 1),
        "issuer": Kind(4, 0, 2**31 - 1),
        "tee": Kind(4, 1, layout.MAX_TEE),
        "amount": Kind(8, 0, layout.LIMIT),
        "lots": Kind(8, layout.LOT, layout.LIMIT),
        "price": Kind(8, 1, layout.MAX_PRICE),
        "time": Kind(8, 0, layout.LAST_TIME),
        "number": Kind(8, 0, 2**63 - 1),
        "seat": Kind(1, 0, layout.MAX_PANEL - 1),
        "flag": Kind(1, 0, 1),
        "asset": _choice(*ASSETS),
        "token": _choice(*ASSETS[:2]),
        "side": _choice("bid", "ask"),
        "tif": _choice("gtc", "ioc", "fok"),
        "role": _choice("device", "user"),
        "reason": _choice("timeout", "failure", "wrong"),
        "key": Kind(32, 32, 32, becomes="fresh"),
        "digest": Kind(32, 32, 32, becomes="nothing"),
        "pledge": Kind(32, 32, 32, becomes="pledge"),
        "signature": Kind(0, 0, 255, becomes="valid"),
        "readings": Kind(0, 0, layout.MAX_PANEL, becomes="entries"),
        "votes": Kind(0, 0, layout.MAX_PANEL, becomes="entries"),
    }
)
"""Kinds of fields by name."""

AccountField = Annotated[int, "account"]
IssuerField = Annotated[int, "issuer"]
Amount = Annotated[int, "amount"]
Time = Annotated[int, "time"]
Number = Annotated[int, "number"]
Token = Annotated[str, "token"]
Digest = Annotated[bytes, "digest"]
SignatureField = Annotated[bytes, "signature"]
Seat = Annotated[int, "seat"]


@dataclass(frozen=True)
class Judged:
    """What the keeper of keys found of the signatures, keys and hashes in a command.

    Parameters
    ----------
    fresh : bool
        The key of an `Open` has no account yet.
    valid : bool
        The signature in the command verifies: of the attestation key, the co-signer, the monitor.
    each : tuple of bool, optional
        Of the signature of every reading or vote; left out, all verify.
    pledge : int, optional
        The number of a pledged hash, >= 1; of an attestation key's hash, the number of that key. Left out, it is read from the
        first seven bytes of the hash, little-endian.

    Examples
    --------
    >>> from edgeworth.mechanisms.token_market import Deposit, Open
    >>> Deposit(amount=7).arguments(), Open(bytes(32)).arguments(Judged(fresh=False))
    ([7], [0, 0])
    """

    fresh: bool = True
    valid: bool = True
    each: tuple[bool, ...] | None = None
    pledge: int | None = None


ALL_WELL = Judged()
"""Every signature verifies, every key is new."""


class Party:
    """Somebody with an account, who may stand where a command takes the account's number.

    Attributes
    ----------
    number : int
        The account's.
    """

    number: int


class Checked:
    """Fields are validated by their kinds when an object is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, kind in format_of(type(self)).items():
            object.__setattr__(self, name, _checked(name, getattr(self, name), kind))


@dataclass(frozen=True)
class Reading(Checked):
    """What an oracle signed of a device's idle resources.

    Parameters
    ----------
    seat : int
        Of the oracle, from 0.
    ctk, ptk : int
        Base units, 0 to 10^12.
    signature : bytes
        At most 255 bytes.
    """

    seat: Seat
    ctk: Amount
    ptk: Amount
    signature: SignatureField = b""


@dataclass(frozen=True)
class Vote(Checked):
    """What an arbiter signed of a disputed deal.

    Parameters
    ----------
    seat : int
        Of the arbiter, from 0.
    success : bool
        Whether the supplier did what it was to do.
    signature : bytes
        At most 255 bytes.
    """

    seat: Seat
    success: Annotated[bool, "flag"]
    signature: SignatureField = b""


_formats: dict[type, Mapping[str, str]] = {}


def format_of(kind: type) -> Mapping[str, str]:
    """The fields of a command, or of the entry of a list, in their order, each with the name of its kind in `KINDS`."""
    if kind not in _formats:
        hints = get_type_hints(kind, include_extras=True)
        found = {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}
        _formats[kind] = MappingProxyType(found)
    return _formats[kind]


def _checked(name: str, value: object, kind: str) -> object:
    """The value of a field, or a ValueError or TypeError that names it. Booleans and floats are no integers."""
    rule = KINDS[kind]
    if kind == "flag":
        return validation.flag(name, value)
    if rule.names:
        return validation.choice(name, value, rule.names)
    if rule.becomes == "number":
        if isinstance(value, Party) and kind in ("account", "issuer"):
            value = value.number
        return validation.integer(name, value, minimum=rule.minimum, maximum=rule.maximum)
    if rule.becomes == "entries":
        return _listed(name, value, Reading if kind == "readings" else Vote)
    if not isinstance(value, bytes):
        validation.reject_type(name, "must be bytes", value)
    if not rule.minimum <= len(value) <= rule.maximum:
        length = f"{rule.maximum}" if rule.minimum == rule.maximum else f"at most {rule.maximum}"
        validation.reject(name, f"must have {length} bytes", value)
    return value


def _listed(name: str, value: object, entry: type[Reading] | type[Vote]) -> object:
    if not isinstance(value, tuple) or not all(isinstance(each, entry) for each in value):
        validation.reject_type(name, f"must be a tuple of {entry.__name__}", value)
    if len(value) > layout.MAX_PANEL:
        validation.reject(name, f"must have at most {layout.MAX_PANEL} entries", value)
    seats = [each.seat for each in value]
    if any(low >= high for low, high in pairwise(seats)):
        validation.reject(name, "must be in rising order of seats, each at most once", seats)
    return value


def numbers(value: object, kind: Kind, judged: Judged) -> list[int]:
    if kind.becomes == "fresh":
        return [int(judged.fresh)]
    if kind.becomes == "valid":
        return [int(judged.valid)]
    if isinstance(value, tuple):
        valid = (True,) * len(value) if judged.each is None else judged.each
        if len(valid) != len(value):
            validation.reject("each", f"must have {len(value)} entries, one for every signature", valid)
        found = [len(value)]
        for entry, good in zip(value, valid, strict=True):
            plain = (name for name, kind in format_of(type(entry)).items() if kind != "signature")
            found += [*(int(getattr(entry, name)) for name in plain), int(good)]
        return found
    if isinstance(value, bytes):
        if kind.becomes == "nothing":
            return []
        return [int.from_bytes(value[:7], "little") if judged.pledge is None else judged.pledge]
    return [kind.names.index(value) if isinstance(value, str) else int(value)]  # type: ignore[call-overload]
