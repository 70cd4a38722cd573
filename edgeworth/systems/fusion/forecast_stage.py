"""The forecast of a round, and how much is bought on it: users of each server, from intensities before it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.world import World

FORECASTERS = ("persistence", "intensity", "perfect")
"""The intensity of the interval before; the actual intensity of the round; the actual users."""
Contract = Literal["point", "newsvendor"]
CONTRACTS: tuple[Contract, ...] = ("point", "newsvendor")


def forecast_users(world: World, drawn: Round, forecaster: str) -> Floats:
    """Users that each server expects in a round.

    Parameters
    ----------
    world : World
    drawn : Round
    forecaster : str
        A name of `FORECASTERS`.

    Returns
    -------
    ndarray
        float64 [S].

    Raises
    ------
    ValueError, TypeError
        For an unknown name.
    """
    validation.choice("forecaster", forecaster, FORECASTERS)
    if forecaster == "perfect":
        return drawn.actual.astype(np.float64)
    now = world.first + drawn.number
    return world.expected(world.intensity[:, now if forecaster == "intensity" else now - 1])


def wanted(world: World, users: Floats, contract: Contract = "point") -> Ints:
    """The quantity that every server wants to buy, at most what the largest fleet can serve.

    Parameters
    ----------
    world : World
    users : ndarray
        Forecast users of each server, float64 [S].
    contract : {"point", "newsvendor"}
        From the forecast itself, ``max(0, ceil(users - own))``; or from a quantile of the users.

    Returns
    -------
    ndarray
        int64 [S].

    Notes
    -----
    A task short costs its value v_i less the unit cost a, a task stranded costs a: with the mean of the unit costs for a, the
    quantity of greatest expected profit is the quantile at ``(v_i - a) / v_i`` of the overload (the newsvendor's). Users of a
    server are binomial around the forecast: each of all users is at home there with the forecast share.

    References
    ----------
    Arrow, Harris and Marschak, Optimal inventory policy, Econometrica 19 (1951).
    """
    validation.choice("contract", contract, CONTRACTS)
    most = int(world.capacity.max(initial=0))
    if contract == "newsvendor" and world.agents and world.users:
        from scipy.stats import binom

        level = np.clip(1.0 - float(world.unit_cost.mean()) / np.maximum(world.value, 1e-12), 0.0, 1.0)
        share = np.clip(users / world.users, 0.0, 1.0)
        users = np.where(level > 0.0, binom.ppf(level, world.users, share), 0.0)
    overload = np.maximum(np.ceil(users - world.own - 1e-9), 0.0).astype(np.int64)
    return np.asarray(np.minimum(overload, most))
