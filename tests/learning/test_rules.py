"""Every update rule against a plain-Python second implementation fed with the same uniform numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.observer import Observer
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.learning import Exp3, GigaWolf, Learner, MarkovGame, MinimaxQ, PgaApp, Population, QLearning, Session, WolfPhc
from edgeworth.learning.kernels.rows import act, length, project, value_ahead
from edgeworth.learning.kernels.rules import learn
from edgeworth.learning.kernels.zero_sum import matrix_game, scratch
from tests.oracles import learning as oracle

Floats = NDArray[np.float64]
RULES: tuple[Learner, ...] = (
    QLearning(rate=0.3, rate_decay=0.02, discount=0.6, explore=0.4, explore_decay=0.01),
    WolfPhc(explore=0.1),
    WolfPhc(rate=0.3, rate_decay=0.01, discount=0.5, win=0.05, lose=0.2, step_decay=0.01),
    WolfPhc(rate=0.3, discount=0.5, win=0.05, lose=0.2, win_on_tie=True),
    PgaApp(rate=0.4, discount=0.3, step=0.05, step_decay=0.01, prediction=1.0, explore=0.1),
    PgaApp(rate=0.4, discount=0.0, step=0.5, prediction=3.0),
    GigaWolf(rate=0.4, discount=0.3, step=0.05, explore=0.1),
    GigaWolf(rate=0.9, discount=0.0, step=1.0, step_decay=0.1),
    Exp3(mixing=0.2, low=-9.0, high=9.0),
    Exp3(mixing=1.0, low=-9.0, high=9.0, explore=0.3),
)


@st.composite
def markov_games(draw: Any, max_players: int = 3) -> MarkovGame:
    """Small games of one to three states with whole or real payoffs."""
    states = draw(st.integers(1, 3))
    actions = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=max_players)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    payoffs = rng.uniform(-9.0, 9.0, (states, len(actions), *actions))
    if draw(st.booleans()):
        payoffs = np.rint(payoffs)
    if states == 1 and draw(st.booleans()):
        return MarkovGame(payoffs)
    moves = rng.dirichlet(np.ones(states), (states, *actions))
    return MarkovGame(payoffs, moves)


def _naive(learner: Learner, n: int) -> oracle.Naive:
    return oracle.LEARNERS[type(learner).__name__](n, **asdict(learner))


@given(data=st.data())
@settings(max_examples=40)
def test_play_agrees_with_the_oracle(data: st.DataObject) -> None:
    game = data.draw(markov_games())
    learners = [data.draw(st.sampled_from(RULES)) for _ in range(game.players)]
    seed = data.draw(st.integers(0, 99))
    session = Session(game, learners, seed=seed)
    naive = [_naive(learner, n) for learner, n in zip(learners, game.actions, strict=True)]
    payoffs = game.payoffs.tolist()
    moves = None if game.transitions is None or game.states == 1 else game.transitions.tolist()
    uniforms = np.random.default_rng(seed).random
    s = 0
    for _ in range(120):
        before, here = session.joint.copy(), s
        session.advance(1)
        joint, s = oracle.play_round(payoffs, moves, naive, here, uniforms)
        assert np.argwhere(session.joint != before).tolist() == [[here, *joint]]
        assert session.state[0] == s
        for i, second in enumerate(naive):
            assert session.population.visits(i)[here] == second.seen[here]
            assert session.policy(i)[here] == pytest.approx(second.pi[here], abs=1e-9)
            assert session.average_policy(i)[here] == pytest.approx(second.mean[here], abs=1e-9)
            quality = session.population.quality(i)[here]
            if isinstance(learners[i], Exp3):
                assert quality == pytest.approx(np.log(second.q[here]) - np.log(max(second.q[here])), abs=1e-9)
            else:
                assert quality == pytest.approx(second.q[here], abs=1e-9)
            # Some rules are chaotic: what the next round starts from is the same to the last bit, so that errors do not grow.
            second.pi[here] = session.policy(i)[here].tolist()
            second.mean[here] = session.average_policy(i)[here].tolist()
            if not isinstance(learners[i], Exp3):
                second.q[here] = quality.tolist()


@given(data=st.data())
@settings(max_examples=20)
def test_minimax_q_agrees_with_the_oracle(data: st.DataObject) -> None:
    """Optimal policies need not be unique, so the steps are scripted: Q and values agree, the policy guarantees them."""
    n, o = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    learner = MinimaxQ(rate=0.6, rate_decay=0.1, discount=0.5, initial=data.draw(st.sampled_from([1.0, 0.0, -7.5])))
    population = Population([learner], states=[2], actions=[n], opponents=[o])
    naive = oracle.NaiveMinimax(n, o, **asdict(learner))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    for _ in range(40):
        s, a, b, later = (int(rng.integers(high)) for high in (2, n, o, 2))
        reward = float(np.rint(rng.uniform(-9, 9)))
        base, size = int(population.base[0]), int(population.size[0])
        ahead = value_ahead(population.memory, base + later * size)
        assert ahead == pytest.approx(naive.worth(later), abs=1e-9)
        learn(population.codes[0], population.parameters, 0, population.memory, base + s * size, n, o, a, b, reward, ahead)
        naive.learn(s, a, b, reward, ahead)
        assert population.quality(0)[s] == pytest.approx(np.array(naive.q[s]), abs=1e-9)
        guaranteed = (population.policy(0)[s] @ population.quality(0)[s]).min()
        assert guaranteed == pytest.approx(naive.v[s], abs=1e-9)


def test_minimax_q_starts_as_littman_prints_it() -> None:
    """Q = V = 1 and a uniform policy; the other learners' Q and V start at 0."""
    population = Population(
        [MinimaxQ(), MinimaxQ(initial=-2.0), QLearning()], states=[2] * 3, actions=[3] * 3, opponents=[4, 4, 1]
    )
    for agent, first in enumerate((1.0, -2.0, 0.0)):
        assert (population.quality(agent) == first).all()
        assert (population.policy(agent) == 1.0 / 3.0).all()
        base, size = int(population.base[agent]), int(population.size[agent])
        assert [value_ahead(population.memory, base + s * size) for s in range(2)] == [first, first]


