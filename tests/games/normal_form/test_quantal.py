"""Logit quantal response and the equilibria its branch leads to: closed forms, an oracle by bisection, pygambit."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import NormalFormGame
from edgeworth.games.normal_form.exact import branch, kernels, quantal, supports
from edgeworth.testing import normal_form_games
from tests.games.normal_form.gambit import gambit_game, pygambit
from tests.oracles import normal_form as oracle

PENNIES = NormalFormGame([[[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])


@given(game=normal_form_games(max_players=3, max_strategies=3), rationality=st.sampled_from([0.0, 0.25, 1.0, 4.0]))
def test_every_player_plays_its_logit_response(game: NormalFormGame, rationality: float) -> None:
    found = normal_form.quantal_response(game, rationality)
    assert found.termination is Termination.CONVERGED
    assert found.profile is not None
    assert found.rationality == rationality
    assert normal_form.quantal_residual(game, found.profile, rationality) < 1e-9


def test_one_player_has_a_closed_form() -> None:
    found = normal_form.quantal_response(NormalFormGame([[1.0, 3.0, 2.5]]), 2.0)
    weights = [math.exp(2.0 * u) for u in (1.0, 3.0, 2.5)]
    assert found.profile is not None
    assert found.profile[0].tolist() == pytest.approx([w / sum(weights) for w in weights])


@pytest.mark.parametrize("rationality", [0.3, 1.0, 5.0, 40.0])
def test_asymmetric_pennies_by_bisection(rationality: float) -> None:
    """p = s(lambda (10 q - 1)) and q = s(lambda (1 - 2 p)), s the logistic function: p(q(p)) falls in p, one fixed point."""

    def logistic(x: float) -> float:
        return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0

    low, high = 0.0, 1.0
    for _ in range(200):
        p = 0.5 * (low + high)
        if logistic(rationality * (10.0 * logistic(rationality * (1.0 - 2.0 * p)) - 1.0)) > p:
            low = p
        else:
            high = p
    found = normal_form.quantal_response(PENNIES, rationality)
    assert found.profile is not None
    assert found.profile[0][0] == pytest.approx(low, abs=1e-9)
    assert found.profile[1][0] == pytest.approx(logistic(rationality * (1.0 - 2.0 * low)), abs=1e-9)


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 2), (2, 2, 2, 2)])
def test_the_same_branch_as_gambit(shape: tuple[int, ...]) -> None:
    gambit = pygambit()
    for seed in range(3):
        game = NormalFormGame(np.random.default_rng(seed).normal(size=(len(shape), *shape)))
        peer = gambit_game(game)
        theirs = gambit.qre.logit_solve_lambda(peer, 2.0, use_strategic=True)[0].profile
        found = normal_form.quantal_response(game, 2.0)
        assert found.profile is not None
        for player, ours in zip(peer.players, found.profile, strict=True):
            vector = [float(theirs[player][name]) for name in peer.get_strategies(player)]
            assert ours.tolist() == pytest.approx(vector, abs=1e-6)


def test_the_unit_of_payoffs_is_the_unit_of_lambda() -> None:
    one = normal_form.quantal_response(PENNIES, 2.0)
    other = normal_form.quantal_response(NormalFormGame(1000.0 * PENNIES.payoffs - 7.0), 0.002)
    assert one.profile is not None
    assert other.profile is not None
    assert np.concatenate(list(one.profile)) == pytest.approx(np.concatenate(list(other.profile)), abs=1e-9)


def test_a_point_that_newtons_method_misses_is_approached_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = branch.Branch.crossing
    missed = []

    def crossing(self: branch.Branch, rationality: float) -> object:
        if len(missed) < 3:
            missed.append(rationality)
            return None
        return whole(self, rationality)

    before = normal_form.quantal_response(PENNIES, 3.0)
    monkeypatch.setattr(branch.Branch, "crossing", crossing)
    after = normal_form.quantal_response(PENNIES, 3.0)
    assert len(missed) == 3
    assert before.profile is not None
    assert after.profile is not None
    assert np.concatenate(list(before.profile)) == pytest.approx(np.concatenate(list(after.profile)), abs=1e-9)


@given(game=normal_form_games(max_players=3, max_strategies=3))
def test_tracing_ends_in_an_equilibrium_or_says_that_it_gave_up(game: NormalFormGame) -> None:
    result = normal_form.solve(game, method="logit-tracing")
    report = normal_form.verify(game, result)
    assert report
    if result.termination is Termination.CONVERGED:
        assert report["epsilon"].status is Status.HOLDS
    else:
        assert result.termination is Termination.ERROR
        assert report["epsilon"].status is Status.MEASURED
        assert "gave up" in result.notes[0]


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 3, 3), (2, 2, 2, 2), (4, 4)])
@pytest.mark.parametrize("ties", [False, True])
def test_equilibria_of_several_players(shape: tuple[int, ...], ties: bool) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        size = (len(shape), *shape)
        game = NormalFormGame(rng.integers(0, 3, size).astype(np.float64) if ties else rng.normal(size=size))
        result = normal_form.solve(game, method="logit-tracing")
        assert result.termination is Termination.CONVERGED
        assert normal_form.verify(game, result)["epsilon"].status is Status.HOLDS
        assert normal_form.regret(game, result.require(), exact=True) <= Fraction(1, 10**13)


def test_losses_that_stand_for_what_is_forbidden() -> None:
    """Nine orders of magnitude: on most of these games the branch leads nowhere, and supports are tried."""
    tried = 0
    for seed in (26, 82, 98, 118):
        rng = np.random.default_rng(seed)
        payoffs = np.where(rng.random((3, 3, 2, 2)) < 0.1, -1e9, rng.random((3, 3, 2, 2)))
        game = NormalFormGame(payoffs)
        result = normal_form.solve(game, method="logit-tracing")
        assert result.termination is Termination.CONVERGED
        assert normal_form.verify(game, result)
        tried += bool(result.notes)
    assert tried > 0


def test_the_three_player_game_of_nau() -> None:
    """Its only equilibrium is in irrational strategies (Nau, Gomez Canovas and Hansen 2004, section 4)."""
    peer = pygambit().catalog.load("journals/ijgt/nau2004/sec4")
    tables = [[[[float(u) for u in row] for row in face] for face in table] for table in peer.to_arrays()]
    game = NormalFormGame(np.array(tables))
    result = normal_form.solve(game, method="logit-tracing")
    assert result.termination is Termination.CONVERGED
    assert normal_form.verify(game, result)
    theirs = pygambit().nash.logit_solve(peer).equilibrium
    vectors = [[float(theirs[player][name]) for name in peer.get_strategies(player)] for player in peer.players]
    assert np.concatenate(list(result.require())) == pytest.approx(np.concatenate(vectors), abs=1e-4)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (3, 2, 4), (2, 1, 3, 2)])
def test_points_of_the_branch_solve_its_equations(shape: tuple[int, ...]) -> None:
    payoffs = np.random.default_rng(len(shape)).uniform(size=(len(shape), *shape))
    game, followed, stepwise = NormalFormGame(payoffs), branch.Branch(list(payoffs)), branch.Branch(list(payoffs))
    assert followed.advance(until=3.0, most=1000)
    while stepwise.rationality < 3.0:
        assert stepwise.advance()
        profile = [vector / vector.sum() for vector in stepwise.mixed(stepwise.point)]
        assert normal_form.quantal_residual(game, profile, stepwise.rationality) < 1e-10
        assert np.linalg.norm(stepwise.direction) == pytest.approx(1.0)
        assert np.abs(stepwise.point - stepwise.before).max() > 1e-3
    assert followed.point.tolist() == stepwise.point.tolist()
    assert (followed.steps, followed.length) == (stepwise.steps, stepwise.length)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (2, 3, 4), (2, 2, 1, 3)])
def test_equations_of_a_support_and_their_derivatives(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape))
    payoffs, sizes = rng.normal(size=(len(shape), *shape)), np.array(shape)
    mixed = np.concatenate([rng.dirichlet(np.ones(n)) for n in shape])
    ends = np.cumsum(sizes)
    matrix, missed = kernels.equations(payoffs.reshape(-1), sizes, mixed)
    vectors, earned = [each.tolist() for each in np.split(mixed, ends[:-1])], []
    for i, n in enumerate(shape):
        pure = [[*vectors[:i], np.eye(n)[a].tolist(), *vectors[i + 1 :]] for a in range(n)]
        earned.append([oracle.expected(payoffs.tolist(), each, i) for each in pure])
    expected = [entry for row in earned for entry in (0.0, *(row[0] - u for u in row[1:]))]
    assert missed.tolist() == pytest.approx(expected, abs=1e-14)
    for a in range(len(mixed)):
        moved = [mixed + sign * 1e-5 * (np.arange(len(mixed)) == a) for sign in (1.0, -1.0)]
        left, right = (kernels.equations(payoffs.reshape(-1), sizes, each)[1] for each in moved)
        assert ((right - left) / 2e-5).tolist() == pytest.approx(matrix[:, a].tolist(), abs=1e-9)


def test_newtons_method_on_a_support_says_how_it_ended() -> None:
    sizes, pennies = np.array([2, 2]), np.array([1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    mixed = np.array([0.7, 0.3, 0.2, 0.8])
    assert kernels.equalise(pennies, sizes, mixed, 30, 1e-9, 1e3)[0] == kernels.SETTLED
    assert mixed.tolist() == pytest.approx([0.5] * 4)
    same = mixed.copy()
    assert kernels.equalise(np.zeros(8), sizes, same, 30, 1e-9, 1e3) == (kernels.SINGULAR, 0)
    assert same.tolist() == mixed.tolist()
    assert kernels.equalise(pennies, sizes, np.full(4, 0.9), 0, 1e-9, 1e3) == (kernels.OPEN, 0)
    assert kernels.equalise(pennies, sizes, np.full(4, 0.9), 30, 1e-9, 0.1) == (kernels.LOST, 0)


def test_runs_that_are_cut() -> None:
    found = normal_form.quantal_response(PENNIES, 5.0, stop=Stop(seconds=0.0))
    assert (found.profile, found.termination, found.rationality) == (None, Termination.TIME, 0.0)
    assert normal_form.solve(PENNIES, method="logit-tracing", stop=Stop(seconds=0.0)).termination is Termination.TIME


def test_giving_up_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantal, "_MOST", 2.0)
    found = normal_form.solve(PENNIES, method="logit-tracing")
    assert found.termination is Termination.CONVERGED
    assert "found by trying supports" in found.notes[0]
    assert found.require()[0] == pytest.approx([0.5, 0.5])
    assert normal_form.verify(PENNIES, found)["epsilon"].status is Status.HOLDS
    monkeypatch.setattr(supports, "_MOST", 2)
    result = normal_form.solve(PENNIES, method="logit-tracing")
    assert result.termination is Termination.ERROR
    assert result.notes[0].startswith("gave up at lambda = ")
    assert normal_form.verify(PENNIES, result)["epsilon"].status is Status.MEASURED
    monkeypatch.setattr(branch.Branch, "advance", lambda self, *rules: False)
    assert normal_form.quantal_response(PENNIES, 1.0).termination is Termination.ERROR


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="rationality"):
        normal_form.quantal_response(PENNIES, -1.0)
    with pytest.raises(ValueError, match="rationality"):
        normal_form.quantal_residual(PENNIES, [0, 0], math.nan)
    with pytest.raises(ValueError, match=r"rationality: must be at most 2\^1000"):  # their product is no float64
        normal_form.quantal_response(NormalFormGame(1e300 * PENNIES.payoffs / 9.0), 1e300)
    with pytest.raises(ValueError, match="stop: must have no rule but seconds"):
        normal_form.quantal_response(PENNIES, 1.0, stop=Stop(iterations=3))
