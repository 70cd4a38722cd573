"""Routes without the way home: a vehicle's route ends at its last customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.routing.orienteering.model.problem import Floats, OrienteeringProblem


def without_return(problem: OrienteeringProblem) -> OrienteeringProblem:
    """The same problem with open routes: no vehicle drives home, as in the FUSION paper.

    Parameters
    ----------
    problem : OrienteeringProblem
        Its ends are dropped, its starts stay.

    Returns
    -------
    OrienteeringProblem
        With one location more, the last one, at which all vehicles end: every way to it has the length and the time 0. The
        problem itself where it has no vehicle.

    Raises
    ------
    TypeError
        For another type.

    Notes
    -----
    A route that ends at its last customer and one that goes on from there for nothing are the same, so this is exact for all
    methods and for the checker, which need no rule of their own. ``latest`` then limits when the service of the last customer
    ends. The ways from the new location, which no route uses, are as long as the longest to each customer, so that no scale
    that a method derives from the matrices changes. For maps it lies where the first vehicle starts; `plot_routes` draws no
    way to it. Its name is "anywhere", or that with as many apostrophes as are needed to tell it from other locations.

    References
    ----------
    FUSION paper, section IV-C2: Algorithm 1 builds a path until no vertex can be visited, and no edge leads back. Li, Golden
    and Wasil, The open vehicle routing problem, Computers & Operations Research 34 (2007).

    Examples
    --------
    >>> from edgeworth.routing import orienteering
    >>> line = orienteering.OrienteeringProblem.from_coordinates(
    ...     [[0, 0], [10, 0]], [15.0], depot="first", latest=10.0, cost_per_distance=1.0, rounding="none"
    ... )
    >>> orienteering.solve(line, method="dp").value, orienteering.solve(without_return(line), method="dp").value
    (0.0, 5.0)
    """
    if not isinstance(problem, OrienteeringProblem):
        validation.reject_type("problem", "must be an OrienteeringProblem", problem)
    if not problem.vehicles:
        return problem
    there = problem.locations
    place, names = problem.coordinates, problem.location_names
    far = _with_end(problem.distance, problem.customers)
    same = np.array_equal(problem.travel_time, problem.distance)
    origin = problem.provenance
    return replace(
        problem,
        distance=far,
        travel_time=far if same else _with_end(problem.travel_time, problem.customers),
        end=np.full(problem.vehicles, there),
        coordinates=None if place is None else np.vstack([place, place[problem.start[0]]]),
        location_names=None if names is None else (*names, _unused(names)),
        provenance=Provenance(origin.source, origin.name, {**origin.parameters, "open_routes": True}, origin.seed),
    )


def _with_end(matrix: Floats, customers: int) -> Floats:
    places = len(matrix)
    found = np.zeros((places + 1, places + 1))
    found[:places, :places] = matrix
    found[places, :customers] = matrix[:, :customers].max(axis=0, initial=0.0)
    return found


def _unused(names: Sequence[str]) -> str:
    name = "anywhere"
    while name in names:
        name += "'"
    return name
