"""The computations behind `claims`: each function runs one test of a claim about the platform."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.intervals import interval
from edgeworth.mechanisms.consensus.check import verify
from edgeworth.mechanisms.consensus.faults import FAULTS
from edgeworth.mechanisms.consensus.gains import RULES, gains_of
from edgeworth.mechanisms.consensus.network import NETWORKS
from edgeworth.mechanisms.consensus.protocol import simulate
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation.incentives import AUDIT_MODEL, Settled

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
FACTORS = (1.1, 1.3, 2.0)
"""By which a server overstates theta."""
_METHOD = "regret-greedy"


def _rounds(budget: ClaimBudget) -> list[allocation.AllocationProblem]:
    return [allocation.generate(preset="metaverse-code", seed=seed) for seed in range(min(budget.instances, 5))]


def overstated(problem: allocation.AllocationProblem) -> tuple[float, int, float, Settled]:
    """The largest gain of a server by an overstated theta: gain, server, factor, and what it led to.

    Parameters
    ----------
    problem : AllocationProblem
        The truth.
    """
    found = []
    honest = AUDIT_MODEL.run(problem, _METHOD)
    for i in range(problem.servers):
        agent = ("server", i)
        truth = AUDIT_MODEL.truth(problem, agent, "theta")
        base = AUDIT_MODEL.utility(problem, honest, agent, "theta")
        for factor in FACTORS:
            outcome = AUDIT_MODEL.run(AUDIT_MODEL.reported(problem, agent, "theta", factor * truth), _METHOD)
            found.append((AUDIT_MODEL.utility(problem, outcome, agent, "theta") - base, i, factor, outcome))
    return max(found, key=lambda each: each[0])


def trustless(budget: ClaimBudget) -> Evidence:
    kinds, networks = list(FAULTS), list(NETWORKS)
    unsound = []
    for seed in range(budget.instances):
        kind, network = kinds[seed % len(kinds)], networks[seed % len(networks)]
        run = simulate(replicas=4 + seed % 4, blocks=4, faults=kind, faulty=1, network=network, seed=seed)
        unsound += [] if verify(run) else [seed]
    rows: list[Row] = []
    for seed, problem in enumerate(_rounds(budget)):
        gain, server, factor, outcome = overstated(problem)
        seen = allocation.AllocationProblem.from_system(outcome.reported)
        accepted = not allocation.violations(seen, outcome.assignment)
        rows.append({"seed": seed, "server": server, "factor": factor, "gain": gain, "accepted": accepted})
    lies = [row for row in rows if float(row["gain"]) > 1e-6 and row["accepted"]]
    held = _FAILS if unsound else _PARTLY if lies else _HOLDS
    text = (
        f"{len(unsound)} of {budget.instances} runs with a faulty replica unsound; in {len(lies)} of {len(rows)} rounds a"
        " server gains by a theta that it overstates, and the block passes every check, which are of what was reported; the"
        " paper itself says that all servers are authorized and can be trusted (II-B)"
    )
    return Evidence(held, Reason.MEASURED, text, numbers=tuple(rows), instances=budget.instances + len(rows))


def incentives(budget: ClaimBudget) -> Evidence:
    rows: list[Row] = []
    for seed, problem in enumerate(_rounds(budget)):
        gain, server, factor, _ = overstated(problem)
        rows.append({"seed": seed, "server": server, "factor": factor, "gain": gain})
    best = max(rows, key=lambda row: float(row["gain"]))
    gaining = sum(float(row["gain"]) > 1e-6 for row in rows)
    text = (
        f"in {gaining} of {len(rows)} rounds some server gains; most in round {best['seed']}, where server {best['server']}"
        f" reports {best['factor']} times its theta and gains {best['gain']:,.0f}: it is paid by the cycles that it reports"
    )
    held, reason = (_FAILS, Reason.PROVED) if gaining else (_HOLDS, Reason.MEASURED)
    return Evidence(held, reason, text, numbers=tuple(rows), instances=len(rows), witness=best)


def privacy(budget: ClaimBudget) -> Evidence:
    problem = allocation.generate(preset="metaverse-code", servers=4, tasks=12, seed=0)
    system = problem.system
    if system is None:
        raise RuntimeError("a preset is built from a system")
    changed = {
        "unit_price": replace(system, unit_price=_first(system.unit_price, 2.0)),
        "data_size": replace(system, data_size=_first(system.data_size, 2.0)),
        "deadline": replace(system, deadline=_first(system.deadline, 0.0)),
        "source": replace(system, source=(system.source + 1) % problem.servers),
    }
    rows: list[Row] = []
    for name, other_system in changed.items():
        other = allocation.AllocationProblem.from_system(other_system)
        rows.append({"field": name, "needed": _judged(problem) != _judged(other)})
    needed = [str(row["field"]) for row in rows if row["needed"]]
    text = (
        f"{len(needed)} of {len(rows)} fields of a task's description change what replicas must compute to check a block"
        f" ({', '.join(needed)}), so that all of them read these; the source is the server nearest to the user. Results are"
        " sealed (II-A), and raw data stays with the source or goes to one server, which reads it to compute"
    )
    return Evidence(_PARTLY if needed else _HOLDS, Reason.MEASURED, text, numbers=tuple(rows), instances=1)


def _first(values: Floats, factor: float) -> Floats:
    """The values, the first one multiplied."""
    return np.concatenate([values[:1] * factor, values[1:]])


def _judged(problem: allocation.AllocationProblem) -> tuple[bytes, ...]:
    """All that values and constraints of a block rest on."""
    return tuple(np.asarray(each).tobytes() for each in (problem.task, problem.server, problem.value, problem.weight))


def lightweight(budget: ClaimBudget) -> Evidence:
    sizes, rows = (4, 7, 10, 20, 40), list[Row]()
    for n in sizes:
        by = simulate(replicas=n, blocks=4, seed=0).measures
        rows.append({"replicas": n, "messages": by["messages_per_block"], "bytes": by["bytes_per_block"]})
    counts = np.array([float(row["messages"]) for row in rows])
    slope = float(np.polyfit(np.log(sizes), np.log(counts), 1)[0])
    text = (
        f"messages grow as n^{slope:.2f}: {counts[0]:.0f} a block at {sizes[0]} servers, {counts[3]:.0f} at the paper's"
        f" {sizes[3]}, {counts[4]:.0f} at {sizes[4]}; no proof of work is done, which is what it is lighter than"
    )
    held = _HOLDS if slope <= 1.1 else _PARTLY if slope < 1.5 else _FAILS
    return Evidence(held, Reason.MEASURED, text, numbers=tuple(rows), interval=(slope, slope), instances=len(sizes))


def steps(episodes: int, tasks: int, servers: int) -> int:
    """Entries of tables that Algorithms 1 to 3 look at, by their loops as printed.

    Algorithm 1 fills m n rewards once; Algorithm 2 goes through n servers (lines 2 to 6), once a task of every episode.

    Parameters
    ----------
    episodes, tasks, servers : int
        K, m and n.
    """
    return tasks * servers + episodes * tasks * servers


def complexity(budget: ClaimBudget) -> Evidence:
    tasks, servers, table = 50, 20, (1, 10, 100, 500, 5_000)
    ratios = [steps(episodes, tasks, servers) / (tasks * servers) for episodes in table]
    rows = tuple({"episodes": episodes, "over_mn": ratio} for episodes, ratio in zip(table, ratios, strict=True))
    text = (
        f"Algorithm 3 runs Algorithm 2, n steps, for m tasks in each of K episodes: (K + 1) m n steps, {ratios[3]:.0f} m n at"
        " Table I's K = 500. O(K m n) is polynomial; O(m n) is not its order, and already the paper's own term k n is"
        f" {table[3] / tasks:g} m n there"
    )
    held = _FAILS if all(later > earlier for earlier, later in pairwise(ratios)) else _HOLDS
    return Evidence(held, Reason.PROVED, text, numbers=rows, instances=len(rows))


def decentralized(budget: ClaimBudget) -> Evidence:
    rows: list[Row] = []
    found: dict[str, tuple[float, float, float]] = {}
    for rule in RULES:
        gains, out = gains_of("front-running-leader", rule, range(budget.instances), 4, 1, 4)
        found[rule] = interval(gains)
        mean, low, high = found[rule]
        rows.append({"rule": rule, "gain": mean, "low": low, "high": high, "voted_out": out})
    mean, low, high = found["leader's order"]
    other = found["batch order"]
    text = (
        f"a leader that buys ahead of the bids that it sees gains {mean:.2f} [{low:.2f}, {high:.2f}] of cash a view of four"
        f" blocks, which its clients lose, and replicas have nothing to object; {other[0]:.2f} [{other[1]:.2f}, {other[2]:.2f}]"
        " where hashes order a batch. The contracts do not say who orders trades"
    )
    held = _FAILS if low > 0.0 else _HOLDS
    return Evidence(held, Reason.MEASURED, text, numbers=tuple(rows), interval=(low, high), instances=budget.instances)
