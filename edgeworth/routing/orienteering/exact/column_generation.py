"""Column generation over ng-routes, and the proof by listing the routes that a better plan may hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.routing.orienteering.exact.evidence import proved
from edgeworth.routing.orienteering.exact.labelling import RunEnded
from edgeworth.routing.orienteering.exact.master import Column
from edgeworth.routing.orienteering.exact.root import GapClosed, Root, TooManyLabels
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan

_TRIED_LABELS, _TRIED_ROUTES = 200_000, 3_000  # up to which the routes of better plans are listed after each round
_NODES = 50  # of HiGHS's tree when it only looks for a plan
_PICKED = 400  # columns that it is offered
_DIVES = 3  # when plans are looked for,
_COLONY_FIRST, _COLONY, _COLONY_LAST = 100, 30, 300  # iterations of eaco-ls
_FALLEN = 0.998  # which is when the bound has fallen to this share of what it was the last time
_STEP = 1e-4  # how far below the bound the first target lies where values have no grid


@dataclass(frozen=True)
class ColumnGeneration:
    """Parameters of `column_generation`.

    Parameters
    ----------
    neighbours : int, >= 0
        Size of every customer's neighbourhood at first.
    labels : int, >= 1
        Most labels kept in one labelling, at about 100 bytes each and as many again waiting.
    routes : int, >= 1
        Most routes enumerated for the integer master.
    """

    neighbours: int = 8
    labels: int = 2_000_000
    routes: int = 60_000

    def __post_init__(self) -> None:
        validation.integer("neighbours", self.neighbours, minimum=0)
        validation.integer("labels", self.labels, minimum=1)
        validation.integer("routes", self.routes, minimum=1)


def column_generation(problem: OrienteeringProblem, params: ColumnGeneration, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Column generation over routes priced by label setting, closed by enumeration of the routes that a better plan could use.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance.
    params : ColumnGeneration
        First size of the neighbourhoods, the most labels kept and the most routes enumerated.
    run : Run
        Clock and stop rules of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        A plan and a valid bound; both meet where the termination is PROVED. The bound is recomputed from "ng-routes" (prices,
        neighbourhoods and largest reduced values) where L(pi) reaches it, and from "listed-routes" (the same and a small tree
        over the routes of better plans, whose leaves carry multipliers of their own) where step 3 closed the gap; it is a claim
        where that tree would be too large, or the run was cut after step 3 had begun. The run ends as CONVERGED, with a note,
        when more labels or routes would be needed than allowed. ``iterations`` counts pricings.

    Notes
    -----
    1. Column generation. The restricted master (HiGHS) gives multipliers pi_i >= 0 of "customer i at most once"; routes of
       positive reduced value are found by label setting, first heuristically (elementary routes, dominance by time and value
       alone), then exactly over ng-routes: forward labels with bounds from backward labels without memory. Exact pricing uses
       prices between the multipliers of the master and the best ones so far (smoothing). Each pricing gives the bound

           L(pi) = sum_i pi_i + sum_k max(0, max { reduced value of r : r an ng-route of vehicle k }),

       rounded down to the grid of values where driving is free and profits are whole.
    2. Dynamic ng-routes. Neighbours are added along the cycles in the routes of the master's solution until there are none.
    3. Enumeration. A plan worth at least t holds only routes whose reduced value exceeds t - L(pi) + the largest reduced value
       of their vehicle. Those are enumerated by label setting (completion bounds; of routes over the same customers to the same
       stop only the undominated), and HiGHS chooses among them. t comes down from the bound to the next value above the
       incumbent; without a plan that good the bound falls below t. This stands in for branching.

    Identical vehicles are one type with a number; others are priced one by one. Incumbents come from the start, greedy
    insertion, the routes of the master (diving, and the integer master over the best of them) and, where the linear program
    does not settle it, some iterations of "eaco-ls" with a fixed random stream. The clock changes the answer only by ending the
    run.

    References
    ----------
    Baldacci, Mingozzi and Roberti, New route relaxation and pricing strategies for the vehicle routing problem, Operations
    Research 59 (2011) (ng-routes, enumeration). Roberti and Mingozzi, Dynamic ng-path relaxation for the delivery man problem,
    Transportation Science 48 (2014). Pessoa, Sadykov, Uchoa and Vanderbeck, INFORMS J. Comput. 30 (2018) (smoothing).
    """
    return searched(Root(problem, run, params.neighbours, params.labels), lambda root: _prove(root, params))


