"""The offloading congestion game: humans and machines choose local execution, an edge server or a UAV (FUSION, online stage).

>>> from edgeworth.games import offloading
>>> game = offloading.generate(users=40, providers=6, preset="random", seed=0)
>>> result = offloading.solve(game, method="pg-brd", seed=0)
>>> report = offloading.verify(game, result)
>>> bool(report), report["epsilon"].violation <= 1e-9
(True, True)

Verdicts of `verify`, beside ``value``, ``bound`` and ``quality`` of a result; all checks are exhaustive:

- ``coverage``, ``cap``: every user is in reach of its provider, and no provider serves more users than its cap; witness: a
  `Violation`.
- ``epsilon``: the largest gain of a user by one move of its own that caps and coverage leave open, relative to its spread (the
  best less the worst that its open actions earn at the profile); tolerance 1e-9 beyond rounding; witness: a `Deviation`.
- ``cycle``: of a result whose certificate is a best-response cycle, every move of it is replayed.

Bounds hold for every feasible profile (``FAMILY.covers``), learners' and equilibria's alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.games.offloading import check, model
from edgeworth.games.offloading.check import *
from edgeworth.games.offloading.examples import tiny_problems
from edgeworth.games.offloading.methods import METHODS as METHODS
from edgeworth.games.offloading.model import *

if TYPE_CHECKING:
    from edgeworth.games.offloading.bounds import Lagrangian as Lagrangian
    from edgeworth.games.offloading.exact import build_model as build_model, pure_equilibria as pure_equilibria
    from edgeworth.games.offloading.heuristic import (
        BestResponse as BestResponse,
        LocalSearch as LocalSearch,
        LogLinear as LogLinear,
        RandomFeasible as RandomFeasible,
        Trajectory as Trajectory,
        trajectory as trajectory,
    )
    from edgeworth.games.offloading.learned import PLAYS as PLAYS, Play as Play, Session as Session
    from edgeworth.games.offloading.plots import plot_profile as plot_profile

FAMILY = Family(
    kind="offloading",
    problem=model.OffloadingGame,
    solution=model.Profile,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=lambda game: "pg-brd",
    judge=check.judge,
    rebuild=check.REBUILD,
    from_array=lambda game, array: model.Profile(array),
    examples=tiny_problems,
    late={
        "PLAYS": "learned",
        "Session": "learned",
        "Trajectory": "heuristic",
        "build_model": "exact",
        "pure_equilibria": "exact",
        "trajectory": "heuristic",
    },
    plots=("plot_profile",),
    benchmarks=(
        Benchmark(
            exact=("exact", "lagrangian"),
            heuristic=("local-search", "pg-brd"),
            learned=("wolf-phc", "q-learning", "exp3"),
            smoke=Trial(stop=Stop(seconds=0.7), options={"preset": "fusion", "users": 40}),
            short=Trial(stop=Stop(seconds=4.0), options={"preset": "fusion", "users": 80}, instances=3, seeds=2),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
