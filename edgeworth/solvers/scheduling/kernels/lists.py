"""Annealing over the orders of all devices: tasks in linked lists, evaluated from a change until the old times return."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, fraction

EXCHANGES, NEIGHBOURS = 0.35, 0.85  # shares of proposals, cumulated


class Lists(NamedTuple):
    """The order of every device. Nodes are tasks, then a head for every device and one for the tasks that are let fail.

    where: device of a node. after, before: the node's neighbours, -1: none. free: s, when its device is free after it.
    cost: of the task, 0 for heads.
    """

    where: Ints
    after: Ints
    before: Ints
    free: Floats
    cost: Floats


@leaf(counted=False)
def _settle(p, s, j):
    """Times and costs from node j to where times are what they were; returns the change of the costs.

    Each executes as early as possible; one that would be late, or dearer than a failure, is passed over.
    """
    change = 0.0
    if j < 0:
        return change
    k, time = s.where[j], s.free[s.before[j]]
    while j >= 0:
        spent = p.failure
        if k < p.fixed.shape[0]:
            start = max(time, p.release[k, j])
            if start <= p.latest[k, j] and p.fixed[k, j] + p.weight * start < p.failure:
                spent = p.fixed[k, j] + p.weight * start
                time = start + p.process[k, j]
        change += spent - s.cost[j]
        s.cost[j] = spent
        if s.free[j] == time:
            break
        s.free[j] = time
        j = s.after[j]
    return change


@leaf(counted=False)
def _remove(p, s, j):
    """Take task j out; returns the change of the others' costs less its own."""
    i, follower = s.before[j], s.after[j]
    s.after[i] = follower
    if follower >= 0:
        s.before[follower] = i
    return _settle(p, s, follower) - s.cost[j]


@leaf(counted=False)
def _insert(p, s, j, i):
    """Put task j behind node i; returns the change of all costs."""
    follower = s.after[i]
    s.where[j] = s.where[i]
    s.after[i], s.before[j], s.after[j] = j, i, follower
    if follower >= 0:
        s.before[follower] = j
    s.free[j], s.cost[j] = -1.0, 0.0  # no time of its own yet: those behind it are looked at
    return _settle(p, s, j)


@jit(counted=False)
def build(p, s, order, device):
    """Fill the lists: tasks in the order of their starts; device -1: the task is let fail."""
    devices, tasks = p.fixed.shape
    for k in range(devices + 1):
        node = tasks + k
        s.where[node], s.after[node], s.before[node] = k, -1, -1
        s.free[node], s.cost[node] = 0.0, 0.0
    for place in range(tasks):
        j = order[place]
        i = tasks + (device[j] if device[j] >= 0 else devices)
        _insert(p, s, j, s.before[i] if s.before[i] >= 0 else i)
        s.before[i] = j  # a head keeps its last task here while the lists grow
    for k in range(devices + 1):
        s.before[tasks + k] = -1


@leaf(counted=False)
def _last_before(p, s, j, k, skip):
    """The node on device k that arrives before j, `skip` tasks further back; the head where there is none."""
    i = j - 1
    while i >= 0:
        if s.where[i] == k:
            if skip == 0:
                return i
            skip -= 1
        i -= 1
    return p.fixed.shape[1] + k


@jit(counted=False)
def anneal(p, s, word, moves, near, temperature, ratio):
    """Make `moves` proposals, the temperature falling by `ratio` with each; returns the word of the stream.

    A task goes behind one that arrives about when it does (at most `near` before or after it in the order of arrivals) or
    changes places with it, or goes behind an earlier arrival of any device, or to those that are let fail.
    """
    devices, tasks = p.fixed.shape
    for _ in range(moves):
        temperature *= ratio
        kind, draw = fraction(word), fraction(word + GOLDEN)
        j = int(fraction(word + np.uint64(2) * GOLDEN) * tasks)
        chance = fraction(word + np.uint64(3) * GOLDEN)
        word += np.uint64(4) * GOLDEN
        exchange = kind < EXCHANGES
        if kind < NEIGHBOURS:
            i = j + int(draw * (2 * near + 1)) - near
            if i == j or i < 0 or i >= tasks:
                continue
            if exchange and s.after[i] == j:  # neighbours change places by one step
                i, j = j, i
            exchange = exchange and s.before[i] != j and s.before[j] != i
        else:
            place = draw * (devices + 1)
            k = int(place)
            i = _last_before(p, s, j, k, int((place - k) * 3.0)) if k < devices else tasks + devices
        if s.before[j] == i:
            i = s.before[i]
            if i < 0:
                continue
        old, other = s.before[j], s.before[i]
        change = _remove(p, s, j)
        if exchange:
            change += _remove(p, s, i)
            change += _insert(p, s, j, other)
            change += _insert(p, s, i, old)
        else:
            change += _insert(p, s, j, i)
        if change <= 0.0 or chance < math.exp(-change / temperature):
            continue
        _remove(p, s, j)
        if exchange:
            _remove(p, s, i)
            _insert(p, s, i, other)
        _insert(p, s, j, old)
    return word


@jit(counted=False)
def starts(p, s, device, start):
    """The schedule in the lists; returns the sum of costs."""
    devices, tasks = p.fixed.shape
    total = 0.0
    for j in range(tasks):
        device[j], start[j] = -1, -1.0
        total += s.cost[j]
    for k in range(devices):
        time, j = 0.0, s.after[tasks + k]
        while j >= 0:
            begin = max(time, p.release[k, j])
            if begin <= p.latest[k, j] and p.fixed[k, j] + p.weight * begin < p.failure:
                device[j], start[j] = k, begin
                time = begin + p.process[k, j]
            j = s.after[j]
    return total
