"""What is prepared before a run is all that the run compiles, and it leaves no trace in the run."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import Observer, _families
from edgeworth.core import compilation, precompile, prepare
from edgeworth.core.family import family
from edgeworth.solvers import allocation

KINDS = [kind for kind in _families.FAMILIES if any(row.kernels for row in family(kind).methods)]
REPOSITORY = Path(__file__).resolve().parent.parent
TINY = allocation.generate(servers=2, tasks=4, preset="hotspot", hot=1, seed=0)


def fresh(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A new process that sees the repository."""
    paths = {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, *(("-c", code) if " " in code else ("-m", code)), *arguments]
    given = {**os.environ, **paths, **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True, cwd=REPOSITORY, env=given)


@pytest.mark.parametrize("kind", KINDS)
def test_a_prepared_method_compiles_nothing_more(kind: str) -> None:
    """By the signatures of all kernels, on a fifth of the problems of the contract suite, their checks included."""
    assert fresh("tests.prepared", kind).stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_prepared_method_compiles_nothing_more_anywhere(kind: str) -> None:
    """On all of them."""
    assert fresh("tests.prepared", kind, "all").stdout == ""


@pytest.fixture
def unprepared() -> Iterator[None]:
    """As in a new process."""
    before = set(prepare._prepared)
    prepare._prepared.clear()
    yield
    prepare._prepared.update(before)


@pytest.mark.usefixtures("unprepared")
def test_preparing_leaves_everything_as_it_was() -> None:
    ours, numpys, handler = random.getstate(), str(np.random.get_state()), signal.getsignal(signal.SIGINT)  # noqa: NPY002
    generator = np.random.default_rng(3)
    state = generator.bit_generator.state
    first = prepare.prepare(allocation.FAMILY, allocation.FAMILY.method("random"))
    assert first > 0.0
    assert prepare.prepare(allocation.FAMILY, allocation.FAMILY.method("random")) == 0.0
    assert random.getstate() == ours
    assert str(np.random.get_state()) == numpys  # noqa: NPY002
    assert generator.bit_generator.state == state
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.usefixtures("unprepared")
def test_the_run_says_what_preparing_took_and_its_clock_leaves_it_out() -> None:
    seen: list[str] = []

    class Watcher(Observer):
        def on_start(self, problem: Any, method: str) -> None:
            seen.append("prepared" if (problem.kind, method) in prepare._prepared else "not yet")

    first = allocation.solve(TINY, method="greedy", observer=Watcher())
    second = allocation.solve(TINY, method="greedy")
    assert seen == ["prepared"]
    assert first.stats.compile_seconds > 0.0
    assert first.stats.seconds < 0.5
    assert second.stats.compile_seconds == 0.0
    assert first.value == second.value


