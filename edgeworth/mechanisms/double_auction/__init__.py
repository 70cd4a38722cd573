"""Double auctions: edge servers buy computing from vehicles that carry UAVs, or anybody from anybody.

>>> from edgeworth.mechanisms import double_auction
>>> market = double_auction.generate(buyers=4, sellers=3, preset="unit", seed=0)
>>> outcome = double_auction.run("mcafee", market)
>>> bool(double_auction.verify(market, outcome))
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgeworth.core import solving
from edgeworth.core.lazy import later
from edgeworth.core.observer import Observer
from edgeworth.core.result import Result
from edgeworth.core.seeds import Seed
from edgeworth.core.stop import Stop
from edgeworth.mechanisms.double_auction import model
from edgeworth.mechanisms.double_auction.check import verify
from edgeworth.mechanisms.double_auction.methods import METHODS
from edgeworth.mechanisms.double_auction.model import (
    PRESETS,
    ByIndex,
    ExactMarket,
    Lottery,
    Market,
    Outcome,
    Refuse,
    Reverse,
    Routes,
    TieBreak,
    TieError,
    Truth,
    generate,
    measures,
    surplus,
    utility,
    value,
    violations,
    welfare,
)

if TYPE_CHECKING:
    from edgeworth.mechanisms.double_auction.rules import Classic as Classic
    from edgeworth.mechanisms.double_auction.rules import KDoubleAuction as KDoubleAuction
    from edgeworth.mechanisms.double_auction.rules import OffAic2 as OffAic2
    from edgeworth.mechanisms.double_auction.rules import Posted as Posted
    from edgeworth.mechanisms.double_auction.rules import RankPosted as RankPosted
    from edgeworth.mechanisms.double_auction.rules import Rule as Rule


def _auto(problem: Market) -> str:
    """A rule that is truthful, rational and balanced."""
    return "mcafee" if problem.unit else "rank-procurement"


FAMILY = solving.Family(
    kind="double-auction",
    problem=Market,
    solution=Outcome,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=_auto,
)

SETTING = "edgeworth.mechanisms.double_auction.setting"
"""Where the auditor finds what it asks of this family."""

_LATER = dict.fromkeys(("Classic", "KDoubleAuction", "OffAic2", "Posted", "RankPosted", "Rule"), "rules")

__all__ = [
    "FAMILY",
    "METHODS",
    "PRESETS",
    "SETTING",
    "ByIndex",
    "Classic",
    "ExactMarket",
    "KDoubleAuction",
    "Lottery",
    "Market",
    "OffAic2",
    "Outcome",
    "Posted",
    "RankPosted",
    "Refuse",
    "Reverse",
    "Routes",
    "Rule",
    "TieBreak",
    "TieError",
    "Truth",
    "generate",
    "measures",
    "run",
    "solve",
    "surplus",
    "utility",
    "value",
    "verify",
    "violations",
    "welfare",
]


__getattr__ = later(__name__, _LATER)


def run(rule: str | Callable[[Market], Outcome], market: Market, *, params: Any = None, tie_break: Any = None) -> Outcome:
    """The outcome of a rule on a market, a pure function.

    rule: ``mcafee``, ``trade-reduction``, ``sbba``, ``vcg``, ``k-double-auction``, ``off-aic2``, ``off-aic2-myerson``,
    ``pay-as-report``, ``pivot-reduction``, ``posted-procurement``, ``rank-procurement``, or any callable Market -> Outcome.
    params: the rule's parameter object, e.g. ``OffAic2(band="pivot")``. tie_break: a `TieBreak` such as ``Lottery(3)`` or
    ``Refuse()``, or the name of one; default: what the params name, which is ``index``.

    Raises ValueError or TypeError for misuse, among it a market that the rule is not made for, and `TieError` where ties are
    refused and met.
    """
    from edgeworth.mechanisms.double_auction import rules

    return rules.run(rule, market, params=params, tie_break=tie_break)


def solve(
    problem: Market,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: Outcome | None = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[Outcome]:
    """Run a rule as a method, so that `compare` works: the value is the welfare by the reports, beside an upper bound of it.

    method: a rule, ``optimum``, "auto" (`mcafee` in unit markets, `rank-procurement` elsewhere), or a callable ``f(problem,
    params, run) -> Found``. The other arguments are those of every family; what a rule does not support is refused.
    """
    return solving.solve(
        FAMILY,
        problem,
        method=method,
        stop=stop,
        seed=seed,
        start=start,
        params=params,
        observer=observer,
        threads=threads,
        trace=trace,
    )
