"""The problem type of scheduling: one realised episode of tasks on battery devices."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats, Ints, OptionalArray, optional
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.solvers.scheduling.model.draws import CHAIN_LATENCY, drawn_devices

LARGEST = 1e12
"""Seconds, joules, watts, weights and work stay below this, so that sums and products of them are finite."""
SMALLEST = 1e-9
"""What must be above 0 is at least this, so that quotients are finite."""
CHAIN = ("opening", "award", "settlement")
"""The transactions of a task, in the order of the columns of ``chain_latency``."""

_PER_DEVICE = ("capacity", "battery", "battery_floor", "active_power", "idle_power", "send_power", "receive_power")
_PER_TASK = ("arrival", "work", "data")
_OWNED = _PER_DEVICE[:5]  # what `from_trace` draws
_POSITIVE = ("deadline", "link_rate")
NUMBERS = (
    "horizon",
    "deadline",
    "margin",
    "settlement",
    "link_rate",
    "epoch",
    "latency_weight",
    "energy_weight",
    "failure_cost",
    "return_share",
    "gossip",
)
CHOICES = {
    "channel": ("radio", "link", "shared"),
    "order": ("fifo", "edf"),
    "late": ("abandon", "skip", "finish"),
    "service": ("serial", "sharing"),
    "mask": ("literal", "slack", "off"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Episode(ProblemData):
    """Scheduling of large-model tasks: battery devices i = 0..N-1 execute their own tasks or send them to each other.

    A task j arrives at time a_j at its source. At a decision epoch the source hands it to a device k: to itself, or to another
    one over its radio. The device executes it, and it succeeds where it ends no later than a_j + L.

    Parameters
    ----------
    capacity : float64 [devices]
        C_i > 0, GFLOP/s.
    battery : float64 [devices]
        B_i(0) >= 0, J held at the start.
    battery_floor : float64 [devices] or float
        B_min,i in [0, battery], J: a device whose battery falls to it is dead for good.
    active_power, idle_power : float64 [devices]
        P^a_i and P^i_i >= 0, W, while it executes and while it does not.
    arrival : float64 [tasks]
        a_j in [0, horizon], s; ascending, and of equal times by source.
    source : int64 [tasks]
        The device that the task arrives at.
    work : float64 [tasks]
        W_j > 0, GFLOP.
    data : float64 [tasks]
        D_j >= 0, MB (1e6 byte) that are sent where another device executes it.
    send_power, receive_power : float64 [devices] or float
        P^tx and P^rx >= 0, W, of the radio.
    chain_latency : float64 [tasks, 3], optional
        s >= 0 that a transaction of the task takes on the chain: the opening and the award of an auction, and the settlement.
        Default: 0.
    horizon : float
        T >= 0, s, no task arrives after; the episode ends at T + L.
    deadline : float
        L > 0, s after its arrival by which a task must have ended.
    margin : float
        s >= 0, of the deadline, that the mask reserves for communication.
    settlement : float
        Delta >= 0, s from a decision to its payment.
    link_rate : float
        R > 0, Mbit/s.
    epoch : float
        delta >= 0, s between decisions; 0: at every arrival.
    latency_weight, energy_weight : float
        w_l and w_e >= 0, of a second and of a joule.
    failure_cost : float
        beta >= 0, of a task that fails.
    return_share : float
        Of its data that a result has, >= 0, on the way back.
    gossip : float
        s >= 0 by which what devices know of each other is old.
    channel : {"radio", "link", "shared"}
        One transfer at a time by the sender's radio, every pair on a link of its own, or one medium for all.
    order : {"fifo", "edf"}
        Which of the tasks that are ready a device takes: the first that became ready, or that of the earliest deadline.
    late : {"abandon", "skip", "finish"}
        A task is left at its deadline, is not begun where it cannot end in time, or is executed all the same.
    service : {"serial", "sharing"}
        One task at a time without preemption, or all at once in proportion to their work.
    mask : {"literal", "slack", "off"}
        Which devices may be chosen: as the paper prints it, with the time already waited and the own backlog, or all.
    provenance : Provenance

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value: wrong shapes, NaN, infinities, numbers out of range, unsorted arrivals,
        sources that are no devices. A negative ``failure_cost``, the sign that the paper prints, would reward failure.

    Notes
    -----
    Executed by k, the task takes p_jk = W_j / C_k seconds, and to send it tau_j = 8 D_j / R. It costs

        c_j = w_l (end_j - a_j) + w_e E_j,    E_j = P^a_k p_jk + [k != source] (P^tx tau_j + P^rx tau_j)

    where it succeeds, and w_l L + w_e E_j + beta where it fails, E_j being what was spent on it. The value is the mean of c_j
    (0 without tasks), to be minimised. The energy of an episode, active, idle and of radios, is a measure and not the value.

    What the paper leaves open or contradicts itself in is a parameter where it concerns the model:

    - It subtracts a negative constant for a failure, and so rewards it: here ``failure_cost`` >= 0 is added.
    - Latency ends with the execution, or with the result: ``return_share`` 0, or above.
    - Tasks are indivisible, or split: ``service`` "serial", or "sharing".
    - Its mask knows neither the queue of the source nor the time already waited: ``mask`` "literal"; "slack" knows both.
    - How old devices' knowledge of each other is: ``gossip``.
    - An energy token counts the energy of execution twice, in a reward: it is not part of this cost.
    - 25 GFLOP lie outside its range of work: given as a constant, ``work=25.0`` of `generate`.

    References
    ----------
    BEST, sections III and IV and Table II. Ours, as the paper is silent or contradicts itself: ``battery_floor``, the powers of
    radios, ``epoch``, ``failure_cost`` and its sign, ``channel``, ``order``, ``late``, and that tasks are not split.

    Examples
    --------
    >>> tasks = {"arrival": [0.0, 1.0], "source": [0, 1], "work": [4.0, 6.0], "data": [2.0, 2.5]}
    >>> episode = Episode([2.0, 3.0], [4000.0, 4000.0], 400.0, [5.0, 6.0], [0.5, 0.5], **tasks)
    >>> episode.devices, episode.tasks, episode.end
    (2, 2, 615.0)
    """

    sizes: ClassVar[tuple[str, ...]] = ("devices", "tasks")

    kind: ClassVar[str] = "scheduling"
    sense: ClassVar[Sense] = "min"
    integral: ClassVar[bool] = False
    offset: ClassVar[float] = 0.0

    capacity: Floats
    battery: Floats
    battery_floor: Floats
    active_power: Floats
    idle_power: Floats
    arrival: Floats
    source: Ints
    work: Floats
    data: Floats
    send_power: Floats = 1.28  # type: ignore[assignment]
    receive_power: Floats = 0.94  # type: ignore[assignment]
    chain_latency: OptionalArray[Floats] = optional()
    horizon: float = 600.0
    deadline: float = 15.0
    margin: float = 2.0
    settlement: float = 5.0
    link_rate: float = 20.0
    epoch: float = 0.5
    latency_weight: float = 0.5
    energy_weight: float = 0.5
    failure_cost: float = 100.0
    return_share: float = 0.0
    gossip: float = 0.0
    channel: Literal["radio", "link", "shared"] = "radio"
    order: Literal["fifo", "edf"] = "fifo"
    late: Literal["abandon", "skip", "finish"] = "abandon"
    service: Literal["serial", "sharing"] = "serial"
    mask: Literal["literal", "slack", "off"] = "literal"
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            capacity: ArrayLike,
            battery: ArrayLike,
            battery_floor: ArrayLike,
            active_power: ArrayLike,
            idle_power: ArrayLike,
            arrival: ArrayLike,
            source: ArrayLike,
            work: ArrayLike,
            data: ArrayLike,
            send_power: ArrayLike = 1.28,
            receive_power: ArrayLike = 0.94,
            chain_latency: ArrayLike | None = None,
            horizon: float = 600.0,
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
            channel: str = "radio",
            order: str = "fifo",
            late: str = "abandon",
            service: str = "serial",
            mask: str = "literal",
            provenance: Provenance = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for name, options in CHOICES.items():
            store(name, validation.choice(name, getattr(self, name), options))
        for name in NUMBERS:
            number = validation.real(name, getattr(self, name), maximum=LARGEST)
            if name == "failure_cost" and number < 0.0:
                validation.reject(
                    name, "must be at least 0: it is added where a task fails, a negative one rewards failure", number
                )
            validation.real(name, number, minimum=0.0)
            store(name, validation.real(name, number, minimum=SMALLEST) if name in _POSITIVE else number)
        store("capacity", _numbers("capacity", self.capacity, (None,), above=True))
        devices = len(self.capacity)
        if not devices:
            validation.reject("capacity", "must be of at least 1 device", self.capacity)
        for name in _PER_DEVICE[1:]:
            store(name, _per_device(name, getattr(self, name), devices))
        over = np.flatnonzero(self.battery_floor > self.battery)
        if len(over):
            i = int(over[0])
            raise ValueError(f"battery_floor: must be at most battery; got {self.battery_floor[i]} for device {i}")
        store("arrival", _numbers("arrival", self.arrival, (None,)))
        tasks = len(self.arrival)
        for name in _PER_TASK[1:]:
            store(name, _numbers(name, getattr(self, name), (tasks,), above=name == "work"))
        store("source", validation.array("source", self.source, np.int64, (tasks,), minimum=0, maximum=devices - 1))
        if tasks and self.arrival[-1] > self.horizon:
            validation.reject("arrival", f"must be at most the horizon, {self.horizon}", float(self.arrival[-1]))
        later, same = np.diff(self.arrival) < 0.0, (np.diff(self.arrival) == 0.0) & (np.diff(self.source) < 0)
        wrong = np.flatnonzero(later | same)
        if len(wrong):
            j = int(wrong[0]) + 1
            raise ValueError(f"arrival: must ascend, and of equal times by source; got {self.arrival[j]} for task {j}")
        waits = np.zeros((tasks, len(CHAIN))) if self.chain_latency is None else self.chain_latency
        store("chain_latency", _numbers("chain_latency", waits, (tasks, len(CHAIN))))
        if not isinstance(self.provenance, Provenance):
            validation.reject_type("provenance", "must be a Provenance", self.provenance)

    # --- sizes and derived numbers --------------------------------------------------------------------------------------

    @property
    def devices(self) -> int:
        """Number of devices N."""
        return len(self.capacity)

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return len(self.arrival)

    @property
    def end(self) -> float:
        """T + L, s: when the episode ends."""
        return self.horizon + self.deadline

    @cached_property
    def transfer(self) -> Floats:
        """tau_j = 8 D_j / R, s that it takes to send a task, float64 [tasks]."""
        return _kept(8.0 * self.data / self.link_rate)

    @classmethod
    def from_trace(
        cls,
        arrivals: ArrayLike,
        work: ArrayLike,
        data: ArrayLike,
        source: ArrayLike,
        *,
        devices: int | None = None,
        seed: Seed = None,
        **settings: Any,
    ) -> Episode:
        """An episode of tasks that are given, in any order.

        Parameters
        ----------
        arrivals, work, data : float64 [tasks]
            s, GFLOP, MB.
        source : int64 [tasks]
            The device that each arrives at.
        devices : int, optional
            How many there are; default as many as ``source`` needs. They are drawn from Table II, see `generate`.
        seed : int, SeedSequence or Generator, optional
            Of the devices and of the latencies of transactions.
        **settings
            Other fields. With ``capacity``, ``battery``, ``battery_floor``, ``active_power`` and ``idle_power``, all together,
            devices are given and not drawn. The horizon is the last arrival by default.

        Returns
        -------
        Episode

        Raises
        ------
        ValueError, TypeError
            As the class does, and for a setting that is no field.

        Examples
        --------
        >>> Episode.from_trace([3.0, 1.0], [5.0, 4.0], [2.0, 2.0], [0, 2], seed=0).arrival.tolist()
        [1.0, 3.0]
        """
        times = validation.array("arrivals", arrivals, np.float64, (None,), minimum=0.0)
        origin = validation.array("source", source, np.int64, times.shape, minimum=0)
        numbers = {
            name: validation.array(name, given, np.float64, times.shape, minimum=0.0)
            for name, given in (("work", work), ("data", data))
        }
        given_here = ("arrival", "source", "work", "data", "chain_latency")
        allowed = [each.name for each in fields(cls) if each.name not in given_here]
        for name in settings:
            validation.choice("settings", name, allowed)
        rng, record = generator(seed, INSTANCES)
        owned = [name for name in _OWNED if name in settings]
        if not owned:
            needed = int(origin.max(initial=0)) + 1
            number = needed if devices is None else validation.integer("devices", devices, minimum=1)
            if number < needed:
                validation.reject("devices", f"must be at least {needed}, by the sources", number)
            settings |= drawn_devices(rng, number)
        elif len(owned) < len(_OWNED) or devices is not None:
            rule = f"must be given without devices and together with all of {', '.join(_OWNED)}"
            validation.reject(owned[0], rule, settings[owned[0]])
        settings = {"horizon": float(times.max(initial=0.0)), "provenance": Provenance("arrays", seed=record), **settings}
        ranked = np.lexsort((origin, times))
        return cls(
            arrival=times[ranked],
            source=origin[ranked],
            work=numbers["work"][ranked],
            data=numbers["data"][ranked],
            chain_latency=rng.uniform(*CHAIN_LATENCY, (len(times), len(CHAIN))),
            **settings,
        )

    # --- files ----------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays: dict[str, Array] = {name: getattr(self, name) for name in (*_PER_DEVICE, *_PER_TASK, "source", "chain_latency")}
        content: dict[str, object] = {name: getattr(self, name) for name in (*NUMBERS, *CHOICES)}
        return Payload(content | {"provenance": self.provenance.to_fields()}, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Episode:
        """The inverse of `to_payload`; validates like the constructor."""
        content: dict[str, Any] = {name: payload.array(name) for name in (*_PER_DEVICE, *_PER_TASK, "source", "chain_latency")}
        content |= {name: payload.field(name) for name in (*NUMBERS, *CHOICES)}
        return cls(**content, provenance=Provenance.from_fields(payload.field("provenance")))


def _numbers(name: str, value: Any, shape: tuple[int | None, ...], above: bool = False) -> Floats:
    return validation.array(name, value, np.float64, shape, minimum=SMALLEST if above else 0.0, maximum=LARGEST)


def _per_device(name: str, value: Any, devices: int) -> Floats:
    """One number a device, or one for all of them."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = np.full(devices, validation.real(name, value, minimum=0.0, maximum=LARGEST))
    return _numbers(name, value, (devices,))


def _kept(values: Array) -> Floats:
    found: Floats = np.ascontiguousarray(values, dtype=np.float64)
    found.setflags(write=False)
    return found
