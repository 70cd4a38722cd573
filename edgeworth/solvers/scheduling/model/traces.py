"""Tasks of one's own: from arrays, from csv files, and into them."""

from __future__ import annotations

import csv
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import read_text, write_text, wrong
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.core.words import count, real, shown
from edgeworth.solvers.scheduling.model.presets import CHAIN_LATENCY, drawn_devices
from edgeworth.solvers.scheduling.model.problem import CHAIN, Episode

HEADING = ("arrival", "source", "work", "data")
_OWNED = ("capacity", "battery", "battery_floor", "active_power", "idle_power")


def from_trace(
    arrivals: ArrayLike,
    work: ArrayLike,
    data: ArrayLike,
    source: ArrayLike,
    *,
    devices: int | None = None,
    seed: Seed = None,
    file: str = "",
    **settings: Any,
) -> Episode:
    """An episode of given tasks; it is documented at `Episode.from_trace`. file: the name of the one that they come from."""
    times = validation.array("arrivals", arrivals, np.float64, (None,), minimum=0.0)
    origin = validation.array("source", source, np.int64, times.shape, minimum=0)
    columns = {
        "arrival": times,
        "source": origin,
        "work": validation.array("work", work, np.float64, times.shape, minimum=0.0),
        "data": validation.array("data", data, np.float64, times.shape, minimum=0.0),
    }
    allowed = [name for name in Episode.__dataclass_fields__ if name not in (*HEADING, "chain_latency", "provenance")]
    for name in settings:
        validation.choice("settings", name, allowed)
    rng, record = generator(seed, INSTANCES)
    owned = [name for name in _OWNED if name in settings]
    if not owned:
        needed = int(origin.max(initial=0)) + 1
        number = needed if devices is None else validation.integer("devices", devices, minimum=1)
        if number < needed:
            validation.reject("devices", f"must be at least {needed}, by the sources", number)
        settings |= drawn_devices(rng, number)
    elif len(owned) < len(_OWNED) or devices is not None:
        rule = f"must be given without devices and together with all of {', '.join(_OWNED)}"
        validation.reject(owned[0], rule, settings[owned[0]])
    settings.setdefault("horizon", float(times.max(initial=0.0)))
    ranked = np.lexsort((origin, times))
    tasks: dict[str, Any] = {name: column[ranked] for name, column in columns.items()}
    return Episode(
        **tasks,
        **settings,
        chain_latency=rng.uniform(*CHAIN_LATENCY, (len(times), len(CHAIN))),
        provenance=Provenance("file" if file else "arrays", file, seed=record),
    )


def read_csv(
    path: str | PathLike[str], *, devices: int | None = None, seed: Seed = 0, limit: int | None = None, **settings: Any
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
    **settings
        Other fields of `Episode`.

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
    columns = (table[:, 0], table[:, 2], table[:, 3], np.array(origin, np.int64))
    return from_trace(*columns, devices=devices, seed=seed, file=where.name, **settings)


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
