"""Generators: Table II, the other presets, and the order in which numbers are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.solvers.scheduling.model import PRESETS, Episode, generate

_TRACE = "cloud_traces/AzureLLMInferenceTrace_conv.csv.gz"


def _within(values: np.ndarray, low: float, high: float) -> None:
    assert values.min() >= low
    assert values.max() <= high
    assert abs(values.mean() - (low + high) / 2) < 4 * (high - low) / np.sqrt(12 * len(values))


def test_table_2() -> None:
    episodes = [generate(devices=25, horizon=200.0, seed=seed) for seed in range(8)]
    for name, low, high in [("capacity", 2, 3), ("battery", 4000, 5000), ("active_power", 5, 8), ("idle_power", 0.5, 0.8)]:
        _within(np.concatenate([getattr(e, name) for e in episodes]), low, high)
    for name, low, high in [("work", 3, 8), ("data", 2, 3), ("chain_latency", 1, 2)]:
        _within(np.concatenate([getattr(e, name).ravel() for e in episodes]), low, high)
    tasks = np.array([e.tasks for e in episodes])
    assert abs(tasks.mean() - 1250.0) < 4 * np.sqrt(1250.0 / len(tasks))
    for e in episodes:
        assert (e.deadline, e.margin, e.settlement, e.link_rate, e.latency_weight, e.energy_weight) == (15, 2, 5, 20, 0.5, 0.5)
        assert np.array_equal(e.battery_floor, 0.1 * e.battery)
        assert np.all(np.diff(e.arrival) >= 0.0)
        assert e.transfer.min() >= 0.8
        assert e.transfer.max() <= 1.2


def test_the_order_of_draws() -> None:
    """The naive generator: loops, and gaps one by one."""
    made = generate(devices=3, rate=0.2, horizon=50.0, seed=7)
    rng, _ = generator(7, INSTANCES)
    for name, low, high in [("capacity", 2, 3), ("active_power", 5, 8), ("idle_power", 0.5, 0.8), ("battery", 4000, 5000)]:
        assert np.array_equal(getattr(made, name), rng.uniform(low, high, 3))
    drawn = []
    for device in range(3):
        time = rng.exponential(5.0)
        while time <= 50.0:
            drawn.append((time, device))
            time += rng.exponential(5.0)
    drawn.sort()
    assert made.source.tolist() == [device for _, device in drawn]
    assert np.allclose(made.arrival, [time for time, _ in drawn], rtol=1e-12)
    assert np.array_equal(made.work, rng.uniform(3, 8, len(drawn)))
    assert np.array_equal(made.data, rng.uniform(2, 3, len(drawn)))
    assert np.array_equal(made.chain_latency, rng.uniform(1, 2, (len(drawn), 3)))


@pytest.mark.parametrize("preset", [each for each in PRESETS if each != "azure"])
def test_the_same_seed_gives_the_same_episode(preset: str) -> None:
    one, two, other = (generate(preset=preset, devices=4, horizon=100.0, seed=seed) for seed in (3, 3, 4))
    assert one.hash == two.hash != other.hash
    assert one.provenance.seed == 3
    assert one.provenance.name == preset
    assert Episode.from_payload(one.to_payload()).hash == one.hash


def test_what_presets_change() -> None:
    assert generate(preset="battery", seed=0).horizon == 1800.0
    assert generate(preset="shared-channel", seed=0).channel == "shared"
    saturated = generate(preset="saturated", seed=0)
    assert set(saturated.work) == {25.0}
    assert saturated.provenance.parameters["rate"] == 0.1
    assert generate(preset="shared-channel", channel="link", seed=0).channel == "link"  # the caller's word counts


def test_bursts_have_the_mean_rate_and_are_bursts() -> None:
    counts = np.array([generate(preset="burst", horizon=600.0, seed=seed).tasks for seed in range(60)])
    assert abs(counts.mean() - 1500.0) < 4 * counts.std() / np.sqrt(len(counts))
    assert counts.var() > 5 * counts.mean()  # a Poisson process has the variance of its mean


def test_azure(shared_data: Path) -> None:
    path = shared_data / _TRACE
    episodes = [generate(preset="azure", trace=path, devices=10, seed=seed) for seed in range(6)]
    rates = np.array([e.tasks / (600.0 * 10) for e in episodes])
    assert 0.15 < rates.mean() < 0.35  # a real trace swings
    assert len({e.hash for e in episodes}) == 6
    assert 3.0 < np.mean([e.work.mean() for e in episodes]) < 8.0
    assert episodes[0].provenance.parameters["trace"].endswith("conv.csv.gz")
    with pytest.raises(ValueError, match=r"horizon: must take at most the whole trace, \d+ s"):
        generate(preset="azure", trace=path, devices=1000, rate=1.0, horizon=1e4, seed=0)
    with pytest.raises(ValueError, match="work: must be one number"):
        generate(preset="azure", trace=path, work=(3.0, 8.0), seed=0)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"preset": "table-3"}, "preset: must be one of"),
        ({"devices": 0}, "devices: must be at least 1"),
        ({"devices": 2.0}, "devices: must be an integer"),
        ({"rate": -0.1}, "rate: must be at least 0"),
        ({"rate": float("nan")}, "rate: must be"),
        ({"rate": 1e6, "horizon": 1e9}, "rate: must leave at most 1e8 tasks"),
        ({"horizon": float("inf")}, "horizon: must be"),
        ({"work": (8.0, 3.0)}, "work: must have the lower number first"),
        ({"work": (1.0, 2.0, 3.0)}, "work: must be a number or a tuple of two numbers"),
        ({"work": 0.0, "horizon": 60.0}, "work: must be at least"),
        ({"data": -1.0}, "data: must be at least 0"),
        ({"failure_cost": -100.0}, "failure_cost: must be at least 0"),
        ({"trace": "somewhere.csv"}, "trace: is not taken by preset 'table-2'"),
        ({"fetch": True}, "fetch: is not taken by preset 'table-2'"),
        ({"preset": "azure"}, "trace: must be the path of a trace for preset 'azure'"),
        ({"seed": -1}, "seed: must be at least 0"),
    ],
)
def test_refusals(arguments: dict[str, object], rule: str) -> None:
    with pytest.raises((ValueError, TypeError), match=rule):
        generate(**arguments)


def test_nothing_arrives() -> None:
    for arguments in ({"rate": 0.0}, {"horizon": 0.0}):
        assert generate(**arguments, seed=1).tasks == 0
        assert generate(preset="burst", **arguments, seed=1).tasks == 0