@pytest.mark.parametrize(("initial", "learnt"), [(1.0, True), (0.0, False)])
def test_a_column_never_met_is_no_worst_case_where_q_starts_high(initial: float, learnt: bool) -> None:
    """Payoffs .2 and .8 for two actions, the opponent always in column 0. Started at 0, column 1 is the worst case of every
    policy: the learnt difference does not count."""
    population = Population([MinimaxQ(initial=initial, rate=1.0, discount=0.0)], states=[1], actions=[2], opponents=[2])
    for action, reward in ((0, 0.2), (1, 0.8), (0, 0.2)):
        learn(population.codes[0], population.parameters, 0, population.memory, 0, 2, 2, action, 0, reward, 0.0)
    assert (population.policy(0)[0].tolist() == [0.0, 1.0]) is learnt


@pytest.mark.parametrize(("win_on_tie", "step"), [(False, 0.2), (True, 0.05)])
def test_who_wins_on_a_tie(win_on_tie: bool, step: float) -> None:
    """At a state's first visit policy and average are both uniform. Bowling and Veloso's ">" loses, (31)'s ">=" wins; then the
    policy is ahead of its average, and both win."""
    learner = WolfPhc(win=0.05, lose=0.2, win_on_tie=win_on_tie, rate=1.0, discount=0.0)
    population = Population([learner], states=[1], actions=[2])
    for moved in (step, step + 0.05):
        learn(population.codes[0], population.parameters, 0, population.memory, 0, 2, 1, 1, 0, 1.0, 0.0)
        assert population.policy(0)[0] == pytest.approx([0.5 - moved, 0.5 + moved], abs=1e-12)


