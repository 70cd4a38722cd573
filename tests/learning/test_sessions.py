"""Sessions and populations: seeds, pieces, kernels of another domain, misuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.learning import Exp3, GigaWolf, Learner, MarkovGame, MinimaxQ, PgaApp, Population, QLearning, Session, WolfPhc
from edgeworth.learning.kernels.rows import act, value_ahead
from edgeworth.learning.kernels.rules import learn
from tests.learning.test_rules import RULES, markov_games

EVERY: tuple[Learner, ...] = (*RULES, MinimaxQ())
PENNIES = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])


@given(data=st.data())
def test_policies_stay_on_the_simplex(data: st.DataObject) -> None:
    game = data.draw(markov_games())
    session = Session(game, [data.draw(st.sampled_from(EVERY)) for _ in range(game.players)], seed=1)
    session.advance(500)
    for i in range(game.players):
        for table in (session.policy(i), session.average_policy(i)):
            assert table.min() >= 0.0
            assert table.sum(axis=1) == pytest.approx(1.0, abs=1e-9)
        assert session.population.plays(i).sum() == session.population.visits(i).sum() == session.steps == 500
    assert session.joint.sum() == 500


@pytest.mark.parametrize("learner", EVERY, ids=lambda learner: type(learner).__name__)
def test_rounding_errors_do_not_pile_up(learner: Learner) -> None:
    """A million small steps: a policy that is only added to and subtracted from would drift off the simplex."""
    session = Session(MarkovGame.repeated(PENNIES), [learner, learner], seed=0)
    session.advance(1_000_000)
    for i in range(2):
        assert session.policy(i).sum() == pytest.approx(1.0, abs=1e-12)


@given(data=st.data())
def test_pieces_make_no_difference(data: st.DataObject) -> None:
    game = data.draw(markov_games())
    learners = [data.draw(st.sampled_from(EVERY)) for _ in range(game.players)]
    whole, pieces = Session(game, learners, seed=7), Session(game, learners, seed=np.random.default_rng(7))
    whole.advance(300)
    for count in (0, 1, 99, 150, 50):
        pieces.advance(count)
    assert np.array_equal(whole.population.memory, pieces.population.memory)
    assert np.array_equal(whole.joint, pieces.joint)
    assert np.array_equal(whole.totals, pieces.totals)
    assert whole.steps == pieces.steps == 300


def test_seeds() -> None:
    def memory(seed: Any) -> list[float]:
        session = Session(MarkovGame.repeated(PENNIES), [WolfPhc()] * 2, seed=seed)
        session.advance(1000)
        kept: list[float] = session.population.memory.tolist()
        return kept

    assert memory(0) == memory(0)
    assert memory(0) != memory(1)
    assert memory(None) != memory(None)


@pytest.mark.parametrize("learner", EVERY, ids=lambda learner: type(learner).__name__)
def test_another_domains_loop_drives_the_same_rules(learner: Learner) -> None:
    """The loop that `Population` documents, written out, plays exactly as `Session` does."""
    game = MarkovGame.repeated(PENNIES)
    session = Session(game, [learner, learner], seed=4)
    session.advance(200)
    o = 2 if isinstance(learner, MinimaxQ) else 1
    population = Population([learner, learner], states=[1, 1], actions=[2, 2], opponents=[o, o])
    base, memory, codes = population.base, population.memory, population.codes
    rng = np.random.default_rng(4)
    for _ in range(200):
        chosen = [act(population.parameters, i, memory, int(base[i]), 2, rng.random()) for i in range(2)]
        for i in range(2):
            reward = PENNIES[i, chosen[0], chosen[1]]
            against = chosen[1 - i] if o > 1 else 0
            later = value_ahead(memory, int(base[i]))
            learn(codes[i], population.parameters, i, memory, int(base[i]), 2, o, chosen[i], against, reward, later)
    assert memory == pytest.approx(session.population.memory, abs=1e-12)


def test_rewards_are_added_up() -> None:
    session = Session(MarkovGame.repeated(PENNIES), [QLearning(), Exp3(low=-1.0)], seed=0)
    session.advance(1000)
    assert session.totals[0] == -session.totals[1] == (PENNIES[0] * session.joint[0]).sum()


def test_copies_are_handed_out() -> None:
    session = Session(MarkovGame.repeated(PENNIES), [WolfPhc()] * 2, seed=0)
    for table in (session.policy(0), session.average_policy(0), session.population.quality(0), session.population.plays(0)):
        table[:] = 9.0
    assert session.policy(0).tolist() == [[0.5, 0.5]]
    assert session.population.quality(0).tolist() == [[0.0, 0.0]]
    assert np.isnan(session.frequencies(0)).all()


MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "rate 0": (lambda: WolfPhc(rate=0.0), ValueError, "rate: must be above 0.0; got 0.0"),
    "rate 2": (lambda: QLearning(rate=2.0), ValueError, "rate: must be at most 1.0"),
    "rate text": (lambda: QLearning(rate="fast"), TypeError, "rate: must be a real number"),  # type: ignore[arg-type]
    "rate NaN": (lambda: QLearning(rate=math.nan), ValueError, "rate: must be finite"),
    "discount 1": (lambda: QLearning(discount=1.0), ValueError, "discount: must be below 1; got 1.0"),
    "explore": (lambda: PgaApp(explore=1.5), ValueError, "explore: must be at most 1.0"),
    "decay": (lambda: GigaWolf(step_decay=-1.0), ValueError, "step_decay: must be at least 0.0"),
    "win above lose": (lambda: WolfPhc(win=0.5, lose=0.1), ValueError, "win: must be at most lose (0.1); got 0.5"),
    "step": (lambda: PgaApp(step=0.0), ValueError, "step: must be above 0.0"),
    "initial": (lambda: MinimaxQ(initial=math.inf), ValueError, "initial: must be finite"),
    "win on tie": (lambda: WolfPhc(win_on_tie=1), TypeError, "win_on_tie: must be True or False"),  # type: ignore[arg-type]
    "mixing": (lambda: Exp3(mixing=0.0), ValueError, "mixing: must be above 0.0"),
    "empty range": (lambda: Exp3(low=1.0, high=1.0), ValueError, "low: must be below high (1.0); got 1.0"),
    "positional": (lambda: WolfPhc(0.1), TypeError, "positional"),  # type: ignore[misc]
    "no such parameter": (lambda: WolfPhc(alpha=0.1), TypeError, "alpha"),  # type: ignore[call-arg]
    "payoffs flat": (lambda: MarkovGame.repeated([1.0, 2.0]), ValueError, "payoffs: must have shape states x players x"),
    "payoffs of too few players": (lambda: MarkovGame.repeated(PENNIES[:1]), ValueError, "payoffs: must have shape"),
    "payoffs empty": (lambda: MarkovGame.repeated(np.zeros((2, 0, 3))), ValueError, "payoffs: must have shape"),
    "payoffs NaN": (lambda: MarkovGame.repeated(PENNIES * math.nan), ValueError, "payoffs: must be finite everywhere"),
    "no transitions": (
        lambda: MarkovGame(np.stack([PENNIES, PENNIES])),
        ValueError,
        "transitions: must be given for 2 states; got None",
    ),
    "transitions sum": (
        lambda: MarkovGame(np.stack([PENNIES] * 2), np.full((2, 2, 2, 2), 0.4)),
        ValueError,
        "transitions: must sum to 1 over the next states; got 0.8",
    ),
    "transitions negative": (
        lambda: MarkovGame(PENNIES[np.newaxis], -np.ones((1, 2, 2, 1))),
        ValueError,
        "transitions: must be at least 0.0 everywhere",
    ),
    "game": (lambda: Session(PENNIES, [WolfPhc()] * 2), TypeError, "game: must be a MarkovGame"),  # type: ignore[arg-type]
    "one learner": (
        lambda: Session(MarkovGame.repeated(PENNIES), [WolfPhc()]),
        ValueError,
        "learners: must be one for each of 2 players; got 1",
    ),
    "no learner": (
        lambda: Session(MarkovGame.repeated(PENNIES), [WolfPhc(), "wolf-phc"]),  # type: ignore[list-item]
        TypeError,
        "learners: must hold learners (entry 1); got 'wolf-phc' of type str",
    ),
    "bare learner": (lambda: Population([Learner()], states=[1], actions=[2]), TypeError, "learners: must hold learners"),
    "no actions": (lambda: Population([WolfPhc()], states=[1], actions=[0]), ValueError, "actions: must be at least 1"),
    "opponents": (
        lambda: Population([WolfPhc()], states=[1], actions=[2], opponents=[3]),
        ValueError,
        "opponents: must be 1 for WolfPhc (entry 0)",
    ),
    "steps": (
        lambda: Session(MarkovGame.repeated(PENNIES), [WolfPhc()] * 2).advance(-1),
        ValueError,
        "steps: must be at least 0; got -1",
    ),
    "agent": (
        lambda: Population([WolfPhc()], states=[1], actions=[2]).policy(1),
        ValueError,
        "agent: must be at most 0; got 1",
    ),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse(case: str) -> None:
    call, error, text = MISUSE[case]
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
