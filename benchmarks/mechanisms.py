"""Benchmarks of the mechanisms: clearing, VCG, audits, false alarms and misses, MODELS 9.3 as a table, welfare of our rules.

python benchmarks/mechanisms.py [clearing] [audits] [every-rule] [alarms] [readings] [welfare] [mta]: the sections named, or all
of them.
"""

from __future__ import annotations

import bisect
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import record, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import Audit, Sampled, audit, pieces
from edgeworth.mechanisms.auditing.lookup import audit_model_of
from edgeworth.mechanisms.auditing.pieces import Subject, pieces_of
from edgeworth.mechanisms.double_auction.exact import best
from edgeworth.mechanisms.double_auction.model import NotApplicableError
from edgeworth.mechanisms.double_auction.rules import RULES
from edgeworth.solvers import allocation
from tests.oracles import double_auction as naive


def least(call: Callable[[], Any], runs: int = 9) -> float:
    """The least wall-clock seconds of some runs."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def said(met: bool) -> str:
    return "met" if met else "MISSED"


def wrapped(mechanism: Any) -> Any:
    def run(market: Any) -> da.Outcome:
        seller, payment, reward = mechanism(market)
        return da.Outcome(np.array(seller, dtype=np.int64), payment, reward)

    return run


def clearing() -> None:
    market = da.generate(preset="unit", buyers=100_000, sellers=100_000, seed=0)
    base = least(lambda: (np.sort(market.bid), np.sort(market.ask)))
    rows = []
    for rule in ("mcafee", "trade-reduction", "sbba", "vcg"):
        seconds = least(lambda rule=rule: da.run(rule, market))
        rows.append([rule, f"{1e3 * seconds:.2f} ms", f"{seconds / base:.2f}"])
    small = da.generate(preset="unit", buyers=10_000, sellers=10_000, seed=0)
    body = table(["rule, 100,000 + 100,000 traders", "run", "times np.sort of both sides"], rows)
    payments = least(lambda: da.run("vcg", small))
    body += f"\n\nnp.sort of both sides: {1e3 * base:.2f} ms. VCG payments at 10,000 + 10,000: {1e3 * payments:.2f} ms."
    record("Mechanisms: clearing", body)


def ladder(market: Any) -> da.Outcome:
    """The highest bid wins and pays it, rounded up to a rung: a rule whose own run grows with the bid."""
    winner = max(range(len(market.bid)), key=lambda i: market.bid[i])
    price = 0.0
    while price < market.bid[winner]:
        price += 0.5
    return _sold(market, winner, price)


RUNGS = [0.5 * i for i in range(100_000)]


def bisected(market: Any) -> da.Outcome:
    """The same price in a few comparisons: what is left is the sweep's own cost."""
    winner = max(range(len(market.bid)), key=lambda i: market.bid[i])
    return _sold(market, winner, RUNGS[bisect.bisect_left(RUNGS, market.bid[winner])])


def _sold(market: Any, winner: int, price: float) -> da.Outcome:
    n = len(market.bid)
    payment = [price if i == winner else 0.0 for i in range(n)]
    return da.Outcome([0 if i == winner else -1 for i in range(n)], payment, [price])


