"""The readings of Off-AIC2: what the FUSION paper's text leaves open, as parameters, and the literal one."""

from __future__ import annotations

from dataclasses import dataclass

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.clearing.choosers import CHOOSERS
from edgeworth.mechanisms.double_auction.model import tie_break_of
from edgeworth.mechanisms.double_auction.model.chooser import OBJECTIVES

BANDS = ("market", "pair", "pivot")
UPPER = ("report", "ask")
PIVOTS = ("buyers", "sellers", "sum", "covering")


@dataclass(frozen=True)
class OffAic2:
    """Parameters of Off-AIC2: the readings that the paper's text leaves open.

    Attributes
    ----------
    band
        Where critical values are searched: ``"market"``, [0, b_i] and [a_k, `upper`]; ``"pair"``, [a_k, b_i] of the matched
        pair; ``"pivot"``, [b_i*, b_i] and [a_k, a_k*] (equations 44-49).
    upper
        Where the band ``"market"`` ends for sellers, the paper's "market-determined upper bound": ``"report"``, the highest
        report of anybody, or ``"ask"``, the highest ask. The other bands have ends of their own.
    rerun
        What is run again under an effective report: ``"phase2"`` (the paper's text, the pivotal ranks stay) or ``"whole"`` (as
        its proof of monotonicity needs).
    chooser
        How a seller chooses its buyers: ``"knapsack"``, ``"route-exact"``, ``"route-dp"``, ``"route-eaco"``; ``"auto"``, exact:
        the knapsack in plain markets and exact tours in routed ones; ``"eaco"``, the paper's: its ant colony in routed markets,
        the knapsack in plain ones, where there is nothing to drive.
    objective
        What a seller maximises: ``"surplus"``, ``"bid-value"`` or ``"quantity"``. The payment is not known yet when it chooses,
        and the paper leaves open what stands in for it.
    pivot
        Which of the ranks (i*, k*) that fit: ``"buyers"`` the largest i*, then the largest k*; ``"sellers"`` the largest k*,
        then i*; ``"sum"`` the largest sum; ``"covering"`` the largest i*, then the smallest k* whose capacities cover it.
    pricing
        ``"exact"`` (ends of the report intervals; exact choosers only), ``"bisection"``, or ``"auto"``: exact where possible.
    iterations
        Steps of a bisection.
    tie_break
        How equal reports are ordered, as in `Classic`.
    seed
        Of randomised choosers.
    colony
        Iterations of the ant colony at every call.

    Notes
    -----
    In a market with bid rows b_ik the mean bid of a buyer ranks it in phase 1, and the entry stands for its bid wherever a
    seller looks at it: a candidate has b_ik > a_k, and its worth is q_i b_ik (equations 26, 27 and 36). A report, effective or
    audited, is a mean and scales the row; payments are means too, at most the buyer's own. The band ``"pair"`` goes from a_k to
    b_ik.

    Examples
    --------
    The paper's text as it stands, and the same with the band of its Theorem 4:

    >>> from dataclasses import replace
    >>> literal = OffAic2.literal()
    >>> literal.chooser, literal.pricing, replace(literal, band="pivot").band
    ('eaco', 'bisection', 'pivot')
    """

    band: str = "market"
    rerun: str = "phase2"
    chooser: str = "auto"
    objective: str = "surplus"
    pivot: str = "buyers"
    pricing: str = "auto"
    iterations: int = 50
    tie_break: str = "index"
    seed: int = 0
    upper: str = "report"
    colony: int = 200

    def __post_init__(self) -> None:
        validation.choice("band", self.band, BANDS)
        validation.choice("rerun", self.rerun, ("phase2", "whole"))
        validation.choice("chooser", self.chooser, CHOOSERS)
        validation.choice("objective", self.objective, OBJECTIVES)
        validation.choice("pivot", self.pivot, PIVOTS)
        validation.choice("pricing", self.pricing, ("auto", "exact", "bisection"))
        validation.choice("upper", self.upper, UPPER)
        validation.integer("iterations", self.iterations, minimum=1)
        validation.integer("seed", self.seed, minimum=0)
        validation.integer("colony", self.colony, minimum=1)
        tie_break_of(self.tie_break)

    @classmethod
    def literal(cls) -> OffAic2:
        """Algorithm 2 as the paper's text has it.

        Returns
        -------
        OffAic2
            Critical values by bisection (step 3) on [0, b_i] and [a_k, highest ask] with phase 2 run again, the ant colony as
            chooser (step 2, Algorithm 1), the surplus b_ik - a_k as a seller's objective, the largest trading region as pivotal
            ranks (step 1). Bid rows are the market's (`Market.from_rows`).

        Notes
        -----
        Where the text has lost its symbols (the ends of the searches, the objective) this is the reading of its words around
        them; `band`, `upper`, `rerun`, `objective` and `pivot` give the others. The colony draws from `seed`, the same one at
        every call, so that the rule is a function of the market. A run on a `fusion` market calls the colony some thousand
        times: seconds.
        """
        return cls(band="market", upper="ask", rerun="phase2", chooser="eaco", objective="surplus", pricing="bisection")
