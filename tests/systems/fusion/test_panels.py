"""Figures and claims: every row is verified, means are of the same rounds, and every claim gets its verdict."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from edgeworth.core.claims import SMOKE, ClaimVerdict
from edgeworth.core.verdict import Report, Verdict
from edgeworth.systems import fusion
from edgeworth.systems.fusion import evidence, panels
from edgeworth.systems.fusion.running import Run

mpl.use("agg")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panels, "PANELS", {"a": panels.Setting(0, 3, 50)})
        return fusion.figure2(["a"], [4, 6], ["fusion", "pur-online", "servers-only"], trials=2, bounded=1)


def test_figure_2_has_every_variant_at_every_point(table: pd.DataFrame, tmp_path: Path) -> None:
    assert table.groupby(["servers", "trial"]).variant.nunique().tolist() == [4, 3, 4, 3]
    bounded = table[table.trial == 0].pivot_table(index="servers", columns="variant", values="welfare")
    assert (bounded[["fusion", "pur-online", "servers-only"]].max(axis=1) <= bounded["bound"]).all()
    assert not table[table.variant == "servers-only"].offline.any()
    fusion.plot_figure2(table, "potential", file=tmp_path / "one" / "figure.svg")
    assert (tmp_path / "one" / "figure.svg").stat().st_size > 1_000
    with pytest.raises(ValueError, match="measure"):
        fusion.plot_figure2(table, "profit")


def test_overhead_counts_visits_and_offline_messages(tmp_path: Path) -> None:
    table = fusion.overhead(["s1"], ["fusion", "no-pg", "pur-online"], trials=1)
    one = table.set_index("variant")
    assert one.doi["no-pg"] > 80 * 0.008
    assert one.doi.idxmin() == "no-pg"
    assert one.ecoi.to_numpy() == pytest.approx(13.3 * one.doi.to_numpy())
    assert fusion.plot_overhead(table).axes[0].get_yscale() == "log"


def test_a_row_that_fails_its_check_gets_into_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Report({"settlement": Verdict.of(False, 1.0, witness="a coin is missing")})
    monkeypatch.setattr(Run, "verify", lambda run: wrong)
    with pytest.raises(RuntimeError, match=r"fusion on world 0 fails its check: .*settlement"):
        fusion.figure2(["a"], [8], ["fusion"], trials=1)


def test_what_figures_refuse() -> None:
    for call, word in (
        (lambda: fusion.figure2(["c"], trials=1), "panels"),
        (lambda: fusion.figure2(["a"], [0], trials=1), "servers"),
        (lambda: fusion.figure2(["a"], [8], ["best"], trials=1), "variants"),
        (lambda: fusion.figure2(["a"], [8], trials=0), "trials"),
        (lambda: fusion.figure2(["a"], [8], trials=1, bounded=2), "bounded"),
        (lambda: fusion.overhead(["s9"], trials=1), "configurations"),
        (lambda: fusion.truthfulness(0), "markets"),
        (lambda: fusion.truthfulness(1, 1), "points"),
        (lambda: fusion.table5(trials=1), "sites"),
    ):
        with pytest.raises(ValueError, match=word):
            call()


def test_reports_and_money_of_traders() -> None:
    table = fusion.truthfulness(1, 3)
    assert table.groupby("side").size().tolist() == [4, 4]
    honest = table[table.report == table.truth]
    assert not honest.gain.any()
    assert (honest.units > 0).all()
    sellers = table[table.side == "seller"]
    assert (sellers.utility == sellers.money - sellers.truth * sellers.units).all()
    traded = fusion.rationality(2)
    assert traded.groupby("market").side.nunique().tolist() == [2, 2]
    money = traded.groupby(["market", "side"]).money.sum().unstack()
    assert (money.buyer - money.seller).to_numpy() == pytest.approx(traded.groupby("market").surplus.first().to_numpy())
    assert len(fusion.plot_truthfulness(table).axes) == 2
    assert len(fusion.plot_rationality(traded).axes) == 2


@pytest.mark.slow
def test_every_claim_gets_its_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_trials", lambda budget: 2)
    found = fusion.claims(SMOKE)
    assert len(found) == len(fusion.CLAIMS) + 3
    assert set(found.verdict) <= {str(each) for each in ClaimVerdict} - {"not tested yet"}
    assert found.verdict["random-printed"] == "cannot hold"
    assert found.verdict["no-pg"] == "holds"


def test_printed_numbers_contradict_the_text() -> None:
    assert evidence.random_printed(SMOKE).verdict is ClaimVerdict.CANNOT_HOLD
    assert evidence.game_printed(SMOKE).numbers[0]["added"] == pytest.approx(0.0933, abs=1e-4)


def test_intervals_decide() -> None:
    """A difference on one side of 0 decides, one that spans 0 does not."""
    up, down, wide = (1.0, 0.5, 1.5), (-1.0, -1.5, -0.5), (0.1, -1.0, 1.2)
    verdicts = [
        (found.verdict, found.conclusive)
        for found in (evidence._above(SMOKE, dict(enumerate(pairs))) for pairs in ([up], [down], [wide], [up, down]))  # type: ignore[arg-type]
    ]
    assert verdicts == [
        (ClaimVerdict.HOLDS, True),
        (ClaimVerdict.FAILS, True),
        (ClaimVerdict.FAILS, False),
        (ClaimVerdict.PARTLY, True),
    ]


def test_table_5_has_the_printed_numbers_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def made(cases: dict[str, panels.Setting], variants: list[str], *rest: object) -> pd.DataFrame:
        asked.append(cases["melbourne"])
        return pd.DataFrame({"case": "melbourne", "variant": list(variants)})

    monkeypatch.setattr(panels, "_table", made)
    found = fusion.table5("sites.csv", "users.csv").set_index("variant")
    assert asked == [(125, 80, 1_800)]
    assert found.printed_welfare["fusion"] == 45104.55
    assert np.isnan(found.printed_doi["servers-only"])
