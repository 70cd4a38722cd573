"""Proof of learning: races of small networks, against a plain second implementation, and what they say of x_i / X."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from edgeworth.games import trading
from edgeworth.games.trading.race import mining_race
from edgeworth.games.trading.training import READINGS, Puzzle, Training, training_race
from tests.cases.trading import game
from tests.oracles import training as oracle

SMALL = Training(samples=7, features=2, classes=2, hidden=2, rate=0.1, steps=12, check=3, threshold=0.97, patience=2.0)
EQUAL = trading.generate(preset="interior", consumers=4)
TWICE = trading.generate(consumers=4)  # x = 20, 10, 10, 10


@pytest.mark.parametrize("reading", READINGS)
def test_a_chain_is_that_of_plain_python(reading: str) -> None:
    puzzle = Puzzle(SMALL, seed=3)
    power = np.array([1.0, 0.0, 2.5, 1.75])
    pace = (SMALL.steps * power / power[power > 0.0].mean()).tolist()
    parameters = puzzle.genesis(4, np.random.default_rng(5))
    plain = parameters.tolist()
    winner, loss, time = puzzle.race(power, parameters, reading, 3, 11, first=2)
    for chain in range(4):
        weights = plain[chain]
        for number in range(3):
            who, least, when, weights = oracle.block(
                weights, puzzle.inputs.tolist(), puzzle.labels.tolist(), hidden=2, classes=2, rate=0.1, pace=pace,
                span=1.0 if reading == READINGS[0] else 2.0, look=None if reading == READINGS[0] else 3, threshold=0.97,
                seed=11, chain=2 + chain, number=number,
            )  # fmt: skip
            assert winner[chain, number] == who
            assert loss[chain, number] == pytest.approx(least, rel=1e-7)
            assert time[chain, number] == when
        assert parameters[chain] == pytest.approx(weights, rel=1e-6, abs=1e-7)
        assert puzzle.loss(parameters[chain]) == pytest.approx(loss[chain, -1], rel=1e-12)
    assert len({int(who) for who in winner.ravel()}) > 1
    if reading == READINGS[1]:
        assert np.isinf(time[winner < 0]).all()
        assert (time[winner >= 0] <= 2.0).all()


def test_chains_do_not_depend_on_how_they_are_cut() -> None:
    puzzle = Puzzle(SMALL, seed=0)
    whole, power = puzzle.genesis(6, np.random.default_rng(0)), np.array([1.0, 2.0])
    parts = whole.copy()
    at_once = puzzle.race(power, whole, READINGS[0], 2, 5)
    pieces = [puzzle.race(power, parts[k : k + 2], READINGS[0], 2, 5, first=k) for k in (0, 2, 4)]
    for k in range(3):
        assert np.concatenate([piece[k] for piece in pieces]).tolist() == at_once[k].tolist()
    assert parts.tolist() == whole.tolist()


def test_equal_power_has_equal_chances() -> None:
    profile = trading.solve(EQUAL).require()
    table = training_race(EQUAL, profile, races=600, blocks=2, confidence=0.9999, seed=0)
    assert len(table) == 2 * 2 * 4
    assert table.share.tolist() == [0.25] * 16
    assert ((table.low < 0.25) & (table.high > 0.25)).all()
    assert (table.decided == 1.0).all()


@pytest.mark.parametrize("power", [[1.0, 1.0, 0.0, 1.0], [2.0, 1.0, 1.0, 1.0, 0.0]], ids=str)
def test_lots_decide_where_all_losses_are_the_same(power: list[float]) -> None:
    """At a rate of next to nothing nobody's network changes; neither who does not race nor the order of power counts."""
    puzzle = Puzzle(Training(samples=2, features=1, classes=2, hidden=1, steps=1, rate=1e-300), seed=0)
    parameters = puzzle.genesis(20_000, np.random.default_rng(0))
    wins = np.bincount(puzzle.race(np.array(power), parameters, READINGS[0], 1, 0)[0].ravel(), minlength=len(power))
    racing = np.count_nonzero(power)
    expected = np.where(np.array(power) > 0.0, 1.0 / racing, 0.0)
    assert (wins / 20_000).tolist() == pytest.approx(expected.tolist(), abs=4.5 * math.sqrt(0.25 / 20_000))


def test_patience_has_no_end() -> None:
    profile = trading.solve(TWICE).require()
    table = training_race(TWICE, profile, races=5, reading=READINGS[1], training=Training(patience=1e300), seed=0)
    assert (table.decided == 1.0).all()


