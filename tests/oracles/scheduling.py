"""Naive second implementation of the scheduling simulator: SimPy processes, one a device and one for the epochs.

Where the specification leaves a choice open, this is the reading taken; a kernel that differs names the number.

1. One decision a device and epoch: the head of its pending ring. Epochs are at k times `epoch` (a product, not a running
   sum), k = 0, 1, ... up to horizon + deadline. `epoch = 0`: one epoch a task at its arrival, in the order of the numbers.
2. At an epoch's instant everything the devices do by themselves comes first (an end, a start of a task that is ready by
   then, a death); what is committed at t can start at t, and does not overtake what was ready by t and found the
   processor free.
3. Q_k: seconds for which the running task will still hold the processor (cut at its deadline under `abandon`), plus W / C
   of every committed task not yet started, on its way or waiting, in full; no transfer time, nothing of the pending ring.
   Under `abandon` a waiting task leaves Q_k at its deadline, under `skip` and `finish` only when the processor takes it up.
4. Rules act in turn: in the order of conflicts (deadline, index), each with the masks and Q_k that hold when its turn
   comes, so it sees what was committed before it at the same epoch. `together=True` is the letter of C2 (masks, views and
   choices of all before any action; only the re-check sees the others), as in the environment. The reference values of
   C5 are those of rules in turn (earliest-finish: mean latency 3.00 s against 3.16 s together).
5. The re-check asks the peer itself: its true Q_k and whether it lives, also when masks are of `gossip` seconds ago. The
   loser goes to local without delay, whatever the local mask says. Local may always be chosen.
6. `gossip`: peers' Q, battery and death are those published at step 5 of the last epoch at or before t - gossip (+ 1e-9);
   before the first: nothing committed, alive, full. A device knows itself without delay, and nothing of this epoch's acts.
7. Predicted end: local t + Q_i + W / C_i; peer max(t + Q_k, ready) + W / C_k + return, ready as the radio would book it now,
   without the chain latency of the task's own (C5's row of earliest finish with chain 2 x has .83 offloaded: .80 so, .09
   with it). `late` for greedy-cost is a predicted end above the deadline by more than 1e-9; ties go to the lowest index.
8. A pending head fails when its deadline is <= t; a waiting task when its deadline is <= the instant it would start. A task
   that ends exactly at its deadline (+ 1e-9, return included) succeeds.
9. `fifo`: ties of ready times by task number. `skip` tests start + W / C + return against deadline + 1e-9 when the processor
   would take the task, and fails it then, without energy. Under `finish` a task is run even when its deadline has passed,
   but a pending head past its deadline fails at every `late`.
10. A delay before sending (chain latency) does not occupy the radio. `sending="slot"` books the radio (or the shared
    medium) from max(t, free) and adds the delay to the ready time; `sending="gap"` takes the first gap of tau at or after
    t + delay among the intervals booked. Without delays they are the same. A delay on a local decision delays readiness.
11. Radio energy is charged in full at the decision, also for the result's way back (receiver of the result: the source).
    It takes at most what is above B_min; a device brought to B_min by it is dead at t. A transfer not paid in full by both
    ends fails at t; one paid in full arrives even if the sender dies before it is over.
12. The result's way back takes `return_share` tau, occupies no radio and no processor, counts in latency and success, and
    arrives even if the source is dead by then.
13. Death is at the exact instant; a task that ends at that very instant is finished first. What runs, waits, is on its way
    to or pending at a dead device fails at that instant; later arrivals there fail when they would join the ring.
14. The episode stops at horizon + deadline: energy is counted up to there, and what is not resolved has failed (that happens
    with `finish`, and with `skip` under sharing, where a task may turn late after its start).
    `end` is when the processor let go of a task, or the instant it failed. Under `abandon` a task that is still on its way
    when the episode ends, and past its deadline, was abandoned there.
15. Latency is the mean over successes; utilisation is busy time over devices times horizon (see `metrics`).
16. `local-edf` is `local` with `order="edf"`. With one relative deadline for all it is the same schedule as `local`.
17. `threshold`: offload when Q_i > theta, to the open peer of earliest predicted end; no open peer: local.
18. `random`: the open devices in the order of their index, entry floor(u_j count), one given u_j in [0, 1) a task.
    A policy that answers None holds the head back, and what came after it, until the next epoch.
19. `b-auction`: bidders are the open peers that the task fits by their own state, not by what gossip says of them; nobody
    wins: local without delay.

`service="sharing"`, beyond these:

20. A task is active from its ready time (its start) to its end; its rate is C W_j / (sum of W over the active), with the W
    it came with, not what is left of it. Power P^a while any task is active, P^i else. `order` has no effect.
21. A task's energy is its part of P^a by the same weights: P^a (work done on it) / C, so that the parts sum to P^a busy.
22. Q_k is the work left of active tasks, plus the work of those on their way, over C. Predicted ends use it as before.
23. `abandon`: out at its deadline, active or not. `skip`: refused at its ready time if even alone it would be late.
    `finish`: stays.
"""

