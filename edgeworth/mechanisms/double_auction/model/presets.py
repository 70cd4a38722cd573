"""Generators of double auctions."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.datasets.eua import read_eua
from edgeworth.mechanisms.double_auction.model.market import Market
from edgeworth.mechanisms.double_auction.model.routes import Routes

PRESETS = ("unit", "multi-unit", "fusion", "melbourne")
"""What `generate` can make."""

SIDE, HORIZON, SPEED = (
    1_000.0,
    3_600.0,
    10.0,
)  # metres, seconds, m/s; this and all numbers below are (ours): the paper lost them
TRAVEL_COST = 50.0 * 0.002  # moving 50 W at .002 money a joule
DEPRECIATION = 0.5  # money a tour
SERVICE = 20.0  # seconds a task
HISTORY = (1.0, 3.0)  # money a task: the range of what edge servers earned


@validation.by_name
def generate(
    *,
    preset: str = "fusion",
    buyers: int | None = None,
    sellers: int | None = None,
    seed: Seed = None,
    sites: str | PathLike[str] | None = None,
) -> Market:
    """Generate a market.

    Parameters
    ----------
    preset
        ``"unit"``, ``"multi-unit"``, ``"fusion"`` or ``"melbourne"``, see below.
    buyers, sellers
        How many; None: as the preset says.
    seed
        An int, SeedSequence, Generator or None (fresh, recorded). The same arguments give the same market.
    sites
        Path of the EUA site file; for ``melbourne``, and for no other preset.

    Returns
    -------
    Market

    Raises
    ------
    ValueError, TypeError
        For arguments out of range or that the preset does not take.

    Notes
    -----
    ``unit`` (default 10 + 10): bids and asks U[0, 10], unit demands and capacities. ``multi-unit`` (5 + 3): bids U[2, 10], asks
    U[1, 8], demands U{1..5}, capacities U{4..13}, a plain market.
    ``fusion`` (8 + 5), routed, all numbers (ours): places uniform in a square of 1,000 m; windows open U[0, 3000] s and last
    U[400, 1200]; return by 3,600 s at 10 m/s; demand U{4..12} tasks of 20 s; bids U[1, 3] a task; 2-4 UAVs for 5 users
    each, so a capacity of 10, 15 or 20 tasks; asks U[.3, 1.2] a task for flying (5-20 s at 30 W) and computing; driving 50 W x
    .002 per joule = .1 a second; depreciation .5 a vehicle that leaves. The public history of bids is (1, 3).
    ``melbourne``: the same, buyers at the base stations of the EUA file ``sites`` (all 125, or that many drawn), 80 sellers.

    Examples
    --------
    >>> market = generate(preset="multi-unit", seed=0)
    >>> market.buyers, market.sellers, market.unit
    (5, 3, False)
    """
    validation.choice("preset", preset, PRESETS)
    if (sites is not None) != (preset == "melbourne"):
        validation.reject("sites", "must be given for preset 'melbourne' (the EUA site file), and for no other", sites)
    rng, record = generator(seed, INSTANCES)
    default = {"unit": (10, 10), "multi-unit": (5, 3), "fusion": (8, 5), "melbourne": (125, 80)}[preset]
    n = default[0] if buyers is None else validation.integer("buyers", buyers, minimum=0)
    m = default[1] if sellers is None else validation.integer("sellers", sellers, minimum=0)
    origin = Provenance("preset", preset, {"buyers": n, "sellers": m}, record)
    if preset == "unit":
        bid, ask = rng.uniform(0.0, 10.0, n), rng.uniform(0.0, 10.0, m)
        return Market(bid=bid, ask=ask, history=(0.0, 10.0), provenance=origin)
    if preset == "multi-unit":
        return Market(
            bid=rng.uniform(2.0, 10.0, n),
            ask=rng.uniform(1.0, 8.0, m),
            demand=rng.integers(1, 6, n),
            capacity=rng.integers(4, 14, m),
            history=(2.0, 10.0),
            provenance=origin,
        )
    if sites is None:
        place, depot = rng.uniform(0.0, SIDE, (n, 2)), rng.uniform(0.0, SIDE, (m, 2))
    else:
        place, depot = _city(rng, sites, n, m)
    return _fusion(rng, place, depot, origin)


def _city(rng: np.random.Generator, sites: Any, n: int, m: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    city = read_eua(sites, sites).sites
    if n > len(city):
        validation.reject("buyers", f"must be at most the {len(city)} stations of the file", n)
    low, high = city.min(axis=0), city.max(axis=0)
    return city[np.sort(rng.choice(len(city), n, replace=False))], rng.uniform(low, high, (m, 2))


def _fusion(rng: np.random.Generator, place: NDArray[np.float64], depot: NDArray[np.float64], origin: Provenance) -> Market:
    n, m = len(place), len(depot)
    opens = rng.uniform(0.0, 3_000.0, n)
    width = rng.uniform(400.0, 1_200.0, n)
    demand = rng.integers(4, 13, n)
    routes = Routes(
        place=place,
        depot=depot,
        opens=opens,
        closes=opens + width,
        service_time=(SERVICE * demand).astype(np.float64),
        speed=np.full(m, SPEED),
        latest=np.full(m, HORIZON),
        travel_cost=np.full(m, TRAVEL_COST),
        depreciation=np.full(m, DEPRECIATION),
    )
    return Market(
        bid=rng.uniform(*HISTORY, n),
        ask=rng.uniform(0.3, 1.2, m),
        demand=demand,
        capacity=5 * rng.integers(2, 5, m),
        routes=routes,
        history=HISTORY,
        provenance=origin,
    )
