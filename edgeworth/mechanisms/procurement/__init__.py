"""Procurement by a multi-attribute second-score reverse auction (B-Auction): one task, many suppliers.

>>> from edgeworth.mechanisms import procurement
>>> tender = procurement.Tender(price=[3.0, 2.0, 4.0], utilisation=[0.1, 0.9, 0.2], weight=2.0)
>>> award = procurement.run("second-score", tender)
>>> award.winner, round(award.payment, 6)
(0, 3.6)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeworth.core import solving
from edgeworth.core.observer import Observer
from edgeworth.core.result import Result
from edgeworth.core.seeds import Seed
from edgeworth.core.stop import Stop
from edgeworth.mechanisms.procurement import model
from edgeworth.mechanisms.procurement.check import verify
from edgeworth.mechanisms.procurement.methods import METHODS
from edgeworth.mechanisms.procurement.model import PRESETS, Award, Tender, generate, measures, value, violations
from edgeworth.mechanisms.procurement.rules import run


def _auto(problem: Tender) -> str:
    return "second-score"


FAMILY = solving.Family(
    kind="procurement",
    problem=Tender,
    solution=Award,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=_auto,
)

SETTING = "edgeworth.mechanisms.procurement.setting"
"""Where the auditor finds what it asks of this family."""

__all__ = [
    "FAMILY",
    "METHODS",
    "PRESETS",
    "SETTING",
    "Award",
    "Tender",
    "generate",
    "measures",
    "run",
    "solve",
    "value",
    "verify",
    "violations",
]


def solve(
    problem: Tender,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: Award | None = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[Award]:
    """Run a rule as a method (``second-score``, ``first-score``): the value is the welfare by the reports, proved the greatest.

    The arguments are those of every family; what a rule does not support is refused.
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
