"""What comes out of a double auction: who trades with whom, and who pays what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.payload import Payload
from edgeworth.core.traced import Number, Traced
from edgeworth.mechanisms.double_auction.model.market import LARGEST
from edgeworth.mechanisms.double_auction.model.routes import Floats, Ints


@dataclass(frozen=True, eq=False, repr=False)
class Outcome(ShownSolution):
    """Who trades with whom, and who pays what.

    Attributes
    ----------
    seller
        The seller that serves each buyer, -1 for none; int64 [n].
    payment
        What each buyer pays in all; float64 [n].
    reward
        What each seller gets in all; float64 [m].
    stop
        The buyer's place on its seller's tour, from 0; -1 where unserved or in a plain market; int64 [n]. None: -1 everywhere.
    tie_break
        The name of the tie-breaking used.

    Raises
    ------
    ValueError, TypeError
        For text, NaN and everything that is no real number, and for money of 1e250 or more.

    Notes
    -----
    Arrays are copied and read-only. While a mechanism is traced, payments and rewards may be exact or traced numbers; they are
    then kept as objects.
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("side", "buyer or seller"),
        Column("agent", "number within its side"),
        Column("seller", "number of the seller that serves the buyer, -1: none", axis="seller"),
        Column("stop", "place on the seller's tour, -1: none"),
        Column("payment", "money that the buyer pays in all"),
        Column("reward", "money that the seller gets in all"),
    )

    seller: Ints
    payment: Floats
    reward: Floats
    stop: OptionalArray[Ints] = optional()  # None: -1 everywhere
    tie_break: str = "index"

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            seller: ArrayLike,
            payment: ArrayLike | Sequence[Number],
            reward: ArrayLike | Sequence[Number],
            stop: ArrayLike | None = None,
            tie_break: str = "index",
        ) -> None: ...

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("seller", validation.array("seller", self.seller, np.int64, (None,), minimum=-1))
        n = len(self.seller)
        store("payment", _money("payment", self.payment, n))
        store("reward", _money("reward", self.reward, None))
        stop = np.full(n, -1, dtype=np.int64) if self.stop is None else self.stop
        store("stop", validation.array("stop", stop, np.int64, (n,), minimum=-1))
        if not isinstance(self.tie_break, str):
            validation.reject_type("tie_break", "must be text", self.tie_break)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self))

    @classmethod
    def of_arrays(cls, seller: Ints, payment: Floats, reward: Floats, tie_break: str) -> Outcome:
        """Take over fresh arrays of the right types without a copy or a check: for rules that clear 100,000 traders in
        milliseconds, where copying costs as much as clearing. Plain markets; the arrays become read-only and must not be kept
        by the caller.
        """
        made = object.__new__(cls)
        stop = np.broadcast_to(np.int64(-1), seller.shape)
        for name, values in (("seller", seller), ("payment", payment), ("reward", reward), ("stop", stop)):
            values.setflags(write=False)
            object.__setattr__(made, name, values)
        object.__setattr__(made, "tie_break", tie_break)
        return made

    def _content(self) -> dict[str, object]:
        n, m = len(self.payment), len(self.reward)
        nobody, nothing = np.full(m, -1, dtype=np.int64), np.full(max(n, m), np.nan)
        return {
            "side": ["buyer"] * n + ["seller"] * m,
            "agent": np.concatenate([np.arange(n), np.arange(m)]),
            "seller": np.concatenate([self.seller, nobody]),
            "stop": np.concatenate([self.stop, nobody]),
            "payment": np.concatenate([self.payment, nothing[:m]]),
            "reward": np.concatenate([nothing[:n], self.reward]),
        }

    def served_by(self, seller: int) -> list[int]:
        """The buyers of one seller, in the order of its tour (of their index in a plain market)."""
        mine = np.flatnonzero(self.seller == seller).tolist()
        return sorted(mine, key=lambda i: (int(self.stop[i]), i))

    def to_payload(self) -> Payload:
        """As plain fields and arrays; exact payments as the nearest floats. TypeError for traced ones."""
        arrays = {name: np.array(getattr(self, name), dtype=np.float64) for name in ("payment", "reward")}
        return Payload({"tie_break": self.tie_break}, {"seller": self.seller, "stop": self.stop} | arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Outcome:
        """The inverse of `to_payload`."""
        columns = ("seller", "payment", "reward", "stop")
        return cls(**{name: payload.array(name) for name in columns}, tie_break=payload.field("tie_break"))


def _money(name: str, value: object, length: int | None) -> Array:
    """Floats, unless an entry is an exact or traced number."""
    plain = (int, float, np.integer, np.floating)
    if isinstance(value, np.ndarray) and value.dtype == object:
        value = value.tolist()
    if isinstance(value, Sequence) and np.ndarray in set(map(type, value)):  # `np.where` of one number has no dimension
        value = [item.item() if type(item) is np.ndarray and item.ndim == 0 else item for item in value]
    # Traced numbers may pass for floats: their kind is asked, and once each, for the abstract classes are slow to ask.
    if isinstance(value, Sequence) and any(issubclass(kind, Fraction | Traced) for kind in set(map(type, value))):
        if length is not None and len(value) != length:
            validation.reject(name, f"must have {length} entries", len(value))
        for item in value:
            if not isinstance(item, Traced | Fraction):
                if isinstance(item, bool) or not isinstance(item, plain):
                    validation.reject_type(name, "must be numbers", item)
                validation.real(name, item, minimum=-LARGEST, maximum=LARGEST)
        kept = np.empty(len(value), dtype=object)
        kept[:] = list(value)
        kept.setflags(write=False)
        return kept
    return validation.array(name, value, np.float64, (length,), minimum=-LARGEST, maximum=LARGEST)
