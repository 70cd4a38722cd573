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

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.solvers.scheduling import check, model
from edgeworth.solvers.scheduling.causality import CAUSALITY
from edgeworth.solvers.scheduling.check import *
from edgeworth.solvers.scheduling.examples import tiny_problems
from edgeworth.solvers.scheduling.methods import METHODS as METHODS
from edgeworth.solvers.scheduling.model import *

if TYPE_CHECKING:
    from edgeworth.solvers.scheduling.env import (
        VectorEnv as VectorEnv,
        gym_env as gym_env,
        parallel_env as parallel_env,
        vector_env as vector_env,
    )
    from edgeworth.solvers.scheduling.hindsight import (
        Annealing as Annealing,
        Lagrangian as Lagrangian,
        Milp as Milp,
        build_model as build_model,
    )
    from edgeworth.solvers.scheduling.learned.policies import LearnedPolicy as LearnedPolicy
    from edgeworth.solvers.scheduling.learned.regret import PolicyRegret as PolicyRegret, policy_regret as policy_regret
    from edgeworth.solvers.scheduling.market.play import MarketRun as MarketRun, play_in_market as play_in_market
    from edgeworth.solvers.scheduling.market.rules import Market as Market
    from edgeworth.solvers.scheduling.market.study import market_sweep as market_sweep
    from edgeworth.solvers.scheduling.plots import (
        plot_costs as plot_costs,
        plot_courses as plot_courses,
        plot_gantt as plot_gantt,
        plot_sweep as plot_sweep,
    )
    from edgeworth.solvers.scheduling.policies.auction import BAuction as BAuction, auctions as auctions
    from edgeworth.solvers.scheduling.policies.rules import GreedyCost as GreedyCost, Threshold as Threshold
    from edgeworth.solvers.scheduling.sweeps import sweep as sweep

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
    play="edgeworth.solvers.scheduling.learned.play:play",
    training="edgeworth.solvers.scheduling.learned.plan:PLAN",
    late={
        "auctions": "policies.auction",
        **dict.fromkeys(("VectorEnv", "gym_env", "parallel_env", "vector_env"), "env"),
        **dict.fromkeys(("plot_costs", "plot_sweep"), "plots"),
        "build_model": "hindsight",
        "Market": "market.rules",
        "market_sweep": "market.study",
        **dict.fromkeys(("PolicyRegret", "policy_regret"), "learned.regret"),
        **dict.fromkeys(("MarketRun", "play_in_market"), "market.play"),
        "sweep": "sweeps",
    },
    plots=("plot_gantt", "plot_courses"),
    benchmarks=(
        Benchmark(
            exact=("lagrangian",),
            heuristic=("annealing", "earliest-finish", "greedy-cost", "threshold"),
            learned=("mappo", "gnn-marl", "best", "scorer"),
            smoke=Trial(stop=Stop(seconds=1.0), options={"preset": "table-2", "horizon": 60.0}),
            short=Trial(stop=Stop(seconds=5.0), options={"preset": "table-2"}, instances=3),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
