"""The computations behind `claims_contest` about learning: training races, PB-MARL's cost and steadiness, figure 8(a) by GA."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np

from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.games.trading import sweeps
from edgeworth.games.trading.evidence import PRESETS, _rows, _run
from edgeworth.games.trading.genetic import genetic_demand, genetic_price
from edgeworth.games.trading.learned import PLAYS, Play, Session
from edgeworth.games.trading.model import generate, value
from edgeworth.games.trading.one_sided import OTHERS
from edgeworth.games.trading.race import mining_race
from edgeworth.games.trading.training import READINGS, training_race
from edgeworth.learning import QLearning

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
_CONFIDENCE = 0.999
_BLOCKS = dict(zip(READINGS, (8, 2), strict=True))
_ROUNDS, _LOOKS = 100_000, 100
_SINGLE = {
    "wolf-phc": PLAYS["wolf-phc"],
    "q-learning": PLAYS["q-learning"],
    "q-learning that never explores": Play(learner=QLearning(explore=0.0), rounds=_ROUNDS),
}


def learning_chance(budget: ClaimBudget) -> Evidence:
    """One data set a seed; the largest miner of Table 1 has twice the power of each of the others."""
    numbers, parts, right = list[Row](), [], []
    game = generate()
    at = sweeps.equilibrium(game)
    races = 10 * budget.instances
    equal = generate(preset="interior")
    control = training_race(equal, sweeps.equilibrium(equal), races=races, confidence=_CONFIDENCE, seed=0)
    even = int(((control.low <= control.share) & (control.share <= control.high)).sum())
    for reading, blocks in _BLOCKS.items():
        tables = [
            training_race(game, at, races=races, blocks=blocks, reading=reading, confidence=_CONFIDENCE, seed=seed)
            for seed in range(budget.seeds)
        ]
        first = [table[table.consumer == 0] for table in tables]
        inside = [bool(((table.low <= table.share) & (table.share <= table.high)).all()) for table in first]
        right.append(all(inside))
        for seed, table in enumerate(first):
            shown = table[["reading", "block", "share", "wins", "low", "high"]]
            numbers.extend({"seed": seed, **row} for row in _rows(shown))
        median = np.median([table.wins.to_numpy() for table in first], axis=0)
        parts.append(f"{reading}, block 1..{blocks}: " + "/".join(f"{rate:.2f}" for rate in median))
    mining = mining_race(game, at, confidence=_CONFIDENCE, seed=0)
    hashed = float(mining[mining.consumer == 0].race_simulated.iloc[0])
    text = (
        f"x_i / X is {float(numbers[0]['share']):.3f} for the consumer with twice the power of each of the nine others; it wins"
        f" (medians of {budget.seeds} data sets, {races} races each) " + "; ".join(parts) + f"; the mining race {hashed:.3f}."
        f" With equal power 1/N is in {even} of {len(control)} intervals. Steps build on each other, so the time to a solution"
        " is not memoryless: at first more power wins nearly always, and of a trained network the smallest loss is chance"
    )
    found = _HOLDS if all(right) else (_PARTLY if any(right) else _FAILS)
    return Evidence(
        found, Reason.MEASURED, text, numbers=tuple(numbers), seeds=budget.seeds, instances=budget.seeds
    )  # fmt: skip


def complexity(budget: ClaimBudget) -> Evidence:
    """Cells of the provider's tables that a round writes, and those it has, for several numbers of states and actions."""
    numbers = list[Row]()
    for states, actions in ((10, 11), (40, 11), (40, 44)):
        play = replace(PLAYS["wolf-phc"], bins=states, prices=actions)
        session = Session(generate(preset="interior"), play, seed=0)
        tables = session.population.tables
        end = int(tables.base[1])
        written = 0
        for _ in range(200):
            before = tables.memory[:end].copy()
            session.advance(1)
            written = max(written, int((tables.memory[:end] != before).sum()))
        numbers.append({"states": int(session.binning.counts[0]), "actions": actions, "written": written, "cells": end})
    few, more, wide = (int(row["written"]) for row in numbers)
    grows = more >= 8 * few
    text = "; ".join(
        f"S = {row['states']}, A = {row['actions']}: {row['written']} of {row['cells']} cells written a round"
        for row in numbers
    ) + (
        f". An update writes one state's row, O(A), whatever S is ({few} and {more} cells for 4 times the states, {wide} for 4"
        " times the actions); the tables take O(S A). O(S^2 A) bounds both and is the order of neither. The paper's own state,"
        f" all demands, has S = {len(session.demands)}^{session.game.consumers}"
    )
    found = _HOLDS if grows else (_PARTLY if wide <= 40 * 40 * 44 else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=len(numbers))


