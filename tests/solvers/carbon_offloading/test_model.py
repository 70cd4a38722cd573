"""The model against a naive second implementation, and what may not change a value."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgeworth
from edgeworth.solvers import carbon_offloading as co
from edgeworth.solvers.carbon_offloading.model import coefficients
from edgeworth.testing import carbon_problems, schedules
from tests.oracles import carbon_offloading as oracle


def _fractions(problem: co.CarbonOffloading, seed: int = 0) -> co.Schedule:
    share = np.random.default_rng(seed).random((2, problem.users, problem.slots))
    return co.Schedule(share[0] * problem.local_power_cap[:, None], share[1] * problem.offload_power_cap[:, None])


@settings(max_examples=60)
@given(data=st.data(), problem=carbon_problems())
def test_a_trajectory_is_the_oracles(data: st.DataObject, problem: co.CarbonOffloading) -> None:
    schedule = data.draw(schedules(problem))
    found = co.simulate(problem, schedule)
    wanted = oracle.play(problem, schedule.local_power, schedule.offload_power)
    np.testing.assert_allclose(found.buffer[:, 1:], wanted["buffer"], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found.battery[:, 1:], wanted["battery"], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(found.dropped, wanted["dropped"], rtol=1e-9, atol=1e-6)
    for name in ("served", "local"):
        np.testing.assert_allclose(getattr(found, name), wanted[name], rtol=1e-9, atol=1e-6)
    for name in ("grid", "energy", "waste"):
        np.testing.assert_allclose(getattr(found, name), wanted[name], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(found.cost.sum(axis=(1, 2)), wanted["parts"], rtol=1e-6, atol=1e-9)
    assert co.value(problem, schedule) == pytest.approx(wanted["cost"], rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("given", [{}, {"receiver": "mmse"}, {"csi_error": 0.05}, {"battery": 2e-3}, {"energy": "throttled"}])
def test_a_whole_episode_is_the_oracles(given: dict[str, Any]) -> None:
    problem = co.generate(users=3, slots=25, load=5e6, initial_buffer="random", seed=3, **given)
    schedule = _fractions(problem)
    wanted = oracle.play(problem, schedule.local_power, schedule.offload_power)
    assert co.value(problem, schedule) == pytest.approx(wanted["cost"], rel=1e-9)
    named = co.measures(problem, schedule)
    served, grid = float(wanted["served"].sum()), wanted["grid"]
    assert named["served"] == pytest.approx(served)
    assert named["carbon"] == pytest.approx(float((problem.carbon * grid).sum()))
    assert named["carbon_per_bit"] == pytest.approx(named["carbon"] / served)
    assert named["carbon_per_joule"] == pytest.approx(named["carbon"] / float(wanted["energy"].sum()))
    assert named["overflow"] == pytest.approx(float(wanted["dropped"].sum() / problem.arrivals.sum()))
    assert named["buffer"] == pytest.approx(float(wanted["buffer"].mean()))
    accepted = (problem.arrivals.sum() - wanted["dropped"].sum()) / (problem.slots * problem.slot_length)
    assert named["delay"] == pytest.approx(float(wanted["buffer"].mean(axis=1).sum() / accepted))
    assert named["waste"] == pytest.approx(float(wanted["waste"].sum() / problem.harvest.sum()))
    green = float(wanted["served"][grid <= 0.0].sum()) / served
    assert named["green_share"] == pytest.approx(green, abs=1e-12)
    assert named["cost"] == pytest.approx(sum(named[f"cost_{part}"] for part in ("carbon", "delay", "waste", "overflow")))


@settings(max_examples=25)
@given(data=st.data(), problem=carbon_problems(), factor=st.sampled_from([1e-3, 0.5, 300.0]))
def test_slots_bits_and_joules_by_one_factor_change_no_cost(
    data: st.DataObject, problem: co.CarbonOffloading, factor: float
) -> None:
    schedule = data.draw(schedules(problem))
    scaled = ("slot_length", "arrivals", "harvest", "buffer", "initial_buffer", "battery", "initial_battery", "overflow_scale")
    other = replace(problem, **{name: factor * getattr(problem, name) for name in scaled})
    one, two = co.simulate(problem, schedule).cost, co.simulate(other, schedule).cost
    if problem.overflow == "event":  # a rounded bit too many is an event
        one, two = one[:3], two[:3]
    np.testing.assert_allclose(one.sum(axis=(1, 2)), two.sum(axis=(1, 2)), rtol=1e-9, atol=1e-9)


@settings(max_examples=25)
@given(data=st.data(), problem=carbon_problems())
def test_users_in_another_order_are_the_same_users(data: st.DataObject, problem: co.CarbonOffloading) -> None:
    schedule = data.draw(schedules(problem))
    order = np.array(data.draw(st.permutations(range(problem.users))))
    first = ("arrivals", "harvest", "gain", "local_power_cap", "offload_power_cap", "buffer", "initial_buffer", "battery")
    moved = {name: getattr(problem, name)[order] for name in (*first, "initial_battery", "overflow_scale")}
    for name in ("channel", "estimate"):
        stored = getattr(problem, name)
        moved[name] = None if stored is None else stored[:, :, order]
    other = replace(problem, **moved)
    one = co.simulate(problem, schedule)
    two = co.simulate(other, co.Schedule(schedule.local_power[order], schedule.offload_power[order]))
    np.testing.assert_allclose(two.buffer, one.buffer[order], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(two.sinr, one.sinr[order], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(two.grid, one.grid[order], rtol=1e-7, atol=1e-12)


@settings(max_examples=30)
@given(data=st.data(), problem=carbon_problems())
def test_bits_and_joules_are_conserved(data: st.DataObject, problem: co.CarbonOffloading) -> None:
    schedule = data.draw(schedules(problem))
    t = co.simulate(problem, schedule)
    np.testing.assert_allclose(t.buffer[:, 1:] - t.buffer[:, :-1], problem.arrivals - t.served - t.dropped, atol=1e-6)
    np.testing.assert_allclose(t.energy, t.grid + problem.harvest - t.waste - np.diff(t.battery, axis=1), atol=1e-12)
    for each in (t.buffer, t.battery, t.served, t.dropped, t.grid, t.waste):
        assert np.all(each >= 0.0)
    assert np.all(t.buffer <= problem.buffer[:, None])
    assert np.all(t.battery <= problem.battery[:, None] * (1 + 1e-12))
    assert not co.violations(problem, schedule)
    assert bool(co.verify(problem, schedule))


def test_throttled_energy_is_no_more_and_equal_where_the_buffer_lasts() -> None:
    problem = co.generate(users=3, slots=40, load=4e6, seed=1)
    schedule = _fractions(problem)
    full, least = co.simulate(problem, schedule), co.simulate(replace(problem, energy="throttled"), schedule)
    np.testing.assert_array_equal(full.served, least.served)
    assert np.all(least.energy <= full.energy)
    lasts = full.buffer[:, 1:] - problem.arrivals > 1e-9  # bits were left over
    np.testing.assert_array_equal(full.energy[lasts], least.energy[lasts])
    assert least.energy.sum() < 0.9 * full.energy.sum()


def test_users_do_not_interfere_without_error_and_do_with_it() -> None:
    known, erring = (co.generate(users=3, slots=8, csi_error=error, seed=2) for error in (0.0, 0.1))
    for problem, same in ((known, True), (erring, False)):
        alone, all_on = np.zeros((3, 8)), np.full((3, 8), 2.0)
        alone[0] = 2.0
        one = co.simulate(problem, co.Schedule(np.zeros((3, 8)), alone)).sinr[0]
        two = co.simulate(problem, co.Schedule(np.zeros((3, 8)), all_on)).sinr[0]
        assert np.array_equal(one, two) == same
        assert np.all(two <= one)
        np.testing.assert_allclose(one, 2.0 * problem.free_gain[0], rtol=1e-9)


def test_minimum_mean_square_error_is_between_zero_forcing_and_nobody_else() -> None:
    problem = co.generate(users=4, antennas=5, slots=30, receiver="mmse", seed=5)
    power = np.full((4, 30), 2.0)
    found = co.simulate(problem, co.Schedule(np.zeros((4, 30)), power)).sinr
    assert np.all(found >= power * problem.gain * (1 - 1e-9))
    assert np.all(found <= power * problem.free_gain * (1 + 1e-9))
    assert found.sum() > 1.01 * (power * problem.gain).sum()


def test_the_dominant_scale_of_who_sends_nothing_knows_no_gain() -> None:
    given = {"arrivals": [[1.0]], "harvest": [[0.0]], "carbon": [1e-4], "offload_power_cap": 0.0}
    good, bad = (co.CarbonOffloading(gain=[[gain]], **given).overflow_scale for gain in (10.0, 1e-9))  # type: ignore[arg-type]
    np.testing.assert_array_equal(good, bad)


def test_the_dominant_scale_makes_dropping_dear() -> None:
    """A dropped bit costs more than to hold it for all slots and to serve it at the dearest moment at full power."""
    problem = co.generate(users=5, slots=100, seed=0)
    price = coefficients(problem)
    dearest = np.log(2.0) / problem.bandwidth * (problem.offload_power_cap[:, None] + 1.0 / problem.gain)
    local = 3.0 * problem.slot_length * problem.local_power_cap / problem.most_local
    served = price.grid * np.maximum(dearest, local[:, None])
    assert np.all(price.dropped >= served + price.held[:, None] * problem.slots)
    plain = co.generate(users=5, slots=100, seed=0, overflow_scale="mean-arrival")
    assert plain.overflow_scale.tolist() == [3000.0] * 5
    assert np.any(coefficients(plain).dropped < served)


@settings(max_examples=20)
@given(problem=carbon_problems())
def test_problems_survive_files_and_pickling(problem: co.CarbonOffloading) -> None:
    assert pickle.loads(pickle.dumps(problem)).hash == problem.hash
    assert co.CarbonOffloading.from_payload(problem.to_payload()).hash == problem.hash


def test_every_field_enters_the_hash_and_files(tmp_path: Path) -> None:
    problem = co.generate(users=2, slots=5, csi_error=0.1, battery=1e-3, seed=0)
    assert problem.law is not None
    assert problem.channel is not None
    changed: dict[str, Any] = {
        name: 2.0 * getattr(problem, name)
        for name in ("arrivals", "harvest", "gain", "carbon", "local_power_cap", "offload_power_cap", "buffer", "battery")
    }
    changed |= {name: 2.0 * getattr(problem, name) for name in ("weights", "overflow_scale", "carbon_reference", "slot_length")}
    changed |= {name: 2.0 * getattr(problem, name) for name in ("bandwidth", "switched_capacitance", "cycles_per_bit")}
    changed |= {"initial_buffer": 1.0, "initial_battery": 1e-4, "overflow": "event", "energy": "throttled", "law": None}
    changed |= {"channel": 2.0 * problem.channel, "estimate": problem.channel, "law ": replace(problem.law, packet=7.0)}
    hashes = {replace(problem, **{name.strip(): item}).hash for name, item in changed.items()}
    assert len(hashes | {problem.hash}) == len(changed) + 1
    for ending in ("json", "npz"):
        problem.save(tmp_path / f"p.{ending}")
        copy = edgeworth.load(tmp_path / f"p.{ending}")
        assert isinstance(copy, co.CarbonOffloading)
        assert copy.hash == problem.hash
        assert copy.law is not None
        np.testing.assert_array_equal(copy.law.mean_gain, problem.law.mean_gain)


def test_a_schedule_is_a_table() -> None:
    frame = co.Schedule([[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.5], [0.1, 0.2]]).to_frame()
    assert frame["user"].tolist() == [0, 0, 1, 1]
    assert frame["slot"].tolist() == [0, 1, 0, 1]
    assert frame["local_power"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert "Schedule(" in repr(co.Schedule([[1.0]], [[1.0]]))


def test_powers_above_their_caps_are_listed_and_played() -> None:
    problem = co.generate(users=2, slots=3, seed=0)
    wild = co.Schedule(np.array([[0.0, 2.5, 3.0], [0.0, 0.0, 2.0]]), np.array([[0.0] * 3, [2.0 + 1e-8, 0.0, 0.0]]))
    found = co.violations(problem, wild)
    assert [(each.rule, each.at("user"), each.at("slot")) for each in found] == [
        ("local-power", 0, 2), ("offload-power", 1, 0),
    ]  # fmt: skip
    assert found[0].amount == pytest.approx(0.5)
    assert "user 0 spends 3 W of local power in slot 2, cap 2 W" in str(found[0])
    assert co.simulate(problem, wild).energy[0, 2] == pytest.approx(3e-3)
    assert set(co.verify(problem, wild).failures) == {"local-power", "offload-power"}
