"""The variants of the system: what is done at every stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from edgeworth.core import validation

Rule = Literal["off-aic2", "pay-as-report", "posted-procurement", "rank-procurement", "optimum", "random", "none"]
RULES: tuple[Rule, ...] = (
    "off-aic2", "pay-as-report", "posted-procurement", "rank-procurement", "optimum", "random", "none",
)  # fmt: skip
Choosing = Literal["eaco", "exact", "knapsack"]
CHOOSERS: tuple[Choosing, ...] = ("eaco", "exact", "knapsack")
Online = Literal["pg-brd", "random-feasible", "exact"]
ONLINE: tuple[Online, ...] = ("pg-brd", "random-feasible", "exact")


@dataclass(frozen=True)
class Variant:
    """What is done at every stage of a round.

    Attributes
    ----------
    name : str
    rule : {"off-aic2", "pay-as-report", "posted-procurement", "rank-procurement", "optimum", "random", "none"}
        How contracts are made: by a rule of `edgeworth.mechanisms.double_auction` ("pay-as-report": the trades of Off-AIC2, but
        everybody pays and gets its report, which takes no search and a fiftieth of the time); by its greatest welfare; at
        random; or not at all, the UAVs waiting at their depots.
    chooser : {"eaco", "exact", "knapsack"}
        How a seller of Off-AIC2 chooses: by the ant colony, by exact tours, or by price and volume alone, without windows and
        travel.
    online : {"pg-brd", "random-feasible", "exact"}
        How users choose: by best-response dynamics, at random subject to capacities and deadlines, or as the greatest welfare
        wants.
    foresight : bool
        Whether the auction knows the actual overload, whatever the forecaster.

    Raises
    ------
    ValueError, TypeError
        For an unknown word.
    """

    name: str
    rule: Rule = "off-aic2"
    chooser: Choosing = "eaco"
    online: Online = "pg-brd"
    foresight: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            validation.reject_type("name", "must be text", self.name)
        validation.choice("rule", self.rule, RULES)
        validation.choice("chooser", self.chooser, CHOOSERS)
        validation.choice("online", self.online, ONLINE)
        validation.flag("foresight", self.foresight)

    @property
    def driven(self) -> bool:
        """Whether the contracts' tours are part of the market; else they are driven as far as windows allow."""
        return self.rule not in ("off-aic2", "pay-as-report") or self.chooser != "knapsack"


VARIANTS: dict[str, Variant] = {
    each.name: each
    for each in (
        Variant("fusion"),
        Variant("no-pg", online="random-feasible"),
        Variant("random", rule="random"),
        Variant("no-st", chooser="knapsack"),
        Variant("pur-online", rule="none"),
        Variant("posted", rule="posted-procurement"),
        Variant("rank", rule="rank-procurement"),
        Variant("exact-routes", chooser="exact"),
        Variant("welfare-optimum", rule="optimum"),
        Variant("online-optimum", online="exact"),
        Variant("perfect", foresight=True),
    )
}
"""By name: the paper's five, and ours. The best of every stage is beside them for the split of what is lost."""

PAPER = ("fusion", "no-pg", "random", "no-st", "pur-online")
"""The variants of the paper's figure 2 and Table V."""


def variant_of(variant: str | Variant) -> Variant:
    """A variant by its name, or itself.

    Parameters
    ----------
    variant : str or Variant

    Returns
    -------
    Variant

    Raises
    ------
    ValueError, TypeError
        For an unknown name.
    """
    if isinstance(variant, Variant):
        return variant
    return VARIANTS[validation.choice("variant", variant, tuple(VARIANTS))]


def without_payments(variant: Variant) -> Variant:
    """The same trades without the search for Off-AIC2's payments.

    Parameters
    ----------
    variant : Variant

    Returns
    -------
    Variant
    """
    return replace(variant, rule="pay-as-report") if variant.rule == "off-aic2" else variant
