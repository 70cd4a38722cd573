"""Small studies, engines that lose what they should, and a look into the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from edgeworth import Comparison
from edgeworth.experiments.study import study as room
from edgeworth.experiments.table import Lost, Outcome
from edgeworth.experiments.tasks import Task, failed, run_task
from edgeworth.solvers import allocation

METHODS = ["greedy", "random"]


def problems(count: int, first: int = 0) -> list[allocation.AllocationProblem]:
    return [allocation.generate(servers=3, tasks=8, seed=seed) for seed in range(first, first + count)]


def same(found: Comparison, wanted: Comparison) -> None:
    """The tables are equal but for seconds."""
    pd.testing.assert_frame_equal(found.frame.drop(columns="seconds"), wanted.frame.drop(columns="seconds"))


def asked(path: Path, statement: str, *values: object) -> list[Any]:
    """What the file says, or what is done to it behind the study's back."""
    with closing(sqlite3.connect(path)) as db, db:
        return db.execute(statement, values).fetchall()


class Planted:
    """An engine whose outcomes are decided by `fate`; it keeps which tasks it was given."""

    here = False

    def __init__(self, fate: Callable[[Task, int], Outcome | None] = lambda task, attempt: None) -> None:
        self.fate, self.given = fate, list[str]()

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        for key, task in tasks:
            self.given.append(key)
            yield key, self.fate(task, self.given.count(key)) or run_task(task)


def lost(why: str = "killed by signal 9") -> Outcome:
    return failed(f"the worker died: {why}", 0.0, kind=Lost)


def plant(monkeypatch: pytest.MonkeyPatch, engine: Any) -> Any:
    monkeypatch.setattr(room, "engine_of", lambda *_: engine)
    return engine
