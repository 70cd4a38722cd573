"""Generators of worlds: a square, Melbourne, a town with roads."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.datasets.eua import fetch_eua, read_eua
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    import networkx as nx

Preset = Literal["synthetic", "melbourne", "roads"]
PRESETS: tuple[Preset, ...] = ("synthetic", "melbourne", "roads")
SIZES: dict[str, tuple[int, int, int]] = {"synthetic": (12, 5, 160), "melbourne": (125, 80, 1_800), "roads": (12, 5, 160)}
"""Servers, agents and users."""
COVERAGE = {"synthetic": 300.0, "melbourne": 200.0, "roads": 300.0}
SIDE, HORIZON, SPEED = 1_000.0, 3_600.0, 10.0
"""Metres, seconds, metres a second."""
FIRST, LENGTH = 1_008, 1_344
"""Six weeks of hours before the first round, and two of rounds."""


def generate(
    preset: Preset = "synthetic",
    *,
    servers: int | None = None,
    agents: int | None = None,
    users: int | str | PathLike[str] | None = None,
    seed: Seed = None,
    own_share: float = 0.45,
    intensity: ArrayLike | None = None,
    first: int | None = None,
    sites: str | PathLike[str] | None = None,
    positions: str | PathLike[str] | None = None,
    fetch: bool = False,
    graph: nx.Graph | None = None,
) -> World:
    """Generate a world. All numbers but the sizes are ours: the paper's text lost its own.

    Parameters
    ----------
    preset : {"synthetic", "melbourne", "roads"}
        See the notes.
    servers, agents : int, optional
        By default those of the preset; servers at least 1, agents at least 0. ``melbourne`` takes its servers from the file:
        the first ones where fewer are wanted.
    users : int or path, optional
        How many, at least 1. Of ``melbourne`` also the EUA file of users' positions, with as many users as the preset has.
    seed : int, SeedSequence or Generator, optional
        A fresh one without it.
    own_share : float
        How much of its access cap U{20..30} a server has for this application, >= 0: its cap online and the own capacity that
        its overload is counted from. At .45 about half of the servers are overloaded, by 1 to 15 tasks.
    intensity : array_like, optional
        Demand of every server in every interval, >= 0, float64 [servers, T]; a synthetic series of its own for each without it.
    first : int, optional
        The interval of round 0; with ``intensity``: three quarters of it by default. Without: 1,008 of 1,344 hours.
    sites, positions : str or path, optional
        Of ``melbourne``: the EUA files of sites and of users' positions, the latter unless ``users`` names it.
    fetch : bool
        Of ``melbourne``: download the files instead.
    graph : networkx.Graph, optional
        Of ``roads``: the road network, connected; nodes have ``pos`` (metres), edges ``length`` (metres), ``peak`` and
        ``off_peak`` (seconds). Without it a grid of streets is drawn.

    Returns
    -------
    World
        The same arguments give the same world.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range or that the preset does not take.

    Notes
    -----
    ``synthetic`` (12 servers, 5 agents, 160 users): servers uniform in a square of 1,000 m that reach 300 m; 10-20 Gcycle/s,
    20 W, caps of .45 x 20-30 users; a task of the overload is worth U[1, 3]. Depots at random servers, 2-4 UAVs of U[2, 5]
    Gcycle/s for 5 users each; 10 m/s, back by 3,600 s; U[.3, 1.2] a task, .1 a second on the road, .5 to leave; 20 s a task.
    Half of the users are humans: .5-2 Mbit, 500-1,000 cycles a bit, w .5-2, .1-.5 W, .5-1 Gcycle/s, kappa 1e-27, a 2-5,
    b .5-1.5, R 5-10, deadlines 1-3 s. Series: hours with trend, daily and weekly season, regimes, bursts and noise, of another
    scale, phase and seed at every server.
    ``melbourne`` (125, 80, 1,800): the EUA sites, which reach 200 m; users at positions of the file.
    ``roads``: as ``synthetic``, at junctions of a road network. Its travel times are the slower of peak and off-peak, each
    along its own fastest way, so that windows hold at any time of day.
    """
    validation.choice("preset", preset, PRESETS)
    if isinstance(users, str | PathLike):
        if positions is not None:
            validation.reject("users", "must be a number where positions is given", users)
        users, positions = None, users
    validation.flag("fetch", fetch)
    takes = {"synthetic": (), "melbourne": ("sites", "positions", "fetch"), "roads": ("graph",)}[preset]
    given = {"sites": sites, "positions": positions, "fetch": fetch or None, "graph": graph}
    for name, item in given.items():
        if item is not None and name not in takes:
            validation.reject(name, f"is not taken by preset {preset!r}", item)
    rng = generator(seed, INSTANCES)[0]
    default = SIZES[preset]
    n = default[0] if servers is None else validation.integer("servers", servers, minimum=1)
    a = default[1] if agents is None else validation.integer("agents", agents, minimum=0)
    u = default[2] if users is None else validation.integer("users", users, minimum=1)
    share = validation.real("own_share", own_share, minimum=0.0)
    more: dict[str, Any] = {}
    if preset == "melbourne":
        if fetch == (sites is not None or positions is not None) or (sites is None) != (positions is None):
            text = "of preset 'melbourne' must be given with positions, or users (the EUA csv files), or fetch (--fetch) alone"
            validation.reject("sites", text, (sites, positions))
        city = fetch_eua() if sites is None or positions is None else read_eua(sites, positions)
        if n > len(city.sites):
            validation.reject("servers", f"must be at most the {len(city.sites)} sites of the file", n)
        place, more["spots"] = city.sites[:n], city.users
    elif preset == "roads":
        from edgeworth.systems.fusion.roads import settled_on

        place, more["distance"] = settled_on(rng, graph, n, SPEED)
    else:
        place = rng.random((n, 2)) * SIDE
    cap = np.rint(share * rng.integers(20, 31, n)).astype(np.int64)
    uavs = rng.integers(2, 5, a)
    bits = rng.uniform(0.5e6, 2e6, u)
    giga = 1e9
    fixed: dict[str, Any] = {
        "rate": rng.uniform(10.0, 20.0, n) * giga,
        "power": np.full(n, 20.0),
        "cap": cap,
        "own": cap,
        "value": rng.uniform(1.0, 3.0, n),
        "depot": rng.integers(0, n, a),
        "uavs": uavs,
        "uav_rate": rng.uniform(2.0, 5.0, a) * giga,
        "speed": np.full(a, SPEED),
        "unit_cost": rng.uniform(0.3, 1.2, a),
        "travel_cost": np.full(a, 0.1),
        "depreciation": np.full(a, 0.5),
        "latest": np.full(a, HORIZON),
        "human": np.arange(u) % 2 == 0,
        "workload": bits * rng.uniform(500.0, 1_000.0, u),
        "data": bits,
        "weight": rng.uniform(0.5, 2.0, u),
        "transmit_power": rng.uniform(0.1, 0.5, u),
        "frequency": rng.uniform(0.5, 1.0, u) * giga,
        "energy_coefficient": np.full(u, 1e-27),
        "latency_value": rng.uniform(2.0, 5.0, u),
        "energy_value": rng.uniform(0.5, 1.5, u),
        "reward": rng.uniform(5.0, 10.0, u),
        "deadline": rng.uniform(1.0, 3.0, u),
    }
    if intensity is None:
        demand: Any = _series(rng, n)
        start = FIRST if first is None else first
    else:
        demand = validation.array("intensity", intensity, np.float64, (n, None), minimum=0.0)
        start = max(3 * demand.shape[1] // 4, 1) if first is None else first
    return World(place=place, intensity=demand, first=start, coverage=COVERAGE[preset], preset=preset, **fixed, **more)


def _series(rng: np.random.Generator, servers: int) -> Floats:
    """Hours of demand of every server, float64 [servers, LENGTH]."""
    hour = np.arange(LENGTH)
    rows = []
    for _ in range(servers):
        scale, slope = rng.uniform(0.6, 1.6), rng.uniform(-0.2, 0.4)
        day, week = rng.uniform(0.0, 24.0), rng.uniform(0.0, 168.0)
        season = 1.0 + 0.45 * np.sin(2.0 * np.pi * (hour - day) / 24.0) + 0.15 * np.sin(2.0 * np.pi * (hour - week) / 168.0)
        regime = rng.uniform(0.75, 1.25, 1 + LENGTH // 200)[np.cumsum(rng.random(LENGTH) < 1.0 / 200.0) % (1 + LENGTH // 200)]
        burst = 1.0 + np.where(rng.random(LENGTH) < 0.03, rng.uniform(0.3, 1.0, LENGTH), 0.0)
        level = scale * (1.0 + slope * hour / LENGTH) * season * regime * burst
        rows.append(np.maximum(level + 0.08 * scale * rng.standard_normal(LENGTH), 0.05))
    return np.stack(rows)
