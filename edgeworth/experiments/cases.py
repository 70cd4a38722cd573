"""The runs of a comparison as profiles, rankings and convergence curves count them: values and bounds that stood the check."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.family import family
from edgeworth.core.numeric import OPTIMALITY_TOL, Sense
from edgeworth.core.problem import Stored
from edgeworth.core.result import Quality, Result, Trace
from edgeworth.experiments.setting import Setting

Floats = NDArray[np.float64]
Reference = Literal["value", "bound"]
Goal = Literal["value", "bound", "proof"]


@dataclass(frozen=True)
class Cases:
    """What is counted.

    Attributes
    ----------
    runs : pandas.DataFrame
        One row a run: ``method``, ``problem_hash``, ``seconds``; ``value`` and ``bound`` (NaN where there is none that stands);
        ``proved``; of its instance ``offset``, ``best_value`` (of all methods) and ``best_bound`` (as in the column
        ``gap_to_best_bound``).
    labels : tuple of str
        The methods, in the order of the table.
    sense : {"max", "min"}
        Whether larger values are better.
    traces : tuple of Trace or None
        Of every run.
    """

    runs: pd.DataFrame
    labels: tuple[str, ...]
    sense: Sense
    traces: tuple[Trace | None, ...]

    @property
    def instances(self) -> int:
        """How many instances there are."""
        return int(self.runs["problem_hash"].nunique())

    def gaps(self, reference: Reference) -> Floats:
        """The gap of every run's value to its instance's reference; NaN without either. float64 [runs]."""
        value, best, offset = self._numbers("value", f"best_{reference}", "offset")
        return signed_gaps(value, best, offset, self.sense)

    def bound_gaps(self) -> Floats:
        """The gap of the best value of its instance to every run's bound. float64 [runs]."""
        best, bound, offset = self._numbers("best_value", "bound", "offset")
        return signed_gaps(best, bound, offset, self.sense)

    def solved(self, goal: Goal, tau: float) -> NDArray[np.bool_]:
        """Which runs have reached the goal, which for values and bounds means a gap of at most tau. bool [runs]."""
        if goal == "proof":
            return self.runs["proved"].to_numpy(dtype=bool)
        return self.gaps(goal) <= max(tau, OPTIMALITY_TOL)  # NaN is not

    def seconds_to(self, goal: Goal, tau: float) -> tuple[NDArray[np.bool_], Floats]:
        """Which runs have reached the goal, and after how many seconds; of the others, how long they took."""
        solved, seconds = self.solved(goal, tau), self.runs["seconds"].to_numpy(dtype=np.float64).copy()
        if goal == "proof":  # known at the end only
            return solved, seconds
        value, reference, offset = self._numbers("value", f"best_{goal}", "offset")
        for k in np.flatnonzero(solved):
            trace = self.traces[k]
            if trace is None:
                continue
            moved = incumbents(trace.value, float(value[k]), self.sense)
            near = signed_gaps(moved, np.full(len(moved), reference[k]), np.full(len(moved), offset[k]), self.sense)
            hits = np.flatnonzero(near <= max(tau, OPTIMALITY_TOL))
            if len(hits):
                seconds[k] = min(seconds[k], float(trace.seconds[hits[0]]))
        return solved, seconds

    def _numbers(self, *names: str) -> tuple[Floats, ...]:
        return tuple(self.runs[name].to_numpy(dtype=np.float64) for name in names)


def gather(
    rows: Sequence[Mapping[str, Any]], frame: pd.DataFrame, results: Sequence[Result[Stored] | None], setting: Setting
) -> Cases:
    """The cases of a comparison.

    Parameters
    ----------
    rows, frame, results, setting
        Of the `Comparison`.

    Returns
    -------
    Cases
        Without methods of kind "bound", which give no value, and without instances on which not every method ran (the sweep
        was interrupted, or merged of parts): a run that was never made is no failure.

    Raises
    ------
    ValueError
        Where nothing is left.
    """
    kinds = {row.name: row.kind for row in family(setting.kind).methods}
    labels = tuple(label for label, what in setting.methods if kinds.get(what.partition(";")[0]) != "bound")
    if not labels:
        validation.reject("methods", "must hold one that gives values, not bounds alone", list(setting.labels))
    sound = frame["verified"].to_numpy(dtype=bool)
    comparable = np.array([bool(row["comparable"]) for row in rows])
    runs = pd.DataFrame(
        {
            "method": frame["method"],
            "problem_hash": frame["problem_hash"],
            "seconds": frame["seconds"],
            "value": frame["value"].where(sound & comparable),
            "bound": frame["bound"].where(sound),
            "proved": sound & (frame["quality"] == str(Quality.OPTIMAL)).to_numpy(),
            "offset": [float(row["offset"]) for row in rows],
        }
    )
    recomputed = runs["bound"].where(frame["bound_evidence"] == "recomputed")
    best: Literal["max", "min"] = "max" if setting.sense == "max" else "min"
    tightest: Literal["max", "min"] = "min" if setting.sense == "max" else "max"
    runs["best_value"] = runs["value"].groupby(runs["problem_hash"]).transform(best)
    bounds = [column.groupby(runs["problem_hash"]).transform(tightest) for column in (recomputed, runs["bound"])]
    runs["best_bound"] = bounds[0].fillna(bounds[1])
    valued = runs["method"].isin(labels)
    reached = runs[valued].groupby("problem_hash")["method"].nunique()
    whole = runs["problem_hash"].isin(reached.index[reached == len(labels)])
    kept = np.flatnonzero((valued & whole).to_numpy()).tolist()
    if not kept:
        validation.reject("rows", "must hold an instance on which every method ran", len(rows))
    traces = tuple(None if (result := results[k]) is None else result.trace for k in kept)
    return Cases(runs.iloc[kept].reset_index(drop=True), labels, setting.sense, traces)


def signed_gaps(values: Floats, bounds: Floats, offsets: Floats, sense: Sense) -> Floats:
    """`edgeworth.core.numeric.relative_gap` of arrays; NaN stays NaN."""
    differences = bounds - values if sense == "max" else values - bounds
    stakes = np.abs(values - offsets)
    stakes = np.where(stakes == 0.0, np.abs(bounds - offsets), stakes)
    return np.divide(differences, stakes, out=np.zeros_like(differences), where=differences != 0.0)


def incumbents(moves: Floats, final: float, sense: Sense) -> Floats:
    """The best so far at every point of a trace, none better than the verified value in which the run ended.

    A learner's trace goes up and down, and its best episode need not be what it returned; what was not returned was not
    checked. NaN where there was no value yet. Bounds are the same in the other sense.
    """
    ahead = np.fmax if sense == "max" else np.fmin
    behind = np.minimum if sense == "max" else np.maximum
    return np.asarray(behind(ahead.accumulate(moves), final))


def check_goal(cases: Cases, argument: str, goal: str, allowed: Sequence[str]) -> None:
    """Refuse a goal that is none, and bounds where no instance has one."""
    validation.choice(argument, goal, list(allowed))
    if goal == "bound" and bool(cases.runs["best_bound"].isna().all()):
        validation.reject(argument, "must be 'value' where no method left a bound that stands", goal)


def share_above(values: Floats, share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed; infinite ones are the largest."""
    ordered = np.sort(values)
    return float(ordered[max(math.ceil(share * len(ordered) - 1e-12) - 1, 0)])
