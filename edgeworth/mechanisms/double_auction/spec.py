"""What a rule of double auctions is: one `RuleSpec` a rule, from which everything else that names rules is derived."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.method import Found, Method
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.core.traced import Number
from edgeworth.mechanisms.double_auction.exact import proof
from edgeworth.mechanisms.double_auction.model import (
    Agent,
    Market,
    NotApplicableError,
    Outcome,
    TieBreak,
    TieError,
    tie_break_of,
    welfare,
)

P = TypeVar("P")
Floats = NDArray[np.float64]


class Dealt(NamedTuple):
    """What one agent has of a rule.

    Attributes
    ----------
    units, money
        Units traded, and what a buyer pays or a seller gets: plain, exact or traced numbers, as the report was.
    stops : tuple of int
        A seller's buyers in the order of its tour.
    """

    units: float
    money: Number
    stops: tuple[int, ...] = ()


OneAgent: TypeAlias = Callable[[Number], Dealt]
"""A report of one agent to what that agent has of the rule, all others reporting what the market holds."""


@dataclass(frozen=True)
class Classic:
    """Parameters of the rules that have none of their own.

    Attributes
    ----------
    tie_break
        How equal reports are ordered: ``"index"``, ``"reverse"``, ``"lottery"`` or ``"refuse"``.
    """

    tie_break: str = "index"

    def __post_init__(self) -> None:
        tie_break_of(self.tie_break)


@dataclass(frozen=True)
class RuleSpec(Generic[P]):
    """One rule of double auctions, stated once.

    Method rows, the rules that `run` takes and names, and what the auditor knows of a rule are derived from it. A rule lives in
    a file of its own in the folder ``rules``, named after the rule with underscores; the file holds the specification as
    ``RULE`` and, under the file's own name, the rule as a method (`as_method`).

    Attributes
    ----------
    name
        What users type.
    run
        The rule as a pure function ``run(market, params, tie_break) -> Outcome``. Its docstring is the rule's documentation.
    params
        The frozen dataclass of its parameters; every field has a default.
    guarantee, reference
        One line each, for tables.
    breakpoints
        ``breakpoints(market, agent, params, tie_break)``: all reports of that agent at which its trade, or the formula of its
        money, may change (a superset), float64; between them money must be affine in the report. None, or a function that
        returns None: there is no such derivation, and the auditor traces `one_agent` instead.
    one_agent
        ``one_agent(market, agent, params, tie_break)``: a function from that agent's report to `Dealt`, where it costs less or
        is more exact than running the whole rule; without breakpoints it must be fit to be traced. None, or a function that
        returns None: the rule itself is run.
    rounding
        ``rounding(market, outcome)``: by how much the rule's money may be off where it is a difference of totals, else 0.
    units
        ``units(market, agent, params, tie_break)``: a function from that agent's report to the units that it trades, where the
        trades can be had without the money, fit to be traced where the rule is. None: `one_agent` or the rule itself is run.
    efficient
        The outcome always has the greatest welfare.
    rows
        The rule knows markets with bid rows; other rules refuse them.
    """

    name: str
    run: Callable[[Market, P, TieBreak], Outcome]
    params: type[P]
    guarantee: str
    reference: str
    breakpoints: Callable[[Market, Agent, P, TieBreak], Floats | None] | None = None
    one_agent: Callable[[Market, Agent, P, TieBreak], OneAgent | None] | None = None
    rounding: Callable[[Market, Outcome], float] | None = None
    units: Callable[[Market, Agent, P, TieBreak], Callable[[Number], int]] | None = None
    efficient: bool = False
    rows: bool = False

    @property
    def row(self) -> Method:
        """The rule as a row of the method table."""
        name = self.name.replace("-", "_")
        return Method(
            name=self.name,
            kind="mechanism",
            function=f"edgeworth.mechanisms.double_auction.rules.{name}:{name}",
            params=f"{self.params.__module__}:{self.params.__qualname__}",
            exact=self.efficient,
            randomised=False,
            kernels=True,  # the exact maximum and the tours of routed markets run those of routing
            guarantee=self.guarantee,
            reference=self.reference,
        )

    def prepared(self, params: P | None = None, tie_break: str | TieBreak | None = None) -> Prepared[P]:
        """The rule with parameters (default ones for None) and tie-breaking (None: what the parameters name), checked."""
        if params is None:
            params = self.params()
        if not isinstance(params, self.params):
            validation.reject_type("params", f"must be of type {self.params.__name__} for rule {self.name!r}", params)
        tie = tie_break_of(getattr(params, "tie_break", "index") if tie_break is None else tie_break)
        return Prepared(self, params, tie)


@dataclass(frozen=True)
class Prepared(Generic[P]):
    """A rule with parameters and tie-breaking: the functions of its `RuleSpec` with these arguments filled in.

    Attributes
    ----------
    spec : RuleSpec
        The rule.
    params : dataclass
        Its parameters.
    tie : TieBreak
        How equal reports are ordered.
    """

    spec: RuleSpec[P]
    params: P
    tie: TieBreak

    def run(self, market: Market) -> Outcome:
        """The outcome."""
        self._require_rows_known(market)
        return self.spec.run(market, self.params, self.tie)

    def breakpoints(self, market: Market, agent: Agent) -> Floats | None:
        """See `RuleSpec`."""
        self._require_rows_known(market)
        return None if self.spec.breakpoints is None else self.spec.breakpoints(market, agent, self.params, self.tie)

    def one_agent(self, market: Market, agent: Agent) -> OneAgent | None:
        """See `RuleSpec`."""
        self._require_rows_known(market)
        return None if self.spec.one_agent is None else self.spec.one_agent(market, agent, self.params, self.tie)

    def units(self, market: Market, agent: Agent) -> Callable[[Number], int] | None:
        """See `RuleSpec`."""
        self._require_rows_known(market)
        return None if self.spec.units is None else self.spec.units(market, agent, self.params, self.tie)

    def _require_rows_known(self, market: Market) -> None:
        if market.bid_rows is not None and not self.spec.rows:
            raise NotApplicableError(
                f"market: must have no bid rows for rule {self.spec.name!r}, which knows one bid a buyer (drop them by "
                f"dataclasses.replace(market, bid_rows=None)); got rows of {market.buyers} x {market.sellers}"
            )

    def rounding(self, market: Market, outcome: Outcome) -> float:
        """See `RuleSpec`."""
        return 0.0 if self.spec.rounding is None else self.spec.rounding(market, outcome)


def as_method(spec: RuleSpec[P]) -> Callable[[Market, P | None, Run[Outcome]], Found[Outcome]]:
    """The rule as a method of `solve`: its outcome beside a bound of the welfare that the checker rebuilds.

    It ends as REFUSED on a market that the rule is not made for, and where ties are refused and met.
    """

    def method(problem: Market, params: P | None, run: Run[Outcome]) -> Found[Outcome]:
        try:
            with run.breakable():
                run.incumbent = outcome = spec.prepared(params).run(problem)
        except (NotApplicableError, TieError) as error:
            return Found(None, Termination.REFUSED, notes=(str(error),))
        with run.breakable():
            bound, certificate = proof(problem, welfare(problem, outcome), optimal=spec.efficient)
        return Found(outcome, Termination.CONVERGED, bound=bound, evidence=BoundEvidence.RECOMPUTED, certificate=certificate)

    method.__name__ = method.__qualname__ = spec.name.replace("-", "_")
    method.__module__ = f"edgeworth.mechanisms.double_auction.rules.{method.__name__}"
    method.__doc__ = _documentation(spec)
    return method


def _documentation(spec: RuleSpec[P]) -> str:
    """The rule's own documentation with the sections that all rules have as methods."""
    summary, notes, rest = (inspect.getdoc(spec.run) or "").partition("Notes\n-----\n")
    return (
        f"""{summary.rstrip()}

Parameters
----------
problem : Market
    The market, its reports taken as true.
params : {spec.params.__name__}, optional
    Parameters of the rule.
run : Run
    The clock of the run.

Returns
-------
Found
    The outcome, and a bound of the welfare that the checker rebuilds; no outcome on a market that the rule is not made for, and
    where ties are refused and met.

{notes}{rest}""".rstrip()
        + "\n"
    )
