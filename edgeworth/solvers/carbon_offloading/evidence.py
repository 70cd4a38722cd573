"""The computations behind `claims`: each function runs one test of a claim of the CADDTO paper."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, cast

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claim_figures import curves
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.core.intervals import interval
from edgeworth.core.seeds import generator
from edgeworth.solvers.carbon_offloading.model import PARTS, CarbonOffloading, Schedule, generate, measures, simulate
from edgeworth.solvers.carbon_offloading.policies.rules import Lyapunov, Threshold
from edgeworth.solvers.carbon_offloading.sweeps import SHARES, bit_prices, pareto

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS

FIRST_SEED = 2_000
"""Of the test episodes: `lyapunov` was tuned on others."""
TRADEOFFS = (0.02, 0.2, 2.0, 20.0)
"""V / V* of `lyapunov` on the way from delay to carbon; .2 is its default."""
LOADS = (1e6, 3e6, 5e6)
GRID_INTENSITY = 700.0 / 3.6e6
"""The paper's 700 g/kWh in g/J."""
CARBON_PER_BIT = 3.0e-4
"""g, of the second-hand notes."""
BITS_PER_SLOT = 10.0
"""Of the second-hand notes: what "high traffic" is."""
LAYERS = (3, 128, 128, 2)
"""Ours, deduced from "less than 68 KB" and three observed numbers: the paper does not print its network."""
_OFFLINE = "hindsight"


def lowest_carbon(budget: ClaimBudget) -> Evidence:
    rows, clean, spread = list[Row](), True, list[float]()
    for load in LOADS:
        episodes = episodes_of(load, budget)
        green = _means(episodes, "green-only")
        rows.append({"load": load, "method": "green-only", **green})
        clean &= green["carbon_per_bit"] == 0.0
        along = []
        for tradeoff in TRADEOFFS:
            means = _means(episodes, "lyapunov", Lyapunov(tradeoff))
            along.append(means["carbon_per_bit"])
            rows.append({"load": load, "method": f"lyapunov {tradeoff:g}", **means})
        spread.append(max(along) / min(along) if min(along) > 0.0 else math.inf)
        rows.append({"load": load, "method": _OFFLINE, **_means(episodes, "exact")})
    lost = [row["overflow"] for row in rows if row["method"] == "green-only"]
    text = (
        f"green-only emits 0 g/bit at loads of {_list(LOADS, 1e6)} Mbit/s and drops {_percents(lost)}; lyapunov's g/bit changes"
        f" by a factor of {', '.join(f'{x:.3g}' for x in spread)} along V / V* = {TRADEOFFS[0]:g} to {TRADEOFFS[-1]:g}: none"
        " can emit less than the one, and the other takes any place by choice of V"
    )
    found = _FAILS if clean else _HOLDS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=_count(budget) * len(LOADS))


def room_above_lyapunov(budget: ClaimBudget) -> Evidence:
    rows, parts, ends = list[Row](), [], []
    for load in (3e6, 5e6):
        episodes = episodes_of(load, budget)
        costs = {name: costs_of(episodes, name) for name in ("exact", "value-iteration", "lyapunov")}
        lead = 1.0 - costs["value-iteration"] / costs["lyapunov"]
        mean, low, high = interval(lead)
        below = float((costs["lyapunov"].sum() - costs["exact"].sum()) / costs["lyapunov"].sum())
        rows.append({"load": load, "lead": mean, "low": low, "high": high, "hindsight_lead": below})
        parts.append(f"{load / 1e6:g} Mbit/s: {mean:.1%} [{low:.1%}, {high:.1%}], hindsight {below:.1%}")
        ends.append((low, high))
    text = (
        "the best causal policy (value iteration, which sees the channel) costs less than tuned lyapunov by "
        + "; ".join(parts)
        + f"; paired over {_count(budget)} episodes, 95%; in expectation no causal policy leads by more,"
        " up to the grid's error"
    )
    if min(low for low, _ in ends) > 0.10:
        found = _HOLDS
    else:
        found = _PARTLY if max(low for low, _ in ends) > 0.0 else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), interval=ends[0], instances=2 * _count(budget))


