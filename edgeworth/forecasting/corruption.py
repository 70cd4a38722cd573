"""Corrupted observations: values that go missing, noise, and bursts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats

Fill = Literal["last", "zero", "none"]
FILLS: tuple[Fill, ...] = ("last", "zero", "none")


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """How observations are corrupted, in the unit range: 0 is the least value of the training part, 1 its greatest.

    Parameters
    ----------
    missing : float
        Share of observations that go missing at random, in [0, 1).
    noise : float, >= 0
        Standard deviation of independent normal noise.
    burst_rate : float
        Share of steps at which a burst begins, in [0, 1].
    burst_height : float, >= 0
        What a burst adds, or takes with the same probability, at each of its steps.
    burst_length : (int, int)
        Shortest and longest burst; lengths are drawn uniformly.
    fill : {"last", "zero", "none"}
        What a method is given in place of a missing observation: the last one before, 0 of the unit range, or nothing, which
        is for methods that are told how much time has passed (pro-lnn) only.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range.

    Notes
    -----
    The FUSION paper states 30% missing values, bursts of 1 to 3 steps and, for the electricity loads, noise of 0.05. The height
    of bursts, whether their probability of 0.2 is that of a step or of a window, and what is fed in place of a missing value
    are lost; here they are parameters. A probability of 0.2 in a window of 48 steps is a rate of 0.0046.

    Examples
    --------
    >>> import numpy as np
    >>> Corruption(noise=0.0, burst_rate=0.0).corrupt(np.arange(8.0), seed=0).tolist()
    [0.0, 1.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """

    missing: float = 0.3
    noise: float = 0.05
    burst_rate: float = 0.02
    burst_height: float = 0.5
    burst_length: tuple[int, int] = (1, 3)
    fill: Fill = "last"

    def __post_init__(self) -> None:
        share = validation.real("missing", self.missing, minimum=0.0)
        if share >= 1.0:
            validation.reject("missing", "must be below 1", self.missing)
        for name in ("noise", "burst_height"):
            validation.real(name, getattr(self, name), minimum=0.0)
        validation.real("burst_rate", self.burst_rate, minimum=0.0, maximum=1.0)
        if not isinstance(self.burst_length, tuple) or len(self.burst_length) != 2:
            validation.reject_type("burst_length", "must be a pair: shortest and longest", self.burst_length)
        shortest = validation.integer("burst_length", self.burst_length[0], minimum=1)
        validation.integer("burst_length", self.burst_length[1], minimum=shortest, maximum=2**31)
        validation.choice("fill", self.fill, FILLS)

    def corrupt(self, values: Array, *, seed: int | tuple[int, ...]) -> Floats:
        """Corrupted observations of one series.

        Parameters
        ----------
        values : float64 [steps]
            In the unit range; NaN where there is no observation.
        seed : int, >= 0, or tuple of them

        Returns
        -------
        float64 [steps]
            A copy. The first observation is never missing, so that there is a last one before each. What was NaN stays so, and
            nothing is made of it.

        Notes
        -----
        An observation is corrupted by what came before it only: changing later values changes none of the earlier ones.
        """
        for each in seed if isinstance(seed, tuple) else (seed,):
            validation.integer("seed", each, minimum=0)
        raw = np.asarray(values)
        gaps = np.isnan(raw) if raw.dtype.kind == "f" else np.zeros(raw.shape, np.bool_)
        found = validation.array("values", np.where(gaps, 0.0, raw) if gaps.any() else values, np.float64, (None,)).copy()
        steps = len(found)
        chance, normal = np.random.default_rng(seed).spawn(2)  # apart, so that a longer series begins like a shorter one
        draws = chance.random((steps, 4))
        found += self.noise * normal.standard_normal(steps)
        shortest, longest = self.burst_length
        lasts = shortest + np.floor(draws[:, 1] * (longest - shortest + 1)).astype(np.int64)
        height = np.where(draws[:, 2] < 0.5, self.burst_height, -self.burst_height)
        begins = draws[:, 0] < self.burst_rate
        for late in range(min(longest, steps)):
            going = np.flatnonzero(begins[: steps - late] & (lasts[: steps - late] > late))
            found[going + late] += height[going]
        missing = draws[:, 3] < self.missing
        missing[:1] = False
        found[gaps] = np.nan
        if self.fill == "zero":
            found[missing] = 0.0
        elif self.fill == "none":
            found[missing] = np.nan
        else:
            found = found[np.maximum.accumulate(np.where(missing | gaps, 0, np.arange(steps)))]
        found[gaps] = np.nan
        return found
