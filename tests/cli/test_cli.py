"""The command line: what it prints, what it returns, what it refuses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import edgeworth
from edgeworth import _families
from edgeworth.cli import main, sources
from edgeworth.core.lazy import resolve
from edgeworth.solvers import allocation


def run(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def refused(*words: object) -> str:
    """The error line of a call that must end with exit code 2 and print nothing else."""
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    line = result.stderr.strip().splitlines()[-1]
    assert line.startswith("Error: ")
    return line


def document(result: Result) -> Any:
    """The one JSON document on stdout; NaN and infinities are no JSON."""

    def refuse(token: str) -> Any:
        raise AssertionError(token)

    return json.loads(result.stdout, parse_constant=refuse)


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "p.json"
    allocation.generate(preset="hotspot", servers=4, tasks=20, seed=0).save(path)
    return path


@pytest.fixture
def gap_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.gap"
    path.write_text("2 3\n4 3 5\n2 6 1\n1 1 1\n1 1 1\n2 2\n")
    return path


# --- start-up -----------------------------------------------------------------------------------------------------------------

HEAVY = ("numpy", "numba", "pandas", "scipy", "highspy", "matplotlib", "joblib", "rich", "networkx", "pyomo")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["solve", "--help"], ["show-versions"], ["nonsense"]])
def test_nothing_heavy_is_imported_before_a_command_runs(words: list[str]) -> None:
    code = (
        "import sys; from edgeworth.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_python_m_edgeworth(problem: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "edgeworth", "solve", problem, "--method", "greedy", "--out", tmp_path / "r.json", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["method"] == "greedy"
    assert edgeworth.load(tmp_path / "r.json").value == json.loads(done.stdout)["value"]


def test_help_and_version() -> None:
    text = run("--help").stdout
    for name in ("generate", "solve", "verify", "compare", "methods", "show-versions"):
        assert f"\n  {name}" in text
    assert edgeworth.__version__ in run("--version").stdout
    for words in (("compare", "allocation"), ("generate", "allocation")):
        assert "--preset [metaverse|" in run(*words, "--help").stdout


# --- sources are data ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", _families.FAMILIES)
def test_every_family_declares_its_sources(kind: str) -> None:
    import inspect

    table = sources.sources_of(kind)
    assert sum(source.reads is None for source in table) <= 1
    for source in table:
        takes = inspect.signature(resolve(source.function)).parameters
        names = [option.name for option in source.options]
        assert set(names) <= set(takes)
        assert source.reads is not None or "seed" in takes
        for option in source.options:
            assert set(option.implies) <= set(names)
    flags = [flag for command in ("compare", "generate") for flag in _flags(command, kind)]
    assert len(flags) == len(set(flags))


def _flags(command: str, kind: str) -> list[str]:
    import click

    group = main.commands[command]
    assert isinstance(group, click.Group)
    made = group.get_command(click.Context(group), kind)
    assert made is not None
    return [f"{command} {flag}" for param in made.params for flag in param.opts]


# --- generate, solve, verify --------------------------------------------------------------------------------------------------


def test_generate_solve_verify(tmp_path: Path) -> None:
    p, r = tmp_path / "p.json", tmp_path / "r.npz"
    words = ("--preset", "hotspot", "--servers", 5, "--tasks", 30, "--hot", 1, "--seed", 3)
    made = document(run("generate", "allocation", *words, "--out", p, "--json"))
    expected = allocation.generate(preset="hotspot", servers=5, tasks=30, hot=1, seed=3)
    assert made["hash"] == expected.hash == edgeworth.load(p).hash
    solved = run("solve", p, "--method", "highs", "--time-limit", 20, "--seed", 0, "--threads", 1, "--out", r)
    assert solved.exit_code == 0
    assert "verified          yes" in solved.stdout
    checked = run("verify", p, r)
    assert checked.exit_code == 0
    assert checked.stdout.splitlines()[-1] == "verified"
    verdicts = document(run("verify", p, r, "--json"))
    assert verdicts["verified"] is True
    assert verdicts["verdicts"]["capacity"]["status"] == "holds"


def test_verify_finds_a_planted_fault(problem: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    allocation.solve(edgeworth.load(problem), method="greedy").save(path)
    content = json.loads(path.read_text())
    content["fields"]["value"] *= 1.01
    path.write_text(json.dumps(content))
    result = run("verify", problem, path)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "NOT verified: value"
    result = run("verify", problem, path, "--json")
    assert result.exit_code == 1
    assert document(result)["verdicts"]["value"]["witness"]["what"] == "value"


def test_a_bound_is_an_answer_of_a_bound_method(problem: Path) -> None:
    result = run("solve", problem, "--method", "lp", "--json")
    assert result.exit_code == 0
    assert document(result)["value"] is None
    assert document(result)["bound"] > 0.0


@pytest.mark.parametrize("method", ["greedy", "highs"])
def test_no_solution_is_exit_code_1(method: str, tmp_path: Path) -> None:
    impossible = allocation.AllocationProblem.from_matrices([[1.0, 1.0]], [[1.0, 1.0]], [1.0], must_serve=[True, True])
    impossible.save(tmp_path / "p.json")
    result = run("solve", tmp_path / "p.json", "--method", method, "--json")
    assert result.exit_code == 1
    assert document(result)["value"] is None
    assert document(result)["quality"] in ("infeasible", "claimed infeasible", "none")


def test_generate_converts_public_formats(gap_file: Path, tmp_path: Path) -> None:
    result = run("generate", "allocation", "--gap", gap_file, "--sense", "min", "--out", tmp_path / "g.npz")
    assert result.exit_code == 0
    assert edgeworth.load(tmp_path / "g.npz").hash == allocation.read_gap(gap_file, sense="min").hash
    words = ("--gap", gap_file, "--gap", gap_file, "--sense", "min")
    assert "the options ask for 2" in refused("generate", "allocation", *words, "--out", tmp_path / "g.json")


# --- compare ------------------------------------------------------------------------------------------------------------------


def test_compare_writes_table_page_and_csv(tmp_path: Path) -> None:
    page, table = tmp_path / "report.html", tmp_path / "runs.csv"
    words = ["--preset", "hotspot", "--servers", 5, "--tasks", 20, "--methods", "highs, greedy,q-learning", "--instances", 2]
    words += ["--seed", 4, "--seeds", 3, "--time-limit", 20, "--out", page, "--csv", table]
    result = run("compare", "allocation", *words)
    assert result.exit_code == 0
    assert "2 allocation problems (max), 3 methods, 10 of 10 runs" in result.stdout
    assert "All runs verified." in result.stdout
    assert result.stderr.splitlines()[0].startswith("[1/10] hotspot seed 4: highs: value ")
    assert len(result.stderr.splitlines()) == 10
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["method_seed"] for row in rows if row["method"] == "q-learning"] == ["0", "1", "2"] * 2
    assert {row["instance_seed"] for row in rows} == {"4", "5"}
    for words in ("all 10 runs verified", "Convergence: how the gap", "The best solution"):
        assert words in page.read_text(encoding="utf-8")


def test_compare_json_is_one_document() -> None:
    result = run("compare", "allocation", "--servers", 3, "--tasks", 9, "--methods", "greedy,lp", "--json", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    content = document(result)
    assert content["verified"] is True
    assert content["reference"] == "greedy"
    assert [row["method"] for row in content["runs"]] == ["greedy", "lp"]
    assert content["runs"][1]["value"] is None
    assert content["summary"][0]["difference_low"] is None
    assert content["setting"]["seeds"] == [0]


def test_compare_writes_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeworth.experiments.figures.FORMATS", ("svg",))
    words = ("compare", "allocation", "--servers", 3, "--tasks", 9, "--methods", "greedy,lp", "--quiet", "--figures")
    result = run(*words, tmp_path / "new")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert f"written: {tmp_path / 'new'}" in lines
    assert "not drawn: pairwise: methods: must be at least 2 that give values; got 1" in lines
    assert {path.suffix for path in (tmp_path / "new").iterdir()} == {".svg", ".csv"}
    assert "does not exist" in refused(*words, tmp_path / "no" / "folder")
    assert "is a file" in refused(*words, tmp_path / "new" / "gaps.csv")


def test_compare_files(gap_file: Path, problem: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gap"
    other.write_text("1 1\n4\n1\n2\n")
    words = ("--gap", gap_file, "--gap", other, "--sense", "min", "--methods", "highs,greedy", "--json", "--quiet")
    runs = document(run("compare", "allocation", *words))["runs"]
    # Jobs 1 and 3 cost 2 and 1 at the second agent; the first takes job 2 for 3.
    values = {row["problem"]: row["value"] for row in runs if row["method"] == "highs"}
    assert values == {"small.gap": 6.0, "other.gap": 4.0}
    knapsack = tmp_path / "two.txt"
    knapsack.write_text("1 2\n3\n2 5\n2 4\n")
    words = ("--mknap", knapsack, "--problem", problem, "--methods", "greedy", "--json", "--quiet")
    runs = document(run("compare", "allocation", *words))["runs"]
    assert [row["problem"] for row in runs] == ["two.txt", "hotspot seed 0"]
    assert runs[0]["value"] == 5.0


def test_compare_shows_failures_and_exits_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeworth.core.family import Family
    from edgeworth.core.verdict import Report, Verdict

    def verify(fam: Any, found: Any, answer: Any) -> Report:
        return Report({"value": Verdict.of(False, 1.0, witness="planted")})

    monkeypatch.setattr(Family, "verify", verify)
    result = run("compare", "allocation", "--servers", 3, "--tasks", 5, "--methods", "greedy")
    assert result.exit_code == 1
    assert "1 of 1 runs FAILED:" in result.stdout
    assert "refuted: value: planted" in result.stdout
    assert result.stderr.strip().endswith("FAILED")


def test_interrupted_sweep_prints_what_was_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeworth.core.family import Family

    calls: list[int] = []
    solve = Family.solve

    def second_is_interrupted(*arguments: Any, **keywords: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return solve(*arguments, **keywords)

    monkeypatch.setattr(Family, "solve", second_is_interrupted)
    words = ("compare", "allocation", "--servers", 3, "--tasks", 5, "--methods", "greedy,lp,random")
    result = run(*words)
    assert result.exit_code == 130
    assert "1 of 3 runs" in result.stdout
    assert result.stderr.splitlines()[-1] == "Interrupted."
    calls[:] = [1]  # now the first run is interrupted: there is nothing to print
    result = run(*words)
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_control_c_in_a_terminal(jobs: int) -> None:
    """The whole process group receives the signal, as from a terminal: parent and workers."""
    words = ["--preset", "hotspot", "--tasks", "200", "--methods", "greedy,highs", "--instances", "2", "--jobs", str(jobs)]
    command = [sys.executable, "-m", "edgeworth", "compare", "allocation", *words]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert started.stderr is not None
    first = started.stderr.readline()  # greedy is done and highs, without any stop rule, is running or about to
    time.sleep(1.0)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "greedy" in first
    assert " of 4 runs" in out
    assert err.splitlines()[-1] == "Interrupted."
    assert "Traceback" not in err


def test_melbourne_is_implied(shared_data: Path) -> None:
    folder = shared_data / "eua"
    files = ["--sites", folder / "site-optus-melbCBD.csv", "--users", folder / "users-melbcbd-generated.csv"]
    words = ["--tasks", 200, "--methods", "greedy,lp", "--time-limit", 20, "--json", "--quiet"]
    runs = document(run("compare", "allocation", *files, *words))["runs"]
    assert {row["problem"] for row in runs} == {"melbourne seed 0"}
    assert "is not taken by preset 'hotspot'" in refused("compare", "allocation", *files, *words, "--preset", "hotspot")


def test_public_gap_files(shared_data: Path) -> None:
    files = [shared_data / "gap" / "instances" / name for name in ("gap1-0", "gap1-1")]
    words = [word for path in files for word in ("--gap", path)]
    result = run("compare", "allocation", *words, "--sense", "max", "--methods", "highs,lp", "--json", "--quiet")
    values = {row["problem"]: row["value"] for row in document(result)["runs"] if row["method"] == "highs"}
    assert values["gap1-0"] == 336.0


# --- refusals -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compere"], "Did you mean 'compare'?"),
        (["compare", "alocation"], "Did you mean 'allocation'?"),
        (["methods", "alocation"], "Did you mean 'allocation'?"),
        (["compare", "allocation", "--methods", "greedy", "--preset", "hotspt"], "Did you mean 'hotspot'?"),
        (["compare", "allocation", "--methods", "greedy,hihgs"], "did you mean 'highs'?"),
        (["compare", "allocation", "--methods", "greedy,"], "an empty name"),
        (["compare", "allocation", "--methods", "greedy", "--method-seeds", "3"], "No such option"),
        (["compare", "allocation", "--methods", "greedy", "--reference", "gready"], "did you mean 'greedy'?"),
        (["compare", "allocation", "--methods", "greedy", "--sense", "max"], "--sense is only used with --gap."),
        (["compare", "allocation", "--methods", "greedy", "--servers", "0"], "servers: must be at least 1; got 0"),
        (["compare", "allocation", "--methods", "greedy", "--iterations", "5"], "iterations: not supported by method 'greedy'"),
        (["compare", "allocation", "--methods", "greedy", "--time-limit", "-1"], "seconds: must be at least 0"),
        (["compare", "allocation", "--methods", "greedy", "--instances", "0"], "'--instances'"),
        (["compare", "allocation", "--methods", "greedy", "--out", "no/such/folder.html"], "does not exist"),
        (["generate", "allocation", "--out", "p.txt"], "must end in .json or .npz"),
        (["compare", "allocation", "--methods", "greedy", "--gap", "nowhere"], "'nowhere' does not exist"),
        (["solve", "nowhere.json"], "'nowhere.json' does not exist"),
    ],
)
def test_misuse_names_the_nearest_and_exits_2(words: list[str], message: str) -> None:
    assert message in refused(*words)


def test_options_of_files(gap_file: Path, problem: Path, tmp_path: Path) -> None:
    start = ("compare", "allocation", "--methods", "greedy")
    assert "--sense is needed with --gap" in refused(*start, "--gap", gap_file)
    assert "Did you mean 'min'?" in refused(*start, "--gap", gap_file, "--sense", "mim")
    assert "--servers is not used with --gap" in refused(*start, "--gap", gap_file, "--sense", "min", "--servers", 3)
    assert "--seed is not used with --problem" in refused(*start, "--problem", problem, "--seed", 3)
    assert "--instances is not used with --problem" in refused(*start, "--problem", problem, "--instances", 3)
    assert "must all be of one sense" in refused(*start, "--gap", gap_file, "--sense", "min", "--problem", problem)


def test_files_of_the_wrong_content(problem: Path, tmp_path: Path) -> None:
    result = tmp_path / "r.json"
    allocation.solve(edgeworth.load(problem), method="greedy").save(result)
    assert "holds a result, not a problem" in refused("verify", result, problem)
    assert "holds a problem, not a result" in refused("verify", problem, problem)
    assert "holds a result, not a problem" in refused("solve", result)
    assert "does not hold a problem" in refused("compare", "allocation", "--methods", "greedy", "--problem", result)
    other = tmp_path / "other.json"
    allocation.generate(servers=2, tasks=3, seed=9).save(other)
    assert "must be a result of this problem" in refused("verify", other, result)
    problem.write_text(problem.read_text()[:200])
    assert "not a valid edgeworth file" in refused("solve", problem)


# --- tables -------------------------------------------------------------------------------------------------------------------


def test_show_versions() -> None:
    found = document(run("show-versions", "--json"))
    assert found["edgeworth"] == edgeworth.__version__
    assert {"numpy", "highspy", "python", "torch", "quantecon"} <= set(found)
    assert f"edgeworth     {edgeworth.__version__}" in run("show-versions").stdout
