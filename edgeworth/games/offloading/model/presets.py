"""Generators of offloading games: random ones of any size, the paper's setting, Melbourne."""

from __future__ import annotations

from os import PathLike

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.datasets.eua import City, fetch_eua, read_eua
from edgeworth.games.offloading.model.game import REGIMES, Floats, Ints, OffloadingGame, Regime
from edgeworth.games.offloading.model.system import LOCAL, EdgeSystem, Local, decibels, game_of_system

PRESETS = ("fusion", "melbourne", "random")
COVERAGE = {"fusion": 300.0, "melbourne": 200.0}
"""Metres that a provider reaches (ours)."""

_SIDE = 1_000.0  # metres; but for the sizes of Melbourne the numbers here are ours, because the paper's text lost its own
_REACH = 10  # providers that a user of ``random`` reaches
_JITTER = 20.0  # metres, standard deviation around a user of the file
_BLOCK = 20_000  # users whose distances are held at once


@validation.by_name
def generate(
    *,
    preset: str = "fusion",
    users: int | None = None,
    providers: int | None = None,
    agents: int | None = None,
    seed: Seed = None,
    regime: Regime = "linearised",
    local: Local | None = None,
    reach: int | None = None,
    prices: bool | None = None,
    provider_cost: bool | None = None,
    identical: bool | None = None,
    sites: str | PathLike[str] | None = None,
    positions: str | PathLike[str] | None = None,
    fetch: bool = False,
) -> OffloadingGame:
    """Generate a game. All numbers but the sizes of ``melbourne`` are ours: the paper's text lost its own.

    Parameters
    ----------
    preset : str
        "fusion", "melbourne" or "random"; see the notes.
    users, providers : int, optional
        At least 1; by default those of the preset. ``melbourne`` takes its providers from the file.
    agents : int, optional
        Vehicles with UAVs, at least 0; not of ``random``.
    seed : int, SeedSequence or Generator, optional
        A fresh one, recorded in the provenance, without it.
    regime : {"linearised", "soft-deadline", "floored"}
        See `OffloadingGame`.
    local : {"zero", "reward"}, optional
        Not of ``random``: local execution is worth 0 (the paper), or a machine that meets its deadline locally earns R.
    reach : int, optional
        Of ``random``: providers that a user reaches, at least 1; 10 without it.
    prices, provider_cost, identical : bool, optional
        Of ``random``: prices U[.1, .5] a pair; cost rates U[.1, .3]; w = C = 1 for all users. Default: no.
    sites, positions : str or path, optional
        Of ``melbourne``: the EUA files of sites and of users.
    fetch : bool
        Of ``melbourne``: download the files instead.

    Returns
    -------
    OffloadingGame
        The same arguments give the same game.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range or that the preset does not take.

    Notes
    -----
    ``random``: ``users`` (1,000) x ``providers`` (20); each user reaches ``reach`` distinct uniform providers; base U[0, 3] a
    pair; w, C U[.5, 2]; s = 1; F U[.5, 2] x users / providers; half of the users are machines with tau U[.5, 1.5] (their gain
    is such that the linearised base is the one drawn); local delay C.
    ``fusion``: a square of 1,000 m with ``providers`` (12) edge servers and ``agents`` (6) vehicles with 2 to 4 UAVs each at
    random servers; ``users`` (170, half humans, half machines) uniform where a server is within 300 m. Servers 10-20
    Gcycle/s, 20 W, caps 20-30; UAVs 2-5 Gcycle/s, 10 W, cap 5, SNR + 5 dB; local .5-1 Gcycle/s, kappa 1e-27; data .5-2 Mbit,
    500-1,000 cycles a bit; 1 MHz, SNR 15-25 dB; P .1-.5 W; w .5-2; a 2-5, b .5-1.5, R 5-10, deadlines 1-3 s; prices .1-.5;
    energy .01 a joule.
    ``melbourne``: the same numbers on the EUA sites and user positions, coverage 200 m, ``users`` (1,800): a subset of the
    file's, or resampled with a jitter of 20 m; ``agents`` (80). The paper's sizes: 125 servers, which is all sites of the file,
    900 humans, 900 machines, 80 vehicles.
    """
    validation.choice("preset", preset, PRESETS)
    validation.choice("regime", regime, REGIMES)
    given = {
        "providers": providers, "agents": agents, "local": local, "reach": reach, "prices": prices, "identical": identical,
        "provider_cost": provider_cost, "sites": sites, "positions": positions, "fetch": fetch or None,
    }  # fmt: skip
    takes = {
        "random": {"providers", "reach", "prices", "provider_cost", "identical"},
        "fusion": {"providers", "agents", "local"},
        "melbourne": {"agents", "local", "sites", "positions", "fetch"},
    }[preset]
    for name, item in given.items():
        if item is not None and name not in takes:
            validation.reject(name, f"is not taken by preset {preset!r}", item)
    rng, record = generator(seed, INSTANCES)
    m = None if users is None else validation.integer("users", users, minimum=1)
    n = None if providers is None else validation.integer("providers", providers, minimum=1)
    if preset == "random":
        switches = {"prices": prices, "provider_cost": provider_cost, "identical": identical}
        for name, switch in switches.items():
            validation.flag(name, False if switch is None else switch)
        width = validation.integer("reach", _REACH if reach is None else reach, minimum=1)
        return _random(rng, m or 1_000, n or 20, width, {name: bool(on) for name, on in switches.items()}, regime, record)
    rule = validation.choice("local", "zero" if local is None else local, LOCAL)
    fleet = validation.integer("agents", {"fusion": 6, "melbourne": 80}[preset] if agents is None else agents, minimum=0)
    if preset == "fusion":
        place = rng.random((n or 12, 2)) * _SIDE
        people = _covered(rng, m or 170, place, COVERAGE[preset])
    else:
        if fetch == (sites is not None or positions is not None) or (sites is None) != (positions is None):
            text = "must be given together with positions (the EUA csv files), or fetch=True (--fetch) alone downloads both"
            validation.reject("sites", f"of preset 'melbourne' {text}", (sites, positions))
        city = fetch_eua() if sites is None or positions is None else read_eua(sites, positions)
        place, people = city.sites, _people(rng, city, m or 1_800, COVERAGE[preset])
    parameters = {"users": len(people), "servers": len(place), "agents": fleet, "regime": regime, "local": rule}
    system = _system(rng, place, people, fleet, COVERAGE[preset])
    origin = Provenance("preset", preset, parameters, record)
    return game_of_system(system, regime=regime, local=rule, provenance=origin)  # type: ignore[arg-type]