def least_overflow(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for load in (5e6, 6e6, 8e6, 10e6, 12e6):
        shares = [measures(p, _solved(p, "full-power"))["overflow"] for p in episodes_of(load, budget)]
        rows.append({"load": load, "least_overflow": float(np.mean(shares)), "smallest": min(shares), "largest": max(shares)})
    literal = [generate(load=BITS_PER_SLOT / 1e-3, packet=1.0, seed=FIRST_SEED + k) for k in range(_count(budget))]
    rows.extend(
        {"load": 1e4, "method": name, "overflow": max(measures(p, _solved(p, name))["overflow"] for p in literal)}
        for name in ("random", "always-local", "green-only")
    )
    at = {float(row["load"]): float(row["least_overflow"]) for row in rows if "least_overflow" in row}
    trivial = max(float(row["overflow"]) for row in rows if "overflow" in row)
    text = (
        "least share of the bits that any schedule drops (full power always, no interference), means of"
        f" {_count(budget)} episodes: "
        + ", ".join(f"{share:.1%} at {load / 1e3:g} bit/slot" for load, share in at.items())
        + f"; at 10 bit/slot random, always-local and green-only drop {trivial:.1%} at most"
    )
    found = _HOLDS if at[10e6] < 0.01 else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=6 * _count(budget))


def carbon_unit(budget: ClaimBudget) -> Evidence:
    problem = generate(users=1, slots=1, seed=0)
    joules = CARBON_PER_BIT / GRID_INTENSITY
    rows = list[Row]()
    for tau in (1e-3, 1e-2, 0.1, 1.0, 10.0):
        most = tau * float(problem.local_power_cap[0] + problem.offload_power_cap[0])
        for bits, reading in ((BITS_PER_SLOT, "bit"), (1e3 * BITS_PER_SLOT, "kbit")):
            rows.append(
                {"slot_length": tau, "reading": reading, "most": most, "needed": joules * bits, "times": joules * bits / most}
            )
    bits_read = {row["slot_length"]: float(row["times"]) for row in rows if row["reading"] == "bit"}
    text = (
        f"{CARBON_PER_BIT:g} g/bit at 700 g/kWh are {joules:.3g} J/bit; {BITS_PER_SLOT:g} bit a slot would take"
        f" {joules * BITS_PER_SLOT:.3g} J, {bits_read[1e-3]:,.0f} times what caps of 2 W + 2 W allow in 1 ms and"
        f" {bits_read[1.0]:.2g} times what they allow in 1 s (read as kbit, 1,000 times more)"
    )
    found = ClaimVerdict.CANNOT_HOLD if bits_read[1.0] > 1.0 else _PARTLY
    return Evidence(found, Reason.UNIT_AUDIT, text, numbers=tuple(rows), instances=1)


def green_slots(budget: ClaimBudget) -> Evidence:
    rows, held = list[Row](), []
    for load in (3e6, 5e6):
        episodes = episodes_of(load, budget)
        for name in ("exact", "value-iteration", "lyapunov", "green-only", "random"):
            shares, related = [], []
            for problem in episodes:
                schedule = _solved(problem, name)
                shares.append(measures(problem, schedule)["green_share"])
                served = simulate(problem, schedule).served[:, 1:]
                related.append(_correlation(served, problem.harvest[:, 1:]))
            mean, low, high = interval(np.array(related))
            label = _OFFLINE if name == "exact" else name
            rows.append(
                {
                    "load": load,
                    "method": label,
                    "green_share": float(np.mean(shares)),
                    "correlation": mean,
                    "low": low,
                    "high": high,
                }
            )
            if name in ("exact", "value-iteration"):
                held.append(low > 0.0)
    parts = [f"{row['method']} {float(row['green_share']):.0%} ({float(row['correlation']):+.2f})" for row in rows]
    half = len(parts) // 2
    text = (
        "bits served without grid energy (correlation of bits served with harvest) at 3 Mbit/s: "
        + ", ".join(parts[:half])
        + "; at 5 Mbit/s: "
        + ", ".join(parts[half:])
    )
    found = _HOLDS if all(held) else (_PARTLY if any(held) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=2 * _count(budget))


def decoupled(budget: ClaimBudget) -> Evidence:
    rows, parts, coupled = list[Row](), [], []
    rounding = 1e-6 * GRID_INTENSITY  # a microjoule from the grid
    for load in LOADS:
        table = pareto(generate(load=load, buffer=2e4, seed=FIRST_SEED))
        table = table[table.excess <= 1e-6]
        points = zip(table.served.tolist(), table.carbon.tolist(), strict=True)
        rows.extend({"load": load, "served": served, "carbon": carbon} for served, carbon in points)
        first, last = table.iloc[0], table.iloc[-1]
        coupled.append(bool(last.carbon > rounding))
        ends = [f"{at.served / 1e6:.3g} Mbit for {_micrograms(at.carbon)}" for at in (first, last)]
        parts.append(f"{load / 1e6:g} Mbit/s: {' to '.join(ends)}")
    text = f"least carbon in hindsight for {len(SHARES)} weights of overflow, one episode a load, " + "; ".join(parts)
    found = _FAILS if all(coupled) else (_PARTLY if any(coupled) else _HOLDS)
    return Evidence(
        found,
        Reason.MEASURED,
        text,
        numbers=tuple(rows),
        instances=len(LOADS),
        figure=curves(rows, "served", "carbon", ["load"]),
    )


