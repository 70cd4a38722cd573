"""Commands are valid by construction, and one table says how they are written."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.kernels import layout

WRONG = [
    (lambda: tm.Mint("CTK", 1.0), TypeError, "amount"),
    (lambda: tm.Mint("CTK", -0.0), TypeError, "amount"),
    (lambda: tm.Mint("CTK", True), TypeError, "amount"),
    (lambda: tm.Mint("CTK", "-0"), TypeError, "amount"),
    (lambda: tm.Mint("CTK", -1), ValueError, "amount"),
    (lambda: tm.Mint("CTK", 10**12 + 1), ValueError, "amount"),
    (lambda: tm.Mint("CTK", float("nan")), TypeError, "amount"),
    (lambda: tm.Mint("CASH", 1), ValueError, "asset"),
    (lambda: tm.Burn("ctk", 1), ValueError, "asset: must be one of CTK, PTK"),
    (lambda: tm.Transfer(0, "CTK", 1), ValueError, "to"),
    (lambda: tm.Transfer(1, 0, 1), TypeError, "asset"),  # type: ignore[arg-type]
    (lambda: tm.Order("ask", "CTK", 0, 1_000), ValueError, "price"),
    (lambda: tm.Order("ask", "CTK", 9_000_001, 1_000), ValueError, "price"),
    (lambda: tm.Order("ask", "CTK", 1, 999), ValueError, "amount"),
    (lambda: tm.Order("sell", "CTK", 1, 1_000), ValueError, "side"),
    (lambda: tm.Order("ask", "CTK", 1, 1_000, tif="day"), ValueError, "tif"),
    (lambda: tm.Open(b"short"), ValueError, "32 bytes"),
    (lambda: tm.Open(bytes(32), "server"), ValueError, "role"),
    (lambda: tm.Open("key"), TypeError, "key"),  # type: ignore[arg-type]
    (lambda: tm.Tick(10**15 + 1), ValueError, "time"),
    (lambda: tm.Claim(1, "late"), ValueError, "reason"),
    (lambda: tm.Confirm(2**63), ValueError, "deal"),
    (lambda: tm.Receipt(1, bytes(32), bytes(256)), ValueError, "signature"),
    (lambda: tm.Attest(0, 1, 1, 1), ValueError, "tee"),
    (lambda: tm.Attest(1, 1, 1, 1, readings=[tm.Reading(0, 1, 1)]), TypeError, "readings"),  # type: ignore[arg-type]
    (lambda: tm.Attest(1, 1, 1, 1, readings=(tm.Reading(1, 1, 1), tm.Reading(1, 1, 1))), ValueError, "rising"),
    (lambda: tm.Arbitrate(1, (tm.Vote(2, True), tm.Vote(1, True))), ValueError, "rising"),
    (lambda: tm.Reading(7, 1, 1), ValueError, "seat"),
    (lambda: tm.Vote(0, 1), TypeError, "success"),
    (lambda: tm.Commit(1, 2, 0, bytes(31), 0, 0, 0, 0, 1), ValueError, "task"),
    (lambda: tm.Commit(1, 2, 0, bytes(32), 0, 0, 0, 0, 1, prepaid=1), TypeError, "prepaid"),
    (lambda: tm.Attest(1, 1, 1, 1, readings=(tm.Reading(0, 1, 1),)).arguments(tm.Judged(each=())), ValueError, "each"),
    (lambda: tm.Rules("fiat"), ValueError, "economy"),  # type: ignore[arg-type]
    (lambda: tm.Rules(quorum=8), ValueError, "quorum"),
    (lambda: tm.Rules(arbiter_quorum=2), ValueError, "arbiter_quorum"),
    (lambda: tm.Rules(grant=(1, 2)), TypeError, "grant"),  # type: ignore[arg-type]
    (lambda: tm.Rules(pool=-2), ValueError, "pool"),
    (lambda: tm.State.genesis(endowed=[1.5]), TypeError, "endowed"),  # type: ignore[list-item]
    (lambda: tm.State.genesis().account(1), ValueError, "account"),
    (lambda: tm.State.from_bytes(b"nothing"), ValueError, "data"),
    (lambda: tm.State.from_bytes(tm.State.genesis().to_bytes()[:-8]), ValueError, "data"),
    (lambda: tm.State.from_bytes(tm.State.genesis().to_bytes() + bytes(8)), ValueError, "data"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_what_is_wrong_is_refused_by_name(case: int) -> None:
    make, kind, words = WRONG[case]
    with pytest.raises(kind, match=words):
        make()


def test_the_table_is_complete() -> None:
    """Every field of every command has a kind; codes are the kernel's; fixed widths hold the largest values."""
    assert [command.code for command in tm.COMMANDS] == list(range(1, layout.COMMANDS + 1))
    for command in tm.COMMANDS:
        assert getattr(layout, command.__name__.upper()) == command.code
    for kind, fields in tm.FORMATS.items():
        assert list(fields) == [field.name for field in dataclasses.fields(kind)]
        assert set(fields.values()) <= set(tm.KINDS)
    for kind in tm.KINDS.values():
        if kind.becomes == "number":
            assert 0 <= kind.minimum <= kind.maximum < 256**kind.width
            assert not kind.names or kind.maximum == len(kind.names) - 1


