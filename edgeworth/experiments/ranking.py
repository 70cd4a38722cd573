"""Many methods at once: mean ranks over instances, Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

import math
from string import ascii_letters

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.numeric import OPTIMALITY_TOL
from edgeworth.experiments.cases import Cases, Floats

ALPHA = 0.05
INSTANCES = 6
"""Fewest instances: of five or fewer, no paired test finds a two-sided p value below .05, however they come out."""


def scores(cases: Cases) -> tuple[Floats, NDArray[np.float64]]:
    """The mean verified value of every method on every instance, oriented so that larger is better.

    Parameters
    ----------
    cases : Cases
        The runs.

    Returns
    -------
    scores : ndarray
        float64 [instances, methods]; -inf where a seed of the method left no verified value: the mean over the others would
        reward it for failing where the draw was bad.
    offsets : ndarray
        float64 [instances], oriented alike.
    """
    sign = 1.0 if cases.sense == "max" else -1.0
    values = cases.runs.groupby(["problem_hash", "method"], sort=False)["value"]
    means = values.mean().where(values.count() == values.size())
    table = sign * means.unstack("method")[list(cases.labels)]
    offsets = sign * cases.runs.groupby("problem_hash", sort=False)["offset"].first().reindex(table.index)
    return table.fillna(-math.inf).to_numpy(dtype=np.float64), offsets.to_numpy(dtype=np.float64)


def differences(one: Floats, other: Floats, offsets: Floats) -> Floats:
    """How much better one is, relative to the larger of both: (a - b) / max(|a|, |b|), offsets left out.

    Parameters
    ----------
    one, other, offsets : ndarray
        Scores and offsets of the same instances, as `scores` gives them.

    Returns
    -------
    ndarray
        Between -2 and 2; 0 where both are equal up to the tolerance of the checks, or both failed; infinite where one did.
    """
    out = np.zeros(len(one))
    for k, (a, b, offset) in enumerate(zip(one, other, offsets, strict=True)):
        if a == b:
            continue
        if math.isinf(a) or math.isinf(b):
            out[k] = math.inf if b < a else -math.inf
            continue
        relative = (a - b) / max(abs(a - offset), abs(b - offset))
        out[k] = relative if abs(relative) > OPTIMALITY_TOL else 0.0
    return out


def ranks(table: Floats, offsets: Floats) -> Floats:
    """Rank 1 is the best; equal methods share the mean of their ranks.

    Parameters
    ----------
    table : ndarray
        Scores, float64 [instances, methods].
    offsets : ndarray
        float64 [instances].

    Returns
    -------
    ndarray
        float64 [instances, methods]; every row sums to k (k + 1) / 2.
    """
    from scipy.stats import rankdata

    places = np.empty_like(table)
    for row, (line, offset) in enumerate(zip(table, offsets, strict=True)):
        order = np.argsort(-line, kind="stable")
        ordered = line[order]
        behind = differences(ordered[:-1], ordered[1:], np.full(len(line) - 1, offset)) != 0.0
        places[row, order] = rankdata(np.concatenate([[0], np.cumsum(behind)]))
    return places


def critical_difference(methods: int, instances: int, alpha: float = ALPHA) -> float:
    """Nemenyi's critical difference of two mean ranks, q sqrt(k (k + 1) / (6 N)).

    Parameters
    ----------
    methods, instances : int
        k >= 2 and N >= 1.
    alpha : float
        Level of all comparisons together, in (0, 1).

    Returns
    -------
    float
        q is the upper alpha point of the studentised range of k means with infinite degrees of freedom, over the square root
        of 2.

    References
    ----------
    Nemenyi, P. B. (1963), Distribution-free multiple comparisons, PhD thesis, Princeton.
    Demsar, J. (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7, 1-30, section 3.2.2.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    k = validation.integer("methods", methods, minimum=2)
    n = validation.integer("instances", instances, minimum=1)
    q = float(studentized_range.ppf(1.0 - _level(alpha), k, math.inf)) / math.sqrt(2.0)
    return q * math.sqrt(k * (k + 1) / (6.0 * n))


def mean_ranks(cases: Cases, alpha: float = ALPHA) -> pd.DataFrame:
    """Mean ranks of the methods over instances, with Friedman's test and Nemenyi's critical difference.

    Parameters
    ----------
    cases : Cases
        The runs, of instances on which every method ran.
    alpha : float
        Level of the critical difference, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Indexed by method, the best mean rank first: ``mean_rank``; ``best``, the share of instances on which no other is
        better; ``unsolved``, the share on which a seed left no verified value; ``group``: methods that share a letter differ
        by less than the critical difference. The same in every row: ``instances``, ``critical_difference``, ``friedman``
        (chi-square with k - 1 degrees of freedom, corrected for ties) and its p value, ``iman_davenport`` (F with k - 1 and
        (k - 1)(N - 1) degrees of freedom, less conservative) and its p value.

    Raises
    ------
    ValueError
        For fewer than three methods that give values, or fewer than six instances on which all ran.

    Notes
    -----
    On every instance the methods are ranked by the mean of their verified values over seeds; values that are equal up to the
    tolerance of the checks share their mean rank. A method with a seed that left no verified value is ranked last there,
    together with all such. Two methods differ significantly when their mean ranks differ by the critical difference or more;
    look at that only where Friedman's test rejects. Both rest on approximations that are good for more than 10 instances
    and 5 methods, and on instances drawn independently; for a set of files they are descriptive. Nemenyi's differences depend
    on which other methods are ranked (Benavoli, Corani and Mangili 2016); the tests of `paired.pairs` do not.

    References
    ----------
    Friedman, M. (1940), A comparison of alternative tests of significance for the problem of m rankings, Annals of
    Mathematical Statistics 11, 86-92.
    Iman, R. L. and Davenport, J. M. (1980), Approximations of the critical region of the Friedman statistic, Communications
    in Statistics 9, 571-595.
    Demsar, J. (2006), Statistical comparisons of classifiers over multiple data sets, JMLR 7, 1-30.
    Benavoli, A., Corani, G. and Mangili, F. (2016), Should we really use post-hoc tests based on mean-ranks?, JMLR 17, 1-10.
    """
    from scipy.stats import f, friedmanchisquare

    k, n = enough(cases, 3)
    table, offsets = scores(cases)
    places = ranks(table, offsets)
    if bool((places == places[0, 0]).all()):  # nobody differs anywhere, which the formulas divide by
        statistic, p = 0.0, 1.0
    else:
        statistic, p = map(float, friedmanchisquare(*places.T))
    # Iman and Davenport's correction: Friedman's chi-square is too conservative.
    left = n * (k - 1) - statistic
    ratio = (n - 1) * statistic / left if left > 1e-9 * n else math.inf
    means = places.mean(axis=0)
    frame = pd.DataFrame(
        {
            "method": list(cases.labels),
            "mean_rank": means,
            "best": (places == places.min(axis=1, keepdims=True)).mean(axis=0),
            "unsolved": np.isinf(table).mean(axis=0),
        }
    )
    frame = frame.sort_values("mean_rank", kind="stable").set_index("method")
    critical = critical_difference(k, n, alpha)
    spans = groups(frame["mean_rank"].to_numpy(dtype=np.float64), critical)
    letters = ["".join(_letter(j) for j, span in enumerate(spans) if row in range(*span)) for row in range(k)]
    frame = frame.assign(
        group=letters,
        instances=n,
        critical_difference=critical,
        friedman=statistic,
        friedman_p=p,
        iman_davenport=ratio,
        iman_davenport_p=float(f.sf(ratio, k - 1, (k - 1) * (n - 1))),
    )
    frame.attrs["alpha"] = alpha
    return frame


def groups(means: Floats, critical: float) -> list[tuple[int, int]]:
    """The largest groups of methods of which no two differ by more than the critical difference.

    Parameters
    ----------
    means : ndarray
        Mean ranks, ascending.
    critical : float
        The critical difference.

    Returns
    -------
    list of (int, int)
        Of every group the position of its first method and that after its last; none lies within another.
    """
    found: list[tuple[int, int]] = []
    for first, mean in enumerate(means):
        # As in Nemenyi's test, a difference of exactly the critical one is significant.
        end = first + int(np.sum(means[first:] - mean < critical))
        if not found or end > found[-1][1]:
            found.append((first, end))
    return found


def enough(cases: Cases, least: int) -> tuple[int, int]:
    """How many methods and instances there are; refused below `least` and `INSTANCES`."""
    if len(cases.labels) < least:
        validation.reject("methods", f"must be at least {least} that give values", len(cases.labels))
    if cases.instances < INSTANCES:
        validation.reject("instances", f"must be at least {INSTANCES} on which every method ran", cases.instances)
    return len(cases.labels), cases.instances


def _letter(position: int) -> str:
    return ascii_letters[position] if position < len(ascii_letters) else chr(0x100 + position)


def _level(alpha: object) -> float:
    level = validation.real("alpha", alpha, minimum=0.0, maximum=1.0)
    if not 0.0 < level < 1.0:
        validation.reject("alpha", "must be between 0 and 1", alpha)
    return level
