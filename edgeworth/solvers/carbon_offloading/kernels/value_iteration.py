"""Value iteration for one device, on marginal values. No policy, no validation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.jit import jit, leaf
from edgeworth.solvers.carbon_offloading.kernels.service import (
    bits_at,
    energy_at,
    ratio_of_bits,
    ratio_of_energy,
    top_ratio,
)

_KNOTS = 256
_ROUNDING = 1e-9  # relative: marginal values that fall by no more count as equal


class Grid(NamedTuple):
    """States of one device and their laws; float64 unless said.

    ``buffer`` [n] ascending from 0 to the buffer's size [bit]; ``gain`` [m] ascending [1 / W]; ``transition`` [m, m], row i the
    weights of the next gain on the nodes; ``usual`` [m], those of the first gain.

    ``harvest`` [h, k] [J] and ``harvest_chance`` [h, k], ``arrival`` [r, a] [bit], ascending, and ``arrival_chance`` [r, a]:
    the laws of a slot, of which slot t has number ``harvest_law[t]`` and ``arrival_law[t]`` (int64 [T]).
    """

    buffer: Array
    gain: Array
    transition: Array
    usual: Array
    harvest: Array
    harvest_chance: Array
    harvest_law: Array
    arrival: Array
    arrival_chance: Array
    arrival_law: Array


class Prices(NamedTuple):
    """What things cost; floats.

    ``grid`` A [1 / J], energy from the grid; ``held`` beta [1 / bit and slot]; ``wasted`` eta [1 / J]; ``dropped`` omega
    [1 / bit]; ``event``, any number of bits dropped in a slot; ``most`` [J], no price: the energy of full power in a slot.
    """

    grid: float
    held: float
    wasted: float
    dropped: float
    event: float
    most: float


@leaf
def between(x, nodes, values, i):
    """Return the value at x by linear interpolation between nodes i and i + 1."""
    return values[i] + (values[i + 1] - values[i]) * (x - nodes[i]) / (nodes[i + 1] - nodes[i])


@leaf
def below(x, nodes):
    """Return the index i of the nodes, the last excepted, with nodes[i] <= x <= nodes[i + 1]."""
    low, high = 0, nodes.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if nodes[middle] <= x:
            low = middle
        else:
            high = middle
    return low


@leaf
def climbing(values):
    """Return how many of the values, from the first on, never fall, but for rounding."""
    for i in range(1, values.size):
        if values[i] < values[i - 1] - _ROUNDING * abs(values[i - 1]):
            return i
    return values.size


@leaf
def _integral(nodes, values, total):
    """Fill in `total` with the integral of the interpolated values from the first node to each."""
    total[0] = 0.0
    for i in range(1, nodes.size):
        total[i] = total[i - 1] + 0.5 * (values[i] + values[i - 1]) * (nodes[i] - nodes[i - 1])


@leaf
def _transfer(buffer, arrival, chance, ahead, first, last, full):
    """Fill in where the bits left lead: `ahead` [n, n], row i the weights on the nodes of the next buffer where nothing is
    dropped (zero outside of `first` [n] to `last` [n]), and `full` [n], the chance that something is."""
    size = buffer[-1]
    for i in range(buffer.size):
        ahead[i] = 0.0
        full[i] = 0.0
        first[i], last[i] = buffer.size, -1
        j = i
        for k in range(arrival.size):
            if chance[k] == 0.0:
                continue
            reached = buffer[i] + arrival[k]
            if reached >= size:
                full[i] += chance[k]
                continue
            while buffer[j + 1] < reached:
                j += 1
            share = (reached - buffer[j]) / (buffer[j + 1] - buffer[j])
            ahead[i, j] += chance[k] * (1.0 - share)
            ahead[i, j + 1] += chance[k] * share
            first[i], last[i] = min(first[i], j), max(last[i], j + 1)


@leaf
def _merge(buffer, green, served, worth, grid_price, marginal, chance, upto, into):
    """Add the marginal value of the first `upto` nodes of the buffer before the decision, times `chance`, to `into`.

    `green` is what the harvest serves for nothing, `served` what is served at the marginal values `worth` of the bits left,
    which climb over these nodes. Leaving buffer[j] bits is optimal at buffer[j] + max(green, served[j]) bits, and there a bit
    is worth worth[j]: points of the marginal value, between which the nodes are interpolated; nothing is searched for. Below
    the first point the buffer is emptied, and a bit is worth what serving it costs: nothing as long as the harvest pays.
    """
    j = 0
    start = max(green, served[0])
    for i in range(upto):
        b = buffer[i]
        if b <= green:
            continue
        if b <= start:
            into[i] += chance * min(grid_price * marginal[i], worth[0])
            continue
        while j + 2 < upto and buffer[j + 1] + max(green, served[j + 1]) < b:
            j += 1
        if j + 1 >= upto:
            into[i] += chance * worth[j]
            continue
        low = buffer[j] + max(green, served[j])
        high = buffer[j + 1] + max(green, served[j + 1])
        into[i] += chance * (worth[j] + (worth[j + 1] - worth[j]) * min(1.0, (b - low) / (high - low)))


@leaf
def _search(buffer, free, energy, kept, grid_price, chance, start, value, into):
    """As `_merge` from node `start` on, where marginal values fall somewhere below: differences of the value, of which the
    decision is the best of all nodes.

    `free` is the energy that the harvest gives, `energy` [n, n] that of serving from node i down to node j, `kept` [n] the
    value of the bits left; `value` [n] is room.
    """
    n = buffer.size
    for i in range(max(start - 1, 0), n):
        value[i] = np.inf
        for j in range(i, -1, -1):
            if energy[i, j] == np.inf:
                break
            value[i] = min(value[i], grid_price * max(0.0, energy[i, j] - free) + kept[j])
    for i in range(start, n):
        after = min(i + 1, n - 1)
        into[i] += chance * (value[after] - value[i - 1]) / (buffer[after] - buffer[i - 1])


@leaf
def _energies(device, grid):
    """Return the least energy of serving from node i of the buffer down to node j, by gain; infinite beyond the caps.

    By cubic interpolation between even numbers of bits, at which energy and marginal energy are found by bisection.
    """
    n, m = grid.buffer.size, grid.gain.size
    energy = np.full((m, n, n), np.inf)
    joules, slope = np.empty(_KNOTS + 1), np.empty(_KNOTS + 1)
    for g in range(m):
        most = bits_at(device, grid.gain[g], top_ratio(device, grid.gain[g]))
        step = most / _KNOTS
        for k in range(_KNOTS + 1):
            slope[k] = ratio_of_bits(device, grid.gain[g], step * k)
            joules[k] = energy_at(device, grid.gain[g], slope[k])
        for i in range(n):
            for j in range(i + 1):
                bits = grid.buffer[i] - grid.buffer[j]
                if bits <= most:
                    k = min(int(bits / step), _KNOTS - 1)
                    x = bits / step - k
                    rise, here, there = joules[k + 1] - joules[k], slope[k] * step, slope[k + 1] * step
                    bend = 3.0 * rise - 2.0 * here - there + x * (here + there - 2.0 * rise)
                    energy[g, i, j] = max(0.0, joules[k] + x * (here + x * bend))
    return energy


@leaf
def _left(grid, prices, ahead, full, first, last, after, wait):
    """Fill in `wait` [m, n], the marginal value of the bits left, from `after` [m, n], that of bits at the next decision."""
    n = grid.buffer.size
    for i in range(n):
        slope = 0.0  # of the chance that bits are dropped
        if prices.event > 0.0:
            low, high = max(i - 1, 0), min(i + 1, n - 1)
            slope = (full[high] - full[low]) / (grid.buffer[high] - grid.buffer[low])
        for g in range(grid.gain.size):
            total = full[i] * prices.dropped + slope * prices.event
            for j in range(first[i], last[i] + 1):
                total += ahead[i, j] * (prices.held + after[g, j])
            wait[g, i] = total


@leaf
def _settled(wait, last, tolerance):
    """Say whether no marginal value changed by more than `tolerance` of the largest."""
    change, largest = 0.0, 0.0
    for g in range(wait.shape[0]):
        for i in range(wait.shape[1]):
            change = max(change, abs(wait[g, i] - last[g, i]))
            largest = max(largest, abs(wait[g, i]))
    return change <= tolerance * largest


@jit
def value_iteration(device, grid, prices, slots, tolerance, table, level, first_worth):
    """Iterate backwards over the last `slots` slots; return how many tables were filled in.

    `table` [slots, m, n] float32 receives, by the number of slots that follow, the marginal value of the bits left after a
    decision; `level` [slots] the expected cost of that slot and all later ones, the buffer empty and the gain a usual one;
    `first_worth` [slots, n] the marginal value of bits before the decision, at a usual gain. Where the laws do not depend on
    the slot, iteration ends as soon as no marginal value changes by more than `tolerance` of the largest; the last table then
    holds for all earlier slots.

    1. A bit left waits, with those that arrive, for the next decision, or is dropped. After the last slot follows nothing.
    2. The marginal value of a bit before the decision, from the device's closed form at every node, averaged over harvests.
    3. Its average over the next gain.
    """
    n, m = grid.buffer.size, grid.gain.size
    steady = grid.harvest.shape[0] == 1 and grid.arrival.shape[0] == 1
    ahead, full = np.empty((n, n)), np.empty(n)
    first, last = np.empty(n, np.int64), np.empty(n, np.int64)
    green, free = np.empty((m, grid.harvest.shape[1])), np.empty(grid.harvest.shape[1])
    marginal = np.empty((m, n))  # what the last of buffer[i] bits costs, in joules
    for g in range(m):
        for i in range(n):
            marginal[g, i] = ratio_of_bits(device, grid.gain[g], grid.buffer[i])
    energy = np.empty((1, 1, 1))
    wait, previous, before, after = np.zeros((m, n)), np.zeros((m, n)), np.zeros((m, n)), np.zeros((m, n))
    empty, later = np.zeros(m), np.zeros(m)  # cost at an empty buffer: of the bits left, and after averaging over the gain
    served, kept, value = np.empty(n), np.empty(n), np.empty(n)
    wasted, arrivals_of, harvests_of = 0.0, -1, -1
    for follow in range(slots):
        t = grid.arrival_law.size - 1 - follow
        if grid.arrival_law[t] != arrivals_of:  # the slot's laws
            arrivals_of = grid.arrival_law[t]
            _transfer(grid.buffer, grid.arrival[arrivals_of], grid.arrival_chance[arrivals_of], ahead, first, last, full)
        if grid.harvest_law[t] != harvests_of:
            harvests_of = grid.harvest_law[t]
            wasted = 0.0
            for e in range(free.size):
                energy_given = grid.harvest[harvests_of, e]
                free[e] = min(energy_given, prices.most)
                wasted += grid.harvest_chance[harvests_of, e] * prices.wasted * (energy_given - free[e])
                for g in range(m):
                    green[g, e] = bits_at(device, grid.gain[g], ratio_of_energy(device, grid.gain[g], free[e]))
        _left(grid, prices, ahead, full, first, last, after, wait)  # 1
        for g in range(m):
            empty[g] = later[g]
            _integral(grid.buffer, after[g], kept)
            for k in range(grid.arrival.shape[1]):
                arrived, chance = grid.arrival[arrivals_of, k], grid.arrival_chance[arrivals_of, k]
                held = min(arrived, grid.buffer[-1])
                i = below(held, grid.buffer)
                reached = 0.5 * (after[g, i] + between(held, grid.buffer, after[g], i)) * (held - grid.buffer[i])
                cost = prices.held * held + prices.dropped * (arrived - held) + kept[i] + reached
                empty[g] += chance * (cost + (prices.event if arrived > held else 0.0))
        for g in range(m):  # 2
            before[g] = 0.0
            upto = climbing(wait[g])
            for j in range(upto):
                ratio = wait[g, j] / prices.grid if prices.grid > 0.0 else top_ratio(device, grid.gain[g])
                served[j] = bits_at(device, grid.gain[g], ratio)
            if upto < n:
                if energy.size == 1:
                    energy = _energies(device, grid)
                _integral(grid.buffer, wait[g], kept)
            for e in range(free.size):
                chance = grid.harvest_chance[harvests_of, e]
                if chance > 0.0:
                    _merge(grid.buffer, green[g, e], served, wait[g], prices.grid, marginal[g], chance, upto, before[g])
                    if upto < n:
                        _search(grid.buffer, free[e], energy[g], kept, prices.grid, chance, upto, value, before[g])
        level[follow] = wasted
        first_worth[follow] = 0.0
        for g in range(m):  # 3
            level[follow] += grid.usual[g] * empty[g]
            later[g] = wasted
            for i in range(n):
                after[g, i] = 0.0
                first_worth[follow, i] += grid.usual[g] * before[g, i]
            for h in range(m):
                weight = grid.transition[g, h]
                if weight > 0.0:
                    later[g] += weight * empty[h]
                    for i in range(n):
                        after[g, i] += weight * before[h, i]
        for g in range(m):
            for i in range(n):
                table[follow, g, i] = wait[g, i]
        if steady and follow > 0 and _settled(wait, previous, tolerance):
            return follow + 1
        wait, previous = previous, wait
    return slots
