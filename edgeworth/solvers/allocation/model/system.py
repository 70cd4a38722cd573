"""The mobile-edge system behind an allocation problem: servers, tasks, their costs and delays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array
from edgeworth.core.payload import Payload

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
RateUnit = Literal["bit", "nat"]

_TASK = ("unit_price", "data_size", "deadline", "source")
_SERVER = ("cycles_per_unit", "frequency", "energy_coefficient", "capacity", "bandwidth", "transmit_power", "gain")


class PairTerms(NamedTuple):
    """Work, time and energy of pairs of a task and a server.

    Attributes
    ----------
    cycles : ndarray
        float64 [pairs].
    compute_seconds, compute_energy : ndarray
        Of the computation, in seconds and joules.
    send_seconds, send_energy : ndarray
        Of the transfer from the task's source, in seconds and joules.
    sent : ndarray
        Pairs whose server is not the task's source, bool.
    """

    cycles: Floats
    compute_seconds: Floats
    compute_energy: Floats
    send_seconds: Floats
    send_energy: Floats
    sent: NDArray[np.bool_]

    @property
    def latency(self) -> Floats:
        """Seconds from submission to completion: computing, plus sending where the task leaves its source."""
        return self.compute_seconds + np.where(self.sent, self.send_seconds, 0.0)


@dataclass(frozen=True, eq=False)
class MecSystem:
    """Raw fields of a mobile-edge-computing system: servers i = 0..n-1, tasks j = 0..m-1.

    Parameters
    ----------
    unit_price : float64 [m]
        p_j, money a cycle, of any sign.
    data_size : float64 [m]
        D_j >= 0, units of data.
    deadline : float64 [m]
        tau_j >= 0, seconds.
    source : int64 [m]
        s_j, the server that the task was submitted to.
    cycles_per_unit : float64 [n]
        theta_i > 0, cycles a unit of data.
    frequency : float64 [n]
        f_i > 0, cycles a second.
    energy_coefficient : float64 [n]
        alpha_i >= 0.
    capacity : float64 [n]
        mu_i >= 0, cycles.
    bandwidth, transmit_power, gain : float64 [n]
        B_i, H_i, G_i > 0.
    noise : float
        delta > 0.
    fee_share : float
        lambda in [0, 1], the share of the payment that the source receives for a task that it passes on.
    rate_unit : {"bit", "nat"}
        What transmission rates count a second: bits, by the logarithm to base 2 (the paper), or nats, by the natural one (its
        authors' code), which is smaller by the factor ln 2, so that sending takes 1.44 times as long.
    server_names, task_names : tuple of str, optional
        Default: the labels of the arguments that are Series. Arguments with the same labels in another order are brought into
        one order; with other labels they are refused.

    Raises
    ------
    ValueError, TypeError
        Naming the field, for a value out of range.

    Notes
    -----
    With mu_ij = D_j theta_i: T_comp = mu_ij / f_i, E_comp = alpha_i mu_ij f_i^2, r_i = B_i log2(1 + H_i G_i / delta^2),
    T_comm = D_j / r_{s_j}, E_comm = H_{s_j} T_comm, with ln in the place of log2 where rates count nats; the value of serving j
    at i is p_j mu_ij - E_comp - [i != s_j] E_comm.

    References
    ----------
    MTA paper, section III.
    """

    unit_price: Floats
    data_size: Floats
    deadline: Floats
    source: Ints
    cycles_per_unit: Floats
    frequency: Floats
    energy_coefficient: Floats
    capacity: Floats
    bandwidth: Floats
    transmit_power: Floats
    gain: Floats
    noise: float
    fee_share: float
    rate_unit: RateUnit = "bit"
    server_names: tuple[str, ...] | None = None
    task_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        axes: dict[str, names.Axes] = {**dict.fromkeys(_SERVER, ("server",)), **dict.fromkeys(_TASK, ("task",))}
        arrays = {name: (getattr(self, name), axis) for name, axis in axes.items()}
        aligned, found = names.align(arrays, {"server_names": self.server_names, "task_names": self.task_names})
        for name, item in (aligned | found).items():
            store(name, item)

        store("capacity", validation.array("capacity", self.capacity, np.float64, (None,), minimum=0.0))
        n = len(self.capacity)
        for name in ("cycles_per_unit", "frequency", "bandwidth", "transmit_power", "gain"):
            values = validation.array(name, getattr(self, name), np.float64, (n,), minimum=0.0, open_minimum=True)
            store(name, values)
        store(
            "energy_coefficient",
            validation.array("energy_coefficient", self.energy_coefficient, np.float64, (n,), minimum=0.0),
        )
        store("unit_price", validation.array("unit_price", self.unit_price, np.float64, (None,)))
        m = len(self.unit_price)
        for name in ("data_size", "deadline"):
            store(name, validation.array(name, getattr(self, name), np.float64, (m,), minimum=0.0))
        store("source", validation.array("source", self.source, np.int64, (m,), minimum=0, maximum=n - 1))
        store("noise", validation.real("noise", self.noise, minimum=0.0, open_minimum=True))
        store("fee_share", validation.real("fee_share", self.fee_share, minimum=0.0, maximum=1.0))
        store("rate_unit", validation.choice("rate_unit", self.rate_unit, ("bit", "nat")))
        store("server_names", names.checked("server_names", self.server_names, n))
        store("task_names", names.checked("task_names", self.task_names, m))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def servers(self) -> int:
        """Number of servers n."""
        return len(self.capacity)

    @property
    def tasks(self) -> int:
        """Number of tasks m."""
        return len(self.unit_price)

    def rates(self) -> Floats:
        """Transmission rate r_i of every server (Shannon), in units of data a second."""
        logarithm = np.log2 if self.rate_unit == "bit" else np.log
        return np.asarray(self.bandwidth * logarithm(1.0 + self.transmit_power * self.gain / self.noise**2))

    def terms(self, task: Array, server: Array) -> PairTerms:
        """Cycles, delays and energies of the given pairs (arrays of one shape)."""
        data, source = self.data_size[task], self.source[task]
        cycles = data * self.cycles_per_unit[server]
        send = data / self.rates()[source]
        return PairTerms(
            cycles=cycles,
            compute_seconds=cycles / self.frequency[server],
            compute_energy=self.energy_coefficient[server] * cycles * self.frequency[server] ** 2,
            send_seconds=send,
            send_energy=self.transmit_power[source] * send,
            sent=np.asarray(server != source),
        )

    def pair_values(self, task: Array, server: Array) -> Floats:
        """v_ij = p_j mu_ij - E_comp - [i != s_j] E_comm of the given pairs. The fee is a transfer and cancels."""
        terms = self.terms(task, server)
        paid = self.unit_price[task] * terms.cycles - terms.compute_energy
        return np.asarray(paid - np.where(terms.sent, terms.send_energy, 0.0))

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        content: dict[str, object] = {"noise": self.noise, "fee_share": self.fee_share}
        if self.rate_unit != "bit":  # left out where it is the paper's: hashes of problems stay what they were
            content["rate_unit"] = self.rate_unit
        content |= names.to_fields(self, "server", "task")
        return Payload(content, {name: getattr(self, name) for name in (*_TASK, *_SERVER)})

    @classmethod
    def from_payload(cls, payload: Payload) -> MecSystem:
        """The inverse of `to_payload`."""
        content: dict[str, Any] = {name: payload.field(name) for name in ("noise", "fee_share")}
        content["rate_unit"] = payload.fields.get("rate_unit", "bit")
        content |= {name: payload.array(name) for name in (*_TASK, *_SERVER)}
        return cls(**content, **names.from_fields(payload.fields, "server", "task"))
