"""The checker of finite games. It shares `model` with the methods and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import SECONDS, Budget, Checker, Mismatch, epsilon_verdict, verify_answer
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.result import Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.games.normal_form.model import (
    NormalFormGame,
    Profile,
    Violation,
    best_responses,
    commitment_bound,
    payoffs,
    value,
    violations,
    worst_deviation,
)

EPSILON_TOL = 1e-9
"""The relative regret up to which a profile counts as an equilibrium: the largest gain of a deviation over |payoff|."""
COMMITMENT = "commitment-multipliers"


def verify(game: NormalFormGame, answer: Profile | Result[Profile], *, seconds: float = SECONDS) -> Report:
    """Check a profile or a result against the game. Truthy when every verdict holds.

    ``feasible``: every player's vector is a mixed strategy (1e-9); witness: a `model.Violation`. ``epsilon``: the largest
    regret over all pure deviations (mixed ones gain no more), relative to the deviating player's largest |payoff|; tolerance
    1e-9 for a bare profile and for a result that claims an equilibrium, none for others (learners, a commitment, a run cut
    short); witness: the `model.Deviation`. ``commitment``, where the result carries commitment multipliers: player 1 replies
    best (1e-9), and no commitment earns player 0 more than the bound that the multipliers prove (`commitment_bound`), up to
    1e-9 of its largest |payoff|; witness: an `edgeworth.core.checking.Mismatch`. For a result also ``value`` (recomputed)
    and ``quality``. No method states a bound on the value: player 0 does not choose alone.
    All checks are exhaustive; `model.regret` with ``exact=True`` repeats the regret in fractions.

    Raises TypeError for other types, ValueError for a profile or a result of another game.
    """
    return verify_answer(_CHECKER, game, answer, seconds)


def _judge(
    game: NormalFormGame, profile: Profile, claimed: bool, result: Result[Profile] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    verdicts = _profile(game, profile, claimed=claimed)
    if not verdicts["feasible"]:
        return verdicts, None
    if result is not None and result.certificate is not None and result.certificate.kind == COMMITMENT:
        verdicts["commitment"] = _commitment(game, result, profile)
    return verdicts, value(game, profile)


def _profile(game: NormalFormGame, profile: Profile, *, claimed: bool) -> dict[str, Verdict]:
    worst: Violation | None = max(violations(game, profile), key=lambda violation: violation.amount, default=None)
    verdicts = {"feasible": Verdict.of(worst is None, 0.0 if worst is None else worst.amount, FEASIBILITY_TOL, worst)}
    if worst is None:  # regrets are those of mixed strategies
        epsilon, deviation = worst_deviation(game, profile)
        verdicts["epsilon"] = epsilon_verdict(epsilon, deviation, EPSILON_TOL, claimed=claimed)
    return verdicts


def _commitment(game: NormalFormGame, result: Result[Profile], profile: Profile) -> Verdict:
    arrays = {} if result.certificate is None else result.certificate.arrays
    earned = float(payoffs(game, profile)[0])
    try:
        bound = commitment_bound(game, arrays["y"])
    except (ValueError, TypeError, KeyError):  # multipliers that are missing, negative or misshapen prove nothing
        return Verdict.of(False, float("inf"), EPSILON_TOL, Mismatch("commitment", earned, None))
    scale = float(game.magnitude[0])
    short = (bound - earned) / scale if scale > 0.0 else 0.0
    best = best_responses(game, profile, 1, tolerance=EPSILON_TOL)
    stray = float(sum(p for k, p in enumerate(profile[1]) if k not in best))  # probability of replies that are not best
    broken = max(short, stray, 0.0)
    holds = broken <= EPSILON_TOL
    return Verdict.of(holds, broken, EPSILON_TOL, None if holds else Mismatch("commitment", earned, bound))


_CHECKER = Checker("normal-form", NormalFormGame, Profile, _judge, name="game")
