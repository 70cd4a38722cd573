"""Devices of `tests.oracles.scheduling` (its readings apply): one task at a time, or all of them at once."""

from __future__ import annotations

import math
from typing import Any


class Device:
    """One device with one processor: a task at a time, not pre-empted."""

    def __init__(self, twin: Any, index: int) -> None:
        e = twin.e
        self.twin, self.index = twin, index
        self.capacity, self.battery = float(e.capacity[index]), float(e.battery[index])
        self.floor = float(e.battery_floor[index])
        self.active, self.idle = float(e.active_power[index]), float(e.idle_power[index])
        self.pending: list[int] = []
        self.inside: list[int] = []  # committed here and not started: waiting, or on its way
        self.running, self.end, self.full = -1, math.inf, math.inf
        self.last, self.busy_time, self.idle_time, self.radio = 0.0, 0.0, 0.0, 0.0
        self.dying, self.died = math.inf, -1.0
        self.wake = twin.clock.event()

    @property
    def dead(self) -> bool:
        return self.died >= 0.0

    def live(self) -> Any:
        clock = self.twin.clock
        while True:
            self.step(clock.now)
            if self.dead:
                return
            self.wake = clock.event()
            moment = self.moment()
            yield self.wake if moment == math.inf else self.wake | clock.at(moment)

    def stir(self) -> None:
        if not self.wake.triggered:
            self.wake.succeed()

    def step(self, now: float) -> None:
        if self.dead:
            return
        self.accrue(now)
        self.complete(now)
        if now >= self.dying or self.battery <= self.floor:
            self.die(now)
        else:
            self.begin(now)

    def power(self) -> float:
        return self.active if self.running >= 0 else self.idle

    def moment(self) -> float:
        """Next instant at which this device does something by itself."""
        power = self.power()
        self.dying = self.last + (self.battery - self.floor) / power if power > 0.0 else math.inf
        return min(self.dying, self.next())

    def next(self) -> float:
        if self.running >= 0:
            return self.end
        return min((self.twin.ready[j] for j in self.inside), default=math.inf)

    def accrue(self, now: float) -> None:
        """Count time and energy of the state that held since the last call."""
        if self.dead:
            return
        span, self.last = now - self.last, now
        self.battery -= self.power() * span
        if self.running >= 0:
            self.busy_time += span
            self.twin.energy[self.running] += self.active * span
        else:
            self.idle_time += span

    def complete(self, now: float) -> None:
        if self.running >= 0 and self.end <= now:
            j, self.running = self.running, -1
            self.twin.finish(j, self.full, self.end)

    def begin(self, now: float) -> None:
        twin = self.twin
        while self.running < 0:
            ready = [j for j in self.inside if twin.ready[j] <= now]
            if not ready:
                return
            edf = twin.e.order == "edf"
            j = min(ready, key=lambda j: (twin.deadline[j] if edf else twin.ready[j], twin.ready[j], j))
            self.inside.remove(j)
            if twin.may_start(j, self.index, now):
                twin.start[j] = now
                self.running, self.full = j, now + twin.work[j] / self.capacity
                self.end = min(self.full, twin.deadline[j]) if twin.e.late == "abandon" else self.full

    def backlog(self, now: float) -> float:
        seconds = self.end - now if self.running >= 0 else 0.0
        return seconds + self.waiting(now)

    def waiting(self, now: float) -> float:
        gone = self.twin.e.late == "abandon"
        counted = [j for j in self.inside if not (gone and self.twin.deadline[j] <= now)]
        return sum(self.twin.work[j] / self.capacity for j in counted)

    def pay(self, joules: float, now: float) -> float:
        """Charge the radio; what is above the floor is all there is."""
        paid = min(joules, max(0.0, self.battery - self.floor))
        self.battery -= paid
        self.radio += paid
        if paid < joules or self.battery <= self.floor:
            self.die(now)
        self.stir()
        return paid

    def here(self) -> list[int]:
        return [self.running] if self.running >= 0 else []

    def die(self, now: float) -> None:
        self.battery, self.died = self.floor, now
        for j in self.here() + self.inside + self.pending:
            overdue = self.twin.e.late == "abandon" and self.twin.deadline[j] <= now
            self.twin.fail(j, min(now, self.twin.deadline[j]) if overdue else now, "abandoned" if overdue else "dead")
        self.running, self.inside, self.pending = -1, [], []
        self.stir()


class SharingDevice(Device):
    """The same with the capacity split among all its active tasks by their W_j."""

    def __init__(self, twin: Any, index: int) -> None:
        super().__init__(twin, index)
        self.left: dict[int, float] = {}
        self.due: dict[int, float] = {}

    def power(self) -> float:
        return self.active if self.left else self.idle

    def here(self) -> list[int]:
        return list(self.left)

    def total(self) -> float:
        return sum(self.twin.work[j] for j in self.left)

    def accrue(self, now: float) -> None:
        if self.dead:
            return
        span, self.last = now - self.last, now
        self.battery -= self.power() * span
        if not self.left:
            self.idle_time += span
            return
        self.busy_time += span
        total = self.total()
        for j in self.left:
            share = self.twin.work[j] / total
            self.left[j] -= self.capacity * share * span
            self.twin.energy[j] += self.active * share * span

    def complete(self, now: float) -> None:
        abandon = self.twin.e.late == "abandon"
        for j in list(self.left):
            due = self.due[j]
            out = abandon and self.twin.deadline[j] <= now
            if due <= now or out:
                del self.left[j]
                self.twin.finish(j, due, now)

    def begin(self, now: float) -> None:
        for j in [j for j in self.inside if self.twin.ready[j] <= now]:
            self.inside.remove(j)
            if self.twin.may_start(j, self.index, now):
                self.twin.start[j], self.left[j] = now, self.twin.work[j]

    def next(self) -> float:
        total = self.total()
        self.due = {j: self.last + left * total / (self.capacity * self.twin.work[j]) for j, left in self.left.items()}
        moments = list(self.due.values()) + [self.twin.ready[j] for j in self.inside]
        if self.twin.e.late == "abandon":
            moments += [self.twin.deadline[j] for j in self.left]
        return min(moments, default=math.inf)

    def backlog(self, now: float) -> float:
        return sum(self.left.values()) / self.capacity + self.waiting(now)

    def die(self, now: float) -> None:
        super().die(now)
        self.left = {}
