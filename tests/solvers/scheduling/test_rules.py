"""Value, broken rules and measures of schedules, simulated and in hindsight; rules as methods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop, Termination
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import Episode, GreedyCost, Schedule, Threshold, generate, measures, value, violations
from edgeworth.solvers.scheduling.model.simulation import Play
from tests.oracles import scheduling_hindsight as hindsight
from tests.oracles import scheduling_rules as rules
from tests.oracles.scheduling import play
from tests.solvers.scheduling.cases import random_episode

USUAL = scheduling.FAMILY.examples()[0]


def broken(problem: Episode, schedule: Schedule) -> set[str]:
    found = violations(problem, schedule)
    for each in found:
        assert each.replay(problem, schedule) == each.amount > 0.0
    return {each.rule for each in found}


def simulated(problem: Episode, schedule: Schedule, **changes: Any) -> Schedule:
    fields = {name: np.array(getattr(schedule, name)) for name in ("device", "start", "decided", "delay")}
    for name, (j, number) in changes.items():
        fields[name][j] = number
    return Schedule(fields["device"], fields["start"], "simulated", fields["decided"], fields["delay"])


def solved(problem: Episode, method: str, **options: Any) -> Schedule:
    found = scheduling.solve(problem, method=method, seed=0, **options).solution
    assert found is not None
    return found


def test_value_and_measures_are_the_twins() -> None:
    problem = random_episode(6)
    schedule = solved(problem, "greedy-cost")
    theirs, mine = play(problem, rules.greedy_cost), measures(problem, schedule)
    assert value(problem, schedule) == pytest.approx(theirs.value, rel=1e-12) == mine["cost"]
    for name in ("success", "latency", "energy", "energy_per_success", "offloaded"):
        assert mine[name] == pytest.approx(theirs.metrics[name], rel=1e-12)
    scale = problem.horizon / problem.end
    assert mine["utilisation"] == pytest.approx(theirs.metrics["utilisation"] * scale, rel=1e-12)
    assert mine["useful_utilisation"] <= mine["utilisation"] <= 1.0
    assert mine["dead"] == np.mean(np.array(theirs.died) >= 0.0) > 0.0


def test_a_simulated_schedule_is_what_its_decisions_lead_to() -> None:
    good = solved(USUAL, "earliest-finish")
    assert not violations(USUAL, good)
    assert broken(USUAL, simulated(USUAL, good, start=(0, good.start[0] + 1e-6))) == {"start"}
    assert not violations(USUAL, simulated(USUAL, good, start=(0, good.start[0] + 1e-10)))
    assert good.decided is not None
    assert broken(USUAL, simulated(USUAL, good, decided=(1, good.decided[1] + 0.5))) == {"decision"}
    assert "device" in broken(USUAL, simulated(USUAL, good, device=(2, -1)))


def test_a_source_may_hold_a_task_back() -> None:
    """Task 4 comes at 3.3 s and may be decided from 3.5 s on; it is the last one, and its device is idle."""
    good = solved(USUAL, "earliest-finish")
    later = simulated(USUAL, good, decided=(4, 4.5))
    assert broken(USUAL, later) == {"start"}  # what is decided later begins later
    assert not violations(USUAL, simulated(USUAL, later, start=(4, 4.5)))
    assert broken(USUAL, simulated(USUAL, later, start=(4, 4.5), decided=(4, 4.3))) == {"decision"}  # no epoch
    never = simulated(USUAL, later, start=(4, -1.0), decided=(4, -1.0))
    assert broken(USUAL, never) == {"device"}
    never = simulated(USUAL, never, device=(4, -1))
    assert not violations(USUAL, never)
    assert scheduling.simulate(USUAL, never).status[4] == "expired"
    assert value(USUAL, never) > value(USUAL, good) + 100.0 / 5 - 15.0


def test_what_is_held_back_is_replayed_as_the_twin_does() -> None:
    """Every third task, at random, for up to 3 s or for good: behind it others wait, or are decided later than their own."""
    for seed in range(12):
        problem, rng = random_episode(seed), np.random.default_rng(seed)
        schedule = solved(problem, "earliest-finish")
        decided = np.array(schedule.decided)
        held = (decided >= 0.0) & (rng.random(problem.tasks) < 0.3)
        decided[held] = np.where(rng.random(problem.tasks) < 0.2, -1.0, decided + rng.uniform(0.0, 3.0, problem.tasks))[held]
        again = scheduling.simulate(problem, Schedule(schedule.device, schedule.start, "simulated", decided))
        open_there = np.where(again.masked, problem.source, schedule.device)  # the twin refuses what is masked
        theirs = play(problem, rules.replay(open_there.tolist(), None, decided.tolist()))
        np.testing.assert_array_equal(again.status, theirs.status)
        np.testing.assert_allclose(again.start, theirs.start, atol=1e-9)
        np.testing.assert_array_equal(again.decided, theirs.decided)


def test_a_masked_device_is_named_and_not_used() -> None:
    """13 s of work do not fit behind anything: in the paper's mask, Q_k + W / C_k may be 13 s at most."""
    tasks: dict[str, Any] = {"arrival": [0.0, 0.2], "source": [0, 0], "work": [12.0, 2.0], "data": [1.0, 1.0], "horizon": 1.0}
    problem = Episode([1.0, 1.0], [500.0, 500.0], 0.0, [5.0, 5.0], [0.0, 0.0], **tasks, link_rate=8.0)
    schedule = scheduling.assigned(problem, [1, 1])
    assert schedule.device.tolist() == [1, 0]
    forced = Schedule([1, 1], [1.0, 13.0], "simulated", [0.0, 0.5])
    assert "mask" in broken(problem, forced)
    assert broken(replace(problem, mask="off"), forced) == set()


