"""Single-unit auctions to audit, and what an audit says of a rule in one word."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from typing import Any

from edgeworth.core.verdict import Status
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.double_auction import Market, Outcome

MARKET = Market(bid=[10.0, 7.0, 4.0], ask=[0.0])
CLOSE = Market(bid=[10.4, 10.2, 4.0], ask=[0.0])


def sold(market: Any, winner: int, price: Any) -> Outcome:
    """One unit to that buyer at that price."""
    n = len(market.bid)
    pay: list[Any] = [0.0] * n
    if winner >= 0:
        pay[winner] = price
    seller = [0 if i == winner else -1 for i in range(n)]
    return Outcome(seller=seller, payment=pay, reward=[price if winner >= 0 else 0.0] + [0.0] * (len(market.ask) - 1))


def first_and_second(bids: Any) -> tuple[int, Any]:
    """The highest bidder and the price of the next one."""
    winner = max(range(len(bids)), key=lambda i: (bids[i], -i))
    return winner, max([bid for i, bid in enumerate(bids) if i != winner] + [0.0])


def said(rule: Any, market: Any = MARKET, **arguments: Any) -> str:
    """truthful, manipulable, not checked, or refused; a manipulation must play again."""
    try:
        found = audit(rule, market, **arguments)
    except ValueError as error:
        return "refused" if "Sampled" in str(error) else f"an error: {error}"
    if found.truthful.status is Status.FAILS:
        witness = found.truthful.witness
        assert witness.replay(rule) > 0.0
        return "manipulable"
    return {Status.HOLDS: "truthful", Status.NOT_CHECKED: "not checked"}[found.truthful.status]


def drawing(draw: Callable[[], float]) -> Any:
    """First price with some probability, else second price."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, market.bid[winner] if draw() < 0.05 else price)

    return rule


def first_price(market: Any) -> Outcome:
    winner, _ = first_and_second(list(market.bid))
    return sold(market, winner, market.bid[winner])


def ladder(market: Any) -> Outcome:
    winner, _ = first_and_second(list(market.bid))
    price = 0.0
    while price < market.bid[winner]:
        price += 0.5
    return sold(market, winner, price)


RUNGS = [0.5 * i for i in range(10_000)]


def bisected(market: Any) -> Outcome:
    """Second price that rises by rungs of its own accord; truthful as far as one can look, no end."""
    winner, price = first_and_second(list(market.bid))
    bisect.bisect_left(RUNGS, market.bid[winner])
    return sold(market, winner, price)
