"""Numba kernels of the hindsight optimum of one user: a structured interior-point method, and the dual function of its prices.

The program of one user (bits, energy and cost scaled by the caller; T slots, t = 0..T-1) is

    min  sum_t A_t y_t + beta b_{t+1} + omega z_t + eta w_t
    s.t. b_{t+1} = b_t - l_t - o_t + a_t - z_t <= B,   q_t = b_t - l_t - o_t >= 0,   0 <= z_t <= a_t,
         g_t = E_t + y_t + s_t - s_{t+1} - kl l_t^3 - ko_t (exp(co o_t) - 1) >= 0,   y_t >= 0,
         0 <= l_t <= l_max,   0 <= o_t <= o_max,t,   0 <= s_{t+1} <= S,
         w_t >= max(0, E_t - E0 + s_t - s_{t+1})                                      (only with a battery, where E_t + S > E0).

Every point that `solve` visits satisfies all of it strictly, so its cost is an upper bound on the optimum; the multipliers put
into `dual_value` give a lower bound. Newton's system is a linear-quadratic control problem in the state (b_t, s_t), which one
backward and one forward pass solve: O(T) an iteration.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import leaf

L_LOW, L_HIGH, O_LOW, O_HIGH, GRID, ENERGY, CARRY, DROP_LOW, DROP_HIGH, ROOM, S_LOW, S_HIGH, WASTE, BURN = range(14)
ROWS = 14
"""The inequalities of a slot: bounds of l and o, y >= 0, g >= 0, q >= 0, bounds of z, b' <= B, bounds of s', w >= 0 and
w >= E - E0 + s - s'."""

FIRST = 0.1  # complementarity at the start
NARROW = 1e-3  # share of the buffer below which `begin` sees to it that room is left to the end


class User(NamedTuple):
    """The program of one user, scaled.

    arrivals a, harvest E, grid A, base ko, offload_cap o_max, drop omega, green_bits X(E_t) (the most bits that E_t serves;
    `prepare` fills it in): float64 [T]. cubic kl, rate co, local_cap l_max, buffer B, start b_0 < B, battery S, charge s_0,
    delay beta, spill eta, burn E0: floats.
    """

    arrivals: NDArray[np.float64]
    harvest: NDArray[np.float64]
    grid: NDArray[np.float64]
    base: NDArray[np.float64]
    offload_cap: NDArray[np.float64]
    green_bits: NDArray[np.float64]
    drop: NDArray[np.float64]
    cubic: float
    rate: float
    local_cap: float
    buffer: float
    start: float
    battery: float
    charge: float
    delay: float
    spill: float
    burn: float


@leaf(counted=False)
def response(user, t, ratio):
    """Bits served locally and offloaded where a bit is worth `ratio` >= 0 units of energy: the minimiser of e(x) - ratio x."""
    local, offloaded = 0.0, 0.0
    if user.local_cap > 0.0:
        local = min(user.local_cap, np.sqrt(ratio / (3.0 * user.cubic)))
    if user.offload_cap[t] > 0.0:
        level = ratio / (user.base[t] * user.rate)
        if level > 1.0:
            offloaded = min(user.offload_cap[t], np.log(level) / user.rate)
    return local, offloaded


@leaf(counted=False)
def energy(user, t, local, offloaded):
    """The energy of so many bits."""
    used = user.cubic * local**3
    if offloaded > 0.0:
        used += user.base[t] * np.expm1(user.rate * offloaded)
    return used