def test_a_task_that_never_comes_to_a_decision() -> None:
    problem = replace(USUAL, epoch=100.0)  # one epoch only, before any task
    schedule = solved(problem, "local")
    assert schedule.device.tolist() == [-1] * 5
    assert broken(problem, simulated(problem, schedule, device=(0, 0))) == {"device"}
    assert value(problem, schedule) == 0.5 * 15.0 + 100.0


def test_hindsight_by_the_formula() -> None:
    problem = replace(USUAL, return_share=0.5)
    schedule = Schedule([0, 1, 1, 1, -1], [0.2, 0.9, 2.4, 4.4, -1.0], "hindsight")
    assert broken(problem, schedule) == set()
    costs = [hindsight.cost(problem, j, int(schedule.device[j]), float(schedule.start[j])) for j in range(4)]
    assert value(problem, schedule) == pytest.approx((sum(costs) + hindsight.failure(problem)) / 5, rel=1e-12)
    found = measures(problem, schedule)
    assert (found["success"], found["offloaded"]) == (0.8, 0.4)
    radio = (0.5 + 1.0) * 1.5 * (1.28 + 0.94)
    assert found["energy"] == pytest.approx(4 * 2.0 + 8 * 4.5 + 1.0 * 23.0 + 0.5 * 20.5 + radio, rel=1e-12)


@pytest.mark.parametrize(
    ("rule", "device", "start"),
    [
        ("release", [0, -1, 1, -1, -1], [0.2, -1, 1.5, -1, -1]),
        ("release", [0, -1, -1, -1, -1], [0.1, -1, -1, -1, -1]),
        ("deadline", [0, -1, -1, -1, -1], [13.3, -1, -1, -1, -1]),
        ("overlap", [0, 0, -1, -1, -1], [1.0, 2.9, -1, -1, -1]),
        ("device", [-1, -1, -1, -1, -1], [3.0, -1, -1, -1, -1]),
    ],
)
def test_what_hindsight_must_keep(rule: str, device: list[int], start: list[float]) -> None:
    assert broken(USUAL, Schedule(device, start, "hindsight")) == {rule}


