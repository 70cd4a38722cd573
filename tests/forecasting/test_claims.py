"""Section VI-B of the FUSION paper: the rules are applied to the numbers, and without training nothing is concluded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from edgeworth.core.claims import SMOKE, ClaimBudget, ClaimVerdict
from edgeworth.forecasting import claims, evidence

BY_ID = {claim.id: claim for claim in claims.CLAIMS}
HOLDS, PARTLY, FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
FIVE = ClaimBudget("five", seeds=5, instances=1)
MEASURED = {
    "table-ii-clean": "mse_clean",
    "table-ii-surge": "mse_corrupt",
    "table-ii-trade-off": "mse_corrupt",
    "table-iii-accuracy": "rmse",
    "table-iv-degradation": "mse_corrupt",
}


def test_every_claim_says_where_it_stands_and_how_it_is_decided() -> None:
    assert len(BY_ID) == len(claims.CLAIMS) == 11
    for claim in claims.CLAIMS:
        for part in (claim.source, claim.quote, claim.statement, claim.scope, claim.rule.estimator, claim.rule.threshold):
            assert part


def test_what_needs_no_run() -> None:
    """ "Slightly larger" is 3.9 times; the factor of 9 in size counts a table that is not trained."""
    found = BY_ID["table-ii-slightly"].examine(SMOKE)
    assert (found.verdict, str(found.reason)) == (FAILS, "definition")
    assert [round(float(row["ratio"]), 2) for row in found.numbers] == [3.92, 3.86]
    found = BY_ID["table-iii-size"].examine(SMOKE)
    assert (found.verdict, str(found.reason)) == (PARTLY, "definition")
    assert all(row["parameters"] == row["printed"] for row in found.numbers)
    assert "4.75 and 6.25 times" in found.text


@pytest.mark.parametrize(
    ("intervals", "verdict"),
    [
        ([(-1, -2, -0.5)], HOLDS),
        ([(-1, -2, 0.5)], PARTLY),
        ([(1, 0.5, 2)], FAILS),
        ([(-1, -2, -0.5), (-1, -2, -0.5)], HOLDS),
        ([(-1, -2, -0.5), (0, -1, 1)], PARTLY),
        ([(-1, -2, -0.5), (1, 0.5, 2)], FAILS),
        ([(0, -1, 1), (0, -1, 1)], FAILS),
    ],
)
def test_the_rule(intervals: list[evidence.Interval], verdict: ClaimVerdict) -> None:
    assert evidence.below(intervals) is verdict


def frame(better: dict[str, float], column: str) -> pd.DataFrame:
    """Numbers of five seeds and two series; a model's column is the factor of the others'."""
    rows: list[dict[str, Any]] = []
    for seed in range(5):
        for series in ("one", "other"):
            level = 1.0 + 0.1 * seed + (series == "other")
            for model in (*evidence.NETWORKS, "linear"):
                row = {"rmse": level, "mse_clean": level, "mse_corrupt": 2.0 * level}
                row |= {"model": model, "series": series, "seed": seed}
                row[column] *= better.get(model, 1.0) * (1.0 + 0.001 * seed)
                rows.append(row)
    return pd.DataFrame(rows)


def own(name: str) -> str:
    return "lstm" if name in ("table-ii-clean", "table-ii-surge") else "pro-lnn"


@pytest.mark.parametrize("name", MEASURED)
def test_measured_claims_are_judged_by_the_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_missing", lambda kind: "")
    good = 1.5 if name == "table-ii-surge" else 0.6
    for factor, verdict in ((good, HOLDS), (1.0 / good, FAILS)):
        monkeypatch.setattr(evidence, "measured", lambda kind, seeds, epochs, f=factor: frame({own(name): f}, MEASURED[name]))
        found = BY_ID[name].examine(FIVE)
        assert found.verdict is verdict
        assert found.conclusive
        assert found.instances == 2
        others = [row["other"] for row in found.numbers]
        assert others[-1] == "linear"  # told, not judged
        assert found.interval is not None
        assert np.isfinite(found.interval).all()


def test_comparable_is_up_to_what_the_table_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_missing", lambda kind: "")
    for factor, verdict in ((1.05, HOLDS), (1.2, FAILS)):
        monkeypatch.setattr(evidence, "measured", lambda kind, seeds, epochs, f=factor: frame({"pro-lnn": f}, "rmse"))
        assert BY_ID["table-iii-accuracy"].examine(FIVE).verdict is verdict


@pytest.mark.parametrize("name", [*MEASURED, "irregular-sampling", "irregular-sampling-trained", "consistency"])
def test_without_what_it_takes_nothing_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "find_spec", lambda module: None)
    found = BY_ID[name].examine(SMOKE)
    assert (found.verdict, found.conclusive) == (ClaimVerdict.NOT_TESTED, False)
    assert "learn" in found.text
    monkeypatch.setattr(evidence, "find_spec", lambda module: module)
    monkeypatch.setenv("EDGEWORTH_DATA", "/nowhere")
    if not name.startswith("table-ii-"):
        assert "EDGEWORTH_DATA" in BY_ID[name].examine(SMOKE).text
