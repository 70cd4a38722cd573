"""One copy of many, as the simulator's kernels read it: rows of arrays that hold all copies."""

from __future__ import annotations

from edgeworth.core.jit import leaf
from edgeworth.solvers.scheduling.model.kernels.state import State, World


@leaf(counted=False)
def world_of(worlds, c, n):
    """Copy c, of n tasks."""
    return World(
        worlds.capacity[c],
        worlds.battery[c],
        worlds.floor[c],
        worlds.active[c],
        worlds.idle[c],
        worlds.send[c],
        worlds.receive[c],
        worlds.arrival[c, :n],
        worlds.due[c, :n],
        worlds.work[c, :n],
        worlds.tau[c, :n],
        worlds.source[c, :n],
        worlds.own[c, :n],
        worlds.begin[c],
        worlds.deadline,
        worlds.margin,
        worlds.epoch,
        worlds.end,
        worlds.latency_weight,
        worlds.energy_weight,
        worlds.failure_cost,
        worlds.return_share,
        worlds.gossip,
        worlds.channel,
        worlds.order,
        worlds.late,
        worlds.service,
        worlds.mask,
    )


@leaf(counted=False)
def state_of(states, c, n):
    """Where copy c stands."""
    return State(
        states.battery[c],
        states.last[c],
        states.wake[c],
        states.busy[c],
        states.rest[c],
        states.radio[c],
        states.died[c],
        states.free[c],
        states.waiting[c],
        states.soonest[c],
        states.run_end[c],
        states.run_full[c],
        states.running[c],
        states.head[c],
        states.first[c],
        states.upto[c],
        states.device[c, :n],
        states.status[c, :n],
        states.start[c, :n],
        states.end[c, :n],
        states.ready[c, :n],
        states.decided[c, :n],
        states.delay[c, :n],
        states.energy[c, :n],
        states.left[c, :n],
        states.after[c, :n],
        states.counts[c],
        states.told[c],
        states.news_backlog[c],
        states.news_dead[c],
        states.news_battery[c],
        states.turn[c],
        states.choice[c],
        states.wait[c],
        states.open[c],
    )
