"""Arrays with a mask: what NumPy and pandas mark as missing is never read as a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from edgeworth.core.validation import array
from edgeworth.solvers.allocation import AllocationProblem

INTS = pd.array([1, 2], dtype="Int64")
FLOATS = pd.array([0.5, 2.0], dtype="Float64")
FLAGS = pd.array([True, False], dtype="boolean")


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (pd.Series(INTS), np.float64, [1.0, 2.0]),
        (pd.Series(INTS), np.int64, [1, 2]),
        (INTS, np.int64, [1, 2]),
        (pd.Index(INTS), np.int64, [1, 2]),
        (pd.Series(FLOATS), np.float64, [0.5, 2.0]),
        (pd.Series(FLAGS), np.bool_, [True, False]),
        (pd.Series([2**53 + 1], dtype="Int64"), np.int64, [2**53 + 1]),
        (pd.Series([1.5, 2.5]), np.float64, [1.5, 2.5]),
        (pd.Series([], dtype="Int64"), np.int64, []),
    ],
)
def test_nullable_columns_without_a_gap_are_read(value: Any, dtype: Any, expected: list[Any]) -> None:
    found = array("x", value, dtype, (None,))
    assert found.tolist() == expected
    assert found.dtype == dtype
    assert not found.flags.writeable


def test_nullable_frames_are_read() -> None:
    mixed = pd.DataFrame({"a": INTS, "b": FLOATS, "c": [7.0, 8.0]})
    assert array("x", mixed, np.float64, (None, 3)).tolist() == [[1.0, 0.5, 7.0], [2.0, 2.0, 8.0]]
    assert array("x", pd.DataFrame({"a": INTS, "b": INTS}), np.int64, (2, 2)).tolist() == [[1, 1], [2, 2]]
    assert array("x", pd.DataFrame({"a": FLAGS}), np.bool_, (2, 1)).tolist() == [[True], [False]]
    problem = AllocationProblem.from_matrices(mixed[["a", "b"]], mixed[["a", "b"]], pd.Series(INTS))
    assert problem.tasks == 2


@pytest.mark.parametrize(
    ("value", "error", "fragment"),
    [
        (pd.Series([1, None], dtype="Int64"), ValueError, "x: must hold no missing values; got NA at index [1]"),
        (pd.array([None, 1.5], dtype="Float64"), ValueError, "x: must hold no missing values; got NA at index [0]"),
        (pd.DataFrame({"a": FLOATS, "b": pd.array([1, None], dtype="Int64")}), ValueError, "got NA at index [1] in column 'b'"),
        (pd.DataFrame({"a": INTS, "b": FLAGS}), TypeError, "must hold numbers or booleans, not both"),
        (pd.DataFrame({"a": pd.array([2**53 + 1], dtype="Int64"), "b": [0.5]}), ValueError, "exactly representable"),
        (pd.DataFrame({"a": INTS, "b": ["x", "y"]}), TypeError, "must hold numbers, not dtype"),
        (pd.Series(["x", "y"]), TypeError, "numbers, not dtype"),  # pandas 2 has "real" before it
        (pd.Series([1.0, np.nan]), ValueError, "must be finite everywhere"),
        (np.ma.masked_array([1.0, 2.0], mask=[False, True]), TypeError, "x: must not be a masked array"),
        (np.ma.masked_array([1.0, 2.0]), TypeError, "x: must not be a masked array"),
        ([np.ma.masked_array([1.0, 2.0], mask=[True, False])], TypeError, "x: must not be a masked array"),
        ((1.0, np.ma.masked), TypeError, "x: must not be a masked array"),
    ],
)
def test_what_is_missing_is_refused_by_name(value: Any, error: type[Exception], fragment: str) -> None:
    with pytest.raises(error) as caught:
        array("x", value, np.float64, (None,) * getattr(value, "ndim", 1))
    assert fragment in str(caught.value)
