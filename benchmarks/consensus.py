"""Benchmarks of consensus: safety and liveness over 10,000 runs, messages a second, methods inside a round, leaders' gains.

python benchmarks/consensus.py [safety] [speed] [rounds] [gain]: the sections named, or all of them.

There is no peer here: no kept Python library simulates this protocol. The safety section stops at the first unsound run.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

import numpy as np
from harness import record, table

from edgeworth import Stop
from edgeworth.mechanisms import consensus
from edgeworth.systems import metaverse

RUNS = 10_000
SIZES = (4, 4, 5, 7, 10)


def drawn(seed: int) -> dict[str, Any]:
    """A run with at most f faulty replicas."""
    rng = np.random.default_rng((seed, 2026))
    replicas = int(rng.choice(SIZES))
    faulty = int(rng.integers(0, (replicas - 1) // 3 + 1))
    network = list(consensus.NETWORKS)[int(rng.integers(len(consensus.NETWORKS)))]
    return {"replicas": replicas, "blocks": 12, "faults": ("mixed",) * faulty, "network": network, "seed": seed}


def safety() -> None:
    began = time.process_time()
    by_network: dict[str, list[float]] = {}
    kinds: Counter[str] = Counter()
    messages = 0
    for seed in range(RUNS):
        given = drawn(seed)
        run = consensus.simulate(**given)
        if not consensus.verify(run):
            sys.exit(f"unsound: {given}\n{consensus.verify(run)}")
        kinds.update(run.faulty.values())
        messages += run.messages
        by_network.setdefault(given["network"], []).append(float(run.view_changes))
    rows = [(name, len(found), f"{np.mean(found):.2f}", f"{max(found):.0f}") for name, found in sorted(by_network.items())]
    spent = time.process_time() - began
    text = f"{RUNS:,} runs, 12 blocks each, at most f faulty replicas of " + ", ".join(
        f"{count} {name}" for name, count in sorted(kinds.items())
    )
    broken = sum(
        not consensus.verify(
            consensus.simulate(replicas=4, blocks=3, faults="equivocating-leader", faulty=2, seed=seed, until=5.0)
        )["agreement"]
        for seed in range(100)
    )
    text += f". All verified: safety, certificates, liveness. {messages:,} messages in {spent:.0f} CPU s, checks included."
    text += f" With f + 1 equivocating replicas of 4, correct ones disagreed in {broken} of 100 runs."
    record("consensus: safety", table(("network", "runs", "view changes, mean", "most"), rows) + "\n\n" + text)


def speed() -> None:
    rows = []
    for replicas, blocks in ((4, 1_000), (10, 200), (20, 100), (40, 100)):
        began = time.process_time()
        run = consensus.simulate(replicas=replicas, blocks=blocks, seed=0)
        spent = time.process_time() - began
        each = run.messages / blocks
        rows.append((replicas, blocks, f"{run.messages:,}", f"{each:.0f}", f"{spent:.2f} s", f"{run.messages / spent:,.0f}"))
    heads = ("replicas", "blocks", "messages", "a block", "CPU", "messages a CPU second")
    record("consensus: speed", table(heads, rows))


def rounds(count: int = 10) -> None:
    rows = []
    for method in ("random", "q-learning", "greedy", "regret-greedy", "local-search", "exact"):
        found = metaverse.run(servers=20, tasks=50, rounds=count, method=method, stop=Stop(seconds=2.0), seed=0)
        if not found.verify():
            sys.exit(f"unsound: {method}\n{found.verify()}")
        by = found.measures
        numbers = (f"{by[name]:,.0f}" for name in ("welfare", "welfare_in_time"))
        shares = (f"{by[name]:.3g}" for name in ("served", "late", "allocation", "consensus", "transfer", "computing"))
        rows.append((method, f"{100 * by['greedy_instead']:.0f}%", *numbers, *shares, f"{100 * by['overhead']:.2f}%"))
    heads = (
        "leaders' method", "greedy instead", "welfare", "welfare in time", "served", "late", "allocation s", "consensus s",
        "transfer s", "computing s", "overhead",
    )  # fmt: skip
    text = f"Means over {count} rounds of `metaverse-code`, 20 servers, 50 tasks, 2 s a method and round; all verified."
    record("consensus: methods inside a round", table(heads, rows) + "\n\n" + text)


def gain() -> None:
    """What a leader of the token market gains by the orders that it sees."""
    rows = []
    for own, seeds in ((1, 200), (4, 100)):
        for row in consensus.leader_gain(seeds=seeds, own=own).itertuples():
            shares = (f"{100 * row.gained:.0f}%", f"{100 * row.voted_out:.0f}%")
            numbers = (f"{row.gain:.2f} [{row.low:.2f}, {row.high:.2f}]", f"{row.a_block:.2f}")
            rows.append((row.attack, row.rule, own, seeds, *numbers, *shares))
    heads = ("leader", "rule for blocks", "accounts", "views", "cash a view, 95%", "a block", "gained", "voted out")
    text = (
        "Views of 4 blocks, 4 replicas, 16 clients, 8 fresh orders a block at 20 and 50 of cash a token; one seed a view, the"
        " same markets in every row. A correct leader gains 0."
    )
    record("consensus: leaders that serve themselves", table(heads, rows) + "\n\n" + text)


if __name__ == "__main__":
    sections = {"safety": safety, "speed": speed, "rounds": rounds, "gain": gain}
    for name in sys.argv[1:] or sections:
        if name not in sections:
            sys.exit(f"{name}: no such section; there are {', '.join(sections)}")
        sections[name]()
