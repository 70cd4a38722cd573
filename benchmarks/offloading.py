"""Benchmarks of the offloading game. Each prints its table and appends it to RESULTS.md.

python benchmarks/offloading.py [SECTION ...]      sections: see SECTIONS below; default: all (about a quarter of an hour)
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np
from harness import HERE, child, record, table

from edgeworth import Quality, Stop, Termination
from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame, Profile
from edgeworth.games.offloading.heuristic import shuffled

SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]


def load() -> str:
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores when this began"


def scale() -> None:
    """A million users; and from 1e3 to 1e6."""
    began = load()
    rows = []
    for seed in (0, 1):
        run = child("run_offloading.py", 1_000_000, 1_000, seed)
        good = run["seconds"] <= 5 and run["epsilon"] <= 1e-9 and run["megabytes"] <= 2_048
        fast = "met" if run["verify"] <= 0.3 else "MISSED"
        cells = [
            f"{run['seconds']:.2f}",
            f"{run['cpu'][0]:.2f}",
            run["passes"],
            f"{run['epsilon']:.1e}",
            f"{run['megabytes']:.0f}",
        ]
        rows.append(
            [seed, *cells, "met" if good else "MISSED", f"{run['verify']:.3f}", f"{run['cpu'][1]:.3f}", fast, run["verified"]]
        )
    header = [
        "seed",
        "solve s",
        "its CPU s",
        "passes",
        "epsilon",
        "peak MB",
        "<= 5 s, 2 GB",
        "verify s",
        "its CPU s",
        "<= .3 s",
        "verified",
    ]
    record("offloading: 1,000,000 users x 1,000 providers, pg-brd, one thread", table(header, rows) + f"\n\n{began}.")
    runs = [child("run_offloading.py", size, max(10, size // 1_000), 0) for size in SIZES]
    body = [
        [
            f"{size:,}",
            f"{run['seconds']:.4f}",
            f"{1e9 * run['seconds'] / size:.0f}",
            run["passes"],
            f"{run['evaluations'] / (10 * size):.1f}",
            f"{run['verify']:.4f}",
            f"{run['megabytes']:.0f}",
        ]
        for size, run in zip(SIZES, runs, strict=True)
    ]
    picture = _draw(runs)
    header = ["users", "solve s", "ns a user", "passes", "full passes of work", "verify s", "peak MB"]
    text = (
        "A user's row is 120 bytes. Some 10,000 rows fit into the second-level cache; beyond, a pass reads memory. In a "
        "uniformly random order every visit would wait for it (six times as long, measured); in random blocks of 1,024 users "
        "it does not. Users who provably keep their best reply are not read at all, so that all passes together are a few full "
        "ones. The solve time includes the problem's hash, the check of the result and its value."
    )
    record("offloading: pg-brd from 1e3 to 1e6 users", f"{table(header, body)}\n\n{text} {began}.\n\n![seconds]({picture})")


def _draw(runs: list[dict[str, Any]]) -> str:
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "edgeworth"
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    left.loglog(SIZES, [run["seconds"] for run in runs], "o-", color="#0072B2", label="solve")
    left.loglog(SIZES, [run["verify"] for run in runs], "s--", color="#D55E00", label="verify")
    left.set_ylabel("seconds")
    left.legend()
    right.semilogx(SIZES, [1e9 * run["seconds"] / size for size, run in zip(SIZES, runs, strict=True)], "o-", color="#0072B2")
    right.set_ylabel("solve, ns a user")
    right.set_ylim(bottom=0)
    for ax in (left, right):
        ax.set_xlabel("users (10 pairs each)")
        ax.grid(alpha=0.3)
    (HERE / "figures").mkdir(exist_ok=True)
    figure.savefig(HERE / "figures" / "offloading_scale.svg", metadata={"Date": None})
    return "figures/offloading_scale.svg"


def speed() -> None:
    """A Python loop over users with NumPy over providers, 10,000 users, the same result, in the same run."""
    began = load()
    rows = []
    for seed in range(3):
        game = offloading.generate(users=10_000, providers=10, preset="random", seed=seed)
        start = offloading.solve(game, method="random-feasible", seed=0).require()
        offloading.solve(game, method="pg-brd", seed=1, start=start)
        times = []
        for _ in range(5):
            clock = time.perf_counter()
            result = offloading.solve(game, method="pg-brd", seed=np.random.default_rng(seed), start=start)
            times.append(time.perf_counter() - clock)
        clock = time.perf_counter()
        place = plain(game, start, np.random.default_rng(seed))
        slow = time.perf_counter() - clock
        same = result.require().provider.tolist() == place.tolist()
        rows.append([seed, f"{statistics.median(times):.4f}", f"{slow:.2f}", f"{slow / statistics.median(times):.0f}x", same])
    header = ["seed", "edgeworth s", "Python + NumPy s", "ratio (target 100x)", "same profile"]
    record("offloading: pg-brd against a Python loop over users, 10,000 users", table(header, rows) + f"\n\n{began}.")


def plain(game: OffloadingGame, start: Profile, rng: np.random.Generator) -> Any:
    """PG-BRD with a loop over users and NumPy over the providers in reach; linear games without caps."""
    here = np.array(start.provider)
    load_ = np.bincount(here[here >= 0], weights=game.weight[here >= 0], minlength=game.providers).astype(float)
    net, gamma, ptr = game.base - game.price, game.gamma, game.indptr
    while True:
        moved = False
        for i in shuffled(game.users, rng).tolist():
            rows = slice(ptr[i], ptr[i + 1])
            reach = game.provider[rows]
            mine = reach == here[i]
            total = np.where(mine, load_[reach], load_[reach] + game.weight[i])
            utility = net[rows] - gamma[i] * (total / game.rate[reach])
            best = int(np.argmax(utility))
            now = float(utility[mine][0]) if here[i] >= 0 else 0.0
            target, most = (int(reach[best]), float(utility[best])) if utility[best] > 0.0 else (-1, 0.0)
            if most - now > 1e-10 * np.abs(utility).max():
                if here[i] >= 0:
                    load_[here[i]] -= game.weight[i]
                if target >= 0:
                    load_[target] += game.weight[i]
                here[i] = target
                moved = True
        if not moved:
            return here


def optimum() -> None:
    """The welfare optimum proved at 40 x 8; intervals of the prices of anarchy and stability at 200 x 20."""
    began = load()
    offloading.solve(offloading.generate(users=6, providers=3, preset="random", seed=9), method="exact", seed=0)
    rows = []
    for preset in ("random", "fusion"):
        for regime in offloading.REGIMES:
            for seed in range(5 if regime == "linearised" else 2):
                game = offloading.generate(users=40, providers=8, preset=preset, seed=seed, regime=regime)
                clock = time.perf_counter()
                result = offloading.solve(game, method="exact", seed=0, stop=Stop(seconds=60))
                seconds = time.perf_counter() - clock
                proved = result.quality is Quality.OPTIMAL
                rows.append(
                    [
                        preset,
                        regime,
                        seed,
                        f"{result.value:.6f}",
                        f"{seconds:.2f}",
                        proved,
                        bool(offloading.verify(game, result)),
                    ]
                )
    header = ["preset", "regime", "seed", "welfare", "s (target 60)", "proved", "verified"]
    record("offloading: welfare optimum, 40 users x 8 providers", table(header, rows) + f"\n\n{began}.")
    rows = []
    for preset in ("random", "fusion"):
        for seed in range(3):
            game = offloading.generate(users=200, providers=20, preset=preset, seed=seed)
            clock = time.perf_counter()
            bounded = offloading.solve(game, method="lagrangian", seed=0)
            seconds = time.perf_counter() - clock
            equilibria = [offloading.solve(game, seed=s) for s in range(20)]
            sound = all(map(bool, (offloading.verify(game, r) for r in (*equilibria, bounded))))
            found = offloading.price_of_anarchy(game, [r.require() for r in equilibria], bounded)
            spans = [f"[{low:.4f}, {high:.4f}]" for low, high in (found.anarchy, found.stability)]
            width = max(high / low - 1 for low, high in (found.anarchy, found.stability))
            rows.append(
                [preset, seed, f"{100 * (bounded.gap or 0):.2f}%", *spans, f"{100 * width:.2f}%", f"{seconds:.1f}", sound]
            )
    header = ["preset", "seed", "gap", "optimum / worst of 20", "optimum / best of 20", "width (target 5%)", "s", "verified"]
    record(
        "offloading: how far equilibria are from the optimum, 200 users x 20 providers", table(header, rows) + f"\n\n{began}."
    )


def findings() -> None:
    """MODELS 9.2 in all its cells; what linearising does; maximisers of the paper's potential."""
    rows = []
    for identical in (False, True):
        for prices in (False, True):
            for cost in (False, True):
                counts = {"paper": [0, 0], "weighted": [0, 0]}
                for seed in range(25):
                    game = offloading.generate(
                        users=4, providers=3, preset="random", seed=seed, identical=identical, prices=prices, provider_cost=cost
                    )
                    improving, failing = offloading.improving_deviations(game, "paper")
                    counts["paper"][0] += failing
                    counts["paper"][1] += improving
                    counts["weighted"][0] += not offloading.verify_potential(game, "weighted")
                    counts["weighted"][1] += 1
                share = counts["paper"][0] / max(counts["paper"][1], 1)
                kind = "identical" if identical else "heterogeneous"
                rows.append([kind, prices, cost, f"{100 * share:.1f}%", f"{counts['weighted'][0]} of {counts['weighted'][1]}"])
    header = ["users", "prices", "provider cost", "improving moves that fail (21)", "games that refute the weighted one"]
    changed = broken = none = 0
    for seed in range(400):
        sets = []
        for regime in ("linearised", "soft-deadline"):
            game = offloading.generate(users=4, providers=3, preset="random", seed=seed, regime=regime)
            sets.append({tuple(p.provider.tolist()) for p in offloading.pure_equilibria(game)})
        changed += sets[0] != sets[1]
        none += not sets[1]
    for seed in range(50):
        game = offloading.generate(users=4, providers=3, preset="random", seed=seed)
        every = [Profile(np.array(np.unravel_index(c, (4,) * 4)) - 1) for c in range(4**4)]
        top = max(every, key=lambda profile: offloading.paper_potential(game, profile))
        broken += offloading.verify(game, top)["epsilon"].violation > 1e-9
    text = (
        f"Linearising the deadline changes the set of pure equilibria in {changed} of 400 games (4 users x 3 providers); "
        f"{none} of the 400 soft-deadline games have none. The global maximiser of (21) is no equilibrium in {broken} of 50."
    )
    record("offloading: the paper's claims, cell by cell", f"{table(header, rows)}\n\n{text}")


