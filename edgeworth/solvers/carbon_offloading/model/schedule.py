"""The solution type of carbon-aware offloading, and what a schedule leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.payload import Payload


@dataclass(frozen=True, eq=False, repr=False)
class Schedule(ShownSolution):
    """A solution of carbon-aware offloading: the two powers that every device is commanded to spend in every slot.

    Parameters
    ----------
    local_power : float64 [users, slots]
        Of the processor, W, >= 0. Copied and read-only.
    offload_power : float64 [users, slots]
        Of the transmitter, W, >= 0.

    Raises
    ------
    ValueError, TypeError
        For arrays of different shapes, negative powers, NaN and infinities. That powers stay below a problem's caps is a matter
        of `violations`.

    Examples
    --------
    >>> schedule = Schedule([[0.5, 1.0]], [[0.0, 2.0]])
    >>> schedule.users, schedule.slots
    (1, 2)
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("user", "number of the device"),
        Column("slot", "number of the slot, from 0"),
        Column("local_power", "W"),
        Column("offload_power", "W"),
    )

    local_power: Floats
    offload_power: Floats

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(self, local_power: ArrayLike, offload_power: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        local = validation.array("local_power", self.local_power, np.float64, (None, None), minimum=0.0)
        sent = validation.array("offload_power", self.offload_power, np.float64, local.shape, minimum=0.0)
        object.__setattr__(self, "local_power", local)
        object.__setattr__(self, "offload_power", sent)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.local_power, self.offload_power)

    @property
    def users(self) -> int:
        """Number of devices."""
        return int(self.local_power.shape[0])

    @property
    def slots(self) -> int:
        """Number of slots."""
        return int(self.local_power.shape[1])

    def _content(self) -> Mapping[str, object]:
        user, slot = np.indices(self.local_power.shape)
        powers = {"local_power": self.local_power.ravel(), "offload_power": self.offload_power.ravel()}
        return {"user": user.ravel(), "slot": slot.ravel(), **powers}

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        return Payload({}, {"local_power": self.local_power, "offload_power": self.offload_power})

    @classmethod
    def from_payload(cls, payload: Payload) -> Schedule:
        """The inverse of `to_payload`."""
        return cls(payload.array("local_power"), payload.array("offload_power"))


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a schedule leads to in a problem, slot by slot.

    Attributes
    ----------
    buffer : ndarray
        Bits held at the beginning of every slot and at the end, float64 [users, slots + 1].
    battery : ndarray
        Joules stored, likewise.
    served, local, dropped : ndarray
        Bits served; those of them that the device computed itself (the processor counts first); bits lost to a full buffer.
        float64 [users, slots], as all that follow.
    energy, grid, waste : ndarray
        Joules spent, drawn from the grid, and harvested in vain.
    sinr : ndarray
        Signal-to-interference-and-noise ratio of the uplink.
    carbon : ndarray
        Grams emitted.
    cost : ndarray
        The four parts of the cost (carbon, delay, waste, overflow), float64 [4, users, slots].
    """

    buffer: Floats
    battery: Floats
    served: Floats
    local: Floats
    dropped: Floats
    energy: Floats
    grid: Floats
    waste: Floats
    sinr: Floats
    carbon: Floats
    cost: Floats

    def __post_init__(self) -> None:
        for each in vars(self).values():
            each.setflags(write=False)
