"""Best replies: sweeps over users, single largest gains, logit revisions. Plain loops on arrays; no policy.

A user's actions are its pairs and local execution (choice -1). ``worth`` holds net_ik for linear games and gain - price for
others; a user at k has ``worth - gamma d_k`` resp. ``worth - sens clip(late + unit d_k, low, high)``, d_k = Lambda_k / F_k
with the user's own weight inside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats, Indices, Ints
from edgeworth.core.jit import jit, leaf


class Arrays(NamedTuple):
    """size: per user, the largest term of its utilities, delays apart. gain, price, transfer, deadline: as in the game, from
    which the rounding of a utility is derived (`rounding`).
    """

    linear: bool
    ptr: Ints
    provider: Indices
    worth: Floats
    late: Floats
    gamma: Floats
    sens: Floats
    unit: Floats
    low: Floats
    high: Floats
    weight: Floats
    local: Floats
    inverse: Floats
    rate: Floats
    cap: Ints
    size: Floats
    gain: Floats
    price: Floats
    transfer: Floats
    deadline: Floats


class State(NamedTuple):
    """choice, expiry [users]; load, count, lowest, highest [providers]; ints [N_INTS], reals [N_REALS]; the log of moves."""

    choice: Ints
    load: Floats
    count: Ints  # type: ignore[assignment]  # hides the method of tuples, which nothing here needs
    expiry: Floats
    lowest: Floats
    highest: Floats
    ints: Ints
    reals: Floats
    log_user: Ints
    log_choice: Ints


MOVERS, EVALUATIONS, LOGGED, VISITS, N_INTS = 0, 1, 2, 3, 4
DRIFT, WINDOW, TOUCHED, N_REALS = 0, 1, 2, 3
ROUNDOFF = 2.0**-53
BLOCK = 1024
"""Orders of large games keep blocks of so many consecutive users together, whose rows then fit into the cache."""


@jit
def prepare(linear, ptr, gain, price, transfer, sens, deadline, worth, late, size):
    """Fill worth, late (unless linear) and size from the game's arrays."""
    for i in range(len(ptr) - 1):
        most = 0.0
        for p in range(ptr[i], ptr[i + 1]):
            late_p = transfer[p] - deadline[i]
            if linear:
                worth[p] = gain[p] - sens[i] * late_p - price[p]
            else:
                worth[p] = gain[p] - price[p]
                late[p] = late_p
            most = max(most, abs(gain[p]), abs(price[p]), abs(sens[i] * late_p))
        size[i] = most


@leaf
def _kinked(worth, late, sens, unit, low, high, delay):
    return worth - sens * min(max(late + unit * delay, low), high)


@leaf
def utility_of(game, state, i, p, extra):
    """Of user i at pair p, where `extra` of its weight is not yet in the load."""
    k = game.provider[p]
    delay = (state.load[k] + extra) * game.inverse[k]
    if game.linear:
        return game.worth[p] - game.gamma[i] * delay
    return _kinked(game.worth[p], game.late[p], game.sens[i], game.unit[i], game.low[i], game.high[i], delay)


@leaf
def rounding(game, i, p, load, number):
    """How far the utility of user i at pair p (-1: local), at this load of that many users, may be off by rounding.

    A sum of ``number`` weights is off by number - 1 roundings at most; the delay is six operations more, the sum of the utility
    four (Higham, Accuracy and Stability of Numerical Algorithms, chapters 3 and 4). In kinked regimes lateness that is cut off
    is not off at all.
    """
    if p < 0:
        return ROUNDOFF * abs(game.local[i])
    s, tau = game.sens[i], game.deadline[i]
    delay = game.unit[i] * (load * game.inverse[game.provider[p]])
    late = game.transfer[p] + delay - tau
    off = (number + 7) * ROUNDOFF * (game.transfer[p] + delay + tau)
    low, high = game.low[i], game.high[i]
    at = min(max(late, low), high)
    worst = max(min(max(late + off, low), high) - at, at - min(max(late - off, low), high))
    return s * worst + 4.0 * ROUNDOFF * (abs(game.gain[p]) + abs(game.price[p]) + s * abs(at))


