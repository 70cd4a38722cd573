"""Every claim of the papers has the verdict that verdicts.json says, as `edgeworth reproduce all --budget smoke` finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeworth.core.claims import ClaimVerdict, Reason
from edgeworth.experiments.reproduction import PAPERS, claims_of, read_verdicts
from tests.examined import examined

EXPECTED = read_verdicts(Path(__file__).resolve().parents[2] / "verdicts.json", "smoke")
SLOW = {  # seconds of processor time, or seconds that decide; tests of the families have these on small runs
    "ai-bazaar": {"figure-6", "figure-8a", "figure-8b"},
    "metaverse": {"figure-2-tasks", "round-decisions"},
    "best": {
        "energy-saving", "energy-complex", "energy-by-tokens", "latency-saving", "success-order", "utilisation-order", "order",
        "learned", "resilient-policies",
    },
    "fusion": {"theorem-1", "theorem-1-identical", "theorem-1-maximiser", "unfused-latency"}
    | {row.id for row in claims_of("fusion").values() if "systems" in row.test.__module__}
    - {"random-printed", "game-printed", "dual-decomposition"},
    "caddto": {
        "lowest-carbon-learner", "lyapunov-learner", "ddpg", "inference-time", "dense", "on-policy", "convergence",
    },
}  # fmt: skip
EVERY = [
    pytest.param(paper, claim, id=f"{paper} {claim}", marks=[pytest.mark.slow] if claim in SLOW[paper] else [])
    for paper in PAPERS
    for claim in claims_of(paper)
]


def test_nothing_else_is_expected() -> None:
    assert {paper: sorted(rows) for paper, rows in EXPECTED.items()} == {paper: sorted(claims_of(paper)) for paper in PAPERS}
    for paper, names in SLOW.items():
        assert names <= set(claims_of(paper))


@pytest.mark.parametrize(("paper", "claim"), EVERY)
def test_a_claim_has_its_verdict(paper: str, claim: str) -> None:
    found, rule = examined(paper, claim), claims_of(paper)[claim].rule
    if found.verdict is not ClaimVerdict.NOT_TESTED:  # without torch, or without the data
        assert str(found.verdict) == EXPECTED[paper][claim], found.text
    assert (found.reason is Reason.NOTHING) == (found.verdict in (ClaimVerdict.NOT_TESTED, ClaimVerdict.NOT_TESTABLE))
    assert any(character.isdigit() for character in found.text) or found.reason is Reason.NOTHING
    if found.reason is not Reason.NOTHING:
        assert found.numbers
        assert found.instances > 0 or found.reason is Reason.DEFINITION
        assert found.conclusive or rule.seeds > 1 or claim in SLOW[paper]