def searched(root: Root, prove: Callable[[Root], str]) -> Found[RoutePlan]:
    """Run a proof and pack what it found, however it ends. prove: returns why it gave up, "" where it did not."""
    notes: tuple[str, ...] = ()
    try:
        root.tick()
        gave_up = prove(root)
        ending = Termination.PROVED if root.closed else Termination.CONVERGED
        notes = (gave_up,) if gave_up and not root.closed else ()
    except GapClosed:
        ending = Termination.PROVED
    except RunEnded as ended:
        ending = Termination.PROVED if root.closed else ended.reason
    except TooManyLabels:
        ending = Termination.CONVERGED
        notes = (f"the relaxation needs more than {root.limit} labels: the bound is the best before",)
    root.run.tick(root.rounds, root.value, root.bound)
    bound, evidence, certificate = proved(root)
    return Found(
        plan(root.problem, root.sequences),
        ending,
        bound=bound,
        evidence=evidence,
        certificate=certificate,
        iterations=root.rounds,
        evaluations=root.made,
        notes=notes,
    )


def _prove(root: Root, params: ColumnGeneration) -> str:
    looked_at = math.inf  # the bound when plans were last looked for
    while True:
        found = root.settle()
        if root.root_bound < _FALLEN * looked_at:
            colony(root, _COLONY_FIRST if looked_at == math.inf else _COLONY)
            looked_at = root.root_bound
            for skipped in range(_DIVES):
                root.dive(skipped)
            root.pick(root.promising(found, _PICKED), nodes=_NODES)
        if root.near_enough():
            _listed(root, root.target, _TRIED_LABELS, _TRIED_ROUTES)
        if not root.enlarge(found):
            break
    colony(root, _COLONY_LAST)
    if not stages(root, lambda target: _listed(root, target, params.labels, params.routes)):
        return f"the routes of better plans are more than {params.routes}, or take more than {params.labels} labels"
    return ""


class _StopWith(Observer):
    """Ends the colony's run when the run it belongs to must end."""

    def __init__(self, run: Run[RoutePlan]) -> None:
        self._run = run

    def on_progress(self, progress: Progress) -> bool:
        return self._run.tick(0) is not None


def colony(root: Root, iterations: int) -> None:
    """So many iterations of `eaco-ls` from the best plan, always with the same random numbers."""
    from edgeworth.routing.orienteering.heuristic import (  # kernels of their own, not needed by small problems
        EacoLs,
        ant_colony_local_search,
    )

    root.tick()
    run = Run[RoutePlan](
        sense="max",
        stop=Stop(iterations=iterations),
        rng=np.random.default_rng(0),
        observer=_StopWith(root.run),
        start=plan(root.problem, root.sequences),
    )
    found = ant_colony_local_search(root.problem, EacoLs(), run).solution
    if found is not None:
        root.propose([stops.tolist() for stops in found.sequences])
    root.tick()


def stages(root: Root, settle: Callable[[float], bool]) -> bool:
    """Ask for plans worth a target, from just below the bound downwards in steps that double, until a plan reaches it or the
    next value above the incumbent was asked for: few routes reach a high target. settle: takes such a plan or lowers the
    bound below the target; False where that is too much work. False where it is too much even for the smallest step."""
    unit = root.grid or _STEP * abs(root.bound)
    step = unit
    while not root.closed:
        target = max(root.target, root.bound - step + root.grid)
        before = root.value, root.bound
        if settle(target):
            if target <= root.target and (root.value, root.bound) == before:
                return True  # asked for everything that is better than the best plan: rounding alone is between them
            step *= 2.0
        elif step > unit:
            step = unit
        else:
            return False
    return True


def _listed(root: Root, target: float, limit: int, most: int) -> bool:
    """List the routes of plans worth `target` and choose among them; False where they are too many."""
    columns = root.routes_for(target, limit, most)
    if columns is not None:
        _choose(root, columns, target)
    return columns is not None


def _choose(root: Root, columns: list[Column], target: float) -> None:
    """The best plan of all routes that one worth `target` may hold; without a plan that good the bound falls below it."""
    choice = root.pick(columns, target=target)
    if choice.proved:
        root.lower(max(root.value, choice.bound, target - root.grid))
    root.tick()
