"""The checker of the offloading game. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core import validation
from edgeworth.core.checking import Rebuild, claims_equilibrium, require_own, result_verdicts
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

_REBUILD: dict[str, Rebuild] = {SLICES: slice_bound}


def verify(game: OffloadingGame, answer: Profile | Result[Profile]) -> Report:
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
    if not isinstance(game, OffloadingGame):
        validation.reject_type("game", "must be an OffloadingGame", game)
    if isinstance(answer, Profile):
        choice = located(game, answer)
        return Report(feasibility(game, answer, choice) | {"epsilon": epsilon(game, answer, choice, EPSILON_TOL, claimed=True)})
    if not isinstance(answer, Result):
        validation.reject_type("answer", "must be a Profile or a Result", answer)
    require_own(game, answer)
    verdicts: dict[str, Verdict] = {}
    found = None
    if answer.solution is not None:
        choice = located(game, answer.solution)
        verdicts |= feasibility(game, answer.solution, choice)
        tolerance = max(EPSILON_TOL, getattr(answer.params, "threshold", 0.0))
        verdicts["epsilon"] = epsilon(game, answer.solution, choice, tolerance, claimed=claims_equilibrium(answer))
        found = choice_welfare(game, choice, answer.solution) if verdicts["coverage"] else None
    if answer.certificate is not None and answer.certificate.kind == BEST_RESPONSE_CYCLE:
        verdicts["cycle"] = cycle_verdict(game, answer.certificate)
    return Report(verdicts | result_verdicts(game, answer, found, _REBUILD))