@leaf
def slack(game, state, i, old, new):
    """What a move of user i from pair old to pair new must gain at least, so that it does gain."""
    total = ROUNDOFF * abs(game.local[i])
    if old >= 0:
        total = rounding(game, i, old, state.load[game.provider[old]], state.count[game.provider[old]])
    if new >= 0:
        k = game.provider[new]
        return total + rounding(game, i, new, state.load[k] + game.weight[i], state.count[k] + 1)
    return total + ROUNDOFF * abs(game.local[i])


@jit
def recount(game, state):
    """Loads and counts summed anew from the choices; all expiries fall."""
    state.load[:] = 0.0
    state.count[:] = 0
    for i in range(len(game.weight)):
        p = state.choice[i]
        if p >= 0:
            k = game.provider[p]
            state.load[k] += game.weight[i]
            state.count[k] += 1
        state.expiry[i] = -np.inf
    for k in range(len(game.rate)):
        state.lowest[k] = state.load[k] * game.inverse[k]
        state.highest[k] = state.lowest[k]
    state.reals[DRIFT] = 0.0
    state.reals[WINDOW] = 0.0


@leaf
def _close_window(game, state):
    """A new window for the ranges of delays: the old one's width joins the drift."""
    state.reals[DRIFT] += state.reals[WINDOW]
    state.reals[WINDOW] = 0.0
    for k in range(len(game.rate)):
        state.lowest[k] = state.load[k] * game.inverse[k]
        state.highest[k] = state.lowest[k]


@leaf
def _widen(lowest, highest, k, delay, window):
    """Provider k's delay changed: its range, and the widest range of all."""
    if delay < lowest[k]:
        lowest[k] = delay
    elif delay > highest[k]:
        highest[k] = delay
    return max(window, highest[k] - lowest[k])


@leaf
def _touch(game, state, k):
    """`_widen` for callers who hold tuples."""
    delay = state.load[k] * game.inverse[k]
    state.reals[WINDOW] = _widen(state.lowest, state.highest, k, delay, state.reals[WINDOW])


@leaf
def _move(game, state, i, old, new):
    if old >= 0:
        k = game.provider[old]
        state.load[k] -= game.weight[i]
        state.count[k] -= 1
        _touch(game, state, k)
    if new >= 0:
        k = game.provider[new]
        state.load[k] += game.weight[i]
        state.count[k] += 1
        _touch(game, state, k)
    state.choice[i] = new
    state.ints[MOVERS] += 1
    if len(state.log_user) > 0:
        spot = state.ints[LOGGED] % len(state.log_user)
        state.log_user[spot] = i
        state.log_choice[spot] = new
        state.ints[LOGGED] += 1


@leaf
def _fetch(game, state, block):
    """Read the rows of a block in the order of memory where most will be visited: in random order each read would wait."""
    first, last = block * BLOCK, min((block + 1) * BLOCK, len(game.weight))
    drift = state.reals[DRIFT] + state.reals[WINDOW]
    wanted = 0
    for i in range(first, last):
        wanted += drift >= state.expiry[i]
    if 4 * wanted < last - first:
        return
    total = 0.0
    for p in range(game.ptr[first], game.ptr[last], 8):
        total += game.worth[p] + game.provider[p]
    state.reals[TOUCHED] = total


