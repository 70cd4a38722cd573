"""A market one of whose reports is a traced number: what a rule sees while the auditor traces it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.core.traced import Exact, NotTraceableError, Number, Rational, Traced, TracedFloat
from edgeworth.mechanisms.double_auction.model import Agent, Market


class TracedMarket(Market):
    """A `Market` one of whose reports is a traced number.

    ``bid``, ``ask`` and ``bid_rows``, where there are rows, are read-only object arrays, all but one entry (one row) floats;
    plain Python and plain NumPy work on them as on the float arrays they stand for. What would turn them into text, files or
    floats is refused.
    """

    _spread: tuple[tuple[Exact, ...], ...] | None = None  # of the market that it was made from: no field

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        def kept(reports: Sequence[Number]) -> Array:
            held = np.empty(len(reports), dtype=object)
            held[:] = [value if isinstance(value, Traced) else np.float64(value) for value in reports]
            held.setflags(write=False)
            return held

        store("bid", kept(list(self.bid)))
        store("ask", kept(list(self.ask)))
        if self.bid_rows is not None:
            rows = kept([value for row in self.bid_rows for value in row])
            store("bid_rows", rows.reshape(self.buyers, self.sellers))
        for name, length in (("demand", self.buyers), ("capacity", self.sellers)):
            given = np.ones(length, dtype=np.int64) if getattr(self, name) is None else getattr(self, name)
            store(name, validation.array(name, given, np.int64, (length,), minimum=0))

    @classmethod
    def of(cls, market: Market, agent: Agent, report: Traced) -> TracedMarket:
        """The market in which that agent's report is traced."""
        return cls._with(market, market.spread(), agent, TracedFloat(report.a, report.b, report.tracer, report.unit))

    def reported(self, agent: Agent, report: Number) -> Market:
        """The market in which that agent reports another unit price, which may be traced too."""
        return self._with(self, self._spread, agent, report)

    @classmethod
    def _with(cls, market: Market, spread: tuple[tuple[Exact, ...], ...] | None, agent: Agent, report: Number) -> TracedMarket:
        side, index = agent
        bid: list[Number] = list(market.bid)
        ask: list[Number] = list(market.ask)
        (bid if side == "buyer" else ask)[index] = report
        rows: Any = market.bid_rows
        if rows is not None and spread is not None and side == "buyer":
            rows = list(rows)
            rows[index] = [report * float(part) if not isinstance(report, Traced) else report * part for part in spread[index]]
        given = (market.demand, market.capacity, market.routes, market.history, market.provenance)
        made = cls(bid, ask, *given, market.buyer_names, market.seller_names, rows)
        object.__setattr__(made, "_spread", spread)
        return made

    def _refuse(self, asked: str) -> NoReturn:
        for value in (*self.bid, *self.ask):
            if isinstance(value, Traced):
                value.tracer.refuse(f"{asked} of a market was asked for, which depends on a report's digits")
        raise NotTraceableError(f"{asked} of a traced market")

    @property
    def hash(self) -> NoReturn:
        """Refused."""
        self._refuse("the hash")

    def to_payload(self) -> NoReturn:
        """Refused."""
        self._refuse("the payload")

    def truth(self) -> NoReturn:
        """Refused."""
        self._refuse("the truth")

    def exact(self, agent: Agent | None = None, report: Rational | None = None) -> NoReturn:
        """Refused."""
        self._refuse("the exact form")
