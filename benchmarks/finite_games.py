"""Benchmarks of the tabular learners and of finite games. Each prints its table and appends it to RESULTS.md.

python benchmarks/finite_games.py [SECTION ...]      sections: see SECTIONS below; default: all (about two minutes)

The peer for finite games is pygambit (in the dev extra), for the learners the same rules in plain Python.
"""

from __future__ import annotations

import io
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from harness import record, table

from edgeworth.games import normal_form
from edgeworth.games.normal_form import NormalFormGame
from edgeworth.learning import LEARNERS, Learner, MarkovGame, Session, WolfPhc

SEEDS = range(5)
TARGET = 5_000_000
ROUNDS = 1_000_000
PLAIN_ROUNDS = 20_000
GAMES = 200
TRACED = 20


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def learners() -> None:
    """Agent-steps (one choice and one update of one player) a second: one thread, two threads, plain Python in between."""
    rows = []
    for actions in (2, 3, 10):
        payoffs = np.random.default_rng(0).uniform(size=(2, actions, actions))
        for learner in (kind() for kind in LEARNERS.values()):
            rounds = ROUNDS if learner.cost == 1 else ROUNDS // 20
            one, two, plain = [], [], []
            for seed in SEEDS:
                pair = [_session(payoffs, learner, 2 * seed + k) for k in range(2)]
                one.append(2 * rounds / _seconds(lambda pair=pair, rounds=rounds: pair[0].advance(rounds)))
                two.append(4 * rounds / _seconds(lambda pair=pair, rounds=rounds: _together(pair, rounds)))
                if isinstance(learner, WolfPhc):
                    game = payoffs.tolist()
                    work = _seconds(lambda game=game, seed=seed: plain_wolf_phc(game, PLAIN_ROUNDS, seed))
                    plain.append(2 * PLAIN_ROUNDS / work)
            speeds = [statistics.median(found) for found in (one, two)]
            cells = [f"{speed / 1e6:.1f}" for speed in speeds]
            if plain:
                slow = statistics.median(plain)
                cells += [f"{slow / 1e6:.3f}", f"{speeds[0] / slow:.0f}x", "met" if speeds[1] >= TARGET else "MISSED"]
            else:
                cells += ["", "", ""]
            rows.append([type(learner).__name__, actions, *cells])
    header = [
        "learner",
        "actions",
        "one thread, M/s",
        "two threads, M/s",
        "plain Python, M/s",
        "one thread / plain",
        "target 5 M/s",
    ]
    record("learning: agent-steps a second in a repeated game of two players, median of 5 seeds", table(header, rows))


def _session(payoffs: Any, learner: Learner, seed: int) -> Session:
    session = Session(MarkovGame.repeated(payoffs), [learner, learner], seed=seed)
    session.advance(10)  # compiled, loaded
    return session


def _together(pair: list[Session], rounds: int) -> None:
    """Two sessions at once: the kernels release the interpreter's lock."""
    workers = [threading.Thread(target=session.advance, args=(rounds,)) for session in pair]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def plain_wolf_phc(payoffs: list[Any], rounds: int, seed: int) -> list[list[float]]:
    """Two WoLF-PHC players with Python lists, the paper's rates."""
    rng = random.Random(seed)
    alpha, gamma, win, lose = 0.8, 0.1, 0.0025, 0.01
    n = len(payoffs[0])
    policy = [[1.0 / n] * n for _ in range(2)]
    mean = [[1.0 / n] * n for _ in range(2)]
    quality = [[0.0] * n for _ in range(2)]
    for t in range(1, rounds + 1):
        chosen = []
        for pi in policy:
            u, a = rng.random(), 0
            while a < n - 1 and u >= pi[a]:
                u -= pi[a]
                a += 1
            chosen.append(a)
        for i in range(2):
            pi, avg, q, a = policy[i], mean[i], quality[i], chosen[i]
            q[a] += alpha * (payoffs[i][chosen[0]][chosen[1]] + gamma * max(q) - q[a])
            best, mine, other = 0, 0.0, 0.0
            for k in range(n):
                avg[k] += (pi[k] - avg[k]) / t
                mine += pi[k] * q[k]
                other += avg[k] * q[k]
                if q[k] > q[best]:
                    best = k
            share = (win if mine > other else lose) / (n - 1)
            for k in range(n):
                if k != best:
                    step = min(pi[k], share)
                    pi[k] -= step
                    pi[best] += step
    return policy


