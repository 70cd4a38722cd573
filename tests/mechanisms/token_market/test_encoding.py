"""One encoding of every command: there and back, and what is none is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.fields import Checked
from tests.mechanisms.token_market.markets import attest


def field(kind: str) -> st.SearchStrategy[Any]:
    rule = tm.KINDS[kind]
    if kind == "flag":
        return st.booleans()
    if rule.names:
        return st.sampled_from(rule.names)
    if rule.becomes == "entries":
        entry = tm.Reading if kind == "readings" else tm.Vote
        seats = st.lists(st.integers(0, 6), unique=True).map(sorted)
        return seats.flatmap(lambda found: st.tuples(*(thing(entry, seat=seat) for seat in found)))
    if rule.becomes == "number":
        return st.one_of(st.integers(rule.minimum, rule.maximum), st.sampled_from([rule.minimum, rule.maximum]))
    return st.binary(min_size=rule.minimum, max_size=rule.maximum)


def thing(kind: type[Checked], **fixed: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        kind, **{name: st.just(fixed[name]) if name in fixed else field(f) for name, f in tm.FORMATS[kind].items()}
    )


commands = st.sampled_from(tm.COMMANDS).flatmap(thing)


@given(commands, st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1))
@settings(max_examples=150, deadline=None)
def test_there_and_back(command: tm.Command, signer: int, nonce: int) -> None:
    data = tm.encode(command, signer, nonce)
    assert tm.decode(data) == (command, signer, nonce)
    for wrong in (data[:-1], data + b"\0", b""):
        with pytest.raises(ValueError, match="must"):
            tm.decode(wrong)


@given(commands, st.data())
@settings(max_examples=150, deadline=None)
def test_other_bytes_are_another_command_or_none(command: tm.Command, data: st.DataObject) -> None:
    """What decodes encodes to the very bytes."""
    encoded = bytearray(tm.encode(command, 1, 2))
    at = data.draw(st.integers(0, 8 * len(encoded) - 1))
    encoded[at // 8] ^= 1 << at % 8
    try:
        found = tm.decode(bytes(encoded))
    except ValueError:
        return
    assert found != (command, 1, 2)
    assert tm.encode(*found) == bytes(encoded)


ORDER = tm.encode(tm.Order("bid", "CTK", 5, 1_000), 1, 0)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0" + ORDER[1:], "tag"),
        (b"\x13" + ORDER[1:], "tag"),
        (ORDER[:1] + b"\xff\xff\xff\xff" + ORDER[5:], "signer"),
        (ORDER[:5] + b"\xff" * 8 + ORDER[13:], "nonce"),
        (ORDER[:13] + b"\x02" + ORDER[14:], "side"),
        (ORDER[:14] + b"\x02" + ORDER[15:], "asset"),
        (ORDER[:15] + bytes(8) + ORDER[23:], "price"),
        (ORDER[:15] + b"\xff" * 8 + ORDER[23:], "price"),
        (ORDER[:-1] + b"\x03", "tif"),
        (ORDER[:-1], "tif"),
        (tm.encode(attest(1), 1, 0)[:-3], "ctk|ptk|signature"),
        (tm.encode(tm.Attest(1, 1, 1, 1), 1, 0)[:-1] + b"\x08", "seat"),
        (tm.encode(tm.Arbitrate(1, (tm.Vote(1, True),)), 1, 0)[:-2] + b"\x02\x00", "success"),
    ],
)
def test_no_encodings(data: bytes, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        tm.decode(data)


@pytest.mark.parametrize("arguments", [(tm.Reading(0, 1, 1), 1, 0), (tm.Deposit(1), True, 0), ("x", 1, 0)])
def test_what_is_no_command(arguments: Any) -> None:
    with pytest.raises(TypeError, match="must be"):
        tm.encode(*arguments)
    with pytest.raises(TypeError, match="must be bytes"):
        tm.decode(bytearray(ORDER))  # type: ignore[arg-type]


def test_entries_out_of_order_are_refused() -> None:
    """So that the same readings have one encoding."""
    head = tm.encode(tm.Arbitrate(1, ()), 1, 0)[:-1]
    one, two = b"\x00\x01\x00", b"\x01\x01\x00"
    assert tm.decode(head + b"\x02" + one + two)[0] == tm.Arbitrate(1, (tm.Vote(0, True), tm.Vote(1, True)))
    for wrong in (two + one, one + one):
        with pytest.raises(ValueError, match="rising order"):
            tm.decode(head + b"\x02" + wrong)
