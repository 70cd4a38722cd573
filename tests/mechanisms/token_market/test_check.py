"""The checker is tested too: whatever rule is skipped, and whatever number is changed, is found where it happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.check import accounts, plain
from edgeworth.mechanisms.token_market.kernels import layout
from tests.mechanisms.token_market.markets import CASH, CTK, Market, attest, promise


@dataclass
class Told:
    """A run as somebody tells it."""

    records: Sequence[tm.Record]
    state: tm.State
    rules: tm.Rules
    endowed: Sequence[int] = ()


def story(economy: Any = "backed") -> Market:
    """A market in which everything is in use: orders, open and closed deals, a debt, stakes."""
    market = Market(economy, endowed=[1_000 * CASH])
    for _ in range(2):
        if economy == "backed":
            market.supplier()
        else:
            market.must(market.device(), attest(market.state.accounts))
    market.must(1, tm.Deposit(50 * CASH))
    issuer = 2 if economy == "backed" else 0
    market.must(2, tm.Order("ask", "CTK", 3_000, CTK, issuer=issuer))
    market.must(2, tm.Order("ask", "CTK", 4_000, CTK, issuer=issuer))
    market.must(1, tm.Order("bid", "CTK", 2_000, CTK, issuer=issuer))
    market.must(3, tm.Transfer(1, "PTK", 2 * CTK))
    if economy == "literal":
        market.must(3, tm.Transfer(1, "CTK", 20 * CTK))
    for number in (1, 2):
        market.must(1, promise(1, 2, number=number, cash=10 * CASH if economy == "backed" else 0))
    market.must(1, tm.Confirm(1))
    market.must(2, tm.Pledge(bytes([2] + [0] * 31)))
    market.must(2, tm.Borrow(10 * CASH))
    return market


def told(market: Market, state: tm.State | None = None) -> Told:
    return Told(market.records, market.state if state is None else state, market.rules, market.endowed)


@pytest.mark.parametrize("economy", ["literal", "backed"])
def test_the_story_is_true(economy: str) -> None:
    assert tm.verify(told(story(economy)), every=1)


def bump(table: str, row: int, column: int, by: int) -> Callable[[tm.State], None]:
    def change(state: tm.State) -> None:
        getattr(state.tables, table)[row, column] += by

    return change


def total(column: int, by: int) -> Callable[[tm.State], None]:
    def change(state: tm.State) -> None:
        state.tables.totals[column] += by

    return change


def crossed(state: tm.State) -> None:
    bid = next(row for row in state.tables.orders if row[layout.O_ID] and row[layout.O_SIDE] == layout.BID)
    bid[layout.O_PRICE] = 3_000


def disordered(state: tm.State) -> None:
    first = int(state.tables.heads[2, layout.ASK])
    state.tables.orders[first, layout.O_PRICE] = 5_000


def locked_away(state: tm.State) -> None:
    """What no order holds, but the sums are right."""
    state.tables.accounts[1, layout.FREE + layout.CASH] -= 1
    state.tables.accounts[1, layout.LOCKED + layout.CASH] += 1


def negative(state: tm.State) -> None:
    state.tables.accounts[1, layout.FREE + layout.CASH] += state.tables.accounts[2, layout.STAKE] + 5
    state.tables.accounts[2, layout.STAKE] = -5


STATES: list[tuple[str, str, Callable[[tm.State], None]]] = [
    ("I1", "backed", bump("accounts", 1, layout.FREE + layout.CASH, 1)),
    ("I1", "literal", bump("accounts", 1, layout.FREE + layout.CTK, -1)),
    ("I1", "backed", total(layout.BURNED + layout.PTK, 1)),
    ("I2", "backed", negative),
    ("I3", "backed", locked_away),
    ("I3", "backed", bump("deals", 2, layout.D_CASH, 1)),
    ("I3", "literal", bump("deals", 2, layout.D_PTK, -1)),
    ("I4", "backed", bump("accounts", 2, layout.ISSUED, 1)),
    ("I7", "backed", bump("accounts", 2, layout.DEBT, -1)),
    ("I7", "literal", total(layout.POOL, 1)),
    ("I9", "backed", crossed),
    ("I9", "backed", disordered),
    ("I11", "literal", total(layout.BURNED + layout.CTK, 10**12)),
]


@pytest.mark.parametrize("case", range(len(STATES)))
def test_a_changed_state_is_found(case: int) -> None:
    name, economy, change = STATES[case]
    market = story(economy)
    state = market.state.copy()
    assert tm.violations(state) == []
    change(state)
    assert name in {broken.invariant for broken in tm.violations(state)}
    report = tm.verify(told(market, state=state))
    assert name in report.failures
    assert {"I12", "I13"} <= set(report.failures)
    assert report[name].witness.record is None
    assert report[name].violation >= 1


def overdue() -> Market:
    """A device that may not mint any more, and tries."""
    market = Market()
    market.supplier()
    market.must(1, tm.Burn("CTK", CTK))
    market.must(1, tm.Pledge(bytes([1] + [0] * 31)))
    market.must(1, tm.Borrow(CASH))
    market.tick(layout.TERM + 1)
    assert market.refused(1, tm.Mint("CTK", 1)) == "FROZEN"
    return market


def confirmed_twice() -> Market:
    market = story()
    assert market.refused(1, tm.Confirm(1)) == "GONE"
    return market


def careless(names: tuple[str, ...], run: Any) -> list[tm.Record]:
    """What a ledger that skips some rules writes down of the same commands, up to where it breaks down."""
    honest = accounts.need

    def blind(holds: bool, refusal: tm.Refusal) -> None:
        honest(holds or refusal.name in names, refusal)

    found: list[tm.Record] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "need", blind)
        patch.setattr(plain, "need", blind)
        market = plain.PlainMarket(run.rules, run.endowed)
        for record in run.records:
            try:
                result, outputs = market.step(record.code, record.signer, record.nonce, record.arguments)
            except (LookupError, ValueError):
                found.append(record._replace(result=0))
                break
            found.append(record._replace(result=result, outputs=outputs))
    return found


@pytest.mark.parametrize(
    ("names", "also"),
    [
        (("BALANCE",), "I12"), (("UNBACKED",), "I4"), (("FROZEN",), "I8"), (("GONE",), "I5"), (("REPLAY", "GAP"), "I6"),
        (("EARLY",), "I12"), (("OWNER",), "I12"), (("OVERDRAWN",), "I12"), (("BOUND",), "I12"), (("STALE",), "I12"),
        (("QUORUM",), "I12"), (("SIGNATURE",), "I12"),
    ],
)  # fmt: skip
def test_a_skipped_rule_is_found_at_its_record(names: tuple[str, ...], also: str) -> None:
    """By the replay, and by the invariant that the rule is there for where it has one of its own."""
    scripted = {("FROZEN",): overdue, ("GONE",): confirmed_twice}
    run = told(scripted[names]()) if names in scripted else tm.random_run(1_500, "backed", seed=1)
    records = careless(names, run)
    first = next(k for k, (one, two) in enumerate(zip(records, run.records, strict=False)) if one != two)
    report = tm.verify(Told(records, run.state, run.rules, run.endowed))
    assert report["I12"].witness.sequence == first
    assert report["I12"].witness.record == records[first]
    assert also in report.failures, str(report)


@pytest.mark.parametrize(
    ("code", "change", "invariant"),
    [
        (layout.MINT, {"result": 0}, "I12"),
        (layout.TRANSFER, {"nonce": 10**6}, "I6"),
        (layout.ORDER, {"outputs": (1, 2, 3)}, "I12"),
        (layout.TRANSFER, {"result": int(tm.Refusal.BALANCE)}, "I12"),
    ],
)
def test_an_edited_record_is_found(code: int, change: dict[str, Any], invariant: str) -> None:
    run = tm.random_run(1_000, "backed", seed=2)
    wrong = 0 if change.get("result") != 0 else int(tm.Refusal.UNBACKED)
    at = next(k for k, record in enumerate(run.log) if record.code == code and record.result == wrong)
    records = list(run.log)
    records[at] = records[at]._replace(**change)
    report = tm.verify(Told(records, run.state, run.rules))
    assert report[invariant].witness.sequence == at
    assert f"record {at}" in str(report[invariant].witness)


@pytest.mark.parametrize("edit", ["delete", "swap", "truncate", "insert"])
def test_an_edited_log_is_found(edit: str) -> None:
    run = tm.random_run(1_000, "backed", seed=2)
    records = list(run.log)
    at = next(
        k for k in range(500, 999) if records[k].result == 0 and records[k + 1].result == 0 and records[k].code == layout.ATTEST
    )
    if edit == "delete":
        del records[at]
    elif edit == "swap":
        other = next(k for k in range(at + 1, 1_000) if records[k].signer == records[at].signer and records[k].result == 0)
        records[at], records[other] = records[other], records[at]
    elif edit == "truncate":
        del records[at:]
    else:
        records.insert(at, records[at])
    report = tm.verify(Told(records, run.state, run.rules))
    assert not report
    assert report["I12"].witness.sequence >= at - 1
