"""The computations behind `claims`: each function runs one test of a claim of the BEST paper on rules without learning."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from edgeworth.core.claim_figures import curves
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.solvers.scheduling.model import Episode, Schedule, generate, measures, simulate
from edgeworth.solvers.scheduling.sweeps import RULES, VALUES

_Row = dict[str, float | int | str | bool]

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS

FIRST_SEED = 2_000
"""Of the test episodes."""
HIGH_LOAD, COMPLEX = 0.25, 25.0
"""Tasks a second and device, and GFLOP: the ends of the paper's axes."""
CTK, PTK, EXCHANGE = 1.0, 3_600.0, 24_000.0
"""GFLOP of a compute token, J of a power token (section III-B), and J that Table II's exchange rate gives a power token."""
GRANT, CREDIT = 50.0, 30.0
"""Power tokens that a new device is given, and may borrow (section III-C)."""
_PAPER: dict[str, Any] = {"devices": 10, "rate": HIGH_LOAD}


def energy_rises(budget: ClaimBudget) -> Evidence:
    rows = _sweeps(budget, ("energy", "energy_per_success"))
    risen = {axis: _monotone(rows, axis, "energy") for axis in VALUES}
    apart = [row for row in rows if row["axis"] == "rate" and row["method"] == "local"]
    text = (
        f"total energy rises along {_listed(axis for axis, up in risen.items() if up) or 'no axis'} for {', '.join(RULES)};"
        f" of a success it falls with the load, for local from {apart[0]['energy_per_success']:.1f} to"
        f" {apart[-1]['energy_per_success']:.1f} J: devices idle less"
    )
    return Evidence(_share(risen), Reason.MEASURED, text, numbers=tuple(rows), instances=_runs(budget))


def latency_falls(budget: ClaimBudget) -> Evidence:
    rows, falls = list[Row](), {}
    for channel in ("radio", "link", "shared"):
        found = _sweep(budget, "devices", ("latency",), (*RULES, "random"), channel=channel)
        rows += [{"channel": channel, **row} for row in found]
        falls[channel] = all(
            float(later["latency"]) < float(earlier["latency"])
            for name in (*RULES, "random")
            for earlier, later in pairwise(row for row in found if row["method"] == name)
        )
    ends = [
        row for row in rows if row["channel"] == "radio" and row["devices"] in (VALUES["devices"][0], VALUES["devices"][-1])
    ]
    text = "mean latency of 5 and of 25 devices: " + "; ".join(
        f"{name} " + " and ".join(f"{row['latency']:.2f} s" for row in ends if row["method"] == name)
        for name in (*RULES, "random")
    )
    drawn = curves(rows, "devices", "latency", ["channel", "method"])
    instances = 3 * 5 * episodes_in(budget)
    return Evidence(_share(falls), Reason.MEASURED, text, numbers=tuple(rows), instances=instances, figure=drawn)


def success(budget: ClaimBudget) -> Evidence:
    rows = _sweeps(budget, ("success",))
    found = {
        "rises with devices": _monotone(rows, "devices", "success"),
        "falls with load": _monotone(rows, "rate", "success", -1.0),
        "falls with work": _monotone(rows, "work", "success", -1.0),
    }
    by_devices = [float(row["success"]) for row in rows if row["axis"] == "devices"]
    hardest = [row for row in rows if row["axis"] == "work" and row["work"] == COMPLEX]
    text = (
        f"over 5 to 25 devices success stays from {min(by_devices):.3f} to {max(by_devices):.3f}; at {COMPLEX:g} GFLOP and"
        f" {HIGH_LOAD:g} tasks a second it is " + ", ".join(f"{row['success']:.3f} for {row['method']}" for row in hardest)
    )
    return Evidence(_share(found), Reason.MEASURED, text, numbers=tuple(rows), instances=_runs(budget))


