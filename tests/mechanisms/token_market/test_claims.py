"""The paper's sentences on its tokens as findings, and the theorem on idle minting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.core.claims import ClaimBudget
from edgeworth.mechanisms.token_market import claims
from edgeworth.mechanisms.token_market.evidence import working_share

FEW = ClaimBudget("few", seeds=1, instances=2)
EXPECTED = {
    "start-up-funds": ("does not hold", "proved"),
    "backed-tokens": ("cannot hold", "unit audit"),
    "sybil": ("does not hold", "measured"),
    "forged-attestation": ("holds", "measured"),
    "price-manipulation": ("does not hold", "measured"),
    "fake-volume": ("holds in part", "measured"),
    "paid-for-delivery": ("holds in part", "measured"),
    "collateral": ("does not hold", "measured"),
    "trustless": ("does not hold", "measured"),
    "oracle-quorum": ("holds in part", "measured"),
    "immutable-logic": ("holds in part", "measured"),
}
BY_ID = {claim.id: claim for claim in claims.CLAIMS}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_paper_claims(name: str) -> None:
    found = BY_ID[name].examine(FEW)
    assert (str(found.verdict), str(found.reason)) == EXPECTED[name], found.text
    assert found.conclusive
    assert found.numbers


def test_every_row_is_tested() -> None:
    assert set(BY_ID) == set(EXPECTED)
    assert all(claim.quote and claim.rule.threshold for claim in claims.CLAIMS)


@given(capacity=st.floats(0.5, 10.0), periods=st.integers(1, 60))
@settings(max_examples=15, deadline=None)
def test_idle_minting_caps_work_at_one_half(capacity: float, periods: int) -> None:
    """Burned <= granted + minted, and minted = idle time: so work <= 1/2 + grant / (2 C T)."""
    share = working_share(capacity, 5 * periods, 5)
    assert share <= min(0.5 + 100 / (2 * capacity * 5 * periods), 1.0) + 1e-6


def test_the_bound_is_reached() -> None:
    """.5 + 100 / (2 x 2.5 x 600): the grant is used up, and minted CTK are burned as they come."""
    assert working_share(2.5, 600) == pytest.approx(0.5 + 100 / 3_000, abs=1e-3)
    assert working_share(2.5, 40) == 1.0
