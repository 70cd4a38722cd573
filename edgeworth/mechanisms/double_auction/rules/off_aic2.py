"""Off-AIC2, the FUSION paper's offline auction."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction.clearing.phases import phases_rule, run_phases
from edgeworth.mechanisms.double_auction.clearing.readings import OffAic2
from edgeworth.mechanisms.double_auction.model import Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.spec import as_method


def run(market: Market, params: OffAic2, tie: TieBreak) -> Outcome:
    """Off-AIC2: pivotal ranks, winner determination seller by seller, critical payments on both sides.

    Notes
    -----
    Phase 1 takes the first i* buyers by bid and the first k* sellers by ask, such that the last ask is at most the last bid and
    the units suffice. Phase 2 goes through the sellers by ask, each choosing the buyers that earn it most. In phase 3 a trader
    pays or gets the report at which it would lose its trade, searched within the band that `OffAic2` names;
    `OffAic2.literal` is the paper's text as it stands. Individually rational against the ask. Never truthful and balanced at
    once in any reading tried, unlike the paper's Theorems 3 and 4 together.

    No pricing could mend that. Let one buyer and one seller trade if and only if ``b > a``, as they do in every reading, and
    let losers pay nothing. Where the truth is always a best report, the buyer's payment p does not depend on its bid, as long
    as it trades, and is a: were p > a, a buyer with a value between a and p would rather lose; were p < a, one with a value
    between p and a would rather win. By the same argument the seller gets b, and the auctioneer is short of ``b - a > 0``.
    `critical_value` gives both for every rule.

    References
    ----------
    FUSION paper, section IV-C3, Algorithm 2, equations 44-49. Myerson, Optimal auction design, Math. Oper. Res. 6 (1981);
    Myerson and Satterthwaite, Efficient mechanisms for bilateral trading, J. Econ. Theory 29 (1983).
    """
    return run_phases(market, params, tie, "critical")


RULE = phases_rule(
    "off-aic2",
    run,
    "critical",
    guarantee="rational against the ask; in no reading tried truthful and balanced at once",
    reference="FUSION paper, section IV-C3, Algorithm 2",
)
off_aic2 = as_method(RULE)
