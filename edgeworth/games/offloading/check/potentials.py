"""Is a function a potential? Every improving deviation is asked whether it raises it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgeworth.core import validation
from edgeworth.core.verdict import EXHAUSTIVE, Scope, Verdict
from edgeworth.games.offloading.model import OffloadingGame, Profile, Which, positions, potential, utilities, violations
from edgeworth.games.offloading.model.game import Bools, Floats, Ints

LIMIT = 2_000_000
"""Deviations that an exhaustive check looks at, at most."""

_ROUNDING = 1e-9  # gains and rises below this share of their terms are not told from rounding


@dataclass(frozen=True)
class Sampled:
    """A scope: so many random feasible profiles, with all deviations from each. ``seed``: an integer >= 0."""

    profiles: int
    seed: int = 0

    def __post_init__(self) -> None:
        validation.integer("profiles", self.profiles, minimum=1)
        validation.integer("seed", self.seed, minimum=0)


@dataclass(frozen=True)
class PotentialWitness:
    """At ``profile`` user ``user`` gains ``gain`` > 0 by moving to ``provider`` (-1 local); the potential changes by ``rise``.

    improving: how many improving deviations were looked at; failing: how many of them do not raise the potential.
    """

    which: Which
    profile: Profile
    user: int
    provider: int
    gain: float
    rise: float
    improving: int
    failing: int

    def replay(self, game: OffloadingGame) -> tuple[float, float]:
        """(gain, rise) of the same deviation, recomputed from the two profiles."""
        moved = np.array(self.profile.provider)
        moved[self.user] = self.provider
        gain = utilities(game, Profile(moved))[self.user] - utilities(game, self.profile)[self.user]
        return float(gain), potential(game, Profile(moved), self.which) - potential(game, self.profile, self.which)


def verify_potential(
    game: OffloadingGame, which: Which = "weighted", scope: Literal["exhaustive"] | Sampled = "exhaustive"
) -> Verdict:
    """Does every strictly improving unilateral deviation strictly raise the potential?

    which: "paper" (equation (21), claimed as an ordinal potential by Theorem 1) or "weighted" (Psi of `weighted_potential`).
    Utilities are the game's own, prices paid, in its own regime. scope: "exhaustive" (all feasible profiles and all deviations
    from each; ValueError beyond 2,000,000 deviations) or `Sampled`.

    The verdict's violation is the share of improving deviations that do not raise the potential, its witness the one with the
    deepest fall relative to the gain (`PotentialWitness`, to be replayed). Deviations of users with gamma_i = 0 are
    judged for "weighted" by their own utility, which is what rises first in lexicographic order. Gains and rises within
    1e-9 of their terms count as ties and are passed over.
    """
    if not isinstance(game, OffloadingGame):
        validation.reject_type("game", "must be an OffloadingGame", game)
    validation.choice("which", which, ("paper", "weighted"))
    if scope != "exhaustive" and not isinstance(scope, Sampled):
        validation.reject("scope", 'must be "exhaustive" or a Sampled', scope)
    if scope == "exhaustive" and game.profiles * max(game.pairs, 1) > LIMIT:
        rule = f"must be a Sampled for more than {LIMIT} deviations; this game has {game.profiles * game.pairs:.3g}"
        validation.reject("scope", rule, scope)
    profiles = _all_profiles(game) if scope == "exhaustive" else _random_profiles(game, scope)
    improving = failing = 0
    worst: tuple[float, Ints, int, int, float, float] | None = None
    for now in profiles:
        gain, rise, users, targets = _deviations(game, now, which)
        better = gain > 0.0
        improving += int(better.sum())
        wrong = np.flatnonzero(better & (rise <= 0.0))
        failing += len(wrong)
        if len(wrong):
            d = wrong[np.argmin(rise[wrong] / gain[wrong])]
            if worst is None or rise[d] / gain[d] < worst[0]:
                worst = (rise[d] / gain[d], now.copy(), int(users[d]), int(targets[d]), float(gain[d]), float(rise[d]))
    covered = EXHAUSTIVE if scope == "exhaustive" else Scope("sampled", scope.profiles, scope.seed, "profiles")
    if worst is None:
        return Verdict.of(True, 0.0, 0.0, None, covered)
    _, at, user, provider, gain_, rise_ = worst
    witness = PotentialWitness(which, Profile(at), user, provider, gain_, rise_, improving, failing)
    return Verdict.of(False, failing / improving, 0.0, witness, covered)


def _all_profiles(game: OffloadingGame) -> Iterator[Ints]:
    options = [[-1, *game.provider[game.indptr[i] : game.indptr[i + 1]].tolist()] for i in range(game.users)]
    for actions in itertools.product(*options):
        now = np.array(actions, dtype=np.int64)
        if not violations(game, Profile(now)):
            yield now


def _random_profiles(game: OffloadingGame, scope: Sampled) -> Iterator[Ints]:
    """Users in random order pick uniformly among local execution and what has room."""
    rng = np.random.default_rng(scope.seed)
    for _ in range(scope.profiles):
        now, count = np.full(game.users, -1), np.zeros(game.providers, dtype=np.int64)
        for i in rng.permutation(game.users).tolist():
            reach = game.provider[game.indptr[i] : game.indptr[i + 1]]
            free = reach[count[reach] < game.cap[reach]]
            pick = int(rng.integers(0, len(free) + 1))
            if pick:
                now[i] = free[pick - 1]
                count[now[i]] += 1
        yield now


def _deviations(game: OffloadingGame, now: Ints, which: Which) -> tuple[Floats, Floats, Ints, Ints]:
    """Gain and rise of every feasible deviation from a profile; values that are not told from rounding are 0 resp. NaN."""
    m, n = game.users, game.providers
    choice = positions(game, Profile(now))
    load = np.bincount(now[now >= 0], weights=game.weight[now >= 0], minlength=n)
    np.bincount(now[now >= 0], weights=game.workload[now >= 0], minlength=n)
    count = np.bincount(now[now >= 0], minlength=n)
    # Every deviation is a user and a target pair; -1 is local execution. A user's own place is none.
    user = np.concatenate([game.user, np.arange(m)])
    pair = np.concatenate([np.arange(game.pairs), np.full(m, -1)])
    target = np.concatenate([game.provider.astype(np.int64), np.full(m, -1)])
    open_ = (target != now[user]) & ((target < 0) | (count[target] < game.cap[target]) if n else target < 0)
    user, pair, target = user[open_], pair[open_], target[open_]
    there, here, source = target >= 0, choice[user] >= 0, now[user]
    low, high = game.clip
    w, c = game.weight[user], game.workload[user]

    def at(place: Ints, mass: Floats, index: Ints, is_away: Bools) -> tuple[Floats, Floats]:
        """Utilities and linearised base (prices as the potential wants them) at pairs, local values elsewhere."""
        utility, worth = game.local_utility[user].copy(), game.local_utility[user].copy()
        p, i, k = index[is_away], user[is_away], place[is_away]
        late = game.transfer[p] + game.unit[i] * (mass[is_away] / game.rate[k]) - game.deadline[i]
        utility[is_away] = game.gain[p] - game.price[p] - game.sensitivity[i] * np.clip(late, low[i], high[i])
        linear = game.gain[p] - game.sensitivity[i] * (game.transfer[p] - game.deadline[i])
        worth[is_away] = linear if which == "paper" else linear - game.price[p]
        return utility, worth

    zeros = np.zeros(len(user))
    old_load, new_load = zeros.copy(), zeros.copy()
    old_load[here], new_load[there] = load[source[here]], load[target[there]] + w[there]
    u_old, b_old = at(source, old_load, choice[user], here)
    u_new, b_new = at(target, new_load, pair, there)
    gain = u_new - u_old
    gain[np.abs(gain) <= _ROUNDING * np.maximum(np.abs(u_new), np.abs(u_old))] = 0.0
    congestion = zeros.copy()  # what the potential loses at the new place less what it wins back at the old one
    if which == "paper":
        k = target[there]
        congestion[there] += (new_load[there] ** 2 - load[k] ** 2) / (2.0 * game.rate[k])
        congestion[there] += game.cost_rate[k] * c[there] / game.rate[k]
        k = source[here]
        congestion[here] -= (load[k] ** 2 - (load[k] - w[here]) ** 2) / (2.0 * game.rate[k])
        congestion[here] -= game.cost_rate[k] * c[here] / game.rate[k]
        rise, terms = b_new - b_old - congestion, np.maximum(np.abs(b_new), np.abs(b_old))
    else:
        k = target[there]
        congestion[there] += w[there] * new_load[there] / game.rate[k]
        k = source[here]
        congestion[here] -= w[here] * load[k] / game.rate[k]
        careless = game.gamma[user] == 0.0
        scale = np.divide(w, game.gamma[user], out=np.ones(len(user)), where=~careless)
        congestion[careless] = 0.0
        rise, terms = scale * (b_new - b_old) - congestion, scale * np.maximum(np.abs(b_new), np.abs(b_old))
        rise[careless] = gain[careless]
    gain[np.abs(rise) <= _ROUNDING * np.maximum(terms, np.abs(congestion))] = 0.0
    return gain, rise, user, target
