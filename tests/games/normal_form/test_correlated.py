"""Correlated and coarse correlated equilibria: scipy's linear programs, closed forms, and planted faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from edgeworth import Stop, Termination
from edgeworth.core.run import Run
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import CorrelatedEquilibrium, NormalFormGame
from edgeworth.games.normal_form.exact import correlated as method
from edgeworth.testing import normal_form_games
from tests.oracles import normal_form as oracle

CHICKEN = NormalFormGame([[[6.0, 2.0], [7.0, 0.0]], [[6.0, 7.0], [2.0, 0.0]]])


def _optimum(game: NormalFormGame, coarse: bool) -> float:
    payoffs = game.payoffs.tolist()
    rows = np.array(oracle.correlated_constraints(payoffs, coarse))
    player = game.objective_player
    worth = (game.payoffs.sum(axis=0) if player is None else game.payoffs[player]).ravel()
    found = linprog(-worth, A_ub=-rows, b_ub=np.zeros(len(rows)), A_eq=np.ones((1, len(worth))), b_eq=[1.0])
    assert found.success
    return float(-found.fun)


@given(game=normal_form_games(max_players=3, max_strategies=3), coarse=st.booleans())
def test_the_best_one_in_fractions(game: NormalFormGame, coarse: bool) -> None:
    found = normal_form.correlated_equilibrium(game, coarse=coarse)
    assert found.termination is Termination.PROVED
    report = normal_form.verify_correlated(game, found)
    assert report
    assert found.value is not None
    if np.prod(game.shape) <= 9:  # surely solved in fractions: nothing is open
        assert found.value == found.bound
        assert report["regret"].violation == 0.0
    size = float(np.abs(game.payoffs).max())
    assert float(found.value) == pytest.approx(_optimum(game, coarse), rel=1e-6, abs=1e-6 * max(size, 1e-300))


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("shape", [(2, 5, 7), (3, 4, 3, 2), (4, 3, 3, 2, 3)])
def test_larger_programs_go_through_highs(shape: tuple[int, ...], coarse: bool) -> None:
    game = NormalFormGame(np.random.default_rng(len(shape)).normal(size=shape), objective="2")
    found = normal_form.correlated_equilibrium(game, coarse=coarse)
    assert found.value is not None
    assert normal_form.verify_correlated(game, found)
    assert float(found.value) == pytest.approx(_optimum(game, coarse), abs=1e-8)
    assert found.distribution.shape == game.shape
    assert found.distribution.sum() == pytest.approx(1.0)


def test_both_ways_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    games = [normal_form.generate(players=n, strategies=3, seed=n) for n in (1, 2, 3)]
    for game in games:
        for coarse in (False, True):
            exact = normal_form.correlated_equilibrium(game, coarse=coarse)
            with monkeypatch.context() as context:
                context.setattr(method, "_SMALL", 0)
                floats = normal_form.correlated_equilibrium(game, coarse=coarse)
            assert floats.termination is Termination.PROVED
            assert normal_form.verify_correlated(game, floats)
            assert exact.value is not None
            assert floats.value is not None
            assert float(floats.value) == pytest.approx(float(exact.value), abs=1e-9)


def test_chicken() -> None:
    """The textbook example: 6 and 6 in half of the cases; the welfare beats 9, that of both pure equilibria."""
    found = normal_form.correlated_equilibrium(CHICKEN)
    assert found.value == Fraction(21, 2)
    assert found.probabilities == (Fraction(1, 2), Fraction(1, 4), Fraction(1, 4), Fraction(0))
    assert str(found) == "correlated equilibrium, welfare 10.5, at most 10.5"
    row = normal_form.correlated_equilibrium(CHICKEN, objective="1")
    assert (row.value, row.objective) == (7, "1")


def test_every_nash_equilibrium_is_one_and_the_coarse_ones_are_more() -> None:
    for seed in range(5):
        game = normal_form.generate(strategies=3, seed=seed)
        best = normal_form.correlated_equilibrium(game)
        coarse = normal_form.correlated_equilibrium(game, coarse=True)
        assert best.value is not None
        assert coarse.value is not None
        assert coarse.value >= best.value
        for number in range(len(listed := normal_form.mixed_equilibria(game))):
            x, y = listed.exact(number)
            product = [p * q for p in x for q in y]
            for player in range(2):
                gains, _ = normal_form.correlated_gains(game, product, player)
                assert max(map(max, gains)) == 0
            welfare = sum(p * w for p, w in zip(product, map(sum, zip(*_flat(game), strict=True)), strict=True))
            assert welfare <= best.value


def _flat(game: NormalFormGame) -> list[list[Fraction]]:
    return [[game.exact(i, where) for where in np.ndindex(*game.shape)] for i in range(len(game.shape))]


@given(game=normal_form_games(max_players=3, max_strategies=2), data=st.data())
def test_any_multipliers_bound_every_equilibrium(game: NormalFormGame, data: st.DataObject) -> None:
    weight = st.integers(0, 5).map(Fraction)
    y = tuple(
        tuple(tuple(data.draw(st.lists(weight, min_size=n, max_size=n))) for _ in range(n)) for n in game.shape
    )  # fmt: skip
    best = normal_form.correlated_equilibrium(game)
    assert best.value is not None
    assert normal_form.correlated_bound(game, y, game.objective) >= best.value


def test_payoffs_of_very_different_sizes() -> None:
    game = NormalFormGame(np.array([[[1e8, -1e8], [0.0, 1e8]], [[1e-8, 0.0], [0.0, 2e-8]]]))
    found = normal_form.correlated_equilibrium(game)
    assert found.value == found.bound
    assert normal_form.verify_correlated(game, found)


def test_units_that_floats_cannot_divide_by_each_other() -> None:
    payoffs = np.random.default_rng(1).normal(size=(2, 12, 12)) * np.array([1e300, 1e-300])[:, None, None]
    game = NormalFormGame(payoffs)
    for objective in ("welfare", "2"):
        found = normal_form.correlated_equilibrium(game, objective=objective)
        assert found.termination is Termination.PROVED
        assert normal_form.verify_correlated(game, found)


def test_where_floats_do_not_suffice_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """One payoff dwarfs what is at stake elsewhere by 1e14: beyond HiGHS's tolerances."""
    rng = np.random.default_rng(0)
    payoffs = rng.uniform(size=(2, 3, 3))
    payoffs[:, 2, 2] = -1e14
    game = NormalFormGame(payoffs)
    monkeypatch.setattr(method, "_SMALL", 0)
    found = normal_form.correlated_equilibrium(game)
    assert (found.termination is Termination.PROVED) == bool(normal_form.verify_correlated(game, found))
    monkeypatch.undo()
    assert normal_form.verify_correlated(game, normal_form.correlated_equilibrium(game))


