"""Fitted networks forecast from plain arrays: counts, the same answers as plain loops, gaps in time, and what is refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.core.arrays import Array, Floats
from edgeworth.core.errors import FileFormatError
from edgeworth.forecasting.networks import ARCHITECTURES, Network
from edgeworth.learning.deep import checkpoint
from tests.oracles import forecasting as oracle

PRINTED = {"pro-lnn": 11_114, "lstm": 52_842, "transformer": 69_482}  # the FUSION paper, Table III


def network(name: str, history: int = 7, horizon: int = 3, features: int = 1, seed: int = 0) -> Network:
    net = ARCHITECTURES[name](features=features, horizon=horizon)
    rng = np.random.default_rng(seed)
    weights = [each + rng.normal(0.0, 0.1, each.shape).astype(np.float32) for each in net.start(rng)]
    return Network(name, dict(zip(net.shapes(), weights, strict=True)), history, horizon)


def windows(*shape: int) -> Floats:
    return np.random.default_rng(1).normal(size=shape)


def plain(made: Network) -> dict[str, Any]:
    return {name: values.astype(float).tolist() for name, values in made.arrays.items()}


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_are_those_of_the_paper(name: str) -> None:
    made = network(name, 48, 10)
    assert made.parameters == PRINTED[name]
    assert made.nbytes == 4 * PRINTED[name]
    more = {"pro-lnn": 128, "lstm": 256, "transformer": 64}[name]  # an exogenous feature
    assert network(name, 48, 10, features=2).parameters == PRINTED[name] + more


@pytest.mark.parametrize("features", [1, 2])
@pytest.mark.parametrize("name", PRINTED)
def test_forecasts_are_those_of_plain_loops(name: str, features: int) -> None:
    made, given = network(name, features=features), windows(2, 7, features)
    function = {"pro-lnn": lambda w, x: oracle.pro_lnn(w, x, [1.0] * 7), "lstm": oracle.lstm, "transformer": oracle.transformer}
    wanted = [function[name](plain(made), window) for window in given.tolist()]
    assert np.abs(made.predict(given) - wanted).max() < 1e-5


def test_missing_steps_are_skipped_with_the_time_they_took() -> None:
    made, given = network("pro-lnn"), windows(5, 7)
    dt = np.random.default_rng(2).uniform(0.2, 4.0, given.shape)
    given[1, [0, 1, 4]] = given[2, 4:] = given[3, :6] = given[4, 1:] = np.nan
    wanted = [oracle.pro_lnn(plain(made), x[:, None].tolist(), d.tolist()) for x, d in zip(given, dt, strict=True)]
    assert np.abs(made.predict(given, dt) - wanted).max() < 1e-5
    assert np.abs(made.predict(given[:1], dt[:1]) - made.predict(given[:1])).max() > 1e-3  # time matters


def test_time_constants_out_of_range_are_clipped() -> None:
    made = network("pro-lnn")
    low, high = made.arrays["tau.input.bias"].copy(), made.arrays["tau.input.bias"].copy()
    low[:], high[:] = -60.0, 5000.0
    for bias in (low, high):
        other = Network.from_arrays("pro-lnn", {**made.arrays, "tau.input.bias": bias}, 7, 3)
        wanted = oracle.pro_lnn(plain(other), windows(1, 7, 1)[0].tolist(), [1.0] * 7)
        assert np.abs(other.predict(windows(1, 7)) - wanted).max() < 1e-5


def held_gates(seed: int = 3) -> tuple[dict[str, Array], Array]:
    """A cell whose time constants and target follow neither input nor state, and its time constants."""
    rng = np.random.default_rng(seed)
    arrays = {name: np.zeros_like(values) for name, values in network("pro-lnn").arrays.items()}
    tau = rng.uniform(0.5, 20.0, 64)
    arrays["tau.input.bias"] = np.log(np.expm1(tau)).astype(np.float32)
    arrays["norm.bias"] = rng.normal(size=64).astype(np.float32)  # the drive is 0, so the target is tanh of this
    for name in ("head.0.weight", "head.1.weight"):
        arrays[name] = rng.normal(size=arrays[name].shape).astype(np.float32)
    return arrays, tau


def test_two_half_steps_are_a_whole_one_where_the_gates_are_held() -> None:
    arrays, _ = held_gates()
    whole, half = Network("pro-lnn", arrays, 4, 3), Network("pro-lnn", arrays, 8, 3)
    given, dt = windows(6, 4), np.random.default_rng(4).uniform(0.1, 3.0, (6, 4))
    one, two = whole.predict(given, dt), half.predict(np.repeat(given, 2, axis=1), np.repeat(dt / 2.0, 2, axis=1))
    assert np.abs(one - two).max() < 1e-4 * np.abs(one).max()


def test_half_steps_come_closer_to_the_whole_one_as_steps_become_short() -> None:
    """With gates that follow the state the two differ by the order of dt squared a step."""
    made = network("pro-lnn")
    double = Network("pro-lnn", made.arrays, 14, 3)
    given = windows(20, 7)
    error = []
    for dt in (0.4, 0.2, 0.1):
        steps = np.full(given.shape, dt)
        fine = double.predict(np.repeat(given, 2, axis=1), np.repeat(steps / 2.0, 2, axis=1))
        error.append(np.abs(made.predict(given, steps) - fine).max())
    assert error[0] > 2.5 * error[1] > 6.25 * error[2] > 0.0


@pytest.mark.parametrize("name", PRINTED)
def test_a_window_is_forecast_alone_as_among_others(name: str) -> None:
    """Across blocks and chunks."""
    made, given = network(name), windows(515, 7)
    together = made.predict(given)
    for row in (0, 15, 16, 511, 512, 514):
        assert np.abs(made.predict(given[row : row + 1]) - together[row]).max() < 1e-6


@pytest.mark.parametrize("name", PRINTED)
def test_files_and_pickles_keep_a_network(name: str, tmp_path: Path) -> None:
    made = network(name)
    made.save(tmp_path / "made.npz")
    other = Network.from_arrays(name, dict(made.arrays), 7, 3)
    again = pickle.loads(pickle.dumps(made))
    for each in (other, again, Network.load(tmp_path / "made.npz")):
        assert np.array_equal(each.predict(windows(3, 7)), made.predict(windows(3, 7)))
    with pytest.raises(ValueError, match="read-only"):
        next(iter(made.arrays.values()))[...] = 0.0


def test_windows_are_not_changed() -> None:
    given = windows(3, 7)
    given[0, 2] = given[1, 6] = np.nan
    before = given.copy()
    network("pro-lnn").predict(given)
    assert np.array_equal(given, before, equal_nan=True)


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_only_the_liquid_cell_takes_gaps(name: str) -> None:
    made, given = network(name), windows(2, 7)
    with pytest.raises(ValueError, match="dt: must be None"):
        made.predict(given, np.ones((2, 7)))
    given[0, 3] = np.nan
    with pytest.raises(ValueError, match="skips no step"):
        made.predict(given)


def test_bad_windows_are_refused() -> None:
    made = network("pro-lnn")
    empty = np.full((2, 7), 1.0)
    empty[1] = np.nan
    wrong: list[tuple[Any, Any, str]] = [
        (windows(2, 6), None, "7 steps of 1 features"),
        (windows(2, 7, 2), None, "7 steps of 1 features"),
        (windows(7), None, "must hold real numbers"),
        (np.zeros((2, 7), bool), None, "must hold real numbers"),
        (np.zeros((0, 7)), None, "must hold real numbers"),
        (np.full((2, 7), np.inf), None, "must be finite or NaN"),
        (np.full((2, 7), 1e99), None, "must be finite or NaN, within float32"),
        (windows(2, 7), np.full((2, 7), 1e300), "dt: must be at most"),
        (empty, None, "an observation each; got 1"),
        (windows(2, 7), np.zeros((2, 7)), "dt"),
        (windows(2, 7), np.ones((2, 6)), "dt"),
        (windows(2, 7), np.full((2, 7), np.nan), "dt"),
    ]
    for given, dt, message in wrong:
        with pytest.raises(ValueError, match=message):
            made.predict(given, dt)


def test_bad_arrays_are_refused() -> None:
    arrays = dict(network("lstm").arrays)
    with pytest.raises(ValueError, match="name: must be one of"):
        Network("gru", arrays, 7, 3)
    with pytest.raises(ValueError, match=r"arrays\[head.1.weight\]: must have shape 32 x 4"):
        Network("lstm", arrays, 7, 4)
    with pytest.raises(ValueError, match="must hold a matrix"):
        Network("transformer", arrays, 7, 3)
    with pytest.raises(ValueError, match="must be those of lstm"):
        Network("lstm", arrays | {"more": np.zeros(1, np.float32)}, 7, 3)
    with pytest.raises(ValueError, match="finite"):
        Network("lstm", arrays | {"head.1.bias": np.full(3, np.nan, np.float32)}, 7, 3)


def test_files_that_hold_no_network_are_refused(tmp_path: Path) -> None:
    path, arrays = tmp_path / "other.npz", dict(network("lstm").arrays)
    for content, header, message in (
        ("policy", {}, "must hold a forecasting network"),
        ("forecasting network", {"name": "lstm"}, "history"),
        ("forecasting network", {"name": "lstm", "history": 7, "horizon": 4, "provenance": {}}, "head.1.weight"),
    ):
        checkpoint.write(path, content, header, arrays)
        with pytest.raises(FileFormatError, match=message):
            Network.load(path)
