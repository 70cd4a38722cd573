"""What the commands print: aligned tables for people, JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import click


def number(value: Any, digits: int = 6) -> str:
    """A number for a table; ``-`` where there is none."""
    if value is None or value != value:  # NaN differs from itself
        return "-"
    return f"{float(value):.{digits}g}"


def percent(value: Any) -> str:
    """A share or a relative gap as a percentage; ``-`` where there is none."""
    text = number(None if value is None else value * 100.0, 3)
    return text if text == "-" else f"{text} %"


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str] = ()) -> str:
    """A table as text: columns two spaces apart, numbers to the right, those named in `left` to the left."""
    widths = [max(len(line[k]) for line in (head, *rows)) for k in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if name in left else cell.rjust(width)
            for name, cell, width in zip(head, cells, widths, strict=True)
        ]
        return "  ".join(padded).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *(line(row) for row in rows)])


def pairs(items: Mapping[str, str]) -> str:
    """``name  value`` lines with the values aligned."""
    width = max(len(name) for name in items)
    return "\n".join(f"{name.ljust(width)}  {value}".rstrip() for name, value in items.items())


def plain(value: Any) -> Any:
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


def document(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(plain(value), indent=2, allow_nan=False))
