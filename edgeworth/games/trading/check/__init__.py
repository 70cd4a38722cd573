"""The checker of computing-power trading. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core import validation
from edgeworth.core.checking import (
    Mismatch,
    Rebuild,
    claims_equilibrium,
    epsilon_verdict,
    require_own,
    result_verdicts,
)
from edgeworth.core.numeric import FEASIBILITY_TOL, OPTIMALITY_TOL
from edgeworth.core.result import Quality, Result
from edgeworth.core.verdict import Report, Verdict
from edgeworth.games.trading.check.bound import interval_bound
from edgeworth.games.trading.check.regret import Deviation, follower_regret, leader_regret
from edgeworth.games.trading.model import (
    Equilibrium,
    TradingGame,
    Violation,
    equilibrium_of,
    profile_utilities,
    value,
    violations,
)

__all__ = ["Deviation", "verify"]

EPSILON_TOL = 1e-9
"""Regrets up to this, relative to the player's scale, count as none."""

_REBUILD: dict[str, Rebuild] = {"price-intervals": interval_bound}


def verify(game: TradingGame, answer: Equilibrium | Result[Equilibrium]) -> Report:
    """Check a solution or a result against the game. Truthy when every verdict holds.

    ``feasible``: price and demands in their intervals (relative 1e-9). ``record``: profits, regime and tie-break are what the
    model says of price and demands. ``epsilon``: the largest regret of a consumer, relative to its scale (its largest
    |utility| over its demands, the others' fixed), from the utility functions alone; witness: the `Deviation` that gains.
    ``leader``: the leader's regret, by a search over prices with a follower solver of the checker's own (bisection), relative
    to its largest |profit| seen; its scope says how many prices were tried.
    For a result also ``value``, ``bound`` (rebuilt from the certificate's price intervals alone) and ``quality``.

    Where a method claims an equilibrium and was not cut short, and for a bare solution, ``epsilon`` and ``leader`` must be
    within 1e-9 (``leader`` within the gap of the bound where that is wider). Otherwise, as for learners and grids, they are
    measured and hold.

    Raises TypeError for other types, ValueError for a result of another game and for demands of another length.
    """
    if not isinstance(game, TradingGame):
        validation.reject_type("problem", "must be a TradingGame", game)
    if isinstance(answer, Equilibrium):
        return Report(_profile(game, answer, True, OPTIMALITY_TOL))
    if not isinstance(answer, Result):
        validation.reject_type("answer", "must be an Equilibrium or a Result", answer)
    require_own(game, answer)
    verdicts: dict[str, Verdict] = {}
    found = None
    if answer.solution is not None:
        tolerance = OPTIMALITY_TOL
        if answer.quality is not Quality.OPTIMAL and answer.gap is not None:
            tolerance = max(tolerance, answer.gap)
        verdicts |= _profile(game, answer.solution, claims_equilibrium(answer), tolerance)
        found = value(game, answer.solution)
    return Report(verdicts | result_verdicts(game, answer, found, _REBUILD))


def _profile(game: TradingGame, solution: Equilibrium, claimed: bool, leader_tolerance: float) -> dict[str, Verdict]:
    found = violations(game, solution)
    worst: Violation | None = max(found, key=lambda violation: violation.amount, default=None)
    amount = 0.0 if worst is None else worst.amount
    verdicts = {"feasible": Verdict(worst is None, amount, FEASIBILITY_TOL, worst), "record": _record(game, solution)}
    if worst is not None:
        return verdicts  # regrets are of feasible profiles
    epsilon, deviation = follower_regret(game, solution)
    verdicts["epsilon"] = epsilon_verdict(epsilon, deviation, EPSILON_TOL, claimed=claimed)
    regret, deviation, tried = leader_regret(game, solution)
    scope = f"sampled: {tried} prices"
    verdicts["leader"] = epsilon_verdict(regret, deviation, leader_tolerance, claimed=claimed, scope=scope)
    return verdicts


def _record(game: TradingGame, solution: Equilibrium) -> Verdict:
    own = equilibrium_of(game, solution.price, solution.demands, strong=solution.tie_break == "strong")
    for name in ("regime", "tie_break"):
        stated, found = getattr(solution, name), getattr(own, name)
        if stated != found:
            return Verdict(False, 1.0, 0.0, Mismatch("record", stated, found))
    found_profits = profile_utilities(game, solution.price, solution.demands)
    scale = max(float(abs(found_profits).max()), 1e-300)
    differences = abs(solution.profits - found_profits) / scale
    i = int(differences.argmax())
    broken = float(differences[i])
    witness = Mismatch("record", float(solution.profits[i]), float(found_profits[i]))
    holds = broken <= OPTIMALITY_TOL
    return Verdict(holds, broken, OPTIMALITY_TOL, None if holds else witness)
