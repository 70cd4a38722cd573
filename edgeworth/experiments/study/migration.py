"""A study of an earlier schema becomes one of this schema: on a copy, in one transaction, which then takes the name."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress

from edgeworth.experiments.study.identity import SCHEMA
from edgeworth.experiments.study.lock import refuse_held
from edgeworth.experiments.study.store import BUSY, OlderSchema, StudyFile, plainly_of, refuse_damaged

STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""By the schema that each begins with: what makes it the next one. Schema 1 is the first, so there is none yet."""


def opened(path: str | os.PathLike[str], *, write: bool = False, create: bool = False) -> StudyFile:
    """A study's database, of this schema: an earlier one is migrated before a writer has it, and refused to a reader."""
    try:
        return StudyFile(path, write=write, create=create)
    except OlderSchema as older:
        if not write or older.schema not in STEPS:
            raise
        _migrate(older.path, older.schema)
    return StudyFile(path, write=write)


def _migrate(path: str, schema: int) -> None:
    before = os.stat(path)
    copy = f"{path}.migrating"
    with plainly_of(path), closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY)) as old:
        refuse_held(path, old)
        (mode,) = old.execute("PRAGMA journal_mode=DELETE").fetchone()  # its log, which is no file of the copy, is gone then
        if mode != "delete":
            raise BlockingIOError(errno.EAGAIN, "another program holds this study, whose schema must be migrated", path)
        old.execute("BEGIN IMMEDIATE")  # nobody writes until the copy has the name
        if os.stat(path).st_ino != before.st_ino:
            return  # another program has migrated it meanwhile
        for end in ("", "-journal", "-wal", "-shm"):  # of a migration that was killed
            with suppress(FileNotFoundError):
                os.unlink(copy + end)
        with closing(sqlite3.connect(copy, isolation_level=None)) as new:
            with closing(sqlite3.connect(path)) as source:  # SQLite copies nothing from within a transaction that writes
                source.backup(new)
            new.execute("PRAGMA synchronous=FULL")
            new.execute("BEGIN")
            for each in range(schema, SCHEMA):
                STEPS[each](new)
            new.execute(f"PRAGMA user_version={SCHEMA}")
            new.execute("COMMIT")
            refuse_damaged(path, new)
        os.replace(copy, path)
