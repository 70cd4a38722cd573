"""Every attack comes out as the table says, in both economies, at exact boundaries, and its log can be replayed."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.attacks import dealings, identities, messages, scene, trading
from edgeworth.mechanisms.token_market.attacks.observed import observed

SUCCEEDS: dict[str, set[str]] = {
    "literal": {"sybil", "pump-and-dump", "dispute", "over-commitment", "front-running", "credit-default"},
    "backed": set(),
}
"""Of the fifteen."""
HARMLESS = {"broken-key", "lock-first", "signed-command", "ledger-file"}
"""Of the variants, in both economies."""
STORED = (("signed-command", "tries"), ("ledger-file", "tampered"))
BOTH = pytest.mark.parametrize("economy", ["literal", "backed"])
EVERY = [*tm.ATTACKS, *tm.VARIANTS]


@cache
def played(name: str, economy: Any, seed: int = 0) -> tm.Outcome:
    return tm.attack(name, economy=economy, seed=seed)


def test_there_are_fifteen() -> None:
    assert [row.number for row in tm.ATTACKS.values()] == list(range(1, 16))
    assert not set(tm.ATTACKS) & set(tm.VARIANTS)


@BOTH
@pytest.mark.parametrize("name", EVERY)
def test_outcomes_are_as_the_table_says(name: str, economy: str) -> None:
    found = played(name, economy)
    expected = name in SUCCEEDS[economy] if name in tm.ATTACKS else name not in HARMLESS
    assert found.succeeded == bool(found) == expected, found.text
    assert found.succeeded == (found.gain > 0 or found.loss > 0)
    assert (found.name, found.economy) == (name, economy)


@BOTH
@pytest.mark.parametrize("name", EVERY)
def test_logs_are_replayed_by_the_plain_rules(name: str, economy: str) -> None:
    """To the same state; and every record says what the rules say."""
    found = played(name, economy)
    market = tm.PlainMarket(found.rules, found.endowed)
    for record in found.log:
        assert market.step(record.code, record.signer, record.nonce, record.arguments) == (record.result, record.outputs)
    assert tm.summary(market) == tm.summary(found.state)
    assert tm.violations(found.state) == []


@BOTH
@pytest.mark.parametrize("name", ["over-commitment", "oracle-majority", "front-running"])
def test_same_seed_same_outcome(name: str, economy: Any) -> None:
    once = tm.attack(name, economy=economy, seed=5)
    assert once == tm.attack(name, economy=economy, seed=5)
    assert once.log != played(name, economy).log


@BOTH
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", [name for name in tm.ATTACKS if name not in {"rounding", "sybil", "credit-default"}])
def test_outcomes_do_not_hang_on_the_seed(name: str, economy: str, seed: int) -> None:
    assert played(name, economy, seed).succeeded == (name in SUCCEEDS[economy])


@BOTH
@pytest.mark.parametrize(("liars", "honest_key", "high", "low"), [
    (2, False, 1.0, 1.0), (3, False, 10.0, 1.0), (3, True, 1.0, 1.0), (4, True, 1.0, 0.1), (7, True, 1.0, 0.1),
])  # fmt: skip
def test_oracles_at_the_boundary(economy: Any, liars: int, honest_key: bool, high: float, low: float) -> None:
    """Half a quorum of 5 is 2, half of all 7 is 3. With a key that does not lie, no number of oracles mints unbacked tokens."""
    found = identities.oracle_lies(scene.drawn(economy, 0), "oracles", liars=liars, honest_key=honest_key)
    assert found.numbers["high"] == pytest.approx(high, rel=1e-6)
    assert found.numbers["low"] == pytest.approx(low, rel=1e-6)
    assert found.succeeded == (high > 1 or low < 1)


@BOTH
@pytest.mark.parametrize("silent", range(8))
def test_silent_oracles_at_the_boundary(economy: Any, silent: int) -> None:
    assert identities.silence(scene.drawn(economy, 0), "silence", silent).succeeded == (silent > 2)


@pytest.mark.parametrize(("liars", "whole"), [(4, True), (5, False)])
def test_a_device_that_picks_its_readings(liars: int, whole: bool) -> None:
    """Three true readings and the two that it cannot do without are still led by a true one; two and three are not."""
    market = scene.drawn("backed", 0)
    device = market.devices[0]
    true = market.battery[device]
    told = dict.fromkeys(range(liars, 7), true) | dict.fromkeys(range(liars - 2), (0, 0))
    shown = scene.attestation(device, 2, *true, {seat: told[seat] for seat in sorted(told, reverse=True)[:5]})
    assert (market.must(device, shown)[:2] == true) == whole


@pytest.mark.parametrize("corrupt", range(6))
def test_arbiters_at_the_boundary(corrupt: int) -> None:
    assert dealings.disputes(scene.drawn("backed", 0), "dispute", corrupt).succeeded == (corrupt >= 3)


def test_honest_sides_are_whole_in_a_dispute() -> None:
    """A wrong result brings the requester the slash; a right one is paid for to the last unit."""
    found = played("dispute", "backed")
    refunded = sum(deal.status == "refunded" for deal in tm.summary(found.state).deals)
    assert (found.loss, refunded, len(tm.summary(found.state).deals)) == (0, 1, 4)


def test_the_share_of_a_sybil() -> None:
    literal, backed = played("sybil", "literal"), played("sybil", "backed")
    assert literal.numbers["share_of_grants"] == pytest.approx(100 / 110)
    assert (literal.numbers["borrowed"], backed.numbers["borrowed"], backed.gain) == (100, 0, 0)
    fakes = range(backed.state.accounts - 99, backed.state.accounts + 1)
    assert all(sum(backed.state.account(who).free.values()) == 0 for who in fakes)
    assert literal.gain == pytest.approx(value_of(literal, 100 * 100, 100 * 80), rel=2e-3)


def value_of(found: tm.Outcome, ctk: float, ptk: float) -> float:
    """At what the honest buyer paid, read from its two purchases in the log."""
    bought = [record for record in found.log if record.code == tm.Order.code and record.signer == 1 and record.outputs[1]]
    prices = {record.arguments[1]: record.outputs[2] / record.outputs[1] * 1_000 for record in bought[:2]}
    return ctk * prices[0] + ptk * prices[1]


def test_credit_is_worth_the_right_to_mint() -> None:
    """A default gains where the device leaves, and loses where it stays: the debt follows the attestation key."""
    stays, leaves = played("credit-default", "backed"), played("credit-exit", "backed")
    assert stays.gain < 0 < leaves.gain == 30
    assert (stays.numbers["loans"], stays.numbers["frozen"]) == (1, 1)
    assert played("credit-default", "literal").numbers["loans"] == identities.FURTHER


def test_a_stake_covers_promises_but_not_a_colluder() -> None:
    assert played("over-commitment", "backed").numbers == {"taken": 10, "paid": 10}
    assert played("over-commitment", "literal").numbers == {"taken": 10, "paid": 1}
    assert played("drained-stake", "backed").numbers == {"taken": 10, "paid": 0}


def test_readings_that_trades_move_and_readings_that_they_do_not() -> None:
    for economy in ("literal", "backed"):
        numbers = played("wash-trading", economy).numbers
        assert numbers["last after"] == pytest.approx(numbers["last before"] / 2, rel=0.01)
        assert numbers["volume after"] == numbers["volume before"] + trading.ROUNDS * 5_000_000
        assert numbers["best after"] == numbers["best before"]
        assert numbers["median after"] == numbers["median before"]
    assert (
        played("pump-and-dump", "literal").numbers["best after"]
        == 100 * played("pump-and-dump", "literal").numbers["best before"]
    )


def test_observers_of_an_empty_market() -> None:
    assert observed(tm.State.genesis(), []) == (0, 0, 0, 0, 0)


def test_all_messages_are_refused_and_all_tampering_is_found() -> None:
    for name, whole in (("replayed-command", "tries"), ("forged-attestation", "tries"), ("log-tampering", "tampered"), *STORED):
        for economy in ("literal", "backed"):
            numbers = played(name, economy).numbers
            part = numbers["found"] if "found" in numbers else numbers["refused"]
            assert numbers[whole] == part >= 5


def test_a_forged_log_that_nobody_looks_at_would_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome is computed: with a blind reader the same attack succeeds."""
    monkeypatch.setattr(messages, "verify", lambda run, every: {})
    assert tm.attack("log-tampering", economy="backed").succeeded


def test_splitting_is_of_no_use_to_buyers_and_sellers() -> None:
    for economy in ("literal", "backed"):
        numbers = played("rounding", economy).numbers
        assert numbers["bought"] > numbers["bought at once"]
        assert numbers["sold"] == numbers["sold at once"]


def test_the_table() -> None:
    table = tm.attack_table(economy="backed")
    assert list(table.columns) == ["number", "attack", "economy", "succeeded", "gain", "loss", "text"]
    assert list(table["attack"]) == list(tm.ATTACKS)
    assert set(table["attack"][table["succeeded"]]) == SUCCEEDS["backed"]


@pytest.mark.parametrize(("change", "error"), [
    ({"name": "none"}, ValueError), ({"economy": "barter"}, ValueError), ({"seed": -1}, ValueError), ({"seed": 0.5}, TypeError),
])  # fmt: skip
def test_bad_input_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(change))):
        tm.attack(**({"name": "sybil"} | change))
