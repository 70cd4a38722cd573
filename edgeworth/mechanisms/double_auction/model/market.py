"""The types of a double auction: what is reported (`Market`), what is true (`Truth`), what comes out (`Outcome`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.core.traced import Number, Rational, Traced, exact
from edgeworth.mechanisms.double_auction.model.routes import Floats, Ints, Routes

LARGEST = 1e250
"""Reports times units, and payments, stay below this, so that no sum of them overflows."""

_AXES: dict[str, names.Axes] = {"bid": ("buyer",), "demand": ("buyer",), "ask": ("seller",), "capacity": ("seller",)}

Agent = tuple[str, int]
"""``("buyer", i)`` or ``("seller", k)``."""


@dataclass(frozen=True, eq=False, repr=False)
class Market(ProblemData):
    """A double auction as reported: buyers i = 0..n-1 (edge servers), sellers k = 0..m-1 (vehicles with UAVs).

    Attributes
    ----------
    bid
        Reported value of a unit to each buyer, money, >= 0; float64 [n].
    ask
        Reported cost of a unit to each seller, money, >= 0; float64 [m].
    demand
        Units (tasks) of each buyer, >= 1, served by one seller in whole or not at all; int64 [n]. None: 1 each.
    capacity
        Units that each seller can sell, >= 0; int64 [m]. None: 1 each.
    routes
        `Routes` where sellers must drive to buyers; None for a plain market.
    history
        ``(low, high)``: the public range of unit bids in the past, whatever is reported now; mechanisms may build on it. None
        where it is not known.
    provenance
        Where the market comes from.
    buyer_names, seller_names
        One text an agent, by default the labels of the arguments that are Series, which are brought into one order; None where
        agents have numbers only.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range or of a wrong shape or type, and where all units at the highest report could be worth
        1e250 or more.

    Notes
    -----
    A set S of buyers served by seller k is worth ``sum_{i in S} q_i (b_i - a_k)`` less the cost of its tour; the total over
    disjoint feasible sets is the welfare, reports taken as true. Demand, capacity and routes are public. Arrays are copied and
    read-only; n and m may be 0. Units may be any int64: sums of them are exact.

    References
    ----------
    FUSION paper, section IV (equations 1-5).

    Examples
    --------
    >>> m = Market(bid=[10.0], ask=[1.0])
    >>> m.buyers, m.sellers, m.unit
    (1, 1, True)
    """

    sizes: ClassVar[tuple[str, ...]] = ("buyers", "sellers")

    kind: ClassVar[str] = "double-auction"

    bid: Floats
    ask: Floats
    demand: OptionalArray[Ints] = optional()  # None: ones
    capacity: OptionalArray[Ints] = optional()  # None: ones
    routes: Routes | None = None
    history: tuple[float, float] | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))
    buyer_names: tuple[str, ...] | None = None
    seller_names: tuple[str, ...] | None = None

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            bid: ArrayLike | Sequence[Number],
            ask: ArrayLike | Sequence[Number],
            demand: ArrayLike | None = None,
            capacity: ArrayLike | None = None,
            routes: Routes | None = None,
            history: tuple[float, float] | None = None,
            provenance: Provenance = ...,
            buyer_names: Sequence[str] | None = None,
            seller_names: Sequence[str] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        aligned, found = names.align(
            {name: (getattr(self, name), axes) for name, axes in _AXES.items()},
            {"buyer_names": self.buyer_names, "seller_names": self.seller_names},
        )
        for name, item in (aligned | found).items():
            store(name, item)
        store("bid", validation.array("bid", self.bid, np.float64, (None,), minimum=0.0))
        store("ask", validation.array("ask", self.ask, np.float64, (None,), minimum=0.0))
        n, m = len(self.bid), len(self.ask)
        store("buyer_names", names.checked("buyer_names", self.buyer_names, n))
        store("seller_names", names.checked("seller_names", self.seller_names, m))
        for name, length, low in (("demand", n, 1), ("capacity", m, 0)):
            given = np.ones(length, dtype=np.int64) if getattr(self, name) is None else getattr(self, name)
            store(name, validation.array(name, given, np.int64, (length,), minimum=low))
        highest = max(float(self.bid.max(initial=0.0)), float(self.ask.max(initial=0.0)))
        units = float(self.demand.sum(dtype=np.float64)) + float(self.capacity.sum(dtype=np.float64))
        if not highest * max(units, 1.0) < LARGEST:
            validation.reject("bid", f"and ask must keep the worth of all units below {LARGEST:g}", highest)
        if self.routes is not None:
            if not isinstance(self.routes, Routes):
                validation.reject_type("routes", "must be Routes or None", self.routes)
            shape = (len(self.routes.place), len(self.routes.depot))
            if shape != (n, m):
                validation.reject("routes", f"must have {n} places and {m} depots", shape)
        if self.history is not None:
            low, high = validation.array("history", self.history, np.float64, (2,), minimum=0.0).tolist()
            if low > high:
                validation.reject("history", "must be (low, high) with low <= high", self.history)
            store("history", (low, high))

    @property
    def sense(self) -> Sense:
        """Always "max": welfare."""
        return "max"

    @property
    def integral(self) -> bool:
        """Always False: nothing is rounded."""
        return False

    @property
    def offset(self) -> float:
        """Always 0: no part of the welfare is fixed."""
        return 0.0

    @property
    def buyers(self) -> int:
        """Number of buyers n."""
        return len(self.bid)

    @property
    def sellers(self) -> int:
        """Number of sellers m."""
        return len(self.ask)

    @cached_property
    def unit(self) -> bool:
        """True for a plain market in which every demand and every capacity is 1."""
        return self.routes is None and bool((self.demand == 1).all() and (self.capacity == 1).all())

    def reported(self, agent: Agent, report: float) -> Market:
        """The market in which that agent reports another unit price."""
        side, index = agent
        buyer = validation.choice("agent", side, ("buyer", "seller")) == "buyer"
        values = np.array(self.bid if buyer else self.ask)
        values[index] = validation.real("report", report, minimum=0.0)
        return replace(self, bid=values) if buyer else replace(self, ask=values)

    def truth(self) -> Truth:
        """The reports taken as the truth."""
        return Truth(self.bid, self.ask)

    def exact(self, agent: Agent | None = None, report: Rational | None = None) -> ExactMarket:
        """The same market in exact numbers, one agent's report replaced (by a traced number, say)."""
        bid: list[Rational] = [exact(value) for value in self.bid.tolist()]
        ask: list[Rational] = [exact(value) for value in self.ask.tolist()]
        if agent is not None and report is not None:
            (bid if agent[0] == "buyer" else ask)[agent[1]] = report
        return ExactMarket(
            tuple(bid), tuple(ask), tuple(self.demand.tolist()), tuple(self.capacity.tolist()), self.routes, self.history
        )

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays: dict[str, Array] = {name: getattr(self, name) for name in _AXES}
        if self.routes is not None:
            arrays |= {f"routes.{name}": values for name, values in self.routes.to_arrays().items()}
        history = None if self.history is None else list(self.history)
        content = {"history": history, "routed": self.routes is not None, "provenance": self.provenance.to_fields()}
        return Payload(content | names.to_fields(self, "buyer", "seller"), arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Market:
        """The inverse of `to_payload`; validates like the constructor."""
        routes = Routes(**payload.part("routes")) if payload.field("routed") else None
        origin = Provenance.from_fields(payload.field("provenance"))
        arrays: dict[str, Any] = {name: payload.array(name) for name in _AXES}
        return cls(
            **arrays,
            routes=routes,
            history=None if payload.field("history") is None else tuple(payload.field("history")),
            provenance=origin,
            **names.from_fields(payload.fields, "buyer", "seller"),
        )


@dataclass(frozen=True)
class ExactMarket:
    """A `Market` in exact or traced numbers, with tuples instead of arrays.

    Attributes
    ----------
    bid, ask : tuple
        Reports of buyers and sellers, Fractions or traced numbers, in money a unit.
    demand, capacity : tuple of int
        Units.
    routes, history
        As in `Market`.
    """

    bid: tuple[Rational, ...]
    ask: tuple[Rational, ...]
    demand: tuple[int, ...]
    capacity: tuple[int, ...]
    routes: Routes | None = None
    history: tuple[float, float] | None = None

    @property
    def buyers(self) -> int:
        """Number of buyers."""
        return len(self.bid)

    @property
    def sellers(self) -> int:
        """Number of sellers."""
        return len(self.ask)


@dataclass(frozen=True, eq=False)
class Truth:
    """What is true, where the reports of a `Market` may not be.

    Attributes
    ----------
    value
        True value of a unit to each buyer, money, >= 0; float64 [n].
    cost
        True cost of a unit to each seller, money, >= 0; float64 [m].
    """

    value: Floats
    cost: Floats

    if TYPE_CHECKING:  # what the fields are made from

        def __init__(
            self,
            value: ArrayLike,
            cost: ArrayLike,
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in ("value", "cost"):
            object.__setattr__(
                self, name, validation.array(name, getattr(self, name), np.float64, (None,), minimum=0.0, maximum=LARGEST)
            )


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
