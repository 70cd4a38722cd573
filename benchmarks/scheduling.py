"""Scheduling: speed beside SimPy, how close schedules in hindsight come to their bound, and reference values."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from harness import HERE, record, table

from edgeworth import Stop
from edgeworth.core.claims import SHORT, claim_table
from edgeworth.mechanisms.token_market.rules import ECONOMIES
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling.claims import CLAIMS
from edgeworth.solvers.scheduling.market.play import MarketPlay
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode
from edgeworth.solvers.scheduling.model.kernels import rules
from edgeworth.solvers.scheduling.model.simulation import Play, rule

sys.path.insert(0, str(HERE.parent))
from tests.oracles import scheduling as twin
from tests.oracles import scheduling_rules as twin_rules

PAIRS = 5
SEEDS = range(20)
RULES: dict[str, Callable[..., Any]] = {"earliest-finish": twin_rules.earliest_finish, "local": twin_rules.local}
CODES = {"earliest-finish": rules.EARLIEST, "local": rules.LOCAL}
REFERENCE = {  # specification, 20 episodes of another draw: success, latency, kJ, cost
    "local": (0.996, 3.90, 23.7, 9.69),
    "earliest-finish": (0.999, 3.00, 24.4, 9.09),
    "greedy-cost": (0.999, 4.12, 22.6, 9.05),
}


def steps(episode: Episode) -> int:
    """Agent-steps: one agent's observation, mask and energy at one epoch."""
    return episode.devices * (int(episode.end / episode.epoch) + 1)


def played(episode: Episode, method: str) -> float:
    """Processor seconds of a run in the simulator."""
    began = time.process_time()
    Play(episode).go(rule(CODES[method]))
    return time.process_time() - began


def solved(episode: Episode, method: str) -> float:
    """Processor seconds of the whole call, which plays the schedule again for its value."""
    began = time.process_time()
    scheduling.solve(episode, method=method)
    return time.process_time() - began


def simulated(episode: Episode, method: str) -> float:
    """Processor seconds of the same run by SimPy processes."""
    began = time.process_time()
    twin.play(episode, RULES[method])
    return time.process_time() - began


def undying(episode: Episode) -> Episode:
    """The same with batteries that last: dead devices would cost nothing."""
    return replace(episode, battery=np.full(episode.devices, 1e9), battery_floor=np.zeros(episode.devices))


def speed() -> str:
    """Medians over pairs that are measured in turn; our episodes are ten times as long, so that calls do not count."""
    rows = []
    for devices in (10, 25):
        for method in RULES:
            long = undying(scheduling.generate(devices=devices, horizon=6000.0, seed=1))
            short = scheduling.generate(devices=devices, horizon=600.0, seed=0)
            played(long, method)
            pairs = [(steps(long) / played(long, method), steps(short) / simulated(short, method)) for _ in range(PAIRS)]
            ratios = [one / other for one, other in pairs]
            ours = statistics.median(one for one, _ in pairs)
            theirs = statistics.median(other for _, other in pairs)
            decisions = ours * long.tasks / steps(long)
            spread = f"{statistics.median(ratios):.0f} ({min(ratios):.0f} .. {max(ratios):.0f})"
            whole = statistics.median(steps(long) / solved(long, method) for _ in range(PAIRS))
            cells = [f"{ours:.3g}", f"{decisions:.3g}", f"{whole:.3g}", f"{theirs:.3g}", spread]
            rows.append([f"{method}, N {devices}", *cells])
    head = ("rate .25, 6,000 s (twin: 600)", "agent-steps / s", "decisions / s", "by solve", "SimPy twin", "times the twin")
    return table(head, rows)


def rate(play: Play, code: int) -> float:
    """Agent-steps a second of processor time; the first epoch, with all that a call takes, does not count."""
    play.go(rule(code), 1)
    began = time.process_time()
    play.go(rule(code))
    return steps(play.problem) / (time.process_time() - began)


def market() -> str:
    """The same episodes with and without the ledger, in turn."""
    rows = []
    for devices in (10, 25):
        long = undying(scheduling.generate(devices=devices, horizon=6000.0, seed=1))
        for name, code in CODES.items():
            rates, heights = [], []
            for _ in range(PAIRS):
                dealt = [MarketPlay(long, Market(economy)) for economy in ECONOMIES]
                rates.append([rate(play, code) for play in (Play(long), *dealt)])
                heights = [play.run().ledger.height / steps(long) for play in dealt]
            columns = list(zip(*rates, strict=True))
            cells = [f"{statistics.median(each):.3g} ({min(each):.3g} .. {max(each):.3g})" for each in columns]
            rows.append([f"{name}, N {devices}", *cells, ", ".join(f"{each:.2f}" for each in heights)])
    head = ("rate .25, 6,000 s: agent-steps / s", "no market", *ECONOMIES, "commands of the ledger an agent-step")
    return table(head, rows)


