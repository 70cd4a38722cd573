"""Convergence: how the gaps of value and bound shrank over the seconds of the runs, from their traces."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from edgeworth.core import validation
from edgeworth.core.numeric import OPTIMALITY_TOL, Sense
from edgeworth.experiments.cases import Cases, Floats, Reference, check_goal, incumbents, share_above, signed_gaps
from edgeworth.experiments.profiles import GOALS, LEAST_SECONDS

POINTS = 200
"""Times at which curves are evaluated, where nothing else is said."""
_QUARTILES = (0.5, 0.25, 0.75)
_NONE: Floats = np.empty(0)


def curves(cases: Cases, reference: Reference = "bound", points: int = POINTS) -> pd.DataFrame:
    """The median gap over instances of every method's incumbent, and of its bound, over the seconds.

    Parameters
    ----------
    cases : Cases
        The runs with their traces, of instances on which every method ran.
    reference : {"value", "bound"}
        Whether the gaps of incumbents are to the best verified value of all methods or to the best bound that stands. The gap
        of a bound is that of the best verified value to it.
    points : int
        Times, >= 2, evenly spread on a logarithmic axis from the first event of any run to the end of the longest.

    Returns
    -------
    pandas.DataFrame
        One row a method and time: ``method``, ``seconds``; ``gap`` (median), ``gap_low``, ``gap_high`` (quartiles), and
        ``share`` of instances with a gap; ``bound_gap``, ``bound_gap_low``, ``bound_gap_high``, ``bound_share`` of bounds.
        Infinite: so many instances had no value, or no bound, yet.

    Raises
    ------
    ValueError
        Where no run has a trace: comparisons from files have none, and others only where it was asked for.

    Notes
    -----
    The incumbent of a run at time t is the best value of its trace up to t, but none better than the verified value that
    it returned; from its end on it is that value. A run whose value did not stand the check has none at any time, one without
    a trace has none before its end. Bounds, claimed ones too, alike. Gaps are averaged over the method's seeds in every
    instance (infinite until all have one); median and quartiles are order statistics over instances: the smallest gap that
    at least a half (a quarter, three quarters) of the instances do not exceed, which is defined among infinite ones too. All
    these are step functions, evaluated exactly at the times of the table.
    """
    check_goal(cases, "reference", reference, GOALS[:2])
    validation.integer("points", points, minimum=2)
    if all(trace is None for trace in cases.traces):
        validation.reject(
            "results",
            "must hold a trace; files of comparisons hold none, and a run keeps one where its method supports it and it was "
            "asked for (trace=True)",
            0,
        )
    times = _times(cases, points)
    runs, parts = cases.runs, []
    ends = runs["seconds"].to_numpy(dtype=np.float64)
    value, bound, best, offset, of = (
        runs[name].to_numpy(dtype=np.float64) for name in ("value", "bound", "best_value", "offset", f"best_{reference}")
    )
    methods = runs["method"].to_numpy()
    hashes = runs["problem_hash"].to_numpy()
    opposite: Sense = "min" if cases.sense == "max" else "max"
    for label in cases.labels:
        mine = np.flatnonzero(methods == label)
        gaps, limits = np.empty((len(mine), points)), np.empty((len(mine), points))
        for row, k in enumerate(mine):
            trace = cases.traces[k]
            moves, limit = (_NONE, _NONE) if trace is None else (trace.value, trace.bound)
            at = _NONE if trace is None else trace.seconds
            values = _at(times, at, incumbents(moves, value[k], cases.sense), ends[k], value[k])
            bounds = _at(times, at, incumbents(limit, bound[k], opposite), ends[k], bound[k])
            gaps[row] = _distance(values, np.full(points, of[k]), offset[k], cases)
            limits[row] = _distance(np.full(points, best[k]), bounds, offset[k], cases)
        which = hashes[mine]
        instances = [which == digest for digest in dict.fromkeys(which)]
        table = {"method": label, "seconds": times}
        for name, of_runs in (("gap", gaps), ("bound_gap", limits)):
            means = np.array([of_runs[rows].mean(axis=0) for rows in instances])
            for suffix, share in zip(("", "_low", "_high"), _QUARTILES, strict=True):
                table[f"{name}{suffix}"] = np.array([share_above(column, share) for column in means.T])
            table["share" if name == "gap" else "bound_share"] = np.isfinite(means).mean(axis=0)
        parts.append(pd.DataFrame(table))
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs |= {"instances": cases.instances, "reference": reference}
    frame.attrs["units"] = {"seconds": "s", "gap": "of the value", "bound_gap": "of the best value", "share": "of instances"}
    return frame


def _times(cases: Cases, points: int) -> Floats:
    ends = np.maximum(cases.runs["seconds"].to_numpy(dtype=np.float64), LEAST_SECONDS)
    firsts = [float(trace.seconds[0]) for trace in cases.traces if trace is not None and len(trace.seconds)]
    first = max(min([float(ends.min()), *firsts]), LEAST_SECONDS)
    return np.geomspace(first, max(float(ends.max()), 2.0 * first), points)


def _at(times: Floats, moments: Floats, moved: Floats, end: float, final: float) -> Floats:
    """The step function of a run: what its trace says until it ended, then what it returned; NaN before the first."""
    place = np.searchsorted(moments, times, side="right")
    return np.where(times >= min(end, times[-1]), final, np.concatenate([[math.nan], moved])[place])


def _distance(values: Floats, bounds: Floats, offset: float, cases: Cases) -> Floats:
    """Gaps, infinite where there is no value or no bound; a difference below the tolerance of the checks is none."""
    found = signed_gaps(values, bounds, np.full(len(values), offset), cases.sense)
    return np.where(np.isnan(found), math.inf, np.where(np.abs(found) <= OPTIMALITY_TOL, 0.0, found))
