"""Scheduling of large-model tasks (BEST): battery devices execute their tasks or hand them to each other over their radios.

Verdicts of `verify`: of a simulated schedule ``device``, ``mask``, ``decision`` and ``start`` (its decisions, played anew, lead
to the same times); of one in hindsight ``device``, ``release``, ``deadline`` and ``overlap``; of a result ``value``, ``bound``
and ``quality``.

>>> from edgeworth.solvers import scheduling
>>> problem = scheduling.generate(devices=3, horizon=30.0, seed=0)
>>> result = scheduling.solve(problem, method="earliest-finish")
>>> bool(scheduling.verify(problem, result))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.family import Family
from edgeworth.solvers.scheduling import check, model
from edgeworth.solvers.scheduling.causality import CAUSALITY
from edgeworth.solvers.scheduling.check import *
from edgeworth.solvers.scheduling.examples import tiny_problems
from edgeworth.solvers.scheduling.methods import METHODS as METHODS
from edgeworth.solvers.scheduling.model import *

if TYPE_CHECKING:
    from edgeworth.solvers.scheduling.policies.rules import GreedyCost as GreedyCost, Threshold as Threshold

FAMILY = Family(
    kind="scheduling",
    problem=model.Episode,
    solution=model.Schedule,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=lambda problem: "greedy-cost",
    judge=check.judge,
    rebuild=check.REBUILD,
    infeasibility=check.INFEASIBILITY,
    from_array=model.assigned,
    examples=tiny_problems,
    causality=CAUSALITY,
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