def utilisation_rises(budget: ClaimBudget) -> Evidence:
    rows = [row for row in _sweeps(budget, ("utilisation",)) if row["axis"] != "devices"]
    risen = {axis: _monotone(rows, axis, "utilisation") for axis in ("rate", "work")}
    ends = {axis: [float(row["utilisation"]) for row in rows if row["axis"] == axis] for axis in risen}
    text = "utilisation goes from " + " and from ".join(
        f"{min(found):.3f} to {max(found):.3f} along {axis}" for axis, found in ends.items()
    )
    return Evidence(_share(risen), Reason.MEASURED, text, numbers=tuple(rows), instances=_runs(budget))


def three_quarters(budget: ClaimBudget) -> Evidence:
    """Rules alone: which of them stands at 75% in the paper's setting, and which settings would give that number."""
    rows, names = list[Row](), (*RULES, "random")
    for setting in ({}, {"channel": "shared"}, {"horizon": 1365.0}, {"work": COMPLEX, "rate": 0.1}):
        rows += [{"setting": _said(setting), **row} for row in _means(budget, ("success",), names, **(_PAPER | setting))]
    usual = [float(row["success"]) for row in rows if row["setting"] == "Table II"]
    near = [
        f"{row['method']} {row['success']:.3f} ({row['setting']})" for row in rows if abs(float(row["success"]) - 0.75) < 0.05
    ]
    text = (
        f"in the setting of Table II rules without learning succeed with {min(usual):.3f} or more of the tasks; near .75: "
        + (", ".join(near) or "none of the settings tried")
    )
    found = _FAILS if min(usual) > 0.75 else _PARTLY
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=4 * episodes_in(budget), seeds=budget.seeds)


def full_use(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for setting in ({}, {"work": COMPLEX}):
        columns = ("utilisation", "useful_utilisation", "success")
        rows += [{"setting": _said(setting), **row} for row in _means(budget, columns, **(_PAPER | setting))]
    offered = HIGH_LOAD * 5.5 * math.log(1.5)  # mean work times the mean of 1 / C over U[2, 3]
    usual = max(float(row["useful_utilisation"]) for row in rows if row["setting"] == "Table II")
    busy = [row for row in rows if row["setting"] != "Table II"]
    text = (
        f"at {HIGH_LOAD:g} tasks a second Table II offers work for {offered:.3f} of the devices' time, of which rules use"
        f" {usual:.3f} at most: 96% cannot be useful work; at {COMPLEX:g} GFLOP "
        + ", ".join(f"{row['method']} is busy {row['utilisation']:.3f} with success {row['success']:.3f}" for row in busy)
    )
    found = ClaimVerdict.CANNOT_HOLD if offered < 0.96 else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=2 * episodes_in(budget), seeds=budget.seeds)


def decision_time(budget: ClaimBudget) -> Evidence:
    """Weights of the paper's network by number of devices; the time of a rule's decision is told beside it."""
    rows = list[Row]()
    for devices in (5, 10, 25, 50, 100):
        layers = (13 + devices + 5, 256, 256, 128, devices)  # own fields, its number as one of N, market; N logits
        weights = sum(a * b for a, b in pairwise(layers))
        episode = generate(devices=devices, rate=HIGH_LOAD, horizon=60.0, seed=FIRST_SEED)
        _played(episode, "earliest-finish")  # compiled
        began = time.process_time()
        _played(episode, "earliest-finish")
        rows.append({"devices": devices, "weights": weights, "seconds": (time.process_time() - began) / max(1, episode.tasks)})
    grown = float(rows[-1]["weights"]) / float(rows[0]["weights"])
    step = (float(rows[-1]["weights"]) - float(rows[-2]["weights"])) / 50.0
    text = (
        f"equation 8 counts {rows[0]['weights']:,} products for 5 devices and {rows[-1]['weights']:,} for 100, {grown:.2f}"
        f" times as many: linear in N, {step:.0f} for each device, since inputs and outputs grow; a decision of earliest-finish"
        f" took {1e6 * float(rows[1]['seconds']):.1f} us at 10 devices here, epochs included"
    )
    per_device = {
        (float(b["weights"]) - float(a["weights"])) / (float(b["devices"]) - float(a["devices"])) for a, b in pairwise(rows)
    }
    found = _HOLDS if grown == 1.0 else _PARTLY if len(per_device) == 1 else _FAILS
    return Evidence(found, Reason.DEFINITION, text, numbers=tuple(rows), instances=len(rows))


