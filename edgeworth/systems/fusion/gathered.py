"""What the FUSION paper claims of the whole system, section VI-C and Table V, a row each; the tests are in `evidence`.

>>> from edgeworth.core.claims import SMOKE
>>> next(claim for claim in CLAIMS if claim.id == "random-printed").examine(SMOKE).verdict.value
'cannot hold'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.claims import SHORT, Claim, ClaimBudget, Rule, claim_table
from edgeworth.games.offloading.claims import CLAIMS as OFFLOADING
from edgeworth.systems.fusion import evidence

if TYPE_CHECKING:
    import pandas as pd

_FIGURE = "both markets of figure 2, 8 to 16 servers, the same rounds for all variants; realised welfare and the paper's own"
_PAIRED = "paired differences of means over trials, 95% by Student's t"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="highest",
        source="section VI-C1, figure 2",
        quote="FUSION consistently achieves the highest SW",
        statement="FUSION's welfare is above that of each of the paper's other variants",
        scope=_FIGURE,
        rule=Rule(f"{_PAIRED}: FUSION less the best other", "holds where the interval is above 0, fails where it is below"),
        test=evidence.highest,
    ),
    Claim(
        id="lowest",
        source="section VI-C1, figure 2",
        quote="it achieves the lowest SW",
        statement="PurOnline's welfare is below that of each of the paper's other variants",
        scope=f"{_FIGURE}; UAVs wait at their depots, or (second reading) are near no user",
        rule=Rule(
            f"{_PAIRED}: the lowest other less PurOnline, by reading",
            "holds where both intervals are above 0, in part where one is",
        ),
        test=evidence.lowest,
    ),
    Claim(
        id="random-between",
        source="section VI-C1, figure 2",
        quote="its performance lies between FUSION and FUSION_NoPG",
        statement="NoPG < Random < FUSION in welfare",
        scope=_FIGURE,
        rule=Rule(f"{_PAIRED}, of both neighbours", "holds where both intervals are above 0, in part where one is"),
        test=evidence.random_between,
    ),
    Claim(
        id="random-printed",
        source="section VI-C1 beside Table V",
        quote="its performance lies between FUSION and FUSION_NoPG",
        statement="the printed welfare of FUSION_Random lies between those of FUSION_NoPG and FUSION",
        scope="Table V",
        rule=Rule("the three numbers", "cannot hold beside the table where Random's is not between"),
        test=evidence.random_printed,
    ),
    Claim(
        id="no-st",
        source="section VI-C1, figure 2",
        quote="It outperforms PurOnline and FUSION_Random, but still shows a stable gap to our FUSION",
        statement="Random, PurOnline < NoST < FUSION in welfare",
        scope=_FIGURE,
        rule=Rule(f"{_PAIRED}, of the three", "holds where all intervals are above 0, in part where one is"),
        test=evidence.no_st,
    ),
    Claim(
        id="no-pg",
        source="section VI-C1, figure 2",
        quote="clearly lower SW than FUSION, which indicates that the online potential game is crucial",
        statement="NoPG's welfare is below FUSION's",
        scope=_FIGURE,
        rule=Rule(f"{_PAIRED}: FUSION less NoPG", "holds where the interval is above 0"),
        test=evidence.no_pg,
    ),
    Claim(
        id="game-printed",
        source="section VI-C4 beside Table V",
        quote="suffers from a substantial loss in SW due to the absence of potential-game-based scheduling",
        statement="the game is worth much: in print, by NoPG, and by Random and PurOnline, which have the game",
        scope="Table V",
        rule=Rule(
            "what the game adds to NoPG, and what variants keep that have the game but no auction, as shares of FUSION",
            "holds where the first is above one half, in part where it is above 5%",
        ),
        test=evidence.game_printed,
    ),
    Claim(
        id="grows",
        source="section VI-C1, figure 2",
        quote="as the number of ESs grows from 8 to 16, SW of all methods increases",
        statement="welfare at 16 servers is above that at 8, for each of the paper's variants",
        scope=_FIGURE,
        rule=Rule(
            "difference of means over trials, 95% by Student's t", "holds where all intervals are above 0, in part where one is"
        ),
        test=evidence.grows,
    ),
    Claim(
        id="advantage",
        source="section VI-C1, figure 2",
        quote="its advantage turns to be more pronounced when the number of ESs is larger (14 and 16)",
        statement="FUSION's lead over the mean of the others is larger at 14 and 16 servers than at 8 and 10",
        scope=_FIGURE,
        rule=Rule("difference of the two leads, 95% by Student's t over trials", "holds where the interval is above 0"),
        test=evidence.advantage,
    ),
    Claim(
        id="larger-market",
        source="section VI-C1, figure 2",
        quote="the overall welfare level is higher",
        statement="welfare with 90 + 90 users and 7 agents is above that with 80 + 80 and 5",
        scope="FUSION, 8 to 16 servers",
        rule=Rule("difference of means over trials, 95% by Student's t", "holds where the interval is above 0"),
        test=evidence.larger_market,
    ),
    Claim(
        id="overhead-order",
        source="section VI-C2, figure 3",
        quote="for all settings, the values of DoI and ECoI for different methods remain within the same order of magnitude",
        statement="largest over least mean DoI of the paper's variants is below 10 in every configuration",
        scope="six configurations of ours, user-visits at 8 ms with the messages of the offline stage",
        rule=Rule("largest over least mean DoI, by configuration", "holds where all are below 10, in part for most"),
        test=evidence.overhead_order,
    ),
    Claim(
        id="overhead-least",
        source="section VI-C4",
        quote="FUSION_NoPG attains the lowest interaction overhead",
        statement="NoPG has the least mean DoI",
        scope="six configurations of ours",
        rule=Rule("configurations in which another variant has less", "holds where there is none"),
        test=evidence.overhead_least,
    ),
    Claim(
        id="latency",
        source="abstract, section VII",
        quote="FUSION consistently reduces latency, enhances SW, and improves resource utilization",
        statement="users wait less, and caps are used more, than under each of the paper's other variants",
        scope=_FIGURE,
        rule=Rule(
            f"{_PAIRED}, of mean latency and of utilisation",
            "holds where all intervals are on the right side, in part for some",
        ),
        test=evidence.latency,
    ),
    Claim(
        id="fairly",
        source="section VI-C1",
        quote="resources are exploited more sufficiently and fairly",
        statement="Jain's index of latencies, of humans and of machines, is above that of the other variants",
        scope=f"{_FIGURE}; the paper has no measure of fairness, the index is ours",
        rule=Rule(f"{_PAIRED}, of both indices", "holds where all intervals are above 0, in part for some"),
        test=evidence.fairly,
    ),
    Claim(
        id="seller-truth",
        source="section VI-C3, figure 3",
        quote="over-reporting only increases the risk of being rejected without bringing additional gain",
        statement="no report of a seller gains more than 1% of what the truth earns",
        scope="75 + 75 users, 12 servers, 7 agents; a random winner of each market, 21 reports",
        rule=Rule("sellers with a report that gains more than 1%", "holds where there is none", tolerance=0.01),
        test=evidence.seller_truth,
    ),
    Claim(
        id="buyer-truth",
        source="section VI-C3, figure 3",
        quote="bidding around the true valuation is also the best strategy for ESs",
        statement="no report of a buyer gains more than 1% of what the truth earns",
        scope="as for sellers",
        rule=Rule("buyers with a report that gains more than 1%", "holds where there is none", tolerance=0.01),
        test=evidence.buyer_truth,
    ),
    Claim(
        id="buyer-plateau",
        source="section VI-C3, figure 3",
        quote="Further increasing the bid does not change the matching result but only raises the payment",
        statement="what a server pays rises with its bid, as the text has it; with critical payments it would not",
        scope="as for sellers",
        rule=Rule("buyers whose payment rises by more than 1% above the truth", "holds where all are, fails where none is"),
        test=evidence.buyer_plateau,
    ),
    Claim(
        id="seller-rational",
        source="section VI-C3, figure 3",
        quote="every winning seller can always cover its serving and traveling cost",
        statement="no seller's reward is below its unit costs and its tour",
        scope="winners of markets of 75 + 75 users, 12 servers, 7 agents, all truthful",
        rule=Rule(
            "share of winners that lose money, tours left out and with tours", "holds where both are 0, in part where one is"
        ),
        test=evidence.seller_rational,
    ),
    Claim(
        id="buyer-rational",
        source="section VI-C3, figure 3",
        quote='"ES value" is always no less than "ES payment"',
        statement="no server pays more than the value of its tasks",
        scope="as for sellers",
        rule=Rule("share of winners that pay more", "holds where it is 0"),
        test=evidence.buyer_rational,
    ),
    Claim(
        id="budget",
        source="section VII",
        quote="empirically preserving individual rationality, budget balance, and near-truthfulness",
        statement="the auctioneer is never left with a deficit",
        scope="as for sellers",
        rule=Rule("share of markets in deficit", "holds where it is 0"),
        test=evidence.budget_balance,
    ),
    Claim(
        id="dual-decomposition",
        source="section I",
        quote="integrates potential-guided dual decomposition with asynchronous best-response dynamics to drive the system"
        " towards a pure-strategy Nash equilibrium (NE) under congestion and fairness constraints",
        statement="a dual decomposition guided by the potential drives users to an equilibrium",
        scope="whatever the paper defines",
        rule=Rule("none: a definition of the decomposition", "not testable where the paper has none"),
        test=evidence.dual_decomposition,
    ),
)
"""The claims of section VI-C in the paper's order, and one of section I."""


def claims(budget: ClaimBudget = SHORT) -> pd.DataFrame:
    """Test every claim of section VI-C, and those of Table V that the offloading game tests.

    Parameters
    ----------
    budget : ClaimBudget
        ``instances`` over 5 are the trials of a point.

    Returns
    -------
    pandas.DataFrame
        As of `edgeworth.core.claims.claim_table`.
    """
    return claim_table([*CLAIMS, *(claim for claim in OFFLOADING if claim.id.startswith("table-v"))], budget)
