"""Series: what is taken, by which rule, and what is refused; forty malformed ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from edgeworth import forecasting
from edgeworth.core.arrays import Floats
from edgeworth.forecasting.series import LARGEST, scale_of

NAN = math.nan
HOURS = pd.date_range("2012-01-01", periods=200, freq="h")


def demand(steps: int = 200) -> Floats:
    return forecasting.synthetic(steps, seed=3)


def indexed(index: Any, values: Any = None) -> pd.Series:
    return pd.Series(demand()[: len(index)] if values is None else values, index=index)


def with_value(value: float, at: int = 50) -> Floats:
    found = demand()
    found[at] = value
    return found


def without(index: pd.DatetimeIndex, *at: int) -> pd.DatetimeIndex:
    return index.delete(list(at))


MALFORMED: dict[str, tuple[Any, str]] = {
    "a gap": (with_value(NAN), r"series: must have no gaps; .* \(index 50\)"),
    "a gap at the end": (with_value(NAN, 199), r"\(index 199\)"),
    "only gaps": (np.full(200, NAN), "must hold values"),
    "infinity": (with_value(math.inf), r"must be finite, at most 1e\+100 .* \(index 50\)"),
    "minus infinity": (with_value(-math.inf), "must be finite"),
    "huge": (with_value(1e200), r"at most 1e\+100"),
    "empty list": ([], "must hold values"),
    "empty array": (np.zeros(0), "must hold values"),
    "too short": (demand(119), "series: must have 120 values for a history of 48 and a horizon of 10; got 119"),
    "one value": ([1.0], "must have 120 values"),
    "a column": (demand()[:, None], "must have one dimension"),
    "a table": (np.ones((200, 3)), "must have one dimension"),
    "a number": (3.0, "must have one dimension"),
    "None": (None, "must hold real numbers"),
    "text": ("1,2,3", "must hold real numbers"),
    "list of texts": (["1", "2"] * 100, "must hold real numbers"),
    "list of booleans": ([True, False] * 100, "must hold real numbers, not dtype bool"),
    "booleans": (demand() > 10.0, "must hold real numbers, not dtype bool"),
    "complex": (demand() + 0j, "must hold real numbers, not dtype complex128"),
    "dates": (HOURS.to_numpy(), "must hold real numbers"),
    "objects": (np.array([object()] * 200), "must hold real numbers"),
    "mixed": ([*demand()[:199], None], "must hold real numbers"),
    "ragged": ([[1.0, 2.0], [3.0]], "series"),
    "ragged inside": ([[[1.0], [1.0, 2.0]], [3.0]], "series"),
    "a mapping": ({"a": [1.0]}, "must hold real numbers"),
    "masked": (np.ma.masked_array(demand(), demand() > 12.0), "must not be a masked array"),
    "a frame": (pd.DataFrame({"a": demand()}), "must have one dimension"),
    "labels": (pd.Series(demand(), index=[f"t{k}" for k in range(200)]), "must have an index of times, or of consecutive"),
    "positions with a hole": (pd.Series(demand()[:199], index=np.delete(np.arange(200), 9)), "or of consecutive positions"),
    "positions out of order": (pd.Series(demand()[:200], index=range(200, 0, -1)), "or of consecutive positions"),
    "a missing hour": (indexed(without(HOURS, 100)), "must have no gaps"),
    "a missing day": (indexed(without(HOURS, *range(100, 124))), "must have no gaps"),
    "one late time": (
        indexed(HOURS[:100].append(HOURS[100:] + pd.Timedelta("7min"))),
        "must have times in whole steps of 3600 s",
    ),
    "other steps": (indexed(HOURS[:100].append(pd.date_range("2012-01-06", periods=99, freq="90min"))), "in whole steps"),
    "descending": (indexed(HOURS[::-1]), "must have times that rise"),
    "shuffled": (indexed(HOURS[np.r_[0:50, 60, 50:60, 61:200]]), "must have times that rise"),
    "a time twice": (indexed(HOURS[np.r_[0:50, 49, 50:199]]), "must have times that rise"),
    "months": (indexed(pd.date_range("1990-01-01", periods=200, freq="MS")), "in whole steps"),
    "no time": (indexed(HOURS.insert(9, pd.NaT)[:200]), "must have no missing times"),
    "one time": (indexed(HOURS[:1]), "at least two times"),
    "years apart": (indexed(HOURS[:199].append(pd.DatetimeIndex(["2032-01-01"]))), "must have a value at one of 10 steps"),
    "texts of pandas": (pd.Series(["a", "b"] * 100), "must hold real numbers"),
    "missing of pandas": (pd.Series([1.0, None] * 100, dtype="Float64"), "must have no gaps"),
    "booleans of pandas": (pd.Series([True, None] * 100, dtype="boolean"), "must hold real numbers"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_series_is_refused_by_name(name: str) -> None:
    series, rule = MALFORMED[name]
    with pytest.raises((ValueError, TypeError), match=rule):
        forecasting.fit("persistence", series)
    with pytest.raises((ValueError, TypeError)):
        forecasting.backtest(["persistence"], series, seeds=[0])


def test_gaps_are_handled_by_the_rule_that_was_asked_for() -> None:
    last = forecasting.read_series([1.0, NAN, NAN, 4.0], gaps="last")
    assert last.values.tolist() == [1.0, 1.0, 1.0, 4.0]
    assert np.isnan(forecasting.read_series([1.0, NAN], gaps="keep").values).tolist() == [False, True]
    with pytest.raises(ValueError, match="must begin with a value"):
        forecasting.read_series([NAN, 1.0], gaps="last")
    with pytest.raises(ValueError, match="gaps: must be one of refuse, last, keep"):
        forecasting.read_series([1.0], gaps="first")
    with pytest.raises(ValueError, match=r"gaps: must be 'refuse' or 'last': it skips no step \(linear\)"):
        forecasting.fit("linear", demand(), gaps="keep")


def test_a_gap_takes_nothing_from_the_future() -> None:
    one, two = with_value(NAN), with_value(NAN)
    two[51:] += 5.0
    first, second = (forecasting.read_series(each, gaps="last").values for each in (one, two))
    assert np.array_equal(first[:51], second[:51])


def test_times_that_an_index_leaves_out_are_gaps() -> None:
    series = indexed(without(HOURS[:8], 2, 3), [0.0, 1.0, 4.0, 5.0, 6.0, 7.0])
    found = forecasting.read_series(series, gaps="last")
    assert found.values.tolist() == [0.0, 1.0, 1.0, 1.0, 4.0, 5.0, 6.0, 7.0]
    assert found.step == 3600.0


@pytest.mark.parametrize(
    "index",
    [
        HOURS,
        HOURS.tz_localize("UTC"),
        pd.date_range("2012-03-24", periods=200, freq="h", tz="Europe/Lisbon"),  # clocks change: regular all the same
        pd.period_range("2012-01-01", periods=200, freq="h"),
        HOURS.as_unit("s"),
    ],
    ids=["plain", "utc", "summer time", "periods", "seconds"],
)
def test_a_regular_index_gives_the_step(index: Any) -> None:
    found = forecasting.read_series(indexed(index))
    assert found.step == 3600.0
    assert np.array_equal(found.values, demand())


@pytest.mark.parametrize(
    "series",
    [demand().tolist(), tuple(demand()), demand().astype(np.float32), np.arange(200), pd.Series(demand()),
     pd.Series(np.arange(200), dtype="Int64"), pd.Series(demand(), dtype="Float64")],
    ids=["list", "tuple", "float32", "integers", "series", "Int64", "Float64"],
)  # fmt: skip
def test_what_holds_numbers_is_a_series(series: Any) -> None:
    found = forecasting.read_series(series)
    assert found.values.dtype == np.float64
    assert found.step is None
    assert len(found.values) == 200
    assert not found.values.flags.writeable


def test_a_slice_of_a_pandas_series_is_a_window() -> None:
    series = pd.Series(demand())
    model = forecasting.fit("linear", series[20:])
    assert model.forecast(series[-48:]).mean.tolist() == model.forecast(demand()[-48:]).mean.tolist()


def test_a_window_of_another_step_is_refused() -> None:
    model = forecasting.fit("persistence", indexed(HOURS))
    assert model.step == 3600.0
    quarters = pd.Series(demand()[:48], index=pd.date_range("2012-02-01", periods=48, freq="15min"))
    with pytest.raises(ValueError, match="history: must have steps of 3600 s"):
        model.forecast(quarters)
    hours = pd.Series(demand()[:48], index=pd.date_range("2012-02-01", periods=48, freq="h"))
    assert model.forecast(hours).mean.tolist() == [demand()[47]] * 10


@pytest.mark.parametrize("level", [0.0, 7.25, -1e100, 1e-300])
def test_a_constant_series_is_forecast_to_stay(level: float) -> None:
    for name in ("persistence", "seasonal-naive", "linear"):
        forecast = forecasting.fit(name, np.full(150, level)).forecast(np.full(48, level))
        assert forecast.mean == pytest.approx(np.full(10, level), rel=1e-12)
        assert forecast.quantiles == pytest.approx(np.full((5, 10), level), rel=1e-12)
    table = forecasting.backtest(["persistence"], np.full(300, level), seeds=[0], corruption=forecasting.Corruption(noise=0.0))
    assert table.rows[0]["rmse"] == 0.0


def test_a_spread_that_is_rounding_counts_as_none() -> None:
    assert scale_of(np.array([0.1, 0.1, 0.1 + 1e-17]))[1] == 1.0
    assert scale_of(np.array([1e6, 1e6 + 1e-9]))[1] == 1.0
    assert scale_of(np.array([1.0, NAN, 3.0])) == (2.0, 1.0)
    steady = np.where(np.arange(300) % 2, 0.3, 0.1 * 3)  # 0.3 and its neighbour, which no unit is made of
    steady[210:] = 0.5
    row = forecasting.backtest(["persistence"], steady, seeds=[0]).rows[0]
    assert row["mae"] < 0.2
    assert forecasting.read_series([LARGEST]).values.tolist() == [LARGEST]


def test_the_synthetic_series_has_its_parts() -> None:
    still = {"regime": 0.0, "burst_rate": 0.0, "noise": 0.0}
    plain = forecasting.synthetic(400, seed=0, level=5.0, trend=0.1, daily=0.0, weekly=0.0, **still)
    assert plain == pytest.approx(5.0 + 0.1 * np.arange(400))
    daily = forecasting.synthetic(400, seed=0, trend=0.0, weekly=0.0, stay=1e12, **still)
    assert daily[:376] == pytest.approx(daily[24:])
    bursts = forecasting.synthetic(2000, seed=0, trend=0.0, daily=0.0, weekly=0.0, regime=0.0, noise=0.0)
    assert 0.005 < (bursts > 10.0).mean() < 0.05
    assert np.array_equal(forecasting.synthetic(50, seed=1), forecasting.synthetic(50, seed=1))
    assert not np.array_equal(forecasting.synthetic(50, seed=1), forecasting.synthetic(50, seed=2))
    for name, value in {"length": 0, "day": 1, "noise": -1.0, "burst_rate": 1.5, "stay": 0.5, "seed": -1, "level": NAN}.items():
        with pytest.raises(ValueError, match=name):
            forecasting.synthetic(**{"seed": 0, name: value})