@pytest.mark.usefixtures("unprepared")
def test_an_example_that_fails_breaks_no_call(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> tuple[allocation.AllocationProblem, ...]:
        raise RuntimeError("no example today")

    fam = replace(allocation.FAMILY, examples=broken)
    with caplog.at_level(logging.DEBUG, "edgeworth"):
        assert fam.solve(TINY, method="greedy").solution is not None
    assert "could not be prepared" in caplog.text
    assert not [each for each in caplog.records if each.levelno > logging.INFO]


@pytest.mark.usefixtures("unprepared")
def test_threads_prepare_a_method_once() -> None:
    runs: list[int] = []

    def counted() -> tuple[allocation.AllocationProblem, ...]:
        runs.append(1)
        return allocation.FAMILY.examples()

    fam = replace(allocation.FAMILY, examples=counted)
    threads = [threading.Thread(target=fam.solve, args=(TINY,), kwargs={"method": "greedy"}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs == [1]


def test_methods_without_kernels_and_functions_of_a_user_load_no_compiler() -> None:
    code = """
import sys
from edgeworth.mechanisms import procurement
from edgeworth.solvers import allocation
procurement.solve(procurement.FAMILY.examples()[0], method="second-score")
problem = allocation.FAMILY.examples()[0]
allocation.solve(problem, method=lambda problem: [-1] * problem.tasks)
assert "numba" not in sys.modules
"""
    fresh(code)


def test_a_long_compilation_is_told_once_a_process(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    monkeypatch.setattr(compilation.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(compilation, "_told", threading.Event())
    account = compilation.Counter()
    with caplog.at_level(logging.WARNING, "edgeworth"):
        account.begin()
        account.compiled()
        assert caplog.text == ""
        now[0] = 1.5
        account.compiled()
        now[0] = 9.0
        account.compiled()
        account.end()
    assert caplog.text.count("compiling kernels") == 1
    assert (account.kernels, account.seconds) == (3, 9.0)


# --- in advance ---------------------------------------------------------------------------------------------------------------


def test_compile_kernels_here_and_in_processes() -> None:
    seen: list[precompile.Prepared] = []
    here = edgeworth.compile_kernels("normal-form", processes=1, on_method=seen.append)
    assert list(here) == seen
    assert {each.method for each in here} == {row.name for row in family("normal-form").methods if row.kernels}
    assert not [each for each in here if each.note]
    apart = edgeworth.compile_kernels("normal-form", "procurement", "trading", processes=2)
    assert [(each.family, each.method) for each in apart][: len(here)] == [(each.family, each.method) for each in here]
    assert not [each for each in apart if each.note]


def test_a_process_takes_one_family_after_another_and_its_death_costs_one_family(monkeypatch: pytest.MonkeyPatch) -> None:
    serve = """
import json, os, sys
for kind in sys.stdin:
    if kind == "trading\\n":
        os._exit(1)
    told = dict(family=kind.strip(), method="q-learning", kernels=0, seconds=0.0, note=str(os.getpid()))
    print(json.dumps(told), end="\\n\\n", flush=True)
"""
    monkeypatch.setattr(precompile, "_SERVE", serve)
    kinds = ("trading", "normal-form", "offloading", "orienteering")
    found = {each.family: each.note for each in edgeworth.compile_kernels(*kinds, processes=2) if each.method == "q-learning"}
    assert found.pop("trading") == "the process that compiled it died"
    assert set(found) == set(kinds[1:])
    assert all(note.isdecimal() for note in found.values())
    assert len(set(found.values())) <= 2  # the first is dead, and so are never more than two for three families


def test_compile_kernels_compiles_what_only_the_model_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[Any] = []
    fam = replace(family("normal-form"), warm=lambda game, profile: warmed.append((game.shape, len(profile))))
    monkeypatch.setattr(precompile, "family", lambda kind: fam)
    edgeworth.compile_kernels("normal-form", processes=1)
    assert {((2, 2), 2), ((2, 2, 2), 3)} <= set(warmed)


def test_compile_kernels_refuses_what_there_is_not() -> None:
    with pytest.raises(ValueError, match="families: must be one of"):
        edgeworth.compile_kernels("alocation")
    with pytest.raises(ValueError, match="processes"):
        edgeworth.compile_kernels("trading", processes=0)


def test_the_command_says_what_it_did() -> None:
    code = "from edgeworth.cli import main; main()"
    done = fresh(code, "compile", "normal-form", "--processes", "1")
    assert "normal-form wolf-phc: " in done.stderr
    assert "methods ready in" in done.stdout
    told = json.loads(fresh(code, "compile", "normal-form", "--json", "--quiet").stdout)
    assert told["bytes"] > 0
    assert {each["method"] for each in told["methods"]} >= {"q-learning", "exp3"}


def test_two_processes_fill_one_cache_which_a_third_reads(tmp_path: Path) -> None:
    code = """
import sys
from edgeworth.core.compilation import counter
from edgeworth.solvers import allocation
allocation.solve(allocation.FAMILY.examples()[0], method="random", seed=0)
sys.stdout.write(str(counter().kernels))
"""
    both: list[str] = []
    threads = [
        threading.Thread(target=lambda: both.append(fresh(code, NUMBA_CACHE_DIR=str(tmp_path)).stdout)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(both) == 2
    assert sum(map(int, both)) > 0  # the later one may find all kernels ready
    assert fresh(code, NUMBA_CACHE_DIR=str(tmp_path)).stdout == "0"
