"""Rules, each a number with parameters that the kernel evaluates, and the loop over epochs."""

from __future__ import annotations

import math
from typing import NamedTuple

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.scheduling.model.kernels.device import advance, backlog, rewake
from edgeworth.solvers.scheduling.model.kernels.epoch import (
    close,
    commit,
    epoch_time,
    fits,
    head,
    known_backlog,
    mask,
    news,
    open_epoch,
    pending,
    predicted,
    task_energy,
    turns,
)

LOCAL, RANDOM, EARLIEST, GREEDY, THRESHOLD, REPLAY, AUCTION = range(7)
WATT_HOUR = 3600.0  # J of a PTK
TOLERANCE = 1e-9


class Rule(NamedTuple):
    """A rule: its code; theta (s) of a threshold, J per PTK of greedy cost, or s of latency above which an auction is held;
    draws: one number in [0, 1) a task, of random; given, delay: device and delay of every task, of a replay (delay also of
    rules whose transfers wait); held: until when a replay holds every task back, s (-1: for good); terms: of an auction the
    weight of utilisation, the prices of a GFLOP and of a PTK, and what the task is worth; empty, or 0, where unused.
    masked: int64 [tasks], filled in by a replay where the device given was not open; bids: float64 [tasks, 2], filled in by an
    auction with how many bid and what the winner is paid.
    """

    code: int
    parameter: float
    draws: Floats
    given: Ints
    delay: Floats
    held: Floats
    terms: tuple[float, float, float, float]
    masked: Ints
    bids: Floats


@leaf(counted=False)
def power_tokens(world, j, k):
    """PTK_j where k executes it."""
    return world.active[k] * world.work[j] / (WATT_HOUR * world.capacity[k])


@leaf(counted=False)
def best_cost(world, state, eta, t, i, j, row):
    """The open device of least w_l latency + w_e energy, with the failure's cost where it would be late."""
    best, least = i, math.inf
    for k in range(world.capacity.size):
        if state.open[k]:
            end = predicted(world, state, t, i, j, k, row)
            energy = task_energy(world, i, j, k)
            if k != i:
                energy += eta * power_tokens(world, j, k)
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
def utilisation(world, seconds):
    """The share of the time for a task, L less the margin, that a backlog takes."""
    span = world.deadline - world.margin
    return max(0.0, seconds) / span if seconds < span else 1.0


@leaf(counted=False)
def award(world, state, rule, t, i, j):
    """The winner of a second-score auction of j, the head of i, among open devices that it fits as they are now; i if none."""
    weight, work_price, token_price, worth = rule.terms
    winner, least, second, used, found = i, math.inf, worth, 0.0, 0
    for k in range(world.capacity.size):
        if k != i and state.open[k]:
            seconds = backlog(world, state, k, t)
            if fits(world, j, k, seconds, state.died[k] >= 0.0, t):
                found += 1
                busy = utilisation(world, seconds)
                price = work_price * world.work[j] * (1.0 + busy) + token_price * power_tokens(world, j, k)
                score = price + weight * busy
                if score < least:
                    winner, least, second, used = k, score, min(second, least), busy
                else:
                    second = min(second, score)
    rule.bids[j, 0] = found
    if least > worth:
        return i
    rule.bids[j, 1] = second - weight * used
    return winner


@leaf(counted=False)
def choose(world, state, rule, t, i, j, row):
    """The device that the rule hands j to, the head of device i."""
    if rule.code == LOCAL:
        return i
    return pick(world, state, rule, t, i, j, row, mask(world, state, t, i, j, row))


@leaf(counted=False)
def pick(world, state, rule, t, i, j, row, found):
    """Which of the devices that are open, so many, the rule hands j to."""
    if rule.code == EARLIEST:
        return best_end(world, state, t, i, j, row, False)
    if rule.code == GREEDY:
        return best_cost(world, state, rule.parameter, t, i, j, row)
    if rule.code == THRESHOLD:
        if known_backlog(world, state, i, i, t, row) <= rule.parameter:
            return i
        return best_end(world, state, t, i, j, row, True)
    if rule.code == AUCTION:
        if predicted(world, state, t, i, j, i, row) - world.arrival[j] <= rule.parameter:
            return i
        return award(world, state, rule, t, i, j)
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
def holds_back(rule, j, t):
    """Does a replay not yet hand j over?"""
    return rule.code == REPLAY and rule.held.size > 0 and (rule.held[j] < 0.0 or t < rule.held[j] - TOLERANCE)


@leaf(counted=False)
def waits(rule, i, j, k):
    """Seconds between decision and sending."""
    if rule.delay.size and (rule.code == REPLAY or k != i):
        return rule.delay[j]
    return 0.0


@leaf(counted=False)
def ask(world, state, rule, t, i, row):
    """Puts into `choice` and `wait` what the rule does with the head of device i."""
    j = head(world, state, i)
    k = choose(world, state, rule, t, i, j, row)
    state.choice[i], state.wait[i] = k, waits(rule, i, j, k)


@leaf(counted=False)
def decide(world, state, rule, t, together):
    """Steps 6 and 7: choices and what they do; in turn, or together (all choices first)."""
    count, row = turns(world, state), news(world, state, together)
    if together:
        for place in range(count):
            ask(world, state, rule, t, state.turn[place], row)
    for place in range(count):
        i = state.turn[place]
        if pending(state, i) > 0 and not holds_back(rule, head(world, state, i), t):  # it has not died at this epoch
            if not together:
                ask(world, state, rule, t, i, row)
            j = head(world, state, i)
            if not commit(world, state, t, i) and rule.code == REPLAY:
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