def audited(rule: str, market: da.Market, seconds: float) -> tuple[Audit, float, int]:
    """An exhaustive audit, its processor seconds, and how often it plays the rule, on floats and on traced numbers."""
    count, real, swept = 0, Subject.__post_init__, pieces.sweep

    def counted(played: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def once(report: Any) -> Any:
            nonlocal count
            count += 1
            return played(report)

        return once

    def counting(subject: Subject[Any, Any]) -> None:
        real(subject)
        subject.values = counted(subject.values)

    Subject.__post_init__ = counting  # type: ignore[method-assign]
    pieces.sweep = lambda function, low: swept(counted(function), low)
    began = time.process_time()
    try:
        return audit(rule, market, seconds=seconds, rationality="utility"), time.process_time() - began, count
    finally:
        Subject.__post_init__, pieces.sweep = real, swept  # type: ignore[method-assign]


def bare_seconds(rule: str, market: da.Market) -> float:
    """Processor seconds of one run of a rule: the mean over half a second."""
    runs, began = 0, time.process_time()
    while runs < 2 or time.process_time() - began < 0.5:
        da.run(rule, market)
        runs += 1
    return (time.process_time() - began) / runs


def every_rule(seconds: float = 60.0) -> None:
    """Audits of 200 traders by every rule: at most 10 s, and at most twice the bare runs of the rule that they replay."""
    rows = []
    for rule in RULES:
        for preset, side in (("unit", 100), ("multi-unit", 6)):
            market = da.generate(preset=preset, buyers=side, sellers=side, seed=0)
            try:
                one = bare_seconds(rule, market)
            except NotApplicableError as error:
                rows.append([rule, preset, 2 * side, f"refused: {str(error)[:60]}", *[""] * 6])
                continue
            found, took, runs = audited(rule, market, seconds)
            bare = runs * one
            fast = "" if side < 100 else said(took <= 10.0 and found.truthful.scope.kind == "exhaustive")
            scope = f"{found.truthful.status}, {found.truthful.scope}"
            cells = [f"{took:.2f}", f"{runs:,}", f"{1e3 * one:.3f}", f"{bare:.2f}", f"{took / bare:.2f}"]
            rows.append([rule, preset, 2 * side, scope, *cells, f"{fast} {said(took <= 2.0 * bare)}"])
    header = [
        "rule",
        "market",
        "traders",
        "truthful",
        "audit s",
        "runs",
        "one run, ms",
        "bare s",
        "ratio",
        "<= 10 s; <= 2 x bare",
    ]
    text = f"CPU seconds, one process; a limit of {seconds:g} s an audit (a partial one misses the first target)."
    record("Mechanisms: audits by every rule", table(header, rows) + "\n\n" + text)


def audits() -> None:
    market = da.generate(preset="unit", buyers=100, sellers=100, seed=0)
    rows = []
    for rule in ("mcafee", "trade-reduction", "sbba", "vcg", "k-double-auction"):
        found, seconds, runs = audited(rule, market, 600.0)
        bare = runs * bare_seconds(rule, market)
        met = "met" if seconds <= 10.0 and seconds <= 2.0 * bare else "MISSED"
        name = f"{rule}, 200 traders, derived; its {runs:,} runs alone: {bare:.1f} s ({met})"
        rows.append([name, f"{seconds:.1f} s", found.pieces, found.truthful.holds])
    market = da.generate(preset="unit", buyers=25, sellers=25, seed=0)
    for rule in ("mcafee", "trade-reduction", "sbba", "vcg"):
        began = time.perf_counter()
        found = audit(wrapped(naive.SOUND[rule]), market)
        seconds = time.perf_counter() - began
        same = [
            one.holds == two.holds for one, two in zip(found.report.values(), audit(rule, market).report.values(), strict=True)
        ]
        rows.append(
            [f"{rule}, 50 traders, traced; same verdicts: {all(same)}", f"{seconds:.1f} s", found.pieces, found.truthful.holds]
        )
    market = da.generate(preset="fusion", buyers=8, sellers=5, seed=0)
    for rule in ("posted-procurement", "rank-procurement", "off-aic2"):
        began = time.perf_counter()
        found = audit(rule, market, rationality="utility")
        rows.append([f"{rule}, fusion 8 x 5", f"{time.perf_counter() - began:.1f} s", found.pieces, found.truthful.holds])
    for rule, name in ((ladder, "while"), (bisected, "bisect")):
        for most in (100, 400, 1_600):
            began = time.perf_counter()
            found = audit(rule, da.Market(bid=[10.0, 7.0, 4.0], ask=[0.0]), most_pieces=most, seconds=600.0)
            cells = [f"{time.perf_counter() - began:.1f} s", found.pieces, str(found.truthful.status)]
            rows.append([f"endless price ladder by {name}, {most} pieces an agent", *cells])
    record("Mechanisms: exhaustive audits", table(["audit", "seconds", "points and pieces", "truthful"], rows))


def alarms(count: int = 1_000) -> None:
    rng = np.random.default_rng(0)
    wrong: dict[str, int] = {}
    witnesses = replayed = missed = 0
    for seed in range(count):
        n, m = (int(rng.integers(2, 6)) for _ in range(2))
        unit = da.generate(preset="unit", buyers=n, sellers=m, seed=seed)
        multi = da.generate(preset="multi-unit", buyers=n, sellers=m, seed=seed)
        cases = [("vcg", unit), ("mcafee", unit), ("rank-procurement", multi), ("posted-procurement", multi), ("vcg", multi)]
        for rule, market in cases:
            found = audit(rule, market, rationality="utility")
            fine = found.truthful and found.truthful_any_type and found.monotone and found.individually_rational
            wrong[rule] = wrong.get(rule, 0) + (not (fine and (rule == "vcg" or found.weakly_budget_balanced)))
        traders = [i for i in da.run("trade-reduction", unit).seller if i >= 0]
        for name, fault in naive.FAULTY.items():
            mechanism = wrapped(fault)
            found = audit(mechanism, unit)
            for verdict in (found.truthful, found.truthful_any_type, found.monotone):
                if verdict is not None and not verdict:
                    witnesses += 1
                    replayed += verdict.witness.replay(mechanism) > 0
            caught = not (found.truthful_any_type and found.monotone)
            shows = bool(traders) and name != "not monotone"  # where nobody trades, or no bid is high enough, there is no fault
            missed += shows and not caught
    rows = [[rule, count * (2 if rule == "vcg" else 1), number] for rule, number in wrong.items()]
    body = table(["rule", "markets", "false alarms"], rows)
    body += f"\n\nPlanted faults on {count} markets: {missed} missed where the rule trades; {witnesses} witnesses, "
    body += f"{replayed} of them replayed."
    record("Mechanisms: false alarms and misses", body)


def readings(count: int = 100) -> None:
    rows = []
    objectives, pivots = ("surplus", "bid-value", "quantity"), ("buyers", "sellers", "sum", "covering")
    names = [
        ("off-aic2", band, upper, rerun, objective, pivot)
        for band, upper in (("market", "report"), ("market", "ask"), ("pair", "-"), ("pivot", "-"))
        for rerun in ("phase2", "whole")
        for objective in objectives
        for pivot in pivots
    ]
    names += [("pay-as-report", "-", "-", "-", objective, pivot) for objective in objectives for pivot in pivots]
    for name, band, upper, rerun, objective, pivot in names:
        given = {"band": band, "upper": upper, "rerun": rerun, "objective": objective, "pivot": pivot}
        mechanism = da.Rule(name, da.OffAic2(**{key: value for key, value in given.items() if value != "-"}))
        deficits = buyers = sellers = agents = 0
        for seed in range(count):
            market = da.generate(preset="multi-unit", seed=seed)
            model = audit_model_of(market)
            outcome = da.run(mechanism, market)
            deficits += da.surplus(outcome) < -1e-9
            for agent in model.agents(market, "price"):
                honest = model.utility(market, outcome, agent, "price")
                gain = max(p.supremum for p in pieces_of(Subject(model, mechanism, market, agent, "price"))) - honest
                buyers += agent[0] == "buyer" and gain > 1e-7
                sellers += agent[0] == "seller" and gain > 1e-7
                agents += 1
        rows.append(
            [
                *(name, band, upper, rerun, objective, pivot),
                f"{deficits / count:.0%}",
                f"{buyers}/{5 * count}",
                f"{sellers}/{3 * count}",
            ]
        )
        print(rows[-1], flush=True)
    head = ["rule", "band", "upper", "re-run", "chooser", "ranks", "markets in deficit", "buyers who gain", "sellers who gain"]
    record(f"Mechanisms: Off-AIC2 in all readings, {count} multi-unit markets (5 + 3), exhaustive", table(head, rows))


def welfare(count: int = 100) -> None:
    names: dict[str, Any] = {
        rule: rule for rule in ("posted-procurement", "rank-procurement", "pivot-reduction", "off-aic2", "vcg")
    }
    names["off-aic2, pivot band"] = da.Rule("off-aic2", da.OffAic2(band="pivot"))
    names["off-aic2, highest ask"] = da.Rule("off-aic2", da.OffAic2(upper="ask"))
    names["off-aic2, literal"] = da.Rule("off-aic2", da.OffAic2.literal())
    shares: dict[str, list[tuple[float, float]]] = {}
    broken = moved = 0
    for seed in range(10_000, 10_000 + count):
        market = da.generate(preset="fusion", seed=seed)
        optimum = best(market).value
        for name, rule in names.items():
            outcome = da.run(rule, market)
            shares.setdefault(name, []).append((da.welfare(market, outcome) / optimum, da.surplus(outcome) / optimum))
        moved += not audit("pivot-reduction", market, rationality="utility").truthful
        for rule in ("posted-procurement", "rank-procurement"):
            found = audit(rule, market, rationality="utility")
            fine = found.truthful and found.truthful_any_type and found.individually_rational and found.weakly_budget_balanced
            broken += not fine
    rows = []
    for name, pairs in shares.items():
        part, kept = np.array(pairs).T
        cells = [f"{q:.0%}" for q in (part.mean(), *np.quantile(part, [0.0, 0.1, 0.5, 0.9]))]
        rows.append([name, *cells, f"{kept.mean():.0%}", f"{np.mean(kept < -1e-9):.0%}"])
    head = ["rule", "mean", "least", "10%", "median", "90%", "surplus, mean", "markets in deficit"]
    body = table(head, rows)
    body += f"\n\nShares of the greatest welfare over {count} `fusion` markets (seeds 10000 on, not those the parameters were "
    body += f"chosen on). Exhaustive audits of the first two on all of them: {broken} not truthful, rational and balanced. "
    body += f"`pivot-reduction` (plain trade reduction at the pivotal ranks): {moved} not truthful."
    record("Mechanisms: welfare of truthful, rational and balanced rules", body)


def mta() -> None:
    rows = []
    for method in ("greedy", "exact"):
        for dimension in ("theta", "alpha", "mu", "f"):
            gained = 0
            for seed in range(5):
                problem = allocation.generate(servers=4, tasks=12, preset="hotspot", seed=seed)
                gained += not audit(method, problem, scope=Sampled(5, 0), dimensions=(dimension,)).truthful
            rows.append([method, dimension, f"{gained}/5"])
    record(
        "Mechanisms: MTA's servers, 5 sampled reports each", table(["method", "report", "problems where a server gains"], rows)
    )


SECTIONS: dict[str, Callable[[], None]] = {
    "clearing": clearing,
    "audits": audits,
    "every-rule": every_rule,
    "alarms": alarms,
    "readings": readings,
    "welfare": welfare,
    "mta": mta,
}


def main(names: Sequence[str]) -> None:
    for name in names or SECTIONS:
        SECTIONS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
