"""Exact methods: against known solutions, each other, pygambit and a closed form; what they do not do, they say."""

from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import MissingExtraError, Stop, Termination
from edgeworth.core.run import Run
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import LemkeHowson, NormalFormGame, Profile
from edgeworth.games.normal_form.check import EPSILON_TOL
from edgeworth.testing import normal_form_games
from tests.games.normal_form.gambit import gambit_game, pygambit
from tests.oracles import learning as matrix_oracle
from tests.oracles import normal_form as oracle


@given(game=normal_form_games(zero_sum=True, max_strategies=4))
def test_zero_sum_finds_the_value(game: NormalFormGame) -> None:
    """The oracle solves the matrix game in fractions, support by support."""
    result = normal_form.solve(game, method="zero-sum")
    assert result.termination is Termination.PROVED
    report = normal_form.verify(game, result)
    assert report
    assert report["epsilon"].tolerance == EPSILON_TOL
    value = float(matrix_oracle.maximin(game.payoffs[0].tolist())[0])
    earned = normal_form.payoffs(game, result.require())[0]
    assert earned == pytest.approx(value, rel=1e-9, abs=1e-9 * max(float(game.magnitude[0]), 1e-300))
    assert "the value of the game to player '1' is" in result.notes[0]


@given(game=normal_form_games(zero_sum=True, max_strategies=4), constant=st.sampled_from([-3.0, 0.5, 100.0]))
def test_constant_sum_games_are_zero_sum_games_moved(game: NormalFormGame, constant: float) -> None:
    moved = NormalFormGame(game.payoffs + np.array([0.0, constant]).reshape(2, 1, 1))
    result, base = (normal_form.solve(each, method="zero-sum") for each in (moved, game))
    earned, before = (normal_form.payoffs(at, found.require())[0] for at, found in ((moved, result), (game, base)))
    assert earned == pytest.approx(before, rel=1e-9, abs=1e-9 * float(moved.magnitude.max()))
    assert normal_form.verify(moved, result)


def test_zero_sum_at_size() -> None:
    """120 x 120: far beyond what supports can be tried for; the regret alone proves it."""
    game = normal_form.generate(preset="zero-sum", strategies=120, seed=0)
    result = normal_form.solve(game, method="zero-sum")
    assert normal_form.regret(game, result.require()) < 1e-12


@given(game=normal_form_games(min_players=2, max_players=2, max_strategies=4))
def test_lemke_howson_finds_an_equilibrium_from_every_label(game: NormalFormGame) -> None:
    for label in range(sum(game.shape)):
        result = normal_form.solve(game, method="lemke-howson", params=LemkeHowson(initial=label))
        assert result.termination is Termination.CONVERGED
        assert normal_form.verify(game, result)["epsilon"].tolerance == EPSILON_TOL
        assert normal_form.verify(game, result)


def test_all_equilibria_and_lemke_howsons_agree_with_gambit() -> None:
    """Generic games have finitely many equilibria: we list those that pygambit lists, and pivoting finds one of them."""
    gambit = pygambit()
    for seed in range(10):
        game = normal_form.generate(strategies=3, seed=seed)
        profile = normal_form.solve(game, method="lemke-howson").require()
        ours = normal_form.mixed_equilibria(game)
        peer = gambit_game(game)
        found = gambit.nash.enummixed_solve(peer, rational=False).equilibria
        vectors = []
        for equilibrium in found:
            by_player = [equilibrium[player] for player in peer.players]
            names = [peer.get_strategies(player) for player in peer.players]
            vectors.append([[float(row[name]) for name in listed] for row, listed in zip(by_player, names, strict=True)])
        distances = [max(np.abs(np.array(v) - p).max() for v, p in zip(each, profile, strict=True)) for each in vectors]
        assert min(distances) < 1e-6, (seed, distances)
        assert len(ours) == len(vectors)
        flat = sorted(np.concatenate(list(each)).round(6).tolist() for each in ours)
        assert np.array(flat) == pytest.approx(np.array(sorted(np.concatenate(v).round(6).tolist() for v in vectors)), abs=1e-5)


def _without_quantecon(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "quantecon" else real(name, *rest))


def test_lemke_howson_at_size() -> None:
    game = normal_form.generate(strategies=60, seed=1)
    result = normal_form.solve(game, method="lemke-howson")
    assert normal_form.verify(game, result)
    assert result.stats.iterations > 0