def moves() -> None:
    """10,000 random games: the weighted potential along every accepted move, and where pg-brd ends."""
    accepted = wrong = ended = 0
    rng = np.random.default_rng(0)
    for seed in range(10_000):
        m, n = int(rng.integers(2, 13)), int(rng.integers(1, 6))
        game = offloading.generate(users=m, providers=n, preset="random", seed=seed, prices=bool(seed % 2), provider_cost=True)
        if seed % 3 == 0:
            game = replace(game, cap=rng.integers(0, m + 1, n))
        path = offloading.trajectory(game, seed=seed)
        now = path.start
        potential = offloading.weighted_potential(game, now)
        for i, k in zip(path.user.tolist(), path.provider.tolist(), strict=True):
            place = np.array(now.provider)
            place[i] = k
            now = Profile(place)
            new = offloading.weighted_potential(game, now)
            wrong += not new > potential
            potential, accepted = new, accepted + 1
        result = offloading.solve(game, seed=seed)
        report = offloading.verify(game, result)
        ended += result.termination is Termination.CONVERGED and bool(report) and report["epsilon"].tolerance <= 1e-9
    rows = [
        ["accepted moves", accepted],
        ["of them not raising Psi", wrong],
        ["games that end in a verified equilibrium", ended],
    ]
    record("offloading: pg-brd on 10,000 random games (2-12 users, a third with caps)", table(["", ""], rows))


