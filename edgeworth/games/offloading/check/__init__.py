"""The checker of the offloading game. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import SECONDS, Budget, Checker, Rebuild, verify_answer
from edgeworth.core.result import Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.games.offloading.check.cycles import BEST_RESPONSE_CYCLE, BestResponseCycle, best_response_cycle, cycle_verdict
from edgeworth.games.offloading.check.equilibrium import EPSILON_TOL, Deviation, epsilon, feasibility, located
from edgeworth.games.offloading.check.potentials import PotentialWitness, Sampled, verify_potential
from edgeworth.games.offloading.model import SLICES, OffloadingGame, Profile, choice_welfare, slice_bound

__all__ = [
    "EPSILON_TOL",
    "BestResponseCycle",
    "Deviation",
    "PotentialWitness",
    "Sampled",
    "best_response_cycle",
    "verify",
    "verify_potential",
]

_REBUILD: dict[str, Rebuild] = {SLICES: lambda game, arrays, budget: slice_bound(game, arrays)}


def verify(game: OffloadingGame, answer: Profile | Result[Profile], *, seconds: float = SECONDS) -> Report:
    """Check a profile or a result against the game. Truthy when every verdict holds.

    ``coverage`` and ``cap``; witness: a `model.Violation`. ``epsilon``: the largest gain of one user by one move of its own
    that caps and coverage leave open, relative to its scale (its largest |utility| over the actions it may take, at least
    1e-6 of the largest term of these); a (generalised) equilibrium has at most 1e-9, or the method's own ``threshold`` where
    that is larger; witness: a `Deviation`. A bare profile is judged. Where a result claims no equilibrium (a learner, an
    optimiser, a run that was cut) epsilon is measured and not judged. For a result also ``value`` (recomputed,
    relative 1e-9), ``bound`` (its side; rebuilt where its evidence is "recomputed"), ``quality``, and ``cycle`` where a
    best-response cycle is its certificate: every move of it is replayed. All checks are exhaustive, in one pass over all pairs.

    Raises TypeError for other types, ValueError for a result of another game or sense and for a profile of another length.
    """
    return verify_answer(_CHECKER, game, answer, seconds)


def _judge(
    game: OffloadingGame, profile: Profile, claimed: bool, result: Result[Profile] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    choice = located(game, profile)
    verdicts = feasibility(game, profile, choice)
    tolerance = EPSILON_TOL if result is None else max(EPSILON_TOL, getattr(result.params, "threshold", 0.0))
    verdicts["epsilon"] = epsilon(game, profile, choice, tolerance, claimed=claimed)
    if result is not None and result.certificate is not None and result.certificate.kind == BEST_RESPONSE_CYCLE:
        verdicts["cycle"] = cycle_verdict(game, result.certificate)
    return verdicts, choice_welfare(game, choice, profile) if verdicts["coverage"] else None


_CHECKER = Checker("offloading", OffloadingGame, Profile, _judge, _REBUILD, name="game")
