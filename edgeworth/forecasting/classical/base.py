"""What a fitted method without a network is: named numbers, and a forecast of windows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Floats


@dataclass(frozen=True, eq=False)
class Classical:
    """A fitted method.

    Parameters
    ----------
    name : str
    arrays : mapping of float64 ndarray
        What fitting found.
    history, horizon : int
    provenance : mapping
        How it was fitted, plain JSON data.
    """

    free: ClassVar[frozenset[str]] = frozenset()  # arrays that say what was asked for, which nothing was fitted of
    name: str
    arrays: Arrays = field(repr=False)
    history: int
    horizon: int
    provenance: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = self.shapes()
        if set(self.arrays) != set(shapes):
            validation.reject("arrays", f"must be {', '.join(shapes) or 'none'}, those of {self.name}", sorted(self.arrays))
        found = {name: validation.array(f"arrays[{name}]", self.arrays[name], np.float64, shapes[name]) for name in shapes}
        object.__setattr__(self, "arrays", MappingProxyType(found))
        object.__setattr__(self, "provenance", MappingProxyType(dict(self.provenance)))
        self.check()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.name, dict(self.arrays), self.history, self.horizon, dict(self.provenance))

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Name -> shape of the arrays."""

    def check(self) -> None:
        """Refuse numbers that a fit cannot have found."""

    @abstractmethod
    def predict(self, windows: Floats, dt: Array | None = None) -> Floats:
        """Forecasts [n, horizon] of windows [n, history, features]; dt is for pro-lnn, and None."""

    @property
    def features(self) -> int:
        """Numbers at each step of a window."""
        return 1

    @property
    def parameters(self) -> int:
        """How many numbers were fitted."""
        return sum(each.size for name, each in self.arrays.items() if name not in self.free)

    @property
    def nbytes(self) -> int:
        """Bytes of them."""
        return sum(each.nbytes for name, each in self.arrays.items() if name not in self.free)


def season_of(arrays: Arrays, cycles: int, history: int) -> int:
    """The season, whose multiple the history must reach."""
    season = float(np.asarray(arrays["season"])[0])
    if season < 1 or season != int(season) or cycles * season > history:
        rule = f"must be whole, at least 1, and history, {history}, at least {cycles} of it"
        validation.reject("season", rule, int(season) if season == int(season) else season)
    return int(season)
