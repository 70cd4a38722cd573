"""The loop over epochs of a rule that deals in the market."""

from __future__ import annotations

from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.scheduling.market.kernels.funds import afford, hand_over
from edgeworth.solvers.scheduling.market.kernels.step import trade, wind_up
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
from edgeworth.solvers.scheduling.model.kernels.rules import LOCAL, pick


@leaf(counted=False)
def ask(world, state, rule, t, i, row, terms, books, s):
    """Puts into `choice` what the rule does with the head of device i: among those it can pay, itself if there are none."""
    state.choice[i] = i
    if rule.code != LOCAL:
        j = head(world, state, i)
        mask(world, state, t, i, j, row)
        found = afford(world, state, terms, books, s, i, j, 1)
        if found > 0:
            state.choice[i] = pick(world, state, rule, t, i, j, row, found)


@leaf(counted=False)
def decide(world, state, rule, t, together, terms, books, s):
    """Choices and what they do; in turn, or together (all choices first)."""
    count, row = turns(world, state), news(world, state, together)
    if together:
        for place in range(count):
            ask(world, state, rule, t, state.turn[place], row, terms, books, s)
    for place in range(count):
        i = state.turn[place]
        if pending(state, i) > 0:  # it has not died at this epoch
            if not together:
                ask(world, state, rule, t, i, row, terms, books, s)
            hand_over(world, state, t, i, terms, books, s)


@jit(counted=False)
def play(world, state, rule, together, epochs, terms, books, s):
    """At most so many epochs more; returns whether the episode is over, closed and settled."""
    for _ in range(epochs):
        t = epoch_time(world, state)
        if t > world.end:
            close(world, state)
            wind_up(world, state, terms, books, s)
            return True
        open_epoch(world, state, t)
        trade(world, state, t, terms, books, s)
        decide(world, state, rule, t, together, terms, books, s)
    return False
