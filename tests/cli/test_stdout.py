"""stdout is for answers: nothing but the document of ``--json``, whatever a solver in C++ would print; and quiet ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edgeworth import _families
from edgeworth.cli import main
from edgeworth.core.family import family
from edgeworth.solvers import allocation
from tests.cli.test_cli import refused, run

SMALL: dict[str, list[str]] = {
    "allocation": ["--servers", "3", "--tasks", "8"],
    "carbon-offloading": ["--users", "2", "--slots", "20"],
    "scheduling": ["--devices", "3", "--horizon", "20"],
    "orienteering": ["--vehicles", "2", "--customers", "5"],
    "trading": ["--preset", "interior"],
    "offloading": ["--preset", "random", "--users", "4", "--providers", "2"],
    "normal-form": ["--preset", "matching-pennies"],
    "double-auction": ["--preset", "unit", "--buyers", "3", "--sellers", "3"],
    "procurement": ["--suppliers", "3"],
}

RECORDER = """
import json, os, sys, tempfile
from edgeworth.cli import main
calls, where = json.loads(sys.stdin.read()), sys.argv[1]
found = []
for words in calls:
    sys.stdout.flush()
    kept = os.dup(1)
    with tempfile.TemporaryFile(dir=where) as file:
        os.dup2(file.fileno(), 1)  # of the process, not of Python: libraries in C write there
        try:
            main(words, prog_name="edgeworth")
            code = 0
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        file.seek(0)
        found.append([words, code, file.read().decode()])
with open(os.path.join(where, "found.json"), "w") as file:
    json.dump(found, file)
