"""Orienteering problems for Hypothesis: small enough for brute force, rich in what breaks solvers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core.arrays import Array, Floats
from edgeworth.routing.orienteering.model import OrienteeringProblem
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def orienteering_problems(
    *, min_customers: int = 0, max_customers: int = 4, min_vehicles: int = 0, max_vehicles: int = 2, integral: bool = False
) -> SearchStrategy[OrienteeringProblem]:
    """Problems with few customers and vehicles, degenerate ones among them.

    Places on a small grid (so several may share a point) or distances of any kind, neither symmetric nor triangular; windows
    that bind, that are a point, that nobody reaches; capacities from 0 to infinity; profits of both signs, by vehicle or
    common; depots shared or not, ends other than starts; travel costs and speeds. All numbers are short in binary and speeds
    powers of 2, so that rounding decides nothing.

    Parameters
    ----------
    min_customers, max_customers, min_vehicles, max_vehicles : int
        The range of sizes.
    integral : bool
        Whole profits and no costs.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    @st.composite
    def build(draw: DrawFn) -> OrienteeringProblem:
        n, m = draw(st.integers(min_customers, max_customers)), draw(st.integers(min_vehicles, max_vehicles))
        depots = draw(st.integers(1, 2)) if m else draw(st.integers(0, 1))
        places = n + depots

        def listed(entry: SearchStrategy[float], length: int) -> Array:
            return np.array(draw(st.lists(entry, min_size=length, max_size=length)))

        def numbers(entry: SearchStrategy[float], *shape: int) -> Floats:
            return listed(entry, int(np.prod(shape))).astype(np.float64).reshape(shape)

        quarter = st.integers(0, 32).map(lambda k: k / 4)
        if draw(st.booleans()):
            spots = numbers(st.integers(0, 4), places, 2)
            distance = np.abs(spots[:, None] - spots[None]).sum(axis=2)  # along the grid: exact in binary
        else:
            spots, distance = None, numbers(quarter, places, places)
            np.fill_diagonal(distance, 0.0)
        travel_time = distance
        if draw(st.booleans()):
            travel_time = distance + numbers(st.sampled_from([0.0, 0.0, 0.5, 2.0]), places, places)
            np.fill_diagonal(travel_time, 0.0)
        opens = numbers(st.integers(0, 12), n)
        width = numbers(st.sampled_from([0.0, 1.0, 4.0, 30.0]), n)
        by_vehicle = draw(st.booleans())
        profit = numbers(
            st.integers(-2, 12) if integral else st.integers(-8, 48).map(lambda k: k / 4), m if by_vehicle else 1, n
        )
        cost = st.just(0.0) if integral else st.sampled_from([0.0, 0.0, 0.125, 1.0])
        depot = st.sampled_from(range(n, places)) if m else st.nothing()
        start = listed(depot, m).astype(np.int64)
        end = listed(depot, m).astype(np.int64) if draw(st.booleans()) else start
        earliest = numbers(st.sampled_from([0.0, 0.0, 3.0, -2.0]), m)
        return OrienteeringProblem(
            distance=distance,
            travel_time=travel_time,
            profit=np.ascontiguousarray(np.broadcast_to(profit, (m, n))),
            demand=numbers(st.integers(0, 4), n),
            open=opens,
            close=opens + width,
            service_time=numbers(st.sampled_from([0.0, 0.0, 1.0, 2.5]), n),
            service_cost=numbers(st.sampled_from([0.0, 0.0, 1.0]), n),
            start=start,
            end=end,
            speed=numbers(st.sampled_from([1.0, 1.0, 2.0, 0.5]), m),
            capacity=numbers(st.sampled_from([np.inf, np.inf, 0.0, 3.0, 6.0]), m),
            cost_per_distance=numbers(cost, m),
            cost_per_time=numbers(cost, m),
            earliest=earliest,
            latest=earliest + numbers(st.sampled_from([0.0, 8.0, 20.0, 60.0]), m),
            coordinates=spots,
        )

    return build()


def route_sequences(problem: OrienteeringProblem) -> SearchStrategy[list[list[int]]]:
    """Any sequences of the right shape, one a vehicle: feasible or late, overloaded or with customers visited twice.

    Parameters
    ----------
    problem : OrienteeringProblem
        The problem.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    require_hypothesis()
    from hypothesis import strategies as st

    n, m = problem.customers, problem.vehicles
    if not n or not m:
        return st.just([[] for _ in range(m)])
    once = st.permutations(range(n)).flatmap(
        lambda order: st.lists(st.integers(0, n), min_size=m, max_size=m).map(
            lambda cuts: [list(order[a:b]) for a, b in zip([0, *sorted(cuts)][:m], sorted(cuts), strict=True)]
        )
    )
    often = st.lists(st.lists(st.integers(0, n - 1), max_size=4), min_size=m, max_size=m)
    return st.one_of(once, once, often)
