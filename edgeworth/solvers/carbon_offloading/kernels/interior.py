"""Numba kernel of the interior-point method of one user; `program` states the program, `newton` and `battery` the steps."""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign
from edgeworth.solvers.carbon_offloading.kernels.battery import eliminate_two, steer_two
from edgeworth.solvers.carbon_offloading.kernels.newton import Newton, eliminate, follow, steer
from edgeworth.solvers.carbon_offloading.kernels.program import (
    BURN,
    CARRY,
    DROP_HIGH,
    DROP_LOW,
    ENERGY,
    FIRST,
    GRID,
    L_HIGH,
    L_LOW,
    O_HIGH,
    O_LOW,
    ROOM,
    ROWS,
    S_HIGH,
    S_LOW,
    WASTE,
    begin,
    cost_of,
    dual_value,
    energy,
    prepare,
)

BACK_OFF = 0.995  # of the step to the nearest wall
CENTRING = 3.0  # power of Mehrotra's rule
PATIENCE = 25  # iterations in which the gap must fall by a tenth
ROUNDINGS = 1e-14
BETWEEN = 1e-4  # of the battery: more than that from both ends is neither empty nor full
NEAR = 1e-6
FLOOR = 1e-12  # in units of the program: a smaller optimum counts as 0
LEAST = 0.1  # the complementarity aimed at, as a share of what the tolerance allows


@leaf(counted=False)
def measure(user, newton, point, path, charge):
    """All slacks, at the start."""
    for t in range(user.arrivals.size):
        c, flow = newton.slack[t], charge[t] - charge[t + 1]
        c[L_LOW], c[L_HIGH] = point[t, 0], user.local_cap - point[t, 0]
        c[O_LOW], c[O_HIGH] = point[t, 1], user.offload_cap[t] - point[t, 1]
        c[GRID] = point[t, 3]
        c[ENERGY] = user.harvest[t] + point[t, 3] + flow - energy(user, t, point[t, 0], point[t, 1])
        c[CARRY] = path[t] - point[t, 0] - point[t, 1]
        c[DROP_LOW], c[DROP_HIGH] = point[t, 2], user.arrivals[t] - point[t, 2]
        c[ROOM] = user.buffer - path[t + 1]
        c[S_LOW], c[S_HIGH] = charge[t + 1], user.battery - charge[t + 1]
        c[WASTE], c[BURN] = point[t, 4], point[t, 4] - (user.harvest[t] - user.burn) - flow
        for i in range(ROWS):
            if newton.on[t, i]:
                newton.dual[t, i] = FIRST / c[i]
            else:
                c[i], newton.dual[t, i] = 1.0, 0.0


@leaf(counted=False)
def bends(user, newton, point):
    """Derivatives of the energy at a point, 0 in variables that are not there; and the curvatures of all barriers."""
    for t in range(user.arrivals.size):
        for i in range(ROWS):
            newton.weight[t, i] = newton.dual[t, i] / newton.slack[t, i]
        bend = newton.bend[t]
        bend[0] = bend[1] = bend[2] = bend[3] = 0.0
        if newton.on[t, L_LOW]:
            bend[0], bend[1] = 3.0 * user.cubic * point[t, 0] ** 2, 6.0 * user.cubic * point[t, 0]
        if newton.on[t, O_LOW]:
            bend[2] = user.base[t] * user.rate * np.exp(user.rate * point[t, 1])
            bend[3] = bend[2] * user.rate


@leaf(counted=False)
def reach(on, value, change):
    """The longest step, at most 1, that keeps all values positive."""
    step = 1.0
    for t in range(value.shape[0]):
        for i in range(ROWS):
            if on[t, i] and change[t, i] < 0.0:
                step = min(step, -BACK_OFF * value[t, i] / change[t, i])
    return step


