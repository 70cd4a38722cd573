"""B-Auction: truthful in the price, not in a self-reported utilisation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import edgeworth
from edgeworth.mechanisms import procurement
from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.testing import FAULTS, tenders
from tests.oracles import procurement as oracle


@given(tender=tenders())
def test_the_award_is_the_oracles(tender: procurement.Tender) -> None:
    award = procurement.run("second-score", tender)
    assert (award.winner, award.payment) == pytest.approx(oracle.second_score(tender))
    assert procurement.value(tender, award) == pytest.approx(oracle.optimum(tender)[0])


@given(tender=tenders())
def test_with_verified_attributes_it_is_truthful(tender: procurement.Tender) -> None:
    if tender.verified:
        found = audit("second-score", tender, dimensions=("price", "utilisation"))
        assert found.truthful
        assert found.truthful_any_type is None
        found = audit("second-score", tender)
        assert found.truthful
        assert found.truthful_any_type
        assert found.monotone
        assert found.individually_rational
        assert found.efficiency


def test_who_reports_a_lower_utilisation_is_paid_more() -> None:
    """BEST, section VI-B: "ensuring truthful bidding" holds for the price only."""
    tender = procurement.Tender([3.0, 4.0], [0.5, 0.5], weight=2.0, worth=10.0, verified=False)
    assert audit("second-score", tender).truthful
    found = audit("second-score", tender, dimensions=("utilisation",))
    witness = found.truthful.witness
    assert witness.report == pytest.approx(0.0, abs=1e-5)
    assert witness.replay("second-score") == pytest.approx(1.0, abs=1e-4)  # weight 2 times the .5 that is hidden
    assert not audit("second-score", tender, scope=Sampled(20, 0), dimensions=("utilisation",)).truthful


def test_the_first_score_auction_is_manipulable() -> None:
    found = audit("first-score", procurement.generate(seed=1))
    assert not found.truthful
    assert found.truthful.witness.replay("first-score") > 0


@given(tender=tenders())
def test_planted_faults_are_caught(tender: procurement.Tender) -> None:
    result = procurement.solve(tender)
    assert procurement.verify(tender, result)
    for fault in FAULTS["procurement"]:
        wrong = fault(tender, result)
        if wrong is not None:
            assert fault.verdict in procurement.verify(tender, wrong).failures, fault.name


def test_files(tmp_path: Path) -> None:
    tender = procurement.generate(seed=3, verified=False)
    tender.save(tmp_path / "t.json")
    assert edgeworth.load(tmp_path / "t.json").hash == tender.hash


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: procurement.Tender([1.0], [1.5]), "utilisation: must be at most 1"),
        (lambda: procurement.Tender([1.0], [0.5, 0.5]), "utilisation: must have shape"),
        (lambda: procurement.Tender([-1.0], [0.5]), "price: must be at least 0"),
        (lambda: procurement.run("vickrey", procurement.generate(seed=0)), "rule: must be one of"),
        (lambda: audit(lambda tender: procurement.Award(-1, 0.0), procurement.generate(seed=0)), "use Sampled"),
    ],
)
def test_misuse(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
