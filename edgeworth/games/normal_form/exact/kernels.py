"""Kernels of the branch of logit equilibria, and of Newton's method on given supports.

payoffs [players * outcomes], player by player, the last player's strategy fastest; sizes [players]: numbers of strategies;
point [strategies of all players + 1]: the logarithms of their probabilities, player by player, and lambda. `branch.Branch` has
the equations.
"""

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.games.normal_form.model.kernels import averaged

_STRAIGHT = 0.98  # least cosine between the directions at both ends of a step: what turns faster is looked at more closely
_NEWTON = 6
_CLEAR = 1e-11  # of a Newton step, relative to 1 + the entry
_SHORTEST = 1e-11  # of a step, relative to 1 + the size of the point
_EVEN = 1e-8  # a pivot, relative to the largest entry of the matrix, that is no sign of equations which depend on each other

GOING, THERE, STUCK = 0, 1, 2
SETTLED, LOST, SINGULAR, OPEN = 0, 1, 2, 3


@leaf
def _pairwise(payoffs, sizes, i, j, mixed, work):
    """What player i earns by its strategies against those of player j, the others playing their mixtures, into `work`.

    Its strategies' rows are `sizes[j]` long where i comes before j; else it is transposed. Returns whether it is.
    """
    outcomes = payoffs.size // sizes.size
    inner, outer, start, moved = outcomes, 1, 0, False
    for k in range(sizes.size):
        inner //= sizes[k]
        if k in (i, j):
            outer *= sizes[k]
        elif moved:
            averaged(work, 0, outer, inner, mixed, start, sizes[k], work)
        else:
            averaged(payoffs, i * outcomes, outer, inner, mixed, start, sizes[k], work)
            moved = True
        start += sizes[k]
    if not moved:
        work[:outcomes] = payoffs[i * outcomes : (i + 1) * outcomes]
    return i > j


@leaf
def _system(payoffs, sizes, point, mixed, work, gains, matrix, right):
    """The equations' values, negated, and their derivatives: all rows but the last of `matrix` and of `right`."""
    size = point.size - 1
    rationality = point[size]
    for a in range(size):
        mixed[a] = np.exp(point[a])
    matrix[:size, :] = 0.0
    begin = 0
    for i in range(sizes.size):
        count = sizes[i]
        total = 0.0
        for a in range(begin, begin + count):
            total += mixed[a]
            matrix[begin, a] = mixed[a]
        right[begin] = 1.0 - total
        if sizes.size == 1:
            for a in range(1, count):
                gains[a] = payoffs[a] - payoffs[0]
        first = 0
        for j in range(sizes.size):
            if j != i:
                other = sizes[j]
                across, along = (1, count) if _pairwise(payoffs, sizes, i, j, mixed, work) else (other, 1)
                for a in range(1, count):
                    gain = 0.0
                    for b in range(other):
                        more = (work[a * across + b * along] - work[b * along]) * mixed[first + b]
                        gain += more
                        matrix[begin + a, first + b] = -rationality * more
                    gains[a] = gain
            first += sizes[j]
        for a in range(1, count):
            right[begin + a] = -(point[begin + a] - point[begin] - rationality * gains[a])
            matrix[begin + a, begin] = -1.0
            matrix[begin + a, begin + a] = 1.0
            matrix[begin + a, size] = -gains[a]
        begin += count


@leaf
def _factorise(matrix, order):
    """Gaussian elimination with partial pivoting, in place; `order`: the rows exchanged. The least and greatest |pivot|."""
    size = order.size
    least, greatest = np.inf, 0.0
    for k in range(size):
        best = k
        for r in range(k + 1, size):
            if abs(matrix[r, k]) > abs(matrix[best, k]):
                best = r
        order[k] = best
        if best != k:
            for c in range(size):
                matrix[k, c], matrix[best, c] = matrix[best, c], matrix[k, c]
        pivot = matrix[k, k]
        least, greatest = min(least, abs(pivot)), max(greatest, abs(pivot))
        if not abs(pivot) > 0.0:
            return 0.0, greatest
        upper = matrix[k, k + 1 :]
        for r in range(k + 1, size):
            if matrix[r, k] != 0.0:
                share = matrix[r, k] / pivot
                matrix[r, k] = share
                lower = matrix[r, k + 1 :]
                for c in range(upper.size):
                    lower[c] -= share * upper[c]
    return least, greatest


