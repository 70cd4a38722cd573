"""Procurement by a multi-attribute second-score reverse auction (B-Auction): one task, many suppliers.

`run` gives the award of a rule, `solve` the same beside the greatest welfare. `verify` judges ``winner`` (its score is within
the task's worth) and ``idle`` (nobody is paid without work); of a result also ``payment`` (what the rule that it names pays),
``value``, ``bound`` (the closed form) and ``quality``.

>>> from edgeworth.mechanisms import procurement
>>> tender = procurement.Tender(price=[3.0, 2.0, 4.0], utilisation=[0.1, 0.9, 0.2], weight=2.0)
>>> award = procurement.run("second-score", tender)
>>> award.winner, round(award.payment, 6)
(0, 3.6)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.mechanisms.procurement import check, model
from edgeworth.mechanisms.procurement.check import *
from edgeworth.mechanisms.procurement.examples import tiny_problems
from edgeworth.mechanisms.procurement.methods import METHODS as METHODS
from edgeworth.mechanisms.procurement.model import *

if TYPE_CHECKING:
    from edgeworth.mechanisms.procurement.plots import plot_market as plot_market
    from edgeworth.mechanisms.procurement.rules import run as run

FAMILY = Family(
    kind="procurement",
    problem=model.Tender,
    solution=model.Award,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=lambda tender: "second-score",
    judge=check.judge,
    rebuild=check.REBUILD,
    examples=tiny_problems,
    audit_model="edgeworth.mechanisms.procurement.incentives:AUDIT_MODEL",
    late={"run": "rules"},
    plots=("plot_market",),
    benchmarks=(
        Benchmark(
            exact=("second-score",),
            heuristic=("first-score",),
            smoke=Trial(stop=Stop(seconds=1.0), options={"preset": "edge"}, instances=2),
            short=Trial(stop=Stop(seconds=1.0), options={"preset": "edge"}, instances=20),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
