"""The hindsight optimum: gaps, degenerate devices, and second opinions that share nothing with it."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth import Quality, Stop, Termination
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import CarbonOffloading
from edgeworth.solvers.carbon_offloading.exact.linear import PiecewiseLinear
from edgeworth.solvers.carbon_offloading.model.prices import dual_bound
from tests.oracles.carbon_program import clarabel, device, play, search, slsqp


def solve(problem):
    """By ``exact``, and verified."""
    result = carbon_offloading.solve(problem, method="exact")
    report = carbon_offloading.verify(problem, result)
    assert report, report
    assert result.bound <= result.value * (1.0 + 1e-9)
    return result


def prices(result):
    return [
        result.certificate.arrays[name]
        for name in ("arrival_price", "service_price", "energy_price")
        if name in result.certificate.arrays
    ]


@pytest.mark.parametrize(
    ("slots", "load", "buffer"),
    [(200, 3e6, 1e5), (200, 1e6, 5e3), (200, 5e6, 2e4), (200, 5e6, 1e5), (1000, 3e6, 1e5), (1000, 5e6, 2e4)],
)
def test_optimal_where_the_program_is_exact(slots, load, buffer):
    problem = carbon_offloading.generate(users=2, slots=slots, load=load, buffer=buffer, seed=1)
    result = solve(problem)
    assert result.quality is Quality.OPTIMAL
    assert result.termination is Termination.PROVED
    assert not result.notes


@pytest.mark.parametrize("harvest", [0.8e-3, 6e-3])
@pytest.mark.parametrize("size", [1e-4, 5e-3])
@pytest.mark.parametrize("weights", [(0.25, 0.25, 0.25, 0.25), (0.5, 0.25, 0.0, 0.25)])
def test_battery(size, harvest, weights):
    problem = carbon_offloading.generate(users=2, slots=100, battery=size, harvest=harvest, weights=weights, seed=2)
    assert solve(problem).quality is Quality.OPTIMAL


@pytest.mark.parametrize(
    "options",
    [
        {"slots": 1},
        {"slots": 3},
        {"slots": 3, "load": 6e6, "buffer": 8e3, "initial_buffer": 8e3},
        {"slots": 3, "battery": 1e-3},
        {"slots": 2, "battery": 1e-3, "harvest": 6e-3},
        {"slots": 3, "weights": (0.7, 0.1, 0.0, 0.2), "initial_buffer": 5e3},
    ],
)
def test_brute_force(options):
    """No grid of schedules, refined, beats it; and it is not far from the best of them, nor from SLSQP's optimum."""
    problem = carbon_offloading.generate(users=1, seed=3, **options)
    result, one = solve(problem), device(problem, 0)
    powers = list(zip(result.solution.local_power[0], result.solution.offload_power[0], strict=True))
    assert result.value == pytest.approx(play(one, powers), rel=1e-12)
    found = search(one)
    assert result.bound <= found
    assert result.value == pytest.approx(found, rel=2e-3)
    assert result.bound == pytest.approx(slsqp(one), rel=1e-6)


def test_dual_meets_the_program_in_overload():
    """Where bits are lost the bound still is the optimum of the convex program, if not of the real dynamics."""
    problem = carbon_offloading.generate(users=1, slots=6, load=2e7, buffer=2e4, initial_buffer=2e4, seed=5)
    result = solve(problem)
    assert carbon_offloading.measures(problem, result.solution)["overflow"] > 0.1
    assert result.bound == pytest.approx(slsqp(device(problem, 0)), rel=1e-6)


def test_clarabel():
    pytest.importorskip("clarabel", reason="clarabel is not installed")
    for seed, options in enumerate([{}, {"load": 8e6, "buffer": 2e4}, {"battery": 2e-3}]):
        problem = carbon_offloading.generate(users=1, slots=60, seed=seed, **options)
        assert solve(problem).bound == pytest.approx(clarabel(device(problem, 0))[0], rel=1e-6)


