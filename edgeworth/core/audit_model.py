"""What the auditor must know of a family of mechanisms, as an abstract base class.

A family that can be audited holds one instance; the auditor (`edgeworth.mechanisms.auditing`) asks it and knows no
problem itself.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.traced import Exact, NotTraceableError, Number, Traced, exact

P = TypeVar("P")
S = TypeVar("S")

Agent: TypeAlias = tuple[str, int]
"""Side and index of who reports, such as ``("buyer", 0)``."""

Rationality: TypeAlias = Literal["ask", "utility"]
"""What an agent that reports the truth must not lose by: its report alone, or its whole utility, unreported costs included."""

Mechanism: TypeAlias = str | Callable[[P], S]
"""A mechanism by its name, or a function from a problem to an outcome."""

Dealings: TypeAlias = tuple[Number, Number, Number]
"""Units, money received and cost borne."""

TracedRule: TypeAlias = Callable[[Traced], Dealings | None]
"""A report, perhaps a traced number, to ``(units, money received, cost borne)``; None where a tie is refused."""

TOLERANCE = 1e-9
"""What counts as nothing, relative to an agent's own stake: what its units are worth to it, or the money it pays or gets."""


class AuditModel(ABC, Generic[P, S]):
    """The reports, utilities and totals of one family of mechanisms, on a problem whose reports are taken as the truth.

    Nine methods are abstract. The others have defaults for monetary mechanisms, in which an agent with the true unit price
    ``t`` has the utility ``direction * t * quantity + money``: money that agents pay goes to an auctioneer, who keeps what is
    left. A family overrides what differs, and gives `values`, `breakpoints` or `traced` where it knows more of its own rules
    than that they can be run.

    Attributes
    ----------
    dimensions
        The parts of a report that can be varied, the first one by default; utilities are stated in its terms.
    linear
        The dimensions in which the utility is ``direction * type * quantity + money``, so that truthfulness can be judged for
        every true type at once.
    mechanisms
        The names that an audit accepts.

    Notes
    -----
    In every method `problem` holds the truth, and `outcome` is what a mechanism made of it or of one agent's other report.
    Instances hold no state.
    """

    dimensions: ClassVar[tuple[str, ...]] = ("price",)
    linear: ClassVar[tuple[str, ...]] = ("price",)
    mechanisms: ClassVar[tuple[str, ...]] = ()

    # --- what every family states -------------------------------------------------------------------------------------------

    @abstractmethod
    def agents(self, problem: P, dimension: str) -> Sequence[Agent]:
        """All who report something in this dimension."""

    @abstractmethod
    def truth(self, problem: P, agent: Agent, dimension: str) -> float:
        """The agent's report in the problem, which is taken as the truth."""

    @abstractmethod
    def reported(self, problem: P, agent: Agent, dimension: str, report: float) -> P:
        """The problem in which that agent reports something else."""

    @abstractmethod
    def draw_report(self, problem: P, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
        """A random report to try instead of the truth."""

    @abstractmethod
    def run(self, problem: P, mechanism: Mechanism[P, S]) -> S:
        """The outcome of a mechanism."""

    @abstractmethod
    def quantity(self, problem: P, outcome: S, agent: Agent) -> float:
        """The units that the agent buys, sells or does; never negative."""

    @abstractmethod
    def money(self, problem: P, outcome: S, agent: Agent) -> float:
        """What the agent receives; negative where it pays."""

    @abstractmethod
    def welfare(self, problem: P, outcome: S) -> float:
        """The welfare of an outcome, reports taken as true."""

    @abstractmethod
    def optimum(self, problem: P) -> float:
        """The greatest welfare of any outcome."""

    # --- defaults for monetary mechanisms -----------------------------------------------------------------------------------

    def direction(self, agent: Agent, dimension: str) -> int:
        """1 where a monotone mechanism gives more to a higher report, -1 where less; by default 1 for buyers only."""
        return 1 if agent[0] == "buyer" else -1

    def utility(self, problem: P, outcome: S, agent: Agent, dimension: str, rationality: Rationality = "utility") -> float:
        """The agent's utility by its true type; `rationality` "ask" leaves out the costs that no report states."""
        first = self.dimensions[0]
        worth = self.direction(agent, first) * self.truth(problem, agent, first) * self.quantity(problem, outcome, agent)
        return worth + self.money(problem, outcome, agent)

    def worth(self, problem: P, agent: Agent, units: Number) -> Exact:
        """What units are worth to the agent by the truth, exactly: the part of its utility that is no money."""
        first = self.dimensions[0]
        worth = exact(self.truth(problem, agent, first)) * exact(units)
        return worth if self.direction(agent, first) > 0 else -worth

    def costs(self, problem: P, agent: Agent) -> float:
        """The most that the agent may bear besides its type, such as the cost of its dearest tour."""
        return 0.0

    def surplus(self, problem: P, outcome: S) -> float:
        """What the auctioneer keeps; negative where it pays in."""
        return math.fsum(-self.money(problem, outcome, agent) for agent in self.agents(problem, self.dimensions[0]))

    def turnover(self, problem: P, outcome: S) -> float:
        """The money that changes hands, which the surplus is measured against."""
        return math.fsum(abs(self.money(problem, outcome, agent)) for agent in self.agents(problem, self.dimensions[0]))

    def rounding(self, problem: P, mechanism: Mechanism[P, S], outcome: S) -> float:
        """By how much the mechanism's money is off where it computes it as a difference of totals."""
        return 0.0

    def exposure(self, problem: P, agent: Agent, report: float) -> float:
        """The most that a report can gain the agent, or cost it, against the truth; infinite where nothing bounds it.

        The bound may suppose that nobody who reports the truth loses, and that nobody pays more or gets less than he reported.
        Randomised mechanisms can only be refuted where it is finite.
        """
        return math.inf

    def stake(self, problem: P, agent: Agent, units: float, utility: float) -> float:
        """What the agent has at stake in an outcome: the worth of its units by the truth, or the money it pays or gets.

        No other agent's report enters: a trader who asks for a billion moves nobody else's tolerance.
        """
        if units != units:
            return 0.0
        worth = float(self.worth(problem, agent, units))
        return max(abs(worth), abs(utility - worth), self.costs(problem, agent) if units else 0.0)

    # --- one agent's outcome as a function of its report --------------------------------------------------------------------

    def values(
        self, problem: P, mechanism: Mechanism[P, S], agent: Agent, dimension: str
    ) -> Callable[[float], tuple[float, float]]:
        """A function from one agent's report to its ``(units, utility)``, by the mechanism; NaN where it refuses a tie."""

        def at(report: float) -> tuple[float, float]:
            outcome = self.run(self.reported(problem, agent, dimension, report), mechanism)
            return self.quantity(problem, outcome, agent), self.utility(problem, outcome, agent, dimension)

        return at

    def breakpoints(self, problem: P, mechanism: Mechanism[P, S], agent: Agent, dimension: str) -> NDArray[np.float64] | None:
        """All reports of one agent at which its units, or the formula of its money, may change; None where none are derived.

        A superset is allowed. Between two neighbours the units must be constant and the money affine in the report.
        """
        return None

    def traced(self, problem: P, mechanism: Mechanism[P, S], agent: Agent, dimension: str) -> TracedRule:
        """The mechanism as a function of one agent's report, fit to be run on traced numbers.

        Raises
        ------
        NotTraceableError
            Where the family cannot be traced, which is the default.
        """
        raise NotTraceableError("mechanisms of this family are not traced")
