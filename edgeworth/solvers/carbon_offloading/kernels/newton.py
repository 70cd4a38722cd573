"""Numba kernels of Newton's system of the interior-point method without a battery; `program` states the program.

The system is a control problem: minimise a quadratic over the moves of all slots, the buffer's move being carried from slot to
slot. With one state every elimination joins two non-negative curvatures, as springs in parallel (k1 + k2) or in series
(k1 k2 / (k1 + k2)). No difference of large numbers is formed, so that the steps stay exact to the end, where curvatures reach
1e15.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import leaf
from edgeworth.solvers.carbon_offloading.kernels.program import (
    BURN,
    CARRY,
    DROP_HIGH,
    DROP_LOW,
    ENERGY,
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
)


class Newton(NamedTuple):
    """What the kernels of one iteration share.

    on bool, slack, dual, pull, change, turn, weight float64 [T, ROWS]: which inequalities there are, their slacks c and
    multipliers m, what complementarity asks of each (t = (centre - correction) / c), how slacks and multipliers move, and the
    barriers' curvatures m / c. bend [T, 4]: first and second derivatives of the energy in l, and in o. move [T, 5]: of l, o,
    z, y, w. road, load [T + 1]: of b and s. wanted [T]: the prices lambda of the full step. parts [T, 12]: curvatures of one
    factorisation, which `eliminate` names. sides [T, 8]: linear terms of one right side.
    """

    on: NDArray[np.bool_]
    slack: NDArray[np.float64]
    dual: NDArray[np.float64]
    pull: NDArray[np.float64]
    change: NDArray[np.float64]
    turn: NDArray[np.float64]
    weight: NDArray[np.float64]
    bend: NDArray[np.float64]
    move: NDArray[np.float64]
    road: NDArray[np.float64]
    load: NDArray[np.float64]
    wanted: NDArray[np.float64]
    parts: NDArray[np.float64]
    sides: NDArray[np.float64]


KL, KO, WEIGHT, AHEAD, KZ, KX, KQ, DET = range(8)
RL, RO, RZ, TOWARD, F, G, SHIFT = range(7)


@leaf(counted=False)
def joined(newton, t, low, high):
    """Weight of a row from which a variable y >= 0 was eliminated that has the rows `low` (its own bound) and `high`."""
    first, second = newton.weight[t, low], newton.weight[t, high]
    return first * second / (first + second)


@leaf(counted=False)
def linear(newton, t, low, high, price):
    """The row's linear term after that elimination, `price` being what y costs."""
    d, h = newton.weight[t, low], newton.weight[t, high]
    return (h * (newton.pull[t, low] - price) - newton.pull[t, high] * d) / (d + h)


@leaf(counted=False)
def eliminated(newton, t, low, high, price, tilt):
    """The move of that y where the rest of the row moves by `tilt`."""
    d, h = newton.weight[t, low], newton.weight[t, high]
    return (newton.pull[t, low] + newton.pull[t, high] - price - h * tilt) / (d + h)


@leaf(counted=False)
def curvatures(newton, t):
    """Of l and of o alone."""
    m = newton.dual[t, ENERGY]
    local = newton.weight[t, L_LOW] + newton.weight[t, L_HIGH] + m * newton.bend[t, 1]
    return local, newton.weight[t, O_LOW] + newton.weight[t, O_HIGH] + m * newton.bend[t, 3]


@leaf(counted=False)
def eliminate(user, newton):
    """Backward pass over curvatures."""
    on, bend = newton.on, newton.bend
    ahead = 0.0
    for t in range(user.arrivals.size - 1, -1, -1):
        part = newton.parts[t]
        ahead += newton.weight[t, ROOM]
        # 1. what the buffer's content is worth ahead, drops chosen
        part[AHEAD] = ahead
        part[KZ] = newton.weight[t, DROP_LOW] + newton.weight[t, DROP_HIGH]
        queue = ahead
        if on[t, DROP_LOW]:
            queue = ahead * part[KZ] / (ahead + part[KZ])
        part[KQ] = queue + newton.weight[t, CARRY]
        if not on[t, CARRY]:
            ahead = queue
            continue
        # 2. service, split at best between l and o
        weight = joined(newton, t, GRID, ENERGY) if on[t, ENERGY] else 0.0
        part[WEIGHT] = weight
        part[KL], part[KO] = curvatures(newton, t)
        a, b = bend[t, 0], bend[t, 2]
        if not on[t, O_LOW]:
            part[KX] = part[KL] + weight * a * a
        elif not on[t, L_LOW]:
            part[KX] = part[KO] + weight * b * b
        else:
            part[DET] = part[KL] * part[KO] + weight * (part[KL] * b * b + part[KO] * a * a)
            part[KX] = part[DET] / (part[KL] + part[KO] + weight * (a - b) ** 2)
        # 3. service and carry share the content
        ahead = part[KX] * part[KQ] / (part[KX] + part[KQ])