@leaf
def _substitute(matrix, order, right):
    """Solve by what `_factorise` made of a matrix; `right` becomes the solution."""
    size = order.size
    for k in range(size):
        right[k], right[order[k]] = right[order[k]], right[k]
    for k in range(size):
        for r in range(k + 1, size):
            right[r] -= matrix[r, k] * right[k]
    for k in range(size - 1, -1, -1):
        total = right[k]
        for c in range(k + 1, size):
            total -= matrix[k, c] * right[c]
        right[k] = total / matrix[k, k]


@leaf
def _correct(payoffs, sizes, point, normal, mixed, work, gains, matrix, order, right):
    """Newton's method across the direction `normal`, in place: the rounds it took, 0 where it does not converge.

    `matrix` then holds the factors of the last derivatives, `normal` below them.
    """
    last = np.inf
    size = point.size - 1
    for rounds in range(1, _NEWTON + 1):
        for a in range(size):
            if point[a] > 1.0:  # a probability far above 1
                return 0
        _system(payoffs, sizes, point, mixed, work, gains, matrix, right)
        matrix[size, :] = normal
        right[size] = 0.0
        if _factorise(matrix, order)[0] == 0.0:
            return 0
        _substitute(matrix, order, right)
        step = 0.0
        for a in range(size + 1):
            change = abs(right[a]) / (1.0 + abs(point[a]))
            if not change <= step:  # NaN too
                step = change
        if not step < max(last, 1e-9):  # NaN, or no contraction
            return 0
        for a in range(size + 1):
            point[a] += right[a]
        last = step
        if step <= _CLEAR:
            return rounds
    return 0


@leaf
def _onward(matrix, order, direction):
    """The curve's direction, from the factors of its derivatives and the last direction below them; the curve goes on."""
    direction[:] = 0.0
    direction[-1] = 1.0
    _substitute(matrix, order, direction)
    largest = 0.0
    for each in direction:
        largest = max(largest, abs(each))
    total = 0.0
    for each in direction:
        total += (each / largest) ** 2
    direction /= largest * np.sqrt(total)


@jit
def turn(payoffs, sizes, point, direction):
    """The direction of the curve at a point, on the side of `direction`, in place; False where the equations are singular."""
    size = point.size
    mixed, work, gains = np.empty(size), np.empty(payoffs.size), np.empty(size)
    matrix, order, right = np.empty((size, size)), np.empty(size, dtype=np.int64), np.empty(size)
    _system(payoffs, sizes, point, mixed, work, gains, matrix, right)
    matrix[size - 1, :] = direction
    if _factorise(matrix, order)[0] == 0.0:
        return False
    _onward(matrix, order, direction)
    return True


@jit
def correct(payoffs, sizes, point, normal):
    """Newton's method from a point across the direction `normal`, in place; whether it converges."""
    size = point.size
    mixed, work, gains = np.empty(size), np.empty(payoffs.size), np.empty(size)
    matrix, order, right = np.empty((size, size)), np.empty(size, dtype=np.int64), np.empty(size)
    return _correct(payoffs, sizes, point, normal, mixed, work, gains, matrix, order, right) > 0


