"""From a solver's strategies to ones that are right to the last bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from edgeworth.games.normal_form.exact.scaling import simplex
from edgeworth.games.normal_form.model import Floats, NormalFormGame, Profile, exact_regrets, exact_table, stakes

_ROUNDS = 4  # of iterative refinement; each adds the digits that a solve in float64 is good for
_MOST = 150  # strategies in a support


def settled(game: NormalFormGame, profile: Profile) -> bool:
    """Whether no regret is left but what rounding the probabilities accounts for. In exact arithmetic: payoffs may cancel."""
    most = 4.0 * sum(game.shape) * max(len(game.shape) - 1, 1) * 2.0**-53  # each of the others' vectors is rounded
    with np.errstate(over="ignore"):
        stake = stakes(game, profile)
    return all(regret <= most * Fraction(float(size)) for regret, size in zip(exact_regrets(game, profile), stake, strict=True))


def polished(game: NormalFormGame, profile: Profile) -> Profile:
    """The strategies that equalise each other's payoffs on the supports found; the profile given where there are none.

    The equations of the supports are solved in floats and corrected by residuals in exact arithmetic, so that what is left is
    the rounding of the probabilities themselves, unless the equations are too near to singular.
    """
    mine, theirs = (list(support) for support in profile.support)
    if len(mine) != len(theirs) or len(mine) > _MOST:
        return profile
    found = []
    for player, (rows, columns) in enumerate(((mine, theirs), (theirs, mine))):
        table = exact_table(game, player)
        inner = [[table[i][j] if player == 0 else table[j][i] for j in columns] for i in rows]
        vector = _equalising(inner)
        if vector is None:
            return profile
        whole = np.zeros(game.shape[1 - player])
        whole[columns] = vector
        found.append(simplex(whole))
    return Profile([found[1], found[0]])


def _equalising(inner: list[list[Fraction]]) -> Floats | None:
    """Probabilities of the columns against which all rows earn the same."""
    k = len(inner)
    middle = Fraction(float(sum(map(sum, inner)) / (k * k)))
    size = max(abs(entry - middle) for row in inner for entry in row) or Fraction(1)
    scale = Fraction(2) ** (size.numerator.bit_length() - size.denominator.bit_length())  # binary fractions stay short
    exact = [[(entry - middle) / scale for entry in row] for row in inner]
    system = np.zeros((k + 1, k + 1))
    system[:k, :k] = [[float(entry) for entry in row] for row in exact]
    system[:k, k], system[k, :k] = -1.0, 1.0
    solution = np.zeros(k + 1)
    residual = np.zeros(k + 1)
    residual[k] = 1.0
    for _ in range(_ROUNDS):
        try:
            step = np.linalg.solve(system, residual)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all():
            return None
        solution = solution + step
        terms = [Fraction(float(x)) for x in solution]
        residual[:k] = [float(terms[k] - sum(a * x for a, x in zip(row, terms[:k], strict=True))) for row in exact]
        residual[k] = float(1 - sum(terms[:k]))
    vector = solution[:k]
    return vector if vector.min() >= 0.0 else None
