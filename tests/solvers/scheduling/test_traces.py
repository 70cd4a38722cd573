"""Tasks from arrays and files, and into them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeworth import FileFormatError
from edgeworth.datasets import Requests, read_requests
from edgeworth.solvers.scheduling.model import Episode, generate, read_csv, to_csv


def test_tasks_in_any_order() -> None:
    episode = Episode.from_trace([5.0, 1.0, 5.0], [4.0, 5.0, 6.0], [2.0, 0.0, 3.0], [1, 2, 0], seed=3)
    assert episode.arrival.tolist() == [1.0, 5.0, 5.0]
    assert episode.source.tolist() == [2, 0, 1]
    assert episode.work.tolist() == [5.0, 6.0, 4.0]
    assert (episode.devices, episode.horizon, episode.provenance.seed) == (3, 5.0, 3)
    assert episode.hash == Episode.from_trace([1.0, 5.0, 5.0], [5.0, 6.0, 4.0], [0.0, 3.0, 2.0], [2, 0, 1], seed=3).hash
    assert Episode.from_trace([], [], [], [], seed=0).devices == 1


def test_given_devices() -> None:
    owned = {"capacity": [2.0], "battery": 500.0, "battery_floor": 50.0, "active_power": 6.0, "idle_power": 0.5}
    episode = Episode.from_trace([0.0], [4.0], [2.0], [0], order="edf", horizon=9.0, **owned)
    assert (episode.battery.tolist(), episode.order, episode.horizon) == ([500.0], "edf", 9.0)
    with pytest.raises(ValueError, match="capacity: must be given without devices and together with all of"):
        Episode.from_trace([0.0], [4.0], [2.0], [0], capacity=[2.0])
    with pytest.raises(ValueError, match="capacity: must be given without devices"):
        Episode.from_trace([0.0], [4.0], [2.0], [0], devices=1, **owned)
    with pytest.raises(ValueError, match="devices: must be at least 4, by the sources; got 2"):
        Episode.from_trace([0.0], [4.0], [2.0], [3], devices=2)
    with pytest.raises(ValueError, match=r"settings: must be one of .*; got 'ordering'"):
        Episode.from_trace([0.0], [4.0], [2.0], [0], ordering="edf")


def test_a_file_keeps_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "tasks.csv"
    made = generate(devices=4, horizon=40.0, seed=1)
    to_csv(made, path)
    read = read_csv(path, devices=4)
    for name in ("arrival", "source", "work", "data"):
        assert np.array_equal(getattr(made, name), getattr(read, name))
    assert read.hash == read_csv(path, devices=4).hash  # the same file is the same episode
    assert (read.provenance.source, read.provenance.name) == ("file", "tasks.csv")
    to_csv(Episode.from_trace([], [], [], []), path)
    assert read_csv(path).tasks == 0


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "line 1: must be arrival,source,work,data"),
        ("time,source,work,data\n", "line 1: must be arrival,source,work,data; got 'time,source,work,data'"),
        ("arrival,source,work,data\n1,0,4\n", "line 2: must have 4 columns; got 3"),
        ("arrival,source,work,data\n\n1,-1,4,2\n", "line 3: must hold the number of a device in column source; got '-1'"),
        ("arrival,source,work,data\n1,0.5,4,2\n", "line 2: must hold the number of a device"),
        ("arrival,source,work,data\nnan,0,4,2\n", "line 2: must hold a number >= 0 in column arrival; got 'nan'"),
        ("arrival,source,work,data\n1,0,0,2\n", "line 2: must hold a number > 0 in column work; got '0'"),
        ("arrival,source,work,data\n1,0,4,-2\n", "line 2: must hold a number >= 0 in column data"),
        ('arrival,source,work,data\n"1,0,4,2\n', "line 2"),
    ],
)
def test_files_that_hold_no_tasks(tmp_path: Path, text: str, rule: str) -> None:
    path = tmp_path / "tasks.csv"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=rule):
        read_csv(path)


def test_requests(tmp_path: Path) -> None:
    path = tmp_path / "requests.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:16:46.7,0,1\n")
    found = read_requests(path)
    assert found.tokens.tolist() == [418.0, 1.0]
    assert found.arrival.tolist() == pytest.approx([0.0, 60.01941], abs=1e-6)


_FIRST = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("time,tokens\n", "line 1: must be TIMESTAMP,ContextTokens,GeneratedTokens"),
        (_FIRST, "line 2: holds no two requests at different times"),
        (_FIRST + "2023-11-16 18:15:46.67,1,1\n", "line 3: must not be earlier than the line before"),
        (_FIRST + "yesterday,1,1\n", "line 3: must begin with a date and time; got 'yesterday'"),
        (_FIRST + "2023-11-16 18:15:47.,1,1\n", "line 3: must begin with a date and time"),
        (_FIRST + "2023-11-16 18:15:47,0,0\n", "line 3: must hold two numbers of tokens, not both 0; got '0,0'"),
        (_FIRST + "2023-11-16 18:15:47,1.5,1\n", "line 3: must hold two numbers of tokens"),
        (_FIRST + "2023-11-16 18:15:47,1\n", "line 3: must have 3 columns; got 2"),
    ],
)
def test_files_that_hold_no_requests(tmp_path: Path, text: str, rule: str) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=rule):
        read_requests(path)


def test_requests_of_ones_own_are_checked() -> None:
    with pytest.raises(ValueError, match="arrival: must ascend"):
        Requests([1.0, 0.5], [3.0, 3.0])
    with pytest.raises(ValueError, match="tokens: must be at least 1"):
        Requests([0.0, 0.5], [3.0, 0.0])
