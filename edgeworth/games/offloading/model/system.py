"""From physical quantities to the game: processing, radio and energy."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.games.offloading.model.game import Bools, Floats, Ints, OffloadingGame, Regime

Local = Literal["zero", "reward"]
LOCAL: tuple[Local, ...] = ("zero", "reward")


@dataclass(frozen=True, eq=False)
class EdgeSystem:
    """Raw fields of the online stage: users (humans and machines), providers (edge servers and UAVs), links within reach.

    Parameters
    ----------
    human : bool [users]
        Humans; the others are machines.
    workload, data : float64 [users]
        C >= 0 cycles and D >= 0 bits.
    weight : float64 [users]
        w > 0.
    power, frequency, energy_coefficient : float64 [users]
        Of the device: P >= 0 watts (radio), f > 0 cycles a second, kappa >= 0.
    latency_value, energy_value : float64 [users]
        a >= 0, money a second (of humans), and b >= 0, money a joule.
    reward, deadline : float64 [users]
        R >= 0, money, and tau > 0, seconds, of machines; both are not looked at for humans.
    rate, provider_power, bandwidth : float64 [providers]
        F > 0 cycles a second, >= 0 watts, > 0 hertz.
    cap : int64 [providers]
        Users that a provider serves at most, >= 0.
    uav : bool [providers]
        UAVs; the others are edge servers.
    user, provider : int64 [links]
        The links within reach, in any order.
    snr, price : float64 [links]
        The signal-to-noise ratio > 0 (a ratio, not dB), and money.
    energy_price : float
        >= 0, money a joule that providers pay.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.

    Notes
    -----
    Arrays are copied and read-only.

    References
    ----------
    FUSION paper, section V-A.
    """

    human: Bools
    workload: Floats
    data: Floats
    weight: Floats
    power: Floats
    frequency: Floats
    energy_coefficient: Floats
    latency_value: Floats
    energy_value: Floats
    reward: Floats
    deadline: Floats
    rate: Floats
    cap: Ints
    provider_power: Floats
    bandwidth: Floats
    uav: Bools
    user: Ints
    provider: Ints
    snr: Floats
    price: Floats
    energy_price: float = 0.0

    def __post_init__(self) -> None:
        def store(name: str, dtype: Any, length: int | None, **limits: Any) -> Any:
            values = validation.array(name, getattr(self, name), dtype, (length,), **limits)
            object.__setattr__(self, name, values)
            return values

        m = len(store("human", np.bool_, None))
        above = {"minimum": 0.0, "open_minimum": True}
        for name in ("weight", "frequency"):
            store(name, np.float64, m, **above)
        for name in ("workload", "data", "power", "energy_coefficient", "latency_value", "energy_value", "reward"):
            store(name, np.float64, m, minimum=0.0)
        store("deadline", np.float64, m, minimum=0.0)
        late = np.flatnonzero(~self.human & (self.deadline <= 0.0))
        if len(late):
            raise ValueError(f"deadline: must be above 0 for a machine; got {self.deadline[late[0]]} for user {late[0]}")
        n = len(store("rate", np.float64, None, **above))
        store("bandwidth", np.float64, n, **above)
        store("cap", np.int64, n, minimum=0)
        store("provider_power", np.float64, n, minimum=0.0)
        store("uav", np.bool_, n)
        links = len(store("user", np.int64, None, minimum=0, maximum=m - 1))
        store("provider", np.int64, links, minimum=0, maximum=n - 1)
        store("snr", np.float64, links, **above)
        store("price", np.float64, links)
        object.__setattr__(self, "energy_price", validation.real("energy_price", self.energy_price, minimum=0.0))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self))


def game_of_system(
    system: EdgeSystem, *, regime: Regime = "linearised", local: Local = "zero", provenance: Provenance | None = None
) -> OffloadingGame:
    """The game that the raw fields of a system make.

    Parameters
    ----------
    system : EdgeSystem
        The raw fields.
    regime : {"linearised", "soft-deadline", "floored"}
        See `OffloadingGame`.
    local : {"zero", "reward"}
        Local execution is worth 0, or a machine whose local time meets its deadline is paid R (ours).
    provenance : Provenance, optional
        Where the game comes from.

    Returns
    -------
    OffloadingGame

    Notes
    -----
    Upload: ``D_i / (B_k log2(1 + SNR_ik))`` seconds, times P_i joules. Local: ``C_i / f_i`` seconds, ``kappa_i C_i f_i^2``
    joules. Humans: ``a (t_local - t_ik) + b (e_local - e_upload) - price``; machines: ``R V(t_ik) + b (e_local - e_upload) -
    price`` with V(t) = 1 - max(0, t - tau)/tau by regime. Provider cost: energy price x power x L_k / F_k.
    """
    validation.choice("local", local, LOCAL)
    i, k = system.user, system.provider
    upload = system.data[i] / (system.bandwidth[k] * np.log2(1.0 + system.snr))
    local_delay = system.workload / system.frequency
    local_energy = system.energy_coefficient * system.workload * system.frequency**2
    saved = system.energy_value[i] * (local_energy[i] - system.power[i] * upload)
    stake = np.where(system.human, system.latency_value * local_delay, system.reward)
    tau = np.where(system.human, 0.0, system.deadline)
    per_deadline = np.divide(system.reward, tau, out=np.zeros_like(tau), where=tau > 0.0)
    timely = ~system.human & (local_delay <= system.deadline)
    return OffloadingGame.from_pairs(
        user=i,
        provider=k,
        gain=stake[i] + saved,
        rate=system.rate,
        users=len(system.human),
        transfer=upload,
        price=system.price,
        weight=system.weight,
        workload=system.workload,
        sensitivity=np.where(system.human, system.latency_value, per_deadline),
        deadline=tau,
        human=system.human,
        local_utility=np.where(timely & (local == "reward"), system.reward, 0.0),
        local_delay=local_delay,
        cap=system.cap,
        cost_rate=system.energy_price * system.provider_power,
        uav=system.uav,
        regime=regime,
        provenance=provenance,
    )


def decibels(ratio: ArrayLike) -> Floats:
    """The ratio that a number of decibels stands for, 10^(dB / 10).

    Parameters
    ----------
    ratio : array_like
        In decibels, of any sign.

    Returns
    -------
    ndarray
    """
    return np.asarray(10.0 ** (np.asarray(ratio, dtype=np.float64) / 10.0))
