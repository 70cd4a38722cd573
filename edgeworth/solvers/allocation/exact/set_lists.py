"""Lists of the sets that servers may hold, and the arrays by which a search puts them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Bools
from edgeworth.solvers.allocation.kernels import joining, listing
from edgeworth.solvers.allocation.model.system import Floats, Ints

_ONE = np.uint64(1)


@dataclass(frozen=True)
class SetList:
    """The sets of a server.

    pairs; chosen [sets, words]: bit t of word t // 64 for the t-th pair; loss [sets]; best: the gain that they lose against.
    whole: none is missing.
    """

    pairs: Ints
    chosen: NDArray[np.uint64]
    loss: Floats
    best: float
    whole: bool

    def sorted(self) -> SetList:
        """By rising loss."""
        order = np.argsort(self.loss, kind="stable")
        return replace(self, chosen=self.chosen[order], loss=self.loss[order])

    def taken(self, t: int) -> Bools:
        """Which sets have the t-th pair."""
        return np.asarray((self.chosen[:, t // listing.WORD] >> np.uint64(t % listing.WORD)) & _ONE, dtype=np.bool_)

    def masks(self, bit: Ints, words: int) -> NDArray[np.uint64]:
        """The sets by the bits of their pairs' tasks."""
        masks = np.zeros((len(self.loss), words), dtype=np.uint64)
        for t, b in enumerate(bit[self.pairs].tolist()):
            if b >= 0:
                masks[:, b // listing.WORD] |= self.taken(t).astype(np.uint64) << np.uint64(b % listing.WORD)
        return masks

    def worth(self, profit: Floats) -> Floats:
        """What the sets earn."""
        worth = np.zeros(len(self.loss))
        for t, k in enumerate(self.pairs.tolist()):
            worth += np.where(self.taken(t), profit[k], 0.0)
        return worth

    def pairs_of(self, s: int) -> Ints:
        """The pairs of a set."""
        t = np.arange(len(self.pairs))
        inside = (self.chosen[s, t // listing.WORD] >> (t % listing.WORD).astype(np.uint64)) & _ONE
        return np.asarray(self.pairs[inside == 1])


def joined_sets(lists: Sequence[SetList], bit: Ints, profit: Floats, price: Floats, at_last: Ints) -> joining.Sets:
    """The lists of the servers in the order of a search.

    bit [pairs]: of the task of each, where several servers may take it, else -1. profit [pairs]; price [bits]: what is lost
    where a task stays unserved. at_last: the pairs of the servers that come after the search.
    """
    words = len(price) // listing.WORD + 1
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
        mask=np.concatenate([none, *(each.masks(bit, words) for each in lists)]),
        loss=np.concatenate([np.zeros(0), *(each.loss for each in lists)]),
        worth=np.concatenate([np.zeros(0), *(each.worth(profit) for each in lists)]),
        closing=closing,
        price=prices,
        open=ahead,
    )


def _put(mask: NDArray[np.uint64], bits: Ints) -> None:
    """Set bits of a mask; -1 is none."""
    bits = bits[bits >= 0]
    np.bitwise_or.at(mask, bits // listing.WORD, _ONE << (bits % listing.WORD).astype(np.uint64))
