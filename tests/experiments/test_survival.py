"""A sweep loses no finished row: what a method does to its process, its clock, its memory or its problem costs its own row."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import Comparison, Stop
from edgeworth.core.method import Found
from edgeworth.experiments import MethodSpec, compare, pool
from edgeworth.solvers import allocation
from tests.conftest import REPOSITORY
from tests.experiments import faults


def problems(count: int) -> list[allocation.AllocationProblem]:
    return [allocation.generate(servers=3, tasks=8, seed=seed) for seed in range(count)]


@pytest.mark.parametrize(
    ("method", "note"),
    [
        (faults.leaves_the_program, "raised SystemExit"),
        (faults.hangs, "given up after 1.5 s"),
        (faults.swallows_exceptions, "given up after 1.5 s"),
        (faults.writes_into_the_problem, "wrote into it"),
    ],
)
def test_here_only_the_row_of_the_fault_fails(method: Callable[..., Found[Any]], note: str) -> None:
    allocation.solve(problems(1)[0], method="greedy")  # loads its kernels
    instances = problems(2)
    hashes = [problem.hash for problem in instances]
    comparison = compare(instances, [method, "greedy"], stop=Stop(seconds=0.5), grace=1.0)
    assert comparison.frame["verified"].tolist() == [False, True, False, True]
    assert note in comparison.frame["notes"].iloc[0]
    assert comparison.frame["value"].iloc[1] == allocation.solve(instances[0], method="greedy").value
    assert hashes == [problem.hash for problem in problems(2)]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_CHECKING", 0.5)
    monkeypatch.setattr(pool, "_memory_share", lambda workers: 900 * 2**20)


@pytest.mark.usefixtures("impatient")
def test_in_workers_a_lost_process_costs_one_row() -> None:
    floods = MethodSpec("floods_memory", faults.floods_memory, stop=Stop(seconds=60))
    methods = [faults.dies, faults.is_killed, faults.hangs_deaf, floods, faults.returns_a_trap, faults.prints]
    told: list[str] = []
    comparison = compare(
        problems(1), [*methods, "greedy"], n_jobs=2, stop=Stop(seconds=0.2), grace=2.0,
        on_run=lambda done, total, row: told.append(str(row["method"])),
    )  # fmt: skip
    frame = comparison.frame.set_index("method")
    assert frame["verified"].tolist() == [False] * 5 + [True] * 2
    assert sorted(told) == sorted(frame.index)
    notes = frame["notes"]
    assert "exit code 3" in notes["dies"]
    assert "killed by signal 9" in notes["is_killed"]
    assert "did not end within its time" in notes["hangs_deaf"]
    assert "GiB of memory" in notes["floods_memory"]
    assert "could not be sent" in notes["returns_a_trap"]


def test_one_job_can_be_isolated(capfd: pytest.CaptureFixture[str]) -> None:
    local = 7

    def counts(problem: Any, params: None, run: Any) -> Found[Any]:
        found = faults.prints(problem, params, run)
        return Found(found.solution, found.termination, iterations=local, notes=(f"process {os.getpid()}",))

    comparison = compare(problems(1), [counts], isolate=True)
    assert comparison.verified
    result = comparison.results[0]
    assert result is not None
    assert result.stats.iterations == 7
    assert f"process {os.getpid()}" not in result.notes
    assert capfd.readouterr().out == ""  # what a method prints in a worker is no answer


def test_what_cannot_be_sent_to_workers_is_refused_before_anything_runs() -> None:
    lock = threading.Lock()

    def holds_a_lock(problem: Any, params: None, run: Any) -> Found[Any]:
        with lock:
            return faults.serves_nobody(problem, params, run)

    with pytest.raises(TypeError, match="methods: must be picklable"):
        compare(problems(1), [holds_a_lock], n_jobs=2)


def test_a_listener_that_raises_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def full(done: int, total: int, row: Any) -> None:
        raise OSError("disk full")

    assert len(compare(problems(3), ["greedy"], on_run=full).frame) == 3
    assert "on_run raised at run 2 of 3" in caplog.text


def test_rows_are_on_the_disk_as_they_finish(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    seen: list[int] = []
    compare(problems(3), ["greedy", "lp"], rows=path, on_run=lambda *_: seen.append(len(path.read_text().splitlines())))
    assert seen == [2, 3, 4, 5, 6, 7]  # the first line says what was asked
    assert Comparison.load(path).frame["method"].tolist() == ["greedy", "lp"] * 3
    with pytest.raises(ValueError, match="rows: must be a file that does not exist yet or is empty"):
        compare(problems(1), ["greedy"], rows=path)
    with pytest.raises(OSError, match="absent"):
        compare(problems(1), [faults.raises], rows=tmp_path / "absent" / "rows.jsonl")


def test_rows_survive_a_killed_program_and_workers_do_not(tmp_path: Path) -> None:
    script = f"""
        from edgeworth import compare
        from edgeworth.solvers import allocation
        from tests.experiments import faults
        instances = [allocation.generate(servers=3, tasks=8, seed=seed) for seed in range(2)]
        compare(instances, ["greedy", faults.hangs], n_jobs=2, rows={str(tmp_path / "rows")!r})
    """
    program = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=REPOSITORY)
    try:
        _wait(lambda: (tmp_path / "rows").exists() and (tmp_path / "rows").read_text().count("\n") >= 2)
    finally:
        children = _children(program.pid)
        program.send_signal(signal.SIGKILL)
        program.wait()
    assert children
    kept = Comparison.load(tmp_path / "rows")
    assert kept.frame["verified"].tolist()[0]
    assert kept.setting.interrupted
    _wait(lambda: not any(_alive(child) for child in children))


def _wait(until: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60.0
    while not until():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] or _by_parent(pid)


def _by_parent(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"PPid:\t{pid}\n" in (folder / "status").read_text():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("isolate", [False, True])
def test_an_exception_that_cannot_be_written_or_is_long_is_a_short_note(isolate: bool) -> None:
    methods = [faults.raises_the_unwritable, faults.raises_at_length, "greedy"]
    frame = compare(problems(1), methods, isolate=isolate).frame
    assert frame["verified"].tolist() == [False, False, True]
    assert "Unwritable, which cannot be written" in frame["notes"].iloc[0]
    assert "ValueError: yyy" in frame["notes"].iloc[1]
    assert len(frame["notes"].iloc[1]) < 3000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize(
    ("method", "verified"),
    [
        (faults.forks, True),
        (faults.returns_a_bomb, False),
        (faults.closes_the_channel, True),
        (faults.dies_later, True),
        (faults.upsets_the_process, True),
    ],
)
def test_what_a_run_leaves_in_its_worker_costs_no_other_row(method: Callable[..., Found[Any]], verified: bool) -> None:
    """Each row is its own method's: the answer of a fork was taken for the next run's."""
    (problem,) = problems(1)
    frame = compare([problem], [method, faults.takes_its_time, "greedy", "local-search"], isolate=True).frame
    assert frame["verified"].tolist() == [verified, True, True, True]
    assert frame["value"].iloc[1] == 0.0
    assert frame["value"].iloc[2] == allocation.solve(problem, method="greedy").value


def test_a_callable_leaves_the_process_as_it_found_it() -> None:
    here, path, environment, depth = os.getcwd(), list(sys.path), dict(os.environ), sys.getrecursionlimit()
    errors, handler = np.geterr(), signal.getsignal(signal.SIGINT)
    assert compare(problems(1), [faults.upsets_the_process, "greedy"]).verified
    assert (os.getcwd(), sys.path, dict(os.environ), sys.getrecursionlimit()) == (here, path, environment, depth)
    assert np.geterr() == errors
    assert signal.getsignal(signal.SIGINT) is handler


def test_control_c_ends_the_sweep_though_the_run_ends_by_itself() -> None:
    comparison = compare(problems(3), ["greedy", faults.is_interrupted_and_ends])
    assert comparison.setting.interrupted
    assert comparison.frame["verified"].tolist() == [True, True]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
def test_a_disk_that_is_full_costs_no_row(caplog: pytest.LogCaptureFixture) -> None:
    assert len(compare(problems(2), ["greedy"], rows="/dev/full").frame) == 2
    assert "the sweep goes on" in caplog.text
    assert len(compare(problems(1), ["greedy"], rows=os.devnull).frame) == 1


def test_a_closed_stderr_costs_nothing() -> None:
    command = "compare allocation --servers 3 --tasks 8 --methods greedy,local-search --instances 2 --jobs 2 --json 2>&-"
    line = f"{sys.executable} -m edgeworth {command}"
    done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, timeout=120, check=False, cwd=REPOSITORY)
    assert done.returncode == 0
    json.loads(done.stdout)
