"""Best-response cycles: a closed path of strictly improving best replies, as a finding that can be replayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeworth.core.result import Certificate, Result
from edgeworth.core.verdict import Verdict
from edgeworth.games.offloading.check.equilibrium import located
from edgeworth.games.offloading.model import OffloadingGame, Profile, choice_utilities, violations
from edgeworth.games.offloading.model.game import Ints

BEST_RESPONSE_CYCLE = "best-response-cycle"

_SLACK = 1e-9  # how far from a best reply a move may be, relative to the utilities compared


@dataclass(frozen=True)
class BestResponseCycle:
    """``profile``, then one user after another moves to its best reply and gains; after the last move it is ``profile`` again.

    user, provider: int64 [moves], who moves where (-1 local). Such a cycle proves that no potential of any kind rises along
    best replies; it does not prove that the game has no pure equilibrium.
    """

    profile: Profile
    user: Ints
    provider: Ints

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


def best_response_cycle(result: Result[Any]) -> BestResponseCycle | None:
    """The cycle that a result brings as its certificate; None where it brings none."""
    certificate = result.certificate
    if certificate is None or certificate.kind != BEST_RESPONSE_CYCLE:
        return None
    return _cycle(certificate)


def _cycle(certificate: Certificate) -> BestResponseCycle:
    arrays = certificate.arrays
    return BestResponseCycle(Profile(arrays["profile"]), arrays["user"], arrays["provider"])


def cycle_verdict(game: OffloadingGame, certificate: Certificate) -> Verdict:
    """Does every move gain, is each a best reply, and does the last lead back? Witness: the first step that fails."""
    try:
        cycle = _cycle(certificate)
        now = np.array(cycle.profile.provider)
        if not len(cycle) or violations(game, cycle.profile):
            return Verdict.of(False, 1.0, 0.0, "the cycle is empty or begins at an infeasible profile")
        for step, (i, k) in enumerate(zip(cycle.user.tolist(), cycle.provider.tolist(), strict=True)):
            best, gain = _replies(game, now, i, k)
            if not gain > 0.0 or best > _SLACK:
                return Verdict.of(
                    False, 1.0, 0.0, {"step": step, "user": i, "provider": k, "gain": gain, "short_of_best": best}
                )
            now[i] = k
    except (KeyError, ValueError, TypeError, IndexError) as error:
        return Verdict.of(False, 1.0, 0.0, f"the cycle cannot be replayed: {error}")
    closed = bool(np.array_equal(now, cycle.profile.provider))
    return Verdict.of(
        closed, 0.0 if closed else 1.0, 0.0, None if closed else "the last move does not lead back to the first profile"
    )


def _replies(game: OffloadingGame, now: Ints, i: int, k: int) -> tuple[float, float]:
    """How far user i's move to k is from its best reply, relative, and what it gains."""

    def worth(place: int) -> float:
        moved = now.copy()
        moved[i] = place
        return float(choice_utilities(game, located(game, Profile(moved)))[i])

    count = np.bincount(now[now >= 0], minlength=game.providers)
    reach = game.provider[game.indptr[i] : game.indptr[i + 1]].tolist()
    options = {place: worth(place) for place in [-1, *reach] if place in (-1, int(now[i])) or count[place] < game.cap[place]}
    scale = max(abs(utility) for utility in options.values()) or 1.0
    return (max(options.values()) - options[k]) / scale, options[k] - options[int(now[i])]