@leaf(counted=False)
def steer(user, newton):
    """Both passes for one right side: the moves of all variables."""
    on, pull, bend = newton.on, newton.pull, newton.bend
    T = user.arrivals.size
    toward = 0.0
    for t in range(T - 1, -1, -1):
        part, side = newton.parts[t], newton.sides[t]
        toward += user.delay + pull[t, ROOM]
        side[TOWARD] = toward
        side[RZ] = user.drop[t] + pull[t, DROP_HIGH] - pull[t, DROP_LOW]
        if on[t, DROP_LOW]:
            toward = (part[KZ] * toward + part[AHEAD] * side[RZ]) / (part[KZ] + part[AHEAD])
        side[F] = toward - pull[t, CARRY]
        if not on[t, CARRY]:
            continue
        energy = linear(newton, t, GRID, ENERGY, user.grid[t]) if on[t, ENERGY] else 0.0
        a, b = bend[t, 0], bend[t, 2]
        side[RL] = pull[t, L_HIGH] - pull[t, L_LOW] - energy * a
        side[RO] = pull[t, O_HIGH] - pull[t, O_LOW] - energy * b
        if not on[t, O_LOW]:
            side[G] = side[RL]
        elif not on[t, L_LOW]:
            side[G] = side[RO]
        else:
            cross = part[WEIGHT] * (b * side[RL] - a * side[RO])
            side[SHIFT] = (part[KO] * side[RL] + part[KL] * side[RO] + (b - a) * cross) / part[DET]
            side[G] = side[SHIFT] * part[KX]
        toward = (part[KQ] * side[G] + part[KX] * side[F]) / (part[KX] + part[KQ])
    newton.road[0] = newton.load[0] = 0.0
    for t in range(T):
        part, side, move = newton.parts[t], newton.sides[t], newton.move[t]
        a, b = bend[t, 0], bend[t, 2]
        held = newton.road[t]
        for i in range(5):
            move[i] = 0.0
        carry = held
        if on[t, CARRY]:
            both = part[KX] + part[KQ]
            carry = (part[KX] * held + side[G] - side[F]) / both
            served = (part[KQ] * held + side[F] - side[G]) / both
            if not on[t, O_LOW]:
                move[0] = served
            elif not on[t, L_LOW]:
                move[1] = served
            else:
                level = part[KX] * (served + side[SHIFT])
                rl, ro, weight = level - side[RL], level - side[RO], part[WEIGHT]
                move[0] = (part[KO] * rl + weight * b * (b * rl - a * ro)) / part[DET]
                move[1] = (part[KL] * ro + weight * a * (a * ro - b * rl)) / part[DET]
        after = carry
        if on[t, DROP_LOW]:
            both = part[KZ] + part[AHEAD]
            after = (part[KZ] * carry - side[TOWARD] + side[RZ]) / both
            move[2] = (part[AHEAD] * carry + side[TOWARD] - side[RZ]) / both
        newton.road[t + 1], newton.load[t + 1] = after, 0.0
        newton.wanted[t] = side[TOWARD] + part[AHEAD] * after
        tilt = -a * move[0] - b * move[1]
        if on[t, GRID]:
            move[3] = eliminated(newton, t, GRID, ENERGY, user.grid[t], tilt)
        newton.change[t, CARRY] = carry
        newton.change[t, ENERGY] = move[3] + tilt


@leaf(counted=False)
def follow(user, newton):
    """How slacks and multipliers move with the variables."""
    on, change, load = newton.on, newton.change, newton.load
    for t in range(user.arrivals.size):
        move, dc = newton.move[t], change[t]
        dc[L_LOW], dc[L_HIGH], dc[O_LOW], dc[O_HIGH], dc[GRID] = move[0], -move[0], move[1], -move[1], move[3]
        dc[DROP_LOW], dc[DROP_HIGH], dc[ROOM] = move[2], -move[2], -newton.road[t + 1]
        dc[S_LOW], dc[S_HIGH] = load[t + 1], -load[t + 1]
        dc[WASTE], dc[BURN] = move[4], move[4] + load[t + 1] - load[t]
        for i in range(ROWS):
            if on[t, i]:
                newton.turn[t, i] = newton.pull[t, i] - newton.dual[t, i] - newton.weight[t, i] * dc[i]
            else:
                dc[i] = newton.turn[t, i] = 0.0
