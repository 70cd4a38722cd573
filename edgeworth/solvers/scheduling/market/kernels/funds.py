"""Solvency, escrow and settlement: what a device can pay, what it locks, and what becomes of it."""

from __future__ import annotations

import math

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.apply import apply
from edgeworth.mechanisms.token_market.kernels.layout import (
    ACCEPTED,
    BACKED,
    BALANCE,
    BURN,
    CASH,
    CLAIM,
    COMMIT,
    CONFIRM,
    CTK,
    D_DEADLINE,
    ECONOMY,
    FAILURE,
    FREE,
    NONCE,
    PTK,
    STAKE,
    TICK,
    TIME,
)
from edgeworth.solvers.scheduling.market.kernels.amounts import power_tokens, price, work_tokens
from edgeworth.solvers.scheduling.market.kernels.state import (
    CLOSED,
    FAULT,
    LOCK_FIRST,
    OFFLOADS,
    OPEN,
    OPTIMISTIC,
    REFUSED,
    UNPAID,
    WAITS,
)
from edgeworth.solvers.scheduling.model.kernels.device import backlog
from edgeworth.solvers.scheduling.model.kernels.epoch import commit, fits, head
from edgeworth.solvers.scheduling.model.kernels.state import DONE, REJECTED, TOLERANCE

MS = 1000.0


@leaf(counted=False)
def milliseconds(t):
    return math.floor(t * MS + 0.5)


@leaf(counted=False)
def told(books, s, code, who):
    """Give the ledger a command with the arguments in `a`; returns its answer."""
    return apply(s, code, who, s.accounts[who, NONCE], books.a, books.out)


@leaf(counted=False)
def must(books, s, code, who):
    """A command that the ledger cannot refuse; if it does, the episode is not to be believed."""
    result = told(books, s, code, who)
    if result != ACCEPTED and books.counts[FAULT] == 0:
        books.counts[FAULT] = 100 * code + result


@leaf(counted=False)
def tick(books, s, now):
    """Tell the ledger that it is so many ms; what is not later it is not told."""
    if now > s.totals[TIME]:
        books.a[0] = now
        must(books, s, TICK, 0)


@leaf(counted=False)
def spare(books, s, k, asset):
    """What device k has free of a token, and promised to nobody.

    In the backed economy too that is what its account shows: whoever is paid gets cash, so all hold tokens of their own only.
    """
    return s.accounts[k + 1, FREE + asset] - (books.promised[k, asset] if s.rules[ECONOMY] == BACKED else 0)


@leaf(counted=False)
def purse(terms, books, s, i):
    """Base cash that device i may still spend; of open promises that nothing locks the stake is the cap."""
    if terms.settlement == OPTIMISTIC:
        return s.accounts[i + 1, STAKE] - books.promised[i, CASH]
    return s.accounts[i + 1, FREE + CASH]


@leaf(counted=False)
def can_execute(books, s, i, ctk):
    """Can device i pay for its own execution of a task?"""
    return s.rules[ECONOMY] == BACKED or spare(books, s, i, CTK) >= ctk


@leaf(counted=False)
def can_pay(world, terms, books, s, i, j, k, ctk):
    """Can i pay for j, of so many CTK, at k, and has k, where it must, tokens of its own for it?"""
    backed = s.rules[ECONOMY] == BACKED
    giver = k if backed else i
    if spare(books, s, giver, CTK) < ctk:
        return False
    ptk = power_tokens(world, j, k)
    if spare(books, s, giver, PTK) < ptk:
        return False
    return not backed or (books.asks[k, CTK] > 0 and price(books, k, ctk, ptk) <= purse(terms, books, s, i))


@leaf(counted=False)
def afford(world, state, terms, books, s, i, j, count):
    """Close in `state.open` what i cannot pay for j, and count the peers that are closed so, each as `count`.

    Returns how many devices are left; 0: the head waits for CTK.
    """
    ctk, found = work_tokens(world, j), 0
    able = can_execute(books, s, i, ctk)
    for k in range(world.capacity.size):
        if state.open[k] and not (able and (k == i or can_pay(world, terms, books, s, i, j, k, ctk))):
            state.open[k] = False
            books.counts[CLOSED] += count if k != i else 0
        found += state.open[k]
    if found == 0 and able:
        state.open[i] = True
        found = 1
    return found


@leaf(counted=False)
def sign(books, s, terms, i, j, k, ctk, ptk, cash):
    """The arguments of a commitment; its deadline is Delta from now."""
    a, now = books.a, s.totals[TIME]
    a[0], a[1], a[2], a[3], a[4], a[5] = i + 1, k + 1, j, ctk, ptk, cash
    a[6], a[7], a[8], a[9] = now, now + max(1, milliseconds(terms.delay)), 0, 1


