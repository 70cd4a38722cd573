"""Numba kernels of Newton's system with a battery: the state is (b, s), and a slot's controls (l, o, z, s') are eliminated by
a Cholesky factorisation. See `newton` for the notation."""

import numpy as np

from edgeworth.core.jit import leaf
from edgeworth.solvers.carbon_offloading.kernels.newton import curvatures, eliminated, joined, linear
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
    S_HIGH,
    S_LOW,
    WASTE,
)

CONTROLS, SIZE = 4, 6
PIVOT = 1e-15  # of the diagonal: what is left of it below is rounding


@leaf(counted=False)
def add(matrix, row, weight):
    """Add ``weight row row'``."""
    for i in range(SIZE):
        if row[i] != 0.0:
            for j in range(SIZE):
                matrix[i, j] += weight * row[i] * row[j]


@leaf(counted=False)
def fill(row, local, offloaded, dropped, after, held, before):
    """A row's coefficients of the moves of l, o, z, s', b, s."""
    row[0], row[1], row[2], row[3], row[4], row[5] = local, offloaded, dropped, after, held, before


@leaf(counted=False)
def eliminate_two(user, newton, pivot, tail, ahead, matrix, rows, weight, own, answer, left_over):
    """Backward pass. Out: pivot [T, 4, 4], Cholesky factors of the controls; tail [T, 4, 2], their couplings with the state,
    solved with the lower triangle; ahead [T, 3]: curvature of the cost to go at the slot's end in (b', b's', s').

    The cost to go is summed from the squares that are left when the controls answer the state. Subtracting the eliminated part
    instead would lose it: near the end of the run curvatures of 1e15 cancel.
    """
    on, bend = newton.on, newton.bend
    bb = bs = ss = 0.0
    for t in range(user.arrivals.size - 1, -1, -1):
        here_l, here_o = 1.0 if on[t, L_LOW] else 0.0, 1.0 if on[t, O_LOW] else 0.0
        here_z = 1.0 if on[t, DROP_LOW] else 0.0
        # 1. the slot's own curvature, a variable that is not there gets 1; the cost to go through b' = b - l - o - z and s'
        own[0], own[1] = curvatures(newton, t)
        own[0] += 1.0 - here_l
        own[1] += 1.0 - here_o
        own[2] = newton.weight[t, DROP_LOW] + newton.weight[t, DROP_HIGH] + 1.0 - here_z
        own[3] = newton.weight[t, S_LOW] + newton.weight[t, S_HIGH]
        bb += newton.weight[t, ROOM]
        ahead[t, 0], ahead[t, 1], ahead[t, 2] = bb, bs, ss
        fill(rows[0], -bend[t, 0], -bend[t, 2], 0.0, -1.0, 0.0, 1.0)
        weight[0] = joined(newton, t, GRID, ENERGY) if on[t, ENERGY] else 0.0
        fill(rows[1], 0.0, 0.0, 0.0, 1.0, 0.0, -1.0)
        weight[1] = joined(newton, t, WASTE, BURN) if on[t, WASTE] else 0.0
        fill(rows[2], -here_l, -here_o, 0.0, 0.0, 1.0, 0.0)
        weight[2] = newton.weight[t, CARRY]
        fill(rows[3], -here_l, -here_o, -here_z, 0.0, 1.0, 0.0)
        weight[3] = bb
        for i in range(SIZE):
            for j in range(SIZE):
                matrix[i, j] = own[i] if i == j and i < CONTROLS else 0.0
        for k in range(4):
            add(matrix, rows[k], weight[k])
        for i in range(SIZE):
            matrix[i, 3] += bs * rows[3, i]
            matrix[3, i] += bs * rows[3, i]
        matrix[3, 3] += ss
        # 2. factorise
        low, side = pivot[t], tail[t]
        for j in range(CONTROLS):
            for i in range(j, CONTROLS):
                left = matrix[i, j]
                for k in range(j):
                    left -= low[i, k] * low[j, k]
                low[i, j] = np.sqrt(max(left, PIVOT * matrix[j, j])) if i == j else left / low[j, j]
        for column in range(2):
            for i in range(CONTROLS):
                left = matrix[i, CONTROLS + column]
                for k in range(i):
                    left -= low[i, k] * side[k, column]
                side[i, column] = left / low[i, i]
            for i in range(CONTROLS - 1, -1, -1):
                left = -side[i, column]
                for k in range(i + 1, CONTROLS):
                    left -= low[k, i] * answer[k, column]
                answer[i, column] = left / low[i, i]
        # 3. what is left when the controls answer
        new_bb = ss * answer[3, 0] ** 2
        new_bs, new_ss = ss * answer[3, 0] * answer[3, 1], ss * answer[3, 1] ** 2
        for i in range(CONTROLS):
            new_bb += own[i] * answer[i, 0] ** 2
            new_bs += own[i] * answer[i, 0] * answer[i, 1]
            new_ss += own[i] * answer[i, 1] ** 2
        for k in range(4):
            for column in range(2):
                left_over[column] = rows[k, CONTROLS + column]
                for i in range(CONTROLS):
                    left_over[column] += rows[k, i] * answer[i, column]
            new_bb += weight[k] * left_over[0] ** 2
            new_bs += weight[k] * left_over[0] * left_over[1]
            new_ss += weight[k] * left_over[1] ** 2
        new_bb += 2.0 * bs * left_over[0] * answer[3, 0]  # of the last row, b'
        new_bs += bs * (left_over[0] * answer[3, 1] + left_over[1] * answer[3, 0])
        new_ss += 2.0 * bs * left_over[1] * answer[3, 1]
        bb, bs, ss = new_bb, new_bs, new_ss


