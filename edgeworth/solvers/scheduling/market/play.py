"""Rules that play an episode in the market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.seeds import Seed, generator
from edgeworth.mechanisms.token_market.kernels.layout import CASH, CASH_UNIT, FREE, STAKE
from edgeworth.mechanisms.token_market.state import State as Ledger
from edgeworth.solvers.scheduling.market.kernels.play import play as kernel
from edgeworth.solvers.scheduling.market.kernels.state import CLOSED, FAULT, OFFLOADS, REFUSED, UNPAID, WAITS
from edgeworth.solvers.scheduling.market.rules import Market, books, market_of, tables, terms
from edgeworth.solvers.scheduling.model.functions import measures
from edgeworth.solvers.scheduling.model.kernels import rules
from edgeworth.solvers.scheduling.model.outcome import Outcome
from edgeworth.solvers.scheduling.model.problem import Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule
from edgeworth.solvers.scheduling.model.simulation import NO_INTS, Play, rule
from edgeworth.solvers.scheduling.policies.rules import GreedyCost, Threshold

RULES: Mapping[str, int] = MappingProxyType(
    {
        "local": rules.LOCAL,
        "random": rules.RANDOM,
        "earliest-finish": rules.EARLIEST,
        "greedy-cost": rules.GREEDY,
        "threshold": rules.THRESHOLD,
    }
)
P = TypeVar("P")
COUNTS: Mapping[str, int] = MappingProxyType(
    {"offloads": OFFLOADS, "closed": CLOSED, "refused": REFUSED, "waits": WAITS, "unpaid": UNPAID}
)


@dataclass(frozen=True, eq=False)
class MarketRun:
    """An episode that a rule played in a market.

    Attributes
    ----------
    schedule : Schedule
        What was decided, feasible by `verify`: a task that waited for tokens is one that its source held back.
    outcome : Outcome
        What became of tasks and devices.
    measures : dict
        As of `measures`.
    ledger : State
        Of the market, after the last settlement; account k + 1 is device k's.
    cash : ndarray
        Cash that each device has then, its stake included, float64 [devices].
    counts : dict
        ``offloads``; ``closed``, how often a peer was closed because it could not be paid or had no tokens to supply with;
        ``refused``, choices that could not be paid for when their turn came; ``waits``, at how many epochs a task waited for
        CTK; ``unpaid``, suppliers of a success whose requester could not pay at its settlement.
    """

    schedule: Schedule
    outcome: Outcome
    measures: dict[str, float]
    ledger: Ledger
    cash: Floats
    counts: dict[str, int]


class MarketPlay(Play):
    """`Play`, in a market."""

    def __init__(self, problem: Episode, market: Market, together: bool = False) -> None:
        super().__init__(problem, together)
        self.terms, self.books = terms(market, problem), books(problem)
        self.tables = tables(market, problem.devices, problem.tasks)

    def go(self, rule: rules.Rule, epochs: int = 2**62) -> bool:
        """Play at most so many epochs more; returns whether the episode is over.

        Raises
        ------
        RuntimeError
            Where the ledger refuses a command that the market's rules allow.
        """
        if not self.over:
            self.over = kernel(self.world, self.state, rule, self.together, epochs, self.terms, self.books, self.tables)
            if self.books.counts[FAULT]:
                raise RuntimeError(f"the ledger refused what it must take: {self.books.counts[FAULT]}")
        return self.over

    def run(self) -> MarketRun:
        """What became of the episode, once it is over."""
        schedule, ledger = self.schedule(), Ledger(self.tables)
        rows = self.tables.accounts[1 : self.problem.devices + 1]
        return MarketRun(
            schedule=schedule,
            outcome=self.outcome(np.zeros(self.problem.tasks, np.int64)),
            measures=measures(self.problem, schedule),
            ledger=ledger,
            cash=(rows[:, FREE + CASH] + rows[:, STAKE]) / CASH_UNIT,
            counts={name: int(self.books.counts[place]) for name, place in COUNTS.items()},
        )


def play_in_market(
    problem: Episode,
    method: str = "local",
    *,
    market: Market | None = None,
    params: GreedyCost | Threshold | None = None,
    seed: Seed = None,
) -> MarketRun:
    """Let a rule play an episode whose devices pay each other.

    Parameters
    ----------
    problem : Episode
    method : {"local", "random", "earliest-finish", "greedy-cost", "threshold"}
        The rule, as `solve` plays it, among the devices that can be paid.
    market : Market, optional
        Default ``Market()``.
    params : GreedyCost or Threshold, optional
        Of these two methods.
    seed : int, SeedSequence or Generator, optional
        Of "random", which draws what `solve` draws with it.

    Returns
    -------
    MarketRun

    Raises
    ------
    ValueError, TypeError
        For other types, methods and parameters, and for an episode whose work or times the ledger has no numbers for.

    Notes
    -----
    At every epoch deals are settled, and every period resources are attested, tokens minted and asks posted (see `Market`)
    before devices choose. Then each head goes where the rule says, among the devices that the episode's mask leaves open and
    that its source can pay; what it takes is locked. A source that has not even the CTK of its own execution, in the literal
    economy, holds the task back, and what came after it; a task that is held back until its deadline has failed. All changes of
    the ledger are commands that it accepts by its own rules, signed by the accounts concerned.

    In the literal economy a device of C GFLOP/s that only executes its own tasks burns a CTK a GFLOP and mints one a GFLOP of
    idle time, so that with a grant of g CTK the share u of T seconds that it works is at most 1/2 + g / (2 C T).

    References
    ----------
    BEST, sections III and IV, whose economy is "literal"; the bound on utilisation and the economy "backed" are ours.

    Examples
    --------
    >>> from edgeworth.solvers import scheduling
    >>> episode = scheduling.generate(devices=3, horizon=60.0, seed=0)
    >>> run = scheduling.play_in_market(episode, "earliest-finish")
    >>> bool(scheduling.verify(episode, run.schedule)), run.counts["unpaid"], round(float(run.cash.sum()))
    (True, 0, 300)
    """
    if not isinstance(problem, Episode):
        validation.reject_type("problem", "must be an Episode", problem)
    code = RULES[validation.choice("method", method, tuple(RULES))]
    chosen = market_of(market) or Market()
    parameter = 0.0
    if method == "greedy-cost":
        parameter = _params(params, GreedyCost, method).exchange_rate
    elif method == "threshold":
        parameter = _params(params, Threshold, method).theta
    elif params is not None:
        validation.reject("params", f"must be None for method {method!r}", params)
    rng, _ = generator(seed)
    draws = rng.random(problem.tasks) if method == "random" else np.zeros(0)
    play = MarketPlay(problem, chosen)
    play.go(rule(code, parameter, draws=draws, masked=NO_INTS))
    return play.run()


def _params(params: object, kind: type[P], method: str) -> P:
    if params is not None and not isinstance(params, kind):
        validation.reject_type("params", f"must be a {kind.__name__} for method {method!r}", params)
    return kind() if params is None else params
