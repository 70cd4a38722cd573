"""FUSION end to end: bound, split of the loss, figures 2 and 3, Table V, claims, the decision value of a forecast, speed.

``python benchmarks/fusion.py [SECTION ...] [--trials N]``; without a section all of them. Figures are written to
``figures/fusion_*.svg``. With torch (extra "learn") the decision value has the networks too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import matplotlib as mpl
import numpy as np
from harness import DATA, HERE, record, table

from edgeworth.core.claims import BUDGETS
from edgeworth.core.intervals import interval
from edgeworth.mechanisms import double_auction
from edgeworth.systems import fusion
from edgeworth.systems.fusion.auction_stage import market_of, off_aic2
from edgeworth.systems.fusion.bound_check import verdict
from edgeworth.systems.fusion.forecast_stage import forecast_users, outlook, wanted
from edgeworth.systems.fusion.panels import OVERHEAD, PANELS
from edgeworth.systems.fusion.split import STAGES

FIGURES = HERE / "figures"
SITES, USERS = DATA / "eua" / "site-optus-melbCBD.csv", DATA / "eua" / "users-melbcbd-generated.csv"
CASES = ((8, 5, 160), (16, 5, 160), (16, 7, 180))


def cell(sample: np.ndarray, form: str = ".1f") -> str:
    """A mean and its 95% interval."""
    mean, low, high = interval(np.asarray(sample, dtype=float))
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"


def bound(trials: int) -> str:
    """How far the bound is above FUSION and above the best plan known, and what bound and check take."""
    rows = []
    for servers, agents, users in CASES:
        gaps, took, checked = [], [], []
        for seed in range(max(3, trials // 5)):
            world = fusion.generate("synthetic", servers=servers, agents=agents, users=users, seed=seed)
            drawn = fusion.draw(world, seed, 0)
            began = time.process_time()
            limit = fusion.round_bound(world, drawn)
            took.append(time.process_time() - began)
            began = time.process_time()
            if not verdict(world, drawn, limit):
                raise RuntimeError(f"the bound of world {seed} fails its check")
            checked.append(time.process_time() - began)
            split = fusion.split_round(world, drawn, forecaster="persistence", seed=seed, bound=limit)
            gaps.append([limit.value / split.welfare - 1.0, limit.value / split.planned - 1.0])
        own = np.array(gaps) * 100.0
        rows.append(
            [
                servers,
                agents,
                users,
                len(gaps),
                cell(own[:, 0]),
                cell(own[:, 1]),
                f"{np.mean(took):.1f}",
                f"{np.mean(checked):.2f}",
            ]
        )
    header = [
        "servers",
        "agents",
        "users",
        "rounds",
        "above FUSION, %",
        "above the best plan known, %",
        "CPU s",
        "check, CPU s",
    ]
    return table(header, rows)


def split(trials: int) -> str:
    """Where welfare is lost."""
    rows = []
    for servers, agents, users in CASES:
        worlds = [
            fusion.generate("synthetic", servers=servers, agents=agents, users=users, seed=seed)
            for seed in range(max(3, trials // 5))
        ]
        parts = [fusion.split_table([world], forecaster="persistence", seed=seed) for seed, world in enumerate(worlds)]
        column = {name: np.concatenate([part[name].to_numpy() for part in parts]) for name in ("welfare", *STAGES, "bound")}
        rows.append([f"{servers} / {agents} / {users}", *(cell(values) for values in column.values())])
    return table(["servers / agents / users", "welfare", *STAGES, "bound"], rows)


def figure2(trials: int) -> str:
    """Draw figure 2, and say what is at its ends; the first tenth of the trials is bounded."""
    found = fusion.figure2(trials=trials, bounded=max(1, trials // 10))
    for measure in ("welfare", "welfare_contracted", "potential"):
        fusion.plot_figure2(found, measure, file=FIGURES / f"fusion_{measure}.svg")
    rows = []
    for panel in PANELS:
        for count in (8, 12, 16):
            part = found[(found.panel == panel) & (found.servers == count)]
            for variant, own in part.groupby("variant", sort=False):
                numbers = [
                    cell(own[name].dropna()) if own[name].notna().any() else ""
                    for name in ("welfare", "welfare_contracted", "potential")
                ]
                rows.append([panel, count, variant, len(own), *numbers])
    header = ["panel", "servers", "variant", "trials", "welfare, realised", "welfare, contracts as signed", "potential (21)"]
    pictures = " ".join(f"![{name}](figures/fusion_{name}.svg)" for name in ("welfare", "welfare_contracted", "potential"))
    return table(header, rows) + "\n\n" + pictures


def figure3(trials: int) -> str:
    """Draw the overhead, truthfulness and rationality."""
    found = fusion.overhead(trials=max(3, trials // 5))
    for measure in ("doi", "ecoi"):
        fusion.plot_overhead(found, measure, file=FIGURES / f"fusion_{measure}.svg")
    mean = found.groupby(["configuration", "variant"], sort=False)[["doi", "ecoi"]].mean().unstack()
    rows = [
        [name, *OVERHEAD[str(name)], *(f"{row['doi', each]:.2f} / {row['ecoi', each]:.1f}" for each in fusion.PAPER)]
        for name, row in mean.iterrows()
    ]
    fusion.plot_truthfulness(fusion.truthfulness(), file=FIGURES / "fusion_truthfulness.svg")
    fusion.plot_rationality(fusion.rationality(), file=FIGURES / "fusion_rationality.svg")
    names = ("doi", "ecoi", "truthfulness", "rationality")
    pictures = " ".join(f"![{name}](figures/fusion_{name}.svg)" for name in names)
    header = ["configuration", "servers", "agents", "users", *(f"{name}, DoI s / ECoI J" for name in fusion.PAPER)]
    return table(header, rows) + "\n\n" + pictures


def table5(trials: int) -> str:
    """Table V beside what is printed."""
    found = fusion.table5(SITES, USERS, trials=max(1, trials // 10))
    rows = []
    for variant, own in found.groupby("variant", sort=False):
        printed = own[["printed_welfare", "printed_doi", "printed_ecoi"]].iloc[0]
        numbers = [cell(own[name]) for name in ("welfare", "welfare_contracted", "potential", "doi", "ecoi")]
        rows.append([variant, len(own), *numbers, *("" if np.isnan(x) else f"{x:.2f}" for x in printed)])
    header = ["variant", "trials", "welfare", "contracts as signed", "potential (21)", "DoI, s", "ECoI, J"]
    return table([*header, "printed: SW", "DoI", "ECoI"], rows)


def decision(trials: int) -> str:
    """What a forecast is worth: welfare against its error."""
    names = ["persistence", "seasonal-naive", "linear"] + (["pro-lnn", "lstm", "transformer"] if find_spec("torch") else [])
    found = fusion.decision_value(names, worlds=max(3, trials // 5), rounds=12)
    ax = fusion.plot_decision(found)
    ax.figure.savefig(FIGURES / "fusion_decision.svg", metadata={"Date": None})
    rows = []
    for row in fusion.decision_summary(found).itertuples():
        size = f"{row.noise:g}" if row.forecast == "noise" else ""
        lost = f"{row.loss:+.1f} [{row.low:+.1f}, {row.high:+.1f}]"
        means = [f"{row.rmse:.2f}", f"{row.welfare:.1f}", lost, f"{row.relative:+.2%}", f"{row.loss_contracted:+.1f}"]
        rows.append([row.forecast, size, row.inputs, *means])
    header = ["forecast", "noise", "inputs", "RMSE", "welfare", "loss, 95%", "relative", "loss, contracts as signed"]
    worlds = found.world.nunique()
    return f"{worlds} worlds, 12 rounds each.\n\n" + table(header, rows) + "\n\n![decision value](figures/fusion_decision.svg)"


def claims(trials: int) -> str:
    """Every claim of section VI-C."""
    found = fusion.claims(BUDGETS["full" if trials >= 40 else "short"])
    rows = [
        [name, row.source, row.verdict, row.reason, "yes" if row.conclusive else "no", row.evidence]
        for name, row in found.iterrows()
    ]
    return table(["claim", "source", "verdict", "by", "conclusive", "evidence"], rows)


def speed(trials: int) -> str:
    """One Melbourne round end to end with payments, its phase 2 alone, and trials of figure 2's largest point."""
    rows = []

    def timed(what: str, work: Callable[[], Any], told: Callable[[Any], str]) -> Any:
        began, spent = time.perf_counter(), time.process_time()
        made = work()
        rows.append([what, told(made), f"{time.perf_counter() - began:.2f}", f"{time.process_time() - spent:.2f}"])
        return made

    fusion.run(variant="fusion", seed=1, forecaster="persistence", servers=6, agents=3, users=60).bounds  # noqa: B018  # compile
    world = fusion.generate("melbourne", sites=SITES, positions=USERS, seed=0)
    drawn = fusion.draw(world, 0, 0)
    users = forecast_users(world, drawn, outlook(world, "persistence", 0), "persistence")
    market, buyers = market_of(world, drawn, wanted(world, users))
    params = off_aic2(fusion.VARIANTS["fusion"], len(buyers))
    timed(
        "one phase 2, Melbourne",
        lambda: double_auction.run("pay-as-report", market, params=params),
        lambda found: f"{len(buyers)} buyers, {market.sellers} sellers",
    )
    made = timed(
        "round with all payments, Melbourne",
        lambda: fusion.run(world=world, variant="fusion", seed=0, forecaster="persistence"),
        lambda found: f"{found.rounds[0].contracts!r}",
    )
    timed("its check", made.verify, lambda found: "holds" if found else "FAILS")
    limit = timed("its bound", lambda: fusion.round_bound(world, drawn), lambda found: f"{found.value:.1f}")
    timed("check of the bound", lambda: verdict(world, drawn, limit), lambda found: str(found.status))
    timed(
        "figure 2, 16 servers (b), verified",
        lambda: fusion.figure2(["b"], [16], trials=trials),
        lambda found: f"{trials} trials",
    )
    return table(["what", "of", "seconds", "CPU seconds"], rows)


SECTIONS = {
    "bound": bound, "split": split, "figure2": figure2, "figure3": figure3, "table5": table5, "decision": decision,
    "claims": claims, "speed": speed,
}  # fmt: skip


def main() -> None:
    """Run sections and record them."""
    mpl.use("agg")
    mpl.rcParams.update({"svg.hashsalt": "edgeworth", "svg.fonttype": "none"})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="which sections")
    parser.add_argument("--trials", type=int, default=100, help="trials of figure 2; other sections take a share of it")
    asked = parser.parse_args()
    for name in asked.sections or SECTIONS:
        record(f"fusion: {name}", SECTIONS[name](asked.trials))


if __name__ == "__main__":
    main()
