"""The order book: one list of bids and one of asks for every asset and issuer, in price-time order."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.layout import (
    A_ORDERS,
    ACCEPTED,
    ASK,
    ASSET,
    BACKED,
    BALANCE,
    BID,
    CASH,
    CTK,
    ECONOMY,
    FOK,
    FOREIGN,
    FREE_ROW,
    GONE,
    GTC,
    LIMIT,
    LOT,
    MAX_PRICE,
    N_ORDERS,
    NO_ACCOUNT,
    O_ASSET,
    O_ID,
    O_ISSUER,
    O_LEFT,
    O_LOCK,
    O_NEXT,
    O_OWNER,
    O_PRICE,
    O_SIDE,
    ORDER_CAP,
    ORDER_COLUMNS,
    ORDERS,
    OWNER,
    PTK,
    RANGE,
    ROW_BITS,
    SERIAL,
    TOKEN,
    UNFILLED,
)
from edgeworth.mechanisms.token_market.kernels.tables import add, available, is_account


@leaf(counted=False)
def cost(amount, price):
    """Base cash for base tokens at a price per whole token, rounded up: a buyer never underpays."""
    return (amount * price + TOKEN - 1) // TOKEN


@leaf(counted=False)
def crosses(side, limit, resting):
    return resting <= limit if side == BID else resting >= limit


@leaf(counted=False)
def fills(s, who, side, asset, issuer, price, amount):
    """Whether an order would be filled whole at once."""
    left = amount
    row = s.heads[issuer, 2 * asset + 1 - side]
    while row != 0 and left > 0 and crosses(side, price, s.orders[row, O_PRICE]):
        if s.orders[row, O_OWNER] == who:
            return False
        left -= min(left, s.orders[row, O_LEFT])
        row = s.orders[row, O_NEXT]
    return left == 0


@leaf(counted=False)
def free_row(s, row):
    """Forget an order that is out of its list."""
    s.accounts[s.orders[row, O_OWNER], A_ORDERS] -= 1
    for column in range(ORDER_COLUMNS):
        s.orders[row, column] = 0
    s.orders[row, O_NEXT] = s.totals[FREE_ROW]
    s.totals[FREE_ROW] = row


@leaf(counted=False)
def rest(s, who, side, asset, issuer, price, left, lock):
    """Put what is left of an order behind all that are as good. Returns its number."""
    row = s.totals[FREE_ROW]
    if row == 0:
        s.totals[N_ORDERS] += 1
        row = s.totals[N_ORDERS]
    else:
        s.totals[FREE_ROW] = s.orders[row, O_NEXT]
    s.totals[SERIAL] += 1
    number = (s.totals[SERIAL] << ROW_BITS) + row
    order = s.orders[row]
    order[O_ID], order[O_OWNER], order[O_ISSUER], order[O_SIDE], order[O_ASSET] = number, who, issuer, side, asset
    order[O_PRICE], order[O_LEFT], order[O_LOCK] = price, left, lock
    s.accounts[who, A_ORDERS] += 1
    before, after = 0, s.heads[issuer, 2 * asset + side]
    while after != 0 and crosses(1 - side, price, s.orders[after, O_PRICE]):
        before, after = after, s.orders[after, O_NEXT]
    order[O_NEXT] = after
    if before == 0:
        s.heads[issuer, 2 * asset + side] = row
    else:
        s.orders[before, O_NEXT] = row
    return number


@leaf(counted=False)
def trade(s, buyer, seller, issuer, asset, some, paid):
    """Move locked cash and locked tokens of a trade."""
    add(s, buyer, 0, CASH, 0, -paid)
    add(s, seller, 0, CASH, paid, 0)
    add(s, seller, issuer, asset, 0, -some)
    add(s, buyer, issuer, asset, some, 0)


@leaf(counted=False)
def affordable(left, lock, price):
    """How much of a bid that comes to rest its locked cash still buys, what it bought having been rounded up."""
    return min(left, lock * TOKEN // price)


@leaf(counted=False)
def order(s, who, a, out):
    """1. check, 2. lock, 3. trade at resting prices, 4. rest or give back. Out: number if it rests, tokens and cash traded."""
    side, asset, price, amount, issuer, tif = a[0], a[1], a[2], a[3], a[4], a[5]
    if asset != CTK and asset != PTK:
        return ASSET
    if side < BID or side > ASK or tif < GTC or tif > FOK:
        return RANGE
    if price < 1 or price > MAX_PRICE or amount < LOT or amount > LIMIT:
        return RANGE
    if s.rules[ECONOMY] == BACKED:
        if not is_account(s, issuer):
            return NO_ACCOUNT
        if side == ASK and issuer != who:
            return FOREIGN
    elif issuer != 0:
        return NO_ACCOUNT
    lock = cost(amount, price) if side == BID else amount
    if available(s, who, 0 if side == BID else issuer, CASH if side == BID else asset) < lock:
        return BALANCE
    if tif == GTC and s.accounts[who, A_ORDERS] >= ORDER_CAP:
        return ORDERS
    if tif == FOK and not fills(s, who, side, asset, issuer, price, amount):
        return UNFILLED
    given = CASH if side == BID else asset
    add(s, who, issuer, given, -lock, lock)
    left, own, traded, cash, exact = amount, False, 0, 0, 0
    head = 2 * asset + 1 - side
    while left > 0:
        row = s.heads[issuer, head]
        if row == 0 or not crosses(side, price, s.orders[row, O_PRICE]):
            break
        other, deal = s.orders[row, O_OWNER], s.orders[row, O_PRICE]
        if other == who:  # the newer of the two is cancelled
            own = True
            break
        some = min(left, s.orders[row, O_LEFT])
        if side == BID:  # a bid is rounded once, however many fills it gets: who sells in pieces gains nothing by it
            exact += some * deal
            paid = (exact + TOKEN - 1) // TOKEN - cash
        else:
            paid = s.orders[row, O_LOCK] - cost(s.orders[row, O_LEFT] - some, deal)
        left -= some
        s.orders[row, O_LEFT] -= some
        if side == BID:
            trade(s, who, other, issuer, asset, some, paid)
            lock -= paid
            s.orders[row, O_LOCK] -= some
        else:
            trade(s, other, who, issuer, asset, some, paid)
            lock -= some
            s.orders[row, O_LOCK] -= paid
        traded += some
        cash += paid
        if s.orders[row, O_LEFT] == 0:
            s.heads[issuer, head] = s.orders[row, O_NEXT]
            free_row(s, row)
    if side == BID:
        left = affordable(left, lock, price)
    if left > 0 and tif == GTC and not own:
        keep = cost(left, price) if side == BID else left
        add(s, who, issuer, given, lock - keep, keep - lock)
        out[0] = rest(s, who, side, asset, issuer, price, left, keep)
    elif lock > 0:
        add(s, who, issuer, given, lock, -lock)
    out[1], out[2] = traded, cash
    return ACCEPTED


@leaf(counted=False)
def cancel(s, who, a, out):
    """Out: what was unlocked."""
    number = a[0]
    row = number & ((1 << ROW_BITS) - 1)
    if number < 1 or row > s.totals[N_ORDERS] or s.orders[row, O_ID] != number:
        return GONE
    if s.orders[row, O_OWNER] != who:
        return OWNER
    side, asset, issuer, lock = s.orders[row, O_SIDE], s.orders[row, O_ASSET], s.orders[row, O_ISSUER], s.orders[row, O_LOCK]
    head = 2 * asset + side
    if s.heads[issuer, head] == row:
        s.heads[issuer, head] = s.orders[row, O_NEXT]
    else:
        before = s.heads[issuer, head]
        while s.orders[before, O_NEXT] != row:
            before = s.orders[before, O_NEXT]
        s.orders[before, O_NEXT] = s.orders[row, O_NEXT]
    add(s, who, issuer, CASH if side == BID else asset, lock, -lock)
    free_row(s, row)
    out[0] = lock
    return ACCEPTED
