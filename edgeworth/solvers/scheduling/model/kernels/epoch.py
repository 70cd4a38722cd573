"""One decision epoch: what comes before the choices, what a device knows and may choose, and what a choice does."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.solvers.scheduling.model.kernels.device import (
    accrue,
    advance,
    backlog,
    insert,
    pay,
    settle,
    way_back,
)
from edgeworth.solvers.scheduling.model.kernels.state import (
    DEAD,
    EPOCH,
    EXPIRED,
    JOINED,
    LINK,
    LITERAL,
    OFF,
    REJECTED,
    SEEN,
    SHARED,
    SLACK,
    TOLERANCE,
    UNFINISHED,
    WRITTEN,
)

TRUTH, NOTHING = -1, -2
"""In place of a row of news: how things are now; and how they were before the first epoch."""


@leaf(counted=False)
def epoch_time(world, state):
    """When the next epoch is; later than the episode's end where there is none."""
    number = state.count[EPOCH]
    if world.epoch > 0.0:
        return number * world.epoch
    return world.arrival[number] if number < world.arrival.size else 2.0 * world.end + 1.0


@leaf(counted=False)
def pending(state, i):
    """How many tasks of device i wait for a decision."""
    return state.upto[i] - state.first[i]


@leaf(counted=False)
def head(world, state, i):
    """The task of device i that is decided next; there must be one."""
    return world.own[state.first[i]]


@leaf(counted=False)
def open_epoch(world, state, t):
    """Steps 1, 2, 3 and 5: devices reach t, tasks that have arrived join, overdue heads fail, news is published."""
    devices, tasks = world.capacity.size, world.arrival.size
    for k in range(devices):
        if state.wake[k] <= t:
            advance(world, state, k, t)
    state.count[EPOCH] += 1
    j, most = state.count[JOINED], tasks if world.epoch > 0.0 else state.count[EPOCH]
    while j < most and world.arrival[j] <= t:
        i = world.source[j]
        state.upto[i] += 1
        if state.died[i] >= 0.0:
            state.first[i] = state.upto[i]
            settle(state, j, t, DEAD)
        j += 1
    state.count[JOINED] = j
    for i in range(devices):
        while state.first[i] < state.upto[i] and world.due[head(world, state, i)] <= t:
            settle(state, head(world, state, i), t, EXPIRED)
            state.first[i] += 1
    if state.told.size:
        publish(world, state, t)


@leaf(counted=False)
def publish(world, state, t):
    """A row of news for everybody, known `gossip` seconds later."""
    rows = state.told.size
    row = state.count[WRITTEN] % rows
    state.told[row] = t
    for k in range(world.capacity.size):
        state.news_backlog[row, k] = backlog(state, k, t)
        state.news_dead[row, k] = state.died[k] >= 0.0
        state.news_battery[row, k] = battery(world, state, k, t)
    state.count[WRITTEN] += 1
    seen = state.count[SEEN]
    while seen + 1 < state.count[WRITTEN] and state.told[(seen + 1) % rows] <= t - world.gossip + TOLERANCE:
        seen += 1
    state.count[SEEN] = seen


@leaf(counted=False)
def battery(world, state, k, t):
    """J held at t."""
    if state.died[k] >= 0.0:
        return state.battery[k]
    power = world.active[k] if state.running[k] >= 0 else world.idle[k]
    return state.battery[k] - power * (t - state.last[k])


@leaf(counted=False)
def news(world, state, together):
    """The row from which devices know each other: `TRUTH` where they act in turn and news is not old."""
    if world.gossip == 0.0 and not together:
        return TRUTH
    return NOTHING if state.count[SEEN] < 0 else state.count[SEEN] % state.told.size


@leaf(counted=False)
def known_backlog(state, i, k, t, row):
    """Q_k as device i knows it."""
    if k == i or row == TRUTH:
        return backlog(state, k, t)
    return 0.0 if row == NOTHING else state.news_backlog[row, k]


@leaf(counted=False)
def known_dead(state, i, k, row):
    if k == i or row == TRUTH:
        return state.died[k] >= 0.0
    return False if row == NOTHING else state.news_dead[row, k]


