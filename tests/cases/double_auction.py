"""Double auctions for the contract suite: unit markets, which every rule is made for."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction import Market, generate
from edgeworth.testing import unit_markets
from tests.oracles.double_auction import optimum

__all__ = ["CASES", "STRATEGY", "optimum"]

_HISTORY = (0.0, 10.0)

CASES = {
    "nobody": Market([], [], history=_HISTORY),
    "no sellers": Market([3.0, 2.0], [], history=_HISTORY),
    "no buyers": Market([], [1.0], history=_HISTORY),
    "one of each": Market([10.0], [1.0], history=_HISTORY),
    "no trade": Market([1.0, 1.0], [2.0, 3.0], history=_HISTORY),
    "all ties": Market([2.0] * 4, [2.0] * 3, history=_HISTORY),
    "zeros": Market([0.0, 0.0], [0.0], history=_HISTORY),
    "drawn": generate(preset="unit", buyers=7, sellers=6, seed=3),
}
STRATEGY = unit_markets()
