"""Best-response cycles: a closed path of strictly improving best replies, as a finding that can be replayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from edgeworth.core import validation
from edgeworth.core.checking import Budget, BudgetEnded, certificate_array, not_checked
from edgeworth.core.result import Certificate, Result
from edgeworth.core.verdict import Scope, Verdict
from edgeworth.games.offloading.check.equilibrium import located
from edgeworth.games.offloading.model import OffloadingGame, Profile, profile_of, violations
from edgeworth.games.offloading.model.game import Ints
from edgeworth.games.offloading.model.rational import Rational

BEST_RESPONSE_CYCLE = "best-response-cycle"


@dataclass(frozen=True)
class BestResponseCycle:
    """Improving moves to best responses that lead back to the profile where they began.

    Parameters
    ----------
    profile : Profile
        The first and the last one.
    user, provider : int64 [moves]
        Who moves where, -1 for local execution.

    Notes
    -----
    Such a cycle proves that no potential of any kind rises along best responses; it does not prove that the game has no pure
    equilibrium.

    References
    ----------
    Voorneveld, Best-response potential games, Economics Letters 66 (2000).
    """

    profile: Profile
    user: Ints
    provider: Ints

    def __post_init__(self) -> None:
        m = len(self.profile.provider)
        user = validation.array("user", self.user, np.int64, (None,), minimum=0, maximum=m - 1)
        provider = validation.array("provider", self.provider, np.int64, (len(user),), minimum=-1)
        object.__setattr__(self, "user", user)
        object.__setattr__(self, "provider", provider)

    def __len__(self) -> int:
        return len(self.user)

    @property
    def profiles(self) -> Iterator[Profile]:
        """The profiles of the cycle in order, the first one again at the end."""
        now = np.array(self.profile.provider)
        yield self.profile
        for i, k in zip(self.user.tolist(), self.provider.tolist(), strict=True):
            now[i] = k
            yield Profile(now)


def best_response_cycle(result: Result[Profile]) -> BestResponseCycle | None:
    """Read the best-response cycle that a result has as its certificate.

    Parameters
    ----------
    result : Result

    Returns
    -------
    BestResponseCycle or None
        None where the certificate is of another kind or absent. `verify` judges whether its moves are best responses.

    Raises
    ------
    ValueError, TypeError, KeyError
        For arrays that describe no moves.
    """
    certificate = result.certificate
    if certificate is None or certificate.kind != BEST_RESPONSE_CYCLE:
        return None
    return _cycle(certificate)


def _cycle(certificate: Certificate) -> BestResponseCycle:
    arrays = certificate.arrays
    return BestResponseCycle(Profile(arrays["profile"]), arrays["user"], arrays["provider"])


def cycle_verdict(game: OffloadingGame, certificate: Certificate, budget: Budget) -> Verdict:
    """The verdict that every move gains and is a best response, and that the last leads back; witness: the first that fails.

    The path is replayed in exact arithmetic (`model.rational`): a move must gain more than 0, however little, and be short of
    the best open action by at most 1e-9 of the user's spread. The scope says so.
    """
    scope = Scope(note="gains in exact arithmetic; ties gain nothing")

    def failed(witness: object) -> Verdict:
        return Verdict.of(False, 1.0, 0.0, witness, scope)

    try:
        arrays = certificate.arrays
        start = certificate_array(arrays, "profile", np.int64, (game.users,), minimum=-1, maximum=game.providers - 1)
        user = certificate_array(arrays, "user", np.int64, (None,), minimum=0, maximum=game.users - 1)
        provider = certificate_array(arrays, "provider", np.int64, (len(user),), minimum=-1, maximum=game.providers - 1)
    except (KeyError, ValueError, TypeError) as error:
        return failed(f"the cycle cannot be replayed: {error}")
    if not len(user) or violations(game, Profile(start)):
        return failed("the cycle is empty or begins at an infeasible profile")
    try:
        path = _Path(game, located(game, Profile(start)))
        for step, (i, k) in enumerate(zip(user.tolist(), provider.tolist(), strict=True)):
            budget.check()
            found = path.move(i, k)
            if found is not None:
                return failed({"step": step, "user": i, "provider": k} | found)
    except BudgetEnded as ended:
        return not_checked(ended)
    if not np.array_equal(profile_of(game, path.choice).provider, start):
        return failed("the last move does not lead back to the first profile")
    return Verdict.of(True, 0.0, 0.0, None, scope)


class _Path:
    """A profile on the way, with exact loads."""

    def __init__(self, game: OffloadingGame, choice: Ints) -> None:
        self.game, self.exact, self.choice = game, Rational(game), choice.copy()
        self.load, self.count = [Fraction(0)] * game.providers, [0] * game.providers
        for i in np.flatnonzero(choice >= 0).tolist():
            k = int(game.provider[choice[i]])
            self.load[k] += self.exact.weight[i]
            self.count[k] += 1

    def move(self, i: int, k: int) -> dict[str, float] | None:
        """User i goes to provider k; None where that is a best reply that gains, else what is wrong with it."""
        game, old, weight = self.game, int(self.choice[i]), self.exact.weight[i]
        earned = {-1: self.exact.utility(i, -1, Fraction(0))}
        pairs = {-1: -1}
        for p in range(int(game.indptr[i]), int(game.indptr[i + 1])):
            place = int(game.provider[p])
            if p == old or self.count[place] < int(game.cap[place]):
                earned[place] = self.exact.utility(i, p, self.load[place] + (0 if p == old else weight))
                pairs[place] = p
        if k not in earned:
            return {"open": 0.0}
        now = earned[int(game.provider[old]) if old >= 0 else -1]
        most, least = max(earned.values()), min(earned.values())
        gain, short = earned[k] - now, most - earned[k]
        if gain <= 0 or short * 10**9 > most - least:
            return {"gain": float(gain), "short_of_best": float(short)}
        if old >= 0:
            self.load[int(game.provider[old])] -= weight
            self.count[int(game.provider[old])] -= 1
        if k >= 0:
            self.load[k] += weight
            self.count[k] += 1
        self.choice[i] = pairs[k]
        return None
