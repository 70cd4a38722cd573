"""The welfare optimum and the maximiser of the weighted potential, proved."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from edgeworth.core.aside import aside
from edgeworth.core.checking import BudgetEnded
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.bounds import certified, certify
from edgeworth.games.offloading.check.local_bound import LOCAL, local_bound
from edgeworth.games.offloading.check.partition_bound import search_bound
from edgeworth.games.offloading.exact.columns import Partition, best_partition, reduced_worths
from edgeworth.games.offloading.heuristic.current import shuffled
from edgeworth.games.offloading.heuristic.dynamics import BestResponse, Play
from edgeworth.games.offloading.heuristic.welfare import Search
from edgeworth.games.offloading.heuristic.worth import potential_worth, welfare_worth
from edgeworth.games.offloading.kernels import partition
from edgeworth.games.offloading.model import SEARCH, OffloadingGame, Profile, Slices, profile_of, value
from edgeworth.games.offloading.model.game import Bools, Floats, Ints

_ROUNDS = 60  # perturbations of the local search
_STEPS = 400  # of the checker's search, each at most some 20 ms
_SLICES = 400  # of every provider's load in a certificate
_TINY = 2.0**-1000  # the checker's terms are never taken for smaller ones
_ABOVE = 5e-10  # the bound's distance from the welfare, half of what proves an optimum


def column_generation(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The highest welfare of all feasible profiles: column generation, enumeration of user sets, and a set packing.

    Parameters
    ----------
    game : OffloadingGame
        The game, in any regime.
    params : None
        The method has no parameters.
    run : Run
        Clock and random generator of the run; its ``start``, if any, or else a local search gives the first incumbent.

    Returns
    -------
    Found
        A profile; PROVED with a matching bound where the method ends by itself. The bound is recomputed from the certificate
        "prices-and-search", 5e-10 above the welfare, from "local-execution" where no pair pays, or a claim where the search
        takes too many steps. A stopped run returns the best known profile with the bound of the column generation, recomputable
        from its multipliers. ``iterations`` counts pricing rounds.

    Notes
    -----
    1. Column generation. Every column is a set of users at one provider with its worth; the rows say that a user is in one set
       at most and that a provider takes one set.
    2. Enumeration. By the multipliers at which it ends, all user sets that a better profile could hold are enumerated.
    3. Set packing. HiGHS chooses among them.

    The certificate lets a checker repeat the proof without column generation and without HiGHS: it searches by the multipliers
    for all user sets and profiles that could be better. Games with too many near-optimal user sets (some 10 users at a
    provider, hundreds in reach) end as STALLED.

    References
    ----------
    Baldacci, Christofides and Mingozzi, An exact algorithm for the vehicle routing problem based on the set partitioning
    formulation with additional cuts, Math. Prog. 115 (2008), for the scheme; its application is our own.
    """
    worth = welfare_worth(game)
    start, ending = _searched(game, worth, run)
    base = math.fsum(game.local_utility.tolist())
    if ending is not None:
        return Found(_no_worse(game, start, run), ending, notes=("stopped before there was a bound",))
    partition = best_partition(game, worth, start, run, lambda total: base + total)
    profile = run.incumbent = _no_worse(game, partition.choice, run)
    welfare = value(game, profile)
    if partition.proved:
        with run.breakable():
            alone = _local_bound(game, run)
        if alone is not None:  # ties without end, which the search below would look at one by one
            if welfare < alone:  # a pair that pays nothing looked as if it did, within the rounding of what columns are worth
                profile = run.incumbent = profile_of(game, np.full(game.users, -1))
            found = _found(profile, partition, bound=alone, evidence=BoundEvidence.RECOMPUTED)
            return replace(found, certificate=Certificate(LOCAL, {}))
        if partition.price is not None:
            with run.breakable():
                searched = _searched_bound(game, worth, partition.price, welfare, run)
            if searched is not None:
                bound, certificate = searched
                return replace(
                    _found(profile, partition, bound=bound, evidence=BoundEvidence.RECOMPUTED), certificate=certificate
                )
        size = float(np.abs(worth.prize).sum()) if game.pairs else 0.0
        claimed = max(base + partition.bound, welfare)
        bound = welfare if claimed - welfare <= max(1e-9 * abs(welfare), 1e-13 * size) else claimed
        if not closes(welfare, bound, game.sense, game.integral):
            note = "large terms cancel in the welfare: rounding leaves a gap to its bound"
            partition = replace(partition, termination=Termination.STALLED, notes=(*partition.notes, note))
        return _found(profile, partition, bound=bound, evidence=BoundEvidence.CLAIMED)
    if partition.price is None:
        return _found(profile, partition)
    certificate, bound = aside(run, partial(certified, game, worth, partition.price, 96))
    return replace(_found(profile, partition, bound=bound, evidence=BoundEvidence.RECOMPUTED), certificate=certificate)


