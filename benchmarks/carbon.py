"""Benchmarks of carbon-aware offloading. Each prints its table and appends it to RESULTS.md.

python benchmarks/carbon.py [SECTION ...]      sections: see SECTIONS below; default: all (about five minutes)

The peer is Clarabel (extra dev), which Edgeworth does not depend on. Without it its columns are empty.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import record, table

from edgeworth.solvers import carbon_offloading

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.oracles.carbon_program import clarabel, device

LOADS = (1e6, 3e6, 5e6, 8e6, 12e6)
BUFFERS = (5e3, 2e4, 1e5)


def load() -> str:
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores when this began"


def peer(problem: Any, u: int) -> tuple[float, float, float] | None:
    """Clarabel's optimum of one device, its own seconds, and those of the whole call; None without it or where it fails."""
    if importlib.util.find_spec("clarabel") is None:
        return None
    began = time.perf_counter()
    try:
        found, seconds = clarabel(device(problem, u))
    except ValueError:  # it ended without a solution
        return None
    return float(found), float(seconds), time.perf_counter() - began


def solved(problem: Any, repeats: int = 3) -> tuple[Any, float]:
    """The result of ``exact``, and the median seconds of its calls."""
    results = [carbon_offloading.solve(problem, method="exact") for _ in range(repeats)]
    return results[-1], statistics.median(each.stats.seconds for each in results)


def met(good: bool) -> str:
    return "met" if good else "MISSED"


def exact() -> None:
    """The targets of size, beside Clarabel on the same devices in the same run, and HiGHS on chords."""
    began, rows = load(), []
    for slots, gap, limit in ((200, 1e-6, 0.1), (1_000, 1e-5, 1.0)):
        problem = carbon_offloading.generate(preset="caddto", users=10, slots=slots, load=3e6, seed=0)
        result, seconds = solved(problem)
        peers = [peer(problem, u) for u in range(10)]
        known = [each for each in peers if each is not None]
        own, call = sum(each[1] for each in known), sum(each[2] for each in known)
        ratio = own / seconds if len(known) == 10 else float("nan")
        apart = abs(result.bound / sum(each[0] for each in known) - 1.0) if len(known) == 10 else float("nan")
        chords = carbon_offloading.solve(problem, method="highs")
        rows.append(
            [
                f"10 x {slots}",
                f"{result.gap:.1e}",
                met(result.gap <= gap),
                f"{seconds:.3f}",
                met(seconds <= limit),
                f"{own:.2f}",
                f"{call:.2f}",
                f"{ratio:.0f}",
                met(ratio >= 10),
                f"{apart:.1e}",
                f"{chords.stats.seconds:.2f}",
                f"{chords.gap:.1e}",
            ]
        )
    header = ["users x slots", "gap", "<= 1e-6, 1e-5", "s", "<= .1, 1 s", "Clarabel s", "its whole call s", "ratio", ">= 10"]
    header += ["bound against Clarabel", "HiGHS s", "its gap"]
    record("carbon offloading: hindsight optimum", table(header, rows) + f"\n\n{began}.")


def sweep() -> None:
    """Gap by load and buffer: 5 users, 200 and 1,000 slots."""
    began, rows = load(), []
    for load_ in LOADS:
        for buffer in BUFFERS:
            cells: list[object] = [f"{load_:g}", f"{buffer:g}"]
            for slots in (200, 1_000):
                problem = carbon_offloading.generate(users=5, slots=slots, load=load_, buffer=buffer, seed=1)
                result, seconds = solved(problem, 1)
                dropped = carbon_offloading.measures(problem, result.solution)["overflow"]
                cells += [f"{result.gap:.1e}", f"{dropped:.3f}", f"{seconds:.3f}"]
            rows.append(cells)
    header = ["load bit/s", "buffer bit", "gap, 200 slots", "overflow", "s", "gap, 1,000 slots", "overflow", "s"]
    record("carbon offloading: gap by load and buffer", table(header, rows) + f"\n\n{began}.")


def battery() -> None:
    """20 instances with a battery."""
    began, rows = load(), []
    for size in (1e-3, 5e-3):
        results = []
        for seed in range(10):
            problem = carbon_offloading.generate(users=5, slots=200, load=3e6, battery=size, seed=seed)
            results.append(solved(problem, 1))
        gaps, seconds = [each.gap for each, _ in results], [each for _, each in results]
        optimal = sum(each.quality == "optimal" for each, _ in results)
        rows.append([f"{size:g}", f"{max(gaps):.1e}", met(max(gaps) <= 1e-3), f"{optimal} of 10", f"{max(seconds):.3f}"])
    header = ["battery J", "largest gap of 10", "<= .1%", "optimal", "most s"]
    record("carbon offloading: hindsight optimum with a battery, 5 users x 200 slots", table(header, rows) + f"\n\n{began}.")


def agreement() -> None:
    """The bound against Clarabel's optimum of the same program on 100 random devices."""
    began, rng = load(), np.random.default_rng(0)
    apart, ratios, failed = [], [], 0
    for seed in range(100):
        slots, rate = int(rng.choice([50, 100, 200])), 10 ** rng.uniform(6.0, np.log10(12e6))
        buffer = 10 ** rng.uniform(np.log10(5e3), 5.0)
        problem = carbon_offloading.generate(users=1, slots=slots, load=rate, buffer=buffer, seed=seed)
        result, seconds = solved(problem, 1)
        other = peer(problem, 0)
        if other is None:
            failed += 1
            continue
        apart.append(abs(result.bound / other[0] - 1.0))
        ratios.append(other[1] / seconds)
    if not apart:
        rows: list[list[object]] = [["-"] * 4 + [failed]]
    else:
        rows = [[f"{max(apart):.1e}", met(max(apart) <= 1e-6), f"{statistics.median(apart):.1e}"]]
        rows[0] += [f"{statistics.median(ratios):.1f}", failed]
    header = ["largest difference of 100", "<= 1e-6", "median", "median ratio of seconds", "peer failed or absent"]
    text = "1 device of 50 to 200 slots, loads 1e6 to 12e6 bit/s, buffers 5 to 100 kbit; fixed costs are most of the seconds."
    record("carbon offloading: the bound against Clarabel", f"{table(header, rows)}\n\n{text} {began}.")


SECTIONS = {"exact": exact, "sweep": sweep, "battery": battery, "agreement": agreement}

if __name__ == "__main__":
    warm = carbon_offloading.generate(users=1, slots=5, seed=0)
    for method in ("exact", "highs"):
        carbon_offloading.solve(warm, method=method)
    for section in sys.argv[1:] or SECTIONS:
        if section not in SECTIONS:
            sys.exit(f"{section}: no such section; there are {', '.join(SECTIONS)}")
        SECTIONS[section]()
