"""Kills while a study works: no acknowledged row is lost or doubled. `benchmarks/studies.py` does the same 200 times."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from edgeworth import Study, compare
from edgeworth.experiments.study import migration
from tests.experiments.study.kills import after, children, finished, fork, made, newer, older, sound, works
from tests.experiments.study.planted import METHODS, asked, problems, same

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked and killed as POSIX does")


def test_a_killed_parent_loses_nothing(tmp_path: Path) -> None:
    path, told = tmp_path / "s.db", list[str]()
    made(path, 80)
    for count in (1, 7, 20):
        child = fork(works(path))
        told += child.until(count)
        told += child.end()
        sound(path, told)
    assert 28 <= len(told) < 80
    finished(path, compare(problems(4), METHODS, seeds=range(19)))


def test_a_killed_worker_costs_an_attempt(tmp_path: Path) -> None:
    path, killed = tmp_path / "s.db", list[int]()
    others = set(children(os.getpid()))  # of other tests, such as the kernel that notebooks share

    def kill(done: int, total: int, row: object) -> None:
        if done == 10:
            killed.append(next(pid for pid in children(os.getpid()) if pid not in others))
            os.kill(killed[-1], signal.SIGKILL)

    status = made(path, 80).run(engine="loky", n_jobs=1, on_run=kill)
    assert (status.waiting, status.failed, len(killed)) == (0, 0, 1)
    assert status.lost <= 1
    same(Study.open(path).comparison(), compare(problems(4), METHODS, seeds=range(19)))


def test_a_stopped_process_keeps_its_study(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    made(path, 80)
    child = fork(works(path))
    told = child.until(3)
    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(BlockingIOError, match=f"process {child.pid} on .* writes to this study"):
        Study.open(path).run(engine="serial")
    assert 3 <= Study.open(path).status().done < 80
    os.kill(child.pid, signal.SIGCONT)
    told += child.wait()
    sound(path, told)
    assert len(told) == 80


def test_kills_while_a_study_is_made_and_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(migration.STEPS, 0, newer)
    wanted = compare(problems(4), METHODS, seeds=range(4))
    for position, seconds in enumerate((0.004, 0.012)):
        path = tmp_path / f"{position}.db"
        after(seconds, fork(lambda write, path=path: made(path, 20)))
        assert made(path, 20).status().waiting == 20
        older(path)
        after(seconds, fork(lambda write, path=path: made(path, 20)))
        finished(Path(made(path, 20).path), wanted)
        assert asked(path, "PRAGMA integrity_check") == [("ok",)]
