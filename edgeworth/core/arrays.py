"""Names for the types of arrays, and of dataclass fields that hold an array whatever they are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
"""An array of any type."""
Arrays = Mapping[str, Array]
"""Named arrays, as payloads and certificates hold them."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.integer[Any]]
"""Integers of any width."""
Bools = NDArray[np.bool_]

Held = TypeVar("Held")


class OptionalArray(Generic[Held]):
    """The type of a dataclass field that may be given as anything array-like, or left out, and holds `Held` afterwards.

    For type checkers only, which read from the two methods what a constructor takes and what the field then holds; the field
    itself is a plain one, made by `optional`, and `__post_init__` puts the array there.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Load:
    ...     size: OptionalArray[Floats] = optional()
    ...     def __post_init__(self) -> None:
    ...         object.__setattr__(self, "size", np.zeros(1) if self.size is None else np.asarray(self.size, dtype=np.float64))
    >>> Load([1, 2]).size, Load().size
    (array([1., 2.]), array([0.]))
    """

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Held: ...
    def __get__(self, instance: object, owner: type) -> Self | Held:
        raise NotImplementedError

    def __set__(self, instance: object, value: ArrayLike | None) -> None:
        raise NotImplementedError


def optional() -> Any:
    """The default of a field of type `OptionalArray`: None, in the place of which `__post_init__` puts an array."""
    return field(default=None)
