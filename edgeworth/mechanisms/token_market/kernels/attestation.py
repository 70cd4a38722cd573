"""Accounts are opened, resources attested, tokens minted."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.layout import (
    A_ROLE,
    ACCEPTED,
    ASSET,
    BOUND,
    CASH,
    CTK,
    DEVICE,
    ECONOMY,
    FROZEN,
    GRANT,
    ISSUED,
    KEY,
    LITERAL,
    MAX_PANEL,
    MAX_TEE,
    MINTED,
    N_ACCOUNTS,
    ORACLES,
    PERIOD,
    PTK,
    QUORUM,
    QUORUM_OF,
    RANGE,
    RESERVE,
    ROLE,
    SIGNATURE,
    STALE,
    SUPPLY,
    TEE,
    TOO_MUCH,
    UNATTESTED,
    UNBACKED,
    USER,
)
from edgeworth.mechanisms.token_market.kernels.tables import add, frozen, in_range


@leaf(counted=False)
def taken(s, who, column, number):
    """Whether another account has a number in a column."""
    for other in range(1, s.totals[N_ACCOUNTS] + 1):  # noqa: SIM110 numba takes no generator
        if other != who and s.accounts[other, column] == number:
            return True
    return False


@leaf(counted=False)
def create(s, who, asset, amount):
    """Bring new units into circulation, as the account's own."""
    s.totals[MINTED + asset] += amount
    if amount > 0:
        add(s, who, who, asset, amount, 0)


@leaf(counted=False)
def open_account(s, a, out):
    """Out: the new account's number."""
    fresh, role = a[0], a[1]
    if fresh != 1:
        return KEY
    if role < DEVICE or role > USER:
        return ROLE
    s.totals[N_ACCOUNTS] += 1
    who = s.totals[N_ACCOUNTS]
    s.accounts[who, A_ROLE] = role
    if s.rules[ECONOMY] == LITERAL:
        for asset in range(CTK, CASH + 1):
            create(s, who, asset, s.rules[GRANT + asset])
    out[0] = who
    return ACCEPTED


@leaf(counted=False)
def median(a, count, oracles, column):
    """The lower median of the valid reports' values: half of an odd quorum, rounded down, may lie and moves it nowhere.

    Returns -1 where nothing is valid.
    """
    valid = 0
    for k in range(count):
        valid += 1 if a[9 + 4 * k] == 1 and a[6 + 4 * k] < oracles else 0
    for k in range(count):
        if a[9 + 4 * k] == 1 and a[6 + 4 * k] < oracles:
            value, below, equal = a[column + 4 * k], 0, 0
            for j in range(count):
                if a[9 + 4 * j] == 1 and a[6 + 4 * j] < oracles:
                    below += 1 if a[column + 4 * j] < value else 0
                    equal += 1 if a[column + 4 * j] == value else 0
            if below <= (valid - 1) // 2 < below + equal:
                return value
    return -1


@leaf(counted=False)
def attest(s, who, a, out):
    """Out: the new reserves of CTK and PTK, and the cash granted."""
    account = s.accounts[who]
    tee, period, ctk, ptk, valid, count = a[0], a[1], a[2], a[3], a[4], a[5]
    if account[A_ROLE] != DEVICE:
        return ROLE
    if not (in_range(ctk) and in_range(ptk)) or tee < 1 or tee > MAX_TEE or count < 0 or count > MAX_PANEL:
        return RANGE
    reports, last = 0, -1
    for k in range(count):
        oracle, good = a[6 + 4 * k], a[9 + 4 * k]
        if oracle <= last or oracle >= MAX_PANEL or good < 0 or good > 1:
            return RANGE
        if not (in_range(a[7 + 4 * k]) and in_range(a[8 + 4 * k])):
            return RANGE
        last = oracle
        reports += 1 if good == 1 and oracle < s.rules[ORACLES] else 0
    if valid != 1:
        return SIGNATURE
    if account[TEE] != tee and (account[TEE] != 0 or taken(s, who, TEE, tee)):
        return BOUND
    if period <= account[PERIOD]:
        return STALE
    if reports < s.rules[QUORUM_OF]:
        return QUORUM
    account[RESERVE + CTK] = min(ctk, median(a, count, s.rules[ORACLES], 7))
    account[RESERVE + PTK] = min(ptk, median(a, count, s.rules[ORACLES], 8))
    account[PERIOD] = period
    if s.rules[ECONOMY] == LITERAL:
        account[ISSUED + CTK] = 0  # the reserve is the idle time of this period
    elif account[TEE] == 0:
        create(s, who, CASH, s.rules[GRANT + CASH])
        out[2] = s.rules[GRANT + CASH]
    account[TEE] = tee
    out[0], out[1] = account[RESERVE + CTK], account[RESERVE + PTK]
    return ACCEPTED


@leaf(counted=False)
def mint(s, who, a):
    asset, amount = a[0], a[1]
    if asset != CTK and asset != PTK:
        return ASSET
    if not in_range(amount):
        return RANGE
    if s.accounts[who, PERIOD] == 0:
        return UNATTESTED
    if frozen(s, who):
        return FROZEN
    if s.accounts[who, ISSUED + asset] + amount > s.accounts[who, RESERVE + asset]:
        return UNBACKED
    if s.totals[MINTED + asset] + amount > SUPPLY:
        return TOO_MUCH
    s.accounts[who, ISSUED + asset] += amount
    create(s, who, asset, amount)
    return ACCEPTED
