"""Names of what a problem's arrays are about: servers, tasks, customers, players.

Arrays have positions; what pandas and networkx hold has names. `align` brings the arguments of a constructor into one order
by their labels and returns the names, which the problem keeps as optional fields ``server_names``, ``task_names``, ...
`names_of` and `label` read them back for tables, witnesses and plots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import one_line

Names = tuple[str, ...]
Axes = tuple[str | None, ...]
"""The axis of each dimension of an array; None: its entries have no names."""


def names_of(problem: object, axis: str) -> Names:
    """The names along an axis of a problem.

    Parameters
    ----------
    problem
        A problem with the number of entries as ``<axis>s`` and, optionally, ``<axis>_names``.
    axis : str
        For instance "server" or "task".

    Returns
    -------
    tuple of str
        The problem's names, or the positions "0", "1", ... where it has none.

    Examples
    --------
    >>> from edgeworth.solvers.allocation import AllocationProblem
    >>> problem = AllocationProblem.from_matrices([[1.0], [2.0]], [[1.0], [1.0]], [1.0, 1.0], server_names=("east", "west"))
    >>> names_of(problem, "server"), names_of(problem, "task")
    (('east', 'west'), ('0',))
    """
    found: Names | None = getattr(problem, f"{axis}_names", None)
    return tuple(map(str, range(getattr(problem, f"{axis}s")))) if found is None else found


def label(problem: object, axis: str, index: int) -> str:
    """An axis and the name of one of its entries in words, e.g. ``server 3`` or ``server east``."""
    found: Names | None = getattr(problem, f"{axis}_names", None)
    return f"{axis} {index if found is None else one_line(found[index])}"


def checked(argument: str, names: object, length: int) -> Names | None:
    """Names as a problem keeps them.

    Parameters
    ----------
    argument : str
        For messages.
    names : sequence of str, or None
        One text an entry, no two the same.
    length : int
        How many there must be.

    Returns
    -------
    tuple of str, or None
        None where no names are given, or where they are the positions "0", "1", ... themselves.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, for anything but distinct texts, one an entry.
    """
    if names is None:
        return None
    found = _texts(argument, names)
    if len(found) != length:
        raise ValueError(f"{argument}: must hold {length} names; got {len(found)}")
    _distinct(argument, found)
    return None if all(name == str(k) for k, name in enumerate(found)) else found


def to_fields(problem: object, *axes: str) -> dict[str, list[str]]:
    """The names as fields of a payload; nothing for an axis without names, so that its hash is that of the arrays."""
    found = {f"{axis}_names": getattr(problem, f"{axis}_names") for axis in axes}
    return {field: list(names) for field, names in found.items() if names is not None}


def from_fields(fields: Mapping[str, object], *axes: str) -> dict[str, Any]:
    """The inverse of `to_fields`: arguments of a constructor."""
    found = {f"{axis}_names": fields.get(f"{axis}_names") for axis in axes}
    return {field: tuple(names) if isinstance(names, list) else names for field, names in found.items()}


def align(
    arguments: Mapping[str, tuple[object, Axes]],
    given: Mapping[str, object] | None = None,
    positions: Mapping[str, Names] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bring labelled arguments into one order along each axis.

    Parameters
    ----------
    arguments : mapping of str to (value, axes)
        Every array argument and the axis of each of its dimensions. Only pandas' Series and DataFrames have labels; other
        values, None among them, are returned as they are. One of fewer dimensions than axes has the last axes (a profit for
        all vehicles, say).
    given : mapping of str to sequence of str or None, optional
        Names of axes that the caller states; labels must be among these.
    positions : mapping of str to tuple of str, optional
        What the entries of an axis are called by their position alone; default "0", "1", ....

    Returns
    -------
    values : dict
        The arguments, those with labels as arrays without labels in the order of the axis.
    names : dict
        For every axis that occurs, ``<axis>_names``: the names, or None where there are none.

    Raises
    ------
    ValueError
        Naming the argument, for labels that occur twice or are missing, for an argument whose labels are not those of the axis,
        and for an array without labels where the labels of another are the positions in another order (a sorted table): it may
        be in either order.

    Notes
    -----
    The order is that of ``given``, else of ``positions`` where the labels are these in any order, else that of the first
    argument with labels; an argument without labels is in that order. A label is compared by its text. The default index of
    pandas, 0, 1, ..., is no label.

    Examples
    --------
    >>> import pandas as pd
    >>> demand = pd.Series([1.0, 2.0], index=["a", "b"])
    >>> capacity = pd.Series([20.0, 10.0], index=["b", "a"])
    >>> values, names = align({"demand": (demand, ("server",)), "capacity": (capacity, ("server",))})
    >>> values["capacity"].tolist(), names
    ([10.0, 20.0], {'server_names': ('a', 'b')})
    """
    order: dict[str, Names | None] = {}
    for axis in dict.fromkeys(axis for _, axes in arguments.values() for axis in axes if axis is not None):
        stated = (given or {}).get(f"{axis}_names")
        order[axis] = None if stated is None else _texts(f"{axis}_names", stated)
    for name, (value, axes) in arguments.items():
        for dimension, mine in _labels(name, value, axes):
            if dimension is not None and order[dimension] is None and mine is not None:
                plain = (positions or {}).get(dimension) or tuple(map(str, range(len(mine))))
                order[dimension] = plain if set(mine) == set(plain) else mine
                if order[dimension] != mine:
                    _refuse_plain(arguments, dimension, mine)
    values = {name: _ordered(name, value, axes, order) for name, (value, axes) in arguments.items()}
    return values, {f"{axis}_names": names for axis, names in order.items()}


