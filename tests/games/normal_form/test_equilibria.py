"""All equilibria of two-player games: a brute-force oracle, pygambit, networkx, and planted faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Stop, Termination
from edgeworth.core.verdict import Status
from edgeworth.games import normal_form
from edgeworth.games.normal_form import Equilibria, NormalFormGame
from edgeworth.games.normal_form.exact import extreme, vertices
from edgeworth.testing import normal_form_games
from tests.games.normal_form.gambit import gambit_game, pygambit
from tests.oracles import normal_form as oracle

TIES = NormalFormGame(
    [[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 2.0]], [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]
)


def _exact(found: Equilibria) -> set[tuple[tuple[Fraction, ...], ...]]:
    listed = [found.exact(k) for k in range(len(found))]
    assert len(set(listed)) == len(listed)
    return set(listed)


def _tables(game: NormalFormGame) -> list[list[list[Fraction]]]:
    n, m = game.shape
    return [[[game.exact(i, (s, t)) for t in range(m)] for s in range(n)] for i in range(2)]


@given(game=normal_form_games(min_players=2, max_players=2, max_strategies=3))
def test_they_are_all_and_no_more(game: NormalFormGame) -> None:
    found = normal_form.mixed_equilibria(game)
    assert found.complete
    assert _exact(found) == oracle.extreme_equilibria(_tables(game))
    assert normal_form.verify_equilibria(game, found)
    for profile in found:
        assert normal_form.verify(game, profile)


@pytest.mark.parametrize("seed", range(6))
def test_degenerate_games_against_the_oracle_and_gambit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (2, int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    game = NormalFormGame(rng.integers(0, 3, shape).astype(np.float64))
    found = normal_form.mixed_equilibria(game)
    assert _exact(found) == oracle.extreme_equilibria(_tables(game))
    assert normal_form.verify_equilibria(game, found)
    peer = gambit_game(game)
    theirs = set()  # pygambit may list one twice
    for each in pygambit().nash.enummixed_solve(peer, rational=True).equilibria:
        vectors = [[each[player][name] for name in peer.get_strategies(player)] for player in peer.players]
        theirs.add(tuple(tuple(Fraction(p.numerator, p.denominator) for p in vector) for vector in vectors))
    assert _exact(found) == theirs


@given(st.data())
def test_subsets_are_the_maximal_cliques(data: st.DataObject) -> None:
    rows = st.lists(st.integers(0, 1), min_size=8, max_size=8)
    game = NormalFormGame(np.array([data.draw(rows), data.draw(rows)], dtype=np.float64).reshape(2, 4, 2))
    found = normal_form.mixed_equilibria(game)
    graph = networkx.Graph()
    graph.add_edges_from(((0, k), (1, h)) for k, h in found.pairs)
    components = {frozenset(part) for part in networkx.connected_components(graph)}
    for side in range(2):  # with either side complete the cliques are the bicliques
        nodes = [(side, k) for k in range(len(found.strategies[side]))]
        graph.add_edges_from((a, b) for a in nodes for b in nodes if a < b)
    cliques = {frozenset(each) for each in networkx.find_cliques(graph) if {side for side, _ in each} == {0, 1}}
    ours = [frozenset([(0, k) for k in first] + [(1, h) for h in second]) for first, second in found.subsets]
    assert set(ours) == cliques
    assert len(ours) == len(cliques)
    assert {frozenset().union(*(ours[s] for s in part)) for part in found.components} == components


@given(st.data())
def test_mixtures_within_a_subset_are_equilibria(data: st.DataObject) -> None:
    found = normal_form.mixed_equilibria(TIES)
    first, second = data.draw(st.sampled_from(found.subsets))
    profile = []
    for side, chosen in enumerate((first, second)):
        weights = data.draw(st.lists(st.integers(1, 5), min_size=len(chosen), max_size=len(chosen)))
        vectors = [found.strategies[side][k] for k in chosen]
        profile.append([sum(w * p for w, p in zip(weights, c, strict=True)) / sum(weights) for c in zip(*vectors, strict=True)])
    assert normal_form.regret(TIES, profile, exact=True) == 0


def test_a_continuum() -> None:
    """Rows and columns 1 and 2 are the same: any mixtures of these, the third ones, and both with weights 2/3 or 1/2."""
    found = normal_form.mixed_equilibria(TIES)
    assert str(found) == "all 9 extreme equilibria; maximal Nash subsets: 3, components: 3"
    assert sorted((len(first), len(second)) for first, second in found.subsets) == [(1, 1), (2, 2), (2, 2)]
    half = (Fraction(1, 2), Fraction(0), Fraction(1, 2))
    assert half in found.strategies[0]


def test_the_game_of_75_equilibria() -> None:
    """6 x 6, von Stengel, Discrete and Computational Geometry 21 (1999), as pygambit's catalogue has it."""
    peer = pygambit().catalog.load("journals/dcg/vonstengel1999/6x6_game_with_75_eq")
    tables = np.array([[[str(u) for u in row] for row in table] for table in peer.to_arrays()])
    game = NormalFormGame.from_fractions(tables)
    found = normal_form.mixed_equilibria(game)
    assert (len(found), len(found.components)) == (75, 75)
    assert normal_form.verify_equilibria(game, found)


