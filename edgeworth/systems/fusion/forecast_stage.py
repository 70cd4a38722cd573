"""The forecasts of a run, and how much is bought on them: users of each server, from intensities before a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgeworth import forecasting
from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.forecasting import Corruption
from edgeworth.forecasting.methods import METHODS
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.world import World

KNOWING = ("intensity", "perfect")
FORECASTERS = (*(row.name for row in METHODS), *KNOWING)
"""The methods of `edgeworth.forecasting`; and, for comparison, the actual intensity of the round, and its actual users."""
Contract = Literal["point", "newsvendor"]
CONTRACTS: tuple[Contract, ...] = ("point", "newsvendor")
"""How much is contracted on a forecast: its mean, or the quantile that weighs shortage against waste."""
HISTORY, HORIZON = 48, 10
_QUANTILES = np.arange(0.05, 0.96, 0.05)
_KEPT = 4  # outlooks kept between runs: variants of a world share theirs


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is forecast for every round of a world.

    Attributes
    ----------
    intensity : float64 [rounds, S]
        Of each server in each round, by what was observed before it; >= 0.
    errors : float64 [n, S]
        Quantiles of observed less forecast intensity in the calibration, equally likely.
    """

    intensity: Floats
    errors: Floats


def outlook(world: World, forecaster: str, seed: int, corruption: Corruption | None = None) -> Outlook:
    """Fit a forecaster to the intervals before round 0 and forecast every round, one step ahead.

    Parameters
    ----------
    world : World
    forecaster : str
        A name of `FORECASTERS`.
    seed : int
        Of the run; networks and corruption depend on it.
    corruption : Corruption, optional
        Of what is observed before each round, in the unit range of the training part; fitting sees clean data.

    Returns
    -------
    Outlook

    Raises
    ------
    ValueError, TypeError
        For an unknown name, and for series that are too short or too long gaps.
    MissingExtraError
        Where the method needs an extra that is not installed.

    Notes
    -----
    Methods that take several series are one model of all servers, each scaled by its own training data; of the others each
    server has its own.
    """
    validation.choice("forecaster", forecaster, FORECASTERS)
    if forecaster in KNOWING:
        return Outlook(world.intensity[:, world.first :].T, np.zeros((1, world.servers)))
    key = (world.hash, forecaster, seed, corruption)
    for known, made in _RECENT:
        if known == key:
            return made
    made = _fitted(world, forecaster, seed, corruption)
    _RECENT.insert(0, (key, made))
    del _RECENT[_KEPT:]
    return made


_RECENT: list[tuple[tuple[str, str, int, Corruption | None], Outlook]] = []


def _fitted(world: World, name: str, seed: int, corruption: Corruption | None) -> Outlook:
    row = next(row for row in METHODS if row.name == name)
    past = list(world.intensity[:, : world.first])
    gaps = "keep" if corruption is not None and corruption.fill == "none" else "refuse"
    groups = [list(range(world.servers))] if "pooling" in row.takes else [[i] for i in range(world.servers)]
    mean, errors = np.zeros((world.rounds, world.servers)), np.zeros((len(_QUANTILES), world.servers))
    for servers in groups:
        series = [past[i] for i in servers] if len(servers) > 1 else past[servers[0]]
        model = forecasting.fit(name, series, history=HISTORY, horizon=HORIZON, seed=seed, gaps=gaps)
        for at, i in enumerate(servers):
            seen = _observed(world, i, seed, corruption)
            windows = np.lib.stride_tricks.sliding_window_view(seen, HISTORY)[world.first - HISTORY :][: world.rounds]
            mean[:, i] = model.forecasts(windows, series=at if len(servers) > 1 else None)[:, 0]
            errors[:, i] = np.quantile(model.errors_of(at)[:, 0], _QUANTILES)
    return Outlook(np.maximum(mean, 0.0), errors)


def _observed(world: World, server: int, seed: int, corruption: Corruption | None) -> Floats:
    """What is seen of a server's intensities, from HISTORY intervals before round 0 on; those before are not looked at."""
    series: Floats = world.intensity[server]
    if corruption is None:
        return series
    low, high = float(series[: world.first].min()), float(series[: world.first].max())
    width = high - low or 1.0
    seen = np.array(series)
    begin = world.first - HISTORY
    seen[begin:] = low + width * corruption.corrupt((series[begin:] - low) / width, seed=(seed, server))
    return seen


def forecast_users(world: World, drawn: Round, found: Outlook, forecaster: str) -> Floats:
    """Users that each server expects in a round.

    Parameters
    ----------
    world : World
    drawn : Round
    found : Outlook
        Of the forecaster.
    forecaster : str

    Returns
    -------
    ndarray
        float64 [S]: all users by the shares of the intensities forecast; of "perfect" the actual users.
    """
    if forecaster == "perfect":
        return drawn.actual.astype(np.float64)
    return world.expected(found.intensity[drawn.number])


def planned_users(world: World, users: Floats, found: Outlook, number: int, forecaster: str, contract: Contract) -> Floats:
    """Users of each server that contracts are made for.

    Parameters
    ----------
    world : World
    users : ndarray
        Forecast users of each server, float64 [S].
    found : Outlook
    number : int
        Of the round.
    forecaster : str
    contract : {"point", "newsvendor"}
        The forecast itself, or a quantile of the users.

    Returns
    -------
    ndarray
        float64 [S].

    Notes
    -----
    A task short costs its value v_i less the unit cost a, a task stranded costs a: with the mean of the unit costs for a, the
    quantity of greatest expected profit is the quantile at ``(v_i - a) / v_i`` of the overload (the newsvendor's). A server's
    intensity is the forecast plus an error of the calibration, and its users are binomial: each of all users is at home there
    with the server's share of the forecast total.

    References
    ----------
    Arrow, Harris and Marschak, Optimal inventory policy, Econometrica 19 (1951).
    """
    if contract == "point" or forecaster == "perfect" or not world.agents:
        return users
    from scipy.stats import binom

    level = np.clip(1.0 - float(world.unit_cost.mean()) / np.maximum(world.value, 1e-300), 0.0, 1.0)
    total = float(found.intensity[number].sum())
    intensity = np.maximum(found.intensity[number] + found.errors, 0.0)
    share = np.minimum(intensity / total, 1.0) if total > 0.0 else np.full(found.errors.shape, 1.0 / world.servers)
    low, high = np.full(world.servers, -1), np.full(world.servers, world.users)
    while (high - low > 1).any():  # the least number that suffices at the level is in (low, high]
        middle = np.where(high - low > 1, (low + high) // 2, high)
        enough = binom.cdf(middle[None, :], world.users, share).mean(axis=0) >= level
        low, high = np.where(enough | (middle == high), low, middle), np.where(enough, middle, high)
    return np.asarray(np.where(level > 0.0, high, 0), dtype=np.float64)


def wanted(world: World, planned: Floats) -> Ints:
    """The quantity that every server wants to buy: ``max(0, ceil(planned - own))``, at most what the largest fleet can serve.

    Parameters
    ----------
    world : World
    planned : ndarray
        Users of each server that contracts are made for, float64 [S].

    Returns
    -------
    ndarray
        int64 [S].
    """
    overload = np.maximum(np.ceil(planned - world.own - 1e-9), 0.0).astype(np.int64)
    return np.asarray(np.minimum(overload, int(world.capacity.max(initial=0))))
