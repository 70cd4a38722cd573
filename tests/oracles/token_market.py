"""A naive order book of one asset: every look at it sorts all orders, prices are exact fractions of cash."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

MILLION = 10**6


class Offer(NamedTuple):
    time: int
    owner: int
    buys: bool
    price: int
    left: int
    money: int


def rounded_up(amount: Fraction) -> int:
    return -((-amount.numerator) // amount.denominator)


def worth(amount: int, price: int) -> Fraction:
    return Fraction(amount * price, MILLION)


class NaiveBook:
    """Trades are (buyer, seller, tokens, cash). Nothing is checked; times tell which order is older."""

    def __init__(self) -> None:
        self.offers: list[Offer] = []
        self.trades: list[tuple[int, int, int, int]] = []

    def best(self, buys: bool) -> Offer | None:
        side = [offer for offer in self.offers if offer.buys == buys]
        return min(side, key=lambda offer: (-offer.price if buys else offer.price, offer.time)) if side else None

    def submit(self, time: int, owner: int, buys: bool, price: int, amount: int, rests: bool) -> None:
        money = rounded_up(worth(amount, price)) if buys else 0
        bought, spent = Fraction(0), 0
        while amount > 0:
            other = self.best(not buys)
            if other is None or (other.price > price if buys else other.price < price):
                break
            if other.owner == owner:
                return
            some = min(amount, other.left)
            if buys:
                bought += worth(some, other.price)
                cash = rounded_up(bought) - spent
                spent += cash
            else:
                cash = other.money - rounded_up(worth(other.left - some, other.price))
            self.trades.append((owner, other.owner, some, cash) if buys else (other.owner, owner, some, cash))
            amount -= some
            self.offers.remove(other)
            if some < other.left:
                self.offers.append(other._replace(left=other.left - some, money=other.money - (0 if buys else cash)))
        if buys:
            amount = min(amount, int(Fraction((money - spent) * MILLION, price)))
        if rests and amount > 0:
            self.offers.append(Offer(time, owner, buys, price, amount, rounded_up(worth(amount, price)) if buys else 0))

    def cancel(self, time: int) -> None:
        self.offers = [offer for offer in self.offers if offer.time != time]
