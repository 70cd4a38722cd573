"""Naive defaults and bargaining in scheduling's token market, on top of its twin.

Readings, where the specification leaves a choice open:

1. A supplier defaults on a task whose luck is below its probability: it never begins the task, whose transfer is paid for, and
   which has failed at its deadline. A supplier that failed more than the tolerance, of three settled deals at least, is closed
   like one that cannot be paid.
2. Rivals chose the same other device at one epoch. Supplier by supplier: if not all have a place, those without one bid, round
   by round, one increment more each, up to their saving and to what they have, until nobody raises. Places are taken in the
   order in which all devices act, in which rivals for a supplier stand, among their own places, by bid, then deadline, then
   number; what the supplier keeps itself takes room in its turn. A place is room by the mask, and tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tests.oracles.scheduling_market import Dealer


class Haggler(Dealer):
    """default: of every device the probability; luck: of every task a number in [0, 1)."""

    def __init__(self, *args: Any, default: Sequence[float], luck: Sequence[float], **readings: Any) -> None:
        super().__init__(*args, **readings)
        self.default, self.luck = default, luck
        self.bids: dict[int, int] = {}
        self.premium = 0

    def can_pay(self, i: int, j: int, k: int) -> bool:
        record = self.ledger.account(k + 1)
        deals = record.done + record.failed
        return not (deals >= 3 and record.failed > self.market.tolerance * deals) and super().can_pay(i, j, k)

    def price(self, j: int, k: int) -> int:
        return super().price(j, k) + self.bids.get(j, 0)

    def engage(self, i: int, j: int, k: int) -> None:
        self.premium += self.bids.get(j, 0)
        super().engage(i, j, k)

    def act(self, t: float, i: int, j: int, k: int, delay: float) -> None:
        super().act(t, i, j, k, delay)
        if k != i and not self.status[j] and self.luck[j] < self.default[k]:
            self.devices[k].inside.remove(j)
            self.devices[k].stir()
            self.fail(j, self.deadline[j], "abandoned")
            self.counts["defaults"] += 1

    def decide(self, t: float) -> None:
        self.trade(t)
        acting = [d.index for d in self.devices if d.pending]
        acting.sort(key=lambda i: (self.deadline[self.devices[i].pending[0]], i))
        heads = [(i, self.devices[i].pending[0]) for i in acting]
        chosen = {i: self.choice(t, i, j) for i, j in heads}
        self.bids = {}
        for k in range(self.count) if self.market.bargain_rounds else ():
            heads = self.bargain(t, k, heads, chosen)
        for i, j in heads:
            if not self.devices[i].dead:
                self.hand_over(t, i, j, chosen[i])

    def bargain(self, t: float, k: int, heads: list[tuple[int, int]], chosen: dict[int, int]) -> list[tuple[int, int]]:
        rivals = [(i, j) for i, j in heads if chosen[i] == k != i]
        if len(rivals) < 2 or not self.losers(t, k, heads, chosen):
            return heads
        self.counts["contests"] += 1
        bids, step = dict.fromkeys(rivals, 0), round(self.market.increment * 1000)
        most = {head: self.saving(t, *head, k) for head in rivals}
        for _ in range(self.market.bargain_rounds):
            raising = [head for head in self.losers(t, k, heads, chosen) if bids[head] + step <= most[head]]
            if not raising:
                break
            for head in raising:
                bids[head] += step
            order = iter(sorted(rivals, key=lambda head: (-bids[head], self.deadline[head[1]], head[0])))
            heads = [next(order) if head in bids else head for head in heads]
        self.bids |= {j: bid for (_, j), bid in bids.items()}
        return heads

    def losers(self, t: float, k: int, heads: list[tuple[int, int]], chosen: dict[int, int]) -> list[tuple[int, int]]:
        """Those rivals for k that have no place."""
        seconds, held, found = self.devices[k].backlog(t), [self.free(k, 0), self.free(k, 1)], []
        for i, j in heads:
            if chosen[i] != k:
                continue
            needed = self.tokens(j, k)
            if i != k:
                if not self.fits(j, k, seconds, self.devices[k].dead, t) or any(
                    a > b for a, b in zip(needed, held, strict=True)
                ):
                    found.append((i, j))
                    continue
                held = [b - a for a, b in zip(needed, held, strict=True)]
            seconds += self.work[j] / self.devices[k].capacity
        return found

    def saving(self, t: float, i: int, j: int, k: int) -> int:
        view, account = self.view(t, i, j), self.ledger.account(i + 1)
        purse = account.stake - self.promised[i][2] if self.market.settlement == "optimistic" else account.free["CASH"]
        return min(math.floor((view.cost(i) - view.cost(k)) * 1000), purse) - super().price(j, k)
