"""Profiles: what share of the instances a method solves within a multiple of the best time, within a gap, within a time."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from edgeworth.core import validation
from edgeworth.core.numeric import OPTIMALITY_TOL
from edgeworth.experiments.cases import Cases, Floats, Goal, Reference, check_goal

TAU = 0.01
"""The relative gap to the reference within which a run has solved its instance, where nothing else is said."""
LEAST_SECONDS = 1e-6
"""Shorter times are taken for this one: no clock tells them apart, and a ratio to nothing is none."""

GOALS = ("value", "bound", "proof")


def performance(cases: Cases, goal: Goal = "value", tau: float = TAU) -> pd.DataFrame:
    """The share of instances that a method solves within a multiple of the shortest time of any method (Dolan and More).

    Parameters
    ----------
    cases : Cases
        The runs, of instances on which every method ran.
    goal : {"value", "bound", "proof"}
        A run has solved its instance when its verified value has a gap (`edgeworth.core.numeric.relative_gap`) of at most tau
        to the best verified value of all methods, or to the best bound that stands ("bound"; an instance without one is
        solved by nobody); "proof": when its quality is optimal, by a bound that the checker rebuilt.
    tau : float
        >= 0; 0 means equal up to the tolerance of the checks (1e-9). A proof does not ask for it.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``ratio`` (>= 1), ``share``: a step function a method, continuous from the right, from ratio 1 to the
        largest finite one.

    Raises
    ------
    ValueError
        For another goal, a negative tau, and bounds where no method left one.

    Notes
    -----
    The time of method s on instance p is the expected running time over its seeds,

        t(p, s) = seconds of all its runs / number of its runs that solved p,

    infinite where none did: what restarting with a new seed until one succeeds costs on average. A run that solved p counts
    until its trace first stood within tau, or to its end where it has no trace; other runs count whole. Times below
    a microsecond count as one. With r(p, s) = t(p, s) / min over s' of t(p, s'), infinite where t(p, s) is,

        rho(s, x) = share of instances with r(p, s) <= x.

    rho(s, 1) is the share of instances on which s is the fastest; ties count for all of them, so that these shares may sum to
    more than 1. An instance that nobody solved counts for nobody: the right end is the share of instances that s solved with
    at least one seed. Two curves may change their order when a third method is left out (Gould and Scott 2016): a profile ranks
    no methods but the best.

    References
    ----------
    Dolan, E. D. and More, J. J. (2002), Benchmarking optimization software with performance profiles, Mathematical
    Programming 91, 201-213.
    Auger, A. and Hansen, N. (2005), Performance evaluation of an advanced local search evolutionary algorithm, IEEE CEC,
    1777-1784 (the expected running time).
    Gould, N. and Scott, J. (2016), A note on performance profiles for benchmarking software, ACM Transactions on Mathematical
    Software 43(2), 15.
    """
    check_goal(cases, "goal", goal, GOALS)
    tau = validation.real("tau", tau, minimum=0.0)
    solved, seconds = cases.seconds_to(goal, tau)
    runs = cases.runs[["method", "problem_hash"]].assign(solved=solved.astype(float), seconds=seconds)
    sums = runs.groupby(["method", "problem_hash"], sort=False).sum()
    spent = np.maximum(sums["seconds"], LEAST_SECONDS)
    cost = (spent / sums["solved"].replace(0.0, math.nan)).unstack("method")
    ratios = cost.div(cost.min(axis=1), axis=0)
    points = {label: ratios[label].fillna(math.inf).to_numpy(dtype=np.float64) for label in cases.labels}
    even = np.full(cases.instances, 1.0 / cases.instances)
    frame = _steps({label: (found, even) for label, found in points.items()}, "ratio", 1.0)
    frame.attrs |= {"instances": cases.instances, "goal": goal, "tau": tau, "units": {"ratio": "1", "share": "of instances"}}
    return frame


def gap(cases: Cases, reference: Reference = "value") -> pd.DataFrame:
    """The share of runs whose value is within a gap of the best known, over that gap.

    Parameters
    ----------
    cases : Cases
        The runs, of instances on which every method ran.
    reference : {"value", "bound"}
        Whether gaps are to the best verified value of all methods or to the best bound that stands.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``gap`` (a share, not percent), ``share``: a step function a method, continuous from the right, from gap 0.

    Raises
    ------
    ValueError
        For another reference, and bounds where no method left one.

    Notes
    -----
    The gap is that of the table (`edgeworth.core.numeric.relative_gap`), infinite for a run without a verified value. Every
    instance weighs the same: its share is that of the method's seeds. Where values are positive and minimised, gap g is
    Dolan and More's ratio value / best value = 1 / (1 - g).
    """
    check_goal(cases, "reference", reference, GOALS[:2])
    found = cases.gaps(reference)
    found = np.where(found <= OPTIMALITY_TOL, 0.0, np.where(np.isnan(found), math.inf, found))
    frame = _shares(cases, found, "gap")
    frame.attrs |= {"instances": cases.instances, "goal": reference, "units": {"gap": "of the value", "share": "of instances"}}
    return frame


def data(cases: Cases, goal: Goal = "value", tau: float = TAU) -> pd.DataFrame:
    """The share of runs that have solved their instance, over the seconds (More and Wild).

    Parameters
    ----------
    cases : Cases
        The runs, of instances on which every method ran.
    goal : {"value", "bound", "proof"}
        As in `performance`: what makes a run one that has solved its instance.
    tau : float
        >= 0; 0 means equal up to the tolerance of the checks (1e-9). A proof does not ask for it.

    Returns
    -------
    pandas.DataFrame
        ``method``, ``seconds``, ``share``: a step function a method, continuous from the right, from 0 s to the last step.

    Raises
    ------
    ValueError
        For another goal, a negative tau, and bounds where no method left one.

    Notes
    -----
    With T(p, s, k) the seconds until run k of method s on instance p solved it (by its trace, or its end where it has none;
    infinite where it did not, however near it came),

        d(s, x) = mean over instances p of the share of seeds k with T(p, s, k) <= x.

    More and Wild count evaluations and divide by the number of variables plus 1; seconds are not divided. A trace is the
    method's word on when, not on what: only runs whose end was verified within tau count, and no point of a trace counts for
    more than that end (`cases.incumbents`).

    References
    ----------
    More, J. J. and Wild, S. M. (2009), Benchmarking derivative-free optimization algorithms, SIAM Journal on Optimization 20,
    172-191.
    """
    check_goal(cases, "goal", goal, GOALS)
    tau = validation.real("tau", tau, minimum=0.0)
    solved, seconds = cases.seconds_to(goal, tau)
    frame = _shares(cases, np.where(solved, np.maximum(seconds, LEAST_SECONDS), math.inf), "seconds")
    frame.attrs |= {"instances": cases.instances, "goal": goal, "tau": tau, "units": {"seconds": "s", "share": "of instances"}}
    return frame


def _shares(cases: Cases, x: Floats, name: str) -> pd.DataFrame:
    """The share of runs up to x in every instance, averaged over instances."""
    methods, hashes = cases.runs["method"], cases.runs["problem_hash"]
    runs = cases.runs.groupby(["method", "problem_hash"])["seconds"].transform("size").to_numpy(dtype=np.float64)
    weights = 1.0 / (runs * hashes.nunique())
    mine = {label: (methods == label).to_numpy(dtype=bool) for label in cases.labels}
    return _steps({label: (x[which], weights[which]) for label, which in mine.items()}, name, 0.0)


def _steps(points: dict[str, tuple[Floats, Floats]], name: str, start: float) -> pd.DataFrame:
    """The share of weight at points up to x: where it begins, where it steps, and where the last method steps."""
    known = [x[np.isfinite(x)] for x, _ in points.values()]
    stop = max([start, *(float(x.max()) for x in known if len(x))])
    parts = []
    for label, (x, weight) in points.items():
        at = np.unique(np.concatenate([[start, stop], x[np.isfinite(x)]]))
        order = np.argsort(x, kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(weight[order])])[np.searchsorted(x[order], at, side="right")]
        share = np.where(sums > 1.0 - 1e-12, 1.0, sums)  # 49 times a 49th is all, and what sums add behind is noise
        parts.append(pd.DataFrame({"method": label, name: at, "share": share.round(14)}))
    return pd.concat(parts, ignore_index=True)
