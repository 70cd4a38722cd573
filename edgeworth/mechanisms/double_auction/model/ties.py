"""How ties between reports are broken: an explicit object, given to a rule and named in its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.traced import Number


class TieError(ValueError):
    """Raised where two reports tie and the tie-breaking in use refuses to decide."""


@runtime_checkable
class TieBreak(Protocol):
    """How equal reports are ordered: a protocol with a `name`, which outcomes record, and a method `ranks`.

    Notes
    -----
    ``ranks(side, reports)`` gives an int64 permutation; among equal reports the lower rank goes first. Ranks must not depend on
    the reports, but for refusing them by a `TieError`.
    """

    @property
    def name(self) -> str:
        """What outcomes record."""
        ...

    def ranks(self, side: str, reports: Sequence[Number] | NDArray[np.float64]) -> NDArray[np.int64]:
        """A permutation by which equal reports of a side ("buyer" or "seller") are ordered."""
        ...


@lru_cache(maxsize=8)
def _ascending(length: int) -> NDArray[np.int64]:
    ranks = np.arange(length, dtype=np.int64)
    ranks.setflags(write=False)
    return ranks


@dataclass(frozen=True)
class ByIndex:
    """The trader with the lower index goes first."""

    @property
    def name(self) -> str:
        """``index``."""
        return "index"

    def ranks(self, side: str, reports: Sequence[Number] | NDArray[np.float64]) -> NDArray[np.int64]:
        """0, 1, 2, ..."""
        return _ascending(len(reports))


@dataclass(frozen=True)
class Reverse:
    """The trader with the higher index goes first."""

    @property
    def name(self) -> str:
        """``reverse``."""
        return "reverse"

    def ranks(self, side: str, reports: Sequence[Number] | NDArray[np.float64]) -> NDArray[np.int64]:
        """..., 2, 1, 0."""
        return np.arange(len(reports), dtype=np.int64)[::-1]


@dataclass(frozen=True)
class Lottery:
    """A permutation drawn from a seed, one for each side, whatever the reports are.

    Attributes
    ----------
    seed
        Where it is drawn from, an integer >= 0.
    """

    seed: int = 0

    def __post_init__(self) -> None:
        validation.integer("seed", self.seed, minimum=0)

    @property
    def name(self) -> str:
        """``lottery``, with its seed."""
        return f"lottery({self.seed})"

    def ranks(self, side: str, reports: Sequence[Number] | NDArray[np.float64]) -> NDArray[np.int64]:
        """The same permutation for the same seed, side and number of traders."""
        stream = 0 if side == "buyer" else 1
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(stream,)))
        return rng.permutation(len(reports)).astype(np.int64)


@dataclass(frozen=True)
class Refuse:
    """No tie is broken: equal reports on one side raise `TieError`."""

    @property
    def name(self) -> str:
        """``refuse``."""
        return "refuse"

    def ranks(self, side: str, reports: Sequence[Number] | NDArray[np.float64]) -> NDArray[np.int64]:
        """Ranks by index, once it is known that no two reports are equal."""
        ordered = sorted(reports)
        for one, two in pairwise(ordered):
            if one == two:
                raise TieError(f"reports: must differ on one side where ties are refused; got {one} from two {side}s")
        return np.arange(len(reports), dtype=np.int64)


TIE_BREAKS: dict[str, TieBreak] = {"index": ByIndex(), "reverse": Reverse(), "lottery": Lottery(), "refuse": Refuse()}
"""Tie-breaking by name, as parameters name it."""


def tie_break_of(value: str | TieBreak) -> TieBreak:
    """A way to break ties by itself or by its name.

    Parameters
    ----------
    value : str or TieBreak
        The object, or its name in `TIE_BREAKS`.

    Returns
    -------
    TieBreak

    Raises
    ------
    ValueError, TypeError
        For an unknown name, and for anything else.
    """
    if isinstance(value, str):
        return TIE_BREAKS[validation.choice("tie_break", value, tuple(TIE_BREAKS))]
    if not isinstance(value, TieBreak):
        validation.reject_type("tie_break", "must be a TieBreak or its name", value)
    return value