@leaf(counted=False)
def excess(user, newton, point, t, step):
    """What the curvature of the energy adds to its linear prediction over a step, >= 0."""
    move, bend = newton.move[t], newton.bend[t]
    add = user.cubic * (step * move[0]) ** 2 * (3.0 * point[t, 0] + step * move[0])
    exponent = user.rate * step * move[1]
    if newton.on[t, O_LOW]:
        rest = np.expm1(exponent) - exponent if abs(exponent) > 1e-4 else 0.5 * exponent * exponent
        add += bend[2] / user.rate * rest
    return max(add, 0.0)


@leaf(counted=False)
def advance(user, newton, point, path, charge, lam, step):
    """Take a step. The curvature of the energy is paid by g where that is ample, else by y: the point stays feasible."""
    for t in range(user.arrivals.size):
        paid = excess(user, newton, point, t, step) if newton.on[t, ENERGY] else 0.0
        for i in range(5):
            point[t, i] += step * newton.move[t, i]
        path[t + 1] += step * newton.road[t + 1]
        charge[t + 1] += step * newton.load[t + 1]
        lam[t] += step * (newton.wanted[t] - lam[t])
        for i in range(ROWS):
            newton.slack[t, i] += step * newton.change[t, i]
            newton.dual[t, i] += step * newton.turn[t, i]
        if paid > 0.0:
            if paid > 0.5 * newton.slack[t, ENERGY]:
                point[t, 3] += paid
                newton.slack[t, GRID] += paid
            else:
                newton.slack[t, ENERGY] -= paid


@leaf(counted=False)
def prices_of(user, newton, path, lam, service, arrival, joule):
    """Prices mu, lambda and pi from the multipliers.

    For given mu the best lambda_t is max(mu_t, min(omega_t, beta + mu_{t+1})). It is taken a few roundings lower, and mu_t
    with it where the buffer stays below its half: else errors of 1e-16 would count B times. Before the first arrival
    nothing has a price.
    """
    T = user.arrivals.size
    for t in range(T - 1, -1, -1):
        ahead = user.delay + (service[t + 1] if t + 1 < T else 0.0)
        held = ahead - ROUNDINGS * abs(ahead)
        service[t] = lam[t] - newton.dual[t, CARRY]
        if path[t] <= 0.0:
            service[t] = min(service[t], 0.0)
        if path[t + 1] < 0.5 * user.buffer:
            service[t] = min(service[t], held)
        most = user.drop[t] if user.arrivals[t] > user.buffer else min(user.drop[t], held)
        arrival[t] = max(service[t], most)
        joule[t] = newton.dual[t, ENERGY] - newton.dual[t, BURN]


@leaf(counted=False)
def level(user, newton, joule, even):
    """Energy prices made equal where the battery is neither empty nor full in between: else what they are wrong by would
    count S
    times in every slot. The largest of such a run is taken, or the price of the grid where that is as near as rounding."""
    T = user.arrivals.size
    begin_ = 0
    while begin_ < T:
        end, most, least = begin_, joule[begin_], user.grid[begin_]
        while end + 1 < T and min(newton.slack[end, S_LOW], newton.slack[end, S_HIGH]) > BETWEEN * user.battery:
            end += 1
            most, least = max(most, joule[end]), min(least, user.grid[end])
        if most >= least * (1.0 - NEAR):
            most = least
        for t in range(begin_, end + 1):
            even[t] = most
        begin_ = end + 1


