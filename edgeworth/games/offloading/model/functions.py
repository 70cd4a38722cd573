"""Loads, utilities, welfare, constraints and measures. Solvers and checker share nothing else."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core import sparse, validation
from edgeworth.core.arrays import Indices
from edgeworth.core.violation import Violation, Violations
from edgeworth.games.offloading.model.game import Floats, Ints, OffloadingGame
from edgeworth.games.offloading.model.profile import Profile

EXACT_USERS = 20_000
"""Games of up to so many users are valued in fractions where floats lose what is at stake; half a second at most."""


def require_profile(game: OffloadingGame, profile: Profile) -> None:
    """Refuse a profile of another length or with a provider beyond the game's.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile.

    Raises
    ------
    ValueError
        Naming what does not fit.
    """
    if len(profile.provider) != game.users:
        raise ValueError(f"profile: must name an action for each of {game.users} users; got {len(profile.provider)}")
    if game.users and int(profile.provider.max()) >= game.providers:
        raise ValueError(f"profile: providers must be below {game.providers}; got {int(profile.provider.max())}")


def positions(game: OffloadingGame, profile: Profile) -> Ints:
    """The index of every user's pair in the game's arrays.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile.

    Returns
    -------
    ndarray
        int64 [users]; -1 local, -2 a provider out of reach.

    Raises
    ------
    ValueError
        For a profile of another length or with a provider beyond the game's.
    """
    require_profile(game, profile)
    return sparse.positions(game.indptr, game.provider, profile.provider)


def profile_of(game: OffloadingGame, choice: Ints) -> Profile:
    """The profile that a choice of pairs stands for, the inverse of `positions`.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    choice : ndarray
        Indices of pairs, int64 [users], -1 local.

    Returns
    -------
    Profile
    """
    provider = np.full(game.users, -1, dtype=np.int64)
    away = choice >= 0
    provider[away] = game.provider[choice[away]]
    return Profile(provider)


def loads(game: OffloadingGame, profile: Profile) -> Floats:
    """Lambda_k, the sum of the weights of the users at every provider.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile.

    Returns
    -------
    ndarray
        float64 [providers].
    """
    return _sums(profile.provider, game.weight, game.providers)


def delays(game: OffloadingGame, choice: Ints) -> Floats:
    """The time that every user waits.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    choice : ndarray
        Indices of pairs (`positions`), int64 [users].

    Returns
    -------
    ndarray
        Seconds, float64 [users]; those of users who compute locally are their local delays.
    """
    away = np.flatnonzero(choice >= 0)
    pair = choice[away]
    k = game.provider[pair]
    load = _sums(k, game.weight[away], game.providers)
    waits = game.local_delay.copy()
    waits[away] = game.transfer[pair] + game.unit[away] * (load[k] / game.rate[k])
    return waits


def choice_utilities(game: OffloadingGame, choice: Ints, *, payments: bool = True) -> Floats:
    """The utilities of all users for a choice of pairs.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    choice : ndarray
        Indices of pairs (`positions`), int64 [users].
    payments : bool
        Whether prices are subtracted.

    Returns
    -------
    ndarray
        float64 [users], in money.
    """
    away = np.flatnonzero(choice >= 0)
    pair = choice[away]
    late = delays(game, choice)[away] - game.deadline[away]
    low, high = game.clip
    worth = game.gain[pair] - game.price[pair] if payments else game.gain[pair]
    result = game.local_utility.copy()
    result[away] = worth - game.sensitivity[away] * np.clip(late, low[away], high[away])
    return result


def utilities(game: OffloadingGame, profile: Profile) -> Floats:
    """The utility of every user, prices paid.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.

    Returns
    -------
    ndarray
        float64 [users], in money.

    Raises
    ------
    ValueError
        Where a user is at a provider out of reach.
    """
    return choice_utilities(game, _reachable(game, profile))


def provider_costs(game: OffloadingGame, profile: Profile) -> Floats:
    """The cost of every provider, cost_rate_k L_k / F_k with L_k the sum of the workloads there.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile.

    Returns
    -------
    ndarray
        float64 [providers], in money.
    """
    return game.cost_rate * _sums(profile.provider, game.workload, game.providers) / game.rate


def choice_welfare(game: OffloadingGame, choice: Ints, profile: Profile) -> float:
    """`value` for a choice of pairs and its profile.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    choice : ndarray
        Indices of pairs (`positions`), int64 [users].
    profile : Profile
        The profile that the choice stands for.

    Returns
    -------
    float
    """
    total = float(choice_utilities(game, choice, payments=False).sum()) - float(provider_costs(game, profile).sum())
    if game.users > EXACT_USERS or _certain(game, choice, total):
        return total
    from edgeworth.games.offloading.model.rational import exact_welfare

    return float(exact_welfare(game, choice.tolist()))


def _certain(game: OffloadingGame, choice: Ints, total: float) -> bool:
    """Whether the welfare is right to 1e-10 of itself, whatever was rounded.

    In units of u = 2^-53 a utility is off by c + 10 of the sizes of its terms (c users at the provider, see
    `efficiency.welfare_interval`), a cost by c + 2, the sums over m users by m: together less than 2 m + 16 of all sizes.
    """
    away = np.flatnonzero(choice >= 0)
    pair = choice[away]
    k = game.provider[pair]
    load = _sums(k, game.weight[away], game.providers)
    late = game.transfer[pair] + game.unit[away] * (load[k] / game.rate[k]) + game.deadline[away]
    size = np.abs(game.gain[pair]) + game.sensitivity[away] * late + game.cost_rate[k] * game.workload[away] / game.rate[k]
    whole = float(size.sum()) + float(np.abs(game.local_utility).sum())
    return (2 * game.users + 16) * 2.0**-53 * whole <= 1e-10 * abs(total)


def value(game: OffloadingGame, profile: Profile) -> float:
    """The welfare: the sum of the utilities before payments less the providers' costs.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.

    Returns
    -------
    float
        In money.

    Raises
    ------
    ValueError
        Where a user is at a provider out of reach: such a profile has no value.

    Notes
    -----
    Where rounding could move it by more than 1e-10 of itself, because large terms cancel, it is computed in fractions and
    rounded once (games of up to `EXACT_USERS` users).
    """
    return choice_welfare(game, _reachable(game, profile), profile)


def violations(game: OffloadingGame, profile: Profile) -> tuple[Violation, ...]:
    """Every broken constraint of a profile.

    Parameters
    ----------
    game : OffloadingGame
    profile : Profile
        One provider, or -1, for each user.

    Returns
    -------
    tuple of Violation
        Empty for a feasible profile. Rules: ``coverage`` (a user at a provider out of reach; amount 1) and ``cap`` (a provider
        with more users than its cap; amount: how many more). The places are users and providers.

    Raises
    ------
    ValueError
        For a profile of another length, or with a provider that the game does not have.
    """
    return choice_violations(game, profile, positions(game, profile))


def choice_violations(game: OffloadingGame, profile: Profile, choice: Ints) -> tuple[Violation, ...]:
    """`violations` where the `positions` are known.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile.
    choice : ndarray
        Its `positions`.

    Returns
    -------
    tuple of Violation
    """
    broken = Violations(game, violations)
    for i in np.flatnonzero(choice == -2).tolist():
        k = int(profile.provider[i])
        text = f"{broken.named('user', i)} is out of reach of {broken.named('provider', k)}"
        broken.add("coverage", 1.0, text, user=i, provider=k)
    count = np.bincount(profile.provider[profile.provider >= 0], minlength=game.providers)
    for k in np.flatnonzero(count > game.cap).tolist():
        text = f"{broken.named('provider', k)} serves {int(count[k])} users, its cap is {int(game.cap[k])}"
        broken.add("cap", float(count[k] - game.cap[k]), text, provider=k)
    return tuple(broken.found)


def measures(game: OffloadingGame, profile: Profile) -> dict[str, float]:
    """Named numbers of a profile, for tables.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    profile : Profile
        A profile within reach.

    Returns
    -------
    dict of str to float
        offloaded_share: users who offload; latency: mean seconds of all users; deadline_misses: machines that are later than
        their deadline; utilisation: users served over the sum of caps (caps beyond the users in reach count as those);
        busy_seconds: mean of L_k / F_k; payments: total of the prices paid; provider_cost: total; jain_human, jain_machine:
        Jain's index of the group's latencies, (sum t)^2 / (m sum t^2), 1 when all wait equally long. NaN where the denominator
        is 0.
    """
    choice = _reachable(game, profile)
    away = choice >= 0
    waits = delays(game, choice)
    reached = np.bincount(game.provider, minlength=game.providers)
    work = _sums(profile.provider, game.workload, game.providers)
    return {
        "offloaded_share": _ratio(int(away.sum()), game.users),
        "latency": _ratio(float(waits.sum()), game.users),
        "deadline_misses": float(np.count_nonzero(~game.human & (waits > game.deadline))),
        "utilisation": _ratio(int(away.sum()), int(np.minimum(game.cap, reached).sum())),
        "busy_seconds": _ratio(float((work / game.rate).sum()), game.providers),
        "payments": float(game.price[choice[away]].sum()),
        "provider_cost": float(provider_costs(game, profile).sum()),
        "jain_human": jain(waits[game.human]),
        "jain_machine": jain(waits[~game.human]),
    }


def jain(amounts: Floats) -> float:
    """Jain's fairness index (sum x)^2 / (n sum x^2).

    Parameters
    ----------
    amounts : ndarray
        x >= 0, float64 [n].

    Returns
    -------
    float
        Between 1/n and 1; NaN for no amounts or all zero.
    """
    return float(_ratio(float(amounts.sum()) ** 2, len(amounts) * float((amounts**2).sum())))


def _reachable(game: OffloadingGame, profile: Profile) -> Ints:
    choice = positions(game, profile)
    if np.any(choice == -2):
        i = int(np.argmax(choice == -2))
        validation.reject("profile", f"must keep every user within reach; user {i} is not", int(profile.provider[i]))
    return choice


def _sums(provider: Indices, amounts: Floats, length: int) -> Floats:
    """Sums of the amounts by provider, local ones (-1) left out."""
    away = provider >= 0
    if away.all():
        return np.asarray(np.bincount(provider, weights=amounts, minlength=length), dtype=np.float64)
    return np.asarray(np.bincount(provider[away], weights=amounts[away], minlength=length), dtype=np.float64)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
