"""Numba kernel of arc elimination: which arcs can still be part of a route above a threshold."""

import numpy as np

from edgeworth.core.jit import jit
from edgeworth.routing.orienteering.kernels.labels import ONE, completion


@jit
def passable(net, kept, back, j, threshold, fresh, used):
    """Set used[j, k] for every arc (j, k) that some kept label at j goes along and some backward label completes to more than
    `threshold`.

    net: a `labels.Network`; kept, back: the `labels.Kept` of a forward run on it and of a backward run on the reversed one;
    fresh uint64 [W]: scratch; used bool [N, N]. A label that was dominated need not be looked at: whatever it does along an
    arc, the one that dominates it does as well.
    """
    n = net.travel.shape[0] - 2
    for e in range(net.ptr[j], net.ptr[j + 1]):
        k = net.head[e]
        for a in range(kept.count[j]):
            if k < n and (kept.mask[j, a, k >> 6] >> np.uint64(k & 63)) & ONE:
                continue
            tk = max(kept.time[j, a] + net.travel[j, k], net.open[k])
            qk = kept.load[j, a] + net.demand[k]
            if tk > net.close[k] or qk > net.capacity:
                continue
            vk = kept.value[j, a] + net.gain[j, k]
            for w in range(fresh.size):
                fresh[w] = kept.mask[j, a, w] & net.memory[k, w]
            room = net.capacity - qk + net.demand[k]
            best, _ = completion(back, k, tk, room, fresh, net.slack, threshold - vk)
            if vk + best > threshold:
                used[j, k] = True
                break
