"""Value iteration: its laws, its tables against a naive second implementation, its policy against others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeworth.core.result import Quality, Termination
from edgeworth.core.stop import Stop
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import ValueIteration, generate, solve
from edgeworth.solvers.carbon_offloading.kernels.service import Device
from edgeworth.solvers.carbon_offloading.kernels.value_iteration import Grid, Prices, value_iteration
from edgeworth.solvers.carbon_offloading.policies import states
from edgeworth.solvers.carbon_offloading.policies import value_iteration as tables
from tests.oracles import carbon_value_iteration as oracle

TAU, BANDWIDTH, KAPPA, CYCLES = 1e-3, 1e6, 1e-27, 500.0


@pytest.fixture
def nothing_kept():
    """No table of an earlier run."""
    tables._KEPT.clear()


# --- the laws -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("shape", [1.0, 4.0])
def test_the_transition_of_gains_has_the_mean_and_the_frequencies_of_the_process(shape, correlation):
    node = states.gain_nodes(shape, 24)
    weight = states.gain_transition(node, shape, correlation)
    assert weight.min() >= 0.0
    assert weight.sum(axis=1) == pytest.approx(np.ones(24), abs=1e-12)
    inner = slice(2, 20)
    mean = correlation**2 * node + (1.0 - correlation**2) * shape
    assert (weight @ node)[inner] == pytest.approx(mean[inner], rel=1e-3)
    # the hat functions averaged over the amplitudes themselves
    rng, count, start = np.random.default_rng(0), 20_000, 9
    amplitude = np.zeros((count, int(shape)), complex)
    amplitude[:, 0] = np.sqrt(node[start])
    noise = (rng.standard_normal(amplitude.shape) + 1j * rng.standard_normal(amplitude.shape)) / np.sqrt(2.0)
    gain = (np.abs(correlation * amplitude + np.sqrt(1.0 - correlation**2) * noise) ** 2).sum(axis=1)
    hats = np.stack([np.interp(gain, node, unit) for unit in np.eye(24)])
    error = np.sqrt(hats.var(axis=1) / count) + 1e-4
    assert np.all(np.abs(hats.mean(axis=1) - weight[start]) < 4.5 * error)


def test_gains_that_do_not_move_or_have_one_state():
    node = states.gain_nodes(4.0, 5)
    assert np.array_equal(states.gain_transition(node, 4.0, 1.0), np.eye(5))
    assert np.array_equal(states.gain_transition(np.ones(1), 4.0, 0.5), [[1.0]])
    assert states.gain_nodes(4.0, 1) == pytest.approx([4.0])


def test_the_usual_gain_is_the_law_that_the_transition_keeps():
    node = states.gain_nodes(4.0, 60)
    usual = states.stationary(node, 4.0)
    assert usual @ node == pytest.approx(4.0, rel=1e-3)
    assert usual @ states.gain_transition(node, 4.0, 0.9) == pytest.approx(usual, abs=2e-3)


@pytest.mark.parametrize("mean", [0.0, 0.05, 0.8, 4.0, 30.0, 2000.0])
def test_poisson_numbers(mean):
    number, chance = states.poisson(mean)
    assert chance.sum() == pytest.approx(1.0)
    assert chance @ number == pytest.approx(mean, rel=1e-6)
    assert chance @ number**2 - mean**2 == pytest.approx(mean, rel=1e-4)
    few, weight = states.condensed(number, chance, 7)
    assert few.size <= 7
    assert weight @ few == pytest.approx(mean, rel=1e-6)


def test_laws_of_slots_are_made_once_each():
    amounts, chances, number = states.laws(np.array([0.0, 2.0, 0.0, 6.0]), 2.0, 50)
    assert number.tolist() == [0, 1, 0, 2]
    assert (amounts * chances).sum(axis=1) == pytest.approx([0.0, 2.0, 6.0])
    certain, one, _ = states.laws(np.array([0.0, 5.0]), 0.0, 50)
    assert certain.tolist() == [[0.0], [5.0]]
    assert one.tolist() == [[1.0], [1.0]]


# --- tables against plain loops -----------------------------------------------------------------------------------------------

GAINS = [0.5, 2.0, 6.0]
TRANSITION = [[0.7, 0.3, 0.0], [0.2, 0.5, 0.3], [0.0, 0.4, 0.6]]
HARVEST = [(0.0, 0.3), (8e-4, 0.5), (5e-3, 0.2)]
ARRIVAL = [(900.0 * k, chance) for k, chance in enumerate((0.05, 0.1, 0.2, 0.25, 0.2, 0.1, 0.07, 0.03))]
SIZE, SLOTS = 2e4, 6


def _tables(nodes, dropped, event, grid_price=60.0):
    def column(pairs, i):
        return np.array([[pair[i] for pair in pairs]])

    grid = Grid(
        buffer=nodes, gain=np.array(GAINS), transition=np.array(TRANSITION), usual=np.array([0.2, 0.5, 0.3]),
        harvest=column(HARVEST, 0), harvest_chance=column(HARVEST, 1), harvest_law=np.zeros(SLOTS, np.int64),
        arrival=column(ARRIVAL, 0), arrival_chance=column(ARRIVAL, 1), arrival_law=np.zeros(SLOTS, np.int64),
    )  # fmt: skip
    device = Device(TAU, BANDWIDTH * TAU, KAPPA * CYCLES**3 / TAU**2, TAU / CYCLES * (2.0 / KAPPA) ** (1.0 / 3.0), 2.0, 2.0)
    prices = Prices(grid_price, 2.5e-6, 60.0, dropped, event, 2 * 2.0 * TAU)
    table = np.empty((SLOTS, len(GAINS), nodes.size), np.float32)
    level, first = np.zeros(SLOTS), np.zeros((SLOTS, nodes.size))
    assert value_iteration(device, grid, prices, SLOTS, 0.0, table, level, first) == SLOTS
    return table.astype(float), level, first


def _naive(slots, dropped, event, nodes=101):
    device = oracle.Device(TAU, BANDWIDTH, KAPPA, CYCLES, 2.0, 2.0, SIZE, 60.0, 2.5e-6, 60.0, dropped, event)
    return oracle.value_iteration(device, GAINS, TRANSITION, HARVEST, ARRIVAL, slots, nodes)


@pytest.mark.parametrize(
    ("dropped", "event", "tolerance"), [(1e-3, 0.0, 0.03), (2e-5, 0.0, 0.03), (0.0, 0.2, 0.06)], ids=["dear", "cheap", "event"]
)
def test_tables_agree_with_plain_loops(dropped, event, tolerance):
    """Also where dropping bits pays, so that the value is not convex, and where it costs the same however many are dropped.

    Most of the tolerance is the loops': at twice their nodes they come half as far from the tables."""
    nodes = SIZE * np.linspace(0.0, 1.0, 301) ** 2
    table, level, first = _tables(nodes, dropped, event)
    value, left = _naive(SLOTS, dropped, event)
    usual, coarse = np.array([0.2, 0.5, 0.3]), np.linspace(0.0, SIZE, 101)
    expected = usual @ np.array(value)
    assert level[-1] == pytest.approx(expected[0], rel=0.015)
    # whole curves: the integral of the marginal values
    found = np.append(0.0, np.cumsum(0.5 * (first[-1, 1:] + first[-1, :-1]) * np.diff(nodes)))
    assert np.interp(coarse, nodes, found) == pytest.approx(expected - expected[0], abs=tolerance * np.ptp(expected))
    for g, naive in enumerate(np.array(left)):
        wait = table[-1, g]
        found = np.append(0.0, np.cumsum(0.5 * (wait[1:] + wait[:-1]) * np.diff(nodes)))
        assert np.interp(coarse, nodes, found) == pytest.approx(naive - naive[0], abs=tolerance * np.ptp(naive))


