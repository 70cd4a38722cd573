"""Tasks of one's own: from arrays, from csv files, and into them."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import read_text, write_text, wrong
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import Seed
from edgeworth.core.words import count, real, shown
from edgeworth.solvers.scheduling.model.problem import Episode

HEADING = ("arrival", "source", "work", "data")


def read_csv(
    path: str | PathLike[str],
    *,
    devices: int | None = None,
    seed: Seed = 0,
    limit: int | None = None,
    epoch: float = 0.5,
    channel: Literal["radio", "link", "shared"] = "radio",
    order: Literal["fifo", "edf"] = "fifo",
    late: Literal["abandon", "skip", "finish"] = "abandon",
    service: Literal["serial", "sharing"] = "serial",
    mask: Literal["literal", "slack", "off"] = "literal",
    **settings: Any,
) -> Episode:
    """Read the tasks of an episode; its devices are drawn, or given.

    Parameters
    ----------
    path : str or path
        A csv file with the heading ``arrival,source,work,data`` (s, number of the device from 0, GFLOP, MB) and a line a task
        in any order, compressed by gzip or not. `to_csv` writes such files.
    devices : int, optional
        See `Episode.from_trace`.
    seed : int, SeedSequence or Generator, optional
        Of the devices and transactions, default 0, so that a file is always the same episode; None: a fresh one.
    limit : int, optional
        Most bytes of the text, default `core.files.TEXT_LIMIT`.
    epoch, channel, order, late, service, mask
        Fields of `Episode`.
    **settings
        Other fields.

    Returns
    -------
    Episode

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    FileFormatError
        Naming the file, the line and what is wrong.
    ValueError, TypeError
        As `Episode.from_trace` does.
    """
    where = Path(path)
    reader = csv.reader(StringIO(read_text(where, limit=limit)), strict=True)
    numbers: list[list[float]] = []
    origin: list[int] = []
    try:
        heading = [name.strip() for name in next(reader, [])]
        if heading != list(HEADING):
            wrong(where, 1, f"must be {','.join(HEADING)}; got {shown(','.join(heading))}")
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != len(HEADING):
                wrong(where, reader.line_num, f"must have {len(HEADING)} columns; got {len(cells)}")
            device = count(cells[1])
            if device is None:
                wrong(where, reader.line_num, f"must hold the number of a device in column source; got {shown(cells[1])}")
            numbers.append([])
            for name, cell in zip(HEADING, cells, strict=True):
                number = real(cell)
                if number is None or number < 0.0 or (name == "work" and number == 0.0):
                    least = "> 0" if name == "work" else ">= 0"
                    wrong(where, reader.line_num, f"must hold a number {least} in column {name}; got {shown(cell)}")
                numbers[-1].append(number)
            origin.append(device)
    except csv.Error as error:
        raise FileFormatError(f"{where}: line {reader.line_num}: {error}") from error
    table = np.array(numbers).reshape(-1, len(HEADING))
    rules: dict[str, Any] = {"epoch": epoch, "channel": channel, "order": order, "late": late, "service": service, "mask": mask}
    episode = Episode.from_trace(
        table[:, 0], table[:, 2], table[:, 3], np.array(origin, np.int64), devices=devices, seed=seed, **(rules | settings)
    )
    return replace(episode, provenance=Provenance("file", where.name, seed=episode.provenance.seed))


def to_csv(episode: Episode, path: str | PathLike[str]) -> None:
    """Write the tasks of an episode: a heading and a line a task, numbers with all their digits.

    Parameters
    ----------
    episode : Episode
    path : str or path
        Written whole or not at all. Devices and settings are not in it: `Episode.save` keeps everything.
    """
    columns = zip(*(getattr(episode, name).tolist() for name in HEADING), strict=True)
    write_text(path, "\n".join([",".join(HEADING), *(",".join(map(repr, row)) for row in columns)]) + "\n")
