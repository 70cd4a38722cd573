"""Escrow: the honest side is whole in every case, and slashing is arithmetic."""

from __future__ import annotations

import pytest

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.kernels import layout
from tests.mechanisms.token_market.markets import CASH, CTK, Market, promise, votes

FORTUNE = 1_000 * CASH


@pytest.fixture
def market() -> Market:
    """A backed market: account 1 requests with 200 at stake, account 2 supplies with 25 of its grant of 100 at stake."""
    market = Market(endowed=[FORTUNE])
    market.supplier()
    market.must(1, tm.Deposit(200 * CASH))
    market.must(2, tm.Deposit(25 * CASH))
    return market


def cash(market: Market, who: int) -> int:
    return market.account(who).free["CASH"] + market.account(who).locked["CASH"] + market.account(who).stake


def test_success_pays_and_redeems(market: Market) -> None:
    deal = market.must(2, promise(1, 2))[0]
    assert market.account(1).locked["CASH"] == 10 * CASH
    assert market.account(2).locked == {"CTK": 5 * CTK, "PTK": CTK, "CASH": 0}
    market.must(1, tm.Confirm(deal))
    assert (cash(market, 1), cash(market, 2)) == (FORTUNE - 10 * CASH, 110 * CASH)
    assert market.account(2).issued == {"CTK": 45 * CTK, "PTK": 49 * CTK}
    assert market.state.burned == {"CTK": 5 * CTK, "PTK": CTK, "CASH": 0}
    assert (market.account(2).done, market.account(2).failed) == (1, 0)
    assert market.refused(1, tm.Confirm(deal)) == "GONE"


def test_a_supplier_that_never_answers_is_slashed(market: Market) -> None:
    """10 of its stake compensate, 1 is the fine; cash and tokens go back."""
    deal = market.must(1, promise(1, 2))[0]
    market.tick(15_001)
    assert market.must(1, tm.Claim(deal, "timeout")) == (layout.D_REFUNDED, 10 * CASH, CASH)
    assert (cash(market, 1), cash(market, 2)) == (FORTUNE + 10 * CASH, 89 * CASH)
    assert market.account(2).free["CTK"] == market.account(2).issued["CTK"] == 50 * CTK
    assert market.state.slashed["CASH"] == CASH
    assert (market.account(2).done, market.account(2).failed) == (0, 1)


@pytest.mark.parametrize(
    ("payment", "paid", "fine"),
    [(9, 9, 0), (10_000, 10_000, 1_000), (24_000, 24_000, 1_000), (25_000, 25_000, 0), (30_000, 25_000, 0)],
)
def test_slashing_takes_no_more_than_the_stake(market: Market, payment: int, paid: int, fine: int) -> None:
    deal = market.must(1, promise(1, 2, cash=payment))[0]
    market.tick(15_001)
    assert market.must(1, tm.Claim(deal, "failure"))[1:] == (paid, fine)
    assert market.account(2).stake == 25 * CASH - paid - fine


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("seats", [(0, 1, 2), (2, 3, 4)])
def test_a_dispute_is_decided_by_a_quorum(market: Market, right: bool, seats: tuple[int, ...]) -> None:
    """A wrong result is refunded; a false claim costs the requester as much beside the payment."""
    deal = market.must(1, promise(1, 2))[0]
    market.must(2, tm.Receipt(deal, bytes(32)))
    market.must(1, tm.Claim(deal, "wrong"))
    for command in (tm.Confirm(deal), tm.Claim(deal, "wrong"), tm.Receipt(deal, bytes(32))):
        assert market.refused(1, command) == "GONE"
    panel = tuple(tm.Vote(seat, right if seat in seats else not right) for seat in range(5))
    status, paid, fine = market.must(market.device(), tm.Arbitrate(deal, panel))
    assert (status, paid, fine) == (layout.D_SETTLED if right else layout.D_REFUNDED, 10 * CASH, CASH)
    one, two = (-21, 20) if right else (10, -11)
    assert (cash(market, 1), cash(market, 2)) == (FORTUNE + one * CASH, (100 + two) * CASH)


