"""The command line with scheduling: presets, tasks of one's own, files there and back, options that are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgeworth
from edgeworth.solvers import scheduling
from tests.cli.test_cli import document, refused, run

SMALL = ("--devices", 3, "--horizon", 30)
TASKS = "arrival,source,work,data\n0.5,0,4,2\n0.25,1,6,2.5\n3,2,5,3\n"


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.csv"
    path.write_text(TASKS)
    return path


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_generate_solve_verify(tmp_path: Path, ending: str) -> None:
    p, r, b = (tmp_path / f"{name}.{ending}" for name in "prb")
    words = ("--preset", "table-2", "--devices", 5, "--horizon", 60, "--seed", 0)
    made = document(run("generate", "scheduling", *words, "--out", p, "--json"))
    expected = scheduling.generate(preset="table-2", devices=5, horizon=60.0, seed=0)
    assert made["hash"] == expected.hash == edgeworth.load(p).hash
    solved = run("solve", p, "--method", "greedy-cost", "--out", r)
    assert solved.exit_code == 0
    for name in ("success", "latency", "energy_per_success", "utilisation"):
        assert name in solved.stdout
    checked = run("verify", p, r)
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "verified")
    assert set(document(run("verify", p, r, "--json"))["verdicts"]) >= {
        "device",
        "mask",
        "decision",
        "start",
        "value",
        "quality",
    }
    assert edgeworth.load(r).value == scheduling.solve(expected, method="greedy-cost").value
    assert run("solve", p, "--method", "lagrangian", "--time-limit", 1, "--out", b).exit_code == 0
    assert document(run("verify", p, b, "--json"))["verdicts"]["bound"]["status"] == "holds"
    assert edgeworth.load(b).bound < edgeworth.load(r).value


def test_compare_rules_with_the_bound() -> None:
    methods = ("--methods", "local,earliest-finish,b-auction,lagrangian", "--instances", 2, "--time-limit", 1)
    words = ("compare", "scheduling", *SMALL, "--rate", 0.3, "--channel", "shared", *methods)
    runs = document(run(*words, "--json", "--quiet"))["runs"]
    assert [row["method"] for row in runs] == ["local", "earliest-finish", "b-auction", "lagrangian"] * 2
    first = scheduling.generate(devices=3, horizon=30.0, rate=0.3, channel="shared", seed=0)
    assert runs[0]["value"] == pytest.approx(scheduling.solve(first, method="local").value)
    for four in (runs[:4], runs[4:]):
        assert all(four[3]["bound"] <= row["value"] for row in four[:3])
    assert "All runs verified." in run(*words, "--quiet").stdout


def test_what_shares_processors_is_refused_by_name() -> None:
    words = ("compare", "scheduling", *SMALL, "--service", "sharing", "--methods", "local,lagrangian")
    rule, bound = document(run(*words, "--json", "--quiet"))["runs"]
    assert rule["value"] > 0.0
    assert bound["bound"] is None
    assert "service: must be 'serial'" in bound["notes"]


def test_tasks_of_ones_own(tasks: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.json"
    assert run("generate", "scheduling", "--tasks", tasks, "--devices", 4, "--late", "skip", "--out", out).exit_code == 0
    episode = edgeworth.load(out)
    assert isinstance(episode, scheduling.Episode)
    assert episode.hash == scheduling.read_csv(tasks, devices=4, late="skip").hash
    assert (episode.devices, episode.late, episode.arrival.tolist()) == (4, "skip", [0.25, 0.5, 3.0])
    assert run("solve", out, "--method", "earliest-finish").exit_code == 0
    tasks.write_text(TASKS + "4,1,much,2\n")
    assert "line 5: must hold a number > 0 in column work; got 'much'" in refused(
        "generate", "scheduling", "--tasks", tasks, "--out", out
    )


def test_what_is_refused(tasks: Path, tmp_path: Path) -> None:
    start, out = ("generate", "scheduling"), ("--out", tmp_path / "p.json")
    assert "devices: must be at least 1" in refused(*start, "--devices", 0, *out)
    assert "rate: must be at least 0" in refused(*start, "--rate", -1, *out)
    assert "'wired' is not one of radio, link, shared" in refused(*start, "--channel", "wired", *out)
    assert "Did you mean 'table-2'?" in refused(*start, "--preset", "table-3", *out)
    assert "trace: must be the path of a trace for preset 'azure'" in refused(*start, "--preset", "azure", *out)
    assert "--rate is not used with --tasks" in refused(*start, "--tasks", tasks, "--rate", 0.1, *out)
    assert "devices: must be at least 3, by the sources; got 2" in refused(*start, "--tasks", tasks, "--devices", 2, *out)
    assert "greedy-cost" in refused("compare", "scheduling", *SMALL, "--methods", "greedy")


def test_methods_are_listed_and_told() -> None:
    listed = run("methods", "scheduling").stdout
    for row in scheduling.METHODS:
        assert row.name in listed
        assert row.guarantee.split()[0] in run("methods", "scheduling", row.name).stdout
    assert "exchange_rate" in run("methods", "scheduling", "greedy-cost").stdout
