"""Learners where the answer is known: what converges in play, what only on average, what cycles, as the literature says.

"Play" is the policy itself over the last half of the run, looked at 50 times; "swing" is by how much a probability moves there.
Thresholds: a policy that has settled still carries the noise of its rate and step, below .1 with the settings used here; one
that cycles swings through nearly all of [0, 1]. Averages over 500,000 rounds of bounded cycles are within .03.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeworth.learning import Exp3, GigaWolf, Learner, MarkovGame, MinimaxQ, PgaApp, QLearning, Session, WolfPhc

Floats = NDArray[np.float64]
SEEDS = (0, 1, 2)

PENNIES = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
BIASED = np.array([[[2.0, -1.0], [-1.0, 1.0]], [[-2.0, 1.0], [1.0, -1.0]]])  # both play (2/5, 3/5), value 1/5
_ROW = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
SCISSORS = np.array([_ROW, -_ROW])
SHAPLEY = np.array([np.eye(3), np.roll(np.eye(3), 1, axis=1)])
DILEMMA = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
COORDINATION = np.array([[[2.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]])

WOLF = WolfPhc(rate=0.1, rate_decay=1e-5, discount=0.0, win=1e-4, lose=4e-4, step_decay=1e-5, explore=0.05)
PHC = WolfPhc(rate=0.1, discount=0.0, win=1e-3, lose=1e-3, explore=0.05)  # one step: policy hill climbing without WoLF
PGA = PgaApp(rate=0.1, discount=0.0, step=1e-3, step_decay=1 / 5000, prediction=1.0, explore=0.05)
GIGA = GigaWolf(rate=0.1, discount=0.0, step=1e-3, explore=0.05)
Q = QLearning(rate=0.1, rate_decay=1e-4, discount=0.0, explore=0.1)
MINIMAX = MinimaxQ(rate=0.5, rate_decay=1e-3, discount=0.0)


def _run(payoffs: Floats, learner: Learner, seed: int, steps: int = 1_000_000) -> tuple[Session, Floats]:
    """The session at its end and player 0's policies over the last half, 50 of them."""
    session = Session(MarkovGame.repeated(payoffs), [learner] * len(payoffs), seed=seed)
    session.advance(steps // 2)
    seen = []
    for _ in range(50):
        session.advance(steps // 100)
        seen.append(session.policy(0)[0])
    return session, np.array(seen)


def _swing(policies: Floats) -> float:
    return float(np.ptp(policies, axis=0).max())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("payoffs", "target"),
    [(PENNIES, [0.5, 0.5]), (BIASED, [0.4, 0.6]), (SCISSORS, [1 / 3] * 3)],
    ids=["pennies", "biased", "rps"],
)
@pytest.mark.parametrize("learner", [WOLF, PGA], ids=["wolf-phc", "pga-app"])
def test_wolf_phc_and_pga_app_converge_in_play(payoffs: Floats, target: list[float], learner: Learner, seed: int) -> None:
    """Bowling and Veloso (2002), Zhang and Lesser (2010): play goes to the mixed equilibrium of zero-sum games.

    Biased pennies: exploration pulls every strategy towards uniform, which moves the policies that balance it by up to .03.
    """
    session, policies = _run(payoffs, learner, seed)
    assert _swing(policies) < 0.1
    assert session.policy(0)[0] == pytest.approx(target, abs=0.08)
    assert session.average_policy(0)[0] == pytest.approx(target, abs=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_without_win_or_learn_fast_play_cycles(seed: int) -> None:
    """Bowling and Veloso (2002): one step size circles round the equilibrium; the average is there all the same."""
    session, policies = _run(PENNIES, PHC, seed)
    assert _swing(policies) > 0.9
    assert session.average_policy(0)[0] == pytest.approx([0.5, 0.5], abs=0.03)


@pytest.mark.parametrize("seed", SEEDS)
def test_giga_wolf_converges_in_two_by_two_games_and_cycles_in_shapleys(seed: int) -> None:
    """Bowling (2005): proved for two actions each; in Shapley's game it is seen to cycle."""
    session, policies = _run(PENNIES, GIGA, seed)
    assert _swing(policies) < 0.25  # a constant step keeps some noise; the cycle below swings by 1
    assert policies.mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.05)
    session, policies = _run(SHAPLEY, GIGA, seed)
    assert _swing(policies) > 0.9
    assert session.average_policy(0)[0] == pytest.approx([1 / 3] * 3, abs=0.05)
    # The cycle runs through the six outcomes that pay somebody and avoids the three that pay nobody (1/9 each by chance).
    paid = (SHAPLEY.sum(axis=0) * session.joint[0]).sum() / session.steps
    assert paid > 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_pga_app_settles_in_shapleys_game_with_a_long_prediction_only(seed: int) -> None:
    """Zhang and Lesser (2010): settled, which gradient play without prediction does not manage."""
    long = PgaApp(rate=0.8, discount=0.0, step=1e-3, step_decay=1 / 5000, prediction=3.0, explore=0.05)
    session, policies = _run(SHAPLEY, long, seed, steps=2_000_000)
    assert _swing(policies) < 0.1
    assert session.policy(0)[0] == pytest.approx([1 / 3] * 3, abs=0.05)
    short = PgaApp(rate=0.8, discount=0.0, step=1e-3, step_decay=1 / 5000, prediction=1.0, explore=0.05)
    assert _swing(_run(SHAPLEY, short, seed)[1]) > 0.5


@pytest.mark.parametrize("prediction", [3.0, 4.0])
def test_a_long_prediction_keeps_pga_app_away_from_dominant_actions(prediction: float) -> None:
    """A counterexample of our own to "PGA-APP finds pure equilibria": of two actions with Q gap d, the printed rule moves the
    better one by d (1 - g p), the other by -d (1 + g (1 - p)). At p = 1/2 + 1/g both are equal: the projection undoes them.
    """
    learner = PgaApp(rate=0.1, discount=0.0, step=1e-3, prediction=prediction, explore=0.05)
    session, policies = _run(DILEMMA, learner, 0, steps=200_000)
    assert _swing(policies) < 0.05
    assert session.policy(0)[0, 1] == pytest.approx(0.5 + 1 / prediction, abs=0.02)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("learner", [Q, WOLF, PGA, GIGA, MINIMAX], ids=lambda learner: type(learner).__name__)
def test_everybody_defects_in_the_prisoners_dilemma(learner: Learner, seed: int) -> None:
    """A dominant action: no excuse."""
    session, policies = _run(DILEMMA, learner, seed, steps=200_000)
    assert policies[-1] == pytest.approx([0.0, 1.0], abs=0.01)
    assert session.policy(1)[0] == pytest.approx([0.0, 1.0], abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("learner", [Q, WOLF, PGA, GIGA], ids=lambda learner: type(learner).__name__)
def test_coordination_ends_in_one_of_the_pure_equilibria(learner: Learner, seed: int) -> None:
    session, policies = _run(COORDINATION, learner, seed, steps=200_000)
    assert _swing(policies) < 0.02
    action = int(session.policy(0)[0].argmax())
    for player in range(2):
        assert session.policy(player)[0, action] > 0.98


@pytest.mark.parametrize("seed", SEEDS)
def test_q_learners_cycle_in_pennies_and_their_average_does_not(seed: int) -> None:
    """Both play pure actions that the other one learns to beat: never an equilibrium in play, the mixed one in frequency."""
    session, policies = _run(PENNIES, Q, seed)
    assert set(np.unique(policies)) == {0.0, 1.0}
    assert session.frequencies(0)[0] == pytest.approx([0.5, 0.5], abs=0.03)


@pytest.mark.parametrize(
    ("payoffs", "target", "value"), [(PENNIES, [0.5, 0.5], 0.0), (BIASED, [0.4, 0.6], 0.2), (SCISSORS, [1 / 3] * 3, 0.0)]
)
def test_minimax_q_finds_the_maximin_policy(payoffs: Floats, target: list[float], value: float) -> None:
    """Rewards without noise: every entry of Q is known once it was tried, and the linear program does the rest."""
    session, policies = _run(payoffs, MINIMAX, 0, steps=20_000)
    assert policies[-1] == pytest.approx(target, abs=1e-3)
    guaranteed = (session.policy(0)[0] @ session.population.quality(0)[0]).min()
    assert guaranteed == pytest.approx(value, abs=1e-3)


def test_minimax_q_is_cautious_outside_of_zero_sum_games() -> None:
    """Coordination: it guards against an adversary that is not there, (1/3, 2/3), and misses both equilibria."""
    session, _ = _run(COORDINATION, MINIMAX, 0, steps=20_000)
    assert session.policy(0)[0] == pytest.approx([1 / 3, 2 / 3], abs=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_exp3_has_little_regret_and_no_peace(seed: int) -> None:
    """Auer et al. (2002), theorem 3.1, against a learner: regret below the bound; in pennies averages go to the equilibrium,
    play cycles."""
    learner = Exp3(mixing=0.02, low=-1.0, high=1.0)
    session, policies = _run(PENNIES, learner, seed)
    against = session.joint[0].sum(axis=0)  # of a fixed sequence of the opponent's actions
    best = float((PENNIES[0] @ against).max())
    scaled = 0.5 * (best - session.totals[0])
    assert scaled <= (np.e - 1.0) * 0.02 * session.steps + 2.0 * np.log(2.0) / 0.02
    assert _swing(policies) > 0.5
    assert session.average_policy(0)[0] == pytest.approx([0.5, 0.5], abs=0.05)


def test_exp3_finds_the_best_arm_of_a_bandit() -> None:
    """One player, five arms: nearly all play, but for the mixing, goes to the best one."""
    session = Session(MarkovGame.repeated([[0.2, 0.4, 0.9, 0.5, 0.1]]), [Exp3(mixing=0.05)], seed=0)
    session.advance(50_000)
    assert session.policy(0)[0, 2] == pytest.approx(1.0 - 0.05 * 4 / 5, abs=0.01)


def test_q_learning_solves_a_markov_decision_process() -> None:
    """A corridor of five states; action 1 goes right, pays 1 at the end and starts again. Acting at random it still learns Q*
    of the Bellman equation: the rule is off-policy."""
    states, gamma = 5, 0.9
    payoffs, moves = np.zeros((states, 1, 2)), np.zeros((states, 2, states))
    for s in range(states):
        moves[s, 0, max(s - 1, 0)] = 1.0
        moves[s, 1, (s + 1) % states] = 1.0
    payoffs[states - 1, 0, 1] = 1.0
    session = Session(MarkovGame(payoffs, moves), [QLearning(rate=0.5, discount=gamma, explore=1.0)], seed=0)
    session.advance(100_000)
    best = np.zeros(states)
    for _ in range(500):
        table = payoffs[:, 0, :] + gamma * moves @ best
        best = table.max(axis=1)
    assert session.population.quality(0) == pytest.approx(table, abs=1e-6)
    assert session.policy(0)[:, 1].tolist() == [1.0] * states


def test_the_rates_of_the_ai_bazaar_paper_without_exploration() -> None:
    """A finding: rate .8 makes Q the last reward or two, and an action whose probability reached 0 is not tried as long as its
    last Q is not the best. Fair pennies survive by their symmetry; biased pennies end in a pure policy that is no equilibrium,
    whatever the seed."""
    for seed in SEEDS:
        session, policies = _run(PENNIES, WolfPhc(), seed)
        assert _swing(policies) < 0.3
        assert session.average_policy(0)[0] == pytest.approx([0.5, 0.5], abs=0.05)
        session, policies = _run(BIASED, WolfPhc(), seed, steps=200_000)
        assert policies[-1].max() == 1.0
