"""Learners on the trading game: what they are told, what they return, and games whose answer they must find."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeworth import Stop, learning
from edgeworth.games import trading
from edgeworth.games.trading import GigaWolf, MinimaxQ, PgaApp, WolfPhc
from edgeworth.games.trading.learned import NEAR, Session, TabularLearner, distance, target
from tests.cases.trading import game

ALL: list[TabularLearner] = [WolfPhc(), PgaApp(), GigaWolf(), MinimaxQ()]
names = pytest.mark.parametrize("params", ALL, ids=lambda params: type(params).__name__)


@names
def test_the_same_seed_plays_the_same_in_any_pieces(params: TabularLearner) -> None:
    problem = trading.generate(preset="two-peaks", consumers=3)
    whole, parts = Session(problem, params, seed=3), Session(problem, params, seed=3)
    whole.advance(500)
    for count in (1, 0, 199, 300):
        parts.advance(count)
    assert np.array_equal(whole.population.memory, parts.population.memory)
    other = Session(problem, params, seed=4)
    other.advance(500)
    assert not np.array_equal(whole.population.memory, other.population.memory)


def test_the_papers_rates_are_the_defaults() -> None:
    params = WolfPhc()
    assert (params.rate, params.discount, params.win, params.lose, params.explore) == (0.8, 0.1, 0.0025, 0.01, 0.0)


@pytest.mark.parametrize("method", ["wolf-phc", "pga-app", "giga-wolf"])
def test_where_everybody_asks_for_the_most_the_learners_find_it(method: str) -> None:
    """On Table 1 the highest demand and the highest price are dominant. 5% is one point of the price grid."""
    problem = trading.generate(preset="ai-bazaar")
    near = 0
    for seed in range(3):
        session = Session(problem, trading.FAMILY.method(method).params_type()(), seed=seed)  # type: ignore[misc]
        session.advance(100_000)
        near += distance(session.profile(), target(session)) <= NEAR + 1e-12
    assert near >= 2


def test_one_consumer_with_a_dominant_demand() -> None:
    """Costs negative: F_max at every price; then the highest price is best. WoLF-PHC with exploration finds both."""
    problem = game(1, service_profit=220.0)
    result = trading.solve(problem, method="wolf-phc", params=WolfPhc(explore=0.1, episodes=50_000), seed=1)
    assert result.require().price == 20.0
    assert result.require().demands.tolist() == [100.0]


@names
def test_results_say_how_far_they_are(params: TabularLearner) -> None:
    problem = trading.generate(preset="interior", consumers=3)
    method = {"WolfPhc": "wolf-phc", "PgaApp": "pga-app", "GigaWolf": "giga-wolf", "MinimaxQ": "minimax-q"}
    result = trading.solve(problem, method=method[type(params).__name__], seed=0, stop=Stop(iterations=300), trace=True)
    assert result.stats.iterations == 300
    assert result.notes[0].startswith("distance ")
    assert "near" in result.notes[1] or "within 5%" in result.notes[1]
    assert result.trace is not None
    assert len(result.trace.value) >= 1


def test_the_target_is_the_exact_equilibrium_and_its_closest_grid_profile() -> None:
    session = Session(trading.generate(preset="interior"), WolfPhc())
    goal = target(session)
    assert goal.price == pytest.approx(20.0)
    assert goal.total == pytest.approx(292.047, abs=1e-3)
    assert (goal.grid_price, goal.grid_total) == (20.0, 300.0)
    exact = trading.solve(session.game).require()
    assert distance(exact, goal) <= 1e-9


def test_the_provider_may_explore_and_learn_by_itself() -> None:
    session = Session(game(2), WolfPhc(explore=0.1, explore_decay=0.5, leader_explore=0.3, leader_rate=0.01))
    provider, consumer = session.population.learners[:2]
    assert isinstance(provider, learning.WolfPhc)
    assert isinstance(consumer, learning.WolfPhc)
    assert (provider.explore, provider.explore_decay, provider.rate) == (0.3, 0.0, 0.01)
    assert (consumer.explore, consumer.explore_decay, consumer.rate) == (0.1, 0.5, 0.8)


def test_profits_come_close_where_prices_need_not() -> None:
    """Around the best price of `kink` the profit is flat: with replies well learnt it is within 2% of the best."""
    problem = trading.generate(preset="kink")
    params = WolfPhc(
        prices=11, demands=19, bins=1, explore=0.1, explore_decay=3e-3, leader_explore=0.3, leader_rate=0.01,
        rate=0.1, discount=0.0, win=0.002, lose=0.004, episodes=100_000,
    )  # fmt: skip
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
    "prices": (lambda: WolfPhc(prices=1), ValueError, "prices: must be at least 2; got 1"),
    "episodes": (lambda: PgaApp(episodes=0), ValueError, "episodes: must be at least 1; got 0"),
    "bins": (lambda: MinimaxQ(bins=0), ValueError, "bins: must be at least 1"),
    "rate": (lambda: GigaWolf(rate=0.0), ValueError, "rate: must be above 0.0"),
    "win": (lambda: WolfPhc(win=0.1), ValueError, "win: must be at most lose"),
    "leader_rate": (lambda: WolfPhc(leader_rate=2.0), ValueError, "rate: must be at most 1.0; got 2.0"),
    "game": (lambda: Session(3, WolfPhc()), TypeError, "game: must be a TradingGame"),  # type: ignore[arg-type]
    "params": (lambda: Session(game(), 3), TypeError, "params: must be the parameters of a learner"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse(name: str) -> None:
    call, error, words = MISUSE[name]
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
