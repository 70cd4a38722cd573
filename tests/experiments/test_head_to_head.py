"""The table of all families: what enters it, what it says, and that a forged result does not pass."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import edgeworth
from edgeworth import HeadToHead, Stop, _families, head_to_head
from edgeworth.core.benchmark import ROLES, Benchmark, Trial
from edgeworth.core.family import family
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.experiments import across, plots
from edgeworth.mechanisms import auditing
from edgeworth.mechanisms.procurement import rules
from tests.cli.test_cli import document, refused, run

QUICK = ("procurement", "normal-form")
WITHOUT_LEARNER = {
    "procurement": "the second-score auction is the optimum in closed form, and truthful: nothing is left to learn",
}


@pytest.fixture(scope="module")
def table() -> HeadToHead:
    return head_to_head(families=QUICK)


@pytest.fixture
def forged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule ``first-score`` gives the award of the auction and states a bound that is too good."""
    honest = rules.first_score

    def first_score(*arguments: Any) -> Any:
        found = honest(*arguments)
        return dataclasses.replace(found, bound=found.bound * (1.0 - 1e-6))

    monkeypatch.setattr(rules, "first_score", first_score)


# --- what enters --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", _families.FAMILIES)
def test_every_family_brings_an_exact_or_bound_row_and_a_learned_row(kind: str) -> None:
    fam = family(kind)
    assert fam.benchmarks
    for benchmark in fam.benchmarks:
        rows = {role: [fam.method(name) for name in getattr(benchmark, role)] for role in ROLES}
        assert any(row.exact or row.kind == "bound" for row in rows["exact"])
        proving = [row for role in ("heuristic", "learned") for row in rows[role] if row.exact or row.kind == "bound"]
        assert all(row.kind == "mechanism" for row in proving)  # efficient by reports that need not be true
        assert all("learned" in row.function for row in rows["learned"])
    has_learner = any("learned" in row.function for row in fam.methods)
    assert has_learner == any(benchmark.learned for benchmark in fam.benchmarks)
    assert has_learner != (kind in WITHOUT_LEARNER), WITHOUT_LEARNER.get(kind, "no learned row, and no reason why not")


def test_a_method_has_one_role() -> None:
    trial = Trial(stop=Stop(seconds=1.0))
    with pytest.raises(ValueError, match="roles: must give every method one role"):
        Benchmark(exact=("a",), heuristic=("a",), smoke=trial, short=trial)
    with pytest.raises(ValueError, match="params: "):
        Benchmark(exact=("a",), smoke=trial, short=trial, params={"b": {}})
    with pytest.raises(ValueError, match="instances: must be at least 1"):
        Trial(stop=Stop(), instances=0)


# --- what it says -------------------------------------------------------------------------------------------------------------


def test_the_table(table: HeadToHead) -> None:
    frame = table.to_frame()
    assert table.verified
    assert frame["verified"].all()
    assert list(dict.fromkeys(frame["family"])) == list(QUICK)
    for part in table.parts:
        kind = part.comparison.setting.kind
        assert frame["method"][frame["family"] == kind].tolist() == list(part.benchmark.roles)
    rows = frame.set_index("method")
    assert (rows["evidence"]["second-score"], rows["evidence"]["zero-sum"]) == ("optimal", "equilibrium")
    assert rows["gap"]["second-score"] == rows["gap"]["first-score"] == 0.0
    assert rows["audit"]["second-score"] == "truthful, rational, balanced"
    assert rows["audit"]["first-score"].startswith("not truthful, ")
    assert rows["regret"]["first-score"] > rows["regret"]["second-score"] == 0.0
    assert math.isnan(rows["gap"]["zero-sum"])
    assert rows["regret"]["exp3"] > rows["regret"]["zero-sum"]


def test_its_regrets_are_those_of_the_audits(table: HeadToHead) -> None:
    (part,) = (part for part in table.parts if part.audits)
    shares = []
    for (_, method), audit in part.audits.items():
        assert not isinstance(audit, str)
        witness = audit.truthful.witness
        if method == "first-score":
            shares.append(witness.replay(method) / audit.optimum)
    regret = table.to_frame().set_index("method")["regret"]["first-score"]
    assert regret == pytest.approx(sum(shares) / len(shares), rel=1e-3)  # a replay stays inside the piece


