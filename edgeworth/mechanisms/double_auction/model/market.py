"""What is reported in a double auction (`Market`), and what is true (`Truth`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.core.traced import Exact, Number, Rational, exact
from edgeworth.mechanisms.double_auction.model.routes import Floats, Ints, Routes

LARGEST = 1e250
"""Reports times units, and payments, stay below this, so that no sum of them overflows."""

_AXES: dict[str, names.Axes] = {"bid": ("buyer",), "demand": ("buyer",), "ask": ("seller",), "capacity": ("seller",)}
_ROWS: names.Axes = ("buyer", "seller")

_MEAN = 1e-9
_DUST = 1e-300
"""A bid may differ from the mean of its row by this share of it, and by this amount where floats have few digits left."""

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
    bid_rows
        Where a buyer bids another unit price to each seller: b_ik, money, >= 0, float64 [n, m], the mean of row i being
        ``bid[i]`` (`from_rows` takes the means). None: ``bid[i]`` to all.
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

    Rows are those of the FUSION paper's single-parameter assumption: a buyer has one value of a unit, its mean bid, which
    welfare and utilities count; the row says how the bid is spread over the sellers, and a buyer who reports another mean
    scales its row (a row of zeros becomes level). Rules that know one bid a buyer refuse rows by a `NotApplicableError`.

    References
    ----------
    FUSION paper, section IV (equations 1-5), section IV-C3 and appendix C (rows; equations 26-27 and 36), figure 3.

    Examples
    --------
    >>> m = Market(bid=[10.0], ask=[1.0])
    >>> m.buyers, m.sellers, m.unit
    (1, 1, True)
    >>> Market.from_rows([[9.0, 3.0]], ask=[1.0, 2.0]).bid.tolist()
    [6.0]
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
    bid_rows: OptionalArray[Floats | None] = optional()

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
            bid_rows: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        aligned, found = names.align(
            {name: (getattr(self, name), axes) for name, axes in (_AXES | {"bid_rows": _ROWS}).items()},
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
        if self.bid_rows is not None:
            store("bid_rows", validation.array("bid_rows", self.bid_rows, np.float64, (n, m), minimum=0.0, maximum=LARGEST))
            _require_means(self.bid_rows, self.bid)
        highest = self.highest_report
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

    @classmethod
    def from_rows(cls, bid_rows: ArrayLike, ask: ArrayLike | Sequence[Number], **given: Any) -> Self:
        """A market in which every buyer bids a unit price to each seller; its bid is the mean of its row.

        Parameters
        ----------
        bid_rows : array_like
            b_ik, money, >= 0; float64 [n, m], m at least 1.
        ask : array_like
            As in `Market`.
        **given
            Other arguments of `Market`.

        Returns
        -------
        Market

        Raises
        ------
        ValueError, TypeError
            As `Market` does; and where there is no seller, for a row without entries has no mean.
        """
        labelled: Any = bid_rows if validation.is_labelled(bid_rows) else None
        values = bid_rows if labelled is None else labelled.to_numpy()
        plain = validation.array("bid_rows", values, np.float64, (None, None), minimum=0.0, maximum=LARGEST)
        if not plain.shape[1]:
            validation.reject("bid_rows", "must have a column for at least one seller", plain.shape)
        means: Any = [math.fsum(row) / len(row) for row in plain.tolist()]
        if labelled is not None:  # the means bear the labels of their rows
            means = labelled.iloc[:, 0] * 0.0 + means
        return cls(means, ask, bid_rows=bid_rows, **given)

    @property
    def _rows(self) -> tuple[Floats, ...]:
        """The rows where there are some."""
        return () if self.bid_rows is None else (self.bid_rows,)

    @property
    def highest_report(self) -> float:
        """The highest unit price that anybody reports, entries of rows included; 0 where nobody reports."""
        return max(float(values.max(initial=0.0)) for values in (self.bid, self.ask, *self._rows))

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
        """The market in which that agent reports another unit price; a buyer with a row another mean, its row scaled."""
        side, index = agent
        buyer = validation.choice("agent", side, ("buyer", "seller")) == "buyer"
        values = np.array(self.bid if buyer else self.ask)
        values[index] = validation.real("report", report, minimum=0.0)
        if not buyer:
            return replace(self, ask=values)
        if self.bid_rows is None:
            return replace(self, bid=values)
        rows = np.array(self.bid_rows)
        rows[index] = values[index] * (rows[index] / self.bid[index]) if self.bid[index] > 0.0 else values[index]
        return replace(self, bid=values, bid_rows=rows)

    def truth(self) -> Truth:
        """The reports taken as the truth."""
        return Truth(self.bid, self.ask)

    def exact(self, agent: Agent | None = None, report: Rational | None = None) -> ExactMarket:
        """The same market in exact numbers, one agent's report replaced (by a traced number, say)."""
        bid: list[Rational] = [exact(value) for value in self.bid.tolist()]
        ask: list[Rational] = [exact(value) for value in self.ask.tolist()]
        if agent is not None and report is not None:
            (bid if agent[0] == "buyer" else ask)[agent[1]] = report
        demand, capacity = tuple(self.demand.tolist()), tuple(self.capacity.tolist())
        return ExactMarket(tuple(bid), tuple(ask), demand, capacity, self.routes, self.history, self.spread())

    def spread(self) -> tuple[tuple[Exact, ...], ...] | None:
        """Every entry of the rows over its buyer's bid, exact; 1 in the row of a buyer who bids 0."""
        if self.bid_rows is None:
            return None
        rows = zip(self.bid_rows.tolist(), self.bid.tolist(), strict=True)
        return tuple(tuple(Fraction(exact(entry)) / exact(bid) if bid else 1 for entry in row) for row, bid in rows)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays: dict[str, Array] = {name: getattr(self, name) for name in _AXES}
        if self.bid_rows is not None:  # a market without rows keeps the hash that it had before there were any
            arrays["bid_rows"] = self.bid_rows
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
            bid_rows=payload.arrays.get("bid_rows"),
            **names.from_fields(payload.fields, "buyer", "seller"),
        )


def _require_means(rows: Floats, bid: Floats) -> None:
    """Every bid is the mean of its row."""
    if not rows.shape[1]:
        return
    for i, row in enumerate(rows.tolist()):
        mean = math.fsum(row) / len(row)
        if abs(mean - bid[i]) > _MEAN * mean + _DUST:
            validation.reject("bid_rows", f"must have in row {i} the mean {float(bid[i])!r}, the bid of that buyer", mean)


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
    spread : tuple of tuple, or None
        Where buyers bid rows: entry b_ik over the mean bid b_i, Fractions [n][m]; it does not depend on reports.
    """

    bid: tuple[Rational, ...]
    ask: tuple[Rational, ...]
    demand: tuple[int, ...]
    capacity: tuple[int, ...]
    routes: Routes | None = None
    history: tuple[float, float] | None = None
    spread: tuple[tuple[Exact, ...], ...] | None = None

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
