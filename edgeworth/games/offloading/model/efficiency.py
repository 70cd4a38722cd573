"""How far equilibria are from the optimum, and what finding them costs in messages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.result import Result
from edgeworth.games.offloading.model.functions import choice_utilities, positions, provider_costs
from edgeworth.games.offloading.model.game import OffloadingGame
from edgeworth.games.offloading.model.profile import Profile

INTERACTION_SECONDS = 0.008
"""Mean delay of one interaction (ours: the paper's range is lost)."""

USER_WATTS, PROVIDER_WATTS = 0.3, 13.0
"""Mean transmit powers. Users: the middle of .1-.5 W. Providers: what Table V implies, ECoI / DoI = 12.8 to 13.3 W in all."""

_PER_PAIR = ("pg-brd", "round-robin", "max-gain", "log-linear")
_ONCE = ("random-feasible", "greedy-delay")
_PER_USER = ("exp3", "wolf-phc")


@dataclass(frozen=True)
class Efficiency:
    """Intervals (low, high) of ratios of welfare.

    Parameters
    ----------
    anarchy : tuple of two floats
        Optimal welfare over that of the worst of the equilibria given.
    stability : tuple of two floats
        Optimal welfare over that of the best of them.

    Notes
    -----
    Where the equilibria given are all of the game's, the intervals hold the price of anarchy and the price of stability. Where
    they are a sample, the price of anarchy is at least ``anarchy[0]``, the price of stability at most ``stability[1]``, and no
    more is known.
    """

    anarchy: tuple[float, float]
    stability: tuple[float, float]


def price_of_anarchy(game: OffloadingGame, equilibria: Iterable[Profile], optimum: Result[Profile]) -> Efficiency:
    """Enclose the prices of anarchy and stability by known equilibria and a bound on the optimal welfare.

    Parameters
    ----------
    game : OffloadingGame
    equilibria : iterable of Profile
        At least one. `verify` judges whether they are equilibria.
    optimum : Result
        A result of this game with a bound, as of the methods ``exact`` and ``lagrangian``; its solution, if any, and all
        equilibria bound the optimal welfare from below. `verify` judges whether the bound is proved.

    Returns
    -------
    Efficiency

    Raises
    ------
    ValueError
        Without equilibria or bound, where a welfare is certainly above the bound, and where the worst equilibrium's welfare is
        not certainly positive: ratios mean nothing then.

    Notes
    -----
    Welfares are intervals around what rounding leaves of them (`welfare_interval`), and the quotients go one float outward, so
    that the intervals hold the ratios of the exact welfares.

    References
    ----------
    Koutsoupias and Papadimitriou, Worst-case equilibria (1999). Anshelevich et al., The price of stability for network design
    with fair cost allocation (2004).
    """
    if not isinstance(optimum, Result) or optimum.problem_hash != game.hash:
        validation.reject_type("optimum", "must be a Result of this game", optimum)
    bound = optimum.bound
    if bound is None:
        validation.reject("optimum", "must have a value and a bound", optimum)
    welfare = [welfare_interval(game, profile) for profile in equilibria]
    if not welfare or min(low for low, _ in welfare) <= 0.0:
        validation.reject("equilibria", "must be at least one, all of positive welfare", welfare)
    lows = [low for low, _ in welfare]
    known = max([*lows, *([] if optimum.solution is None else [welfare_interval(game, optimum.solution)[0]])])
    if known > bound:
        validation.reject("optimum", f"must have a bound of at least every welfare known, {known!r}", bound)
    worst, best = min(welfare), max(welfare)

    def quotients(ends: tuple[float, float]) -> tuple[float, float]:
        low, high = ends
        return math.nextafter(known / high, 0.0), math.nextafter(bound / low, math.inf)

    return Efficiency(quotients((worst[0], min(high for _, high in welfare))), quotients((max(lows), best[1])))


def welfare_interval(game: OffloadingGame, profile: Profile) -> tuple[float, float]:
    """An interval that holds the exact welfare of the numbers of the game as they are stored, nothing rounded.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.

    Returns
    -------
    tuple of float
        The ends of the interval, rounded outward.

    Notes
    -----
    With c users at a provider, a load is off by c u (u = 2^-53), a delay by c + 4 u, lateness by c + 6 u of transfer + delay +
    tau, a utility by c + 10 u of |gain| + s (transfer + delay + tau); a provider's cost by c + 2 u. The last sum is correctly
    rounded. The same in units of 1.001 u covers terms of second order and the margin's own rounding.
    """
    choice = positions(game, profile)
    utility = choice_utilities(game, choice, payments=False)
    costs = provider_costs(game, profile)
    away = np.flatnonzero(choice >= 0)
    pair, k = choice[away], game.provider[choice[away]]
    count = np.bincount(k, minlength=game.providers).astype(np.float64)
    load = np.bincount(k, weights=game.weight[away], minlength=game.providers)
    s, delay = game.sensitivity[away], game.unit[away] * (load[k] / game.rate[k])
    size = np.abs(game.gain[pair]) + s * (game.transfer[pair] + delay + game.deadline[away])
    tiny = 2.0**-1070 * float((s * (1.0 + game.unit[away])).sum() + game.users + 1.0)
    off = 1.001 * 2.0**-53 * (math.fsum(((count[k] + 10.0) * size).tolist()) + math.fsum(((count + 2.0) * costs).tolist()))
    middle = math.fsum([*utility.tolist(), *(-costs).tolist()])
    return math.nextafter(middle - off - tiny, -math.inf), math.nextafter(middle + off + tiny, math.inf)


def interaction_overhead(game: OffloadingGame, result: Result[Profile]) -> dict[str, float]:
    """Count the messages between users and providers that a run takes as a protocol.

    Parameters
    ----------
    game : OffloadingGame
    result : Result
        Of a method that is a protocol among users.

    Returns
    -------
    dict
        ``interactions``; ``doi``, their delay in seconds, 8 ms each, added up as in the paper; ``ecoi``, their energy in
        joules, DoI x (.3 + 13) W.

    Raises
    ------
    ValueError
        For methods that are no protocol.

    Notes
    -----
    One interaction is one exchange of a user with a provider. Dynamics: every visit of a user asks every provider within reach
    (iterations x pairs; users that the implementation passes over count too). One-shot rules: once a pair. Learners: one a user
    and round.

    References
    ----------
    FUSION paper, section VI-A; its numbers are lost.
    """
    validation.choice("result", result.method, (*_PER_PAIR, *_ONCE, *_PER_USER, "all-local"))
    count = 0
    if result.method in _PER_PAIR:
        count = result.stats.iterations * game.pairs
    elif result.method in _ONCE:
        count = game.pairs
    elif result.method in _PER_USER:
        count = result.stats.iterations * game.users
    seconds = count * INTERACTION_SECONDS
    return {"interactions": float(count), "doi": seconds, "ecoi": seconds * (USER_WATTS + PROVIDER_WATTS)}
