"""Multi-task allocation (MTA): which server computes which task, under capacities and deadlines.

>>> from edgeworth.solvers import allocation
>>> problem = allocation.generate(servers=4, tasks=12, preset="hotspot", seed=0)
>>> result = allocation.solve(problem, method="greedy")
>>> bool(allocation.verify(problem, result))
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
from edgeworth.solvers.allocation import model
from edgeworth.solvers.allocation.check import verify
from edgeworth.solvers.allocation.methods import METHODS
from edgeworth.solvers.allocation.model import (
    PRESETS,
    AllocationProblem,
    Assignment,
    MecSystem,
    dual_bound,
    generate,
    measures,
    read_gap,
    read_multiple_knapsack,
    read_npz,
    server_utilities,
    value,
    violations,
)

if TYPE_CHECKING:
    from edgeworth.solvers.allocation.bounds import Lagrangian as Lagrangian
    from edgeworth.solvers.allocation.exact import Exact as Exact
    from edgeworth.solvers.allocation.exact import to_vipr as to_vipr
    from edgeworth.solvers.allocation.heuristic import LocalSearch as LocalSearch
    from edgeworth.solvers.allocation.heuristic import RegretGreedy as RegretGreedy
    from edgeworth.solvers.allocation.learned import QLearning as QLearning

_EXACT_PAIRS = 200_000  # up to here the LP, and with it the tree, is a matter of seconds


def _auto(problem: AllocationProblem) -> str:
    return "exact" if problem.pairs <= _EXACT_PAIRS else "lagrangian"


FAMILY = solving.Family(
    kind="allocation",
    problem=AllocationProblem,
    solution=Assignment,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=_auto,
)

SETTING = "edgeworth.solvers.allocation.incentives"
"""Where the auditor finds what it asks of this family."""

_LATER = {
    "Exact": "exact",
    "Lagrangian": "bounds",
    "LocalSearch": "heuristic",
    "QLearning": "learned",
    "RegretGreedy": "heuristic",
    "to_vipr": "exact",
}

__all__ = [
    "FAMILY",
    "METHODS",
    "PRESETS",
    "SETTING",
    "AllocationProblem",
    "Assignment",
    "Exact",
    "Lagrangian",
    "LocalSearch",
    "MecSystem",
    "QLearning",
    "RegretGreedy",
    "dual_bound",
    "generate",
    "measures",
    "read_gap",
    "read_multiple_knapsack",
    "read_npz",
    "server_utilities",
    "solve",
    "to_vipr",
    "value",
    "verify",
    "violations",
]


__getattr__ = later(__name__, _LATER)


def solve(
    problem: AllocationProblem,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: Assignment | None = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[Assignment]:
    """Solve by one method (`METHODS` lists them; "auto": exact up to 200,000 pairs, lagrangian beyond).

    method: a name, or a callable ``f(problem, params, run) -> Found`` of your own. stop: when to end (`Stop`). seed: int,
    SeedSequence, Generator or None. start: a feasible assignment to start from. params: the method's parameter object, e.g.
    ``QLearning(episodes=100)``. observer: told of progress, may ask to stop. threads: how many the method may use. trace:
    keep how value and bound moved.

    Returns a `Result` whose value is recomputed by the model and whose quality says OPTIMAL only where the bound closes the
    gap. Raises ValueError or TypeError for misuse, among it what the method does not support; an infeasible problem or a
    run out of time is a status, not an exception.
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