@jit
def follow(payoffs, sizes, before, point, direction, length, until, most):
    """Steps along the branch, up to `most` of them and until lambda is at least `until`, in place.

    before: the point before the last step. Returns how it ended (GOING, THERE, STUCK), the number of steps, and the length of
    the next one.
    """
    size = point.size
    mixed, work, gains = np.empty(size), np.empty(payoffs.size), np.empty(size)
    matrix, order, right = np.empty((size, size)), np.empty(size, dtype=np.int64), np.empty(size)
    trial, onward = np.empty(size), np.empty(size)
    for steps in range(1, most + 1):
        extent = 1.0 + np.abs(point).max()
        length = min(length, extent)  # the curve becomes straight, but what comes has to be looked at
        while True:
            if not length > _SHORTEST * extent:
                return STUCK, steps - 1, length
            trial[:] = point + length * direction
            rounds = _correct(payoffs, sizes, trial, direction, mixed, work, gains, matrix, order, right)
            if rounds > 0:
                # the derivatives of the last round: the step that it made is too short for others to matter
                _onward(matrix, order, onward)
                cosine, moved = 0.0, 0.0
                for a in range(size):
                    cosine += onward[a] * direction[a]
                    moved = max(moved, abs(trial[a] - point[a]))  # no squares: lambda may be huge
                if cosine >= _STRAIGHT and moved <= 1.5 * length:
                    break
            length *= 0.5
        before[:] = point
        point[:] = trial
        direction[:] = onward
        if rounds <= 3:
            length *= 2.0
        if point[size - 1] >= until:
            return THERE, steps, length
    return GOING, most, length


@jit
def equalise(payoffs, sizes, mixed, rounds, near, far):
    """Newton's method on the equations that all strategies earn the same and probabilities sum to 1, in place.

    Ends SETTLED when a step is shorter than `near`, LOST when one is not shorter than `far`, SINGULAR where the equations may
    depend on each other (that step is not made), OPEN after so many rounds. The second number says how many rounds were.
    """
    size = mixed.size
    work = np.empty(payoffs.size)
    matrix, order, right = np.empty((size, size)), np.empty(size, dtype=np.int64), np.empty(size)
    for done in range(rounds):
        matrix[:, :] = 0.0
        _residual(payoffs, sizes, mixed, work, matrix, right)
        largest = np.abs(matrix).max()
        if not _factorise(matrix, order)[0] > _EVEN * largest:
            return SINGULAR, done
        _substitute(matrix, order, right)
        step = 0.0
        for a in range(size):
            if not abs(right[a]) <= step:  # NaN too
                step = abs(right[a])
        if not step < far:
            return LOST, done
        for a in range(size):
            mixed[a] += right[a]
        if step < near:
            return SETTLED, done + 1
    return OPEN, rounds


@jit
def equations(payoffs, sizes, mixed):
    """The derivatives of the equations of `equalise`, and by how much they are missed, negated."""
    matrix, right = np.zeros((mixed.size, mixed.size)), np.empty(mixed.size)
    _residual(payoffs, sizes, mixed, np.empty(payoffs.size), matrix, right)
    return matrix, right


@leaf
def _residual(payoffs, sizes, mixed, work, matrix, right):
    """By how much the equations are missed, negated, and their derivatives."""
    begin = 0
    for i in range(sizes.size):
        count = sizes[i]
        total = 0.0
        for a in range(begin, begin + count):
            total += mixed[a]
            matrix[begin, a] = 1.0
        right[begin] = 1.0 - total
        if sizes.size == 1:
            for a in range(1, count):
                right[a] = payoffs[0] - payoffs[a]
        first = 0
        for j in range(sizes.size):
            if j != i:
                other = sizes[j]
                across, along = (1, count) if _pairwise(payoffs, sizes, i, j, mixed, work) else (other, 1)
                for a in range(1, count):
                    gain = 0.0
                    for b in range(other):
                        more = work[a * across + b * along] - work[b * along]
                        matrix[begin + a, first + b] = more
                        gain += more * mixed[first + b]
                    right[begin + a] = -gain
            first += sizes[j]
        begin += count
