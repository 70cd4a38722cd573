"""Rebuilding the bound of column generation at the root from its certificate. Shares `model` with the solvers alone."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Arrays
from edgeworth.core.checking import Budget, certificate_array
from edgeworth.routing.orienteering.check.labelling import largest
from edgeworth.routing.orienteering.check.network import MAGNITUDE, ROUND, Flags, Floats, networks
from edgeworth.routing.orienteering.model import OrienteeringProblem

_WHOLE = 2.0**53


def recomputed_bound(problem: OrienteeringProblem, arrays: Arrays, budget: Budget) -> float:
    """The bound that a certificate "ng-routes" proves on the value of every plan that `model.violations` lets pass.

        L = sum_i pi_i + sum_k max(0, max { value of r - sum of pi_i over its visits : r an ng-route of vehicle k }).

    An ng-route forgets that it visited i once it passes through a customer j that does not count i among its neighbours, and
    may then visit i again; without that it is a route like any other. Any pi >= 0 and any sets give a valid L. Three steps keep
    the maximum and make it sharper: customers at each other's doorstep (there and back in at most a thousandth of the
    vehicle's time) are always neighbours, customers are left out whose reduced profit is no more than what passing them by
    saves, where that never takes longer, and so are arcs and customers that cost more than all customers together pay.

    Rounding: every maximum may be too small by the ``error`` of its network, which `check.network` derives along with what
    windows and loads need; their sum of n + K terms >= 0 is taken exactly and rounded once. L is rounded up by all that, and
    then down to a multiple of the greatest common divisor of the profits where all values are such multiples.

    arrays: ``multipliers`` float64 [n], pi >= 0; ``largest`` float64 [vehicle types], what the maxima are said to be: a
    floor (where a route reaches more, that counts); ``indptr`` int64 [n + 1] and ``members`` int64: the neighbours of j are
    ``members[indptr[j]:indptr[j + 1]]``.
    Raises KeyError for missing arrays, ValueError or TypeError for malformed ones, BudgetEnded where seconds or labels do not
    suffice.
    """
    pi, floors, near = multipliers_and_sets(problem, arrays)
    found, pi = networks(problem, pi, budget)
    terms = pi.tolist()
    for network, floor in zip(found, floors.tolist(), strict=True):
        best = largest(network, network.skipped(pi), near, floor if floor > 0.0 else -network.error, budget)
        terms += [max(best + network.error, 0.0)] * network.count
    return on_grid(problem, upwards(terms))


def multipliers_and_sets(problem: OrienteeringProblem, arrays: Arrays) -> tuple[Floats, Floats, Flags]:
    """The arrays ``multipliers``, ``largest`` and the sets of neighbours as flags, checked before anything is computed."""
    n, kinds = problem.customers, len(problem.vehicle_types)
    pi = certificate_array(arrays, "multipliers", np.float64, (n,), minimum=0.0, maximum=MAGNITUDE)
    floors = certificate_array(arrays, "largest", np.float64, (kinds,), minimum=0.0, maximum=MAGNITUDE)
    ends = certificate_array(arrays, "indptr", np.int64, (n + 1,), minimum=0)
    inside = certificate_array(arrays, "members", np.int64, (None,), minimum=0, maximum=max(n - 1, 0))
    if ends[0] != 0 or np.any(ends[1:] < ends[:-1]) or ends[-1] != len(inside):
        validation.reject("indptr", f"must rise from 0 to {len(inside)}", ends)
    near = np.zeros((n, n), dtype=bool)
    near[np.repeat(np.arange(n), np.diff(ends)), inside] = True
    return pi, floors, near


def upwards(terms: list[float]) -> float:
    """Their sum, rounded up: twice, for the rounding of the terms themselves and of the sum."""
    total = math.fsum(terms)
    return total + 2.0 * ROUND * math.fsum(map(abs, terms))


def on_grid(problem: OrienteeringProblem, bound: float) -> float:
    """Down to a multiple of the greatest common divisor of what customers pay, where driving is free and these are whole."""
    if not problem.integral or not abs(bound) < _WHOLE:
        return bound
    if max(np.abs(problem.profit).max(initial=0.0), problem.service_cost.max(initial=0.0)) >= _WHOLE:
        return bound
    grid = int(np.gcd.reduce((problem.profit - problem.service_cost).astype(np.int64).ravel(), initial=0))
    return float(math.floor(bound / grid) * grid) if grid else 0.0