def test_a_dearer_bit_dropped_never_lowers_what_a_bit_left_is_worth():
    nodes = SIZE * np.linspace(0.0, 1.0, 61) ** 2
    cheap, dear = _tables(nodes, 1e-3, 0.0)[0], _tables(nodes, 2e-3, 0.0)[0]
    assert np.all(dear >= cheap - 1e-12)
    assert dear.max() > 1.5 * cheap.max()


# --- the policy ---------------------------------------------------------------------------------------------------------------


def _values(method, load, seeds, **given):
    problems = [generate(users=2, slots=60, load=load, seed=seed, **given) for seed in seeds]
    return np.array([solve(problem, method=method).value for problem in problems])


@pytest.mark.parametrize(
    ("load", "given"),
    [
        (3e6, {}),
        (5e6, {}),
        (5e6, {"overflow_scale": "mean-arrival", "buffer": 2e4}),
        (5e6, {"overflow": "event", "buffer": 2e4}),
    ],
    ids=["load 3", "load 5", "dropping pays", "event"],
)
def test_it_costs_less_than_other_policies_on_the_same_episodes(load, given):
    best = _values("value-iteration", load, range(4), **given)
    for other in ("lyapunov", "mpc", "burn"):
        assert best.mean() < _values(other, load, range(4), **given).mean() * (1.0 + 1e-6)


def test_it_is_never_below_hindsight():
    for seed in range(4):
        problem = generate(users=2, slots=80, load=5e6, seed=seed)
        bound = solve(problem, method="exact").bound
        for method in ("value-iteration", "mpc"):
            assert solve(problem, method=method).value >= bound * (1.0 - 1e-9)


def test_the_expected_cost_is_the_mean_over_episodes():
    problems = [
        generate(users=3, slots=60, load=4.5e6, seed=seed, gains="gamma", initial_buffer="random") for seed in range(40)
    ]
    expected = np.array([tables.expected_cost(problem).sum() for problem in problems])
    found = np.array([solve(problem, method="value-iteration").value for problem in problems])
    error = (found - expected).std(ddof=1) / np.sqrt(len(problems))
    assert error < 0.06 * expected.mean()
    assert abs((found - expected).mean()) < 3.0 * error


