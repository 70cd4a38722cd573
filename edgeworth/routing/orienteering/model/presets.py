"""Generators of orienteering problems: the FUSION setting, and random instances like the public ones."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.routing.orienteering.model.problem import OrienteeringProblem
from edgeworth.routing.orienteering.model.returning import without_return

PRESETS = ("fusion", "random")

SIDE = 1_000.0  # metres; this and all numbers below are (ours): the text of the FUSION paper lost its own
HORIZON = 3_600.0  # seconds
SPEED = 10.0  # metres a second
MOVING_POWER = 50.0  # watts
ENERGY_PRICE = 0.002  # money a joule
SECONDS_PER_TASK = 20.0  # of service
USERS_PER_UAV = 5  # tasks that one UAV serves on a tour


@validation.by_name
def generate(
    *,
    preset: str = "fusion",
    vehicles: int | None = None,
    customers: int | None = None,
    open_routes: bool = False,
    seed: Seed = None,
) -> OrienteeringProblem:
    """Generate a problem from a preset.

    Parameters
    ----------
    preset : {"fusion", "random"}
        See the notes.
    vehicles, customers : int, optional
        How many, >= 0; default 5 and 16 for ``fusion``, 2 and 100 for ``random``.
    open_routes : bool
        Whether routes end at the last customer (`without_return`), which is the paper's reading; by default vehicles come home.
    seed : int, SeedSequence or Generator, optional
        The same arguments give the same problem. None: a fresh seed, recorded in the provenance.

    Returns
    -------
    OrienteeringProblem

    Raises
    ------
    ValueError, TypeError
        For arguments out of range.

    Notes
    -----
    - ``fusion``: vehicles that carry UAVs visit edge servers with forecast overload, in metres, seconds and units of money; all
      numbers are ours, the paper's text lost them. Places uniform in a square of 1,000 m, every vehicle at a depot of its own
      to which it returns within 3,600 s; windows open U[0, 3000] and last U[400, 1200] s; speed 10 m/s; driving costs
      50 W x .002 per joule = .1 a second. Server i asks for q_i U{4..12} tasks, 20 s of service each, and pays r_i U[1, 3] a
      task (its historical average payment); vehicle k has U{2..4} UAVs for 5 users each, hence a capacity of 10, 15 or 20
      tasks, and a unit cost c_k U[.3, 1.2] a task, for flying, computing and depreciation: the profit is (r_i - c_k) q_i,
      another one for every vehicle. A window may close after the horizon; the return still binds.
    - ``random`` (ours): instances like the random ones of the public benchmark. Places uniform in a square of 100 with one
      depot in the middle, distances truncated to one decimal, profits U{1..50}, service 10, return within 240; windows of width
      U[10, 60] open uniformly between 0 and 230 less the width; no cost, no capacity.
    """
    validation.choice("preset", preset, PRESETS)
    default = {"fusion": (5, 16), "random": (2, 100)}[preset]
    m = default[0] if vehicles is None else validation.integer("vehicles", vehicles, minimum=0)
    n = default[1] if customers is None else validation.integer("customers", customers, minimum=0)
    rng, record = generator(seed, INSTANCES)
    parameters: dict[str, object] = {"vehicles": m, "customers": n}
    make = {"fusion": _fusion, "random": _random}[preset]
    problem = make(rng, m, n, Provenance("preset", preset, parameters, record))
    return without_return(problem) if validation.flag("open_routes", open_routes) else problem


def _fusion(rng: np.random.Generator, m: int, n: int, provenance: Provenance) -> OrienteeringProblem:
    place = rng.uniform(0.0, SIDE, (n + m, 2))
    opens = rng.uniform(0.0, 3_000.0, n)
    width = rng.uniform(400.0, 1_200.0, n)
    demand = rng.integers(4, 13, n)
    payment = rng.uniform(1.0, 3.0, n)
    uavs = rng.integers(2, 5, m)
    unit_cost = rng.uniform(0.3, 1.2, m)
    depot = np.arange(n, n + m)
    return OrienteeringProblem.from_coordinates(
        place,
        (payment[None, :] - unit_cost[:, None]) * demand,
        opens,
        opens + width,
        rounding="none",
        latest=HORIZON,
        vehicles=m,
        demand=demand,
        service_time=SECONDS_PER_TASK * demand,
        start=depot,
        end=depot,
        speed=SPEED,
        capacity=uavs * USERS_PER_UAV,
        cost_per_time=MOVING_POWER * ENERGY_PRICE,
        provenance=provenance,
    )


def _random(rng: np.random.Generator, m: int, n: int, provenance: Provenance) -> OrienteeringProblem:
    place = np.vstack([rng.uniform(0.0, 100.0, (n, 2)), [[50.0, 50.0]]])
    profit = rng.integers(1, 51, n)
    width = rng.uniform(10.0, 60.0, n)
    opens = rng.uniform(0.0, 230.0 - width)
    return OrienteeringProblem.from_coordinates(
        place,
        profit,
        opens,
        opens + width,
        rounding="trunc1",
        depot="last",
        latest=240.0,
        vehicles=m,
        service_time=10.0,
        provenance=provenance,
    )
