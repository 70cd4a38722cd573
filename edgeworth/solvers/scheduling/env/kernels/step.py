"""Compiled: what agents observe, may do and get, epoch by epoch, in all copies."""

from __future__ import annotations

import math

from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.scheduling.env.kernels.rows import state_of, world_of
from edgeworth.solvers.scheduling.env.observation import (
    CANDIDATE,
    CAPACITY,
    ENERGY,
    MOST,
    NODE,
    OWN,
    PEER,
    PENDING,
    POWER,
    STATE,
    TRANSFER,
    WAITING,
    WORK,
)
from edgeworth.solvers.scheduling.model.kernels.device import backlog, way_back
from edgeworth.solvers.scheduling.model.kernels.epoch import (
    NOTHING,
    act,
    battery,
    close,
    epoch_time,
    head,
    known_backlog,
    known_dead,
    mask,
    news,
    open_epoch,
    pending,
    predicted,
    sending,
    task_energy,
)
from edgeworth.solvers.scheduling.model.kernels.state import DONE, JOINED

OF_OWN, OF_PEERS, OF_CANDIDATES = range(3)
OF_GRAPH = 5  # as the places in `observation.Observe`: between are those of a market, in `trade`
BEGIN, STEP, LOOK = range(3)
KILOWATT_HOUR = 3600.0  # J of a watt in an hour
_OWN, _PEER, _CANDIDATE, _NODE, _STATE = len(OWN), len(PEER), len(CANDIDATE), len(NODE), len(STATE)


@leaf(counted=False)
def device_of(i, action):
    """The device that an action of device i means: 0 itself, a the a-th other one."""
    if action == 0:
        return i
    return action - 1 if action <= i else action


@leaf(counted=False)
def cut(number):
    return min(MOST, max(0.0, number))


@leaf(counted=False)
def share(held, full):
    return held / full if full > 0.0 else 0.0


@leaf(counted=False)
def known_battery(world, state, i, k, t, row):
    """J that k holds, as device i knows it."""
    if k == i:
        return battery(world, state, k, t)
    return world.battery[k] if row == NOTHING else state.news_battery[row, k]


@leaf(counted=False)
def see_own(world, state, t, i, out):
    """The features `OWN`."""
    waiting, j = 0, state.head[i]
    while j >= 0:
        waiting += 1
        j = state.after[j]
    count = pending(state, i)
    if count > 0:
        j = head(world, state, i)
        out[0] = 1.0
        out[1] = cut(world.work[j] / WORK)
        out[2] = cut(world.tau[j] / TRANSFER)
        out[3] = cut((world.due[j] - t) / world.deadline)
    else:
        out[:4] = 0.0
    out[4] = cut(count / PENDING)
    out[5] = cut(world.capacity[i] / CAPACITY)
    out[6] = cut(backlog(world, state, i, t) / world.deadline)
    out[7] = cut(share(battery(world, state, i, t), world.battery[i]))
    out[8] = cut(world.active[i] / POWER)
    out[9] = cut(waiting / WAITING)


@leaf(counted=False)
def see_peers(world, state, t, i, row, out):
    """The features `PEER` of all others."""
    for action in range(1, world.capacity.size):
        k, at = device_of(i, action), _PEER * (action - 1)
        out[at] = cut(world.capacity[k] / CAPACITY)
        out[at + 1] = cut(known_backlog(world, state, i, k, t, row) / world.deadline)
        out[at + 2] = cut(share(known_battery(world, state, i, k, t, row), world.battery[k]))
        out[at + 3] = cut(world.active[k] / POWER)
        out[at + 4] = known_dead(state, i, k, row)


@leaf(counted=False)
def see_candidates(world, state, t, i, row, out):
    """The features `CANDIDATE` of all devices."""
    if pending(state, i) == 0:
        out[:] = 0.0
        return
    j = head(world, state, i)
    for action in range(world.capacity.size):
        k, at = device_of(i, action), _CANDIDATE * action
        end = predicted(world, state, t, i, j, k, row)
        out[at] = k == i
        out[at + 1] = cut(world.work[j] / WORK)
        out[at + 2] = 0.0 if k == i else cut(world.tau[j] / TRANSFER)
        out[at + 3] = cut((world.due[j] - t) / world.deadline)
        out[at + 4] = cut(world.capacity[k] / CAPACITY)
        out[at + 5] = cut(world.active[k] / POWER)
        out[at + 6] = cut(known_backlog(world, state, i, k, t, row) / world.deadline)
        out[at + 7] = cut((end - world.arrival[j]) / world.deadline)
        out[at + 8] = cut(task_energy(world, i, j, k) / ENERGY)


@leaf(counted=False)
def see_graph(world, state, t, i, row, out):
    """The features `NODE` of all devices, then a matrix of `EDGE`."""
    out[:] = 0.0
    if pending(state, i) == 0:
        return
    n, j = world.capacity.size, head(world, state, i)
    out[0] = 1.0
    out[1] = cut(world.work[j] / WORK)
    out[2] = cut((world.due[j] - t) / world.deadline)
    out[3] = cut(pending(state, i) / PENDING)
    for action in range(n):
        k, at = device_of(i, action), _NODE * action
        out[at + 4] = cut(world.capacity[k] / CAPACITY)
        out[at + 5] = cut(world.active[k] / POWER)
        out[at + 6] = cut(known_backlog(world, state, i, k, t, row) / world.deadline)
        out[at + 7] = cut(share(known_battery(world, state, i, k, t, row), world.battery[k]))
        out[at + 8] = known_dead(state, i, k, row)
    for one in range(n):
        wait = sending(world, state, t, i, j) - t if one == 0 else 0.0
        for other in range(n):
            if one != other:
                out[_NODE * n + one * n + other] = cut((wait + world.tau[j]) / TRANSFER)


