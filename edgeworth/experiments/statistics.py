"""Statistics over instances. Runs on the same instance are not independent, so their method seeds are averaged first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.numeric import Sense
from edgeworth.core.result import Quality
from edgeworth.experiments.table import OF_GAMES

LEVEL = 0.95
"""Coverage of the intervals."""


def interval(sample: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean of a sample and its `LEVEL` interval by Student's t: mean -+ t s / sqrt(n), s with n - 1.

    Parameters
    ----------
    sample : ndarray
        float64 [n].

    Returns
    -------
    tuple of float
        The mean and the two ends; the ends are NaN for n < 2, all three for n = 0.

    Examples
    --------
    >>> [round(number, 4) for number in interval(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.4841, 4.4841]
    """
    n = len(sample)
    if n == 0:
        return math.nan, math.nan, math.nan
    mean = float(sample.mean())
    if n == 1:
        return mean, math.nan, math.nan
    from scipy.stats import t

    half = float(t.ppf((1.0 + LEVEL) / 2.0, n - 1)) * float(sample.std(ddof=1)) / math.sqrt(n)
    return mean, mean - half, mean + half


def plain_texts() -> AbstractContextManager[None]:
    """For columns of labels: Arrow, which pandas uses where it can, takes no half characters, which names may have."""
    return pd.option_context("mode.string_storage", "python")


def per_instance(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per (method, instance): means over method seeds of what stood the check.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of a comparison, one row a run.

    Returns
    -------
    pandas.DataFrame
        NaN where no seed has the number.
    """
    sound = frame["verified"]
    numbers = pd.DataFrame(
        {
            "method": frame["method"],
            "problem_hash": frame["problem_hash"],
            "value": frame["value"].where(sound),
            "bound": frame["bound"].where(sound),
            "gap_to_best_bound": frame["gap_to_best_bound"].where(sound),
            "seconds": frame["seconds"],
            "solved": (sound & frame["value"].notna()).astype(float),
            "optimal": (sound & (frame["quality"] == str(Quality.OPTIMAL))).astype(float),
            "claimed": (sound & (frame["quality"] == str(Quality.CLAIMED_OPTIMAL))).astype(float),
            "verified": sound.astype(float),
            "overran": frame["overran"].astype(float),
        }
        | {name: frame[name].where(sound) for name in OF_GAMES if name in frame}
    )
    with plain_texts():
        return numbers.groupby(["method", "problem_hash"], sort=False).mean().reset_index()


def summarise(frame: pd.DataFrame, labels: Sequence[str], sense: Sense, reference: str | None) -> pd.DataFrame:
    """The table of `Comparison.summary`.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of a comparison, one row a run.
    labels : sequence of str
        The methods, in the order of the rows.
    sense : {"max", "min"}
        Whether larger values are better.
    reference : str or None
        The method that the others are compared with; None: the best one that has values on most instances.

    Returns
    -------
    pandas.DataFrame
        Indexed by method; ``attrs["reference"]`` names the reference.
    """
    instances = per_instance(frame)
    groups = {label: instances[instances["method"] == label].set_index("problem_hash") for label in labels}
    if reference is None:
        reference = _best(groups, sense)
    else:
        validation.choice("reference", reference, list(labels))
    rows = []
    for label, group in groups.items():
        base = group["value"] if reference is None else groups[reference]["value"]
        differences = (group["value"] - base.reindex(group.index)).dropna()
        if reference is None:
            differences = differences.iloc[:0]
        mean, low, high = interval(differences.to_numpy(dtype=np.float64))
        rows.append(
            {
                "method": label,
                "instances": len(group),
                "solved": group["solved"].mean(),
                "mean_value": group["value"].mean(),
                "mean_bound": group["bound"].mean(),
                "mean_gap_to_best_bound": group["gap_to_best_bound"].mean(),
                **{f"mean_{name}": group[name].mean() for name in OF_GAMES if name in group},
                "mean_seconds": group["seconds"].mean(),
                "share_optimal": group["optimal"].mean(),
                "share_claimed": group["claimed"].mean(),
                "share_verified": group["verified"].mean(),
                "share_overran": group["overran"].mean(),
                "difference": mean,
                "difference_low": low,
                "difference_high": high,
                "pairs": len(differences),
            }
        )
    with plain_texts():
        table = pd.DataFrame(rows).set_index("method")
    table.attrs["reference"] = reference
    return table


def _best(groups: dict[str, pd.DataFrame], sense: Sense) -> str | None:
    """The best mean value among the methods with values on most instances: solving only the easy ones is no merit."""
    counts = {label: int(group["value"].notna().sum()) for label, group in groups.items()}
    most = max(counts.values())
    if most == 0:
        return None
    means = {label: float(groups[label]["value"].mean()) for label in groups if counts[label] == most}
    better = max if sense == "max" else min
    return better(means, key=lambda label: means[label])
