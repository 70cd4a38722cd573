"""The reader of traces, on files made here."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from edgeworth import FileFormatError
from edgeworth.datasets import Trace, read_trace


def test_columns_steps_and_times(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"when, Oslo ,Rome\n2023-01-01 23:55:00,1,4\n2023-01-02 00:00:00,2,5\n\n"))
    one, two = read_trace(path), read_trace(path, "Rome")
    assert (one.step, one.seconds, one.name) == (300.0, 600.0, "t.csv.gz: Oslo")
    assert two.values.tolist() == [4.0, 5.0]
    assert two.at(np.array([0.0, 299.9, 300.0])).tolist() == [4.0, 4.0, 5.0]
    assert not one.values.flags.writeable


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "line 1: needs a column of times"),
        ("time\n1\n", "line 1: needs a column of times"),
        ("time,a\n0,1\n", "holds fewer than two rows"),
        ("time,a\n0,1\n300,x\n", "line 3: must hold a number >= 0 in column a; got 'x'"),
        ("time,a\n0,1\n300\n", "line 3: must hold a number >= 0 in column a; got ''"),
        ("time,a\n0,1\n300,-1\n", "line 3: must hold a number >= 0"),
        ("time,a\n0,1\n300,nan\n", "line 3: must hold a number >= 0"),
        ("time,a\nnoon,1\n300,1\n", "line 2: must begin with a time"),
        ("time,a\n2023-13-01,1\n300,1\n", "line 2: must begin with a time"),
        ("time,a\n0,1\n0,1\n", "line 3: must be later"),
        ("time,a\n0,1\n300,1\n900,1\n", "line 4: must rise by equal steps of 300 s"),
        ('time,a\n0,"1\n', "line"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, rule: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(FileFormatError) as caught:
        read_trace(path)
    assert "wrong.csv" in str(caught.value)
    assert rule in str(caught.value)


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("time,Oslo,Rome\n0,1,2\n300,1,2\n")
    with pytest.raises(ValueError, match=r"column: must be one of Oslo, Rome .did you mean 'Rome'"):
        read_trace(path, "Roma")
    with pytest.raises(FileNotFoundError):
        read_trace(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="step: must be above 0"):
        Trace([1.0], 0.0)  # type: ignore[arg-type]