def test_schedules_of_other_episodes_are_refused() -> None:
    with pytest.raises(ValueError, match="must be of 5 tasks; got 1 tasks"):
        value(USUAL, Schedule([0], [0.0], "hindsight"))
    with pytest.raises(ValueError, match="must be of 2 devices; got device 2"):
        violations(USUAL, Schedule([2] * 5, [1.0] * 5, "hindsight"))
    with pytest.raises(ValueError, match="device"):
        scheduling.assigned(USUAL, [0, 0, 0, 0, 2])


@pytest.mark.parametrize(("kind", "name"), [(GreedyCost, "exchange_rate"), (Threshold, "theta")])
def test_parameters_out_of_range_are_refused(kind: type[Any], name: str) -> None:
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=name):
            kind(**{name: wrong})
    with pytest.raises(TypeError, match=name):
        kind(**{name: "1"})


def test_a_rule_that_is_cut_leaves_the_rest_to_the_sources() -> None:
    problem = generate(devices=2, horizon=60_000.0, rate=0.01, seed=0)
    result = scheduling.solve(problem, method="random", seed=0, stop=Stop(seconds=0.0))
    assert result.termination is Termination.TIME
    assert "from there on" in result.notes[0]
    assert result.solution is not None
    assert result.solution.decided is not None
    late = result.solution.decided >= 0.5 * 75_000
    assert (result.solution.device[late] == problem.source[late]).all()
    assert scheduling.verify(problem, result)


def test_rules_do_what_their_parameters_say() -> None:
    problem = generate(devices=5, horizon=100.0, seed=4)
    offloaded = {
        eta: measures(problem, solved(problem, "greedy-cost", params=GreedyCost(eta)))["offloaded"]
        for eta in (0.0, 3600.0, 24_000.0)
    }
    assert offloaded[0.0] > 0.2 > 0.1 > offloaded[3600.0] >= offloaded[24_000.0]  # the token's price switches offloading off
    local, edf = solved(problem, "local"), solved(replace(problem, order="edf"), "local-edf")
    assert (local.start == edf.start).all()
    assert (solved(problem, "threshold", params=Threshold(1e6)).device == problem.source).all()
    assert (solved(problem, "random").device != solved(problem, "local").device).mean() > 0.6


def test_choices_that_no_longer_fit_are_told() -> None:
    problem = random_episode(10)
    result = scheduling.solve(problem, method="earliest-finish")
    assert "no longer fitted" in result.notes[-1]


def test_the_reference_values_of_table_2() -> None:
    """Success, latency and energy of the paper's setting, over 4 episodes: within what chance allows of the prototype's 20."""
    expected = {"local": (0.9958, 3.90, 23.68), "earliest-finish": (0.9993, 3.00, 24.42), "greedy-cost": (0.9989, 4.12, 22.59)}
    for method, (success, latency, energy) in expected.items():
        rows = [measures(problem, solved(problem, method)) for problem in (generate(seed=seed) for seed in range(4))]
        mean = {name: np.mean([row[name] for row in rows]) for name in rows[0]}
        assert mean["success"] == pytest.approx(success, abs=0.008)
        assert mean["latency"] == pytest.approx(latency, rel=0.1)
        assert mean["energy"] == pytest.approx(1000.0 * energy, rel=0.05)


def test_an_episode_plays_alike_however_it_is_cut() -> None:
    from edgeworth.solvers.scheduling.model.kernels import rules as kernel
    from edgeworth.solvers.scheduling.model.simulation import rule

    problem = random_episode(7)
    whole, pieces = Play(problem), Play(problem)
    whole.go(rule(kernel.EARLIEST))
    while not pieces.go(rule(kernel.EARLIEST), 1):
        pass
    for one, two in zip(whole.state, pieces.state, strict=True):
        assert np.array_equal(one, two)