def least_waste(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for load in (1e6, 3e6):
        episodes = episodes_of(load, budget)
        for name in ("exact", "lyapunov", "green-only", "burn", "full-power", "threshold"):
            means = _means(episodes, name)
            label = _OFFLINE if name == "exact" else name
            rows.append(
                {"load": load, "method": label, "waste": means["waste"], "carbon": means["carbon"], "delay": means["delay"]}
            )
    least = {row["method"]: max(float(x["waste"]) for x in rows if x["method"] == row["method"]) for row in rows}
    text = "largest mean share of the harvest that is wasted at 1 and 3 Mbit/s: " + ", ".join(
        f"{name} {share:.2%}" for name, share in least.items()
    )
    found = _HOLDS if least[_OFFLINE] <= 1e-3 else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=2 * _count(budget))


def burning(budget: ClaimBudget) -> Evidence:
    rows, same, witness = list[Row](), True, None
    for load in LOADS:
        for problem in episodes_of(load, budget):
            plain, burnt = (
                measures(problem, _solved(problem, name, params))
                for name, params in (("threshold", Threshold(level=0.0)), ("burn", None))
            )
            close = math.isclose(plain["served"], burnt["served"], rel_tol=1e-9)
            same &= close and burnt["grid_energy"] <= plain["grid_energy"] * (1.0 + 1e-9) + 1e-15
            gain = plain["cost"] - burnt["cost"]
            rows.append(
                {
                    "load": load,
                    "burnt": burnt["energy"] - plain["energy"],
                    "waste_before": plain["waste"],
                    "waste_after": burnt["waste"],
                    "saved": gain / plain["cost"],
                }
            )
            if gain > 0.0 and witness is None:
                witness = problem.provenance
    before = float(np.mean([float(row["waste_before"]) for row in rows]))
    after = max(float(row["waste_after"]) for row in rows)
    saved = float(np.mean([float(row["saved"]) for row in rows]))
    text = (
        f"serving the whole buffer in every slot wastes {before:.0%} of the harvest; transmitting the rest as noise wastes"
        f" {after:.1%} at most, serves the same bits from no more grid energy ({same}), and saves {saved:.0%} of the cost:"
        f" {len(rows)} episodes"
    )
    found = _FAILS if same and witness is not None else _HOLDS
    return Evidence(found, Reason.PROVED, text, numbers=tuple(rows), instances=len(rows), witness=witness)


