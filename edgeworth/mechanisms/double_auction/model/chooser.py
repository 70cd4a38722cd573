"""Winner determination of one seller as an axis of its own: the protocol that choosers follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from edgeworth.core.traced import Rational

Objective = Literal["surplus", "bid-value", "quantity"]
OBJECTIVES: tuple[Objective, ...] = ("surplus", "bid-value", "quantity")


class Chooser(Protocol):
    """Which of the candidates a seller serves, and in which order: a protocol.

    ``choose(seller, candidates, worth, ask)``: candidates are buyers in the order of their priority; ``worth[i]`` what buyer i
    pays in all by his bid, `ask` the seller's unit ask (numbers, perhaps traced; scaled as the caller likes). Objectives,
    less the tour's cost in the first two: ``surplus`` sum of worth - ask x units; ``bid-value`` sum of worth; ``quantity``
    units. The empty choice is worth 0; of equally good choices the first found wins. ``exact``: the choice is optimal, and a
    function of comparisons of affine terms, so that it may be traced.
    """

    @property
    def exact(self) -> bool: ...
    def choose(self, seller: int, candidates: Sequence[int], worth: Sequence[Rational], ask: Rational) -> tuple[int, ...]: ...