@leaf(counted=False)
def fits(world, j, k, seconds, dead, t):
    """May task j go to device k, whose backlog is so many seconds? Whatever it says, the source itself may be chosen."""
    if dead or world.mask == OFF:
        return not dead
    limit = world.deadline - world.margin
    if world.mask == SLACK:
        limit -= t - world.arrival[j]
    seen = 0.0 if k == world.source[j] and world.mask == LITERAL else seconds
    return seen + world.work[j] / world.capacity[k] <= limit


@leaf(counted=False)
def mask(world, state, t, i, j, row):
    """Puts into `state.open` which devices are open to j, the head of device i, and returns how many; itself if no other."""
    found = 0
    for k in range(world.capacity.size):
        seconds, dead = known_backlog(state, i, k, t, row), known_dead(state, i, k, row)
        state.open[k] = fits(world, j, k, seconds, dead, t)
        found += state.open[k]
    if found == 0:
        state.open[i] = True
        found = 1
    return found


@leaf(counted=False)
def sending(world, state, t, i, j):
    """When the transfer of j from device i would begin, decided at t without delay."""
    if world.channel == LINK:
        return t
    return max(t, state.free[world.capacity.size if world.channel == SHARED else i])


@leaf(counted=False)
def predicted(world, state, t, i, j, k, row):
    """When the result of j would be back from k, as device i knows it."""
    ready = t if k == i else sending(world, state, t, i, j) + world.tau[j]
    begins = max(t + known_backlog(state, i, k, t, row), ready)
    return begins + world.work[j] / world.capacity[k] + way_back(world, j, k)


@leaf(counted=False)
def radio_energy(world, i, j, k):
    """J that the radios of i and of k take for j, result included."""
    tau, back = world.tau[j], way_back(world, j, k)
    return world.send[i] * tau + world.receive[i] * back, world.receive[k] * tau + world.send[k] * back


@leaf(counted=False)
def task_energy(world, i, j, k):
    """J that j takes if k executes it for i."""
    spent = world.active[k] * world.work[j] / world.capacity[k]
    if k == i:
        return spent
    here, there = radio_energy(world, i, j, k)
    return spent + (here + there)


@leaf(counted=False)
def turns(world, state):
    """The devices that have a head, in the order of conflicts: its deadline, then the device's number. Returns how many."""
    found = 0
    for i in range(world.capacity.size):
        if state.first[i] < state.upto[i]:
            due, place = world.due[head(world, state, i)], found
            while place > 0 and world.due[head(world, state, state.turn[place - 1])] > due:
                state.turn[place] = state.turn[place - 1]
                place -= 1
            state.turn[place] = i
            found += 1
    return found


@leaf(counted=False)
def commit(world, state, t, i, k, delay):
    """Hand the head of device i to k, which is asked whether it still fits; else to i itself. Returns whether it fitted."""
    j = head(world, state, i)
    state.first[i] += 1
    fitted = True
    if k != i and not fits(world, j, k, backlog(state, k, t), state.died[k] >= 0.0, t):
        state.count[REJECTED] += 1
        k, delay, fitted = i, 0.0, False
    state.device[j], state.decided[j], state.delay[j] = k, t, delay
    state.ready[j] = t + delay
    if k != i:
        over = sending(world, state, t, i, j) + world.tau[j]
        if world.channel != LINK:
            state.free[world.capacity.size if world.channel == SHARED else i] = over
        state.ready[j] = over + delay
        here, there = radio_energy(world, i, j, k)
        paid = pay(world, state, i, here, t)
        state.energy[j] += paid
        if paid < here:
            settle(state, j, t, DEAD)
            return fitted
        paid = pay(world, state, k, there, t)
        state.energy[j] += paid
        if paid < there or state.died[k] >= 0.0:
            settle(state, j, t, DEAD)
            return fitted
    insert(world, state, j, k)
    return fitted


@leaf(counted=False)
def close(world, state):
    """The end of the episode: energy up to there; what is not over has failed."""
    for k in range(world.capacity.size):
        advance(world, state, k, world.end)
        if state.died[k] < 0.0:
            accrue(world, state, k, world.end)
    for j in range(world.arrival.size):
        if state.status[j] == 0:
            settle(state, j, world.end, UNFINISHED)
