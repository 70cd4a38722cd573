"""What stays the same over all trading rounds: servers, vehicles with UAVs, users' devices, and how demand goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Bools, Floats, Ints
from edgeworth.systems.fusion.records import Record

_SERVER = ("rate", "power", "value")
_AGENT = ("uav_rate", "speed", "unit_cost", "latest", "travel_cost", "depreciation")
_USER = (
    "workload", "data", "weight", "transmit_power", "frequency", "energy_coefficient", "latency_value", "energy_value",
    "reward", "deadline",
)  # fmt: skip
_POSITIVE = ("rate", "uav_rate", "speed", "weight", "frequency", "deadline")
_SCALARS = ("coverage", "service", "uav_power", "uav_gain", "bandwidth", "energy_price")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class World(Record):
    """Servers i = 0..S-1, agents k = 0..A-1 (a vehicle that carries UAVs each) and users, over all trading rounds.

    Attributes
    ----------
    place : float64 [S, 2]
        Where the servers are, metres.
    rate, power : float64 [S]
        Cycles a second, > 0; watts.
    cap, own : int64 [S]
        Users that a server serves online at most; tasks that it counts as its own capacity when it forecasts its overload.
    value : float64 [S]
        What a task of its overload is worth to a server: its historical average payment, money.
    depot : int64 [A]
        The server at whose place each vehicle starts and ends.
    uavs : int64 [A]
        UAVs that each carries.
    uav_rate, speed : float64 [A]
        Cycles a second of each UAV; metres a second of the vehicle; > 0.
    unit_cost, travel_cost, depreciation, latest : float64 [A]
        Money a task, money a second on the road, money once the vehicle leaves; when it must be back, seconds.
    human : bool [U]
        Humans; the others are machines.
    workload, data, weight, transmit_power, frequency, energy_coefficient, latency_value, energy_value, reward, deadline
        Of the users' devices, float64 [U], as in `edgeworth.games.offloading.EdgeSystem`.
    intensity : float64 [S, T]
        How much demand each server has in each interval, >= 0; interval t has U times its share of users on average.
    first : int
        The interval of round 0, 1 <= first < T; those before it are what forecasters are fitted on.
    users_a_uav : int
        Users that a UAV serves at most.
    coverage : float
        Metres that servers and UAVs reach.
    service : float
        Seconds that a visit takes a task.
    uav_power, uav_gain, bandwidth, energy_price : float
        Watts of a UAV that computes, decibels that its links are better by, hertz, money a joule.
    distance : float64 [S, S], optional
        Metres of road from one server's place to another's; None: straight lines.
    spots : float64 [n, 2], optional
        Where users can be; None: anywhere within their home's coverage.
    history : float64 [2]
        The public range of unit payments in the past, money.
    preset : str
        What generated it.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.

    Notes
    -----
    Arrays are copied and read-only.

    References
    ----------
    FUSION paper, sections III and VI-A2.
    """

    kind: ClassVar[str] = "fusion-world"

    place: Floats
    rate: Floats
    power: Floats
    cap: Ints
    own: Ints
    value: Floats
    depot: Ints
    uavs: Ints
    uav_rate: Floats
    speed: Floats
    unit_cost: Floats
    travel_cost: Floats
    depreciation: Floats
    latest: Floats
    human: Bools
    workload: Floats
    data: Floats
    weight: Floats
    transmit_power: Floats
    frequency: Floats
    energy_coefficient: Floats
    latency_value: Floats
    energy_value: Floats
    reward: Floats
    deadline: Floats
    intensity: Floats
    first: int
    users_a_uav: int = 5
    coverage: float = 300.0
    service: float = 20.0
    uav_power: float = 10.0
    uav_gain: float = 5.0
    bandwidth: float = 1e6
    energy_price: float = 0.01
    distance: Floats | None = None
    spots: Floats | None = None
    history: Floats = field(default_factory=lambda: np.array([1.0, 3.0]))
    preset: str = "arrays"

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("place", validation.array("place", self.place, np.float64, (None, 2)))
        s = len(self.place)
        if not s:
            validation.reject("place", "must have at least one server", self.place)
        store("depot", validation.array("depot", self.depot, np.int64, (None,), minimum=0, maximum=s - 1))
        store("human", validation.array("human", self.human, np.bool_, (None,)))
        a, u = len(self.depot), len(self.human)
        for names, length in ((_SERVER, s), (_AGENT, a), (_USER, u)):
            for name in names:
                bound = name in _POSITIVE
                values = validation.array(name, getattr(self, name), np.float64, (length,), minimum=0.0, open_minimum=bound)
                store(name, values)
        for name, length in (("cap", s), ("own", s), ("uavs", a)):
            store(name, validation.array(name, getattr(self, name), np.int64, (length,), minimum=0))
        store("intensity", validation.array("intensity", self.intensity, np.float64, (s, None), minimum=0.0))
        if u and not (self.intensity.sum(axis=0) > 0.0).all():
            validation.reject("intensity", "must be above 0 at some server in every interval", self.intensity)
        store("first", validation.integer("first", self.first, minimum=1, maximum=self.intensity.shape[1] - 1))
        store("users_a_uav", validation.integer("users_a_uav", self.users_a_uav, minimum=1))
        for name in _SCALARS:
            above = name in ("coverage", "bandwidth")
            store(name, validation.real(name, getattr(self, name), minimum=0.0, open_minimum=above))
        if self.distance is not None:
            store("distance", validation.array("distance", self.distance, np.float64, (s, s), minimum=0.0))
            if self.distance.diagonal().any():
                validation.reject("distance", "must be 0 from a place to itself", self.distance.diagonal())
        if self.spots is not None:
            store("spots", validation.array("spots", self.spots, np.float64, (None, 2)))
        store("history", validation.array("history", self.history, np.float64, (2,), minimum=0.0))
        if self.history[0] > self.history[1]:
            validation.reject("history", "must be (low, high) with low <= high", tuple(self.history.tolist()))
        if not isinstance(self.preset, str):
            validation.reject_type("preset", "must be text", self.preset)

    def __repr__(self) -> str:
        sizes = f"{self.servers} servers, {self.agents} agents, {self.users} users"
        return f"<World {self.preset!r}: {sizes}, {self.rounds} rounds>"

    @property
    def servers(self) -> int:
        """Number of servers S."""
        return len(self.place)

    @property
    def agents(self) -> int:
        """Number of agents A."""
        return len(self.depot)

    @property
    def users(self) -> int:
        """Number of users U."""
        return len(self.human)

    @property
    def rounds(self) -> int:
        """How many rounds the intensities last."""
        return int(self.intensity.shape[1]) - self.first

    @property
    def capacity(self) -> Ints:
        """Tasks that each agent can sell, int64 [A]: its UAVs times the users of one."""
        return np.asarray(self.uavs * self.users_a_uav)

    @cached_property
    def metres(self) -> Floats:
        """From one server's place to another's, by road where there are roads; float64 [S, S]."""
        if self.distance is not None:
            return self.distance
        return np.asarray(np.hypot(*(self.place[:, None, :] - self.place[None, :, :]).transpose(2, 0, 1)))

    def expected(self, intensity: Floats) -> Floats:
        """Users that each server has on average where that is the demand: U times its share.

        Parameters
        ----------
        intensity : ndarray
            >= 0, float64 [S].

        Returns
        -------
        ndarray
            float64 [S]; equal shares where all intensities are 0.
        """
        total = float(intensity.sum())
        return np.asarray(self.users * intensity / total) if total > 0.0 else np.full(self.servers, self.users / self.servers)
