"""The order book against a naive one, and its rounding."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.mechanisms import token_market as tm
from tests.mechanisms.token_market.markets import CTK, RICH, Market
from tests.oracles.token_market import NaiveBook, rounded_up, worth

TRADERS = 4


class Step(NamedTuple):
    owner: int
    buys: bool
    price: int
    amount: int
    tif: str
    cancels: int  # the order of which earlier step, if it rests


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(1, TRADERS),
        st.booleans(),
        st.one_of(st.integers(1, 6), st.integers(900_000, 900_004), st.integers(8_999_999, 9_000_000)),
        st.one_of(st.integers(1_000, 1_004), st.integers(1_000, 10 * CTK)),
        st.sampled_from(["gtc", "gtc", "gtc", "ioc"]),
        st.integers(-30, 30),
    ),
    max_size=30,
)


def rich_market() -> Market:
    """Four traders with cash and tokens, in the literal economy, where all share one book."""
    market = Market("literal", grant=(10**12, 10**12, 10**12))
    for _ in range(TRADERS):
        market.device()
    return market


def play(steps: list[Step]) -> None:
    market, naive = rich_market(), NaiveBook()
    numbers: dict[int, int] = {}
    for time, step in enumerate(steps):
        known = len(naive.trades)
        if step.cancels in numbers:
            market.do(step.owner, tm.Cancel(numbers[step.cancels]))
            if not any(offer.time == step.cancels and offer.owner != step.owner for offer in naive.offers):
                naive.cancel(step.cancels)
        side = "bid" if step.buys else "ask"
        effect = market.do(step.owner, tm.Order(side, "CTK", step.price, step.amount, tif=step.tif))
        if effect.refusal is tm.Refusal.ORDERS:
            continue
        naive.submit(time, step.owner, step.buys, step.price, step.amount, step.tif == "gtc")
        new = naive.trades[known:]
        assert effect.outputs[1:] == (sum(trade[2] for trade in new), sum(trade[3] for trade in new))
        if effect.outputs[0]:
            numbers[time] = effect.outputs[0]
    books = tm.summary(market.state).books
    for buys in (True, False):
        resting = [(order.owner, order.price, order.left) for order in books.get((0, 0, buys), [])]
        wanted = sorted(
            (offer for offer in naive.offers if offer.buys == buys), key=lambda o: (-o.price if buys else o.price, o.time)
        )
        assert resting == [(offer.owner, offer.price, offer.left) for offer in wanted]
    assert tm.violations(market.state) == []


@given(steps=STEPS)
@settings(max_examples=25, deadline=None)
def test_the_book_is_the_naive_one(steps: list[Step]) -> None:
    play(steps)


@pytest.mark.slow
@given(steps=STEPS)
@settings(max_examples=2_000, deadline=None)
def test_the_book_is_the_naive_one_always(steps: list[Step]) -> None:
    play(steps)


@given(amount=st.integers(1_000, 10**12), price=st.integers(1, 9_000_000))
@settings(max_examples=60, deadline=None)
def test_a_trade_costs_its_worth_rounded_up(amount: int, price: int) -> None:
    """At the limits too: nothing overflows, and the buyer never underpays."""
    market = rich_market()
    if worth(amount, price) > 10**12:
        market = Market("literal", grant=(10**12, 0, 0))
        for _ in range(TRADERS):
            market.device()
        assert market.refused(2, tm.Order("bid", "CTK", price, amount)) == "BALANCE"
        return
    market.must(1, tm.Order("ask", "CTK", price, amount))
    _, traded, cash = market.must(2, tm.Order("bid", "CTK", 9_000_000 if amount <= 10**11 else price, amount, tif="ioc"))
    assert (traded, cash) == (amount, rounded_up(worth(amount, price)))
    assert market.account(1).free["CASH"] - 10**12 == cash


@pytest.mark.parametrize("first", ["bid", "ask"])
def test_splitting_a_purchase_gains_nothing(first: str) -> None:
    """100 pieces that a buyer sends cost no less than the whole; into a resting bid a seller sells them for just as much."""
    whole, pieces, price = 100 * 1_003, 100, 333_333
    market = rich_market()
    if first == "ask":
        market.must(1, tm.Order("ask", "CTK", price, whole))
    else:
        market.must(2, tm.Order("bid", "CTK", price, whole))
    traded = cash = 0
    for _ in range(pieces):
        order = (
            tm.Order("bid", "CTK", price, 1_003, tif="ioc")
            if first == "ask"
            else tm.Order("ask", "CTK", price, 1_003, tif="ioc")
        )
        _, some, paid = market.must(2 if first == "ask" else 1, order)
        assert (paid >= worth(some, price)) if first == "ask" else (abs(paid - worth(some, price)) < 1)
        traded, cash = traded + some, cash + paid
    if first == "ask":
        assert cash >= rounded_up(worth(traded, price))
    else:
        assert (traded, cash) == (whole, rounded_up(worth(whole, price)))
        assert market.account(2).locked["CASH"] == 0


def test_small_asks_gain_nothing_by_rounding() -> None:
    """16 lots at 1.001 base units each, bought at once: 16.016 rounded up, not 16 times 2."""
    market = rich_market()
    for _ in range(16):
        market.must(1, tm.Order("ask", "CTK", 1_001, 1_000))
    assert market.must(2, tm.Order("bid", "CTK", 1_001, 16_000, tif="fok")) == (0, 16_000, 17)
    for _ in range(2):
        market.must(3, tm.Order("ask", "CTK", 1, CTK + 1))
    assert market.must(2, tm.Order("bid", "CTK", 1, 2 * CTK + 2, tif="fok")) == (0, 2 * CTK + 2, 3)
    assert market.account(2).locked["CASH"] == 0


def test_price_then_time_at_the_resting_price() -> None:
    market = rich_market()
    for owner, price in ((1, 50), (2, 40), (3, 40)):
        market.must(owner, tm.Order("ask", "CTK", price * 1_000, CTK))
    number, traded, cash = market.must(4, tm.Order("bid", "CTK", 45_000, 2 * CTK + CTK // 2))
    assert (traded, cash) == (2 * CTK, 80_000)
    assert [market.account(who).free["CASH"] - 10**12 for who in (1, 2, 3)] == [0, 40_000, 40_000]
    assert market.account(4).locked["CASH"] == 22_500
    assert market.must(4, tm.Cancel(number))[0] == 22_500
    assert market.account(4).free == {"CTK": 10**12 + 2 * CTK, "PTK": 10**12, "CASH": 10**12 - 80_000}


def test_meeting_an_own_order_cancels_the_newer() -> None:
    market = rich_market()
    old = market.must(1, tm.Order("ask", "CTK", 40_000, CTK))[0]
    market.must(2, tm.Order("ask", "CTK", 30_000, CTK))
    number, traded, cash = market.must(1, tm.Order("bid", "CTK", 50_000, 5 * CTK))
    assert (number, traded, cash) == (0, CTK, 30_000)
    assert market.account(1).locked == {"CTK": CTK, "PTK": 0, "CASH": 0}
    assert tm.summary(market.state).books[0, 0, False][0].number == old


def test_ioc_bounds_the_cost_and_fok_is_all_or_nothing() -> None:
    market = rich_market()
    for price in (10_000, 20_000, 90_000):
        market.must(1, tm.Order("ask", "PTK", price, CTK))
    assert market.must(2, tm.Order("bid", "PTK", 20_000, 3 * CTK, tif="ioc")) == (0, 2 * CTK, 30_000)
    assert market.refused(2, tm.Order("bid", "PTK", 80_000, CTK, tif="fok")) == "UNFILLED"
    assert market.must(2, tm.Order("bid", "PTK", 90_000, CTK, tif="fok")) == (0, CTK, 90_000)
    assert market.account(2).locked["CASH"] == 0


def test_backed_tokens_are_traded_by_issuer() -> None:
    market = Market(endowed=[RICH])
    one, two = market.supplier(), market.supplier()
    market.must(one, tm.Order("ask", "CTK", 10_000, CTK, issuer=one))
    assert market.must(1, tm.Order("bid", "CTK", 10_000, CTK, issuer=two, tif="ioc")) == (0, 0, 0)
    assert market.must(1, tm.Order("bid", "CTK", 10_000, CTK, issuer=one, tif="ioc")) == (0, CTK, 10_000)
    assert market.state.held()[1, one, "CTK"] == (CTK, 0)
    assert market.account(one).issued["CTK"] == 50 * CTK
    assert market.refused(1, tm.Order("ask", "CTK", 10_000, CTK, issuer=one)) == "FOREIGN"
    market.must(1, tm.Transfer(two, "CTK", CTK, issuer=one))
    assert market.state.held()[two, one, "CTK"] == (CTK, 0)
    market.must(two, tm.Burn("CTK", CTK, issuer=one))
    assert market.account(one).issued["CTK"] == 49 * CTK
