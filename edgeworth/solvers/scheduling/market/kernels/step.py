"""Step 4 of an epoch: settlement, attestation, minting, asks."""

from __future__ import annotations

import math

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.layout import (
    ACCEPTED,
    ATTEST,
    BACKED,
    BURN,
    CTK,
    DEPOSIT,
    ECONOMY,
    ISSUED,
    LIMIT,
    LOCKED,
    MINT,
    N_ACCOUNTS,
    OPEN,
    PTK,
    QUORUM_OF,
    RESERVE,
    TICK,
    TIME,
    TOKEN,
    TOO_MUCH,
)
from edgeworth.mechanisms.token_market.kernels.tables import available, frozen
from edgeworth.solvers.scheduling.market.kernels.amounts import PER_JOULE, PER_JOULE_OVER, asked
from edgeworth.solvers.scheduling.market.kernels.funds import milliseconds, settle, told
from edgeworth.solvers.scheduling.market.kernels.state import PERIOD
from edgeworth.solvers.scheduling.model.kernels.device import backlog
from edgeworth.solvers.scheduling.model.kernels.epoch import battery
from edgeworth.solvers.scheduling.model.kernels.rules import utilisation
from edgeworth.solvers.scheduling.model.kernels.state import TOLERANCE


@leaf(counted=False)
def base(number):
    """Whole base units, rounded down: nothing is attested that is not there."""
    return math.floor(min(float(LIMIT), max(0.0, number)))


@leaf(counted=False)
def reserves(world, state, t, books, s, k):
    """Base CTK and PTK that device k can answer for.

    Literal: the idle time since the last attestation, and the battery above its floor. Backed: what it could take on
    besides its backlog, and what is locked or promised, whose work is in the backlog or done.
    """
    spare = max(0.0, battery(world, state, k, t) - world.floor[k])
    if s.rules[ECONOMY] != BACKED:
        rest = state.rest[k] + (t - state.last[k] if state.running[k] < 0 else 0.0)
        idle = rest - books.rest[k]
        books.rest[k] = rest
        return base(world.capacity[k] * idle * TOKEN), base(spare * PER_JOULE / PER_JOULE_OVER)
    seconds = max(0.0, backlog(world, state, k, t))
    room = max(0.0, world.deadline - world.margin - seconds)
    left = max(0.0, spare - world.active[k] * seconds)
    ctk, ptk = base(world.capacity[k] * room * TOKEN), base(left * PER_JOULE / PER_JOULE_OVER)
    bound = s.accounts[k + 1]
    return (
        min(LIMIT, ctk + bound[LOCKED + CTK] + books.promised[k, CTK]),
        min(LIMIT, ptk + bound[LOCKED + PTK] + books.promised[k, PTK]),
    )


@leaf(counted=False)
def attest(world, state, t, terms, books, s, k, period):
    """Device k has its resources attested by a quorum, mints what they back, and burns what of its own they do not."""
    who, a = k + 1, books.a
    ctk, ptk = reserves(world, state, t, books, s, k)
    a[0], a[1], a[2], a[3], a[4], a[5] = who, period, ctk, ptk, 1, s.rules[QUORUM_OF]
    for seat in range(s.rules[QUORUM_OF]):
        a[6 + 4 * seat], a[7 + 4 * seat], a[8 + 4 * seat], a[9 + 4 * seat] = seat, ctk, ptk, 1
    told(books, s, ATTEST, who, ACCEPTED)
    backed = s.rules[ECONOMY] == BACKED
    if backed and books.asks[k, CTK] == 0 and terms.stake > 0:
        a[0] = terms.stake
        told(books, s, DEPOSIT, who, ACCEPTED)
    if not terms.minting or frozen(s, who):
        return
    for asset in range(CTK, PTK + 1):
        code, more = MINT, s.accounts[who, RESERVE + asset] - s.accounts[who, ISSUED + asset]
        if more < 0 and backed:
            code, more = BURN, min(-more, available(s, who, who, asset))
        if more > 0:
            a[0], a[1], a[2] = asset, more, 0
            told(books, s, code, who, TOO_MUCH)  # it mints no more than there may be of a token


@leaf(counted=False)
def post(world, state, t, terms, books, k):
    """The asks of device k: dearer with its backlog, and as its battery empties."""
    held = battery(world, state, k, t) / world.battery[k] if world.battery[k] > 0.0 else 0.0
    books.asks[k, CTK] = asked(terms.work_price * (1.0 + utilisation(world, backlog(world, state, k, t))))
    books.asks[k, PTK] = asked(terms.power_price * (2.0 - held))


@leaf(counted=False)
def trade(world, state, t, terms, books, s, over):
    """The market's part of the epoch at t, before anybody chooses; over: after the end, the last settlements only."""
    for _ in range(s.totals[N_ACCOUNTS], world.capacity.size):  # before anything else
        books.a[0], books.a[1] = 1, 0
        told(books, s, OPEN, 0, ACCEPTED)
    now = milliseconds(t) + (2 if over else 0)  # claims come after a deadline, of a time and a span both rounded
    if now > s.totals[TIME]:
        books.a[0] = now
        told(books, s, TICK, 0, ACCEPTED)
    settle(world, state, t, terms, books, s)
    period = int(t / terms.period + TOLERANCE) + 1
    if period > books.counts[PERIOD] and not over:
        for k in range(world.capacity.size):
            if state.died[k] < 0.0:
                attest(world, state, t, terms, books, s, k, period)
                post(world, state, t, terms, books, k)
        books.counts[PERIOD] = period
