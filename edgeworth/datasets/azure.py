"""The Azure traces of requests to large language models: when each came, and how many tokens it read and wrote.

Source: P. Patel et al., Splitwise: Efficient Generative LLM Inference Using Phase Splitting, ISCA 2024;
https://github.com/Azure/AzurePublicDataset (CC BY 4.0).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from os import PathLike
from pathlib import Path

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import cache_folder, read_text, spare_folder, wrong
from edgeworth.core.words import count, shown

REQUESTS_FILE = "AzureLLMInferenceTrace_conv.csv"
_COMMIT = "790921015d50dd6aae7f7e47f39ba0e235ad6b08"
_SOURCE = f"https://raw.githubusercontent.com/Azure/AzurePublicDataset/{_COMMIT}/data/"
_SHA256 = "2f1e5b666d4e3055fdbba98598ce2ec307767b9064e03e2fa46676dbcc7d0bf8"
_HEADING = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]


@dataclass(frozen=True, eq=False)
class Requests:
    """Requests to a large language model, in the order of their arrival.

    Parameters
    ----------
    arrival : array_like
        Seconds after the first one, ascending, float64 [requests].
    tokens : array_like
        Read and written, >= 1, float64 [requests].
    name : str
        The file that they were read from.
    """

    arrival: Floats
    tokens: Floats
    name: str = ""

    def __post_init__(self) -> None:
        arrival = validation.array("arrival", self.arrival, np.float64, (None,), minimum=0.0)
        if np.any(np.diff(arrival) < 0.0):
            validation.reject("arrival", "must ascend", self.arrival)
        object.__setattr__(self, "arrival", arrival)
        object.__setattr__(self, "tokens", validation.array("tokens", self.tokens, np.float64, arrival.shape, minimum=1.0))


def read_requests(path: str | PathLike[str], *, limit: int | None = None) -> Requests:
    """Read a trace of requests.

    Parameters
    ----------
    path : str or path
        A csv file with the heading ``TIMESTAMP,ContextTokens,GeneratedTokens``, compressed by gzip or not.
    limit : int, optional
        Most bytes of the text, default `core.files.TEXT_LIMIT`.

    Returns
    -------
    Requests

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    FileFormatError
        Naming the file, the line and what is wrong: another heading, no time, a time before that of the line above, numbers of
        tokens that are not whole or 0 together, fewer than two requests.
    """
    where = Path(path)
    reader = csv.reader(StringIO(read_text(where, limit=limit)), strict=True)
    times: list[float] = []
    tokens: list[float] = []
    try:
        if (heading := [name.strip() for name in next(reader, [])]) != _HEADING:
            wrong(where, 1, f"must be {','.join(_HEADING)}; got {shown(','.join(heading))}")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(_HEADING):
                wrong(where, reader.line_num, f"must have {len(_HEADING)} columns; got {len(row)}")
            moment, counts = _seconds(row[0].strip()), [count(cell.strip()) for cell in row[1:]]
            if moment is None:
                wrong(where, reader.line_num, f"must begin with a date and time; got {shown(row[0])}")
            if times and moment < times[-1]:
                wrong(where, reader.line_num, f"must not be earlier than the line before; got {shown(row[0])}")
            if counts[0] is None or counts[1] is None or counts[0] + counts[1] < 1:
                wrong(where, reader.line_num, f"must hold two numbers of tokens, not both 0; got {shown(','.join(row[1:]))}")
            times.append(moment)
            tokens.append(counts[0] + counts[1])
    except csv.Error as error:
        raise FileFormatError(f"{where}: line {reader.line_num}: {error}") from error
    if len(times) < 2 or times[-1] <= times[0]:
        wrong(where, reader.line_num, "holds no two requests at different times")
    return Requests(np.array(times) - times[0], np.array(tokens), where.name)


def fetch_requests() -> Requests:
    """Download the trace of conversations once into the user's cache folder (checksum fixed), then read it.

    Returns
    -------
    Requests
        19,366 of one hour in November 2023. Needs the network once.
    """
    import pooch

    cache = cache_folder()
    folder = spare_folder() if cache is None else cache / "edgeworth"
    return read_requests(
        pooch.retrieve(_SOURCE + REQUESTS_FILE, known_hash=f"sha256:{_SHA256}", path=folder, fname=REQUESTS_FILE)
    )


def _seconds(text: str) -> float | None:
    """A moment in seconds; the trace writes seven digits after the point, of which the standard library reads six."""
    head, point, fraction = text.partition(".")
    if not text.isascii() or (point and not fraction.isdigit()):
        return None
    try:
        whole = datetime.fromisoformat(head).replace(tzinfo=UTC).timestamp() if "-" in head else None
    except (ValueError, OverflowError):
        return None
    return whole if whole is None or not point else whole + float(f"0.{fraction}")
