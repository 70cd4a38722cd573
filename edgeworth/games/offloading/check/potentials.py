"""Whether a function is a potential: whether every improving deviation raises it."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.checking import SECONDS, Budget, BudgetEnded, not_checked, rebuilt
from edgeworth.core.verdict import Scope, Verdict
from edgeworth.games.offloading.model import OffloadingGame, Profile, Which, positions, violations
from edgeworth.games.offloading.model.game import Floats, Ints
from edgeworth.games.offloading.model.rational import Rational

LIMIT = 2_000_000
"""Deviations that an exhaustive check looks at, at most."""

_ROUNDOFF = 2.0**-53


@dataclass(frozen=True)
class Sampled:
    """A scope of `verify_potential`: random feasible profiles, with all deviations from each.

    Parameters
    ----------
    profiles : int
        How many, >= 1.
    seed : int
        Of the draws, >= 0.
    """

    profiles: int
    seed: int = 0

    def __post_init__(self) -> None:
        validation.integer("profiles", self.profiles, minimum=1)
        validation.integer("seed", self.seed, minimum=0)


@dataclass(frozen=True)
class PotentialWitness:
    """An improving deviation that does not raise a potential.

    Parameters
    ----------
    which : {"paper", "weighted"}
        The potential.
    profile : Profile
        Where it begins.
    user, provider : int
        Who moves where, -1 for local execution.
    gain : float
        What the user gains, > 0.
    rise : float
        The change of the potential, <= 0.
    improving, failing : int
        How many improving deviations were looked at, and how many of them do not raise the potential.
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
        """The pair (gain, rise) of the same deviation, recomputed exactly from the profile and rounded once."""
        choice = positions(game, self.profile)
        pair = _pair(game, self.user, self.provider)
        gain, rise = _exactly(Rational(game), choice, self.which, self.user, pair)
        return _signed(gain), _signed(rise)

    def __str__(self) -> str:
        there = "local execution" if self.provider < 0 else f"provider {self.provider}"
        gain = f"user {self.user} gains {self.gain:.6g} by moving to {there}"
        return f"{gain}, and the {self.which} potential changes by {self.rise:.6g}"


def verify_potential(
    game: OffloadingGame,
    which: Which = "weighted",
    scope: Literal["exhaustive"] | Sampled = "exhaustive",
    *,
    seconds: float = SECONDS,
) -> Verdict:
    """Test whether every strictly improving unilateral deviation strictly raises a potential.

    Parameters
    ----------
    game : OffloadingGame
        Utilities are its own, prices paid, in its own regime.
    which : {"paper", "weighted"}
        "paper" is equation (21), which Theorem 1 of the FUSION paper claims as an ordinal potential; "weighted" is
        `weighted_potential`.
    scope : "exhaustive" or Sampled
        All feasible profiles and all deviations from each (at most 2,000,000 deviations), or random profiles.
    seconds : float
        The budget, >= 0. Where it ends before anything was refuted, the verdict is NOT_CHECKED.

    Returns
    -------
    Verdict
        Its violation is the share of improving deviations that do not raise the potential; its witness, a `PotentialWitness`,
        the one with the deepest fall relative to the gain.

    Raises
    ------
    ValueError, TypeError
        For misuse, among it an exhaustive scope of more than 2,000,000 deviations.

    Notes
    -----
    Ties are judged exactly, as the verdict's scope says: a deviation that gains anything at all must raise the potential, and
    one that leaves it as it is does not. Where floats cannot decide (gain or rise within their rounding of 0), the game's
    fractions do. Deviations of congestion-insensitive users (s_i C_i = 0) are judged for "weighted" by their own utility,
    which is what rises first in lexicographic order.

    References
    ----------
    Monderer and Shapley, Potential games, Games and Economic Behavior 14 (1996). FUSION paper, Theorem 1.

    Examples
    --------
    One user who earns .5 at a provider of the same potential as local execution refutes equation (21):

    >>> game = OffloadingGame.from_matrices([[1.0]], [2.0], price=[[0.0]], weight=[2.0], sensitivity=[0.5], workload=[2.0])
    >>> verdict = verify_potential(game, "paper")
    >>> verdict.holds, verdict.witness.gain, verdict.witness.rise
    (False, 0.5, 0.0)
    """
    search, covered = _looked_at(game, which, scope, seconds)
    if isinstance(covered, Verdict):
        return covered
    if search.worst is None:
        return Verdict.of(True, 0.0, 0.0, None, covered)
    _, at, user, provider, gain, rise = search.worst
    witness = PotentialWitness(which, Profile(at), user, provider, gain, rise, search.improving, search.failing)
    return Verdict.of(False, search.failing / search.improving, 0.0, witness, covered)


