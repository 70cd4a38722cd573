"""The computations behind those claims of `claims` that are on learners: each function runs one test.

Differences and savings are paired: the k-th policy of one scheme beside the k-th of another, on the same held-out episode.
Evidence counts these episodes as its seeds; it is conclusive from three policies of a learner on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product

import numpy as np

from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.core.intervals import crossed
from edgeworth.core.policy import EVALUATION, PolicyMismatchError
from edgeworth.core.stop import Stop
from edgeworth.solvers.scheduling.evidence import COMPLEX, EXCHANGE, HIGH_LOAD, PTK, episodes_in
from edgeworth.solvers.scheduling.evidence_played import (
    EVERY,
    LEARNERS,
    POLICIES,
    Setting,
    Table,
    about,
    difference,
    episode_of,
    policies,
    said,
    saving,
    share,
    table,
)
from edgeworth.solvers.scheduling.policies.auction import BAuction
from edgeworth.solvers.scheduling.policies.rules import GreedyCost
from edgeworth.solvers.scheduling.sweeps import BOUND, RULES

_Three = tuple[float, float, float]

OTHERS = ("gnn-marl", "mappo", "b-auction")
LOADS = (0.05, 0.1, HIGH_LOAD)
HARD: tuple[Setting, ...] = tuple({"work": COMPLEX, "rate": rate} for rate in LOADS)
POINTS: tuple[Setting, ...] = ({}, {"devices": 5}, {"devices": 25}, {"rate": LOADS[0]}, *HARD)
"""Where energy is compared: Table II, and the ends of the paper's three axes."""
LEAST, MOST = 0.26, 0.46
"""What the abstract says is saved."""
COMPLETES = 0.005
"""By how much less of its tasks a scheme may complete and still count as one that completes as many."""
ENERGY: Mapping[str, float] = {"gnn-marl": 0.200, "mappo": 0.265, "b-auction": 0.467}
LATENCY: Mapping[str, float] = {"mappo": 0.164, "b-auction": 0.410}
SUCCESS: Mapping[str, float] = {"mappo": 0.154, "b-auction": 0.210}
USE = 0.021
"""Savings and gains that section VI-C prints."""
RADIO = (1.0, 2.0, 5.0, 10.0, 15.0)
"""J of radios and of the auction for every task that is handed over: the paper gives no radio powers, ours come to 2.2."""
UNNAMED: tuple[Setting, ...] = ({"horizon": 1365.0}, {"work": COMPLEX, "rate": 0.1})
"""Where a rule completes 75% of the tasks, as `evidence.three_quarters` finds beside the shared channel."""
ITERATIONS = 300
"""Of each Lagrangian bound."""


def energy_saving(budget: ClaimBudget) -> Evidence:
    rows, held, missing = list[Row](), list[bool](), list[str]()
    for setting, other in product(POINTS, OTHERS):
        try:
            own, theirs = (table(name, budget, setting) for name in ("best", other))
        except PolicyMismatchError:
            missing.append(f"{said(setting)} beside {other}")
        else:
            saved = saving(own, theirs, "energy_per_success")
            completes = float(np.mean(theirs["success"])) >= float(np.mean(own["success"])) - COMPLETES
            if completes:
                held.append(saved[1] > LEAST)
            whole = bool((theirs["success"] == 1.0).all())
            most = float(np.mean(1.0 - theirs["energy_floor"] / theirs["energy"])) if whole else math.nan
            needed = {f"joules_for_{target:g}": _joules(own, theirs, target) for target in (LEAST, MOST)}
            rows.append(
                _row(saved, setting=said(setting), other=other, compared=completes, most=most, **needed, **_totals(own, theirs))
            )
    compared = [row for row in rows if row["compared"]]
    first = [row for row in rows if row["setting"] == said(POINTS[0])]
    text = (
        "saving of energy per success by best, largest against schemes that complete as many tasks: "
        + "; ".join(_largest(other, compared) for other in OTHERS)
        + f". At Table II the total saving is, with {RADIO[0]:g} and {RADIO[-1]:g} J of radios and auction a task handed over, "
        + ", ".join(f"{row[_at(RADIO[0])]:+.1%} and {row[_at(RADIO[-1])]:+.1%} of {row['other']}'s" for row in first)
        + f"; {LEAST:.0%} would take "
        + ", ".join(f"{_told(row[f'joules_for_{LEAST:g}'])} ({row['other']})" for row in first)
        + (f"; not played, as a network takes another number of devices only: {', '.join(missing)}" if missing else "")
        + about(budget)
    )
    return _evidence(share(held), text, rows, budget, len(POINTS))


