"""The database of a study: SQLite with a write-ahead log, opened by one writer and any number of readers."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Self

from edgeworth.core import files
from edgeworth.core.errors import FileFormatError
from edgeworth.experiments.study.identity import SCHEMA

APPLICATION = 0x45575354
"""Of a study's file: EWST."""
BUSY = 10.0
"""Seconds that a writer waits for another one's transaction."""
TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE problem(hash TEXT PRIMARY KEY, place INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, label TEXT NOT NULL,
                     provenance TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
CREATE TABLE setting(hash TEXT PRIMARY KEY, place INTEGER NOT NULL UNIQUE, method TEXT NOT NULL, params TEXT NOT NULL,
                     stop TEXT NOT NULL, threads INTEGER NOT NULL, policy BLOB) STRICT;
CREATE TABLE label(name TEXT PRIMARY KEY, place INTEGER NOT NULL UNIQUE, setting TEXT NOT NULL REFERENCES setting) STRICT;
CREATE TABLE task(hash TEXT PRIMARY KEY, problem TEXT NOT NULL REFERENCES problem, setting TEXT NOT NULL REFERENCES setting,
                  seed INTEGER, position INTEGER UNIQUE) STRICT;
CREATE TABLE attempt(id INTEGER PRIMARY KEY, task TEXT NOT NULL REFERENCES task, started REAL NOT NULL, ended REAL,
                     host TEXT NOT NULL, pid INTEGER, outcome TEXT CHECK (outcome IN ('ok', 'failed', 'lost')),
                     error TEXT) STRICT;
CREATE TABLE row(task TEXT PRIMARY KEY REFERENCES task, attempt INTEGER NOT NULL REFERENCES attempt, seconds REAL NOT NULL,
                 digest TEXT NOT NULL, columns TEXT NOT NULL, verdicts TEXT NOT NULL, solution BLOB) STRICT;
CREATE INDEX lost ON attempt(task) WHERE outcome = 'lost';
"""
_CACHE = 64_000  # kB: hashes are looked up in no order
_LOG = 8_000  # pages of the write-ahead log, after which they go into the file
_NAMES = {"meta", "problem", "setting", "label", "task", "attempt", "row", "lost"}
_STRICT = (3, 37)  # the first SQLite with STRICT tables
_NETWORK = ("nfs", "cifs", "smb", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "pvfs", "sshfs", "s3fs")
_MOUNTS = "/proc/self/mounts"
_REFUSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _counts(found: object) -> bool:
    return isinstance(found, list) and all(type(item) is int for item in found)


def _environments(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(item, dict) for item in found)


_FACTS: dict[str, Callable[[object], bool]] = {
    "kind": lambda found: isinstance(found, str),
    "sense": lambda found: found in ("max", "min"),
    "threads": lambda found: type(found) is int and found >= 1,
    "durable": lambda found: isinstance(found, bool),
    "seeds": _counts,
    "n_jobs": lambda found: type(found) is int,
    "environments": _environments,
}
"""What a study says of itself, as JSON, and whether a value can be that."""


class StudyFile:
    """A study's database, open.

    Parameters
    ----------
    path : str or path
        Beside it, SQLite keeps ``-wal`` and ``-shm`` while it is open.
    write : bool
        Whether it may be written.
    create : bool
        Whether it is made where it does not exist, or holds nothing yet.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, BlockingIOError
        As of other files; the last where another program holds it.
    FileFormatError
        For a file that is no study, of a later schema, or damaged.
    OSError
        For one on a network file system, which cannot share a write-ahead log, and one of several names.
    """

    def __init__(self, path: str | os.PathLike[str], *, write: bool = False, create: bool = False) -> None:
        self.path = os.path.realpath(path)
        there = os.path.lexists(self.path)
        self._look(there, write, create)
        mode = "rwc" if create else "rw"
        folder = os.path.dirname(self.path)
        if not write and not (os.access(folder, os.W_OK) and os.access(self.path, os.W_OK)):
            mode = "ro"  # who may write opens for writing, and then does not: SQLite's files beside it go with him
            if not os.access(folder, os.W_OK) and not os.path.exists(f"{self.path}-wal"):
                mode += "&immutable=1"  # SQLite could not keep its files there, and nobody writes
        with self.plainly():
            uri = f"{Path(self.path).as_uri()}?mode={mode}"
            self.db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY)
        try:
            with self.plainly():
                self._check(write, create)
        except BaseException:
            self.close()
            raise

    def _look(self, there: bool, write: bool, create: bool) -> None:
        """What can be said of the path without SQLite, whose words are less plain."""
        if sqlite3.sqlite_version_info < _STRICT:
            raise OSError(errno.ENOSYS, f"needs SQLite 3.37 or later; this Python has {sqlite3.sqlite_version}", self.path)
        if not there and not create:
            raise FileNotFoundError(errno.ENOENT, "no such study", self.path)
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist", self.path)
        if there:
            found = os.stat(self.path)
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "a study must be a regular file", self.path)
            if found.st_nlink > 1:  # each name would have a write-ahead log of its own
                raise OSError(errno.EMLINK, f"a study must have one name only; this file has {found.st_nlink}", self.path)
            if not os.access(self.path, os.W_OK if write else os.R_OK):
                raise PermissionError(errno.EACCES, "must not be written" if write else "must not be read", self.path)
        if write and not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "its folder must not be written", self.path)
        kind = _file_system(folder)
        if kind.removeprefix("fuse.").startswith(_NETWORK):
            text = f"is on a network file system ({kind}), where SQLite's write-ahead log is not safe; use a local disk"
            raise OSError(errno.ENOTSUP, text, self.path)

    def _check(self, write: bool, create: bool) -> None:
        self.db.execute("PRAGMA foreign_keys=ON")
        self.db.execute("PRAGMA trusted_schema=OFF")
        self.db.execute(f"PRAGMA cache_size=-{_CACHE}")
        if self._empty():
            if not create:
                raise FileFormatError(f"{self.path}: holds no study")
            self._build()
        application, schema = self.pragma("application_id"), self.pragma("user_version")
        if application != APPLICATION:
            raise FileFormatError(f"{self.path}: is no study of Edgeworth")
        if schema > SCHEMA:
            raise FileFormatError(f"{self.path}: schema {schema} is later than {SCHEMA}, the last one known; upgrade edgeworth")
        if schema < SCHEMA:
            raise OlderSchema(self.path, schema)
        names = {name for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")}
        if names != _NAMES:
            wrong = ", ".join(sorted(names ^ _NAMES))
            raise FileFormatError(f"{self.path}: must have the tables of a study and no others; look at {wrong}")
        if write:
            self._write_ahead()
            self.db.execute("PRAGMA synchronous=FULL")
            self.db.execute(f"PRAGMA wal_autocheckpoint={_LOG}")
        else:
            self.db.execute("PRAGMA query_only=ON")

    def _empty(self) -> bool:
        """Nothing is in it: it is new, or whoever made it was killed."""
        nothing = not self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return bool(nothing and self.pragma("application_id") == 0 and self.pragma("user_version") == 0)

    def _build(self) -> None:
        self._write_ahead()
        with self.transaction():
            if self._empty():  # nobody was faster
                for statement in TABLES.split(";")[:-1]:
                    self.db.execute(statement)
                self.db.execute(f"PRAGMA application_id={APPLICATION}")
                self.db.execute(f"PRAGMA user_version={SCHEMA}")

    def _write_ahead(self) -> None:
        (mode,) = self.db.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise OSError(errno.ENOTSUP, f"SQLite cannot keep a write-ahead log here (its mode is {mode})", self.path)

    def pragma(self, name: str) -> int:
        """A number that SQLite knows of the file."""
        (found,) = self.db.execute(f"PRAGMA {name}").fetchone()
        return int(found)

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """What SQLite says of the file, as errors that name it."""
        with plainly_of(self.path):
            yield

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[None]:
        """All or nothing, and on its way to the disk when the block has ended. For a reader: one moment of the study."""
        with self.plainly():
            self.db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def all(self, statement: str, values: Any = ()) -> list[Any]:
        """What a statement finds."""
        with self.plainly():
            return self.db.execute(statement, values).fetchall()

    def one(self, statement: str, values: Any = ()) -> Any:
        """The first of what a statement finds; None for nothing."""
        with self.plainly():
            return self.db.execute(statement, values).fetchone()

    def meta(self, key: str) -> Any:
        """A value by its key, None where there is none; JSON is read by the caller."""
        found = self.one("SELECT value FROM meta WHERE key = ?", (key,))
        return None if found is None else found[0]

    def fact(self, key: str) -> Any:
        """What the study says of itself, read; `FileFormatError` where it is absent or nothing that a study writes."""
        text = self.meta(key)
        if text is None:
            raise FileFormatError(f"{self.path}: holds no study: {key} is missing")
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not _FACTS[key](found):
            raise FileFormatError(f"{self.path}: {key} cannot be {text:.60}: the file was changed or damaged")
        return found

    def set_meta(self, key: str, value: str) -> None:
        """Within a transaction."""
        self.db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", (key, value))

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OlderSchema(FileFormatError):
    """The file is of an earlier schema; see `edgeworth.experiments.study.migration`."""

    def __init__(self, path: str, schema: int) -> None:
        super().__init__(f"{path}: has schema {schema}; this version reads schema {SCHEMA}")
        self.path, self.schema = path, schema


def refuse_damaged(path: str, db: sqlite3.Connection) -> None:
    """`FileFormatError` for pages that are lost, doubled or out of order, and for rows that belong to nothing."""
    (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if found == "ok" and (row := db.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        found = f"a row of the table {row[0]} belongs to no {row[2]}"
    if found != "ok":
        raise FileFormatError(f"{path}: is damaged: {' '.join(found.split())}")


@contextmanager
def plainly_of(path: str) -> Iterator[None]:
    """What SQLite says of a file, as errors that name it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        _plain(path, error)


def _plain(path: str, error: sqlite3.DatabaseError) -> NoReturn:
    code = getattr(error, "sqlite_errorcode", None)  # None: of the module sqlite3 itself, not of the file
    kind = None if code is None else code & 0xFF
    if kind == sqlite3.SQLITE_FULL:
        raise OSError(errno.ENOSPC, "the disk is full; what was acknowledged is kept", path) from error
    if kind in _REFUSED:
        raise PermissionError(errno.EACCES, "must not be written", path) from error
    if kind in _HELD:
        raise BlockingIOError(errno.EAGAIN, "another program holds this study", path) from error
    if kind in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        raise OSError(errno.EIO, str(error), path) from error
    raise FileFormatError(f"{path}: is no study, or damaged: {error}") from error


def _file_system(folder: str) -> str:
    """The type of the file system that holds a folder; empty where the system does not tell."""
    try:
        lines = files.read_text(_MOUNTS).splitlines()
    except (OSError, ValueError):
        return ""
    best, kind = "", ""
    for line in lines:
        words = line.split(" ")
        point = words[1].replace("\\040", " ")
        if len(point) >= len(best) and os.path.commonpath((point, folder)) == point:
            best, kind = point, words[2]
    return kind
