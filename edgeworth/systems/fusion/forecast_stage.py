"""The forecast of a round: users of each server, from intensities before it."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.systems.fusion.rounds import Round
from edgeworth.systems.fusion.world import World

FORECASTERS = ("persistence", "intensity", "perfect")
"""The intensity of the interval before; the actual intensity of the round; the actual users."""
CONTRACTS = ("point", "newsvendor")


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