def test_integers_of_numpy_become_plain_ones() -> None:
    assert type(tm.Deposit(np.int64(5)).amount) is int  # type: ignore[arg-type]


def test_what_was_judged_reaches_the_kernel() -> None:
    held = tm.Attest(3, 1, 10, 20, readings=(tm.Reading(0, 1, 2), tm.Reading(6, 3, 4)))
    assert held.arguments() == [3, 1, 10, 20, 1, 2, 0, 1, 2, 1, 6, 3, 4, 1]
    assert held.arguments(tm.Judged(valid=False, each=(True, False))) == [3, 1, 10, 20, 0, 2, 0, 1, 2, 1, 6, 3, 4, 0]
    assert tm.Pledge(bytes([5, 1] + [0] * 30)).arguments() == [261]
    assert tm.Pledge(bytes(32)).arguments(tm.Judged(pledge=9)) == [9]
    assert tm.Commit(1, 2, 3, bytes(32), 4, 5, 6, 7, 8, True).arguments(tm.Judged(valid=False)) == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        1,
        0,
    ]


@pytest.mark.parametrize("economy", ["literal", "backed"])
def test_commands_and_records_say_the_same(economy: Any) -> None:
    """Every accepted record is a command, and a command leads back to its record."""
    run = tm.random_run(4_000, economy, seed=2)
    for record in run.log:
        if record.result == tm.Refusal.ACCEPTED:
            command, judged = tm.command_of(record)
            assert command.code == record.code
            assert tuple(command.arguments(judged)) == record.arguments
    issued = tm.random_issues(3_000, economy=economy, seed=2)
    assert len(issued) == 3_000
    state = tm.State.genesis(run.rules)
    for each in issued:
        effect = tm.execute(state, each.command, signer=each.signer, nonce=each.nonce, judged=each.judged)
        assert int(effect.refusal) == each.result


@pytest.mark.parametrize("numbers", [(9, 0, 1), (2, 9, 0), (2, 0, 10**13)])
def test_numbers_that_no_command_has(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be"):
        tm.command_of(tm.Record(5, 1, 0, (*numbers, -1), 0, (0, 0, 0)))


def test_the_state_and_its_bytes() -> None:
    state = tm.random_run(2_000, "backed", seed=4).state
    again = tm.State.from_bytes(state.to_bytes())
    assert again.digest() == state.digest() == state.copy().digest()
    assert tm.summary(again) == tm.summary(state)
    assert again.rules == state.rules
    other = state.copy()
    other.grow()
    assert other.digest() == state.digest()
    tm.execute(other, tm.Tick(state.clock + 1), signer=0)
    assert other.digest() != state.digest()
    assert again.digest() == state.digest()