def test_wolf_phc_returns_to_an_action_it_had_given_up() -> None:
    """Without exploration an action of probability 0 is tried again once what is played earns less than its Q says."""
    learner = WolfPhc(win=0.5, lose=1.0, rate=1.0, discount=0.0)
    population = Population([learner], states=[1], actions=[2])

    def pays(action: int, reward: float) -> list[float]:
        learn(population.codes[0], population.parameters, 0, population.memory, 0, 2, 1, action, 0, reward, 0.0)
        return population.policy(0)[0].tolist()

    pays(0, 0.5)
    assert pays(1, 1.0) == [0.0, 1.0]
    assert pays(1, 0.1)[0] > 0.0


@given(data=st.data())
def test_the_joint_action_of_the_opponents_is_theirs(data: st.DataObject) -> None:
    """Minimax-Q among three players: the entry that changes is the one of (own action, the others' actions in order)."""
    game = data.draw(markov_games())
    learners = [MinimaxQ(rate=1.0, discount=0.0, explore=1.0)] * game.players
    session = Session(game, learners, seed=3)
    session.advance(60)
    for s in range(game.states):
        for joint in np.ndindex(game.actions):
            for i in range(game.players):
                if session.joint[(s, *joint)]:
                    others = [n for k, n in enumerate(game.actions) if k != i]
                    against = int(np.ravel_multi_index([a for k, a in enumerate(joint) if k != i], others)) if others else 0
                    assert session.population.quality(i)[s, joint[i], against] == game.payoffs[(s, i, *joint)]


@given(st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=8))
def test_projection(point: list[float]) -> None:
    memory = np.array([7.0, *point, 7.0])
    project(memory, 1, len(point))
    assert memory[1:-1] == pytest.approx(oracle.projection(point), abs=1e-12)
    assert (memory[0], memory[-1]) == (7.0, 7.0)


def test_projection_ends_where_rounding_moves_the_shift() -> None:
    """Entries within an ulp or two of the shift must not join and leave the positive ones for ever, as one in twelve of these
    did once."""
    rng = np.random.default_rng(0)
    for _ in range(2_000):
        n = int(rng.integers(3, 8))
        k = int(rng.integers(1, n))
        shift = 0.3 * rng.normal()
        low = np.full(n - k, shift) * (1.0 + 2e-16 * rng.integers(-3, 4, n - k))
        memory = np.concatenate([rng.dirichlet(np.ones(k)) + shift, low])
        expected = oracle.projection(memory.tolist())
        project(memory, 0, n)
        assert memory == pytest.approx(expected, abs=1e-12)


@given(
    weights=st.lists(st.integers(0, 3), min_size=1, max_size=5).filter(any),
    explore=st.sampled_from([0.0, 0.25, 1.0]),
    u=st.floats(0.0, 1.0, exclude_max=True),
)
def test_the_drawn_action(weights: list[int], explore: float, u: float) -> None:
    policy = [w / sum(weights) for w in weights]
    memory = np.array([0.0, 0.0, *policy])
    chosen = act(np.array([[explore, 0.0]]), 0, memory, 0, len(policy), u)
    assert chosen == oracle.draw(policy, explore, u)
    assert policy[chosen] > 0.0 or u < explore


def _highs_value(matrix: Floats) -> float:
    """The value by HiGHS: maximise v - w over the simplex and v - w <= sum_a pi(a) Q(a, b)."""
    n, o = matrix.shape
    columns = np.vstack([np.hstack([-matrix, np.ones((n, 1))]), [[1.0] * o + [0.0]], [[-1.0] * o + [0.0]]])
    model = ColumnModel(
        cost=np.array([0.0] * n + [-1.0, 1.0]),
        upper=np.full(n + 2, np.inf),
        row_lower=np.array([-np.inf] * o + [1.0]),
        row_upper=np.array([0.0] * o + [1.0]),
        starts=np.arange(n + 3) * (o + 1),
        rows=np.tile(np.arange(o + 1), n + 2),
        entries=columns.ravel(),
        integer=False,
    )
    answer = minimise(model, Run(sense="min", stop=Stop(), rng=np.random.default_rng(0), observer=Observer()))
    assert answer.x is not None
    return float(answer.x[n] - answer.x[n + 1])