def _small(slots=4, **changes):
    """A problem of two devices, of which some arrays are changed."""
    rng = np.random.default_rng(7)
    fields = {
        "arrivals": 100.0 * rng.poisson(30, (2, slots)),
        "harvest": 2e-4 * rng.poisson(4, (2, slots)),
        "gain": rng.gamma(4.0, 5.0, (2, slots)),
        "carbon": rng.uniform(1e-4, 2e-4, slots),
    }
    return CarbonOffloading(**{name: changes.pop(name, values) for name, values in fields.items()}, **changes)


ZERO, FULL = np.zeros((2, 4)), np.full((2, 4), 1e3)
DEGENERATE = {
    "no arrivals": {"arrivals": ZERO, "initial_buffer": 5e4},
    "a full buffer at the start": {"initial_buffer": 1e5},
    "no harvest": {"harvest": ZERO},
    "more harvest than can be spent": {"harvest": FULL},
    "no carbon": {"carbon": np.zeros(4)},
    "a gain of next to nothing": {"gain": np.full((2, 4), 1e-15)},
    "no service at all": {"gain": np.full((2, 4), 1e-15), "local_power_cap": 0.0, "initial_buffer": 1e5},
    "no uplink": {"offload_power_cap": 0.0},
    "no processor": {"local_power_cap": 0.0},
    "a tiny buffer": {"buffer": 10.0},
    "no price of carbon": {"weights": (0.0, 0.5, 0.0, 0.5)},
    "no price of delay": {"weights": (0.5, 0.0, 0.0, 0.5), "harvest": ZERO, "initial_buffer": 9e4, "buffer": 9e4},
    "no price of waste": {"weights": (0.5, 0.3, 0.0, 0.2)},
    "nothing to drop, at no price": {"weights": (0.1, 0.9, 0.0, 0.0), "arrivals": np.zeros((2, 4)), "initial_buffer": 3e4},
    "huge units": {"carbon": np.full(4, 1e12)},
    "arrivals above the buffer": {"arrivals": np.array([[3e5, 0.0, 0.0, 1e3], [0.0, 0.0, 2e5, 0.0]])},
    "a battery without end": {"battery": 1e12},
    "a battery without end, half full": {"battery": 1e9, "initial_battery": 5e8},
    "a battery and nothing to do": {
        "arrivals": ZERO,
        "battery": 1e-3,
        "initial_battery": 1e-3,
        "harvest": ZERO,
        "initial_buffer": 1e3,
    },
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate(name):
    assert solve(_small(**DEGENERATE[name])).quality is Quality.OPTIMAL


def test_all_is_free():
    assert solve(_small(weights=(0.0, 0.0, 0.0, 0.0))).value == 0.0


def test_perturbed_prices_never_exceed_the_optimum():
    rng = np.random.default_rng(0)
    for options in ({"slots": 40}, {"slots": 40, "load": 6e6, "buffer": 2e4}, {"slots": 40, "battery": 1e-3}):
        problem = carbon_offloading.generate(users=2, seed=4, **options)
        result = solve(problem)
        exact = prices(result)
        below = 0
        for size in 10.0 ** rng.uniform(-8, 1, 30):
            noisy = [
                each * np.exp(size * rng.standard_normal(each.shape)) + size * 1e-7 * rng.standard_normal(each.shape)
                for each in exact
            ]
            bound = dual_bound(problem, *noisy)
            assert bound <= result.value * (1.0 + 1e-12)
            below += bound < result.value * (1.0 - 1e-6)
        assert below > 10  # the noise does matter


def test_notes_where_the_program_is_not_exact():
    """A literal scale of overflow pays for drops; throttled energy, events and interference are relaxed."""
    cases = [
        ({"load": 6e6, "overflow_scale": "mean-arrival"}, "drops bits"),
        ({"energy": "throttled", "harvest": 6.0}, "throttled"),
        ({"overflow": "event", "load": 9e6, "buffer": 1e4}, "event"),
        ({"receiver": "mmse"}, "interference"),
        ({"csi_error": 0.1}, "interference"),
    ]
    for options, word in cases:
        problem = carbon_offloading.generate(users=2, slots=30, seed=6, **options)
        result = solve(problem)
        assert any(word in note for note in result.notes), options
        for method in ("full-power", "green-only", "lyapunov"):
            other = carbon_offloading.solve(problem, method=method)
            assert result.bound <= other.value
            assert result.value <= other.value * (1.0 + 1e-6), (options, method)


RULES = ("lyapunov", "green-only", "threshold", "burn", "always-local", "always-offload", "full-power")


@pytest.mark.parametrize(
    "options",
    [
        {"energy": "throttled"},
        {"energy": "throttled", "harvest": 6.0},
        {"energy": "throttled", "battery": 1e-3},
        {"load": 5e6, "csi_error": 0.3},
    ],
)
def test_no_rule_costs_less_where_the_program_is_not_exact(options):
    problem = carbon_offloading.generate(users=3, slots=100, seed=0, **options)
    result = solve(problem)
    assert result.notes
    for method in RULES:
        assert result.value <= carbon_offloading.solve(problem, method=method).value * (1.0 + 1e-12), method


def test_a_gap_that_rounding_leaves_is_noted():
    """A bit that is dearer to drop than the method's units can say, and is dropped all the same."""
    caps = {"local_power_cap": 1e-9, "offload_power_cap": 0.0}
    problem = _small(slots=1, overflow_scale=1e-9, buffer=1e4, initial_buffer=1e4, **caps)
    result = solve(problem)
    assert result.quality is Quality.FEASIBLE
    assert any("very dear to drop" in note for note in result.notes)


def test_what_is_proved_needs_no_note():
    result = solve(carbon_offloading.generate(users=2, slots=30, seed=6, energy="throttled", harvest=6e-3))
    assert result.quality is Quality.OPTIMAL
    assert result.notes == ()


def test_highs_agrees():
    for options in ({}, {"battery": 1e-3}, {"load": 8e6, "buffer": 1e4}):
        problem = carbon_offloading.generate(users=2, slots=30, seed=8, **options)
        exact = solve(problem)
        coarse, fine = (carbon_offloading.solve(problem, method="highs", params=PiecewiseLinear(segments=k)) for k in (3, 30))
        for result in (coarse, fine):
            assert carbon_offloading.verify(problem, result)
            assert result.bound <= exact.bound * (1.0 + 1e-9)
            assert exact.bound <= result.value
        assert fine.value - exact.bound <= coarse.value - exact.bound
        assert fine.bound == pytest.approx(exact.bound, rel=1e-3)


def test_a_run_cut_short_keeps_a_valid_bound():
    problem = carbon_offloading.generate(users=4, slots=50, seed=9)
    whole = solve(problem)
    for method in ("exact", "highs"):
        result = carbon_offloading.solve(problem, method=method, stop=Stop(seconds=1e-9))
        assert result.termination is Termination.TIME
        assert carbon_offloading.verify(problem, result)
        assert result.bound <= whole.value <= result.value


@pytest.mark.parametrize(
    "options",
    [
        {"weights": (1.0, 0.0, 0.0, 0.0)},
        {"weights": (1.0, 0.0, 0.0, 0.0), "load": 0.0},
        {"weights": (0.0, 0.0, 1.0, 0.0)},
        {"load": 0.0},
        {"load": 0.0, "battery": 1e-3},
        {"load": 0.0, "preset": "day", "harvest": 0.5, "slots": 60},
    ],
)
def test_an_optimum_of_nothing_is_proved(options):
    result = solve(carbon_offloading.generate(**{"users": 2, "slots": 50, "seed": 0, **options}))
    assert (result.value, result.bound, result.notes) == (0.0, 0.0, ())
    assert result.quality is Quality.OPTIMAL
