"""Claims on forecasts that take training: their tests run, on short series, and the numbers decide the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth.core.claims import SMOKE
from edgeworth.forecasting import evidence, synthetic
from tests.forecasting.test_claims import BY_ID, FAILS, HOLDS, PARTLY

VERDICTS = {-1.0: HOLDS, 1.0: FAILS, 0.0: PARTLY}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Series of ten days, which stand for the feeders too, and an epoch or two."""
    monkeypatch.setattr(evidence, "_missing", lambda kind: "")
    monkeypatch.setattr(evidence, "_feeders", lambda: {name: synthetic(240, seed=k) for k, name in enumerate(evidence.FEEDERS)})
    monkeypatch.setattr(evidence, "_synthetic", lambda seed: synthetic(240, seed=seed))
    monkeypatch.setattr(evidence, "_EPOCHS", 2)
    monkeypatch.setattr(evidence, "_FEWER", 1)
    evidence.measured.cache_clear()
    evidence.with_gaps.cache_clear()


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("irregular-sampling", ("told", "filled")),
        ("irregular-sampling-trained", ("told", "filled")),
        ("consistency", ("with", "without")),
    ],
)
def test_pairs_of_networks_are_judged(name: str, pair: tuple[str, str]) -> None:
    found = BY_ID[name].examine(SMOKE)
    assert (found.seeds, found.conclusive) == (1, False)
    ratios = [np.log(float(row[pair[0]]) / float(row[pair[1]])) for row in found.numbers]
    assert len(ratios) == found.instances
    assert found.verdict is VERDICTS[float(np.sign(np.mean(ratios)))]  # of one seed the interval is a point


def test_what_follows_is_the_truth_and_no_part_sees_the_next() -> None:
    truth = np.arange(300.0)
    fit, held, test = evidence._parts(np.where(truth % 7 == 3, np.nan, truth), truth)
    ends = [round(float((part[1][-1, -1] - test[1][-1, -1]) * np.std(truth[:210]))) + 299 for part in (fit, held, test)]
    assert ends == [177, 209, 299]  # the last step that each is judged at
    for windows, after in (fit, held, test):
        last = np.nanmax(windows[:, -2:], axis=1)
        assert (last < after[:, 0]).all()
        assert (np.diff(after, axis=1) > 0.0).all()


def test_tables_are_measured_once() -> None:
    found = [BY_ID[name].examine(SMOKE) for name in ("table-ii-clean", "table-ii-surge", "table-ii-trade-off")]
    assert evidence.measured.cache_info().misses == 1
    frame = evidence.measured("synthetic", 1, 2)
    clean = frame.set_index("model")["mse_clean"]
    assert {*evidence.NETWORKS, "persistence", "seasonal-naive", "linear"} <= set(clean.index)
    lowest = clean["lstm"] < min(clean["pro-lnn"], clean["transformer"])
    assert (found[0].verdict is HOLDS) == lowest
    assert {row["other"] for row in found[0].numbers} == set(clean.index) - {"lstm"}
    evidence.measured.cache_clear()


def test_times_are_of_every_network_and_both_ways() -> None:
    """What they are is not tested: the machine may be busy."""
    found = BY_ID["unfused-latency"].examine(SMOKE)
    assert found.verdict in (HOLDS, PARTLY, FAILS)
    assert len(found.numbers) == 6
    assert all(float(row["microseconds"]) > 0.0 for row in found.numbers)
