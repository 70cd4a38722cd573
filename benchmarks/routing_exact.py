"""Benchmarks of the exact methods of routing. Each prints its table and appends it to RESULTS.md.

python benchmarks/routing_exact.py [SECTION [SECONDS]]      SECONDS: what each run on a 100-customer instance may take
"""

from __future__ import annotations

import csv
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from harness import DATA, child, record, table

CLOSE_WINDOWS = [*(f"c10{k}" for k in range(1, 6)), *(f"r10{k}" for k in range(1, 7)), *(f"rc10{k}" for k in range(1, 5))]
WIDE_WINDOWS = [*(f"c20{k}" for k in range(1, 5)), *(f"r20{k}" for k in range(1, 6)), *(f"rc20{k}" for k in range(1, 4))]
LONG_ROUTES = [*(f"pr0{k}" for k in range(1, 6)), "pr11", "pr12"]
HEADER = ["instance", "m", "best known", "value", "bound", "gap to best known", "s", "proved", "evidence", "verified in s"]


def best_known() -> dict[tuple[str, int], tuple[float, float | None]]:
    """(instance, vehicles) -> best known value, and the proved optimum where the table has one."""
    with (DATA / "toptw" / "best_known.csv").open(newline="") as file:
        return {
            (row["instance"], int(row["m"])): (
                float(row["best_known"]),
                float(row["proven_optimal"]) if row["proven_optimal"] else None,
            )
            for row in csv.DictReader(file)
        }


def measured(
    names: Sequence[str], vehicles: Sequence[int], method: str, seconds: float
) -> list[tuple[str, int, dict[str, Any]]]:
    """Every instance with every number of vehicles, all in one process."""
    pairs = [(name, m) for name in names for m in vehicles]
    specs = ",".join(f"{name}:{m}" for name, m in pairs)
    runs = child("run_routing_exact.py", specs, method, seconds, timeout=len(pairs) * (3 * seconds + 30) + 240)
    if not isinstance(runs, list):
        runs = [runs] * len(pairs)
    return [(name, m, run) for (name, m), run in zip(pairs, runs, strict=True)]


def lines(runs: list[tuple[str, int, dict[str, Any]]]) -> tuple[list[list[object]], str]:
    """Rows of the table, and what they add up to."""
    known, rows, gaps, contradictions = best_known(), [], [], []
    for name, m, run in runs:
        if "error" in run:
            rows.append([name, m, known[name, m][0], run["error"], *[""] * 6])
            continue
        best, optimum = known[name, m]
        gaps.append((run["bound"] - best) / best)
        if run["bound"] < best or (
            optimum is not None and (run["value"] > optimum or (run["proved"] and run["value"] != optimum))
        ):
            contradictions.append(f"{name} m={m}")
        checked = f"{run['verify_seconds']:.2f}" if run["verified"] else "NOT VERIFIED"
        cells = [best, run["value"], run["bound"], f"{100 * gaps[-1]:.2f}%", f"{run['seconds']:.2f}"]
        rows.append([name, m, *cells, "yes" if run["proved"] else run["termination"], run["evidence"], checked])
    done = [run for _, _, run in runs if run.get("proved")]
    text = f"{len(done)} of {len(runs)} proved"
    if done:
        text += f", the slowest of these in {max(run['seconds'] for run in done):.1f} s"
    if gaps:
        text += f"; mean gap of the bound to the best known value {100 * statistics.fmean(gaps):.2f}%"
    if contradictions:
        text += f". CONTRADICTS the table: {', '.join(contradictions)}"
    return rows, text + "."


def dp(seconds: float = 60.0) -> None:
    """One vehicle: the 15 instances with close windows (target: all proved in <= 60 s), then how far it gets on the others."""
    rows, text = lines(measured(CLOSE_WINDOWS, [1], "dp", seconds))
    record(f"routing: dp, one vehicle, {seconds:g} s", table(HEADER, rows) + f"\n\n{text} Target: all in <= 60 s each.")
    rows, text = lines(measured(WIDE_WINDOWS + LONG_ROUTES, [1], "dp", seconds / 2))
    record(f"routing: dp, one vehicle, wide windows and long routes, {seconds / 2:g} s", table(HEADER, rows) + f"\n\n{text}")


def column_generation(seconds: float = 180.0) -> None:
    """Two to four vehicles (target: mean gap of the bound <= 2% in <= 5 min each), then two on the others."""
    rows, text = lines(measured(CLOSE_WINDOWS, [2, 3, 4], "column-generation", seconds))
    record(
        f"routing: column-generation, two to four vehicles, {seconds:g} s",
        table(HEADER, rows) + f"\n\n{text} Target: a mean gap <= 2% in <= 300 s each.",
    )
    rows, text = lines(measured(WIDE_WINDOWS + LONG_ROUTES, [2], "column-generation", seconds / 9))
    record(
        f"routing: column-generation, two vehicles, wide windows and long routes, {seconds / 9:g} s",
        table(HEADER, rows) + f"\n\n{text}",
    )


SECTIONS = {"dp": dp, "column-generation": column_generation}

if __name__ == "__main__":
    chosen = sys.argv[1:2] or list(SECTIONS)
    for section in chosen:
        if section not in SECTIONS:
            sys.exit(f"{section}: no such section; there are {', '.join(SECTIONS)}")
        SECTIONS[section](*map(float, sys.argv[2:3]))
