"""Copies of an episode with a market: the same epochs, with its step, its solvency and what it shows."""

from __future__ import annotations

from edgeworth.core.jit import jit, leaf
from edgeworth.mechanisms.token_market.kernels.layout import CASH, CASH_UNIT, CTK, DONE, FAILED, FREE, PTK, TOKEN
from edgeworth.mechanisms.token_market.kernels.tables import Tables
from edgeworth.solvers.scheduling.env import observation
from edgeworth.solvers.scheduling.env.kernels.rows import state_of, world_of
from edgeworth.solvers.scheduling.env.kernels.step import (
    BEGIN,
    LOOK,
    OF_CANDIDATES,
    OF_GRAPH,
    OF_PEERS,
    STEP,
    collect,
    cut,
    device_of,
    handed_over,
    see_all,
    see_candidates,
    see_graph,
    see_own,
    see_peers,
)
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, MARKET, MOST, OWN, RECORD, TOKENS
from edgeworth.solvers.scheduling.market.kernels.amounts import power_tokens, price, work_tokens
from edgeworth.solvers.scheduling.market.kernels.bargain import bargain
from edgeworth.solvers.scheduling.market.kernels.funds import afford, hand_over, last_settlement
from edgeworth.solvers.scheduling.market.kernels.state import Books
from edgeworth.solvers.scheduling.market.kernels.step import trade
from edgeworth.solvers.scheduling.model.kernels.epoch import (
    close,
    epoch_time,
    head,
    mask,
    news,
    open_epoch,
    pending,
    turns,
)
from edgeworth.solvers.scheduling.model.kernels.state import JOINED

OF_MARKET, OF_PRICED, OF_REPUTED = 3, 4, 6
CTK_SCALE, PTK_SCALE = observation.CTK * TOKEN, observation.PTK * TOKEN
CASH_SCALE, PRICE_SCALE = observation.CASH * CASH_UNIT, observation.ENERGY * CASH_UNIT
_OWN, _TOKENS, _MARKET, _CANDIDATE, _RECORD = len(OWN), len(TOKENS), len(MARKET), len(CANDIDATE), len(RECORD)


@leaf(counted=False)
def books_of(all_books, c, n):
    """Copy c, of n tasks."""
    return Books(
        all_books.latency[c, :n],
        all_books.asks[c],
        all_books.rest[c],
        all_books.promised[c],
        all_books.open[c, :n],
        all_books.deal[c, :n],
        all_books.cash[c, :n],
        all_books.counts[c],
        all_books.a[c],
        all_books.out[c],
        all_books.default[c],
        all_books.luck[c, :n],
        all_books.bids[c],
        all_books.fits[c],
    )


@leaf(counted=False)
def ledger_of(ledgers, c):
    """The ledger of copy c."""
    return Tables(
        ledgers.accounts[c],
        ledgers.positions[c],
        ledgers.seats[c],
        ledgers.orders[c],
        ledgers.heads[c],
        ledgers.deals[c],
        ledgers.pairs[c],
        ledgers.totals[c],
        ledgers.rules[c],
    )


@leaf(counted=False)
def see_market(state, terms, books, s, i, out):
    """The features `TOKENS` and `MARKET`."""
    held = s.accounts[i + 1]
    out[0] = cut(held[FREE + CTK] / CTK_SCALE)
    out[1] = cut(held[FREE + PTK] / PTK_SCALE)
    out[2] = cut(held[FREE + CASH] / CASH_SCALE)
    others = state.died.size - 1
    work, power, ctk, ptk, sellers = MOST, MOST, 0, 0, 0
    for k in range(others + 1):
        other = s.accounts[k + 1]
        if k != i and state.died[k] < 0.0 and other[FREE + CTK] > 0 and other[FREE + PTK] > 0:
            sellers += 1
            ctk += other[FREE + CTK]
            ptk += other[FREE + PTK]
            work = min(work, books.asks[k, CTK] / max(1.0, terms.work_price))
            power = min(power, books.asks[k, PTK] / max(1.0, terms.power_price))
    out[3], out[4] = work, power
    if others > 0:
        out[5], out[6] = cut(ctk / CTK_SCALE / others), cut(ptk / PTK_SCALE / others)
        out[7] = sellers / others
    else:
        out[5:8] = 0.0


