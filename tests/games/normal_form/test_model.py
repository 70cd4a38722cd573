"""Payoffs, regrets, best responses and pure equilibria against plain loops, in floats and in fractions; pygambit as a peer."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeworth
from edgeworth.games import normal_form
from edgeworth.games.normal_form import NormalFormGame, Profile
from edgeworth.games.normal_form.model import constant_sum, kernels
from edgeworth.testing import normal_form_games, profiles
from tests.games.normal_form.gambit import gambit_game, gambit_regret
from tests.oracles import normal_form as oracle

PENNIES = normal_form.generate(preset="matching-pennies", seed=0)


def _listed(profile: Profile) -> list[list[float]]:
    return [vector.tolist() for vector in profile]


def _fractions(game: NormalFormGame) -> list[Any]:
    def nested(player: int, outcome: tuple[int, ...]) -> Any:
        if len(outcome) == len(game.shape):
            return game.exact(player, outcome)
        return [nested(player, (*outcome, a)) for a in range(game.shape[len(outcome)])]

    return [nested(i, ()) for i in range(len(game.shape))]


@given(data=st.data())
def test_payoffs_and_regrets_agree_with_the_oracle(data: st.DataObject) -> None:
    game = data.draw(normal_form_games())
    profile = data.draw(profiles(game))
    tables, mixed = game.payoffs.tolist(), _listed(profile)
    scale = max(float(game.magnitude.max()), 1e-300)
    expected = [oracle.expected(tables, mixed, i) for i in range(len(tables))]
    assert normal_form.payoffs(game, profile) == pytest.approx(expected, abs=1e-12 * scale)
    wanted = sum(expected) if game.objective == "welfare" else expected[game.players.index(game.objective)]
    assert normal_form.value(game, profile) == pytest.approx(wanted, abs=1e-12 * scale * len(expected))
    gains = oracle.regrets(tables, mixed)
    assert normal_form.regrets(game, profile) == pytest.approx(gains, abs=1e-12 * scale)
    assert normal_form.regret(game, profile) == pytest.approx(max(gains), abs=1e-12 * scale)
    measured = normal_form.measures(game, profile)
    assert measured["welfare"] == pytest.approx(sum(expected), abs=1e-11 * scale)
    assert measured["lowest"] == pytest.approx(min(expected), abs=1e-12 * scale)
    assert measured["support"] == sum(1 for vector in mixed for p in vector if p > 0.0)


@given(data=st.data())
def test_exact_regret_is_the_oracles_in_fractions(data: st.DataObject) -> None:
    game = data.draw(normal_form_games(max_players=3, max_strategies=3))
    weights = [data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n).filter(any)) for n in game.shape]
    mixed = [[Fraction(w, sum(row)) for w in row] for row in weights]
    exact = normal_form.regret(game, mixed, exact=True)
    assert isinstance(exact, Fraction)
    assert exact == max(oracle.regrets(_fractions(game), mixed))
    text = [[str(p) for p in row] for row in mixed]
    assert normal_form.regret(game, text, exact=True) == exact
    near = normal_form.regret(game, [[float(p) for p in row] for row in mixed])
    assert near == pytest.approx(float(exact), abs=1e-12 * max(float(game.magnitude.max()), 1e-300))


def test_exact_arithmetic_sees_what_floats_cannot() -> None:
    """Thirds: an equilibrium exactly for the fractions, not for the floats nearest to them."""
    game = NormalFormGame.from_fractions([[["1/3", "0"], ["0", "1/3"]], [["0", "1/3"], ["1/3", "0"]]])
    half = [["1/2", "1/2"]] * 2
    assert normal_form.regret(game, half, exact=True) == 0
    thirds = [["1/3", "2/3"], ["1/2", "1/2"]]
    assert normal_form.regret(game, thirds, exact=True) == Fraction(1, 18)
    tilted = [[Fraction(1, 2)] * 2, [Fraction(1, 2) + Fraction(1, 10**30), Fraction(1, 2) - Fraction(1, 10**30)]]
    assert normal_form.regret(game, tilted, exact=True) == Fraction(1, 3 * 10**30)
    assert normal_form.regret(game, [[float(p) for p in row] for row in tilted]) == 0.0  # not seen
    scissors = normal_form.generate(preset="rock-paper-scissors", seed=0)
    third = [[1 / 3] * 3] * 2
    assert normal_form.regret(scissors, third, exact=True) == 0  # probabilities are divided by their exact sum


@pytest.mark.parametrize("shape", [(1,), (5,), (1, 1), (2, 3), (9, 7), (1, 4, 1), (3, 2, 4), (2, 3, 1, 2), (2, 1, 2, 3, 2)])
def test_regrets_of_every_number_of_players(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(shape))
    for _ in range(5):
        game = NormalFormGame(rng.normal(size=(len(shape), *shape)))
        mixed = [rng.dirichlet(np.ones(n)).tolist() for n in shape]
        gains = oracle.regrets(game.payoffs.tolist(), mixed)
        assert normal_form.regrets(game, mixed) == pytest.approx(gains, abs=1e-14)
        assert normal_form.regret(game, mixed) == max(normal_form.regrets(game, mixed))


@pytest.mark.parametrize(
    "profile",
    [
        [[0.5, 0.5]],
        [[0.5, 0.5], [0.5, 0.25, 0.25]],
        [[0.5, 0.5], [0.5, 0.5], []],
        [[0.5, 0.5, 0.0], [0.5]],
        [[0.5, 0.5], [0.5, 0.4]],
        [[1.5, -0.5], [0.5, 0.5]],
        [[0.5, 0.5], [0.5, 0.5 + 1.1e-9]],
        [[1.0 + 1.1e-9, -1.1e-9], [0.5, 0.5]],
        [[0.5, float("nan")], [0.5, 0.5]],
        "ab",
        [2, 0],
        [True, 0],
        [["1/2", "1/2"], [0.5, 0.5]],
        None,
    ],
)
def test_no_regret_of_what_is_no_profile(profile: Any) -> None:
    """The words are those of the functions that judge a profile before they look at the game."""
    with pytest.raises((ValueError, TypeError)) as expected:
        normal_form.payoffs(PENNIES, profile)
    for function in (normal_form.regret, normal_form.regrets):
        with pytest.raises(expected.type) as found:
            function(PENNIES, profile)
        assert str(found.value) == str(expected.value)
    with pytest.raises(TypeError, match="game: must be a NormalFormGame"):
        normal_form.regret(None, profile)  # type: ignore[call-overload]


def test_regrets_within_the_tolerance_of_a_profile() -> None:
    near = [[0.5, 0.5 + 0.9e-9], [1.0 + 0.9e-9, -0.9e-9]]
    assert normal_form.regret(PENNIES, near) == pytest.approx(1.0, abs=1e-8)


def test_regrets_compile_one_signature_each_which_the_family_warms() -> None:
    kept = [kernels.largest_regret, kernels.all_regrets]
    for each in kept:
        each._reset_overloads()
    game = normal_form.FAMILY.examples()[0]
    assert normal_form.FAMILY.warm is not None
    normal_form.FAMILY.warm(game, Profile.pure(game, (0, 0)))
    other = pickle.loads(pickle.dumps(NormalFormGame(np.zeros((3, 2, 1, 2)))))
    for profile in ((0, 0, 1), [[0.5, 0.5], [1.0], [0.5, 0.5 + 0.9e-9]]):
        normal_form.regret(other, profile)
        normal_form.regrets(other, profile)
    assert [len(each.signatures) for each in kept] == [1, 1]


@given(data=st.data())
def test_pure_profiles_may_be_given_by_numbers(data: st.DataObject) -> None:
    game = data.draw(normal_form_games())
    chosen = tuple(data.draw(st.integers(0, n - 1)) for n in game.shape)
    pure = Profile.pure(game, chosen)
    assert normal_form.payoffs(game, chosen).tolist() == [float(table[chosen]) for table in game.payoffs]
    assert normal_form.regret(game, chosen) == normal_form.regret(game, pure)
    assert normal_form.regret(game, chosen, exact=True) == normal_form.regret(game, pure, exact=True)
    assert normal_form.worst_deviation(game, np.array(chosen))[0] == normal_form.worst_deviation(game, pure)[0]


@given(data=st.data())
def test_best_responses_and_deviations(data: st.DataObject) -> None:
    game = data.draw(normal_form_games())
    profile = data.draw(profiles(game))
    tables, mixed = game.payoffs.tolist(), _listed(profile)
    for i, n in enumerate(game.shape):
        earned = [oracle.expected(tables, [*mixed[:i], [int(k == a) for k in range(n)], *mixed[i + 1 :]], i) for a in range(n)]
        scale = max(float(game.magnitude[i]), 1e-300)
        assert normal_form.deviation_payoffs(game, profile, i) == pytest.approx(earned, abs=1e-12 * scale)
        stake = oracle.stakes(tables, mixed)[i]
        best = normal_form.best_responses(game, profile, i, tolerance=1e-9)
        assert all(earned[k] >= max(earned) - 2e-9 * stake - 1e-12 * scale for k in best)
        assert all(earned[k] <= max(earned) - 1e-10 * stake + 1e-12 * scale for k in range(n) if k not in best)
    epsilon, deviation = normal_form.worst_deviation(game, profile)
    relative = max(
        (gain / size for gain, size in zip(oracle.regrets(tables, mixed), oracle.stakes(tables, mixed), strict=True) if size),
        default=0.0,
    )
    assert epsilon == pytest.approx(relative, abs=1e-9)
    assert deviation.replay(game, profile) == pytest.approx(deviation.gain, abs=1e-300)
    assert game.players[deviation.player] in str(deviation)


@given(game=normal_form_games(max_strategies=4))
def test_pure_equilibria_are_all_of_them(game: NormalFormGame) -> None:
    found = [tuple(row) for row in normal_form.pure_equilibria(game).tolist()]
    assert found == oracle.pure_equilibria(game.payoffs.tolist())
    for row in found:
        assert normal_form.regret(game, Profile.pure(game, row)) == 0.0


def test_regret_agrees_with_gambit_on_200_games() -> None:
    """pygambit reads the game from our file and measures the regret itself."""
    rng = np.random.default_rng(11)
    compared = 0
    for k in range(200):
        players = int(rng.integers(2, 5))
        shape = tuple(rng.integers(1, 5, players).tolist())
        table = rng.normal(size=(players, *shape)) if k % 2 else rng.integers(-5, 6, (players, *shape)).astype(np.float64)
        game = NormalFormGame(table)
        peer = gambit_game(game)
        mixed = [rng.dirichlet(np.full(n, 0.7)) for n in shape]
        if k % 5 == 0:
            mixed = [np.eye(n)[int(rng.integers(n))] for n in shape]
        ours = normal_form.regret(game, mixed)
        assert ours == pytest.approx(gambit_regret(peer, mixed), rel=1e-9, abs=1e-12)
        compared += 1
    assert compared == 200


def test_exact_regret_agrees_with_gambit_in_rationals() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        players = int(rng.integers(2, 4))
        shape = tuple(rng.integers(1, 4, players).tolist())
        top, low = rng.integers(-9, 10, (players, *shape)), rng.integers(1, 12, (players, *shape))
        game = NormalFormGame(top / low, numerators=top, denominators=low)
        weights = [rng.integers(1, 6, n).tolist() for n in shape]
        mixed = [[Fraction(w, sum(row)) for w in row] for row in weights]
        assert normal_form.regret(game, mixed, exact=True) == gambit_regret(gambit_game(game), mixed, rational=True)


@given(game=normal_form_games())
def test_games_survive_files_and_pickling(game: NormalFormGame, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("games")
    copies = [pickle.loads(pickle.dumps(game))]
    for ending in ("json", "npz"):
        game.save(folder / f"game.{ending}")
        copies.append(edgeworth.load(folder / f"game.{ending}"))
    for copy in copies:
        assert copy.hash == game.hash
        assert copy.provenance == game.provenance
        assert np.array_equal(copy.payoffs, game.payoffs)
        assert not copy.payoffs.flags.writeable


def test_the_hash_sees_everything_but_the_provenance() -> None:
    table = PENNIES.payoffs
    games = [
        NormalFormGame(table),
        NormalFormGame(table + 1.0),
        NormalFormGame(table, players=("a", "b")),
        NormalFormGame(table, strategies=(("h", "t"), ("h", "t"))),
        NormalFormGame(table, title="pennies"),
        NormalFormGame.from_fractions(table.astype(int)),
    ]
    assert len({game.hash for game in games}) == len(games)
    assert (
        NormalFormGame(table, strategies=(("heads", "tails"),) * 2, title="matching-pennies", objective="1").hash
        == PENNIES.hash
    )


def test_generated_games_repeat_and_differ() -> None:
    for preset in normal_form.PRESETS:
        one, two = (normal_form.generate(preset=preset, seed=4) for _ in range(2))
        assert one.hash == two.hash
        assert one.provenance.seed == 4
    assert normal_form.generate(seed=1).hash != normal_form.generate(seed=2).hash
    game = normal_form.generate(players=4, strategies=2, seed=0)
    assert game.payoffs.shape == (4, 2, 2, 2, 2)
    assert game.payoffs.min() >= 0.0
    assert game.payoffs.max() <= 1.0
    assert np.array_equal(normal_form.generate(preset="zero-sum", strategies=7, seed=0).payoffs.sum(axis=0), np.zeros((7, 7)))


def test_the_classics_have_the_equilibria_they_are_known_for() -> None:
    known = {
        "matching-pennies": [],
        "rock-paper-scissors": [],
        "shapley": [],
        "prisoners-dilemma": [[1, 1]],
        "coordination": [[0, 0], [1, 1]],
        "battle-of-the-sexes": [[0, 0], [1, 1]],
        "chicken": [[0, 1], [1, 0]],
    }
    for preset, expected in known.items():
        assert normal_form.pure_equilibria(normal_form.generate(preset=preset, seed=0)).tolist() == expected
    mixed = {"battle-of-the-sexes": [["2/3", "1/3"], ["1/3", "2/3"]], "chicken": [["1/2", "1/2"]] * 2}
    for preset, profile in mixed.items():
        assert normal_form.regret(normal_form.generate(preset=preset, seed=0), profile, exact=True) == 0


def test_what_counts_as_constant_sum() -> None:
    assert constant_sum(PENNIES) == 0.0
    assert constant_sum(NormalFormGame(PENNIES.payoffs + 0.25)) == 0.5
    assert constant_sum(normal_form.generate(preset="chicken", seed=0)) is None
    assert constant_sum(normal_form.generate(players=3, strategies=1, seed=0)) is None


def test_scaling_and_permuting() -> None:
    """Metamorphic: scaled payoffs scale regrets; renamed strategies keep them; a dominated strategy nobody plays adds none."""
    game = normal_form.generate(players=3, strategies=3, seed=8)
    rng = np.random.default_rng(0)
    mixed = [rng.dirichlet(np.ones(3)) for _ in range(3)]
    base = normal_form.regrets(game, mixed)
    assert normal_form.regrets(NormalFormGame(game.payoffs * 8.0 + 3.0), mixed) == pytest.approx(8.0 * base, rel=1e-9)
    order = [2, 0, 1]
    shuffled = NormalFormGame(game.payoffs[:, :, order, :])
    assert normal_form.regrets(shuffled, [mixed[0], mixed[1][order], mixed[2]]) == pytest.approx(base, rel=1e-12)
    worse = np.concatenate([game.payoffs, game.payoffs[:, :1] - 1.0], axis=1)
    padded = [np.append(mixed[0], 0.0), mixed[1], mixed[2]]
    assert normal_form.regrets(NormalFormGame(worse), padded) == pytest.approx(base, rel=1e-12)


def test_readers_of_saved_games_check_them(tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    PENNIES.save(path)
    path.write_text(path.read_text().replace("heads", "tails"))
    with pytest.raises(ValueError, match="strategies"):
        edgeworth.load(path)


def test_the_value_is_what_the_objective_names() -> None:
    """Battle of the sexes at (opera, opera): the players earn 2 and 1."""
    game = normal_form.generate(preset="battle-of-the-sexes")
    opera = normal_form.Profile.pure(game, [0, 0])
    values = {name: normal_form.value(replace(game, objective=name), opera) for name in ("welfare", "1", "2")}
    assert values == {"welfare": 3.0, "1": 2.0, "2": 1.0}
    measured = normal_form.measures(game, opera)
    assert (measured["payoff 1"], measured["payoff 2"], measured["welfare"]) == (2.0, 1.0, 3.0)
    assert game.objective == "welfare"
    assert normal_form.generate(preset="zero-sum", seed=0).objective == "1"
    assert normal_form.generate(preset="zero-sum", seed=0, objective="2").objective == "2"
    with pytest.raises(ValueError, match="objective: must be one of welfare, 1, 2"):
        replace(game, objective="3")


def test_the_objective_is_part_of_the_game(tmp_path: Path) -> None:
    game = replace(normal_form.generate(preset="chicken"), objective="2")
    game.save(tmp_path / "game.json")
    assert edgeworth.load(tmp_path / "game.json").objective == "2"
    assert game.hash != replace(game, objective="welfare").hash
    assert len({normal_form.solve(replace(game, objective=name), method="pure").value for name in ("1", "2")}) == 1


def test_the_objective_chooses_among_pure_equilibria() -> None:
    game = normal_form.generate(preset="battle-of-the-sexes")
    best = [normal_form.solve(replace(game, objective=name), method="pure").require().support for name in ("1", "2")]
    assert best == [((0,), (0,)), ((1,), (1,))]
