"""Claims of papers as data: what a paper says, the rule that decides it, and the evidence that computation finds.

A paper's claims are a tuple of `Claim` rows, stated once: a problem family keeps those of its model in its module ``claims``,
a system that runs a paper end to end in its own. A row says where the sentence stands, quotes it, says what exactly is tested,
and fixes the rule before anything runs; its test is a function ``test(budget) -> Evidence``. To add claims, write the rows and
their tests; `claim_table` and the rest of this module know nothing of any paper.

>>> def sums(budget):
...     totals = [sum(range(n)) for n in range(budget.instances)]
...     holds = all(total == n * (n - 1) // 2 for n, total in enumerate(totals))
...     found = ClaimVerdict.HOLDS if holds else ClaimVerdict.FAILS
...     return Evidence(found, Reason.MEASURED, f"all of {len(totals)} sums agree", instances=len(totals))
>>> rule = Rule("number of sums that differ", "0")
>>> claim = Claim("gauss", "a school", "the sum is n (n - 1) / 2", "the formula holds", "n below the budget", rule, sums)
>>> str(claim.examine(SMOKE).verdict), claim_table([claim], SMOKE).loc["gauss", "evidence"]
('holds', 'all of 20 sums agree')
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from edgeworth.core import validation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Row = Mapping[str, float | int | str | bool]
"""A row of numbers behind a verdict: column -> plain value."""


class ClaimVerdict(StrEnum):
    """What computation says of a claim.

    HOLDS, PARTLY, FAILS: it was tested, and is true, true of a part of its scope only, or false. CANNOT_HOLD: it contradicts
    itself or its own assumptions, whatever the numbers. NOT_TESTABLE: the paper leaves out what a test would need. NOT_TESTED:
    its rule is declared, and nothing has been run (see `declared`).
    """

    HOLDS = "holds"
    PARTLY = "holds in part"
    FAILS = "does not hold"
    CANNOT_HOLD = "cannot hold"
    NOT_TESTABLE = "not testable"
    NOT_TESTED = "not tested yet"


class Reason(StrEnum):
    """What a verdict rests on.

    MEASURED: numbers of runs. PROVED: a proof, or a counterexample that anybody can check. UNIT_AUDIT: units or orders of
    magnitude that do not fit together. DEFINITION: what the paper itself defines. NOTHING: no test, so no verdict.
    """

    MEASURED = "measured"
    PROVED = "proved"
    UNIT_AUDIT = "unit audit"
    DEFINITION = "definition"
    NOTHING = "nothing run"


@dataclass(frozen=True)
class ClaimBudget:
    """How much a test may run.

    Parameters
    ----------
    name : str
    seeds : int
        Method seeds of every randomised method, >= 1.
    instances : int
        Generated instances of every test over several, >= 1.
    """

    name: str
    seeds: int
    instances: int

    def __post_init__(self) -> None:
        for name in ("seeds", "instances"):
            validation.integer(name, getattr(self, name), minimum=1)


SMOKE = ClaimBudget("smoke", seeds=1, instances=20)
"""Enough to see that every test runs and its verdict stands: less than two minutes a paper."""
SHORT = ClaimBudget("short", seeds=3, instances=100)
"""For a first look."""
FULL = ClaimBudget("full", seeds=10, instances=200)
"""For numbers that are quoted."""
BUDGETS: Mapping[str, ClaimBudget] = MappingProxyType({budget.name: budget for budget in (SMOKE, SHORT, FULL)})
"""Name -> budget."""


@dataclass(frozen=True)
class Rule:
    """How a claim is decided, written down before anything runs.

    Parameters
    ----------
    estimator : str
        The number that decides. Of a claim about a ranking it is an interval of paired differences, not a mean.
    threshold : str
        For which values of it the claim holds, and for which in part.
    tolerance : float
        Differences up to this, in the estimator's units, count as none, >= 0.
    seeds : int
        The least number of method seeds for a conclusive verdict, >= 0; 0 where nothing is random.
    """

    estimator: str
    threshold: str
    tolerance: float = 0.0
    seeds: int = 0

    def __post_init__(self) -> None:
        validation.real("tolerance", self.tolerance, minimum=0.0)
        validation.integer("seeds", self.seeds, minimum=0)


@dataclass(frozen=True)
class Evidence:
    """What a test found.

    Parameters
    ----------
    verdict : ClaimVerdict
    reason : Reason
    text : str
        The numbers that decide, in a sentence.
    numbers : tuple of mappings
        The same as a table, plain values by column.
    interval : tuple of two floats, optional
        Of the rule's estimator: paired over instances, 95%.
    seeds, instances : int
        How many of them were run.
    seconds : float
        What the test took; `Claim.examine` measures it.
    figure : callable, optional
        ``figure(ax)`` draws it and returns the axes.
    files : tuple of str
        What was written.
    witness : object
        A counterexample as data, where there is one.
    conclusive : bool
        False where fewer seeds were run than the rule asks for.
    """

    verdict: ClaimVerdict
    reason: Reason
    text: str
    _: KW_ONLY
    numbers: tuple[Row, ...] = ()
    interval: tuple[float, float] | None = None
    seeds: int = 0
    instances: int = 0
    seconds: float = 0.0
    figure: Callable[[Axes], Axes] | None = field(default=None, compare=False)
    files: tuple[str, ...] = ()
    witness: object = None
    conclusive: bool = True

    def __post_init__(self) -> None:
        for name, kind in (("verdict", ClaimVerdict), ("reason", Reason)):
            if not isinstance(getattr(self, name), kind):
                validation.reject_type(name, f"must be a {kind.__name__}", getattr(self, name))
        if self.interval is not None and not (len(self.interval) == 2 and self.interval[0] <= self.interval[1]):
            validation.reject("interval", "must be a pair of numbers, the lower one first", self.interval)

    def to_fields(self) -> dict[str, object]:
        """As plain fields for JSON; numbers that are not finite become None, a witness its text, and figures are left out."""
        return {
            "verdict": str(self.verdict),
            "reason": str(self.reason),
            "text": self.text,
            "numbers": [{name: _finite(item) for name, item in row.items()} for row in self.numbers],
            "interval": None if self.interval is None else [_finite(end) for end in self.interval],
            "seeds": self.seeds,
            "instances": self.instances,
            "seconds": self.seconds,
            "files": list(self.files),
            "witness": None if self.witness is None else str(self.witness),
            "conclusive": self.conclusive,
        }


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper that computation decides.

    Parameters
    ----------
    id : str
        Short and unique among the paper's claims.
    source : str
        Where it stands: a theorem, an equation, a figure.
    quote : str
        The paper's own words.
    statement : str
        What exactly is tested.
    scope : str
        On which instances, parameters and methods.
    rule : Rule
    test : callable
        ``test(budget) -> Evidence``. It computes its numbers; none is quoted.
    """

    id: str
    source: str
    quote: str
    statement: str
    scope: str
    rule: Rule
    test: Callable[[ClaimBudget], Evidence] = field(repr=False)

    def examine(self, budget: ClaimBudget = SHORT) -> Evidence:
        """Run the test within a budget.

        Parameters
        ----------
        budget : ClaimBudget

        Returns
        -------
        Evidence
            What the test found, with the seconds it took; ``conclusive`` is False where it ran fewer seeds than the rule asks.

        Raises
        ------
        TypeError
            For another budget, and where the test returns something else than `Evidence`. What the test raises passes through.
        """
        if not isinstance(budget, ClaimBudget):
            validation.reject_type("budget", "must be a ClaimBudget", budget)
        began = time.perf_counter()
        found = self.test(budget)
        if not isinstance(found, Evidence):
            validation.reject_type("test", f"of claim {self.id!r} must return an Evidence", found)
        conclusive = found.conclusive and found.seeds >= self.rule.seeds
        return replace(found, seconds=time.perf_counter() - began, conclusive=conclusive)