def test_a_finer_grid_changes_little():
    problem = generate(users=2, slots=60, load=5e6, seed=1)
    costs = [
        solve(problem, method="value-iteration", params=ValueIteration(*size)).value
        for size in ((61, 12, 8, 1e-3), (), (201, 40))
    ]
    assert costs == pytest.approx([costs[1]] * 3, rel=2e-3)


def test_tables_are_kept_and_bounded(nothing_kept, monkeypatch):
    problem = generate(users=2, slots=40, seed=3)
    first, again = solve(problem, method="value-iteration"), solve(problem, method="value-iteration")
    assert first.stats.iterations > 0
    assert again.stats.iterations == 0
    assert again.value == first.value
    longer = solve(generate(users=2, slots=50, seed=3), method="value-iteration")
    assert longer.quality is Quality.FEASIBLE
    monkeypatch.setattr(tables, "_KEPT_BYTES", 1)
    assert solve(generate(users=2, slots=41, seed=4, load=2e6), method="value-iteration").value is not None
    assert len(tables._KEPT) == 1


@pytest.mark.parametrize("method", ["value-iteration", "mpc"])
def test_decisions_do_not_depend_on_what_comes_later(method, nothing_kept):
    problem, rng = generate(users=2, slots=30, load=5e6, seed=5), np.random.default_rng(0)
    made = solve(problem, method=method).solution
    for t in (0, 12, 28):
        changed = {name: getattr(problem, name).copy() for name in ("arrivals", "harvest", "gain", "carbon")}
        for name, values in changed.items():
            later = t if name == "arrivals" else t + 1
            values[..., later:] = values[..., later:] * rng.uniform(0.1, 4.0, values[..., later:].shape)
        other = solve(replace(problem, **changed), method=method).solution
        assert np.array_equal(made.local_power[:, : t + 1], other.local_power[:, : t + 1])
        assert np.array_equal(made.offload_power[:, : t + 1], other.offload_power[:, : t + 1])
        assert not np.array_equal(made.local_power, other.local_power)


@pytest.mark.parametrize(
    ("change", "named"),
    [({"law": None}, "law"), ({"battery": 1e-3}, "battery"), ({"energy": "throttled"}, "energy")],
    ids=["law", "battery", "throttled"],
)
def test_what_it_does_not_take_is_refused_by_name(change, named):
    problem = replace(generate(users=1, slots=5, seed=0), **change)
    result = solve(problem, method="value-iteration")
    assert result.termination is Termination.REFUSED
    assert result.notes[0].startswith(f"{named}:")
    with pytest.raises(ValueError, match=f"{named}: must"):
        tables.expected_cost(problem)


def test_throttled_energy_without_a_weight_of_waste_is_taken():
    problem = generate(users=1, slots=30, seed=0, energy="throttled", weights=(0.5, 0.3, 0.0, 0.2))
    assert solve(problem, method="value-iteration").value <= solve(problem, method="lyapunov").value


def test_slots_without_carbon_are_served_at_full_power():
    problem = replace(generate(users=2, slots=12, load=6e6, seed=0), carbon=np.array([2e-4, 0.0] * 6))
    made = solve(problem, method="value-iteration").solution
    played = carbon_offloading.simulate(problem, made)
    assert made.offload_power[:, 1::2] == pytest.approx(np.minimum(made.offload_power[:, 1::2], 2.0))
    full = (made.local_power + made.offload_power > 3.99) | (played.buffer[:, :-1] - played.served < 1e-6)
    assert full[:, 1::2].all()
    assert tables.expected_cost(replace(problem, carbon=np.zeros(12)))[0] > 0.0


def test_users_that_interfere_get_a_note():
    problem = generate(users=2, slots=10, seed=0, receiver="mmse")
    assert "interfere" in solve(problem, method="value-iteration").notes[0]


def test_a_run_that_is_cut_says_from_where_on_nothing_is_spent(nothing_kept):
    problem = generate(users=3, slots=20, seed=6)
    result = solve(problem, method="value-iteration", stop=Stop(seconds=0.0))
    assert result.termination is Termination.TIME
    assert "no power is spent" in result.notes[0]
    assert not result.solution.local_power.any()


@pytest.mark.parametrize(
    ("params", "named"),
    [({"buffer_states": 2}, "buffer_states"), ({"gain_states": 1}, "gain_states"), ({"harvest_states": 0}, "harvest_states"),
     ({"tolerance": 1.0}, "tolerance"), ({"tolerance": float("nan")}, "tolerance")],
)  # fmt: skip
def test_parameters_out_of_range(params, named):
    with pytest.raises(ValueError, match=named):
        ValueIteration(**params)
