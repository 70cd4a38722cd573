"""(Team) orienteering with time windows, capacities and travel costs: which vehicle visits whom, in which order.

>>> from edgeworth.routing import orienteering
>>> problem = orienteering.generate(vehicles=3, customers=12, preset="fusion", seed=0)
>>> result = orienteering.solve(problem, method="greedy")
>>> bool(orienteering.verify(problem, result))
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
from edgeworth.routing.orienteering import model
from edgeworth.routing.orienteering.check import verify
from edgeworth.routing.orienteering.methods import METHODS
from edgeworth.routing.orienteering.model import (
    PRESETS,
    OrienteeringProblem,
    Route,
    RoutePlan,
    euclidean,
    generate,
    measures,
    plan,
    read_solomon,
    read_toptw,
    value,
    violations,
    visits,
)

if TYPE_CHECKING:
    from edgeworth.routing.orienteering.exact import ColumnGeneration as ColumnGeneration
    from edgeworth.routing.orienteering.exact import DynamicProgramming as DynamicProgramming
    from edgeworth.routing.orienteering.heuristic import Eaco as Eaco
    from edgeworth.routing.orienteering.heuristic import EacoLs as EacoLs
    from edgeworth.routing.orienteering.model.graphs import from_graph as from_graph
    from edgeworth.routing.orienteering.model.graphs import to_graph as to_graph
    from edgeworth.routing.orienteering.plots import plot_routes as plot_routes
    from edgeworth.routing.orienteering.plots import plot_schedule as plot_schedule


_EXACT_CUSTOMERS = 50  # up to here the exact methods end within seconds as a rule


def _auto(problem: OrienteeringProblem) -> str:
    if problem.customers > _EXACT_CUSTOMERS:
        return "eaco-ls"
    return "dp" if problem.vehicles == 1 else "column-generation"


FAMILY = solving.Family(
    kind="orienteering",
    problem=OrienteeringProblem,
    solution=RoutePlan,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=_auto,
)

_LATER = {
    "ColumnGeneration": "exact",
    "DynamicProgramming": "exact",
    "Eaco": "heuristic",
    "EacoLs": "heuristic",
    "from_graph": "model.graphs",
    "plot_routes": "plots",
    "plot_schedule": "plots",
    "to_graph": "model.graphs",
}

__all__ = [
    "FAMILY",
    "METHODS",
    "PRESETS",
    "ColumnGeneration",
    "DynamicProgramming",
    "Eaco",
    "EacoLs",
    "OrienteeringProblem",
    "Route",
    "RoutePlan",
    "euclidean",
    "from_graph",
    "generate",
    "measures",
    "plan",
    "plot_routes",
    "plot_schedule",
    "read_solomon",
    "read_toptw",
    "solve",
    "to_graph",
    "value",
    "verify",
    "violations",
    "visits",
]


__getattr__ = later(__name__, _LATER)


def solve(
    problem: OrienteeringProblem,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: RoutePlan | None = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[RoutePlan]:
    """Solve by one method (`METHODS` lists them; "auto": up to 50 customers dp for
    one vehicle and column-generation for several, eaco-ls beyond).

    method: a name, or a callable ``f(problem, params, run) -> Found`` of your own. stop: when to end (`Stop`). seed: int,
    SeedSequence, Generator or None. start: a feasible plan to start from. params: the method's parameter object. observer:
    told of progress, may ask to stop. threads: how many the method may use. trace: keep how value and bound moved.

    Returns a `Result` whose value is recomputed by the model and whose quality says OPTIMAL only where the bound closes the
    gap. The plan in which all vehicles stay is feasible, so there always is a solution. Raises ValueError or TypeError for
    misuse, among it what the method does not support; a run out of time is a status, not an exception.
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