def kinked() -> None:
    """Kinked regimes: how often a run meets a cycle, and how often no pure equilibrium exists."""
    rows = []
    for regime in ("soft-deadline", "floored"):
        for spread in (False, True):
            met = stalled = none = 0
            games = 2_000
            for seed in range(games):
                game = (
                    _hard(seed, regime)
                    if spread
                    else offloading.generate(users=4, providers=3, preset="random", seed=seed, regime=regime)
                )
                result = offloading.solve(game, method="round-robin", seed=seed)
                met += offloading.best_response_cycle(result) is not None
                stalled += result.termination is Termination.STALLED
                none += not offloading.pure_equilibria(game)
            kind = "log-uniform over a factor of 25" if spread else "random preset"
            rows.append([regime, kind, games, met, stalled, none])
    header = ["regime", "4 users x 3 providers", "games", "cycle met", "no rest", "no pure equilibrium"]
    note = (
        "A cycle is looked for after 20 passes. Both do happen: tests/games/offloading/instances.py has a floored game of "
        "three machines without any pure equilibrium, found by hill climbing."
    )
    record("offloading: cycles and non-existence in kinked regimes, round robin", f"{table(header, rows)}\n\n{note}")


def _hard(seed: int, regime: Any) -> OffloadingGame:
    rng = np.random.default_rng(seed)
    weight = np.exp(rng.uniform(np.log(0.2), np.log(5.0), 4))
    human = rng.random(4) < 0.3
    return OffloadingGame.from_matrices(
        rng.uniform(0.0, 3.0, (4, 3)),
        np.exp(rng.uniform(-1.0, 1.0, 3)) * 4 / 3,
        transfer=rng.uniform(0.0, 1.0, (4, 3)),
        weight=weight,
        workload=weight * np.exp(rng.uniform(-1.0, 1.0, 4)),
        sensitivity=np.exp(rng.uniform(-1.0, 3.0, 4)),
        deadline=np.where(human, 0.0, np.exp(rng.uniform(-1.5, 1.5, 4))),
        human=human,
        regime=regime,
    )


