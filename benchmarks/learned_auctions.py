"""Benchmarks of learning in auctions: bidders beside the audit, prices from a network, exact regret beside estimates.

python benchmarks/learned_auctions.py [bidders] [prices] [regret]: the sections named, or all of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import record, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.auditing.lookup import audit_model_of
from edgeworth.mechanisms.auditing.pieces import Subject, pieces_of
from edgeworth.mechanisms.double_auction.exact import best

HELD_OUT = 900_000


def cpu(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and its CPU seconds."""
    began = time.process_time()
    answer = call()
    return answer, time.process_time() - began


def exact_gains(rule: Any, market: da.Market) -> dict[Any, float]:
    """Every agent's largest gain over truthful play, by all pieces of its reports."""
    model = audit_model_of(market)
    outcome = da.run(rule, market)
    gains = {}
    for agent in model.agents(market, "price"):
        honest = model.utility(market, outcome, agent, "price")
        gains[agent] = max(piece.supremum for piece in pieces_of(Subject(model, rule, market, agent, "price"))) - honest
    return gains


def bidders(count: int = 20) -> None:
    rows = []
    rules = ("off-aic2", "off-aic2-myerson", "pay-as-report", "pivot-reduction")
    rules += ("vcg", "rank-procurement", "posted-procurement", "learned-price")
    da.learned_bidders("vcg", rounds=10)  # compiled before the clock starts
    for rule in rules:
        for learner in ("exp3", "wolf-phc") if rule in ("off-aic2", "vcg") else ("exp3",):
            shares, agents, lost, revenue, most, rest, spent = [], [], [], [], [0.0, 0.0], 0, 0.0
            for seed in range(count):
                call = {"preset": "multi-unit", "learner": learner, "rounds": 20_000, "seed": seed}
                out, seconds = cpu(lambda rule=rule, call=call: da.learned_bidders(rule, **call))
                spent += seconds
                shares.append(out.recovered)
                most = [max(most[0], out.gain_found), max(most[1], out.gain_exact)]
                exact = exact_gains(rule, out.market)
                agents += [bid.gain / exact[bid.agent] for bid in out.bids if exact[bid.agent] > 1e-7]
                lost.append(out.welfare_lost / max(out.truthful_welfare, 1e-9))
                revenue.append((out.truthful_revenue, out.revenue))
                rest += out.rest
            before, after = np.mean(revenue, axis=0)
            cells = [f"{most[1]:.4g}", f"{most[0]:.4g}", f"{min(shares):.0%}", f"{np.mean(shares):.1%}"]
            cells += [f"{np.mean(agents):.0%} of {len(agents)}" if agents else "-", f"{np.median(lost):.0%}"]
            cells += [f"{before:.1f}", f"{after:.1f}", f"{rest}/{count}", f"{spent / count:.1f} s"]
            rows.append([rule, learner, *cells])
            print(rows[-1], flush=True)
    head = ["rule", "learner", "largest exact gain", "largest found", "least recovered", "mean recovered"]
    head += ["mean of every agent that can gain", "welfare lost, median", "revenue by the truth", "where all learn", "at rest"]
    body = table([*head, "CPU"], rows)
    body += (
        f"\n\n{count} `multi-unit` markets (5 + 3, seeds 0 on), 20,000 rounds a turn, 25 reports. Exact gains by exhaustive "
    )
    body += "audits. A market's share is the largest gain found by any agent over the largest exact one."
    record("Learned auctions: bidders that learn beside the exhaustive audit", body)


def prices(count: int = 100) -> None:
    rows, broken = [], 0
    for first in (HELD_OUT, 10_000):
        shares: dict[str, list[tuple[float, float]]] = {}
        for seed in range(first, first + count):
            market = da.generate(preset="fusion", seed=seed)
            optimum = best(market).value
            for rule in ("learned-price", "posted-procurement", "rank-procurement", "vcg"):
                outcome = da.run(rule, market)
                shares.setdefault(rule, []).append((da.welfare(market, outcome) / optimum, da.surplus(outcome) / optimum))
            found = audit("learned-price", market, rationality="utility")
            fine = found.truthful and found.truthful_any_type and found.individually_rational and found.weakly_budget_balanced
            broken += not fine
        posted = np.array(shares["posted-procurement"])[:, 0]
        for rule, pairs in shares.items():
            part, kept = np.array(pairs).T
            difference = part - posted
            error = difference.std(ddof=1) / np.sqrt(count)
            cells = [f"{q:.1%}" for q in (part.mean(), *np.quantile(part, [0.0, 0.1, 0.5, 0.9]))]
            cells += [f"{kept.mean():.0%}", f"{np.mean(kept < -1e-9):.0%}", f"{difference.mean():+.1%} +- {1.98 * error:.1%}"]
            rows.append([f"{rule}, seeds {first} on", *cells])
    head = ["rule", "mean", "least", "10%", "median", "90%", "surplus, mean", "in deficit", "less posted (95%)"]
    body = table(head, rows)
    body += f"\n\nShares of the greatest welfare, {count} held-out `fusion` markets (8 + 5) a row. Exhaustive audits of "
    body += f"`learned-price` on all of them: {broken} not truthful, rational and balanced."
    record("Learned auctions: prices from a network", body)


def regret(markets: int = 3) -> None:
    rows = []
    for weights in range(2):
        name, rule = f"drawn, seed {weights}", da.NetworkRule.drawn(6, 5, seed=weights)
        found = []
        for seed in range(HELD_OUT, HELD_OUT + markets):
            market = da.generate(preset="unit", buyers=6, sellers=5, seed=seed)
            one, spent = cpu(lambda rule=rule, market=market: da.exact_regret(rule, market, seconds=300.0))
            few = da.exact_regret(rule, market, starts=1, seconds=0.0).estimated  # no time for the audit
            share = da.welfare(market, rule(market)) / best(market).value
            found.append((one.exact, one.estimated, few, share, one.pieces, spent))
            print(name, seed, found[-1], one.verdict.scope, flush=True)
        exact, estimated, few, share, pieces, spent = np.array(found).T
        cells = [f"{exact.mean():.4f}", f"{estimated.mean():.4f}", f"{few.mean():.4f}", f"{share.mean():.0%}"]
        rows.append([name, *cells, f"{pieces.mean():.0f}", f"{spent.max():.1f} s"])
    head = ["network of 2 layers of 16 units", "exact regret", "estimate, 10 starts", "estimate, 1 start", "welfare", "pieces"]
    body = table([*head, "most CPU of an exact regret"], rows)
    body += f"\n\nMeans over {markets} held-out `unit` markets of 6 + 5 traders, reports U[0, 10]; all audits exhaustive. "
    body += "Estimates: 30 steps of gradient ascent from each start."
    record("Learned auctions: exact regret beside gradient ascent", body)


SECTIONS: dict[str, Callable[[], None]] = {"bidders": bidders, "prices": prices, "regret": regret}


def main(names: Sequence[str]) -> None:
    for name in names or SECTIONS:
        SECTIONS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
