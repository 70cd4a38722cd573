"""Multi-task allocation (MTA): which server computes which task, under capacities and deadlines.

>>> from edgeworth.solvers import allocation
>>> problem = allocation.generate(servers=4, tasks=12, preset="hotspot", seed=0)
>>> result = allocation.solve(problem, method="greedy")
>>> bool(allocation.verify(problem, result))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.solvers.allocation import check, model
from edgeworth.solvers.allocation.check import *
from edgeworth.solvers.allocation.examples import tiny_problems, warm_kernels
from edgeworth.solvers.allocation.methods import METHODS as METHODS
from edgeworth.solvers.allocation.model import *

if TYPE_CHECKING:
    from edgeworth.solvers.allocation.bounds import Lagrangian as Lagrangian
    from edgeworth.solvers.allocation.exact import Exact as Exact, build_model as build_model, to_vipr as to_vipr
    from edgeworth.solvers.allocation.heuristic import LocalSearch as LocalSearch, RegretGreedy as RegretGreedy
    from edgeworth.solvers.allocation.heuristic.reward_greedy import RewardGreedy as RewardGreedy
    from edgeworth.solvers.allocation.learned.algorithm_2 import Algorithm2 as Algorithm2
    from edgeworth.solvers.allocation.learned.q_learning import QLearning as QLearning
    from edgeworth.solvers.allocation.plots import plot_loads as plot_loads

_EXACT_PAIRS = 200_000  # up to here the LP, and with it the tree, is a matter of seconds


def _auto(problem: model.AllocationProblem) -> str:
    return "exact" if problem.pairs <= _EXACT_PAIRS else "lagrangian"


FAMILY = Family(
    kind="allocation",
    problem=model.AllocationProblem,
    solution=model.Assignment,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=_auto,
    judge=check.judge,
    rebuild=check.REBUILD,
    infeasibility=check.INFEASIBILITY,
    from_array=lambda problem, array: model.Assignment(array),
    warm=warm_kernels,
    examples=tiny_problems,
    audit_model="edgeworth.solvers.allocation.incentives:AUDIT_MODEL",
    late={"to_vipr": "exact", "build_model": "exact"},
    plots=("plot_loads",),
    benchmarks=(
        Benchmark(
            exact=("exact", "lp"),
            heuristic=("regret-greedy", "local-search"),
            learned=("q-learning",),
            params={"q-learning": {"episodes": 10_000}},  # the paper's 500 are over in a hundredth of the time
            smoke=Trial(stop=Stop(seconds=0.5), options={"preset": "hotspot", "servers": 20, "tasks": 200}),
            short=Trial(
                stop=Stop(seconds=3.0), options={"preset": "hotspot", "servers": 20, "tasks": 200}, instances=3, seeds=2
            ),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
