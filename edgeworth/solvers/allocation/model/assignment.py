"""The solution type of multi-task allocation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.payload import Payload
from edgeworth.solvers.allocation.model.system import Ints


@dataclass(frozen=True, eq=False)
class Assignment:
    """A solution of multi-task allocation.

    Parameters
    ----------
    server : int64 [tasks]
        The server of every task, by position; -1 where the task stays unserved. Copied and read-only.
    """

    server: Ints

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", validation.array("server", self.server, np.int64, (None,), minimum=-1))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.server,)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        return Payload({}, {"server": self.server})

    @classmethod
    def from_payload(cls, payload: Payload) -> Assignment:
        """The inverse of `to_payload`."""
        return cls(payload.array("server"))