def environment() -> str:
    """Agent-steps a second of processor time, stepped from Python with actions that are open."""
    rows = []
    for copies, dealt in ((16, None), (64, None), (256, None), (64, Market())):
        env = scheduling.vector_env(copies, preset="table-2", devices=10, rate=0.25, seed=0, market=dealt)
        actions = np.zeros((copies, 10), np.int64)
        env.reset()
        env.step(actions)
        rates = []
        for _ in range(PAIRS):
            began = time.process_time()
            for _ in range(400):
                env.step(actions)
            rates.append(400 * copies * 10 / (time.process_time() - began))
        rows.append([f"{copies} x 10{', with a market' if dealt else ''}", f"{statistics.median(rates):.3g}"])
    return table(("vector_env, own device chosen", "agent-steps / s of processor"), rows)


def gaps() -> str:
    """How far annealing is above the Lagrangian bound, both within the same time."""
    rows = []
    for devices, horizon, seconds in ((5, 30.0, 5.0), (10, 30.0, 5.0), (5, 60.0, 5.0), (10, 60.0, 5.0), (25, 60.0, 20.0)):
        found = [gap(devices, horizon, seed, seconds) for seed in (SEEDS if seconds < 20.0 else range(5))]
        rows.append([f"N {devices}, {horizon:g} s", f"{seconds:g}", *told(found)])
    rows.append(["N 10, 600 s", "10", *told([gap(10, 600.0, seed, 10.0) for seed in range(5)])])
    return table(("rate .25", "seconds each", "mean gap", "worst gap", "least room above the bound of the best rule"), rows)


def told(found: list[tuple[float, float]]) -> list[str]:
    gap_, room = zip(*found, strict=True)
    return [f"{statistics.mean(gap_):.2%}", f"{max(gap_):.2%}", f"{min(room):.2%}"]


def gap(devices: int, horizon: float, seed: int, seconds: float) -> tuple[float, float]:
    """Of the annealed value, and of the best rule's, over the bound."""
    episode = scheduling.generate(devices=devices, horizon=horizon, seed=seed)
    bound = scheduling.solve(episode, method="lagrangian", stop=Stop(seconds=seconds))
    primal = scheduling.solve(episode, method="annealing", stop=Stop(seconds=seconds), seed=0)
    for result in (bound, primal):
        if not scheduling.verify(episode, result):
            raise RuntimeError(f"seed {seed}: {result.method} does not stand the check")
    assert bound.bound is not None
    assert primal.value is not None
    best = min(float(scheduling.solve(episode, method=name).value or np.inf) for name in scheduling.sweeps.RULES)
    return primal.value / bound.bound - 1.0, best / bound.bound - 1.0


def reference() -> str:
    """Means over 20 episodes of Table II, and standard errors, beside the specification's."""
    rows = []
    episodes = [scheduling.generate(seed=seed) for seed in SEEDS]
    for name, given in REFERENCE.items():
        found = [scheduling.measures(e, scheduling.solve(e, method=name).require()) for e in episodes]
        cells = []
        for column, unit, expected in zip(("success", "latency", "energy", "cost"), (1, 1, 1e3, 1), given, strict=True):
            values = [each[column] / unit for each in found]
            error = statistics.stdev(values) / len(values) ** 0.5
            cells.append(f"{statistics.mean(values):.4g} +- {error:.2g} ({expected:g})")
        rows.append([name, *cells])
    return table(("Table II, rate .25 (specification)", "success", "latency, s", "energy, kJ", "cost"), rows)


def claims() -> str:
    """The paper's claims that rules decide."""
    frame = claim_table([claim for claim in CLAIMS if not claim.rule.seeds], SHORT)
    return table(("claim", "verdict", "evidence"), [[name, row.verdict, row.evidence] for name, row in frame.iterrows()])


def main() -> None:
    """Measure and record."""
    targets = (
        "Targets: 3,000,000 agent-steps and 300,000 decisions a second, 100 times the twin for earliest-finish and 60 times for"
        " local; with the ledger 2,000,000 agent-steps; vector_env 500,000 agent-steps a second at 64 x 10; gaps .5% (N 5 to"
        " 10, 5 s), 2% (N 25, 20 s), 3% (600 s, 10 s). The twin computes masks for devices that act only, ours for all that it"
        " asks."
    )
    parts = [part() for part in (speed, market, environment, gaps, reference, claims)]
    record("scheduling", "\n\n".join([*parts, targets]))


if __name__ == "__main__":
    main()
