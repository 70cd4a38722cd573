"""Fitted forecasters: the same numbers as plain loops, quantiles, files, and what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import FileFormatError, MissingExtraError, forecasting
from edgeworth.core.arrays import Floats
from edgeworth.forecasting import Forecast, Forecaster, methods, samples
from edgeworth.forecasting.classical.linear import PENALTIES
from tests.oracles import backtest as oracle

PLAIN = ("persistence", "seasonal-naive", "linear")
DEMAND = forecasting.synthetic(400, seed=5)


def fitted(name: str, **options: Any) -> Forecaster:
    if name == "holt-winters":
        pytest.importorskip("statsmodels")
    return forecasting.fit(name, DEMAND, **options)


def sparse() -> Floats:
    """A series whose last part has too few observations."""
    found = DEMAND.copy()
    found[345:395] = np.nan
    return found


def mismatched(history: int) -> Forecaster:
    made = fitted("linear")
    return Forecaster("linear", history, 10, made.model, made.scales, made.errors, made.counts)


@pytest.mark.parametrize("row", forecasting.METHODS, ids=lambda row: row.name)
def test_rows_resolve_and_say_what_they_do(row: forecasting.ForecastMethod) -> None:
    assert callable(row.resolve())
    assert row.guarantee
    assert row.reference
    assert methods.method(row.name) is row


def test_the_methods_are_those_of_the_issue() -> None:
    named = {"persistence", "seasonal-naive", "linear", "holt-winters", "pro-lnn", "lstm", "transformer"}
    assert named <= set(methods.names())


def test_what_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"'pro-lnn' needs the extra 'learn'"):
        forecasting.fit("pro-lnn", DEMAND)
    with pytest.raises(MissingExtraError, match=r"'holt-winters' needs the extra 'forecasting'"):
        forecasting.backtest(["linear", "holt-winters"], DEMAND)


@pytest.mark.parametrize("name", [*PLAIN, "holt-winters"])
def test_calls_of_the_issue(name: str) -> None:
    model = fitted(name, history=48, horizon=10, seed=0)
    forecast = model.forecast(DEMAND[-48:])
    assert isinstance(forecast, Forecast)
    assert forecast.mean.shape == (10,)
    assert forecast.quantiles.shape == (5, 10)
    assert (np.diff(forecast.quantiles, axis=0) >= 0.0).all()
    assert model.parameters == {"persistence": 0, "seasonal-naive": 0, "linear": 490, "holt-winters": 4}[name]
    assert f"{name!r}" in repr(model)
    assert np.array_equal(model.forecasts(DEMAND[None, -48:]), forecast.mean[None])
    assert not model.scales.flags.writeable
    assert not forecast.mean.flags.writeable


def one_by_one(model: Forecaster) -> Callable[[list[float]], list[float]]:
    return lambda window: [float(x) for x in model.forecast(window).mean]


def expected(name: str, model: Forecaster) -> Callable[[list[float]], list[float]]:
    """The method in plain loops."""
    if name == "persistence":
        return lambda window: [window[-1]] * model.horizon
    if name == "seasonal-naive":
        return lambda window: oracle.seasonal(window, 7, model.horizon)
    smoothing = model.model.arrays["smoothing"].tolist()
    return lambda window: oracle.holt_winters(window, 7, smoothing, model.horizon)


@pytest.mark.parametrize("name", ["persistence", "seasonal-naive", "holt-winters"])
def test_forecasts_are_those_of_plain_loops(name: str) -> None:
    model = fitted(name, history=20, horizon=9, **({} if name == "persistence" else {"season": 7}))
    plain = expected(name, model)
    for begin in (0, 11, 300):
        window = DEMAND[begin : begin + 20].tolist()
        assert one_by_one(model)(window) == pytest.approx(plain(window), rel=1e-9)


@pytest.mark.parametrize("name", ["persistence", "seasonal-naive"])
def test_quantiles_are_conformal_ranks_of_the_last_part(name: str) -> None:
    model = forecasting.fit(name, DEMAND, history=30, horizon=4)
    plain = expected("persistence", model) if name == "persistence" else lambda w: oracle.seasonal(w, 24, 4)
    errors = oracle.calibration_errors(DEMAND.tolist(), plain, 30, 4)
    assert len(errors) == 60 - 3
    window = DEMAND[100:130]
    forecast = model.forecast(window, levels=(0.02, 0.1, 0.3, 0.5, 0.8, 0.98))
    mean = plain(window.tolist())
    for level, row in zip(forecast.levels, forecast.quantiles, strict=True):
        for step in range(4):
            column = [error[step] for error in errors]
            assert row[step] == pytest.approx(oracle.conformal(mean[step], column, level), rel=1e-9)
    assert np.array_equal(forecast.quantile(0.3), forecast.quantiles[2])
    for level in (0.01, 0.99, 0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(ValueError, match="level: must be"):
            forecast.quantile(level)
    with pytest.raises(ValueError, match=r"levels: must be between 1 / 58 and 57 / 58"):
        model.forecast(window, levels=(0.99,))


def test_quantiles_are_of_what_was_observed() -> None:
    """What "last" puts into a gap is no observation, which persistence would forecast without error."""
    demand = DEMAND.copy()
    gone = np.random.default_rng(0).random(400) < 0.3
    demand[gone] = np.nan
    demand[0] = DEMAND[0]
    model = forecasting.fit("persistence", demand, gaps="last")
    known = forecasting.read_series(demand, gaps="last").values
    columns = []
    for step in range(10):
        columns.append([demand[t + step] - known[t - 1] for t in range(340, 391) if not np.isnan(demand[t + step])])
    fewest = min(map(len, columns))
    assert model.counts.tolist() == [fewest]
    wanted = np.array([sorted(each[-fewest:]) for each in columns]).T
    assert model.errors_of() == pytest.approx(wanted, abs=1e-9)


def test_intervals_of_exchangeable_errors_hold_as_often_as_they_say() -> None:
    """Independent noise: the interval between .1 and .9 holds a new value with probability .8 to .8 + 2 / (n + 1)."""
    inside, count = 0, 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=250)
        model = forecasting.fit("seasonal-naive", noise[:200], history=24, horizon=1)
        mean = model.forecasts(np.stack([noise[k : k + 24] for k in range(200, 226)]))
        low, high = (model.errors_of()[k] for k in (2, 27))  # of 30 errors: ranks floor(3.1) and ceil(27.9)
        inside += int(((noise[224:250, None] - mean >= low) & (noise[224:250, None] - mean <= high)).sum())
        count += 26
    assert 0.76 < inside / count < 0.90


def test_linear_is_ridge_regression_by_normal_equations() -> None:
    model = forecasting.fit("linear", DEMAND, history=6, horizon=3)
    mean, deviation = oracle.scale(DEMAND[:340].tolist())
    scaled = (DEMAND - mean) / deviation
    penalty = model.model.provenance["penalty"]
    fit, held = oracle.parts(400)
    assert (fit, held) == (289, 340)

    def solved(origins: list[int], with_penalty: float) -> tuple[Floats, Floats]:
        x = np.array([[1.0, *scaled[t - 6 : t]] for t in origins])
        y = np.array([scaled[t : t + 3] for t in origins])
        ridge = with_penalty * len(origins) * np.diag([0.0] + [1.0] * 6)  # the intercept is free
        return np.linalg.solve(x.T @ x + ridge, x.T @ y), x

    first, last = list(range(6, fit - 2)), list(range(fit, held - 2))
    weights, _ = solved(first + last, penalty)
    assert model.model.arrays["intercept"] == pytest.approx(weights[0], abs=1e-9)
    assert model.model.arrays["weights"][:, 0] == pytest.approx(weights[1:], abs=1e-9)
    errors = {}
    for each in PENALTIES:
        held_x = np.array([[1.0, *scaled[t - 6 : t]] for t in last])
        held_y = np.array([scaled[t : t + 3] for t in last])
        errors[each] = float(((held_x @ solved(first, each)[0] - held_y) ** 2).mean())
    assert penalty == min(errors, key=lambda each: errors[each])
    assert model.scales[0, 0] == pytest.approx([mean, deviation])


def test_linear_finds_a_linear_law_and_features() -> None:
    rng = np.random.default_rng(0)
    neighbour = rng.normal(size=600)
    series = np.zeros(600)
    for t in range(1, 600):
        series[t] = 0.5 * series[t - 1] + 2.0 * neighbour[t - 1]
    blind = forecasting.fit("linear", series, history=5, horizon=1)
    model = forecasting.fit("linear", series, history=5, horizon=1, exogenous=neighbour[:, None])
    assert np.abs(model.errors).max() < 0.01 < np.abs(blind.errors).mean()
    assert model.parameters == 2 * blind.parameters - 1
    ahead = model.forecast(series[100:105], exogenous=neighbour[100:105, None])
    assert ahead.mean == pytest.approx(series[105:106], abs=0.05)
    for exogenous, rule in ((None, "must be given"), (np.ones((5, 2)), "must have shape 1 x 5 x 1"), (np.ones(5), "shape")):
        with pytest.raises(ValueError, match=f"exogenous: {rule}|{rule}"):
            model.forecast(series[100:105], exogenous=exogenous)
    with pytest.raises(ValueError, match="exogenous: must be None"):
        blind.forecast(series[:5], exogenous=np.ones((5, 1)))


def test_one_model_of_several_series_scales_each_by_its_own_past() -> None:
    small, large = DEMAND[:250], 1000.0 * DEMAND[:250] + 7.0
    joint = forecasting.fit("linear", [small, large], history=24, horizon=5)
    assert joint.scales.shape == (2, 1, 2)
    for k, series in enumerate((small, large)):
        mean, deviation = oracle.scale(series[:213].tolist())
        assert joint.scales[k, 0] == pytest.approx([mean, deviation])
    one = joint.forecast(small[-24:], series=0)
    two = joint.forecast(large[-24:], series=1)
    assert two.mean == pytest.approx(1000.0 * one.mean + 7.0)
    assert two.quantiles == pytest.approx(1000.0 * one.quantiles + 7.0)
    both = joint.forecasts(np.stack([small[-24:], large[-24:]]), series=np.array([0, 1]))
    assert both == pytest.approx(np.stack([one.mean, two.mean]))
    alone = forecasting.fit("linear", small, history=24, horizon=5)  # the same windows twice say nothing new
    assert one.mean == pytest.approx(alone.forecast(small[-24:]).mean, rel=1e-6)
    for series in (None, 2, -1, 0.5):
        with pytest.raises((ValueError, TypeError), match="series: must be"):
            joint.forecast(small[-24:], series=series)  # type: ignore[arg-type]
    for number in (2, -1, True):
        with pytest.raises((ValueError, TypeError), match="series: must be"):
            joint.errors_of(number)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: forecasting.fit("lstms", DEMAND), r"name: must be one of .* \(did you mean 'lstm'\?\)"),
        (lambda: forecasting.fit("linear", DEMAND, history=0), "history: must be at least 1"),
        (lambda: forecasting.fit("linear", DEMAND, history=4.0), "history: must be an integer"),  # type: ignore[arg-type]
        (lambda: forecasting.fit("linear", DEMAND, horizon=True), "horizon: must be an integer"),
        (lambda: forecasting.fit("linear", DEMAND, history=10**12), "series: must have 1384083044995 values"),
        (lambda: forecasting.fit("seasonal-naive", DEMAND, season=10**400), "season: must be at most"),
        (lambda: forecasting.fit("linear", DEMAND, exogenous=np.full((400, 1), 1e300)), "exogenous: must be at most 1e"),
        (lambda: forecasting.fit("pro-lnn-pooled", sparse(), gaps="keep"), "series: must have 9 observations in its last 15%"),
        (lambda: fitted("linear").forecast(DEMAND[:48], levels=0.5), "levels: must be a tuple"),  # type: ignore[arg-type]
        (lambda: mismatched(24), "history: must be that of the model, 48; got 24"),
        (lambda: forecasting.fit("linear", DEMAND, seed=-1), "seed: must be at least 0"),
        (lambda: forecasting.fit("linear", DEMAND, season=24), r"season: must be None: it knows no season \(linear\)"),
        (lambda: forecasting.fit("linear", DEMAND, epochs=3), "epochs: must be None: it is no network"),
        (lambda: forecasting.fit("seasonal-naive", DEMAND, season=49), "season: must be whole, at least 1, and history, 48"),
        (lambda: forecasting.fit("seasonal-naive", DEMAND, season=0), "season: must be at least 1"),
        (lambda: forecasting.fit("persistence", [DEMAND, DEMAND]), r"series: must be one series: .* \(persistence\)"),
        (lambda: forecasting.fit("linear", [DEMAND, DEMAND[:50]]), r"series\[1\]: must have 120 values"),
        (lambda: forecasting.fit("linear", [DEMAND, "text"]), r"series\[1\]: must hold real numbers"),
        (lambda: forecasting.fit("persistence", DEMAND, exogenous=DEMAND[:, None]), "exogenous: must be None"),
        (lambda: forecasting.fit("linear", DEMAND, exogenous=DEMAND), "exogenous: must have shape 400 x any"),
        (lambda: forecasting.fit("linear", DEMAND, exogenous=DEMAND[:9, None]), "exogenous: must have shape 400 x any"),
        (lambda: forecasting.fit("linear", [DEMAND] * 2, exogenous=DEMAND[:, None]), "exogenous: must be a list of 2 tables"),
        (lambda: forecasting.fit("linear", DEMAND).forecast(DEMAND[:47]), "history: must have 48 values; got 47"),
        (lambda: forecasting.fit("linear", DEMAND).forecast(DEMAND[:48], dt=np.ones(48)), "dt: must be None: linear"),
        (lambda: forecasting.fit("linear", DEMAND).forecast([np.nan] * 48), "history: must hold values"),
        (lambda: forecasting.fit("linear", DEMAND).forecasts(DEMAND[:48]), "windows: must hold real numbers along 2 axes"),
        (lambda: forecasting.fit("linear", DEMAND).forecasts(DEMAND[None, :40]), r"windows: must be \[n, 48\]"),
        (lambda: forecasting.fit("linear", DEMAND).forecasts(np.full((1, 48), np.inf)), "windows: must be finite"),
        (lambda: forecasting.fit("linear", DEMAND).forecasts(np.full((1, 48), np.nan)), "windows: must have no gaps"),
        (lambda: forecasting.fit("linear", DEMAND).forecasts([["1"] * 48]), "windows: must hold real numbers"),  # type: ignore
    ],
)
def test_what_is_refused(call: Callable[[], object], rule: str) -> None:
    with pytest.raises((ValueError, TypeError), match=rule):
        call()


def test_no_windows_have_no_forecasts() -> None:
    assert forecasting.fit("linear", DEMAND).forecasts(np.zeros((0, 48))).shape == (0, 10)


@pytest.mark.parametrize("name", [*PLAIN, "holt-winters"])
def test_files_and_pickles_give_the_same_forecasts(name: str, tmp_path: Path) -> None:
    model = fitted(name)
    path = tmp_path / "model.npz"
    model.save(path)
    for again in (forecasting.load_forecaster(path), pickle.loads(pickle.dumps(model))):
        one, two = (each.forecast(DEMAND[-48:]) for each in (model, again))
        assert np.array_equal(one.mean, two.mean)
        assert np.array_equal(one.quantiles, two.quantiles)
        assert (again.name, again.parameters, again.step, again.gaps) == (name, model.parameters, None, "refuse")
        assert dict(again.provenance) == dict(model.provenance)
        assert dict(again.model.provenance) == dict(model.model.provenance)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "model.npz", tmp_path / "other.npz"
    model = forecasting.fit("seasonal-naive", DEMAND)
    model.save(path)
    content = path.read_bytes()
    other.write_bytes(content[:-30])
    with pytest.raises(FileFormatError, match=r"other\.npz"):
        forecasting.load_forecaster(other)
    with pytest.raises(FileNotFoundError):
        forecasting.load_forecaster(tmp_path / "none.npz")
    from edgeworth.learning.deep import checkpoint

    header, arrays = checkpoint.read(path, "forecaster")
    changes: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"name": "magic"}, {}, "name: must be one of"),
        ({"history": 20}, {}, "season: must be whole"),
        ({"horizon": 0}, {}, "horizon: must be at least 1"),
        ({"gaps": "some"}, {}, "gaps: must be one of"),
        ({"gaps": "keep"}, {}, r"gaps: must be 'refuse' or 'last'"),
        ({}, {"errors": arrays["errors"][::-1]}, "errors: must ascend"),
        ({"step": -1.0}, {}, "step: must be above 0"),
        ({}, {"scales": np.zeros((1, 1, 2))}, "scales: must have deviations above 0"),
        ({}, {"errors": np.zeros((3, 10))}, "errors: must have shape"),
        ({}, {"counts": np.zeros(0, np.int64)}, "must have"),
        ({}, {"model/season": np.array([1.5])}, "season: must be whole"),
    ]
    for fields, replaced, rule in changes:
        checkpoint.write(other, "forecaster", {**header, **fields}, {**arrays, **replaced})
        with pytest.raises(FileFormatError, match=f"not a forecaster that can be used: .*{rule}"):
            forecasting.load_forecaster(other)


def test_holt_winters_filters_as_statsmodels_does() -> None:
    holtwinters = pytest.importorskip("statsmodels.tsa.holtwinters")
    from edgeworth.forecasting.classical.holt_winters import smoothed

    x = DEMAND[:60]
    start = {"initial_level": 9.0, "initial_trend": 0.05, "initial_seasonal": np.sin(np.arange(12) / 2.0)}
    model = holtwinters.ExponentialSmoothing(
        x, trend="add", damped_trend=True, seasonal="add", seasonal_periods=12, initialization_method="known", **start
    )
    names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")
    smoothing = np.array([0.4, 0.1, 0.3, 0.9])
    fixed = model.fit(**dict(zip(names, smoothing, strict=True)), optimized=False)
    states = np.array([9.0]), np.array([0.05]), start["initial_seasonal"][None]
    ours = smoothed(x[None], *states, smoothing, 15)[0]
    theirs = np.array(fixed.forecast(15))
    # statsmodels 0.15 forecasts with the season before the last observation: its step 12 is that of a window that lacks it
    shift = smoothing[2] * (x[-1] - fixed.fittedvalues[-1])
    theirs[11] += shift
    assert abs(shift) > 0.1
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert smoothed(x[None, :59], *states, smoothing, 1)[0, 0] == pytest.approx(fixed.fittedvalues[-1], rel=1e-9)


def test_seasons_that_repeat_are_forecast_exactly() -> None:
    series = np.tile([1.0, 5.0, 2.0, 8.0, 3.0], 80)
    model = forecasting.fit("seasonal-naive", series, history=11, horizon=13, season=5)
    assert model.forecast(series[2:13]).mean.tolist() == series[13:26].tolist()
    assert np.abs(model.errors).max() < 1e-12


def test_the_least_length_is_enough() -> None:
    for history, horizon in ((48, 10), (1, 1), (5, 30)):
        steps = samples.fewest_steps(history, horizon)
        series = forecasting.synthetic(steps, seed=0)
        model = forecasting.fit("linear", series, history=history, horizon=horizon)
        assert model.forecast(series[-history:]).quantiles.shape == (5, horizon)
        with pytest.raises(ValueError, match=f"must have {steps} values"):
            forecasting.fit("linear", series[1:], history=history, horizon=horizon)


def test_the_least_length_of_a_far_horizon_is_found_at_once() -> None:
    for history, horizon in ((48, 10**9), (10**9, 1)):
        steps = samples.fewest_steps(history, horizon)
        assert samples.Parts.of(steps).suffice(history, horizon)
        assert not samples.Parts.of(steps - 1).suffice(history, horizon)


def test_newsvendor_contracts_have_the_least_cost() -> None:
    model = forecasting.fit("seasonal-naive", DEMAND, history=30, horizon=1)
    forecast = model.forecast(DEMAND[-30:])
    demands = (forecast.mean + forecast.errors)[:, 0].tolist()
    for short, stranded in ((3.0, 1.0), (1.0, 2.0), (0.3, 0.3)):
        level = forecasting.newsvendor_level(short, stranded)
        assert level == pytest.approx(short / (short + stranded))
        best = min(oracle.newsvendor_cost(q, demands, short, stranded) for q in demands)
        near = oracle.newsvendor_cost(float(forecast.quantile(level)[0]), demands, short, stranded)
        assert near <= best + max(short, stranded) * (max(demands) - min(demands)) / len(demands)
    assert forecasting.contract_quantity(forecast).tolist() == np.ceil(forecast.mean).tolist()
    assert forecasting.newsvendor_level(0.0, 1.0) == 0.0
    assert forecasting.newsvendor_level(1e308, 1e308) == 0.5
    negative = Forecast(np.array([-3.0, 0.2]), np.zeros((9, 2)))
    assert forecasting.contract_quantity(negative, 0.5).tolist() == [0.0, 1.0]
    for prices in ((0.0, 0.0), (-1.0, 1.0), (1.0, float("inf"))):
        with pytest.raises(ValueError, match="_price: must"):
            forecasting.newsvendor_level(*prices)
    with pytest.raises(TypeError, match="forecast: must be a Forecast"):
        forecasting.contract_quantity([1.0])  # type: ignore[arg-type]
