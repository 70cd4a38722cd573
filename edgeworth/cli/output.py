"""What the commands print: aligned tables for people, JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

import click

from edgeworth.core.display import aligned as aligned
from edgeworth.core.display import lines, one_line
from edgeworth.core.display import number as number
from edgeworth.core.display import percent as percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PIPE_CLOSED = 128 + 13
"""The exit code when the reader of stdout has gone (``| head``), as a shell reports it for tools that a signal ends."""


def say(text: str, *, err: bool = False) -> None:
    """Print to stdout, or stderr. Where nobody reads any more, progress stops; the command ends when an answer is due."""
    safe = lines(text)
    stream = sys.stderr if err else sys.stdout
    try:
        try:
            click.echo(safe, err=err)
        except UnicodeEncodeError:  # a terminal of another encoding
            encoding = stream.encoding or "ascii"
            click.echo(safe.encode(encoding, "backslashreplace").decode(encoding), err=err)
    except BrokenPipeError:
        hang_up(stream)
        if not err:
            raise SystemExit(PIPE_CLOSED) from None


def hang_up(stream: IO[str]) -> None:
    """Send what is still to come on a closed stream nowhere, so that Python's own flush at the end finds nothing broken."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class Files:
    """What a command writes besides its answer. A write that fails (a disk that is full now) must not cost the answer: it is
    reported by `done`, after the answer has been printed.
    """

    def __init__(self) -> None:
        self.written: list[str] = []
        self._failure: OSError | None = None

    def write(self, path: str | None, save: Callable[[str], object]) -> None:
        """Save, where a path is given."""
        if path is None:
            return
        try:
            save(path)
        except OSError as error:
            self._failure = self._failure or error
        else:
            self.written.append(path)

    def done(self) -> None:
        """Raise the first failure, if any."""
        if self._failure is not None:
            raise self._failure


def figure(draw: Callable[[], Axes], path: str) -> None:
    """Write the figure of what is drawn; the ending of the file says the format, and the same numbers give the same file."""
    import matplotlib

    from edgeworth.core.files import replacing

    matplotlib.use("agg")  # a file is wanted, and there may be no screen
    matplotlib.rcParams["svg.hashsalt"] = "edgeworth"
    drawn: Any = draw().figure
    ending = path.rpartition(".")[2].lower()
    with replacing(path) as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # labels may be in any script
        drawn.savefig(file, format=ending, dpi=150, metadata={"Date": None} if ending == "svg" else None)


def pairs(items: Mapping[str, str]) -> str:
    """``name  value`` lines with the values aligned."""
    width = max(len(name) for name in items)
    return "\n".join(f"{one_line(name).ljust(width)}  {one_line(value)}".rstrip() for name, value in items.items())


def plain(value: object) -> object:
    """Anything as JSON data: NaN, infinities and missing values become null, what has no JSON form its text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return str(value)


def verdicts(report: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """A report as data: every verdict with its status, whether it holds, its scope in words, and its witness."""
    names = ("status", "holds", "violation", "tolerance", "witness")
    return {
        name: {**{item: getattr(verdict, item) for item in names}, "scope": str(verdict.scope)}
        for name, verdict in report.items()
    }


def document(value: object) -> None:
    """Print one JSON document."""
    say(json.dumps(plain(value), indent=2, allow_nan=False))
