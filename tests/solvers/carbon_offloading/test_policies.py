"""The policies: known figures, what each promises, and the contract that none looks ahead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth import Stop, Termination, compare
from edgeworth.core.method import Found, Method
from edgeworth.solvers import carbon_offloading as co
from edgeworth.solvers.carbon_offloading.model.energy import curves, least_energy
from edgeworth.solvers.carbon_offloading.policies.rules import largest_tradeoff
from edgeworth.testing import ContractError, carbon_problems, check_method_contract

FAMILY = co.FAMILY
NAMES = [row.name for row in co.METHODS if row.kind == "policy" and row.requires is None]


def _play(problem: co.CarbonOffloading, method: str, **given: Any) -> co.Schedule:
    found = co.solve(problem, method=method, seed=0, **given).solution
    assert found is not None
    return found


def _mean(method: str, load: float) -> dict[str, float]:
    """Mean cost per slot and user, grid mJ per slot and user, overflow and kbit held, of 4 seeds x 5 users x 200 slots."""
    rows = []
    for seed in range(4):
        problem = co.generate(load=load, seed=seed)
        rows.append(co.measures(problem, _play(problem, method)))
    mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    held = mean["buffer"] / 1e3
    return {"cost": mean["cost"] / 1e3, "grid": mean["grid_energy"], "overflow": mean["overflow"], "held": held}


@pytest.mark.parametrize(
    ("method", "load", "wanted"),
    [  # of an earlier implementation on other seeds, literal weights: loosely
        ("green-only", 3e6, {"grid": 0.0, "overflow": 0.0, "held": 8.0, "cost": 0.0200}),
        ("random", 3e6, {"grid": 1.209, "overflow": 0.0, "held": 3.1, "cost": 0.0863}),
        ("always-local", 3e6, {"grid": 1.185, "held": 51.0, "cost": 0.2027}),
        ("full-power", 3e6, {"grid": 3.191, "overflow": 0.0, "held": 3.0, "cost": 0.2069}),
        ("always-local", 5e6, {"grid": 1.185, "overflow": 0.40, "held": 91.0}),
        ("full-power", 5e6, {"grid": 3.191, "overflow": 0.0, "held": 5.3, "cost": 0.2126}),
        ("random", 5e6, {"grid": 1.204, "overflow": 0.0264}),
    ],
)
def test_known_figures(method: str, load: float, wanted: dict[str, float]) -> None:
    found = _mean(method, load)
    for name, number in wanted.items():
        assert found[name] == pytest.approx(number, rel=0.12, abs=0.01 if name == "overflow" else 1e-12), name


def test_lyapunov_is_the_best_of_them_and_its_tradeoff_trades() -> None:
    names = ("lyapunov", "green-only", "threshold", "burn", "random", "full-power")
    costs = {name: _mean(name, 3e6)["cost"] for name in names}
    assert min(costs, key=costs.__getitem__) == "lyapunov"
    problem = co.generate(load=4e6, slots=400, seed=1)
    grid, held = [], []
    for tradeoff in (0.05, 0.2, 0.5, 1.0, 4.0):
        named = co.measures(problem, _play(problem, "lyapunov", params=co.Lyapunov(tradeoff)))
        grid.append(named["grid_energy"])
        held.append(named["buffer"])
    assert grid == sorted(grid, reverse=True)
    assert held == sorted(held)
    assert held[-1] > 3.0 * held[0]


@pytest.mark.parametrize(("load", "tradeoff", "battery"), [(6e6, 1.0, 0.0), (3e6, 0.02, 0.0), (6e6, 0.2, 4e-4)])
def test_lyapunov_serves_by_its_closed_form(load: float, tradeoff: float, battery: float) -> None:
    """Drift plus penalty of every slot, against all powers of a grid."""
    problem = co.generate(users=2, slots=40, load=load, battery=battery, seed=0)
    schedule = _play(problem, "lyapunov", params=co.Lyapunov(tradeoff))
    played = co.simulate(problem, schedule)
    weight = tradeoff * largest_tradeoff(problem)
    price = problem.weights[0] * problem.carbon[0] / (problem.carbon_reference * problem.slot_length * 4.0)
    local, sent = (x.ravel() for x in np.meshgrid(np.linspace(0.0, 2.0, 81), np.linspace(0.0, 2.0, 81)))
    emptied = 0
    for u in range(2):
        for t in range(40):
            held = played.buffer[u, t]
            green = problem.harvest[u, t] + played.battery[u, t]

            def penalty(p: Any, q: Any, u: int = u, t: int = t, held: float = held, green: float = green) -> Any:
                tau = problem.slot_length
                bits = tau / problem.cycles_per_bit * np.cbrt(p / problem.switched_capacitance)
                bits = np.minimum(held, bits + problem.bandwidth * tau * np.log2(1.0 + q * problem.gain[u, t]))
                return weight[u] * price * np.maximum(0.0, tau * (p + q) - green) - held * bits

            mine = penalty(schedule.local_power[u, t], schedule.offload_power[u, t])
            assert mine <= penalty(local, sent).min() + 1e-9 * abs(mine)
            emptied += bool(played.served[u, t] > 0.999999 * held and played.grid[u, t] > 0.0)
    assert (emptied > 10) == (tradeoff < 0.1)  # there the buffer is what limits it


def test_harvest_that_is_exceeded_by_rounding_is_green() -> None:
    problem = co.generate(seed=3)
    schedule = _play(problem, "green-only")
    powers = (np.minimum(power * (1.0 + 1e-10), 2.0) for power in (schedule.local_power, schedule.offload_power))
    named = co.measures(problem, co.Schedule(*powers))
    assert named["grid_energy"] > 0.0
    assert named["green_share"] == 1.0
    plan = co.solve(problem, method="exact").solution
    assert plan is not None
    assert co.measures(problem, plan)["green_share"] > 0.8


@pytest.mark.parametrize("battery", [0.0, 2e-3])
def test_green_only_emits_nothing_and_wastes_nothing_below_the_caps(battery: float) -> None:
    problem = co.generate(battery=battery, seed=3)
    named = co.measures(problem, _play(problem, "green-only"))
    assert named["carbon"] == 0.0
    assert named["green_share"] == 1.0
    assert named["waste"] < 1e-9
    if battery == 0.0:
        spent = co.simulate(problem, _play(problem, "green-only")).energy
        np.testing.assert_allclose(spent, np.minimum(problem.harvest, 4e-3), rtol=1e-9)


@pytest.mark.parametrize("battery", [3e-4, 3e-3])
def test_green_only_stores_what_the_buffer_does_not_need(battery: float) -> None:
    problem = co.generate(battery=battery, load=2e6, seed=3)
    played = co.simulate(problem, _play(problem, "green-only"))
    charge = played.battery[:, :-1]
    lost = np.maximum(problem.harvest - (battery - charge), 0.0)  # unless it is spent
    curve = curves(problem)
    needed = least_energy(curve, np.minimum(played.buffer[:, :-1], curve.most_local + curve.most_sent))
    wanted = np.maximum(lost, np.minimum(needed, problem.harvest + charge))
    np.testing.assert_allclose(played.energy, np.minimum(wanted, 4e-3), rtol=1e-6, atol=1e-12)
    assert np.any(played.energy < 0.9 * problem.harvest)
    assert np.any(played.energy > 1.1 * problem.harvest)


def test_random_powers_of_a_longer_episode_begin_alike() -> None:
    short, long = (_play(co.generate(users=2, slots=slots, seed=0), "random") for slots in (10, 25))
    np.testing.assert_array_equal(short.local_power, long.local_power[:, :10])
    np.testing.assert_array_equal(short.offload_power, long.offload_power[:, :10])


def test_burning_games_the_waste_and_nothing_else() -> None:
    problem = co.generate(load=3e6, seed=0)
    burnt, kept = _play(problem, "burn"), _play(problem, "threshold", params=co.Threshold(0.0))
    one, two = co.simulate(problem, burnt), co.simulate(problem, kept)
    np.testing.assert_allclose(one.served, two.served, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(one.grid, two.grid, rtol=1e-9, atol=1e-15)
    assert one.waste.sum() < 1e-12
    assert two.waste.sum() > 0.2 * problem.harvest.sum()
    assert co.value(problem, burnt) < co.value(problem, kept)
    empty = one.buffer[:, 0] == 0.0
    assert np.all(one.served[empty, 0] == 0.0)
    np.testing.assert_allclose(one.energy[empty, 0], problem.harvest[empty, 0], rtol=1e-12)


def test_the_threshold_is_kept_with_least_energy() -> None:
    problem = co.generate(load=3e6, seed=2)
    played = co.simulate(problem, _play(problem, "threshold", params=co.Threshold(0.1)))
    after = played.buffer[:, :-1] - played.served
    above = (played.buffer[:, :-1] >= 1e4) & (played.energy < 4e-3 * (1.0 - 1e-9))  # else full power did not suffice
    np.testing.assert_allclose(after[above], 1e4, rtol=1e-6)
    throttled = co.simulate(replace(problem, energy="throttled"), _play(problem, "full-power"))
    assert played.energy.sum() < throttled.energy.sum() * 1.01


def test_full_power_drops_least() -> None:
    problem = co.generate(load=9e6, users=3, seed=0)
    dropped = {name: co.measures(problem, _play(problem, name))["overflow"] for name in NAMES}
    assert dropped["full-power"] == min(dropped.values()) > 0.05


@settings(max_examples=20)
@given(problem=carbon_problems())
def test_every_policy_is_feasible_on_whatever_problem(problem: co.CarbonOffloading) -> None:
    known = replace(problem, law=co.Law(problem.arrivals, problem.harvest, problem.gain[:, 0], 100.0, 1e-4, 0.9, 2.0))
    for name in NAMES:
        given = known if name == "mpc" else problem
        result = co.solve(given, method=name, seed=1)
        if name == "value-iteration":  # without a law, and with one it would make a table a problem
            assert result.termination is Termination.REFUSED
            continue
        if name in ("ppo", "mappo", "ddpg", "td3") and np.any(problem.battery > 0.0):  # they observe none
            assert result.termination is Termination.REFUSED
            continue
        assert result.termination is Termination.CONVERGED
        assert bool(co.verify(given, result)), name
        assert result.bound is None


def test_a_run_that_is_cut_spends_nothing_from_there_on() -> None:
    problem = co.generate(users=100, antennas=103, gains="gamma", slots=300, seed=0)
    result = co.solve(problem, method="full-power", stop=Stop(seconds=0.0))
    assert result.termination is Termination.TIME
    assert result.solution is not None
    assert "cut at slot 100 of 300" in result.notes[0]
    assert np.all(result.solution.local_power[:, 100:] == 0.0)
    assert bool(co.verify(problem, result))


def test_policies_compare() -> None:
    problem = co.generate(users=2, slots=40, seed=0)
    table = compare([problem], methods=["lyapunov", "green-only", "random"])
    assert table.verified
    frame = table.frame
    assert list(frame["method"]) == ["lyapunov", "green-only", "random"]
    assert (frame["carbon"] >= 0.0).all()


def _own(kind: str, look: int) -> Method:
    return Method(
        name=f"looks-{look}", kind=kind, function=f"{__name__}:{'looks_ahead' if look else 'looks_now'}",  # type: ignore[arg-type]
        exact=False, randomised=False, guarantee="none", reference="here",
    )  # fmt: skip


def looks_now(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    power = np.minimum(problem.harvest / problem.slot_length, problem.local_power_cap[:, None])
    return Found(co.Schedule(power, 0.0 * power), Termination.CONVERGED)


def looks_ahead(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    """Saves now where the next slot has more sun."""
    power = np.minimum(problem.harvest / problem.slot_length, problem.local_power_cap[:, None])
    power[:, :-1][problem.harvest[:, 1:] > problem.harvest[:, :-1]] = 0.0
    return Found(co.Schedule(power, 0.0 * power), Termination.CONVERGED)


def test_the_contract_catches_a_policy_that_looks_ahead() -> None:
    problem = co.generate(users=2, slots=20, seed=0)
    check_method_contract(FAMILY, _own("policy", 0), problem)
    with pytest.raises(ContractError, match=r"causal.*depend on what comes later"):
        check_method_contract(FAMILY, _own("policy", 1), problem)
    check_method_contract(FAMILY, _own("optimise", 1), problem)  # in hindsight it is no fault
    with pytest.raises(ContractError, match="does not say what comes later"):
        check_method_contract(replace(FAMILY, causality=None), _own("policy", 0), problem)


def _base(problem: co.CarbonOffloading, more: Any) -> Found[co.Schedule]:
    """A tenth of the local cap, and half of it more where `more` holds."""
    power = problem.local_power_cap[:, None] * (0.1 + 0.5 * np.broadcast_to(more, problem.arrivals.shape))
    return Found(co.Schedule(power, 0.0 * power), Termination.CONVERGED)


def _next(values: Any) -> Any:
    return np.concatenate([values[..., 1:], values[..., -1:]], axis=-1)


def looks_at_arrivals(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    """Whether anything arrives in this slot, which its powers cannot know."""
    return _base(problem, problem.arrivals > 0.0)


def looks_for_sun(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    """Whether anything is harvested in the next slot, not how much."""
    return _base(problem, _next(problem.harvest) > 0.0)


def looks_for_a_cleaner_grid(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    return _base(problem, _next(problem.carbon) < problem.carbon)


def looks_for_the_dearest_slot(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    """Intensity over the largest of the whole episode."""
    return _base(problem, problem.carbon / problem.carbon.max())


def looks_in_one_slot_only(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    more = _next(problem.gain) > problem.gain
    more[:, np.arange(problem.slots) != 3] = False
    return _base(problem, more)


def looks_behind_the_estimate(problem: co.CarbonOffloading, params: Any, run: Any) -> Found[co.Schedule]:
    """At the true channel, where the device knows an estimate."""
    assert problem.channel is not None
    power = np.sum(problem.channel**2, axis=(1, 3)).T
    return _base(problem, power / (power + 100.0))


DAY = co.generate(preset="day", users=2, slots=12, slot_length=7200.0, seed=0)  # half of it night


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (looks_at_arrivals, co.generate(users=2, slots=12, seed=0)),
        (looks_at_arrivals, DAY),
        (looks_for_sun, DAY),
        (looks_for_a_cleaner_grid, DAY),
        (looks_for_the_dearest_slot, DAY),
        (looks_in_one_slot_only, co.generate(users=12, slots=8, seed=0)),
        (looks_behind_the_estimate, co.generate(users=2, slots=6, csi_error=0.1, seed=0)),
    ],
)
def test_the_contract_catches_the_least_look_ahead(function: Any, problem: co.CarbonOffloading) -> None:
    row = Method(
        name="looks", kind="policy", function=f"{__name__}:{function.__name__}",
        exact=False, randomised=False, guarantee="none", reference="here",
    )  # fmt: skip
    with pytest.raises(ContractError, match=r"causal.*depend on what comes later"):
        check_method_contract(FAMILY, row, problem)


def test_what_is_known_in_advance_of_a_day_does_not_tell_its_course() -> None:
    """The law's gain is that where the device starts, not the mean of the walk that follows."""
    slow, fast = (co.generate(preset="day", users=3, slots=12, speed=speed, seed=0) for speed in (0.0, 5.0))
    assert slow.law is not None
    assert fast.law is not None
    assert not np.allclose(slow.gain[:, -1], fast.gain[:, -1])
    np.testing.assert_array_equal(slow.law.mean_gain, fast.law.mean_gain)
    np.testing.assert_array_equal(slow.law.mean_gain, slow.gain[:, 0])
