"""A family as CONTRIBUTING says how to add one, for `tests.test_toy_family`: packing on a path.

Nodes of greatest weight are chosen, no two of them neighbours. The package is registered before it is imported.
"""

from __future__ import annotations

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from tests.toy_family import check, model
from tests.toy_family.check import *
from tests.toy_family.examples import tiny_problems
from tests.toy_family.methods import METHODS as METHODS
from tests.toy_family.model import *

FAMILY = Family(
    kind="path-packing",
    problem=model.WeightedPath,
    solution=model.Packing,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=lambda problem: "exact",
    judge=check.judge,
    rebuild=check.REBUILD,
    examples=tiny_problems,
    benchmarks=(
        Benchmark(
            exact=("exact",),
            heuristic=("greedy",),
            smoke=Trial(stop=Stop(seconds=1.0), instances=2),
            short=Trial(stop=Stop(seconds=1.0), options={"nodes": 50}, instances=5),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
