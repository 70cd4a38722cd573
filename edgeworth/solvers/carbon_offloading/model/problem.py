"""The problem type of carbon-aware offloading: one realised episode."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats, OptionalArray, optional
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.solvers.carbon_offloading.model.law import Law
from edgeworth.solvers.carbon_offloading.model.receivers import Complex, as_complex, cross_gains, gram, matched_gain

if TYPE_CHECKING:
    from edgeworth.solvers.carbon_offloading.model.kernels import Episode

LARGEST = 1e18
"""Bits, joules, watts and weights stay below this, so that sums and products of them are finite."""
SMALLEST = 1e-36
"""What must be above 0 is at least this, so that quotients are finite."""
PARTS = ("carbon", "delay", "waste", "overflow")
"""The parts of the cost, in the order of ``weights``."""

_PER_SLOT = ("arrivals", "harvest", "gain")
_PER_USER = ("local_power_cap", "offload_power_cap", "buffer", "initial_buffer", "battery", "initial_battery")
_NUMBERS = ("carbon_reference", "slot_length", "bandwidth", "switched_capacitance", "cycles_per_bit")
_CHANNELS = ("channel", "estimate")
_CHOICES = {"overflow": ("per-bit", "event"), "energy": ("commanded", "throttled"), "receiver": ("zf", "mmse")}


@dataclass(frozen=True, eq=False, repr=False)
class CarbonOffloading(ProblemData):
    """Carbon-aware offloading: devices u = 0..U-1 with a bit buffer, harvested energy and a grid choose two powers a slot.

    In slot t = 0..T-1 of length tau a device computes at local power p_l and sends at offload power p_o. All numbers are in
    SI units.

    Parameters
    ----------
    arrivals : float64 [U, T]
        a_ut >= 0, bit that arrive during a slot; they can be served from the next one on.
    harvest : float64 [U, T]
        E_ut >= 0, J harvested in a slot.
    gain : float64 [U, T]
        1/W, > 0: what the uplink's signal-to-noise ratio is per watt behind the receiver. It is exact for zero forcing with a
        known channel; with ``channel`` given it is what the device plans with.
    carbon : float64 [T]
        c_t >= 0, carbon intensity of the grid, g/J.
    local_power_cap, offload_power_cap : float64 [U] or float
        P_l, P_o >= 0, W, not both 0.
    buffer, initial_buffer : float64 [U] or float
        B > 0 and b_0 in [0, B], bit.
    battery, initial_battery : float64 [U] or float
        S >= 0 and s_0 in [0, S], J. With S = 0 harvest that its slot does not use is lost.
    weights : float64 [4]
        Of carbon, delay, waste and overflow, >= 0.
    overflow_scale : float64 [U] or float, optional
        A_0 > 0, bit: what a dropped bit is divided by. Default: `dominant_scale`, with which dropping never pays.
    carbon_reference : float, optional
        c_ref > 0, g/J, that emissions are divided by. Default: the largest c_t (1 where all are 0).
    slot_length, bandwidth : float
        tau, s, and W, Hz; > 0.
    switched_capacitance, cycles_per_bit : float
        kappa, W s^3, and L; > 0.
    overflow : {"per-bit", "event"}
        Whether a loss costs w_4 z / A_0 or, however large, w_4.
    energy : {"commanded", "throttled"}
        Whether commanded power is spent even where the buffer runs empty, or the least energy that serves the same bits.
    receiver : {"zf", "mmse"}
        Zero forcing, or minimum mean square error: there users interfere, and ``channel`` is needed.
    channel : float64 [T, M, U, 2], optional
        Real and imaginary parts of the channel divided by the root of the noise power, 1/sqrt(W), M antennas >= U. For zero
        forcing only together with ``estimate``.
    estimate : float64 [T, M, U, 2], optional
        The channel that zero forcing is built on where it is not the true one: what is left of the others interferes.
    law : Law, optional
        What a policy may know in advance.
    provenance : Provenance

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value: wrong shapes, NaN, infinities, numbers out of range, fewer antennas than
        users, a channel where none is used or none where one is.

    Notes
    -----
    A slot at powers p_l, p_o, with signal-to-noise ratio p_o gain_ut (see `receiver`):

    - bits d_l = tau / L (p_l / kappa)^(1/3) and d_o = W tau log2(1 + p_o gain_ut); served x = min(b_t, d_l + d_o);
    - energy e = tau (p_l + p_o), of which min(e, E_ut + s_t) is green and y from the grid; harvest that neither is used nor
      fits the battery is waste w;
    - b_{t+1} = min(B, b_t - x + a_ut), the rest z is dropped.

    The value is the sum over users and slots of w_1 c_t y / C_0 + w_2 b_{t+1} / B + w_3 w / E_0 + w_4 z / A_0, where
    E_0 = tau (P_l + P_o) and C_0 = c_ref E_0. It is to be minimised. Multiplying tau, bits and joules by one number changes no
    value. With zero forcing on a known channel the devices are independent of each other.

    References
    ----------
    CADDTO (arXiv 2602.18797), known here from summaries without formulas; where these are silent, from the work it builds on:
    Chen and Wang, Decentralized computation offloading for multi-user mobile edge computing, EURASIP J. Wireless Comm. Netw.
    188 (2020). Battery, throttled energy and the normalisation of the cost are ours.

    Examples
    --------
    >>> problem = CarbonOffloading(arrivals=[[3000.0, 0.0]], harvest=[[0.0, 1e-3]], gain=[[10.0, 10.0]], carbon=[2e-4, 2e-4])
    >>> problem.users, problem.slots
    (1, 2)
    """

    sizes: ClassVar[tuple[str, ...]] = ("users", "slots")

    kind: ClassVar[str] = "carbon-offloading"
    sense: ClassVar[Sense] = "min"
    integral: ClassVar[bool] = False
    offset: ClassVar[float] = 0.0

    arrivals: Floats
    harvest: Floats
    gain: Floats
    carbon: Floats
    local_power_cap: Floats = 2.0  # type: ignore[assignment]
    offload_power_cap: Floats = 2.0  # type: ignore[assignment]
    buffer: Floats = 1e5  # type: ignore[assignment]
    initial_buffer: Floats = 0.0  # type: ignore[assignment]
    battery: Floats = 0.0  # type: ignore[assignment]
    initial_battery: Floats = 0.0  # type: ignore[assignment]
    weights: Floats = (0.25, 0.25, 0.25, 0.25)  # type: ignore[assignment]
    overflow_scale: OptionalArray[Floats] = optional()
    carbon_reference: float = None  # type: ignore[assignment]
    slot_length: float = 1e-3
    bandwidth: float = 1e6
    switched_capacitance: float = 1e-27
    cycles_per_bit: float = 500.0
    overflow: Literal["per-bit", "event"] = "per-bit"
    energy: Literal["commanded", "throttled"] = "commanded"
    receiver: Literal["zf", "mmse"] = "zf"
    channel: Floats | None = None
    estimate: Floats | None = None
    law: Law | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            arrivals: ArrayLike,
            harvest: ArrayLike,
            gain: ArrayLike,
            carbon: ArrayLike,
            local_power_cap: ArrayLike = 2.0,
            offload_power_cap: ArrayLike = 2.0,
            buffer: ArrayLike = 1e5,
            initial_buffer: ArrayLike = 0.0,
            battery: ArrayLike = 0.0,
            initial_battery: ArrayLike = 0.0,
            weights: ArrayLike = (0.25, 0.25, 0.25, 0.25),
            overflow_scale: ArrayLike | None = None,
            carbon_reference: float | None = None,
            slot_length: float = 1e-3,
            bandwidth: float = 1e6,
            switched_capacitance: float = 1e-27,
            cycles_per_bit: float = 500.0,
            overflow: str = "per-bit",
            energy: str = "commanded",
            receiver: str = "zf",
            channel: ArrayLike | None = None,
            estimate: ArrayLike | None = None,
            law: Law | None = None,
            provenance: Provenance = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for name, options in _CHOICES.items():
            store(name, validation.choice(name, getattr(self, name), options))
        for name in _NUMBERS[1:]:
            number = validation.real(name, getattr(self, name), minimum=0.0, maximum=LARGEST, open_minimum=True)
            store(name, validation.real(name, number, minimum=SMALLEST))
        store("arrivals", _numbers("arrivals", self.arrivals, (None, None)))
        users, slots = shape = self.arrivals.shape
        if not users or not slots:
            raise ValueError(f"arrivals: must hold at least 1 user and 1 slot; got shape {users} x {slots}")
        store("harvest", _numbers("harvest", self.harvest, shape))
        store("gain", _numbers("gain", self.gain, shape, above=True))
        store("carbon", _numbers("carbon", self.carbon, (slots,)))
        for name in _PER_USER:
            store(name, _per_user(name, getattr(self, name), users, above=name == "buffer"))
        for start, most in (("initial_buffer", "buffer"), ("initial_battery", "battery")):
            _no_more(start, getattr(self, start), most, getattr(self, most))
        idle = np.flatnonzero(self.local_power_cap + self.offload_power_cap < SMALLEST)
        if len(idle):
            u, rule = int(idle[0]), f"must be at least {SMALLEST:g} where local_power_cap is 0"
            raise ValueError(f"offload_power_cap: {rule}; got {self.offload_power_cap[u]} for user {u}")
        store("weights", _numbers("weights", self.weights, (4,)))
        small = self.weights[(self.weights > 0.0) & (self.weights < SMALLEST)]
        if len(small):
            validation.reject("weights", f"must be 0 or at least {SMALLEST:g}", float(small[0]))
        reference: float | None = self.carbon_reference
        if reference is None:
            reference = float(self.carbon.max()) or 1.0
        reference = validation.real("carbon_reference", reference, minimum=0.0, maximum=LARGEST, open_minimum=True)
        validation.real("carbon_reference", reference, minimum=SMALLEST)
        store("carbon_reference", reference)
        self._take_channels()
        if self.law is not None and not isinstance(self.law, Law):
            validation.reject_type("law", "must be a Law or None", self.law)
        if self.law is not None and self.law.shape != shape:
            validation.reject("law", f"must be of {users} users and {slots} slots", self.law.shape)
        if not isinstance(self.provenance, Provenance):
            validation.reject_type("provenance", "must be a Provenance", self.provenance)
        scale = dominant_scale(self) if self.overflow_scale is None else self.overflow_scale
        store("overflow_scale", _per_user("overflow_scale", scale, users, above=True))

    def _take_channels(self) -> None:
        """Check that channels are there where they are used, and nowhere else, and keep copies."""
        users, slots = self.arrivals.shape
        if self.receiver == "mmse" and self.channel is None:
            validation.reject("channel", "must be given for receiver 'mmse', where users interfere", None)
        if self.receiver == "mmse" and self.estimate is not None:
            validation.reject("estimate", "must be None for receiver 'mmse', which knows the channel", self.estimate)
        if self.receiver == "zf" and (self.channel is None) != (self.estimate is None):
            given = "channel" if self.estimate is None else "estimate"
            rule = "must come with the other of channel and estimate: zero forcing on a known channel needs neither"
            validation.reject(given, rule, getattr(self, given))
        for name in _CHANNELS:
            given = getattr(self, name)
            if given is None:
                continue
            taken = validation.array(name, given, np.float64, (slots, None, users, 2), minimum=-LARGEST, maximum=LARGEST)
            if taken.shape[1] < users:
                raise ValueError(f"{name}: must have as many antennas as users at least, {users}; got {taken.shape[1]}")
            object.__setattr__(self, name, taken)
        if self.channel is not None and self.estimate is not None and self.channel.shape != self.estimate.shape:
            validation.reject("estimate", f"must have the channel's shape {self.channel.shape}", self.estimate)
        if self.receiver == "zf" and self.estimate is not None and not np.all(np.isfinite(self.cross)):
            validation.reject("estimate", "must have users' channels that are linearly independent", self.estimate)
        if self.channel is not None and self.free_gain.min() < SMALLEST:
            u, t = np.unravel_index(self.free_gain.argmin(), self.free_gain.shape)
            rule = f"must leave every user a gain of at least {SMALLEST:g} in every slot"
            raise ValueError(f"channel: {rule}; got {self.free_gain[u, t]} for user {u} in slot {t}")

    # --- sizes and derived arrays ---------------------------------------------------------------------------------------

    @property
    def users(self) -> int:
        """Number of devices U."""
        return int(self.arrivals.shape[0])

    @property
    def slots(self) -> int:
        """Number of slots T."""
        return int(self.arrivals.shape[1])

    @property
    def coupled(self) -> bool:
        """Whether devices interfere with each other, so that they cannot be dealt with one by one."""
        return self.channel is not None

    @cached_property
    def most_local(self) -> Floats:
        """l_max, the bits that full local power computes in a slot, float64 [users]."""
        per_second = np.cbrt(self.local_power_cap / self.switched_capacitance) / self.cycles_per_bit
        return _kept(self.slot_length * per_second)

    @cached_property
    def free_gain(self) -> Floats:
        """1/W: the gain where all other devices are silent, float64 [users, slots]; no schedule has a better one.

        ``gain`` itself for zero forcing on a known channel; with an estimate what its filter receives of the own signal; for
        minimum mean square error that of the matched filter.
        """
        if self.channel is None:
            return self.gain
        if self.receiver == "mmse":
            return _kept(matched_gain(as_complex(self.channel)).T)
        return _kept(np.diagonal(self.cross, axis1=1, axis2=2).T)

    @cached_property
    def cross(self) -> Floats:
        """See `kernels.Episode`; empty without an estimate."""
        if self.channel is None or self.estimate is None:
            return np.zeros((0, 0, 0))
        try:
            return cross_gains(as_complex(self.channel), as_complex(self.estimate))
        except np.linalg.LinAlgError:
            return np.full((1, 1, 1), math.nan)

    @cached_property
    def episode(self) -> Episode:
        """The problem as kernels read it."""
        from edgeworth.core.jit import read_only
        from edgeworth.solvers.carbon_offloading.model.kernels import MMSE, ZF, ZF_ESTIMATED, Episode

        receiver = ZF if self.channel is None else MMSE if self.receiver == "mmse" else ZF_ESTIMATED
        products: Complex = np.zeros((0, 0, 0), np.complex128)
        if self.channel is not None and self.receiver == "mmse":
            products = gram(as_complex(self.channel))
        columns = {name: getattr(self, name) for name in (*_PER_SLOT, "carbon", *_PER_USER, *_NUMBERS[1:])}
        return read_only(
            Episode(**columns, cross=self.cross, gram=products, receiver=receiver, throttled=int(self.energy == "throttled"))
        )

    # --- files ----------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        names = (*_PER_SLOT, "carbon", *_PER_USER, "weights", "overflow_scale")
        arrays: dict[str, Array] = {name: getattr(self, name) for name in names}
        arrays |= {name: getattr(self, name) for name in _CHANNELS if getattr(self, name) is not None}
        content: dict[str, object] = {name: getattr(self, name) for name in (*_NUMBERS, *_CHOICES)}
        content["provenance"] = self.provenance.to_fields()
        if self.law is not None:
            inner = self.law.to_payload()
            content["law"] = inner.fields
            arrays |= {f"law.{name}": values for name, values in inner.arrays.items()}
        return Payload(content, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> CarbonOffloading:
        """The inverse of `to_payload`; validates like the constructor."""
        law = None
        if "law" in payload.fields:
            law = Law.from_payload(Payload(payload.fields["law"], payload.part("law")))
        names = (*_PER_SLOT, "carbon", *_PER_USER, "weights", "overflow_scale")
        content: dict[str, Any] = {name: payload.array(name) for name in names}
        content |= {name: payload.arrays[name] for name in _CHANNELS if name in payload.arrays}
        content |= {name: payload.field(name) for name in (*_NUMBERS, *_CHOICES)}
        return cls(**content, law=law, provenance=Provenance.from_fields(payload.field("provenance")))


def dominant_scale(problem: CarbonOffloading) -> Floats:
    """The scale of overflow with which no bit is dropped that could be served.

    Parameters
    ----------
    problem : CarbonOffloading
        Its ``overflow_scale`` is not read.

    Returns
    -------
    ndarray
        A_0, bit, float64 [users]; 1 where overflow has no weight, or nothing else has one.

    Notes
    -----
    w_4 / A_0 = w_2 T / B + 2 w_1 max c_t / C_0 times the largest marginal energy of a bit, that of full power at the worst
    gain: to hold a bit until the end and to serve it at the dearest moment costs less (the factor 2 is for safety). With A_0
    the mean arrival of a slot instead, weights of 1/4 each ask a policy to drop bits at high load, since serving them costs
    more.
    """
    last_local = 3.0 * problem.local_power_cap * problem.slot_length / np.maximum(problem.most_local, 1e-300)
    worst = problem.free_gain.min(axis=1) if not problem.coupled else problem.gain.min(axis=1)
    last_sent = math.log(2.0) / problem.bandwidth * (problem.offload_power_cap + 1.0 / worst)
    computes, sends = problem.local_power_cap > 0.0, problem.offload_power_cap > 0.0
    dearest = np.maximum(np.where(computes, last_local, 0.0), np.where(sends, last_sent, 0.0))
    unit = problem.carbon_reference * problem.slot_length * (problem.local_power_cap + problem.offload_power_cap)
    emitted = 2.0 * problem.weights[0] * problem.carbon.max() / unit * dearest
    needed = problem.weights[1] * problem.slots / problem.buffer + emitted
    plain = (problem.weights[3] <= 0.0) | (needed <= 0.0)
    scale: Floats = np.where(plain, 1.0, problem.weights[3] / np.where(plain, 1.0, needed))
    return scale


def _numbers(name: str, value: Any, shape: tuple[int | None, ...], above: bool = False) -> Floats:
    found = validation.array(name, value, np.float64, shape, minimum=0.0, maximum=LARGEST, open_minimum=above)
    return validation.array(name, found, np.float64, shape, minimum=SMALLEST) if above else found


def _per_user(name: str, value: Any, users: int, above: bool = False) -> Floats:
    """One number a user, or one for all of them."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        number = validation.real(name, value, minimum=0.0, maximum=LARGEST, open_minimum=above)
        value = np.full(users, number)
    return _numbers(name, value, (users,), above)


def _no_more(name: str, values: Floats, other: str, limits: Floats) -> None:
    over = np.flatnonzero(values > limits)
    if len(over):
        u = int(over[0])
        raise ValueError(f"{name}: must be at most {other}; got {values[u]} above {limits[u]} for user {u}")


def _kept(values: Array) -> Floats:
    found: Floats = np.ascontiguousarray(values, dtype=np.float64)
    found.setflags(write=False)
    return found
