"""``edgeworth backtest``: what it prints and writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from edgeworth import forecasting
from tests.cli.test_cli import document, refused, run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "demand.csv"
    times = pd.date_range("2024-03-01", periods=300, freq="h")
    frame = pd.DataFrame({name: forecasting.synthetic(300, seed=k) for k, name in enumerate(("east", "west"))}, index=times)
    frame.to_csv(path, index_label="time")
    return path


SMALL = ("--history", 24, "--horizon", 4, "--seeds", 2)


def test_a_table_of_methods(table: Path) -> None:
    done = run("backtest", table, "--models", "persistence,seasonal-naive,linear", *SMALL)
    assert done.exit_code == 0
    assert done.stdout.startswith("1 series (east), 87 origins, errors in units of the training part's range\n")
    assert [line.split()[0] for line in done.stdout.splitlines()[4:]] == ["persistence", "seasonal-naive", "linear"]
    assert "[6/6] linear: east, seed 1: rmse" in done.stderr
    assert run("backtest", table, "--models", "linear", *SMALL, "--quiet").stderr == ""


def test_the_numbers_are_those_of_the_library(table: Path) -> None:
    words = (
        "--models",
        "seasonal-naive,linear",
        "--columns",
        "west,east",
        *SMALL,
        "--corrupt",
        "--missing",
        "0.2",
        "--season",
        12,
    )
    found = document(run("backtest", table, *words, "--fill", "zero", "--json", "--quiet"))
    series = forecasting.read_table(table, ["west", "east"])
    corruption = forecasting.Corruption(missing=0.2, fill="zero")
    options = {"history": 24, "horizon": 4, "seeds": range(2), "season": 12}
    wanted = forecasting.backtest(["seasonal-naive", "linear"], series, corruption=corruption, **options)
    for row, other in zip(found["rows"], wanted.rows, strict=True):
        assert {**row, "cpu_ms": 0} == pytest.approx({**other, "cpu_ms": 0})
    assert found["reference"] == wanted.best
    assert found["setting"]["corruption"]["missing"] == 0.2
    assert not found["interrupted"]


def test_pages_figures_and_csv(table: Path, tmp_path: Path) -> None:
    page, figure, rows = (tmp_path / name for name in ("p.html", "f.svg", "r.csv"))
    done = run("backtest", table, "--models", "linear", *SMALL, "-o", page, "--plot", figure, "--csv", rows, "--joint")
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("written: ")] == [
        f"written: {path}" for path in (rows, figure, page)
    ]
    text = page.read_text()
    assert "Backtest of 1 forecasting methods" in text
    assert text.count("<script") == 1  # the page's own
    assert "demand.csv" in text
    assert len(pd.read_csv(rows)) == 2
    assert figure.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("--models", "lineer"), "methods: must be one of persistence, .*did you mean 'linear'"),
        (("--models", "linear,"), "--models holds an empty name"),
        (("--models", "linear,linear"), "methods: must be different names"),
        (("--models", "linear", "--columns", "north"), "columns: must be one of east, west"),
        (("--models", "linear", "--missing", "0.5"), "--missing is used with --corrupt only"),
        (("--models", "linear", "--corrupt", "--missing", "1.5"), "missing: must be below 1"),
        (("--models", "linear", "--corrupt", "--fill", "none"), "corruption: must be without fill='none'"),
        (("--models", "linear", "--season", "12"), "season: must be None: no method takes it"),
        (("--models", "linear", "--history", "200"), "east, its training part: must have"),
        (("--models", "linear", "--units", "kW"), "'kW' is not one of range, deviation, data"),
        (("--models", "linear", "--reference", "lstm"), "reference: must be one of linear"),
        (("--models", "linear", "--train", "2"), "train: must be at most 1"),
    ],
)  # fmt: skip
def test_what_is_refused(table: Path, words: tuple[str, ...], rule: str) -> None:
    import re

    assert re.search(rule, refused("backtest", table, *words, "--quiet"))


def test_a_table_with_a_gap_or_irregular_times(table: Path, tmp_path: Path) -> None:
    lines = table.read_text().splitlines()
    path = tmp_path / "gap.csv"
    path.write_text("\n".join([*lines[:100], *lines[101:]]))
    line = refused("backtest", path, "--models", "linear", *SMALL, "--quiet")
    assert "east: must have no gaps; gaps='last' puts the last value before into them (index 99)" in line
    assert run("backtest", path, "--models", "linear", *SMALL, "--gaps", "last", "--quiet").exit_code == 0
    path.write_text("\n".join([*lines[:100], lines[100].replace(":00:00", ":10:00", 1), *lines[101:]]))
    assert "must have times in whole steps of 3000 s" in refused("backtest", path, "--models", "linear", *SMALL, "--quiet")


def test_a_part_says_that_it_is_one(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = forecasting.backtest(["linear"], forecasting.read_table(table, ["east"]), seeds=[0], history=24, horizon=4)
    monkeypatch.setattr("edgeworth.forecasting.backtest", lambda *args, **options: whole.as_interrupted())
    page = tmp_path / "p.html"
    assert run("backtest", table, "--models", "linear", *SMALL, "-o", page, "--quiet").exit_code == 130
    assert "Interrupted: methods that were not finished are left out." in page.read_text()
