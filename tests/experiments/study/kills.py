"""Processes that work at a study and are killed on the way; for the tests and for `benchmarks/studies.py`."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, NamedTuple

from edgeworth import Comparison, Study
from tests.experiments.study.planted import METHODS, asked, problems, same

Write = Callable[[str], None]


class Child(NamedTuple):
    """A fork of this process, which writes lines to `lines`."""

    pid: int
    lines: BinaryIO

    def until(self, count: int) -> list[str]:
        """The next lines, as many as that or until its end."""
        return [line.decode().strip() for _ in range(count) if (line := self.lines.readline()).endswith(b"\n")]

    def end(self, number: int = signal.SIGKILL) -> list[str]:
        """Send a signal; the lines that it had written."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> list[str]:
        """The lines until its end."""
        rest = [line.decode().strip() for line in self.lines if line.endswith(b"\n")]
        self.lines.close()
        os.waitpid(self.pid, 0)
        return rest


def fork(work: Callable[[Write], object]) -> Child:
    """Run `work` in a fork."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads: it uses none of theirs
        pid = os.fork()
    if pid:
        os.close(writer)
        return Child(pid, os.fdopen(reader, "rb"))
    try:
        os.close(reader)
        work(lambda text: void(os.write(writer, f"{text}\n".encode())))
    finally:
        os._exit(0)


def void(_: object) -> None:
    """Nothing."""


def made(path: Path, tasks: int) -> Study:
    """A study of that many runs (a multiple of 4): 4 problems by a deterministic and a randomised method."""
    return Study(path, problems(4), METHODS, seeds=range(tasks // 4 - 1))


def works(path: Path, engine: str = "serial") -> Callable[[Write], object]:
    """Go on with a study, and write down every row that is acknowledged."""

    def work(write: Write) -> None:
        def told(done: int, total: int, row: object) -> None:
            write(named(row))

        Study.open(path).run(engine=engine, n_jobs=1 if engine == "serial" else 2, on_run=told)

    return work


def named(row: object) -> str:
    """A run, in a line."""
    assert isinstance(row, dict)
    return f"{row['problem_hash']} {row['method']} {row['method_seed']} {row['value']!r}"


def sound(path: Path, acknowledged: list[str]) -> None:
    """The file is whole, and holds every row that was acknowledged, once."""
    assert asked(path, "PRAGMA integrity_check") == [("ok",)]
    assert asked(path, "PRAGMA foreign_key_check") == []
    assert len(acknowledged) == len(set(acknowledged)), "a row was acknowledged twice"
    kept = [named(dict(row)) for row in Study.open(path).comparison().rows]  # which verifies the digests
    assert len(kept) == len(set(kept))
    assert set(acknowledged) <= set(kept), "an acknowledged row is lost"


def finished(path: Path, wanted: Comparison) -> None:
    """It goes on to the table of an uninterrupted sweep."""
    study = Study.open(path)
    assert study.run(engine="serial").waiting == 0
    same(study.comparison(), wanted)


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:  # it ended meanwhile
            continue
        if f"PPid:\t{pid}\n" in status and "State:\tZ" not in status:
            found.append(int(folder.name))
    return sorted(found)


def older(path: Path) -> None:
    """Make a study's file one of a planted schema 0."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("ALTER TABLE setting RENAME COLUMN stop TO rule")
        db.execute("PRAGMA user_version=0")


def newer(db: sqlite3.Connection) -> None:
    """The planted step from schema 0."""
    db.execute("ALTER TABLE setting RENAME COLUMN rule TO stop")


def after(seconds: float, child: Child) -> None:
    """Kill it at a moment."""
    time.sleep(seconds)
    child.end()
