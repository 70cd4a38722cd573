"""The invariants I1-I4, I7, I9 and I11 of a state, from its plain summary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from edgeworth.mechanisms.token_market.check.accounts import CASH
from edgeworth.mechanisms.token_market.check.plain import STATUSES, PlainMarket
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.rules import ASSETS, Rules
from edgeworth.mechanisms.token_market.state import State

Key = tuple[int, int, int]
"""Holder, issuer (0 where tokens have none, and of cash), asset."""


class PlainOrder(NamedTuple):
    """An order in the book."""

    number: int
    owner: int
    price: int
    left: int
    lock: int


class PlainDeal(NamedTuple):
    """A deal, with the account that brings its tokens and the end of its window (0: no receipt)."""

    requester: int
    supplier: int
    number: int
    ctk: int
    ptk: int
    cash: int
    time: int
    deadline: int
    giver: int
    status: str
    window: int


@dataclass
class Summary:
    """A state as plain data, in which two implementations can be compared field by field.

    Attributes
    ----------
    rules : Rules
        Of the market.
    accounts : dict
        Account number -> (role, stake, nonce, issued, reserve, period, tee, debt, due, pledge, done, failed, notice); 0 is the
        sequencer.
    free, locked : dict
        (holder, issuer, asset) -> base units, where not 0.
    books : dict
        (issuer, asset, bid) -> orders, best first.
    deals : list of PlainDeal
        In the order of their numbers.
    minted, burned, slashed, genesis : list of int
        Of CTK, PTK and cash.
    pool, clock, height : int
        The credit pool, the time, the commands accepted.
    """

    rules: Rules
    accounts: dict[int, tuple[object, ...]]
    free: dict[Key, int]
    locked: dict[Key, int]
    books: dict[tuple[int, int, bool], list[PlainOrder]]
    deals: list[PlainDeal]
    minted: list[int]
    burned: list[int]
    slashed: list[int]
    genesis: list[int]
    pool: int
    clock: int
    height: int


@dataclass(frozen=True)
class Broken:
    """One invariant that does not hold.

    Parameters
    ----------
    invariant : str
        Its number, such as ``I3``.
    amount : int
        By how much.
    text : str
        Where, in a sentence.
    """

    invariant: str
    amount: int
    text: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


def summary(state: State | PlainMarket) -> Summary:
    """The plain data of a state, of either implementation.

    Parameters
    ----------
    state : State or PlainMarket
        Read only.

    Examples
    --------
    >>> summary(State.genesis()) == summary(PlainMarket(Rules()))
    True
    """
    return _of_plain(state) if isinstance(state, PlainMarket) else _of_tables(state)


def _of_plain(market: PlainMarket) -> Summary:
    accounts: dict[int, tuple[object, ...]] = {
        number: (
            0 if each.device or number == 0 else 1, each.stake, each.nonce, tuple(each.issued), tuple(each.reserve),
            each.period, each.tee, each.debt, each.due, each.pledge, each.done, each.failed, each.notice,
        )
        for number, each in market.accounts.items()
    }  # fmt: skip
    books = {}
    for key in {(order.issuer, order.asset, order.bid) for order in market.orders}:
        issuer, asset, bid = key
        orders = market.book(bid, asset, issuer)
        books[key] = [PlainOrder(each.number, each.owner, each.price, each.left, each.lock) for each in orders]
    deals = [
        PlainDeal(
            each.requester, each.supplier, each.number, *each.amounts, each.cash, each.time, each.deadline, each.giver,
            each.status, each.window or 0,
        )
        for each in market.deals
    ]  # fmt: skip
    return Summary(
        market.rules, accounts, _there(market.free), _there(market.locked),
        books, deals, list(market.minted), list(market.burned), list(market.slashed), list(market.genesis),
        market.pool, market.clock, market.height,
    )  # fmt: skip


def _of_tables(state: State) -> Summary:
    tables, totals = state.tables, state.tables.totals.tolist()
    rows = tables.accounts[: totals[layout.N_ACCOUNTS] + 1].tolist()
    singles = (layout.PERIOD, layout.TEE, layout.DEBT, layout.DUE, layout.PLEDGED, layout.DONE, layout.FAILED, layout.NOTICED)
    accounts: dict[int, tuple[object, ...]] = {
        number: (
            row[layout.A_ROLE], row[layout.STAKE], row[layout.NONCE], tuple(row[layout.ISSUED : layout.ISSUED + 2]),
            tuple(row[layout.RESERVE : layout.RESERVE + 2]), *(row[column] for column in singles),
        )
        for number, row in enumerate(rows)
    }  # fmt: skip
    backed = state.rules.economy == "backed"
    free, locked = {}, {}
    for who, row in enumerate(rows):
        for asset in (CASH,) if backed else (0, 1, CASH):
            free[who, 0, asset], locked[who, 0, asset] = row[layout.FREE + asset], row[layout.LOCKED + asset]
    for holder, issuer, asset, some, fixed in tables.positions[1 : totals[layout.N_POSITIONS] + 1].tolist():
        free[holder, issuer, asset], locked[holder, issuer, asset] = some, fixed
    books: dict[tuple[int, int, bool], list[PlainOrder]] = defaultdict(list)
    orders = tables.orders[: totals[layout.N_ORDERS] + 1].tolist()
    for issuer, heads in enumerate(tables.heads[: totals[layout.N_ACCOUNTS] + 1].tolist()):
        for asset in (0, 1):
            for side in (layout.BID, layout.ASK):
                at = heads[2 * asset + side]
                while at:
                    o = orders[at]
                    found = PlainOrder(o[layout.O_ID], o[layout.O_OWNER], o[layout.O_PRICE], o[layout.O_LEFT], o[layout.O_LOCK])
                    books[issuer, asset, side == layout.BID].append(found)
                    at = o[layout.O_NEXT]
    deals = []
    for d in tables.deals[1 : totals[layout.N_DEALS] + 1].tolist():
        requester, supplier, number, ctk, ptk, cash, time, deadline, bringer, status, window = d
        giver = requester if bringer else supplier
        deals.append(PlainDeal(requester, supplier, number, ctk, ptk, cash, time, deadline, giver, STATUSES[status], window))
    four = (layout.MINTED, layout.BURNED, layout.SLASHED, layout.GENESIS)
    minted, burned, slashed, genesis = (totals[first : first + 3] for first in four)

    return Summary(
        state.rules, accounts, _there(free), _there(locked),
        dict(books), deals, minted, burned, slashed, genesis, totals[layout.POOL], totals[layout.TIME], totals[layout.HEIGHT],
    )  # fmt: skip


def _there(balances: Mapping[Key, int]) -> dict[Key, int]:
    return {key: amount for key, amount in balances.items() if amount}


def violations(state: State | PlainMarket | Summary) -> list[Broken]:
    """The invariants that a state breaks; of every kind, for every place.

    Parameters
    ----------
    state : State, PlainMarket or Summary
        Read only.

    Returns
    -------
    list of Broken
        Empty where all is well. I1: every unit is accounted for; I2: nothing is negative; I3: what is locked is what orders and
        open deals hold; I4: an issuer's tokens are what it issued (backed), or no more than it issued are held (no such rule
        in the literal economy); I7: pool and debts make the initial pool; I9: best bid below best ask, books in order; I11:
        no more CTK burned than minted (literal).

    Examples
    --------
    >>> violations(State.genesis())
    []
    """
    plain = state if isinstance(state, Summary) else summary(state)
    found: list[Broken] = []

    def judge(invariant: str, difference: int, text: str) -> None:
        if difference:
            found.append(Broken(invariant, abs(difference), text))

    backed, lent = plain.rules.economy == "backed", CASH if plain.rules.economy == "backed" else 1
    # I1, I2, I7
    for asset, name in enumerate(ASSETS):
        there = sum(n for (_, _, kind), n in (*plain.free.items(), *plain.locked.items()) if kind == asset)
        there += plain.pool if asset == lent else 0
        there += sum(_int(row[1]) for row in plain.accounts.values()) if asset == CASH else 0
        due = plain.genesis[asset] + plain.minted[asset] - plain.burned[asset] - plain.slashed[asset]
        judge("I1", there - due, f"{there} base {name} are there, and {due} should be")
    for word, balances in (("free", plain.free), ("locked", plain.locked)):
        for (who, issuer, asset), amount in balances.items():
            judge("I2", min(amount, 0), f"account {who} has {amount} {ASSETS[asset]} of issuer {issuer} {word}")
    for who, row in plain.accounts.items():
        flat = [n for entry in row for n in (entry if isinstance(entry, tuple) else (entry,))]
        judge("I2", min(0, *map(_int, flat)), f"account {who} has a negative number: {row}")
    owed = sum(_int(row[7]) for row in plain.accounts.values())
    judge("I7", plain.pool + owed - plain.rules.pool, f"pool {plain.pool} and debts {owed} do not make {plain.rules.pool}")
    # I3
    held: dict[Key, int] = defaultdict(int)
    for (issuer, asset, bid), orders in plain.books.items():
        for order in orders:
            held[(order.owner, 0, CASH) if bid else (order.owner, issuer, asset)] += order.lock
    for deal in plain.deals:
        if deal.status in ("open", "disputed"):
            held[deal.requester, 0, CASH] += deal.cash
            for asset, amount in ((0, deal.ctk), (1, deal.ptk)):
                held[deal.giver, deal.supplier if backed else 0, asset] += amount
    for key in held.keys() | plain.locked.keys():
        difference = plain.locked.get(key, 0) - held[key]
        judge("I3", difference, f"account {key[0]} has {plain.locked.get(key, 0)} {ASSETS[key[2]]} locked, not {held[key]}")
    # I4
    if backed:
        circulating: dict[tuple[int, int], int] = defaultdict(int)
        for (_, issuer, asset), amount in (*plain.free.items(), *plain.locked.items()):
            circulating[issuer, asset] += amount
        for who, row in plain.accounts.items():
            issued = row[3] if isinstance(row[3], tuple) else ()
            for asset, count in enumerate(issued):
                if who:
                    difference = circulating[who, asset] - count
                    judge(
                        "I4", difference, f"{circulating[who, asset]} {ASSETS[asset]} of issuer {who} are held, {count} issued"
                    )
    else:
        judge("I11", min(plain.minted[0] - plain.burned[0], 0), f"{plain.burned[0]} CTK burned, {plain.minted[0]} minted")
    # I9
    for (issuer, asset, bid), orders in plain.books.items():
        sign = -1 if bid else 1
        for one, two in pairwise(orders):
            wrong = (sign * two.price, two.number >> layout.ROW_BITS) <= (sign * one.price, one.number >> layout.ROW_BITS)
            judge("I9", int(wrong), f"orders {one.number} and {two.number} are out of order")
        asks = plain.books.get((issuer, asset, False), [])
        if bid and asks:
            judge("I9", max(orders[0].price - asks[0].price + 1, 0), f"the {ASSETS[asset]} book of issuer {issuer} is crossed")
        for order in orders:
            least = -(-order.left * order.price // layout.TOKEN) if bid else order.left
            short = order.left <= 0 or (order.lock < least if bid else order.lock != least)
            judge("I3", int(short), f"order {order.number} has {order.lock} locked for {order.left}")
    return found


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
