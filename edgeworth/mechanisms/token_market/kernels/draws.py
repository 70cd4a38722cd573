"""Random commands, drawn with an eye on the state so that most are accepted, and applied as they are drawn."""

from __future__ import annotations

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, fraction, stream
from edgeworth.mechanisms.token_market.kernels.apply import apply
from edgeworth.mechanisms.token_market.kernels.layout import (
    A_ROLE,
    ARBITRATE,
    ATTEST,
    BACKED,
    BID,
    BORROW,
    BURN,
    CANCEL,
    CASH,
    CLAIM,
    COMMANDS,
    COMMIT,
    CONFIRM,
    CTK,
    D_DISPUTED,
    D_OPEN,
    D_REQUESTER,
    D_STATUS,
    D_SUPPLIER,
    D_WINDOW,
    DEBT,
    DEPOSIT,
    ECONOMY,
    FREE,
    FULL,
    ISSUED,
    LIMIT,
    LOT,
    MAX_PANEL,
    MINT,
    N_ACCOUNTS,
    N_DEALS,
    N_ORDERS,
    N_POSITIONS,
    NONCE,
    O_ID,
    O_OWNER,
    OPEN,
    ORDER,
    OUTPUTS,
    P_ASSET,
    P_FREE,
    P_HOLDER,
    P_ISSUER,
    PERIOD,
    PLEDGE,
    PTK,
    RECEIPT,
    REPAY,
    RESERVE,
    STAKE,
    TEE,
    TICK,
    TIME,
    TOKEN,
    TRANSFER,
    USER,
    WIDTH,
    WITHDRAW,
)
from edgeworth.mechanisms.token_market.kernels.tables import available

POPULATION = 48
RECENT = 40  # deals among which one is picked


@leaf(counted=False)
def below(rng, count):
    """A whole number from 0 to count - 1, or 0 where there is none."""
    rng[0] += GOLDEN
    return int(fraction(rng[0]) * max(count, 1))


@leaf(counted=False)
def chance(rng, share):
    rng[0] += GOLDEN
    return fraction(rng[0]) < share


@leaf(counted=False)
def part(rng, whole):
    """Mostly a small part of what is there; sometimes all, sometimes a little more."""
    rng[0] += GOLDEN
    u = fraction(rng[0])
    return min(whole, LIMIT) if u > 0.97 else min(int(u * u * 1.1 * whole), LIMIT)


@leaf(counted=False)
def recent_deal(s, rng, status):
    """A deal of a status among the last, if there is one nearby."""
    first = max(s.totals[N_DEALS] - below(rng, RECENT), 0)
    for pick in range(first, max(first - RECENT, 0), -1):
        if s.deals[pick, D_STATUS] == status:
            return pick
    return first


