"""Benchmarks of computing-power trading. Each prints its table and appends it to RESULTS.md.

python benchmarks/trading.py [SECTION ...]      sections: see SECTIONS below; default: all (about five minutes)
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from harness import record, table

from edgeworth.games import trading
from edgeworth.games.trading.check.regret import follower_regret
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.learned import NEAR, Session, distance, target
from edgeworth.games.trading.model import TradingGame, equilibrium_of
from edgeworth.games.trading.sweeps import LEARNERS
from edgeworth.learning import GigaWolf, Learner, MinimaxQ, PgaApp, WolfPhc

_GRID: dict[str, Any] = {"prices": 21, "demands": 19, "bins": 1}
_VALUES: dict[str, Any] = {"explore": 0.2, "explore_decay": 3e-3, "rate": 0.3, "discount": 0.0}


def _led(learner: Learner, rounds: int) -> trading.Play:
    """The provider learns slowly and goes on exploring."""
    leader = replace(learner, explore=0.5, explore_decay=0.0, rate=0.01, rate_decay=0.0)  # type: ignore[call-arg]
    return trading.Play(learner=learner, leader=leader, rounds=rounds, **_GRID)


BEST: dict[str, trading.Play] = {
    "wolf-phc": _led(WolfPhc(**_VALUES, win=0.005, lose=0.01), 400_000),
    "pga-app": _led(PgaApp(**_VALUES, step=0.05, prediction=0.0), 100_000),
    "giga-wolf": _led(GigaWolf(**_VALUES, step=0.1), 100_000),
    "minimax-q": _led(MinimaxQ(**(_VALUES | {"explore": 0.1, "explore_decay": 0.0})), 10_000),
}
"""The best settings found by a random search of some minutes a learner and by looking at what held it back, on other seeds."""


def best_time(call: Callable[[], Any], runs: int, number: int = 1) -> float:
    """CPU seconds of one call, the least of several runs: the machine is shared, and everything here runs on one thread."""
    call()
    seconds = []
    for _ in range(runs):
        began = time.process_time()
        for _ in range(number):
            call()
        seconds.append((time.process_time() - began) / number)
    return min(seconds)


def loaded() -> str:
    return f"CPU time, one thread. Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def contest(kind: str, n: int, seed: int = 0) -> TradingGame:
    """kappa_i / R_i as named, at the single price 1."""
    rng = np.random.default_rng(seed)
    beta = rng.uniform(0.05, 0.9, n)
    cost, high = {
        "interior": (0.01 * (1.0 + rng.uniform(-0.4, 0.4, n) / n), 1e5 / n),
        "mixed, 10% and more interior": (0.01 * (1.0 + rng.uniform(-3.0, 3.0, n) / n), 2000.0 / n),
        "equal costs": (np.full(n, 0.01), 1e5),
        "negative costs": (np.where(rng.random(n) < 0.1, -1.0, 0.01 * (1.0 + rng.uniform(-0.2, 0.2, n) / n)), 300.0 / n),
        "twelve orders of magnitude": (10.0 ** rng.uniform(-6, 6, n), 1.0),
        "heterogeneous": (rng.lognormal(0.0, 2.0, n), 20.0 / n),
    }[kind]
    margin = 20.0 if (cost < 0.0).any() else 1.0
    return TradingGame.from_effective_reward(
        beta, np.maximum(cost * beta + (1.0 - beta) * margin, 0.0), np.ones(n), service_profit=margin, unit_cost=0.0,
        min_demand=0.0, max_demand=high, min_price=1.0, max_price=1.0,
    )  # fmt: skip


KINDS = (
    "interior", "mixed, 10% and more interior", "equal costs", "negative costs", "twelve orders of magnitude", "heterogeneous",
)  # fmt: skip


def bracketing(game: TradingGame, price: float, steps: int = 60) -> np.ndarray[Any, Any]:
    """The follower stage by bisection in NumPy."""
    c = game.contest
    cost, least, most = c.slope * price - c.offset, game.min_demand * c.beta, game.max_demand * c.beta
    low, high = least.sum(), most.sum()
    for _ in range(steps):
        x = 0.5 * (low + high)
        replies = np.clip(x - cost * x * x, least, most).sum() if x > 0.0 else np.inf
        low, high = (x, high) if replies > x else (low, x)
    return np.clip(x - cost * x * x, least, most) / c.beta


def follower_million() -> None:
    """1,000,000 consumers: passes, time against as many NumPy evaluations of the reply map, relative regret."""
    rows = []
    for kind in KINDS:
        game = contest(kind, 1_000_000)
        c = game.contest
        demands, power, passes = stage(game, 1.0)
        ours = best_time(lambda g=game: stage(g, 1.0), 5)
        cost, least, most = c.slope - c.offset, game.min_demand * c.beta, game.max_demand * c.beta
        one = best_time(lambda c=cost, x=power, a=least, b=most: np.clip(x - c * x * x, a, b), 5)
        bisected = best_time(lambda g=game: bracketing(g, 1.0, 30), 1) * 2.0
        regret = follower_regret(game, equilibrium_of(game, 1.0, demands))[0]
        inside = float(((demands > game.min_demand) & (demands < game.max_demand)).mean())
        ratio = ours / (passes * one)
        met = passes <= 25 and ratio <= 2.0 and regret <= 1e-9
        cells = [
            kind,
            f"{inside:.0%}",
            passes,
            f"{1e3 * ours:.1f}",
            f"{1e3 * one:.2f}",
            f"{ratio:.2f}",
            f"{1e3 * bisected:.0f}",
        ]
        rows.append([*cells, f"{regret:.1g}", verdict(met)])
    header = [
        "costs",
        "interior",
        "passes",
        "ms",
        "NumPy map ms",
        "ms / (passes x map)",
        "NumPy bisection ms",
        "regret",
        "target",
    ]
    text = "Targets: at most 25 passes, ratio at most 2, relative regret at most 1e-9. " + loaded()
    record("trading: follower equilibrium, 1,000,000 consumers", table(header, rows) + "\n\n" + text)


def follower_thousand() -> None:
    """1,000 consumers: microseconds of the public call, and damped best responses with the best of several dampings."""
    rows = []
    for kind in KINDS:
        game = contest(kind, 1000)
        ours = best_time(lambda g=game: trading.follower_equilibrium(g, 1.0), 9, 200)
        exact = trading.follower_equilibrium(game, 1.0)
        best, residual, used = np.inf, np.inf, 0.0
        for damping in (0.5, 0.1, 0.02, 0.004, 0.003, 0.002, 0.001):
            params = trading.BestResponse(damping=damping, rounds=3_000)
            began = time.process_time()
            other = trading.follower_equilibrium(game, 1.0, method="best-response", params=params)
            seconds = time.process_time() - began
            off = float(np.abs(other - exact).max() / exact.max())
            if off < 1e-6 and seconds < best:
                best, residual, used = seconds, off, damping
        mine = follower_regret(game, equilibrium_of(game, 1.0, exact))[0]
        if np.isfinite(best):
            peer = [f"{1e3 * best:.1f}", f"{used:g}", f"{residual:.1g}", f"{best / ours:.0f}x"]
        else:
            peer = ["not within 1e-6 in 3,000 rounds", "-", "-", f"> {seconds / ours:.0f}x"]
        met = ours <= 50e-6 and (best / ours >= 100.0)
        rows.append([kind, f"{1e6 * ours:.1f}", f"{mine:.1g}", *peer, verdict(met)])
    header = ["costs", "us", "regret", "best response ms", "damping", "its distance", "ratio", "target"]
    text = "Targets: at most 50 us, at least 100 times faster than damped best response. " + loaded()
    record("trading: follower equilibrium, 1,000 consumers", table(header, rows) + "\n\n" + text)


def leader() -> None:
    """Certified gaps of `exact`, ten random games a size."""
    rows = []
    trading.solve(trading.generate(preset="random", consumers=50, seed=1))
    for n, target_gap, count in ((10, 1e-9, 100), (100, 1e-9, 50), (1_000, 1e-9, 20), (10_000, 1e-6, 10), (100_000, 1e-6, 10)):
        results, seconds = [], []
        for seed in range(count):
            game = trading.generate(preset="random", consumers=n, seed=seed)
            began = time.process_time()
            results.append(trading.solve(game))
            seconds.append(time.process_time() - began)
        gaps = [result.gap or 0.0 for result in results]
        met = max(gaps) <= target_gap and (n < 100_000 or max(seconds) <= 5.0)
        nodes = max(result.stats.iterations for result in results)
        rows.append(
            [
                n,
                count,
                f"{max(gaps):.1g}",
                f"{target_gap:g}",
                f"{np.median(seconds):.4f}",
                f"{max(seconds):.3f}",
                nodes,
                verdict(met),
            ]
        )
    header = ["consumers", "games", "largest gap", "target", "median s", "slowest s", "most intervals", "target"]
    record("trading: the leader's optimum, certificate gap", table(header, rows) + "\n\n" + loaded())


def grid() -> None:
    """1,000 random games against a 10,000-point grid, and golden-section search."""
    better, golden, below, worst = 0, 0, [], -np.inf
    trading.solve(trading.generate(preset="random", consumers=8, seed=0))
    exact_s = grid_s = 0.0
    for seed in range(1_000):
        game = trading.generate(preset="random", consumers=8, seed=seed)
        best = trading.solve(game)
        points = trading.solve(game, method="grid", params=trading.Grid(points=10_000))
        local = trading.solve(game, method="golden-section")
        scale = max(abs(best.value), 1e-10)
        worst = max(worst, (points.value - best.value) / scale)
        better += points.value > best.value + 1e-9 * scale
        golden += local.value < best.value - 1e-6 * scale
        below.append((best.value - points.value) / scale)
        exact_s, grid_s = exact_s + best.stats.seconds, grid_s + points.stats.seconds
    rows = [
        ["games in which a grid point is better than exact (by more than 1e-9)", better, "0", verdict(better == 0)],
        ["largest (grid - exact) / |exact|", f"{worst:.2g}", "<= 1e-9", verdict(worst <= 1e-9)],
        ["median and largest (exact - grid) / |exact|", f"{np.median(below):.2g}, {max(below):.2g}", "", ""],
        ["games in which golden-section is below exact (by more than 1e-6)", golden, "", ""],
        ["wall-clock seconds a game: exact, grid", f"{exact_s / 1000:.4f}, {grid_s / 1000:.4f}", "", ""],
    ]
    record(
        "trading: exact against a 10,000-point grid, 1,000 random games",
        table(["", "", "target", ""], rows) + "\n\n" + loaded(),
    )


def verifying() -> None:
    """`trading.verify` of an optimum, beside one solution of the consumers' stage in NumPy (bisection) on the same game."""
    rows = []
    trading.verify(small := trading.generate(preset="random", consumers=1000, seed=0), trading.solve(small))
    for n, seed in ((100_000, 0), (100_000, 1), (1_000_000, 0), (1_000_000, 1)):
        game = trading.generate(preset="random", consumers=n, seed=seed)
        result = trading.solve(game)
        began = time.perf_counter()
        report = trading.verify(game, result)
        seconds = time.perf_counter() - began
        began = time.perf_counter()
        bracketing(game, float(result.solution.price))
        one = time.perf_counter() - began
        said = ", ".join(f"{name} {item.status}" for name, item in report.items() if str(item.status) != "holds") or "all hold"
        goal = verdict(seconds <= 2.0) if n == 1_000_000 else ""
        rows.append([f"{n:,}", seed, f"{seconds:.2f}", f"{one:.2f}", f"{seconds / one:.1f}", said, goal])
    header = ["consumers", "seed", "verify s", "one stage by NumPy s", "ratio", "verdicts", "target 2 s"]
    text = "Seed 0 has F_min > 0, seed 1 F_min = 0 (the leader's price is sought with seven times as many prices). Wall clock."
    record("trading: verifying an optimum", table(header, rows) + "\n\n" + text)


