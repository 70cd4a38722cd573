"""The computations behind `claims`: each function runs one test of a claim of the AI-Bazaar paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core.claim_figures import curves
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.games.trading import sweeps
from edgeworth.games.trading.exact.closed_form import interior_demands
from edgeworth.games.trading.exact.follower import follower_equilibrium, stage
from edgeworth.games.trading.heuristic import GoldenSection
from edgeworth.games.trading.learned import NEAR, Session, distance, target
from edgeworth.games.trading.model import TradingGame, generate, value
from edgeworth.games.trading.one_sided import OTHERS, best_demand, best_price

if TYPE_CHECKING:
    import pandas as pd

PRESETS = ("ai-bazaar", "interior", "kink", "two-peaks")
"""The games on which learners are compared."""

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS


def table_one(budget: ClaimBudget) -> Evidence:
    game, at = generate(), sweeps.equilibrium(generate())
    printed = float(replace(game, puzzle_constant=20.0).effective_reward.max())
    margin, cost = float(game.service_margin.min()), float((game.payment_weight * game.max_price).max())
    text = (
        f"with eps = 20 the largest effective reward is {printed:.2g}; with eps = 1/20 a unit earns {margin:.4g} or more by"
        f" services and costs {cost:.4g} or less: regime {at.regime}, price {at.price:g}, profit {value(game, at):.6g}"
    )
    numbers = ({"largest_reward": printed, "least_margin": margin, "largest_cost": cost, "profit": value(game, at)},)
    return Evidence(_FAILS if margin > cost else _HOLDS, Reason.UNIT_AUDIT, text, numbers=numbers, instances=1)


def condition_14(budget: ClaimBudget) -> Evidence:
    games = _games(budget.instances)
    held = sum(any(_condition_14(game, 15.0)) for game in games)
    numbers: list[Row] = [{"costs": "positive", "consumers": games[0].consumers, "games": len(games), "held": held}]
    below, counts = [], range(2, 11)
    for n in counts:
        base = generate(consumers=n)
        game = replace(base, role_ratio=np.full(n, 0.1))
        literal, meant = _condition_14(game, 15.0)
        total = float(interior_demands(game, 15.0).sum())
        numbers.append({"costs": "negative", "consumers": n, "literal": literal, "held": meant, "total_of_18": total})
        below.append((n, literal, meant, total))
    where = [n for n, _, meant, _ in below if meant]
    text = (
        f"positive costs: true for every consumer in {held} of {len(games)} games; with S = sum a_j / R_j it says, summed over"
        " i, 2 (N - 1) S < N S, so N < 2 where S > 0, and N > 2 where S < 0. Negative costs (Table 1, eps = 1/20, equal role"
        f" ratios): true for N = {where[0] if where else 0}..{where[-1] if where else 0} of {counts[0]}..{counts[-1]}, with"
        f" 2 (N - 1) before all of a_i; with 2 (N - 1) before u_i p alone, as printed, for {sum(x[1] for x in below)} of them:"
        " summed over i that says (N - 2) sum u_j p / R_j + (N - 1) sum (1 - beta) C_b / R_j < 0, for no N >= 2 at any costs."
        f" There (18) is no demand: its total is {below[-1][3]:.4g} at N = {below[-1][0]}"
    )
    found = _HOLDS if held else ClaimVerdict.CANNOT_HOLD
    return Evidence(found, Reason.PROVED, text, numbers=tuple(numbers), instances=len(games) + len(below))


def _condition_14(game: TradingGame, price: float) -> tuple[bool, bool]:
    """Whether (14) is true for every consumer: as printed, (2 (N - 1) u_i p - (1 - beta) C_b) / R_i < sum a_j / R_j, and as
    Lemma 2 uses it, 2 (N - 1) a_i / R_i < sum a_j / R_j, with a_i = u_i p - (1 - beta) C_b."""
    n, cost = game.consumers, game.payment_weight * price
    margin, reward = game.service_margin, game.effective_reward
    total = ((cost - margin) / reward).sum()
    literal = (2 * (n - 1) * cost - margin) / reward < total
    meant = 2 * (n - 1) * (cost - margin) / reward < total
    return bool(literal.all()), bool(meant.all())


def uniqueness(budget: ClaimBudget) -> Evidence:
    games, worst = _games(max(1, budget.instances // 10)), 0.0
    for game in games:
        exact = follower_equilibrium(game, 15.0)
        other = follower_equilibrium(game, 15.0, method="best-response")
        worst = max(worst, float(np.abs(other / exact - 1.0).max()))
    text = (
        f"best responses from the middle of the interval lead to the same demands within {worst:.1g} in {len(games)} of"
        f" {len(games)} games without (14); with positive costs shares fall in the mining power, so it is unique"
    )
    found = _HOLDS if worst < 1e-6 else _FAILS
    return Evidence(found, Reason.PROVED, text, numbers=({"largest_difference": worst},), instances=len(games))


def equation_18(budget: ClaimBudget) -> Evidence:
    games = _games(budget.instances)
    worst = max(
        float(np.abs(follower_equilibrium(g, 15.0, method="closed-form") / stage(g, 15.0)[0] - 1.0).max()) for g in games
    )
    game = generate()
    cost = (game.payment_weight * 15.0 - game.service_margin) / game.effective_reward
    printed = float((game.consumers - 1) / cost.sum())
    text = (
        f"interior games with one beta: equal to the exact demands within {worst:.1g} ({len(games)} games);"
        f" Table 1 has two betas and negative costs: (18) gives a total of {printed:.4g}, the equilibrium is 1000"
    )
    numbers = ({"largest_difference": worst, "total_at_table_1": printed},)
    return Evidence(_PARTLY if worst < 1e-9 else _FAILS, Reason.MEASURED, text, numbers=numbers, instances=len(games))


def equation_27(budget: ClaimBudget) -> Evidence:
    games, apart = _games(max(1, budget.instances // 4)), []
    for game in games:
        n, u, reward = game.consumers, game.payment_weight.sum(), game.effective_reward.sum()
        margin = game.service_margin.sum()
        printed = (n - 1) * reward * (game.unit_cost * u - margin) / (15.0 * u - margin) ** 2
        low, high = ((p - game.unit_cost) * stage(game, p)[0].sum() for p in (15.0 - 1e-4, 15.0 + 1e-4))
        apart.append(abs(float(printed) / float((high - low) / 2e-4) - 1.0))
    text = (
        f"median relative error {np.median(apart):.3g}, smallest {min(apart):.3g} on {len(games)} games with unequal rewards:"
        " it replaces sum a_j / R_j by sum a_j / sum R_j"
    )
    numbers = ({"median_error": float(np.median(apart)), "least_error": min(apart)},)
    found = _FAILS if min(apart) > 1e-3 else _HOLDS
    return Evidence(found, Reason.PROVED, text, numbers=numbers, instances=len(games))


def unique_price(budget: ClaimBudget) -> Evidence:
    parts, numbers = [], list[Row]()
    for preset in ("interior", "kink", "two-peaks"):
        game = generate(preset=preset)
        at = sweeps.equilibrium(game)
        parts.append(f"{preset}: {at.price:.6g} ({value(game, at):.6g})")
        numbers.append({"preset": preset, "method": "exact", "price": at.price, "profit": value(game, at)})
    game = generate(preset="two-peaks")
    local = family("trading").solve(game, method="golden-section", params=GoldenSection()).require()
    numbers.append({"preset": "two-peaks", "method": "golden-section", "price": local.price, "profit": value(game, local)})
    unequal = interior_maximum()
    top = sweeps.equilibrium(unequal)
    step = 1e-3
    low, here, high = ((p - unequal.unit_cost) * stage(unequal, p)[0].sum() for p in top.price + np.array([-step, 0.0, step]))
    slope, bend = float(high - low) / (2.0 * step), float(high - 2.0 * here + low) / step**2
    numbers.append(
        {
            "preset": "unequal role ratios", "method": "exact", "price": top.price, "profit": value(unequal, top),
            "regime": top.regime, "first_derivative": slope, "second_derivative": bend,
        }
    )  # fmt: skip
    text = (
        "where all demands are interior and beta is equal the derivative has one sign: optima at a bound or a kink, "
        + ", ".join(parts)
        + f"; two-peaks has a local maximum {value(game, local):.5g} at {local.price:.4g}. With unequal beta an interior price"
        f" can be stationary: beta = ({', '.join(f'{x:.4f}' for x in unequal.role_ratio)}) has its maximum"
        f" {value(unequal, top):.6g} at {top.price:.5g}, all demands {top.regime}, with derivative {slope:.1g} and second"
        f" derivative {bend:.3g}"
    )
    return Evidence(_FAILS, Reason.PROVED, text, numbers=tuple(numbers), instances=4, witness=game.provenance)


def interior_maximum() -> TradingGame:
    """Two consumers of unequal role ratios whose provider has its greatest profit at a price where it is stationary.

    Returns
    -------
    TradingGame
        With effective rewards 4000, C_b 3.925, C 7.658, demands in [.01, 10^6] and prices in [4.5, 20].
    """
    return TradingGame.from_effective_reward(
        [0.0640, 0.8705], [0.5, 0.5], [4000.0, 4000.0], service_profit=3.925, unit_cost=7.658, min_demand=0.01,
        max_demand=1e6, min_price=4.5, max_price=20.0,
    )  # fmt: skip


def convergence(budget: ClaimBudget) -> Evidence:
    parts, near, numbers = [], {}, list[Row]()
    for method in ("wolf-phc", "minimax-q", "pga-app"):
        shares = [float(np.mean([run[0] <= NEAR for run in _runs(preset, method, budget)])) for preset in PRESETS]
        near[method] = shares
        numbers.extend({"method": method, "preset": preset, "near": x} for preset, x in zip(PRESETS, shares, strict=True))
        parts.append(f"{method} " + "/".join(f"{share:.0%}" for share in shares))
    wolf, minimax, pga = near["wolf-phc"], near["minimax-q"], near["pga-app"]
    right = [min(wolf) >= 0.9, min(minimax) >= 0.9, max(pga) <= 0.1]
    found = _HOLDS if all(right) else (_PARTLY if any(right) or min(wolf[0], minimax[0]) >= 0.9 else _FAILS)
    text = (
        f"within 5% of the equilibrium on {'/'.join(PRESETS)}, {budget.seeds} seeds, {_rounds():,} rounds each: "
        + "; ".join(parts)
    )
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), seeds=budget.seeds, instances=len(PRESETS))


def balance(budget: ClaimBudget) -> Evidence:
    game = generate(preset="interior")
    at = sweeps.equilibrium(game)
    leader, consumers = np.median(np.array([run[1:3] for run in _runs("interior", "wolf-phc", budget)]), axis=0).tolist()
    own = (value(game, at), float(at.profits.mean()))
    both = leader > own[0] and consumers > own[1]
    text = (
        f"interior: equilibrium {own[0]:.5g} and {own[1]:.4g} a consumer, PB-MARL (median) {leader:.5g} and"
        f" {consumers:.4g}. P1 with replying consumers is the equilibrium itself, so nothing is left to balance"
    )
    numbers: tuple[Row, ...] = (
        {"method": "exact", "leader_profit": own[0], "consumer_profit": own[1]},
        {"method": "wolf-phc", "leader_profit": leader, "consumer_profit": consumers},
    )
    return Evidence(_HOLDS if both else _FAILS, Reason.MEASURED, text, numbers=numbers, seeds=budget.seeds, instances=1)


def one_sided(budget: ClaimBudget) -> Evidence:
    numbers, parts, right = list[Row](), [], []
    for others in OTHERS:
        both = []
        for preset in PRESETS:
            game = generate(preset=preset)
            at = sweeps.equilibrium(game)
            by_price, by_demand = best_price(game, at, others), best_demand(game, at, 0, others)
            runs = np.median(np.array([(run[1], run[3]) for run in _runs(preset, "wolf-phc", budget)]), axis=0).tolist()
            bars = (value(game, by_demand), float(by_price.profits[0]))
            beats = [own >= bar - 1e-9 * abs(bar) for own, bar in zip(runs, bars, strict=True)]
            both.append(all(beats))
            numbers.append(
                {
                    "others": others, "preset": preset, "consumer_by_p1": bars[1], "consumer_by_pb_marl": runs[1],
                    "provider_by_p2": bars[0], "provider_by_pb_marl": runs[0], "consumer_holds": beats[1],
                    "provider_holds": beats[0],
                }
            )  # fmt: skip
        right.extend(both)
        held = ", ".join(preset for preset, x in zip(PRESETS, both, strict=True) if x)
        parts.append(f"others {others}: both on {held or 'none'} of {len(PRESETS)}")
    of_two = [sum(bool(row[f"{side}_holds"]) for row in numbers) for side in ("consumer", "provider")]
    text = (
        "; ".join(parts)
        + f". The consumer's half is true in {of_two[0]} of {len(numbers)} cases, the provider's in {of_two[1]}; where the"
        " others reply P1 is the equilibrium, where they are fixed P2 is"
    )
    found = _HOLDS if all(right) else (_PARTLY if any(right) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), seeds=budget.seeds, instances=len(PRESETS))


def closest(budget: ClaimBudget) -> Evidence:
    apart, first, numbers = [], 0, list[Row]()
    for preset in PRESETS:
        medians = {m: float(np.median([run[0] for run in _runs(preset, m, budget)])) for m in sweeps.LEARNERS}
        first += medians["wolf-phc"] <= min(medians.values())
        apart.append(f"{preset} " + ", ".join(f"{m} {x:.3g}" for m, x in medians.items()))
        numbers.extend({"preset": preset, "method": m, "median_distance": x} for m, x in medians.items())
    found = _HOLDS if first == len(PRESETS) else (_PARTLY if first else _FAILS)
    text = f"median distance after {_rounds():,} rounds each: " + "; ".join(apart)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), seeds=budget.seeds, instances=len(PRESETS))


def more_consumers(budget: ClaimBudget) -> Evidence:
    table = sweeps.consumer_counts()
    falls, rises = _falls(table.consumer_profit), _falls(-table.leader_profit)
    text = (
        f"Table 1, N = {table.consumers.iloc[0]}..{table.consumers.iloc[-1]}: a consumer's mean profit goes from"
        f" {table.consumer_profit.iloc[0]:.5g} to {table.consumer_profit.iloc[-1]:.5g}, the leader's from"
        f" {table.leader_profit.iloc[0]:.5g} to {table.leader_profit.iloc[-1]:.5g}"
    )
    found = _HOLDS if falls and rises else (_PARTLY if falls or rises else _FAILS)
    return Evidence(
        found,
        Reason.MEASURED,
        text,
        numbers=_rows(table),
        instances=len(table),
        figure=curves(_rows(table), "consumers", "consumer_profit"),
    )


def role_ratio(budget: ClaimBudget) -> Evidence:
    def rises_first(reward: float) -> bool:
        profits = sweeps.role_ratios(ratios=(0.0, 0.001), rewards=(reward,)).consumer_profit.to_numpy()
        return bool(profits[1] > profits[0])

    threshold = _threshold(rises_first, 1_000.0, 60_000.0)
    table = sweeps.role_ratios(rewards=(5_000.0, 20_000.0, 30_000.0))
    wide = table.pivot(index="role_ratio", columns="reward", values="consumer_profit")
    peaks = ", ".join(f"R {reward:.0f}: {ratio:.2g}" for reward, ratio in wide.idxmax().to_dict().items())
    ordered = bool((np.diff(wide.to_numpy(), axis=1) > 0.0).all())
    text = (
        f"it rises first when R > {threshold:.0f}, more than Table 1's 20,000; best ratios of .05, .1, ...: {peaks};"
        f" higher R pays more at every ratio: {ordered}"
    )
    found = _HOLDS if threshold < 20_000.0 and ordered else (_PARTLY if ordered else _FAILS)
    return Evidence(
        found,
        Reason.MEASURED,
        text,
        numbers=_rows(table),
        instances=len(table),
        figure=curves(_rows(table), "role_ratio", "consumer_profit", ["reward"]),
    )


def role_crossing(budget: ClaimBudget) -> Evidence:
    table = sweeps.role_counts(counts=range(2, 41), ratios=(0.1, 0.2))
    wide = table.pivot(index="consumers", columns="role_ratio", values="consumer_profit")
    ahead = (wide[0.2] > wide[0.1]).to_numpy()
    crossing = ahead[0] and not ahead[-1] and int(np.abs(np.diff(ahead.astype(int))).sum()) == 1
    last = int(wide.index[ahead][-1]) if ahead.any() else 0
    text = f"Table 1: ratio .2 earns more than .1 for N <= {last}, less beyond ({int(ahead.sum())} of {len(ahead)} counts)"
    return Evidence(
        _HOLDS if crossing else _FAILS,
        Reason.MEASURED,
        text,
        numbers=_rows(table),
        instances=len(table),
        figure=curves(_rows(table), "consumers", "consumer_profit", ["role_ratio"]),
    )


def performance_factor(budget: ClaimBudget) -> Evidence:
    flat = sweeps.performance_factors()
    spread = float(np.ptp(flat.leader_profit))
    moved = sweeps.performance_factors(preset="interior", rewards=(1_500.0, 2_000.0, 2_500.0))
    wide = moved.pivot(index="performance_factor", columns="reward", values="leader_profit").to_numpy()
    rises = bool((np.diff(wide, axis=0) >= -1e-9).all() and (np.diff(wide, axis=1) >= -1e-9).all() and np.ptp(wide) > 1.0)
    text = (
        f"Table 1: the leader's profit moves by {spread:.3g} over lambda 0..10 and R 10,000..30,000 (demands at their bound);"
        f" preset interior: rises in both: {rises}, {wide.min():.5g}..{wide.max():.5g}"
    )
    found = _HOLDS if spread > 1.0 and rises else (_PARTLY if rises else _FAILS)
    return Evidence(
        found,
        Reason.MEASURED,
        text,
        numbers=_rows(moved),
        instances=len(flat) + len(moved),
        figure=curves(_rows(moved), "performance_factor", "leader_profit", ["reward"]),
    )


def block_size(budget: ClaimBudget) -> Evidence:
    def profits(reward: float, sizes: tuple[float, ...]) -> pd.DataFrame:
        return sweeps.block_sizes(sizes=sizes, ratios=(0.2,), reward=reward)

    def falls_first(reward: float) -> bool:
        first, second = profits(reward, (0.0, 1.0)).consumer_profit
        return bool(second < first)

    threshold = _threshold(falls_first, 100.0, 60_000.0)
    best, numbers = {}, list[Row]()
    for reward in (20_000.0, 5_000.0):
        table = profits(reward, tuple(np.linspace(0.0, 2_000.0, 81)))
        best[reward] = float(table.block_size.iloc[int(table.consumer_profit.to_numpy().argmax())])
        numbers.append({"reward": reward, "best_block_size": best[reward]})
    text = f"rises first when R < {threshold:.0f}; best block of 0, 25, ...: " + ", ".join(
        f"{size:.0f} at R {reward:.0f}" for reward, size in best.items()
    )
    found = _HOLDS if threshold > 20_000.0 else (_PARTLY if best[5_000.0] > 0.0 else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=2 * 81)


def more_mining(budget: ClaimBudget) -> Evidence:
    parts, always, numbers = [], True, list[Row]()
    for reward in (5_000.0, 20_000.0):
        table = sweeps.block_sizes(sizes=(500.0,), ratios=(0.1, 0.2, 0.4), reward=reward)
        profits = table.consumer_profit.to_numpy()
        always &= not _falls(profits)
        parts.append(f"R {reward:.0f}: " + ", ".join(f"{x:.5g}" for x in profits))
        numbers.extend({"reward": reward, **row} for row in _rows(table))
    text = "consumer's profit at ratios .1, .2, .4, B 500: " + "; ".join(parts)
    return Evidence(
        _HOLDS if always else _FAILS,
        Reason.MEASURED,
        text,
        numbers=tuple(numbers),
        instances=6,
        figure=curves(numbers, "role_ratio", "consumer_profit", ["reward"]),
    )


@cache
def _games(count: int, consumers: int = 8) -> tuple[TradingGame, ...]:
    """Random games with one role ratio, heterogeneous weights and rewards, and interior demands at the middle price."""
    rng = np.random.default_rng(5)
    found: list[TradingGame] = []
    while len(found) < count:
        game = TradingGame.from_effective_reward(
            np.full(consumers, rng.uniform(0.05, 0.9)),
            rng.uniform(0.4, 0.6, consumers),
            rng.uniform(1500.0, 2000.0, consumers),
            service_profit=rng.uniform(0.0, 2.0),
            unit_cost=rng.uniform(1.0, 9.0),
            min_demand=0.5,
            max_demand=400.0,
            min_price=10.0,
            max_price=20.0,
        )
        demands = stage(game, 15.0)[0]
        if demands.min() > game.min_demand and demands.max() < game.max_demand:
            found.append(game)
    return tuple(found)


def _runs(preset: str, method: str, budget: ClaimBudget) -> list[tuple[float, float, float, float]]:
    return [_run(preset, method, seed) for seed in range(budget.seeds)]


@cache
def _run(preset: str, method: str, seed: int) -> tuple[float, float, float, float]:
    """Distance, and the profits of the leader, the mean consumer and consumer 0 at the end of a learner's run with the paper's
    parameters."""
    play = sweeps.LEARNERS[method]
    session = Session(generate(preset=preset), play, seed=seed)
    session.advance(play.required()[1])
    at = session.profile()
    return distance(at, target(session)), value(session.game, at), float(at.profits.mean()), float(at.profits[0])


def _rounds() -> int:
    """The number of rounds of every learner of the figures: the comparison is one of equal rounds."""
    (rounds,) = {play.required()[1] for play in sweeps.LEARNERS.values()}
    return rounds


def _rows(table: pd.DataFrame) -> tuple[Row, ...]:
    return tuple({str(name): item for name, item in row.items()} for row in table.to_dict("records"))


def _falls(values: ArrayLike) -> bool:
    return bool((np.diff(np.asarray(values, dtype=np.float64)) < 0.0).all())


def _threshold(above: Callable[[float], bool], low: float, high: float) -> float:
    """Where `above` turns from False to True, to 1e-4 of the interval."""
    for _ in range(14):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if above(middle) else (middle, high)
    return 0.5 * (low + high)
