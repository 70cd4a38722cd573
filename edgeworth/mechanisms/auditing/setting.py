"""What the auditor must know of a family of mechanisms. A family names the module that answers in its ``SETTING``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np

from edgeworth import _families
from edgeworth.core import validation

Agent = tuple[str, int]

TOLERANCE = 1e-9
"""Relative to an agent's own stake: what its units are worth to it, or the money that it pays or gets."""


class Setting(Protocol):
    """Functions of a market that is taken as the truth; see `edgeworth.mechanisms.double_auction.setting` for one.

    ``own_values``: report -> (units, utility) of one agent by the mechanism itself, NaN where it refuses a tie.
    ``own_breakpoints``: all reports of one agent at which its units, or the formula of its money, may change (a superset), or
    None; the formula must be affine between them. ``own_function``: report -> (units, money received, cost borne), fit to be
    traced; None where a tie is refused. ``turnover``: the money that changes hands, which the auctioneer's surplus is measured
    against. ``costs``: what an agent may bear besides its type, a tour say. ``exposure``: the most that a report can cost an
    agent against the truth, or gain it, where nobody pays more or gets less than he reported. ``rounding``: by how much a
    rule's money is off where it computes it as a difference of totals; 0 for all others.
    """

    DIMENSIONS: tuple[str, ...]
    LINEAR: tuple[str, ...]  # dimensions in which utility is direction x type x units + money
    MECHANISMS: tuple[str, ...]

    def agents(self, market: Any, dimension: str) -> Sequence[Agent]: ...
    def truth(self, market: Any, agent: Agent, dimension: str) -> float: ...
    def reported(self, market: Any, agent: Agent, dimension: str, report: float) -> Any: ...
    def deviations(self, market: Any, agent: Agent, dimension: str, rng: np.random.Generator) -> float: ...
    def run(self, mechanism: Any, market: Any) -> Any: ...
    def quantity(self, market: Any, outcome: Any, agent: Agent) -> float: ...
    def direction(self, agent: Agent, dimension: str) -> int: ...
    def utility(self, market: Any, outcome: Any, agent: Agent, dimension: str, rationality: str) -> float: ...
    def surplus(self, market: Any, outcome: Any) -> float: ...
    def turnover(self, market: Any, outcome: Any) -> float: ...
    def welfare(self, market: Any, outcome: Any) -> float: ...
    def optimum(self, market: Any) -> float: ...
    def costs(self, market: Any, agent: Agent) -> float: ...
    def rounding(self, mechanism: Any, market: Any, outcome: Any) -> float: ...
    def exposure(self, market: Any, agent: Agent, report: float) -> float: ...
    def own_values(
        self, mechanism: Any, market: Any, agent: Agent, dimension: str
    ) -> Callable[[float], tuple[float, float]]: ...
    def own_breakpoints(self, mechanism: Any, market: Any, agent: Agent, dimension: str) -> Any: ...
    def own_function(
        self, mechanism: Any, market: Any, agent: Agent, dimension: str
    ) -> Callable[[Any], tuple[Any, Any, Any] | None]: ...
    def own_gain(self, market: Any, agent: Agent, dimension: str, units: Any) -> Any: ...


def setting_of(market: Any) -> Setting:
    """The setting of a market's family."""
    kind = getattr(market, "kind", None)
    home = _families.FAMILIES.get(kind) if isinstance(kind, str) else None
    path = getattr(import_module(home), "SETTING", None) if home is not None else None
    if path is None:
        validation.reject_type("market", "must be a problem of a family that can be audited", market)
    return cast(Setting, import_module(path))


def stake(setting: Setting, market: Any, agent: Agent, dimension: str, units: float, utility: float) -> float:
    """What an agent has at stake in an outcome: the worth of its units by the truth, or the money that it pays or gets.

    Nobody else's report enters: a trader who asks for a billion moves no other's tolerance.
    """
    if units != units:
        return 0.0
    worth = float(setting.own_gain(market, agent, dimension, units))
    return max(abs(worth), abs(utility - worth), setting.costs(market, agent) if units else 0.0)
