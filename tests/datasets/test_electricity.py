"""The reader of electricity loads, and of csv tables of series, on files made here and on the public ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from edgeworth import FileFormatError, forecasting
from edgeworth.datasets import Loads, read_electricity

ORIGINAL = '"";"MT_001";"MT_002"\n"2011-01-01 00:15:00";3,5;0\n"2011-01-01 00:30:00";1,25;2\n' + "".join(
    f'"2011-01-01 0{k // 4}:{15 * (k % 4):02d}:00";1;{k}\n' for k in range(3, 10)
)


def test_the_source_s_own_format(tmp_path: Path) -> None:
    path = tmp_path / "LD2011_2014.txt.gz"
    path.write_bytes(gzip.compress(ORIGINAL.encode()))
    loads = read_electricity(path)
    assert (loads.clients, loads.step, loads.name) == (("MT_001", "MT_002"), 900.0, "LD2011_2014.txt.gz")
    assert loads.values[:3].tolist() == [[3.5, 0.0], [1.25, 2.0], [1.0, 3.0]]
    hourly = loads.hourly()
    assert hourly.step == 3600.0
    assert hourly["MT_001"].tolist() == [6.75, 4.0]
    assert hourly.hourly() is hourly
    assert read_electricity(path, ["MT_002"])["MT_002"].tolist() == loads["MT_002"].tolist()
    assert not loads.values.flags.writeable


def test_tables_with_one_or_two_columns_of_times(tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("time,a,b\n2012-01-01 00:00,1,2\n2012-01-01 01:00,3,4\n\n")
    two.write_text("date,hour,a\n2012-01-01,23,1.5\n2012-01-02,0,2.5\n")
    assert read_electricity(one).values.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert read_electricity(two).step == 3600.0
    assert read_electricity(two)["a"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "line 1: needs a column of times and one a client"),
        ("time\n", "line 1: needs a column of times"),
        ("time,a,a\n", "line 1: needs a column of times"),
        ("time,a\n2012-01-01 00:00,1\n", "holds fewer than two rows"),
        ("time,a\nnoon,1\n", "line 2: must begin with a date and time; got 'noon'"),
        ("date,hour,a\n2012-01-01,24,1\n", "line 2: must begin with a date and time"),
        ("time,a\n2012-01-01 00:00,-1\n", "line 2: must hold a number >= 0 in column a; got '-1'"),
        ("time,a\n2012-01-01 00:00,nan\n", "line 2: must hold a number >= 0"),
        ("time,a\n2012-01-01 00:00,\n", "line 2: must hold a number >= 0"),
        ('time,a\n2012-01-01 00:00,"1,5"\n', "line 2: must hold a number >= 0"),
        ("time,a\n2012-01-01 00:00\n", "line 2: must have 2 columns; got 1"),
        ("time,a\n2012-01-01 00:00,1\n2012-01-01 00:00,1\n", "line 3: must be later"),
        ("time,a\n2012-01-01T00:00+01:00,1\n2012-01-01T01:00+02:00,1\n", "line 3: must be later"),
        ("time,a\n2012-01-01 00:00,1\n2012-01-01 01:00,1\n2012-01-01 03:00,1\n", "line 4: must rise by equal steps of 3600 s"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, rule: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(FileFormatError) as caught:
        read_electricity(path)
    assert "wrong.csv" in str(caught.value)
    assert rule in str(caught.value)


def test_clients_that_are_not_there_and_steps_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("time,MT_005\n2012-01-01 00:00,1\n2012-01-01 01:00,3\n")
    with pytest.raises(ValueError, match=r"clients: must be one of MT_005 \(did you mean"):
        read_electricity(path, ["MT_05"])
    with pytest.raises(TypeError, match="clients: must be a list of names"):
        read_electricity(path, "MT_005")
    loads = read_electricity(path)
    with pytest.raises(ValueError, match="client: must be one of"):
        loads["MT_1"]
    for clients in ((), ("a", "a"), (1,)):
        with pytest.raises(ValueError, match="clients: must be different names"):
            Loads(np.ones((2, len(clients))), clients, 900.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="step: must be 900 or 3600 s"):
        Loads(np.ones((2, 1)), ("a",), 60.0).hourly()


def test_the_public_loads_are_read_and_forecast(shared_data: Path) -> None:
    folder = shared_data / "uci_electricity"
    loads = read_electricity(folder / "electricity_1000h_202clients_2012.csv.gz", ["MT_005", "MT_145"])
    assert loads.values.shape == (1000, 2)
    assert loads["MT_005"][:3].tolist() == [215.0, 292.0, 272.0]
    long = read_electricity(folder / "MT_200_hourly_2011_2015.csv.gz")
    assert (long.values.shape, long.step) == ((35_065, 1), 3600.0)
    table = forecasting.backtest(["persistence", "seasonal-naive", "linear"], {n: loads[n] for n in loads.clients}, seeds=[0])
    rmse = {row["model"]: row["rmse"] for row in table.rows if row["series"] == "MT_005"}
    assert rmse["linear"] < rmse["seasonal-naive"] < rmse["persistence"]
    again = forecasting.read_table(folder / "electricity_1000h_202clients_2012.csv.gz", ["MT_145"])["MT_145"]
    assert np.array_equal(forecasting.read_series(again).values, loads["MT_145"])


def test_tables_of_series(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("when,a,b\n2012-01-01T00:00,1,-2.5\n2012-01-01T02:00,,3\n2012-01-01T03:00,NaN,4\n2012-01-01T04:00,5,6\n")
    found = forecasting.read_table(path)
    assert list(found) == ["a", "b"]
    assert forecasting.read_series(found["a"], gaps="last").values.tolist() == [1.0, 1.0, 1.0, 1.0, 5.0]
    assert forecasting.read_series(found["b"], gaps="last").step == 3600.0
    path.write_text("a,b\n1,2\n3,4\n")
    assert forecasting.read_table(path, ["b"])["b"].tolist() == [2.0, 4.0]
    path.write_text(",a\n4,1\n5,2\n")
    assert forecasting.read_series(forecasting.read_table(path)["a"]).values.tolist() == [1.0, 2.0]
    path.write_text(",a\n4,1\n6,2\n")
    with pytest.raises(TypeError, match="or of consecutive positions"):
        forecasting.read_series(forecasting.read_table(path)["a"])
    wrong = {
        ",a\n0,1\n0.5,2\n": "line 3: must begin with a position",
        "": "must have a heading and rows",
        "a\n": "must have a heading and rows",
        "a,a\n1,2\n": "line 1: must have headings, each once",
        "t,a\n2012-01-01,1\nnow,2\n": "line 3: must begin with a date and time; got 'now'",
        "t,a\n2012-01-01,1\nnoon,2\n": "line 3: must begin with a date and time; got 'noon'",
        "a,b\n1,2\n3\n": "line 3: must have 2 columns, as the heading; got 1",
        "a,b\n1,x\n": "line 2: must hold a number, or nothing, in column b; got 'x'",
        "a,b\n1,inf\n": "line 2: must hold a number",
    }
    for text, rule in wrong.items():
        path.write_text(text)
        with pytest.raises(FileFormatError, match=rule):
            forecasting.read_table(path)
    path.write_text("a,b\n1,2\n")
    for columns, rule in {
        ("c",): "must be one of a, b",
        (): "must be different headings",
        ("a", "a"): "must be different",
    }.items():
        with pytest.raises(ValueError, match=f"columns: {rule}"):
            forecasting.read_table(path, columns)
    with pytest.raises(TypeError, match="columns: must be a list"):
        forecasting.read_table(path, "a")
