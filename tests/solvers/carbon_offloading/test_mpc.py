"""Receding-horizon control: its first step against plain loops, and where its forecast is certain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeworth.core.result import Termination
from edgeworth.solvers.carbon_offloading import CarbonOffloading, Law, Mpc, generate, simulate, solve
from edgeworth.solvers.carbon_offloading.model import coefficients
from tests.oracles import carbon_value_iteration as oracle


def _oracle_device(problem):
    cost = coefficients(problem)
    return oracle.Device(
        problem.slot_length, problem.bandwidth, problem.switched_capacitance, problem.cycles_per_bit,
        float(problem.local_power_cap[0]), float(problem.offload_power_cap[0]), float(problem.buffer[0]),
        float(cost.grid[0, 0]), float(cost.held[0]), float(cost.wasted[0]), float(cost.dropped[0, 0]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_first_step_is_that_of_the_best_plan(seed):
    problem = generate(users=1, slots=5, load=6e6, seed=seed, buffer=2e4)
    rng = np.random.default_rng(seed)
    problem = replace(problem, initial_buffer=float(rng.uniform(3e3, 2e4)), law=replace(problem.law, correlation=0.8))
    law, bits = problem.law, float(problem.initial_buffer[0])
    mean = float(law.mean_gain[0])
    gains = [mean + 0.8 ** (2 * k) * (float(problem.gain[0, 0]) - mean) for k in range(5)]
    harvests = [float(problem.harvest[0, 0]), *law.mean_harvest[0, 1:].tolist()]
    device = _oracle_device(problem)

    def cost(first):
        return oracle.plan_value(device, bits, first, gains, harvests, law.mean_arrival[0].tolist(), nodes=161)

    served = float(simulate(problem, solve(problem, method="mpc").solution).served[0, 0])
    best = min(cost(share * bits) for share in np.linspace(0.0, 1.0, 41))
    assert cost(served) <= best * (1.0 + 2e-3)


def test_with_a_certain_forecast_and_a_whole_horizon_it_is_the_optimum():
    arrivals = np.array([[6000.0, 0.0, 9000.0, 2000.0, 7000.0, 4000.0]])
    harvest = np.array([[0.0, 2e-3, 0.0, 0.0, 1e-3, 5e-4]])
    law = Law(arrivals, harvest, [1.5], packet=100.0, quantum=0.0, correlation=0.5, gain_shape=0.0)
    problem = CarbonOffloading(
        arrivals, harvest, np.full((1, 6), 1.5), np.full(6, 2e-4), buffer=3e4, initial_buffer=1.2e4, law=law
    )
    device = _oracle_device(problem)
    found = solve(problem, method="mpc", params=Mpc(horizon=6))
    best = min(
        oracle.plan_value(device, 1.2e4, share * 1.2e4, [1.5] * 6, harvest[0].tolist(), arrivals[0].tolist(), nodes=201)
        for share in np.linspace(0.0, 1.0, 61)
    )
    waste = coefficients(problem).wasted[0] * np.maximum(harvest - 4e-3, 0.0).sum()
    assert (best + waste) * 0.995 < found.value < (best + waste) * (1.0 + 1e-6)  # the loops err upwards: they leave whole nodes


def test_it_lies_between_value_iteration_and_lyapunov():
    problems = [generate(users=2, slots=80, load=5e6, seed=seed) for seed in range(6)]
    best, planned, drift = (
        np.mean([solve(problem, method=name).value for problem in problems]) for name in ("value-iteration", "mpc", "lyapunov")
    )
    assert best < planned < drift


def test_a_battery_is_spent_and_caps_hold():
    problem = generate(users=2, slots=40, load=4e6, seed=0, battery=2e-3)
    found = solve(problem, method="mpc")
    played = simulate(problem, found.solution)
    assert played.battery.max() > 0.0
    assert found.value < solve(replace(problem, battery=0.0), method="mpc").value


def test_the_cost_of_a_longer_horizon_is_no_more_where_it_matters():
    problems = [generate(users=2, slots=80, load=5e6, seed=seed) for seed in range(4)]
    short, long = (
        np.mean([solve(problem, method="mpc", params=Mpc(horizon=h)).value for problem in problems]) for h in (2, 30)
    )
    assert long < short


def test_what_it_does_not_take_is_refused_by_name():
    result = solve(replace(generate(users=1, slots=5, seed=0), law=None), method="mpc")
    assert result.termination is Termination.REFUSED
    assert result.notes[0].startswith("law:")
    for horizon in (0, 10_001, 2.5):
        with pytest.raises((ValueError, TypeError), match="horizon"):
            Mpc(horizon=horizon)
