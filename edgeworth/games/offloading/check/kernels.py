"""The checker's own loops. No solver uses them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign

ROUNDOFF = 2.0**-53
EVALUATIONS = 3.0
"""How many evaluations of a utility a rounding margin covers: the checker's, that of whoever found the profile, and what that
one must gain beyond its own rounding before it moves."""
UNDERFLOW = 2.0**-1070


@jit
def locate(ptr, provider, chosen, choice):
    """The pair of every user: -1 local, -2 out of reach."""
    for i in range(len(chosen)):
        choice[i] = -1
        if chosen[i] >= 0:
            choice[i] = -2
            for p in range(ptr[i], ptr[i + 1]):
                if provider[p] == chosen[i]:
                    choice[i] = p
                    break


@jit
def loads(provider, weight, choice, load, count):
    """The load and the number of users of every provider."""
    for i in range(len(choice)):
        if choice[i] >= 0:
            load[provider[choice[i]]] += weight[i]
            count[provider[choice[i]]] += 1


@leaf
def margin(gain, price, transfer, s, tau, c, delay, number, low, high):
    """How far rounding may move a utility, `EVALUATIONS` times; see `equilibrium.epsilon` for the derivation."""
    late = transfer + c * delay - tau
    off = EVALUATIONS * ((number + 7.0) * ROUNDOFF * (transfer + c * delay + tau) + UNDERFLOW * (1.0 + c))
    at = min(max(late, low), high)
    up, down = min(max(late + off, low), high) - at, at - min(max(late - off, low), high)
    return s * max(up, down) + EVALUATIONS * 4.0 * ROUNDOFF * (abs(gain) + abs(price) + s * abs(at))


@jit
def worst_deviation(
    ptr,
    provider,
    gain,
    price,
    transfer,
    sens,
    deadline,
    unit,
    low,
    high,
    weight,
    local,
    rate,
    cap,
    load,
    count,
    choice,
    begin,
    end,
    worst,
    found,
):
    """Users begin..end-1: raise ``worst`` to the largest gain of a unilateral deviation to an action that is open.

    worst: the gain beyond its rounding margin relative to the user's spread, the gain itself, and relative to the spread;
    found: user, pair. The spread is the distance between the best and the worst that the user's open actions earn.
    """
    for i in range(begin, end):
        here = choice[i]
        tau, s, c, w, floor, ceiling = deadline[i], sens[i], unit[i], weight[i], low[i], high[i]
        now, most, least = local[i], local[i], local[i]
        for p in range(ptr[i], ptr[i + 1]):
            k = provider[p]
            if p != here and count[k] >= cap[k]:
                continue
            mass = load[k] if p == here else load[k] + w
            late = transfer[p] + c * (mass / rate[k]) - tau
            utility = gain[p] - price[p] - s * min(max(late, floor), ceiling)
            most, least = max(most, utility), min(least, utility)
            if p == here:
                now = utility
        if not most - now > worst[0] * (most - least):
            continue
        # Somebody seems to gain more than all before: only now does rounding matter.
        sure = EVALUATIONS * ROUNDOFF * abs(local[i])
        if here >= 0:
            k = provider[here]
            sure = margin(gain[here], price[here], transfer[here], s, tau, c, load[k] / rate[k], count[k], floor, ceiling)
        excess = local[i] - now - sure - EVALUATIONS * ROUNDOFF * abs(local[i])
        gained, target = local[i] - now, -1
        for p in range(ptr[i], ptr[i + 1]):
            k = provider[p]
            if p == here or count[k] >= cap[k]:
                continue
            delay = (load[k] + w) / rate[k]
            late = transfer[p] + c * delay - tau
            rise = gain[p] - price[p] - s * min(max(late, floor), ceiling) - now
            beyond = rise - sure - margin(gain[p], price[p], transfer[p], s, tau, c, delay, count[k] + 1, floor, ceiling)
            if beyond > excess:
                excess, gained, target = beyond, rise, p
        if excess > worst[0] * (most - least):
            worst[0], worst[1], worst[2] = excess / (most - least), gained, gained / (most - least)
            found[0], found[1] = i, target


class SetSearch(NamedTuple):
    """Where `search_sets` stands. depth: the user to be decided (-1: the end), and the number of sets written; step: how many
    of the two decisions on each user were tried; spare: what may still be spent there; load, number, members: of those taken.
    """

    depth: Ints
    step: Ints
    spare: Floats
    load: Floats
    number: Ints
    members: Ints


@jit
def search_sets(
    state,
    item,
    weight,
    rest,
    cap,
    low,
    high,
    gain,
    transfer,
    sens,
    deadline,
    unit,
    least,
    most,
    own,
    own_size,
    rate,
    floor,
    room,
    nodes,
):
    """Go on through the sets with a load in [low, high] whose worth may be above the floor; at most so many nodes at once.

    1. Depth first, users by the order of decision: first the decision that the sign of ``item`` (the most that a user adds)
       prefers, then the other one, which costs |item| of the spare amount in ``state``.
    2. A branch is left where the spare amount is used up, the load exceeds ``high``, the cap is reached, or ``low`` is out of
       reach with ``rest``, the weight of the users from here on.
    3. A set is written with its worth rounded outward by (2 size + 32) u of the sizes of its terms.

    The other arrays are the users' fields in the order of decision. room: ptr, member, worth, where sets are written as in CSR.
    """
    ptr, member, worth = room
    size, depth, sets = len(item), state.depth[0], 0
    ptr[0] = 0
    while depth >= 0 and nodes > 0 and sets < len(worth):
        nodes -= 1
        if depth == size:
            mass, number = state.load[size], state.number[size]
            if number > 0 and mass >= low:
                total, terms = 0.0, 0.0
                for a in range(number):
                    i = state.members[a]
                    delay = unit[i] * (mass / rate)
                    late = transfer[i] + delay - deadline[i]
                    total += gain[i] - sens[i] * min(max(late, least[i]), most[i]) - own[i]
                    terms += abs(gain[i]) + sens[i] * (transfer[i] + delay + deadline[i]) + own_size[i]
                    terms += (1.0 + sens[i] * (1.0 + unit[i])) * 2.0**-1000
                upper = total + (2.0 * size + 32.0) * ROUNDOFF * terms
                if upper > floor:
                    start = ptr[sets]
                    assign(member[start : start + number], state.members[:number])
                    worth[sets] = upper
                    sets += 1
                    ptr[sets] = start + number
            depth -= 1
            continue
        value, step = item[depth], state.step[depth]
        if step == 2 or (step == 1 and value == -np.inf):
            depth -= 1
            continue
        state.step[depth] += 1
        inside = (value > 0.0) == (step == 0)
        left = state.spare[depth] - (abs(value) if step == 1 else 0.0)
        mass, taken = state.load[depth], state.number[depth]
        if inside:
            state.members[taken] = depth
            mass += weight[depth]
            taken += 1
        if left >= 0.0 and mass <= high and taken <= cap and mass + rest[depth + 1] >= low:
            depth += 1
            state.spare[depth], state.load[depth], state.number[depth], state.step[depth] = left, mass, taken, 0
    state.depth[0], state.depth[1] = depth, sets