def improving_deviations(
    game: OffloadingGame, which: Which = "weighted", scope: Literal["exhaustive"] | Sampled = "exhaustive"
) -> tuple[int, int]:
    """Count the strictly improving unilateral deviations, and those of them that do not raise a potential.

    Parameters
    ----------
    game, which, scope
        As of `verify_potential`.

    Returns
    -------
    improving, failing : int
        Over all profiles of the scope; `verify_potential` tells the second over the first, and a witness.

    Raises
    ------
    ValueError, TypeError
        As `verify_potential`.

    Examples
    --------
    >>> game = OffloadingGame.from_matrices([[1.0]], [2.0], price=[[0.0]], weight=[2.0], sensitivity=[0.5], workload=[2.0])
    >>> improving_deviations(game, "paper"), improving_deviations(game, "weighted")
    ((1, 1), (1, 0))
    """
    search, _ = _looked_at(game, which, scope, sys.float_info.max)
    return search.improving, search.failing


def _looked_at(
    game: OffloadingGame, which: Which, scope: Literal["exhaustive"] | Sampled, seconds: float
) -> tuple[_Search, Scope | Verdict]:
    """The deviations of a scope, and how far the search came: a verdict where that decides nothing."""
    if not isinstance(game, OffloadingGame):
        validation.reject_type("game", "must be an OffloadingGame", game)
    validation.choice("which", which, ("paper", "weighted"))
    if scope != "exhaustive" and not isinstance(scope, Sampled):
        validation.reject("scope", 'must be "exhaustive" or a Sampled', scope)
    if scope == "exhaustive" and game.profiles * max(game.pairs, 1) > LIMIT:
        rule = f"must be a Sampled for more than {LIMIT} deviations; this game has {game.profiles * game.pairs:.3g}"
        validation.reject("scope", rule, scope)
    fresh = rebuilt(OffloadingGame, game)
    search = _Search(fresh, which, Budget(seconds))
    covered = Scope(note=_TIES) if scope == "exhaustive" else Scope("sampled", scope.profiles, scope.seed, f"profiles; {_TIES}")
    try:
        for now in _all_profiles(fresh) if scope == "exhaustive" else _random_profiles(fresh, scope):
            search.look(now)
    except BudgetEnded as ended:
        if search.worst is None:
            return search, not_checked(ended)
        covered = Scope("partial", search.improving, note=f"improving deviations; {_TIES}")
    return search, covered


_TIES = "ties judged exactly: a gain above 0 needs a rise above 0"


class _Search:
    """The deviations looked at so far: how many improve, how many of these fail, and the worst of them."""

    def __init__(self, game: OffloadingGame, which: Which, budget: Budget) -> None:
        self.game, self.which, self.budget, self.exact = game, which, budget, Rational(game)
        self.improving = self.failing = 0
        self.worst: tuple[float, Ints, int, int, float, float] | None = None

    def look(self, now: Ints) -> None:
        """All deviations from one profile."""
        self.budget.check()
        choice = positions(self.game, Profile(now))
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is decided exactly
            moves = _deviations(self.game, now, choice, self.which)
        near = (moves.gain <= moves.gain_off) | (np.abs(moves.rise) <= moves.rise_off) | ~np.isfinite(moves.rise)
        unsure = (moves.gain >= -moves.gain_off) & near
        gain, rise = moves.gain.copy(), moves.rise.copy()
        for d in np.flatnonzero(unsure).tolist():
            self.budget.check()
            exact = _exactly(self.exact, choice, self.which, int(moves.user[d]), int(moves.pair[d]))
            gain[d], rise[d] = (_signed(number) for number in exact)
        better = gain > 0.0
        self.improving += int(better.sum())
        wrong = np.flatnonzero(better & (rise <= 0.0))
        self.failing += len(wrong)
        for d in wrong.tolist():
            depth = float(rise[d]) / float(gain[d])
            if self.worst is None or depth < self.worst[0]:
                target = int(self.game.provider[moves.pair[d]]) if moves.pair[d] >= 0 else -1
                self.worst = (depth, now.copy(), int(moves.user[d]), target, float(gain[d]), float(rise[d]))


def _signed(number: Fraction) -> float:
    """The nearest finite float of the same sign: what underflows stays above or below 0."""
    try:
        return float(number) or math.copysign(5e-324, number) * (number != 0)
    except OverflowError:
        return sys.float_info.max if number > 0 else -sys.float_info.max