from __future__ import annotations

import bisect
import heapq
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import simpy

from tests.oracles.scheduling_devices import Device, SharingDevice

LATER, LAST = 2, 3  # SimPy's own events are at 0 and 1: an epoch comes after all else of its instant
Policy = Callable[[float, int, int, SimpleNamespace], Any]


class Clock(simpy.Environment):
    """SimPy's environment with events at absolute times, so that no time is rounded by a sum of differences."""

    def at(self, time: float, priority: int = 1) -> simpy.Event:
        event = self.event()
        event._ok, event._value = True, None
        heapq.heappush(self._queue, (time, priority, next(self._eid), event))
        return event


class Twin:
    """An episode in play: the world the processes share."""

    def __init__(self, episode: Any, policy: Policy, sending: str = "slot", together: bool = False) -> None:
        e = self.e = episode
        self.policy, self.sending, self.together = policy, sending, together
        self.count, self.n = len(e.capacity), len(e.arrival)
        self.clock = Clock()
        self.arrival, self.work = [float(x) for x in e.arrival], [float(x) for x in e.work]
        self.source = [int(x) for x in e.source]
        self.deadline = [a + e.deadline for a in self.arrival]
        self.tau = [8.0 * float(x) / e.link_rate for x in e.data]
        self.send = [float(x) for x in np.broadcast_to(e.send_power, self.count)]
        self.receive = [float(x) for x in np.broadcast_to(e.receive_power, self.count)]
        self.device, self.status = [-1] * self.n, [""] * self.n
        self.start, self.decided = [-1.0] * self.n, [-1.0] * self.n
        self.end, self.ready, self.delay, self.energy = ([0.0] * self.n for _ in range(4))
        self.booked: list[list[tuple[float, float]]] = [[] for _ in range(self.count + 1)]  # the last: the shared medium
        self.joined, self.rejected = 0, 0
        kind = SharingDevice if e.service == "sharing" else Device
        self.devices = [kind(self, i) for i in range(self.count)]
        full = [d.battery for d in self.devices]
        self.published = [(-math.inf, [0.0] * self.count, [False] * self.count, full)]

    # what happens to tasks

    def fail(self, j: int, when: float, why: str) -> None:
        self.status[j], self.end[j] = why, when

    def back(self, j: int, k: int) -> float:
        return self.e.return_share * self.tau[j] if k != self.source[j] else 0.0

    def in_time(self, j: int, full: float) -> bool:
        return full + self.back(j, self.device[j]) - self.arrival[j] <= self.e.deadline + 1e-9

    def finish(self, j: int, full: float, end: float) -> None:
        """The processor lets go of j at `end`; its work is done at `full`."""
        late = "abandoned" if end < full else "late"
        self.fail(j, end, "done" if self.in_time(j, full) else late)

    def may_start(self, j: int, k: int, now: float) -> bool:
        if self.e.late == "abandon" and self.deadline[j] <= now:
            self.fail(j, self.deadline[j], "abandoned")
        elif self.e.late == "skip" and not self.in_time(j, now + self.work[j] / self.devices[k].capacity):
            self.fail(j, now, "skipped")
        else:
            return True
        return False

    # one epoch

    def epochs(self) -> Any:
        for t, upto in self.times():
            yield self.clock.at(t, LATER)
            for device in self.devices:
                device.accrue(t)
            for j in range(self.joined, upto):
                if self.devices[self.source[j]].dead:
                    self.fail(j, t, "dead")
                else:
                    self.devices[self.source[j]].pending.append(j)
            self.joined = upto
            for device in self.devices:
                while device.pending and self.deadline[device.pending[0]] <= t:
                    self.fail(device.pending.pop(0), t, "expired")
            self.published.append((t, *self.truth(t)))
            self.decide(t)

    def times(self) -> list[tuple[float, int]]:
        if self.e.epoch == 0.0:
            return [(a, j + 1) for j, a in enumerate(self.arrival)]
        end, grid = self.e.horizon + self.e.deadline, []
        while len(grid) * self.e.epoch <= end:
            t = len(grid) * self.e.epoch
            grid.append((t, bisect.bisect_right(self.arrival, t)))
        return grid

    def decide(self, t: float) -> None:
        acting = [d.index for d in self.devices if d.pending]
        acting.sort(key=lambda i: (self.deadline[self.devices[i].pending[0]], i))
        heads = [(i, self.devices[i].pending[0]) for i in acting]
        asked = [self.ask(t, i, j) for i, j in heads] if self.together else []
        for place, (i, j) in enumerate(heads):
            if not self.devices[i].dead:
                answer = asked[place] if self.together else self.ask(t, i, j)
                if answer is not None:
                    self.devices[i].pending.pop(0)
                    self.act(t, i, j, *answer)

    def ask(self, t: float, i: int, j: int) -> tuple[int, float] | None:
        view = self.view(t, i, j)
        answer = self.policy(t, i, j, view)
        if answer is None:
            return None
        k, delay = answer if isinstance(answer, tuple) else (answer, 0.0)
        if k != i and k not in view.open:
            raise ValueError(f"task {j} at {t}: device {k} is masked")
        return k, delay

    def act(self, t: float, i: int, j: int, k: int, delay: float) -> None:
        if k != i and not self.fits(j, k, self.devices[k].backlog(t), self.devices[k].dead, t):
            self.rejected += 1
            k, delay = i, 0.0
        self.device[j], self.decided[j], self.delay[j], self.ready[j] = k, t, delay, t + delay
        if k != i:
            self.ready[j] = self.sent(t, i, j, delay, book=True)
            for who, joules in zip((i, k), self.radio(j, k), strict=True):
                paid = self.devices[who].pay(joules, t)
                self.energy[j] += paid
                if paid < joules or (who == k and self.devices[k].dead):
                    self.fail(j, t, "dead")
                    return
        self.devices[k].inside.append(j)
        self.devices[k].stir()

    def radio(self, j: int, k: int) -> tuple[float, float]:
        """Radio energy of the source of j and of device k, there and back."""
        i, tau, back = self.source[j], self.tau[j], self.back(j, k)
        return self.send[i] * tau + self.receive[i] * back, self.receive[k] * tau + self.send[k] * back

    def sent(self, t: float, i: int, j: int, delay: float, book: bool = False) -> float:
        """When the transfer of j from i is over, if it is decided at t."""
        tau = self.tau[j]
        if self.e.channel == "link":
            return t + delay + tau
        taken = self.booked[self.count if self.e.channel == "shared" else i]
        begin = t if self.sending == "slot" else t + delay
        for a, b in taken:
            if (a < begin + tau or a == begin) and begin < b:  # also what takes no time waits for its turn
                begin = b
        if book:
            taken.append((begin, begin + tau))
            taken.sort()
        return begin + tau + (delay if self.sending == "slot" else 0.0)

    # masks and what a device knows

    def truth(self, t: float) -> tuple[list[float], list[bool], list[float]]:
        devices = self.devices
        return [d.backlog(t) for d in devices], [d.dead for d in devices], [d.battery for d in devices]

    def fits(self, j: int, k: int, backlog: float, dead: bool, t: float) -> bool:
        e = self.e
        if dead or e.mask == "off":
            return not dead
        limit = e.deadline - e.margin - (t - self.arrival[j] if e.mask == "slack" else 0.0)
        seen = 0.0 if k == self.source[j] and e.mask == "literal" else backlog
        return seen + self.work[j] / self.devices[k].capacity <= limit

    def view(self, t: float, i: int, j: int) -> SimpleNamespace:
        e = self.e
        known = next(row for row in reversed(self.published) if row[0] <= t - e.gossip + 1e-9)
        backlog, dead, battery = (list(x) for x in known[1:])
        own = self.devices[i]
        backlog[i], dead[i], battery[i] = own.backlog(t), own.dead, own.battery
        if not self.together and e.gossip == 0.0:
            backlog, dead, battery = self.truth(t)
        is_open = [k for k in range(self.count) if self.fits(j, k, backlog[k], dead[k], t)] or [i]

        def finish(k: int, delay: float = 0.0) -> float:
            ready = t + delay if k == i else self.sent(t, i, j, delay)
            return max(t + backlog[k], ready) + self.work[j] / self.devices[k].capacity + self.back(j, k)

        def joules(k: int) -> float:
            spent = self.devices[k].active * self.work[j] / self.devices[k].capacity
            return spent + sum(self.radio(j, k)) if k != i else spent

        def cost(k: int) -> float:
            late = finish(k) > self.deadline[j] + 1e-9
            found = e.latency_weight * (finish(k) - self.arrival[j]) + e.energy_weight * joules(k)
            return found + (e.failure_cost if late else 0.0)

        loads, gone, _ = self.truth(t)
        bids = {k: loads[k] for k in is_open if k != i and self.fits(j, k, loads[k], gone[k], t)}
        return SimpleNamespace(
            open=is_open, backlog=backlog, dead=dead, battery=battery, finish=finish, joules=joules, cost=cost, bids=bids
        )

    # the whole

    def run(self) -> SimpleNamespace:
        for device in self.devices:
            self.clock.process(device.live())
        self.clock.process(self.epochs())
        end = self.e.horizon + self.e.deadline
        self.clock.run(until=self.clock.at(end, LAST))
        for device in self.devices:
            device.accrue(end)
            for j in device.here() + device.inside + device.pending:
                if self.e.late == "abandon" and j in device.inside and self.deadline[j] <= end:
                    self.fail(j, self.deadline[j], "abandoned")  # on its way for longer than the episode lasts
                else:
                    self.fail(j, end, "unfinished")
        for j in range(self.joined, self.n):
            self.fail(j, end, "unfinished")
        return self.result()

    def cost(self, j: int) -> float:
        e, spent = self.e, self.e.energy_weight * self.energy[j]
        if self.status[j] == "done":
            return e.latency_weight * self.latency(j) + spent
        return e.latency_weight * e.deadline + spent + e.failure_cost

    def latency(self, j: int) -> float:
        return self.end[j] + self.back(j, self.device[j]) - self.arrival[j]

    def result(self) -> SimpleNamespace:
        names = ("device", "status", "start", "end", "ready", "decided", "delay", "energy", "rejected")
        found = SimpleNamespace(**{name: getattr(self, name) for name in names})
        found.cost = [self.cost(j) for j in range(self.n)]
        found.value = sum(found.cost) / self.n if self.n else 0.0
        found.battery, found.died = [d.battery for d in self.devices], [d.died for d in self.devices]
        found.busy, found.idle = [d.busy_time for d in self.devices], [d.idle_time for d in self.devices]
        found.radio = [d.radio for d in self.devices]
        done = [j for j in range(self.n) if self.status[j] == "done"]
        joules = sum(d.active * d.busy_time + d.idle * d.idle_time + d.radio for d in self.devices)
        found.metrics = {
            "success": len(done) / self.n if self.n else 0.0,
            "latency": sum(self.latency(j) for j in done) / len(done) if done else 0.0,
            "energy": joules,
            "energy_per_success": joules / len(done) if done else 0.0,
            "utilisation": sum(found.busy) / (self.count * self.e.horizon) if self.e.horizon > 0 else 0.0,
            "offloaded": sum(k not in (-1, s) for k, s in zip(self.device, self.source, strict=True)) / max(1, self.n),
        }
        return found


def play(episode: Any, policy: Policy, **readings: Any) -> SimpleNamespace:
    """The episode played by the policy; `readings` are `sending` and `together` (numbers 10 and 4)."""
    return Twin(episode, policy, **readings).run()
