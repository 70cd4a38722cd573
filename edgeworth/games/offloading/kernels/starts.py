"""First profiles: users in some order choose once and stay. Arrays and state as in `kernels.dynamics`."""

from __future__ import annotations

from edgeworth.core.jit import jit
from edgeworth.games.offloading.kernels.dynamics import utility_of


@jit
def may_join(game, state, i, p, latest):
    """Whether the provider of pair p has room, and user i is there no later than that at the loads so far and its own."""
    k = game.provider[p]
    if state.count[k] >= game.cap[k]:
        return False
    return game.transfer[p] + (state.load[k] + game.weight[i]) * game.unit[i] * game.inverse[k] <= latest


@jit
def random_start(game, state, order, begin, end, noise, latest):
    """Users in this order pick uniformly among local execution and the providers in reach that they may join, by the latest
    time of each."""
    for spot in range(begin, end):
        i = order[spot]
        room = 1
        for p in range(game.ptr[i], game.ptr[i + 1]):
            room += may_join(game, state, i, p, latest[i])
        pick = min(int(noise[spot] * room), room - 1)
        if pick == 0:
            continue
        for p in range(game.ptr[i], game.ptr[i + 1]):
            k = game.provider[p]
            if may_join(game, state, i, p, latest[i]):
                pick -= 1
                if pick == 0:
                    state.choice[i] = p
                    state.load[k] += game.weight[i]
                    state.count[k] += 1
                    break


@jit
def greedy_start(game, state, order, begin, end):
    """Users in this order take their best action at the loads so far, and stay."""
    for spot in range(begin, end):
        i = order[spot]
        best, target = game.local[i], -1
        for p in range(game.ptr[i], game.ptr[i + 1]):
            if state.count[game.provider[p]] < game.cap[game.provider[p]]:
                utility = utility_of(game, state, i, p, game.weight[i])
                if utility > best:
                    best, target = utility, p
        if target >= 0:
            k = game.provider[target]
            state.choice[i] = target
            state.load[k] += game.weight[i]
            state.count[k] += 1


@jit
def greedy_delay(game, state, transfer, unit, local_delay, order, begin, end):
    """Users in this order go where they wait least at the loads so far, local execution included, and stay."""
    for spot in range(begin, end):
        i = order[spot]
        best, target = local_delay[i], -1
        for p in range(game.ptr[i], game.ptr[i + 1]):
            k = game.provider[p]
            if state.count[k] < game.cap[k]:
                wait = transfer[p] + unit[i] * ((state.load[k] + game.weight[i]) * game.inverse[k])
                if wait < best:
                    best, target = wait, p
        if target >= 0:
            k = game.provider[target]
            state.choice[i] = target
            state.load[k] += game.weight[i]
            state.count[k] += 1
