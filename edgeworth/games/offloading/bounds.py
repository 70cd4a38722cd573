"""Upper bounds on the welfare by Lagrangian relaxation, recomputable from prices and slices."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from edgeworth.core import validation
from edgeworth.core.aside import aside
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.welfare import LocalSearch, Search
from edgeworth.games.offloading.heuristic.worth import leaves, welfare_worth
from edgeworth.games.offloading.kernels import partition
from edgeworth.games.offloading.model import SLICES, OffloadingGame, Profile, profile_of, slice_bound, value
from edgeworth.games.offloading.model.game import Floats

_SEARCHING = 0.3  # of the time there is, for the local search
_WORK = 4e8  # visits of pairs that the default number of steps makes, slices and bisections apart


@dataclass(frozen=True)
class Lagrangian:
    """Parameters of `lagrangian_relaxation`.

    Parameters
    ----------
    slices : int, >= 1
        Slices of every provider's load during the steps; the final bound takes four times as many.
    steps : int, >= 0, or None
        Steps of the subgradient method; None: as many as fit into about a minute, 5 to 400.
    rounds : int, >= 1, or None
        Descents of the local search, as of `LocalSearch`.
    """

    slices: int = 24
    steps: int | None = None
    rounds: int | None = None

    def __post_init__(self) -> None:
        validation.integer("slices", self.slices, minimum=1)
        if self.steps is not None:
            validation.integer("steps", self.steps, minimum=0)
        LocalSearch(self.rounds)


def lagrangian_relaxation(game: OffloadingGame, params: Lagrangian, run: Run[Profile]) -> Found[Profile]:
    """An upper bound on the welfare of all profiles by Lagrangian relaxation, with a profile by local search.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : Lagrangian
        Slices of the loads, steps of the subgradient method and rounds of the local search.
    run : Run
        Clock, stop rules and random generator of the run; its ``start``, if any, begins the local search.

    Returns
    -------
    Found
        A feasible profile and a bound recomputed from the certificate "prices-and-slices". A run that the clock ends before the
        first bound has none. ``iterations`` counts passes of the search and steps.

    Notes
    -----
    The rows "user i at one provider" are relaxed with multipliers pi_i >= 0, which leaves one problem for every provider: the
    set of users whose worth less their multipliers is largest. Its maximum is bounded over slices of the load; a subgradient
    method with Polyak's step length, started at the users' marginal contributions in the local search's profile, lowers the
    bound. Any multipliers and slices give a valid bound, so the checker needs nothing else.

    The gap between value and bound does not prove a bad profile: part of it is the relaxation's. With the welfare of the worst
    and the best equilibrium the bound makes intervals of the prices of anarchy and stability (`price_of_anarchy`).

    References
    ----------
    Held and Karp, The traveling-salesman problem and minimum spanning trees: part II, Math. Prog. 1 (1971). Polyak,
    Minimization of unsmooth functionals, USSR Comp. Math. 9 (1969).
    """
    search = Search(game, welfare_worth(game), run)
    rounds = params.rounds or LocalSearch().rounds or max(2, min(200, 20_000_000 // max(10 * game.pairs, 1)))
    until = run.elapsed + _SEARCHING * run.remaining
    ending = search.descend()
    for _ in range(rounds - 1):
        if ending is not None or run.elapsed > until:
            break
        search.perturb(LocalSearch().perturbation)
        ending = search.descend()
    profile = profile_of(game, search.best)
    if run.start is not None and value(game, profile) < value(game, run.start):
        profile = run.start
    welfare = value(game, profile)
    if ending is not None:
        return Found(profile, ending, iterations=search.passes, notes=("stopped before there was a bound",))
    search.split.reset(search.best)
    run.incumbent = profile
    price = np.empty(game.users)
    partition.marginals(search.worth, search.split.state, price)
    base = math.fsum(game.local_utility.tolist())
    steps = params.steps
    if steps is None:
        steps = int(max(5, min(400, _WORK / max(game.pairs * params.slices * 10, 1))))

    def tick(step: int, bound: float | None) -> Termination | None:
        return run.tick(search.passes + step, welfare, bound)

    descent = Prices(search.worth, price, base, welfare, params.slices, run)
    ending = descent.descend(steps, tick)
    if math.isinf(descent.least):
        return Found(profile, ending or Termination.TIME, iterations=search.passes, notes=("stopped before there was a bound",))
    certificate, bound = aside(run, partial(certified, game, search.worth, descent.price, 4 * params.slices))
    proved = closes(welfare, bound, game.sense, game.integral)
    return Found(
        profile,
        Termination.PROVED if proved else ending or Termination.CONVERGED,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate,
        iterations=search.passes + descent.steps,
    )


class Prices:
    """The subgradient method on L(pi) = base + sum pi + sum_k B_k(pi)."""

    def __init__(
        self, worth: partition.Worth, price: Floats, base: float, known: float, slices: int, run: Run[Profile]
    ) -> None:
        self.worth, self.base, self.known, self.run = worth, base, known, run
        self.price, self.least = price.copy(), math.inf
        self.steps = 0
        self._leaves = leaves(slices)
        self._per_call = max(1, int(2e7 / max(len(worth.user) * slices * 40 / max(len(worth.rate), 1), 1)))

    def descend(self, steps: int, tick: Callable[[int, float | None], Termination | None]) -> Termination | None:
        """So many steps; the best prices are kept. Returns why the run must end, None where it need not."""
        price, scale, stale = self.price.copy(), 1.0, 0
        while True:
            taken = np.zeros(len(price))
            bound, ending = self._evaluate(price, taken, tick)
            if ending is not None:
                return ending
            better = bound < self.least - 1e-6 * abs(self.least - self.known) if math.isfinite(self.least) else True
            if bound < self.least:
                self.price, self.least = price.copy(), bound
            stale = 0 if better else stale + 1
            if stale >= 8:
                scale, stale, price = scale / 2.0, 0, self.price.copy()
                if scale < 1e-3:
                    return None
            slope = 1.0 - taken
            slope[(price <= 0.0) & (slope > 0.0)] = 0.0
            size = float(slope @ slope)
            if self.steps >= steps or size == 0.0 or bound <= self.known:
                return None
            price = np.maximum(price - scale * (bound - self.known) / size * slope, 0.0)
            self.steps += 1

    def _evaluate(
        self, price: Floats, taken: Floats, tick: Callable[[int, float | None], Termination | None]
    ) -> tuple[float, Termination | None]:
        n = len(self.worth.rate)
        bounds = np.zeros(n)
        for begin in range(0, max(n, 1), self._per_call):
            ending = tick(self.steps, self.least if math.isfinite(self.least) else None)
            if ending is not None:
                return math.inf, ending
            end = min(begin + self._per_call, n)  # one provider with thousands of users in reach takes seconds
            aside(self.run, partial(partition.bound_all, self.worth, price, self._leaves, begin, end, taken, bounds))
        return self.base + float(price.sum()) + float(np.maximum(bounds, 0.0).sum()), None


def certified(game: OffloadingGame, worth: partition.Worth, price: Floats, slices: int) -> tuple[Certificate, float]:
    """`certify`, and the bound that its certificate proves."""
    certificate = certify(game, worth, price, slices)
    return certificate, slice_bound(game, certificate.arrays)


def certify(game: OffloadingGame, worth: partition.Worth, price: Floats, slices: int) -> Certificate:
    """Prices and the slices of every provider, by rising load: what `model.slice_bound` reads."""
    ptr, columns = [0], []
    room = leaves(slices)
    for k in range(game.providers):
        count, _ = partition.bound_provider(worth, k, price, room, 0.0)
        order = np.argsort(room.low[:count], kind="stable")
        columns.append(
            [column[:count][order] for column in (room.low, room.high, room.weight_multiplier, room.count_multiplier)]
        )
        ptr.append(ptr[-1] + count)
    none = np.zeros(0)
    table = [np.concatenate([none, *(part[c] for part in columns)]) for c in range(4)]
    arrays = {"price": price, "ptr": np.array(ptr, dtype=np.int64)}
    return Certificate(SLICES, arrays | dict(zip(("low", "high", "weight_multiplier", "count_multiplier"), table, strict=True)))
