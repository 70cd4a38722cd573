"""How far equilibria are from the optimum, and what finding them costs in messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edgeworth.core import validation
from edgeworth.core.result import Result
from edgeworth.games.offloading.model.functions import value
from edgeworth.games.offloading.model.game import OffloadingGame, Profile

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

    anarchy: optimum over the worst of the equilibria given. stability: optimum over the best of them. Where these are
    all equilibria of the game, the intervals hold the price of anarchy and the price of stability; where they are a sample,
    the price of anarchy is at least ``anarchy[0]``, the price of stability at most ``stability[1]``, and no more is known.
    """

    anarchy: tuple[float, float]
    stability: tuple[float, float]


def price_of_anarchy(game: OffloadingGame, equilibria: Iterable[Profile], optimum: Result[Profile]) -> Efficiency:
    """The intervals that known equilibria and bounds on the optimal welfare give.

    optimum: a result of this game with a value (the optimal welfare is at least that, and at least that of any equilibrium) and
    a bound (at most that), as of "exact" or "lagrangian". Whether the profiles are equilibria is for `verify` to say. Raises
    ValueError without equilibria, value or bound, and where the worst equilibrium's welfare is not positive: ratios mean
    nothing then.
    """
    if not isinstance(optimum, Result) or optimum.problem_hash != game.hash:
        validation.reject_type("optimum", "must be a Result of this game", optimum)
    if optimum.value is None or optimum.bound is None:
        validation.reject("optimum", "must have a value and a bound", optimum)
    welfare = [value(game, profile) for profile in equilibria]
    if not welfare or min(welfare) <= 0.0:
        validation.reject("equilibria", "must be at least one, all of positive welfare", welfare)
    known, bound = max(optimum.value, *welfare), max(optimum.bound, *welfare)
    worst, best = min(welfare), max(welfare)
    return Efficiency((known / worst, bound / worst), (known / best, bound / best))


def interaction_overhead(game: OffloadingGame, result: Result[Any]) -> dict[str, float]:
    """Messages between users and providers that a run takes as a protocol: ``interactions``, ``doi`` (s), ``ecoi`` (joules).

    One interaction is one exchange of a user with a provider. Dynamics: every visit of a user asks every provider within reach
    (iterations x pairs; users that the implementation passes over count too). One-shot rules: once a pair. Learners: one
    a user and round. DoI = interactions x 8 ms (delays are added up, as in the paper), ECoI = DoI x (.3 + 13) W.
    Raises ValueError for methods that are no protocol among users. Source: FUSION paper, section VI-A; its numbers are lost.
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