def inference(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for users in (5, 100, 1_000):
        rows.append({"users": users, "seconds_a_decision": decision_time(users)})
    text = (
        "a local rule reads its own observation only, so that any of them, a table or a closed form included, takes the same"
        " time for any number of users; lyapunov, here: "
        + ", ".join(f"{float(row['seconds_a_decision']) * 1e6:.2g} us at {row['users']} users" for row in rows)
    )
    return Evidence(_HOLDS, Reason.DEFINITION, text, numbers=tuple(rows), instances=3)


def decision_time(users: int) -> float:
    """Seconds that `lyapunov` takes for a decision of one user: the least of five runs."""
    problem = generate(users=users, antennas=users + 3, gains="gamma", slots=20, seed=FIRST_SEED)
    solve, taken = family("carbon-offloading").solve, []
    for _ in range(5):
        began = time.perf_counter()
        solve(problem, method="lyapunov", seed=0)
        taken.append(time.perf_counter() - began)
    return min(taken) / (users * problem.slots)


def network_size(budget: ClaimBudget) -> Evidence:
    numbers = sum(a * b + b for a, b in pairwise(LAYERS))
    size = 4 * numbers
    found = _HOLDS if size < 68_000 else (_PARTLY if size < 68 * 1024 else _FAILS)
    text = (
        f"{'-'.join(map(str, LAYERS))} has {numbers:,} numbers, {size:,} bytes in float32: {size / 1024:.1f} KiB,"
        f" {size / 1e3:.1f} kB (the layers are deduced from this very sentence)"
    )
    return Evidence(found, Reason.DEFINITION, text, numbers=({"parameters": numbers, "bytes": size},), instances=1)


def interference(budget: ClaimBudget) -> Evidence:
    settings: dict[str, dict[str, Any]] = {
        "zero forcing": {},
        "zero forcing, csi_error .05": {"csi_error": 0.05},
        "mmse": {"receiver": "mmse"},
    }
    rows = list[Row]()
    for name, options in settings.items():
        change = []
        for k in range(max(1, _count(budget) // 2)):
            problem = generate(seed=FIRST_SEED + k, **options)
            own = _solved(problem, "lyapunov")
            rng = generator(FIRST_SEED + k)[0]
            costs = []
            for others in (
                np.zeros((2, problem.users, problem.slots)),
                rng.uniform(0.0, 2.0, (2, problem.users, problem.slots)),
            ):
                others[0, 0], others[1, 0] = own.local_power[0], own.offload_power[0]
                costs.append(float(simulate(problem, Schedule(*others)).cost[:, 0].sum()))
            change.append(abs(costs[1] / costs[0] - 1.0))
        rows.append({"receiver": name, "mean_change": float(np.mean(change)), "largest_change": max(change)})
    text = "cost of device 0 at its own powers, others random against silent, mean relative change: " + ", ".join(
        f"{row['receiver']} {float(row['mean_change']):.2%}" for row in rows
    )
    moved = [float(row["largest_change"]) > 1e-9 for row in rows]
    found = _HOLDS if all(moved) else (_PARTLY if any(moved) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=3 * max(1, _count(budget) // 2))


def balanced(budget: ClaimBudget) -> Evidence:
    rows, pays = list[Row](), []
    for load in (3e6, 5e6):
        episodes = episodes_of(load, budget)
        means = _means(episodes, "exact")
        shares = {part: means[f"cost_{part}"] / means["cost"] for part in PARTS}
        rows.append({"load": load, "overflow_scale": "dominant", **shares})
        literal = bit_prices(replace(episodes[0], overflow_scale=np.full(episodes[0].users, load * 1e-3)))
        rows.append({"load": load, "overflow_scale": "mean-arrival", **literal})
        pays.append(literal["served"] > literal["dropped"])
    parts = [
        f"{float(row['load']) / 1e6:g} Mbit/s: " + ", ".join(f"{part} {float(row[part]):.0%}" for part in PARTS)
        for row in rows
        if row["overflow_scale"] == "dominant"
    ]
    cheap = [row for row in rows if row["overflow_scale"] == "mean-arrival"][-1]
    text = (
        "shares of the optimum's cost with weights 1/4 each, "
        + "; ".join(parts)
        + f"; with overflow over the mean arrivals a dropped kbit costs {1e3 * float(cheap['dropped']):.2g}, a served one up to"
        f" {1e3 * float(cheap['served']):.2g} in carbon at 5 Mbit/s: the weights ask for dropping"
    )
    even = all(0.1 <= float(row[part]) <= 0.5 for row in rows if row["overflow_scale"] == "dominant" for part in PARTS)
    found = _HOLDS if even and not any(pays) else (_PARTLY if even or not any(pays) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=2 * _count(budget))


def _count(budget: ClaimBudget) -> int:
    """Episodes of a test: a fifth of the budget's instances, 2 at least."""
    return max(2, budget.instances // 5)


def episodes_of(load: float, budget: ClaimBudget) -> tuple[CarbonOffloading, ...]:
    """The test episodes of a load."""
    return tuple(_episode(load, FIRST_SEED + k) for k in range(_count(budget)))


@cache
def _episode(load: float, seed: int) -> CarbonOffloading:
    return generate(preset="caddto", load=load, seed=seed)


@lru_cache(maxsize=1_000)
def _solved(problem: CarbonOffloading, method: str, params: object = None) -> Schedule:
    return cast("Schedule", family("carbon-offloading").solve(problem, method=method, params=params, seed=0).require())


def measured(problem: CarbonOffloading, method: str) -> dict[str, float]:
    """The measures of what a method finds, without parameters."""
    return measures(problem, _solved(problem, method))


def costs_of(episodes: Sequence[CarbonOffloading], method: str) -> Floats:
    """Its cost on every episode."""
    return np.array([measured(p, method)["cost"] for p in episodes])


def _means(episodes: Sequence[CarbonOffloading], method: str, params: object = None) -> dict[str, float]:
    found = [measures(p, _solved(p, method, params)) for p in episodes]
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def _correlation(first: Floats, second: Floats) -> float:
    """Pearson's, of what is left after each device's mean; 0 where either does not vary."""
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (first, second))
    scale = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0.0 else 0.0


def _micrograms(grams: float) -> str:
    return f"{1e6 * grams if grams > 1e-15 else 0.0:.3g} \N{MICRO SIGN}g"


def _list(values: Sequence[float], unit: float) -> str:
    return ", ".join(f"{value / unit:g}" for value in values)


def _percents(values: Sequence[object]) -> str:
    return ", ".join(f"{float(value):.1%}" for value in values)  # type: ignore[arg-type]