def energy_complex(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for setting in HARD:
        own = table("best", budget, setting)
        for other, printed in ENERGY.items():
            theirs = table(other, budget, setting)
            about_both = {"printed": printed, "joules": _joules(own, theirs, printed), **_totals(own, theirs)}
            rows.append(_row(saving(own, theirs, "energy_per_success"), rate=setting["rate"], other=other, **about_both))
    by_load = [[_within(row) for row in rows if row["rate"] == rate] for rate in LOADS]
    found = share(max(by_load, key=sum))
    text = f"at {COMPLEX:g} GFLOP best saves of the energy per success (total; success of both): " + "; ".join(
        f"at {rate:g} tasks a second "
        + ", ".join(
            f"{_interval(row)} of {row['other']}'s, printed {row['printed']:.1%} ({row['total']:+.1%};"
            f" {row['success']:.3f} and {row['other_success']:.3f}; {_told(row['joules'])} would give it)"
            for row in rows
            if row["rate"] == rate
        )
        for rate in LOADS
    )
    told = "; told in brackets: J of radios and auction for every task handed over with which the total is as printed"
    return _evidence(found, text + told + about(budget), rows, budget, len(HARD))


def energy_by_tokens(budget: ClaimBudget) -> Evidence:
    """Prices on against prices off; other exchange rates are trained, so that one policy alone has no rows of them."""
    own = table("best", budget, {})
    off: dict[str, Table] = {"tokens off (mappo)": table("mappo", budget, {})}
    if policies(budget) > 1:
        off |= {f"{rate:g} J a token": table("best", budget, {}, exchange_rate=rate) for rate in (0.0, PTK)}
    rows = list[Row]()
    for name, other in off.items():
        rows.append(_row(difference(own, other, "energy_per_success"), "difference", other=name, **_means(other)))
    compared = tuple(rows)
    rules = {rate: table("greedy-cost", budget, {}, GreedyCost(rate)) for rate in (0.0, PTK, EXCHANGE)}
    alone = {"best": own, "local": table("local", budget, {})}
    alone |= {f"greedy-cost at {rate:g} J": each for rate, each in rules.items()}
    rows += [{"other": name, **_means(each)} for name, each in alone.items()]
    text = (
        f"energy per success of best, {EXCHANGE:g} J a token, minus that of "
        + "; ".join(f"{row['other']}: {row['difference']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}] J" for row in compared)
        + ("" if policies(budget) > 1 else "; other exchange rates take policies of their own, and were not trained")
        + f"; minus that of local, which knows no tokens, {difference(own, alone['local'], 'energy_per_success')[0]:+.3f} J"
        + "; of all schemes J a success, and share of tasks handed over: "
        + ", ".join(f"{row['other']} {row['energy_per_success']:.2f}, {row['offloaded']:.3f}" for row in rows)
        + about(budget)
    )
    held = share(float(row["high"]) < 0.0 for row in compared)
    return _evidence(held, text, rows, budget, 1)


def latency_saving(budget: ClaimBudget) -> Evidence:
    own = table("best", budget, {})
    others = {name: table(name, budget, {}) for name in (*LATENCY, *RULES)}
    always = BAuction(share=0.0)
    others |= {
        "b-auction without the chain": table("b-auction", budget, {"chain": 0}),
        "b-auction of every task": table("b-auction", budget, {}, always),
        "b-auction of every task without the chain": table("b-auction", budget, {"chain": 0}, always),
    }
    rows = list[Row]()
    for name, theirs in others.items():
        base = name.partition(" ")[0]
        printed = {"printed": LATENCY[base]} if base in LATENCY else {}
        rows.append(_row(saving(own, theirs, "latency"), other=name, latency=float(np.mean(theirs["latency"])), **printed))
    near = [str(row["other"]) for row in rows if "printed" in row and _within(row)]
    text = (
        f"best has a latency of {np.mean(own['latency']):.2f} s, below that of others by "
        + "; ".join(
            f"{row['other']} ({row['latency']:.2f} s) {_interval(row)}"
            + (f", printed {row['printed']:.1%}" if row["other"] in LATENCY else "")
            for row in rows
        )
        + f"; the printed number is in the interval for {', '.join(near) or 'none'}"
        + about(budget)
    )
    return _evidence(share(name in near for name in LATENCY), text, rows, budget, 2)


def success_order(budget: ClaimBudget) -> Evidence:
    """On three channels, and where rules come near 75%: which setting would give the printed numbers."""
    channels: tuple[Setting, ...] = tuple({"channel": channel} for channel in ("radio", "link", "shared"))
    rows = list[Row]()
    for setting in (*channels, *UNNAMED):
        own = table("best", budget, setting)
        for other, printed in SUCCESS.items():
            theirs = table(other, budget, setting)
            gain = crossed(own["success"] / theirs["success"] - 1.0)
            rows.append(_row(gain, "gain", setting=said(setting), other=other, printed=printed, **_both(own, theirs)))
    of_channels = [_within(row) for row in rows if str(row["setting"]).startswith("channel")]
    near = [f"{row['other']} at {row['setting']}" for row in rows if _within(row)]
    text = (
        "success of best over that of others: "
        + "; ".join(
            f"{row['setting']}: {row['success']:.3f}, {row['gain']:+.1%} over {row['other']} (printed {row['printed']:+.1%})"
            for row in rows
        )
        + f"; the printed number is in the interval for {', '.join(near) or 'none of the settings tried'}"
        + about(budget)
    )
    return _evidence(share(of_channels), text, rows, budget, len(channels) + len(UNNAMED))


def utilisation_order(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for setting in ({}, HARD[-1]):
        own, theirs = table("best", budget, setting), table("mappo", budget, setting)
        gain = crossed(own["utilisation"] / theirs["utilisation"] - 1.0)
        used = float(np.mean(own["utilisation"]))
        rows.append(_row(gain, "gain", setting=said(setting), printed=USE, utilisation=used, **_both(own, theirs)))
    text = "; ".join(
        f"{row['setting']}: best is busy {row['utilisation']:.3f} of the time with success {row['success']:.3f}, relative to"
        f" mappo {_interval(row, 'gain')}, printed {row['printed']:+.1%}"
        for row in rows
    )
    return _evidence(share(map(_within, rows)), text + about(budget), rows, budget, len(rows))


def order(budget: ClaimBudget) -> Evidence:
    tables = {name: table(name, budget, {}) for name in (*LEARNERS, "b-auction")}
    sides = [("gnn-marl", other, "latency", -1.0) for other in ("best", "mappo", "b-auction")]
    sides += [("best", other, "latency", -1.0) for other in ("mappo", "b-auction")]
    sides += [("b-auction", other, measure, 1.0) for measure in ("latency", "energy") for other in LEARNERS]
    sides += [("b-auction", other, "success", -1.0) for other in LEARNERS]
    rows = list[Row]()
    for one, other, measure, sign in sides:
        found = difference(tables[one], tables[other], measure)
        side, held = ("above", found[1] > 0.0) if sign > 0.0 else ("below", found[2] < 0.0)
        rows.append(_row(found, "difference", scheme=one, other=other, measure=measure, claimed=side, held=held))
    against = [f"{row['scheme']} {row['claimed']} {row['other']} in {row['measure']}" for row in rows if not row["held"]]
    text = (
        f"{sum(bool(row['held']) for row in rows)} of {len(rows)} intervals are on the side named, not:"
        f" {', '.join(against) or 'none'}; means of latency, energy and success: "
        + ", ".join(
            f"{name} {np.mean(each['latency']):.2f} s, {np.mean(each['energy']) / 1e3:.2f} kJ, {np.mean(each['success']):.4f}"
            for name, each in tables.items()
        )
        + about(budget)
    )
    return _evidence(share(bool(row["held"]) for row in rows), text, rows, budget, 1)


def learned(budget: ClaimBudget) -> Evidence:
    """Each learner beside the best of the rules, and how much of the room above the bound it took."""
    rules = {name: table(name, budget, {}) for name in (*RULES, "threshold")}
    rule = min(RULES, key=lambda name: float(np.mean(rules[name]["cost"])))
    bound = _bounds(budget)
    rows, room = list[Row](), float(np.mean(rules[rule]["cost"]) - np.mean(bound))
    for name in EVERY:
        own = table(name, budget, {})
        found = difference(own, rules[rule], "cost")
        rows.append(
            _row(
                found, "difference", learner=name, rule=rule, cost=float(np.mean(own["cost"])),
                gap=float(np.mean(own["cost"] / bound - 1.0)), room=-found[0] / room if room > 0.0 else math.nan,
                to_threshold=difference(own, rules["threshold"], "cost")[0], success=float(np.mean(own["success"])),
            )
        )  # fmt: skip
    text = (
        f"cost a task of {rule}, the best rule, {np.mean(rules[rule]['cost']):.3f}, bound {np.mean(bound):.3f}; "
        + "; ".join(
            f"{row['learner']} {row['cost']:.3f}, {row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}],"
            f" {row['gap']:.1%} above the bound, {row['room']:.0%} of the rule's room taken; {row['to_threshold']:+.3f} beside"
            " threshold, which the claim does not count"
            for row in rows
        )
        + about(budget)
    )
    return _evidence(share(float(row["high"]) < 0.0 for row in rows), text, rows, budget, 1)


# --- figures ------------------------------------------------------------------------------------------------------------------


def _bounds(budget: ClaimBudget) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of the held-out episodes of Table II."""
    found = [
        family("scheduling").solve(episode_of(EVALUATION + k, {}), method=BOUND, stop=Stop(iterations=ITERATIONS)).bound
        for k in range(episodes_in(budget))
    ]
    return np.array([math.nan if each is None else each for each in found])


def _totals(own: Table, other: Table) -> dict[str, float]:
    """Savings of total energy: as it is, and if every task handed over took so many joules beside its execution.

    Decisions stay as they are.
    """
    found = {"total": saving(own, other, "energy")[0]}
    for joules in RADIO:
        one, two = (each["energy"] - each["radio"] + joules * each["offloads"] for each in (own, other))
        found[_at(joules)] = float(np.mean(1.0 - one / two))
    return found | _both(own, other)


def _at(joules: float) -> str:
    return f"at_{joules:g}_J"


def _both(own: Table, other: Table) -> dict[str, float]:
    return {"success": float(np.mean(own["success"])), "other_success": float(np.mean(other["success"]))}


def _joules(own: Table, other: Table, target: float) -> float:
    """How many joules that would have to be for a saving of the means; NaN where no number of them is enough."""
    fixed, sent = (
        [float(np.mean(each)) for each in pair]
        for pair in ([t["energy"] - t["radio"] for t in (own, other)], [t["offloads"] for t in (own, other)])
    )
    rate = (1.0 - target) * sent[1] - sent[0]
    needed = (fixed[0] - (1.0 - target) * fixed[1]) / rate if rate > 0.0 else math.nan
    return needed if needed >= 0.0 else math.nan


def _means(found: Table) -> dict[str, float]:
    return {name: float(np.mean(found[name])) for name in ("energy_per_success", "energy", "offloaded", "success")}


def _within(row: Row) -> bool:
    """Whether the printed number is in the row's interval."""
    return float(row["low"]) <= float(row["printed"]) <= float(row["high"])


def _row(found: _Three, name: str = "saving", /, **more: float | int | str | bool) -> Row:
    mean, low, high = found
    return {**more, name: mean, "low": low, "high": high}


def _largest(other: str, rows: list[Row]) -> str:
    of_it = [row for row in rows if row["other"] == other]
    if not of_it:
        return f"{other} completes fewer everywhere"
    row = max(of_it, key=lambda row: float(row["saving"]))
    most = float(row["most"])
    bound = "" if math.isnan(most) else f"; no schedule that completes all saves more than {most:.1%} of the total"
    return f"{_interval(row)} of {other}'s ({row['setting']}{bound})"


def _interval(row: Row, name: str = "saving") -> str:
    return f"{float(row[name]):+.1%} [{float(row['low']):+.1%}, {float(row['high']):+.1%}]"


def _told(joules: object) -> str:
    number = float(joules)  # type: ignore[arg-type]
    return "no number of J" if math.isnan(number) else f"{number:.1f} J"


def _evidence(found: ClaimVerdict, text: str, rows: list[Row], budget: ClaimBudget, settings: int) -> Evidence:
    return Evidence(
        found, Reason.MEASURED, text, numbers=tuple(rows), interval=(float(rows[0]["low"]), float(rows[0]["high"])),
        seeds=episodes_in(budget), instances=settings * episodes_in(budget), conclusive=policies(budget) >= POLICIES,
    )  # fmt: skip
