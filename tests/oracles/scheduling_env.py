"""Naive second implementation of scheduling's environments: the SimPy twin with choices made together, watched at every epoch.

What the epochs themselves do is said in `tests.oracles.scheduling`; here are the features, masks, rewards and costs, in plain
Python with the scales written out once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from tests.oracles.scheduling import Twin


def cut(number: float) -> float:
    return min(4.0, max(0.0, float(number)))


def part(held: float, full: float) -> float:
    return held / full if full > 0.0 else 0.0


class Watched(Twin):
    """An episode played by actions[epoch][device] (0: oneself, k: the k-th other device); keeps what agents see and get."""

    def __init__(self, episode: Any, actions: Sequence[Sequence[int]], exchange: float = 0.0) -> None:
        super().__init__(episode, self._chosen, together=True)
        self.actions, self.exchange = actions, exchange
        self.full = [d.battery for d in self.devices]
        self.shown: list[SimpleNamespace] = []
        self.rewards: list[list[float]] = []
        self.handed: list[list[int]] = []
        self.paid: list[float | None] = [None] * self.n

    def _chosen(self, t: float, i: int, j: int, view: SimpleNamespace) -> int:
        return self.order(i)[int(self.actions[len(self.shown) - 1][i])]

    def order(self, i: int) -> list[int]:
        return [i, *(k for k in range(self.count) if k != i)]

    def decide(self, t: float) -> None:
        if self.shown:  # what is settled before the first decision is paid after it
            self.pay_out(t)
        each = range(self.count)
        heads = [d.pending[0] if d.pending else None for d in self.devices]
        shown = SimpleNamespace(
            own=[self.own(t, i) for i in each],
            peers=[self.own(t, i) + self.others(t, i) for i in each],
            candidates=[self.candidates(t, i) for i in each],
            graph=[self.graph(t, i) for i in each],
            mask=[self.mask(t, i) for i in each],
            active=[j is not None for j in heads],
            state=[x for k in each for x in self.whole(t, k)],
        )
        self.shown.append(shown)
        self.handed.append([-1 if j is None else j for j in heads])
        super().decide(t)

    def run(self) -> SimpleNamespace:
        found = super().run()
        self.pay_out(self.e.horizon + self.e.deadline)
        return found

    # what is seen

    def own(self, t: float, i: int) -> list[float]:
        e, d = self.e, self.devices[i]
        task = [0.0] * 4
        if d.pending:
            j = d.pending[0]
            task = [1.0, self.work[j] / 8.0, self.tau[j] / 1.2, (self.deadline[j] - t) / e.deadline]
        rest = [len(d.pending) / 4.0, d.capacity / 3.0, d.backlog(t) / e.deadline, part(d.battery, self.full[i])]
        waits = [j for j in d.inside if not self.overdue(j, t)]
        return [cut(x) for x in (*task, *rest, d.active / 8.0, len(waits) / 10.0)]

    def others(self, t: float, i: int) -> list[float]:
        backlog, dead, battery = self.known(t)
        found: list[float] = []
        for k in self.order(i)[1:]:
            d = self.devices[k]
            power = d.active / 8.0
            found += [d.capacity / 3.0, backlog[k] / self.e.deadline, part(battery[k], self.full[k]), power, float(dead[k])]
        return [cut(x) for x in found]

    def candidates(self, t: float, i: int) -> list[float]:
        if not self.devices[i].pending:
            return [0.0] * (9 * self.count)
        e, j = self.e, self.devices[i].pending[0]
        view = self.view(t, i, j)
        found: list[float] = []
        for k in self.order(i):
            d = self.devices[k]
            found += [float(k == i), self.work[j] / 8.0, 0.0 if k == i else self.tau[j] / 1.2]
            found += [(self.deadline[j] - t) / e.deadline, d.capacity / 3.0, d.active / 8.0, view.backlog[k] / e.deadline]
            found += [(view.finish(k) - self.arrival[j]) / e.deadline, view.joules(k) / 32.0]
        return [cut(x) for x in found]

    def graph(self, t: float, i: int) -> list[float]:
        if not self.devices[i].pending:
            return [0.0] * (9 * self.count + self.count**2)
        e, j = self.e, self.devices[i].pending[0]
        backlog, dead, battery = self.known(t)
        found: list[float] = []
        for k in self.order(i):
            d = self.devices[k]
            known, held = (d.backlog(t), d.battery) if k == i else (backlog[k], battery[k])
            task = [1.0, self.work[j] / 8.0, (self.deadline[j] - t) / e.deadline, len(d.pending) / 4.0] if k == i else [0.0] * 4
            gone = d.dead if k == i else dead[k]
            found += [*task, d.capacity / 3.0, d.active / 8.0, known / e.deadline, part(held, self.full[k]), float(gone)]
        wait = self.sent(t, i, j, 0.0) - self.tau[j] - t
        for one in range(self.count):
            found += [0.0 if one == other else (self.tau[j] + (0.0 if one else wait)) / 1.2 for other in range(self.count)]
        return [cut(x) for x in found]

    def whole(self, t: float, k: int) -> list[float]:
        d = self.devices[k]
        found = [d.capacity / 3.0, d.backlog(t) / self.e.deadline, part(d.battery, self.full[k]), d.active / 8.0]
        return [cut(x) for x in (*found, len(d.pending) / 4.0)]

    def mask(self, t: float, i: int) -> list[bool]:
        if not self.devices[i].pending:
            return [True] + [False] * (self.count - 1)
        is_open = self.view(t, i, self.devices[i].pending[0]).open
        return [k in is_open for k in self.order(i)]

    def known(self, t: float) -> tuple[Any, Any, Any]:
        row = next(row for row in reversed(self.published) if row[0] <= t - self.e.gossip + 1e-9)
        return row[1:]

    # what is paid

    def overdue(self, j: int, t: float) -> bool:
        return self.e.late == "abandon" and self.deadline[j] <= t

    def pay_out(self, t: float) -> None:
        """Rewards of what has been settled since; a task that waits is left at its deadline, whenever the twin finds out."""
        left = [j for d in self.devices for j in d.inside if self.overdue(j, t)]
        reward = [0.0] * self.count
        for j in range(self.n):
            if self.paid[j] is None and (self.status[j] or j in left):
                cost, k = self.cost(j), self.device[j]
                if k not in (-1, self.source[j]):
                    tokens = self.devices[k].active * self.work[j] / (3600.0 * self.devices[k].capacity)
                    cost += self.e.energy_weight * self.exchange * tokens
                self.paid[j] = cost
                reward[self.source[j]] -= cost
        self.rewards.append(reward)
