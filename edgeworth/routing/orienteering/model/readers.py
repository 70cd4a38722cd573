"""Readers of the public text formats of routing with time windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.provenance import Provenance
from edgeworth.routing.orienteering.model.geometry import ROUNDINGS, Floats, Rounding
from edgeworth.routing.orienteering.model.problem import OrienteeringProblem


class _Table(NamedTuple):
    """Rows of a file, the depot first: places [N, 2] and five columns [N]."""

    place: Floats
    service: Floats
    profit: Floats
    demand: Floats
    open: Floats
    close: Floats


def read_toptw(path: str | PathLike[str], *, vehicles: int, rounding: Rounding) -> OrienteeringProblem:
    """Read a (team) orienteering instance with time windows (KU Leuven's text of Solomon's and Cordeau's instances).

    The file holds a line ``k v N t`` of which N, the number of customers, is used; a line that is not; and N + 1 lines
    ``i x y d S f a list O C``: number, place, service time d, profit S, two numbers f and a, a list of a numbers, and the
    window [O, C] in which service must start. The first of them is the depot, start and end of every vehicle; its window is
    that of all routes. No capacity, no cost, speed 1.

    vehicles: how many (the file does not say). rounding: of the distances, required: published results hold for ``trunc1``
    on Solomon's instances (c, r, rc) and ``trunc2`` on Cordeau's (pr).

    Raises FileNotFoundError; `FileFormatError` naming the file and the line where numbers are missing, too many or not
    numbers, or a window closes before it opens; ValueError or TypeError for the other arguments.
    """
    m, where = _arguments(path, vehicles, rounding)
    lines = _lines(where)
    if len(lines) < 2:
        raise FileFormatError(f"{where}: truncated: {len(lines)} lines")
    number, words = lines[0]
    if len(words) != 4:
        _wrong(where, number, f"must hold the four numbers k v N t; got {len(words)}")
    count = _whole(where, number, words[2])
    body = lines[2:]
    if len(body) != count + 1:
        raise FileFormatError(f"{where}: {count} customers and the depot take {count + 1} lines; got {len(body)}")
    rows = []
    for k, (number, words) in enumerate(body):
        if len(words) < 9:
            _wrong(where, number, f"must hold at least 9 numbers; got {len(words)}")
        length = _whole(where, number, words[6])
        if len(words) != 9 + length:
            _wrong(where, number, f"must hold {9 + length} numbers, {length} of them the list; got {len(words)}")
        if _whole(where, number, words[0]) != k:
            _wrong(where, number, f"must be that of vertex {k}; got {words[0]}")
        x, y, service, profit = (_real(where, number, word) for word in words[1:5])
        rows.append((x, y, service, profit, 0.0, _real(where, number, words[-2]), _real(where, number, words[-1])))
    return _problem(where, _table(rows), m, rounding, np.inf, {"vehicles": m, "rounding": rounding})


def read_solomon(
    path: str | PathLike[str], *, vehicles: int | None = None, rounding: Rounding, uncapacitated: bool = False
) -> OrienteeringProblem:
    """Read a vehicle routing instance with time windows in Solomon's format as an orienteering problem: profit = demand.

    The file holds a name, ``VEHICLE`` with ``NUMBER CAPACITY``, and ``CUSTOMER`` with lines ``number x y demand ready due
    service``, the first of which is the depot. Service must start in [ready, due]; the depot's due date is the latest return.

    vehicles: default the file's number. rounding: of the distances, required. uncapacitated: True drops the capacity, which
    gives the orienteering problems of the public benchmark (their numbers of vehicles are 1 to 4, rounding ``trunc1``).

    Raises as `read_toptw` does.
    """
    m, where = _arguments(path, 0 if vehicles is None else vehicles, rounding)
    free = validation.flag("uncapacitated", uncapacitated)
    lines = _lines(where)
    heads = {words[0].upper(): k for k, (_, words) in reversed(list(enumerate(lines))) if words[0].upper() in _HEADS}
    for head in _HEADS:
        if head not in heads:
            raise FileFormatError(f"{where}: has no section {head}")
    fleet = lines[heads["VEHICLE"] + 1 : heads["CUSTOMER"]]
    if len(fleet) != 2 or len(fleet[1][1]) != 2:
        raise FileFormatError(f"{where}: the section VEHICLE must hold a head and one line of two numbers")
    number, words = fleet[1]
    own, capacity = _whole(where, number, words[0]), _real(where, number, words[1])
    rows = []
    for k, (number, words) in enumerate(lines[heads["CUSTOMER"] + 2 :]):
        if len(words) != 7:
            _wrong(where, number, f"must hold 7 numbers; got {len(words)}")
        if _whole(where, number, words[0]) != k:
            _wrong(where, number, f"must be that of customer {k}; got {words[0]}")
        x, y, demand, ready, due, service = (_real(where, number, word) for word in words[1:])
        rows.append((x, y, service, demand, demand, ready, due))
    if not rows:
        raise FileFormatError(f"{where}: has no depot")
    m = own if vehicles is None else m
    parameters = {"vehicles": m, "rounding": rounding, "uncapacitated": free}
    return _problem(where, _table(rows), m, rounding, np.inf if free else capacity, parameters)


_HEADS = ("VEHICLE", "CUSTOMER")


def _arguments(path: str | PathLike[str], vehicles: int, rounding: Rounding) -> tuple[int, Path]:
    validation.choice("rounding", rounding, ROUNDINGS)
    return validation.integer("vehicles", vehicles, minimum=0), Path(path)


def _problem(
    where: Path, table: _Table, vehicles: int, rounding: Rounding, capacity: float, parameters: Mapping[str, object]
) -> OrienteeringProblem:
    order = np.roll(np.arange(len(table.place)), -1)  # the file has the depot first, we have it last
    try:
        return OrienteeringProblem.from_coordinates(
            table.place[order],
            table.profit[1:],
            table.open[1:],
            table.close[1:],
            rounding=rounding,
            latest=table.close[0],
            vehicles=vehicles,
            demand=table.demand[1:],
            service_time=table.service[1:],
            capacity=capacity,
            earliest=table.open[0],
            provenance=Provenance("file", where.name, parameters),
        )
    except ValueError as error:
        raise FileFormatError(f"{where}: {error}") from error


def _table(rows: Sequence[tuple[float, ...]]) -> _Table:
    numbers = np.array(rows, dtype=np.float64).reshape(-1, 7)
    return _Table(numbers[:, :2], *numbers[:, 2:].T)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and words of the lines that are not empty."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return [(k, words) for k, line in enumerate(text.splitlines(), start=1) if (words := line.split())]


def _wrong(path: Path, line: int, rule: str) -> NoReturn:
    raise FileFormatError(f"{path}: line {line} {rule}")


def _whole(path: Path, line: int, word: str) -> int:
    if not word.isdecimal():
        _wrong(path, line, f"must hold a number >= 0 without point here; got {word!r}")
    return int(word)


def _real(path: Path, line: int, word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        _wrong(path, line, f"must hold numbers; got {word!r}")
    if not np.isfinite(number):
        _wrong(path, line, f"must hold finite numbers; got {word!r}")
    return number
