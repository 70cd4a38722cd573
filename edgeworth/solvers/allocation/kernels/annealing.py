"""Numba kernels of the local search for multiple-knapsack and generalised assignment problems.

The search is simulated annealing over *complete* assignments with *soft* capacities. Its energy is the profit
minus a price for every unit of overload; the price of server i is ``u[i] + rho * unit[i]``, that is what the unit
would earn (the multiplier u of its capacity in the relaxation) plus a penalty. The penalty `rho` oscillates: it falls
while feasible states are being met and rises while they are not, which keeps the walk near the border of
feasibility, where good solutions of tight instances lie. Only feasible states can become the incumbent.

Every task has a short list of candidates, sorted by regret (best reduced cost of the task minus that of the
candidate). Staying unserved is a candidate too: it is placed on the server of index n, which has no limit.

Nothing here reads the clock. All state is in the arrays of `State`, so that running k iterations and then l more
is the same as running k + l.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit, leaf

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Candidates(NamedTuple):
    """The candidates of all tasks, by rising regret; staying unserved is the candidate on server n.

    ptr [m+1]: candidates of task j are ptr[j]:ptr[j+1]; server, gain, weight, regret: of each candidate. limit [n+1], infinite
    for server n; u, unit [n+1]: see above. start [n+2]: server i's list of members may use start[i]:start[i+1], as many places
    as candidates name it.
    """

    ptr: Ints
    server: Ints
    gain: Floats
    weight: Floats
    regret: Floats
    limit: Floats
    u: Floats
    unit: Floats
    start: Ints


class State(NamedTuple):
    """All that the search changes.

    choice, best [m]: candidate of each task now and in the incumbent. load [n+1]. member [candidates], count [n+1], place [m]:
    who is on a server, and where in that list. touched, is_touched [m]: tasks whose choice may differ from the incumbent's.
    active, width [m]: tasks, and the number of their candidates, within reach at the temperature. ints [N_INTS],
    reals [N_REALS]: below.
    """

    choice: Ints
    best: Ints
    load: Floats
    member: Ints
    count: Ints  # type: ignore[assignment]  # hides the method of tuples, which nothing here needs
    place: Ints
    touched: Ints
    is_touched: Flags
    active: Ints
    width: Ints
    ints: Ints
    reals: Floats


STEP, LEVEL, CYCLE, TOUCHED, ACTIVE, OVERLOADED, MET, FOUND, ACCEPTED, N_INTS = range(10)
VALUE, BEST_VALUE, TEMPERATURE, RHO, N_REALS = range(5)


class Schedule(NamedTuple):
    """The cooling schedule and the limits of a proposal.

    initial, reheat, final: temperatures at the start of the first and of later cycles, and at the end of every cycle, in the
    unit of profits. levels: temperatures a cycle. length: iterations a level in the first cycle, doubled `doublings` times.
    reach: candidates with a regret above reach * temperature are not proposed. block: iterations between changes of rho, which
    stays in [rho_min, rho_max], in profit a mean weight. depth: longest chain.
    """

    initial: float
    reheat: float
    final: float
    levels: int
    length: int
    doublings: int
    reach: float
    block: int
    rho_min: float
    rho_max: float
    depth: int


LIST = 8  # longest chain the scratch arrays hold
P_STOP = 0.3  # probability of leaving an overload instead of ejecting a task
P_HOME = 0.5  # probability of sending an ejected task to the server that the chain began on (a swap)
RHO_STEP = 1.03  # factor by which the penalty changes after a block: some 20 blocks double it


@jit
def rebuild(candidates, state):
    """Sum the loads afresh and list the members of the servers."""
    state.load[:] = 0.0
    state.count[:] = 0
    for j in range(state.choice.size):
        p = state.choice[j]
        i = candidates.server[p]
        state.load[i] += candidates.weight[p]
        state.place[j] = state.count[i]
        state.member[candidates.start[i] + state.count[i]] = j
        state.count[i] += 1
    over = 0
    for i in range(state.load.size):
        if state.load[i] > candidates.limit[i]:
            over += 1
    state.ints[OVERLOADED] = over


@jit
def greedy_start(candidates, state, order):
    """Tasks in the given order keep the choice they come with if it fits, else take the candidate of least regret
    that does. A must-serve task that fits nowhere keeps its choice: an overload that the search has to mend."""
    state.load[:] = 0.0
    for j in order:
        chosen = state.choice[j]
        if state.load[candidates.server[chosen]] + candidates.weight[chosen] > candidates.limit[candidates.server[chosen]]:
            for p in range(candidates.ptr[j], candidates.ptr[j + 1]):
                if state.load[candidates.server[p]] + candidates.weight[p] <= candidates.limit[candidates.server[p]]:
                    chosen = p
                    break
        state.choice[j] = chosen
        state.load[candidates.server[chosen]] += candidates.weight[chosen]


@leaf
def begin_level(candidates, state, schedule):
    """Set the temperature, and which candidates are worth proposing at it."""
    first = schedule.initial if state.ints[CYCLE] == 0 else schedule.reheat
    share = state.ints[LEVEL] / max(1, schedule.levels - 1)
    temperature = first * (schedule.final / first) ** share
    state.reals[TEMPERATURE] = temperature
    active = 0
    for j in range(state.choice.size):
        width = 1
        begin, end = candidates.ptr[j], candidates.ptr[j + 1]
        while begin + width < end and candidates.regret[begin + width] <= schedule.reach * temperature:
            width += 1
        state.width[j] = width
        if width > 1 or state.choice[j] != begin:
            state.active[active] = j
            active += 1
    state.ints[ACTIVE] = active


@jit
def save_best(state):
    """The present state becomes the incumbent; only the touched tasks need copying."""
    for t in range(state.ints[TOUCHED]):
        j = state.touched[t]
        state.best[j] = state.choice[j]
        state.is_touched[j] = False
    state.ints[TOUCHED] = 0
    state.ints[FOUND] = 1
    state.reals[BEST_VALUE] = state.reals[VALUE]


@leaf
def return_to_best(state):
    for t in range(state.ints[TOUCHED]):
        j = state.touched[t]
        state.choice[j] = state.best[j]
        state.is_touched[j] = False
    state.ints[TOUCHED] = 0
    state.reals[VALUE] = state.reals[BEST_VALUE]


@leaf
def change_of_overload(load, limit, amount):
    return max(0.0, load + amount - limit) - max(0.0, load - limit)


@leaf
def place_task(candidates, state, j, q):
    """Move task j to its candidate q in the member lists (the loads are changed already)."""
    i, k = candidates.server[state.choice[j]], candidates.server[q]
    state.count[i] -= 1
    last = state.member[candidates.start[i] + state.count[i]]
    state.member[candidates.start[i] + state.place[j]] = last
    state.place[last] = state.place[j]
    state.place[j] = state.count[k]
    state.member[candidates.start[k] + state.count[k]] = j
    state.count[k] += 1
    state.choice[j] = q
    if state.count[i] == 0:
        state.load[i] = 0.0
    if not state.is_touched[j]:
        state.is_touched[j] = True
        state.touched[state.ints[TOUCHED]] = j
        state.ints[TOUCHED] += 1


@jit
def anneal(candidates, state, schedule, iterations, rng):
    """`iterations` proposals. Each is an ejection chain: a task moves to one of its candidates; if that overloads
    the server, the chain ends there at times, else a random task of that server is ejected and moves on. One move
    is a shift, two that end where the chain began are a swap.

    For each proposal:

    1. At the first step of a level, set its temperature and list the tasks that have candidates within reach of it.
    2. Draw a task j that has, and a candidate q of it, those of small regret more often.
    3. Chain: move j to q and add the change of energy. Stop where the new server is not overloaded, at the longest chain, or
       with probability P_STOP; else eject a random task of it, which becomes j and moves to a random candidate, with
       probability P_HOME to the server that the chain began on (Yagiura, Ibaraki and Glover, INFORMS J. Comput. 16, 2004).
    4. Accept by Metropolis' rule, exp(change / temperature): record the choices, and the incumbent where the state is feasible
       and better; else restore the loads.
    5. After a block, lower the penalty where a feasible state was met in it, else raise it.
    6. At the end of a level, sum the loads afresh; at the end of a cycle, go back to the incumbent and reheat.
    """
    ptr, server, gain, weight, limit = candidates.ptr, candidates.server, candidates.gain, candidates.weight, candidates.limit
    u, unit, choice, load, ints, reals = candidates.u, candidates.unit, state.choice, state.load, state.ints, state.reals
    task = np.empty(LIST, np.int64)
    target = np.empty(LIST, np.int64)
    length_now = schedule.length << min(ints[CYCLE], schedule.doublings)
    for _ in range(iterations):
        if ints[STEP] == 0:
            begin_level(candidates, state, schedule)
        rho = reals[RHO]
        moves = 0
        delta = 0.0
        over = 0
        if ints[ACTIVE] > 0:
            j = state.active[int(rng.random() * ints[ACTIVE])]
            p = choice[j]
            home = server[p]
            # Squaring the random number prefers candidates of small regret.
            q = ptr[j] + int(rng.random() ** 2 * state.width[j])
            while q != p:
                i, k = server[p], server[q]
                delta += gain[q] - gain[p]
                was = load[i] > limit[i]
                delta -= (u[i] + rho * unit[i]) * change_of_overload(load[i], limit[i], -weight[p])
                load[i] -= weight[p]
                over += (load[i] > limit[i]) - was
                was = load[k] > limit[k]
                delta -= (u[k] + rho * unit[k]) * change_of_overload(load[k], limit[k], weight[q])
                load[k] += weight[q]
                over += (load[k] > limit[k]) - was
                task[moves] = j
                target[moves] = q
                moves += 1
                if load[k] <= limit[k] or moves == schedule.depth or state.count[k] == 0 or rng.random() < P_STOP:
                    break
                j = state.member[candidates.start[k] + int(rng.random() * state.count[k])]
                moved = False
                for t in range(moves):
                    moved = moved or task[t] == j
                if moved:
                    break
                p = choice[j]
                q = ptr[j] + int(rng.random() ** 2 * state.width[j])
                if home != k and rng.random() < P_HOME:
                    for t in range(ptr[j], ptr[j + 1]):
                        if server[t] == home:
                            q = t
                            break
        if moves > 0 and (delta >= 0.0 or rng.random() < math.exp(delta / reals[TEMPERATURE])):
            ints[ACCEPTED] += 1
            ints[OVERLOADED] += over
            for t in range(moves):
                reals[VALUE] += gain[target[t]] - gain[choice[task[t]]]
                place_task(candidates, state, task[t], target[t])
            if ints[OVERLOADED] == 0 and (ints[FOUND] == 0 or reals[VALUE] > reals[BEST_VALUE]):
                save_best(state)
        else:
            for t in range(moves - 1, -1, -1):
                load[server[target[t]]] -= weight[target[t]]
                load[server[choice[task[t]]]] += weight[choice[task[t]]]
        if ints[OVERLOADED] == 0:
            ints[MET] = 1
        ints[STEP] += 1
        if ints[STEP] % schedule.block == 0:
            reals[RHO] = max(schedule.rho_min, rho / RHO_STEP) if ints[MET] else min(schedule.rho_max, rho * RHO_STEP)
            ints[MET] = 0
        if ints[STEP] == length_now:
            ints[STEP] = 0
            ints[LEVEL] += 1
            if ints[LEVEL] == schedule.levels:
                ints[LEVEL] = 0
                ints[CYCLE] += 1
                length_now = schedule.length << min(ints[CYCLE], schedule.doublings)
                if ints[FOUND]:
                    return_to_best(state)
            # Fresh sums once per level keep the rounding errors of the loads far below the limits' tolerance.
            rebuild(candidates, state)
