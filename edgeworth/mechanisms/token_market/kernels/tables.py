"""Hashed tables, balances, room: the small parts that all commands are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, mixed
from edgeworth.mechanisms.token_market.kernels.layout import (
    BACKED,
    BURNED,
    CASH,
    CTK,
    DEBT,
    DUE,
    ECONOMY,
    FREE,
    ISSUED,
    LIMIT,
    LITERAL,
    LOCKED,
    N_ACCOUNTS,
    N_DEALS,
    N_ORDERS,
    N_POSITIONS,
    P_ASSET,
    P_FREE,
    P_HOLDER,
    P_ISSUER,
    P_LOCKED,
    TIME,
)


class Tables(NamedTuple):
    """A state as kernels see it.

    accounts [n, ACCOUNT_COLUMNS]; positions [p, POSITION_COLUMNS] with their index seats [2^k]; orders [o, ORDER_COLUMNS];
    heads [n, 4], first order of each book: column 2 asset + side of row issuer (0 where tokens have none); deals
    [d, DEAL_COLUMNS] with their index pairs [2^k]; totals [TOTALS]; rules [RULES]. All int64.
    """

    accounts: Ints
    positions: Ints
    seats: Ints
    orders: Ints
    heads: Ints
    deals: Ints
    pairs: Ints
    totals: Ints
    rules: Ints


@leaf(counted=False)
def place(table, index, a, b, c):
    """Where in the index the row with the key (a, b, c) in its first three columns stands, or would stand."""
    last = index.size - 1
    word = mixed(mixed(np.uint64(a) + GOLDEN * np.uint64(b)) + np.uint64(c))
    at = np.int64(word >> np.uint64(1)) & last
    while index[at] != 0:
        row = index[at]
        if table[row, 0] == a and table[row, 1] == b and table[row, 2] == c:
            break
        at = (at + 1) & last
    return at


@jit(counted=False)
def reindex(table, index, count):
    """Fill an empty index with the rows 1..count of a table."""
    for row in range(1, count + 1):
        index[place(table, index, table[row, 0], table[row, 1], table[row, 2])] = row


@leaf(counted=False)
def roomy(s):
    """Whether every table has room for what any one command may add."""
    return (
        s.totals[N_ACCOUNTS] + 1 < s.accounts.shape[0]
        and s.totals[N_POSITIONS] + s.totals[N_ACCOUNTS] + 2 < s.positions.shape[0]
        and s.totals[N_ORDERS] + 1 < s.orders.shape[0]
        and s.totals[N_DEALS] + 1 < s.deals.shape[0]
    )


@leaf(counted=False)
def in_range(amount):
    return 0 <= amount <= LIMIT


@leaf(counted=False)
def is_account(s, who):
    return 0 < who <= s.totals[N_ACCOUNTS]


@leaf(counted=False)
def frozen(s, who):
    return s.accounts[who, DEBT] > 0 and s.totals[TIME] > s.accounts[who, DUE]


@leaf(counted=False)
def available(s, who, issuer, asset):
    """What an account has free of an asset, in the backed economy of an issuer's tokens."""
    if asset == CASH or s.rules[ECONOMY] == LITERAL:
        return s.accounts[who, FREE + asset]
    row = s.seats[place(s.positions, s.seats, who, issuer, asset)]
    return s.positions[row, P_FREE]  # 0 in row 0


@leaf(counted=False)
def add(s, who, issuer, asset, free, locked):
    """Change a balance; what is taken must be there."""
    s.accounts[who, FREE + asset] += free
    s.accounts[who, LOCKED + asset] += locked
    if asset == CASH or s.rules[ECONOMY] == LITERAL:
        return
    at = place(s.positions, s.seats, who, issuer, asset)
    row = s.seats[at]
    if row == 0:
        s.totals[N_POSITIONS] += 1
        row = s.totals[N_POSITIONS]
        s.seats[at] = row
        s.positions[row, P_HOLDER], s.positions[row, P_ISSUER], s.positions[row, P_ASSET] = who, issuer, asset
    s.positions[row, P_FREE] += free
    s.positions[row, P_LOCKED] += locked


@leaf(counted=False)
def retire(s, issuer, asset, amount):
    """Count tokens as burned that were taken from a balance, and relieve who issued them.

    Literal tokens do not say who issued them: a burner's own PTK are relieved as far as they go. CTK are not, since their
    reserve is the idle time of one period, which burning does not bring back.
    """
    s.totals[BURNED + asset] += amount
    if s.rules[ECONOMY] == BACKED:
        s.accounts[issuer, ISSUED + asset] -= amount
    elif asset != CTK:
        s.accounts[issuer, ISSUED + asset] -= min(amount, s.accounts[issuer, ISSUED + asset])