def test_a_requester_that_refuses_to_sign_pays_after_the_window(market: Market) -> None:
    deal = market.must(1, promise(1, 2))[0]
    assert market.must(2, tm.Receipt(deal, bytes(32)))[0] == layout.WINDOW
    market.tick(layout.WINDOW + 1)
    assert market.refused(1, tm.Claim(deal, "failure")) == "LATE"
    market.must(2, tm.Confirm(deal))
    assert cash(market, 2) == 110 * CASH


def test_a_promise_is_covered_by_the_stake_when_free_cash_is_gone(market: Market) -> None:
    """Attack 8: the same cash is promised twice and spent before the promises are committed."""
    market.must(1, tm.Transfer(2, "CASH", 795 * CASH))
    market.must(1, promise(1, 2, number=1, cash=100 * CASH))
    market.must(2, promise(1, 2, number=2, cash=100 * CASH))
    assert market.account(1).stake == 5 * CASH
    assert market.account(1).free["CASH"] == 0
    assert market.account(1).locked["CASH"] == 200 * CASH
    assert market.refused(1, promise(1, 2, number=3, cash=6 * CASH)) == "BALANCE"


@pytest.mark.parametrize("success", [True, False])
def test_tokens_bought_before_are_redeemed(market: Market, success: bool) -> None:
    market.must(2, tm.Order("ask", "CTK", 2_000, 20 * CTK, issuer=2))
    market.must(1, tm.Order("bid", "CTK", 2_000, 20 * CTK, issuer=2, tif="ioc"))
    deal = market.must(1, promise(1, 2, ptk=0, cash=0, prepaid=True))[0]
    assert market.state.held()[1, 2, "CTK"] == (15 * CTK, 5 * CTK)
    market.tick(15_001)
    market.must(1, tm.Confirm(deal) if success else tm.Claim(deal, "timeout"))
    assert market.state.held()[1, 2, "CTK"] == ((15 if success else 20) * CTK, 0)
    assert market.account(2).issued["CTK"] == (45 if success else 50) * CTK


@pytest.mark.parametrize("success", [True, False])
def test_the_literal_economy_escrows_the_requesters_tokens(success: bool) -> None:
    """K17: they are burned when the task is done, so that the supplier earns nothing; K27: no collateral, so only a refund."""
    market = Market("literal")
    requester, supplier = market.device(), market.device()
    deal = market.must(requester, promise(requester, supplier, cash=0))[0]
    assert market.account(requester).locked == {"CTK": 5 * CTK, "PTK": CTK, "CASH": 0}
    market.tick(15_001)
    before = market.account(supplier)
    market.must(requester, tm.Confirm(deal) if success else tm.Claim(deal, "timeout"))
    assert market.account(supplier).free == before.free
    assert market.account(requester).free["CTK"] == (95 if success else 100) * CTK
    assert market.state.burned["CTK"] == (5 if success else 0) * CTK


def test_a_stake_leaves_only_after_a_notice_and_not_below_open_deals(market: Market) -> None:
    market.must(1, tm.Withdraw(0))
    deal = market.must(1, promise(1, 2))[0]
    market.tick(layout.NOTICE)
    assert market.refused(1, tm.Withdraw(CASH)) == "DEALS"
    market.must(1, tm.Claim(deal, "timeout"))
    market.must(1, tm.Withdraw(CASH))
    assert market.account(1).stake == 199 * CASH
    market.must(1, tm.Withdraw(0))
    market.must(1, tm.Deposit(CASH))
    market.tick(layout.NOTICE)
    assert market.refused(1, tm.Withdraw(CASH)) == "EARLY"  # the deposit took the notice back


@pytest.mark.parametrize("end", ["confirmed", "refunded", "decided"])
def test_a_deal_leaves_open_once(market: Market, end: str) -> None:
    """Whatever is tried after its end."""
    deal = market.must(1, promise(1, 2))[0]
    if end == "decided":
        market.must(2, tm.Receipt(deal, bytes(32)))
    market.tick(15_001)
    market.must(1, tm.Confirm(deal) if end == "confirmed" else tm.Claim(deal, "failure"))
    panel = tm.Arbitrate(deal, votes(True, True, True))
    if end == "decided":
        market.must(2, panel)
    for who in (1, 2):
        for again in (tm.Confirm(deal), tm.Claim(deal, "wrong"), tm.Receipt(deal, bytes(32)), panel):
            assert market.refused(who, again) == "GONE"
