"""Which rows of a user's matrix are customers and which are depots, and what all of them are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import validation

Ints = NDArray[np.int64]


class Rows(NamedTuple):
    """How rows of a matrix become nodes of a problem, customers first.

    Attributes
    ----------
    order : ndarray
        The row of every node, int64 [L].
    depot : int
        The row at which vehicles start and end for which nothing else is stated.
    """

    order: Ints
    depot: int

    def number(self, rows: ArrayLike | None, vehicles: int, argument: str) -> Ints:
        """The nodes of rows that vehicles start or end at, int64 [vehicles]; None: the depot."""
        given = np.full(vehicles, self.depot) if rows is None else rows
        most = len(self.order) - 1
        found = validation.array(argument, given, np.int64, (vehicles,), minimum=0, maximum=most)
        return np.asarray(np.argsort(self.order)[found], dtype=np.int64)

    def named(self, labels: Sequence[str] | None, customers: int) -> list[str] | None:
        """The names of the customers by the labels of the rows."""
        return None if labels is None else [labels[row] for row in self.order[:customers].tolist()]

    def square(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """A matrix over all rows as one over all nodes."""
        return matrix if self.in_order else matrix[np.ix_(self.order, self.order)]

    def places(self, coordinates: ArrayLike | None) -> ArrayLike | None:
        """Coordinates of rows as those of nodes."""
        if coordinates is None or self.in_order:
            return coordinates
        return validation.array("coordinates", coordinates, np.float64, (len(self.order), 2))[self.order]

    @property
    def in_order(self) -> bool:
        """Whether node k is row k."""
        return bool(np.array_equal(self.order, np.arange(len(self.order))))


def rows_of(
    depot: int | str | None,
    start: ArrayLike | None,
    end: ArrayLike | None,
    places: int,
    customers: int,
    labels: Sequence[str] | None,
) -> Rows:
    """The layout that a caller states; ValueError or TypeError where it is not stated or does not fit.

    Parameters
    ----------
    depot : int, str or None
        A row, "first", "last", or one of the labels; None: customers come first, and start and end say where the depots are.
    start, end
        What the caller gave for them, rows or None.
    places, customers : int
        How many rows there are, and how many of them are customers.
    labels : sequence of str or None
        Of the rows.
    """
    if depot is None:
        if start is None or end is None:
            rule = 'must say which row is the depot ("first", "last", a position or a name) unless start and end are given'
            validation.reject("depot", rule, depot)
        return Rows(np.arange(places), -1)
    if isinstance(depot, str):
        ends, named_rows = {"first": 0, "last": places - 1}, {name: k for k, name in enumerate(labels or ())}
        rows = named_rows | ends
        home = rows[validation.choice("depot", depot, tuple(rows))]
        if named_rows.get(depot, home) != home:
            validation.reject("depot", f"must be a position where another row than the {depot} one is named so", depot)
    else:
        home = validation.integer("depot", depot, minimum=0, maximum=places - 1)
    named = [home]
    for argument, rows_given in (("start", start), ("end", end)):
        if rows_given is not None:
            flat = np.atleast_1d(np.asarray(rows_given))
            named += validation.array(argument, flat, np.int64, (None,), minimum=0, maximum=places - 1).tolist()
    depots = list(dict.fromkeys(named))
    if places - len(depots) != customers:
        rule = f"must leave a row of the matrix for each of {customers} customers"
        raise ValueError(f"depot: {rule}; got {places} rows, {len(depots)} of them depots")
    others = np.setdiff1d(np.arange(places), depots)
    return Rows(np.append(others, np.array(depots, dtype=np.int64)).astype(np.int64), home)


def all_names(customers: Sequence[str] | None, labels: Sequence[str] | None, rows: Rows) -> tuple[str, ...]:
    """The names of all nodes.

    Parameters
    ----------
    customers : sequence of str or None
        Names of the customers.
    labels : sequence of str or None
        Labels of the rows of the matrix.
    rows : Rows
        Which row every node is.

    Returns
    -------
    tuple of str
        The labels; without them the customers' own names beside depots; without these the rows' positions.
    """
    order = [str(row) for row in rows.order.tolist()]
    if labels is not None:
        return tuple(labels[row] for row in rows.order.tolist())
    if customers is None or list(customers) == order[: len(customers)]:
        return tuple(order)
    depots = len(order) - len(customers)
    return (*customers, *(["depot"] if depots == 1 else [f"depot {k}" for k in range(depots)]))
