"""Readers of public instance formats for assignment and knapsack problems.

Texts may be compressed by gzip and begin with a byte order mark. Sizes are checked against the text, and against a limit,
before any array is made: ``limit`` is the most bytes of the text and of the instance's matrices, default
`core.files.TEXT_LIMIT` and `ARRAY_LIMIT`.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np

from edgeworth.core import validation
from edgeworth.core.archive import read_arrays
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import ARRAY_LIMIT, budget, read_text, wrong
from edgeworth.core.numeric import Sense
from edgeworth.core.provenance import Provenance
from edgeworth.core.words import Numbers
from edgeworth.solvers.allocation.model.problem import AllocationProblem

_PAIR = 96  # bytes that a pair of server and task takes: values, weights, indices, copies (while they are made, up to 160)


def read_gap(
    path: str | PathLike[str], *, sense: Sense, index: int | None = None, limit: int | None = None
) -> AllocationProblem:
    """Read a generalised assignment instance (OR-Library and Yagiura text): every task must be served.

    Parameters
    ----------
    path : path
        Numbers separated by white space: agents m, jobs n, then the m x n costs, the m x n weights and the m capacities. An
        OR-Library collection begins with the number of its problems.
    sense : {"max", "min"}
        Required: gap1-12 are published as maximisation and, with the same numbers, as minimisation; types a to e as
        minimisation.
    index : int, optional
        Which instance of a collection, from 0; refused for a file of one instance.
    limit : int, optional
        Most bytes of the text and of the instance's matrices.

    Returns
    -------
    AllocationProblem
        Values are in the file's own terms.

    Raises
    ------
    FileNotFoundError
    FileFormatError
        Naming the file, the line and the rule, where numbers are missing, too many, not numbers, or more than the limit allows.
    ValueError
        For a wrong sense or index.
    """
    validation.choice("sense", sense, ("max", "min"))
    where = Path(path)
    numbers = Numbers(where, read_text(where, limit=limit))
    begin = 0
    if len(numbers) < 2:
        wrong(where, numbers.line(0), f"truncated: {len(numbers)} numbers")
    if _gap_length(numbers, 0) != len(numbers):
        starts = _gap_starts(where, numbers)
        last = len(starts) - 1
        if index is None:
            validation.reject("index", f"must choose from 0 to {last} among the instances of {where.name}", index)
        begin = starts[validation.integer("index", index, minimum=0, maximum=last)]
    elif index is not None:
        validation.reject("index", f"is for collections; {where.name} holds one instance", index)
    agents, jobs = numbers.count(begin) or 0, numbers.count(begin + 1) or 0
    _within(where, numbers.line(begin), agents, jobs, limit)
    body = numbers.values[begin + 2 : begin + 2 + 2 * agents * jobs + agents]
    cost, weight, capacity = np.split(body, [agents * jobs, 2 * agents * jobs])
    parameters = {"sense": sense} if index is None else {"sense": sense, "index": index}
    try:
        return AllocationProblem.from_matrices(
            cost.reshape(agents, jobs),
            weight.reshape(agents, jobs),
            capacity,
            must_serve=np.ones(jobs, dtype=bool),
            sense=sense,
            provenance=Provenance("file", where.name, parameters),
        )
    except ValueError as error:
        raise FileFormatError(f"{where}: the instance of line {numbers.line(begin)}: {error}") from error


def _gap_length(numbers: Numbers, begin: int) -> int | None:
    """How many numbers the instance beginning there takes, None where no instance can begin."""
    agents, jobs = numbers.count(begin), numbers.count(begin + 1)
    return 2 + 2 * agents * jobs + agents if agents and jobs else None


def _gap_starts(where: Path, numbers: Numbers) -> list[int]:
    """Where the instances of a collection begin."""
    count, position = numbers.count(0), 1
    starts: list[int] = []
    while count and len(starts) < count and position + 2 <= len(numbers):
        length = _gap_length(numbers, position)
        if length is None:
            break
        starts.append(position)
        position += length
    if not count or len(starts) != count or position != len(numbers):
        wrong(where, numbers.line(position), f"{len(numbers)} numbers fit neither one instance nor a collection")
    return starts


def read_multiple_knapsack(path: str | PathLike[str], *, limit: int | None = None) -> AllocationProblem:
    """Read a 0-1 multiple knapsack instance: the profit of an item is the same in every knapsack, items may stay out.

    Parameters
    ----------
    path : path
        Numbers separated by white space: knapsacks m, items n, the m capacities, then weight and profit of each item.
    limit : int, optional
        Most bytes of the text and of the instance's matrices; a short text can describe a large problem, one of m x n pairs.

    Returns
    -------
    AllocationProblem

    Raises
    ------
    FileNotFoundError
    FileFormatError
        Naming the file, the line and the rule, where numbers are missing, too many, not numbers, or more than the limit allows.

    References
    ----------
    The format is that of Dell'Amico, Delorme, Iori and Martello, EJOR 274 (2019).
    """
    where = Path(path)
    numbers = Numbers(where, read_text(where, limit=limit))
    knapsacks, items = (numbers.count(k) if k < len(numbers) else None for k in range(2))
    if not knapsacks or not items:
        wrong(where, numbers.line(0), "must begin with the numbers of knapsacks and items, each at least 1")
    wanted = 2 + knapsacks + 2 * items
    if len(numbers) != wanted:
        line = numbers.line(min(wanted, len(numbers)))
        wrong(where, line, f"{knapsacks} knapsacks and {items} items take {wanted} numbers; got {len(numbers)}")
    _within(where, numbers.line(0), knapsacks, items, limit)
    weight, profit = numbers.values[2 + knapsacks :].reshape(items, 2).T
    try:
        return AllocationProblem.from_matrices(
            np.broadcast_to(profit, (knapsacks, items)),
            np.broadcast_to(weight, (knapsacks, items)),
            numbers.values[2 : 2 + knapsacks],
            provenance=Provenance("file", where.name),
        )
    except ValueError as error:
        raise FileFormatError(f"{where}: {error}") from error


def read_npz(path: str | PathLike[str], *, limit: int | None = None) -> AllocationProblem:
    """Read an instance stored as npz arrays.

    Parameters
    ----------
    path : path
        With the arrays value and weight [servers, tasks], capacity [servers] and, optionally, eligible [servers, tasks].
    limit : int, optional
        Most bytes of the arrays as they unpack.

    Returns
    -------
    AllocationProblem

    Raises
    ------
    FileNotFoundError
    FileFormatError
        Naming the file and the array that is missing or wrong.
    """
    where = Path(path)
    arrays = read_arrays(where, only=("value", "weight", "capacity", "eligible"), limit=limit)
    for name in ("value", "weight", "capacity"):
        if name not in arrays:
            wrong(where, None, f"the array {name!r} is missing")
    if arrays["value"].ndim == 2:
        servers, tasks = arrays["value"].shape
        _within(where, None, servers, tasks, limit)
    try:
        return AllocationProblem.from_matrices(
            arrays["value"],
            arrays["weight"],
            arrays["capacity"],
            arrays.get("eligible"),
            provenance=Provenance("file", where.name),
        )
    except (ValueError, TypeError) as error:
        raise FileFormatError(f"{where}: {error}") from error


def _within(where: Path, line: int | None, servers: int, tasks: int, limit: int | None) -> None:
    most = budget(limit, ARRAY_LIMIT)
    if servers * tasks * _PAIR > most:
        size = servers * tasks * _PAIR
        rule = f"{servers} x {tasks} pairs take {size} bytes, more than {most} (the argument limit raises this)"
        wrong(where, line, rule)