@leaf(counted=False)
def split(user, t, bits):
    """The split of `bits` that takes least energy: Newton's method on equal marginal energies, kept inside a bracket."""
    most = user.local_cap + user.offload_cap[t]
    if bits >= most:
        return user.local_cap, user.offload_cap[t]
    if bits <= 0.0 or user.offload_cap[t] <= 0.0:
        return max(0.0, bits), 0.0
    if user.local_cap <= 0.0:
        return 0.0, bits
    if bits <= user.local_cap and 3.0 * user.cubic * bits * bits <= user.base[t] * user.rate:
        return bits, 0.0  # exactly: at a bad gain what rounding leaves to send would cost a lot
    low, high = max(0.0, bits - user.offload_cap[t]), min(user.local_cap, bits)
    local = 0.5 * (low + high)
    for _ in range(80):
        marginal = user.base[t] * user.rate * np.exp(user.rate * (bits - local))
        slope = 3.0 * user.cubic * local * local - marginal
        if slope > 0.0:
            high = local
        else:
            low = local
        step = slope / (6.0 * user.cubic * local + user.rate * marginal)
        nearer = local - step
        if not low < nearer < high:
            nearer = 0.5 * (low + high)
        near = abs(nearer - local) <= 1e-16 * bits
        local = nearer
        if near:
            break
    return local, bits - local


@leaf(counted=False)
def bits_of(user, t, budget):
    """The most bits that an energy budget serves, split at equal marginal energy.

    In the root h of the ratio the energy is a cubic of the local bits plus a parabola of the offloaded ones, each up to its
    cap: Newton's method, kept inside a bracket.
    """
    most = energy(user, t, user.local_cap, user.offload_cap[t])
    if budget >= most:
        return user.local_cap, user.offload_cap[t]
    if budget <= 0.0:
        return 0.0, 0.0
    cap, sent, base = user.local_cap, user.offload_cap[t], user.base[t]
    root = np.sqrt(3.0 * user.cubic)
    full_local, first, full_sent = cap * root, np.sqrt(base * user.rate), 0.0
    if sent > 0.0:
        full_sent = first * np.exp(0.5 * user.rate * sent)
    low, high = 0.0, max(full_local, full_sent)
    h = 0.5 * high
    for _ in range(100):
        spent = user.cubic * (min(h, full_local) / root) ** 3 - budget
        slope = h * h / root if h < full_local else 0.0
        if sent > 0.0 and h > first:
            spent += min(h, full_sent) ** 2 / user.rate - base
            slope += 2.0 * h / user.rate if h < full_sent else 0.0
        if spent > 0.0:
            high = h
        else:
            low = h
        nearer = h - spent / slope if slope > 0.0 else low
        if not low < nearer < high:
            nearer = 0.5 * (low + high)
        if nearer == h or not low < nearer < high or abs(nearer - h) <= 1e-16 * high:
            break
        h = nearer
    return response(user, t, h * h)


@leaf(counted=False)
def prepare(user):
    """Fill in the bits that each slot's harvest serves."""
    for t in range(user.arrivals.size):
        local, offloaded = bits_of(user, t, user.harvest[t])
        user.green_bits[t] = local + offloaded


@leaf(counted=False)
def dual_value(user, price, room, energy_price, lam, mu):
    """The dual function at any prices; lam and mu receive the prices it was taken at.

    price, room [T]: mu_t and lambda_t, of which lambda_t is raised to mu_t. energy_price [T]: pi_t, used with a battery only
    and clipped to [-eta, A_t].
    """
    T = user.arrivals.size
    total = 0.0
    before = 0.0
    for t in range(T):
        mu[t] = price[t]
        lam[t] = max(room[t], price[t])
    total += mu[0] * user.start
    for t in range(T):
        total += user.arrivals[t] * min(lam[t], user.drop[t])
        after = user.delay + (mu[t + 1] if t + 1 < T else 0.0)
        total += user.buffer * min(0.0, after - lam[t])
        if user.battery > 0.0:
            each = min(max(energy_price[t], -user.spill), user.grid[t])
            total -= each * user.harvest[t]
            total -= each * user.charge if t == 0 else -user.battery * min(0.0, before - each)
            before = each
            if each < 0.0:
                total += each * user.burn
            weight = max(0.0, each)
        else:
            total += user.spill * max(0.0, user.harvest[t] - user.burn)
            weight = user.grid[t]
        if mu[t] <= 0.0:
            continue
        if weight > 0.0:
            local, offloaded = response(user, t, mu[t] / weight)
        else:
            local, offloaded = user.local_cap, user.offload_cap[t]
        bits = local + offloaded
        if user.battery > 0.0:
            total += weight * energy(user, t, local, offloaded) - mu[t] * bits
        elif bits > user.green_bits[t]:
            total += weight * max(0.0, energy(user, t, local, offloaded) - user.harvest[t]) - mu[t] * bits
        else:
            total -= mu[t] * user.green_bits[t]
    if user.battery > 0.0:
        total += user.battery * min(0.0, before)
    return total


