"""Readers of the public text formats of routing with time windows.

Texts may be compressed by gzip and begin with a byte order mark. ``limit`` is the most bytes of the text, and of the matrices
that the instance takes, default `core.files.TEXT_LIMIT` and `ARRAY_LIMIT`; it is checked before any matrix is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import ARRAY_LIMIT, budget, read_text
from edgeworth.core.provenance import Provenance
from edgeworth.core.words import count, real, shown
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


def read_toptw(
    path: str | PathLike[str], *, vehicles: int, rounding: Rounding, limit: int | None = None
) -> OrienteeringProblem:
    """Read a (team) orienteering instance with time windows (KU Leuven's text of Solomon's and Cordeau's instances).

    Parameters
    ----------
    path : path
        A line ``k v N t`` of which N, the number of customers, is used; a line that is not; and N + 1 lines
        ``i x y d S f a list O C``: number, place, service time d, profit S, two numbers f and a, a list of a numbers, and the
        window [O, C] in which service must start. The first of them is the depot, start and end of every vehicle; its window is
        that of all routes.
    vehicles : int
        How many; the file does not say.
    rounding : {"trunc1", "trunc2", "nearest", "none"}
        Of the distances, required: published results hold for ``trunc1`` on Solomon's instances (c, r, rc) and ``trunc2`` on
        Cordeau's (pr).
    limit : int, optional
        Most bytes of the text and of the instance's matrices.

    Returns
    -------
    OrienteeringProblem
        Without capacity and cost, speed 1. Locations keep the file's numbers as their names: customer 1 is "1".

    Raises
    ------
    FileNotFoundError
    FileFormatError
        Naming the file and the line, where numbers are missing, too many or not numbers, a window closes before it opens, or
        the limit is exceeded.
    ValueError, TypeError
        For the other arguments.
    """
    m, where = _arguments(path, vehicles, rounding)
    lines = _lines(where, limit)
    number, words = next(lines, (0, []))
    if number == 0:
        raise FileFormatError(f"{where}: truncated: 0 lines")
    if len(words) != 4:
        _wrong(where, number, f"must hold the four numbers k v N t; got {len(words)}")
    customers = _whole(where, number, words[2])
    _within(where, number, customers, m, limit)
    if next(lines, None) is None:
        _wrong(where, number, "is the last: truncated: 1 lines")
    rows: list[tuple[float, ...]] = []
    for number, words in lines:
        if len(rows) > customers:
            _wrong(where, number, f"is too many: {customers} customers and the depot take {customers + 1} lines")
        if len(words) < 9:
            _wrong(where, number, f"must hold at least 9 numbers; got {len(words)}")
        length = _whole(where, number, words[6])
        if len(words) != 9 + length:
            _wrong(where, number, f"must hold {9 + length} numbers, {length} of them the list; got {len(words)}")
        if _whole(where, number, words[0]) != len(rows):
            _wrong(where, number, f"must be that of vertex {len(rows)}; got {shown(words[0])}")
        x, y, service, profit = (_real(where, number, word) for word in words[1:5])
        rows.append((x, y, service, profit, 0.0, _real(where, number, words[-2]), _real(where, number, words[-1])))
    if len(rows) != customers + 1:
        _wrong(where, number, f"is the last: {customers} customers and the depot take {customers + 1} lines; got {len(rows)}")
    return _problem(where, _table(rows), m, rounding, np.inf, {"vehicles": m, "rounding": rounding})


def read_solomon(
    path: str | PathLike[str],
    *,
    vehicles: int | None = None,
    rounding: Rounding,
    uncapacitated: bool = False,
    limit: int | None = None,
) -> OrienteeringProblem:
    """Read a vehicle routing instance with time windows in Solomon's format as an orienteering problem: profit = demand.

    Parameters
    ----------
    path : path
        A name, ``VEHICLE`` with ``NUMBER CAPACITY``, and ``CUSTOMER`` with lines ``number x y demand ready due service``, the
        first of which is the depot. Service must start in [ready, due]; the depot's due date is the latest return.
    vehicles : int, optional
        Default: the file's number.
    rounding : {"trunc1", "trunc2", "nearest", "none"}
        Of the distances, required.
    uncapacitated : bool
        True drops the capacity, which gives the orienteering problems of the public benchmark (their numbers of vehicles are
        1 to 4, rounding ``trunc1``).
    limit : int, optional
        Most bytes of the text and of the instance's matrices.

    Returns
    -------
    OrienteeringProblem
        Locations keep the file's numbers as their names: customer 1 is "1".

    Raises
    ------
    FileNotFoundError, FileFormatError, ValueError, TypeError
        As `read_toptw`.
    """
    m, where = _arguments(path, 0 if vehicles is None else vehicles, rounding)
    free = validation.flag("uncapacitated", uncapacitated)
    lines = _lines(where, limit)
    _skip_to(where, lines, "VEHICLE")
    fleet: list[tuple[int, list[str]]] = []
    complete = False
    for number, words in lines:
        if complete := words[0].upper() == "CUSTOMER":
            break
        if len(fleet) < 3:
            fleet.append((number, words))
    if not complete:
        raise FileFormatError(f"{where}: has no section CUSTOMER")
    if len(fleet) != 2 or len(fleet[1][1]) != 2:
        raise FileFormatError(f"{where}: line {number}: before it the section VEHICLE must hold a head and two numbers")
    fleet_line, (own_text, capacity_text) = fleet[1]
    own, capacity = _whole(where, fleet_line, own_text), _real(where, fleet_line, capacity_text)
    m = own if vehicles is None else m
    next(lines, None)
    rows: list[tuple[float, ...]] = []
    for number, words in lines:
        if len(words) != 7:
            _wrong(where, number, f"must hold 7 numbers; got {len(words)}")
        if _whole(where, number, words[0]) != len(rows):
            _wrong(where, number, f"must be that of customer {len(rows)}; got {shown(words[0])}")
        x, y, demand, ready, due, service = (_real(where, number, word) for word in words[1:])
        rows.append((x, y, service, demand, demand, ready, due))
        _within(where, fleet_line, len(rows) - 1, m, limit)
    if not rows:
        _wrong(where, number, "is the last: has no depot")
    parameters = {"vehicles": m, "rounding": rounding, "uncapacitated": free}
    return _problem(where, _table(rows), m, rounding, np.inf if free else capacity, parameters)


_PLACES, _FLEET, _VEHICLE = 64, 24, 200
"""Bytes that a pair of places, a pair of vehicle and customer, and a vehicle take while a problem is made, copies included."""


def _within(where: Path, line: int, customers: int, vehicles: int, limit: int | None) -> None:
    most = budget(limit, ARRAY_LIMIT)
    size = _PLACES * (customers + 1) ** 2 + (_FLEET * customers + _VEHICLE) * vehicles
    if size > most:
        what = f"{customers} customers and {vehicles} vehicles take {size} bytes"
        _wrong(where, line, f"asks for too much: {what}, more than {most} (the argument limit raises this)")


def _skip_to(where: Path, lines: Iterator[tuple[int, list[str]]], head: str) -> None:
    for _, words in lines:
        if words[0].upper() == head:
            return
    raise FileFormatError(f"{where}: has no section {head}")


def _arguments(path: str | PathLike[str], vehicles: int, rounding: Rounding) -> tuple[int, Path]:
    validation.choice("rounding", rounding, ROUNDINGS)
    return validation.integer("vehicles", vehicles, minimum=0), Path(path)


def _problem(
    where: Path, table: _Table, vehicles: int, rounding: Rounding, capacity: float, parameters: Mapping[str, object]
) -> OrienteeringProblem:
    try:
        return OrienteeringProblem.from_coordinates(
            table.place,
            table.profit[1:],
            table.open[1:],
            table.close[1:],
            rounding=rounding,
            depot="first",
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


_LINE = 100_000  # characters


def _lines(path: Path, limit: int | None) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and words of the lines that are not empty, one by one."""
    text = read_text(path, limit=limit)
    begin, number = 0, 0
    while begin < len(text):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        number += 1
        if end - begin > _LINE:
            _wrong(path, number, f"must hold at most {_LINE} characters; got {end - begin}")
        if words := text[begin:end].split():
            yield number, words
        begin = end + 1


def _wrong(path: Path, line: int, rule: str) -> NoReturn:
    raise FileFormatError(f"{path}: line {line} {rule}")


def _whole(path: Path, line: int, word: str) -> int:
    number = count(word)
    if number is None:
        _wrong(path, line, f"must hold a number >= 0 without point here; got {shown(word)}")
    return number


def _real(path: Path, line: int, word: str) -> float:
    number = real(word)
    if number is None:
        _wrong(path, line, f"must hold finite numbers; got {shown(word)}")
    return number
