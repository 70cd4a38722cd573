"""The file of a sweep: a line of JSON about what was asked, then a line a run. Nothing is pickled.

A sweep writes it as it goes, so that what was finished stays whatever ends the program; `Comparison.save` writes it whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import math
import numbers
import os
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any

from edgeworth._version import __version__
from edgeworth.core import validation
from edgeworth.core.files import read_text, wrong
from edgeworth.experiments import table
from edgeworth.experiments.setting import Setting

logger = logging.getLogger(__name__)

FORMAT, CONTENT, SCHEMA = "edgeworth", "comparison", 1
_FINITE = ("value", "bound", "seconds")  # as results have them
_ENCODER = json.JSONEncoder(allow_nan=False)
_INFINITE = {"inf": math.inf, "-inf": -math.inf}  # JSON has no infinity


def header(setting: Setting, finished: int | None) -> str:
    """The first line; finished: the number of rows that follow, None where nobody knows yet."""
    head = {"format": FORMAT, "schema": SCHEMA, "content": CONTENT, "version": __version__, "finished": finished}
    return json.dumps(head | {"setting": setting.to_fields()}, allow_nan=False) + "\n"


def line(row: Mapping[str, object]) -> str:
    """The line of a run."""
    return _ENCODER.encode({name: _plain(cell) for name, cell in row.items()}) + "\n"


class RowWriter:
    """The file of a sweep under way: a row is on the disk before `write` returns, or a warning says that it is not.

    Parameters
    ----------
    path : str or path
        A file that does not exist yet, or an empty one: rows of an earlier sweep are never overwritten. It is opened at once,
        so that a path that cannot be written is known before anything runs. `Comparison.load` reads it.
    setting : Setting
        What was asked.

    Raises
    ------
    ValueError
        For a file that holds something.
    OSError
        For a path that cannot be written.
    """

    def __init__(self, path: str | PathLike[str], setting: Setting) -> None:
        where = Path(path)
        if where.exists() and where.stat().st_size:
            validation.reject("rows", "must be a file that does not exist yet or is empty", str(where))
        self._file = where.open("a", encoding="utf-8")
        self._append(header(setting, None))

    def write(self, row: Mapping[str, object]) -> None:
        """Append one row and wait until the disk has it. What it does not take is logged, and offered again with the next."""
        self._append(line(row))

    def _append(self, text: str) -> None:
        try:
            self._file.write(text)
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


def read(path: str | PathLike[str], *, limit: int | None = None) -> tuple[Setting, list[dict[str, Any]]]:
    """The setting and the rows of a file; a last line that a killed program left half written is left out.

    Raises
    ------
    FileFormatError
        Naming the line, for a file that is damaged, of another format or of a later schema.
    """
    text = read_text(path, limit=limit)
    lines = text.split("\n")
    whole, tail = lines[:-1], lines[-1]
    head = _object(path, 1, whole[0] if whole else tail)
    if head.get("format") != FORMAT or head.get("content") != CONTENT:
        wrong(path, 1, "does not hold a comparison that Edgeworth saved")
    schema = head.get("schema")
    if type(schema) is not int or schema < 1:
        wrong(path, 1, f"has no valid schema number: {schema!r}")
    if schema > SCHEMA:
        wrong(path, 1, f"schema {schema} is later than {SCHEMA}, the last one this version reads; upgrade edgeworth")
    try:
        setting = Setting.from_fields(head.get("setting"))
    except (ValueError, TypeError, AttributeError) as error:
        wrong(path, 1, f"has no valid setting: {error}")
    found = [_row(path, number, text, setting) for number, text in enumerate(whole[1:], start=2)]
    _distinct(path, found)
    finished = head.get("finished")
    if finished is not None and (tail or finished != len(found)):
        wrong(path, len(lines), f"is truncated: {finished} rows were saved, {len(found)} are here")
    if len(found) < setting.runs and not setting.interrupted:
        setting = Setting.from_fields(setting.to_fields() | {"interrupted": True})
    return setting, found


def _object(path: str | PathLike[str], number: int, text: str) -> dict[str, Any]:
    def no_constant(token: str) -> float:
        raise ValueError(f"{token} is no number")

    try:
        found = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        wrong(path, number, f"is not a line of JSON: {error}")
    if not isinstance(found, dict):
        wrong(path, number, "is not a JSON object")
    return found


def _row(path: str | PathLike[str], number: int, text: str, setting: Setting) -> dict[str, Any]:
    item = checked(path, number, _object(path, number, text))
    if item["method"] not in setting.labels:
        wrong(path, number, f"the method {item['method']!r:.60} is not in the setting")
    return item


def checked(path: str | PathLike[str], number: int | None, item: dict[str, Any]) -> dict[str, Any]:
    """A row as `line` wrote it, with its infinities; `FileFormatError` where a cell is missing or not of its type."""
    missing = [name for name in table.KINDS if name not in item]
    if missing:
        wrong(path, number, f"has no {missing[0]}")
    for name, cell in item.items():
        kinds = table.KINDS.get(name, table.NUMBER)
        if kinds is table.NUMBER and name not in _FINITE and isinstance(cell, str) and cell in _INFINITE:
            item[name] = _INFINITE[cell]
        elif type(cell) not in kinds or (kinds >= {float} and cell is not None and not _is_float(cell)):
            wrong(path, number, f"{name} is not of its type: {cell!r:.60}")
    return item


def _is_float(cell: float) -> bool:
    """Whether a number of a file is one that a float can hold."""
    try:
        return math.isfinite(float(cell))
    except OverflowError:
        return False


def _distinct(path: str | PathLike[str], found: list[dict[str, object]]) -> None:
    """Refuse a file in which one run stands twice, which would count twice."""
    seen: dict[tuple[object, ...], int] = {}
    for number, item in enumerate(found, start=2):
        key = item["problem_hash"], item["method"], item["method_seed"]
        if key in seen:
            wrong(path, number, f"is the run of line {seen[key]} again")
        seen[key] = number


def _plain(cell: object) -> object:
    if cell is None or type(cell) in (bool, int, str) or (type(cell) is float and math.isfinite(cell)):
        return cell
    if isinstance(cell, numbers.Integral):
        return int(cell)
    if isinstance(cell, numbers.Real):
        number = float(cell)
        return number if math.isfinite(number) else None if math.isnan(number) else str(number)
    return str(cell)
