"""Every quantitative claim of the paper under its number."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from edgeworth.core.claims import SHORT, Claim, ClaimBudget, ClaimVerdict, Evidence, Reason, Rule, claim_table
from edgeworth.mechanisms.token_market.claims import CLAIMS as MARKET_CLAIMS
from edgeworth.solvers.scheduling.claims import CLAIMS as SCHEDULING_CLAIMS

if TYPE_CHECKING:
    import pandas as pd


def claims(budget: ClaimBudget = SHORT) -> pd.DataFrame:
    """Test every quantitative claim of the paper: its model and figures, its market, and its security.

    Parameters
    ----------
    budget : ClaimBudget
        ``seeds`` policies of each learner are judged: the first is that of the package, others are trained where torch (extra
        "learn") is installed, and kept in the user's cache folder.

    Returns
    -------
    pandas.DataFrame
        As of `edgeworth.core.claims.claim_table`, with the ``number`` of each row, F1 to F24; a number may have several rows.
    """
    known = {claim.id: claim for claim in (*SCHEDULING_CLAIMS, *MARKET_CLAIMS, CITED)}
    table = claim_table([known[name] for names in NUMBERS.values() for name in names], budget)
    table.insert(0, "number", [number for number, names in NUMBERS.items() for _ in names])
    return table


def _cited(budget: ClaimBudget) -> Evidence:
    text = "inference 80 to 90% of energy, a query five to ten web searches, 1,287 MWh for GPT-3: figures of the works cited"
    return Evidence(ClaimVerdict.NOT_TESTABLE, Reason.NOTHING, text)


CITED = Claim(
    id="cited",
    source="section I",
    quote="A single query to a generative AI model can consume five to ten times more electricity than a traditional web"
    " search",
    statement="figures that the paper cites for its motivation",
    scope="others' measurements, which nothing here depends on",
    rule=Rule("none: nothing here measures them", "cited only"),
    test=_cited,
)

NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "F1": ("energy-saving",),
        "F2": ("energy-complex",),
        "F3": ("energy-by-tokens",),
        "F4": ("energy-rises",),
        "F5": ("latency-saving",),
        "F6": ("latency-falls",),
        "F7": ("success-by-market", "success-order"),
        "F8": ("success",),
        "F9": ("utilisation", "utilisation-order"),
        "F10": ("utilisation-rises",),
        "F11": ("order",),
        "F12": ("decision",),
        "F13": ("training",),
        "F14": ("settlement",),
        "F15": ("mask",),
        "F16": ("units",),
        "F17": ("backed", "backed-tokens"),
        "F18": ("start-up-funds",),
        "F19": ("sybil", "forged-attestation"),
        "F20": ("price-manipulation", "resilient-policies", "fake-volume", "immutable-logic"),
        "F21": ("paid-for-delivery", "collateral", "trustless"),
        "F22": ("oracle-quorum",),
        "F23": ("cited",),
        "F24": ("learned",),
    }
)
"""Number of a claim -> ids of its rows."""
