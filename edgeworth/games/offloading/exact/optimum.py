"""The welfare optimum and the maximiser of the weighted potential, proved."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.bounds import certify
from edgeworth.games.offloading.exact.columns import Split, best_split
from edgeworth.games.offloading.heuristic.board import shuffled
from edgeworth.games.offloading.heuristic.dynamics import BestResponse, Play
from edgeworth.games.offloading.heuristic.welfare import Search
from edgeworth.games.offloading.heuristic.worth import potential_worth, welfare_worth
from edgeworth.games.offloading.model import OffloadingGame, Profile, profile_of, slice_bound, value
from edgeworth.games.offloading.model.game import Bools, Floats, Ints

_ROUNDS = 60


def exact(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The highest welfare of all feasible profiles: column generation, enumeration and a set packing (`columns.best_split`).

    In every regime. The start is ``start`` or a local search's. Guarantee: PROVED with a matching bound where it ends by
    itself; the bound is then the solvers' claim (evidence "claimed"), because it rests on the enumeration and on HiGHS.
    Stopped, it returns the best known profile with the column generation's bound, recomputable from its prices.
    Games whose near-optimal user sets are too many to enumerate (some 10 users a provider, hundreds in reach) end as STALLED.
    Iterations: pricing rounds. Source: ours; Baldacci, Christofides and Mingozzi, Math. Prog. 115 (2008), for the scheme.
    """
    worth = welfare_worth(game)
    start, ending = _searched(game, worth, run)
    base = math.fsum(game.local_utility.tolist())
    if ending is not None:
        return Found(_no_worse(game, start, run), ending, notes=("stopped before there was a bound",))
    split = best_split(game, worth, start, run, lambda total: base + total)
    profile = _no_worse(game, split.choice, run)
    welfare = value(game, profile)
    if split.proved:
        size = float(np.abs(worth.prize).sum()) if game.pairs else 0.0
        claimed = max(base + split.bound, welfare)
        bound = welfare if claimed - welfare <= 1e-9 * max(abs(welfare), 1e-3 * size) else claimed
        return _found(profile, split, bound=bound, evidence=BoundEvidence.CLAIMED)
    if split.price is None:
        return _found(profile, split)
    certificate = certify(game, worth, split.price, 96)
    return replace(
        _found(profile, split, bound=slice_bound(game, certificate.arrays), evidence=BoundEvidence.RECOMPUTED),
        certificate=certificate,
    )


def potential_maximiser(game: OffloadingGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The profile of the highest weighted potential Psi, by the scheme of `exact`; best responses then confirm it.

    In the linear regime it is an equilibrium, the one that potential theory selects; the notes say whether it is proved
    maximal. Users with gamma_i = 0 do not enter Psi: the largest total of their own utilities is fixed first (they mind
    nobody), and Psi is maximised over the others. In kinked regimes Psi is that of the linearised game: its maximiser is only a
    start for `pg_brd`, whose guarantee holds. Iterations: pricing rounds and passes.
    """
    careless = game.gamma == 0.0
    fixed = _careless_places(game, careless, run)
    rest, kept, load = _without(game, careless, fixed)
    choice = fixed.copy()
    worth = potential_worth(rest, load)
    notes: tuple[str, ...]
    start, ending = _searched(rest, worth, run, told=False)
    steps = 0
    if ending is None:
        split = best_split(rest, worth, start, run, lambda total: None)
        start, steps = split.choice, split.iterations
        state = "proved maximal" if split.proved else "not proved maximal"
        notes = (f"the weighted potential is {state}, users with gamma = 0 fixed first", *split.notes)
        ending = None if split.proved or split.termination is Termination.STALLED else split.termination
    else:
        notes = ("the weighted potential was not maximised: stopped",)
    choice[start >= 0] = kept[start[start >= 0]]
    maximiser = profile_of(game, choice)
    if ending is not None:
        return Found(maximiser, ending, iterations=steps, notes=notes)
    run.start = maximiser
    found = Play(game, BestResponse(), run).best_responses(lambda: shuffled(game.users, run.rng))
    return replace(found, iterations=found.iterations + steps, notes=(*notes, *found.notes))


def _searched(game: OffloadingGame, worth: Any, run: Run[Profile], *, told: bool = True) -> tuple[Ints, Termination | None]:
    """A good split by local search, and why the run must end, if it must."""
    search = Search(game, worth, run, told=told)
    ending = search.descend()
    for _ in range(_ROUNDS):
        if ending is not None:
            break
        search.kick(0.1)
        ending = search.descend()
    return search.best, ending


def _no_worse(game: OffloadingGame, choice: Ints, run: Run[Profile]) -> Profile:
    """The profile of a choice, or the run's start where that is better (by rounding only)."""
    profile = profile_of(game, choice)
    if run.start is not None and value(game, profile) < value(game, run.start):
        return run.start
    return profile


def _found(
    profile: Profile, split: Split, *, bound: float | None = None, evidence: BoundEvidence | None = None
) -> Found[Profile]:
    return Found(
        profile,
        split.termination,
        bound=bound,
        evidence=evidence,
        iterations=split.iterations,
        nodes=split.sets,
        notes=split.notes,
    )


def _careless_places(game: OffloadingGame, careless: Bools, run: Run[Profile]) -> Ints:
    """Pairs of the users with gamma_i = 0 such that the total of their own utilities is largest under the caps; others -1."""
    choice = np.full(game.users, -1, dtype=np.int64)
    pairs = np.flatnonzero(careless[game.user])
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
    seated = np.flatnonzero(fixed >= 0)
    places = game.provider[fixed[seated]]
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
    load = np.bincount(places, weights=game.weight[seated], minlength=game.providers).astype(np.float64)
    return rest, kept, load
