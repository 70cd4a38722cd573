"""The mining race behind the effective reward, under both readings of the paper's winning probability."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.trading.model import Equilibrium, TradingGame, mining_of

if TYPE_CHECKING:
    import pandas as pd

READINGS = ("any block", "others' blocks")


def mining_race(
    game: TradingGame, profile: Equilibrium, *, races: int = 100_000, confidence: float = 0.95, seed: Seed = None
) -> pd.DataFrame:
    """Simulate who finds a block first and whether it survives its propagation.

    Parameters
    ----------
    game : TradingGame
        The game, for its mining constants.
    profile : Equilibrium
        The consumers' demands, which make their shares of the mining power.
    races : int
        Simulated races a reading, at least 1.
    confidence : float
        Of the Wilson intervals, in (0, 1).
    seed : int, SeedSequence or Generator, optional
        Of the simulation.

    Returns
    -------
    pandas.DataFrame
        A row a consumer and reading: share alpha_i; model, the probability that its block is the first and survives; simulated
        with the Wilson interval low..high; race, the probability of winning when a lost race is run again, rho_i / sum_j rho_j;
        and race_simulated.

    Raises
    ------
    ValueError
        Where nobody mines.

    Notes
    -----
    Blocks are found at rate eps in all, by consumer i with its share alpha_i = x_i / X of the power. A block of i takes
    T_i = tau delta_i B to reach everybody. Reading "any block": it is lost when any block is found meanwhile, which has
    probability 1 - exp(-eps T_i); this gives the paper's rho_i = alpha_i exp(-eps T_i). Reading "others' blocks": only blocks
    of others compete with it, so it survives with probability exp(-(1 - alpha_i) eps T_i), more than the paper says. The
    paper's probabilities sum to less than 1; the rest of the reward goes to nobody.

    References
    ----------
    AI-Bazaar paper, equations (1)-(3).
    """
    import pandas as pd
    from scipy.stats import norm

    count = validation.integer("races", races, minimum=1)
    level = validation.real("confidence", confidence, minimum=0.0, maximum=1.0, open_minimum=True)
    if level >= 1.0:
        validation.reject("confidence", "must be below 1", confidence)
    power = mining_of(game, profile)
    if not (power.sum() > 0.0 and power.min() >= 0.0):
        validation.reject("profile", "must hold a consumer that mines, and nobody with less than 0", profile)
    rng = generator(seed)[0]
    share = power / power.sum()
    delay = game.propagation_factor * game.evaluation_metric * game.block_size
    quantile = float(norm.ppf(0.5 + 0.5 * level))
    rows = []
    for reading in READINGS:
        rivals = np.ones(len(share)) if reading == "any block" else 1.0 - share
        model = share * np.exp(-game.puzzle_constant * rivals * delay)
        first = rng.choice(len(share), size=count, p=share)
        gap = rng.exponential(size=count)  # times eps x the rivals' share: until the next block of theirs
        survives = gap > game.puzzle_constant * rivals[first] * delay[first]
        wins = np.bincount(first[survives], minlength=len(share))
        for i in range(len(share)):
            low, high = wilson(int(wins[i]), count, quantile)
            again = float(wins[i]) / max(int(wins.sum()), 1)
            rows.append(
                (i, reading, share[i], model[i], wins[i] / count, low, high, model[i] / model.sum(), again)
            )  # fmt: skip
    columns = ["consumer", "reading", "share", "model", "simulated", "low", "high", "race", "race_simulated"]
    return pd.DataFrame(rows, columns=columns)


def wilson(hits: int, trials: int, quantile: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion.

    Parameters
    ----------
    hits, trials : int
        Successes among so many trials, trials at least 1.
    quantile : float
        The standard normal quantile of the confidence, 1.96 for 95%.

    Returns
    -------
    tuple of float
        The ends of the interval, in [0, 1].

    Examples
    --------
    >>> [round(end, 4) for end in wilson(5, 10, 1.96)]
    [0.2366, 0.7634]
    """
    rate, squared = hits / trials, quantile * quantile
    centre = (rate + squared / (2 * trials)) / (1 + squared / trials)
    half = quantile * math.sqrt(rate * (1 - rate) / trials + squared / (4 * trials * trials)) / (1 + squared / trials)
    return max(centre - half, 0.0), min(centre + half, 1.0)
