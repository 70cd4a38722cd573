"""Generators of allocation problems: the paper's setting, its hard variants, large random ones, and cities."""

from __future__ import annotations

from os import PathLike

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.datasets.eua import City, fetch_eua, read_eua
from edgeworth.solvers.allocation.model.problem import AllocationProblem
from edgeworth.solvers.allocation.model.system import MecSystem

PRESETS = ("metaverse", "metaverse-code", "hotspot", "large", "melbourne", "melbourne-like")
COVERAGE = 200.0
"""Metres that a site of a city reaches: the smallest round radius at which no EUA user is uncovered."""

_JITTER = 20.0  # metres; (ours) spread of further users around those of the file
_REACH = 10  # (ours) servers that a task of `large` reaches


@validation.by_name
def generate(
    *,
    preset: str = "metaverse",
    servers: int | None = None,
    tasks: int | None = None,
    seed: Seed = None,
    hot: int | None = None,
    sites: str | PathLike[str] | None = None,
    users: str | PathLike[str] | None = None,
    fetch: bool = False,
) -> AllocationProblem:
    """Generate a problem from a preset.

    Parameters
    ----------
    preset : {"metaverse", "metaverse-code", "hotspot", "large", "melbourne", "melbourne-like"}
        See the notes.
    servers, tasks : int, optional
        How many; defaults by preset. ``melbourne`` takes its servers from the file.
    seed : int, SeedSequence or Generator, optional
        The same arguments give the same problem. None: a fresh seed, recorded in the provenance.
    hot : int, optional
        Of ``hotspot``: how many servers all tasks are submitted to, default 2.
    sites, users : path, optional
        Of ``melbourne``: the csv files of the EUA data set.
    fetch : bool
        Of ``melbourne``: download these files.

    Returns
    -------
    AllocationProblem

    Raises
    ------
    ValueError, TypeError
        For arguments out of range, or that the preset does not take.

    Notes
    -----
    - ``metaverse`` (Table I of the MTA paper): 20 servers, 50 tasks; prices U[1, 10], data U[10, 20], capacity
      U[200, 400] x theta, f U[1, 10], deadlines U[1, 100], B, H, G U[5, 10], theta .01, delta .01, sources uniform; alpha .01
      and lambda .1 are ours.
    - ``metaverse-code``: what the authors' published program draws in place of Table I, 20 servers and 50 tasks by default;
      integers throughout, each end included: prices 1..10, data 10..20, deadlines 1..100, f 1..10, theta 1..10 (a server's
      own), capacity 200..400 *cycles*, B, H, G 5..10; alpha 1e-5, lambda .01, delta .001; rates in nats; sources by an equal
      split of the shuffled tasks. There a server holds a handful of tasks, and capacity binds.
    - ``hotspot``: as ``metaverse``, every task submitted to one of the first ``hot`` servers.
    - ``large`` (ours): 1,000 servers, 1,000,000 tasks; a task reaches 10 distinct uniform servers (all, where there are fewer);
      weights U[.1, .2] a pair; values U[1, 10] (a task's price) x weight x (1 + .2 N(0, 1)), at least .1; capacities
      proportional to U[200, 400], in all 60% of the total of the tasks' mean weights.
    - ``melbourne``: servers at the sites of the EUA files; a site covers 200 m, a task is submitted to the nearest site;
      ``tasks`` users: a subset of the file's, or all of them and more by resampling with a normal jitter of 20 m inside the
      coverage (ours); prices, data, servers as in Table I.
    - ``melbourne-like``: the same on a synthetic city of the same statistics, drawn from ``seed`` (125 sites, 816 users by
      default).
    """
    validation.choice("preset", preset, PRESETS)
    given = {"servers": servers, "hot": hot, "sites": sites, "users": users, "fetch": fetch or None}
    takes = {
        "metaverse": {"servers"},
        "metaverse-code": {"servers"},
        "hotspot": {"servers", "hot"},
        "large": {"servers"},
        "melbourne": {"sites", "users", "fetch"},
        "melbourne-like": {"servers"},
    }[preset]
    for name, item in given.items():
        if item is not None and name not in takes:
            validation.reject(name, f"is not taken by preset {preset!r}", item)
    rng, record = generator(seed, INSTANCES)
    n = None if servers is None else validation.integer("servers", servers, minimum=1)
    m = None if tasks is None else validation.integer("tasks", tasks, minimum=1)
    if preset == "large":
        return _large(rng, n or 1_000, m or 1_000_000, record)
    if preset in ("metaverse", "metaverse-code", "hotspot"):
        n, m = n or 20, m or 50
        parameters: dict[str, object] = {"servers": n, "tasks": m}
        if preset == "metaverse-code":
            origin = Provenance("preset", preset, {**parameters, "values": "integers"}, record)
            return AllocationProblem.from_system(_program(rng, n, m), provenance=origin)
        hottest = n
        if preset == "hotspot":
            hottest = validation.integer("hot", min(2, n) if hot is None else hot, minimum=1, maximum=n)
            parameters["hot"] = hottest
        system = _table_one(rng, n, rng.integers(0, hottest, m))
        return AllocationProblem.from_system(system, provenance=Provenance("preset", preset, parameters, record))
    if preset == "melbourne":
        if fetch == (sites is not None or users is not None) or (sites is None) != (users is None):
            rule = "must be given together with users (the EUA csv files), or fetch=True (--fetch) alone downloads both"
            validation.reject("sites", f"of preset 'melbourne' {rule}", (sites, users))
        city = fetch_eua() if sites is None or users is None else read_eua(sites, users)
    else:
        city = _synthetic_city(rng, n or 125, m or 816)
    return _city_problem(rng, preset, city, m or len(city.users), record)


