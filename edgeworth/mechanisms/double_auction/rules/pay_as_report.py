"""Off-AIC2's trades, everybody paying and getting what was reported."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction.clearing.phases import phases_rule, run_phases
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.model import Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import as_method


def run(market: Market, params: OffAic2, tie: TieBreak) -> Outcome:
    """Off-AIC2's trades at the reports: buyers pay their bids, sellers get their asks.

    Notes
    -----
    The peer that the paper's figure 3 compares with. Never in deficit, for a matched bid is above the ask; not truthful.

    References
    ----------
    FUSION paper, section IV-C3, figure 3.
    """
    return run_phases(market, params, tie, "report")


RULE = phases_rule(
    "pay-as-report",
    run,
    "report",
    guarantee="balanced; not truthful",
    reference="FUSION paper, section IV-C3, Algorithm 2, as its figure 3 describes",
)
pay_as_report = as_method(RULE)
