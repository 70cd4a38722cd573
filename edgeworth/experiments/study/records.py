"""What a study's database holds, and how it is asked: problems, settings, tasks, attempts and rows."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.io import from_bytes
from edgeworth.core.payload import to_bytes
from edgeworth.core.problem import Problem
from edgeworth.experiments import rows, table
from edgeworth.experiments.study.identity import Call, canonical, hashed
from edgeworth.experiments.study.store import StudyFile
from edgeworth.experiments.table import Outcome

PLACES = 20
"""Bits of a position for the place of a setting, and for that of a seed: a position is problem, setting, seed, in this order,
so that what is added later moves nobody."""
_MOST = 2**PLACES
_STOPPED = "stopped"  # begins the error of an attempt that says nothing of the task
_PAGE = 1_000

CHOSEN = """task.position IS NOT NULL
AND (:problems IS NULL OR task.problem IN (SELECT value FROM json_each(:problems)))
AND (:labels IS NULL OR task.setting IN (SELECT setting FROM label WHERE name IN (SELECT value FROM json_each(:labels))))
AND (:seeds IS NULL OR task.seed IS NULL OR task.seed IN (SELECT value FROM json_each(:seeds)))"""
"""The live tasks of a `Choice`. A task without a position has been replaced: its method answers otherwise now."""


@dataclass(frozen=True)
class Choice:
    """What of a study is looked at and run; None: all.

    Attributes
    ----------
    problems, labels, seeds : str or None
        JSON lists of the problems' hashes, the methods' labels, the seeds.
    """

    problems: str | None = None
    labels: str | None = None
    seeds: str | None = None

    @property
    def values(self) -> dict[str, str | None]:
        """Of the names in `CHOSEN`."""
        return {"problems": self.problems, "labels": self.labels, "seeds": self.seeds}


@dataclass(frozen=True)
class Waiting:
    """A task without a row."""

    hash: str
    problem: str
    setting: str
    seed: int | None
    position: int


# --- what is asked -----------------------------------------------------------------------------------------------------------


def add_problems(file: StudyFile, problems: Sequence[Any]) -> dict[str, int]:
    """Within a transaction: write what is new. Returns the places of all problems, by hash."""
    places: dict[str, int] = dict(file.all("SELECT hash, place FROM problem"))
    for problem in problems:
        if problem.hash not in places:
            places[problem.hash] = len(places)
            payload = to_bytes("problem", problem.kind, problem.to_payload(), problem.hash)
            (label,) = table.problem_labels([problem]).values()
            content = canonical(problem.provenance.to_fields())
            values = (problem.hash, places[problem.hash], problem.kind, canonical(label), content, payload)
            file.all("INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)", values)
    return places


def problem_labels(file: StudyFile) -> dict[str, str]:
    """The label of every problem by its hash, in the order of their coming."""
    found = {}
    for digest, text in file.all("SELECT hash, label FROM problem ORDER BY place"):
        try:
            label = json.loads(text)
        except ValueError:
            label = None
        if not isinstance(label, str):
            raise FileFormatError(f"{file.path}: a problem's label cannot be {text:.60}: the file was changed or damaged")
        found[digest] = label
    return found


def add_calls(file: StudyFile, calls: Mapping[str, Call]) -> dict[str, int]:
    """Within a transaction: write what is new of the calls, by their labels. Returns the places of all settings, by hash."""
    places: dict[str, int] = dict(file.all("SELECT hash, place FROM setting"))
    labels = labels_of(file)
    for label, call in calls.items():
        if not label.isprintable():
            validation.reject("methods", "must have labels of printable characters in a study", label)
        if call.hash not in places:
            places[call.hash] = len(places)
            values = (call.hash, places[call.hash], call.method, call.params, call.stop, call.threads, call.policy)
            file.all("INSERT INTO setting VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        if labels.setdefault(label, call.hash) != call.hash:
            known = calls_of(file)[labels[label]]
            raise ValueError(f"methods: the label {label!r} stands for {_said(known)} in this study, and for {_said(call)} now")
        file.all("INSERT INTO label VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (label, _labels(file), call.hash))
    if len(places) > _MOST:
        validation.reject("methods", f"must be at most {_MOST} in a study", len(places))
    return places


def _storable(text: str) -> str:
    """As it is, but halves of characters, as names of files may have, written out: SQLite takes none."""
    return text.encode("utf-8", "backslashreplace").decode()


def _labels(file: StudyFile) -> int:
    (count,) = file.one("SELECT count(*) FROM label")
    return int(count)


def _said(call: Call) -> str:
    return f"{call.method}, params {call.params:.80}, stop {call.stop}"


def add_seeds(file: StudyFile, seeds: Sequence[int]) -> dict[int | None, int]:
    """Within a transaction: write what is new. Returns the places of all seeds; None, of what needs none, has the first."""
    for seed in seeds:
        validation.integer("seeds", seed, maximum=2**63 - 1)  # SQLite's integers
    here = [] if file.meta("seeds") is None else file.fact("seeds")
    known = list(dict.fromkeys([*here, *seeds]))
    if len(known) > _MOST:
        validation.reject("seeds", f"must be at most {_MOST} in a study", len(known))
    file.set_meta("seeds", canonical(known))
    return {None: 0} | {seed: place for place, seed in enumerate(known)}


def add_tasks(file: StudyFile, tasks: Sequence[tuple[str, str, str, int | None, int]]) -> None:
    """Within a transaction: hash, problem, setting, seed and position of each; one of another hash at its place is replaced."""
    if not tasks:
        return
    known: dict[int, str] = dict(file.all("SELECT position, hash FROM task WHERE position IS NOT NULL"))
    new = [task for task in tasks if known.get(task[4]) != task[0]]
    file.db.executemany("UPDATE task SET position = NULL WHERE position = ?", [(task[4],) for task in new if task[4] in known])
    text = "INSERT INTO task VALUES (?, ?, ?, ?, ?) ON CONFLICT(hash) DO UPDATE SET position = excluded.position"
    file.db.executemany(text, new)


def position(problem: int, setting: int, seed: int) -> int:
    """The place of a task in the table, from those of its parts."""
    return (problem << 2 * PLACES) | (setting << PLACES) | seed


def problem_of(file: StudyFile, hashed_: str) -> Problem:
    """A problem of the study; what was changed or damaged is refused by its hash."""
    kept = file.one("SELECT payload FROM problem WHERE hash = ?", (hashed_,))
    if kept is None:
        raise FileFormatError(f"{file.path}: problem {hashed_[:12]}: is missing: the file was changed or damaged")
    found = from_bytes(kept[0], f"{file.path}: problem {hashed_[:12]}")
    if not isinstance(found, Problem) or found.hash != hashed_:
        raise FileFormatError(f"{file.path}: problem {hashed_[:12]}: is another one: the file was changed or damaged")
    return found


class _Calls(dict[str, Call]):
    def __init__(self, path: str) -> None:
        self._path = path

    def __missing__(self, digest: str) -> NoReturn:
        raise FileFormatError(f"{self._path}: setting {digest[:12]}: is missing: the file was changed or damaged")


def calls_of(file: StudyFile) -> dict[str, Call]:
    """The settings of the study, by hash; one that is missing is named when it is asked for."""
    found = _Calls(file.path)
    for digest, *values in file.all("SELECT hash, method, params, stop, threads, policy FROM setting ORDER BY place"):
        found[digest] = Call(*values)
        if found[digest].hash != digest:
            raise FileFormatError(f"{file.path}: setting {digest[:12]}: is another one: the file was changed or damaged")
    return found


def labels_of(file: StudyFile) -> dict[str, str]:
    """The hash of the setting of every label, in the order of their coming."""
    text = "SELECT name, setting, (SELECT hash FROM setting WHERE hash = label.setting) FROM label ORDER BY place"
    found = {}
    for name, digest, there in file.all(text):
        if there is None:
            raise FileFormatError(f"{file.path}: the label {name!r} stands for nothing: the file was changed or damaged")
        found[name] = digest
    return found


def count(file: StudyFile, choice: Choice) -> tuple[int, int]:
    """How many tasks there are, and how many have a row."""
    text = f"SELECT count(*), count(row.task) FROM task LEFT JOIN row ON row.task = task.hash WHERE {CHOSEN}"
    tasks, done = file.one(text, choice.values)
    return tasks, done


def tally(file: StudyFile, choice: Choice) -> tuple[int, int, int, float]:
    """How many tasks there are, how many have a row, how many of these stood the check; the seconds of all rows."""
    text = f"""SELECT count(*), count(row.task), coalesce(sum(attempt.outcome = 'ok'), 0), coalesce(sum(row.seconds), 0.0)
        FROM task LEFT JOIN row ON row.task = task.hash LEFT JOIN attempt ON attempt.id = row.attempt WHERE {CHOSEN}"""
    tasks, done, verified, seconds = file.one(text, choice.values)
    return tasks, done, verified, seconds


def waiting(file: StudyFile, choice: Choice) -> Iterator[Waiting]:
    """The tasks without a row, in their order, read as they are needed."""
    last = -1
    text = f"""SELECT task.hash, task.problem, task.setting, task.seed, task.position FROM task
        LEFT JOIN row ON row.task = task.hash
        WHERE row.task IS NULL AND task.position > :last AND {CHOSEN} ORDER BY task.position LIMIT {_PAGE}"""
    while page := file.all(text, {**choice.values, "last": last}):
        for values in page:
            yield Waiting(*values)
        last = page[-1][4]


def pairs(file: StudyFile) -> Iterator[tuple[str, str, int | None, str]]:
    """One task of every problem and setting: problem, setting, seed, hash."""
    text = f"""SELECT problem, setting, seed, hash FROM task WHERE position IN
        (SELECT max(position) FROM task WHERE position IS NOT NULL GROUP BY position >> {PLACES})"""
    return (tuple(values) for values in file.all(text))


def of_pair(file: StudyFile, problem: str, setting: str) -> list[tuple[int | None, int]]:
    """Seeds and positions of the tasks of a problem and a setting."""
    text = "SELECT seed, position FROM task WHERE problem = ? AND setting = ? AND position IS NOT NULL"
    return file.all(text, (problem, setting))


# --- what happens ------------------------------------------------------------------------------------------------------------


def begin(file: StudyFile, task: str, here: bool) -> int:
    """Within a transaction: an attempt begins; here: in this process, which dies with it."""
    text = "INSERT INTO attempt(task, started, host, pid) VALUES (?, ?, ?, ?)"
    cursor = file.db.execute(text, (task, time.time(), platform.node(), os.getpid() if here else None))
    return int(cursor.lastrowid or 0)


def end(file: StudyFile, attempt: int, outcome: str, error: str | None = None) -> None:
    """Within a transaction: an attempt has ended."""
    values = time.time(), outcome, None if error is None else _storable(error), attempt
    file.db.execute("UPDATE attempt SET ended = ?, outcome = ?, error = ? WHERE id = ?", values)


def end_all(file: StudyFile) -> None:
    """Within a transaction: attempts without an end are lost. One in the process that ended may have been the cause."""
    text = """UPDATE attempt SET outcome = 'lost', error = CASE WHEN pid IS NULL THEN ? ELSE ? END WHERE outcome IS NULL"""
    file.db.execute(text, (f"{_STOPPED}: the program ended", "the program ended in it"))


def stop(file: StudyFile, attempts: Sequence[int]) -> None:
    """Within a transaction: attempts that were given up because the study ends; one whose row was just written has ended."""
    text = "UPDATE attempt SET ended = ?, outcome = 'lost', error = ? WHERE id = ? AND outcome IS NULL"
    file.db.executemany(text, [(time.time(), f"{_STOPPED}: interrupted", attempt) for attempt in attempts])


def losses(file: StudyFile, task: str) -> int:
    """How often a task has ended its worker since it last left a row."""
    if file.one("SELECT 1 FROM attempt WHERE task = ? AND outcome = 'lost'", (task,)) is None:  # as of nearly all, by the index
        return 0
    text = f"""SELECT count(*) FROM attempt WHERE task = ?1 AND outcome = 'lost' AND error NOT LIKE '{_STOPPED}%'
        AND id > coalesce((SELECT max(id) FROM attempt WHERE task = ?1 AND outcome IN ('ok', 'failed')), 0)"""
    (found,) = file.one(text, (task,))
    return int(found)


def keep(file: StudyFile, task: str, row: Mapping[str, Any], outcome: Outcome, attempt: int, results: bool) -> None:
    """Within a transaction: the row of a task; a second one changes nothing."""
    columns = rows.line({name: cell for name, cell in row.items() if name not in ("problem", "method")}).rstrip("\n")
    verdicts = rows.line({name: f"{word} {number:.6g}" for name, (word, number) in outcome.verdicts.items()}).rstrip("\n")
    result = outcome.result
    kept = None if result is None or not results else to_bytes("result", result.kind, result.to_payload(), result.problem_hash)
    seconds = float(outcome.seconds)
    (setting,) = file.one("SELECT setting FROM task WHERE hash = ?", (task,))
    digest = _digest(task, setting, columns, verdicts, kept, seconds)
    file.db.execute(
        "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (task, attempt, seconds, digest, columns, verdicts, kept),
    )


def _digest(task: str, setting: str, columns: str, verdicts: str, solution: bytes | None, seconds: float) -> str:
    return hashed(task, setting, columns, verdicts, solution or b"", seconds.hex())  # problem and seed are in the columns


def forget_failed(file: StudyFile, choice: Choice) -> int:
    """Within a transaction: take back the rows of failed runs; their attempts stay. Returns how many."""
    text = f"""DELETE FROM row WHERE task IN (SELECT task.hash FROM task JOIN row AS old ON old.task = task.hash
        JOIN attempt ON attempt.id = old.attempt WHERE attempt.outcome = 'failed' AND {CHOSEN})"""
    return file.db.execute(text, choice.values).rowcount


def read(file: StudyFile, choice: Choice) -> Iterator[tuple[dict[str, Any], bytes | None]]:
    """The rows in the order problem, label, seed, each with its result's bytes; what was changed is refused by name."""
    labels = problem_labels(file)
    text = f"""SELECT label.name, problem.hash, task.hash, task.seed, task.setting, attempt.outcome,
        row.columns, row.verdicts, row.solution, row.seconds, row.digest
        FROM task JOIN row ON row.task = task.hash JOIN problem ON problem.hash = task.problem
        JOIN label ON label.setting = task.setting JOIN attempt ON attempt.id = row.attempt
        WHERE {CHOSEN} AND (:labels IS NULL OR label.name IN (SELECT value FROM json_each(:labels)))
        ORDER BY problem.place, label.place, task.position & {_MOST - 1}"""
    with file.plainly():
        for label, problem, task, seed, setting, ended, *content, digest in file.db.execute(text, choice.values):
            columns, solution, name = content[0], content[2], labels[problem]
            where = f"{file.path}: the row of {label} on {name}" + ("" if seed is None else f", seed {seed}")
            if _digest(task, setting, *content) != digest:
                raise FileFormatError(f"{where}: does not match its digest: the file was changed or damaged")
            cells: dict[str, Any] = {"problem": name, "problem_hash": "", "instance_seed": None, "method": label}
            cells = rows.checked(where, None, cells | json.loads(columns))
            if (cells["problem_hash"], cells["method_seed"]) != (problem, seed):
                raise FileFormatError(f"{where}: belongs to another task: the file was changed or damaged")
            if cells["verified"] != (ended == "ok"):  # which is what is counted
                raise FileFormatError(f"{where}: its attempt ended otherwise: the file was changed or damaged")
            yield cells, solution
