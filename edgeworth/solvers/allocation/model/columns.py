"""Arrays of an allocation problem: what they may hold, and what is known of sums of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Bools, Floats, Ints
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.solvers.allocation.model.system import MecSystem

LARGEST = 1e100
"""Values, weights, capacities and offsets stay below this, so that sums and products of them are finite."""
_EXACT = 2.0**53  # sums of integers up to here are exact in floating point
_EXACT_SUMS = 2.0**50  # sums of multiples of a grid are taken as exact up to so many times the grid


def numbers(name: str, values: ArrayLike, length: int | None, minimum: float) -> Floats:
    """A column of finite numbers within the range that the model allows."""
    return validation.array(name, values, np.float64, (length,), minimum=minimum, maximum=LARGEST)


def fits_alone(weight: Floats, capacity: Floats) -> Bools:
    """Whether a pair is no heavier than its server's capacity, exactly where both are integers."""
    integers = (weight == np.rint(weight)) & (capacity == np.rint(capacity))
    result: Bools = (weight <= capacity) | (~integers & (weight <= capacity * (1.0 + FEASIBILITY_TOL)))
    return result


def whole(server: Ints, weight: Floats, capacity: Floats) -> Bools:
    """Whether a server's capacity and the weights of its pairs are integers with an exact sum, below 2^53."""
    fraction = np.bincount(server, weights=weight != np.rint(weight), minlength=len(capacity))
    total = np.bincount(server, weights=weight, minlength=len(capacity))
    result: Bools = (fraction == 0.0) & (total < _EXACT) & (capacity == np.rint(capacity))
    return result


def grid(value: Floats) -> float:
    """A number of which all values are multiples, if sums of them are exact in floating point; else 0.

    The greatest common divisor of integers, or the largest power of two.
    """
    values = np.abs(value[value != 0.0])
    if not len(values):
        return 1.0
    if float(values.sum()) < _EXACT_SUMS and np.all(values == np.rint(values)):
        return float(np.gcd.reduce(values.astype(np.int64)))
    mantissa, exponent = np.frexp(values)
    odd = np.rint(mantissa * 2.0**53).astype(np.int64)
    found = float(np.ldexp(1.0, int((exponent - 53 + np.log2(odd & -odd).astype(np.int64)).min())))
    return found if found > 0.0 and float(values.sum()) < _EXACT_SUMS * found else 0.0


def integral(value: Floats, offset: float) -> bool:
    """Whether all totals of the values with the offset are integers that floating point distinguishes, below 2^50."""
    total = float(np.abs(value).sum()) + abs(offset)
    return offset.is_integer() and total < _EXACT_SUMS and bool(np.all(value == np.rint(value)))


def timely(system: MecSystem, task: ArrayLike | None, server: ArrayLike | None) -> tuple[Ints, Ints, Floats]:
    """The pairs within reach (None: all) that keep the task's deadline, and the cycles they take."""
    if (task is None) != (server is None):
        validation.reject("server", "must be given together with task", server)
    if task is None or server is None:
        reach_task, reach_server = np.divmod(np.arange(system.tasks * system.servers), max(system.servers, 1))
    else:
        reach_task = validation.array("task", task, np.int64, (None,), minimum=0, maximum=system.tasks - 1)
        length = len(reach_task)
        reach_server = validation.array("server", server, np.int64, (length,), minimum=0, maximum=system.servers - 1)
    terms = system.terms(reach_task, reach_server)
    kept = terms.latency <= system.deadline[reach_task]
    return reach_task[kept], reach_server[kept], terms.cycles[kept]