def _random(
    rng: np.random.Generator, m: int, n: int, reach: int, on: dict[str, bool], regime: Regime, record: int | str | None
) -> OffloadingGame:
    width = min(reach, n)
    provider = _distinct(rng, m, n, width)
    base = rng.uniform(0.0, 3.0, m * width)
    weight, workload = rng.uniform(0.5, 2.0, (2, m))
    if on["identical"]:
        weight, workload = np.ones((2, m))
    human = np.arange(m) % 2 == 0
    deadline = np.where(human, 0.0, rng.uniform(0.5, 1.5, m))
    rate = rng.uniform(0.5, 2.0, n) * (m / n)
    price = rng.uniform(0.1, 0.5, m * width) if on["prices"] else None
    cost = rng.uniform(0.1, 0.3, n) if on["provider_cost"] else None
    base -= np.repeat(deadline, width)  # the linearised base is the number drawn
    parameters: dict[str, object] = {"users": m, "providers": n, "reach": width, "regime": regime, **on}
    return OffloadingGame(
        indptr=np.arange(m + 1) * width,
        provider=provider.ravel(),
        gain=base,
        rate=rate,
        price=price,
        weight=weight,
        workload=workload,
        deadline=deadline,
        human=human,
        local_delay=workload,
        cost_rate=cost,
        regime=regime,
        provenance=Provenance("preset", "random", parameters, record),
    )


def _distinct(rng: np.random.Generator, m: int, n: int, width: int) -> NDArray[np.int32]:
    """Sorted rows of distinct numbers below n, every set equally likely, int32 [m, width]."""
    if 2 * width * width > n:  # rejection would take long
        rows = np.empty((m, width), dtype=np.int32)
        for begin in range(0, m, _BLOCK):
            keys = rng.random((min(_BLOCK, m - begin), n))
            rows[begin : begin + _BLOCK] = np.argpartition(keys, width - 1, axis=1)[:, :width]
        return np.sort(rows, axis=1)
    rows = np.sort(rng.integers(0, n, (m, width), dtype=np.int32), axis=1)
    twice = np.flatnonzero((np.diff(rows, axis=1) == 0).any(axis=1))
    while len(twice):  # whole rows are drawn again
        rows[twice] = np.sort(rng.integers(0, n, (len(twice), width), dtype=np.int32), axis=1)
        twice = twice[(np.diff(rows[twice], axis=1) == 0).any(axis=1)]
    return rows


