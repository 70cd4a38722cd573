"""The rules of double auctions, one file a rule, and how they are run.

A new rule is a new file here, with a `RuleSpec` named ``RULE``, and its name in the tuple below; see CONTRIBUTING.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.model import Market, Outcome, TieBreak
from edgeworth.mechanisms.double_auction.model.functions import require_fitting
from edgeworth.mechanisms.double_auction.spec import Prepared, RuleSpec

_FILES = (
    "mcafee",
    "trade_reduction",
    "sbba",
    "vcg",
    "k_double_auction",
    "off_aic2",
    "off_aic2_myerson",
    "pay_as_report",
    "pivot_reduction",
    "posted_procurement",
    "rank_procurement",
    "learned_price",
)

_SPECS: tuple[RuleSpec[Any], ...] = tuple(import_module(f"{__name__}.{file}").RULE for file in _FILES)

RULES: dict[str, RuleSpec[Any]] = {spec.name: spec for spec in _SPECS}
"""The rules by name, in the order in which tables show them."""


@dataclass(frozen=True)
class Rule:
    """A rule with its parameters and tie-breaking, as a mechanism: calling it on a market gives the outcome.

    Attributes
    ----------
    name
        A name of `RULES`.
    params
        The rule's parameter object; None: the default one.
    tie_break
        A `TieBreak`, or the name of one; None: what the parameters name.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, and for parameters of another rule.

    Notes
    -----
    The auditor knows these like the rules by name.

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> rule = double_auction.Rule("off-aic2", double_auction.OffAic2(band="pivot"))
    >>> rule(double_auction.Market(bid=[10.0], ask=[1.0])).payment.tolist()
    [10.0]
    """

    name: str
    params: Any = None
    tie_break: str | TieBreak | None = None

    def __post_init__(self) -> None:
        self.prepared()

    @property
    def __name__(self) -> str:
        """The rule's name, which tables show."""
        return self.name

    def prepared(self) -> Prepared[Any]:
        """The rule's functions with these parameters."""
        return prepared(self.name, self.params, self.tie_break)

    def __call__(self, market: Market) -> Outcome:
        """The outcome."""
        return run(self.name, market, params=self.params, tie_break=self.tie_break)


def prepared(rule: str, params: object = None, tie_break: str | TieBreak | None = None) -> Prepared[Any]:
    """The rule of that name with parameters and tie-breaking, checked."""
    return RULES[validation.choice("rule", rule, tuple(RULES))].prepared(params, tie_break)


def run(
    rule: str | Callable[[Market], Outcome],
    market: Market,
    *,
    params: object = None,
    tie_break: str | TieBreak | None = None,
) -> Outcome:
    """The outcome of a rule on a market: a pure function.

    Parameters
    ----------
    rule
        A name listed below, or any callable from a market to an outcome.
    market
        The market as reported.
    params
        The rule's parameter object, for rules by name; None: the default one.
    tie_break
        A `TieBreak` such as ``Lottery(3)`` or ``Refuse()``, or the name of one, for rules by name; None: what the parameters
        name, which is ``"index"`` by default.

    Returns
    -------
    Outcome
        Who trades with whom, and who pays what.

    Raises
    ------
    ValueError
        For an unknown rule, for parameters or a tie-breaking beside a callable, and where a callable returns the outcome of
        another number of agents; `NotApplicableError` for a market that the rule is not made for (the classic rules want unit
        demands and capacities and no routes); `TieError` where ties are refused and met.
    TypeError
        For arguments of another type, and where a callable returns anything but an `Outcome`.

    Notes
    -----
    The rules by name, each with its guarantee:

    {rules}

    Examples
    --------
    >>> from edgeworth.mechanisms import double_auction
    >>> market = double_auction.Market(bid=[9.0, 8.0, 4.0], ask=[1.0, 2.0, 6.0])
    >>> double_auction.run("mcafee", market).payment.tolist()
    [5.0, 5.0, 0.0]
    """
    if not isinstance(market, Market):
        validation.reject_type("market", "must be a Market", market)
    if callable(rule):
        if params is not None or tie_break is not None:
            validation.reject("params", "and tie_break are for rules by name", params)
        outcome = rule(market)
        if not isinstance(outcome, Outcome):
            validation.reject_type("rule", "must return an Outcome", outcome)
        require_fitting(market, outcome)
        return outcome
    return prepared(rule, params, tie_break).run(market)


_TABLE = "\n".join(f"- ``{spec.name}``: {spec.guarantee} ({spec.reference})" for spec in _SPECS)
run.__doc__ = (inspect.getdoc(run) or "").replace("{rules}", _TABLE)
