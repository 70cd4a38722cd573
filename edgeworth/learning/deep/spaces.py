"""What agents observe and do: sizes, bounds and names, frozen and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """What one agent does; made by `discrete` or `box`.

    Parameters
    ----------
    n : int
        How many actions there are, 0 where an action is a vector.
    masked : bool
        Whether some of the n actions may be closed at times.
    low, high : tuple of float
        Bounds of a vector, entry by entry, finite; empty where actions are numbered.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range, and where both or neither of the two kinds is said.

    Examples
    --------
    >>> ActionSpec.box(0.0, 1.0, dim=2).dim, ActionSpec.discrete(4).n
    (2, 4)
    """

    n: int = 0
    masked: bool = False
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        validation.integer("n", self.n, minimum=0)
        validation.flag("masked", self.masked)
        if len(self.low) != len(self.high):
            validation.reject("high", f"must have as many entries as low, {len(self.low)}", self.high)
        if (self.n > 0) == (len(self.low) > 0):
            validation.reject("n", "must be positive where there are no bounds, and 0 where there are", self.n)
        if self.masked and not self.n:
            validation.reject("masked", "must be False where actions are vectors", self.masked)
        for low, high in zip(self.low, self.high, strict=True):
            validation.real("low", low)
            validation.real("high", high)
            if not low < high:
                validation.reject("low", "must be below high", (low, high))

    @classmethod
    def discrete(cls, n: int, *, masked: bool = False) -> ActionSpec:
        """Actions 0, ..., n - 1.

        Parameters
        ----------
        n : int
        masked : bool
            Whether the environment gives masks.
        """
        return cls(n=validation.integer("n", n, minimum=1), masked=masked)

    @classmethod
    def box(
        cls, low: float | Sequence[float] = 0.0, high: float | Sequence[float] = 1.0, *, dim: int | None = None
    ) -> ActionSpec:
        """Vectors between two bounds.

        Parameters
        ----------
        low, high : float or sequence of float
        dim : int, optional
            The length of the vector; default: that of the bounds.
        """
        length = dim if dim is not None else max(np.size(low), np.size(high))
        one, other = (
            tuple(float(x) for x in np.broadcast_to(np.asarray(bound, np.float64), (length,))) for bound in (low, high)
        )
        return cls(low=one, high=other)

    @property
    def dim(self) -> int:
        """The length of a vector, 0 where actions are numbered."""
        return len(self.low)

    def scaled(self, unit: Array) -> Array:
        """Vectors between the bounds, of points of [0, 1]^dim.

        Parameters
        ----------
        unit : ndarray [..., dim]
        """
        low, high = np.asarray(self.low, unit.dtype), np.asarray(self.high, unit.dtype)
        if not low.any() and (high == 1.0).all():
            return unit
        found: Array = np.clip(low + (high - low) * unit, low, high)
        return found


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a vector environment is like; a checkpoint fits environments of the same hash.

    Parameters
    ----------
    agents : int
        Agents of every copy, all alike.
    obs : int
        Length of one agent's observation.
    action : ActionSpec
        What one agent does.
    state : int
        Length of what a central critic sees of a copy; 0: nothing.
    names : tuple of str
        What the entries of an observation are, where the environment says so.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range.

    Examples
    --------
    >>> Spec(agents=2, obs=3, action=ActionSpec.discrete(4)).hash[:8]
    'be40bae7'
    """

    agents: int
    obs: int
    action: ActionSpec
    state: int = 0
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        validation.integer("agents", self.agents, minimum=1)
        validation.integer("obs", self.obs, minimum=0)
        validation.integer("state", self.state, minimum=0)
        if not isinstance(self.action, ActionSpec):
            validation.reject_type("action", "must be an ActionSpec", self.action)
        if self.names and len(self.names) != self.obs:
            validation.reject("names", f"must name the {self.obs} entries of an observation", self.names)

    @cached_property
    def hash(self) -> str:
        """A canonical hash of everything."""
        return hashlib.sha256(json.dumps(self.to_fields(), sort_keys=True).encode()).hexdigest()[:32]

    def to_fields(self) -> dict[str, Any]:
        """As plain JSON data."""
        fields: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return fields

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Spec:
        """The inverse of `to_fields`.

        Parameters
        ----------
        fields : mapping
        """
        action = dict(fields["action"])
        bounds = {name: tuple(float(x) for x in action[name]) for name in ("low", "high")}
        return cls(**{**fields, "names": tuple(fields["names"]), "action": ActionSpec(**{**action, **bounds})})
