"""Pairs in compressed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.core import sparse

PAIRS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 3))).map(list)


@given(pairs=PAIRS, data=st.data())
def test_pairs_are_found_where_they_are(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    row, column = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    order, indptr = sparse.compress(row, column, 5, 4, "row", "column")
    row, column = row[order], column[order]
    assert list(zip(row.tolist(), column.tolist(), strict=True)) == sorted(pairs)
    assert sparse.rows_of(indptr).tolist() == row.tolist()
    sparse.require_sorted(indptr, column, "row", "column")
    chosen = np.array(data.draw(st.lists(st.integers(-1, 3), min_size=5, max_size=5)), dtype=np.int64)
    expected = [sorted(pairs).index((i, k)) if (i, k) in pairs else -1 if k < 0 else -2 for i, k in enumerate(chosen.tolist())]
    assert sparse.positions(indptr, column, chosen).tolist() == expected


def test_a_pair_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="column: must name a pair once; got column 2 twice for row 1"):
        sparse.compress(np.array([1, 0, 1]), np.array([2, 2, 2]), 2, 3, "row", "column")


@pytest.mark.parametrize("column", [[1, 0, 0], [1, 1, 0]])
def test_columns_rise_within_a_row(column: list[int]) -> None:
    with pytest.raises(ValueError, match="column: must increase strictly within a row"):
        sparse.require_sorted(np.array([0, 2, 3]), np.array(column), "row", "column")


@pytest.mark.parametrize("indptr", [[], [1, 2], [0, 2, 1]])
def test_a_pointer_begins_with_0_and_never_decreases(indptr: list[int]) -> None:
    with pytest.raises(ValueError, match="indptr: must begin with 0 and never decrease"):
        sparse.pointer(indptr)
