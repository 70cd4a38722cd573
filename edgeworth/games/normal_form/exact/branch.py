"""The principal branch of logit equilibria, traced from the uniform profile by predictor and corrector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeworth.games.normal_form.exact import kernels
from edgeworth.games.normal_form.model import Floats, Ints

_FIRST = 0.03  # length of the first step


class Branch:
    """Points z = (log probabilities of all players, rationality) on the curve

        sum_a exp(x_ia) = 1,   x_ia - x_i0 = lambda (u_ia - u_i0)   for every player i and strategy a > 0,

    beginning at lambda = 0. In logarithms strategies that are hardly played do no harm (Turocy 2005).
    """

    def __init__(self, tables: Sequence[Floats]) -> None:
        shape = tables[0].shape
        self.payoffs: Floats = np.stack(tables).reshape(-1)
        self.sizes: Ints = np.array(shape, dtype=np.int64)
        self.ends: Ints = np.cumsum(self.sizes)
        self.point: Floats = np.concatenate([*(np.full(n, -np.log(n)) for n in shape), [0.0]])
        self.before: Floats = self.point.copy()
        self.direction: Floats = np.zeros(len(self.point))
        self.direction[-1] = 1.0
        self._turn()
        self.length, self.steps = _FIRST, 0

    @property
    def rationality(self) -> float:
        """lambda at the point."""
        return float(self.point[-1])

    def mixed(self, point: Floats) -> list[Floats]:
        """The probabilities at a point, one vector a player."""
        with np.errstate(under="ignore"):
            return np.split(np.exp(point[:-1]), self.ends[:-1])

    def advance(self, until: float = np.inf, most: int = 1) -> bool:
        """Up to `most` steps along the branch, until lambda is at least `until`; False where no step is short enough."""
        state = (self.before, self.point, self.direction)
        how, steps, self.length = kernels.follow(self.payoffs, self.sizes, *state, float(self.length), float(until), most)
        self.steps += steps
        return bool(how != kernels.STUCK)

    def back(self) -> None:
        """Undo the last step and take shorter ones."""
        self.point = self.before.copy()
        self._turn()
        self.length *= 0.25

    def crossing(self, rationality: float) -> Floats | None:
        """The point of this lambda between the last two; None where Newton's method does not find it."""
        share = (rationality - self.before[-1]) / (self.point[-1] - self.before[-1])
        guess = self.before + share * (self.point - self.before)
        guess[-1] = rationality
        fixed = np.zeros(len(guess))
        fixed[-1] = 1.0
        return guess if kernels.correct(self.payoffs, self.sizes, guess, fixed) else None

    def _turn(self) -> None:
        """The direction of the curve at the point, on the side of the last one."""
        if not kernels.turn(self.payoffs, self.sizes, self.point, self.direction):
            self.direction = -self.direction