@leaf(counted=False)
def draw(s, rng, code, a):
    """Fill in the arguments of a command. Returns its signer and how many arguments there are."""
    people, now = s.totals[N_ACCOUNTS], s.totals[TIME]
    who = 1 + below(rng, people)
    asset = below(rng, 2)
    for _ in range(3):
        if code in (ATTEST, MINT, PLEDGE, BORROW) and s.accounts[who, A_ROLE] == USER:
            who = 1 + below(rng, people)
        if code == REPAY and s.accounts[who, DEBT] == 0:
            who = 1 + below(rng, people)
    row = s.accounts[who]
    if code == OPEN:
        a[0], a[1] = 0 if chance(rng, 0.05) else 1, below(rng, 4) // 3
        return 0, 2
    if code == TICK:
        a[0] = now + below(rng, 500) - 5
        return 0, 1
    if code == ATTEST:
        a[0] = row[TEE] if row[TEE] > 0 and chance(rng, 0.97) else who if chance(rng, 0.9) else 1 + below(rng, 2 * people)
        a[1], a[4] = row[PERIOD] + 1 - below(rng, 30) // 29, 0 if chance(rng, 0.03) else 1
        a[2], a[3] = TOKEN * (1 + below(rng, 400)), TOKEN * (1 + below(rng, 200))
        a[5], seat = 3 + below(rng, MAX_PANEL - 2) if chance(rng, 0.3) else MAX_PANEL, 0
        for k in range(a[5]):
            spare = MAX_PANEL - seat - (a[5] - k)
            seat += below(rng, spare + 1)
            a[6 + 4 * k], a[9 + 4 * k] = seat, 0 if chance(rng, 0.1) else 1
            a[7 + 4 * k], a[8 + 4 * k] = a[2] + below(rng, TOKEN), a[3] - below(rng, TOKEN)
            seat += 1
        return who, 6 + 4 * a[5]
    if code == MINT:
        a[0], a[1] = asset, part(rng, max(row[RESERVE + asset] - row[ISSUED + asset], 0) + 1)
        return who, 2
    if code == BURN:
        if s.totals[N_POSITIONS] > 0 and chance(rng, 0.8):
            held = s.positions[1 + below(rng, s.totals[N_POSITIONS])]
            a[0], a[1], a[2] = held[P_ASSET], part(rng, held[P_FREE]), held[P_ISSUER]
            return held[P_HOLDER], 3
        a[0], a[1], a[2] = asset, part(rng, available(s, who, who, asset)) // 8, 0
        return who, 3
    if code == TRANSFER:
        asset = below(rng, 3)
        a[0], a[1], a[2], a[3] = 1 + below(rng, people), asset, part(rng, row[FREE + asset]) // 2, 0
        if asset != CASH and s.rules[ECONOMY] == BACKED and chance(rng, 0.3):
            a[3] = 1 + below(rng, people)
        return who, 4
    if code == DEPOSIT:
        a[0] = part(rng, row[FREE + CASH]) // 4
        return who, 1
    if code == WITHDRAW:
        a[0] = 0 if chance(rng, 0.5) else part(rng, row[STAKE])
        return who, 1
    if code == ORDER:
        a[0], a[1], a[4], a[5] = below(rng, 2), asset, 0, max(below(rng, 6) - 3, 0)
        a[2] = 1 + int(100.0 * (1.0 + (2 * a[0] - 1) * 0.2) * (0.5 + 0.01 * below(rng, 100)))
        a[3] = max(part(rng, available(s, who, who, asset)), LOT - 1)
        if s.rules[ECONOMY] == BACKED:
            a[4] = who if a[0] != BID else 1 + below(rng, people)
        if a[0] == BID:
            a[3] = min(max(part(rng, row[FREE + CASH]), 1) * TOKEN // a[2], LIMIT)
        return who, 6
    if code == CANCEL:
        pick = 1 + below(rng, s.totals[N_ORDERS])
        a[0] = s.orders[pick, O_ID]
        return s.orders[pick, O_OWNER] if s.orders[pick, O_OWNER] > 0 and chance(rng, 0.95) else who, 1
    if code == COMMIT:
        other, prepaid = 1 + below(rng, people), 1 if chance(rng, 0.2) else 0
        if prepaid == 1 and s.totals[N_POSITIONS] > 0:
            held = s.positions[1 + below(rng, s.totals[N_POSITIONS])]
            who, other = held[P_HOLDER], held[P_ISSUER]
            row = s.accounts[who]
        a[0], a[1], a[2] = who, other, s.accounts[who, NONCE] * 2 - below(rng, 20) // 19
        giver = who if s.rules[ECONOMY] != BACKED or prepaid == 1 else other
        a[3], a[4] = part(rng, available(s, giver, other, CTK)) // 4, part(rng, available(s, giver, other, PTK)) // 4
        a[8] = prepaid
        a[5] = part(rng, row[FREE + CASH] + row[STAKE]) // 2 if s.rules[ECONOMY] == BACKED else 0
        a[6] = max(now - below(rng, 20000) + below(rng, 20) // 19 * 20000, 0)
        a[7], a[9] = a[6] + 10000 + below(rng, 60000), 0 if chance(rng, 0.02) else 1
        return who if chance(rng, 0.7) else other, 10
    if code == PLEDGE:
        a[0] = row[TEE] if row[TEE] > 0 and chance(rng, 0.9) else who if chance(rng, 0.9) else below(rng, 2 * people)
        return who, 1
    if code == BORROW:
        a[0] = part(rng, 30_000_000 if s.rules[ECONOMY] != BACKED else 30_000)
        return who, 1
    if code == REPAY:
        a[0] = row[DEBT] if chance(rng, 0.8) else part(rng, row[DEBT])
        return who, 1
    # the rest is about a deal, one of the last
    pick = recent_deal(s, rng, D_DISPUTED if code == ARBITRATE else D_OPEN)
    deal = s.deals[pick]
    requester, supplier = max(deal[D_REQUESTER], 1), max(deal[D_SUPPLIER], 1)
    a[0] = pick
    signer = requester
    count = 1
    if code == CONFIRM:
        signer = supplier if deal[D_WINDOW] > 0 and deal[D_WINDOW] < now else requester
    elif code == RECEIPT:
        signer, a[1], count = supplier, 0 if chance(rng, 0.03) else 1, 2
    elif code == CLAIM:
        a[1], count = below(rng, 3), 2
    elif code == ARBITRATE:
        signer, a[1], vote = who, MAX_PANEL - below(rng, 4), below(rng, 2)
        for k in range(a[1]):
            a[2 + 3 * k], a[3 + 3 * k] = k, 1 - vote if chance(rng, 0.15) else vote
            a[4 + 3 * k] = 0 if chance(rng, 0.1) else 1
        count = 2 + 3 * a[1]
    return signer if chance(rng, 0.97) else who, count


@leaf(counted=False)
def pick_code(s, rng, cumulated):
    """By weight; openings first, and seldom afterwards."""
    people = s.totals[N_ACCOUNTS]
    if people < 4 or (people < POPULATION and chance(rng, 0.2)):
        return OPEN
    rng[0] += GOLDEN
    u = fraction(rng[0]) * cumulated[COMMANDS]
    code = ATTEST
    while u >= cumulated[code]:
        code += 1
    return code


@jit(counted=False)
def play(s, seed, first, count, cumulated, faults, head, outputs, flat, rng, a, out):
    """Draw and apply the commands first, first + 1, ... of a seed, until count are logged or a table must grow.

    cumulated float64 [COMMANDS + 1]: sums of the weights of all commands up to each. faults: share of commands with one number
    spoilt. head int64 [count, 5], outputs int64 [count, 3], flat int64: the log. rng uint64 [1], a, out: working buffers.
    Returns how far it came.
    """
    for k in range(first, count):
        begin = head[k - 1, 4] if k > 0 else 0
        if begin + WIDTH > flat.size:
            return k
        rng[0] = stream(np.uint64(seed), 0, k)
        for j in range(WIDTH):
            a[j] = 0
        code = pick_code(s, rng, cumulated)
        who, length = draw(s, rng, code, a)
        nonce = s.accounts[who, NONCE]
        if chance(rng, faults):
            spoilt = below(rng, length + 2)
            if spoilt == length:
                nonce += 1 - 2 * below(rng, 2)
            elif spoilt == length + 1:
                who = 1 + below(rng, s.totals[N_ACCOUNTS])
                nonce = s.accounts[who, NONCE]
            elif (code == ATTEST and spoilt == 5) or (code == ARBITRATE and spoilt == 1):
                a[spoilt] = MAX_PANEL + 1  # fewer would leave entries that no such command has
            else:
                wrong = below(rng, 4) if code != TICK else 0  # no leap of time that ends all deals
                a[spoilt] = 0 if wrong == 0 else LIMIT + 1 if wrong == 1 else a[spoilt] + 1 if wrong == 2 else below(rng, 8)
        result = apply(s, code, who, nonce, a, out)
        if result == FULL:
            return k
        head[k, 0], head[k, 1], head[k, 2], head[k, 3], head[k, 4] = code, who, nonce, result, begin + length
        for j in range(length):
            flat[begin + j] = a[j]
        for j in range(OUTPUTS):
            outputs[k, j] = out[j]
    return count
