"""The checker of computing-power trading. It shares `model` with the solvers and nothing else."""

from __future__ import annotations

import numpy as np

from edgeworth.core.checking import (
    Budget,
    BudgetEnded,
    Mismatch,
    Rebuild,
    epsilon_verdict,
    not_checked,
)
from edgeworth.core.numeric import OPTIMALITY_TOL
from edgeworth.core.result import Quality, Result, Termination
from edgeworth.core.verdict import Scope, Verdict
from edgeworth.core.violation import Violation
from edgeworth.games.trading.check.bound import interval_bound
from edgeworth.games.trading.check.regret import Deviation, follower_regret, leader_regret, price_value as price_value
from edgeworth.games.trading.check.reply import DEMAND_TOL, DemandDeviation, largest_demand_deviation
from edgeworth.games.trading.check.role_bound import role_bound
from edgeworth.games.trading.check.roles import RoleDeviation, role_regret, role_reply, role_ties
from edgeworth.games.trading.model import (
    Equilibrium,
    TradingGame,
    equilibrium_of,
    value,
    violations,
)

__all__ = ["DemandDeviation", "Deviation", "RoleDeviation"]

REBUILD: dict[str, Rebuild] = {"price-intervals": interval_bound, "role-intervals": role_bound}


EPSILON_TOL = 1e-9
"""Regrets up to this, relative to the spread of what the player can attain, count as none."""


def judge(
    game: TradingGame, solution: Equilibrium, claimed: bool, result: Result[Equilibrium] | None, budget: Budget
) -> tuple[dict[str, Verdict], float | None]:
    """Judge a solution as a Stackelberg equilibrium, or measure how far it is from one.

    Parameters
    ----------
    game : TradingGame
    solution : Equilibrium
    claimed : bool
        The consumers are said to be in equilibrium: a bare solution, an equilibrium method that ended by proof or convergence.
    result : Result, optional
        Where the solution comes from.
    budget : Budget
        What the search over the leader's prices may spend.

    Returns
    -------
    verdicts : dict of Verdict
        Listed in the docstring of `edgeworth.games.trading`.
    value : float or None
        The leader's profit; None where price or demands leave their intervals.

    Raises
    ------
    ValueError
        For demands of another length.

    Notes
    -----
    All tolerances are constants of the checker. Of a bare solution everything is judged. Of a result that claims an
    equilibrium, as OPTIMAL does, the consumers are judged (``epsilon``, ``reply``, ``ties``); the leader's price (``leader``)
    only where the result ended by proof or says OPTIMAL or EQUILIBRIUM. A method that stopped early, or at a coarser gap than
    1e-9, claims the consumers' equilibrium at most: its leader's regret is MEASURED, and its bound says how far it may be from
    the best.
    Everything that is not claimed (learners, grids, runs cut short) is measured.
    """
    leads = claimed
    if result is not None:
        stated = (Quality.OPTIMAL, Quality.CLAIMED_OPTIMAL, Quality.EQUILIBRIUM)  # each of them is a claim
        leads = result.quality in stated or (claimed and result.termination is Termination.PROVED)
    found = violations(game, solution)
    worst: Violation | None = max(found, key=lambda violation: violation.amount, default=None)
    verdicts = {"feasible": Verdict.of(worst is None, 0.0 if worst is None else worst.amount, 0.0, worst)}
    if worst is not None:
        return verdicts, None  # profits and regrets are of feasible profiles
    earned = value(game, solution)
    verdicts["record"] = _record(game, solution)
    chosen = game.roles == "chosen"
    epsilon, gaining = role_regret(game, solution) if chosen else follower_regret(game, solution)
    verdicts["epsilon"] = epsilon_verdict(epsilon, gaining, EPSILON_TOL, claimed=claimed)
    distance, deviant = role_reply(game, solution) if chosen else largest_demand_deviation(game, solution)
    verdicts["reply"] = epsilon_verdict(distance, deviant, DEMAND_TOL, claimed=claimed)
    ties, untied = role_ties(game, solution) if chosen else _untied(game, solution)
    verdicts["ties"] = epsilon_verdict(ties, untied, 0.0, claimed=claimed)
    try:
        regret, deviation, tried = leader_regret(game, solution, budget)
    except BudgetEnded as ended:
        return verdicts | {"leader": not_checked(ended)}, earned
    scope = Scope("sampled", tried, note="prices")
    verdicts["leader"] = epsilon_verdict(regret, deviation, EPSILON_TOL, claimed=leads, scope=scope)
    return verdicts, earned


def _untied(game: TradingGame, solution: Equilibrium) -> tuple[float, Mismatch | None]:
    """How far an indifferent consumer's demand is from what the tie rule says, relative to its interval's length."""
    width = game.max_demand - game.min_demand
    always = game.threshold == -np.inf  # neither costs nor earns anything: the least
    asks = game.max_demand if solution.tie_break == "strong" else game.min_demand
    wanted = np.where(always, game.min_demand, asks)
    tied = ~game.rewarded & (always | (game.threshold == solution.price))
    apart = np.where(tied, np.abs(solution.demands - wanted), 0.0)
    i = int(apart.argmax())
    if width <= 0.0 or not apart[i] > 0.0:
        return 0.0, None
    return float(apart[i]) / width, Mismatch("ties", float(solution.demands[i]), float(wanted[i]))


def _record(game: TradingGame, solution: Equilibrium) -> Verdict:
    own = equilibrium_of(game, solution.price, solution.demands, strong=solution.tie_break == "strong", mining=solution.mining)
    for name in ("regime", "tie_break"):
        stated, found = getattr(solution, name), getattr(own, name)
        if stated != found:
            return Verdict.of(False, 1.0, 0.0, Mismatch("record", stated, found))
    found_profits = own.profits
    margin = game.service_profit if game.roles == "chosen" else game.service_margin
    spent = solution.demands * (margin + game.payment_weight * solution.price)
    scale = spent + game.effective_reward * (solution.demands > 0.0) + 1e-300  # of what the consumer's profit is made
    differences = abs(solution.profits - found_profits) / scale
    i = int(differences.argmax())
    broken = float(differences[i])
    witness = Mismatch("record", float(solution.profits[i]), float(found_profits[i]))
    holds = broken <= OPTIMALITY_TOL
    return Verdict.of(holds, broken, OPTIMALITY_TOL, None if holds else witness)
