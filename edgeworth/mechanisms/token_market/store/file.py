"""The database of a ledger: SQLite with a write-ahead log that is forced to the disk before a command counts as taken."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, NoReturn

from edgeworth.core.errors import FileFormatError

APPLICATION = 0x45574C47
"""Of a ledger's file: EWLG."""
SCHEMA = 1
_TABLES = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE log(seq INTEGER PRIMARY KEY, command BLOB NOT NULL, signatures BLOB NOT NULL, result BLOB NOT NULL,
                 prev BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint(seq INTEGER PRIMARY KEY, state BLOB NOT NULL, digest BLOB NOT NULL) STRICT;
"""


class BrokenLedgerError(FileFormatError):
    """A ledger's file is not what its chain says: a link, a signature, a result or a digest is wrong.

    Attributes
    ----------
    sequence : int
        Number of the first record that is wrong, from 1; 0 is the genesis.
    """

    def __init__(self, path: str, sequence: int, text: str) -> None:
        super().__init__(f"{path}: record {sequence}: {text}")
        self.sequence = sequence


class Row(NamedTuple):
    """A row of the table log."""

    seq: int
    command: bytes
    signatures: bytes
    result: bytes
    prev: bytes
    hash: bytes


class LedgerFile:
    """A ledger's database, opened by one writer or by a reader.

    Parameters
    ----------
    path : str or path
        The database. Beside it, SQLite keeps ``-wal`` and ``-shm`` while it is open, and the writer ``.lock``.
    create : bool
        Whether the file is new.
    readonly : bool
        Whether to look on only.

    Raises
    ------
    FileExistsError, FileNotFoundError, BlockingIOError, PermissionError
        If a new file exists, another does not, another writer has it open, or it must not be written.
    FileFormatError
        For a file that is no ledger, of a later schema, or damaged.
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = False, readonly: bool = False) -> None:
        self.path = os.fspath(path)
        self._lock: sqlite3.Connection | None = None
        there = Path(self.path).exists()
        if there and create:
            raise FileExistsError(errno.EEXIST, "is there already", self.path)
        if not there and not create:
            raise FileNotFoundError(errno.ENOENT, "no such ledger", self.path)
        if there and not os.access(self.path, os.R_OK if readonly else os.W_OK):
            raise PermissionError(errno.EACCES, "must not be read" if readonly else "must not be written", self.path)
        if not readonly:
            self._take_lock()
        mode = "ro" if readonly else "rwc" if create else "rw"
        try:
            with self.plainly():
                self.db = sqlite3.connect(f"{Path(self.path).absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
                if create:
                    self._build()
                self._check()
                if not readonly:
                    self.db.execute("PRAGMA synchronous=FULL")
        except BaseException:
            self.close()
            raise

    def _take_lock(self) -> None:
        """A database that only the writer opens; its lock ends with the process, however that ends."""
        lock = sqlite3.connect(f"{self.path}.lock", timeout=0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            if "locked" in str(error):
                raise BlockingIOError(errno.EAGAIN, "another writer has this ledger open", self.path) from error
            raise PermissionError(errno.EACCES, f"its .lock: {error}", self.path) from error
        self._lock = lock

    def _build(self) -> None:
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.executescript(f"BEGIN;{_TABLES}PRAGMA application_id={APPLICATION};PRAGMA user_version={SCHEMA};COMMIT;")

    def _check(self) -> None:
        (application,), (schema,) = (
            self.db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if application != APPLICATION:
            raise FileFormatError(f"{self.path}: is no ledger of a token market")
        if schema != SCHEMA:
            raise FileFormatError(f"{self.path}: has schema {schema}; this version reads schema {SCHEMA}")
        names = {name for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names != {"meta", "log", "checkpoint"}:
            raise FileFormatError(f"{self.path}: must have the tables meta, log and checkpoint")

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """What SQLite says of the file, as errors that name it."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OSError(errno.EIO, str(error), self.path) from error
        except sqlite3.DatabaseError as error:
            self._damaged(error)

    def _damaged(self, error: sqlite3.DatabaseError) -> NoReturn:
        raise FileFormatError(f"{self.path}: is no ledger, or damaged: {error}") from error

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[None]:
        """All or nothing; when the block has ended, it is on the disk. For a reader: one moment of the ledger."""
        with self.plainly():
            self.db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def meta(self) -> dict[str, bytes]:
        """By name."""
        return dict(self.db.execute("SELECT name, value FROM meta"))

    def set_meta(self, name: str, value: bytes) -> None:
        """Within a transaction."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def set_head(self, height: int, hashed: bytes) -> None:
        """Within a transaction: number and hash of the last record."""
        self.set_meta("head", height.to_bytes(8, "little") + hashed)

    def rows(self, after: int = 0, last: int = 2**62) -> Iterator[Row]:
        """Of the log, in order, from `after` + 1 to `last`."""
        found = self.db.execute("SELECT * FROM log WHERE seq > ? AND seq <= ? ORDER BY seq", (after, last))
        return (Row(*row) for row in found)

    def row(self, number: int) -> Row | None:
        """The record with a number, if there is one."""
        return next(self.rows(number - 1, number), None)

    def numbers(self, last: int) -> Iterator[int]:
        """Of the records that are there, up to one."""
        return (number for (number,) in self.db.execute("SELECT seq FROM log WHERE seq <= ? ORDER BY seq", (last,)))

    def extend(self, rows: Iterable[Row]) -> None:
        """Within a transaction."""
        self.db.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", rows)

    def checkpoint(self) -> tuple[int, bytes, bytes] | None:
        """The last one: sequence number, state, digest."""
        found: tuple[int, bytes, bytes] | None = self.db.execute(
            "SELECT seq, state, digest FROM checkpoint ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return found

    def set_checkpoint(self, seq: int, state: bytes, digest: bytes) -> None:
        """Within a transaction; earlier ones are dropped, since their digests stay in the log."""
        self.db.execute("DELETE FROM checkpoint")
        self.db.execute("INSERT INTO checkpoint VALUES (?, ?, ?)", (seq, state, digest))

    def close(self) -> None:
        """Let go of the file; does nothing the second time."""
        if hasattr(self, "db"):
            self.db.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Close, and delete what was created."""
        self.close()
        for end in ("", "-wal", "-shm", ".lock"):
            with suppress(FileNotFoundError):
                os.unlink(self.path + end)
