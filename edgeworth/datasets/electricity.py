"""Electricity loads of clients in Portugal, 2011 to 2014: quarters of hours, or hours.

Source: A. Trindade, ElectricityLoadDiagrams20112014, UCI Machine Learning Repository, 2015, https://doi.org/10.24432/C58C86
(CC BY 4.0). Times are local; the source keeps 24 hours on the days on which clocks change, so that steps are equal.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from os import PathLike
from pathlib import Path

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import read_text, wrong
from edgeworth.core.words import count, real, shown

_QUARTER, _HOUR = 900.0, 3600.0
_SPLIT = ["date", "hour"]  # the heading of files that keep them apart


@dataclass(frozen=True, eq=False)
class Loads:
    """Loads at equal steps.

    Parameters
    ----------
    values : array_like
        Finite, >= 0, float64 [steps, clients]. Readings of a quarter of an hour are kW; `hourly` sums four of them.
    clients : tuple of str
        Their names, such as "MT_005", each once.
    step : float
        Seconds from one to the next, > 0.
    name : str
        The file that they were read from.
    """

    values: Floats
    clients: tuple[str, ...]
    step: float
    name: str = ""

    def __post_init__(self) -> None:
        clients = tuple(self.clients)
        if not clients or len(set(clients)) < len(clients) or not all(isinstance(name, str) for name in clients):
            validation.reject("clients", "must be different names, at least one", self.clients)
        values = validation.array("values", self.values, np.float64, (None, len(clients)), minimum=0.0)
        object.__setattr__(self, "clients", clients)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "step", validation.real("step", self.step, minimum=0.0, open_minimum=True))

    def __getitem__(self, client: str) -> Floats:
        """The series [steps] of one client."""
        validation.choice("client", client, self.clients)
        return np.array(self.values[:, self.clients.index(client)])

    def hourly(self) -> Loads:
        """Sums of the four quarters of every hour, from the first reading on; an hour that is not whole is left out.

        Raises
        ------
        ValueError
            Where the steps are no quarters of hours.
        """
        if self.step == _HOUR:
            return self
        if self.step != _QUARTER:
            validation.reject("step", f"must be {_QUARTER:g} or {_HOUR:g} s", self.step)
        hours = len(self.values) // 4
        return Loads(
            self.values[: 4 * hours].reshape(hours, 4, -1).sum(axis=1), self.clients, _HOUR, f"{self.name}, hourly".lstrip(", ")
        )


def read_electricity(path: str | PathLike[str], clients: Sequence[str] | None = None, *, limit: int | None = None) -> Loads:
    """Read a table of loads.

    Parameters
    ----------
    path : str or path
        Compressed by gzip or not: the file of the source (``LD2011_2014.txt``: semicolons, decimal commas), or a csv file with
        one column of times, or the two columns ``date,hour``, before those of the clients.
    clients : sequence of str, optional
        Whose loads are wanted, in this order; default all.
    limit : int, optional
        Most bytes of the text, default `core.files.TEXT_LIMIT`; the source's file, 711 MB, needs more.

    Returns
    -------
    Loads

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    ValueError
        For clients that the file does not have.
    FileFormatError
        Naming the file, the line and what is wrong: no numbers, negative ones, steps that differ, fewer than two rows.
    """
    where = Path(path)
    text = read_text(where, limit=limit)
    original = ";" in text.partition("\n")[0]
    reader = csv.reader(StringIO(text), strict=True, delimiter=";" if original else ",")
    times: list[float] = []
    rows: list[list[float]] = []
    try:
        heading = [name.strip() for name in next(reader, [])]
        first = 2 if heading[:2] == _SPLIT else 1
        known = heading[first:]
        if not known or "" in known or len(set(known)) < len(known):
            wrong(where, 1, f"needs a column of times and one a client; got {shown(','.join(heading))}")
        if isinstance(clients, str):
            validation.reject_type("clients", "must be a list of names", clients)
        wanted = list(known if clients is None else clients)
        for name in wanted:
            validation.choice("clients", name, known)
        columns = [first + known.index(name) for name in wanted]
        for row in reader:
            if not any(word.strip() for word in row):
                continue
            if len(row) != len(heading):
                wrong(where, reader.line_num, f"must have {len(heading)} columns; got {len(row)}")
            moment = _seconds(row[:first])
            if moment is None:
                wrong(where, reader.line_num, f"must begin with a date and time; got {shown(','.join(row[:first]))}")
            if len(times) > 1 and moment - times[-1] != times[1] - times[0]:
                wrong(where, reader.line_num, f"must rise by equal steps of {times[1] - times[0]:g} s; got {shown(row[0])}")
            if times and moment <= times[-1]:
                wrong(where, reader.line_num, f"must be later than the line before; got {shown(row[0])}")
            numbers = [_load(row[column].strip(), original) for column in columns]
            for column, number in zip(columns, numbers, strict=True):
                if number is None:
                    rule = f"must hold a number >= 0 in column {heading[column]}; got {shown(row[column])}"
                    wrong(where, reader.line_num, rule)
            times.append(moment)
            rows.append([number for number in numbers if number is not None])
    except csv.Error as error:
        raise FileFormatError(f"{where}: line {reader.line_num}: {error}") from error
    if len(times) < 2:
        wrong(where, reader.line_num, "holds fewer than two rows")
    return Loads(np.array(rows), tuple(wanted), times[1] - times[0], where.name)


def _load(word: str, original: bool) -> float | None:
    """A load; None for anything that is none."""
    number = real(word.replace(",", ".") if original else word)
    return None if number is None or number < 0.0 else number


def _seconds(words: list[str]) -> float | None:
    """A moment in seconds; None for anything that is none."""
    head = words[0].strip()
    hour = 0 if len(words) == 1 else count(words[1].strip())
    if hour is None or hour > 23 or not head.isascii() or "-" not in head:
        return None
    try:
        moment = datetime.fromisoformat(head)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp() + 3600.0 * hour
    except (ValueError, OverflowError):
        return None
