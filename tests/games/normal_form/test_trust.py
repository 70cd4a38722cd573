"""False claims about finite games do not pass, at any scale, and honest ones do."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Quality, Stop, Termination
from edgeworth.core.result import Certificate
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import NormalFormGame, Profile
from edgeworth.games.normal_form.exact import rational
from edgeworth.games.normal_form.model import exact_deviations, exact_profile, stakes
from edgeworth.testing import normal_form_games, profiles
from tests.oracles import normal_form as oracle

DILEMMA = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
CLASSIC = NormalFormGame([[[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]])


@pytest.mark.parametrize("penalty", [-1e6, -1e9, 1e9, -1e13, -1e100])
@pytest.mark.parametrize("cell", [(1, 1), (0, 1), (1, 0)])
def test_a_payoff_that_nobody_meets_excuses_no_regret(penalty: float, cell: tuple[int, int]) -> None:
    """Cooperating costs each player 2 whatever stands in cells where it does not decide."""
    payoffs = DILEMMA.copy()
    for player in range(2):
        if cell[player] != 0 and cell[1 - player] == 0:
            continue  # the cell of its own deviation
        payoffs[player][cell] = penalty
    report = normal_form.verify(NormalFormGame(payoffs), Profile([[1.0, 0.0], [1.0, 0.0]]))
    assert report["epsilon"].status is Status.FAILS
    assert report["epsilon"].violation == pytest.approx(1.0)


@pytest.mark.parametrize("offset", [0.0, 1e6, 2.0**52, 1e13])
def test_an_offset_excuses_no_regret(offset: float) -> None:
    game = NormalFormGame(DILEMMA + offset)
    assert normal_form.verify(game, Profile([[1.0, 0.0], [1.0, 0.0]]))["epsilon"].status is Status.FAILS
    assert normal_form.verify(game, Profile([[0.0, 1.0], [0.0, 1.0]]))
    pennies = NormalFormGame(np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]]) + offset)
    assert normal_form.verify(pennies, Profile([[0.5, 0.5], [0.5, 0.5]]))
    near = Profile([[0.5 + 1e-9, 0.5 - 1e-9], [0.5, 0.5]])
    assert normal_form.verify(pennies, near)["epsilon"].status is Status.FAILS


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6, 1e13])
def test_regrets_do_not_depend_on_units(scale: float) -> None:
    game = NormalFormGame(DILEMMA * scale)
    report = normal_form.verify(game, Profile([[1.0, 0.0], [0.0, 1.0]]))
    assert report["epsilon"].violation == pytest.approx(1.0)
    small = NormalFormGame(np.array([[[0.0, 0.0], [1e-8, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]) * scale)
    assert not normal_form.verify(small, Profile([[1.0, 0.0], [1.0, 0.0]]))  # all that player 0 can decide, and it does not


@given(data=st.data())
def test_what_a_player_has_at_stake_is_what_the_oracle_says(data: st.DataObject) -> None:
    """Regret, spread and stake in fractions; the float stakes near them."""
    game = data.draw(normal_form_games())
    profile = data.draw(profiles(game))
    mixed = exact_profile(game, profile)
    divided = [[p / sum(row) for p in row] for row in mixed]
    tables = [_fractions(game, i) for i in range(len(game.shape))]
    for i, stake in enumerate(stakes(game, profile).tolist()):
        found = exact_deviations(game, mixed, i)
        assert found.regret == oracle.regrets(tables, divided)[i]
        assert found.spread == oracle.spreads(tables, divided)[i]
        assert found.stake == oracle.stakes(tables, divided)[i]
        assert found.payoff == oracle.expected(tables, divided, i)
        assert stake == pytest.approx(float(found.stake), rel=1e-12)
        assert found.regret <= found.spread <= found.stake


def _fractions(game: NormalFormGame, player: int, before: tuple[int, ...] = ()) -> Any:
    if len(before) == len(game.shape):
        return game.exact(player, before)
    return [_fractions(game, player, (*before, a)) for a in range(game.shape[len(before)])]


def _drawn(seed: int, kind: str) -> NormalFormGame:
    """Payoffs of widely different size, cell by cell or player by player, with huge cells and offsets."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 6, 2).tolist())
    if kind == "cells":
        return NormalFormGame(rng.normal(size=(2, *shape)) * 10.0 ** rng.uniform(-9.0, 3.0, (2, *shape)))
    table = rng.normal(size=(2, *shape)) if rng.random() < 0.7 else rng.integers(-3, 4, (2, *shape)).astype(float)
    table = table * 10.0 ** rng.uniform(-9.0, 3.0, (2, 1, 1))
    if kind == "huge":
        table.reshape(2, -1)[rng.integers(0, 2), rng.integers(0, shape[0] * shape[1])] = rng.choice([-1e9, 1e9, -1e13])
    if kind == "offset":
        table = table + 10.0 ** rng.uniform(0.0, 13.0, (2, 1, 1))
    if kind == "opposed":
        table[1] = -table[0]
    return NormalFormGame(table)


