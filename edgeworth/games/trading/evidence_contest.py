"""The computations behind `claims_contest` that need no learner: Theorem 2, Definition 2, Lemma 2 and equation (28).

With one role ratio beta and a_i = u_i p - (1 - beta) C_b > 0 the paper's reply (12) to the others' demand Y is
f_i(Y) = sqrt(R_i Y / a_i) - Y, which (13) clips to [F_min, F_max].
"""

from __future__ import annotations

import numpy as np

from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.games.trading.evidence import _condition_14, _games
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.model import Floats, TradingGame, generate, profile_utilities

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
_PRICE = 15.0


def _terms(game: TradingGame) -> tuple[Floats, Floats, Floats, Floats]:
    """Demands in equilibrium, the others' demands Y_i, R_i / a_i, and what (12) replies to Y_i."""
    demands = stage(game, _PRICE)[0]
    others = demands.sum() - demands
    ratio = game.effective_reward / (game.payment_weight * _PRICE - game.service_margin)
    return demands, others, ratio, np.sqrt(ratio * others) - others


def fixed_point(budget: ClaimBudget) -> Evidence:
    games = _games(budget.instances)
    replies, profits = [], []
    for game in games:
        demands, _, _, reply = _terms(game)
        replies.append(float(np.abs(reply / demands - 1.0).max()))
        profits.append(float(np.abs(profile_utilities(game, _PRICE, demands) / demands - 1.0).min()))
    text = (
        f"{len(games)} games: in equilibrium the replies (12) are the demands within {max(replies):.1g}; a consumer's profit"
        f" differs from its demand by {100.0 * min(profits):.3g}% or more of it: it is money, the demand power, and the fixed"
        " point is one of the reply, not of the profit"
    )
    found = _HOLDS if max(profits) < 1e-9 else (_PARTLY if max(replies) < 1e-9 else _FAILS)
    numbers = ({"largest_reply_error": max(replies), "least_profit_error": min(profits)},)
    return Evidence(found, Reason.MEASURED, text, numbers=numbers, instances=len(games))


def positivity(budget: ClaimBudget) -> Evidence:
    games = _games(budget.instances)
    everywhere, at_rest, count = 0, 0, 0
    for game in games:
        _, others, ratio, _ = _terms(game)
        everywhere += int(((game.consumers - 1) * game.max_demand < ratio).sum())
        at_rest += int((others < ratio).sum())
        count += game.consumers
    text = (
        f"(12) is positive where the others ask for less than R_i / a_i: in equilibrium for {at_rest} of {count} consumers, at"
        f" all demands of the box for {everywhere}; (13) is positive anyhow where F_min > 0"
    )
    found = _HOLDS if everywhere == count else (_PARTLY if at_rest == count else _FAILS)
    numbers = ({"consumers": count, "positive_everywhere": everywhere, "positive_in_equilibrium": at_rest},)
    return Evidence(found, Reason.PROVED, text, numbers=numbers, instances=len(games))


def monotonicity(budget: ClaimBudget) -> Evidence:
    games = _games(budget.instances) + _games(budget.instances, 2)
    rising, count = 0, 0
    witness: TradingGame | None = None
    numbers = list[Row]()
    for game in games:
        demands, others, ratio, _ = _terms(game)
        up = others < 0.25 * ratio  # the peak of sqrt(ratio Y) - Y
        rising += int(up.sum())
        count += game.consumers
        if not up.all():
            witness = game
        numbers.append({"rising": int(up.sum()), "largest_share": float(demands.max() / demands.sum())})
    text = (
        f"the reply rises up to Y = R_i / (4 a_i) and falls beyond; in equilibrium it rises for {rising} of {count} consumers"
        f" of {len(games)} games: Y_i < R_i / (4 a_i) says that i has more than half of all demand, which one consumer can have"
        " at most"
    )
    found = _HOLDS if rising == count else _FAILS
    return Evidence(
        found, Reason.PROVED, text, numbers=tuple(numbers), instances=len(games), witness=witness
    )  # fmt: skip


