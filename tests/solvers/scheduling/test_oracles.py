"""The oracles of the scheduling family against cases computed by hand."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.oracles import scheduling_hindsight as hindsight
from tests.oracles import scheduling_rules as rules
from tests.oracles.scheduling import play


def small(**changes: Any) -> SimpleNamespace:
    """Two devices of 2 and 4 GFLOP/s, active 4 and 8 W, idle 1 W, radios of 2 and 1 W; 1 MB takes 1 s."""
    fields: dict[str, Any] = {
        "capacity": [2.0, 4.0], "active_power": [4.0, 8.0], "idle_power": [1.0, 1.0], "battery": [1000.0, 1000.0],
        "battery_floor": [0.0, 0.0], "send_power": 2.0, "receive_power": 1.0, "horizon": 10.0, "deadline": 15.0,
        "margin": 2.0, "link_rate": 8.0, "epoch": 0.5, "latency_weight": 0.5, "energy_weight": 0.5, "failure_cost": 100.0,
        "return_share": 0.0, "gossip": 0.0, "channel": "radio", "order": "fifo", "late": "abandon", "service": "serial",
        "mask": "literal",
    }  # fmt: skip
    tasks = changes.pop("tasks")  # (arrival, source, work, data)
    fields["arrival"], fields["source"], fields["work"], fields["data"] = (list(x) for x in zip(*tasks, strict=True))
    return SimpleNamespace(**{**fields, **changes})


def energy_identity(episode: Any, found: Any) -> None:
    drop = sum(episode.battery) - sum(found.battery)
    assert drop == pytest.approx(found.metrics["energy"], rel=1e-12)
    spent = sum(p * b for p, b in zip(episode.active_power, found.busy, strict=True)) + sum(found.radio)
    assert sum(found.energy) == pytest.approx(spent, rel=1e-12)


def test_two_tasks_one_after_the_other() -> None:
    e = small(tasks=[(0.2, 0, 4.0, 1.0), (0.6, 0, 2.0, 1.0)])
    found = play(e, rules.local)
    assert found.decided == [0.5, 1.0]
    assert found.start == [0.5, 2.5]
    assert found.end == [2.5, 3.5]
    assert found.energy == [8.0, 4.0]
    assert found.cost == pytest.approx([0.5 * 2.3 + 4.0, 0.5 * 2.9 + 2.0])
    assert (found.busy, found.idle) == ([3.0, 0.0], [22.0, 25.0])
    energy_identity(e, found)


def test_epoch_zero_decides_at_arrivals() -> None:
    e = small(tasks=[(0.2, 0, 4.0, 1.0), (0.2, 0, 2.0, 1.0)], epoch=0.0)
    found = play(e, rules.local)
    assert found.decided == [0.2, 0.2]
    assert found.end == [2.2, 3.2]


def test_one_head_an_epoch() -> None:
    e = small(tasks=[(0.0, 0, 4.0, 1.0), (0.1, 0, 4.0, 1.0), (0.2, 0, 4.0, 1.0)])
    assert play(e, rules.local).decided == [0.0, 0.5, 1.0]


def test_order_differs_where_ready_times_and_deadlines_do() -> None:
    # Device 1 runs task 0 until 3. Task 1 of device 0 is the older, but its transfer lets it be ready at 2.5, after task 2.
    tasks = [(0.0, 1, 12.0, 1.0), (0.4, 0, 4.0, 2.0), (0.6, 1, 4.0, 1.0)]
    fifo = play(small(tasks=tasks), rules.replay([1, 1, 1]))
    edf = play(small(tasks=tasks, order="edf"), rules.replay([1, 1, 1]))
    assert fifo.ready == edf.ready == [0.0, 2.5, 1.0]
    assert fifo.start == [0.0, 4.0, 3.0]
    assert edf.start == [0.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("late", "status", "start", "end", "busy"),
    [
        ("abandon", ["done", "abandoned", "abandoned"], [0.0, 10.0, 15.0], [10.0, 15.0, 15.5], 15.5),
        ("skip", ["done", "skipped", "done"], [0.0, -1.0, 10.0], [10.0, 10.0, 15.0], 15.0),
        ("finish", ["done", "late", "unfinished"], [0.0, 10.0, 22.0], [10.0, 22.0, 25.0], 25.0),
    ],
)
def test_late(late: str, status: list[str], start: list[float], end: list[float], busy: float) -> None:
    # Processing 10, 12 and 5 s on device 0; task 1 is due at 15, task 2 at 15.5; the episode ends at 25.
    e = small(tasks=[(0.0, 0, 20.0, 1.0), (0.0, 0, 24.0, 1.0), (0.5, 0, 10.0, 1.0)], late=late)
    found = play(e, rules.local)
    assert found.status == status
    assert found.start == start
    assert found.end == end
    assert found.busy[0] == busy
    assert found.cost[1] == 7.5 + 0.5 * found.energy[1] + 100.0
    energy_identity(e, found)


def test_waiting_task_leaves_at_its_deadline() -> None:
    e = small(tasks=[(0.0, 0, 29.0, 1.0), (0.0, 0, 29.0, 1.0), (0.0, 0, 2.0, 1.0)])
    found = play(e, rules.local)
    assert found.status == ["done", "abandoned", "abandoned"]
    assert (found.start[2], found.end[2], found.energy[2]) == (-1.0, 15.0, 0.0)


def test_backlog_loses_what_is_abandoned() -> None:
    # Device 1 runs task 1 from 1 to 15.5; task 0, there from 2 on, is due at 15, when task 2 of device 0 is decided.
    tasks = [(0.0, 0, 8.0, 2.0), (1.0, 1, 58.0, 1.0), (14.9, 0, 2.0, 1.0)]
    for late, backlog in (("abandon", 0.5), ("finish", 0.5 + 2.0)):
        seen: dict[int, float] = {}

        def note(t: float, i: int, j: int, view: SimpleNamespace, seen: dict[int, float] = seen) -> int:
            seen[j] = view.backlog[1]
            return 1 if j == 0 else i

        play(small(tasks=tasks, late=late, horizon=15.0), note)
        assert seen == {0: 0.0, 1: 2.0, 2: backlog}


def test_pending_head_expires() -> None:
    found = play(small(tasks=[(0.0, 0, 2.0, 1.0)] * 4, epoch=5.0), rules.local)
    assert found.status == ["done", "done", "done", "expired"]
    assert (found.device, found.start, found.end) == ([0, 0, 0, -1], [0.0, 5.0, 10.0, -1.0], [1.0, 6.0, 11.0, 15.0])


def test_what_is_ready_by_an_epoch_starts_before_its_decisions() -> None:
    # At 2 device 0 is free and task 6 waits there; task 5, of an earlier deadline, is committed there at 2 without transfer.
    tasks = [(0.0, 0, 4.0, 0.0)] + [(0.1 * q, 1, 0.1, 0.0) for q in range(5)] + [(0.6, 0, 2.0, 0.0)]
    found = play(small(tasks=tasks, order="edf"), rules.replay([0, 1, 1, 1, 1, 0, 0]))
    assert found.ready[5:] == [2.0, 1.0]
    assert found.start[5:] == [3.0, 2.0]


def test_end_at_the_deadline_succeeds() -> None:
    for late in ("abandon", "skip", "finish"):
        found = play(small(tasks=[(0.0, 0, 30.0, 1.0), (0.0, 1, 60.5, 1.0)], late=late), rules.local)
        assert found.status[0] == "done"
        assert found.status[1] != "done"


@pytest.mark.parametrize(
    ("channel", "ready"), [("link", [1.0, 1.5, 1.0]), ("radio", [1.0, 2.0, 1.0]), ("shared", [1.0, 3.0, 2.0])]
)
def test_channels(channel: str, ready: list[float]) -> None:
    # Tasks 0 and 1 leave device 0 at 0 and .5, task 2 leaves device 2 at 0; all take 1 s.
    tasks = [(0.0, 0, 4.0, 1.0), (0.0, 0, 4.0, 1.0), (0.0, 2, 4.0, 1.0)]
    e = small(tasks=tasks, channel=channel, capacity=[2.0, 4.0, 2.0], active_power=[4.0] * 3, idle_power=[1.0] * 3)
    e.battery, e.battery_floor = [1000.0] * 3, [0.0] * 3
    found = play(e, rules.replay([1, 1, 1]))
    assert found.ready == ready
    assert found.radio == [4.0, 3.0, 2.0]
    energy_identity(e, found)


def test_chain_latency_leaves_the_radio_free() -> None:
    # Task 0 waits 3 s for its award; task 1 is sent meanwhile, not after.
    tasks = [(0.0, 0, 4.0, 1.0), (0.5, 0, 4.0, 1.0)]
    for sending, ready in (("slot", [4.0, 2.0]), ("gap", [4.0, 1.5])):
        found = play(small(tasks=tasks), rules.replay([1, 1], [3.0, 0.0]), sending=sending)
        assert found.ready == ready
        assert found.delay == [3.0, 0.0]


def test_return_counts_in_latency_and_energy() -> None:
    e = small(tasks=[(0.0, 0, 4.0, 1.0)], return_share=0.5)
    found = play(e, rules.replay([1]))
    assert found.end == [2.0]
    assert found.radio == [2.0 + 0.5, 1.0 + 1.0]
    assert found.cost == [0.5 * 2.5 + 0.5 * (8.0 + 4.5)]
    energy_identity(e, found)


def test_death_at_the_exact_instant() -> None:
    # 10 J above the floor: .5 s idle (1 W), then 4 W: dead at .5 + 9.5 / 4 = 2.875, between two epochs.
    tasks = [(0.3, 0, 8.0, 1.0), (0.6, 0, 2.0, 1.0), (4.0, 0, 2.0, 1.0)]
    e = small(tasks=tasks, battery=[30.0, 1000.0], battery_floor=[20.0, 0.0])
    found = play(e, rules.local)
    assert found.status == ["dead"] * 3
    assert found.end == [2.875, 2.875, 4.0]
    assert found.died == [2.875, -1.0]
    assert found.energy == [9.5, 0.0, 0.0]
    assert found.battery[0] == 20.0
    energy_identity(e, found)


def test_task_that_ends_at_the_instant_of_death_is_done() -> None:
    e = small(tasks=[(0.0, 0, 8.0, 1.0)], battery=[16.0, 1000.0])
    found = play(e, rules.local)
    assert (found.status, found.died) == (["done"], [4.0, -1.0])


def test_radio_that_cannot_be_paid_kills_sender_or_receiver() -> None:
    for battery, died, radio in (([1.5, 100.0], [0.0, -1.0], [1.5, 0.0]), ([100.0, 0.5], [-1.0, 0.0], [2.0, 0.5])):
        e = small(tasks=[(0.0, 0, 4.0, 1.0)], battery=battery)
        found = play(e, rules.replay([1]))
        assert (found.status, found.died, found.radio, found.energy) == (["dead"], died, radio, [sum(radio)])
        energy_identity(e, found)


def test_radio_paid_to_the_last_joule() -> None:
    # The receiver is brought to its floor, so the task has failed; a sender brought there has sent it.
    found = play(small(tasks=[(0.0, 0, 4.0, 1.0)], battery=[100.0, 1.0]), rules.replay([1]))
    assert (found.status, found.end, found.died, found.energy) == (["dead"], [0.0], [-1.0, 0.0], [3.0])
    found = play(small(tasks=[(0.0, 0, 4.0, 1.0)], battery=[2.0, 100.0]), rules.replay([1]))
    assert (found.status, found.end, found.died, found.energy) == (["done"], [2.0], [0.0, -1.0], [11.0])


def test_dead_peer_is_masked() -> None:
    e = small(tasks=[(1.0, 0, 4.0, 1.0)], battery=[1000.0, 0.5], mask="off")
    with pytest.raises(ValueError, match="masked"):
        play(e, rules.replay([1]))
    assert play(e, rules.earliest_finish).device == [0]


def opened(e: Any, task: int) -> list[int]:
    seen: list[int] = []

    def note(time: float, device: int, j: int, view: SimpleNamespace) -> int:
        seen.extend(view.open if j == task else [])
        return device

    play(e, note)
    return seen


def test_masks() -> None:
    # At .5 device 1 holds 9.5 s; task 1 (8 GFLOP, arrived at .2) would take 2 s there: 11.5 <= 13 - .3.
    tasks = [(0.0, 1, 40.0, 1.0), (0.2, 0, 8.0, 1.0)]
    assert opened(small(tasks=tasks), 1) == [0, 1]
    longer = [(0.0, 1, 40.0, 1.0), (0.2, 0, 13.0, 1.0)]  # 12.75 <= 13, but not <= 12.7
    assert opened(small(tasks=longer), 1) == [0, 1]
    assert opened(small(tasks=longer, mask="slack"), 1) == [0]
    never = [(0.0, 1, 44.0, 1.0), (0.2, 0, 27.0, 1.0)]  # local 13.5 s, peer 10.5 + 6.75
    assert opened(small(tasks=never), 1) == [0]  # all masked: local stays open
    assert opened(small(tasks=never, mask="off"), 1) == [0, 1]
    assert opened(small(tasks=[(0.2, 0, 27.0, 1.0)]), 0) == [1]
    behind = [(0.0, 0, 20.0, 1.0), (0.5, 0, 10.0, 1.0)]  # 9.5 + 5 here: the literal local rule does not see the 9.5
    assert opened(small(tasks=behind), 1) == [0, 1]
    assert opened(small(tasks=behind, mask="slack"), 1) == [1]


def conflict(**changes: Any) -> SimpleNamespace:
    """Devices 0 and 1 want device 2 at once, where only one of the tasks (7 s there) fits within 13 s."""
    e = small(tasks=[(0.1, 1, 28.0, 1.0), (0.2, 0, 28.0, 1.0)], capacity=[2.5, 2.5, 4.0], **changes)
    e.active_power, e.idle_power, e.battery, e.battery_floor = [4.0] * 3, [1.0] * 3, [1000.0] * 3, [0.0] * 3
    return e


def test_conflict_goes_to_the_earlier_deadline() -> None:
    found = play(conflict(), rules.earliest_finish, together=True)
    assert found.device == [2, 0]
    assert found.rejected == 1
    in_turn = play(conflict(), rules.earliest_finish)
    assert (in_turn.device, in_turn.rejected) == ([2, 0], 0)


def test_gossip_hides_what_is_new() -> None:
    tasks = [(0.0, 1, 40.0, 1.0), (0.9, 0, 8.0, 1.0)]
    fresh, stale = small(tasks=tasks), small(tasks=tasks, gossip=1.0)
    assert play(fresh, rules.earliest_finish).device == [1, 0]
    found = play(stale, rules.earliest_finish)  # at 1 device 0 still sees device 1 as of 0, before its task
    assert found.device == [1, 1]
    assert found.start[1] == 10.0
    full = small(tasks=[(0.0, 1, 48.0, 1.0), (0.9, 0, 16.0, 1.0)], gossip=1.0)
    found = play(full, rules.earliest_finish)  # the peer itself says no: 11 + 4 > 13
    assert (found.device, found.rejected) == ([1, 0], 1)


def test_rules_choose_by_hand() -> None:
    # Local: ends at 4, 16 J: cost 2 + 8 = 10. Peer: ready at 1, ends at 3, 16 + 3 J: 1.5 + 9.5 = 11.
    e = small(tasks=[(0.0, 0, 8.0, 1.0)])
    assert play(e, rules.earliest_finish).device == [1]
    greedy = play(e, rules.greedy_cost)
    assert (greedy.device, greedy.value) == ([0], 10.0)
    assert play(e, rules.replay([1])).value == 11.0
    short = small(tasks=[(0.0, 0, 2.0, 1.0)])  # 1 s here, .5 s there but not before the transfer's 1 s
    assert play(short, rules.earliest_finish).device == [0]
    busy = small(tasks=[(0.0, 0, 8.0, 1.0), (0.5, 0, 8.0, 1.0)])
    assert play(busy, rules.threshold(3.0)).device == [0, 1]
    assert play(busy, rules.threshold(3.5)).device == [0, 0]
    assert play(busy, rules.random([0.49, 0.5])).device == [0, 1]


def test_sharing_of_two_tasks() -> None:
    # 6 and 2 GFLOP on 2 GFLOP/s. Alone 1.5 s: 3 done of task 0. Then rates 1.5 and .5: task 0 needs 2 s more (at 3.5), when
    # task 1 has 1 left: .5 s alone.
    e = small(tasks=[(0.0, 0, 6.0, 1.0), (1.5, 0, 2.0, 1.0)], service="sharing")
    found = play(e, rules.local)
    assert found.start == [0.0, 1.5]
    assert found.end == pytest.approx([3.5, 4.0])
    assert found.energy == pytest.approx([12.0, 4.0])
    assert found.busy[0] == pytest.approx(4.0)
    energy_identity(e, found)
    equal = small(tasks=[(0.0, 0, 6.0, 1.0), (0.0, 1, 6.0, 1.0)], service="sharing", channel="link", epoch=0.0)
    equal.data = [0.0, 0.0]
    found = play(equal, rules.replay([1, 1]))
    assert found.end == pytest.approx([3.0, 3.0])


def test_sharing_abandons_at_the_deadline_and_at_death() -> None:
    tasks = [(0.0, 0, 20.0, 1.0), (0.5, 0, 20.0, 1.0)]
    e = small(tasks=tasks, service="sharing")
    found = play(e, rules.local)  # rates 1 and 1: at 15 task 0 has done 1 + 14.5 of 20, task 1 14.5; then alone
    assert found.status == ["abandoned", "abandoned"]
    assert found.end == [15.0, 15.5]
    assert found.energy == pytest.approx([2.0 + 29.0, 29.0 + 2.0])
    energy_identity(e, found)
    late = play(small(tasks=tasks, service="sharing", late="finish"), rules.local)
    assert late.status == ["late", "late"]
    assert late.end == pytest.approx([19.5, 20.0])
    e = small(tasks=tasks, service="sharing", battery=[12.0, 1000.0])
    found = play(e, rules.local)
    assert (found.status, found.died) == (["dead", "dead"], [3.0, -1.0])
    assert found.energy == pytest.approx([2.0 + 5.0, 5.0])
    energy_identity(e, found)


def drawn(seed: int, devices: int, tasks: int, span: float, **changes: Any) -> SimpleNamespace:
    g = np.random.default_rng(seed)
    found = sorted((float(a), int(i)) for a, i in zip(g.uniform(0, span, tasks), g.integers(devices, size=tasks), strict=True))
    e = small(tasks=[(a, i, g.uniform(3, 8), g.uniform(2, 3)) for a, i in found], link_rate=20.0, horizon=span)
    e.capacity, e.active_power = g.uniform(2, 3, devices), g.uniform(5, 8, devices)
    e.idle_power, e.battery = g.uniform(0.5, 0.8, devices), g.uniform(4000, 5000, devices)
    e.battery_floor = 0.1 * e.battery
    return SimpleNamespace(**{**vars(e), **changes})


@pytest.mark.parametrize("late", ["abandon", "skip", "finish"])
@pytest.mark.parametrize("service", ["serial", "sharing"])
def test_energy_and_work_of_drawn_episodes(late: str, service: str) -> None:
    for seed, (order, channel) in enumerate(itertools.product(("fifo", "edf"), ("radio", "link", "shared"))):
        e = drawn(seed, 3, 60, 40.0, late=late, service=service, order=order, channel=channel, return_share=0.2)
        e.battery = [b + spare for b, spare in zip(e.battery_floor, (200.0, 60.0, 4000.0), strict=True)]
        found = play(e, rules.random(np.random.default_rng(seed).uniform(size=60)))
        energy_identity(e, found)
        assert min(found.died[:2]) > 0.0
        if late == "abandon" or (late, service) == ("skip", "serial"):
            assert "unfinished" not in found.status
        for j in range(60):
            if found.status[j] == "done":
                k = found.device[j]
                alone = e.work[j] / e.capacity[k]
                assert found.start[j] >= found.ready[j] >= found.decided[j] >= e.arrival[j]
                assert found.end[j] - found.start[j] >= alone - 1e-9
                assert service == "sharing" or found.end[j] - found.start[j] == pytest.approx(alone)


def test_one_relative_deadline_makes_local_edf_local() -> None:
    for seed in range(3):
        e = drawn(seed, 3, 60, 40.0)
        edf = SimpleNamespace(**{**vars(e), "order": "edf"})
        assert play(e, rules.local).end == play(edf, rules.local).end


def test_brute_force_by_hand() -> None:
    # One device of 2 GFLOP/s, 4 W: 8 and 2 GFLOP at 0 take 4 and 1 s. Shortest first: ends 1, 5; energies 4, 16 J.
    e = small(tasks=[(0.0, 0, 8.0, 1.0), (0.0, 0, 2.0, 1.0)], capacity=[2.0], active_power=[4.0])
    assert hindsight.optimum(e) == (0.5 * (0.5 * (1.0 + 5.0) + 0.5 * (4.0 + 16.0)), [0, 0])
    # With device 1 (4 GFLOP/s, 8 W, 3 J of radio for 1 s): the long one there ends at 3, 19 J: 1.5 + 9.5, and the short one
    # here .5 + 2: 13.5 against 13; the short one there 1.5 s, 4 + 3 J: 4.25, the long one here 2 + 8: 14.25.
    e = small(tasks=[(0.0, 0, 8.0, 1.0), (0.0, 0, 2.0, 1.0)])
    assert hindsight.optimum(e) == (6.5, [0, 0])
    # 20 s of work never fits; the other is done.
    e = small(tasks=[(0.0, 0, 80.0, 1.0), (0.0, 0, 2.0, 1.0)], capacity=[2.0], active_power=[4.0])
    assert hindsight.optimum(e) == (0.5 * (107.5 + 2.5), [-1, 0])


def test_lagrangian_by_hand() -> None:
    # One device, one task of 4 s (cost 10 if begun at 0): its multiplier up to 10 collects nothing, above that u - 10; with
    # deadline 15 and slots of 1 s the path can take it at 0, 4 and 8, of costs 10, 12 and 14.
    e = small(tasks=[(0.0, 0, 8.0, 1.0)], capacity=[2.0], active_power=[4.0])
    assert hindsight.lagrangian(e, [9.0], 1.0) == 9.0
    assert hindsight.lagrangian(e, [10.0], 1.0) == 10.0
    assert hindsight.lagrangian(e, [13.0], 1.0) == 13.0 - 3.0 - 1.0
    assert hindsight.lagrangian(e, [107.5], 1.0) == pytest.approx(107.5 - 97.5 - 95.5 - 93.5)
    assert hindsight.lagrangian(e, [207.5], 1.0) == pytest.approx(107.5 - 197.5 - 195.5 - 193.5)
    # A grid of 8 s: the task takes no slot, and is begun once, at its best.
    assert hindsight.lagrangian(e, [13.0], 8.0) == 10.0


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_bound_is_below_brute_force_which_is_below_every_rule(share: float) -> None:
    for seed in range(6):
        e = drawn(seed, 1 + seed % 3, 5, 4.0, return_share=share, epoch=0.0)
        best, assignment = hindsight.optimum(e)
        assert len(assignment) == 5
        for rule in (rules.local, rules.earliest_finish, rules.greedy_cost, rules.threshold(1.0)):
            assert play(e, rule).value >= best - 1e-12
        g = np.random.default_rng(seed)
        for grid in (0.1, 0.5, 2.0):
            for u in (g.uniform(0, 110, 5), g.uniform(0, 25, 5), np.full(5, best)):
                assert hindsight.lagrangian(e, u, grid) <= best + 1e-12
