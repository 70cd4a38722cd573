"""The checker of the offloading game. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import Budget, BudgetEnded, Rebuild, not_checked
from edgeworth.core.result import Result
from edgeworth.core.verdict import Verdict
from edgeworth.games.offloading.check.cycles import BEST_RESPONSE_CYCLE, BestResponseCycle, best_response_cycle, cycle_verdict
from edgeworth.games.offloading.check.equilibrium import EPSILON_TOL as EPSILON_TOL, Deviation, epsilon, feasibility, located
from edgeworth.games.offloading.check.local_bound import LOCAL, local_bound
from edgeworth.games.offloading.check.potentials import PotentialWitness, Sampled, improving_deviations, verify_potential
from edgeworth.games.offloading.check.partition_bound import search_bound
from edgeworth.games.offloading.model import SEARCH, SLICES, OffloadingGame, Profile, choice_welfare, slice_bound

__all__ = [
    "BestResponseCycle",
    "Deviation",
    "PotentialWitness",
    "Sampled",
    "best_response_cycle",
    "improving_deviations",
    "verify_potential",
]

REBUILD: dict[str, Rebuild] = {
    SLICES: lambda game, arrays, budget: slice_bound(game, arrays, budget.check),
    SEARCH: search_bound,
    LOCAL: local_bound,
}


def judge(
    game: OffloadingGame, profile: Profile, claimed: bool, result: Result[Profile] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """Judge a profile as a (generalised) equilibrium, or measure how far it is from one.

    Parameters
    ----------
    game : OffloadingGame
    profile : Profile
    claimed : bool
        The profile is said to be an equilibrium: a bare one, or an equilibrium method's that ended by proof or convergence.
        Everywhere else (a learner, an optimiser, a run that was cut, dynamics whose threshold is too coarse) ``epsilon`` is
        measured and not judged.
    result : Result, optional
        Where the profile comes from; a best-response cycle as its certificate is replayed.
    budget : Budget

    Returns
    -------
    verdicts : dict of Verdict
        Listed in the docstring of `edgeworth.games.offloading`.
    value : float or None
        The welfare; None where a user sits out of reach.

    Raises
    ------
    ValueError
        For a profile of another length.
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