def _table_one(rng: np.random.Generator, servers: int, source: NDArray[np.int64]) -> MecSystem:
    m, theta = len(source), 0.01
    return MecSystem(
        unit_price=rng.uniform(1.0, 10.0, m),
        data_size=rng.uniform(10.0, 20.0, m),
        deadline=rng.uniform(1.0, 100.0, m),
        source=source,
        cycles_per_unit=np.full(servers, theta),
        frequency=rng.uniform(1.0, 10.0, servers),
        energy_coefficient=np.full(servers, 0.01),  # (ours) not in Table I
        capacity=rng.uniform(200.0, 400.0, servers) * theta,
        bandwidth=rng.uniform(5.0, 10.0, servers),
        transmit_power=rng.uniform(5.0, 10.0, servers),
        gain=rng.uniform(5.0, 10.0, servers),
        noise=0.01,
        fee_share=0.1,  # (ours) not in Table I
    )


def _program(rng: np.random.Generator, servers: int, tasks: int) -> MecSystem:
    """The system that the authors' program draws (its files main.py and data_collection.py)."""

    def whole(low: int, high: int, count: int) -> NDArray[np.float64]:
        return rng.integers(low, high, count, endpoint=True).astype(np.float64)

    source = np.zeros(tasks, dtype=np.int64)
    for i, share in enumerate(np.array_split(rng.permutation(tasks), servers)):
        source[share] = i
    return MecSystem(
        unit_price=whole(1, 10, tasks),
        data_size=whole(10, 20, tasks),
        deadline=whole(1, 100, tasks),
        source=source,
        cycles_per_unit=whole(1, 10, servers),
        frequency=whole(1, 10, servers),
        energy_coefficient=np.full(servers, 1e-5),
        capacity=whole(200, 400, servers),
        bandwidth=whole(5, 10, servers),
        transmit_power=whole(5, 10, servers),
        gain=whole(5, 10, servers),
        noise=0.001,
        fee_share=0.01,
        rate_unit="nat",
    )


def _large(rng: np.random.Generator, n: int, m: int, record: int | str | None) -> AllocationProblem:
    reach = min(_REACH, n)
    server = np.sort(rng.integers(0, n, (m, reach)), axis=1)
    twice = np.flatnonzero((np.diff(server, axis=1) == 0).any(axis=1))
    while len(twice):  # whole rows are drawn again, so that every set of distinct servers is equally likely
        server[twice] = np.sort(rng.integers(0, n, (len(twice), reach)), axis=1)
        twice = twice[(np.diff(server[twice], axis=1) == 0).any(axis=1)]
    weight = rng.uniform(0.1, 0.2, (m, reach))
    price = rng.uniform(1.0, 10.0, (m, 1))
    value = np.maximum(price * weight * (1.0 + 0.2 * rng.standard_normal((m, reach))), 0.1)
    share = rng.uniform(200.0, 400.0, n)
    capacity = share / share.sum() * 0.6 * weight.mean(axis=1).sum()
    return AllocationProblem.from_pairs(
        task=np.repeat(np.arange(m), reach),
        server=server.ravel(),
        value=value.ravel(),
        weight=weight.ravel(),
        capacity=capacity,
        tasks=m,
        provenance=Provenance("preset", "large", {"servers": n, "tasks": m}, record),
    )