def training_complexity(budget: ClaimBudget) -> Evidence:
    """Passes of an epoch by Algorithm 1 and by equation 7: of one order where their ratio does not change with T."""
    rows, devices, steps = list[Row](), 10, 128
    ratios: dict[str, set[float]] = {"critic evaluations": set(), "actor evaluations": set()}
    for t in (steps, 2 * steps):
        # Algorithm 1: one value a step and state, a ratio a step and agent; equation 7: N T and N.
        for name, needed, printed in zip(ratios, (t, t * devices), (t * devices, devices), strict=True):
            rows.append({"part": name, "steps": t, "needed": needed, "printed": printed})
            ratios[name].add(needed / printed)
    text = (
        f"an epoch over T = {steps} steps of N = {devices} agents needs T = {steps} values of a central critic where equation 7"
        f" has T N = {steps * devices}, and T N = {steps * devices} probabilities of actors where it has N = {devices}: the"
        " factor T of the actors is missing"
    )
    found = _HOLDS if all(len(each) == 1 for each in ratios.values()) else ClaimVerdict.CANNOT_HOLD
    return Evidence(found, Reason.DEFINITION, text, numbers=tuple(rows), instances=1)


def settlement(budget: ClaimBudget) -> Evidence:
    """Share of the offloaded tasks that are unfinished when their commitment is submitted."""
    rows = list[Row]()
    for setting in ({}, {"work": COMPLEX}):
        for name in ("earliest-finish", "random"):
            late = sent = 0
            for episode in _episodes(budget, **(_PAPER | setting)):
                schedule = _played(episode, name)
                played = simulate(episode, schedule)
                away = (schedule.device >= 0) & (schedule.device != episode.source)
                sent += int(away.sum())
                late += int(np.sum(away & (played.end > played.decided + episode.settlement)))
            rows.append({"setting": _said(setting), "method": name, "offloaded": sent, "unfinished": late / max(1, sent)})
    shares = [float(row["unfinished"]) for row in rows]
    text = "unfinished 5 s after the decision: " + ", ".join(
        f"{row['unfinished']:.1%} ({row['setting']}, {row['method']})" for row in rows
    )
    found = _HOLDS if max(shares) == 0.0 else _PARTLY if min(shares) < 0.05 else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=2 * episodes_in(budget))


def masks(budget: ClaimBudget) -> Evidence:
    """How often each of the two rules of the mask closes a device, and whether what it leaves open succeeds."""
    rows = list[Row]()
    for setting in ({"rate": 0.05}, {"rate": HIGH_LOAD}, {"rate": HIGH_LOAD, "work": COMPLEX}):
        own = tasks = 0
        shares = dict[str, list[float]]()
        for episode in _episodes(budget, **(_PAPER | setting)):
            alone = episode.work / episode.capacity[episode.source]
            own += int(np.sum(alone > episode.deadline - episode.margin))
            tasks += episode.tasks
            for mask in ("literal", "off"):
                other = replace(episode, mask=mask)
                shares.setdefault(mask, []).append(measures(other, _played(other, "random"))["success"])
        at = {f"success_{mask}": float(np.mean(found)) for mask, found in shares.items()}
        rows.append({"setting": _said(setting), "closed_to_self": own / max(1, tasks), **at})
    most = max(float(row["closed_to_self"]) for row in rows)
    text = (
        f"the rule for the own device closes it to {most:.1%} of the tasks; random succeeds with and without the mask: "
        + ", ".join(f"{row['success_literal']:.4f} and {row['success_off']:.4f} ({row['setting']})" for row in rows)
    )
    helps = [float(row["success_literal"]) > float(row["success_off"]) for row in rows]
    found = _HOLDS if all(helps) and most > 0.0 else _PARTLY if any(helps) else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=3 * episodes_in(budget))


