"""What the AI-Bazaar paper claims, computed: its theorems 3-5 and the sentences of its section 6."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgeworth.core.family import family
from edgeworth.games.trading import sweeps
from edgeworth.games.trading.exact.follower import follower_equilibrium, stage
from edgeworth.games.trading.heuristic import GoldenSection
from edgeworth.games.trading.learned import NEAR, Session, TabularLearner, distance, target
from edgeworth.games.trading.model import TradingGame, generate, value

if TYPE_CHECKING:
    import pandas as pd

HOLDS, PARTLY, FAILS = "holds", "in part", "does not hold"


class Claim(NamedTuple):
    """source: where it stands; claim: what it says; verdict: holds, in part, does not hold; evidence: the numbers for it."""

    source: str
    claim: str
    verdict: str
    evidence: str


def paper_claims(*, seeds: Iterable[int] = range(10)) -> pd.DataFrame:
    """One row a claim: source, claim, verdict, evidence. Every number is computed here and now, none is quoted.

    seeds: of the learners. Takes some 20 seconds for ten.
    """
    import pandas as pd

    learned = _LearnerStudy(tuple(seeds))
    checks: list[Callable[[], Claim]] = [
        table_one, condition_14, uniqueness, closed_form_18, derivative_27, unique_price,
        learned.convergence, learned.balance, learned.closest,
        more_consumers, role_ratio, role_crossing, performance_factor, block_size, more_mining,
    ]  # fmt: skip
    return pd.DataFrame([check() for check in checks], columns=list(Claim._fields))


def _games(count: int = 200, consumers: int = 8) -> list[TradingGame]:
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
    return found


def table_one() -> Claim:
    game, at = generate(), sweeps.equilibrium(generate())
    printed = float(replace(game, puzzle_constant=20.0).effective_reward.max())
    margin, cost = game.service_margin.min(), (game.payment_weight * game.max_price).max()
    text = (
        f"with eps = 20 the largest effective reward is {printed:.2g}; with eps = 1/20 a unit earns {margin:.4g} or more by"
        f" services and costs {cost:.4g} or less: regime {at.regime}, price {at.price:g}, profit {value(game, at):.6g}"
    )
    return Claim("Table 1", "its values make mining worthwhile and demands interior", FAILS, text)


def condition_14() -> Claim:
    games, held = _games(), 0
    for game in games:
        n, cost = game.consumers, game.payment_weight * 15.0
        margin, reward = game.service_margin, game.effective_reward
        total = ((cost - margin) / reward).sum()
        literal = (2 * (n - 1) * cost - margin) / reward < total
        meant = 2 * (n - 1) * (cost - margin) / reward < total
        held += bool(literal.all() or meant.all())
    text = f"true for every consumer in {held} of {len(games)} games; summed over i it says 2 (N - 1) < N, so N < 2"
    return Claim("condition (14)", "can be satisfied (Theorems 3 and 4 assume it)", HOLDS if held else FAILS, text)


def uniqueness() -> Claim:
    worst = 0.0
    for game in _games(20):
        exact = follower_equilibrium(game, 15.0)
        other = follower_equilibrium(game, 15.0, method="best-response")
        worst = max(worst, float(np.abs(other / exact - 1.0).max()))
    text = f"best replies from the middle of the box lead to the same demands within {worst:.1g} in 20 of 20 games without (14)"
    verdict = HOLDS if worst < 1e-6 else FAILS
    return Claim("Theorem 3", "the consumers' equilibrium is unique", verdict, text + "; shares fall in X, so it is")


def closed_form_18() -> Claim:
    games = _games()
    worst = max(
        float(np.abs(follower_equilibrium(g, 15.0, method="closed-form") / stage(g, 15.0)[0] - 1.0).max()) for g in games
    )
    game = generate()
    cost = (game.payment_weight * 15.0 - game.service_margin) / game.effective_reward
    printed = (game.consumers - 1) / cost.sum()
    text = (
        f"interior games with one beta: equal to the exact demands within {worst:.1g} ({len(games)} games);"
        f" Table 1 has two betas and negative costs: (18) gives a total of {printed:.4g}, the equilibrium is 1000"
    )
    return Claim("Theorem 4, (18)", "gives the equilibrium", PARTLY if worst < 1e-9 else FAILS, text)


def derivative_27() -> Claim:
    apart = []
    for game in _games(50):
        n, u, reward = game.consumers, game.payment_weight.sum(), game.effective_reward.sum()
        margin = game.service_margin.sum()
        printed = (n - 1) * reward * (game.unit_cost * u - margin) / (15.0 * u - margin) ** 2
        low, high = ((p - game.unit_cost) * stage(game, p)[0].sum() for p in (15.0 - 1e-4, 15.0 + 1e-4))
        apart.append(abs(printed / ((high - low) / 2e-4) - 1.0))
    text = (
        f"median relative error {np.median(apart):.3g}, smallest {min(apart):.3g} on 50 games with unequal rewards:"
        " it replaces sum a_j / R_j by sum a_j / sum R_j"
    )
    return Claim("equation (27)", "is the derivative of the profit", FAILS if min(apart) > 1e-3 else HOLDS, text)


def unique_price() -> Claim:
    parts = []
    for preset in ("interior", "kink", "two-peaks"):
        game = generate(preset=preset)
        at = sweeps.equilibrium(game)
        parts.append(f"{preset}: {at.price:.6g} ({value(game, at):.6g})")
    game = generate(preset="two-peaks")
    local = family("trading").solve(game, method="golden-section", params=GoldenSection()).require()
    text = (
        "where all demands are interior and beta is equal the derivative has one sign: optima at a bound or a kink, "
        + ", ".join(parts)
        + f"; two-peaks has a local maximum {value(game, local):.5g} at {local.price:.4g}"
    )
    return Claim("Theorem 5", "the profit is concave with a unique stationary optimal price", FAILS, text)


class _LearnerStudy:
    """Runs of all learners on all presets, made once."""

    def __init__(self, seeds: tuple[int, ...]) -> None:
        self.seeds = seeds
        self._runs: dict[tuple[str, str], list[tuple[float, float, float]]] = {}

    def runs(self, preset: str, method: str) -> list[tuple[float, float, float]]:
        """Distance, leader's profit and mean consumer profit at the end, a seed each; the paper's parameters."""
        if (preset, method) not in self._runs:
            self._runs[preset, method] = [self._run(preset, sweeps.LEARNERS[method], seed) for seed in self.seeds]
        return self._runs[preset, method]

    def _run(self, preset: str, params: TabularLearner, seed: int) -> tuple[float, float, float]:
        session = Session(generate(preset=preset), params, seed=seed)
        session.advance(params.episodes)
        at = session.profile()
        apart = distance(at, target(session))
        return apart, value(session.game, at), float(at.profits.mean())

    def convergence(self) -> Claim:
        parts, near = [], {}
        for method in ("wolf-phc", "minimax-q", "pga-app"):
            shares = []
            for preset in ("ai-bazaar", "interior", "kink", "two-peaks"):
                shares.append(float(np.mean([run[0] <= NEAR for run in self.runs(preset, method)])))
            near[method] = shares
            parts.append(f"{method} " + "/".join(f"{share:.0%}" for share in shares))
        wolf, minimax, pga = near["wolf-phc"], near["minimax-q"], near["pga-app"]
        right = [min(wolf) >= 0.9, min(minimax) >= 0.9, max(pga) <= 0.1]
        verdict = HOLDS if all(right) else (PARTLY if any(right) or wolf[0] >= 0.9 else FAILS)
        text = f"within 5% of the equilibrium on ai-bazaar/interior/kink/two-peaks, {len(self.seeds)} seeds: " + "; ".join(
            parts
        )
        return Claim("figure 6", "PB-MARL and minimax-Q converge to the equilibrium, PGA-APP does not", verdict, text)

    def balance(self) -> Claim:
        game = generate(preset="interior")
        at = sweeps.equilibrium(game)
        runs = np.array([run[1:] for run in self.runs("interior", "wolf-phc")])
        leader, consumers = np.median(runs, axis=0)
        own = (value(game, at), float(at.profits.mean()))
        both = leader > own[0] and consumers > own[1]
        text = (
            f"interior: equilibrium {own[0]:.5g} and {own[1]:.4g} a consumer, PB-MARL (median) {leader:.5g} and"
            f" {consumers:.4g}. P1 with replying consumers is the equilibrium itself, so nothing is left to balance"
        )
        return Claim("figure 8(a)", "PB-MARL balances profits and benefits both sides", HOLDS if both else FAILS, text)

    def closest(self) -> Claim:
        apart, first = [], 0
        for preset in ("ai-bazaar", "interior", "kink", "two-peaks"):
            medians = {m: float(np.median([run[0] for run in self.runs(preset, m)])) for m in sweeps.LEARNERS}
            first += medians["wolf-phc"] <= min(medians.values())
            apart.append(f"{preset} " + ", ".join(f"{m} {x:.3g}" for m, x in medians.items()))
        verdict = HOLDS if first == 4 else (PARTLY if first else FAILS)
        return Claim("figure 8(b)", "PB-MARL is closest to the equilibrium", verdict, "median distance: " + "; ".join(apart))


def more_consumers() -> Claim:
    table = sweeps.consumer_counts()
    falls, rises = _falls(table.consumer_profit), _falls(-table.leader_profit)
    text = (
        f"Table 1, N = {table.consumers.iloc[0]}..{table.consumers.iloc[-1]}: a consumer's mean profit goes from"
        f" {table.consumer_profit.iloc[0]:.5g} to {table.consumer_profit.iloc[-1]:.5g}, the leader's from"
        f" {table.leader_profit.iloc[0]:.5g} to {table.leader_profit.iloc[-1]:.5g}"
    )
    verdict = HOLDS if falls and rises else (PARTLY if falls or rises else FAILS)
    return Claim("figure 8(b)", "more consumers: each earns less, the provider more", verdict, text)


def role_ratio() -> Claim:
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
    verdict = HOLDS if threshold < 20_000.0 and ordered else (PARTLY if ordered else FAILS)
    return Claim("figure 9(a)", "the profit rises in the role ratio, then falls; less R, less profit", verdict, text)


def role_crossing() -> Claim:
    table = sweeps.role_counts(counts=range(2, 41), ratios=(0.1, 0.2))
    wide = table.pivot(index="consumers", columns="role_ratio", values="consumer_profit")
    ahead = (wide[0.2] > wide[0.1]).to_numpy()
    crossing = ahead[0] and not ahead[-1] and int(np.abs(np.diff(ahead.astype(int))).sum()) == 1
    last = int(wide.index[ahead][-1]) if ahead.any() else 0
    text = f"Table 1: ratio .2 earns more than .1 for N <= {last}, less beyond ({int(ahead.sum())} of {len(ahead)} counts)"
    return Claim("figure 9(b)", "mining more pays with few consumers, less with many", HOLDS if crossing else FAILS, text)


def performance_factor() -> Claim:
    flat = sweeps.performance_factors()
    spread = float(np.ptp(flat.leader_profit))
    moved = sweeps.performance_factors(preset="interior", rewards=(1_500.0, 2_000.0, 2_500.0))
    wide = moved.pivot(index="performance_factor", columns="reward", values="leader_profit").to_numpy()
    rises = bool((np.diff(wide, axis=0) >= -1e-9).all() and (np.diff(wide, axis=1) >= -1e-9).all() and np.ptp(wide) > 1.0)
    text = (
        f"Table 1: the leader's profit moves by {spread:.3g} over lambda 0..10 and R 10,000..30,000 (demands at their bound);"
        f" preset interior: rises in both: {rises}, {wide.min():.5g}..{wide.max():.5g}"
    )
    verdict = HOLDS if spread > 1.0 and rises else (PARTLY if rises else FAILS)
    return Claim("figure 9(c)", "the provider's profit rises with lambda and R", verdict, text)


def block_size() -> Claim:
    def profits(reward: float, sizes: tuple[float, ...]) -> pd.DataFrame:
        return sweeps.block_sizes(sizes=sizes, ratios=(0.2,), reward=reward)

    def falls_first(reward: float) -> bool:
        first, second = profits(reward, (0.0, 1.0)).consumer_profit
        return bool(second < first)

    threshold = _threshold(falls_first, 100.0, 60_000.0)
    best = {}
    for reward in (20_000.0, 5_000.0):
        table = profits(reward, tuple(np.linspace(0.0, 2_000.0, 81)))
        best[reward] = float(table.block_size.iloc[int(table.consumer_profit.to_numpy().argmax())])
    text = f"rises first when R < {threshold:.0f}; best block of 0, 25, ...: " + ", ".join(
        f"{size:.0f} at R {reward:.0f}" for reward, size in best.items()
    )
    verdict = HOLDS if threshold > 20_000.0 else (PARTLY if best[5_000.0] > 0.0 else FAILS)
    return Claim("figure 9(d)", "the consumer's profit rises in the block size, then falls", verdict, text)


def more_mining() -> Claim:
    parts, always = [], True
    for reward in (5_000.0, 20_000.0):
        table = sweeps.block_sizes(sizes=(500.0,), ratios=(0.1, 0.2, 0.4), reward=reward)
        profits = table.consumer_profit.to_numpy()
        always &= not _falls(profits)
        parts.append(f"R {reward:.0f}: " + ", ".join(f"{x:.5g}" for x in profits))
    text = "consumer's profit at ratios .1, .2, .4, B 500: " + "; ".join(parts)
    return Claim("figure 9(d)", "the more power goes into mining, the more it earns", HOLDS if always else FAILS, text)


def _falls(values: Any) -> bool:
    return bool((np.diff(np.asarray(values, dtype=np.float64)) < 0.0).all())


def _threshold(above: Callable[[float], bool], low: float, high: float) -> float:
    """Where `above` turns from False to True, to 1e-4 of the interval."""
    for _ in range(14):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if above(middle) else (middle, high)
    return 0.5 * (low + high)