def scalability(budget: ClaimBudget) -> Evidence:
    games, least, apart = _games(budget.instances), np.inf, []
    for game in games:
        _, others, ratio, _ = _terms(game)
        for rho in (1.01, 2.0, 10.0):
            for y in np.linspace(0.05, 0.95, 19)[:, None] * ratio:  # where (12) is positive
                clipped = (np.clip(np.sqrt(ratio * t) - t, game.min_demand, game.max_demand) for t in (y, rho * y))
                once, scaled = clipped
                least = min(least, float((rho * once - scaled).min()))
            gap = (rho - np.sqrt(rho)) * np.sqrt(ratio * others)
            printed = game.effective_reward * others / gap
            apart.append(float(np.abs(printed / gap - 1.0).min()))
    text = (
        f"rho f(F) - f(rho F) is {least:.3g} or more on {len(games)} games, (12) and (13) alike: the condition holds."
        f" It is (rho - sqrt(rho)) sqrt(R_i Y / a_i) for (12); what (17) prints differs from that by {100.0 * min(apart):.3g}%"
        " or more"
    )
    found = _FAILS if least <= 0.0 else (_HOLDS if max(apart) < 1e-9 else _PARTLY)
    numbers = ({"least_difference": least, "least_error_of_17": min(apart)},)
    return Evidence(found, Reason.PROVED, text, numbers=numbers, instances=len(games))


def lemma_2(budget: ClaimBudget) -> Evidence:
    games = _games(budget.instances) + _games(budget.instances, 2)
    assumed, true, agree, count, whole, premise = 0, 0, 0, 0, 0, 0
    for game in games:
        _, others, ratio, _ = _terms(game)
        rate = 1.0 / ratio
        condition, conclusion = 2 * (game.consumers - 1) * rate < rate.sum(), others < 0.25 * ratio
        assumed, true = assumed + int(condition.sum()), true + int(conclusion.sum())
        agree += int((condition == conclusion).sum())
        count += game.consumers
        whole += int(conclusion.all())
        premise += int(any(_condition_14(game, _PRICE)))
    text = (
        f"consumer by consumer (24) is condition (14) in another form: they agree for {agree} of {count} (true for {true});"
        f" for all consumers of a game (14) is true in {premise} and (24) in {whole} of {len(games)}: it says that each has"
        " more than half of all demand"
    )
    found = _HOLDS if whole == len(games) else (_PARTLY if agree == count else _FAILS)
    numbers = ({"consumers": count, "condition_14": assumed, "equation_24": true, "agree": agree, "games": whole},)
    return Evidence(found, Reason.PROVED, text, numbers=numbers, instances=len(games))


def equation_28(budget: ClaimBudget) -> Evidence:
    games, step, numbers = (*_games(budget.instances), generate(preset="kink")), 0.02, list[Row]()
    for game in games:
        low, here, high = ((p - game.unit_cost) * stage(game, p)[0].sum() for p in (_PRICE - step, _PRICE, _PRICE + step))
        sign = float(((game.unit_cost * game.payment_weight - game.service_margin) / game.effective_reward).sum())
        slope, bend = float(high - low) / (2.0 * step), float(high - 2.0 * here + low) / step**2
        numbers.append({"first_derivative": slope, "second_derivative": bend, "cost_less_margin": sign})
    bends, slopes = (np.array([float(row[name]) for row in numbers]) for name in ("second_derivative", "first_derivative"))
    convex = bends > 0.0
    rise, fall = int((slopes[~convex] > 0.0).sum()), int((slopes[convex] < 0.0).sum())
    text = (
        f"concave in {int((~convex).sum())} and convex in {int(convex.sum())} of {len(games)} games at the price 15: it has the"
        " sign of sum (1 - beta) C_b / R_j - C sum u_j / R_j, and the derivative has the other one. Where it is negative the"
        f" profit rises with the price ({rise} games), where it is positive it falls ({fall}): concave or not, no price is"
        " stationary"
    )
    k = int(bends.argmax())
    found, witness = (_FAILS, games[k]) if convex.any() else (_HOLDS, None)
    return Evidence(
        found, Reason.PROVED, text, numbers=tuple(numbers), instances=len(games), witness=witness
    )  # fmt: skip
