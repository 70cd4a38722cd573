"""What an account does with what it has: burning, transfers, stake and credit."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.attestation import taken
from edgeworth.mechanisms.token_market.kernels.layout import (
    A_DEALS,
    A_ROLE,
    ACCEPTED,
    ASSET,
    BACKED,
    BALANCE,
    BOUND,
    CASH,
    CASH_UNIT,
    CREDIT,
    CTK,
    DEBT,
    DEVICE,
    DUE,
    EARLY,
    ECONOMY,
    FREE,
    FROZEN,
    LITERAL,
    NO_ACCOUNT,
    NO_PLEDGE,
    NOTICE,
    NOTICED,
    OPEN_DEALS,
    OVERDRAWN,
    PLEDGED,
    POOL,
    POOL_EMPTY,
    PTK,
    RANGE,
    ROLE,
    STAKE,
    TEE,
    TERM,
    TIME,
    TOKEN,
    UNATTESTED,
)
from edgeworth.mechanisms.token_market.kernels.tables import add, available, frozen, in_range, is_account, retire


@leaf(counted=False)
def issuer_of(s, who, asset, named):
    """Whose tokens are meant: one's own where none is named, nobody's where tokens have no issuer; -1 if there is none such."""
    if asset == CASH or s.rules[ECONOMY] == LITERAL:
        return 0 if named == 0 else -1
    if named == 0:
        return who
    return named if is_account(s, named) else -1


@leaf(counted=False)
def burn(s, who, a):
    asset, amount = a[0], a[1]
    if asset != CTK and asset != PTK:
        return ASSET
    if not in_range(amount):
        return RANGE
    issuer = issuer_of(s, who, asset, a[2])
    if issuer < 0:
        return NO_ACCOUNT
    if available(s, who, issuer, asset) < amount:
        return BALANCE
    if amount > 0:
        add(s, who, issuer, asset, -amount, 0)
        retire(s, issuer if s.rules[ECONOMY] == BACKED else who, asset, amount)
    return ACCEPTED


@leaf(counted=False)
def transfer(s, who, a):
    to, asset, amount = a[0], a[1], a[2]
    if asset < CTK or asset > CASH:
        return ASSET
    if not in_range(amount):
        return RANGE
    issuer = issuer_of(s, who, asset, a[3])
    if not is_account(s, to) or issuer < 0:
        return NO_ACCOUNT
    if available(s, who, issuer, asset) < amount:
        return BALANCE
    if amount > 0:
        add(s, who, issuer, asset, -amount, 0)
        add(s, to, issuer, asset, amount, 0)
    return ACCEPTED


@leaf(counted=False)
def deposit(s, who, a):
    """Cash becomes stake; a notice of withdrawal lapses."""
    amount = a[0]
    if not in_range(amount):
        return RANGE
    if s.accounts[who, FREE + CASH] < amount:
        return BALANCE
    add(s, who, 0, CASH, -amount, 0)
    s.accounts[who, STAKE] += amount
    s.accounts[who, NOTICED] = 0
    return ACCEPTED


@leaf(counted=False)
def withdraw(s, who, a):
    """0 gives notice. Stake leaves when that has run out, so that promises made before it can still be committed."""
    amount = a[0]
    account = s.accounts[who]
    if not in_range(amount):
        return RANGE
    if amount == 0:
        account[NOTICED] = s.totals[TIME] + NOTICE
        return ACCEPTED
    if account[STAKE] < amount:
        return BALANCE
    if account[A_DEALS] > 0:
        return OPEN_DEALS
    if account[NOTICED] == 0 or s.totals[TIME] < account[NOTICED]:
        return EARLY
    account[NOTICED] = 0
    account[STAKE] -= amount
    add(s, who, 0, CASH, amount, 0)
    return ACCEPTED


@leaf(counted=False)
def pledge(s, who, a):
    """One hash an account, one account a hash; in the backed economy the hash is that of the attestation key."""
    number = a[0]
    account = s.accounts[who]
    if account[A_ROLE] != DEVICE:
        return ROLE
    if number < 1:
        return RANGE
    if s.rules[ECONOMY] == BACKED:
        if account[TEE] == 0:
            return UNATTESTED
        if account[TEE] != number:
            return BOUND
    if account[PLEDGED] != number and (account[PLEDGED] != 0 or taken(s, who, PLEDGED, number)):
        return BOUND
    account[PLEDGED] = number
    return ACCEPTED


@leaf(counted=False)
def borrow(s, who, a):
    """The pool lends PTK; in the backed economy cash, since nobody would owe what its PTK claim."""
    amount = a[0]
    account = s.accounts[who]
    lent, most = (PTK, CREDIT * TOKEN) if s.rules[ECONOMY] == LITERAL else (CASH, CREDIT * CASH_UNIT)
    if not in_range(amount):
        return RANGE
    if account[PLEDGED] == 0:
        return NO_PLEDGE
    if frozen(s, who):
        return FROZEN
    if account[DEBT] + amount > most:
        return OVERDRAWN
    if s.totals[POOL] < amount:
        return POOL_EMPTY
    if amount > 0:
        if account[DEBT] == 0:
            account[DUE] = s.totals[TIME] + TERM
        account[DEBT] += amount
        s.totals[POOL] -= amount
        add(s, who, 0, lent, amount, 0)
    return ACCEPTED


@leaf(counted=False)
def repay(s, who, a):
    amount = a[0]
    account = s.accounts[who]
    lent = PTK if s.rules[ECONOMY] == LITERAL else CASH
    if not in_range(amount):
        return RANGE
    if amount > account[DEBT]:
        return OVERDRAWN
    if account[FREE + lent] < amount:
        return BALANCE
    if amount > 0:
        add(s, who, 0, lent, -amount, 0)
        account[DEBT] -= amount
        s.totals[POOL] += amount
        if account[DEBT] == 0:
            account[DUE] = 0
    return ACCEPTED
