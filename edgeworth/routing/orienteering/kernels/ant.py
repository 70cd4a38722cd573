"""The attempts of one ant of eaco-ls, accepted as in annealing, and the colony's pheromone."""

import math

from edgeworth.core.jit import jit
from edgeworth.routing.orienteering.kernels.plans import copy_route, refresh, stream, uniform, worth
from edgeworth.routing.orienteering.kernels.search import ABSENT, add_absent, empty, gather, rebuild, ruin, undo

GAIN = 1e-9  # relative; what is not better by this is the same value


@jit(counted=False)
def settle(core, plan, work, best, desk, values):
    """The touched routes of `work` become the plan's; its value, and the best plan, follow."""
    for k in range(core.first.size):
        if desk.touched[k]:
            copy_route(work, plan, k)
            value, driven = worth(core, work, k)
            values[0] += value - desk.value[k]
            desk.value[k], desk.driven[k] = value, driven
    if values[0] > values[1] + GAIN * max(1.0, abs(values[1])):
        values[1] = values[0]
        for k in range(core.first.size):
            copy_route(plan, best, k)


@jit(counted=False)
def walk(core, plan, work, best, desk, pheromone, knobs, steps, seed, iteration, ant, temperature, values):
    """`steps` attempts from `plan`, of which `work` is a copy.

    values [2]: of the plan, and of the best one met. An attempt that changes value - thrift * time by d < 0 is kept with
    probability exp(d / temperature). Everything depends on (seed, iteration, ant) and the arrays alone."""
    m, n = core.first.size, core.demand.size
    key, count = stream(seed, iteration, ant), 0
    values[0] = 0.0
    for k in range(m):
        desk.value[k], desk.driven[k] = worth(core, plan, k)
        values[0] += desk.value[k]
    for _ in range(steps):
        for k in range(m):
            desk.touched[k] = 0
        count += 1
        centre = int(uniform(key, count) * n)
        begin = desk.ints[ABSENT]
        count = ruin(core, work, desk, centre, knobs, key, count)
        many = gather(core, work, desk, centre, begin, knobs)
        count = rebuild(core, work, desk, pheromone, many, knobs, key, count)
        gain = 0.0
        for k in range(m):
            if desk.touched[k]:
                value, driven = worth(core, work, k)
                if value < 0.0:
                    empty(core, work, desk, k)
                    value, driven = 0.0, 0.0
                gain += value - desk.value[k] + knobs.thrift * (desk.driven[k] - driven)
        count += 1
        if gain < 0.0 and uniform(key, count) >= math.exp(gain / temperature):
            undo(core, plan, work, desk)
        else:
            settle(core, plan, work, best, desk, values)
    for k in range(m):
        desk.touched[k] = 0


@jit(counted=False)
def take_plan(core, plan, desk):
    """Make everything that follows from the stops and sizes of a plan true: its times, who is where, who is absent."""
    desk.ints[ABSENT] = 0
    for c in range(core.demand.size):
        plan.where[c] = -1
    for k in range(core.first.size):
        refresh(core, plan, k)
    for c in range(core.demand.size):
        desk.slot[c] = -1
        if plan.where[c] < 0:
            add_absent(desk, c)


@jit(counted=False)
def lay(pheromone, core, best, keep, deposit, floor):
    """Pheromone evaporates to `keep` of itself but not below `floor`, and `deposit` falls on the edges of the best plan."""
    for s in range(pheromone.shape[0]):
        for i in range(pheromone.shape[1]):
            for j in range(pheromone.shape[2]):
                pheromone[s, i, j] = max(pheromone[s, i, j] * keep, floor)
    for k in range(core.first.size):
        if best.size[k] > 0:
            for p in range(best.size[k] + 1):
                pheromone[core.kind[k], best.stops[k, p], best.stops[k, p + 1]] += deposit
