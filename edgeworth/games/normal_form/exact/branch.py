"""The principal branch of logit equilibria, traced from the uniform profile by predictor and corrector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeworth.games.normal_form.model import Floats, Ints

_FIRST = 0.03  # length of the first step
_STRAIGHT = 0.98  # least cosine between the directions at both ends of a step: what turns faster is looked at more closely
_NEWTON = 6
_CLEAR = 1e-11  # of a Newton step, relative to 1 + the entry
_SHORTEST = 1e-11  # of a step, relative to 1 + the size of the point


def pairwise(table: Floats, i: int, j: int, mixed: Sequence[Floats]) -> Floats:
    """What player i earns by each strategy against each of player j's, the others playing their mixtures; [|A_i|, |A_j|]."""
    rest = np.moveaxis(table, (i, j), (0, 1))
    for k in reversed([k for k in range(len(mixed)) if k not in (i, j)]):
        rest = rest @ mixed[k]
    return np.asarray(rest)


class Branch:
    """Points z = (log probabilities of all players, rationality) on the curve

        sum_a exp(x_ia) = 1,   x_ia - x_i0 = lambda (u_ia - u_i0)   for every player i and strategy a > 0,

    beginning at lambda = 0. In logarithms strategies that are hardly played do no harm (Turocy 2005).
    """

    def __init__(self, tables: Sequence[Floats]) -> None:
        self.tables = tables
        self.shape = tables[0].shape
        self.starts: Ints = np.concatenate([[0], np.cumsum(self.shape)]).astype(np.int64)
        uniform = [np.full(n, -np.log(n)) for n in self.shape]
        self.point: Floats = np.concatenate([*uniform, [0.0]])
        self.direction: Floats = np.zeros(len(self.point))
        self.direction[-1] = 1.0
        self.direction = self._onward(self.point, self.direction)
        self.before = self.point
        self.length, self.steps = _FIRST, 0

    @property
    def rationality(self) -> float:
        """lambda at the point."""
        return float(self.point[-1])

    def mixed(self, point: Floats) -> list[Floats]:
        """The probabilities at a point, one vector a player."""
        with np.errstate(under="ignore"):
            return [np.exp(point[a:b]) for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)]

    def advance(self) -> bool:
        """One step along the branch; False where no step is short enough."""
        size = 1.0 + float(np.abs(self.point).max())
        self.length = min(self.length, size)  # the curve becomes straight, but what comes has to be looked at
        while self.length > _SHORTEST * size:
            found = self._corrected(self.point + self.length * self.direction, self.direction)
            if found is not None:
                point, rounds = found
                onward = self._onward(point, self.direction)
                if onward @ self.direction >= _STRAIGHT and self._near(point):
                    self.before, self.point, self.direction = self.point, point, onward
                    self.steps += 1
                    self.length *= 2.0 if rounds <= 3 else 1.0
                    return True
            self.length *= 0.5
        return False

    def back(self) -> None:
        """Undo the last step and take shorter ones."""
        self.point = self.before
        self.direction = self._onward(self.point, self.direction)
        self.length *= 0.25

    def crossing(self, rationality: float) -> Floats | None:
        """The point of this lambda between the last two; None where Newton's method does not find it."""
        share = (rationality - self.before[-1]) / (self.point[-1] - self.before[-1])
        guess = self.before + share * (self.point - self.before)
        guess[-1] = rationality
        fixed = np.zeros(len(guess))
        fixed[-1] = 1.0
        found = self._corrected(guess, fixed)
        return None if found is None else found[0]

    def _near(self, point: Floats) -> bool:
        """Whether the corrector stayed near to what was predicted."""
        return float(np.abs(point - self.point).max()) <= 1.5 * self.length  # no squares: lambda may be huge

    def _onward(self, point: Floats, last: Floats) -> Floats:
        """The direction of the curve at a point, on the side of `last`."""
        _, jacobian = self._system(point)
        right = np.zeros(len(point))
        right[-1] = 1.0
        try:
            direction = np.linalg.solve(np.vstack([jacobian, last]), right)
        except np.linalg.LinAlgError:
            return -last
        return np.asarray(direction / np.linalg.norm(direction))

    def _corrected(self, point: Floats, normal: Floats) -> tuple[Floats, int] | None:
        """Newton's method across the direction `normal`: the point and the rounds it took; None where it does not converge."""
        last = np.inf
        for rounds in range(1, _NEWTON + 1):
            if point[:-1].max() > 1.0:  # a probability far above 1
                return None
            value, jacobian = self._system(point)
            try:
                step = np.linalg.solve(np.vstack([jacobian, normal]), np.append(-value, 0.0))
            except np.linalg.LinAlgError:
                return None
            size = float((np.abs(step) / (1.0 + np.abs(point))).max())
            if not size < max(last, 1e-9):  # NaN, or no contraction
                return None
            point, last = point + step, size
            if size <= _CLEAR:
                return point, rounds
        return None

    def _system(self, point: Floats) -> tuple[Floats, Floats]:
        """The equations and their derivatives, a row an equation and a column a coordinate."""
        mixed, rationality = self.mixed(point), point[-1]
        size = len(point) - 1
        value, jacobian = np.zeros(size), np.zeros((size, size + 1))
        for i, (begin, end) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
            earned = self.tables[i]
            for j in (j for j in range(len(self.shape)) if j != i):
                pair = pairwise(self.tables[i], i, j, mixed)
                earned = pair @ mixed[j]
                jacobian[begin + 1 : end, self.starts[j] : self.starts[j + 1]] = -rationality * (pair[1:] - pair[0]) * mixed[j]
            value[begin] = mixed[i].sum() - 1.0
            jacobian[begin, begin:end] = mixed[i]
            gains = earned[1:] - earned[0]
            value[begin + 1 : end] = point[begin + 1 : end] - point[begin] - rationality * gains
            jacobian[begin + 1 : end, begin] = -1.0
            jacobian[np.arange(begin + 1, end), np.arange(begin + 1, end)] = 1.0
            jacobian[begin + 1 : end, size] = -gains
        return value, jacobian
