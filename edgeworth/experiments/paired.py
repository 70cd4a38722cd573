"""Methods two by two: Wilcoxon's signed-rank test over instances, Holm's correction, medians with intervals."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd

from edgeworth.experiments.cases import Cases, Floats
from edgeworth.experiments.ranking import differences, enough, scores
from edgeworth.experiments.statistics import LEVEL

_EXACT = 50  # pairs up to which sign patterns are counted; their number, 2^50, is still an exact float


def pairs(cases: Cases) -> pd.DataFrame:
    """Every pair of methods: Wilcoxon's signed-rank test over instances, corrected by Holm's method, and the median difference.

    Parameters
    ----------
    cases : Cases
        The runs, of instances on which every method ran.

    Returns
    -------
    pandas.DataFrame
        One row a pair, in the order of the table: ``method``, ``other``, ``instances``; on how many the first is ``better``,
        ``equal``, ``worse``; ``median_difference`` (positive: the first is better) and its 95% interval ``difference_low``,
        ``difference_high``; ``p`` of the test, and ``p_holm`` adjusted for all pairs of the table.

    Raises
    ------
    ValueError
        For fewer than two methods that give values, or fewer than six instances on which all ran.

    Notes
    -----
    Of every instance the two mean verified values over seeds enter as (a - b) / max(|a|, |b|), oriented so that better is
    positive, without the constant part of the problem's values: instances of different sizes can be ranked together.
    A difference below the tolerance of the checks is 0, and so it is where both have a seed without a verified value; where one
    has, it is infinite, the largest of all. The ranks of zeros are split evenly (Demsar 2006). Up to 50 instances
    the p value counts all 2^n patterns of signs given the ranks, so it is exact with ties too. The interval of the
    median lies between two order statistics (sign test) and may be infinite.

    References
    ----------
    Wilcoxon, F. (1945), Individual comparisons by ranking methods, Biometrics Bulletin 1, 80-83.
    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65-70.
    Demsar, J. (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7, 1-30.
    """
    enough(cases, 2)
    table, offsets = scores(cases)
    rows = []
    for a, b in combinations(range(len(cases.labels)), 2):
        found = differences(table[:, a], table[:, b], offsets)
        low, high = median_interval(found)
        rows.append(
            {
                "method": cases.labels[a],
                "other": cases.labels[b],
                "instances": len(found),
                "better": int((found > 0.0).sum()),
                "equal": int((found == 0.0).sum()),
                "worse": int((found < 0.0).sum()),
                "median_difference": _median(found),
                "difference_low": low,
                "difference_high": high,
                "p": signed_rank(found),
            }
        )
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=holm(frame["p"].to_numpy(dtype=np.float64)))


def signed_rank(found: Floats) -> float:
    """Two-sided p value of Wilcoxon's signed-rank test that differences are symmetric about 0.

    Parameters
    ----------
    found : ndarray
        float64 [n]; infinite ones, all alike, are the largest; the ranks of zeros are split evenly between the signs.

    Returns
    -------
    float
        Up to 50 differences by counting all sign patterns, ties and zeros included; beyond by the normal approximation.
    """
    from scipy.stats import rankdata, wilcoxon

    sizes = np.abs(found)
    if not sizes.any():
        return 1.0
    finite = sizes[np.isfinite(sizes)]
    places = rankdata(np.where(np.isinf(sizes), 1.0 + 2.0 * finite.max(initial=0.0), sizes))
    if len(found) > _EXACT:
        return float(wilcoxon(np.sign(found) * places, zero_method="zsplit", correction=True).pvalue)
    doubled = np.rint(2.0 * places).astype(np.int64)  # halves of ranks come from ties
    total = int(doubled[found != 0.0].sum())
    counts = np.zeros(total + 1)  # over the patterns of signs: how often the positive ranks sum to this
    counts[0] = 1.0
    for place in doubled[found != 0.0]:
        counts[place:] += counts[:-place].copy()
    positive = int(doubled[found > 0.0].sum())
    return min(1.0, 2.0 * float(counts[: min(positive, total - positive) + 1].sum() / counts.sum()))


def holm(p: Floats) -> Floats:
    """Holm's step-down adjustment: no more than alpha of the families of tests reject a true hypothesis.

    Parameters
    ----------
    p : ndarray
        p values, float64 [m].

    Returns
    -------
    ndarray
        Adjusted p values in the same order, at most 1.

    References
    ----------
    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def median_interval(found: Floats) -> tuple[float, float]:
    """The interval of a median between two order statistics, without an assumption on the distribution.

    Parameters
    ----------
    found : ndarray
        float64 [n], infinities included.

    Returns
    -------
    tuple of float
        The narrowest symmetric pair that covers the median with at least `LEVEL`; NaN below six numbers, where none does.
    """
    from scipy.stats import binom

    n = len(found)
    rank = int(binom.ppf((1.0 - LEVEL) / 2.0, n, 0.5))
    if rank == 0:
        return math.nan, math.nan
    ordered = np.sort(found)
    return float(ordered[rank - 1]), float(ordered[n - rank])


def _median(found: Floats) -> float:
    """The median; where the two in the middle are opposite infinities, 0."""
    ordered = np.sort(found)
    low, high = float(ordered[(len(found) - 1) // 2]), float(ordered[len(found) // 2])
    return low if low == high else 0.0 if math.isinf(low) and math.isinf(high) else (low + high) / 2.0
