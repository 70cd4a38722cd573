"""Escrow: deals are committed, confirmed or claimed, and disputes arbitrated."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.layout import (
    A_DEALS,
    ACCEPTED,
    ARBITER_QUORUM,
    ARBITERS,
    BACKED,
    BALANCE,
    CASH,
    CTK,
    D_BRINGER,
    D_CASH,
    D_CTK,
    D_DEADLINE,
    D_DISPUTED,
    D_NUMBER,
    D_OPEN,
    D_PTK,
    D_REFUNDED,
    D_REQUESTER,
    D_SETTLED,
    D_STATUS,
    D_SUPPLIER,
    D_TIME,
    D_WINDOW,
    DONE,
    EARLY,
    ECONOMY,
    EXPIRED,
    FAILED,
    FINE,
    FREE,
    FROZEN,
    GONE,
    LAST_TIME,
    LATE,
    LITERAL,
    MAX_PANEL,
    N_DEALS,
    NO_ACCOUNT,
    OWNER,
    PTK,
    QUORUM,
    RANGE,
    RECEIPTED,
    REPLAY,
    SIGNATURE,
    SLASHED,
    STAKE,
    TIME,
    TIMEOUT,
    UNKNOWN,
    WINDOW,
    WRONG,
)
from edgeworth.mechanisms.token_market.kernels.tables import add, available, frozen, in_range, is_account, place, retire


@leaf(counted=False)
def commit(s, who, a, out):
    """Lock the cash of the requester and the tokens of who brings them. Out: the deal's number."""
    requester, supplier, number, ctk, ptk, cash = a[0], a[1], a[2], a[3], a[4], a[5]
    time, deadline, bringer, valid = a[6], a[7], a[8], a[9]
    if not (is_account(s, requester) and is_account(s, supplier)) or requester == supplier:
        return NO_ACCOUNT
    if who != requester and who != supplier:
        return OWNER
    if valid != 1:
        return SIGNATURE
    if number < 0 or not (in_range(ctk) and in_range(ptk) and in_range(cash)) or bringer < 0 or bringer > 1:
        return RANGE
    if s.rules[ECONOMY] == LITERAL and cash != 0:  # there, tokens are what a task is paid with
        return RANGE
    if time < 0 or deadline <= time or deadline > LAST_TIME:
        return RANGE
    at = place(s.deals, s.pairs, requester, supplier, number)
    if s.pairs[at] != 0:
        return REPLAY
    if time > s.totals[TIME]:
        return EARLY
    if s.totals[TIME] > deadline:
        return EXPIRED
    if frozen(s, requester) or frozen(s, supplier):
        return FROZEN
    issuer = supplier
    if s.rules[ECONOMY] == LITERAL:
        issuer, bringer = 0, 1
    giver = requester if bringer == 1 else supplier
    if available(s, giver, issuer, CTK) < ctk or available(s, giver, issuer, PTK) < ptk:
        return BALANCE
    free = s.accounts[requester, FREE + CASH]
    if free + s.accounts[requester, STAKE] < cash:
        return BALANCE
    staked = max(cash - free, 0)  # what was promised is covered by the stake where free cash is gone
    s.accounts[requester, STAKE] -= staked
    add(s, requester, 0, CASH, staked - cash, cash)
    if ctk > 0:
        add(s, giver, issuer, CTK, -ctk, ctk)
    if ptk > 0:
        add(s, giver, issuer, PTK, -ptk, ptk)
    s.accounts[requester, A_DEALS] += 1
    s.accounts[supplier, A_DEALS] += 1
    s.totals[N_DEALS] += 1
    row = s.totals[N_DEALS]
    s.pairs[at] = row
    deal = s.deals[row]
    deal[D_REQUESTER], deal[D_SUPPLIER], deal[D_NUMBER] = requester, supplier, number
    deal[D_CTK], deal[D_PTK], deal[D_CASH] = ctk, ptk, cash
    deal[D_TIME], deal[D_DEADLINE], deal[D_BRINGER], deal[D_STATUS] = time, deadline, bringer, D_OPEN
    out[0] = row
    return ACCEPTED


@leaf(counted=False)
def close(s, row, success):
    """Settle a deal or refund it."""
    requester, supplier, cash = s.deals[row, D_REQUESTER], s.deals[row, D_SUPPLIER], s.deals[row, D_CASH]
    add(s, requester, 0, CASH, 0, -cash)
    add(s, supplier if success else requester, 0, CASH, cash, 0)
    issuer = supplier if s.rules[ECONOMY] == BACKED else 0
    giver = requester if s.deals[row, D_BRINGER] == 1 else supplier
    for asset in range(CTK, PTK + 1):
        amount = s.deals[row, D_CTK + asset]
        if amount > 0:
            add(s, giver, issuer, asset, 0 if success else amount, -amount)
            if success:
                retire(s, supplier, asset, amount)
    s.accounts[supplier, DONE if success else FAILED] += 1
    s.accounts[requester, A_DEALS] -= 1
    s.accounts[supplier, A_DEALS] -= 1
    s.deals[row, D_STATUS] = D_SETTLED if success else D_REFUNDED


