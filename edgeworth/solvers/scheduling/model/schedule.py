"""The solution type of scheduling: who executes which task, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints, OptionalArray, optional
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.payload import Payload

NEVER = -1.0
"""The time of what does not happen."""
SCOPES = ("simulated", "hindsight")


@dataclass(frozen=True, eq=False, repr=False)
class Schedule(ShownSolution):
    """A solution of scheduling: the device that every task is handed to, and when it begins there.

    Parameters
    ----------
    device : int64 [tasks]
        Who executes it, or -1 where it is handed to nobody.
    start : float64 [tasks]
        s, when its execution begins, or -1 where it never does. Sharing processors begin when the task is ready.
    scope : {"simulated", "hindsight"}
        Whether a simulation of the episode led to it, with epochs, radios, batteries and masks, or it is a schedule of tasks
        that are all known in advance, which these do not bind.
    decided : float64 [tasks], optional
        s, the epoch at which its source handed it over, -1 where it never did. Given where simulated, and only there. A source
        may hold a task back, and what came after it, for longer than it must.
    delay : float64 [tasks], optional
        s >= 0 from there until it may be sent: what an auction takes; 0 of a task that stays with its source. Default where
        simulated: 0.

    Raises
    ------
    ValueError, TypeError
        For arrays of different lengths, numbers out of range, NaN and infinities. Whether an episode allows it is a matter of
        `violations`.

    Examples
    --------
    >>> Schedule([0, 0, 1], [0.0, 2.5, 1.0], "hindsight").tasks
    3
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("task", "number of the task"),
        Column("device", "number of the device that executes it, -1: none"),
        Column("start", "s, -1: never"),
    )

    device: Ints
    start: Floats
    scope: Literal["simulated", "hindsight"]
    decided: OptionalArray[Floats] = optional()
    delay: OptionalArray[Floats] = optional()

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            device: ArrayLike,
            start: ArrayLike,
            scope: str,
            decided: ArrayLike | None = None,
            delay: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        scope = validation.choice("scope", self.scope, SCOPES)
        device = validation.array("device", self.device, np.int64, (None,), minimum=-1)
        taken = {"device": device, "start": _times("start", self.start, len(device))}
        simulated = scope == "simulated"
        if simulated != (self.decided is not None):
            rule = "must be given for scope 'simulated', and only there"
            validation.reject("decided", rule, self.decided)
        if not simulated and self.delay is not None:
            validation.reject("delay", "must be None for scope 'hindsight'", self.delay)
        if simulated:
            taken["decided"] = _times("decided", self.decided, len(device))
            waits = np.zeros(len(device)) if self.delay is None else self.delay
            taken["delay"] = validation.array("delay", waits, np.float64, (len(device),), minimum=0.0)
        for name, values in taken.items():
            object.__setattr__(self, name, values)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.device, self.start, self.scope, self.decided, self.delay)

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return len(self.device)

    def _content(self) -> Mapping[str, object]:
        return {"task": np.arange(self.tasks), "device": self.device, "start": self.start}

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays = {"device": self.device, "start": self.start}
        if self.scope == "simulated":
            arrays |= {"decided": self.decided, "delay": self.delay}
        return Payload({"scope": self.scope}, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Schedule:
        """The inverse of `to_payload`."""
        scope = payload.field("scope")
        rest = [payload.array(name) for name in ("decided", "delay")] if scope == "simulated" else []
        return cls(payload.array("device"), payload.array("start"), scope, *rest)


def _times(name: str, value: object, tasks: int) -> Floats:
    """Times from 0 on, or `NEVER`."""
    times: Floats = validation.array(name, value, np.float64, (tasks,), minimum=NEVER)
    between = np.flatnonzero((times < 0.0) & (times != NEVER))
    if len(between):
        j = int(between[0])
        raise ValueError(f"{name}: must be at least 0, or -1 for never; got {times[j]} for task {j}")
    return times