class _Steps:
    """A budget that depends on the work alone, so that the same run says the same; the clock ends it too."""

    def __init__(self, run: Run[Profile]) -> None:
        self.run, self.left = run, _STEPS

    def check(self) -> None:
        """Count a step."""
        self.left -= 1
        if self.left < 0 or self.run.remaining <= 0.0 or self.run.interrupted:
            raise BudgetEnded("the search for a better profile takes too many steps")


def _local_bound(game: OffloadingGame, run: Run[Profile]) -> float | None:
    """What all earn locally, where the checker finds that nothing is worth more."""
    try:
        return local_bound(game, {}, _Steps(run))
    except (BudgetEnded, ValueError):
        return None


def _searched_bound(
    game: OffloadingGame, worth: partition.Worth, price: Floats, welfare: float, run: Run[Profile]
) -> tuple[float, Certificate] | None:
    """A bound just above the welfare, with the certificate from which the checker's search proves it; None where that does not
    end in time."""
    ceiling = reduced_worths(game, worth, price, run)
    if ceiling is None:
        return None
    slices = dict(aside(run, partial(certify, game, worth, price, _SLICES)).arrays)
    table = Slices(game, slices)
    for k in range(game.providers):  # what the checker's rounding may add to a set, also to one that is worth nothing at all
        user = game.user[table.pairs(k)]
        least = float((1.0 + game.sensitivity[user] * (1.0 + game.unit[user])).sum()) * _TINY
        ceiling[k] += 8.0 * max(float(block.margin.max()) for block in table.blocks(k)) + least
    bound = welfare + _ABOVE * abs(welfare)
    certificate = Certificate(SEARCH, slices | {"ceiling": ceiling, "target": np.array([bound])})
    try:
        search_bound(game, certificate.arrays, _Steps(run))
    except (BudgetEnded, ValueError):
        return None
    return bound, certificate


