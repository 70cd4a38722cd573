"""Rows of a sweep on disk as they finish: what was written stays, whatever ends the program."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import math
import os
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any

from edgeworth.core import validation

logger = logging.getLogger(__name__)


class RowWriter:
    """One line of JSON a row, on the disk before `write` returns, or a warning: a full disk costs no row of the table.

    path: a file that does not exist yet, or an empty one: rows of an earlier sweep are never overwritten. It is opened at once,
    so that a path that cannot be written is known before anything runs. Numbers that are not finite become null. Read it with
    ``pandas.read_json(path, lines=True)``.

    Raises ValueError for a file that holds something, OSError for a path that cannot be written.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        where = Path(path)
        if where.exists() and where.stat().st_size:
            validation.reject("rows", "must be a file that does not exist yet or is empty", str(where))
        self._file = where.open("a", encoding="utf-8")

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row and wait until the disk has it. What it does not take is logged, and offered again with the next."""
        try:
            self._file.write(json.dumps({name: _plain(cell) for name, cell in row.items()}, allow_nan=False) + "\n")
            self._file.flush()
            self._sync()
        except OSError as error:
            logger.warning("rows: %s cannot be written (%s); the sweep goes on", self._file.name, error)

    def _sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):  # a pipe or a device, which keeps nothing
                raise

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        with contextlib.suppress(OSError):  # logged when it was written
            self._file.close()


def _plain(cell: Any) -> Any:
    if isinstance(cell, float):
        return float(cell) if math.isfinite(cell) else None
    return cell if cell is None or isinstance(cell, bool | int | str) else str(cell)