@leaf(counted=False)
def steer_two(user, newton, pivot, tail, ahead, r, control):
    """Both passes for one right side: the moves of all variables."""
    on, pull, bend = newton.on, newton.pull, newton.bend
    T = user.arrivals.size
    toward_b = toward_s = 0.0
    for t in range(T - 1, -1, -1):
        side = newton.sides[t]
        here_l, here_o = 1.0 if on[t, L_LOW] else 0.0, 1.0 if on[t, O_LOW] else 0.0
        toward_b += user.delay + pull[t, ROOM]
        side[4], side[5] = toward_b, toward_s
        r[0] = pull[t, L_HIGH] - pull[t, L_LOW] + here_l * (pull[t, CARRY] - toward_b)
        r[1] = pull[t, O_HIGH] - pull[t, O_LOW] + here_o * (pull[t, CARRY] - toward_b)
        r[2] = user.drop[t] + pull[t, DROP_HIGH] - pull[t, DROP_LOW] - toward_b if on[t, DROP_LOW] else 0.0
        r[3] = pull[t, S_HIGH] - pull[t, S_LOW] + toward_s
        r[4], r[5] = toward_b - pull[t, CARRY], 0.0
        if on[t, ENERGY]:
            term = linear(newton, t, GRID, ENERGY, user.grid[t])
            r[0] -= term * bend[t, 0]
            r[1] -= term * bend[t, 2]
            r[3] -= term
            r[5] += term
        if on[t, WASTE]:
            term = linear(newton, t, WASTE, BURN, user.spill)
            r[3] += term
            r[5] -= term
        toward_b, toward_s = r[4], r[5]
        for i in range(CONTROLS):
            left = r[i]
            for k in range(i):
                left -= pivot[t, i, k] * side[k]
            side[i] = left / pivot[t, i, i]
            toward_b -= tail[t, i, 0] * side[i]
            toward_s -= tail[t, i, 1] * side[i]
    newton.road[0] = newton.load[0] = 0.0
    for t in range(T):
        side, move = newton.sides[t], newton.move[t]
        held, before = newton.road[t], newton.load[t]
        for i in range(CONTROLS - 1, -1, -1):
            left = -side[i] - tail[t, i, 0] * held - tail[t, i, 1] * before
            for k in range(i + 1, CONTROLS):
                left -= pivot[t, k, i] * control[k]
            control[i] = left / pivot[t, i, i]
        move[0] = control[0] if on[t, L_LOW] else 0.0
        move[1] = control[1] if on[t, O_LOW] else 0.0
        move[2] = control[2] if on[t, DROP_LOW] else 0.0
        move[3] = move[4] = 0.0
        carry, after = held - move[0] - move[1], control[3]
        newton.road[t + 1], newton.load[t + 1] = carry - move[2], after
        newton.wanted[t] = side[4] + ahead[t, 0] * newton.road[t + 1] + ahead[t, 1] * after
        tilt = before - after - bend[t, 0] * move[0] - bend[t, 2] * move[1]
        if on[t, GRID]:
            move[3] = eliminated(newton, t, GRID, ENERGY, user.grid[t], tilt)
        if on[t, WASTE]:
            move[4] = eliminated(newton, t, WASTE, BURN, user.spill, after - before)
        newton.change[t, CARRY] = carry
        newton.change[t, ENERGY] = move[3] + tilt
