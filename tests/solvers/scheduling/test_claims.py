"""The paper's claims as findings, and the sweeps behind them."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.core.claims import SMOKE
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import claims, evidence
from tests.examined import examined

BY_ID = {claim.id: claim for claim in claims.CLAIMS}


def test_claims_on_learners_ask_for_seeds() -> None:
    for claim in claims.CLAIMS:
        assert (claim.test.__module__ == evidence.__name__) == (claim.rule.seeds == 0)


def test_three_quarters_by_hand() -> None:
    """Batteries of 4,500 J above a floor of a tenth feed 6.5 W x .55 + .65 W x .45 for some 1,050 s: then devices die."""
    rows = examined("best", "success-by-market").numbers
    at = {(row["setting"], row["method"]): float(row["success"]) for row in rows}
    assert at["Table II", "local"] > 0.98
    assert 0.6 < at["horizon 1365.0", "local"] < 0.85


def test_a_sweep_is_on_the_same_episodes_and_above_the_bound() -> None:
    table = scheduling.sweep("rate", values=[0.1, 0.3], seeds=range(2), bound=Stop(iterations=60), devices=3, horizon=30.0)
    assert table.groupby(["rate", "seed"]).size().tolist() == [4] * 4
    for _, rows in table.groupby(["rate", "seed"]):
        costs = rows.set_index("method").cost
        assert costs.drop("bound").min() >= costs["bound"]
        complete = rows[(rows.method != "bound") & (rows.success == 1.0)]
        assert np.all(complete.energy >= float(rows[rows.method == "bound"].energy.iloc[0]) * (1.0 - 1e-12))
    with pytest.raises(ValueError, match="over: must be one of devices, rate, work; got 'horizon'"):
        scheduling.sweep("horizon")
    with pytest.raises(ValueError, match="rate: must not be given where it varies"):
        scheduling.sweep("rate", rate=0.1)


def test_bounds_of_a_sweep_hold() -> None:
    table = scheduling.sweep("work", values=[5.0, 25.0], seeds=[3], bound=Stop(iterations=80), devices=3, horizon=40.0)
    easy, hard = (rows.set_index("method") for _, rows in table.groupby("work"))
    for rows in (easy, hard):
        schemes = rows.drop(index="bound")
        assert (schemes.cost >= rows.cost["bound"]).all()
        assert (schemes.success <= rows.success["bound"]).all()
    assert (easy.success == 1.0).all()
    for measure in ("latency", "energy", "utilisation"):  # of schedules that complete all tasks
        assert 0.0 < easy[measure]["bound"] <= easy[measure].min()
    assert hard.success.drop("bound").max() < hard.success["bound"] < 0.9
    assert hard.loc["bound", ["latency", "energy", "utilisation"]].isna().all()  # none completes all


def test_verdicts_on_units_and_counts_follow_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "EXCHANGE", evidence.PTK)
    assert str(BY_ID["units"].examine(SMOKE).verdict) == "holds"
    monkeypatch.setattr(evidence, "GRANT", 1.0)  # 3,600 J, less than any battery
    assert str(BY_ID["backed"].examine(SMOKE).verdict) == "holds"
    actors = [row for row in BY_ID["training"].examine(SMOKE).numbers if row["part"] == "actor evaluations"]
    assert [row["needed"] for row in actors] == [1280, 2560]
    assert [row["printed"] for row in actors] == [10, 10]
