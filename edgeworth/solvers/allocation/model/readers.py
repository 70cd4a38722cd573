"""Readers of public instance formats for assignment and knapsack problems."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.numeric import Sense
from edgeworth.core.provenance import Provenance
from edgeworth.solvers.allocation.model.problem import AllocationProblem


def read_gap(path: str | PathLike[str], *, sense: Sense, index: int | None = None) -> AllocationProblem:
    """Read a generalised assignment instance (OR-Library and Yagiura text): every task must be served.

    The file holds numbers separated by white space: agents m, jobs n, then the m x n costs, the m x n weights and the m
    capacities. An OR-Library collection begins with the number of its problems; ``index`` (from 0) chooses one, and is
    refused for a single instance. ``sense`` is required: gap1-12 are published as maximisation and, with the same
    numbers, as minimisation; types a to e as minimisation. Values are reported in the file's own terms.

    Raises FileNotFoundError; `FileFormatError` naming the file where numbers are missing, too many or not numbers;
    ValueError for a wrong sense or index.
    """
    validation.choice("sense", sense, ("max", "min"))
    where = Path(path)
    numbers = _numbers(where)
    begin = 0
    if len(numbers) > 1 and len(numbers) != _gap_length(numbers, 0):
        count = int(numbers[0])
        starts: list[int] = []
        position = 1
        while len(starts) < count and position + 2 <= len(numbers):
            starts.append(position)
            position += _gap_length(numbers, position)
        if len(starts) != count or position != len(numbers):
            raise FileFormatError(f"{where}: {len(numbers)} numbers fit neither one instance nor a collection")
        if index is None:
            validation.reject("index", f"must choose one of the {count} instances of {where.name}", index)
        begin = starts[validation.integer("index", index, minimum=0, maximum=count - 1)]
    elif index is not None:
        validation.reject("index", f"is for collections; {where.name} holds one instance", index)
    elif len(numbers) < 2:
        raise FileFormatError(f"{where}: truncated: {len(numbers)} numbers")
    agents, jobs = int(numbers[begin]), int(numbers[begin + 1])
    body = numbers[begin + 2 : begin + _gap_length(numbers, begin)]
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
        raise FileFormatError(f"{where}: {error}") from error


def _gap_length(numbers: NDArray[np.float64], begin: int) -> int:
    agents, jobs = numbers[begin], numbers[begin + 1]
    if not (agents.is_integer() and jobs.is_integer() and agents >= 1 and jobs >= 1):
        return -1
    return int(2 + 2 * agents * jobs + agents)


def read_multiple_knapsack(path: str | PathLike[str]) -> AllocationProblem:
    """Read a 0-1 multiple knapsack instance: the profit of an item is the same in every knapsack, items may stay out.

    The file holds numbers separated by white space: knapsacks m, items n, the m capacities, then weight and profit of each
    item (the text format of Dell'Amico, Delorme, Iori and Martello, EJOR 274, 2019).

    Raises FileNotFoundError; `FileFormatError` naming the file where numbers are missing, too many or not numbers.
    """
    where = Path(path)
    numbers = _numbers(where)
    if len(numbers) < 2 or not all(size.is_integer() and size >= 1 for size in numbers[:2]):
        raise FileFormatError(f"{where}: must begin with the numbers of knapsacks and items")
    knapsacks, items = int(numbers[0]), int(numbers[1])
    if len(numbers) != 2 + knapsacks + 2 * items:
        wanted = 2 + knapsacks + 2 * items
        raise FileFormatError(f"{where}: {knapsacks} knapsacks and {items} items take {wanted} numbers; got {len(numbers)}")
    weight, profit = numbers[2 + knapsacks :].reshape(items, 2).T
    try:
        return AllocationProblem.from_matrices(
            np.broadcast_to(profit, (knapsacks, items)),
            np.broadcast_to(weight, (knapsacks, items)),
            numbers[2 : 2 + knapsacks],
            provenance=Provenance("file", where.name),
        )
    except ValueError as error:
        raise FileFormatError(f"{where}: {error}") from error


def read_npz(path: str | PathLike[str]) -> AllocationProblem:
    """Read an instance stored as npz arrays: value and weight [servers x tasks], capacity [servers], eligible (optional).

    Raises FileNotFoundError; `FileFormatError` naming the file and the array that is missing or wrong.
    """
    where = Path(path)
    try:
        with where.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        for name in ("value", "weight", "capacity"):
            if name not in arrays:
                raise FileFormatError(f"the array {name!r} is missing")
        return AllocationProblem.from_matrices(
            arrays["value"],
            arrays["weight"],
            arrays["capacity"],
            arrays.get("eligible"),
            provenance=Provenance("file", where.name),
        )
    except (FileNotFoundError, PermissionError, IsADirectoryError, MemoryError):
        raise
    except Exception as error:  # what zip, zlib and NumPy raise on a damaged file is an open list
        raise FileFormatError(f"{where}: {error}") from error


def _numbers(path: Path) -> NDArray[np.float64]:
    words = path.read_text(encoding="utf-8", errors="replace").split()
    try:
        numbers = np.array([float(word) for word in words])
    except ValueError as error:
        raise FileFormatError(f"{path}: holds something that is not a number: {error}") from error
    if not np.isfinite(numbers).all():
        raise FileFormatError(f"{path}: holds NaN or infinities")
    return numbers
