"""Networks behind the interface of forecasters: fitted, saved, told of gaps and features, pooled, and judged beside others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeworth import forecasting
from edgeworth.forecasting import Corruption
from tests.forecasting.test_networks import PRINTED

DEMAND = forecasting.synthetic(400, seed=6)


@pytest.mark.parametrize("name", PRINTED)
def test_the_calls_of_the_issue(name: str, tmp_path: Path) -> None:
    model = forecasting.fit(name, DEMAND, history=48, horizon=10, seed=0, epochs=1)
    assert model.parameters == PRINTED[name]
    assert model.nbytes == 4 * PRINTED[name]
    forecast = model.forecast(DEMAND[-48:])
    assert forecast.mean.shape == (10,)
    path = tmp_path / "model.npz"
    model.save(path)
    again = forecasting.load_forecaster(path).forecast(DEMAND[-48:])
    assert np.array_equal(again.quantiles, forecast.quantiles)
    same = forecasting.fit(name, DEMAND, history=48, horizon=10, seed=0, epochs=1)
    assert np.array_equal(same.forecast(DEMAND[-48:]).mean, forecast.mean)
    other = forecasting.fit(name, DEMAND, history=48, horizon=10, seed=1, epochs=1)
    assert not np.array_equal(other.forecast(DEMAND[-48:]).mean, forecast.mean)


def test_the_future_changes_no_training() -> None:
    other = DEMAND.copy()
    other[280:] = 0.0
    one, two = (
        forecasting.backtest(["pro-lnn"], series, history=24, horizon=5, seeds=[0], epochs=2) for series in (DEMAND, other)
    )
    changed = forecasting.fit("pro-lnn", other[:280], history=24, horizon=5, epochs=2)
    model = forecasting.fit("pro-lnn", DEMAND[:280], history=24, horizon=5, epochs=2)
    assert all(np.array_equal(model.model.arrays[key], changed.model.arrays[key]) for key in model.model.arrays)
    assert one.rows[0]["rmse"] != two.rows[0]["rmse"]
    calibrated = DEMAND[:280].copy()
    calibrated[238:] += 5.0  # its last 15% and nothing else
    blind = forecasting.fit("pro-lnn", calibrated, history=24, horizon=5, epochs=2)
    assert all(np.array_equal(model.model.arrays[key], blind.model.arrays[key]) for key in model.model.arrays)


def test_pro_lnn_is_told_of_gaps_and_times() -> None:
    holes = DEMAND.copy()
    holes[np.random.default_rng(0).random(400) < 0.2] = np.nan
    holes[0] = 10.0
    model = forecasting.fit("pro-lnn", holes, history=24, horizon=5, gaps="keep", epochs=2)
    window = DEMAND[-24:].copy()
    window[[3, 4, 20]] = np.nan
    kept = model.forecast(window).mean
    seen = ~np.isnan(window)
    assert np.isfinite(kept).all()
    window[3] = 1e6
    assert not np.array_equal(model.forecast(window).mean, kept)
    assert seen.sum() == 21
    slow = model.forecast(DEMAND[-24:], dt=np.full(24, 3.0)).mean
    assert not np.allclose(slow, model.forecast(DEMAND[-24:]).mean)
    with pytest.raises(ValueError, match="dt"):
        model.forecast(DEMAND[-24:], dt=np.zeros(24))
    with pytest.raises(ValueError, match="dt: must be None: lstm"):
        forecasting.fit("lstm", DEMAND, history=24, horizon=5, epochs=1).forecast(DEMAND[-24:], dt=np.ones(24))


def test_features_and_several_series() -> None:
    hour = (np.arange(400) % 24)[:, None]
    model = forecasting.fit("lstm", [DEMAND, DEMAND[:300]], exogenous=[hour, hour[:300]], history=24, horizon=10, epochs=1)
    assert model.parameters == PRINTED["lstm"] + 256
    assert model.scales.shape == (2, 2, 2)
    assert model.forecast(DEMAND[-24:], series=1, exogenous=hour[-24:]).mean.shape == (10,)


def test_a_backtest_beside_others_and_on_inputs_that_are_missing() -> None:
    options = {"history": 24, "horizon": 5, "seeds": range(2), "epochs": 2}
    table = forecasting.backtest(["pro-lnn", "lstm", "seasonal-naive"], DEMAND, **options)  # type: ignore[arg-type]
    frame = table.to_frame()
    assert frame.groupby("model")["rmse"].nunique().to_dict() == {"lstm": 2, "pro-lnn": 2, "seasonal-naive": 1}
    bare = forecasting.backtest(["pro-lnn"], DEMAND, corruption=Corruption(fill="none"), **options)  # type: ignore[arg-type]
    assert [row["mse_clean"] for row in bare.rows] == pytest.approx(frame["mse_clean"][:2].tolist())
    assert all(row["difference"] != 0.0 for row in bare.rows)


def test_a_saved_network_forecasts_without_torch(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    forecasting.fit("pro-lnn", DEMAND, history=24, horizon=5, epochs=1).save(path)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from edgeworth import forecasting as f\n"
        f"m = f.load_forecaster({str(path)!r}); print(m.forecast(f.synthetic(400, seed=6)[-24:]).mean.tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.startswith("[")
