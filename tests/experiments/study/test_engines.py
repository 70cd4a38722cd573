"""Engines: rows do not depend on them, and workers that die cost attempts."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from edgeworth import MissingExtraError, Study, compare
from edgeworth.experiments.study import engines
from tests.experiments.study.planted import METHODS, problems, same


def test_an_absent_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="engine='dask' needs the extra 'distributed'"):
        engines.engine_of("dask", 2, 1, None)
    with pytest.raises(ValueError, match="pip install ray"):
        engines.engine_of("ray", 2, 1, None)


def test_dask_gives_the_same_rows_though_a_worker_dies(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    import dask

    study = Study(tmp_path / "s.db", problems(2), METHODS, seeds=range(10))
    killed: list[int] = []

    def kill(done: int, total: int, row: Any) -> None:
        if done == 5:
            killed.extend(client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    settings: dict[str, Any] = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(**settings) as cluster,
        distributed.Client(cluster) as client,
    ):
        status = study.run(engine="dask", client=client, on_run=kill)
    assert len(killed) == 1
    assert (status.done, status.failed) == (22, 0)
    assert status.lost <= 2 * 64  # two chunks
    same(study.comparison(), compare(problems(2), METHODS, seeds=range(10)))


@pytest.mark.slow
def test_dask_starts_a_cluster_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    study = Study(tmp_path / "s.db", problems(2), METHODS, seeds=range(5))
    assert study.run(engine="dask", n_jobs=2).waiting == 0
    same(study.comparison(), compare(problems(2), METHODS, seeds=range(5)))


@pytest.mark.slow
def test_ray_gives_the_same_rows(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    study = Study(tmp_path / "s.db", problems(2), METHODS, seeds=range(5))
    assert study.run(engine="ray", n_jobs=2).waiting == 0
    same(study.comparison(), compare(problems(2), METHODS, seeds=range(5)))


def test_parquet_and_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    study = Study(tmp_path / "s.db", problems(2), METHODS)
    study.run(engine="serial")
    study.to_csv(tmp_path / "rows.csv")
    assert pd.read_csv(tmp_path / "rows.csv")["value"].tolist() == study.comparison().frame["value"].tolist()
    if importlib.util.find_spec("pyarrow") is not None:
        study.to_parquet(tmp_path / "rows.parquet")
        back = pd.read_parquet(tmp_path / "rows.parquet")
        assert back["value"].tolist() == study.comparison().frame["value"].tolist()
        assert list(back.columns) == list(study.comparison().frame.columns)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="'parquet'"):
        study.to_parquet(tmp_path / "other.parquet")