def test_lemke_howson_is_cut_between_pivots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that may not go on after its first 1,000 pivots returns nothing rather than something half done."""
    game = normal_form.generate(strategies=3, seed=0)
    assert normal_form.solve(game, method="lemke-howson", stop=Stop(seconds=0.0)).termination is Termination.TIME
    told = []

    def tick(run: Run[object], iterations: int, *values: object, **named: object) -> Termination | None:
        told.append(iterations)
        return Termination.OBSERVER if len(told) > 1 else None

    monkeypatch.setattr(Run, "tick", tick)
    result = normal_form.solve(game, method="lemke-howson")
    assert result.solution is not None  # it had converged before the second look at the clock


def test_lemke_howson_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    _without_quantecon(monkeypatch)
    with pytest.raises(MissingExtraError, match="edgeworth\\[games\\]"):
        normal_form.solve(normal_form.generate(seed=0), method="lemke-howson")


@given(game=normal_form_games(max_strategies=4))
def test_pure_returns_the_equilibrium_of_highest_value(game: NormalFormGame) -> None:
    result = normal_form.solve(game, method="pure")
    all_ = oracle.pure_equilibria(game.payoffs.tolist())
    assert result.termination is Termination.PROVED
    if not all_:
        assert result.solution is None
        assert "no pure equilibrium" in result.notes[0]
        return
    assert result.value == max(normal_form.value(game, Profile.pure(game, outcome)) for outcome in all_)
    assert normal_form.verify(game, result)
    assert f"{len(all_)} pure" in result.notes[0]


@given(data=st.data())
def test_stackelberg_against_the_closed_form_for_two_strategies(data: st.DataObject) -> None:
    m = data.draw(st.integers(1, 5))
    cells = st.lists(st.integers(-5, 5), min_size=2 * m, max_size=2 * m)
    lead, follow = (np.array(data.draw(cells), dtype=np.float64).reshape(2, m) for _ in range(2))
    game = NormalFormGame(np.stack([lead, follow]), objective="1")
    result = normal_form.solve(game, method="stackelberg")
    best = float(oracle.stackelberg_2xm(lead.tolist(), follow.tolist()))
    assert result.value == pytest.approx(best, abs=1e-8)
    report = normal_form.verify(game, result)
    assert report
    assert "commitment" in report


@given(game=normal_form_games(min_players=2, max_players=2, max_strategies=4))
def test_commitment_is_never_worse_than_any_equilibrium(game: NormalFormGame) -> None:
    """von Stengel and Zamir (2010): the leader gets at least its best Nash payoff; in zero-sum games exactly the value."""
    game = replace(game, objective="1")
    result = normal_form.solve(game, method="stackelberg")
    assert result.value is not None
    slack = 1e-8 * max(float(game.magnitude[0]), 1e-300)
    for other in ("pure", "lemke-howson"):
        nash = normal_form.solve(game, method=other).value
        assert nash is None or result.value >= nash - slack
    assert normal_form.verify(game, result)
    assert result.certificate is not None
    assert normal_form.commitment_bound(game, result.certificate.arrays["y"]) >= result.value - slack


@given(data=st.data())
def test_any_multipliers_bound_every_commitment(data: st.DataObject) -> None:
    """Weak duality: whatever y >= 0, no commitment with a best reply beats the bound."""
    game = data.draw(normal_form_games(min_players=2, max_players=2))
    n, m = game.shape
    y = np.array(data.draw(st.lists(st.floats(0.0, 9.0), min_size=m * m, max_size=m * m))).reshape(m, m)
    bound = normal_form.commitment_bound(game, y)
    for weights in itertools.product(range(4), repeat=n):
        if any(weights):
            x = np.array(weights) / sum(weights)
            replies = x @ game.payoffs[1]
            for t in np.flatnonzero(replies >= replies.max() - 1e-12 * float(game.magnitude[1])):
                assert x @ game.payoffs[0][:, t] <= bound + 1e-9 * (1.0 + 9.0 * m) * max(float(game.magnitude.max()), 1e-300)


def test_a_commitment_that_beats_every_equilibrium() -> None:
    """The classic example (Conitzer and Sandholm 2006): up dominates down, yet committing to half of each earns 3.5, not 2."""
    game = NormalFormGame([[[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]], objective="1")
    result = normal_form.solve(game, method="stackelberg")
    assert result.notes == ("player '1' commits and earns 3.5",)
    assert result.value == pytest.approx(3.5)
    assert result.require()[0] == pytest.approx([0.5, 0.5])
    assert normal_form.solve(game, method="pure").value == 2.0
    report = normal_form.verify(game, result)
    assert report["epsilon"].violation == pytest.approx(0.5)  # the leader would deviate to up: that is the point
    assert report["epsilon"].witness.player == 0
    assert report["epsilon"].status is Status.MEASURED


@pytest.mark.parametrize("method", ["zero-sum", "lemke-howson", "stackelberg"])
def test_methods_for_two_players_say_so(method: str) -> None:
    result = normal_form.solve(normal_form.generate(players=3, strategies=2, seed=0), method=method)
    assert result.solution is None
    assert "two-player" in result.notes[0]


def test_auto() -> None:
    def used(**given: object) -> str:
        return normal_form.solve(normal_form.generate(seed=0, **given), seed=0).method  # type: ignore[arg-type]

    assert used(preset="chicken") == "pure"
    assert used(preset="matching-pennies") == "zero-sum"
    assert used(preset="shapley") == "lemke-howson"
    spoiled = np.zeros((3, 2, 2, 2))
    spoiled[:2] = normal_form.generate(preset="matching-pennies", seed=0).payoffs[..., np.newaxis]
    assert normal_form.solve(NormalFormGame(spoiled)).method == "logit-tracing"
    wide = np.zeros((3, 2, 2, 1_700))
    wide[:] = spoiled[..., :1]
    assert normal_form.solve(NormalFormGame(wide), seed=0, stop=Stop(iterations=5)).method == "wolf-phc"