def _system(rng: np.random.Generator, place: Floats, people: Floats, fleet: int, coverage: float) -> EdgeSystem:
    """Servers at ``place``, 2 to 4 UAVs of every vehicle at a random server, users at ``people``."""
    servers, m = len(place), len(people)
    home = np.repeat(rng.integers(0, servers, fleet), rng.integers(2, 5, fleet))
    site = np.concatenate([place, place[home]])
    uav = np.arange(len(site)) >= servers
    giga = 1e9
    user, provider = _within(people, site, coverage)
    bits = rng.uniform(0.5e6, 2e6, m)
    return EdgeSystem(
        human=np.arange(m) % 2 == 0,
        workload=bits * rng.uniform(500.0, 1_000.0, m),
        data=bits,
        weight=rng.uniform(0.5, 2.0, m),
        power=rng.uniform(0.1, 0.5, m),
        frequency=rng.uniform(0.5, 1.0, m) * giga,
        energy_coefficient=np.full(m, 1e-27),
        latency_value=rng.uniform(2.0, 5.0, m),
        energy_value=rng.uniform(0.5, 1.5, m),
        reward=rng.uniform(5.0, 10.0, m),
        deadline=rng.uniform(1.0, 3.0, m),
        rate=np.where(uav, rng.uniform(2.0, 5.0, len(site)), rng.uniform(10.0, 20.0, len(site))) * giga,
        cap=np.where(uav, 5, rng.integers(20, 31, len(site))),
        provider_power=np.where(uav, 10.0, 20.0),
        bandwidth=np.full(len(site), 1e6),
        uav=uav,
        user=user,
        provider=provider,
        snr=decibels(rng.uniform(15.0, 25.0, len(user)) + 5.0 * uav[provider]),
        price=rng.uniform(0.1, 0.5, len(user)),
        energy_price=0.01,
    )


def _covered(rng: np.random.Generator, m: int, place: Floats, coverage: float) -> Floats:
    """Uniform positions in the square, drawn again until a server is near."""
    people = rng.random((m, 2)) * _SIDE
    bare = np.flatnonzero(~_near(people, place, coverage))
    while len(bare):
        people[bare] = rng.random((len(bare), 2)) * _SIDE
        bare = bare[~_near(people[bare], place, coverage)]
    return people


def _people(rng: np.random.Generator, city: City, m: int, coverage: float) -> Floats:
    """Covered users of the file, or all of them and more near them (within coverage)."""
    known = city.users[_near(city.users, city.sites, coverage)]
    if not len(known):
        validation.reject("positions", f"must hold a position within {coverage:g} m of a site", city.users)
    if m <= len(known):
        return np.asarray(known[np.sort(rng.choice(len(known), m, replace=False))])
    anchor = known[rng.integers(0, len(known), m - len(known))]
    more = anchor + rng.normal(0.0, _JITTER, anchor.shape)
    bare = np.flatnonzero(~_near(more, city.sites, coverage))
    while len(bare):
        more[bare] = anchor[bare] + rng.normal(0.0, _JITTER, (len(bare), 2))
        bare = bare[~_near(more[bare], city.sites, coverage)]
    return np.concatenate([known, more])


def _distances(places: Floats, sites: Floats) -> Floats:
    return np.asarray(np.hypot(places[:, None, 0] - sites[None, :, 0], places[:, None, 1] - sites[None, :, 1]))


def _near(places: Floats, sites: Floats, coverage: float) -> NDArray[np.bool_]:
    """Whether any site is within coverage."""
    blocks = [places[begin : begin + _BLOCK] for begin in range(0, len(places), _BLOCK)]
    return np.concatenate([np.zeros(0, dtype=bool), *((_distances(block, sites) <= coverage).any(axis=1) for block in blocks)])


def _within(places: Floats, sites: Floats, coverage: float) -> tuple[Ints, Ints]:
    """All pairs (place, site) within coverage."""
    found = [(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))]
    for begin in range(0, len(places), _BLOCK):
        place, site = np.nonzero(_distances(places[begin : begin + _BLOCK], sites) <= coverage)
        found.append((place + begin, site))
    return np.concatenate([place for place, _ in found]), np.concatenate([site for _, site in found])