def learners() -> None:
    """Users who see their own utility alone, against equilibria and the optimum."""
    rows = []
    for users, providers in ((40, 8), (200, 20)):
        game = offloading.generate(users=users, providers=providers, preset="random", seed=0)
        top = offloading.solve(game, method="lagrangian", seed=0)
        equilibrium = statistics.fmean(offloading.solve(game, seed=s).value or 0.0 for s in range(10))
        for name, play in offloading.PLAYS.items():
            session = offloading.Session(game, play, seed=0)
            for rounds in (2_000, 18_000, 180_000):
                session.advance(rounds)
                end = session.profile()
                epsilon = offloading.verify(game, end)["epsilon"].violation
                numbers = [session.welfare, offloading.value(game, end), equilibrium, top.value, top.bound]
                shares = [f"{number / (top.bound or 1.0):.3f}" for number in numbers if number is not None]
                rows.append(
                    [f"{users} x {providers}", name, session.rounds, f"{session.regret.mean():.4f}", *shares, f"{epsilon:.1e}"]
                )
    header = [
        "game",
        "learner",
        "rounds",
        "mean regret",
        "played",
        "last profile",
        "equilibrium",
        "best known",
        "bound",
        "epsilon",
    ]
    text = "Welfare as shares of the upper bound; equilibrium: mean of 10 runs of pg-brd; epsilon: of the last profile."
    record("offloading: decentralised learners", f"{table(header, rows)}\n\n{text}")


SECTIONS = {
    "scale": scale,
    "speed": speed,
    "optimum": optimum,
    "findings": findings,
    "moves": moves,
    "kinked": kinked,
    "learners": learners,
}

if __name__ == "__main__":
    for section in sys.argv[1:] or SECTIONS:
        if section not in SECTIONS:
            sys.exit(f"{section}: no such section; there are {', '.join(SECTIONS)}")
        SECTIONS[section]()