def test_the_best_of_every_role(table: HeadToHead) -> None:
    best = table.best().set_index(["family", "role"])["method"]
    frame = table.to_frame()
    learned = frame[frame["role"] == "learned"]
    assert best["normal-form", "learned"] == learned["method"][learned["regret"].idxmin()]
    assert best["procurement", "exact"] == "second-score"


def test_text_plot_and_page(table: HeadToHead, tmp_path: Path) -> None:
    text = table.text()
    assert "All runs verified." in text
    assert "normal-form: zero-sum, strategies 6; 2 instances, seconds 0.5 a run" in text
    ax = plots.roles(table.to_frame())
    assert len(ax.get_yticklabels()) == len(table.to_frame())
    plt.close("all")
    table.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "all runs verified" in page
    assert "<svg" in page
    assert 'class="failed"' not in page
    assert repr(table) == f"<HeadToHead, smoke: 2 families, {len(table.to_frame())} rows, all verified>"


# --- what does not pass -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("forged")
def test_a_forged_result_is_shown_as_failed(tmp_path: Path) -> None:
    table = head_to_head(families=["procurement"])
    row = table.to_frame().set_index("method").loc["first-score"]
    assert not table.verified
    assert (row["verified"], row["evidence"]) == (False, "FAILED")
    assert math.isnan(row["gap"])
    assert "refuted: bound" in row["notes"]
    assert "first-score" not in table.best()["method"].tolist()
    assert "1 of 2 rows FAILED:" in table.text()
    table.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'class="failed"' in page
    assert "1 of 2 rows failed verification" in page


