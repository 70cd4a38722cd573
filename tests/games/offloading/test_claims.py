"""The FUSION paper's claims about its online stage, as computed rows, and the sentences of their page at their settings."""

from __future__ import annotations

from typing import Any

import pytest

from edgeworth.core.claims import SMOKE, ClaimBudget, ClaimVerdict, claim_table
from edgeworth.games import offloading
from edgeworth.games.offloading import claims, evidence
from tests.oracles import offloading as oracle


def test_shares_of_identical_users_fall_with_their_number() -> None:
    """Without prices 6% at 5 users and half a percent at 60: a percentage without a size says nothing. With prices it stays
    above 5%, because prices are missing too."""
    rows: Any = evidence.identical_users(ClaimBudget("sizes", seeds=1, instances=40)).numbers
    free, paid = ({row["users"]: row["share"] for row in rows if row["prices"] == prices} for prices in (False, True))
    assert list(free) == list(paid) == list(evidence.SIZES) == [5, 10, 20, 60]
    assert list(free.values()) == sorted(free.values(), reverse=True)
    assert list(paid.values()) == sorted(paid.values(), reverse=True)
    assert 0.045 < free[5] < 0.075
    assert 0.003 < free[60] < 0.008
    assert 0.10 < paid[5] < 0.14
    assert 0.06 < paid[60] < 0.085
    assert all(row["improving"] > 2_900 for row in rows)


def test_maximisers_of_the_papers_potential_in_fifty_games() -> None:
    (row,) = evidence.maximisers(ClaimBudget("fifty", seeds=1, instances=50)).numbers
    assert dict(row) == {"games": 50, "no_equilibrium": 30, "weighted_equilibrium": 50}


@pytest.mark.slow
def test_shares_of_heterogeneous_users_in_twenty_five_games() -> None:
    """16-18% in each of four cells, with and without prices and costs (4 users x 3 providers, seeds 0-24)."""
    rows: Any = evidence.heterogeneous_users(ClaimBudget("short", seeds=1, instances=100)).numbers
    assert [round(100 * row["share"], 1) for row in rows] == [17.3, 16.4, 18.3, 16.6]
    assert all(row["improving"] == 38_400 for row in rows)


def test_counts_match_the_oracle() -> None:
    for seed, which in ((0, "paper"), (1, "weighted")):
        game = offloading.generate(preset="random", users=3, providers=2, seed=seed, prices=True)
        function = oracle.paper_potential if which == "paper" else oracle.weighted_potential
        improving = failing = 0
        for actions in oracle.profiles(game):
            for i in range(3):
                for k in oracle.moves(game, actions, i):
                    moved = [*actions[:i], k, *actions[i + 1 :]]
                    if oracle.utility(game, moved, i) - oracle.utility(game, actions, i) > 1e-9:
                        improving += 1
                        failing += function(game, moved) <= function(game, actions)
        assert offloading.improving_deviations(game, which) == (improving, failing)  # type: ignore[arg-type]
        assert (failing > 0) == (which == "paper")


def test_witnesses_replay() -> None:
    for test, game in (
        (evidence.heterogeneous_users, offloading.generate(preset="random", users=4, providers=3, seed=0)),
        (evidence.identical_users, offloading.generate(preset="random", users=4, providers=3, seed=0, identical=True)),
    ):
        witness: Any = test(ClaimBudget("least", seeds=1, instances=1)).witness
        gain, rise = witness.replay(game)
        assert gain > 0.0 >= rise


@pytest.mark.slow
def test_the_whole_table_has_a_row_a_claim() -> None:
    table = claim_table(claims.CLAIMS, SMOKE)
    assert table.index.tolist() == [claim.id for claim in claims.CLAIMS]
    assert set(table.verdict) <= {str(verdict) for verdict in ClaimVerdict}
