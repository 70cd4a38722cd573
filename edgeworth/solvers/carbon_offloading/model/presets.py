"""Generators of carbon-aware offloading problems: the paper's setting, dense and unequal ones, and a day under the sun."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from os import PathLike
from typing import Any, Literal, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.solvers.carbon_offloading.model import channels, days
from edgeworth.solvers.carbon_offloading.model.energy import curves, least_energy
from edgeworth.solvers.carbon_offloading.model.law import Law
from edgeworth.solvers.carbon_offloading.model.problem import LARGEST, SMALLEST, CarbonOffloading
from edgeworth.solvers.carbon_offloading.model.receivers import as_real, zero_forcing_gain

PRESETS = ("caddto", "dense", "heterogeneous", "literal", "day")
GRAMS_PER_KWH = 3.6e6
"""g/kWh in a g/J."""

_Path = str | PathLike[str]
_COAL = 700.0  # g/kWh
REFERENCE_LOSS, NOISE = 1e-3, 1e-9
"""Path loss at 1 m, and noise power, W. The loss grows with the cube of the distance."""
SPREAD = (0.3, 3.0)
"""(Ours) the range of what `heterogeneous` multiplies caps, distances and loads by."""


class _Default(NamedTuple):
    """What a preset takes where the caller says nothing."""

    users: int = 5
    antennas: int | None = None  # None: three more than users
    slots: int = 200
    slot_length: float = 1e-3
    harvest: float = 0.8  # W
    quantum: float = 0.2  # J of harvest a quantum, per second of slot length
    overflow: Literal["per-bit", "event"] = "per-bit"
    overflow_scale: str = "dominant"


_DEFAULTS = {
    "caddto": _Default(),
    "dense": _Default(users=100, antennas=128),
    "heterogeneous": _Default(),
    "literal": _Default(users=3, antennas=4, harvest=800.0, quantum=1e3, overflow="event", overflow_scale="mean-arrival"),
    "day": _Default(slots=288, slot_length=300.0, quantum=0.0),
}


@validation.by_name
def generate(
    *,
    preset: str = "caddto",
    users: int | None = None,
    slots: int | None = None,
    load: float = 3e6,
    seed: Seed = None,
    antennas: int | None = None,
    slot_length: float | None = None,
    packet: float | None = None,
    harvest: float | None = None,
    intensity: float | _Path | None = None,
    solar: _Path | None = None,
    city: str | None = None,
    zone: str | None = None,
    fetch: bool = False,
    power_cap: float = 2.0,
    buffer: float | None = None,
    initial_buffer: float | Literal["random"] = 0.0,
    battery: float = 0.0,
    radius: float = 100.0,
    speed: float = 1.0,
    correlation: float = 0.95,
    gains: Literal["matrix", "gamma"] = "matrix",
    receiver: Literal["zf", "mmse"] = "zf",
    csi_error: float = 0.0,
    energy: Literal["commanded", "throttled"] = "commanded",
    overflow: Literal["per-bit", "event"] | None = None,
    overflow_scale: float | Literal["dominant", "mean-arrival"] | None = None,
    weights: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25),
) -> CarbonOffloading:
    """Generate an episode from a preset.

    Parameters
    ----------
    preset : {"caddto", "dense", "heterogeneous", "literal", "day"}
        See the notes.
    users, slots : int, optional
        How many; defaults by preset.
    load : float
        Mean arrivals of a user, bit/s.
    seed : int, SeedSequence or Generator, optional
        The same arguments give the same problem. None: a fresh seed, recorded in the provenance.
    antennas : int, optional
        At the base station; default three more than users. Fewer than users are refused: zero forcing is then undefined.
    slot_length : float, optional
        tau, s; buffer, packets and quanta of harvest scale with it. Default 1e-3, of ``day`` 300.
    packet : float, optional
        Size of a packet, bit; default 1e5 a second of slot length.
    harvest : float, optional
        Mean harvest, W, default 0.8 (of ``literal`` 800, see there); of ``day`` its peak, default twice the mean need.
    intensity : float or path, optional
        Carbon intensity of the grid: a number, g/kWh, default 700; of ``day`` the path of a trace.
    solar : path, optional
        Of ``day``: the trace of a solar panel. Given together with ``intensity``; without both the day is synthetic.
    city, zone : str, optional
        Of ``day`` with traces: the columns to read; default the first ones, with ``fetch`` San Francisco's sun.
    fetch : bool
        Of ``day``: download public traces once and use them.
    power_cap : float
        Of processor and transmitter each, W.
    buffer : float, optional
        B, bit; default 1e8 a second of slot length (1e5 for slots of 1 ms).
    initial_buffer : float or "random"
        b_0, bit; "random": uniform in [0, B / 5], as for training.
    battery : float
        S, J; it begins empty.
    radius, speed : float
        Devices start uniformly in the ring from 10 m to ``radius`` m and move at ``speed`` m/s.
    correlation : float
        rho of the Gauss-Markov fading from slot to slot.
    gains : {"matrix", "gamma"}
        Whole channel matrices (at most 128 users), or gains of the same law drawn without them.
    receiver : {"zf", "mmse"}
        Zero forcing, or minimum mean square error, where users interfere.
    csi_error : float
        e in [0, 1): zero forcing is built on an estimate, and the channel is sqrt(1 - e) times it plus sqrt(e) times noise.
    energy, overflow
        As in `CarbonOffloading`; overflow by default "per-bit", of ``literal`` "event".
    overflow_scale : {"dominant", "mean-arrival"} or float, optional
        A_0: that with which dropping never pays (default), the mean arrivals of a slot (``literal``), or a number of bits.
    weights : tuple of 4 floats
        Of carbon, delay, waste and overflow.

    Returns
    -------
    CarbonOffloading
        With its `Law`.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range, or that the preset does not take.
    FileFormatError
        For a trace that cannot be read.

    Notes
    -----
    - ``caddto``: 5 users, 8 antennas, 200 slots of 1 ms, bandwidth 1 MHz, path loss 1e-3 d^-3, noise 1e-9 W, 500 cycles a bit,
      kappa 1e-27; Poisson packets of 100 bit; Poisson quanta of .2 mJ, .8 mJ a slot on average (ours); grid of 700 g/kWh. The
      paper's source simulates 4 antennas, which cannot separate 5 users.
    - ``dense``: 100 users, 128 antennas.
    - ``heterogeneous`` (ours): as caddto, with caps, distances and loads of every user multiplied by U[0.3, 3].
    - ``literal``: the reading without our corrections: 4 antennas, 3 users, overflow an event on the scale of the mean
      arrivals, and harvest in whole joules, .8 J a slot on average, where a slot can spend 4 mJ.
    - ``day`` (ours): 288 slots of 5 minutes. Fading averages out: the gain is the one without fading that carries the mean
      rate. Arrivals follow a daily profile, the peak of the sun yields twice the energy that the mean arrivals need. A trace
      should begin at midnight: the profile's hours are those since its first row, of the public files hours of UTC.

    References
    ----------
    As `CarbonOffloading`.

    Examples
    --------
    >>> problem = generate(preset="caddto", users=2, slots=50, seed=0)
    >>> problem.users, problem.slots, problem.coupled
    (2, 50, False)
    """
    validation.choice("preset", preset, PRESETS)
    default = _DEFAULTS[preset]
    traces = _traces(preset, solar, intensity, city, zone, fetch)
    rng, record = generator(seed, INSTANCES)
    users = default.users if users is None else validation.integer("users", users, minimum=1)
    slots = default.slots if slots is None else validation.integer("slots", slots, minimum=1)
    link = _link(preset, users, antennas, gains, receiver, csi_error)
    tau = _positive("slot_length", default.slot_length if slot_length is None else slot_length)
    start = _ring(rng, users, radius)
    rate = np.full(users, validation.real("load", load, minimum=0.0, maximum=LARGEST))
    caps = np.full((2, users), _positive("power_cap", power_cap))
    if preset == "heterogeneous":
        start, rate = start * rng.uniform(*SPREAD, users), rate * rng.uniform(*SPREAD, users)
        caps = caps * rng.uniform(*SPREAD, (2, users))
    step = tau * validation.real("speed", speed, minimum=0.0, maximum=LARGEST)
    away = channels.distances(rng, np.maximum(start, 1.0), radius, step, slots)
    scale = REFERENCE_LOSS * away**-3.0 / NOISE
    fading = channels.Fading(validation.real("correlation", correlation, minimum=0.0, maximum=1.0), link.antennas)
    size = _positive("packet", 1e5 * tau if packet is None else packet)
    content: dict[str, Any] = {
        "local_power_cap": caps[0],
        "offload_power_cap": caps[1],
        "buffer": _positive("buffer", 1e8 * tau if buffer is None else buffer),
        "initial_buffer": initial_buffer,
        "battery": validation.real("battery", battery, minimum=0.0),
        "weights": weights,
        "slot_length": tau,
        "energy": energy,
        "overflow": default.overflow if overflow is None else overflow,
        "receiver": receiver,
    }
    if isinstance(initial_buffer, str):
        validation.choice("initial_buffer", initial_buffer, ("random",))
        content["initial_buffer"] = rng.uniform(0.0, content["buffer"] / 5.0, users)
    parameters: dict[str, object] = {"users": users, "slots": slots, "load": load, "antennas": link.antennas}
    degrees = link.antennas - users + 1
    expected = np.repeat(tau * rate[:, None], slots, axis=1)
    if preset == "day":
        content["gain"] = channels.ergodic_gains(rng, degrees, scale, caps[1])
        day = days.day(rng, slots, tau, traces)
        expected = expected * days.profile(slots, tau)
        content["carbon"] = day.carbon if isinstance(traces, days.Traces) or intensity is None else _flat(intensity, slots)
        sun, mean_sun = _scaled_sun(content, day, tau * rate, harvest)
        law = (content["gain"][:, 0], size, 0.0, fading.correlation, 0.0)
        parameters |= {"solar": day.solar_name, "intensity": day.carbon_name}
    else:
        content |= _faded(rng, fading, scale, link)
        content["carbon"] = _flat(_COAL if intensity is None else intensity, slots)
        power = default.harvest if harvest is None else harvest
        mean_sun = np.full((users, slots), tau * validation.real("harvest", power, minimum=0.0, maximum=LARGEST))
        quantum = default.quantum * tau
        sun = np.asarray(quantum * rng.poisson(mean_sun / quantum), dtype=np.float64)
        law = (scale[:, 0] * degrees, size, quantum, fading.correlation, float(degrees))
        parameters |= {"gains": gains, "csi_error": link.error}
    others = {
        "slot_length": slot_length, "packet": packet, "harvest": harvest, "power_cap": power_cap, "buffer": buffer,
        "initial_buffer": initial_buffer, "battery": battery, "radius": radius, "speed": speed, "correlation": correlation,
        "receiver": receiver, "energy": energy, "overflow": overflow, "weights": weights,
        "intensity": None if isinstance(intensity, str | PathLike) else intensity,
    }  # fmt: skip
    parameters |= {name: _plain(other) for name, other in others.items() if _plain(other) != _plain(_USUAL[name])}
    if np.max(expected / size) > LARGEST:
        validation.reject("packet", f"must leave at most {LARGEST:g} packets a slot at this load", size)
    chosen = default.overflow_scale if overflow_scale is None else overflow_scale
    content["overflow_scale"] = chosen
    if isinstance(chosen, str):
        validation.choice("overflow_scale", chosen, ("dominant", "mean-arrival"))
        content["overflow_scale"] = np.maximum(tau * rate, 1.0) if chosen == "mean-arrival" else None
    return CarbonOffloading(
        **content,
        arrivals=size * rng.poisson(expected / size),
        harvest=sun,
        carbon_reference=float(content["carbon"].mean()) or 1.0,
        law=Law(expected, mean_sun, *law),
        provenance=Provenance("preset", preset, parameters | {"overflow_scale": chosen}, record),
    )


_USUAL = {name: each.default for name, each in inspect.signature(generate).parameters.items()}


def _plain(given: Any) -> Any:
    """An argument as plain data, as a provenance keeps it."""
    return np.asarray(given, dtype=object).tolist()


def _traces(
    preset: str, solar: _Path | None, intensity: float | _Path | None, city: str | None, zone: str | None, fetch: bool
) -> days.Traces | None:
    """The traces that a day is read from, None for a synthetic one."""
    validation.flag("fetch", fetch)
    for name, given in {"solar": solar, "city": city, "zone": zone, "fetch": fetch or None}.items():
        if given is not None and preset != "day":
            validation.reject(name, f"is not taken by preset {preset!r}", given)
    if not isinstance(solar, str | PathLike | None):
        validation.reject_type("solar", "must be the path of a trace", solar)
    path = intensity if isinstance(intensity, str | PathLike) else None
    if path is not None and preset != "day":
        validation.reject("intensity", f"must be a number for preset {preset!r}", intensity)
    if (solar is None) != (path is None) or (fetch and intensity is not None):
        rule = "must be given together with intensity, the path of a trace; or fetch=True (--fetch) alone downloads both"
        validation.reject("solar", rule, solar)
    if solar is None and not fetch:
        for name, given in (("city", city), ("zone", zone)):
            if given is not None:
                validation.reject(name, "is a column of a trace: give solar and intensity, or fetch=True", given)
        return None
    return days.Traces(solar, path, city, zone)


class _Link(NamedTuple):
    """Antennas, how gains are drawn, the receiver, and the error of its channel estimate."""

    antennas: int
    gains: str
    receiver: str
    error: float

    @property
    def coupled(self) -> bool:
        return self.receiver == "mmse" or self.error > 0.0


def _link(preset: str, users: int, antennas: int | None, gains: str, receiver: str, csi_error: float) -> _Link:
    count = antennas or _DEFAULTS[preset].antennas or users + 3
    count = validation.integer("antennas", count if antennas is None else antennas, minimum=1)
    if count < users:
        rule = f"must be at least the number of users, {users}: zero forcing cannot separate more"
        validation.reject("antennas", rule, count)
    validation.choice("gains", gains, ("matrix", "gamma"))
    validation.choice("receiver", receiver, ("zf", "mmse"))
    error = validation.real("csi_error", csi_error, minimum=0.0, maximum=1.0)
    if error >= 1.0:
        validation.reject("csi_error", "must be below 1", csi_error)
    if receiver == "mmse" and error > 0.0:
        validation.reject("csi_error", "must be 0 for receiver 'mmse', which knows the channel", csi_error)
    link = _Link(count, gains, receiver, error)
    if link.coupled and gains == "gamma":
        validation.reject("gains", "must be 'matrix' where users interfere (receiver 'mmse', csi_error above 0)", gains)
    if link.coupled and preset == "day":
        validation.reject("receiver", "must be 'zf', with csi_error 0, for preset 'day', whose fading averages out", receiver)
    if gains == "matrix" and preset != "day" and users > channels.MOST_MATRIX:
        validation.reject("gains", f"must be 'gamma' for more than {channels.MOST_MATRIX} users", gains)
    return link


def _faded(rng: np.random.Generator, fading: channels.Fading, scale: Floats, link: _Link) -> dict[str, Any]:
    """Gains of fading channels, and the channels themselves where users interfere."""
    if not link.coupled:
        draw = channels.matrix_gains if link.gains == "matrix" else channels.gamma_gains
        return {"gain": draw(rng, fading, scale)}
    estimate = channels.matrices(rng, fading, scale)
    gain = zero_forcing_gain(estimate).T
    if link.receiver == "mmse":
        return {"gain": gain, "channel": as_real(estimate)}
    true = channels.erring(rng, estimate, scale, link.error)
    return {"gain": gain, "channel": as_real(true), "estimate": as_real(estimate)}


def _scaled_sun(content: Mapping[str, Any], day: days.Day, arriving: Floats, harvest: float | None) -> tuple[Floats, Floats]:
    """What every user harvests in a day, and expects to: the peak is given, or covers twice the mean need."""
    peak = _day_peak(content, arriving)
    if harvest is not None:
        peak = np.full(len(arriving), content["slot_length"] * _positive("harvest", harvest))
    return peak[:, None] * day.solar, peak[:, None] * day.mean_solar


def _positive(name: str, value: object) -> float:
    number = validation.real(name, value, minimum=0.0, maximum=LARGEST, open_minimum=True)
    return validation.real(name, number, minimum=SMALLEST)


def _flat(intensity: object, slots: int) -> Floats:
    """g/J of g/kWh, in every slot."""
    return np.full(slots, validation.real("intensity", intensity, minimum=0.0) / GRAMS_PER_KWH)


def _ring(rng: np.random.Generator, users: int, radius: float) -> Floats:
    """Distances of users that are uniform over a ring with a hole of 10 m."""
    most = validation.real("radius", radius, minimum=channels.HOLE, maximum=1e9)
    return np.sqrt(rng.uniform(channels.HOLE**2, most * most, users))


def _day_peak(content: Mapping[str, Any], arriving: Floats) -> Floats:
    """Twice the energy that mean arrivals take in a slot, averaged over the slots' gains, J a user."""
    plain = {name: content[name] for name in ("local_power_cap", "offload_power_cap", "slot_length", "gain", "carbon")}
    calm = np.repeat(arriving[:, None], content["gain"].shape[1], axis=1)
    curve = curves(CarbonOffloading(**plain, arrivals=calm, harvest=np.zeros_like(calm)))
    needed: Floats = 2.0 * least_energy(curve, np.minimum(calm, curve.most_local + curve.most_sent)).mean(axis=1)
    return needed
