"""What problems, solutions, results and reports look like: one line, a paragraph, a table, a frame."""

from __future__ import annotations

import dataclasses
import logging
import math
import pickle
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import Observer, Quality, Stop, Termination, _families
from edgeworth.core import faces, prepare, run
from edgeworth.core.family import family
from edgeworth.core.observer import Progress, ProgressLine
from edgeworth.core.result import Stats, Trace
from edgeworth.core.run import Run
from edgeworth.solvers import allocation

METHODS = {
    "allocation": "greedy",
    "orienteering": "greedy",
    "trading": "exact",
    "offloading": "greedy-delay",
    "normal-form": "pure",
    "double-auction": "off-aic2",
    "procurement": "second-score",
}


def solved(kind: str) -> tuple[Any, Any]:
    problem = import_module(_families.FAMILIES[kind]).generate(seed=0)
    return problem, family(kind).solve(problem, method=METHODS.get(kind, "auto"), stop=Stop(seconds=5), seed=0)


@pytest.mark.parametrize("kind", sorted(_families.FAMILIES))
def test_every_family_shows_itself(kind: str, tmp_path: Path) -> None:
    problem, result = solved(kind)
    report = family(kind).verify(problem, result)
    assert result.solution is not None
    for thing in (problem, result, result.solution, report):
        assert len(repr(thing)) <= 220
        assert repr(thing).isprintable()
        assert thing._repr_html_().startswith("<table><caption>")
    assert re.fullmatch(r"<\w+: .*\d.*, (max|min)>", repr(problem))
    frame = result.solution.to_frame(problem)
    assert len(frame)
    assert set(frame.attrs["units"]) == set(frame.columns)
    assert result.to_frame()["value"].tolist() == [result.value]
    sentences = result.summary()
    assert f"The method {result.method}" in sentences
    assert "The run stopped after" in sentences
    for ending in ("json", "npz"):
        result.save(tmp_path / f"result.{ending}")
        loaded = edgeworth.load(tmp_path / f"result.{ending}")
        assert loaded == result
        assert hash(loaded) == hash(result)
    assert pickle.loads(pickle.dumps(result)) == result


def test_frames_of_solutions() -> None:
    frame = allocation.Assignment([1, -1, 0]).to_frame()
    assert (frame.index.name, frame["server"].tolist()) == ("task", [1, -1, 0])

    class Named:
        server_names, task_names = ("east", "west"), ("a", "b", "c")

    named = allocation.Assignment([1, -1, 0]).to_frame(Named())
    assert named.index.tolist() == ["a", "b", "c"]
    assert named["server"].fillna("").tolist() == ["west", "", "east"]
    from edgeworth.games import normal_form
    from edgeworth.mechanisms import double_auction
    from edgeworth.routing import orienteering

    mixed = normal_form.Profile([[0.5, 0.5], [1.0]]).to_frame()
    assert mixed[["player", "strategy"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 0]]
    outcome = double_auction.Outcome([0, -1], [3.0, 0.0], [3.0]).to_frame()
    assert outcome["side"].tolist() == ["buyer", "buyer", "seller"]
    assert math.isnan(outcome["payment"].iloc[2])
    assert outcome["reward"].iloc[2] == 3.0
    problem = orienteering.generate(seed=0)
    plan = orienteering.plan(problem, [[2, 1], [], [3], [], []])
    assert plan.to_frame()[["vehicle", "customer"]].to_numpy().tolist() == [[0, 2], [0, 1], [2, 3]]
    assert len(orienteering.plan(problem, [[]] * 5).to_frame()) == 0


def test_briefly() -> None:
    assert faces.brief(np.array([1.0, math.nan])) == "[1 nan]"
    assert faces.brief("x\x1b[31m") == r"'x\x1b[31m'"
    assert faces.brief(tuple(range(9))) == "(0, 1, 2, ... 9 in all)"
    assert len(repr(allocation.Assignment(np.arange(100_000)))) < 100


def test_equality_is_of_content() -> None:
    problem = allocation.generate(servers=3, tasks=6, seed=0)
    result = allocation.solve(problem, method="lagrangian", trace=True)
    assert result.trace is not None
    assert np.isnan(result.trace.value[0])
    again = dataclasses.replace(result, trace=Trace(*(getattr(result.trace, field.name).copy() for field in TRACE)))
    assert again == result
    moved = again.trace
    assert moved is not None
    other = dataclasses.replace(result, trace=dataclasses.replace(moved, bound=moved.bound + 1.0))
    assert other != result
    assert result != "result"
    assert dataclasses.replace(result, notes=("x",)) != result
    assert dataclasses.replace(result, stats=Stats(1.0)) != result
    assert dataclasses.replace(result, solution=allocation.Assignment([-1] * 6)) != result
    assert list(result.trace.to_frame()) == ["seconds", "iterations", "value", "bound"]


