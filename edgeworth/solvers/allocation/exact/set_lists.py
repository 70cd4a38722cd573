"""Lists of the sets that servers may hold, and the arrays by which a search puts them together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.solvers.allocation.kernels import joining, listing
from edgeworth.solvers.allocation.model.system import Floats, Ints

_ONE = np.uint64(1)


@dataclass(frozen=True)
class SetList:
    """The sets of a server, by rising loss.

    pairs; chosen [sets, words]: bit t of word t // 64 for the t-th pair; loss [sets]; best: the gain that they lose against.
    whole: none is missing. mask [sets, words]: the bits of the sets' shared tasks; worth [sets]: what they earn.
    """

    pairs: Ints
    chosen: NDArray[np.uint64]
    loss: Floats
    best: float
    whole: bool
    mask: NDArray[np.uint64]
    worth: Floats

    @classmethod
    def of(cls, pairs: Ints, items: listing.Listing, whole: bool, bit: Ints, words: int, profit: Floats) -> SetList:
        """What a search for the sets of some pairs has found. bit [pairs of all servers]: of the task of each, where several
        servers may take it, else -1; words: of a mask."""
        count = int(items.ints[listing.COUNT])
        order = np.argsort(items.loss[:count], kind="stable")
        chosen = items.chosen[order]
        mask, worth = np.zeros((count, words), dtype=np.uint64), np.zeros(count)
        for t, (k, b) in enumerate(zip(pairs.tolist(), bit[pairs].tolist(), strict=True) if whole else ()):
            taken = (chosen[:, t // listing.WORD] >> np.uint64(t % listing.WORD)) & _ONE
            worth += np.where(taken == 1, profit[k], 0.0)
            if b >= 0:
                mask[:, b // listing.WORD] |= taken << np.uint64(b % listing.WORD)
        best = float(items.reals[listing.BEST]) if items.ints[listing.PHASE] else math.inf
        return cls(pairs, chosen, items.loss[order], best, whole, mask, worth)

    def pairs_of(self, s: int) -> Ints:
        """The pairs of a set."""
        t = np.arange(len(self.pairs))
        inside = (self.chosen[s, t // listing.WORD] >> (t % listing.WORD).astype(np.uint64)) & _ONE
        return np.asarray(self.pairs[inside == 1])


def joined_sets(lists: Sequence[SetList], bit: Ints, price: Floats, at_last: Ints) -> joining.Sets:
    """The lists of the servers in the order of a search.

    bit: see `SetList.of`. price [bits]: what is lost where a task stays unserved. at_last: the pairs of the servers that come
    after the search.
    """
    words = mask_words(len(price))
    prices = np.zeros(listing.WORD * words)
    prices[: len(price)] = price
    closing, ahead = (np.zeros((len(lists) + more, words), dtype=np.uint64) for more in (0, 1))
    later = np.zeros(len(price) + 1, dtype=np.bool_)  # the last entry is that of -1
    _put(ahead[-1], bit[at_last])
    later[bit[at_last]] = True
    for d in reversed(range(len(lists))):
        mine = bit[lists[d].pairs]
        _put(closing[d], mine[~later[mine]])
        ahead[d] = ahead[d + 1]
        _put(ahead[d], mine)
        later[mine] = True
    none = np.zeros((0, words), dtype=np.uint64)
    return joining.Sets(
        starts=np.cumsum([0, *(len(each.loss) for each in lists)], dtype=np.int64),
        mask=np.concatenate([none, *(each.mask for each in lists)]),
        loss=np.concatenate([np.zeros(0), *(each.loss for each in lists)]),
        worth=np.concatenate([np.zeros(0), *(each.worth for each in lists)]),
        closing=closing,
        price=prices,
        open=ahead,
    )


def mask_words(bits: int) -> int:
    """Words of a mask of so many bits; there is always one."""
    return bits // listing.WORD + 1


def _put(mask: NDArray[np.uint64], bits: Ints) -> None:
    """Set bits of a mask; -1 is none."""
    bits = bits[bits >= 0]
    np.bitwise_or.at(mask, bits // listing.WORD, _ONE << (bits % listing.WORD).astype(np.uint64))
