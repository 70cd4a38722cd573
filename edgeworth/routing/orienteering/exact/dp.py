"""Dynamic programming by label setting for one vehicle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.exact.column_generation import (
    ColumnGeneration,
    column_generation,
    searched,
    stages,
)
from edgeworth.routing.orienteering.exact.root import Root
from edgeworth.routing.orienteering.kernels import labels
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan

_TRIED_LABELS = 100_000  # up to which elementary labels are tried before the state space is enlarged


@dataclass(frozen=True)
class DynamicProgramming:
    """Parameters of `dynamic_programming`.

    neighbours: customers that each customer remembers at first, >= 0. labels: most labels kept in one labelling, >= 1 (about
    100 bytes each, and as many again waiting).
    """

    neighbours: int = 8
    labels: int = 2_000_000

    def __post_init__(self) -> None:
        validation.integer("neighbours", self.neighbours, minimum=0)
        validation.integer("labels", self.labels, minimum=1)


def dynamic_programming(problem: OrienteeringProblem, params: DynamicProgramming, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Label setting with a relaxed state space that grows where the relaxation repeats customers, for one vehicle.

    A label is a partial route: its last customer, time, load, value, and a memory of customers that it must not visit
    again; of labels at one customer, one that is no later, no heavier, no worse and remembers no more (customers out of reach
    aside) makes another superfluous.

    1. Relaxation: the memory holds only neighbours of the customers passed (ng-routes), so that a customer may come again; to
       come again costs, since customers carry prices pi_i >= 0, and

           L(pi) = sum_i pi_i + max(0, max { value of r - sum of pi_i over its visits : r an ng-route })

       bounds every route's value. The best prices come from the LP over the routes found (as in `column_generation`);
       neighbours are added along the cycles of its solution: decremental state-space relaxation, but local and with prices.
    2. Elementary labels: the memory holds all customers passed. A label is dropped when its value, the best completion among
       the backward labels of the relaxation and the prices of all customers it can still visit sum up to no more than the
       incumbent. Tried after every enlargement with few labels, at the end with ``labels``.

    With several vehicles this is the method "column-generation", and the notes say so; without any nothing moves.

    Guarantee: optimal where PROVED; otherwise, also when the clock cuts, the bound is valid. Evidence: recomputed, by the
    certificate "ng-routes" where L(pi) reaches the bound, on the grid of values where these are whole, by "listed-routes" where
    step 2 closed the gap (see `column_generation`); claimed where that is too much work, or the run was cut.
    Ends as CONVERGED, with a note, when more labels would be needed than allowed. Iterations: pricings; evaluations: labels.
    Source: Righini and Salani, Decremental state space relaxation strategies and initialization heuristics for solving the
    orienteering problem with time windows with dynamic programming, Computers & Operations Research 36 (2009); Baldacci,
    Mingozzi and Roberti, Operations Research 59 (2011) (ng-routes).
    """
    if problem.vehicles > 1:
        found = column_generation(problem, ColumnGeneration(params.neighbours, params.labels), run)
        note = "several vehicles: this is the answer of method 'column-generation'"
        return Found(**{**vars(found), "notes": (note, *found.notes)})
    return searched(Root(problem, run, params.neighbours, params.labels), lambda root: _prove(root, params))


def _prove(root: Root, params: DynamicProgramming) -> str:
    while True:
        found = root.settle()
        if root.near_enough():
            _elementary(root, root.target, _TRIED_LABELS)
        if not root.enlarge(found):
            break
    if not stages(root, lambda target: _elementary(root, target, params.labels)):
        return f"elementary routes need more than {params.labels} labels"
    return ""


def _elementary(root: Root, target: float, limit: int) -> bool:
    """Is there a route worth `target`? Takes the best one or lowers the bound; False where the labels are too many."""
    base, none = root.bases[0], np.zeros(root.n)
    if not root.completions(0, root.threshold(0, target), limit):
        return False
    memory = base.memory(None)
    memory[root.n :] = 0  # at the end nothing needs to be remembered
    ahead = base.network(base.reduced(none), base.worthwhile(none), memory)
    least = target - root.tolerance(target)
    labelling = root.forward[0]
    if not labelling.run(ahead, rule=labels.SUBSET, back=root.backward[0], threshold=least, prices=root.prices, limit=limit):
        return False
    for stops in labelling.routes(50):
        root.offer(stops)
    root.lower(max(root.value, labelling.best(), target - root.grid))
    root.tick()
    return True