def _exactly(exact: Rational, choice: Ints, which: Which, user: int, pair: int) -> tuple[Fraction, Fraction]:
    """Gain and rise of one deviation in fractions."""
    game, old = exact.game, int(choice[user])

    def load(p: int) -> Fraction:
        if p < 0:
            return Fraction(0)
        here = np.flatnonzero((choice >= 0) & (game.provider[choice] == game.provider[p])).tolist()
        return sum((exact.weight[j] for j in here if j != user), exact.weight[user])

    loads = [load(p) for p in (old, pair)]
    gain = exact.utility(user, pair, loads[1]) - exact.utility(user, old, loads[0])
    rise = exact.rise(which, user, old, loads[0], pair, loads[1])
    return gain, gain if rise is None else rise


def _pair(game: OffloadingGame, user: int, provider: int) -> int:
    """The pair of a user and a provider within reach, -1 for local execution."""
    if provider < 0:
        return -1
    reach = game.provider[game.indptr[user] : game.indptr[user + 1]]
    return int(game.indptr[user]) + int(np.flatnonzero(reach == provider)[0])


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


class _Moves(NamedTuple):
    """Deviations: user, pair (-1 local), gain and rise, and how far these may be off by rounding."""

    user: Ints
    pair: Ints
    gain: Floats
    rise: Floats
    gain_off: Floats
    rise_off: Floats


def _deviations(game: OffloadingGame, now: Ints, choice: Ints, which: Which) -> _Moves:
    """Gain and rise of every feasible deviation from a profile.

    Every quantity is a sum of at most ten terms, each a product of a load (a sum of at most m weights, or its square) and at
    most five factors: off by less than (2 m + 40) u times the sum of the terms' sizes. A coarse bound costs a few exact
    decisions more, and nothing else.
    """
    m, n = game.users, game.providers
    load = np.bincount(now[now >= 0], weights=game.weight[now >= 0], minlength=n)
    count = np.bincount(now[now >= 0], minlength=n)
    # Every deviation is a user and a target pair; -1 is local execution. A user's own place is none.
    user = np.concatenate([game.user, np.arange(m)])
    pair = np.concatenate([np.arange(game.pairs), np.full(m, -1)])
    target = np.concatenate([game.provider.astype(np.int64), np.full(m, -1)])
    open_ = (target != now[user]) & ((target < 0) | (count[target] < game.cap[target]) if n else target < 0)
    user, pair, target = user[open_], pair[open_], target[open_]
    w, c, s, tau = game.weight[user], game.workload[user], game.sensitivity[user], game.deadline[user]
    low, high = game.clip
    insensitive = s * c == 0.0
    scale = np.divide(w * w, s * c, out=np.ones(len(user)), where=~insensitive)

    def at(place: Ints, index: Ints, mass: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Utility and the user's part of the potential at a place, and the sizes of their terms."""
        utility = game.local_utility[user].copy()
        part = utility * scale if which == "weighted" else utility.copy()
        size, part_size = np.abs(utility), np.abs(part)
        away = place >= 0
        p, i, k = index[away], user[away], place[away]
        delay = game.unit[i] * (mass[away] / game.rate[k])
        late = game.transfer[p] + delay - tau[away]
        utility[away] = game.gain[p] - game.price[p] - s[away] * np.clip(late, low[i], high[i])
        worth = np.abs(game.gain[p]) + np.abs(game.price[p])
        size[away] = worth + s[away] * (game.transfer[p] + delay + tau[away])
        base = game.gain[p] - s[away] * (game.transfer[p] - tau[away])
        base_size = worth + s[away] * (game.transfer[p] + tau[away])
        if which == "weighted":
            crowd = w[away] * mass[away] / game.rate[k]
            part[away] = scale[away] * (base - game.price[p]) - crowd
            part_size[away] = scale[away] * base_size + crowd
        else:
            less = mass[away] - w[away]
            crowd = (mass[away] ** 2 + less**2) / (2.0 * game.rate[k])
            cost = game.cost_rate[k] * c[away] / game.rate[k]
            part[away] = base - (mass[away] ** 2 - less**2) / (2.0 * game.rate[k]) - cost
            part_size[away] = base_size + crowd + cost
        return utility, part, size, part_size

    source, there, here = now[user], target >= 0, now[user] >= 0
    old_load, new_load = np.zeros(len(user)), np.zeros(len(user))
    old_load[here], new_load[there] = load[source[here]], load[target[there]] + w[there]
    u_old, part_old, size_old, part_size_old = at(source, choice[user], old_load)
    u_new, part_new, size_new, part_size_new = at(target, pair, new_load)
    off = (2 * m + 40) * _ROUNDOFF
    gain, gain_off = u_new - u_old, off * (size_new + size_old) + 1e-300
    rise, rise_off = part_new - part_old, off * (part_size_new + part_size_old) + 1e-300
    if which == "weighted":
        rise, rise_off = np.where(insensitive, gain, rise), np.where(insensitive, gain_off, rise_off)
    return _Moves(user, pair, gain, rise, gain_off, rise_off)