def _synthetic_city(rng: np.random.Generator, sites: int, users: int) -> City:
    """A city with the statistics of EUA's Melbourne (ours).

    A rectangle of 962 m x 1,866 m, scaled so that the density of sites stays that of 125; a quarter of the sites stand near
    another one (normal, 25 m), users are uniform where covered. Median distances: site to site 43 m in Melbourne, 45 m
    here; user to site 62 m in both; mean number of sites that cover a user 7.6 in both.
    """
    side = np.array([962.0, 1866.0]) * np.sqrt(sites / 125.0)
    place = rng.random((sites, 2)) * side
    twin = np.flatnonzero(rng.random(sites) < 0.25)
    place[twin] = place[rng.integers(0, sites, len(twin))] + rng.normal(0.0, 25.0, (len(twin), 2))
    place = np.clip(place, 0.0, side)
    people = rng.random((users, 2)) * side
    bare = np.flatnonzero(_nearest(people, place)[1] > COVERAGE)
    while len(bare):
        people[bare] = rng.random((len(bare), 2)) * side
        bare = bare[_nearest(people[bare], place)[1] > COVERAGE]
    return City(place, people)


def _city_problem(rng: np.random.Generator, preset: str, city: City, tasks: int, record: int | str | None) -> AllocationProblem:
    people = city.users[_nearest(city.users, city.sites)[1] <= COVERAGE]
    if not len(people):
        validation.reject("users", f"must hold a position within {COVERAGE:g} m of a site", city.users)
    if tasks <= len(people):
        place = people[np.sort(rng.choice(len(people), tasks, replace=False))]
    else:
        anchor = people[rng.integers(0, len(people), tasks - len(people))]
        more = anchor + rng.normal(0.0, _JITTER, anchor.shape)
        bare = np.flatnonzero(_nearest(more, city.sites)[1] > COVERAGE)
        while len(bare):
            more[bare] = anchor[bare] + rng.normal(0.0, _JITTER, (len(bare), 2))
            bare = bare[_nearest(more[bare], city.sites)[1] > COVERAGE]
        place = np.concatenate([people, more])
    task, server = _covering(place, city.sites)
    system = _table_one(rng, len(city.sites), _nearest(place, city.sites)[0])
    parameters = {"servers": len(city.sites), "tasks": tasks, "uncovered_users": len(city.users) - len(people)}
    return AllocationProblem.from_system(
        system, task=task, server=server, provenance=Provenance("preset", preset, parameters, record)
    )


def _distances(places: NDArray[np.float64], sites: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(places[:, None, 0] - sites[None, :, 0], places[:, None, 1] - sites[None, :, 1])


_BLOCK = 20_000  # places at a time: the matrix of distances of a million users to 125 sites would take a gigabyte


def _nearest(places: NDArray[np.float64], sites: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The nearest site of every place and its distance in metres."""
    index, distance = np.zeros(len(places), dtype=np.int64), np.zeros(len(places))
    for begin in range(0, len(places), _BLOCK):
        block = _distances(places[begin : begin + _BLOCK], sites)
        index[begin : begin + _BLOCK] = block.argmin(axis=1)
        distance[begin : begin + _BLOCK] = block.min(axis=1)
    return index, distance


def _covering(places: NDArray[np.float64], sites: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs (place, site) within the coverage."""
    found = []
    for begin in range(0, len(places), _BLOCK):
        place, site = np.nonzero(_distances(places[begin : begin + _BLOCK], sites) <= COVERAGE)
        found.append((place + begin, site))
    return np.concatenate([place for place, _ in found]), np.concatenate([site for _, site in found])
