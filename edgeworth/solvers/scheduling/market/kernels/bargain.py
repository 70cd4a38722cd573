"""Devices that chose one supplier at the same epoch, which has not room for all of them, bid for it in rounds."""

from __future__ import annotations

import math

from edgeworth.core.jit import leaf
from edgeworth.mechanisms.token_market.kernels.layout import CASH_UNIT, CTK, PTK
from edgeworth.solvers.scheduling.market.kernels.amounts import power_tokens, price, work_tokens
from edgeworth.solvers.scheduling.market.kernels.funds import purse, spare
from edgeworth.solvers.scheduling.market.kernels.state import CONTESTS
from edgeworth.solvers.scheduling.model.kernels.device import backlog
from edgeworth.solvers.scheduling.model.kernels.epoch import fits, head, news
from edgeworth.solvers.scheduling.model.kernels.rules import expected_cost


@leaf(counted=False)
def rival(state, i, k):
    return i != k and state.choice[i] == k


@leaf(counted=False)
def ahead(world, state, books, i, o):
    """Does the bid of i beat that of o? Of equal bids the earlier deadline does, then the lower number."""
    if books.bids[i] != books.bids[o]:
        return books.bids[i] > books.bids[o]
    mine, other = world.due[head(world, state, i)], world.due[head(world, state, o)]
    return mine < other or (mine == other and i < o)


@leaf(counted=False)
def line_up(world, state, books, k, count):
    """Sort the rivals for k by their bids, among the places of `turn` that they have."""
    for place in range(count):
        i, at = state.turn[place], place
        if rival(state, i, k):
            for before in range(place - 1, -1, -1):
                o = state.turn[before]
                if rival(state, o, k):
                    if not ahead(world, state, books, i, o):
                        break
                    state.turn[at], state.turn[before] = o, i
                    at = before


@leaf(counted=False)
def seat(world, state, t, books, s, k, count):
    """Note in `fits` which of the rivals for k it has room and tokens for, in the order of `turn`; returns how many it has not.

    What k keeps for itself takes room in its turn.
    """
    seconds, ctk, ptk, lost = backlog(world, state, k, t), spare(books, s, k, CTK), spare(books, s, k, PTK), 0
    for place in range(count):
        i = state.turn[place]
        j = head(world, state, i)
        if rival(state, i, k):
            work, power = work_tokens(world, j), power_tokens(world, j, k)
            books.fits[i] = fits(world, j, k, seconds, state.died[k] >= 0.0, t) and ctk >= work and ptk >= power
            if not books.fits[i]:
                lost += 1
                continue
            ctk -= work
            ptk -= power
        elif state.choice[i] != k:
            continue
        seconds += world.work[j] / world.capacity[k]
    return lost


@leaf(counted=False)
def saving(world, state, t, terms, books, s, i, k, row):
    """Base cash that i may bid for k above asks: what its head is expected to cost less there than at home, or all it has."""
    j = head(world, state, i)
    asked = price(books, k, work_tokens(world, j), power_tokens(world, j, k))
    here, there = expected_cost(world, state, 0.0, t, i, j, i, row), expected_cost(world, state, 0.0, t, i, j, k, row)
    return min(math.floor((here - there) * CASH_UNIT), purse(terms, books, s, i)) - asked


@leaf(counted=False)
def bargain(world, state, t, terms, books, s, count):
    """Hold an ascending auction of every supplier that has not room for all who chose it; `turn` and `bids` tell who won."""
    row = news(world, state, True)
    books.bids[:] = 0
    for k in range(world.capacity.size):
        rivals = 0
        for place in range(count):
            rivals += rival(state, state.turn[place], k)
        if rivals > 1 and seat(world, state, t, books, s, k, count) > 0:
            books.counts[CONTESTS] += 1
            raised, left = True, terms.rounds
            while raised and left > 0:
                raised = False
                for place in range(count):
                    i = state.turn[place]
                    if rival(state, i, k) and not books.fits[i]:
                        bid = books.bids[i] + terms.increment
                        if bid <= saving(world, state, t, terms, books, s, i, k, row):
                            books.bids[i], raised = bid, True
                line_up(world, state, books, k, count)
                seat(world, state, t, books, s, k, count)
                left -= 1
