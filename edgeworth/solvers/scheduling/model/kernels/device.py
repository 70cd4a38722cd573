"""One device, advanced alone: execution, energy, death. Between two epochs no other device touches it."""

from __future__ import annotations

import math

from edgeworth.core.jit import leaf
from edgeworth.solvers.scheduling.model.kernels.state import (
    ABANDON,
    ABANDONED,
    DEAD,
    DONE,
    EDF,
    LATE,
    SKIP,
    SKIPPED,
    TOLERANCE,
)


@leaf(counted=False)
def way_back(world, j, k):
    """Seconds that the result of j takes from device k to its source."""
    return world.return_share * world.tau[j] if k != world.source[j] else 0.0


@leaf(counted=False)
def settle(state, j, when, status):
    state.status[j], state.end[j] = status, when


@leaf(counted=False)
def backlog(state, k, t):
    """Q_k: seconds of work committed to k and not done; transfers under way count with their work."""
    if state.running[k] >= 0:
        return state.run_end[k] - t + state.waiting[k]
    return state.waiting[k]


@leaf(counted=False)
def accrue(world, state, k, t):
    """Count time and energy of the state that has held since `last`."""
    span, j = t - state.last[k], state.running[k]
    state.last[k] = t
    if j >= 0:
        joules = world.active[k] * span
        state.busy[k] += span
        state.energy[j] += joules
    else:
        joules = world.idle[k] * span
        state.rest[k] += span
    state.battery[k] -= joules


@leaf(counted=False)
def recount(world, state, k):
    """Seconds of work and earliest deadline of what waits at k, anew: no sum drifts."""
    total, soonest, j = 0.0, math.inf, state.head[k]
    while j >= 0:
        total += world.work[j] / world.capacity[k]
        soonest = min(soonest, world.due[j])
        j = state.after[j]
    state.waiting[k], state.soonest[k] = total, soonest


@leaf(counted=False)
def dying(world, state, k):
    """When the battery falls to its floor if nothing changes."""
    power = world.active[k] if state.running[k] >= 0 else world.idle[k]
    if power <= 0.0:
        return math.inf
    return state.last[k] + max(0.0, state.battery[k] - world.floor[k]) / power


@leaf(counted=False)
def next_change(state, k):
    """When the running task ends, or else the next one is ready."""
    if state.running[k] >= 0:
        return state.run_end[k]
    j = state.head[k]
    return max(state.last[k], state.ready[j]) if j >= 0 else math.inf


@leaf(counted=False)
def rewake(world, state, k):
    if state.died[k] >= 0.0:
        state.wake[k] = math.inf
        return
    moment = min(next_change(state, k), dying(world, state, k))
    if world.late == ABANDON:
        moment = min(moment, state.soonest[k])
    state.wake[k] = moment


@leaf(counted=False)
def insert(world, state, j, k):
    """Put j among what waits at k, by ready time, then number."""
    before, following = -1, state.head[k]
    ready = state.ready[j]
    while following >= 0 and (state.ready[following] < ready or (state.ready[following] == ready and following < j)):
        before, following = following, state.after[following]
    state.after[j] = following
    if before < 0:
        state.head[k] = j
    else:
        state.after[before] = j
    recount(world, state, k)
    rewake(world, state, k)


@leaf(counted=False)
def unlink(state, k, before, j):
    """Take j, which follows `before` (-1: it is the first), out of what waits at k."""
    if before < 0:
        state.head[k] = state.after[j]
    else:
        state.after[before] = state.after[j]


@leaf(counted=False)
def in_time(world, j, k, full):
    return full + way_back(world, j, k) - world.arrival[j] <= world.deadline + TOLERANCE


@leaf(counted=False)
def complete(world, state, k):
    """The processor lets go of its task."""
    j, end, full = state.running[k], state.run_end[k], state.run_full[k]
    state.running[k] = -1
    if in_time(world, j, k, full):
        settle(state, j, end, DONE)
    else:
        settle(state, j, end, ABANDONED if end < full else LATE)


@leaf(counted=False)
def begin(world, state, k, now):
    """Take the next of the tasks that are ready, by the device's order; it may turn out too late to be executed."""
    before, j = -1, state.head[k]
    if world.order == EDF:
        previous, other = j, state.after[j]
        while other >= 0 and state.ready[other] <= now:
            if world.due[other] < world.due[j]:
                before, j = previous, other
            previous, other = other, state.after[other]
    unlink(state, k, before, j)
    recount(world, state, k)
    full = now + world.work[j] / world.capacity[k]
    if world.late == ABANDON and world.due[j] <= now:
        settle(state, j, world.due[j], ABANDONED)
    elif world.late == SKIP and not in_time(world, j, k, full):
        settle(state, j, now, SKIPPED)
    else:
        state.start[j], state.running[k], state.run_full[k] = now, j, full
        state.run_end[k] = min(full, world.due[j]) if world.late == ABANDON else full


@leaf(counted=False)
def purge(world, state, k, t):
    """What waits leaves at its deadline."""
    before, j = -1, state.head[k]
    while j >= 0:
        following = state.after[j]
        if world.due[j] <= t:
            unlink(state, k, before, j)
            settle(state, j, world.due[j], ABANDONED)
        else:
            before = j
        j = following
    recount(world, state, k)


@leaf(counted=False)
def lose(world, state, j, now):
    if world.late == ABANDON and world.due[j] <= now:
        settle(state, j, world.due[j], ABANDONED)
    else:
        settle(state, j, now, DEAD)


@leaf(counted=False)
def die(world, state, k, now):
    """Dead for good: what runs, waits, is on its way or pending there fails."""
    state.battery[k], state.died[k] = world.floor[k], now
    if state.running[k] >= 0:
        lose(world, state, state.running[k], now)
    j = state.head[k]
    while j >= 0:
        lose(world, state, j, now)
        j = state.after[j]
    for place in range(state.first[k], state.upto[k]):
        lose(world, state, world.own[place], now)
    state.running[k], state.head[k], state.first[k] = -1, -1, state.upto[k]
    recount(world, state, k)
    rewake(world, state, k)


@leaf(counted=False)
def advance(world, state, k, t):
    """Everything that device k does by itself up to time t, t included."""
    while state.died[k] < 0.0:
        moment, death = next_change(state, k), dying(world, state, k)
        if death <= min(moment, t):
            accrue(world, state, k, death)
            if state.running[k] >= 0 and state.run_end[k] <= death:  # what ends at that very instant has ended
                complete(world, state, k)
            die(world, state, k, death)
        elif moment <= t:
            accrue(world, state, k, moment)
            if state.running[k] >= 0:
                complete(world, state, k)
            else:
                begin(world, state, k, moment)
        else:
            break
    if world.late == ABANDON and state.soonest[k] <= t:
        purge(world, state, k, t)
    rewake(world, state, k)


@leaf(counted=False)
def pay(world, state, k, joules, t):
    """Charge the radio of k; returns what was paid, which is at most what is above the floor."""
    accrue(world, state, k, t)
    paid = min(joules, max(0.0, state.battery[k] - world.floor[k]))
    state.battery[k] -= paid
    state.radio[k] += paid
    if paid < joules or state.battery[k] <= world.floor[k]:
        die(world, state, k, t)
    else:
        rewake(world, state, k)
    return paid