@pytest.mark.parametrize("small", [0, 10**9])
def test_a_run_that_is_cut(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "_SMALL", small)
    game = normal_form.generate(strategies=6, seed=0)
    found = normal_form.correlated_equilibrium(game, stop=Stop(seconds=0.0))
    assert (found.termination, found.probabilities, found.value) == (Termination.TIME, (), None)
    assert str(found) == "cut (time): no distribution"
    with pytest.raises(ValueError, match="distribution: there is none"):
        _ = found.distribution
    assert not normal_form.verify_correlated(game, found)


def test_the_arithmetic_in_fractions_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def tick(run: Run[object], iterations: int, *values: object, **named: object) -> Termination | None:
        return None if iterations else Termination.TIME  # the pivots go on, what follows them does not

    monkeypatch.setattr(Run, "tick", tick)
    found = normal_form.correlated_equilibrium(CHICKEN)
    assert (found.termination, found.probabilities) == (Termination.TIME, ())


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="objective: must be one of welfare, 1, 2"):
        normal_form.correlated_equilibrium(CHICKEN, objective="3")
    with pytest.raises(ValueError, match="stop: must have no rule but seconds"):
        normal_form.correlated_equilibrium(CHICKEN, stop=Stop(iterations=3))
    with pytest.raises(TypeError, match="coarse"):
        normal_form.correlated_equilibrium(CHICKEN, coarse=1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="found: must be a CorrelatedEquilibrium"):
        normal_form.verify_correlated(CHICKEN, CHICKEN)  # type: ignore[arg-type]


def _moved(found: CorrelatedEquilibrium) -> CorrelatedEquilibrium:
    p = list(found.probabilities)
    p[0] += p[1]
    p[1] = Fraction(0)
    value = sum(w * each for w, each in zip((12, 9, 9, 0), p, strict=True))
    return replace(found, probabilities=tuple(p), value=Fraction(value))


def _negative(found: CorrelatedEquilibrium) -> CorrelatedEquilibrium:
    return replace(found, multipliers=(((Fraction(0), Fraction(-1)), found.multipliers[0][1]), found.multipliers[1]))


FAULTS: dict[str, tuple[str, Callable[[CorrelatedEquilibrium], CorrelatedEquilibrium]]] = {
    "probabilities of another game": ("distribution", lambda f: replace(f, probabilities=(Fraction(1),))),
    "a sum that is not 1": ("distribution", lambda f: replace(f, probabilities=(Fraction(1, 2),) * 4)),
    "another shape": ("distribution", lambda f: replace(f, shape=(4, 1))),
    "floats": ("distribution", lambda f: replace(f, probabilities=(0.5, 0.25, 0.25, 0.0))),  # type: ignore[arg-type]
    "somebody gains": ("regret", _moved),
    "another value": ("value", lambda f: replace(f, value=Fraction(11))),
    "a bound too tight": ("bound", lambda f: replace(f, bound=Fraction(10))),
    "negative multipliers": ("bound", _negative),
    "multipliers of another game": ("bound", lambda f: replace(f, multipliers=f.multipliers[:1])),
    "another game's optimum": (
        "optimal",
        lambda f: replace(
            f, probabilities=(Fraction(0), Fraction(1), Fraction(0), Fraction(0)), value=Fraction(9)
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_caught(fault: str) -> None:
    verdict, change = FAULTS[fault]
    report = normal_form.verify_correlated(CHICKEN, change(normal_form.correlated_equilibrium(CHICKEN)))
    assert report[verdict].status is Status.FAILS
    assert report[verdict].witness is not None


def test_a_value_above_the_bound_is_no_optimum() -> None:
    """Player b gains 1 by leaving, which the 1e12 at stake hide; the best equilibrium is worth 0 to player a all the same."""
    game = NormalFormGame([[[1.0, 0.0, 0.0]], [[0.0, 1.0, -1e12]]], players=("a", "b"), objective="a")
    found = normal_form.correlated_equilibrium(game)
    assert found.value == found.bound == 0
    above = replace(found, probabilities=(Fraction(1), Fraction(0), Fraction(0)), value=Fraction(1))
    report = normal_form.verify_correlated(game, above)
    assert report["regret"]
    assert list(report.failures) == ["optimal"]


def test_a_check_without_time_says_so() -> None:
    report = normal_form.verify_correlated(CHICKEN, normal_form.correlated_equilibrium(CHICKEN), seconds=0.0)
    assert report["rest"].status is Status.NOT_CHECKED
