"""The solution type of multi-task allocation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.payload import Payload
from edgeworth.solvers.allocation.model.system import Ints


@dataclass(frozen=True, eq=False, repr=False)
class Assignment(ShownSolution):
    """A solution of multi-task allocation.

    Parameters
    ----------
    server : int64 [tasks]
        The server of every task, by position; -1 where the task stays unserved. Copied and read-only.
    """

    row: ClassVar[str] = "task"
    columns: ClassVar[tuple[Column, ...]] = (Column("server", "number of the server, -1: not served", axis="server"),)

    server: Ints

    if TYPE_CHECKING:  # what the field is made from

        def __init__(self, server: ArrayLike) -> None: ...

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
