"""Q-learning over the feasible steps of vehicles in turn."""

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign
from edgeworth.routing.orienteering.kernels.plans import edge_cost


@jit
def episodes(instance, explore, rate, begin, count, planned, quality, choices, best_choices, totals, best, rng):
    """Run `count` episodes, the first of them number `begin` of those `planned`. quality [m, 2^n, n + 1, n + 1]: of a vehicle's
    step to a customer, or home (n), by who was visited and where the vehicle stands (n: at its start).

    A step to a customer is possible where the vehicle can serve it and still come home in time, and carry its load. With
    probability `explore`, which falls to 0 linearly, a uniform possible step is taken, else the one of largest quality (first
    on ties, the way home last). choices [n + m]: the steps of the episode in order, `totals` the episodes' values, `best` [1]
    and `best_choices` the largest and its steps.
    """
    m, n = instance.first.size, instance.demand.size
    for episode in range(count):
        chance = explore * (1.0 - (begin + episode) / planned)
        total, visited, steps = 0.0, 0, 0
        before_k, before_visited, before_here, before_action, earned = -1, 0, 0, 0, 0.0
        for k in range(m):
            here, node, time, load = n, instance.first[k], instance.earliest[k], 0.0
            slow, home = instance.slow[k], instance.last[k]
            while here >= 0:
                top, seen = -1, 1  # the way home is always possible
                for c in range(n):
                    if visited >> c & 1 or not reachable(instance, k, node, time, load, c):
                        continue
                    seen += 1
                    if top < 0 or quality[k, visited, here, c] > quality[k, visited, here, top]:
                        top = c
                if top < 0 or quality[k, visited, here, n] > quality[k, visited, here, top]:
                    top = n
                if before_k >= 0:
                    old = quality[before_k, before_visited, before_here, before_action]
                    ahead = earned + quality[k, visited, here, top]
                    quality[before_k, before_visited, before_here, before_action] = old + rate * (ahead - old)
                chosen = top
                if rng.random() < chance:
                    skip = int(rng.random() * seen)
                    chosen = n
                    for c in range(n):
                        if not visited >> c & 1 and reachable(instance, k, node, time, load, c):
                            if skip == 0:
                                chosen = c
                                break
                            skip -= 1
                before_k, before_visited, before_here, before_action = k, visited, here, chosen
                choices[steps] = chosen
                steps += 1
                if chosen == n:
                    earned = 0.0
                    if here < n and instance.costly:
                        earned = -edge_cost(instance, k, node, home)
                    here = -1
                else:
                    earned = instance.prize[k, chosen]
                    if instance.costly:
                        earned -= edge_cost(instance, k, node, chosen)
                    arrival = time + instance.travel[node, chosen] * slow
                    time = max(arrival, instance.opens[chosen]) + instance.service[chosen]
                    load += instance.demand[chosen]
                    visited |= 1 << chosen
                    here, node = chosen, chosen
                total += earned
        if before_k >= 0:
            old = quality[before_k, before_visited, before_here, before_action]
            quality[before_k, before_visited, before_here, before_action] = old + rate * (earned - old)
        totals[episode] = total
        if total > best[0]:
            best[0] = total
            assign(best_choices, choices)


@leaf
def reachable(instance, k, node, time, load, c):
    """Whether vehicle k, which leaves the node at that time, can serve c and come home in time."""
    slow = instance.slow[k]
    arrival = time + instance.travel[node, c] * slow
    if arrival > instance.closes[c] or load + instance.demand[c] > instance.capacity[k]:
        return False
    leave = max(arrival, instance.opens[c]) + instance.service[c]
    return leave + instance.travel[c, instance.last[k]] * slow <= instance.latest[k]