@leaf(counted=False)
def engage(world, terms, books, s, i, j, k):
    """Lock what j at k takes, or note it where nothing is locked yet."""
    backed = s.rules[ECONOMY] == BACKED
    ctk, ptk = work_tokens(world, j), power_tokens(world, j, k)
    cash = price(books, k, ctk, ptk) if backed else 0
    books.cash[j] = cash
    if terms.settlement == OPTIMISTIC:
        promise(books, k, i, ctk, ptk, cash)
    else:
        sign(books, s, terms, i, j, k, ctk, ptk, cash)
        must(books, s, COMMIT, i + 1)
        books.deal[j] = books.out[0]
    books.open[books.counts[OPEN]] = j
    books.counts[OPEN] += 1
    books.counts[OFFLOADS] += 1


@leaf(counted=False)
def promise(books, supplier, requester, ctk, ptk, cash):
    books.promised[supplier, CTK] += ctk
    books.promised[supplier, PTK] += ptk
    books.promised[requester, CASH] += cash


@leaf(counted=False)
def hand_over(world, state, t, i, terms, books, s):
    """`commit`, once the head of device i is paid for: who cannot pay for its choice keeps it, or waits."""
    j, k = head(world, state, i), state.choice[i]
    ctk = work_tokens(world, j)
    if k != i:
        if not fits(world, j, k, backlog(world, state, k, t), state.died[k] >= 0.0, t):
            state.counts[REJECTED] += 1
            k = i
        elif not can_pay(world, terms, books, s, i, j, k, ctk):
            books.counts[REFUSED] += 1
            k = i
    if k != i:
        engage(world, terms, books, s, i, j, k)
    elif s.rules[ECONOMY] != BACKED:
        if not can_execute(books, s, i, ctk):
            books.counts[WAITS] += 1
            return
        books.a[0], books.a[1], books.a[2] = CTK, ctk, 0
        must(books, s, BURN, i + 1)
    state.choice[i] = k
    state.wait[i] = books.latency[j] if k != i and terms.settlement == LOCK_FIRST else 0.0
    commit(world, state, t, i)


@leaf(counted=False)
def settled_at(state, terms, books, j):
    """When the transaction that settles j is on the chain; j is over."""
    return max(state.decided[j] + terms.delay, state.end[j]) + books.latency[j]


@leaf(counted=False)
def settle_deal(world, state, terms, books, s, j):
    """Pay the supplier of j for a success, and for a failure give back what was locked."""
    i, k, success = world.source[j], state.device[j], state.status[j] == DONE
    if terms.settlement == OPTIMISTIC:
        ctk, ptk = work_tokens(world, j), power_tokens(world, j, k)
        promise(books, k, i, -ctk, -ptk, -books.cash[j])
        if not success:
            return
        sign(books, s, terms, i, j, k, ctk, ptk, books.cash[j])
        result = told(books, s, COMMIT, i + 1)
        if result == BALANCE:
            books.counts[UNPAID] += 1
            return
        if result != ACCEPTED and books.counts[FAULT] == 0:
            books.counts[FAULT] = 100 * COMMIT + result
            return
        books.deal[j] = books.out[0]
    books.a[0], books.a[1] = books.deal[j], FAILURE
    must(books, s, CONFIRM if success else CLAIM, i + 1)


@leaf(counted=False)
def settle_due(world, state, t, terms, books, s):
    """Settle every deal whose time has come, in the order of their decisions."""
    kept = 0
    for place in range(books.counts[OPEN]):
        j = books.open[place]
        due = state.status[j] != 0 and settled_at(state, terms, books, j) <= t + TOLERANCE
        if due and books.deal[j] > 0 and state.status[j] != DONE:  # a claim comes after the deadline
            due = s.totals[TIME] > s.deals[books.deal[j], D_DEADLINE]
        if due:
            settle_deal(world, state, terms, books, s, j)
        else:
            books.open[kept] = j
            kept += 1
    books.counts[OPEN] = kept


@leaf(counted=False)
def settle_all(world, state, terms, books, s):
    """After the end of the episode: the last settlements."""
    last = 0
    for place in range(books.counts[OPEN]):
        j = books.open[place]
        last = max(last, milliseconds(settled_at(state, terms, books, j)) + 1)
    tick(books, s, last)
    for place in range(books.counts[OPEN]):
        settle_deal(world, state, terms, books, s, books.open[place])
    books.counts[OPEN] = 0
