"""One writer at a time: a row in the database that names the process, and says that it lives."""

from __future__ import annotations

import errno
import json
import logging
import os
import platform
import secrets
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Self

from edgeworth.core import files
from edgeworth.core.errors import FileFormatError
from edgeworth.experiments.study.store import BUSY, StudyFile

logger = logging.getLogger(__name__)

BEAT, STALE = 10.0, 60.0
"""Seconds between two signs of life, and without one after which another host may take a study over."""
_KEY = "lock"
_HERE: set[str] = set()  # tokens of the locks that this process holds


@dataclass(frozen=True)
class Holder:
    """Who writes to a study.

    Attributes
    ----------
    host, pid : str, int
        Where, and which process.
    began : int
        When the process began, by the system's own count; 0 where it does not tell. A number that another process has got
        since is not taken for it.
    token : str
        Of this lock.
    beat : float
        The last sign of life, seconds since 1970.
    """

    host: str
    pid: int
    began: int
    token: str
    beat: float

    def living(self) -> bool:
        """Whether it still writes: on this host its process is looked for, whatever the clocks say."""
        here = self.host == platform.node()
        if here and self.pid == os.getpid():
            return self.token in _HERE
        found = _process(self.pid) if here else None
        if found is None:
            return abs(time.time() - self.beat) <= STALE  # a sign from the future comes from a clock that was set back
        state, began = found
        return state not in ("", "Z", "X") and (not began or not self.began or began == self.began)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def holder(db: sqlite3.Connection) -> Holder | None:
    """Who holds the study, dead or alive."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    if found is None:
        return None
    try:
        host, pid, began, token, beat = (json.loads(found[0])[name] for name in ("host", "pid", "began", "token", "beat"))
        return Holder(str(host), int(pid), int(began), str(token), float(beat))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise FileFormatError(f"a study's lock cannot be {found[0]:.60}: the file was changed or damaged") from error


def refuse_held(path: str, db: sqlite3.Connection) -> None:
    """BlockingIOError, naming it, where a living process holds the study."""
    found = holder(db)
    if found is not None and found.living():
        raise BlockingIOError(errno.EAGAIN, f"{found} writes to this study; reading is free", path)


class Lock:
    """Holds a study for its block. A thread gives signs of life; whoever lost the study to another host learns it by `check`.

    Parameters
    ----------
    file : StudyFile
        Open for writing.
    """

    def __init__(self, file: StudyFile) -> None:
        self._file, self._over = file, threading.Event()
        pid = os.getpid()
        self._me = Holder(platform.node(), pid, (_process(pid) or ("R", 0))[1], secrets.token_hex(8), time.time())
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        with self._file.plainly():
            refuse_held(self._file.path, self._file.db)  # without waiting for a transaction of its own
        with self._file.transaction():
            refuse_held(self._file.path, self._file.db)
            self._file.set_meta(_KEY, json.dumps(asdict(self._me)))
        _HERE.add(self._me.token)
        self._thread.start()
        return self

    def check(self) -> None:
        """Within a transaction: the study is still ours."""
        found = self._file.meta(_KEY)
        if found is None or self._me.token not in found:
            who = holder(self._file.db) or "nobody"
            text = f"was taken over by {who}, since this process gave no sign of life for {STALE:g} s"
            raise BlockingIOError(errno.EAGAIN, text, self._file.path)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        _HERE.discard(self._me.token)
        try:
            with self._file.transaction():
                if (found := holder(self._file.db)) is not None and found.token == self._me.token:
                    self._file.db.execute("DELETE FROM meta WHERE key = ?", (_KEY,))
        except OSError as error:  # a full disk; the next one sees that nobody lives who has this token
            logger.warning("the lock of %s stays: %s", self._file.path, error)

    def _live(self) -> None:
        ours = "key = ? AND json_extract(value, '$.token') = ?"
        with closing(sqlite3.connect(self._file.path, isolation_level=None, timeout=BUSY)) as db:
            while not self._over.wait(BEAT):
                try:
                    values = time.time(), _KEY, self._me.token
                    db.execute(f"UPDATE meta SET value = json_set(value, '$.beat', ?) WHERE {ours}", values)
                except sqlite3.Error as error:
                    logger.warning("no sign of life in %s: %s", self._file.path, error)


def _process(pid: int) -> tuple[str, int] | None:
    """The state of a process (empty: there is none) and when it began (0: the system does not tell); None where it cannot be
    looked for.
    """
    try:
        words = files.read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return words[0], int(words[19])
    except (OSError, ValueError, IndexError):
        if os.name != "posix":  # where a signal of number 0 would end it
            return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "", 0
    except OSError:  # another user's
        pass
    return "R", 0
