"""The generator: laws of what it draws, its presets, days of sun, and the same seeds again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.solvers import carbon_offloading as co
from edgeworth.solvers.carbon_offloading.model import channels, days
from edgeworth.solvers.carbon_offloading.model.receivers import cross_gains, zero_forcing_gain


@pytest.mark.parametrize("draw", [channels.matrix_gains, channels.gamma_gains])
def test_gains_have_their_exact_law(draw: Any) -> None:
    """Gamma(antennas - users + 1, 1): mean and variance 4 for 8 antennas and 5 users. Correlation .5 mixes within few slots."""
    found = draw(np.random.default_rng(0), channels.Fading(0.5, 8), np.ones((5, 4000)))
    assert found.mean() == pytest.approx(4.0, rel=0.03)
    assert found.var() == pytest.approx(4.0, rel=0.06)
    skew = ((found - found.mean()) ** 3).mean() / found.var() ** 1.5
    assert skew == pytest.approx(2.0 / 4.0**0.5, rel=0.15)


@pytest.mark.parametrize("draw", [channels.matrix_gains, channels.gamma_gains])
@pytest.mark.parametrize("correlation", [0.0, 0.95, 1.0])
def test_fading_has_memory(draw: Any, correlation: float) -> None:
    found = draw(np.random.default_rng(1), channels.Fading(correlation, 6), np.ones((3, 3000)))
    if correlation == 1.0:
        np.testing.assert_allclose(found, found[:, :1] * np.ones((1, 3000)), rtol=1e-9)
        return
    near = np.mean([np.corrcoef(row[:-1], row[1:])[0, 1] for row in found])
    assert near == pytest.approx(correlation**2, abs=0.06)


def test_zero_forcing_is_what_its_filters_do() -> None:
    rng = np.random.default_rng(2)
    channel = rng.standard_normal((4, 6, 3)) + 1j * rng.standard_normal((4, 6, 3))
    gains, cross = zero_forcing_gain(channel), cross_gains(channel, channel)
    inverse = np.linalg.inv(np.matmul(channel.conj().swapaxes(1, 2), channel))
    np.testing.assert_allclose(gains, 1.0 / np.real(np.diagonal(inverse, axis1=1, axis2=2)), rtol=1e-9)
    np.testing.assert_allclose(np.diagonal(cross, axis1=1, axis2=2), gains, rtol=1e-9)
    assert np.abs(cross - gains[:, :, None] * np.eye(3)).max() < 1e-12


def test_devices_move_at_their_speed_and_stay_inside() -> None:
    start = np.array([10.0, 60.0, 99.0])
    found = channels.distances(np.random.default_rng(0), start, 100.0, 2.0, 5000)
    np.testing.assert_allclose(found[:, 0], start, rtol=1e-12)
    assert np.all(np.abs(np.diff(found, axis=1)) <= 2.0 + 1e-9)
    assert np.all(found >= 10.0)
    assert np.all(found <= np.sqrt(2.0) * 99.0)
    assert found.std(axis=1).min() > 5.0
    still = channels.distances(np.random.default_rng(0), start, 100.0, 0.0, 7)
    np.testing.assert_allclose(still, np.repeat(start[:, None], 7, axis=1), rtol=1e-12)


def test_the_papers_setting() -> None:
    problem = co.generate(seed=0)
    assert (problem.users, problem.slots, problem.slot_length) == (5, 200, 1e-3)
    assert problem.carbon.tolist() == [700.0 / 3.6e6] * 200
    assert set(np.unique(problem.arrivals % 100.0)) == {0.0}
    assert problem.arrivals.mean() == pytest.approx(3000.0, rel=0.02)
    assert problem.harvest.mean() == pytest.approx(0.8e-3, rel=0.05)
    np.testing.assert_allclose(problem.harvest / 2e-4, np.rint(problem.harvest / 2e-4), atol=1e-9)
    law = problem.law
    assert law is not None
    assert (law.packet, law.quantum, law.correlation, law.gain_shape) == (100.0, 2e-4, 0.95, 4.0)
    assert np.all(law.mean_arrival == 3000.0)
    distance = (law.mean_gain / 4.0) ** (-1.0 / 3.0) * 100.0
    assert np.all((distance >= 10.0) & (distance <= 100.0))
    assert problem.provenance.parameters["antennas"] == 8


def test_loads_follow_the_argument_and_the_same_seed_draws_the_same_channels() -> None:
    one, two = (co.generate(load=load, seed=4) for load in (1e6, 1.2e7))
    np.testing.assert_array_equal(one.gain, two.gain)
    assert two.arrivals.mean() == pytest.approx(12.0 * one.arrivals.mean(), rel=0.05)
    assert co.generate(load=1e6, seed=4).hash == one.hash != co.generate(load=1e6, seed=5).hash
    rng, _ = generator(4, INSTANCES)
    assert co.generate(load=1e6, seed=rng).hash == one.hash


def test_dense_literal_and_heterogeneous() -> None:
    dense = co.generate(preset="dense", slots=5, seed=0)
    assert (dense.users, dense.provenance.parameters["antennas"]) == (100, 128)
    literal = co.generate(preset="literal", seed=0)
    assert (literal.users, literal.provenance.parameters["antennas"], literal.overflow) == (3, 4, "event")
    assert literal.harvest.max() >= 1.0
    assert literal.overflow_scale.tolist() == [3000.0] * 3
    unequal = co.generate(preset="heterogeneous", users=30, slots=50, seed=0)
    for cap in (unequal.local_power_cap, unequal.offload_power_cap):
        assert cap.min() >= 0.6
        assert cap.max() <= 6.0
        assert cap.std() > 0.5
    means = unequal.arrivals.mean(axis=1)
    assert means.max() > 3.0 * means.min()


def test_a_synthetic_day() -> None:
    problem = co.generate(preset="day", seed=0)
    assert (problem.users, problem.slots, problem.slot_length) == (5, 288, 300.0)
    hour = (np.arange(288) + 0.5) / 12.0
    dark = (hour < 6.0) | (hour > 18.0)
    assert np.all(problem.harvest[:, dark] == 0.0)
    assert np.all(problem.harvest[:, ~dark] > 0.0)
    assert problem.carbon[np.abs(hour - 13.0) < 1.0].mean() < problem.carbon[np.abs(hour - 19.5) < 1.0].mean()
    grams = problem.carbon * 3.6e6
    assert 100.0 < grams.min() < grams.max() < 500.0
    assert problem.law is not None
    assert problem.law.gain_shape == problem.law.quantum == 0.0
    assert problem.arrivals.sum() == pytest.approx(5 * 86_400 * 3e6, rel=0.05)
    assert days.profile(288, 300.0).mean() == pytest.approx(1.0)
    clouded = np.mean([co.generate(preset="day", users=1, speed=0.0, seed=s).harvest.sum() for s in range(40)])
    clear = np.mean([co.generate(preset="day", users=1, speed=0.0, seed=s).law.mean_harvest.sum() for s in range(40)])  # type: ignore[union-attr]
    assert clouded == pytest.approx(clear, rel=0.12)


def test_green_energy_of_a_day_covers_about_half_of_it() -> None:
    problem = co.generate(preset="day", battery=1e4, seed=1)
    found = co.solve(problem, method="lyapunov").solution
    assert found is not None
    assert 0.1 < co.measures(problem, found)["green_share"] < 0.95


TRACE = "time,A,B\n" + "".join(f"{300 * k},{max(0.0, 5.0 - abs(k % 288 - 144) / 20.0)},{k % 7}\n" for k in range(600))
GRID = (
    "when,Z\n"
    + "".join(f"2023-06-08 {k:02d}:00:00,{200 + k}\n" for k in range(24))
    + "".join(f"2023-06-09 {k:02d}:00:00,{300 + k}\n" for k in range(24))
)


def test_a_day_of_traces(tmp_path: Path) -> None:
    (tmp_path / "sun.csv").write_text(TRACE)
    (tmp_path / "grid.csv").write_text(GRID)
    problem = co.generate(preset="day", solar=tmp_path / "sun.csv", intensity=tmp_path / "grid.csv", city="A", zone="Z", seed=0)
    shape = np.maximum(0.0, 5.0 - np.abs(np.arange(288) - 144) / 20.0) / 5.0
    np.testing.assert_allclose(problem.harvest, problem.harvest.max(axis=1, keepdims=True) * shape, rtol=1e-12)
    first = problem.carbon[0] * 3.6e6
    assert first in (pytest.approx(200.0), pytest.approx(300.0))
    np.testing.assert_allclose(problem.carbon * 3.6e6, first + np.arange(288) // 12, rtol=1e-12)
    other = co.generate(preset="day", solar=tmp_path / "sun.csv", intensity=tmp_path / "grid.csv", city="B", seed=0)
    assert other.harvest[0, 1] > 0.0
    assert problem.provenance.parameters["solar"] == "sun.csv: A"


def test_shares_are_not_taken_for_an_intensity(tmp_path: Path) -> None:
    (tmp_path / "sun.csv").write_text(TRACE)
    (tmp_path / "grid.csv").write_text(GRID.replace(",Z", ",ES_renewable_pct"))
    with pytest.raises(ValueError, match=r"zone: must be a column of g/kWh, not of shares; got 'grid.csv: ES_renewable_pct'"):
        co.generate(preset="day", solar=tmp_path / "sun.csv", intensity=tmp_path / "grid.csv", seed=0)


def test_a_day_of_public_traces(shared_data: Path) -> None:
    folder = shared_data / "carbon"
    problem = co.generate(
        preset="day", solar=folder / "vessim_solar_10cities_5min.csv.gz", city="San Francisco",
        intensity=folder / "vessim_watttime_caiso_north_2023_5min.csv.gz", seed=3,
    )  # fmt: skip
    grams = problem.carbon * 3.6e6
    assert 0.0 <= grams.min() < grams.max() < 600.0
    dark = (problem.harvest == 0.0).mean()
    assert 0.3 < dark < 0.6
    hourly = co.generate(
        preset="day", solar=folder / "vessim_solar_10cities_5min.csv.gz", city="Berlin",
        intensity=folder / "electricitymaps_2022_hourly_4zones.csv.gz", zone="ES_direct_g_per_kwh", seed=3,
    )  # fmt: skip
    assert len(np.unique(hourly.carbon)) <= 24


def test_traces_are_fetched_by_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pooch

    asked: dict[str, str] = {}

    def retrieve(url: str, known_hash: str, path: Path, fname: str) -> str:
        asked[url] = known_hash
        where = tmp_path / fname
        where.write_text(TRACE.replace("A,B", "Berlin,San Francisco") if "solar" in fname else GRID)
        return str(where)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    problem = co.generate(preset="day", users=2, fetch=True, seed=0)
    assert problem.provenance.parameters["solar"] == "solar_example.csv: San Francisco"
    assert len(asked) == 2
    assert all(url.startswith("https://raw.githubusercontent.com/dos-group/vessim/408ed48d") for url in asked)
    assert all(len(digest) == len("sha256:") + 64 for digest in asked.values())


def test_whether_the_traces_at_hand_are_those_that_are_fetched(shared_data: Path) -> None:
    import gzip
    import hashlib

    from edgeworth.datasets import carbon

    for name, here in (
        (carbon.SOLAR_FILE, "vessim_solar_10cities_5min.csv.gz"),
        (carbon.INTENSITY_FILE, "vessim_watttime_caiso_north_2023_5min.csv.gz"),
    ):
        found = hashlib.sha256(gzip.decompress((shared_data / "carbon" / here).read_bytes())).hexdigest()
        assert found == carbon._SHA256[name]
