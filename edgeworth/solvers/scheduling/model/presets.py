"""Generators of episodes: the paper's Table II, bursts, a real trace, empty batteries, a shared medium, too much work."""

from __future__ import annotations

from os import PathLike
from typing import Any, Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.datasets.azure import Requests, fetch_requests, read_requests
from edgeworth.solvers.scheduling.model.draws import CHAIN_LATENCY, drawn_devices
from edgeworth.solvers.scheduling.model.problem import CHAIN, Episode

PRESETS = ("table-2", "burst", "azure", "battery", "shared-channel", "saturated")
_DEFAULTS: dict[str, dict[str, Any]] = {
    "battery": {"horizon": 1800.0},
    "shared-channel": {"channel": "shared"},
    "saturated": {"work": 25.0, "rate": 0.1},
}
"""What a preset takes in place of Table II where the caller says nothing."""

WORK, DATA = (3.0, 8.0), (2.0, 3.0)
"""GFLOP and MB, uniform; Table II."""
CALM, BURST, FACTOR = 60.0, 15.0, 5.0
"""(Ours) mean seconds of a calm time and of a burst, and how many times as many tasks arrive in a burst."""

_Range = float | tuple[float, float]
_Path = str | PathLike[str]


@validation.by_name
def generate(
    *,
    preset: str = "table-2",
    devices: int = 10,
    rate: float | None = None,
    horizon: float | None = None,
    seed: Seed = None,
    work: _Range | None = None,
    data: _Range = DATA,
    trace: _Path | None = None,
    fetch: bool = False,
    deadline: float = 15.0,
    margin: float = 2.0,
    settlement: float = 5.0,
    link_rate: float = 20.0,
    epoch: float = 0.5,
    latency_weight: float = 0.5,
    energy_weight: float = 0.5,
    failure_cost: float = 100.0,
    return_share: float = 0.0,
    gossip: float = 0.0,
    channel: Literal["radio", "link", "shared"] | None = None,
    order: Literal["fifo", "edf"] = "fifo",
    late: Literal["abandon", "skip", "finish"] = "abandon",
    service: Literal["serial", "sharing"] = "serial",
    mask: Literal["literal", "slack", "off"] = "literal",
) -> Episode:
    """Generate an episode from a preset.

    Parameters
    ----------
    preset : {"table-2", "burst", "azure", "battery", "shared-channel", "saturated"}
        See the notes.
    devices : int
        N; the paper sweeps 5 to 25.
    rate : float, optional
        Tasks that arrive at a device in a second, on the mean; default .25, of ``saturated`` .1. The paper sweeps .05 to .25.
    horizon : float, optional
        T, s; default 600 (ours), of ``battery`` 1,800.
    seed : int, SeedSequence or Generator, optional
        The same arguments give the same episode. None: a fresh seed, recorded in the provenance.
    work : float or (float, float), optional
        GFLOP of a task, constant or uniform; default (3, 8), of ``saturated`` 25. Of ``azure`` the mean, default 5.5.
    data : float or (float, float)
        MB of a task.
    trace : path, optional
        Of ``azure``: the csv file of requests, see `edgeworth.datasets.read_requests`.
    fetch : bool
        Of ``azure``: download the public trace once and use it.
    deadline, margin, settlement, link_rate, epoch, latency_weight, energy_weight, failure_cost, return_share, gossip : float
        See `Episode`.
    channel, order, late, service, mask : str
        See `Episode`; the channel is "radio" by default, of ``shared-channel`` "shared".

    Returns
    -------
    Episode

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value; also for arguments that the preset does not take.

    Notes
    -----
    ``table-2``: capacities U[2, 3] GFLOP/s, active power U[5, 8] W, idle power U[.5, .8] W, batteries U[4000, 5000] J, tasks
    from a Poisson process a device, work U[3, 8] GFLOP, data U[2, 3] MB, transactions U[1, 2] s. They are drawn in this order:
    capacities, active powers, idle powers, batteries; device by device the gaps between arrivals until T; and for tasks by time
    and device work, data and transactions.

    ``burst`` (ours): calm times and bursts, exponential with means of 60 and 15 s, alternate for all devices together; five
    times as many tasks arrive in a burst, and ``rate`` is the mean of both. ``azure`` (ours): as many consecutive requests of
    the trace as the horizon takes, from a random one on, at random devices; time is stretched to the mean rate of the whole
    trace, and work is proportional to tokens with the mean of the whole trace. ``battery``: a horizon in which batteries run
    empty. ``shared-channel``: one medium of 20 Mbit/s for all. ``saturated``: tasks that nearly fill their deadline.

    References
    ----------
    BEST, Table II. Horizon, number of devices, and radio powers are ours: the table leaves them out.

    Examples
    --------
    >>> episode = generate(devices=5, horizon=60.0, seed=0)
    >>> episode.devices, bool(episode.work.min() >= 3.0)
    (5, True)
    """
    validation.choice("preset", preset, PRESETS)
    given = {"rate": rate, "horizon": horizon, "work": work, "channel": channel}
    usual: dict[str, Any] = {"rate": 0.25, "horizon": 600.0, "work": 5.5 if preset == "azure" else WORK, "channel": "radio"}
    chosen = usual | _DEFAULTS.get(preset, {}) | {name: item for name, item in given.items() if item is not None}
    count = validation.integer("devices", devices, minimum=1)
    mean = validation.real("rate", chosen["rate"], minimum=0.0, maximum=1e6)
    seconds = validation.real("horizon", chosen["horizon"], minimum=0.0, maximum=1e9)
    requests = _requests(preset, trace, fetch)
    if requests is not None and isinstance(chosen["work"], tuple):
        validation.reject("work", "must be one number, the mean, for preset 'azure'", chosen["work"])
    load, size = _range("work", chosen["work"]), _range("data", data)
    if mean * count * seconds > 1e8:
        validation.reject("rate", "must leave at most 1e8 tasks", mean)
    rng, record = generator(seed, INSTANCES)
    owned = drawn_devices(rng, count)
    share: Floats | None = None
    if requests is None:
        arrival, source = _poisson(rng, count, mean, seconds, burst=preset == "burst")
    else:
        arrival, source, share = _replayed(rng, count, mean, seconds, requests)
    tasks = len(arrival)
    done = rng.uniform(*load, tasks)
    if share is not None:
        done = done * share
    parameters: dict[str, object] = {"devices": count, "rate": mean, "horizon": seconds, "work": chosen["work"], "data": data}
    if requests is not None:
        parameters["trace"] = requests.name
    return Episode(
        **owned,
        arrival=arrival,
        source=source,
        work=done,
        data=rng.uniform(*size, tasks),
        chain_latency=rng.uniform(*CHAIN_LATENCY, (tasks, len(CHAIN))),
        horizon=seconds,
        deadline=deadline,
        margin=margin,
        settlement=settlement,
        link_rate=link_rate,
        epoch=epoch,
        latency_weight=latency_weight,
        energy_weight=energy_weight,
        failure_cost=failure_cost,
        return_share=return_share,
        gossip=gossip,
        channel=chosen["channel"],
        order=order,
        late=late,
        service=service,
        mask=mask,
        provenance=Provenance("preset", preset, parameters, record),
    )


