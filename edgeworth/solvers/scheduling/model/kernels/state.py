"""What the simulator's kernels read and write, and the words that they use for it."""

from __future__ import annotations

from typing import NamedTuple

from edgeworth.core.arrays import Array, Floats, Ints

RADIO, LINK, SHARED = 0, 1, 2
FIFO, EDF = 0, 1
ABANDON, SKIP, FINISH = 0, 1, 2
SERIAL, SHARING = 0, 1
LITERAL, SLACK, OFF = 0, 1, 2

OPEN, DONE, ABANDONED, LATE, SKIPPED, DEAD, EXPIRED, UNFINISHED = range(8)
"""What became of a task: not settled yet; a success; left at its deadline; ended too late; not begun because it would end too
late; lost with a device; still undecided at its deadline; not over when the episode ended."""

EPOCH, JOINED, REJECTED, WRITTEN, SEEN = range(5)
"""Places in `State.count`: epochs begun; tasks that have come to their device; choices that no longer fitted; rows of news
written; the row of news that devices know (-1: none yet)."""

TOLERANCE = 1e-9
"""Seconds by which a success may end late, and by which news may be too young."""


class World(NamedTuple):
    """An episode as kernels read it; what is not named here is named as in the problem.

    floor: battery_floor; due: arrival + deadline; tau: s to send a task; own: the tasks sorted by source, those of device i at
    own[begin[i] : begin[i + 1]]; end: when the episode is over.
    """

    capacity: Floats
    battery: Floats
    floor: Floats
    active: Floats
    idle: Floats
    send: Floats
    receive: Floats
    arrival: Floats
    due: Floats
    work: Floats
    tau: Floats
    source: Ints
    own: Ints
    begin: Ints
    deadline: float
    margin: float
    epoch: float
    end: float
    latency_weight: float
    energy_weight: float
    failure_cost: float
    return_share: float
    gossip: float
    channel: int
    order: int
    late: int
    service: int
    mask: int


class State(NamedTuple):
    """Where an episode stands. Nothing in it is bounded but by the number of tasks, so nothing is ever dropped.

    Of devices: battery and the times spent busy and at rest, all as of `last`; wake, the next instant at which it does anything
    by itself; died (-1: alive); running, its task (-1: none), until run_end, whose work is done at run_full; head, the first of
    the tasks committed to it and not begun, linked by `after` in the order of ready times; waiting, their seconds of work;
    soonest, their earliest deadline; pending tasks are own[first : upto]; free, when its radio is (the last entry: when the
    shared medium is).
    Of tasks: energy, J spent on it; `left`, GFLOP of an active task of a sharing processor, linked from `active`.
    Of epochs: rows of news in a ring (`told` their times), and room for one epoch's order of turns, choices and masks.
    """

    battery: Floats
    last: Floats
    wake: Floats
    busy: Floats
    rest: Floats
    radio: Floats
    died: Floats
    free: Floats
    waiting: Floats
    soonest: Floats
    run_end: Floats
    run_full: Floats
    running: Ints
    head: Ints
    first: Ints
    upto: Ints
    device: Ints
    status: Ints
    start: Floats
    end: Floats
    ready: Floats
    decided: Floats
    delay: Floats
    energy: Floats
    after: Ints
    count: Ints
    told: Floats
    news_backlog: Floats
    news_dead: Array
    news_battery: Floats
    turn: Ints
    choice: Ints
    wait: Floats
    open: Array