def oscillation(budget: ClaimBudget) -> Evidence:
    numbers, wide, parts = list[Row](), list[bool](), []
    for preset in PRESETS[:2]:
        moves = {name: float(np.median([_moves(preset, name, seed) for seed in range(budget.seeds)])) for name in _SINGLE}
        numbers.extend({"preset": preset, "method": name, "moves": share} for name, share in moves.items())
        wide.extend(moves[name] >= moves["wolf-phc"] + 0.3 for name in moves if name != "wolf-phc")
        parts.append(f"{preset}: " + ", ".join(f"{name} {share:.2f}" for name, share in moves.items()))
    text = (
        f"share of {_LOOKS} looks in the second half of {_ROUNDS:,} rounds at which price or total demand had changed, median"
        " over seeds, every player a learner: " + "; ".join(parts)
    )
    found = _HOLDS if all(wide) else (_PARTLY if any(wide) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), seeds=budget.seeds, instances=2)


@cache
def _moves(preset: str, name: str, seed: int) -> float:
    session = Session(generate(preset=preset), _SINGLE[name], seed=seed)
    session.advance(_ROUNDS // 2)
    seen = []
    for _ in range(_LOOKS + 1):
        at = session.profile()
        seen.append((at.price, float(at.demands.sum())))
        session.advance(_ROUNDS // 2 // _LOOKS)
    return float(np.mean([one != two for one, two in pairwise(seen)]))


def genetic_points(budget: ClaimBudget) -> Evidence:
    if importlib.util.find_spec("pymoo") is None:
        return Evidence(
            ClaimVerdict.NOT_TESTED, Reason.NOTHING, "needs pymoo (extra genetic); figure-8a-one-sided needs none",
            conclusive=False,
        )  # fmt: skip
    game = generate(preset="interior")
    at = sweeps.equilibrium(game)
    runs = np.median([_run("interior", "wolf-phc", seed) for seed in range(budget.seeds)], axis=0)
    provider, consumer = float(runs[1]), float(runs[3])
    numbers, right, parts = list[Row](), [], []
    for others in OTHERS:
        points = [
            (
                float(genetic_price(game, at, others=others, generations=15, seed=seed).solution.profits[0]),
                value(game, genetic_demand(game, at, others=others, generations=15, seed=seed).solution),
            )
            for seed in range(budget.seeds)
        ]
        p1, p2 = np.median(points, axis=0).tolist()
        beats = (consumer >= p1, provider >= p2)
        right.append(all(beats))
        numbers.append(
            {
                "others": others, "consumer_by_p1": p1, "consumer_by_pb_marl": consumer, "provider_by_p2": p2,
                "provider_by_pb_marl": provider, "consumer_holds": beats[0], "provider_holds": beats[1],
            }
        )  # fmt: skip
        parts.append(f"others {others}: consumer {consumer:.4g} against {p1:.4g}, provider {provider:.4g} against {p2:.4g}")
    found = _HOLDS if all(right) else (_PARTLY if any(right) else _FAILS)
    text = "interior, medians, PB-MARL against the other side's problem by GA; " + "; ".join(parts)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), seeds=budget.seeds, instances=1)