@pytest.mark.parametrize("kind", ["cells", "players", "huge", "offset", "opposed"])
def test_honest_results_stand_their_own_check(kind: str) -> None:
    for seed in range(40):
        game = _drawn(seed, kind)
        methods = ("stackelberg", "lemke-howson", "pure", *(("zero-sum",) if kind == "opposed" else ()))
        for method in methods:
            result = normal_form.solve(game, method=method)
            assert result.termination in (Termination.PROVED, Termination.CONVERGED)
            report = normal_form.verify(game, result)
            assert report, (seed, method, str(report))


def test_a_refusal_is_no_proof() -> None:
    three = normal_form.generate(players=3, strategies=2, seed=0)
    for method in ("lemke-howson", "stackelberg", "zero-sum"):
        result = normal_form.solve(three, method=method)
        assert result.termination is Termination.REFUSED
        assert result.quality is Quality.NONE
        assert "needs a two-player game" in result.notes[0]
        assert normal_form.verify(three, result)
    assert normal_form.solve(CLASSIC, method="zero-sum").termination is Termination.REFUSED
    none = normal_form.solve(normal_form.generate(preset="matching-pennies", seed=0), method="pure")
    assert none.termination is Termination.PROVED  # every outcome was looked at
    assert none.solution is None


def test_a_huge_payoff_elsewhere_makes_no_constant_sum() -> None:
    table = np.array([[1.0, -1.0], [-1.0, 1e13]])
    game = NormalFormGame(np.stack([table, -table + np.array([[0.5, 0.0], [0.0, 0.0]])]))
    assert normal_form.solve(game, method="zero-sum").termination is Termination.REFUSED


def _with(y: Any, **more: Any) -> dict[str, Any]:
    return {"y": np.array(y), **{name: np.array(entry) for name, entry in more.items()}}


HOSTILE = {
    "missing": {},
    "no number": _with([[0.0, np.nan], [0.0, 0.0]]),
    "infinite": _with([[0.0, np.inf], [0.0, 0.0]]),
    "negative": _with([[0.0, -1.0], [0.0, 0.0]]),
    "huge": _with([[0.0, 1e308], [1e308, 0.0]]),
    "misshapen": _with([0.0, 1.0]),
    "empty": _with(np.zeros((0, 0))),
    "booleans": _with([[False, True], [False, False]]),
    "too much rest": _with([[0.0, 0.0], [1.0, 0.0]], rest=[[0.0, 0.0], [-0.5, 0.0]]),
    "rest of another shape": _with([[0.0, 0.0], [1.0, 0.0]], rest=[0.0]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_multipliers_are_failed_verdicts(name: str) -> None:
    result = normal_form.solve(CLASSIC, method="stackelberg")
    hostile = replace(result, certificate=Certificate("commitment-multipliers", HOSTILE[name]))
    report = normal_form.verify(CLASSIC, hostile)
    assert report["commitment"].status is Status.FAILS
    assert report["value"]


def test_a_commitment_said_to_be_proved_needs_its_multipliers() -> None:
    honest = normal_form.solve(CLASSIC, method="stackelberg")
    assert normal_form.verify(CLASSIC, honest)
    worse = Profile((np.array([1.0, 0.0]), np.array([1.0, 0.0])))
    forged = replace(honest, solution=worse, value=normal_form.value(CLASSIC, worse), certificate=None)
    assert set(normal_form.verify(CLASSIC, forged).failures) == {"commitment"}
    assert normal_form.verify(CLASSIC, replace(forged, termination=Termination.ITERATIONS))


def test_multipliers_in_a_game_of_three_prove_nothing() -> None:
    game = normal_form.generate(players=3, strategies=2, seed=0)
    result = normal_form.solve(game, method="minimax-q", seed=0, params=normal_form.Play(rounds=5))
    false = replace(result, certificate=Certificate("commitment-multipliers", {"y": np.zeros((2, 2))}))
    assert normal_form.verify(game, false)["commitment"].status is Status.FAILS


def test_multipliers_that_cancel_buy_no_room() -> None:
    """Reply 0 is the mean of replies 1 and 2: any y for both of them changes nothing, however large."""
    lead = [[5.0, 0.0, 10.0], [0.0, 1.0, 2.0]]
    follow = [[0.0, 1.0, -1.0], [0.0, -1.0, 1.0]]
    game = NormalFormGame([lead, follow], objective="1")
    result = normal_form.solve(game, method="stackelberg")
    assert normal_form.verify(game, result)
    assert result.certificate is not None
    y = np.array(result.certificate.arrays["y"])
    y[0, 1:] += 1e17
    poor = Profile([[0.0, 1.0], [0.0, 0.0, 1.0]])
    assert result.value is not None
    assert normal_form.value(game, poor) < result.value - 1.0
    false = replace(
        result, solution=poor, value=normal_form.value(game, poor), certificate=Certificate("commitment-multipliers", {"y": y})
    )
    assert normal_form.verify(game, false)["commitment"].status is Status.FAILS


def test_the_follower_throws_the_leader_no_crumbs() -> None:
    """A reply that is not best, played with probability 1e-10, would earn the leader more than any commitment can."""
    game = NormalFormGame([[[1.0, 1e12]], [[1.0, 0.0]]])
    result = normal_form.solve(game, method="stackelberg")
    assert normal_form.verify(game, result)
    crumbs = Profile([[1.0], [1.0 - 1e-10, 1e-10]])
    false = replace(result, solution=crumbs, value=normal_form.value(game, crumbs))
    assert normal_form.verify(game, false)["commitment"].status is Status.FAILS


@given(data=st.data())
def test_the_commitments_bound_is_the_oracles_and_above_it(data: st.DataObject) -> None:
    game = data.draw(normal_form_games(min_players=2, max_players=2, fractions=False))
    m = game.shape[1]
    y = np.array(data.draw(st.lists(st.floats(0.0, 1e6), min_size=m * m, max_size=m * m))).reshape(m, m)
    exact = oracle.commitment_bound(game.payoffs[0].tolist(), game.payoffs[1].tolist(), y.tolist())
    bound = normal_form.commitment_bound(game, y)
    size = (1.0 + 2.0 * m * float(y.max())) * float(game.magnitude.max())
    assert exact <= Fraction(bound) <= exact + Fraction(1e-13 * size)


def test_what_floats_cannot_decide_takes_a_budget() -> None:
    """Payoffs that cancel: fractions decide, and where they may not, nothing is said."""
    half = Profile([[0.5, 0.5], [0.5, 0.5]])
    game = NormalFormGame(np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]]) + 1e13)
    assert normal_form.verify(game, half)["epsilon"].holds
    verdict = normal_form.verify(game, half, seconds=0.0)["epsilon"]
    assert verdict.status is Status.NOT_CHECKED
    assert not verdict


