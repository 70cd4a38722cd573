"""Pairs of a row and a column in compressed form (CSR): sorted by row, then by column, each pair once.

``indptr`` int64 [rows + 1] says where each row begins in ``column`` and in the values of the pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Indices, Ints


def pointer(indptr: ArrayLike) -> Ints:
    """A validated ``indptr``, int64 and read-only; ValueError where it does not begin with 0 or decreases."""
    found = validation.array("indptr", indptr, np.int64, (None,), minimum=0)
    if len(found) == 0 or found[0] != 0 or np.any(np.diff(found) < 0):
        validation.reject("indptr", "must begin with 0 and never decrease", found)
    return found


def rows_of(indptr: Ints) -> Ints:
    """The row of every pair, int64 [pairs], read-only."""
    found = np.repeat(np.arange(len(indptr) - 1, dtype=np.int64), np.diff(indptr))
    found.setflags(write=False)
    return found


def require_sorted(indptr: Ints, column: Indices, row_word: str, column_word: str) -> None:
    """Refuse columns that do not increase strictly within a row.

    Parameters
    ----------
    indptr, column : array
        The pairs.
    row_word, column_word : str
        What rows and columns are called in the message, which names the first wrong pair.
    """
    rising = column[1:] > column[:-1]
    inner = indptr[1:-1]
    rising[inner[(inner > 0) & (inner < len(column))] - 1] = True  # a new row may begin anywhere
    if not rising.all():
        p = int(np.argmin(rising)) + 1
        row = int(np.searchsorted(indptr, p, side="right")) - 1
        rule = f"must increase strictly within a {row_word} (sorted, no duplicate pair)"
        raise ValueError(f"{column_word}: {rule}; got {column[p]} after {column[p - 1]} for {row_word} {row}")


def compress(row: Ints, column: Indices, rows: int, columns: int, row_word: str, column_word: str) -> tuple[Ints | slice, Ints]:
    """Put pairs in any order into compressed form.

    Parameters
    ----------
    row, column : int64 [pairs]
        Within ``rows`` and ``columns``.
    rows, columns : int
        The numbers of both.
    row_word, column_word : str
        What rows and columns are called in messages.

    Returns
    -------
    order : int64 [pairs] or slice
        The order in which the pairs are sorted; a slice of all where they are already.
    indptr : int64 [rows + 1]

    Raises
    ------
    ValueError
        For a pair that is named twice.
    """
    key = row * max(columns, 1) + column
    order: Ints | slice = slice(None)
    if np.any(np.diff(key) < 0):
        order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    if len(twice):
        at, to = row[order][twice[0]], column[order][twice[0]]
        raise ValueError(f"{column_word}: must name a pair once; got {column_word} {to} twice for {row_word} {at}")
    return order, begins(row, rows)


def begins(row: Ints, rows: int) -> Ints:
    """The ``indptr`` of pairs with these rows, int64 [rows + 1]."""
    indptr = np.zeros(rows + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=rows), out=indptr[1:])
    return indptr


def positions(indptr: Ints, column: Indices, chosen: Ints) -> Ints:
    """The position of one chosen pair of every row.

    Parameters
    ----------
    indptr, column : array
        The pairs.
    chosen : int64 [rows]
        A column for every row, negative for none.

    Returns
    -------
    int64 [rows]
        Positions in ``column``; -1 where none is chosen, -2 where the pair is not among the pairs.

    Examples
    --------
    >>> positions(np.array([0, 2, 3]), np.array([0, 4, 1]), np.array([4, 2])).tolist()
    [1, -2]
    """
    low, end = indptr[:-1].copy(), indptr[1:]
    high = end.copy()
    while np.any(low < high):  # bisection over all rows at once
        middle = (low + high) // 2
        right = (low < high) & (column[np.minimum(middle, len(column) - 1)] < chosen)
        low, high = np.where(right, middle + 1, low), np.where(right | (low >= high), high, middle)
    hit = low < end
    hit[hit] = column[low[hit]] == chosen[hit]
    return np.where(chosen < 0, -1, np.where(hit, low, -2))