@leaf(counted=False)
def slash(s, loser, winner, payment, out):
    """Up to the payment from the loser's stake to the winner, then the fine from what is left of it. Out: both."""
    paid = min(s.accounts[loser, STAKE], payment)
    fine = min(s.accounts[loser, STAKE] - paid, payment // FINE)
    s.accounts[loser, STAKE] -= paid + fine
    add(s, winner, 0, CASH, paid, 0)
    s.totals[SLASHED + CASH] += fine
    out[1], out[2] = paid, fine


@leaf(counted=False)
def confirm(s, who, a):
    """By the requester while the deal is open; by the supplier once nobody challenged its receipt in time."""
    row = a[0]
    if row < 1 or row > s.totals[N_DEALS] or s.deals[row, D_STATUS] != D_OPEN:
        return GONE
    if who == s.deals[row, D_SUPPLIER]:
        if s.deals[row, D_WINDOW] == 0 or s.totals[TIME] <= s.deals[row, D_WINDOW]:
            return EARLY
    elif who != s.deals[row, D_REQUESTER]:
        return OWNER
    close(s, row, True)
    return ACCEPTED


@leaf(counted=False)
def receipt(s, who, a, out):
    """Out: the time until which the requester may challenge. The literal economy has neither this nor arbiters."""
    row, valid = a[0], a[1]
    if s.rules[ECONOMY] == LITERAL:
        return UNKNOWN
    if row < 1 or row > s.totals[N_DEALS] or s.deals[row, D_STATUS] != D_OPEN:
        return GONE
    if who != s.deals[row, D_SUPPLIER]:
        return OWNER
    if valid != 1:
        return SIGNATURE
    if s.deals[row, D_WINDOW] != 0:
        return RECEIPTED
    if s.totals[TIME] > s.deals[row, D_DEADLINE]:
        return EXPIRED
    s.deals[row, D_WINDOW] = s.totals[TIME] + WINDOW
    out[0] = s.deals[row, D_WINDOW]
    return ACCEPTED


@leaf(counted=False)
def claim(s, who, a, out):
    """Without a receipt: refund and slash, after the deadline. With one: a dispute, within the window."""
    row, reason = a[0], a[1]
    if row < 1 or row > s.totals[N_DEALS] or s.deals[row, D_STATUS] != D_OPEN:
        return GONE
    if who != s.deals[row, D_REQUESTER]:
        return OWNER
    if reason < TIMEOUT or reason > WRONG:
        return RANGE
    if s.deals[row, D_WINDOW] == 0:
        if s.totals[TIME] <= s.deals[row, D_DEADLINE]:
            return EARLY
        close(s, row, False)
        slash(s, s.deals[row, D_SUPPLIER], who, s.deals[row, D_CASH], out)
    else:
        if reason == TIMEOUT:
            return RECEIPTED
        if s.totals[TIME] > s.deals[row, D_WINDOW]:
            return LATE
        s.deals[row, D_STATUS] = D_DISPUTED
    out[0] = s.deals[row, D_STATUS]
    return ACCEPTED


@leaf(counted=False)
def arbitrate(s, a, out):
    """The side with a quorum of valid verdicts of distinct arbiters wins; the other pays."""
    row, count = a[0], a[1]
    if s.rules[ECONOMY] == LITERAL:
        return UNKNOWN
    if row < 1 or row > s.totals[N_DEALS] or s.deals[row, D_STATUS] != D_DISPUTED:
        return GONE
    if count < 0 or count > MAX_PANEL:
        return RANGE
    last, success, failure = -1, 0, 0
    for k in range(count):
        arbiter, vote, valid = a[2 + 3 * k], a[3 + 3 * k], a[4 + 3 * k]
        if arbiter <= last or arbiter >= MAX_PANEL or vote < 0 or vote > 1 or valid < 0 or valid > 1:
            return RANGE
        last = arbiter
        if valid == 1 and arbiter < s.rules[ARBITERS]:
            success += vote
            failure += 1 - vote
    if max(success, failure) < s.rules[ARBITER_QUORUM]:
        return QUORUM
    won = success > failure
    requester, supplier = s.deals[row, D_REQUESTER], s.deals[row, D_SUPPLIER]
    close(s, row, won)
    slash(s, requester if won else supplier, supplier if won else requester, s.deals[row, D_CASH], out)
    out[0] = s.deals[row, D_STATUS]
    return ACCEPTED
