"""Intervals by Student's t, for evidence: of a sample, and over policies and episodes at once."""

from __future__ import annotations

import math

from edgeworth.core.arrays import Floats


def interval(sample: Floats) -> tuple[float, float, float]:
    """The mean and its 95% interval by Student's t; the mean alone, three times, for a sample of one.

    Parameters
    ----------
    sample : float64 [n]

    Examples
    --------
    >>> import numpy as np
    >>> [round(number, 4) for number in interval(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.4841, 4.4841]
    """
    from scipy.stats import t

    n, mean = len(sample), float(sample.mean())
    if n < 2:
        return mean, mean, mean
    half = float(t.ppf(0.975, n - 1)) * float(sample.std(ddof=1)) / math.sqrt(n)
    return mean, mean - half, mean + half


def crossed(sample: Floats) -> tuple[float, float, float]:
    """The mean of a table [seeds, episodes] and its 95% interval over both at once.

    Parameters
    ----------
    sample : float64 [seeds, episodes]

    Notes
    -----
    The variances of the mean over seeds and of the mean over episodes are added, which is on the safe side, with the degrees of
    freedom of the smaller number. Of one seed: the interval over episodes alone.
    """
    from scipy.stats import t

    seeds, episodes = sample.shape
    if seeds == 1:
        return interval(sample[0])
    variance = float(sample.mean(axis=1).var(ddof=1)) / seeds + float(sample.mean(axis=0).var(ddof=1)) / episodes
    mean, half = float(sample.mean()), float(t.ppf(0.975, min(seeds, episodes) - 1)) * math.sqrt(variance)
    return mean, mean - half, mean + half
