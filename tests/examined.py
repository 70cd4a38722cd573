"""Evidence of claims at the budget `SMOKE`, found once a process: tests of verdicts and of the numbers behind them share it."""

from __future__ import annotations

from functools import cache

from edgeworth.core.claims import SMOKE, Evidence
from edgeworth.experiments.reproduction import claims_of


@cache
def examined(paper: str, claim: str) -> Evidence:
    """What the test of a claim finds."""
    return claims_of(paper)[claim].examine(SMOKE)
