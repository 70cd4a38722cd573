"""(Team) orienteering with time windows, capacities and travel costs: which vehicle visits whom, in which order.

>>> from edgeworth.routing import orienteering
>>> problem = orienteering.generate(vehicles=3, customers=12, preset="fusion", seed=0)
>>> result = orienteering.solve(problem, method="greedy")
>>> bool(orienteering.verify(problem, result))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.routing.orienteering import check, model
from edgeworth.routing.orienteering.check import *
from edgeworth.routing.orienteering.examples import tiny_problems
from edgeworth.routing.orienteering.methods import METHODS as METHODS
from edgeworth.routing.orienteering.model import *

if TYPE_CHECKING:
    from edgeworth.routing.orienteering.exact import (
        ColumnGeneration as ColumnGeneration,
        DynamicProgramming as DynamicProgramming,
        build_model as build_model,
    )
    from edgeworth.routing.orienteering.heuristic import Eaco as Eaco, EacoLs as EacoLs
    from edgeworth.routing.orienteering.learned.policies import LearnedRouter as LearnedRouter
    from edgeworth.routing.orienteering.learned.q_learning import QLearning as QLearning
    from edgeworth.routing.orienteering.model.graphs import from_graph as from_graph, to_graph as to_graph
    from edgeworth.routing.orienteering.plots import plot_routes as plot_routes, plot_schedule as plot_schedule

_EXACT_CUSTOMERS = 50  # up to here the exact methods end within seconds as a rule


def _auto(problem: model.OrienteeringProblem) -> str:
    if problem.customers > _EXACT_CUSTOMERS:
        return "eaco-ls"
    return "dp" if problem.vehicles == 1 else "column-generation"


FAMILY = Family(
    kind="orienteering",
    problem=model.OrienteeringProblem,
    solution=model.RoutePlan,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=_auto,
    judge=check.judge,
    rebuild=check.REBUILD,
    from_array=model.plan,
    examples=tiny_problems,
    play="edgeworth.routing.orienteering.learned.play:play",
    training="edgeworth.routing.orienteering.learned.plan:PLAN",
    late={
        "build_model": "exact",
        "from_graph": "model.graphs",
        "to_graph": "model.graphs",
    },
    plots=("plot_routes", "plot_schedule"),
    benchmarks=(
        Benchmark(
            exact=("column-generation",),
            heuristic=("eaco-ls", "eaco", "greedy"),
            learned=("attention-ls", "attention"),
            smoke=Trial(stop=Stop(seconds=0.5), options={"preset": "fusion"}, instances=2),
            short=Trial(stop=Stop(seconds=3.0), options={"preset": "fusion"}, instances=5, seeds=2),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