TRACE = dataclasses.fields(Trace)


def test_every_end_has_its_sentence() -> None:
    problem = allocation.generate(servers=3, tasks=6, seed=0)
    result = allocation.solve(problem, method="exact")
    assert "It is optimal" in result.summary()
    for quality in Quality:
        for termination in Termination:
            text = dataclasses.replace(result, quality=quality, termination=termination).summary()
            assert text.endswith(".")
            assert "  " not in text
    text = dataclasses.replace(result, quality=Quality.FEASIBLE, bound=result.value + 1.0, notes=("rounded",)).summary()
    assert "The bound says that no value is above" in text
    assert text.endswith("Note: rounded.")
    assert "found no solution" in dataclasses.replace(result, solution=None, value=None, quality=Quality.NONE).summary()


# --- progress and logging -----------------------------------------------------------------------------------------------


def test_progress_draws_on_terminals_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    problem = allocation.generate(servers=5, tasks=30, seed=0)
    params = allocation.QLearning(episodes=500)
    plain = allocation.solve(problem, method="q-learning", params=params, seed=0, progress=True)
    assert capsys.readouterr() == ("", "")
    line = ProgressLine()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(edgeworth.core.observer, "_LINE_SECONDS", 0.0)
    line._next = 0.0
    drawn = allocation.solve(problem, method="q-learning", params=params, seed=0, observer=line)
    text = capsys.readouterr().err
    assert "iteration " in text
    assert text.endswith("\r\x1b[K")
    assert drawn.value == plain.value
    with pytest.raises(ValueError, match="progress: must be False where an observer is given"):
        allocation.solve(problem, method="q-learning", progress=True, observer=Observer())
    with pytest.raises(TypeError, match="progress"):
        allocation.solve(problem, progress=1)  # type: ignore[arg-type]


def test_the_line_is_gone_where_the_method_raises(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(edgeworth.core.observer, "_LINE_SECONDS", 0.0)

    def fails(problem: Any, params: object, run: Run[Any]) -> None:
        run.tick(1, 2.0)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        allocation.solve(allocation.generate(servers=2, tasks=3, seed=0), method=fails, progress=True)
    text = capsys.readouterr().err
    assert "iteration 1" in text
    assert text.endswith("\r\x1b[K")


def test_examples_that_prepare_a_method_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="edgeworth"):
        prepare._run(allocation.FAMILY, allocation.FAMILY.method("q-learning"))
    assert not [record for record in caplog.records if record.name == "edgeworth.core.run"]


def test_a_run_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    problem = allocation.generate(servers=5, tasks=30, seed=0)
    with caplog.at_level(logging.DEBUG, logger="edgeworth"):
        allocation.solve(problem, method="q-learning", params=allocation.QLearning(episodes=300), seed=0)
    levels = [record.levelno for record in caplog.records if record.name.startswith("edgeworth.core")]
    assert levels[0] == levels[-1] == logging.INFO
    assert logging.DEBUG in levels
    assert "q-learning begins" in caplog.text
    assert re.search(r"0 s: iteration \d+, value \d", caplog.text)


def test_a_long_run_without_a_limit_says_so_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(run, "_LONG", 0.0)
    monkeypatch.setattr(run, "_TOLD", type(run._TOLD)())
    problem = allocation.generate(servers=5, tasks=30, seed=0)
    params = allocation.QLearning(episodes=300)
    allocation.solve(problem, method="q-learning", params=params, stop=Stop(seconds=60))
    assert not caplog.records
    for _ in range(2):
        allocation.solve(problem, method="q-learning", params=params)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "stop=Stop(seconds=60)" in caplog.text


def test_progress_in_words() -> None:
    assert str(Progress(1.2, 3, 10.0, 11.0, 0.1)) == "1 s: iteration 3, value 10, bound 11, gap 10 %"
    assert str(Progress(0.0, 0, None, None)) == "0 s: iteration 0, value -, bound -, gap -"
    assert "gap -10 %" in str(Progress(0.0, 0, 10.0, 9.0, -0.1))


def test_subpackages_resolve_by_themselves() -> None:
    code = "import edgeworth; edgeworth.solvers.allocation.generate(servers=2, tasks=3, seed=0); edgeworth.learning.WolfPhc"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    with pytest.raises(AttributeError, match=r"'edgeworth.solvers' has no attribute 'alloc'"):
        edgeworth.solvers.alloc  # noqa: B018
