"""A numba kernel that lists the sets of one server whose gain is near the best."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.jit import jit

WORD = 64  # bits of a word
MORE, DONE, FULL = 0, 1, 2
AT, PHASE, COUNT, STEPS, N_INTS = range(5)
BEST, N_REALS = range(2)


class Listing(NamedTuple):
    """A search that can be left and entered again.

    gain, weight [items]: sorted by falling gain per weight. room: of the server. worth, left [items + 1]: gain and room before
    each item; side [items + 1]: what was tried of it; now [words]: the present set. chosen [most, words], loss [most]: the
    sets, bit t of word t // 64 for item t. ints [N_INTS], reals [N_REALS].
    """

    gain: NDArray[np.float64]
    weight: NDArray[np.float64]
    worth: NDArray[np.float64]
    left: NDArray[np.float64]
    side: NDArray[np.int8]
    now: NDArray[np.uint64]
    chosen: NDArray[np.uint64]
    loss: NDArray[np.float64]
    ints: NDArray[np.int64]
    reals: NDArray[np.float64]


@jit
def list_sets(listing, gap, effort):
    """First the best gain, then all sets within `gap` of it; MORE after about `effort` steps, FULL where they are too many.

    Depth first, an item taken before it is left out; completions are bounded by the LP (Dantzig).
    """
    gain, weight, worth, left, side, now = (
        listing.gain, listing.weight, listing.worth, listing.left, listing.side, listing.now,
    )  # fmt: skip
    ints, reals = listing.ints, listing.reals
    n = gain.size
    end = ints[STEPS] + effort
    while ints[STEPS] < end:
        t = ints[AT]
        if t < 0:
            if ints[PHASE] == 1:
                return DONE
            ints[PHASE], ints[AT], side[0] = 1, 0, 0
            continue
        ints[STEPS] += 1
        if t == n:
            if ints[PHASE] == 0:
                reals[BEST] = max(reals[BEST], worth[n])
            elif ints[COUNT] == listing.loss.size:
                return FULL
            else:
                for word in range(now.size):
                    listing.chosen[ints[COUNT], word] = now[word]
                listing.loss[ints[COUNT]] = max(reals[BEST] - worth[n], 0.0)
                ints[COUNT] += 1
            ints[AT] -= 1
            continue
        bit = np.uint64(1) << np.uint64(t % WORD)
        side[t] += 1
        if side[t] == 1 and weight[t] <= left[t]:
            worth[t + 1] = worth[t] + gain[t]
            left[t + 1] = left[t] - weight[t]
            now[t // WORD] |= bit
        elif side[t] == 2:
            worth[t + 1] = worth[t]
            left[t + 1] = left[t]
            now[t // WORD] &= ~bit
        elif side[t] > 2:
            ints[AT] -= 1
            continue
        else:
            continue
        bound = worth[t + 1]
        room = left[t + 1]
        q = t + 1
        while q < n and gain[q] > 0.0:
            if weight[q] > room:
                bound += gain[q] * room / weight[q]
                break
            room -= weight[q]
            bound += gain[q]
            q += 1
        ints[STEPS] += q - t
        if bound > reals[BEST] if ints[PHASE] == 0 else bound >= reals[BEST] - gap:
            ints[AT] = t + 1
            side[t + 1] = 0
    return MORE
