"""The network that comes with the package: what it was trained on, how large it is, and that it forecasts unseen series."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from edgeworth import forecasting
from edgeworth.core.policy import EVALUATION
from edgeworth.forecasting.networks import pooled_network
from edgeworth.forecasting.networks.pooled import SEEDS
from edgeworth.forecasting.origins import Cut, Rest

UNSEEN = range(EVALUATION, EVALUATION + 6)


def test_it_says_what_it_was_trained_on() -> None:
    made = pooled_network()
    assert made.parameters == 11_114
    assert made.provenance["training_seeds"] == list(SEEDS)
    assert not set(SEEDS) & set(UNSEEN)
    file = files("edgeworth.forecasting.networks") / "shipped" / "pro-lnn-synthetic.npz"
    assert len(file.read_bytes()) <= 60_000


def test_series_of_other_seeds_are_forecast_better_than_naively() -> None:
    """By the pooled squared error; where the level of the test part was never seen, a single series may say otherwise."""
    series = {str(seed): forecasting.synthetic(1440, seed=seed) for seed in UNSEEN}
    frame = forecasting.backtest(["pro-lnn-pooled", "persistence", "seasonal-naive"], series, seeds=[0]).to_frame()
    table = frame.pivot(index="series", columns="model", values="mse_clean")
    assert (table["pro-lnn-pooled"] < 0.8 * table["persistence"]).all()
    assert (table["pro-lnn-pooled"] < table["seasonal-naive"]).mean() > 0.8


def test_a_forecaster_with_it_is_saved(tmp_path: Path) -> None:
    series = forecasting.synthetic(400, seed=EVALUATION)
    made = forecasting.fit("pro-lnn-pooled", series)
    made.save(tmp_path / "made.npz")
    again = forecasting.load_forecaster(tmp_path / "made.npz")
    assert np.array_equal(again.forecast(series[-48:]).quantiles, made.forecast(series[-48:]).quantiles)
    assert (again.name, again.parameters) == ("pro-lnn-pooled", 11_114)


def test_other_sizes_are_refused() -> None:
    series = forecasting.synthetic(400, seed=EVALUATION)
    with pytest.raises(ValueError, match="history: must be 48"):
        forecasting.fit("pro-lnn-pooled", series, history=24)
    with pytest.raises(ValueError, match="horizon: must be 10"):
        forecasting.fit("pro-lnn-pooled", series, horizon=5)
    with pytest.raises(ValueError, match="exogenous"):
        forecasting.fit("pro-lnn-pooled", series, exogenous=np.ones((400, 1)))


def test_a_series_of_gaps_is_refused_by_name() -> None:
    late = forecasting.synthetic(400, seed=0)
    late[:345] = np.nan
    with pytest.raises(ValueError, match="series: must have values in its first 340 steps"):
        forecasting.fit("pro-lnn-pooled", late, gaps="keep")
    with pytest.raises(ValueError, match="series, its training part: must have values in its first 238 steps"):
        forecasting.backtest(["pro-lnn-pooled"], late, gaps="keep", seeds=[0])


def test_a_corruption_that_leaves_nothing_is_refused() -> None:
    demand = forecasting.synthetic(200, seed=0)
    corruption = forecasting.Corruption(missing=0.99, fill="none")
    with pytest.raises(ValueError, match="corruption: must leave an observation in every window of 48"):
        forecasting.backtest(["pro-lnn-pooled"], demand, seeds=[0], corruption=corruption)


def test_a_gap_is_not_what_a_corruption_holds() -> None:
    """Where the observation before a missing one was never made, the one before that is held, not the least value."""
    demand = np.arange(300.0)
    demand[212::7] = np.nan
    rest = Rest.of(Cut(48, 5, 0.7, "range", "keep", None), "series", 0, demand, None)
    windows, plain = rest.corrupted(forecasting.Corruption(noise=0.0, burst_rate=0.0), 0), rest.windows()
    assert (np.isnan(windows) == np.isnan(plain)).all()
    held = plain - windows  # how many steps old
    assert np.nanmin(held) == pytest.approx(0.0, abs=1e-9)
    assert np.nanmax(held) < 20.0