@jit
def solve(user, central, tolerance, iterations, point, path, charge, price, room, energy_price):
    """The optimum of one user by a primal-dual interior-point method with Mehrotra's predictor and corrector.

    central: how to begin (`program.begin`). tolerance: relative gap at which to end. iterations: at most so many. Out:
    point [T, 5] (l, o, z, y, w), path, charge [T + 1] of the best point; price, room, energy_price [T] (mu, lambda, pi) of
    the best bound. Returns cost, bound, iterations.
    """
    T = user.arrivals.size
    newton = Newton(
        np.zeros((T, ROWS), np.bool_),
        np.ones((T, ROWS)),
        np.zeros((T, ROWS)),
        np.zeros((T, ROWS)),
        np.zeros((T, ROWS)),
        np.zeros((T, ROWS)),
        np.zeros((T, ROWS)),
        np.zeros((T, 4)),
        np.zeros((T, 5)),
        np.zeros(T + 1),
        np.zeros(T + 1),
        np.zeros(T),
        np.zeros((T, 12)),
        np.zeros((T, 8)),
    )
    two = user.battery > 0.0
    size = T if two else 0
    pivot, tail, ahead = np.zeros((size, 4, 4)), np.zeros((size, 4, 2)), np.zeros((size, 3))
    matrix, rows, weight, own, answer = np.empty((6, 6)), np.empty((4, 6)), np.empty(4), np.empty(4), np.empty((4, 2))
    left_over, side, control = np.empty(2), np.empty(6), np.empty(4)
    here, road, load = np.zeros((T, 5)), np.zeros(T + 1), np.zeros(T + 1)
    lam, worth, cost, pi, even = np.zeros(T), np.empty(T), np.empty(T), np.empty(T), np.empty(T)
    first_scratch, second_scratch = np.empty(T), np.empty(T)
    prepare(user)
    begin(user, central, here, road, load, newton.on)
    measure(user, newton, here, road, load)
    count = 0
    for t in range(T):
        for i in range(ROWS):
            count += newton.on[t, i]
    best, gap, waited, done = np.inf, np.inf, 0, 0
    for t in range(T):  # where nothing costs anything, no prices are the best
        price[t] = room[t] = energy_price[t] = 0.0
    bound = dual_value(user, price, room, energy_price, first_scratch, second_scratch)
    for done in range(iterations + 1):
        # 1. where the run stands: the cost of this point, and the dual function of these prices
        value = cost_of(user, here, road, load)
        prices_of(user, newton, road, lam, worth, cost, pi)
        lower = dual_value(user, worth, cost, pi, first_scratch, second_scratch)
        if not (np.isfinite(value) and np.isfinite(lower)):
            break
        if two:
            level(user, newton, pi, even)
            other = dual_value(user, worth, cost, even, first_scratch, second_scratch)
            if other > lower:
                lower = other
                assign(pi, even)
        if value < best:
            best = value
            for t in range(T):
                for i in range(5):
                    point[t, i] = here[t, i]
            assign(path, road)
            assign(charge, load)
        if lower > bound:
            bound = lower
            assign(price, worth)
            assign(room, cost)
            assign(energy_price, pi)
        waited += 1
        if best - bound < 0.9 * gap:
            gap, waited = best - bound, 0
        stake = tolerance * max(abs(best), FLOOR)
        if best - bound <= stake or done == iterations or waited >= PATIENCE or count == 0:
            break
        # 2. predictor
        bends(user, newton, here)
        mean = 0.0
        for t in range(T):
            for i in range(ROWS):
                newton.pull[t, i] = 0.0
                mean += newton.slack[t, i] * newton.dual[t, i]
        if two:
            eliminate_two(user, newton, pivot, tail, ahead, matrix, rows, weight, own, answer, left_over)
            steer_two(user, newton, pivot, tail, ahead, side, control)
        else:
            eliminate(user, newton)
            steer(user, newton)
        follow(user, newton)
        first, second = reach(newton.on, newton.slack, newton.change), reach(newton.on, newton.dual, newton.turn)
        after = 0.0
        for t in range(T):
            for i in range(ROWS):
                moved = newton.dual[t, i] + second * newton.turn[t, i]
                after += (newton.slack[t, i] + first * newton.change[t, i]) * moved
        centre = max((after / mean) ** CENTRING * mean, LEAST * stake) / count
        # 3. corrector
        for t in range(T):
            for i in range(ROWS):
                if newton.on[t, i]:
                    newton.pull[t, i] = (centre - newton.change[t, i] * newton.turn[t, i]) / newton.slack[t, i]
        if two:
            steer_two(user, newton, pivot, tail, ahead, side, control)
        else:
            steer(user, newton)
        follow(user, newton)
        first, second = reach(newton.on, newton.slack, newton.change), reach(newton.on, newton.dual, newton.turn)
        advance(user, newton, here, road, load, lam, min(first, second))
    return best, bound, done
