"""Every refusal is reached, by both implementations, and changes no byte (`Market.numbers` looks)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.kernels import layout
from tests.mechanisms.token_market.markets import CASH, CTK, RICH, Market, attest, promise, readings, votes

Case = Callable[[Market], str]
NO = tm.Judged(valid=False)


def parties(market: Market, **changes: Any) -> tuple[int, int, int]:
    """A supplier, a requester and their open deal."""
    supplier, requester = market.supplier(), 1
    return supplier, requester, market.must(requester, promise(requester, supplier, **changes))[0]


def disputed(market: Market) -> tuple[int, int, int]:
    supplier, requester, deal = parties(market)
    market.must(supplier, tm.Receipt(deal, bytes(32)))
    market.must(requester, tm.Claim(deal, "wrong"))
    return supplier, requester, deal


def debtor(market: Market) -> int:
    who = market.supplier(ctk=0)
    market.must(who, tm.Pledge(bytes([who] + [0] * 31)))
    market.must(who, tm.Borrow(10 * CASH))
    return who


def unknown(market: Market) -> str:
    assert not market.numbers(0, 1, 0, [])
    return market.numbers(19, 1, 0, []).refusal.name


def no_receipts(market: Market) -> str:
    """Nor arbiters, nor payments in cash, in the paper's economy."""
    literal = Market("literal")
    one, two = literal.device(), literal.device()
    assert literal.refused(one, promise(one, two)) == "RANGE"
    deal = literal.must(one, promise(one, two, cash=0))[0]
    assert literal.refused(one, tm.Arbitrate(deal, votes(*[True] * 5))) == "UNKNOWN"
    return literal.refused(two, tm.Receipt(deal, bytes(32)))


def gap(market: Market) -> str:
    return market.numbers(layout.DEPOSIT, 1, 1, [5]).refusal.name


def replay(market: Market) -> str:
    market.must(1, tm.Deposit(5))
    return market.numbers(layout.DEPOSIT, 1, 0, [5]).refusal.name


def used_number(market: Market) -> str:
    supplier, requester, _ = parties(market)
    return market.refused(supplier, promise(requester, supplier, ctk=0))


def other_key(market: Market) -> str:
    market.supplier()
    return market.refused(market.device(), attest(2))


def second_key(market: Market) -> str:
    return market.refused(market.supplier(), attest(77, period=2))


def quorum(market: Market) -> str:
    return market.refused(1, attest(1, count=4))


def unsigned_quorum(market: Market) -> str:
    return market.refused(1, attest(1), tm.Judged(each=(True,) * 4 + (False,) * 3))


def strangers(market: Market) -> str:
    small = Market(endowed=[RICH], oracles=4, quorum=4)
    found = tm.Attest(1, 1, 5, 5, readings=readings(7, 5, 5)[1:])
    return small.refused(1, found)


def frozen(market: Market, act: Callable[[int], tm.Command]) -> str:
    who = debtor(market)
    market.must(who, attest(who, period=2, ctk=60 * CTK))
    market.tick(layout.TERM)
    market.must(who, tm.Mint("CTK", 1))
    market.tick(1)
    return market.refused(who, act(who))


def too_many_orders(market: Market) -> str:
    for _ in range(layout.ORDER_CAP):
        market.must(1, tm.Order("bid", "CTK", 1, 1_000, issuer=1))
    market.must(1, tm.Order("bid", "CTK", 1, 1_000, issuer=1, tif="ioc"))
    return market.refused(1, tm.Order("bid", "CTK", 1, 1_000, issuer=1))


def unfilled(market: Market) -> str:
    who = market.supplier()
    market.must(who, tm.Order("ask", "CTK", 100, 5 * CTK, issuer=who))
    return market.refused(1, tm.Order("bid", "CTK", 100, 5 * CTK + 1, issuer=who, tif="fok"))


def own_order(market: Market) -> str:
    who = market.supplier()
    market.must(1, tm.Transfer(who, "CASH", 10 * CASH))
    market.must(who, tm.Order("ask", "CTK", 1, CTK, issuer=who))
    return market.refused(who, tm.Order("bid", "CTK", 1, CTK, issuer=who, tif="fok"))


