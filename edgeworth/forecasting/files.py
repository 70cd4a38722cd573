"""Series in csv files: one column each, after a column of times where there is one."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import read_text, wrong
from edgeworth.core.words import count, real, shown

_MISSING = frozenset({"", "nan", "na", "null"})


def read_table(path: str | PathLike[str], columns: Sequence[str] | None = None, *, limit: int | None = None) -> dict[str, Any]:
    """Read series from a csv file.

    Parameters
    ----------
    path : str or path
        With a heading, compressed by gzip or not. Where the first column holds dates and times, or positions without a heading
        as pandas writes them, they are the index. Empty cells, and those that say nan, na or null, are gaps.
    columns : sequence of str, optional
        The headings that are wanted, in this order; default all.
    limit : int, optional
        Most bytes of the text, default `core.files.TEXT_LIMIT`.

    Returns
    -------
    dict of str to pandas.Series
        As `fit`, `backtest` and `read_series` take them, which say what becomes of gaps and refuse times that are irregular.

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    ValueError
        For columns that the file does not have.
    FileFormatError
        Naming the file, the line and what is wrong.
    """
    import pandas as pd

    where = Path(path)
    reader = csv.reader(StringIO(read_text(where, limit=limit)), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        heading = [name.strip() for name in next(reader, [])]
        for row in reader:
            if not any(word.strip() for word in row):
                continue
            if len(row) != len(heading):
                wrong(where, reader.line_num, f"must have {len(heading)} columns, as the heading; got {len(row)}")
            rows.append([word.strip() for word in row])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise FileFormatError(f"{where}: line {reader.line_num}: {error}") from error
    if not rows:
        wrong(where, None, "must have a heading and rows of numbers")
    dated = real(rows[0][0]) is None and rows[0][0].lower() not in _MISSING
    index: pd.Index[Any] | None = None
    if dated:
        words = [row[0] if row[0][:1].isdigit() else "" for row in rows]  # pandas knows "now"
        times = pd.to_datetime(words, format="ISO8601", errors="coerce", utc=True)
        if times.hasnans:
            at = int(np.argmax(times.isna()))
            wrong(where, lines[at], f"must begin with a date and time; got {shown(rows[at][0])}")
        index = times.tz_localize(None)
    elif not heading[0]:  # pandas writes positions so
        positions = [count(row[0]) for row in rows]
        if None in positions:
            wrong(
                where, lines[positions.index(None)], "must begin with a position, 0, 1, ..., where the first heading is empty"
            )
        index = pd.Index(positions)
    known = heading if index is None else heading[1:]
    if not known or "" in known or len(set(known)) < len(known):
        wrong(where, 1, f"must have headings, each once; got {shown(','.join(heading))}")
    if isinstance(columns, str):
        validation.reject_type("columns", "must be a list of headings", columns)
    wanted = list(known if columns is None else columns)
    for name in wanted:
        validation.choice("columns", name, known)
    if not wanted or len(set(wanted)) < len(wanted):
        validation.reject("columns", "must be different headings, at least one", wanted)
    places = {name: heading.index(name, index is not None) for name in wanted}
    found: dict[str, Any] = {}
    for name, place in places.items():
        values = np.empty(len(rows))
        for k, row in enumerate(rows):
            number = math.nan if row[place].lower() in _MISSING else real(row[place])
            if number is None:
                wrong(where, lines[k], f"must hold a number, or nothing, in column {name}; got {shown(row[place])}")
            values[k] = number
        found[name] = pd.Series(values, index=index, name=name)
    return found