@jit
def sweep(game, state, order, begin, end, threshold):
    """Visit users order[begin:end]: each moves to its first best response where that gains enough.

    Enough is more than threshold x its spread, the distance between the best and the worst that its actions earn now, and more
    than rounding (`slack`). For every user i in the order:

    1. Skip. At i's last visit its action was better than all others by a margin, and a delay can change i's utilities by at
       most gamma times itself. While no delay has changed by margin / (2 gamma) since, i has no better response and is passed
       over: ``drift + window < expiry[i]``. Changes are bounded by the ranges of delays over windows, one a pass.
    2. Glance. Utilities of all actions as if i came anew, without a branch a pair: the best other one, and the least. The
       least takes in i's own pair with i counted twice, which can only make the glance more careful.
    3. Decide. Where the best other utility exceeds the current one by more than threshold x the least spread there can be,
       the first pair that attains it is the target. Full providers, and gains within rounding or within threshold x the
       spread of the glance, are left to `_look`, which compares open actions exactly.
    4. Move. Loads, counts and the windows of the two providers' delays are updated, and the move is logged.
    5. Stay. The margin by which i prefers its action gives its next ``expiry``.

    References: best-response dynamics after Monderer and Shapley, Games and Economic Behavior 14 (1996); step 1 is our own.
    """
    if begin == 0:
        _close_window(game, state)
    # Arrays and numbers by name: passing tuples of arrays to helpers would take longer than a visit.
    linear, ptr, provider, worth, late = game.linear, game.ptr, game.provider, game.worth, game.late
    inverse, weight, cap = game.inverse, game.weight, game.cap
    choice, load, count, expiry = state.choice, state.load, state.count, state.expiry
    lowest, highest = state.lowest, state.highest
    drift, window = state.reals[DRIFT], state.reals[WINDOW]
    sens, unit, low, high = 0.0, 0.0, 0.0, 0.0
    for spot in range(begin, end):
        i = order[spot]
        if spot % BLOCK == 0:
            _fetch(game, state, i // BLOCK)
        if drift + window < expiry[i]:
            continue
        state.ints[VISITS] += 1
        old, own, gamma, local = choice[i], weight[i], game.gamma[i], game.local[i]
        first, last = ptr[i], ptr[i + 1]
        state.ints[EVALUATIONS] += last - first
        # A glance first, without a branch a pair (the selections below are none); `least` takes in the own pair as if the user
        # came anew, which can only make the glance more careful.
        current = local
        most, least = -np.inf, np.inf
        if linear:
            if old >= 0:
                current = worth[old] - gamma * (load[provider[old]] * inverse[provider[old]])
            for p in range(first, last):
                k = provider[p]
                utility = worth[p] - gamma * ((load[k] + own) * inverse[k])
                least = utility if utility < least else least
                utility = -np.inf if p == old else utility
                most = utility if utility > most else most
        else:
            sens, unit, low, high = game.sens[i], game.unit[i], game.low[i], game.high[i]
            if old >= 0:
                delay = load[provider[old]] * inverse[provider[old]]
                current = _kinked(worth[old], late[old], sens, unit, low, high, delay)
            for p in range(first, last):
                k = provider[p]
                utility = _kinked(worth[p], late[p], sens, unit, low, high, (load[k] + own) * inverse[k])
                least = utility if utility < least else least
                utility = -np.inf if p == old else utility
                most = utility if utility > most else most
        best = max(most, local)
        sure = max(best, current) - min(current, local)  # at least so far apart are its actions, local execution being one
        target, margin = old, current - (best if old >= 0 else most)
        if best > current and best - current > threshold * sure:
            target = -1
            if local < most:
                for p in range(first, last):
                    k = provider[p]
                    delay = (load[k] + own) * inverse[k]
                    if linear:
                        utility = worth[p] - gamma * delay
                    else:
                        utility = _kinked(worth[p], late[p], sens, unit, low, high, delay)
                    if utility == most:
                        target = p
                        break
            full = target >= 0 and count[provider[target]] >= cap[provider[target]]
            spread = max(best, current) - min(min(current, local), least)
            if full or best - current <= threshold * spread + slack(game, state, i, old, target):
                target, margin = _look(game, state, i, threshold)
        if target != old:
            if old >= 0:
                k = provider[old]
                load[k] -= own
                count[k] -= 1
                window = _widen(lowest, highest, k, load[k] * inverse[k], window)
            if target >= 0:
                k = provider[target]
                load[k] += own
                count[k] += 1
                window = _widen(lowest, highest, k, load[k] * inverse[k], window)
            state.reals[WINDOW] = window
            choice[i] = target
            expiry[i] = -np.inf
            state.ints[MOVERS] += 1
            if len(state.log_user) > 0:
                state.log_user[state.ints[LOGGED]] = i
                state.log_choice[state.ints[LOGGED]] = target
                state.ints[LOGGED] += 1
        elif gamma > 0.0:
            expiry[i] = drift + margin / (2.0 * gamma) * (1.0 - 1e-9)
        else:
            expiry[i] = np.inf if margin >= 0.0 else -np.inf


@leaf
def _look(game, state, i, threshold):
    """All actions that the caps leave open, one by one: (the pair to be at, by how much staying is preferred)."""
    old, own, local = state.choice[i], game.weight[i], game.local[i]
    current = local if old < 0 else utility_of(game, state, i, old, 0.0)
    best, target = local, -1
    rival = local if old >= 0 else -np.inf  # the best of the other actions, full providers among them
    least = min(local, current)
    for p in range(game.ptr[i], game.ptr[i + 1]):
        if p == old:
            continue
        utility = utility_of(game, state, i, p, own)
        rival = max(rival, utility)
        if state.count[game.provider[p]] < game.cap[game.provider[p]]:
            least = min(least, utility)
            if utility > best:
                best, target = utility, p
    if best <= current or best - current <= threshold * (best - least) + slack(game, state, i, old, target):
        target = old
    return target, current - rival


@jit
def largest_gain(game, state, threshold):
    """Move the one user who gains most, relative to its spread; False where nobody gains more than the threshold."""
    winner, target, most = -1, -1, threshold
    for i in range(len(game.weight)):
        old = state.choice[i]
        current = game.local[i]
        best, reply = current, -1
        least = current
        if old >= 0:
            current = utility_of(game, state, i, old, 0.0)
            least = min(least, current)
        for p in range(game.ptr[i], game.ptr[i + 1]):
            k = game.provider[p]
            if p == old or state.count[k] >= game.cap[k]:
                continue
            utility = utility_of(game, state, i, p, game.weight[i])
            least = min(least, utility)
            if utility > best:
                best, reply = utility, p
        state.ints[EVALUATIONS] += game.ptr[i + 1] - game.ptr[i]
        if best > current and best - current > most * (best - least) + slack(game, state, i, old, reply):
            winner, target, most = i, reply, (best - current) / (best - least)
    if winner < 0:
        return False
    _move(game, state, winner, state.choice[winner], target)
    return True


@jit
def revise(game, state, order, begin, end, heat, noise):
    """Logit revisions: user order[s] draws an action with probability proportional to exp(utility / heat[user]).

    noise: a uniform number in (0, 1) a visit; the draw inverts the distribution function over actions in their order.
    """
    for spot in range(begin, end):
        i = order[spot]
        old = state.choice[i]
        first, last = game.ptr[i], game.ptr[i + 1]
        top = game.local[i]
        for p in range(first, last):
            k = game.provider[p]
            if p == old or state.count[k] < game.cap[k]:
                top = max(top, utility_of(game, state, i, p, 0.0 if p == old else game.weight[i]))
        total = np.exp((game.local[i] - top) / heat[i])
        for p in range(first, last):
            k = game.provider[p]
            if p == old or state.count[k] < game.cap[k]:
                total += np.exp((utility_of(game, state, i, p, 0.0 if p == old else game.weight[i]) - top) / heat[i])
        rest = noise[spot] * total - np.exp((game.local[i] - top) / heat[i])
        new = -1
        for p in range(first, last):
            if rest <= 0.0:
                break
            k = game.provider[p]
            if p == old or state.count[k] < game.cap[k]:
                rest -= np.exp((utility_of(game, state, i, p, 0.0 if p == old else game.weight[i]) - top) / heat[i])
                new = p
        state.ints[EVALUATIONS] += last - first
        if new != old:
            _move(game, state, i, old, new)
