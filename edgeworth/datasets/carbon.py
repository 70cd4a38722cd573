"""Traces of solar panels and of the carbon intensity of power grids: tables with a column of times and one a place.

Source of the downloads: Vessim, https://github.com/dos-group/vessim (MIT); solar output of 10 cities in June 2022 (Solcast),
marginal intensity of northern California in June 2023 (WattTime), both in steps of 5 minutes. Times are UTC: the sun of
San Francisco peaks at about 20 h, that of Berlin at about 11 h.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import cache_folder, read_text, spare_folder, wrong
from edgeworth.core.words import real, shown

SOLAR_FILE = "solar_example.csv"
INTENSITY_FILE = "watttime_example.csv"
_COMMIT = "408ed48db0cb21221970627dd1244e6b5edd86d4"
_SOURCE = f"https://raw.githubusercontent.com/dos-group/vessim/{_COMMIT}/datasets/"
_SHA256 = {
    SOLAR_FILE: "572ed0ace354451af42fce83e0e4c4ce7368a564fefc4ac81ceb311f96eefa4a",
    INTENSITY_FILE: "5685f559e0e34d3ef1bcb84d531cdbf1c19edd4440ef3feef4e9f61e37c713dc",
}


@dataclass(frozen=True, eq=False)
class Trace:
    """Numbers at regular times.

    Parameters
    ----------
    values : array_like
        Finite, >= 0, float64 [steps]; each holds from its own time to the next.
    step : float
        Seconds from one to the next, > 0.
    name : str
        The file and the column that it was read from.
    """

    values: Floats
    step: float
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", validation.array("values", self.values, np.float64, (None,), minimum=0.0))
        object.__setattr__(self, "step", validation.real("step", self.step, minimum=0.0, open_minimum=True))

    @property
    def seconds(self) -> float:
        """How long the trace lasts, s."""
        return len(self.values) * self.step

    def at(self, seconds: ArrayLike) -> Floats:
        """The values at times counted from the beginning, which must lie within the trace.

        Parameters
        ----------
        seconds : array_like
            Times, s.
        """
        return np.asarray(self.values[np.floor(np.asarray(seconds) / self.step + 1e-9).astype(np.int64)])


def read_trace(
    path: str | PathLike[str], column: str | None = None, *, limit: int | None = None, argument: str = "column"
) -> Trace:
    """Read one column of a table whose first column holds times.

    Parameters
    ----------
    path : str or path
        A csv file with a heading, compressed by gzip or not. Times are seconds, or dates like ``2023-06-08 00:05:00``; they
        rise by equal steps.
    column : str, optional
        The heading of the column; default the second one.
    limit : int, optional
        Most bytes of the text, default `core.files.TEXT_LIMIT`.
    argument : str
        What an error calls the column.

    Returns
    -------
    Trace
        In the unit of the file.

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    ValueError
        For a column that the file does not have.
    FileFormatError
        Naming the file, the line and what is wrong: no numbers, negative ones, steps that differ, fewer than two rows.
    """
    where = Path(path)
    reader = csv.reader(StringIO(read_text(where, limit=limit)), strict=True)
    times: list[float] = []
    values: list[float] = []
    try:
        heading = [name.strip() for name in next(reader, [])]
        if len(heading) < 2:
            wrong(where, 1, f"needs a column of times and one of numbers; got columns {shown(', '.join(heading))}")
        position = 1 if column is None else 1 + heading[1:].index(validation.choice(argument, column, heading[1:]))
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            moment = _seconds(row[0].strip())
            number = real(row[position].strip()) if position < len(row) else None
            if moment is None:
                wrong(where, reader.line_num, f"must begin with a time: seconds, or a date and time; got {shown(row[0])}")
            if number is None or number < 0.0:
                got = shown(row[position] if position < len(row) else "")
                wrong(where, reader.line_num, f"must hold a number >= 0 in column {heading[position]}; got {got}")
            if len(times) > 1 and abs((moment - times[-1]) - (times[1] - times[0])) > 1e-3:
                wrong(where, reader.line_num, f"must rise by equal steps of {times[1] - times[0]:g} s; got {shown(row[0])}")
            if times and moment <= times[-1]:
                wrong(where, reader.line_num, f"must be later than the line before; got {shown(row[0])}")
            times.append(moment)
            values.append(number)
    except csv.Error as error:
        raise FileFormatError(f"{where}: line {reader.line_num}: {error}") from error
    if len(times) < 2:
        wrong(where, reader.line_num, "holds fewer than two rows")
    return Trace(np.array(values), times[1] - times[0], f"{where.name}: {heading[position]}")


def fetch_carbon(city: str | None = None, zone: str | None = None) -> tuple[Trace, Trace]:
    """Download a trace of sun and one of carbon intensity once into the user's cache folder (checksums fixed), then read them.

    Parameters
    ----------
    city, zone : str, optional
        Columns of the two files; default San Francisco and northern California, whose clocks agree.

    Returns
    -------
    solar, intensity : Trace
        The share of its largest output that a panel yields, and g/kWh. Needs the network once.
    """
    import pooch

    cache = cache_folder()
    folder = spare_folder() if cache is None else cache / "edgeworth"
    solar, intensity = (
        pooch.retrieve(_SOURCE + name, known_hash=f"sha256:{digest}", path=folder, fname=name)
        for name, digest in _SHA256.items()
    )
    return read_trace(solar, city or "San Francisco", argument="city"), read_trace(intensity, zone, argument="zone")


def _seconds(text: str) -> float | None:
    """A time in seconds, of a number or of a date; None for anything else."""
    number = real(text)
    if number is not None:
        return number
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text.isascii() and "-" in text else None
    except (ValueError, OverflowError):
        return None
