"""Learners on the trading game: what they are told, what they return, and games whose answer they must find."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.games import trading
from edgeworth.games.trading import PLAYS, Play, sweeps
from edgeworth.games.trading.learned import NEAR, Session, binning, distance, target
from edgeworth.learning import LEARNERS, Exp3, MinimaxQ, WolfPhc
from tests.cases.trading import game

methods = pytest.mark.parametrize("method", PLAYS)


@methods
def test_the_same_seed_plays_the_same_in_any_pieces(method: str) -> None:
    problem = trading.generate(preset="two-peaks", consumers=3)
    whole, parts = (Session(problem, PLAYS[method], seed=3) for _ in range(2))
    whole.advance(500)
    for count in (1, 0, 199, 300):
        parts.advance(count)
    assert np.array_equal(whole.population.memory, parts.population.memory)
    other = Session(problem, PLAYS[method], seed=4)
    other.advance(500)
    assert not np.array_equal(whole.population.memory, other.population.memory)


def test_the_papers_rates_are_the_defaults() -> None:
    learner = PLAYS["wolf-phc"].learner
    assert isinstance(learner, WolfPhc)
    assert (learner.rate, learner.discount, learner.win, learner.lose, learner.explore) == (0.8, 0.1, 0.0025, 0.01, 0.0)
    assert learner.win_on_tie  # (31) has ">="
    minimax = PLAYS["minimax-q"].learner
    assert isinstance(minimax, MinimaxQ)
    assert minimax.initial == 1.0


def test_the_learners_of_the_figures_play_equally_long() -> None:
    assert {play.rounds for play in sweeps.LEARNERS.values()} == {100_000}


@pytest.mark.parametrize("seed", range(3))
def test_minimax_q_finds_the_equilibrium_of_table_1(seed: int) -> None:
    """Started at Q = 0 it does not: what was never met is then the worst case of everything."""
    problem = trading.generate(preset="ai-bazaar")
    session = Session(problem, PLAYS["minimax-q"], seed=seed)
    session.advance(100_000)
    assert distance(session.profile(), target(session)) == 0.0
    low = Session(problem, Play(learner=MinimaxQ(initial=0.0)), seed=seed)
    low.advance(5_000)
    assert distance(low.profile(), target(low)) > 0.5


ROLES = (
    [0.1],
    [0.1, 0.1],
    [0.3, 0.0],
    [0.0, 0.0, 0.4],
    [0.9, 0.01, 0.01],
    [0.2, 0.1, 0.1],
    [1.0, 0.7, 1e-17],
    [0.5, 0.3, 0.0, 1e-300],
)


@pytest.mark.parametrize("roles", ROLES, ids=str)
@pytest.mark.parametrize("bins", [1, 2, 3, 5, 10, 50])
@pytest.mark.parametrize("points", [2, 3, 5])
def test_every_bin_is_met_by_some_demands(roles: list[float], bins: int, points: int) -> None:
    """All demands there are, once each: no bin of anybody stays empty, the least is in the first and the most in the last."""
    made = binning(game(len(roles), role_ratio=roles), points, bins)
    for agent in range(len(roles) + 1):
        weights = [1.0] * len(roles) if agent == 0 else [b for j, b in enumerate(roles) if j != agent - 1]
        amounts = sorted(
            sum(w * k for w, k in zip(weights, ks, strict=True)) for ks in product(range(points), repeat=len(weights))
        )
        last = int(made.counts[agent]) - 1
        found = [min(max(int((t + made.half[agent]) * made.per_step[agent]), 0), last) for t in amounts]
        assert sorted(set(found)) == list(range(last + 1))
        assert (found[0], found[-1]) == (0, last)
        assert last < bins
        if len(set(weights)) == 1 and weights[0] > 1e-290:
            assert last + 1 == min(bins, len(weights) * (points - 1) + 1)  # no fewer than there can be


@pytest.mark.parametrize("roles", [[0.1] * 3, [0.9, 0.01, 0.3], [0.5, 0.0, 0.0], [1.0, 1e-17, 1e-17]], ids=str)
def test_no_column_of_minimax_q_is_never_visited(roles: list[float]) -> None:
    """Everybody acts at random: in every state every Q(a, b) is learnt, with amounts binned on an interval far from 0."""
    problem = game(3, role_ratio=roles, min_demand=60.0)
    learner = MinimaxQ(explore=1.0, rate=1.0, discount=0.0, initial=-77.0)
    session = Session(problem, Play(learner=learner, prices=2, demands=3, bins=10), seed=0)
    session.advance(20_000)
    for agent in range(4):
        table = session.population.quality(agent)
        assert table.shape[2] == session.binning.counts[agent]
        assert (table != -77.0).all()
    assert (session.population.visits(0) > 0.0).all()


def test_demands_that_are_all_the_same_are_one_bin() -> None:
    session = Session(game(3, min_demand=5.0, max_demand=5.0), PLAYS["minimax-q"], seed=0)
    assert session.binning.counts.tolist() == [1] * 4
    session.advance(50)
    assert session.population.visits(0).tolist() == [50.0]


@pytest.mark.parametrize("method", ["wolf-phc", "pga-app", "giga-wolf"])
def test_where_everybody_asks_for_the_most_the_learners_find_it(method: str) -> None:
    """On Table 1 the highest demand and the highest price are dominant. 5% is one point of the price grid."""
    problem = trading.generate(preset="ai-bazaar")
    near = 0
    for seed in range(3):
        session = Session(problem, PLAYS[method], seed=seed)
        session.advance(100_000)
        near += distance(session.profile(), target(session)) <= NEAR + 1e-12
    assert near >= 2


def test_one_consumer_with_a_dominant_demand() -> None:
    """Costs negative: F_max at every price; then the highest price is best. WoLF-PHC with exploration finds both."""
    problem = game(1, service_profit=220.0)
    result = trading.solve(problem, method="wolf-phc", params=Play(learner=WolfPhc(explore=0.1), rounds=50_000), seed=1)
    assert result.require().price == 20.0
    assert result.require().demands.tolist() == [100.0]


@methods
def test_results_say_how_far_they_are(method: str) -> None:
    problem = trading.generate(preset="interior", consumers=3)
    result = trading.solve(problem, method=method, seed=0, stop=Stop(iterations=300), trace=True)
    assert result.stats.iterations == 300
    assert result.notes[0].startswith("distance ")
    assert "near" in result.notes[1] or "within 5%" in result.notes[1]
    assert result.trace is not None
    assert len(result.trace.value) >= 1


def test_the_target_is_the_exact_equilibrium_and_its_closest_grid_profile() -> None:
    session = Session(trading.generate(preset="interior"), PLAYS["wolf-phc"])
    goal = target(session)
    assert goal.price == pytest.approx(20.0)
    assert goal.total == pytest.approx(292.047, abs=1e-3)
    assert (goal.grid_price, goal.grid_total) == (20.0, 300.0)
    exact = trading.solve(session.game).require()
    assert distance(exact, goal) <= 1e-9


def test_the_provider_may_explore_and_learn_by_itself() -> None:
    consumer, provider = WolfPhc(explore=0.1, explore_decay=0.5), WolfPhc(explore=0.3, rate=0.01)
    assert Session(game(2), Play(learner=consumer, leader=provider)).population.learners == (provider, consumer, consumer)
    mixed = Play(learner=consumer, leader=Exp3(low=-1.0))
    session = Session(game(2), mixed, seed=0)
    session.advance(100)
    assert session.population.visits(0).sum() == 100
    with pytest.raises(ValueError, match="leader: must be of type WolfPhc for this method"):
        trading.solve(game(2), method="wolf-phc", params=mixed)


def test_every_learner_of_the_registry_is_a_row() -> None:
    assert list(PLAYS) == list(LEARNERS) == [row.name for row in trading.METHODS if row.name in LEARNERS]


def test_profits_come_close_where_prices_need_not() -> None:
    """Around the best price of `kink` the profit is flat: with replies well learnt it is within 2% of the best."""
    problem = trading.generate(preset="kink")
    learner = WolfPhc(explore=0.1, explore_decay=3e-3, rate=0.1, discount=0.0, win=0.002, lose=0.004)
    leader = replace(learner, explore=0.3, explore_decay=0.0, rate=0.01)
    params = Play(learner=learner, leader=leader, rounds=100_000, prices=11, demands=19, bins=1)
    result = trading.solve(problem, method="wolf-phc", params=params, seed=0)
    best = trading.solve(problem).value
    assert result.value is not None
    assert best is not None
    assert result.value == pytest.approx(best, rel=0.02)
    assert trading.verify(problem, result)["epsilon"].violation <= 0.05


def test_no_round_no_answer() -> None:
    result = trading.solve(game(), method="wolf-phc", stop=Stop(iterations=0))
    assert result.solution is None
    assert result.notes == ("no round was played",)


MISUSE: dict[str, tuple[Any, type[Exception], str]] = {
    "prices": (lambda: Play(prices=1), ValueError, "prices: must be at least 2; got 1"),
    "rounds": (lambda: Play(rounds=-1), ValueError, "rounds: must be at least 0; got -1"),
    "bins": (lambda: Play(bins=0), ValueError, "bins: must be at least 1"),
    "leader": (lambda: Play(leader=3), TypeError, "leader: must be a learner or None; got 3"),  # type: ignore[arg-type]
    "game": (lambda: Session(3, PLAYS["exp3"]), TypeError, "game: must be a TradingGame"),  # type: ignore[arg-type]
    "play": (lambda: Session(game(), 3), TypeError, "play: must be a Play"),  # type: ignore[arg-type]
    "no learner": (lambda: Session(game(), Play()), ValueError, "learner: must be given; got None"),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(name: str) -> None:
    call, error, words = MISUSE[name]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
