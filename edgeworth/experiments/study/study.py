"""`Study`: a comparison that is kept in a file, and goes on where it was left."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.io import from_bytes
from edgeworth.core.problem import Problem
from edgeworth.core.run import PRESSES
from edgeworth.core.solving import row_of
from edgeworth.core.stop import Stop
from edgeworth.experiments import table
from edgeworth.experiments.comparison import Comparison
from edgeworth.experiments.plan import Plan, described, plan
from edgeworth.experiments.setting import Setting, versions
from edgeworth.experiments.study import records
from edgeworth.experiments.study.engines import engine_of
from edgeworth.experiments.study.identity import Call, call_of, canonical
from edgeworth.experiments.study.lock import Lock, holder
from edgeworth.experiments.study.migration import opened
from edgeworth.experiments.study.records import Choice
from edgeworth.experiments.study.session import Session, renew
from edgeworth.experiments.study.store import StudyFile, refuse_damaged
from edgeworth.experiments.sweep import OnRun
from edgeworth.experiments.tasks import MethodSpec


@dataclass(frozen=True)
class Status:
    """Where a study stands.

    Attributes
    ----------
    kind : str
        Of its problems.
    runs, done, verified, failed, waiting : int
        All runs; those with a row; those of them that stood the check, and that did not; those without a row.
    lost : int
        Attempts that left nothing: a worker, or the program, ended in them.
    seconds : float
        Of all rows together, compilation not counted.
    writer : str or None
        The process that works at it.
    left : float or None
        Seconds until the end at the pace of the last 100 runs, where a process works at it.
    """

    kind: str
    runs: int
    done: int
    verified: int
    failed: int
    waiting: int
    lost: int
    seconds: float
    writer: str | None
    left: float | None


class Study:
    """Methods x problems x method seeds in one SQLite file. What has a row is never run again; what has none runs on demand.

    Parameters
    ----------
    path : str or path
        The file; it is made where it does not exist. A study that is there is extended: problems, methods and seeds that it
        does not know are added, and nothing is ever taken away.
    problems, methods, seeds, stop, threads
        As of `edgeworth.compare`. Methods are names, `MethodSpec` or trained policies of `edgeworth.learning.deep`: a file can
        hold no function.
    durable : bool
        Of a new study: True forces every row to the disk before it counts, so that it outlives a power cut too, for some 300
        rows a second.

    Raises
    ------
    ValueError, TypeError
        For what `compare` refuses; functions; another kind, sense or number of threads than the study has; a label that stands
        for something else in it.
    FileFormatError
        For a file that is no study, of a later schema, or damaged.
    BlockingIOError
        Where another process writes to it. `Study.open`, `status` and `comparison` are free.
    OSError
        For a file that must not be written, a full disk, a network file system.

    Notes
    -----
    A run is known by its content: problem, method, parameters, stop rule, seed, threads and the method's version, which the
    library raises when a method's answers change. Labels are not in it, so two labels of the same content share their runs.
    After such a change the runs concerned are made anew; the old rows stay in the file, out of the table. An object made here
    looks at what it was given, one of `Study.open` at everything in the file.

    Promised: a row that ``on_run`` was called for, or that the command line has shown, is in the file and stays there, whatever
    ends the process: a crash, kill -9, a full disk. Every run has at most one row; one that was under way is run again. Rows
    equal those of `compare` but for seconds, in its order, whatever the engine. A run whose worker dies has another attempt;
    after three its row says ``worker died 3 times``, and the last attempt runs alone, so that no run is given up for its
    neighbour's death. Every row has a digest, problems and settings their hashes: what was changed in the file is named when it
    is read. (Who can write the file can also write digests: this finds accidents, not forgery.)

    Not promised: by default rows survive the end of the process, not of the machine's power: the last seconds may be missing
    then, the file stays whole. Files that parameters name (a ``checkpoint``) are not kept with the study and are known by their
    path only; trained policies are kept. A run that Ctrl-C cut short leaves no row and starts anew: methods write no
    checkpoints inside ``solve``; training has its own (``edgeworth train --checkpoint --resume``).

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from edgeworth.solvers import allocation
    >>> problems = [allocation.generate(servers=3, tasks=9, seed=seed) for seed in range(2)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = Study(pathlib.Path(folder) / "results.db", problems, ["greedy", "lp"])
    ...     before = study.status().waiting
    ...     after = study.run(engine="serial").waiting
    ...     rows = len(study.comparison().frame)
    >>> before, after, rows
    (4, 0, 4)
    """

    def __init__(
        self,
        path: str | PathLike[str],
        problems: Iterable[Problem],
        methods: Iterable[str | MethodSpec],
        *,
        seeds: Iterable[int] = (0,),
        stop: Stop | None = None,
        threads: int = 1,
        durable: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        asked = plan(problems, methods, seeds, stop, threads)
        calls = {spec.label: call_of(spec, stop, threads) for spec in asked.specs}
        hashes = [problem.hash for problem in asked.problems]
        self._choice = Choice(canonical(hashes), canonical(list(calls)), canonical(list(asked.seeds)))
        facts = {"kind": asked.family.kind, "sense": asked.problems[0].sense, "threads": int(threads)}
        with opened(self.path, write=True, create=True) as file, Lock(file) as lock, file.transaction():
            lock.check()
            if file.meta("kind") is None:
                values = facts | {"durable": validation.flag("durable", durable), "created": time.time()}
                for key, value in (values | {"environments": [versions()]}).items():
                    file.set_meta(key, canonical(value))
            for name, value in facts.items():
                if (here := file.fact(name)) != value:
                    argument = "threads" if name == "threads" else "problems"
                    validation.reject(argument, f"must be of the {name} of the study, {here}", value)
            problem_places = records.add_problems(file, asked.problems)
            setting_places = records.add_calls(file, calls)
            renew(file, asked.family, lambda digest: records.problem_of(file, digest))  # not only what is asked for now
            seed_places = records.add_seeds(file, asked.seeds)
            records.add_tasks(file, _tasks(asked, calls, problem_places, setting_places, seed_places))

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Study:
        """A study that is there, with everything in it.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        Study

        Raises
        ------
        FileNotFoundError, FileFormatError, OSError
            Where there is none that can be read.
        """
        study = cls.__new__(cls)
        study.path, study._choice = os.fspath(path), Choice()
        with opened(path) as file:
            file.fact("kind")
        return study

    def run(
        self,
        *,
        engine: str = "loky",
        n_jobs: int = -1,
        client: Any = None,
        results: bool = False,
        on_run: OnRun | None = None,
    ) -> Status:
        """Run what has no row yet, and return when all have one.

        Parameters
        ----------
        engine : {"loky", "serial", "dask", "ray"}
            The worker processes of `compare`; this process; a Dask cluster (extra distributed); Ray. Rows do not depend on it.
        n_jobs : int
            How many runs at a time, -1: one a core. A `client` has its own number.
        client : distributed.Client, optional
            With "dask": of a cluster that is there. Without one, n_jobs workers are started on this machine.
        results : bool
            Whether the whole results are kept too, with solutions, certificates and traces; `comparison` then has them.
        on_run : callable, optional
            Called as ``on_run(done, total, row)`` after every row, when the file has it.

        Returns
        -------
        Status
            With runs that wait only after Ctrl-C.

        Raises
        ------
        BlockingIOError
            Where another process works at the study.
        OSError
            Where the disk is full; the rows until then are kept.
        MissingExtraError
            For an engine, or a method, whose library is absent.

        Notes
        -----
        A row that `on_run` was called for is in the file, and stays there when this process is killed. A run whose worker
        dies has another attempt, three in all; then its row says so. Ctrl-C ends the runs under way, which wait for the next
        call.
        """
        if validation.integer("n_jobs", n_jobs, minimum=-1) == 0:
            validation.reject("n_jobs", "must be at least 1, or -1 for all cores", n_jobs)
        if on_run is not None and not callable(on_run):
            validation.reject_type("on_run", "must be callable or None", on_run)
        validation.flag("results", results)
        with opened(self.path, write=True) as file, Lock(file) as lock, PRESSES.watched():
            session = Session(file, lock, self._choice, results, on_run)
            where = engine_of(engine, n_jobs, file.fact("threads"), client)
            session.prepare(1 if where.here else n_jobs)
            session.run(where)
            with file.transaction(write=False):
                return replace(self._status(file), writer=None, left=None)

    def status(self) -> Status:
        """Where the study stands; another process may be working at it.

        Notes
        -----
        These are counts of what the file records, at once also for a million runs. Rows are held against their digests, and
        their attempts against their verdicts, where they are read: `comparison` refuses a file in which they were changed.
        """
        with opened(self.path) as file, file.transaction(write=False):
            return self._status(file)

    def _status(self, file: StudyFile) -> Status:
        runs, done, verified, seconds = records.tally(file, self._choice)
        (lost,) = file.one("SELECT count(*) FROM attempt WHERE outcome = 'lost'")
        writer = holder(file.db)
        active = None if writer is None or not writer.living() else str(writer)
        left = None if active is None else _left(file, runs - done)
        return Status(file.fact("kind"), runs, done, verified, done - verified, runs - done, lost, seconds, active, left)

    def comparison(self) -> Comparison:
        """The rows so far as `compare` returns them, with ``setting.interrupted`` where some wait; another process may be
        working at the study.

        Raises
        ------
        FileFormatError
            For a file that is damaged, and naming the row that does not match its digest.
        """
        with opened(self.path) as file, file.transaction(write=False):
            refuse_damaged(file.path, file.db)
            calls, environments = records.calls_of(file), file.fact("environments")
            settings = records.labels_of(file)
            here = records.problem_labels(file)
            chosen = _among(self._choice.problems, here)
            names = table.merged_labels([{"problem_hash": digest, "problem": here[digest]} for digest in chosen])
            kind, sense, threads = (file.fact(name) for name in ("kind", "sense", "threads"))
            if not chosen:
                raise FileFormatError(f"{self.path}: holds none of the problems that were asked for: it is another study now")
            first = records.problem_of(file, chosen[0])
            if (first.kind, first.sense) != (kind, sense) or any(call.threads != threads for call in calls.values()):
                text = f"{self.path}: kind, sense or threads are not those of its runs: the file was changed or damaged"
                raise FileFormatError(text)
            found, results, drawn = [], [], dict[str, Problem]()
            for row, kept in records.read(file, self._choice):
                found.append(row | {"problem": names[row["problem_hash"]]})
                results.append(None if kept is None else from_bytes(kept, f"{self.path}: a result of {row['method']}"))
                if kept is not None and not drawn:  # a page draws one solution of the first problem
                    drawn[row["problem_hash"]] = records.problem_of(file, row["problem_hash"])
            runs = _runs(file, self._choice)
            setting = Setting(
                kind=kind,
                sense=sense,
                problems=tuple(names.values()),
                methods=tuple(
                    (name, described(calls[settings[name]].spec(name), None)) for name in _among(self._choice.labels, settings)
                ),
                seeds=tuple(_among(self._choice.seeds, file.fact("seeds"))),
                n_jobs=1 if file.meta("n_jobs") is None else file.fact("n_jobs"),
                threads=threads,
                runs=runs,
                interrupted=len(found) < runs,
                versions=environments[-1],
            )
        return Comparison(tuple(found), tuple(results), setting, tuple(drawn.values()))

    def retry(self, *, failed: bool) -> int:
        """Take back the rows of failed runs, so that the next `run` makes them again; their attempts stay in the file.

        Parameters
        ----------
        failed : bool
            True, as a confirmation: rows are taken back in no other case.

        Returns
        -------
        int
            How many.
        """
        if not validation.flag("failed", failed):
            validation.reject("failed", "must be True: only the rows of failed runs are taken back", failed)
        with opened(self.path, write=True) as file, Lock(file) as lock, file.transaction():
            lock.check()
            return records.forget_failed(file, self._choice)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the table as `Comparison.to_csv` does."""
        self.comparison().to_csv(path)

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write the table as `Comparison.to_parquet` does (extra parquet)."""
        self.comparison().to_parquet(path)

    def __repr__(self) -> str:
        return f"<Study in {self.path}>"


def _tasks(
    asked: Plan,
    calls: Mapping[str, Call],
    problems: Mapping[str, int],
    settings: Mapping[str, int],
    seeds: Mapping[int | None, int],
) -> list[tuple[str, str, str, int | None, int]]:
    """The tasks of a plan as `records.add_tasks` takes them."""
    found, pair = [], None
    for task in asked.tasks:
        if pair != (task.problem, task.spec):
            pair, call, digest = (task.problem, task.spec), calls[task.spec.label], task.problem.hash
            hash_of = call.task(digest, row_of(asked.family, task.spec.method, task.problem)[0])
            setting = call.hash
        place = records.position(problems[digest], settings[setting], seeds[task.seed])
        found.append((hash_of(task.seed), digest, setting, task.seed, place))
    return found


def _among(chosen: str | None, items: Iterable[Any]) -> list[Any]:
    """The items that are looked at."""
    wanted = None if chosen is None else set(json.loads(chosen))
    return [item for item in items if wanted is None or item in wanted]


def _runs(file: StudyFile, choice: Choice) -> int:
    """Rows of the whole table: a task counts once a label."""
    text = f"""SELECT count(*) FROM task JOIN label ON label.setting = task.setting
        WHERE {records.CHOSEN} AND (:labels IS NULL OR label.name IN (SELECT value FROM json_each(:labels)))"""
    (found,) = file.one(text, choice.values)
    return int(found)


def _left(file: StudyFile, waiting: int) -> float | None:
    text = """SELECT count(*), max(ended) - min(ended) FROM
        (SELECT ended FROM attempt WHERE outcome IN ('ok', 'failed') ORDER BY id DESC LIMIT 100)"""
    count, span = file.one(text)
    return None if count < 2 else max(span, 0.0) / (count - 1) * waiting
