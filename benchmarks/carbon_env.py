"""How fast environments of carbon-aware offloading are: agent-steps a second, beside plain loops in the same run."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import HERE, record, table

from edgeworth.solvers import carbon_offloading

sys.path.insert(0, str(HERE.parent))
from tests.oracles.carbon_env import NaiveEnv

USERS, SLOTS = 5, 200
PAIRS = 5
COPIES = (16, 64, 256, 1024)


def rate(step: Callable[[int], object], agents: int, episodes: int) -> float:
    """Agent-steps a second of processor time over whole episodes, the drawing of each new one included."""
    began = time.process_time()
    for k in range(episodes * SLOTS):
        step(k)
    return episodes * SLOTS * agents / (time.process_time() - began)


def vector(copies: int, gains: str = "gamma") -> Callable[[int], object]:
    """One step of a vector environment at float32 actions, as a network hands them."""
    env = carbon_offloading.vector_env(copies, preset="caddto", seed=0, gains=gains)  # type: ignore[arg-type]
    actions = np.random.default_rng(0).random((8, copies, USERS, 2)).astype(np.float32)
    env.reset()
    env.step(actions[0])  # compiled
    env.reset()
    return lambda k: env.step(actions[k % 8])


def naive(copies: int) -> Callable[[int], object]:
    """One step of the plain loops that the tests compare the vector environment with, number by number."""
    env = NaiveEnv(copies, seed=0, users=USERS, slots=SLOTS)
    actions = np.random.default_rng(0).random((copies, USERS, 2)).tolist()
    env.reset()
    return lambda k: env.step(actions)


def parallel() -> Callable[[int], object]:
    """One step of the PettingZoo environment, which draws whole channel matrices."""
    env = carbon_offloading.parallel_env(preset="caddto", seed=0)
    actions = np.random.default_rng(0).random((USERS, 2)).astype(np.float32)
    env.reset()

    def step(k: int) -> None:
        if not env.agents:
            env.reset()
        env.step(dict(zip(env.agents, actions, strict=True)))

    return step


def measure() -> str:
    """The table: medians over pairs that are measured in turn."""
    slow, rows = naive(1), []
    for copies in COPIES:
        fast, pairs = vector(copies), []
        episodes = max(2, 2048 // copies)
        for _ in range(PAIRS):
            pairs.append((rate(fast, copies * USERS, episodes), rate(slow, USERS, 2)))
        ratios = [one / other for one, other in pairs]
        cells: list[Any] = [f"vector_env, gains gamma, {copies} copies", f"{statistics.median(p[0] for p in pairs):.3g}"]
        rows.append([*cells, f"{statistics.median(ratios):.0f} ({min(ratios):.0f} .. {max(ratios):.0f})"])
    base = statistics.median(rate(slow, USERS, 2) for _ in range(PAIRS))
    others = [("vector_env, gains matrix, 64 copies", vector(64, "matrix"), 64 * USERS)]
    if importlib.util.find_spec("pettingzoo") is not None:
        others.append(("parallel_env, gains matrix", parallel(), USERS))
    for name, step, agents in others:
        found = statistics.median(rate(step, agents, 2) for _ in range(3))
        rows.append([name, f"{found:.3g}", f"{found / base:.1f}"])
    rows.append(["plain loops", f"{base:.3g}", "1"])
    return table(("caddto, 5 users x 200 slots", "agent-steps / s of processor", "times the plain loops"), rows)


def main() -> None:
    """Measure and record."""
    note = "Targets: vector_env with gamma gains >= 100 times the plain loops; aim 3,000,000 agent-steps a second on one core."
    record("carbon-aware offloading: environments", f"{measure()}\n\n{note}")


if __name__ == "__main__":
    main()
