"""The checker of the offloading game. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import Budget, BudgetEnded, Rebuild, not_checked
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict
from edgeworth.games.offloading.check.cycles import BEST_RESPONSE_CYCLE, BestResponseCycle, best_response_cycle, cycle_verdict
from edgeworth.games.offloading.check.equilibrium import EPSILON_TOL as EPSILON_TOL, Deviation, epsilon, feasibility, located
from edgeworth.games.offloading.check.potentials import PotentialWitness, Sampled, verify_potential
from edgeworth.games.offloading.check.splits import search_bound
from edgeworth.games.offloading.model import SEARCH, SLICES, OffloadingGame, Profile, choice_welfare, slice_bound

__all__ = ["BestResponseCycle", "Deviation", "PotentialWitness", "Sampled", "best_response_cycle", "verify_potential"]

REBUILD: dict[str, Rebuild] = {
    SLICES: lambda game, arrays, budget: slice_bound(game, arrays, budget.check),
    SEARCH: search_bound,
}


def judge(
    game: OffloadingGame, profile: Profile, claimed: bool, result: Result[Profile] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """Check a profile or a result against the game. Truthy when every verdict holds or is a measurement.

    ``coverage`` and ``cap``; witness: a `model.Violation`. ``epsilon``: the largest gain of one user by one move of its own
    that caps and coverage leave open, relative to its spread (the best less the worst that its open actions earn at the
    profile); a (generalised) equilibrium has at most 1e-9 beyond rounding (`check.equilibrium.epsilon` derives the margin);
    witness: a `Deviation`. A bare profile is judged, and so is a result whose method claims an equilibrium: it is of
    that kind and ended as PROVED or CONVERGED. Everywhere else (a learner, an optimiser, a run that was cut, dynamics whose
    threshold is too coarse) epsilon is measured and not judged. For a result also ``value`` (recomputed, relative 1e-9),
    ``bound`` (its side; where its evidence is "recomputed", rebuilt from prices and slices (`model.slice_bound`), or proved
    again by a search (`check.splits.search_bound`)), ``quality``, and ``cycle`` where a best-response cycle
    is its certificate: every move of it is replayed. All checks are exhaustive, in one pass over all pairs; seconds: the
    budget, and what it does not suffice for is NOT_CHECKED.

    Raises TypeError for other types, ValueError for a result of another game or sense and for a profile of another length.
    """
    choice = located(game, profile)
    verdicts = feasibility(game, profile, choice)
    try:
        verdicts["epsilon"] = epsilon(game, profile, choice, claimed, budget)
    except BudgetEnded as ended:
        verdicts["epsilon"] = not_checked(ended)
    if result is not None and result.certificate is not None and result.certificate.kind == BEST_RESPONSE_CYCLE:
        verdicts["cycle"] = cycle_verdict(game, result.certificate, budget)
    return verdicts, choice_welfare(game, choice, profile) if verdicts["coverage"] else None
