"""Rules, each a number with parameters that the kernel evaluates, and the loop over epochs."""

from __future__ import annotations

import math
from typing import NamedTuple

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.scheduling.model.kernels.device import advance, rewake
from edgeworth.solvers.scheduling.model.kernels.epoch import (
    close,
    commit,
    epoch_time,
    head,
    known_backlog,
    mask,
    news,
    open_epoch,
    predicted,
    task_energy,
    turns,
)

LOCAL, RANDOM, EARLIEST, GREEDY, THRESHOLD, REPLAY = range(6)
KILOWATT_HOUR = 3600.0  # J of a watt in an hour: PTK_j = P^a_k p_jk / 3600
TOLERANCE = 1e-9


class Rule(NamedTuple):
    """A rule: its code; theta (s) of a threshold, or J per PTK of greedy cost; draws: one number in [0, 1) a task, of random;
    given, delay: device and delay of every task, of a replay (delay also of rules whose transfers wait); empty where unused.
    masked: int8 [tasks], filled in by a replay where the device given was not open.
    """

    code: int
    parameter: float
    draws: Floats
    given: Ints
    delay: Floats
    masked: Ints


@leaf(counted=False)
def best_cost(world, state, eta, t, i, j, row):
    """The open device of least w_l latency + w_e energy, with the failure's cost where it would be late."""
    best, least = i, math.inf
    for k in range(world.capacity.size):
        if state.open[k]:
            end = predicted(world, state, t, i, j, k, row)
            energy = task_energy(world, i, j, k)
            if k != i:
                energy += eta * (world.active[k] * world.work[j] / (KILOWATT_HOUR * world.capacity[k]))
            cost = world.latency_weight * (end - world.arrival[j]) + world.energy_weight * energy
            if end > world.due[j] + TOLERANCE:
                cost += world.failure_cost
            if cost < least:
                best, least = k, cost
    return best


@leaf(counted=False)
def best_end(world, state, t, i, j, row, alone):
    """The open device of earliest predicted end; alone: i itself only where nothing else is open."""
    best, least = i, math.inf
    for k in range(world.capacity.size):
        if state.open[k] and not (alone and k == i):
            end = predicted(world, state, t, i, j, k, row)
            if end < least:
                best, least = k, end
    return best


@leaf(counted=False)
def choose(world, state, rule, t, i, j, row):
    """The device that the rule hands j to, the head of device i."""
    if rule.code == LOCAL:
        return i
    found = mask(world, state, t, i, j, row)
    if rule.code == EARLIEST:
        return best_end(world, state, t, i, j, row, False)
    if rule.code == GREEDY:
        return best_cost(world, state, rule.parameter, t, i, j, row)
    if rule.code == THRESHOLD:
        if known_backlog(state, i, i, t, row) <= rule.parameter:
            return i
        return best_end(world, state, t, i, j, row, True)
    if rule.code == RANDOM:
        place = int(rule.draws[j] * found)
        for k in range(world.capacity.size):
            if state.open[k]:
                if place == 0:
                    return k
                place -= 1
        return i
    k = rule.given[j]
    if k != i and (k < 0 or not state.open[k]):
        rule.masked[j] = 1
        return i
    return k


@leaf(counted=False)
def waits(rule, i, j, k):
    """Seconds between decision and sending."""
    if rule.delay.size and (rule.code == REPLAY or k != i):
        return rule.delay[j]
    return 0.0


@leaf(counted=False)
def decide(world, state, rule, t, together):
    """Steps 6 and 7: choices and what they do; in turn, or together (all choices first)."""
    count, row = turns(world, state), news(world, state, together)
    if together:
        for place in range(count):
            i = state.turn[place]
            j = head(world, state, i)
            state.choice[i] = choose(world, state, rule, t, i, j, row)
            state.wait[i] = waits(rule, i, j, state.choice[i])
    for place in range(count):
        i = state.turn[place]
        if state.first[i] < state.upto[i]:  # it has not died at this epoch
            j = head(world, state, i)
            if not together:
                state.choice[i] = choose(world, state, rule, t, i, j, row)
                state.wait[i] = waits(rule, i, j, state.choice[i])
            chosen = state.choice[i]
            if not commit(world, state, t, i, chosen, state.wait[i]) and rule.code == REPLAY:
                rule.masked[j] = 1


@jit(counted=False)
def play(world, state, rule, together, epochs):
    """At most so many epochs more; returns whether the episode is over, and closed."""
    for _ in range(epochs):
        t = epoch_time(world, state)
        if t > world.end:
            close(world, state)
            return True
        open_epoch(world, state, t)
        decide(world, state, rule, t, together)
    return False


@jit(counted=False)
def awaken(world, state):
    """Makes a state that holds what devices have at time 0 ready to be played: who has nothing above the floor is dead."""
    for k in range(world.capacity.size):
        rewake(world, state, k)
        if state.wake[k] <= 0.0:
            advance(world, state, k, 0.0)
