"""Counterexamples as data: each says who, what was reported, what it gains, and can be played again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from edgeworth.mechanisms.auditing.determinism import draw_from, draws, untouched
from edgeworth.mechanisms.auditing.setting import setting_of


@dataclass(frozen=True)
class Manipulation:
    """Agent `agent` = (side, index), whose true `dimension` is `truth`, gains `gain` by reporting `report` instead.

    repetitions, seed: of a rule that draws lots; `gain` is the mean over so many draws then.
    """

    market: Any
    agent: tuple[str, int]
    dimension: str
    truth: float
    report: float
    gain: float
    repetitions: int = 1
    seed: int = 0

    def replay(self, mechanism: Any) -> float:
        """Run the mechanism on the truth and on the report: the gain again, over the same draws where it draws lots."""
        with untouched():
            if self.repetitions == 1:
                return self._once(mechanism)
            gains = []
            for seed in draws(self.seed, self.repetitions, "test"):
                draw_from(seed)
                honest = setting_of(self.market).run(mechanism, self.market)
                draw_from(seed)
                gains.append(self._once(mechanism, honest))
        return math.fsum(gains) / len(gains)

    def _once(self, mechanism: Any, honest: Any = None) -> float:
        setting = setting_of(self.market)
        if honest is None:
            honest = setting.run(mechanism, self.market)
        lying = setting.run(mechanism, setting.reported(self.market, self.agent, self.dimension, self.report))
        before = setting.utility(self.market, honest, self.agent, self.dimension, "utility")
        return setting.utility(self.market, lying, self.agent, self.dimension, "utility") - before

    def __str__(self) -> str:
        side, index = self.agent
        return (
            f"{side} {index} reports {self.dimension} {self.report:.6g} instead of {self.truth:.6g} and gains {self.gain:.6g}"
        )


@dataclass(frozen=True)
class Reversal:
    """Agent `agent` trades `low_quantity` at report `low` and `high_quantity` at report `high` > low: the wrong way round."""

    market: Any
    agent: tuple[str, int]
    dimension: str
    low: float
    high: float
    low_quantity: float
    high_quantity: float

    def replay(self, mechanism: Any) -> float:
        """Run the mechanism at both reports: by how much the quantity moves the wrong way."""
        setting = setting_of(self.market)
        found = []
        for report in (self.low, self.high):
            market = setting.reported(self.market, self.agent, self.dimension, report)
            found.append(setting.quantity(market, setting.run(mechanism, market), self.agent))
        return -setting.direction(self.agent, self.dimension) * (found[1] - found[0])

    def __str__(self) -> str:
        side, index = self.agent
        return (
            f"{side} {index} trades {self.low_quantity:g} at {self.dimension} {self.low:.6g} "
            f"and {self.high_quantity:g} at {self.high:.6g}"
        )


@dataclass(frozen=True)
class Loss:
    """Agent `agent` has utility `utility` < 0 although it reports the truth."""

    market: Any
    agent: tuple[str, int]
    utility: float
    rationality: str

    def replay(self, mechanism: Any) -> float:
        """Run the mechanism: the utility again."""
        setting = setting_of(self.market)
        outcome = setting.run(mechanism, self.market)
        return setting.utility(self.market, outcome, self.agent, setting.DIMENSIONS[0], self.rationality)

    def __str__(self) -> str:
        return f"{self.agent[0]} {self.agent[1]} has utility {self.utility:.6g} by {self.rationality!r} with the true report"


@dataclass(frozen=True)
class Imbalance:
    """The auctioneer keeps `surplus`; negative: he pays it in."""

    market: Any
    surplus: float

    def replay(self, mechanism: Any) -> float:
        """Run the mechanism: the surplus again."""
        setting = setting_of(self.market)
        return setting.surplus(self.market, setting.run(mechanism, self.market))

    def __str__(self) -> str:
        return f"payments less rewards are {self.surplus:.6g}"


@dataclass(frozen=True)
class Forgone:
    """The outcome's welfare and the greatest one."""

    market: Any
    welfare: float
    optimum: float

    def replay(self, mechanism: Any) -> float:
        """Run the mechanism and the exact method: the welfare forgone."""
        setting = setting_of(self.market)
        return setting.optimum(self.market) - setting.welfare(self.market, setting.run(mechanism, self.market))

    def __str__(self) -> str:
        return f"welfare {self.welfare:.6g} of {self.optimum:.6g}"