def cancelled_twice(market: Market) -> str:
    number = market.must(1, tm.Order("bid", "CTK", 1, 1_000, issuer=1))[0]
    market.must(1, tm.Cancel(number))
    market.must(1, tm.Order("bid", "CTK", 1, 1_000, issuer=1))  # in the same row, with another number
    return market.refused(1, tm.Cancel(number))


def cancelled_by_another(market: Market) -> str:
    number = market.must(1, tm.Order("bid", "CTK", 1, 1_000, issuer=1))[0]
    return market.refused(market.device(), tm.Cancel(number))


def late(market: Market) -> str:
    supplier, requester, deal = parties(market)
    market.must(supplier, tm.Receipt(deal, bytes(32)))
    market.tick(layout.WINDOW + 1)
    return market.refused(requester, tm.Claim(deal, "failure"))


def in_time(market: Market) -> str:
    supplier, requester, deal = parties(market)
    market.must(supplier, tm.Receipt(deal, bytes(32)))
    market.tick(layout.WINDOW)
    assert market.refused(supplier, tm.Confirm(deal)) == "EARLY"
    market.must(requester, tm.Claim(deal, "failure"))
    return market.refused(supplier, tm.Confirm(deal))


def timeout_despite_receipt(market: Market) -> str:
    supplier, requester, deal = parties(market)
    market.must(supplier, tm.Receipt(deal, bytes(32)))
    return market.refused(requester, tm.Claim(deal, "timeout"))


def receipt_twice(market: Market) -> str:
    supplier, _, deal = parties(market)
    market.must(supplier, tm.Receipt(deal, bytes(32)))
    return market.refused(supplier, tm.Receipt(deal, bytes(32)))


def receipt_after_deadline(market: Market) -> str:
    supplier, _, deal = parties(market)
    market.tick(15_001)
    return market.refused(supplier, tm.Receipt(deal, bytes(32)))


def committed_after_deadline(market: Market) -> str:
    supplier = market.supplier()
    market.tick(15_001)
    return market.refused(1, promise(1, supplier))


def bad_vote(market: Market) -> str:
    supplier, _, deal = disputed(market)
    return market.numbers(layout.ARBITRATE, supplier, market.state.nonce(supplier), [deal, 1, 0, 2, 1]).refusal.name


def bad_reason(market: Market) -> str:
    _, requester, deal = parties(market)
    return market.numbers(layout.CLAIM, requester, market.state.nonce(requester), [deal, 3]).refusal.name


def pool_empty(market: Market) -> str:
    poor = Market(endowed=[RICH], pool=5 * CASH)
    who = poor.supplier()
    poor.must(who, tm.Pledge(bytes([who] + [0] * 31)))
    return poor.refused(who, tm.Borrow(5 * CASH + 1))


def no_more_supply(market: Market) -> str:
    who = market.supplier()
    minted, burned = layout.SUPPLY - 3, layout.SUPPLY - 3 - 50 * CTK  # four million of the largest mintings would do it
    totals = market.state.tables.totals
    totals[layout.MINTED], totals[layout.BURNED] = minted, burned
    market.plain.minted[0], market.plain.burned[0] = minted, burned
    market.must(who, attest(who, period=2, ctk=60 * CTK))
    market.must(who, tm.Mint("CTK", 3))
    return market.refused(who, tm.Mint("CTK", 1))


def withdraw_at_once(market: Market) -> str:
    market.must(1, tm.Deposit(50))
    assert market.refused(1, tm.Withdraw(51)) == "BALANCE"
    assert market.refused(1, tm.Withdraw(50)) == "EARLY"
    market.must(1, tm.Withdraw(0))
    market.tick(layout.NOTICE - 1)
    assert market.refused(1, tm.Withdraw(50)) == "EARLY"
    market.tick(1)
    market.must(1, tm.Withdraw(20))
    return market.refused(1, tm.Withdraw(20))


def withdraw_with_deals(market: Market) -> str:
    market.must(1, tm.Deposit(50))
    market.must(1, tm.Withdraw(0))
    parties(market)
    market.tick(layout.NOTICE)
    return market.refused(1, tm.Withdraw(50))


