"""``edgeworth study``: runs, looks, goes on, writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from edgeworth import Comparison, Study
from edgeworth.cli.progress import span
from tests.cli.test_cli import document, refused, run
from tests.experiments.study.planted import Planted, asked, lost, plant

SMALL = ("--servers", "3", "--tasks", "8", "--methods", "greedy,random", "--instances", "2", "--seeds", "2")


def go(path: Path, *words: object) -> tuple[object, ...]:
    return "study", "run", "allocation", *SMALL, "--db", path, "--engine", "serial", *words


def test_run_status_resume_report_export(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    done = run(*go(path))
    assert done.exit_code == 0
    assert "2 allocation problems (max), 2 methods, 6 of 6 runs" in done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("[1/6] about ")
    assert lines[-1].startswith("[6/6] ")
    assert " left; " not in lines[-1]
    asked(path, "DELETE FROM row WHERE task IN (SELECT hash FROM task LIMIT 2)")
    status = document(run("study", "status", path, "--json"))
    assert (status["runs"], status["done"], status["waiting"], status["writer"]) == (6, 4, 2, None)
    assert "waiting          2" in run("study", "status", path).stdout
    again = document(run("study", "resume", path, "--engine", "serial", "--json", "--quiet"))
    assert (again["status"]["waiting"], len(again["runs"]), again["verified"]) == (0, 6, True)
    for name in ("r.html", "r.csv", "r.jsonl"):
        command = "report" if name == "r.html" else "export"
        assert run("study", command, path, "--out", tmp_path / name).stdout == f"written: {tmp_path / name}\n"
    assert "<html" in (tmp_path / "r.html").read_text()
    told = run("study", "report", path, "--out", tmp_path / "r.html", "--figures", tmp_path / "drawn").stdout
    assert "not drawn: convergence" in told  # without --results there are no traces
    assert (tmp_path / "drawn" / "gaps.csv").is_file()
    assert len(pd.read_csv(tmp_path / "r.csv")) == 6
    assert Comparison.load(tmp_path / "r.jsonl").frame.equals(Study.open(path).comparison().frame)
    assert run(*go(path, "--quiet")).stderr == ""  # and nothing is run again
    assert asked(path, "SELECT count(*) FROM attempt") == [(8,)]


def test_a_study_that_failed_is_tried_again_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    plant(monkeypatch, Planted(lambda task, attempt: lost() if task.spec.label == "greedy" else None))
    assert run(*go(path)).exit_code == 1
    assert run("study", "resume", path).exit_code == 1
    assert "attempts lost    4" in run("study", "status", path).stdout
    plant(monkeypatch, Planted())
    assert run("study", "resume", path, "--retry-failed").exit_code == 0


def test_an_interrupted_study_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"

    def press(task: object, attempt: int) -> None:
        if len(engine.given) == 3:
            raise KeyboardInterrupt

    engine = plant(monkeypatch, Planted(press))
    done = run(*go(path))
    assert done.exit_code == 130
    assert f"4 of 6 runs wait; go on by: edgeworth study resume {path}" in done.stderr


def test_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    assert "does not exist" in refused("study", "status", path)
    assert "--scheduler is used with --engine dask" in refused(*go(path, "--scheduler", "tcp://x:1"))
    assert "has no rows yet" in refused("study", "report", path, "--out", tmp_path / "r.html")
    assert "must end in .csv, .parquet, .jsonl" in refused("study", "export", path, "--out", tmp_path / "r.txt")
    assert "would be replaced by --out" in refused("study", "report", path, "--out", path)
    assert "'loki' is not one of" in refused("study", "resume", path, "--engine", "loki")
    path.write_text("no study")
    assert "is no study, or damaged" in refused("study", "status", path)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "about 0 s"), (119, "about 119 s"), (600, "about 10 min"), (9_000, "about 2 h"), (2e5, "about 2 days")],
)
def test_a_time_to_come(seconds: float, text: str) -> None:
    assert span(seconds) == text
