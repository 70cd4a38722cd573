"""Off-AIC2 with Myerson's payments to sellers."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction.clearing.phases import phases_rule, run_phases
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.model import Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import as_method


def run(market: Market, params: OffAic2, tie: TieBreak) -> Outcome:
    """Off-AIC2's trades with Myerson's payments to sellers.

    Notes
    -----
    Seller k gets ``a_k q_k(a_k)`` plus the integral of ``q_k`` over all asks above ``a_k``; buyers pay as in the rule
    ``off-aic2``. These payments would make a monotone allocation truthful; Off-AIC2's is not always monotone.

    References
    ----------
    FUSION paper, section IV-C3, Algorithm 2; Myerson, Optimal auction design, Math. Oper. Res. 6 (1981).
    """
    return run_phases(market, params, tie, "myerson")


RULE = phases_rule(
    "off-aic2-myerson",
    run,
    "myerson",
    guarantee="none: its allocation is not always monotone",
    reference="FUSION paper, section IV-C3, Algorithm 2; Myerson (1981)",
)
off_aic2_myerson = as_method(RULE)