def maximise_potential(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The profile of the highest weighted potential Psi, by the scheme of `column_generation`, confirmed by best responses.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : None
        The method has no parameters.
    run : Run
        Clock and random generator of the run.

    Returns
    -------
    Found
        An equilibrium in the linear regime. ``iterations`` counts pricing rounds and passes.

    Notes
    -----
    In the linear regime a maximiser of Psi is an equilibrium, the one that potential theory selects; the notes say whether it
    is proved maximal (the method's word: `verify` judges the equilibrium, not the potential). Users with gamma_i = 0 do not
    enter Psi and do not feel congestion: the largest total of their own utilities is fixed first, and Psi is maximised over the
    others. In kinked regimes Psi is that of the linearised game, and its maximiser is only a start for
    `asynchronous_best_response`, whose guarantee holds.

    References
    ----------
    Monderer and Shapley, Potential games, Games and Economic Behavior 14 (1996).
    """
    insensitive = game.gamma == 0.0
    fixed = _insensitive_places(game, insensitive, run)
    rest, kept, load = _without(game, insensitive, fixed)
    choice = fixed.copy()
    worth = potential_worth(rest, load)
    notes: tuple[str, ...]
    start, ending = _searched(rest, worth, run, reports=False)
    steps = 0
    if ending is None:
        partition = best_partition(rest, worth, start, run, lambda total: None)
        start, steps = partition.choice, partition.iterations
        state = "proved maximal" if partition.proved else "not proved maximal"
        notes = (f"the weighted potential is {state}, users with gamma = 0 fixed first", *partition.notes)
        ending = None if partition.proved or partition.termination is Termination.STALLED else partition.termination
    else:
        notes = ("the weighted potential was not maximised: stopped",)
    choice[start >= 0] = kept[start[start >= 0]]
    maximiser = profile_of(game, choice)
    if ending is not None:
        return Found(maximiser, ending, iterations=steps, notes=notes)
    run.start = maximiser
    found = Play(game, BestResponse(), run).best_responses(lambda: shuffled(game.users, run.rng))
    return replace(found, iterations=found.iterations + steps, notes=(*notes, *found.notes))


def _searched(
    game: OffloadingGame, worth: partition.Worth, run: Run[Profile], *, reports: bool = True
) -> tuple[Ints, Termination | None]:
    """A good partition by local search, and why the run must end, or None."""
    search = Search(game, worth, run, reports=reports)
    ending = search.descend()
    for _ in range(_ROUNDS):
        if ending is not None:
            break
        search.perturb(0.1)
        ending = search.descend()
    return search.best, ending


def _no_worse(game: OffloadingGame, choice: Ints, run: Run[Profile]) -> Profile:
    """The profile of a choice, or the run's start where that is better (by rounding only)."""
    profile = profile_of(game, choice)
    if run.start is not None and value(game, profile) < value(game, run.start):
        return run.start
    return profile


def _found(
    profile: Profile, partition: Partition, *, bound: float | None = None, evidence: BoundEvidence | None = None
) -> Found[Profile]:
    return Found(
        profile,
        partition.termination,
        bound=bound,
        evidence=evidence,
        iterations=partition.iterations,
        nodes=partition.sets,
        notes=partition.notes,
    )


def _insensitive_places(game: OffloadingGame, insensitive: Bools, run: Run[Profile]) -> Ints:
    """Pairs of the users with gamma_i = 0 such that the total of their own utilities is largest under the caps; others -1."""
    choice = np.full(game.users, -1, dtype=np.int64)
    pairs = np.flatnonzero(insensitive[game.user])
    gain = (game.base - game.price)[pairs] - game.local_utility[game.user[pairs]]
    pairs = pairs[gain > 0.0]
    if not len(pairs):
        return choice
    user, m = game.user[pairs], game.users
    model = ColumnModel(
        cost=-gain[gain > 0.0],
        upper=np.ones(len(pairs)),
        row_lower=np.full(m + game.providers, -np.inf),
        row_upper=np.concatenate([np.ones(m), game.cap]),
        starts=2 * np.arange(len(pairs) + 1),
        rows=np.column_stack([user, m + game.provider[pairs]]).ravel(),
        entries=np.ones(2 * len(pairs)),
        integer=True,
    )
    answer = minimise(model, run)
    if answer.x is not None:
        taken = np.flatnonzero(answer.x > 0.5)
        choice[user[taken]] = pairs[taken]
    return choice


def _without(game: OffloadingGame, gone: Bools, fixed: Ints) -> tuple[OffloadingGame, Ints, Floats]:
    """The game with the pairs of some users taken out and the caps they use; the pairs kept; the load that the others leave."""
    kept = np.flatnonzero(~gone[game.user])
    placed = np.flatnonzero(fixed >= 0)
    places = game.provider[fixed[placed]]
    rest = OffloadingGame(
        indptr=np.concatenate([[0], np.cumsum(np.bincount(game.user[kept], minlength=game.users))]),
        provider=game.provider[kept],
        gain=game.gain[kept],
        rate=game.rate,
        transfer=game.transfer[kept],
        price=game.price[kept],
        weight=game.weight,
        workload=game.workload,
        sensitivity=game.sensitivity,
        deadline=game.deadline,
        human=game.human,
        local_utility=game.local_utility,
        local_delay=game.local_delay,
        cap=game.cap - np.bincount(places, minlength=game.providers),
        cost_rate=game.cost_rate,
        uav=game.uav,
        regime="linearised",
    )
    load = np.bincount(places, weights=game.weight[placed], minlength=game.providers).astype(np.float64)
    return rest, kept, load
