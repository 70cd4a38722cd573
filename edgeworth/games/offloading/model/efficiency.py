"""How far equilibria are from the optimum, and what finding them costs in messages."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.result import Result, Termination
from edgeworth.games.offloading.model.functions import choice_utilities, positions, provider_costs
from edgeworth.games.offloading.model.game import OffloadingGame
from edgeworth.games.offloading.model.profile import Profile

INTERACTION_SECONDS = 0.008
"""Mean delay of one interaction, of which the paper's text lost the range: Table V has 14.40 s for FUSION_NoPG, where each of
1,800 users is assigned once."""

USER_WATTS, PROVIDER_WATTS = 0.3, 13.0
"""Mean transmit powers, of which the text lost the ranges. Users: the middle of .1-.5 W (ours). Both together: ECoI / DoI is
13.30 W in four rows of Table V (12.84 in FUSION's own, see `interaction_overhead`)."""

_BY_PASS = ("pg-brd", "round-robin", "log-linear")
_ONCE = ("random-feasible", "greedy-delay")
_AT_REST = (Termination.CONVERGED, Termination.STALLED)
_LEARNERS = ("exp3", "q-learning", "wolf-phc", "pga-app", "giga-wolf")


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
    """Count the interactions between users and providers that a run takes as a protocol, and what they cost.

    Parameters
    ----------
    game : OffloadingGame
    result : Result
        Of a method that is a protocol among users.

    Returns
    -------
    dict
        ``interactions``, a number of user-visits; ``doi``, their delay in seconds, 8 ms each, added up as in the paper;
        ``ecoi``, their energy in joules, DoI x (.3 + 13) W.

    Raises
    ------
    ValueError
        For methods that are no protocol, and for a result of another game.

    Notes
    -----
    One interaction is one visit of a user, however many providers it reaches:

    - ``random-feasible``, ``greedy-delay``: each user once; ``all-local``: none.
    - ``pg-brd``, ``round-robin``, ``log-linear``: each user once a pass (users that the implementation passes over count too,
      the last pass, in which nobody moves, as well).
    - ``max-gain``: each user once a move, since all are asked who gains most, and once more where nobody does at the end.
    - learners: each user once a round, also in rounds in which it computes locally.

    Passes and rounds count when they are complete. The starting profile of the dynamics is not counted: where users announce
    it, it is one visit a user more.

    That visits are counted, not pairs, is our reading of Table V: its DoI is 14.40 s = 1,800 x 8 ms for FUSION_NoPG, and then
    10.1, 6.5, 4.7 and 8.6 visits a user for FUSION, PurOnline, FUSION_Random and FUSION_NoST. Those are no whole numbers, as
    means over runs are not, and the row of FUSION_NoPG leaves no room for messages of the offline stage, which the text says
    are "amortised". The table
    contradicts itself in one place: ECoI / DoI is 13.30 W in four rows, up to their rounding, but 1865.80 / 145.32 = 12.84 W in
    FUSION's own, whose energy would be 1932.76 at 13.30 W. The table calls its energy W and the text W ms; joules are ours.

    References
    ----------
    FUSION paper, section VI-A2 (its ranges of delay and power are lost) and Table V.
    """
    if result.problem_hash != game.hash:
        validation.reject("result", f"must be a result of this game ({game.hash})", result.problem_hash)
    validation.choice("result", result.method, (*_BY_PASS, "max-gain", *_ONCE, *_LEARNERS, "all-local"))
    rounds = 0 if result.method == "all-local" else result.stats.iterations
    if result.method == "max-gain" and result.certificate is None and result.termination in _AT_REST:
        rounds += 1
    count = rounds * game.users
    seconds = count * INTERACTION_SECONDS
    return {"interactions": float(count), "doi": seconds, "ecoi": seconds * (USER_WATTS + PROVIDER_WATTS)}
