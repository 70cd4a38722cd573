"""The simulator's kernels against the SimPy twin, and what must hold of any episode."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth.mechanisms import procurement
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode
from edgeworth.solvers.scheduling.model.kernels import rules as kernel
from edgeworth.solvers.scheduling.model.outcome import STATUS
from edgeworth.solvers.scheduling.model.simulation import Play, rule
from edgeworth.testing import episodes
from tests.oracles import scheduling_rules as rules
from tests.oracles.scheduling import play
from tests.solvers.scheduling.cases import random_episode

EXAMPLES = scheduling.FAMILY.examples()
SEEDS = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 14, 16, 17, 21, 31, 51, 80, 101]
"""Chosen so that every setting and every status occurs; see `test_the_cases_reach_everything`."""


def pairs(problem: Episode, seed: int) -> dict[str, tuple[kernel.Rule, Any]]:
    """Every rule as a kernel and in plain Python."""
    draws = np.random.default_rng(seed).random(problem.tasks)
    return {
        "local": (rule(kernel.LOCAL), rules.local),
        "random": (rule(kernel.RANDOM, draws=draws), rules.random(draws.tolist())),
        "earliest-finish": (rule(kernel.EARLIEST), rules.earliest_finish),
        "greedy-cost": (rule(kernel.GREEDY), rules.greedy_cost),
        "threshold": (rule(kernel.THRESHOLD, 1.5), rules.threshold(1.5)),
        "b-auction": auctioned(problem, seed)[:2],
    }


def auctioned(problem: Episode, seed: int) -> tuple[kernel.Rule, Any, dict[int, tuple[int, float]]]:
    """An auction, always or of some tasks, some with a worth that not every offer is within; the other holds the tenders of
    `edgeworth.mechanisms.procurement`, and writes down how many bid for a task, and what is paid."""
    share, weight, prices, worth = (0.0, 0.3)[seed % 2], 5.0, (1.0, 1000.0), (18.0, 100.0)[seed // 2 % 2]
    written: dict[int, tuple[int, float]] = {}

    def award(task: int, asked: list[float], busy: list[float]) -> int:
        found = procurement.run("second-score", procurement.Tender(asked, busy, weight, worth))
        written[task] = len(asked), found.payment
        return found.winner

    after = share * problem.deadline if share > 0.0 else -np.inf
    delay = problem.chain_latency[:, 0] + problem.chain_latency[:, 1]
    terms, bids = (weight, *prices, worth), np.zeros((problem.tasks, 2))
    mine = rule(kernel.AUCTION, after, delay=delay, terms=terms, bids=bids)
    return mine, rules.auction(problem, share, prices, award), written


def played(problem: Episode, chosen: kernel.Rule, together: bool) -> Play:
    episode = Play(problem, together)
    while not episode.go(chosen, 7):  # in pieces, as under a clock
        pass
    return episode


def same(problem: Episode, mine: Play, theirs: SimpleNamespace) -> None:
    """Statuses, decisions and rejections are equal, times and joules to 1e-9."""
    at = mine.state
    assert [STATUS[number] for number in at.status] == theirs.status
    assert at.device.tolist() == theirs.device
    assert mine.rejected == theirs.rejected
    names = {name: name for name in ("start", "end", "decided", "ready", "delay", "energy", "battery", "died", "busy", "radio")}
    for name, other in (names | {"rest": "idle"}).items():
        assert np.allclose(getattr(at, name), getattr(theirs, other), rtol=0.0, atol=1e-9), name
    outcome = mine.outcome(np.zeros(problem.tasks, np.int64))
    assert np.allclose(outcome.cost, theirs.cost, rtol=0.0, atol=1e-9)
    spent = problem.active_power * at.busy + problem.idle_power * at.rest + at.radio
    assert np.allclose(problem.battery - at.battery, spent, rtol=1e-12, atol=1e-9)  # battery drops are the energy


def compare(problem: Episode, seed: int) -> None:
    for chosen, other in pairs(problem, seed).values():
        for together in (False, True):
            same(problem, played(problem, chosen, together), play(problem, other, together=together))


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_as_the_twin_plays_them(number: int) -> None:
    compare(EXAMPLES[number], number)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_episodes_as_the_twin_plays_them(seed: int) -> None:
    compare(random_episode(seed), seed)


@pytest.mark.parametrize("seed", SEEDS[::2])
def test_shared_processors_as_the_twin_plays_them(seed: int) -> None:
    compare(random_episode(seed, service="sharing"), seed)


@pytest.mark.parametrize("seed", SEEDS[1::3])
def test_awards_are_those_of_procurement(seed: int) -> None:
    problem = random_episode(seed)
    mine, other, written = auctioned(problem, seed)
    same(problem, played(problem, mine, False), play(problem, other))
    expected = np.array([written.get(j, (0, 0.0)) for j in range(problem.tasks)])
    assert (mine.bids[:, 0] == expected[:, 0]).all()
    assert np.allclose(mine.bids[:, 1], expected[:, 1], rtol=0.0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["serial", "sharing"])
@pytest.mark.parametrize("first", range(0, 200, 20))
def test_two_hundred_random_episodes_as_the_twin_plays_them(first: int, service: str) -> None:
    for seed in range(first, first + 20):
        compare(random_episode(seed, service=service), seed)


@given(problem=episodes())
@settings(max_examples=40)
def test_drawn_episodes_as_the_twin_plays_them(problem: Episode) -> None:
    """With ties, empty batteries, nothing to send: rules that compare nothing, as equal sums may round differently."""
    draws = np.random.default_rng(problem.tasks).random(problem.tasks)
    for together in (False, True):
        same(problem, played(problem, rule(kernel.LOCAL), together), play(problem, rules.local, together=together))
        theirs = play(problem, rules.random(draws.tolist()), together=together)
        same(problem, played(problem, rule(kernel.RANDOM, draws=draws), together), theirs)


def test_the_cases_reach_everything() -> None:
    problems = [random_episode(seed) for seed in SEEDS]
    for name, options in scheduling.model.problem.CHOICES.items():
        if name != "service":
            assert {getattr(problem, name) for problem in problems} == set(options)
    reached = {STATUS[number] for each in problems for number in played(each, rule(kernel.EARLIEST), False).state.status}
    assert reached == set(STATUS) - {"", "unassigned"}
    assert any(played(each, rule(kernel.EARLIEST), True).rejected for each in problems)


def test_delays_before_sending_do_not_hold_the_radio() -> None:
    problem = random_episode(1, channel="radio")
    delay = np.random.default_rng(0).uniform(0.0, 4.0, problem.tasks)
    device = np.random.default_rng(1).integers(0, problem.devices, problem.tasks)
    given_ = rule(kernel.REPLAY, given=device, delay=delay, masked=np.zeros(problem.tasks, np.int64))

    def other(time: float, i: int, task: int, view: SimpleNamespace) -> tuple[int, float]:
        k = int(device[task])
        return (k, float(delay[task])) if k == i or k in view.open else (i, float(delay[task]))

    mine, theirs = played(problem, given_, False), play(problem, other)
    assert (mine.state.delay > 0.0).any()
    same(problem, mine, theirs)
    radio = [[j for j in range(problem.tasks) if device[j] != i and problem.source[j] == i] for i in range(problem.devices)]
    sent = [np.diff(np.sort(mine.state.ready[j] - mine.state.delay[j])) for j in radio]
    assert all((gaps >= -1e-9).all() for gaps in sent)


def test_one_epoch_by_hand() -> None:
    """The order of C2 on three devices: at 1 s device 0 ends a task and takes the next before anything is decided."""
    problem = Episode(
        [2.0, 2.0, 4.0], [100.0, 100.0, 100.0], 0.0, [4.0] * 3, [1.0] * 3, [0.0, 0.0, 0.5, 1.0, 1.0], [0, 1, 0, 0, 2],
        [2.0, 8.0, 4.0, 2.0, 2.0], [1.0] * 5, link_rate=8.0, horizon=2.0,
    )  # fmt: skip
    at = played(problem, rule(kernel.EARLIEST), False).state
    # 0 s: task 0 at home, it ends at 1; task 1 ends at 4 at home, and at 1 + 2 on device 2.
    # .5 s: task 2 ends at 1 + 2 at home, on device 2 at max(.5 + 2, 1.5) + 1 = 3.5.
    # 1 s: device 0 has begun task 2, until 3. Its turn is first: task 3 ends at 3 + 1 at home, at 2 + 1 on device 1, at 3.5 on
    #      device 2. Task 4 of device 2 ends at 3.5 at home; device 1 is thought to do task 3 from now on, and then task 4 until
    #      3. But task 3 comes at 2 only, so it is 4.
    assert at.device.tolist() == [0, 2, 0, 1, 1]
    assert at.start.tolist() == [0.0, 1.0, 1.0, 2.0, 3.0]
    assert at.end.tolist() == [1.0, 3.0, 3.0, 3.0, 4.0]


def test_a_task_without_data_waits_for_the_radio_all_the_same() -> None:
    owned = {"capacity": [1.0, 4.0, 4.0], "battery": [500.0] * 3, "battery_floor": [0.0] * 3, "active_power": [4.0] * 3}
    tasks = {"arrival": [0.0, 0.0], "source": [0, 0], "work": [4.0, 4.0], "data": [8.0, 0.0]}  # 3.2 s, and none
    problem = Episode(**owned, idle_power=[1.0] * 3, **tasks)
    chosen = rule(kernel.REPLAY, given=np.array([1, 2]), delay=np.zeros(2), masked=np.zeros(2, np.int64))
    mine = played(problem, chosen, together=False)
    assert mine.state.ready.tolist() == pytest.approx([3.2, 3.2])
    same(problem, mine, play(problem, rules.replay([1, 2])))
