"""The command line with orienteering problems: generated ones, and files whose rounding and vehicles must be said."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgeworth
from edgeworth.routing import orienteering
from tests.cli.test_cli import document, refused, run
from tests.routing.orienteering.test_readers import SOLOMON, TOPTW


@pytest.fixture
def toptw(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.txt"
    path.write_text(TOPTW)
    return path


@pytest.fixture
def solomon(tmp_path: Path) -> Path:
    path = tmp_path / "solomon.txt"
    path.write_text(SOLOMON)
    return path


def test_generate_solve_verify(tmp_path: Path) -> None:
    p, r = tmp_path / "p.json", tmp_path / "r.json"
    words = ("--preset", "fusion", "--vehicles", 3, "--customers", 8, "--seed", 0)
    made = document(run("generate", "orienteering", *words, "--out", p, "--json"))
    expected = orienteering.generate(preset="fusion", vehicles=3, customers=8, seed=0)
    assert made["hash"] == expected.hash == edgeworth.load(p).hash
    solved = run("solve", p, "--method", "column-generation", "--out", r)
    assert solved.exit_code == 0
    assert "quality        optimal" in solved.stdout
    assert "vehicles_used" in solved.stdout
    checked = run("verify", p, r)
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "verified")
    assert set(document(run("verify", p, r, "--json"))["verdicts"]) >= {"visits", "windows", "return", "capacity", "schedule"}


def test_files_of_both_formats(toptw: Path, solomon: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.npz"
    words = ("--vehicles", 2, "--rounding", "trunc1")
    assert run("generate", "orienteering", "--toptw", toptw, *words, "--out", out).exit_code == 0
    assert edgeworth.load(out).hash == orienteering.read_toptw(toptw, vehicles=2, rounding="trunc1").hash
    methods = ("--methods", "milp,greedy", "--json", "--quiet")
    runs = document(run("compare", "orienteering", "--toptw", toptw, *words, *methods))["runs"]
    assert [(row["problem"], row["value"]) for row in runs if row["method"] == "milp"] == [("tiny.txt", 21.0)]
    words = ("--solomon", solomon, "--rounding", "none", "--uncapacitated", "--vehicles", 1)
    runs = document(run("compare", "orienteering", *words, *methods))["runs"]
    assert [row["value"] for row in runs if row["method"] == "milp"] == [12.0]


def test_what_a_file_needs(toptw: Path, solomon: Path) -> None:
    start = ("compare", "orienteering", "--methods", "greedy")
    assert "--rounding is needed with --toptw" in refused(*start, "--toptw", toptw, "--vehicles", 1)
    assert "--vehicles is needed with --toptw" in refused(*start, "--toptw", toptw, "--rounding", "none")
    assert "--rounding is needed with --solomon" in refused(*start, "--solomon", solomon)
    assert "Did you mean 'trunc2'?" in refused(*start, "--solomon", solomon, "--rounding", "trunc")
    assert "--rounding is only used with --toptw, --solomon." in refused(*start, "--rounding", "none")
    words = ("--vehicles", 1, "--rounding", "none")
    assert "--uncapacitated is not used with --toptw" in refused(*start, "--toptw", toptw, *words, "--uncapacitated")
    assert "line 1 must hold the four numbers" in refused(*start, "--toptw", solomon, *words)


def test_the_help_names_all_files_that_an_option_goes_with() -> None:
    text = " ".join(run("compare", "orienteering", "--help").stdout.split())
    assert "trunc2 for Cordeau's (with --toptw, --solomon)" in text
    assert "drop the capacity (with --solomon)" in text
    assert "number of vehicles --customers" in text  # the generator takes it too