def test_exact_programs_against_enumerated_vertices() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        n, m = rng.integers(1, 4, 2).tolist()
        cost = [Fraction(int(c), int(d)) for c, d in zip(rng.integers(-5, 6, n), rng.integers(1, 5, n), strict=True)]
        rows = [[Fraction(int(a)) for a in row] for row in rng.integers(-3, 4, (m, n))] + [[Fraction(1)] * n]
        right = [Fraction(int(b)) for b in rng.integers(0, 4, m)] + [Fraction(7, 2)]
        found = rational.maximise(cost, rows, right, lambda pivots: False)
        assert found is not None
        value = sum(c * x for c, x in zip(cost, found.x, strict=True))
        assert all(sum(a * x for a, x in zip(row, found.x, strict=True)) <= b for row, b in zip(rows, right, strict=True))
        assert all(x >= 0 for x in found.x)
        assert all(y >= 0 for y in found.y)
        # duality: the multipliers bound every solution by the value found
        assert sum(b * y for b, y in zip(right, found.y, strict=True)) == value
        assert all(sum(row[j] * y for row, y in zip(rows, found.y, strict=True)) >= cost[j] for j in range(n))
    with pytest.raises(ArithmeticError, match="unbounded"):
        rational.maximise([Fraction(1)], [[Fraction(-1)]], [Fraction(1)], lambda pivots: False)
    assert rational.maximise([Fraction(1)], [[Fraction(1)]], [Fraction(1)], lambda pivots: True) is None


def test_exact_pivoting_finds_exact_equilibria_from_every_label() -> None:
    for seed in range(12):
        game = _drawn(seed, "cells")
        tables = [_fractions(game, i) for i in range(2)]
        for label in range(sum(game.shape)):
            found = rational.lemke_howson(tables[0], tables[1], label, lambda pivots: False)
            assert found is not None
            assert oracle.regrets(tables, [found[0], found[1]]) == [0, 0]
    assert (
        rational.lemke_howson(*(_fractions(normal_form.generate(seed=0), i) for i in range(2)), 0, lambda pivots: True) is None
    )


def test_a_run_that_is_cut_claims_nothing() -> None:
    game = normal_form.generate(players=2, strategies=4, seed=3)
    for method in ("stackelberg", "lemke-howson"):
        result = normal_form.solve(game, method=method, stop=Stop(seconds=0.0))
        assert result.termination is Termination.TIME
        assert normal_form.verify(game, result)


def test_payoffs_whose_differences_would_overflow_are_refused() -> None:
    for payoff in (1.7e308, -1.7e308):
        with pytest.raises(ValueError, match="payoffs: must be at"):
            NormalFormGame([[0.0, payoff]])


@pytest.mark.parametrize("entries", [["a", "b"], [None, 1.0], [np.nan, 1.0], [[0.5], [0.5]]])
def test_a_profile_is_made_of_numbers(entries: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"probabilities\[0\]"):
        Profile([entries])


def test_pure_equilibria_stand_whatever_the_scale() -> None:
    for seed, players in itertools.product(range(20), (1, 2, 3)):
        rng = np.random.default_rng(seed)
        shape = tuple(rng.integers(1, 4, players).tolist())
        table = np.round(rng.normal(size=(players, *shape)), 1) * 10.0 ** rng.uniform(-9.0, 9.0, (players,) + (1,) * players)
        game = NormalFormGame(table)
        assert normal_form.verify(game, normal_form.solve(game, method="pure"))
