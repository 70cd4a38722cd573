"""``edgeworth run fusion``: the same run as from code, verified, written, and refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeworth.systems import fusion
from tests.cli.test_cli import document, refused, run

SMALL = ("--servers", 5, "--agents", 2, "--users", 40, "--forecaster", "persistence")


def test_a_run_is_that_of_the_library(tmp_path: Path) -> None:
    page, record, table = tmp_path / "page.html", tmp_path / "run.npz", tmp_path / "rounds.csv"
    words = ("run", "fusion", "--variant", "rank", "--rounds", 2, "--seed", 3, *SMALL)
    told = run(*words, "-o", page, "--save", record, "--csv", table)
    assert told.exit_code == 0
    assert "verified" in told.stdout.splitlines()
    assert "[2/2] welfare" in told.stderr
    wanted = fusion.run(variant="rank", rounds=2, seed=3, servers=5, agents=2, users=40, forecaster="persistence")
    assert fusion.Run.load(record).hash == wanted.hash
    assert "verified" in page.read_text(encoding="utf-8")
    assert len(table.read_text().splitlines()) == 3
    found = document(run(*words, "--json", "--quiet"))
    assert found["hash"] == wanted.hash
    assert found["verified"] is True
    assert found["measures"]["welfare"] == wanted.measures["welfare"]
    assert [row["round"] for row in found["runs"]] == [0, 1]
    assert found["verdicts"]["settlement"]["status"] == "holds"


def test_options_of_the_forecast() -> None:
    plain, other = (
        document(run("run", "fusion", "--variant", "pur-online", *SMALL, *words, "--json", "--quiet"))
        for words in ((), ("--corrupt", "--contract", "newsvendor"))
    )
    assert plain["measures"]["welfare"] == other["measures"]["welfare"]  # nothing is bought
    assert plain["measures"]["forecast_error"] != other["measures"]["forecast_error"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--variant", "fuson"), "did you mean 'fusion'"),
        (("--preset", "town"), "preset: must be one of"),
        (("--forecaster", "lstn"), "did you mean 'lstm'"),
        (("--contract", "all"), "contract: must be one of"),
        (("--rounds", 0), "--rounds"),
        (("--rounds", 9_999), "rounds: must be at most 336"),
        (("--save", "run.txt"), "must end in .json or .npz"),
        (("--preset", "melbourne"), "of preset 'melbourne'"),
        (("--sites", __file__), "sites: is not taken by preset 'synthetic'"),
    ],
)
def test_wrong_options_are_named(words: tuple[str, ...], what: str) -> None:
    assert what in refused("run", "fusion", "--quiet", *words)


PLATFORM = ("run", "metaverse", "--servers", 4, "--tasks", 8, "--rounds", 2, "--method", "greedy")


def test_the_platform_runs_and_is_verified(tmp_path: Path) -> None:
    table = tmp_path / "rounds.csv"
    told = run(*PLATFORM, "--faults", "lazy-leader", "--csv", table)
    assert told.exit_code == 0, told.output
    assert "4 of 4 blocks committed by 4 replicas (faulty: 0 lazy-leader)" in told.stdout
    assert "[2/2] welfare" in told.stderr
    assert len(table.read_text().splitlines()) == 3
    found = document(run(*PLATFORM, "--json", "--quiet"))
    assert found["verified"] is True
    assert found["measures"]["served"] > 0.0
    assert found["verdicts"]["agreement"]["status"] == "holds"


def test_a_platform_beyond_f_is_told_to_have_failed() -> None:
    told = run(*PLATFORM, "--faults", "equivocating-leader", "--faulty", 2, "--seed", 1, "--quiet")
    assert told.exit_code == 1
    assert "NOT verified" in told.stdout


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--method", "gredy"), "did you mean 'greedy'"),
        (("--faults", "silence"), "did you mean 'silent'"),
        (("--network", "wet"), "network: must be one of"),
        (("--preset", "large"), "preset: must make problems from a system"),
        (("--faulty", 2), "faults: must say how"),
        (("--time-limit", -1), "seconds"),
    ],
)
def test_wrong_options_of_the_platform_are_named(words: tuple[str, ...], what: str) -> None:
    assert what in refused(*PLATFORM, "--quiet", *words)