def _labels(argument: str, value: Any, axes: Axes) -> list[tuple[str | None, Names | None]]:
    """Axis and labels of each dimension of a Series or DataFrame; no labels where they are the positions in order."""
    if not validation.is_labelled(value):
        return []
    for axis, index in zip(axes[-value.ndim :], value.axes, strict=False):
        if axis is not None and index.nlevels == 1 and index.hasnans:
            validation.reject(argument, f"must have no missing labels along its {axis}s", index.tolist()[:4])
    labels = (None if validation.is_positions(index) else tuple(map(str, index)) for index in value.axes)
    return list(zip(axes[-value.ndim :], labels, strict=False))


def _refuse_plain(arguments: Mapping[str, tuple[Any, Axes]], axis: str, mine: Names) -> None:
    """An array without labels beside the rows of a sorted table: nobody knows whether it is in the order of those rows."""
    for argument, (value, axes) in arguments.items():
        rank = _rank(value)
        if rank and axis in axes[-rank:] and len(value) > 1:
            order = ", ".join(mine[:4]) + (", ..." if len(mine) > 4 else "")
            rule = f"must have labels along its {axis}s too, as another argument has the positions there in the order {order}"
            validation.reject(argument, rule, value)


def _rank(value: Any) -> int:
    """The number of dimensions of an array without labels, or of nested lists; 0 for everything else."""
    rank = 0
    while isinstance(value, list | tuple) and value:
        value, rank = value[0], rank + 1
    return rank + (value.ndim if isinstance(value, np.ndarray) or (rank and validation.is_labelled(value)) else 0)


def _ordered(argument: str, value: Any, axes: Axes, order: Mapping[str, Names | None]) -> Any:
    for dimension, (axis, labels) in enumerate(_labels(argument, value, axes)):
        wanted = None if axis is None else order[axis]
        if axis is not None and labels is not None and wanted is not None and labels != wanted:
            value = value.take(_places(argument, axis, labels, wanted), axis=dimension)
    return value.reset_index(drop=True) if validation.is_labelled(value) else value


def _places(argument: str, axis: str, mine: Names, wanted: Names) -> list[int]:
    for labels in (mine, wanted):
        _distinct(f"{argument}: the labels along its {axis}s", labels)
    place = {text: k for k, text in enumerate(mine)}
    known = set(wanted)
    rule = f"{argument}: must have the same labels along its {axis}s as the other arguments"
    for text in mine:
        if text not in known:
            raise ValueError(f"{rule}; got {validation.shown(text)}, which they have not")
    for text in wanted:
        if text not in place:
            raise ValueError(f"{rule}; got no {validation.shown(text)}")
    return [place[text] for text in wanted]


def _texts(argument: str, names: Any) -> Names:
    listed = names.tolist() if hasattr(names, "tolist") else names  # NumPy's arrays, pandas' columns and indices
    if isinstance(listed, str) or not isinstance(listed, Sequence) or not all(isinstance(name, str) for name in listed):
        validation.reject_type(argument, "must be a sequence of texts", names)
    return tuple(str.__str__(name) for name in listed)


def _distinct(argument: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            validation.reject(argument, "must differ", name)
        seen.add(name)
