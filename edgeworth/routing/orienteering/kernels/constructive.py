"""The greedy insertion of orienteering."""

from edgeworth.core.jit import jit
from edgeworth.routing.orienteering.kernels.plans import NONE, best_place, put


@jit(counted=False)
def insert_greedily(instance, plan, spot, gain, added, short):
    """Insert customer after customer into the plan, always that of the largest gain^2 / (added time + short) among those that
    gain; ties to the first vehicle and customer. spot, gain, added [m, n] are scratch. Returns how many came in."""
    m, n = spot.shape
    travel_penalty = 0.0 if instance.costly else 1.0  # the detour only breaks ties where it costs nothing
    for k in range(m):
        for c in range(n):
            if plan.where[c] < 0:
                spot[k, c], gain[k, c], added[k, c] = best_place(instance, plan, k, c, travel_penalty)
    count = 0
    while True:
        chosen, customer, best = NONE, NONE, 0.0
        for k in range(m):
            for c in range(n):
                if plan.where[c] < 0 and spot[k, c] >= 0 and gain[k, c] > 0.0:
                    rate = gain[k, c] * gain[k, c] / (max(added[k, c], 0.0) + short)
                    if rate > best:
                        chosen, customer, best = k, c, rate
        if chosen < 0:
            return count
        put(instance, plan, chosen, spot[chosen, customer], customer)
        count += 1
        for c in range(n):
            if plan.where[c] < 0 and spot[chosen, c] >= 0:
                spot[chosen, c], gain[chosen, c], added[chosen, c] = best_place(instance, plan, chosen, c, travel_penalty)