@leaf(counted=False)
def see_prices(world, state, t, books, s, i, row, reputed, seen):
    """The features `CANDIDATE` and the price of all devices, and where reputed their `RECORD`."""
    see_candidates(world, state, t, i, row, seen)
    places, wide = world.capacity.size, _CANDIDATE + (1 + _RECORD if reputed else 1)
    for action in range(places - 1, -1, -1):  # from the last one on, to make room for a price after each
        for feature in range(_CANDIDATE - 1, -1, -1):
            seen[action * wide + feature] = seen[action * _CANDIDATE + feature]
        owed, deals, failed = 0.0, 0, 0.0
        if action > 0 and pending(state, i) > 0:
            k = device_of(i, action)
            j = head(world, state, i)
            owed = cut(price(books, k, work_tokens(world, j), power_tokens(world, j, k)) / PRICE_SCALE)
            deals = s.accounts[k + 1, DONE] + s.accounts[k + 1, FAILED]
            failed = s.accounts[k + 1, FAILED] / max(1, deals)
        seen[action * wide + _CANDIDATE] = owed
        if reputed:
            seen[action * wide + _CANDIDATE + 1], seen[action * wide + _CANDIDATE + 2] = cut(deals / observation.DEALS), failed


@leaf(counted=False)
def look(world, state, t, view, terms, books, s, count, seen, opened, active, whole):
    """As without a market; closed is also what cannot be paid for, and action 0 is open to who waits for CTK."""
    row = news(world, state, True)
    for i in range(world.capacity.size):
        active[i] = pending(state, i) > 0
        opened[i] = False
        if active[i]:
            j = head(world, state, i)
            mask(world, state, t, i, j, row)
            if afford(world, state, terms, books, s, i, j, count) == 0:
                state.open[i] = True
            for action in range(world.capacity.size):
                opened[i, action] = state.open[device_of(i, action)]
        else:
            opened[i, 0] = True
        if view == OF_CANDIDATES:
            see_candidates(world, state, t, i, row, seen[i])
        elif view == OF_GRAPH:
            see_graph(world, state, t, i, row, seen[i])
        elif view in (OF_PRICED, OF_REPUTED):
            see_market(state, terms, books, s, i, seen[i])
            see_prices(world, state, t, books, s, i, row, view == OF_REPUTED, seen[i, _TOKENS + _MARKET :])
        else:
            see_own(world, state, t, i, seen[i])
            if view == OF_PEERS:
                see_peers(world, state, t, i, row, seen[i, _OWN:])
            elif view == OF_MARKET:
                see_market(state, terms, books, s, i, seen[i, _OWN:])
    if whole.size > 0:
        see_all(world, state, t, whole)


@leaf(counted=False)
def step(world, state, t, terms, books, s, actions, decided):
    """As without a market; a head may also wait."""
    for i in range(world.capacity.size):
        decided[i] = head(world, state, i) if pending(state, i) > 0 else -1
        state.choice[i] = device_of(i, actions[i])
    count = turns(world, state)
    if terms.rounds > 0:
        bargain(world, state, t, terms, books, s, count)
    for place in range(count):
        i = state.turn[place]
        if pending(state, i) > 0:  # it has not died at this epoch
            hand_over(world, state, t, i, terms, books, s)
    handed_over(state, decided)
    following = epoch_time(world, state)
    if following > world.end:
        close(world, state)
        trade(world, state, last_settlement(state, terms, books), terms, books, s, True)
    else:
        open_epoch(world, state, following)
        trade(world, state, following, terms, books, s, False)
    return following


@jit(counted=False)
def go(
    what, worlds, states, tasks, view, exchange, actions, now, over, first, costs, reward, decided, seen, opened, active, whole,
    terms, all_books, ledgers,
):  # fmt: skip
    """`step.go` of copies with a market."""
    for c in range(tasks.size):
        world, state = world_of(worlds, c, tasks[c]), state_of(states, c, tasks[c])
        books, s = books_of(all_books, c, tasks[c]), ledger_of(ledgers, c)
        if what == BEGIN:
            t = epoch_time(world, state)
            now[c] = 0.0
            if t <= world.end:
                open_epoch(world, state, t)
                trade(world, state, t, terms, books, s, False)
                now[c] = t
        elif what == STEP:
            now[c] = step(world, state, now[c], terms, books, s, actions[c], decided[c])
            over[c] = now[c] > world.end
            until = world.arrival.size if over[c] else state.counts[JOINED]
            first[c] = collect(world, state, exchange, first[c], until, costs[c], reward[c])
        if not over[c]:
            count = 1 if what != LOOK else 0
            look(world, state, now[c], view, terms, books, s, count, seen[c], opened[c], active[c], whole[c])