def test_twice_the_power_wins_far_more_than_twice_as_often() -> None:
    """Share .4 against .2: the mining race gives .4, the training race much more at the beginning, under both readings."""
    profile = trading.solve(TWICE).require()
    table = training_race(TWICE, profile, races=400, seed=0)
    first = table[table.consumer == 0]
    assert first.share.tolist() == pytest.approx([0.4, 0.4])
    assert (first.low > 0.6).all()
    mining = mining_race(TWICE, profile, seed=0)
    assert mining[mining.consumer == 0].race_simulated.tolist() == pytest.approx([0.4, 0.4], abs=0.02)


def test_once_the_network_is_trained_power_hardly_counts() -> None:
    """Blocks go on from the winners' parameters: losses fall, and with them what twice the power brings: in the reading of the
    smallest loss the others come to win as often or more often, a chance of 1/4 where the market says .4."""
    profile = trading.solve(TWICE).require()
    table = training_race(TWICE, profile, races=300, blocks=8, reading=READINGS[0], training=Training(rate=0.1), seed=0)
    first = table[table.consumer == 0].set_index("block")
    assert (np.diff(first.loss) < 0.0).all()
    assert first.wins[1] > 0.4
    assert first.high[8] < 0.4
    assert first.low[8] < 0.25


def test_every_block_of_the_second_reading_lowers_the_loss_as_far_as_asked() -> None:
    puzzle = Puzzle(Training(), seed=1)
    parameters = puzzle.genesis(10, np.random.default_rng(1))
    before = np.array([puzzle.loss(row) for row in parameters])
    winner, loss, _ = puzzle.race(np.array([1.0, 2.0]), parameters, READINGS[1], 5, 3)
    assert (winner >= 0).all()
    assert (loss <= 0.95 * np.column_stack([before, loss[:, :-1]]) * (1.0 + 1e-12)).all()


def test_a_race_that_nobody_decides_leaves_the_parameters() -> None:
    profile = trading.solve(TWICE).require()
    hard = replace(Training(), threshold=1e-6, patience=0.5)
    table = training_race(TWICE, profile, races=5, reading=READINGS[1], training=hard, seed=0)
    assert (table.decided == 0.0).all()
    assert table.wins.isna().all()
    assert ((table.low == 0.0) & (table.high == 1.0)).all()
    puzzle = Puzzle(hard, seed=0)
    parameters = puzzle.genesis(1, np.random.default_rng(0))
    begin = parameters.copy()
    winner, loss, time = puzzle.race(np.array([1.0]), parameters, READINGS[1], 1, 0)
    assert (winner[0, 0], time[0, 0]) == (-1, math.inf)
    assert loss[0, 0] == pytest.approx(puzzle.loss(begin[0]), rel=1e-12)
    assert parameters.tolist() == begin.tolist()


def test_same_seed_same_table_and_idle_consumers_do_not_win() -> None:
    problem = game(3, role_ratio=[0.1, 0.0, 0.2])
    profile = trading.solve(problem).require()
    one, two = (trading.training_race(problem, profile, races=50, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert (one[one.consumer == 1].wins == 0.0).all()
    assert one.groupby("reading").wins.sum().tolist() == pytest.approx([1.0, 1.0])
    other = training_race(problem, profile, races=50, seed=5)
    assert not other.loss.equals(one.loss)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"races": 0}, "races: must be at least 1"),
        ({"blocks": 0}, "blocks: must be at least 1"),
        ({"reading": "best"}, "reading: must be one of"),
        ({"confidence": 1.0}, "confidence: must be below 1"),
        ({"training": 3}, "training: must be a Training"),
        ({"seed": -1}, "seed: must be"),
    ],
    ids=str,
)
def test_misuse(given: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        training_race(TWICE, trading.solve(TWICE).require(), **given)


def test_misuse_of_game_and_puzzle() -> None:
    profile = trading.solve(TWICE).require()
    with pytest.raises(ValueError, match="profile: must have demands of 4 consumers; got 2"):
        training_race(TWICE, trading.solve(game()).require())
    with pytest.raises(TypeError, match="game: must be a TradingGame"):
        training_race(3, profile)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="profile: must be an Equilibrium"):
        training_race(TWICE, None)  # type: ignore[arg-type]
    idle = game(2, role_ratio=0.0)
    with pytest.raises(ValueError, match="profile: must hold a consumer that mines"):
        training_race(idle, trading.solve(idle).require())
    less = trading.model.equilibrium_of(TWICE, 15.0, np.array([-1.0, 50.0, 50.0, 50.0]))
    for function in (mining_race, training_race):
        with pytest.raises(ValueError, match="profile: must hold a consumer that mines, and nobody with less than 0"):
            function(TWICE, less, races=10)
    for name, wrong in {
        "hidden": 0,
        "classes": 1,
        "rate": 0.0,
        "threshold": 1.0,
        "patience": -1.0,
        "check": 0,
        "steps": 10**10,
    }.items():
        with pytest.raises(ValueError, match=f"{name}: must be"):
            Training(**{name: wrong})  # type: ignore[arg-type]
