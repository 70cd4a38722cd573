"""Backtests: metrics as plain loops have them, nothing of the future anywhere, the same corruption for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

from edgeworth import forecasting
from edgeworth.core.arrays import Floats
from edgeworth.forecasting import Backtest, Corruption, Forecaster, backtesting
from edgeworth.forecasting.metrics import measures
from tests.oracles import backtest as oracle

DEMAND = forecasting.synthetic(420, seed=2)
HISTORY, HORIZON = 30, 6


def run(*models: str, series: Any = DEMAND, **options: Any) -> Backtest:
    return forecasting.backtest(models, series, history=HISTORY, horizon=HORIZON, **{"seeds": range(2), **options})


def test_the_call_of_the_issue() -> None:
    table = forecasting.backtest(["linear", "seasonal-naive"], DEMAND, seeds=range(5))
    frame = table.to_frame()
    assert list(frame.columns) == [
        "model", "series", "seed", "rmse", "mae", "smape", "mse_clean", "coverage", "parameters", "bytes", "cpu_ms",
    ]  # fmt: skip
    assert len(frame) == 10
    assert table.models == ["linear", "seasonal-naive"]
    assert (frame["cpu_ms"] >= 0.0).all()


@pytest.mark.parametrize("name", ["persistence", "seasonal-naive"])
def test_metrics_are_those_of_plain_loops(name: str) -> None:
    table = run(name, seeds=[0])
    plain = (lambda w: [w[-1]] * HORIZON) if name == "persistence" else (lambda w: oracle.seasonal(w, 24, HORIZON))
    truth, forecast = oracle.rolled(DEMAND.tolist(), 0.7, plain, HISTORY, HORIZON)
    assert len(truth) == table.origins[0] == 126 - 5
    for key, value in oracle.metrics(truth, forecast).items():
        assert table.rows[0][key] == pytest.approx(value, rel=1e-9)
    squares = [np.mean([(y - f) ** 2 for y, f in zip(*pair, strict=True)]) for pair in zip(truth, forecast, strict=True)]
    assert table.scores[name].clean[0] == pytest.approx(squares)
    assert table.rows[0]["mse_clean"] == pytest.approx(np.mean(squares))


def test_metrics_on_numbers_by_hand() -> None:
    found = measures(np.array([[0.0, 2.0]]), np.array([[0.0, -2.0]]))
    assert found == {"rmse": pytest.approx(8.0**0.5), "mae": 2.0, "smape": 1.0}


def test_units_only_scale_errors() -> None:
    known = DEMAND[:294]
    by = {units: run("linear", seeds=[0], units=units).rows[0] for units in ("range", "deviation", "data")}
    assert by["data"]["rmse"] == pytest.approx(by["range"]["rmse"] * (known.max() - known.min()))
    assert by["data"]["mae"] == pytest.approx(by["deviation"]["mae"] * oracle.scale(known.tolist())[1])
    assert by["data"]["coverage"] == by["range"]["coverage"]


def captured(monkeypatch: pytest.MonkeyPatch, series: Floats, model: str, **options: Any) -> tuple[Backtest, list[Forecaster]]:
    """A backtest and the forecasters that it fitted."""
    made: list[Forecaster] = []

    def spy(*args: Any, **kwargs: Any) -> Forecaster:
        made.append(forecasting.fit(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(backtesting, "fit", spy)
    return run(model, series=series, **options), made


@pytest.mark.parametrize(
    ("name", "changed"),
    [*((name, at) for name in ("persistence", "seasonal-naive", "linear") for at in (294, 350, 419)), ("holt-winters", 350)],
)
def test_the_future_changes_no_past_forecast_and_no_scale(name: str, changed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """294 is the first step of the test part; everything from the changed step on becomes another series."""
    if name == "holt-winters":
        pytest.importorskip("statsmodels")
    other = DEMAND.copy()
    other[changed:] = 100.0 - 3.0 * other[changed:]
    options = {"corruption": Corruption(), **({"season": 12} if name == "holt-winters" else {})}
    one, (fit,) = captured(monkeypatch, DEMAND, name, **options)
    two, (fit_too,) = captured(monkeypatch, other, name, **options)
    assert np.array_equal(fit.scales, fit_too.scales)
    assert np.array_equal(fit.errors, fit_too.errors)
    assert all(np.array_equal(fit.model.arrays[key], fit_too.model.arrays[key]) for key in fit.model.arrays)
    before = changed - 294 - HORIZON + 1  # origins whose targets all lie before the change
    if before > 0:
        for kind in ("clean", "corrupt"):
            first, second = (getattr(table.scores[name], kind) for table in (one, two))
            assert np.array_equal(first[:, :before], second[:, :before])
    assert not np.array_equal(one.scores[name].clean, two.scores[name].clean)


def test_a_forecast_sees_the_values_before_its_origin_only() -> None:
    """Two series that differ at one step of the test part: forecasts differ from the origin after it on, and not before."""
    other = DEMAND.copy()
    other[350] += 4.0
    model = forecasting.fit("linear", DEMAND[:294], history=HISTORY, horizon=HORIZON)
    one, two = (model.forecasts(np.stack([series[t - HISTORY : t] for t in range(294, 414)])) for series in (DEMAND, other))
    differs = (one != two).any(axis=1)
    assert not differs[: 351 - 294].any()
    assert differs[351 - 294 : 351 - 294 + HISTORY].all()
    assert not differs[351 - 294 + HISTORY :].any()


def test_scaling_and_calibration_keep_apart() -> None:
    """Changing the calibration part changes errors only, neither weights nor scale."""
    other = DEMAND.copy()
    other[357:] += 9.0  # the last 15% of 420
    one, two = (forecasting.fit("linear", series, history=HISTORY, horizon=HORIZON) for series in (DEMAND, other))
    assert np.array_equal(one.scales, two.scales)
    assert np.array_equal(one.model.arrays["weights"], two.model.arrays["weights"])
    assert not np.array_equal(one.errors, two.errors)


def test_corruption_is_the_same_for_all_methods_and_differs_by_seed() -> None:
    windows: dict[str, list[Floats]] = {}
    original = Forecaster.forecasts

    def spy(self: Forecaster, given: Floats, *args: Any, **kwargs: Any) -> Floats:
        if len(given) > 1:
            windows.setdefault(self.name, []).append(np.array(given))
        return original(self, given, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Forecaster, "forecasts", spy)
        table = run("persistence", "linear", corruption=Corruption())
    one, two = windows["persistence"], windows["linear"]
    assert len(one) == len(two) == 4
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert np.array_equal(one[0], one[2])
    assert not np.array_equal(one[1], one[3])
    frame = table.to_frame().set_index(["model", "seed"])
    assert (frame["mse_corrupt"] - frame["mse_clean"]).to_numpy() == pytest.approx(frame["difference"].to_numpy())
    assert (frame["difference"] / frame["mse_clean"]).to_numpy() == pytest.approx(frame["relative"].to_numpy())
    assert frame.loc[("linear", 0), "mse_clean"] == frame.loc[("linear", 1), "mse_clean"]
    assert frame.loc[("linear", 0), "mse_corrupt"] != frame.loc[("linear", 1), "mse_corrupt"]
    nothing = run("linear", corruption=Corruption(missing=0.0, noise=0.0, burst_rate=0.0))
    assert [row["difference"] for row in nothing.rows] == pytest.approx([0.0, 0.0], abs=1e-12)


def test_of_no_error_no_multiple_is_taken() -> None:
    nothing = run("persistence", series=np.ones(420), seeds=[0], corruption=Corruption(noise=0.0, burst_rate=0.0))
    assert (nothing.rows[0]["difference"], nothing.rows[0]["relative"]) == (0.0, 0.0)
    noisy = run("persistence", series=np.ones(420), seeds=[0], corruption=Corruption())
    assert noisy.rows[0]["relative"] == np.inf


def test_coverage_is_the_share_between_the_quantiles() -> None:
    table = run("linear", seeds=[0])
    model = forecasting.fit("linear", DEMAND[:294], history=HISTORY, horizon=HORIZON)
    inside = []
    for t in range(294, 415):
        forecast = model.forecast(DEMAND[t - HISTORY : t], levels=(0.1, 0.9))
        low, high = forecast.quantiles
        inside += [low[h] <= DEMAND[t + h] <= high[h] for h in range(HORIZON)]
    assert table.rows[0]["coverage"] == pytest.approx(np.mean(inside))


def test_intervals_are_paired() -> None:
    table = run("persistence", "linear", "seasonal-naive", corruption=Corruption())
    summary = table.summary("persistence")
    assert summary.attrs["reference"] == "persistence"
    assert summary.loc["persistence", ["excess", "excess_low", "excess_high"]].tolist() == [0.0, 0.0, 0.0]
    for key, kind in (("excess", "clean"), ("excess_corrupt", "corrupt")):
        own, other = (getattr(table.scores[name], kind) for name in ("linear", "persistence"))
        assert summary.loc["linear", key] == pytest.approx((own - other).mean())
        assert summary.loc["linear", f"{key}_low"] < summary.loc["linear", key] < summary.loc["linear", f"{key}_high"]
    blocks = np.array(
        [part.mean() for part in np.array_split((table.scores["linear"].clean - table.scores["persistence"].clean)[0], 5)]
    )
    half = 2.7764451 * blocks.std(ddof=1) / 5**0.5  # t(.975, 4)
    width = summary.loc["linear", "excess_high"] - summary.loc["linear", "excess_low"]
    assert width == pytest.approx(2.0 * half, rel=1e-6)
    assert table.summary().attrs["reference"] == table.best == "linear"
    one = run("linear", "persistence", seeds=[0]).summary(block=10_000)
    assert one[["excess_low", "excess_high"]].isna().all(axis=1).tolist() == [False, True]  # one number is no sample
    assert run("linear", "persistence").summary(block=10_000)["excess_low"].isna().tolist() == [False, True]
    with pytest.raises(ValueError, match="reference: must be one of"):
        table.summary("lstm")


def test_several_series_each_split_on_its_own_or_in_one_model() -> None:
    both = {"a": DEMAND, "b": 50.0 + 3.0 * forecasting.synthetic(380, seed=8)}
    apart = run("linear", series=both, seeds=[0])
    assert [row["series"] for row in apart.rows] == ["a", "b"]
    assert apart.rows[0]["rmse"] == pytest.approx(run("linear", seeds=[0]).rows[0]["rmse"])
    assert apart.origins == (121, 109)
    joint = run("linear", series=both, seeds=[0], joint=True)
    assert joint.rows[0]["rmse"] != apart.rows[0]["rmse"]
    assert run("linear", series=list(both.values()), seeds=[0]).rows[1]["series"] == "series 1"
    neighbours = [np.roll(DEMAND, 1)[:, None], both["b"][:, None]]
    assert run("linear", series=both, seeds=[0], exogenous=neighbours).rows[0]["parameters"] == 6 * (2 * HISTORY + 1)
    with pytest.raises(ValueError, match=r"joint: must be False: it has nothing to pool \(persistence\)"):
        run("persistence", series=both, joint=True)


def test_windows_whose_target_has_a_gap_are_not_judged() -> None:
    holes = DEMAND.copy()
    holes[[100, 330, 331]] = np.nan
    table = run("linear", series=holes, seeds=[0], gaps="last")
    assert table.origins == (121 - HORIZON - 1,)
    index = pd.date_range("2012-01-01", periods=420, freq="h").delete([100, 330, 331])
    dated = pd.Series(np.delete(DEMAND, [100, 330, 331]), index=index)
    assert run("linear", series=dated, seeds=[0], gaps="last").rows[0]["rmse"] == table.rows[0]["rmse"]
    corrupted = run("linear", series=holes, seeds=[0], gaps="last", corruption=Corruption())
    assert corrupted.rows[0]["mse_clean"] == table.rows[0]["mse_clean"]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"models": []}, "methods: must be different names, at least one"),
        ({"models": ["linear", "linear"]}, "methods: must be different names"),
        ({"models": "linear"}, "methods: must be a list of names"),
        ({"models": ["arima"]}, "methods: must be one of"),
        ({"seeds": []}, "seeds: must be different numbers"),
        ({"seeds": True}, "seeds: must be numbers, such as range"),
        ({"seeds": 5}, "seeds: must be numbers, such as range"),
        ({"seeds": [0, 0]}, "seeds: must be different numbers"),
        ({"seeds": [0.5]}, "seeds: must be an integer"),
        ({"train": 0.0}, "train: must be above 0"),
        ({"train": 1.0}, "series: must have 6 values after its training part"),
        ({"train": 0.2}, "series, its training part: must have"),
        ({"units": "percent"}, "units: must be one of"),
        ({"corruption": 0.3}, "corruption: must be a Corruption or None"),
        ({"corruption": Corruption(fill="none")}, r"corruption: must be without fill='none': it skips no step \(linear\)"),
        ({"models": ["pro-lnn-pooled"], "gaps": "x", "corruption": Corruption(fill="none")}, "gaps: must be one of"),
        ({"models": ["pro-lnn-pooled"], "gaps": "last", "corruption": Corruption(fill="none")}, "gaps: must be .* 'keep'"),
        ({"exogenous": np.full((420, 1), 1e300)}, "exogenous: must be at most 1e"),
        ({"season": 12}, "season: must be None: no method takes it"),
        ({"epochs": 2}, "epochs: must be None: no method takes it"),
        ({"history": 0}, "history: must be at least 1"),
        ({"joint": 1}, "joint: must be True or False"),
        ({"series": {}}, "series: must have names"),
        ({"series": [DEMAND, DEMAND], "exogenous": DEMAND[:, None]}, "exogenous: must be a list of 2 tables"),
    ],
)
def test_what_is_refused(options: dict[str, Any], rule: str) -> None:
    given = {"models": ["linear"], "series": DEMAND, "history": HISTORY, "horizon": HORIZON, "seeds": [0], **options}
    with pytest.raises((ValueError, TypeError), match=rule):
        forecasting.backtest(given.pop("models"), given.pop("series"), **given)


def test_an_interruption_keeps_whole_methods() -> None:
    def stop(at: int) -> Any:
        def on_run(done: int, total: int, row: Any) -> None:
            assert total == 4
            if done == at:
                raise KeyboardInterrupt

        return on_run

    table = run("persistence", "linear", on_run=stop(3))
    assert table.interrupted
    assert table.models == ["persistence"]
    with pytest.raises(KeyboardInterrupt):
        run("persistence", "linear", on_run=stop(1))


def test_tables_files_and_figures(tmp_path: Path) -> None:
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    table = run("persistence", "linear", corruption=Corruption())
    text = table.text()
    assert text.splitlines()[0].endswith("mse - linear [95% interval]")
    assert "reference" in text
    assert repr(table) == "Backtest(persistence, linear; 4 rows)"
    table.to_csv(tmp_path / "t.csv")
    again = pd.read_csv(tmp_path / "t.csv")
    assert again["rmse"].to_numpy() == pytest.approx(table.to_frame()["rmse"].to_numpy())
    ax = table.plot()
    assert len(ax.patches) == 4
    assert run("linear").plot(plt.figure().add_subplot()).get_legend() is None
    fan = forecasting.fit("linear", DEMAND).forecast(DEMAND[-48:]).plot(DEMAND[-48:])
    assert len(fan.collections) == 2
    plt.close("all")
