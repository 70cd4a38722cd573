"""Generators of trading games: the paper's table, three games whose answer is known, and random ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, Seed, generator
from edgeworth.games.trading.model.problem import ROLES, TradingGame

PRESETS = ("ai-bazaar", "interior", "kink", "two-peaks", "random")

_CHANGES: dict[str, dict[str, float]] = {
    "ai-bazaar": {},
    "interior": {"reward": 2000.0, "service_profit": 2.0},
    "kink": {"reward": 4000.0, "service_profit": 2.0, "unit_cost": 3.0},
    "two-peaks": {"reward": 2000.0, "service_profit": 2.0},
}


@validation.by_name
def generate(
    *, preset: str = "ai-bazaar", consumers: int | None = None, seed: Seed = None, roles: str = "given"
) -> TradingGame:
    """Generate a game.

    Parameters
    ----------
    preset : str
        One of the presets in the notes.
    consumers : int, optional
        N >= 1 (2 for ``random``); 10 without it.
    seed : int, SeedSequence or Generator, optional
        Of ``random``; a fresh one, recorded in the provenance, without it. The other presets are not random.
    roles : {"given", "chosen"}
        Whether consumers mine with the share beta of their power, or with what they like.

    Returns
    -------
    TradingGame
        The same arguments give the same game.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range.

    Notes
    -----
    ``ai-bazaar``: Table 1 of the paper, N = 10, eps = 1/20 (the paper says eps = 1 / T_train and prints 20; with eps = 20 every
    effective reward is below 4e-31), tau .01, delta .8, C 5, C_b 220, u .5, m 1, R 20,000, B 500, lambda 2.5, beta .2 for
    the first consumer and .1 for the others, F in [10, 100], p in [10, 20].
    ``interior``: the same with R 2,000, C_b 2, all beta .1; all demands are interior and the best price is 20.
    ``kink``: R 4,000, C_b 2, C 3, all beta .1; the best price, about 11.34, lies where demands leave F_max.
    ``two-peaks``: R 2,000, C_b 2, beta .2/.1; a local maximum 3417.0 at 12.87, the global one 3418.6 at 20.
    ``random`` (ours): half the draws have wide boxes, F_min = 0 and costs kappa_i / R_i = common x (1 + noise / N), so that
    many demands are interior; the other half have heterogeneous beta, u, m, delta and any of the four regimes, now and then
    with consumers that do not mine or have no reward. (Where roles are chosen and one alone would have a reward, all have.)
    """
    validation.choice("preset", preset, PRESETS)
    validation.choice("roles", roles, ROLES)
    rng, record = generator(seed, INSTANCES)
    n = validation.integer("consumers", 10 if consumers is None else consumers, minimum=2 if preset == "random" else 1)
    parameters: dict[str, Any] = {"consumers": n} | ({"roles": roles} if roles != "given" else {})
    if preset == "random":
        game = _with_interior_demands(rng, n) if rng.random() < 0.5 else _any_regime(rng, n)
        alone = roles == "chosen" and np.count_nonzero(game.token_effect) == 1
        effect = np.ones(n) if alone else game.token_effect
        return replace(game, token_effect=effect, provenance=Provenance("preset", preset, parameters, record), roles=roles)
    role = np.full(n, 0.1)
    if preset in ("ai-bazaar", "two-peaks"):
        role[0] = 0.2
    fields: dict[str, Any] = {
        "reward": 20_000.0,
        "service_profit": 220.0,
        "unit_cost": 5.0,
        "performance_factor": 2.5,
        "block_size": 500.0,
        "puzzle_constant": 0.05,
        "propagation_factor": 0.01,
    } | _CHANGES[preset]
    return TradingGame(
        role_ratio=role,
        payment_weight=np.full(n, 0.5),
        token_effect=np.ones(n),
        evaluation_metric=np.full(n, 0.8),
        min_demand=10.0,
        max_demand=100.0,
        min_price=10.0,
        max_price=20.0,
        provenance=Provenance("preset", preset, parameters),
        roles=roles,
        **fields,
    )


def _with_interior_demands(rng: np.random.Generator, n: int) -> TradingGame:
    """Costs kappa_i / R_i that differ by 1 / N at the price in the middle: shares near 1 / N, so nearly all are interior."""
    low = rng.uniform(5.0, 15.0)
    high = low * rng.uniform(1.2, 2.0)
    middle = 0.5 * (low + high)
    beta, u = rng.uniform(0.05, 0.5, n), rng.uniform(0.3, 0.7, n)
    margin = rng.uniform(0.0, 0.5) * 0.3 * low
    cost = (u * middle - (1.0 - beta) * margin) / beta
    common = rng.uniform(0.5, 2.0) / 100.0
    reward = cost / (common * (1.0 + rng.uniform(-0.4, 0.4, n) / n))
    typical = 1.0 / (common * 0.05 * n)  # a demand at the smallest beta, share 1 / N
    return TradingGame.from_effective_reward(
        beta,
        u,
        reward,
        service_profit=margin,
        unit_cost=rng.uniform(0.2, 0.9) * low,
        min_demand=0.0,
        max_demand=rng.uniform(2.0, 20.0) * typical,
        min_price=low,
        max_price=high,
    )


def _any_regime(rng: np.random.Generator, n: int) -> TradingGame:
    """Heterogeneous consumers; rewards are scaled so that a typical demand falls below, into, or beyond the box."""
    low = rng.uniform(2.0, 15.0)
    high = low * rng.uniform(1.1, 4.0)
    beta, u = rng.uniform(0.02, 1.0, n), rng.uniform(0.2, 1.0, n)
    least = rng.uniform(0.1, 20.0)
    most = least * rng.uniform(1.5, 50.0)
    aim = np.exp(rng.uniform(np.log(least / 5.0), np.log(most * 500.0)))
    effect = rng.lognormal(0.0, rng.uniform(0.0, 1.0), n)
    if rng.random() < 0.25:
        idle = rng.random(n) < 0.2
        beta = np.where(idle & (rng.random(n) < 0.5), 0.0, beta)
        effect = np.where(idle, 0.0, effect)
    return TradingGame(
        role_ratio=beta,
        payment_weight=u,
        token_effect=effect,
        evaluation_metric=rng.uniform(0.0, 1.0, n),
        reward=0.6 * low * aim * n,  # u p F N: what a contest pays out when costs eat up rewards
        service_profit=rng.choice([0.0, 0.2, 1.0]) * rng.uniform(0.0, 1.0) * low,
        unit_cost=rng.uniform(0.0, 0.9) * low,
        performance_factor=rng.uniform(0.0, 2.0),
        block_size=rng.uniform(0.0, 100.0),
        puzzle_constant=0.05,
        propagation_factor=0.01,
        min_demand=least,
        max_demand=most,
        min_price=low,
        max_price=high,
    )