CASES: list[tuple[str, Case]] = [
    ("UNKNOWN", unknown),
    ("UNKNOWN", no_receipts),
    ("RANGE", lambda m: m.numbers(layout.DEPOSIT, 1, 0, [10**12 + 1]).refusal.name),
    ("RANGE", lambda m: m.numbers(layout.ORDER, 1, 0, [2, 0, 1, 1_000, 1, 0]).refusal.name),
    ("RANGE", lambda m: m.refused(1, promise(1, m.supplier(), deadline=0))),
    ("RANGE", lambda m: m.numbers(layout.TICK, 0, 0, [10**15 + 1]).refusal.name),
    ("RANGE", lambda m: m.numbers(layout.ATTEST, 1, 0, [1, 1, 1, 1, 1, 2, 3, 1, 1, 1, 3, 1, 1, 1]).refusal.name),
    ("RANGE", bad_vote),
    ("RANGE", bad_reason),
    ("ASSET", lambda m: m.numbers(layout.MINT, 1, 0, [2, 1]).refusal.name),
    ("ASSET", lambda m: m.numbers(layout.TRANSFER, 1, 0, [1, 3, 1, 0]).refusal.name),
    ("ACCOUNT", lambda m: m.refused(9, tm.Deposit(1))),
    ("ACCOUNT", lambda m: m.refused(0, tm.Deposit(1))),
    ("ACCOUNT", lambda m: m.refused(1, tm.Transfer(9, "CASH", 1))),
    ("ACCOUNT", lambda m: m.numbers(layout.TRANSFER, 1, 0, [0, 2, 1, 0]).refusal.name),
    ("ACCOUNT", lambda m: m.refused(1, tm.Transfer(1, "CTK", 0, issuer=9))),
    ("ACCOUNT", lambda m: m.refused(1, tm.Transfer(1, "CASH", 0, issuer=1))),
    ("ACCOUNT", lambda m: m.refused(1, promise(1, 1))),
    ("ACCOUNT", lambda m: m.refused(1, tm.Order("bid", "CTK", 1, 1_000))),
    ("ROLE", lambda m: m.numbers(layout.OPEN, 0, 0, [1, 2]).refusal.name),
    ("ROLE", lambda m: m.refused(m.device("user"), attest(5))),
    ("ROLE", lambda m: m.refused(m.device("user"), tm.Pledge(bytes([1] * 32)))),
    ("KEY", lambda m: m.refused(0, tm.Open(bytes(32)), tm.Judged(fresh=False))),
    ("REPLAY", replay),
    ("REPLAY", used_number),
    ("GAP", gap),
    ("SIGNATURE", lambda m: m.refused(1, attest(1), NO)),
    ("SIGNATURE", lambda m: m.refused(1, promise(1, m.supplier()), NO)),
    ("SIGNATURE", lambda m: m.refused(parties(m)[0], tm.Receipt(1, bytes(32)), NO)),
    ("STALE", lambda m: m.refused(m.supplier(), attest(2, period=1))),
    ("QUORUM", quorum),
    ("QUORUM", unsigned_quorum),
    ("QUORUM", strangers),
    ("QUORUM", lambda m: m.refused(disputed(m)[0], tm.Arbitrate(1, votes(True, True, False, False)))),
    ("QUORUM", lambda m: m.refused(disputed(m)[0], tm.Arbitrate(1, votes(*[True] * 3)), tm.Judged(each=(True, True, False)))),
    ("QUORUM", lambda m: m.refused(disputed(m)[0], tm.Arbitrate(1, tuple(tm.Vote(k, True) for k in (3, 4, 5, 6))))),
    ("BOUND", other_key),
    ("BOUND", second_key),
    ("BOUND", lambda m: m.refused(m.supplier(), tm.Pledge(bytes([9] + [0] * 31)))),
    ("UNATTESTED", lambda m: m.refused(1, tm.Mint("CTK", 0))),
    ("UNATTESTED", lambda m: m.refused(1, tm.Pledge(bytes([1] + [0] * 31)))),
    ("UNBACKED", lambda m: m.refused(m.supplier(), tm.Mint("CTK", 1))),
    ("SUPPLY", no_more_supply),
    ("FROZEN", lambda m: frozen(m, lambda who: tm.Mint("CTK", 1))),
    ("FROZEN", lambda m: frozen(m, lambda who: tm.Borrow(1))),
    ("FROZEN", lambda m: frozen(m, lambda who: promise(1, who, ctk=0, ptk=0, deadline=700_000))),
    ("FROZEN", lambda m: frozen(m, lambda who: promise(who, 1, ctk=0, ptk=0, cash=0, deadline=700_000))),
    ("BALANCE", lambda m: m.refused(1, tm.Transfer(1, "CASH", RICH + 1))),
    ("BALANCE", lambda m: m.refused(1, tm.Deposit(RICH + 1))),
    ("BALANCE", lambda m: m.refused(1, tm.Burn("CTK", 1))),
    ("BALANCE", lambda m: m.refused(1, tm.Order("bid", "CTK", 10**6, 10**9 + 1, issuer=1))),
    ("BALANCE", lambda m: m.refused(1, tm.Order("ask", "CTK", 1, 1_000, issuer=1))),
    ("BALANCE", lambda m: m.refused(1, promise(1, m.supplier(), ctk=51 * CTK))),
    ("BALANCE", lambda m: m.refused(1, promise(1, m.supplier(), cash=RICH + 1))),
    ("BALANCE", lambda m: m.refused(1, promise(1, m.supplier(), prepaid=True))),
    ("EARLY", withdraw_at_once),
    ("DEALS", withdraw_with_deals),
    ("FOREIGN", lambda m: m.refused(m.supplier(), tm.Order("ask", "CTK", 1, 1_000, issuer=1))),
    ("ORDERS", too_many_orders),
    ("UNFILLED", unfilled),
    ("UNFILLED", own_order),
    ("OWNER", cancelled_by_another),
    ("OWNER", lambda m: m.refused(m.device(), promise(1, m.supplier()))),
    ("OWNER", lambda m: m.refused(parties(m)[0], tm.Claim(1, "timeout"))),
    ("OWNER", lambda m: m.refused(parties(m)[1], tm.Receipt(1, bytes(32)))),
    ("OWNER", lambda m: (parties(m), m.refused(m.device(), tm.Confirm(1)))[1]),
    ("GONE", cancelled_twice),
    ("GONE", lambda m: m.refused(1, tm.Cancel(0))),
    ("GONE", lambda m: m.refused(1, tm.Confirm(1))),
    ("GONE", lambda m: m.refused(parties(m)[1], tm.Arbitrate(1, votes(*[True] * 5)))),
    ("GONE", in_time),
    ("EXPIRED", receipt_after_deadline),
    ("EXPIRED", committed_after_deadline),
    ("EARLY", lambda m: m.refused(parties(m)[1], tm.Claim(1, "timeout"))),
    ("EARLY", lambda m: m.refused(parties(m)[0], tm.Confirm(1))),
    ("EARLY", lambda m: m.refused(1, promise(1, m.supplier(), time=5))),
    ("LATE", late),
    ("RECEIPTED", timeout_despite_receipt),
    ("RECEIPTED", receipt_twice),
    ("OVERDRAWN", lambda m: m.refused(debtor(m), tm.Borrow(20 * CASH + 1))),
    ("OVERDRAWN", lambda m: m.refused(debtor(m), tm.Repay(10 * CASH + 1))),
    ("POOL", pool_empty),
    ("PLEDGE", lambda m: m.refused(1, tm.Borrow(1))),
    ("CLOCK", lambda m: m.refused(0, tm.Tick(0))),
    ("SEQUENCER", lambda m: m.refused(1, tm.Tick(5))),
]


@pytest.mark.parametrize("case", range(len(CASES)), ids=[f"{k}-{name}" for k, (name, _) in enumerate(CASES)])
def test_a_refusal_is_reached(case: int) -> None:
    name, act = CASES[case]
    market = Market(endowed=[RICH])
    assert act(market) == name


def test_every_refusal_is_among_the_cases() -> None:
    assert {name for name, _ in CASES} | {"ACCEPTED"} == {each.name for each in tm.Refusal}
