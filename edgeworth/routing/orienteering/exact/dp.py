"""Dynamic programming by label setting for one vehicle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.exact.ascent import Ascent
from edgeworth.routing.orienteering.exact.column_generation import (
    ColumnGeneration,
    colony,
    column_generation,
    searched,
    stages,
)
from edgeworth.routing.orienteering.exact.root import GapClosed, OutOfPatience, Point, Root
from edgeworth.routing.orienteering.kernels import labels
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan

_COLONY_FIRST, _COLONY = 30, (300, 1000)  # iterations of eaco-ls before step 2 and in it
_TRIED_LABELS = 100_000  # up to which elementary labels are tried before the state space is enlarged


@dataclass(frozen=True)
class DynamicProgramming:
    """Parameters of `dynamic_programming`.

    Parameters
    ----------
    neighbours : int, >= 0
        Size of every customer's neighbourhood at first.
    labels : int, >= 1
        Most labels kept in one labelling, at about 100 bytes each and as many again waiting.
    patience : int, >= 0
        Labels, over all labellings, that step 1 may take before step 2 takes over; the default is about a second's work.
    """

    neighbours: int = 8
    labels: int = 2_000_000
    patience: int = 150_000

    def __post_init__(self) -> None:
        validation.integer("neighbours", self.neighbours, minimum=0)
        validation.integer("labels", self.labels, minimum=1)
        validation.integer("patience", self.patience, minimum=0)


def dynamic_programming(problem: OrienteeringProblem, params: DynamicProgramming, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Label setting for one vehicle over a relaxed state space that grows where the relaxation repeats customers.

    Parameters
    ----------
    problem : OrienteeringProblem
        The instance.
    params : DynamicProgramming
        First size of the neighbourhoods, the most labels kept, and how long step 1 may take.
    run : Run
        Clock and stop rules of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        A plan and a valid bound; both meet where the termination is PROVED. The bound is recomputed from "ng-routes" where
        L(pi) reaches it and from "listed-routes" where the elementary labels closed the gap, a claim where that is too much
        work, for the checker too, or the run was cut after arcs were eliminated. The run ends as CONVERGED, with a note, when
        more labels would be needed than allowed. ``iterations`` counts pricings, ``evaluations`` labels.

    Notes
    -----
    A label is a partial route: its last customer, time, load, value, and a memory of customers that it must not visit again. Of
    the labels at one customer, one that is no later, no heavier, no worse and remembers no more (customers out of reach aside)
    dominates another.

    1. Relaxation. The memory holds only neighbours of the customers passed (ng-routes), so that a customer may come again.
       Customers carry prices pi_i >= 0, and

           L(pi) = sum_i pi_i + max(0, max { value of r - sum of pi_i over its visits : r an ng-route })

       bounds every route's value. The best prices come from the linear program over the routes found (as in
       `column_generation`); neighbours are added along the cycles of its solution: decremental state-space relaxation, but
       local and with prices.
    2. Long routes. Where step 1 has taken ``patience`` labels, some iterations of "eaco-ls" with a fixed random stream look for
       an incumbent, and L is minimised by cutting planes in a box around the best prices so far, which is moved where L falls
       and resized by how far the model could be trusted. Neighbours are added as soon as the model promises less than half of
       the gap. Whenever the gap has shrunk by a fifth, arcs are eliminated: those that no forward and backward label of the
       relaxation, joined along the arc, bring above the incumbent. From then on customers without a reduced profit stay in the
       network, since the arcs that pass them by may be gone, and bounds hold for better plans alone; for the checker L is
       evaluated once more on the whole network.
    3. Elementary labels. The memory holds all customers passed. A label is dropped when its value, the best completion among
       the backward labels of the relaxation and the prices of all customers it can still visit sum up to no more than the
       incumbent. This is tried with few labels after every enlargement or elimination and with ``labels`` at the end.

    With several vehicles this is the method "column-generation", and the notes say so.

    References
    ----------
    Righini and Salani, Decremental state space relaxation strategies and initialization heuristics for solving the orienteering
    problem with time windows with dynamic programming, Computers & Operations Research 36 (2009). Baldacci, Mingozzi and
    Roberti, New route relaxation and pricing strategies for the vehicle routing problem, Operations Research 59 (2011)
    (ng-routes). Marsten, Hogan and Blankenship, The boxstep method for large-scale optimization, Operations Research 23 (1975).
    Irnich, Desaulniers, Desrosiers and Hadjar, Path-reduced costs for eliminating arcs in routing and scheduling, INFORMS
    Journal on Computing 22 (2010).
    """
    if problem.vehicles > 1:
        found = column_generation(problem, ColumnGeneration(params.neighbours, params.labels), run)
        note = "several vehicles: this is the answer of method 'column-generation'"
        return Found(**{**vars(found), "notes": (note, *found.notes)})
    return searched(Root(problem, run, params.neighbours, params.labels), lambda root: _prove(root, params))


def _prove(root: Root, params: DynamicProgramming) -> str:
    root.patience = params.patience
    try:
        _settle(root)
        done = stages(root, lambda target: _elementary(root, target, params.labels))
    except OutOfPatience:
        done = _ascend(root)
    return "" if done else f"elementary routes need more than {params.labels} labels"


def _settle(root: Root) -> None:
    """Step 1 with the linear program, while that is easy."""
    while True:
        found = root.settle()
        if root.near_enough():
            _elementary(root, root.target, _TRIED_LABELS)
        if not root.enlarge(found):
            break


def _ascend(root: Root) -> bool:
    """Steps 2 and 3; False where the elementary labels are too many."""
    colony(root, _COLONY_FIRST)
    ascent = Ascent(root, lambda target, limit, point: _elementary(root, target, limit, point))
    try:
        ascent.run(lambda turn: colony(root, _COLONY[turn]))
        done = stages(root, lambda target: _elementary(root, target, root.limit, ascent.point))
    except GapClosed:
        done = True
    finally:
        ascent.base.restore()
    if root.closed:
        ascent.certify_at_last()
    return done


def _elementary(root: Root, target: float, limit: int, point: Point | None = None) -> bool:
    """Whether there is a route worth `target`. Takes the best one or lowers the bound; False where the labels are too many.

    point: where the completions and prices come from, by default the best multipliers.
    """
    base, none = root.bases[0], np.zeros(root.n)
    prices, near = point or Point(root.prices, root.certified_near)
    threshold = target - math.fsum(prices.tolist()) - root.tolerance(target)
    if not root.completions(0, threshold, limit, Point(prices, near)):
        return False
    memory = base.memory(None)
    memory[root.n :] = 0  # at the end nothing needs to be remembered
    ahead = base.network(base.reduced(none), base.worthwhile(none), memory)
    least = target - root.tolerance(target)
    labelling = root.forward[0]
    if not labelling.run(ahead, rule=labels.SUBSET, back=root.backward[0], threshold=least, prices=prices, limit=limit):
        return False
    for stops in labelling.routes(50):
        root.offer(stops)
    root.lower(max(root.value, labelling.best(), target - root.grid))
    root.tick()
    return True