def gambit() -> None:
    """200 games: files there and back, and regrets, against pygambit in the same run."""
    try:
        import pygambit
    except ImportError:
        record("finite games against pygambit", "pygambit is not installed.")
        return
    rng = np.random.default_rng(0)
    ours = {"regret": 0.0, "exact regret": 0.0, "write": 0.0, "read": 0.0}
    theirs = dict.fromkeys(ours, 0.0)
    worst, exact_equal, round_trips = 0.0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.nfg"
        for k in range(GAMES):
            players = int(rng.integers(2, 5))
            shape = tuple(rng.integers(2, 6, players).tolist())
            top, low = rng.integers(-99, 100, (players, *shape)), rng.integers(1, 100, (players, *shape))
            rational = NormalFormGame(top / low, numerators=top, denominators=low)
            game = NormalFormGame(top / low)
            version: Any = "payoff" if k % 2 else "outcome"
            weights = [rng.integers(1, 9, n).tolist() for n in shape]
            mixed = [[Fraction(w, sum(row)) for w in row] for row in weights]
            floats = [[float(p) for p in row] for row in mixed]
            ours["write"] += _least(lambda: normal_form.write_nfg(rational, path, version=version))[1]  # noqa: B023
            text = path.read_text()
            back, spent = _least(lambda: normal_form.read_nfg(path))
            ours["read"] += spent
            peer, spent = _least(lambda text=text: pygambit.read_nfg(io.StringIO(text)))
            theirs["read"] += spent
            theirs["write"] += _least(peer.to_nfg)[1]
            round_trips += back.hash == rational.hash
            ready = iter([normal_form.Profile(floats) for _ in range(3)])  # made before the clock starts, as pygambit's are
            found, spent = _least(lambda game=game, ready=ready: normal_form.regret(game, next(ready)))
            ours["regret"] += spent
            fresh = iter([peer.mixed_strategy_profile(data=floats) for _ in range(3)])  # they keep what they computed
            other, spent = _least(lambda fresh=fresh: next(fresh).max_regret())
            theirs["regret"] += spent
            worst = max(worst, abs(found - other) / max(abs(other), 1e-12))
            exactly, spent = _least(lambda game=rational, mixed=mixed: normal_form.regret(game, mixed, exact=True))
            ours["exact regret"] += spent
            fresh = iter([peer.mixed_strategy_profile(data=mixed, rational=True) for _ in range(3)])
            other, spent = _least(lambda fresh=fresh: next(fresh).max_regret())
            theirs["exact regret"] += spent
            exact_equal += exactly == other
    rows = [[what, f"{1e3 * ours[what]:.1f}", f"{1e3 * theirs[what]:.1f}", f"{theirs[what] / ours[what]:.2f}"] for what in ours]
    text = (
        f"Regrets in floats differ from pygambit's by at most {worst:.1e} relative; in fractions {exact_equal} of {GAMES} are "
        f"equal. Files: {round_trips} of {GAMES} games come back the same. pygambit writes to a string and reads from one. "
        "Each number is the least of three."
    )
    header = ["200 games of 2-4 players with 2-5 strategies", "edgeworth ms", "pygambit ms", "pygambit / edgeworth"]
    record(f"finite games: .nfg files and regrets, pygambit {pygambit.__version__}", table(header, rows) + "\n\n" + text)