def speed() -> None:
    """Agent-steps a second of the learners on the ten consumers and the provider of Table 1, one thread."""
    rows, game = [], trading.generate()
    for name, play in SETTINGS["paper"].items():
        session = Session(game, play, seed=0)
        session.advance(10)
        count = 2_000 if name == "minimax-q" else 50_000
        seconds = best_time(lambda s=session, c=count: s.advance(c), 5)
        rate = 11 * count / seconds
        goal = verdict(rate >= 5e6) if name == "wolf-phc" else ""
        rows.append([name, f"{rate / 1e6:.2f}", "5 (on 2 cores)" if goal else "", goal])
    record("trading: learners, million agent-steps a second, one core", table(["", "", "target", ""], rows) + "\n\n" + loaded())


def learners() -> None:
    """The share of 20 seeds within 5% of the equilibrium or its closest grid point at the end, and the median distance."""
    rows = []
    for setting, chosen in SETTINGS.items():
        for name, play in chosen.items():
            cells = []
            for preset in ("interior", "kink", "two-peaks"):
                apart, profits = [], []
                game = trading.generate(preset=preset)
                best = trading.solve(game).value
                for seed in range(20):
                    session = Session(game, play, seed=seed)
                    session.advance(play.required()[1])
                    apart.append(distance(session.profile(), target(session)))
                    profits.append(trading.value(game, session.profile()) / best)
                near = np.mean([x <= NEAR + 1e-12 for x in apart])
                cells.append(f"{near:.0%} ({np.median(apart):.3f}, {np.median(profits):.1%})")
            rows.append([name, setting, *cells])
    text = (
        "In brackets: the medians of the distance and of the provider's profit as a share of the best. Best settings: "
        + "; ".join(f"{name} {play!r}" for name, play in BEST.items())
    )
    header = ["learner", "setting", "interior", "kink", "two-peaks"]
    record("trading: share of 20 seeds within 5% of the equilibrium", table(header, rows) + "\n\n" + text + ".")


SETTINGS: dict[str, dict[str, trading.Play]] = {
    "paper": LEARNERS,
    "best found": BEST,
}
SECTIONS: dict[str, Callable[[], None]] = {
    "follower-million": follower_million,
    "follower-thousand": follower_thousand,
    "leader": leader,
    "grid": grid,
    "verifying": verifying,
    "speed": speed,
    "learners": learners,
}

if __name__ == "__main__":
    logging.disable()  # best responses that do not converge are a row of the table
    for chosen in sys.argv[1:] or SECTIONS:
        SECTIONS[chosen]()