def _poisson(rng: np.random.Generator, devices: int, rate: float, horizon: float, *, burst: bool) -> tuple[Floats, Ints]:
    """Arrivals by time and device. In operational time, that of the mean rate, gaps are exponential."""
    clock, passed = _bursts(rng, horizon) if burst else (np.array([0.0, horizon]), np.array([0.0, horizon]))
    found = [_until(rng, rate, passed[-1]) if rate > 0.0 else np.zeros(0) for _ in range(devices)]
    arrival = np.interp(np.concatenate(found), passed, clock)
    source = np.repeat(np.arange(devices), [len(each) for each in found])
    sorted_ = np.lexsort((source, arrival))
    return arrival[sorted_], source[sorted_]


def _until(rng: np.random.Generator, rate: float, end: float) -> Floats:
    """The times of a Poisson process up to the end. Of the generator it takes one number a gap, the one beyond the end too."""
    size, last, parts = max(16, int(1.2 * rate * end)), 0.0, []
    while True:
        before = rng.bit_generator.state
        times = last + np.cumsum(rng.exponential(1.0 / rate, size))
        inside = int(np.searchsorted(times, end, side="right"))
        parts.append(times[:inside])
        if inside < size:
            rng.bit_generator.state = before
            rng.exponential(1.0 / rate, inside + 1)
            return np.concatenate(parts)
        last = float(times[-1])


def _bursts(rng: np.random.Generator, horizon: float) -> tuple[Floats, Floats]:
    """When calm times and bursts begin, and how much operational time has passed by then."""
    calm = (CALM + BURST) / (CALM + FACTOR * BURST)  # so that the mean intensity over both is 1
    clock, passed, level = [0.0], [0.0], 0
    while clock[-1] < horizon:
        lasts = min(float(rng.exponential((CALM, BURST)[level])), horizon - clock[-1])
        clock.append(clock[-1] + lasts)
        passed.append(passed[-1] + lasts * calm * (1.0, FACTOR)[level])
        level = 1 - level
    return np.array(clock), np.array(passed)


def _requests(preset: str, trace: _Path | None, fetch: bool) -> Requests | None:
    """The trace of preset "azure", None for the others."""
    validation.flag("fetch", fetch)
    if preset != "azure":
        for name, item in {"trace": trace, "fetch": fetch or None}.items():
            if item is not None:
                validation.reject(name, f"is not taken by preset {preset!r}", item)
        return None
    if (trace is None) != fetch:
        validation.reject("trace", "must be the path of a trace for preset 'azure', or fetch=True downloads one", trace)
    if fetch:
        return fetch_requests()
    if not isinstance(trace, str | PathLike):
        validation.reject_type("trace", "must be the path of a trace", trace)
    return read_requests(trace)


def _replayed(
    rng: np.random.Generator, devices: int, rate: float, horizon: float, requests: Requests
) -> tuple[Floats, Ints, Floats]:
    """Arrivals, sources and work over its mean, of consecutive requests."""
    lasts, total = float(requests.arrival[-1]), len(requests.arrival)
    stretch = (total - 1) / lasts / max(rate * devices, 1e-300)
    window = horizon / stretch
    if window > lasts:
        rule = f"must take at most the whole trace, {lasts * stretch:.0f} s at this rate and number of devices"
        validation.reject("horizon", rule, horizon)
    first = rng.uniform(0.0, lasts - window)
    inside = np.flatnonzero((requests.arrival >= first) & (requests.arrival <= first + window))
    arrival = np.minimum((requests.arrival[inside] - first) * stretch, horizon)
    source = rng.integers(devices, size=len(inside))
    sorted_ = np.lexsort((source, arrival))
    share = requests.tokens[inside] / requests.tokens.mean()
    return arrival[sorted_], source[sorted_], share[sorted_]


def _range(name: str, value: object) -> tuple[float, float]:
    """The ends of a uniform distribution; of a constant they are equal."""
    ends = value if isinstance(value, tuple) else (value, value)
    if isinstance(value, list) or len(ends) != 2:
        validation.reject_type(name, "must be a number or a tuple of two numbers", value)
    low, high = (validation.real(name, end, minimum=0.0, maximum=1e12) for end in ends)
    if low > high:
        validation.reject(name, "must have the lower number first", value)
    return low, high
