"""Strategy profiles of the game."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Ints
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.payload import Payload


@dataclass(frozen=True, eq=False, repr=False)
class Profile(ShownSolution):
    """A strategy profile; the array is copied and read-only.

    Parameters
    ----------
    provider : int64 [users]
        The provider of every user, -1 for one who computes locally.
    """

    row: ClassVar[str] = "user"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("provider", "number of the provider, -1: computes locally", axis="provider"),
    )

    provider: Ints

    if TYPE_CHECKING:  # what the field is made from

        def __init__(self, provider: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "provider", validation.array("provider", self.provider, np.int64, (None,), minimum=-1))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.provider,)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        return Payload({}, {"provider": self.provider})

    @classmethod
    def from_payload(cls, payload: Payload) -> Profile:
        """The inverse of `to_payload`."""
        return cls(payload.array("provider"))