def declared(missing: str) -> Callable[[ClaimBudget], Evidence]:
    """The test of a claim whose rule is written down before what it needs exists: it runs nothing and is never conclusive.

    Parameters
    ----------
    missing : str
        What the test waits for; the text of its evidence.

    Returns
    -------
    callable
        For the field ``test`` of a `Claim`.

    Examples
    --------
    >>> rule = Rule("share of seeds that converge", "holds from .9 on", seeds=10)
    >>> claim = Claim("later", "figure 1", "it converges", "it does", "10 seeds", rule, declared("waits for the learner"))
    >>> found = claim.examine(SMOKE)
    >>> str(found.verdict), found.text, found.conclusive
    ('not tested yet', 'waits for the learner', False)
    """

    def test(budget: ClaimBudget) -> Evidence:
        return Evidence(ClaimVerdict.NOT_TESTED, Reason.NOTHING, missing, conclusive=False)

    return test


def claim_table(claims: Iterable[Claim], budget: ClaimBudget = SHORT) -> pd.DataFrame:
    """Run the tests of several claims.

    Parameters
    ----------
    claims : iterable of Claim
        With distinct ids.
    budget : ClaimBudget

    Returns
    -------
    pandas.DataFrame
        One row a claim, by its id: source, statement, verdict, reason, evidence (text), conclusive, seconds.

    Raises
    ------
    ValueError
        For two claims of one id.
    """
    import pandas as pd

    rows = list(claims)
    ids = [claim.id for claim in rows]
    if len(set(ids)) < len(ids):
        validation.reject("claims", "must have distinct ids", ids)
    table = []
    for claim in rows:
        found = claim.examine(budget)
        known = (claim.source, claim.statement, str(found.verdict), str(found.reason))
        table.append((*known, found.text, found.conclusive, found.seconds))
    columns = ["source", "statement", "verdict", "reason", "evidence", "conclusive", "seconds"]
    return pd.DataFrame(table, index=pd.Index(ids, name="claim"), columns=columns)


def _finite(item: object) -> object:
    return None if isinstance(item, float) and not math.isfinite(item) else item