def test_every_run_is_told_with_its_family() -> None:
    told: list[tuple[int, int, str]] = []
    head_to_head(families=["procurement"], on_run=lambda done, total, row: told.append((done, total, row["problem"])))
    assert [each[:2] for each in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[0][2] == "procurement, edge seed 900000"


def test_a_rule_that_cannot_be_audited_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def audit(*arguments: Any, **keywords: Any) -> Any:
        raise ValueError("too hard")

    monkeypatch.setattr(auditing, "audit", audit)
    frame = head_to_head(families=["procurement"]).to_frame()
    assert set(frame["audit"]) == {"ValueError: too hard"}
    assert frame["regret"].isna().all()


def test_after_control_c_it_holds_what_was_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    compare = across.compare

    def second_is_interrupted(problems: Any, *arguments: Any, **keywords: Any) -> Any:
        done.append(problems[0].kind)
        if len(done) == 2:
            raise KeyboardInterrupt
        return compare(problems, *arguments, **keywords)

    monkeypatch.setattr(across, "compare", second_is_interrupted)
    table = head_to_head(families=QUICK)
    assert table.interrupted
    assert [part.comparison.setting.kind for part in table.parts] == ["procurement"]
    assert table.text().endswith("Interrupted: runs are missing.")


def test_control_c_within_a_benchmark_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """`compare` answers Ctrl-C with what it has; the table must not pass for a whole one."""
    compare = across.compare

    def interrupted(problems: Any, *arguments: Any, **keywords: Any) -> Any:
        found = compare(problems, *arguments, **keywords)
        return dataclasses.replace(found, setting=dataclasses.replace(found.setting, interrupted=True))

    monkeypatch.setattr(across, "compare", interrupted)
    table = head_to_head(families=QUICK)
    assert table.interrupted
    assert [part.comparison.setting.kind for part in table.parts] == ["procurement"]
    result = run("compare", "--head-to-head", "--families", "procurement,normal-form", "--quiet")
    assert result.exit_code == 130
    assert "Interrupted: runs are missing." in result.stdout


def test_what_a_family_raises_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def audit(*arguments: Any, **keywords: Any) -> Any:
        raise RuntimeError("a fault of the library")

    monkeypatch.setattr(auditing, "audit", audit)
    with pytest.raises(RuntimeError) as caught:
        head_to_head(families=["procurement"])
    assert caught.value.__notes__ == ["while procurement ran for the table of all families"]


def test_a_rule_without_an_outcome_is_not_the_best(table: HeadToHead) -> None:
    """Its audit may hold, which is a regret of 0; where others have gaps that is no gap."""
    frame = table.to_frame()
    rows = frame[frame["family"] == "procurement"].assign(role="heuristic")
    rows.loc[rows["method"] == "first-score", ["gap", "audit"]] = [0.1, "truthful"]
    rows.loc[rows["method"] == "second-score", "gap"] = math.nan
    forged = dataclasses.replace(table)
    vars(forged)["_frame"] = rows
    assert forged.best()["method"].tolist() == ["first-score"]


def test_why_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    refused_it = Found(None, Termination.REFUSED, notes=("the tender is too large",))
    monkeypatch.setattr(rules, "first_score", lambda *arguments: refused_it)
    table = head_to_head(families=["procurement"])
    row = table.to_frame().set_index("method").loc["first-score"]
    assert (row["verified"], row["evidence"], row["notes"]) == (True, "none (refused)", "the tender is too large")
    assert math.isnan(row["gap"])
    assert table.text().endswith("All runs verified.\nNo answer: procurement: first-score: the tender is too large")


def test_names_are_no_markup(table: HeadToHead, tmp_path: Path) -> None:
    forged = dataclasses.replace(table)
    vars(forged)["_frame"] = table.to_frame().assign(method="<script>alert(1)</script>")
    forged.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script") == 1  # its own
    assert "<script" not in forged._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budget": "long"}, "budget: must be one of"),
        ({"families": ["procurment"]}, "did you mean 'procurement'"),
        ({"families": ["trading", "trading"]}, "families: must be distinct"),
        ({"families": []}, "families: must hold at least one"),
        ({"seed": -1}, "seed: must be at least 0"),
    ],
)
def test_misuse_names_the_argument(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        head_to_head(**arguments)


def test_types_are_checked() -> None:
    with pytest.raises(TypeError, match="families: must be a sequence"):
        head_to_head(families="trading")
    listener: Any = 3
    with pytest.raises(TypeError, match="on_run: must be callable or None"):
        head_to_head(families=["procurement"], on_run=listener)


# --- the command line ---------------------------------------------------------------------------------------------------------


def test_the_command_writes_table_page_and_figure(tmp_path: Path) -> None:
    page, figure = tmp_path / "page.html", tmp_path / "plot.svg"
    words = ("compare", "--head-to-head", "--families", "procurement", "--out", page, "--plot", figure)
    result = run(*words)
    assert result.exit_code == 0
    assert "All runs verified." in result.stdout
    assert page.is_file()
    assert figure.is_file()
    answer = document(run(*words[:4], "--seed", 7, "--json", "--quiet"))
    assert (answer["verified"], answer["budget"], answer["seed"]) == (True, "smoke", 7)
    assert [row["method"] for row in answer["rows"]] == ["second-score", "first-score"]


@pytest.mark.usefixtures("forged")
def test_the_command_exits_1_where_a_row_failed() -> None:
    result = run("compare", "--head-to-head", "--families", "procurement", "--quiet")
    assert result.exit_code == 1
    assert "1 of 2 rows FAILED:" in result.stdout


def test_the_command_ignores_nothing() -> None:
    assert "Did you mean 'smoke'?" in refused("compare", "--head-to-head", "--budget", "smoky")
    assert "Did you mean 'procurement'?" in refused("compare", "--head-to-head", "--families", "procurment")
    assert "takes no family" in refused("compare", "--head-to-head", "allocation", "--methods", "greedy")
    assert "--budget before the family" in refused("compare", "--budget", "smoke", "allocation", "--methods", "greedy")
    assert "--quiet before the family" in refused("compare", "--quiet")


def test_it_is_public() -> None:
    assert {"head_to_head", "HeadToHead"} <= set(dir(edgeworth))