"""


def _recorded(calls: list[list[str]], folder: Path) -> list[tuple[list[str], int, str]]:
    """What every call writes to file descriptor 1, all of them in one process that is not this one."""
    done = subprocess.run(
        [sys.executable, "-c", RECORDER, folder],
        input=json.dumps(calls),
        text=True,
        capture_output=True,
        timeout=400,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == ""
    return [(words, code, text) for words, code, text in json.loads((folder / "found.json").read_text())]


def _document(text: str) -> Any:
    def refuse(token: str) -> Any:
        raise AssertionError(token)

    return json.loads(text, parse_constant=refuse)


def test_every_command_is_tried_here() -> None:
    # tests/learning/deep/test_trained_methods.py, where torch is installed, test_ledger.py and test_demo.py
    elsewhere = {"train", "ledger", "demo"}
    here = {"generate", "solve", "verify", "compare", "study", "audit", "methods", "compile", "show-versions", "backtest"}
    here |= {"run", "reproduce"}
    assert set(main.commands) == here | elsewhere
    assert set(SMALL) <= set(_families.FAMILIES)


def _one_of_each_kind(kind: str) -> list[str]:
    """The first method of every kind, and all that may claim an optimum: theirs are the third-party solvers."""
    rows = family(kind).methods
    first = {row.kind: row.name for row in reversed(rows)}
    return list(dict.fromkeys([*first.values(), *(row.name for row in rows if row.exact)]))


def test_json_of_every_command_and_method_is_one_document(tmp_path: Path) -> None:
    calls: list[list[str]] = [["methods", "--json"], ["show-versions", "--json"], ["compile", "procurement", "--json"]]
    calls.append(
        ["audit", "double-auction", "trade-reduction", "--buyers", "2", "--sellers", "2", "--preset", "unit", "--json"]
    )
    (tmp_path / "demand.csv").write_text("load\n" + "\n".join(str(k % 7) for k in range(120)) + "\n")
    calls.append(["backtest", "demand.csv", "--models", "linear", "--history", "7", "--horizon", "2", "--seeds", "1", "--json"])
    small = ["--servers", "4", "--agents", "2", "--users", "30", "--forecaster", "persistence", "--json"]
    calls += [["run", "fusion", "--variant", "welfare-optimum", *small]]
    calls += [["run", "ai-bazaar", "--consumers", "3", "--rounds", "2", "--json"]]
    calls += [["run", "metaverse", "--servers", "4", "--tasks", "6", "--rounds", "1", "--json"]]
    few = ["--servers", "3", "--tasks", "8", "--methods", "lp,milp", "--time-limit", "5"]
    calls += [["study", "run", "allocation", *few, "--db", "s.db", "--engine", "serial", "--json"]]
    calls += [["study", "resume", "s.db", "--engine", "serial", "--json"], ["study", "status", "s.db", "--json"]]
    calls += [
        ["reproduce", "caddto", "--claim", "carbon-unit", "--budget", "smoke", "--json"],
        ["reproduce", "--list", "--json"],
    ]
    for kind in _families.FAMILIES:
        words = SMALL.get(kind, [])
        problem = f"{kind}.json"
        calls.append(["generate", kind, *words, "--out", problem, "--json"])
        limits = ["--time-limit", "0.02", "--json"]
        methods = _one_of_each_kind(kind)
        for name in ["auto", *methods]:
            result = f"{kind}-{name}.json"
            calls.append(["solve", problem, "--method", name, *limits, "--out", result])
            calls.append(["verify", problem, result, "--json"])
        calls.append(["compare", kind, *words, "--methods", methods[0], *limits])
    for words, code, text in _recorded(calls, tmp_path):
        assert code in (0, 1), (words, code)
        assert isinstance(_document(text), dict), words


def test_highs_from_a_process_of_its_own_prints_nothing(tmp_path: Path) -> None:
    """The first solver of a process prints its banner, if any does; Pyomo brings a solver of its own."""
    allocation.generate(servers=3, tasks=8, seed=0).save(tmp_path / "p.json")
    for method in ("lp", "milp"):
        words = [sys.executable, "-m", "edgeworth", "solve", "p.json", "--method", method, "--json", "--quiet"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=100, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert _document(done.stdout)["method"] == method


# --- quiet ends ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="closed pipes are those of POSIX")
def test_a_reader_that_goes_ends_the_command_quietly(tmp_path: Path) -> None:
    allocation.generate(servers=3, tasks=8, seed=0).save(tmp_path / "p.json")
    for words in (["methods", "--json"], ["solve", "p.json", "--method", "greedy"]):
        receive, send = os.pipe()
        os.close(receive)  # as `| head` does when it has seen enough
        try:
            command = [sys.executable, "-m", "edgeworth", *words]
            done = subprocess.run(command, stdout=send, stderr=subprocess.PIPE, text=True, timeout=60, cwd=tmp_path)
        finally:
            os.close(send)
        assert (done.returncode, done.stderr) == (141, ""), words


@pytest.mark.skipif(os.name != "posix", reason="closed pipes are those of POSIX")
def test_progress_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    receive, send = os.pipe()
    os.close(receive)
    try:
        words = ["compare", "allocation", "--servers", "3", "--tasks", "5", "--methods", "greedy,random", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "edgeworth", *words],
            stdout=subprocess.PIPE,
            stderr=send,
            text=True,
            timeout=60,
            cwd=tmp_path,
        )
    finally:
        os.close(send)
    assert done.returncode == 0
    assert len(_document(done.stdout)["runs"]) == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_full_disk_under_stdout_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "edgeworth", "methods"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "p\u0416.json"
    allocation.generate(servers=2, tasks=3, seed=0).save(path)
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    words = [sys.executable, "-m", "edgeworth", "generate", "allocation", "--servers", "2", "--tasks", "3", "--out", path]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"p\u0416.json: allocation problem" in done.stdout


# --- before the run -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "p.json"
    allocation.generate(servers=3, tasks=6, seed=0).save(path)
    return path


def test_outputs_are_tried_before_anything_runs(problem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("it ran")

    import edgeworth.core.solving
    import edgeworth.experiments

    monkeypatch.setattr(edgeworth.core.solving, "solve", never)
    monkeypatch.setattr(edgeworth.experiments, "compare", never)
    (tmp_path / "folder.json").mkdir()
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    for out in (tmp_path / "nowhere" / "r.json", tmp_path / "folder.json", blocked / "r.json"):
        for words in (("solve", problem, "--out", out), ("generate", "allocation", "--out", out)):
            line = refused(*words)
            assert "does not exist" in line or "is a directory" in line or "cannot be written" in line
    for option, name in (("--out", "r.html"), ("--csv", "r.csv"), ("--plot", "r.svg")):
        line = refused("compare", "allocation", "--methods", "greedy", option, tmp_path / "nowhere" / name)
        assert "does not exist" in line
    assert "would be replaced by --out" in refused("solve", problem, "--out", problem)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.json", "p.json"]


def test_no_output_takes_the_place_of_an_input(problem: Path, tmp_path: Path) -> None:
    series = tmp_path / "series.csv"
    series.write_text("load\n" + "\n".join(str(k % 24) for k in range(300)))
    content = series.read_text()
    words = ("--models", "persistence", "--csv")
    assert f"{str(series)!r} would be replaced by --csv" in refused("backtest", series, *words, series)
    assert series.read_text() == content
    link = tmp_path / "link.json"
    link.symlink_to(problem)
    assert "would replace --problem" in refused(
        "compare", "allocation", "--methods", "greedy", "--problem", problem, "--csv", link
    )
    assert "would be replaced by --out" in refused("solve", problem, "--out", link)


def test_what_no_disk_or_memory_holds_is_refused_in_one_line(
    problem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    assert "cannot be written" in refused("solve", problem, "--out", loop)
    out = ("--out", tmp_path / "big.json")
    assert f"--servers: must be at most {2**63 - 1}; got {10**20}" in refused(
        "generate", "allocation", "--servers", 10**20, *out
    )

    def full(*_: Any, **__: Any) -> Any:
        raise MemoryError("Unable to allocate 7.28 TiB")

    monkeypatch.setattr("edgeworth.cli.sources.obtain", full)
    line = "Error: memory: must hold what was asked for; Unable to allocate 7.28 TiB"
    assert refused("generate", "allocation", "--servers", 10**6, "--tasks", 10**6, *out) == line


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_full_disk_is_named_by_the_file(tmp_path: Path) -> None:
    full = tmp_path / "full.json"
    full.symlink_to("/dev/full")
    assert refused("generate", "procurement", "--out", full) == f"Error: {full}: No space left on device"


def test_a_write_that_fails_after_the_run_does_not_cost_the_answer(
    problem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgeworth.core.result import Result
    from edgeworth.experiments import Comparison

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "r.json")

    monkeypatch.setattr(Result, "save", full)
    monkeypatch.setattr(Comparison, "to_csv", full)
    done = run("solve", problem, "--method", "greedy", "--out", tmp_path / "r.json", "--json")
    assert (done.exit_code, _document(done.stdout)["method"]) == (2, "greedy")
    assert done.stderr == "Error: r.json: No space left on device\n"
    words = ("--problem", problem, "--methods", "greedy", "--quiet", "--csv", tmp_path / "r.csv", "--out", tmp_path / "r.html")
    done = run("compare", "allocation", *words)
    assert done.exit_code == 2
    assert "All runs verified." in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("written")] == [f"written: {tmp_path / 'r.html'}"]
    assert (tmp_path / "r.html").exists()


# --- what is claimed ----------------------------------------------------------------------------------------------------------


def _saved(problem: Path, **changed: Any) -> Path:
    import dataclasses

    import edgeworth

    result = allocation.solve(edgeworth.load(problem), method="greedy")
    path = problem.with_name("r.json")
    dataclasses.replace(result, **changed).save(path)
    return path


def test_strict_refuses_what_is_only_claimed(problem: Path) -> None:
    from edgeworth import BoundEvidence, Quality

    proved = _saved(problem)
    for words in ((), ("--strict",)):
        done = run("verify", problem, proved, *words)
        assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "verified")
        assert " within " in done.stdout  # the tolerances
    claimed = _saved(problem, bound=1e6, bound_evidence=BoundEvidence.CLAIMED)
    done = run("verify", problem, claimed)
    assert (done.exit_code, done.stdout.splitlines()[-2:]) == (0, ["claimed, not proved: bound", "verified"])
    assert run("verify", problem, claimed, "--strict").exit_code == 1
    assert _document(run("verify", problem, claimed, "--json").stdout)["claimed"] == ["bound"]
    value = json.loads(proved.read_text())["fields"]["value"]
    optimal = _saved(problem, bound=value, bound_evidence=BoundEvidence.CLAIMED, quality=Quality.CLAIMED_OPTIMAL)
    assert run("verify", problem, optimal).exit_code == 0
    done = run("verify", problem, optimal, "--strict")
    last = ["claimed, not proved: bound, quality", "verified, but refused by --strict: not all of it is proved"]
    assert (done.exit_code, done.stdout.splitlines()[-2:]) == (1, last)
    for words, accepted in (((), True), (("--strict",), False)):
        document = _document(run("verify", problem, optimal, "--json", *words).stdout)
        assert (document["verified"], document["accepted"]) == (True, accepted)


@pytest.mark.parametrize("words", [(), ("study",), ("generate",), ("ledger",)])
def test_help_says_whole_sentences(words: tuple[str, ...]) -> None:
    listed = run(*words, "--help").stdout.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed


def test_messages_do_not_act_on_a_terminal(problem: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.nfg"
    path.write_text("\x1b[2J\x1b]0;title\x07")
    line = refused("generate", "normal-form", "--nfg", path, "--out", tmp_path / "g.json")
    assert "\x1b" not in line
    assert r"\x1b[2J" in line
    assert "\x1b" not in refused("\x1b[2J")
