"""The two candidates for a potential: the paper's, and the weighted one that holds."""

from __future__ import annotations

import numpy as np

from edgeworth.games.offloading.model.functions import loads, positions, provider_costs
from edgeworth.games.offloading.model.game import Floats, OffloadingGame, Which
from edgeworth.games.offloading.model.profile import Profile


def paper_potential(game: OffloadingGame, profile: Profile) -> float:
    """Phi(a) = sum_i base_{i,a_i} - sum_k Lambda_k^2 / (2 F_k) - sum_k c_k(L_k): equation (21), payments left out.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.

    Returns
    -------
    float

    Notes
    -----
    ``base`` is that of the linearised regime in every regime, as in the paper; local execution counts with its utility.
    The claim (Theorem 1) is that every strictly improving move raises it. It does not hold: in games of the preset ``random``
    with 4 users and 3 providers 16-18% of those moves do not raise it, with identical users and no prices some 6% at 5 users
    and .5% at 60 (`edgeworth.games.offloading.claims` computes them); `verify_potential` shows a counterexample.

    References
    ----------
    FUSION paper, equation (21) and Theorem 1.
    """
    worth = _chosen(game, profile, game.base)
    congestion = loads(game, profile) ** 2 / (2.0 * game.rate)
    return float(worth.sum() - congestion.sum() - provider_costs(game, profile).sum())


def weighted_potential(game: OffloadingGame, profile: Profile) -> float:
    """Psi(a) = sum_i (w_i / gamma_i) net_{i,a_i} - sum_k (Lambda_k^2 + sum_{j at k} w_j^2) / (2 F_k), net = base - price.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.

    Returns
    -------
    float

    Notes
    -----
    For every unilateral move of a user with gamma_i > 0, (w_i / gamma_i) du_i = dPsi: an exact weighted potential of the
    linearised regime. Users with gamma_i = 0 do not mind congestion: they are left out of the first sum, and the pair (sum of
    their utilities, Psi) rises lexicographically. The providers' cost does not enter: no user pays it.

    References
    ----------
    Monderer and Shapley, Potential games, Games Econ. Behav. 14 (1996).
    """
    counted = game.gamma > 0.0
    scale = np.divide(game.weight, game.gamma, out=np.zeros(game.users), where=counted)
    worth = scale * _chosen(game, profile, game.base - game.price)
    away = np.flatnonzero(profile.provider >= 0)
    own = np.bincount(profile.provider[away], weights=game.weight[away] ** 2, minlength=game.providers)
    congestion = (loads(game, profile) ** 2 + own) / (2.0 * game.rate)
    return float(worth.sum() - congestion.sum())


def potential(game: OffloadingGame, profile: Profile, which: Which) -> float:
    """`paper_potential` or `weighted_potential`.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.
    which : {"paper", "weighted"}
        Which of the two.

    Returns
    -------
    float
    """
    return paper_potential(game, profile) if which == "paper" else weighted_potential(game, profile)


def _chosen(game: OffloadingGame, profile: Profile, amounts: Floats) -> Floats:
    """The amount of every user's pair, its local utility where it computes locally."""
    choice = positions(game, profile)
    if np.any(choice == -2):
        i = int(np.argmax(choice == -2))
        raise ValueError(f"profile: must keep every user within reach; got provider {profile.provider[i]} for user {i}")
    result = game.local_utility.copy()
    away = choice >= 0
    result[away] = amounts[choice[away]]
    return result
