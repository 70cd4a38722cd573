"""The hindsight problem of scheduling: bounds, schedules and floors against brute force and a naive second implementation."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.core.budget import Budget, BudgetEnded
from edgeworth.core.method import Found
from edgeworth.core.observer import Observer
from edgeworth.core.pyomo import solve_model
from edgeworth.core.result import Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.core.verdict import Status
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling.hindsight.annealing import Annealing, annealing
from edgeworth.solvers.scheduling.hindsight.lagrangian import Lagrangian, lagrangian
from edgeworth.solvers.scheduling.hindsight.milp import Milp, milp
from edgeworth.solvers.scheduling.hindsight.pyomo_model import build_model, disjunctive
from edgeworth.solvers.scheduling.model import Episode, Schedule, energy_floor
from edgeworth.solvers.scheduling.model.prices import dual_bound, failure_cost
from tests.oracles import scheduling_hindsight as oracle


def run(seed: int = 0, start: Schedule | None = None, **rules: Any) -> Run[Schedule]:
    return Run(sense="min", stop=Stop(**rules), rng=np.random.default_rng(seed), observer=Observer(), start=start)


def tiny(seed: int, **changes: Any) -> Episode:
    """1 to 3 devices, 1 to 4 tasks that crowd each other; some miss their deadlines, some are not worth their cost."""
    rng = np.random.default_rng(seed)
    devices, tasks = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    arrival = np.sort(rng.choice([rng.uniform(0.0, 4.0, tasks), rng.integers(0, 4, tasks)]))
    fields: dict[str, Any] = {
        "capacity": rng.uniform(1.0, 3.0, devices),
        "battery": 4000.0,
        "battery_floor": 400.0,
        "active_power": rng.uniform(5.0, 8.0, devices),
        "idle_power": rng.uniform(0.5, 0.8, devices),
        "arrival": arrival,
        "source": np.sort(rng.integers(0, devices, tasks)),
        "work": rng.uniform(0.1, 8.0, tasks),
        "data": rng.uniform(2.0, 3.0, tasks),
        "send_power": rng.uniform(0.0, 3.0, devices),
        "horizon": 5.0,
        "deadline": float(rng.uniform(4.0, 15.0)),
        "return_share": float(rng.choice([0.0, 0.5])),
        "latency_weight": float(rng.choice([0.0, 0.5, 2.0])),
        "failure_cost": float(rng.choice([0.0, 5.0, 100.0])),
    }
    return Episode(**(fields | changes))


def cost(e: Episode, schedule: Schedule) -> float:
    """The schedule's mean cost by the oracle's words, after its rules were checked."""
    pairs = list(zip(schedule.device.tolist(), schedule.start.tolist(), strict=True))
    total, busy = 0.0, []
    for j, (k, start) in enumerate(pairs):
        if k < 0:
            total += oracle.failure(e)
            continue
        assert start >= oracle.release(e, j, k)
        total += oracle.cost(e, j, k, start)
        busy.append((k, start, start + oracle.process(e, j, k)))
    for (k, _, end), (other, start, _) in itertools.pairwise(sorted(busy)):
        assert other != k or start >= end
    return total / max(len(pairs), 1)


def prices(found: Found[Schedule]) -> tuple[Any, float]:
    assert found.certificate is not None
    assert found.certificate.kind == "prices"
    arrays = found.certificate.arrays
    return arrays["u"], float(arrays["grid"][0])


@pytest.mark.parametrize("seeds", [range(begin, begin + 25) for begin in range(0, 200, 25)])
def test_bound_and_annealing_against_brute_force(seeds: range) -> None:
    tight = 0
    for seed in seeds:
        e = tiny(seed)
        best, _ = oracle.optimum(e)
        low = lagrangian(e, Lagrangian(iterations=60), run())
        u, grid = prices(low)
        assert low.bound is not None
        assert low.bound <= best
        if seed % 5 == 0:
            assert low.bound == pytest.approx(oracle.lagrangian(e, u.tolist(), grid), rel=1e-9, abs=1e-9)
        high = annealing(e, Annealing(moves=3_000), run())
        assert high.solution is not None
        assert cost(e, high.solution) == pytest.approx(best, rel=1e-12)
        tight += low.bound >= best - 0.02 * abs(best) - 1e-9
    assert tight >= 20


@pytest.mark.parametrize("grid", [0.0625, 0.5, 4.0])
def test_dual_bound_of_any_prices(grid: float) -> None:
    # A slot of 4 s is longer than many tasks: those take none.
    for seed in range(40):
        e = tiny(seed)
        u = np.random.default_rng(seed).uniform(0.0, failure_cost(e), e.tasks)
        bound = dual_bound(e, u, grid)
        assert bound <= oracle.lagrangian(e, u.tolist(), grid) + 1e-12
        assert bound == pytest.approx(oracle.lagrangian(e, u.tolist(), grid), rel=1e-10, abs=1e-10)


def test_slots_of_whole_numbers_lose_nothing() -> None:
    # Two tasks of exactly 1 s one after the other: the second ends after 2 s, so the mean cost is (1 + 2) / 2 at w_e = 0.
    tasks: dict[str, Any] = {"arrival": [0.0, 0.0], "source": [0, 0], "work": [1.0, 1.0], "data": [1.0, 1.0]}
    e = Episode([1.0], 9.0, 1.0, 5.0, 0.5, **tasks, latency_weight=1.0, energy_weight=0.0, horizon=5.0)
    assert dual_bound(e, np.array([2.0, 2.0]), 0.5) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("prices", {"u": [np.nan, 1.0]}),
        ("prices", {"u": [np.inf, 1.0]}),
        ("prices", {"u": [1.0]}),
        ("prices", {"u": [-1e-9, 1.0]}),
        ("prices", {"u": [108.0, 1.0]}),
        ("grid", {"grid": 0.0}),
        ("grid", {"grid": -0.5}),
        ("grid", {"grid": np.nan}),
        ("grid", {"grid": 0.1}),
        ("grid", {"grid": 2.0**-40}),
        ("service", {"service": "sharing"}),
    ],
)
def test_forged_prices_are_refused(name: str, changes: dict[str, Any]) -> None:
    tasks: dict[str, Any] = {"arrival": [0.0, 1.0], "source": [0, 0], "work": [4.0, 4.0], "data": [2.0, 2.0]}
    given: dict[str, Any] = {"u": [1.0, 107.5], "grid": 0.5, "service": "serial"} | changes
    e = Episode([2.0], 9.0, 1.0, 5.0, 0.5, **tasks, service=given["service"])
    with pytest.raises(ValueError, match=name):
        dual_bound(e, np.array(given["u"]), given["grid"])


def test_dual_bound_has_a_budget() -> None:
    with pytest.raises(BudgetEnded):
        dual_bound(tiny(0), np.full(tiny(0).tasks, failure_cost(tiny(0))), 0.5, Budget(0.0))


def test_methods_refuse_what_they_cannot_do() -> None:
    shared = tiny(0, service="sharing")
    played = scheduling.solve(shared, method="local").require()
    results: dict[str, Found[Schedule]] = {
        "service: must be 'serial'": lagrangian(shared, Lagrangian(), run()),
        "service: must": annealing(shared, Annealing(), run(start=played)),
        "service": milp(shared, Milp(), run()),
        "columns: the program of grid 0.015625 s has": milp(tiny(1), Milp(grid=2.0**-6, columns=10), run()),
    }
    for note, found in results.items():
        assert found.termination is Termination.REFUSED
        assert (found.solution, found.bound) == (None, None)
        assert found.notes[0].startswith(note)
    with pytest.raises(ValueError, match=r"service: must be 'serial', .*; got 'sharing'"):
        build_model(shared)
    with pytest.raises(ValueError, match="power of two"):
        lagrangian(tiny(1), Lagrangian(grid=0.3), run())


def test_without_tasks() -> None:
    none: dict[str, Any] = {"arrival": [], "source": [], "work": [], "data": []}
    e = Episode([2.0], 9.0, 1.0, 5.0, 0.5, **none)
    assert lagrangian(e, Lagrangian(), run()).bound == 0.0
    for found in (annealing(e, Annealing(), run()), milp(e, Milp(), run())):
        assert found.solution is not None
        assert found.solution.tasks == 0


def test_milp_against_brute_force() -> None:
    for seed in range(16):
        grid = 0.25 if seed % 2 else 0.5
        e = tiny(seed) if seed % 2 else tiny(seed, deadline=40.0)
        best, _ = oracle.optimum(e)
        found = milp(e, Milp(grid=grid), run())
        assert found.solution is not None
        assert found.bound is not None
        assert found.termination is Termination.CONVERGED
        assert found.bound <= best
        assert cost(e, found.solution) == pytest.approx(best, rel=1e-12)
        if e.deadline == 40.0:  # else a start that is floored may be in time for once
            assert found.bound >= best - grid * e.latency_weight * e.tasks - 1e-5 * abs(best)


def test_pyomo_model_against_brute_force() -> None:
    for seed in range(8):
        e = tiny(seed)
        model = build_model(e)
        answer = solve_model(model, run())
        assert answer.loaded
        best = oracle.optimum(e)[0]
        assert model.total() == pytest.approx(best, rel=1e-6)
        found = disjunctive(e, None, run())
        assert found.solution is not None
        assert found.termination is Termination.PROVED
        assert cost(e, found.solution) == pytest.approx(best, rel=1e-9)


def episode(devices: int, horizon: float, seed: int) -> Episode:
    """Table II."""
    rng = np.random.default_rng(seed)
    tasks = rng.poisson(0.25 * devices * horizon)
    return Episode(
        rng.uniform(2.0, 3.0, devices), 4500.0, 450.0, rng.uniform(5.0, 8.0, devices), rng.uniform(0.5, 0.8, devices),
        np.sort(rng.uniform(0.0, horizon, tasks)), rng.integers(0, devices, tasks), rng.uniform(3.0, 8.0, tasks),
        rng.uniform(2.0, 3.0, tasks), horizon=horizon,
    )  # fmt: skip


def test_gap_at_table_2() -> None:
    for devices in (5, 10):
        e = episode(devices, 30.0, 7)
        found, low = annealing(e, Annealing(), run()), lagrangian(e, Lagrangian(), run())
        assert found.solution is not None
        assert low.bound is not None
        assert low.bound <= cost(e, found.solution) <= low.bound * 1.005


def test_annealing_improves_its_start_and_repeats_itself() -> None:
    e = episode(4, 60.0, 1)
    local = np.asarray(e.source)
    first = annealing(e, Annealing(moves=1), run(start=Schedule(local, e.arrival, "hindsight")))
    assert first.solution is not None
    found = annealing(e, Annealing(moves=120_000), run(seed=5, start=first.solution))
    again = annealing(e, Annealing(moves=120_000), run(seed=5, start=first.solution))
    assert found.solution is not None
    assert again.solution is not None
    assert np.array_equal(found.solution.start, again.solution.start)
    assert cost(e, found.solution) < cost(e, first.solution)
    assert found.iterations == 120_000


def test_runs_that_are_cut_short() -> None:
    e = episode(4, 60.0, 2)
    high = annealing(e, Annealing(moves=10**12), run(seconds=0.1))
    assert high.termination is Termination.TIME
    assert high.solution is not None
    cost(e, high.solution)
    low = lagrangian(e, Lagrangian(), run(seconds=0.0))
    assert low.termination is Termination.TIME
    assert low.bound is not None
    u, grid = prices(low)
    assert low.bound == dual_bound(e, u, grid)
    assert annealing(e, Annealing(), run(iterations=70_000)).iterations == 70_000


def test_energy_floor_by_brute_force() -> None:
    for seed in range(30):
        e = tiny(seed)
        least = np.inf
        for devices in itertools.product(range(e.devices), repeat=e.tasks):
            busy = np.zeros(e.devices)
            radio = 0.0
            for j, k in enumerate(devices):
                busy[k] += oracle.process(e, j, k)
                radio += oracle.joules(e, j, k) - float(e.active_power[k]) * oracle.process(e, j, k)
            idle = e.idle_power * (e.end - busy)
            least = min(least, float((e.active_power * busy + idle).sum()) + radio)
        assert energy_floor(e) == pytest.approx(least, rel=1e-12)


def test_no_simulated_schedule_is_below_the_bound() -> None:
    for seed in range(3):  # a thousand pairs in test_whole.py
        e = scheduling.generate(devices=4, horizon=30.0, seed=seed, rate=0.4)
        low = scheduling.solve(e, method="lagrangian", params=Lagrangian(iterations=60))
        assert low.bound is not None
        for method in ("local", "random", "earliest-finish", "greedy-cost"):
            played = scheduling.solve(e, method=method, seed=seed)
            assert played.value is not None
            assert played.solution is not None
            assert low.bound <= played.value
            found = scheduling.solve(e, method="annealing", seed=seed, start=played.solution, stop=Stop(iterations=20_000))
            assert found.value is not None
            assert low.bound <= found.value <= played.value
            got = scheduling.measures(e, played.solution)
            assert got["energy"] >= got["energy_floor"] or got["success"] < 1.0  # the floor is of all tasks


def test_checker_rebuilds_the_bound_and_refuses_forged_ones() -> None:
    e = scheduling.generate(devices=2, horizon=20.0, seed=0)
    found = scheduling.solve(e, method="lagrangian", params=scheduling.Lagrangian(iterations=30))
    assert scheduling.verify(e, found)
    assert found.certificate is not None
    assert found.bound is not None
    arrays = dict(found.certificate.arrays)
    high = np.full(e.tasks, failure_cost(e))
    forged = [{"u": arrays["u"]}, {"grid": arrays["grid"]}, {**arrays, "u": np.append(arrays["u"], 1.0)}]
    forged += [{**arrays, "grid": np.array([x])} for x in (0.0, 0.3, np.nan, 64.0)]
    forged += [{**arrays, "u": x} for x in (high + 1.0, -high - 1.0, np.full(e.tasks, np.nan), np.zeros(e.tasks))]
    for content in forged:
        report = scheduling.verify(e, replace(found, certificate=Certificate("prices", content)))
        assert report["bound"].status is not Status.HOLDS, content
    report = scheduling.verify(e, replace(found, bound=found.bound + 1e-6))
    assert report["bound"].status is Status.FAILS


def test_default_grid_counts_the_slots_of_the_whole_episode() -> None:
    """Tiny tasks that all arrive long before the horizon: the finest grid was refused by the bound's own limit."""
    e = scheduling.generate(preset="table-2", devices=2, rate=0.25, horizon=30, seed=0)
    n = e.tasks
    e = replace(e, arrival=np.zeros(n), source=np.zeros(n, np.int64), work=e.work * 1e-6, deadline=1e-3, margin=0.0)
    found = scheduling.solve(e, method="lagrangian", stop=Stop(iterations=9))
    assert scheduling.verify(e, found)
    assert found.bound is not None
    assert found.bound <= scheduling.solve(e, method="local").value