def _solved(matrix: Floats) -> tuple[float, Floats]:
    n, o = matrix.shape
    memory = np.concatenate([matrix.ravel(), np.full(n + scratch(n, o), np.nan)])
    value = matrix_game(memory, 0, n, o, n * o)
    assert np.array_equal(memory[: n * o], matrix.ravel())
    return value, memory[n * o : n * o + n]


@given(data=st.data())
def test_the_small_solver_of_matrix_games_is_exact(data: st.DataObject) -> None:
    """Against every pair of supports in fractions, ties and degenerate games included: small integers make many."""
    n, o = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    entries = data.draw(st.lists(st.integers(-3, 3), min_size=n * o, max_size=n * o))
    scale = data.draw(st.sampled_from([1.0, 1e-6, 1e6]))
    matrix = np.array(entries, dtype=np.float64).reshape(n, o) * scale
    value, policy = _solved(matrix)
    assert value == pytest.approx(float(oracle.maximin(matrix.tolist())[0]), rel=1e-9, abs=1e-9 * scale)
    assert policy.min() >= 0.0
    assert policy.sum() == pytest.approx(1.0, abs=1e-12)
    assert (policy @ matrix).min() == pytest.approx(value, abs=1e-12 * scale)


@pytest.mark.parametrize("shape", [(1, 30), (30, 1), (20, 20), (40, 15), (15, 40)])
@pytest.mark.parametrize("whole", [False, True])
def test_the_small_solver_agrees_with_highs(shape: tuple[int, int], whole: bool) -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        matrix = rng.normal(size=shape)
        if whole:
            matrix = np.rint(2.0 * matrix)
        assert _solved(matrix)[0] == pytest.approx(_highs_value(matrix), abs=1e-8)


def test_payoffs_whose_difference_is_no_float() -> None:
    value, policy = _solved(np.array([[1e308, -1e308], [-1e308, 1e308]]))
    assert policy == pytest.approx([0.5, 0.5])
    assert abs(value) < 1e-9 * 1e308


def test_columns_that_hardly_differ_do_not_break_the_small_solver() -> None:
    """What minimax-Q makes of close payoffs. Bland's rule takes pivots of 1e-10 there; on the first matrix, whose value .53 is
    a saddle point, it ended without a policy."""
    close = np.ones((7, 8))
    close[:, 5:] = [
        [0.12, 0.10, 0.10], [0.31, 1.00, 0.30], [0.36, 0.36, 0.36], [0.36, 0.37, 0.36], [1.00, 0.37, 0.37], [0.41, 1.00, 0.40],
        [0.53, 0.54, 0.53],
    ]  # fmt: skip
    value, policy = _solved(close)
    assert value == 0.53
    assert policy.tolist() == [0.0] * 6 + [1.0]
    rng = np.random.default_rng(1)
    mixed = 0
    while mixed < 40:
        n, o = rng.integers(4, 12, 2).tolist()
        matrix = np.ones((n, o))
        for b in range(o // 2):
            matrix[:, b] = (
                0.6 * np.sort(rng.random(n)) if b == 0 else matrix[:, 0] + 10.0 ** -rng.integers(2, 9) * rng.random(n)
            )
        matrix[rng.random((n, o)) < 0.3] = 1.0
        if matrix.min(axis=1).max() < matrix.max(axis=0).min():
            mixed += 1
            assert _solved(matrix)[0] == pytest.approx(_highs_value(matrix), abs=1e-8)


def test_the_length_of_a_row_is_what_population_lays_out() -> None:
    population = Population([GigaWolf(), MinimaxQ()], states=[2, 3], actions=[4, 5], opponents=[1, 7])
    assert population.size.tolist() == [length(4, 1, 2), length(5, 7, 0)]
    assert len(population.memory) == 2 * length(4, 1, 2) + 3 * length(5, 7, 0) + scratch(5, 7)