def test_a_component_of_many_subsets() -> None:
    """Its subsets hang together in a chain, which a checker that joins them too hastily does not see."""
    rows = ["00101", "01011", "00010", "11000"], ["10011", "01010", "10010", "01100"]
    game = NormalFormGame(np.array([[list(map(float, row)) for row in table] for table in rows]))
    found = normal_form.mixed_equilibria(game)
    assert str(found) == "all 14 extreme equilibria; maximal Nash subsets: 12, components: 1"
    assert normal_form.verify_equilibria(game, found)
    torn = replace(found, components=(found.components[0][:1], found.components[0][1:]))
    assert list(normal_form.verify_equilibria(game, torn).failures) == ["subsets"]


def test_dictionaries_that_were_dropped_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    game = normal_form.generate(strategies=5, seed=3)
    kept = normal_form.mixed_equilibria(game)
    monkeypatch.setattr(vertices, "_KEPT", 2)
    assert normal_form.mixed_equilibria(game) == kept


def test_floats_mean_what_they_are() -> None:
    """0.1 + 0.2 is not 0.3: the third row is best by 2^-54 only, and no tolerance hides that."""
    game = NormalFormGame([[[0.1 + 0.2, 0.0], [0.3, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])
    found = normal_form.mixed_equilibria(game)
    assert _exact(found) == {((Fraction(1), Fraction(0)), (Fraction(1), Fraction(0)))}


def test_the_method_returns_the_equilibrium_of_highest_value() -> None:
    for seed in range(5):
        game = normal_form.generate(strategies=4, seed=seed)
        result = normal_form.solve(game, method="vertex-enumeration")
        assert result.termination is Termination.PROVED
        listed = normal_form.mixed_equilibria(game)
        assert result.value == max(normal_form.value(game, profile) for profile in listed)
        assert result.stats.iterations == listed.vertices
        assert normal_form.verify(game, result)
        assert result.notes == (str(listed),)


def test_a_run_that_is_cut_lists_nothing() -> None:
    game = normal_form.generate(strategies=4, seed=0)
    found = normal_form.mixed_equilibria(game, stop=Stop(seconds=0.0))
    assert (len(found), found.complete, found.termination) == (0, False, Termination.TIME)
    assert str(found) == "cut (time): no equilibrium is listed"
    report = normal_form.verify_equilibria(game, found)
    assert report
    assert "complete" not in report
    result = normal_form.solve(game, method="vertex-enumeration", stop=Stop(seconds=0.0))
    assert result.solution is None


def test_subsets_are_asked_for_one_by_one() -> None:
    """A crown, every strategy with all but one of the others': 2^12 - 2 maximal subsets of 132 pairs."""
    asked = 0

    def ask(steps: int) -> bool:
        nonlocal asked
        asked += 1
        return asked > 1_000

    pairs = tuple((k, h) for k in range(12) for h in range(12) if k != h)
    assert extreme._subsets(pairs, ask) is None
    assert asked == 1_001


def test_it_says_what_it_refuses() -> None:
    game = normal_form.generate(players=3, seed=0)
    with pytest.raises(ValueError, match="game: must have two players"):
        normal_form.mixed_equilibria(game)
    with pytest.raises(ValueError, match="stop: must have no rule but seconds"):
        normal_form.mixed_equilibria(TIES, stop=Stop(iterations=3))
    with pytest.raises(ValueError, match="game: must have two players"):
        normal_form.verify_equilibria(game, normal_form.mixed_equilibria(TIES))
    with pytest.raises(TypeError, match="stop: must be a Stop or None"):
        normal_form.mixed_equilibria(TIES, stop=3)  # type: ignore[arg-type]
    for function in (normal_form.mixed_equilibria, normal_form.correlated_equilibrium, normal_form.eliminate_dominated):
        with pytest.raises(TypeError, match="game: must be a NormalFormGame"):
            function(None)  # type: ignore[operator]
    with pytest.raises(TypeError, match="game: must be a NormalFormGame"):
        normal_form.verify_elimination(None, normal_form.eliminate_dominated(TIES))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="found: must be an Equilibria"):
        normal_form.verify_equilibria(TIES, ())  # type: ignore[arg-type]
    assert "two-player" in normal_form.solve(game, method="vertex-enumeration").notes[0]


def _with(found: Equilibria, vector: tuple[Fraction, ...]) -> Equilibria:
    return replace(found, strategies=((vector, *found.strategies[0][1:]), found.strategies[1]))


FAULTS: dict[str, tuple[str, Callable[[Equilibria], Equilibria]]] = {
    "a probability": ("strategies", lambda f: _with(f, (Fraction(2), Fraction(-1), Fraction(0)))),
    "floats": ("strategies", lambda f: _with(f, (1.0, 0.0, 0.0))),  # type: ignore[arg-type]
    "a strategy twice": ("strategies", lambda f: _with(f, f.strategies[0][1])),
    "strategies of three players": ("strategies", lambda f: replace(f, strategies=(*f.strategies, f.strategies[0]))),  # type: ignore[arg-type]
    "a pair twice": ("strategies", lambda f: replace(f, pairs=(*f.pairs, f.pairs[0]))),
    "no equilibrium": ("equilibria", lambda f: _with(f, (Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)))),
    "not extreme": ("extreme", lambda f: _with(f, (Fraction(1, 2), Fraction(1, 2), Fraction(0)))),
    "a subset is missing": ("subsets", lambda f: replace(f, subsets=f.subsets[1:], components=f.components[:-1])),
    "a subset is too large": ("subsets", lambda f: replace(f, subsets=(((0, 1, 2), (0, 1, 2)), *f.subsets[1:]))),
    "a subset is too small": ("subsets", lambda f: replace(f, subsets=(*f.subsets, ((0,), (0,))))),
    "components as one": ("subsets", lambda f: replace(f, components=((0, 1, 2),))),
    "components as one, by a subset that holds nothing": (
        "subsets",
        lambda f: replace(f, subsets=(*f.subsets, ((), tuple(range(5)))), components=((0, 1, 2, 3),)),
    ),
    "a subset twice": ("subsets", lambda f: replace(f, subsets=(*f.subsets, f.subsets[0]), components=((0, 3), (1,), (2,)))),
    "an empty component": ("subsets", lambda f: replace(f, components=(*f.components, ()))),
    "a component twice": ("subsets", lambda f: replace(f, components=(*f.components, f.components[0]))),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_caught(fault: str) -> None:
    verdict, change = FAULTS[fault]
    report = normal_form.verify_equilibria(TIES, change(normal_form.mixed_equilibria(TIES)))
    assert report[verdict].status is Status.FAILS
    assert report[verdict].witness is not None


def test_a_list_without_a_pure_equilibrium_is_not_complete() -> None:
    game = normal_form.generate(preset="coordination")
    found = normal_form.mixed_equilibria(game)
    pairs = tuple(pair for k, pair in enumerate(found.pairs) if max(found.exact(k)[0]) < 1)
    kept = Equilibria(
        (tuple(found.strategies[0][k] for k, _ in pairs), tuple(found.strategies[1][h] for _, h in pairs)),
        ((0, 0),), (((0,), (0,)),), ((0,),), Termination.PROVED,
    )  # fmt: skip
    report = normal_form.verify_equilibria(game, kept)
    assert list(report.failures) == ["complete"]
    assert normal_form.verify_equilibria(game, found)["complete"].scope.kind == "claimed"


def test_an_empty_list_is_not_complete() -> None:
    nothing = Equilibria(((), ()), (), (), (), Termination.PROVED)
    report = normal_form.verify_equilibria(normal_form.generate(preset="matching-pennies"), nothing)
    assert list(report.failures) == ["complete"]


def test_a_subset_whose_pairs_are_all_in_others_is_missed() -> None:
    game = NormalFormGame(np.array([1.0 - np.eye(4)] * 2))
    found = normal_form.mixed_equilibria(game)
    assert normal_form.verify_equilibria(game, found)
    for s in range(len(found.subsets)):
        parts = tuple(tuple(k - (k > s) for k in part if k != s) for part in found.components)
        less = replace(found, subsets=found.subsets[:s] + found.subsets[s + 1 :], components=tuple(filter(None, parts)))
        assert list(normal_form.verify_equilibria(game, less).failures) == ["subsets"]


def test_fractions_with_the_same_float_are_told_apart() -> None:
    low, high = Fraction(6755399441055743, 2**53 - 1), Fraction(6755399441055742, 2**53 - 3)
    assert low < high
    assert float(low) == float(high)
    game = NormalFormGame.from_fractions([[[low, 0], [high, 0]], [[1, 0], [1, 0]]])
    assert normal_form.pure_equilibria(game).tolist() == [[1, 0]]
    assert normal_form.verify_equilibria(game, normal_form.mixed_equilibria(game))
    assert normal_form.verify(game, normal_form.solve(game, method="pure"))


def test_a_check_without_time_says_so() -> None:
    report = normal_form.verify_equilibria(TIES, normal_form.mixed_equilibria(TIES), seconds=0.0)
    assert report["rest"].status is Status.NOT_CHECKED
