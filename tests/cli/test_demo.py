"""What a newcomer calls first: the command alone, and the demonstration."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import partial
from itertools import permutations
from pathlib import Path

import click
import pandas as pd
import pytest

from edgeworth.cli import groups, main
from edgeworth.core.verdict import Status, Verdict
from edgeworth.experiments import Comparison, demonstration, table
from edgeworth.games import offloading
from edgeworth.games.offloading.check.potentials import PotentialWitness
from edgeworth.mechanisms import auditing, double_auction
from edgeworth.solvers import allocation
from tests.cli.test_cli import refused, run

SMALL = ("demo", "--tasks", 150, "--time-limit", 0.1, "--quiet")


@pytest.fixture
def pageless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing the page takes longer than all else; tests of what is said do without."""
    monkeypatch.setattr(Comparison, "to_html", lambda self, path, *, sections: Path(path).write_text("", encoding="utf-8"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("pageless")
def test_the_command_alone_guides(folder: Path) -> None:
    """The commands that it offers run, one after the other, in any folder."""
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    commands = [shlex.split(line) for line in done.stdout.splitlines() if line.startswith("  edgeworth ")]
    assert len(commands) == 5
    assert max(map(len, done.stdout.splitlines())) <= 80
    for words in commands:
        assert run(*(SMALL if words[1] == "demo" else words[1:])).exit_code == 0, words
    assert {path.name for path in folder.iterdir()} == {"report.html", "p.json", "r.json"}
    assert run("--help").stdout.startswith("Usage:")


def test_a_command_that_there_is_not_is_misuse() -> None:
    assert "No such command 'dmeo'. Did you mean 'demo'?" in refused("dmeo")
    assert "No such option" in refused("--demo")
    assert set(main.commands) > {"demo"}


def test_the_demonstration(folder: Path) -> None:
    done = run(*SMALL, "--seed", 1, "--out", "page.html", "--plot", "gaps.svg")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3:] == ["Everything was verified.", "written: gaps.svg", "written: page.html"]
    words = " ".join(done.stdout.split())
    best = allocation.solve(allocation.generate(preset="melbourne-like", tasks=150, seed=1), method="exact").value
    assert f"that {best:.6g} is the optimum; code that did not produce it rebuilt the proof" in words
    move = offloading.verify_potential(offloading.generate(preset="random", users=4, providers=3, seed=1), "paper").witness
    assert f"{move.failing} of {move.improving} such moves do not: user {move.user} gains {move.gain:.3g}" in words
    audit = auditing.audit("off-aic2", double_auction.generate(preset="fusion", buyers=4, sellers=3, seed=1))
    assert str(audit.truthful.witness) in words
    page = (folder / "page.html").read_text(encoding="utf-8")
    for name in ("exact", "q-learning", "lagrangian", "Theorem 1", "off-aic2"):
        assert name in page
    assert "<svg" in (folder / "gaps.svg").read_text(encoding="utf-8")


@pytest.mark.usefixtures("pageless")
def test_what_does_not_finish_is_said() -> None:
    done = run("demo", "--tasks", 2500, "--time-limit", 0.05, "--quiet")
    words = " ".join(done.stdout.split())
    assert done.exit_code == 0, done.output
    assert "exact did not finish in 0.05 s" in words
    assert re.search(r"HiGHS, on the same model \(highs\), did not finish in .* s and ended .* % from the best bound", words)


@pytest.mark.usefixtures("pageless")
@pytest.mark.parametrize("broken", ["runs", "theorem", "audit"])
def test_the_exit_code_is_zero_only_where_all_stands(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if broken == "runs":
        monkeypatch.setattr(Comparison, "verified", False)
    elif broken == "theorem":  # a witness that does nothing when it is played again
        monkeypatch.setattr(PotentialWitness, "replay", lambda self, game: (0.0, 0.0))
    else:
        in_no_time = partial(auditing.audit, seconds=0.0)  # nothing is examined, so nothing is settled
        monkeypatch.setattr(auditing, "audit", in_no_time)
    done = run("demo", "--tasks", 40, "--time-limit", 0.05, "--quiet")
    assert done.exit_code == 1
    assert "NOT everything was verified." in done.stdout


@pytest.mark.usefixtures("pageless")
def test_a_run_that_fails_the_check_is_praised_by_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Comparison, "frame", property(_exact_fails))
    done = run("demo", "--tasks", 10, "--time-limit", 0.01, "--quiet")
    words = " ".join(done.stdout.split())
    assert done.exit_code == 1
    assert "The runs of exact FAILED the check" in words
    assert "is the optimum" not in words


def _exact_fails(found: Comparison) -> pd.DataFrame:
    frame = table.frame(found.rows, found.setting.sense)
    return frame.assign(verified=frame["verified"] & frame["method"].ne("exact"))


@pytest.mark.usefixtures("pageless")
def test_what_has_no_time_is_said_to_have_nothing() -> None:
    done = run("demo", "--tasks", 10, "--time-limit", 0, "--quiet")
    words = " ".join(done.stdout.split())
    assert done.exit_code == 0, done.output
    assert "no solution" in words
    assert "exact did not finish in 0 s: it ended without a solution" in words
    assert "lagrangian bounded the optimum within 0 %" in words


def test_what_an_audit_leaves_open_is_not_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    audit = auditing.audit("off-aic2", double_auction.generate(preset="fusion", buyers=4, sellers=3, seed=0))
    assert demonstration._audited(audit)[1]
    open_ = {**audit.report, "another property": Verdict(Status.NOT_CHECKED)}
    monkeypatch.setattr(type(audit), "report", open_)
    assert not demonstration._audited(audit)[1]


def test_a_page_that_cannot_be_written_is_known_before(folder: Path) -> None:
    assert "does not exist" in refused("demo", "--out", "nowhere/report.html")
    assert "must be" in refused("demo", "--time-limit", -1)
    (folder / "link.svg").symlink_to("page.svg")
    for exists in (False, True):
        if exists:
            (folder / "page.svg").write_text("old")
        for other in ("page.svg", "./page.svg", "link.svg"):
            assert "is the file that --out names" in refused("demo", "--out", "page.svg", "--plot", other)
    assert "is the file that --plot names" in refused("demo", "--plot", "page.svg", "--out", "page.svg")
    assert {path.name for path in folder.iterdir()} == {"page.svg", "link.svg"}


def _outputs(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[click.Option]]]:
    """Every command, in its words, with the options that name what it writes."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _outputs(found, (*words, name))
    else:
        writing = (groups.writable, groups.drawable, groups.saveable, groups.fillable)
        yield words, [each for each in command.params if isinstance(each, click.Option) and each.callback in writing]


def test_no_command_writes_two_things_to_one_file() -> None:
    endings = {groups.drawable: ".svg", groups.saveable: ".npz"}
    tried = set()
    for words, options in _outputs(main):
        for one, two in permutations(options, 2):
            wanted = {endings[each.callback] for each in (one, two) if each.callback in endings}
            if len(wanted) < 2:  # a figure and a saved result differ by their endings
                path = "same" + "".join(wanted)
                said = refused(*words, one.opts[-1], path, two.opts[-1], path)
                assert f"is the file that {one.opts[-1]} names" in said, words
                tried.add(words)
    assert {("demo",), ("backtest",), ("study", "report")} <= tried
    assert len(tried) > 12


@pytest.mark.usefixtures("pageless")
def test_a_mechanism_that_nobody_games_is_said_to_be_truthful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence follows the audit, not the rule's fame."""
    monkeypatch.setattr(demonstration, "_RULE", "pivot-reduction")
    done = run("demo", "--tasks", 40, "--time-limit", 0.05, "--quiet")
    assert done.exit_code == 0, done.output
    assert "pivot-reduction" in done.stdout
    assert "truthfulness holds (exhaustive)" in " ".join(done.stdout.split())
