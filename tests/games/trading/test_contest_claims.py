"""The paper's proofs between its theorems, proof of learning, and what it says of PB-MARL: plain second checks."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from edgeworth.core.claims import SMOKE
from edgeworth.games import trading
from edgeworth.games.trading.claims_contest import CONTEST_CLAIMS
from edgeworth.games.trading.evidence import _games
from tests.examined import examined
from tests.oracles import trading as oracle

BY_ID = {claim.id: claim for claim in CONTEST_CLAIMS}


def test_figure_8a_by_the_genetic_algorithm() -> None:
    pytest.importorskip("pymoo")
    evidence = examined("ai-bazaar", "figure-8a-genetic")
    assert str(evidence.verdict) == "holds in part"
    by = {row["others"]: row for row in evidence.numbers}
    assert set(by) == {"reply", "fixed", "free"}
    assert by["free"]["provider_holds"]
    assert by["free"]["consumer_holds"]


def test_without_pymoo_the_genetic_row_is_not_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymoo", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    evidence = BY_ID["figure-8a-genetic"].examine(SMOKE)
    assert str(evidence.verdict) == "not tested yet"
    assert not evidence.conclusive


def test_replies_fall_with_the_others_demands_by_plain_search() -> None:
    """On a fine grid of demands, by utilities alone: in equilibrium the others ask for more, the best reply is less."""
    grid = np.linspace(0.5, 400.0, 8_000).tolist()
    for game in _games(3):
        rest = oracle.follower(game, 15.0)
        replies = []
        for factor in (1.0, 1.1):
            others = [factor * demand for demand in rest[1:]]
            replies.append(max(grid, key=lambda f, others=others: oracle.utility(game, 15.0, [f, *others], 0)))
        assert replies[0] == pytest.approx(rest[0], abs=0.06)
        assert replies[1] < replies[0]


def test_the_profit_of_kink_is_convex_and_falls_where_demands_are_interior() -> None:
    game = trading.generate(preset="kink")
    low, here, high = (oracle.profit(game, p, oracle.follower(game, p)) for p in (14.5, 15.0, 15.5))
    assert max(oracle.follower(game, 14.5)) < 100.0
    assert high - 2.0 * here + low > 0.0
    assert high < here < low
    row = examined("ai-bazaar", "equation-28").numbers[-1]
    assert float(row["second_derivative"]) == pytest.approx((high - 2.0 * here + low) / 0.25, rel=0.05)
    assert float(row["first_derivative"]) == pytest.approx(high - low, rel=0.05)


def test_lemma_2_and_the_peak_of_the_reply_are_one_condition() -> None:
    """More than half of all demand: one consumer of two, none of eight."""
    numbers = examined("ai-bazaar", "lemma-2").numbers[0]
    assert numbers["condition_14"] == numbers["equation_24"] == 20
    for row in examined("ai-bazaar", "definition-2-monotonicity").numbers:
        assert row["rising"] == (float(row["largest_share"]) > 0.5)


def test_the_chance_of_learning_is_far_above_the_share_and_falls_along_the_blocks() -> None:
    rows = [row for row in examined("ai-bazaar", "learning-chance").numbers if row["reading"] == "smallest-loss"]
    assert [row["block"] for row in rows] == list(range(1, 9))
    assert float(rows[0]["low"]) > 4.0 * float(rows[0]["share"])
    assert float(rows[-1]["high"]) < float(rows[0]["low"])
    for row in examined("ai-bazaar", "learning-chance").numbers:
        if row["reading"] != "smallest-loss":
            assert float(row["low"]) > 2.0 * float(row["share"])