def equilibria() -> None:
    """All equilibria of the two-player games of pygambit's catalogue, against its enummixed in fractions and in floats."""
    try:
        import pygambit
    except ImportError:
        record("all equilibria against pygambit", "pygambit is not installed.")
        return
    solve = pygambit.nash.enummixed_solve
    rows, totals, same, count = [], [0.0, 0.0, 0.0], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.nfg"
        for name in sorted(pygambit.catalog.games()["Game"]):
            given = pygambit.catalog.load(name)
            if len(given.players) != 2:
                continue
            path.write_text(given.to_nfg())
            game = normal_form.read_nfg(path)
            normal_form.write_nfg(game, path)  # extensive games enter as their normal forms, all names distinct
            peer = pygambit.read_nfg(str(path))
            found, ours = _least(lambda game=game: normal_form.mixed_equilibria(game))
            exact, slow = _least(lambda peer=peer: solve(peer, rational=True).equilibria)
            floats, fast = _least(lambda peer=peer: solve(peer, rational=False).equilibria)
            if not normal_form.verify_equilibria(game, found):
                raise AssertionError(f"{name}: the check failed")
            totals = [a + b for a, b in zip(totals, (ours, slow, fast), strict=True)]
            listed = {found.exact(k) for k in range(len(found))}
            same += listed == {_fractions(peer, each) for each in exact}
            count += 1
            if ours + slow > 0.02:
                sizes = [len(found), len(found.components), len(exact), len(floats)]
                cells = [f"{1e3 * seconds:.1f}" for seconds in (ours, slow, fast)]
                rows.append([name.rpartition("/")[2], "x".join(map(str, game.shape)), *sizes, *cells, f"{ours / fast:.2f}"])
    rows.append([f"all {count}", "", "", "", "", "", *(f"{1e3 * each:.1f}" for each in totals), f"{totals[0] / totals[2]:.2f}"])
    header = ["game", "strategies", "found", "components", "Gambit, fractions", "Gambit, floats",
              "ms", "Gambit ms, fractions", "Gambit ms, floats", "ms / Gambit's in floats"]  # fmt: skip
    text = f"In {same} of {count} games the same extreme equilibria as Gambit's in fractions; every list passes the check."
    record(f"all equilibria, two players: pygambit {pygambit.__version__}", table(header, rows) + "\n\n" + text)


def tracing() -> None:
    """Equilibria of several players along the logit branch: how many are found, their exact regrets, and pygambit's logit."""
    try:
        import pygambit
    except ImportError:
        record("equilibria of several players against pygambit", "pygambit is not installed.")
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.nfg"
        for kind in ("normal payoffs", "integers 0, 1, 2"):
            for shape in ((3, 3), (2, 2, 2), (3, 3, 3), (2, 2, 2, 2)):
                spent, theirs, found, worst, other = 0.0, 0.0, 0, 0.0, 0.0
                for seed in range(TRACED):
                    rng, size = np.random.default_rng(seed), (len(shape), *shape)
                    payoffs = rng.normal(size=size) if kind == "normal payoffs" else rng.integers(0, 3, size).astype(float)
                    game = NormalFormGame(payoffs)
                    began = time.perf_counter()
                    result = normal_form.solve(game, method="logit-tracing")
                    spent += time.perf_counter() - began
                    if result.termination == "converged" and normal_form.verify(game, result):
                        found += 1
                        worst = max(worst, float(normal_form.regret(game, result.require(), exact=True)))
                    normal_form.write_nfg(game, path)
                    peer = pygambit.read_nfg(str(path))
                    began = time.perf_counter()
                    answer = pygambit.nash.logit_solve(peer, use_strategic=True)
                    theirs += time.perf_counter() - began
                    if answer.success:
                        other = max(other, float(answer.equilibrium.max_regret()))
                cells = [f"{found} of {TRACED}", f"{worst:.1e}", f"{other:.1e}", f"{1e3 * spent:.0f}", f"{1e3 * theirs:.0f}"]
                rows.append([kind, "x".join(map(str, shape)), *cells, f"{spent / theirs:.2f}"])
    header = ["payoffs", "strategies", "certified", "largest exact regret", "Gambit's largest regret",
              "ms", "Gambit ms", "ms / Gambit's"]  # fmt: skip
    record(f"equilibria of several players by logit tracing, pygambit {pygambit.__version__}", table(header, rows))


def _least(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the least seconds of three."""
    result, spent = None, float("inf")
    for _ in range(3):
        began = time.perf_counter()
        result = work()
        spent = min(spent, time.perf_counter() - began)
    return result, spent


def _fractions(peer: Any, profile: Any) -> Any:
    return tuple(
        tuple(Fraction(p.numerator, p.denominator) for p in (profile[player][name] for name in peer.get_strategies(player)))
        for player in peer.players
    )


SECTIONS = {"learners": learners, "gambit": gambit, "equilibria": equilibria, "tracing": tracing}

if __name__ == "__main__":
    for section in sys.argv[1:] or SECTIONS:
        if section not in SECTIONS:
            sys.exit(f"{section}: no such section; there are {', '.join(SECTIONS)}")
        SECTIONS[section]()
