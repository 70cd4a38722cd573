"""Carbon-aware offloading (CADDTO): devices with a buffer and harvested energy choose, slot by slot, what to compute and send.

Verdicts of `verify`: ``local-power`` and ``offload-power`` (no power above its cap), and of a result ``value``, ``bound`` and
``quality``.

>>> from edgeworth.solvers import carbon_offloading
>>> problem = carbon_offloading.generate(users=2, slots=50, seed=0)
>>> result = carbon_offloading.solve(problem)
>>> bool(carbon_offloading.verify(problem, result))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.solvers.carbon_offloading import check, model
from edgeworth.solvers.carbon_offloading.causality import CAUSALITY
from edgeworth.solvers.carbon_offloading.check import *
from edgeworth.solvers.carbon_offloading.examples import tiny_problems
from edgeworth.solvers.carbon_offloading.methods import METHODS as METHODS
from edgeworth.solvers.carbon_offloading.model import *

if TYPE_CHECKING:
    from edgeworth.solvers.carbon_offloading.env import (
        Scenario as Scenario,
        VectorEnv as VectorEnv,
        gym_env as gym_env,
        parallel_env as parallel_env,
        vector_env as vector_env,
    )
    from edgeworth.solvers.carbon_offloading.exact.linear import PiecewiseLinear as PiecewiseLinear
    from edgeworth.solvers.carbon_offloading.learned.policies import LearnedPolicy as LearnedPolicy
    from edgeworth.solvers.carbon_offloading.policies.mpc import Mpc as Mpc
    from edgeworth.solvers.carbon_offloading.policies.value_iteration import ValueIteration as ValueIteration
    from edgeworth.solvers.carbon_offloading.plots import (
        plot_cost as plot_cost,
        plot_pareto as plot_pareto,
        plot_schedule as plot_schedule,
    )
    from edgeworth.solvers.carbon_offloading.policies.rules import Lyapunov as Lyapunov, Threshold as Threshold
    from edgeworth.solvers.carbon_offloading.sweeps import pareto as pareto

FAMILY = Family(
    kind="carbon-offloading",
    problem=model.CarbonOffloading,
    solution=model.Schedule,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=lambda problem: "exact",
    judge=check.judge,
    rebuild=check.REBUILD,
    infeasibility=check.INFEASIBILITY,
    from_array=lambda problem, array: model.Schedule(*array),
    examples=tiny_problems,
    causality=CAUSALITY,
    play="edgeworth.solvers.carbon_offloading.learned.play:play",
    training="edgeworth.solvers.carbon_offloading.learned.plan:PLAN",
    late={
        **dict.fromkeys(("Scenario", "VectorEnv", "gym_env", "parallel_env", "vector_env"), "env"),
        **dict.fromkeys(("plot_cost", "plot_pareto"), "plots"),
        "pareto": "sweeps",
    },
    plots=("plot_schedule",),
    benchmarks=(
        Benchmark(
            exact=("exact",),
            heuristic=("value-iteration", "mpc", "lyapunov"),
            learned=("ppo", "mappo", "ddpg", "td3"),
            smoke=Trial(stop=Stop(seconds=5.0), options={"preset": "caddto", "slots": 100}),
            short=Trial(stop=Stop(seconds=10.0), options={"preset": "caddto"}, instances=5),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
