"""One process at work at a study: it hands out tasks, and writes what comes back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from edgeworth.core.family import Family, family
from edgeworth.core.method import Method
from edgeworth.core.problem import Problem
from edgeworth.core.result import Termination
from edgeworth.core.run import PRESSES
from edgeworth.core.solving import row_of
from edgeworth.experiments import table
from edgeworth.experiments.setting import versions
from edgeworth.experiments.study import records
from edgeworth.experiments.study.engines import Engine
from edgeworth.experiments.study.identity import Call, canonical
from edgeworth.experiments.study.lock import Lock
from edgeworth.experiments.study.records import Choice, Waiting
from edgeworth.experiments.study.store import StudyFile
from edgeworth.experiments.sweep import OnRun, close, tell
from edgeworth.experiments.table import Lost, Outcome
from edgeworth.experiments.tasks import MethodSpec, Task, failed

logger = logging.getLogger(__name__)

LOSSES = 3
"""How often a task may end its worker before it is given up."""
_KEPT = 32  # problems in memory at a time


class Session:
    """The runs of one call of `Study.run`.

    Parameters
    ----------
    file : StudyFile
        Open for writing.
    lock : Lock
        On it, held.
    choice : Choice
        What is run.
    results : bool
        Whether results are kept with the rows.
    on_run : callable or None
        As of `Study.run`.
    """

    def __init__(self, file: StudyFile, lock: Lock, choice: Choice, results: bool, on_run: OnRun | None) -> None:
        self._file, self._lock, self._choice, self._results, self._on_run = file, lock, choice, results, on_run
        self._calls = records.calls_of(file)
        self._specs: dict[str, MethodSpec] = {}
        for label, setting in records.labels_of(file).items():
            if setting not in self._specs:
                self._specs[setting] = self._calls[setting].spec(label)
        self._problem = lru_cache(_KEPT)(lambda digest: records.problem_of(file, digest))
        self._durable = False
        self._labels = records.problem_labels(file)
        self._family: Family[Any, Any] = family(file.fact("kind"))
        self._there = dict[str, bool]()  # settings whose library is here: whether results keep traces
        self._flying: dict[str, tuple[Task, int]] = {}
        self._done = self._total = self._handed = self._heard = 0

    def prepare(self, n_jobs: int) -> None:
        """Write down what happened since, and bring the tasks up to the methods' versions."""
        file, environment = self._file, versions()
        with file.transaction():
            self._lock.check()
            records.end_all(file)
            file.set_meta("n_jobs", canonical(n_jobs))
            known = file.fact("environments")
            if known[-1] != environment:
                file.set_meta("environments", canonical([*known, environment]))
            renew(file, self._family, self._problem)
        self._durable = file.fact("durable")
        file.db.execute("PRAGMA synchronous=NORMAL")
        self._total, self._done = records.count(file, self._choice)

    def run(self, engine: Engine) -> None:
        """Until every task has a row, or Ctrl-C comes."""
        alone = False
        if self._done < self._total:
            self._file.db.execute("PRAGMA cache_size=-8000")  # kB: rows are written, and not looked at again
        while self._done < self._total:
            before, heard = self._handed, self._heard
            if not self._round(engine, alone):
                logger.warning("interrupted: %d of %d runs are finished", self._done, self._total)
                return
            if self._handed > before and self._heard == heard:
                raise RuntimeError("the engine gave no outcome of the tasks that it took")
            alone = not alone and self._handed == before

    def _round(self, engine: Engine, alone: bool) -> bool:
        """Every waiting task once; alone: those with their last attempt. Returns False after Ctrl-C."""
        outcomes = engine.map(self._feed(engine.here, alone), alone=alone)
        try:
            for key, outcome in outcomes:
                if not self._take(key, outcome):
                    return False
        except KeyboardInterrupt:
            if not PRESSES.orderly():
                raise
            return False
        finally:
            close(outcomes)
            with suppress(OSError), self._file.transaction():
                self._lock.check()
                records.stop(self._file, [attempt for _, attempt in self._flying.values()])
            self._flying.clear()
        return True

    def _feed(self, here: bool, alone: bool) -> Iterator[tuple[str, Task]]:
        """Tasks, as they are asked for. A task with one attempt left has it alone: it shall not die of another's death."""
        for each in records.waiting(self._file, self._choice):
            losses = records.losses(self._file, each.hash)
            spent = losses >= LOSSES  # in processes that ended with it
            if not spent and alone != (losses == LOSSES - 1):
                continue
            self._handed += 1
            task = self._task(each)
            with self._file.transaction():
                self._lock.check()
                attempt = records.begin(self._file, each.hash, here)
            if spent:
                self._heard += 1
                self._keep(each.hash, task, _given_up("the program ended in it"), attempt)
                continue
            self._flying[each.hash] = task, attempt
            yield each.hash, task

    def _task(self, each: Waiting) -> Task:
        spec, problem = self._specs[each.setting], self._problem(each.problem)
        if each.setting not in self._there:
            row, _ = row_of(self._family, spec.method, problem)  # an absent library is no answer of the method
            self._there[each.setting] = self._results and "trace" in row.supports
        trace = self._there[each.setting]
        return Task(each.position, problem, spec, spec.stop, self._calls[each.setting].threads, each.seed, trace=trace)

    def _take(self, key: str, outcome: Outcome) -> bool:
        """Write down what came back; False where Ctrl-C came."""
        self._heard += 1
        task, attempt = self._flying[key]
        result = outcome.result
        cut = outcome.interrupted and (result is None or result.termination is Termination.INTERRUPTED)
        if cut:  # an incumbent of a run that was cut short is no answer of the method
            return False
        if isinstance(outcome, Lost):
            if records.losses(self._file, key) + 1 < LOSSES:
                with self._file.transaction():
                    self._lock.check()
                    records.end(self._file, attempt, "lost", "; ".join(outcome.notes))
                del self._flying[key]
                return True
            outcome = _given_up("; ".join(outcome.notes))
        self._keep(key, task, outcome, attempt)
        del self._flying[key]
        return not outcome.interrupted

    def _keep(self, key: str, task: Task, outcome: Outcome, attempt: int) -> None:
        row = table.row(task.problem, self._labels[task.problem.hash], task.spec.label, task.seed, task.limit, outcome)
        if self._durable:  # a row waits for the disk; that an attempt begins need not
            self._file.db.execute("PRAGMA synchronous=FULL")
        with self._file.transaction():
            self._lock.check()
            records.keep(self._file, key, row, outcome, attempt, self._results)
            error = None if outcome.verified else row["notes"]
            records.end(self._file, attempt, "ok" if outcome.verified else "failed", error)
        if self._durable:
            self._file.db.execute("PRAGMA synchronous=NORMAL")
        self._done += 1
        tell(self._on_run, self._done, self._total, row)


def _given_up(why: str) -> Outcome:
    return failed(f"worker died {LOSSES} times, the last time: {why}", time.perf_counter())  # how long it ran, nobody knows


def renew(file: StudyFile, fam: Family[Any, Any], problem_of: Callable[[str], Problem]) -> None:
    """Within a transaction: tasks whose method has another version now are replaced; their rows stay in the file, out of the
    table. problem_of: a problem by its hash, where "auto" depends on it.
    """
    calls, stale = records.calls_of(file), []

    def row(call: Call, problem: str) -> Method:
        return fam.method(fam.auto(problem_of(problem)) if call.method == "auto" else call.method)

    for problem, setting, seed, digest in records.pairs(file):
        call = calls[setting]
        hash_of = None if call.policy is not None else call.task(problem, row(call, problem))
        if hash_of is not None and hash_of(seed) != digest:
            stale.append((problem, setting, hash_of))
    new = [
        (hash_of(seed), problem, setting, seed, place)
        for problem, setting, hash_of in stale
        for seed, place in records.of_pair(file, problem, setting)
    ]
    records.add_tasks(file, new)
    if new:
        logger.warning("%s: %d tasks are run anew: their methods answer otherwise since", file.path, len(new))
