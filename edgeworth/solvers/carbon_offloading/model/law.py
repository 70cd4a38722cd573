"""What a policy may know of an episode before it begins."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.payload import Payload

_TABLES = ("mean_arrival", "mean_harvest")
_NUMBERS = ("packet", "quantum", "correlation", "gain_shape")


@dataclass(frozen=True, eq=False)
class Law:
    """The distribution that a problem's arrays were drawn from, as a device may know it in advance.

    Parameters
    ----------
    mean_arrival : float64 [users, slots]
        Expected arrivals, bit. Arrivals are Poisson numbers of packets.
    mean_harvest : float64 [users, slots]
        Expected harvest, J.
    mean_gain : float64 [users]
        Expected gain, 1/W, at the distance where the user starts.
    packet : float
        Size of a packet, bit, > 0.
    quantum : float
        Size of a harvested quantum, J; 0 where the harvest is not Poisson but a trace.
    correlation : float
        rho of the Gauss-Markov fading from slot to slot, in [0, 1].
    gain_shape : float
        k: a gain is mean_gain / k times a Gamma(k, 1) variable; 0 where gains do not fade from slot to slot.

    Raises
    ------
    ValueError, TypeError
        Naming the field, for a value out of range.
    """

    mean_arrival: Floats
    mean_harvest: Floats
    mean_gain: Floats
    packet: float
    quantum: float
    correlation: float
    gain_shape: float

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("mean_arrival", validation.array("mean_arrival", self.mean_arrival, np.float64, (None, None), minimum=0.0))
        shape = self.mean_arrival.shape
        store("mean_harvest", validation.array("mean_harvest", self.mean_harvest, np.float64, shape, minimum=0.0))
        gain = validation.array("mean_gain", self.mean_gain, np.float64, shape[:1], minimum=0.0, open_minimum=True)
        store("mean_gain", gain)
        store("packet", validation.real("packet", self.packet, minimum=0.0, open_minimum=True))
        store("quantum", validation.real("quantum", self.quantum, minimum=0.0))
        store("correlation", validation.real("correlation", self.correlation, minimum=0.0, maximum=1.0))
        store("gain_shape", validation.real("gain_shape", self.gain_shape, minimum=0.0))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def shape(self) -> tuple[int, int]:
        """Users and slots."""
        users, slots = self.mean_arrival.shape
        return users, slots

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays = {name: getattr(self, name) for name in (*_TABLES, "mean_gain")}
        return Payload({name: getattr(self, name) for name in _NUMBERS}, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Law:
        """The inverse of `to_payload`."""
        content: dict[str, Any] = {name: payload.array(name) for name in (*_TABLES, "mean_gain")}
        return cls(**content, **{name: payload.field(name) for name in _NUMBERS})