@leaf(counted=False)
def see_all(world, state, t, out):
    """The features `STATE` of all devices, in the order of their numbers."""
    for k in range(world.capacity.size):
        at = _STATE * k
        out[at] = cut(world.capacity[k] / CAPACITY)
        out[at + 1] = cut(backlog(world, state, k, t) / world.deadline)
        out[at + 2] = cut(share(battery(world, state, k, t), world.battery[k]))
        out[at + 3] = cut(world.active[k] / POWER)
        out[at + 4] = cut(pending(state, k) / PENDING)


@leaf(counted=False)
def look(world, state, t, view, seen, opened, active, whole):
    """Observations, masks, whose action matters, and where it has room the state of all, at an epoch of one copy."""
    row = news(world, state, True)
    for i in range(world.capacity.size):
        active[i] = pending(state, i) > 0
        opened[i] = False
        if active[i]:
            mask(world, state, t, i, head(world, state, i), row)
            for action in range(world.capacity.size):
                opened[i, action] = state.open[device_of(i, action)]
        else:
            opened[i, 0] = True
        if view == OF_CANDIDATES:
            see_candidates(world, state, t, i, row, seen[i])
        elif view == OF_GRAPH:
            see_graph(world, state, t, i, row, seen[i])
        else:
            see_own(world, state, t, i, seen[i])
            if view == OF_PEERS:
                see_peers(world, state, t, i, row, seen[i, _OWN:])
    if whole.size > 0:
        see_all(world, state, t, whole)


@leaf(counted=False)
def price(world, state, exchange, j):
    """c_j of a task that is settled; exchange: J that a power token counts where another device was handed it."""
    spent, k = state.energy[j], state.device[j]
    if k >= 0 and k != world.source[j]:
        spent += exchange * world.active[k] * world.work[j] / (KILOWATT_HOUR * world.capacity[k])
    cost = world.energy_weight * spent
    if state.status[j] == DONE:
        return cost + world.latency_weight * (state.end[j] + way_back(world, j, k) - world.arrival[j])
    return cost + world.latency_weight * world.deadline + world.failure_cost


@leaf(counted=False)
def collect(world, state, exchange, first, until, costs, reward):
    """Hand the costs of tasks that are settled to their sources; returns the first task that is not."""
    reward[:] = 0.0
    for j in range(first, until):
        if math.isnan(costs[j]) and state.status[j] != 0:
            costs[j] = price(world, state, exchange, j)
            reward[world.source[j]] -= costs[j]
    while first < until and not math.isnan(costs[first]):
        first += 1
    return first


@leaf(counted=False)
def handed_over(state, decided):
    """Of the heads that were to be decided, forget those that were not: a device may have died before its turn."""
    for i in range(decided.size):
        if decided[i] >= 0 and state.decided[decided[i]] < 0.0:
            decided[i] = -1


@leaf(counted=False)
def begin(world, state):
    """The first epoch, if there is any. What fails before anybody has acted is paid with the first step. Returns its time."""
    t = epoch_time(world, state)
    if t > world.end:
        return 0.0
    open_epoch(world, state, t)
    return t


@leaf(counted=False)
def step(world, state, t, actions, decided):
    """Hand over tasks, and go on to the next epoch, whose time is returned, or to the episode's end: then it is above that."""
    for i in range(world.capacity.size):
        decided[i] = head(world, state, i) if pending(state, i) > 0 else -1
        state.choice[i], state.wait[i] = device_of(i, actions[i]), 0.0
    act(world, state, t)
    handed_over(state, decided)
    following = epoch_time(world, state)
    if following > world.end:
        close(world, state)
    else:
        open_epoch(world, state, following)
    return following


@jit(counted=False)
def go(
    what, worlds, states, tasks, view, exchange, actions, now, over, first, costs, reward, decided, seen, opened, active, whole
):
    """In every copy: `BEGIN` an episode, or `STEP` it by actions, and `LOOK`; only the last where that is all that is asked.

    One entry, as numba's wrappers of tuples this long take longer to compile than what they call.
    """
    for c in range(tasks.size):
        world, state = world_of(worlds, c, tasks[c]), state_of(states, c, tasks[c])
        if what == BEGIN:
            now[c] = begin(world, state)
        elif what == STEP:
            now[c] = step(world, state, now[c], actions[c], decided[c])
            over[c] = now[c] > world.end
            until = world.arrival.size if over[c] else state.counts[JOINED]
            first[c] = collect(world, state, exchange, first[c], until, costs[c], reward[c])
        if not over[c]:
            look(world, state, now[c], view, seen[c], opened[c], active[c], whole[c])


@jit(counted=False)
def closed(actions, opened):
    """The place of the first action that is not open, -1 where all are."""
    copies, agents, count = opened.shape
    for c in range(copies):
        for i in range(agents):
            action = actions[c, i]
            if action < 0 or action >= count or not opened[c, i, action]:
                return c * agents + i
    return -1