def units(budget: ClaimBudget) -> Evidence:
    times = EXCHANGE / PTK
    row: Row = {"token": PTK, "exchange_rate": EXCHANGE, "times": times}
    text = (
        f"a power token stands for {PTK:,.0f} J (III-B) and for {EXCHANGE:,.0f} J in the reward (Table II): {times:.2f} times"
        f" as much; with equation 2 an offloaded task then pays its execution {1.0 + times:.2f} times"
    )
    found = _HOLDS if times == 1.0 else ClaimVerdict.CANNOT_HOLD
    return Evidence(found, Reason.UNIT_AUDIT, text, numbers=(row,), instances=1)


def backed(budget: ClaimBudget) -> Evidence:
    batteries = np.concatenate([episode.battery for episode in _episodes(budget, **_PAPER)])
    low, high = GRANT * PTK / batteries.max(), GRANT * PTK / batteries.min()
    row: Row = {"grant": GRANT * PTK, "credit": CREDIT * PTK, "least_batteries": float(low), "most_batteries": float(high)}
    text = (
        f"{GRANT:g} power tokens that every new device is granted stand for {GRANT * PTK / 1e3:.0f} kJ, {low:.0f} to {high:.0f}"
        f" times what its battery holds, and a credit of {CREDIT:g} for {CREDIT * PTK / 1e3:.0f} kJ"
    )
    found = ClaimVerdict.CANNOT_HOLD if low > 1.0 else _PARTLY if high > 1.0 else _HOLDS
    return Evidence(found, Reason.UNIT_AUDIT, text, numbers=(row,), instances=len(batteries))


def episodes_in(budget: ClaimBudget) -> int:
    """Episodes a point: the paper has ten."""
    return min(20, max(2, budget.instances // 10))


def _runs(budget: ClaimBudget) -> int:
    return episodes_in(budget) * sum(len(values) for values in VALUES.values())


def _episodes(budget: ClaimBudget, **settings: Any) -> list[Episode]:
    return [generate(**settings, seed=FIRST_SEED + k) for k in range(episodes_in(budget))]


def _played(episode: Episode, name: str) -> Schedule:
    schedule: Schedule = family("scheduling").solve(episode, method=name, seed=0).require()
    return schedule


def _means(budget: ClaimBudget, columns: Sequence[str], names: Sequence[str] = RULES, **settings: Any) -> list[_Row]:
    """A row a rule: means over episodes."""
    rows = list[_Row]()
    for name in names:
        found = [_measured(FIRST_SEED + k, name, tuple(settings.items())) for k in range(episodes_in(budget))]
        rows.append({"method": name, **{column: float(np.mean([each[column] for each in found])) for column in columns}})
    return rows


@lru_cache(maxsize=2**14)
def _measured(seed: int, name: str, settings: tuple[tuple[str, Any], ...]) -> dict[str, float]:
    """Measures of an episode; claims share most of them."""
    episode = generate(**dict(settings), seed=seed)
    return measures(episode, _played(episode, name))


def _sweep(budget: ClaimBudget, axis: str, columns: Sequence[str], names: Sequence[str] = RULES, **settings: Any) -> list[_Row]:
    rows = list[_Row]()
    for value in VALUES[axis]:
        at = _PAPER | settings | {axis: int(value) if axis == "devices" else value}
        rows += [{axis: value, **row} for row in _means(budget, columns, names, **at)]
    return rows


def _sweeps(budget: ClaimBudget, columns: Sequence[str]) -> list[_Row]:
    return [{"axis": axis, **row} for axis in VALUES for row in _sweep(budget, axis, columns)]


def _monotone(rows: Iterable[Row], axis: str, column: str, sign: float = 1.0) -> bool:
    """Whether the column rises (falls for sign -1) from each value of the axis to the next, for every rule."""
    found = [row for row in rows if row["axis"] == axis]
    return all(
        sign * (float(later[column]) - float(earlier[column])) > 0.0
        for name in RULES
        for earlier, later in pairwise(row for row in found if row["method"] == name)
    )


def _share(found: dict[str, bool]) -> ClaimVerdict:
    return _HOLDS if all(found.values()) else _PARTLY if any(found.values()) else _FAILS


def _said(setting: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in setting.items()) or "Table II"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
