"""The checker of computing-power trading. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

from edgeworth.core.checking import (
    SECONDS,
    Budget,
    Checker,
    Mismatch,
    Rebuild,
    epsilon_verdict,
    verify_answer,
)
from edgeworth.core.numeric import FEASIBILITY_TOL, OPTIMALITY_TOL
from edgeworth.core.result import Quality, Result
from edgeworth.core.verdict import Report, Scope, Verdict
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

_REBUILD: dict[str, Rebuild] = {"price-intervals": lambda game, arrays, budget: interval_bound(game, arrays)}


def verify(game: TradingGame, answer: Equilibrium | Result[Equilibrium], *, seconds: float = SECONDS) -> Report:
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
    return verify_answer(_CHECKER, game, answer, seconds)


def _judge(
    game: TradingGame, solution: Equilibrium, claimed: bool, result: Result[Equilibrium] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    tolerance = OPTIMALITY_TOL
    if result is not None and result.quality is not Quality.OPTIMAL and result.gap is not None:
        tolerance = max(tolerance, result.gap)
    return _profile(game, solution, claimed, tolerance), value(game, solution)


def _profile(game: TradingGame, solution: Equilibrium, claimed: bool, leader_tolerance: float) -> dict[str, Verdict]:
    found = violations(game, solution)
    worst: Violation | None = max(found, key=lambda violation: violation.amount, default=None)
    amount = 0.0 if worst is None else worst.amount
    verdicts = {"feasible": Verdict.of(worst is None, amount, FEASIBILITY_TOL, worst), "record": _record(game, solution)}
    if worst is not None:
        return verdicts  # regrets are of feasible profiles
    epsilon, deviation = follower_regret(game, solution)
    verdicts["epsilon"] = epsilon_verdict(epsilon, deviation, EPSILON_TOL, claimed=claimed)
    regret, deviation, tried = leader_regret(game, solution)
    scope = Scope("sampled", tried, note="prices")
    verdicts["leader"] = epsilon_verdict(regret, deviation, leader_tolerance, claimed=claimed, scope=scope)
    return verdicts


def _record(game: TradingGame, solution: Equilibrium) -> Verdict:
    own = equilibrium_of(game, solution.price, solution.demands, strong=solution.tie_break == "strong")
    for name in ("regime", "tie_break"):
        stated, found = getattr(solution, name), getattr(own, name)
        if stated != found:
            return Verdict.of(False, 1.0, 0.0, Mismatch("record", stated, found))
    found_profits = profile_utilities(game, solution.price, solution.demands)
    scale = max(float(abs(found_profits).max()), 1e-300)
    differences = abs(solution.profits - found_profits) / scale
    i = int(differences.argmax())
    broken = float(differences[i])
    witness = Mismatch("record", float(solution.profits[i]), float(found_profits[i]))
    holds = broken <= OPTIMALITY_TOL
    return Verdict.of(holds, broken, OPTIMALITY_TOL, None if holds else witness)


_CHECKER = Checker("trading", TradingGame, Equilibrium, _judge, _REBUILD)
