"""Logit quantal response: how far a profile is from one."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.games.normal_form.model.functions import deviation_payoffs
from edgeworth.games.normal_form.model.problem import NormalFormGame
from edgeworth.games.normal_form.model.profiles import ProfileLike, feasible


def quantal_residual(game: NormalFormGame, profile: ProfileLike, rationality: float) -> float:
    """How far a profile is from the players' logit responses to each other.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    profile : Profile or sequence
        A mixed profile; see `payoffs`.
    rationality : float
        lambda >= 0, per unit of payoff.

    Returns
    -------
    float
        The largest |pi_i(a) - exp(lambda u_i(a)) / sum_k exp(lambda u_i(k))| over players and strategies, u_i(a) what a earns
        against the others' mixtures; 0 at a logit equilibrium.

    Notes
    -----
    Rounding of the probabilities moves lambda u_i(a) by up to some 1e-16 lambda times what the player has at stake: less than
    that is no evidence against a profile, and for very large lambda nothing is.
    """
    scale = validation.real("rationality", rationality, minimum=0.0)
    mixed, worst = feasible(game, profile), 0.0
    for i in range(len(game.shape)):
        earned = deviation_payoffs(game, mixed, i)
        with np.errstate(under="ignore", over="ignore"):
            weights = np.exp(scale * (earned - earned.max()))
        worst = max(worst, float(np.abs(mixed[i] - weights / weights.sum()).max()))
    return worst