@leaf(counted=False)
def cost_of(user, point, path, charge):
    """The cost of a feasible point: y and w are taken at their least."""
    T = user.arrivals.size
    total = 0.0
    for t in range(T):
        spent = energy(user, t, point[t, 0], point[t, 1]) - user.harvest[t] + charge[t + 1] - charge[t]
        total += user.grid[t] * max(0.0, spent) + user.delay * path[t + 1] + user.drop[t] * point[t, 2]
        if user.battery > 0.0:
            total += user.spill * max(0.0, user.harvest[t] - user.burn + charge[t] - charge[t + 1])
        else:
            total += user.spill * max(0.0, user.harvest[t] - user.burn)
    return total


@leaf(counted=False)
def begin(user, central, point, path, charge, on):
    """A strictly feasible point (l, o, z, y, w in the columns of `point`), and which inequalities there are.

    central: whether few bits are dropped where there is room, so that drops cost FIRST a slot: most programs are then solved in
    half the iterations. Else half of the arrivals are, which is nearer to an overload's optimum.
    """
    T = user.arrivals.size
    path[0] = user.start
    charge[0] = user.charge
    for t in range(T):
        for i in range(ROWS):
            on[t, i] = False
        held = path[t]
        local, offloaded = 0.0, 0.0
        if held > 0.0 and user.local_cap > 0.0:
            on[t, L_LOW] = on[t, L_HIGH] = True
            local = min(0.5 * user.local_cap, 0.25 * held)
        if held > 0.0 and user.offload_cap[t] > 0.0:
            on[t, O_LOW] = on[t, O_HIGH] = True
            offloaded = min(0.5 * user.offload_cap[t], 0.25 * held)
        on[t, CARRY] = on[t, L_LOW] or on[t, O_LOW]
        carry = held - local - offloaded
        gained, dropped = 0.0, 0.0
        if user.arrivals[t] > 0.0:
            on[t, DROP_LOW] = on[t, DROP_HIGH] = True
            free = user.buffer - carry
            few = 0.5 * user.arrivals[t]
            if central:
                few = min(few, FIRST / max(user.drop[t], FIRST))
            room = 0.5 * free if free > NARROW * user.buffer else free / (T - t + 1.0)
            gained = min(user.arrivals[t] - few, room)
            dropped = user.arrivals[t] - gained
        path[t + 1] = carry + gained
        on[t, ROOM] = path[t + 1] > 0.0
        charge[t + 1] = 0.0
        if user.battery > 0.0:
            on[t, S_LOW] = on[t, S_HIGH] = True
            kept = charge[t] + user.harvest[t] - energy(user, t, local, offloaded)
            charge[t + 1] = 0.5 * min(user.battery, max(kept, 0.1 * user.battery))
        above = user.battery > 0.0 and user.spill > 0.0 and user.harvest[t] + user.battery > user.burn
        on[t, ENERGY] = user.grid[t] > 0.0 and (user.battery > 0.0 or on[t, CARRY])
        on[t, GRID] = on[t, ENERGY]
        on[t, WASTE] = on[t, BURN] = above
        used = energy(user, t, local, offloaded) - user.harvest[t] + charge[t + 1] - charge[t]
        bought = max(0.0, used) + 0.1 if on[t, GRID] else 0.0
        wasted = max(0.0, user.harvest[t] - user.burn + charge[t] - charge[t + 1]) + 0.1 if above else 0.0
        point[t, 0], point[t, 1], point[t, 2], point[t, 3], point[t, 4] = local, offloaded, dropped, bought, wasted
