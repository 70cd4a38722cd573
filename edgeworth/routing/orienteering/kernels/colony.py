"""The ants of eACO-VRP, Algorithm 1 of the FUSION paper; its equations (6)-(8) are lost, `ant_colony` says what we take."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit
from edgeworth.core.kernels import stream
from edgeworth.routing.orienteering.kernels.plans import edge_cost, uniform


class Trail(NamedTuple):
    """The pheromone of the colony and the weights of the steps that follow from it.

    weight [types, L, n]: pheromone^alpha times the part of it that does not change, static; pheromone [types, L, n], both up to
    a common factor; increment [types, L, n]: dU, floored. arrive_by [n]: the latest arrival. alpha, gamma: exponents of
    pheromone and wait.
    """

    weight: NDArray[np.float64]
    static: NDArray[np.float64]
    pheromone: NDArray[np.float64]
    increment: NDArray[np.float64]
    arrive_by: NDArray[np.float64]
    alpha: float
    gamma: float


class Tours(NamedTuple):
    """tours [ants, n]: the customers of all vehicles in order; sizes [ants, m]; values [ants]; left, chance [ants, n]:
    scratch."""

    tours: NDArray[np.int64]
    sizes: NDArray[np.int64]
    values: NDArray[np.float64]
    left: NDArray[np.int64]
    chance: NDArray[np.float64]


LEAST = 1e-250  # no feasible step has weight zero, however small its powers become


@jit(counted=False)
def explore(instance, trail, tours, begin, end, seed, iteration):
    """Ants begin..end-1 of one iteration build their tours; returns the number of steps they took.

    Vehicle after vehicle goes on until nobody can be visited. A customer can be visited if nobody did, the load allows it,
    the arrival is not after `arrive_by`, and the vehicle still gets home. One uniform number a step: the customer is the
    first, by index, at which the sum of weights exceeds that share of the total."""
    m, n = instance.first.size, instance.demand.size
    steps = 0
    for ant in range(begin, end):
        key = stream(seed, iteration, ant)
        left, chance = tours.left[ant], tours.chance[ant]
        for c in range(n):
            left[c] = c
        many, count, total_value = n, 0, 0.0
        for k in range(m):
            first = count
            here, time, room = instance.first[k], instance.earliest[k], instance.capacity[k]
            slow, home, kind = instance.slow[k], instance.last[k], instance.kind[k]
            value = 0.0
            while True:
                total, last = 0.0, -1
                for t in range(many):
                    c = left[t]
                    share = 0.0
                    arrival = time + instance.travel[here, c] * slow
                    if arrival <= trail.arrive_by[c] and instance.demand[c] <= room:
                        wait = max(instance.opens[c] - arrival, 0.0)
                        if arrival + wait + instance.service[c] + instance.travel[c, home] * slow <= instance.latest[k]:
                            share = trail.weight[kind, here, c]
                            if wait > 0.0:  # the default exponent without a power, which would take half of all time
                                share *= 1.0 / math.sqrt(1.0 + wait) if trail.gamma == 0.5 else (1.0 + wait) ** -trail.gamma
                            share = max(share, LEAST)
                    total += share
                    chance[t] = total
                    if share > 0.0:
                        last = t
                if last < 0:
                    break
                target = uniform(key, count) * total
                t = 0
                while t < last and chance[t] <= target:
                    t += 1
                c = left[t]
                time = max(time + instance.travel[here, c] * slow, instance.opens[c]) + instance.service[c]
                room -= instance.demand[c]
                value += instance.prize[k, c]
                if instance.costly:
                    value -= edge_cost(instance, k, here, c)
                here = c
                tours.tours[ant, count] = c
                count += 1
                many -= 1
                for s in range(t, many):
                    left[s] = left[s + 1]
            if count > first and instance.costly:
                value -= edge_cost(instance, k, here, home)
            tours.sizes[ant, k] = count - first
            total_value += value
        tours.values[ant] = total_value
        steps += count
    return steps


@jit(counted=False)
def reinforce(instance, trail, tours, ant, deposit):
    """Add `deposit` dU to the pheromone of the edges of one ant's tours, and recompute their weights."""
    position = 0
    for k in range(instance.first.size):
        here, kind = instance.first[k], instance.kind[k]
        for _ in range(tours.sizes[ant, k]):
            c = tours.tours[ant, position]
            trail.pheromone[kind, here, c] += deposit * trail.increment[kind, here, c]
            trail.weight[kind, here, c] = trail.pheromone[kind, here, c] ** trail.alpha * trail.static[kind, here, c]
            here = c
            position += 1


@jit(counted=False)
def rescale(trail, factor):
    """Multiply all pheromone by a factor."""
    for s in range(trail.pheromone.shape[0]):
        for i in range(trail.pheromone.shape[1]):
            for j in range(trail.pheromone.shape[2]):
                trail.pheromone[s, i, j] *= factor
                trail.weight[s, i, j] = trail.pheromone[s, i, j] ** trail.alpha * trail.static[s, i, j]


TOP, FACTOR = 0, 1
ITERATION, STEPS, ANT = 0, 1, 2


@jit(counted=False)
def search(instance, trail, tours, reals, ints, last, seed, keep, deposit, largest):
    """Iterations of all ants, `ints[ITERATION]` to `last` - 1, until one of them is better than `reals[TOP]`, which it becomes;
    its best ant is `ints[ANT]`, else -1. `tours` are then those of that iteration.

    All pheromone keeps the share `keep`: the same as new pheromone counting 1 / keep times as much from then on, which
    `reals[FACTOR]` says; it is taken out of all when it exceeds `largest`.
    """
    ints[ANT] = -1
    while ints[ITERATION] < last and ints[ANT] < 0:
        ints[STEPS] += explore(instance, trail, tours, 0, tours.values.size, seed, ints[ITERATION])
        best = 0
        for ant in range(1, tours.values.size):
            if tours.values[ant] > tours.values[best]:
                best = ant
        reals[FACTOR] /= keep
        reinforce(instance, trail, tours, best, reals[FACTOR] * deposit)
        if reals[FACTOR] > largest:
            rescale(trail, 1.0 / reals[FACTOR])
            reals[FACTOR] = 1.0
        ints[ITERATION] += 1
        if tours.values[best] > reals[TOP]:
            reals[TOP], ints[ANT] = tours.values[best], best
