"""The attempts of one ant of eaco-ls, accepted as in annealing, and the colony's pheromone."""

import math

from edgeworth.core.jit import jit
from edgeworth.core.kernels import stream
from edgeworth.routing.orienteering.kernels.plans import copy_route, refresh, uniform, worth
from edgeworth.routing.orienteering.kernels.search import ABSENT, add_absent, empty, gather, rebuild, ruin, undo

GAIN = 1e-9  # relative; what is not better by this is the same value


@jit(counted=False)
def settle(instance, plan, work, best, state, values):
    """The touched routes of `work` become the plan's; its value, and the best plan, follow."""
    for k in range(instance.first.size):
        if state.touched[k]:
            copy_route(work, plan, k)
            value, driven = worth(instance, work, k)
            values[0] += value - state.value[k]
            state.value[k], state.driven[k] = value, driven
    if values[0] > values[1] + GAIN * max(1.0, abs(values[1])):
        values[1] = values[0]
        for k in range(instance.first.size):
            copy_route(plan, best, k)


@jit(counted=False)
def walk(instance, plan, work, best, state, pheromone, parameters, steps, seed, iteration, ant, temperature, values):
    """`steps` attempts from `plan`, of which `work` is a copy.

    values [2]: of the plan, and of the best one met. An attempt that changes value - travel_penalty * time by d < 0 is kept
    with probability exp(d / temperature). Everything depends on (seed, iteration, ant) and the arrays alone."""
    m, n = instance.first.size, instance.demand.size
    key, count = stream(seed, iteration, ant), 0
    values[0] = 0.0
    for k in range(m):
        state.value[k], state.driven[k] = worth(instance, plan, k)
        values[0] += state.value[k]
    for _ in range(steps):
        for k in range(m):
            state.touched[k] = 0
        count += 1
        centre = int(uniform(key, count) * n)
        begin = state.ints[ABSENT]
        count = ruin(instance, work, state, centre, parameters, key, count)
        many = gather(instance, work, state, centre, begin, parameters)
        count = rebuild(instance, work, state, pheromone, many, parameters, key, count)
        gain = 0.0
        for k in range(m):
            if state.touched[k]:
                value, driven = worth(instance, work, k)
                if value < 0.0:
                    empty(instance, work, state, k)
                    value, driven = 0.0, 0.0
                gain += value - state.value[k] + parameters.travel_penalty * (state.driven[k] - driven)
        count += 1
        if gain < 0.0 and uniform(key, count) >= math.exp(gain / temperature):
            undo(instance, plan, work, state)
        else:
            settle(instance, plan, work, best, state, values)
    for k in range(m):
        state.touched[k] = 0


@jit(counted=False)
def take_plan(instance, plan, state):
    """Make everything that follows from the stops and sizes of a plan true: its times, who is where, who is absent."""
    state.ints[ABSENT] = 0
    for c in range(instance.demand.size):
        plan.where[c] = -1
    for k in range(instance.first.size):
        refresh(instance, plan, k)
    for c in range(instance.demand.size):
        state.slot[c] = -1
        if plan.where[c] < 0:
            add_absent(state, c)


@jit(counted=False)
def lay(pheromone, instance, best, keep, deposit, floor):
    """Pheromone evaporates to `keep` of itself but not below `floor`, and `deposit` falls on the edges of the best plan."""
    for s in range(pheromone.shape[0]):
        for i in range(pheromone.shape[1]):
            for j in range(pheromone.shape[2]):
                pheromone[s, i, j] = max(pheromone[s, i, j] * keep, floor)
    for k in range(instance.first.size):
        if best.size[k] > 0:
            for p in range(best.size[k] + 1):
                pheromone[instance.kind[k], best.stops[k, p], best.stops[k, p + 1]] += deposit
