"""A market one of whose reports is a traced number: what a rule sees while the auditor traces it."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from edgeworth.core import validation
from edgeworth.core.traced import NotTraceableError, Number, Rational, Traced, TracedFloat
from edgeworth.mechanisms.double_auction.model import Agent, Market


class TracedMarket(Market):
    """A `Market` one of whose reports is a traced number.

    ``bid`` and ``ask`` are read-only object arrays, all but one entry floats; plain Python and plain NumPy work on them as on
    the float arrays they stand for. What would turn them into text, files or floats is refused.
    """

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for name in ("bid", "ask"):
            reports = list(getattr(self, name))
            kept = np.empty(len(reports), dtype=object)
            kept[:] = [value if isinstance(value, Traced) else np.float64(value) for value in reports]
            kept.setflags(write=False)
            store(name, kept)
        for name, length in (("demand", self.buyers), ("capacity", self.sellers)):
            given = np.ones(length, dtype=np.int64) if getattr(self, name) is None else getattr(self, name)
            store(name, validation.array(name, given, np.int64, (length,), minimum=0))

    @classmethod
    def of(cls, market: Market, agent: Agent, report: Traced) -> TracedMarket:
        """The market in which that agent's report is traced."""
        bid: list[Number] = list(market.bid)
        ask: list[Number] = list(market.ask)
        (bid if agent[0] == "buyer" else ask)[agent[1]] = TracedFloat(report.a, report.b, report.tracer, report.unit)
        return cls(bid, ask, market.demand, market.capacity, market.routes, market.history, market.provenance)

    def reported(self, agent: Agent, report: Number) -> Market:
        """The market in which that agent reports another unit price, which may be traced too."""
        side, index = agent
        values: list[Number] = list(self.bid if side == "buyer" else self.ask)
        values[index] = report
        bid, ask = (values, self.ask) if side == "buyer" else (self.bid, values)
        return TracedMarket(bid, ask, self.demand, self.capacity, self.routes, self.history, self.provenance)

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
