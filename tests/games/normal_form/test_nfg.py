"""Gambit's files: both versions, there and back, pygambit on the other side, and errors that say where."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeworth import FileFormatError
from edgeworth.games import normal_form
from edgeworth.games.normal_form import NormalFormGame
from edgeworth.games.normal_form.model import nfg
from edgeworth.testing import normal_form_games
from tests.games.normal_form.gambit import gambit_game, gambit_payoffs, pygambit

OUTCOMES = """NFG 1 R "Selten (IJGT, 75), \\"Figure 2\\", normal form"
{ "Player 1" "Player 2" } { { "1" "2 \\" x" "" }
{ "a" "b" } }
"A comment
over two lines"

{
{ "one" 1, 1 }
{ "" 0 2.5 }
{ "half" 1/2, -1/3 }
}
1 2 0
2 3 1
"""
PAYOFFS = """NFG 1 D "numbers" { "x" "y" } { 3 2 }
1 1e0  0 2.50
-.5 +4.  5 -6
1.5E2 0 .125 3e-2
"""


def _read(text: str, tmp_path: Path) -> NormalFormGame:
    path = tmp_path / "game.nfg"
    path.write_text(text, encoding="utf-8")
    return normal_form.read_nfg(path)


def test_the_outcome_version(tmp_path: Path) -> None:
    game = _read(OUTCOMES, tmp_path)
    assert game.title == 'Selten (IJGT, 75), "Figure 2", normal form'
    assert game.players == ("Player 1", "Player 2")
    assert game.strategies == (("1", '2 " x', ""), ("a", "b"))
    # Outcomes by profile, the first player's strategy fastest: (0,0) 1, (1,0) 2, (2,0) none, (0,1) 2, (1,1) 3, (2,1) 1.
    third = -1 / 3
    assert game.payoffs[0].tolist() == [[1.0, 0.0], [0.0, 0.5], [0.0, 1.0]]
    assert game.payoffs[1].tolist() == [[1.0, 2.5], [2.5, third], [0.0, 1.0]]
    assert game.exact(1, (1, 1)) == Fraction(-1, 3)
    assert game.exact(1, (0, 1)) == Fraction(5, 2)
    assert game.provenance.name == "game.nfg"
    assert game.provenance.parameters["comment"] == "A comment\nover two lines"


def test_the_payoff_version(tmp_path: Path) -> None:
    game = _read(PAYOFFS, tmp_path)
    assert game.strategies == (("1", "2", "3"), ("1", "2"))
    assert game.payoffs[0].tolist() == [[1.0, 5.0], [0.0, 150.0], [-0.5, 0.125]]
    assert game.payoffs[1].tolist() == [[1.0, -6.0], [2.5, 0.0], [4.0, 0.03]]
    assert game.exact(1, (2, 1)) == Fraction(3, 100)


def test_decimals_are_what_is_written(tmp_path: Path) -> None:
    """1.131 is 1131/1000, in the exact regret too: the float's fraction would leave a regret of 2^-53 or so."""
    game = _read('NFG 1 R "" { "a" "b" } { 2 1 } 1.131 .1 1131e-3 2.50', tmp_path)
    assert (game.exact(0, (0, 0)), game.exact(1, (0, 0)), game.exact(1, (1, 0))) == (
        Fraction(1131, 1000), Fraction(1, 10), Fraction(5, 2),
    )  # fmt: skip
    assert normal_form.regret(game, [[0.5, 0.5], [1.0]], exact=True) == 0
    assert game.payoffs[0].tolist() == [[1.131], [1.131]]
    halves = _read('NFG 1 R "" { "a" } { 3 } 0.5 -2.25 3', tmp_path)  # exact as floats: nothing to keep beside
    assert halves.numerators is None
    assert _read('NFG 1 R "" { "a" } { 1 } 0.1234567890123456789', tmp_path).provenance.parameters["rounded"] == 1


def test_floats_are_written_to_the_last_bit(tmp_path: Path) -> None:
    game = NormalFormGame([[0.1, -1e-300, 1e300, 5e-324, 1.0715086071862671e301, -0.0, 3.0]])
    normal_form.write_nfg(game, tmp_path / "game.nfg")
    copy = normal_form.read_nfg(tmp_path / "game.nfg")
    assert copy.hash == game.hash
    assert "0.1000000000000000055511151231257827021181583404541015625\n" in (tmp_path / "game.nfg").read_text()


def test_fractions_that_are_too_long_are_rounded_and_counted(tmp_path: Path) -> None:
    game = _read(f'NFG 1 R "" {{ "x" }} {{ 3 }} 1/3 {10**20}/{10**20 + 1} 2', tmp_path)
    assert game.numerators is None
    assert game.payoffs.tolist() == [[1 / 3, 1.0, 2.0]]
    assert game.provenance.parameters["rounded"] == 2


@given(game=normal_form_games(max_players=4), version=st.sampled_from(["payoff", "outcome"]), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_there_and_back(game: NormalFormGame, version: Any, data: st.DataObject, tmp_path: Path) -> None:
    name = st.text(st.characters(codec="utf-8", exclude_characters="\\\r", exclude_categories=["Cs"]), max_size=6)
    players = data.draw(st.lists(name, min_size=len(game.shape), max_size=len(game.shape), unique=True))
    named = NormalFormGame(
        game.payoffs,
        players=players,  # type: ignore[arg-type]
        title=data.draw(name),
        numerators=game.numerators,
        denominators=game.denominators,
    )
    path = tmp_path / "game.nfg"
    normal_form.write_nfg(named, path, version=version)
    copy = normal_form.read_nfg(path)
    if named.numerators is not None and all(f.denominator == 1 for f in map(Fraction, named.payoffs.ravel().tolist())):
        assert copy.numerators is not None  # whole payoffs that were exact stay so
    assert np.array_equal(copy.payoffs, named.payoffs)
    assert (copy.title, copy.players, copy.strategies) == (named.title, named.players, named.strategies)
    assert (copy.numerators is None) == (named.numerators is None)
    if named.numerators is not None:
        assert all(
            copy.exact(i, where) == named.exact(i, where) for i in range(len(named.shape)) for where in np.ndindex(*named.shape)
        )
    else:
        assert copy.hash == named.hash


def test_gambit_reads_what_we_write_and_we_read_what_gambit_writes(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    for k in range(60):
        players = int(rng.integers(1, 5))
        shape = tuple(rng.integers(1, 4, players).tolist())
        if k % 3 == 0:
            top, low = rng.integers(-9, 10, (players, *shape)), rng.integers(1, 12, (players, *shape))
            game = NormalFormGame(top / low, numerators=top, denominators=low, title='a "quoted" title')
        else:
            scale = 10.0 ** int(rng.integers(-12, 12))
            game = NormalFormGame(rng.normal(size=(players, *shape)) * scale, players=[f"p {i}" for i in range(players)])  # type: ignore[arg-type]
        for version in ("payoff", "outcome"):
            peer = gambit_game(game, version)
            assert peer.title == game.title
            for i, table in enumerate(gambit_payoffs(peer)):
                for where in np.ndindex(*shape):
                    theirs = Fraction(table[where].numerator, table[where].denominator)
                    assert theirs == game.exact(i, where)
            back = _read(peer.to_nfg(), tmp_path)
            assert np.array_equal(back.payoffs, game.payoffs)
            assert back.players == game.players


def test_gambits_own_text_of_both_our_examples(tmp_path: Path) -> None:
    """The two files above mean the same to pygambit, but for the unnamed strategy, which it does not take."""
    for text in (OUTCOMES.replace('""', '"c"', 1), PAYOFFS.replace("+4.", "4.")):
        game = _read(text, tmp_path)
        tables = gambit_payoffs(pygambit().read_nfg(io.StringIO(text)))
        for i, table in enumerate(tables):
            for where in np.ndindex(*game.shape):
                assert float(Fraction(table[where].numerator, table[where].denominator)) == game.payoffs[(i, *where)]


@pytest.mark.parametrize("chunk", [1, 7, 2**18])
def test_plain_numbers_are_read_as_any_others(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short integers and fractions go all at once; one word of another form and everything goes word by word."""
    monkeypatch.setattr(nfg, "_CHUNK", chunk)
    monkeypatch.setattr(nfg, "_WAITING", 1)
    words = ["1", "-3", "+7/2", "0", "-6/4", "999999999999999", "1/999999999999999", "08/6"]
    plain = _read(f'NFG 1 R "" {{ "x" }} {{ 8 }} {" ".join(words)}', tmp_path)
    rows = " ".join(f'{{ "" {word} }}' for word in [*words, "-0", "2.5", "1e3"])
    outcomes = _read(f'NFG 1 R "" {{ "x" }} {{ 11 }} {{ {rows} }} {" ".join(map(str, range(1, 12)))}', tmp_path)
    other = _read(f'NFG 1 R "" {{ "x" }} {{ 11 }} {" ".join(words)} -0 2.5 1e3', tmp_path)
    exact = [Fraction(word) for word in words]
    for game in (plain, outcomes, other):
        assert [game.exact(0, (k,)) for k in range(8)] == exact
        assert game.payoffs[0, :8].tolist() == [float(each) for each in exact]
    assert outcomes.hash == other.hash
    assert np.signbit(_read('NFG 1 R "" { "x" } { 2 } -0 1', tmp_path).payoffs[0, 0])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["a", "b"], ("a", "b")),
        (["a", "a", "a"], ("a", "a (2)", "a (3)")),
        (["a", "a", "a (2)"], ("a", "a (3)", "a (2)")),
        (["a (2)", "a", "a", "a (2)"], ("a (2)", "a", "a (3)", "a (2) (2)")),
        (["", "x", "", ""], ("", "x", "(2)", "(3)")),
        (["", "(2)", ""], ("", "(2)", "(3)")),
    ],
)
@pytest.mark.parametrize("whose", ["players", "strategies"])
def test_names_that_repeat_are_numbered(written: list[str], read: tuple[str, ...], whose: str, tmp_path: Path) -> None:
    names = " ".join(f'"{name}"' for name in written)
    count = len(written)
    if whose == "players":
        text = f'NFG 1 R "x" {{ {names} }} {{ {"1 " * count} }} {" ".join(map(str, range(count)))}'
    else:
        text = f'NFG 1 R "x" {{ "p" "p" }} {{ {{ {names} }} {{ "s" }} }} {" ".join(map(str, range(2 * count)))}'
    game = _read(text, tmp_path)
    assert (game.players if whose == "players" else game.strategies[0]) == read
    assert game.payoffs[0].ravel().tolist() == ([0.0] if whose == "players" else list(range(0, 2 * count, 2)))
    changed = sum(a != b for a, b in zip(written, read, strict=True)) + (whose == "strategies")
    assert game.provenance.parameters.get("renamed", 0) == changed
    normal_form.write_nfg(game, tmp_path / "again.nfg")
    again = normal_form.read_nfg(tmp_path / "again.nfg")
    assert (again.players, again.strategies) == (game.players, game.strategies)
    assert again.hash == game.hash
    assert "renamed" not in again.provenance.parameters


BAD: dict[str, tuple[str, str]] = {
    "empty": ("", "line 1: expected NFG, the mark of a strategic-form file; the file ends"),
    "another format": ('EFG 2 R "x" { "a" }', "line 1: expected NFG, the mark of a strategic-form file; got EFG"),
    "another version": ('NFG 2 R "x" { "a" }', "expected format version 1; got 2"),
    "neither R nor D": ('NFG 1 Q "x" { "a" }', "expected R or D; got Q"),
    "no title": ('NFG 1 R { "a" } { 1 } 1', "line 1: expected the title in quotes; got {"),
    "open quote": ('NFG 1 R "x\n{ 1 }', "line 1: a quoted text that does not end"),
    "player unquoted": ('NFG 1 R "x" { a b }', "expected a player's name in quotes or }; got a"),
    "player missing": ('NFG 1 R "x" { "a" "b" } { 2 } 1 2', "expected strategies of 2 players, not 1; got }"),
    "no strategies": ('NFG 1 R "x" { "a" } { 0 } 1', "expected a number of strategies, at least 1; got 0"),
    "half a strategy": ('NFG 1 R "x" { "a" } { 1.5 } 1', "expected a number of strategies, at least 1; got 1.5"),
    "no named strategies": ('NFG 1 R "x" { "a" "b" } { { "s" } { } } 1 2', "player 2 has no strategies"),
    "too few payoffs": ('NFG 1 R "x"\n{ "a" "b" } { 2 1 }\n1 2 3\n', "line 4: expected payoff 2 of profile 2; the file ends"),
    "too many payoffs": ('NFG 1 R "x" { "a" } { 2 }\n1 2\n3', "line 3: expected the end of the file; got 3"),
    "a word": ('NFG 1 R "x" { "a" } { 2 }\n1 two', "line 2: expected payoff 1 of profile 2; got two"),
    "NaN": ('NFG 1 R "x" { "a" } { 1 } nan', "expected payoff 1 of profile 1; got nan"),
    "infinity": ('NFG 1 R "x" { "a" } { 1 } inf', "expected payoff 1 of profile 1; got inf"),
    "overflow": ('NFG 1 R "x" { "a" } { 1 } 1e399', "expected payoff 1 of profile 1, finite and of reasonable size; got 1e399"),
    "overflow of a fraction": (
        'NFG 1 R "x" { "a" } { 2 } 1/3 1e399',
        "expected payoff 1 of profile 2, finite and of reasonable size",
    ),
    "absurd exponent": ('NFG 1 R "x" { "a" } { 1 } 1e999999999', "of reasonable size; got 1e999999999"),
    "division by 0": ('NFG 1 R "x" { "a" } { 1 } 1/0', "finite and of reasonable size; got 1/0"),
    "division by 0 in an outcome": ('NFG 1 R "x" { "a" } { 1 } { { "o" 1/00 } } 1', "payoff 1 of outcome 1, finite and of"),
    "outcome short": ('NFG 1 R "x" { "a" "b" } { 1 1 } { { "o" 1 } } 1', "expected payoff 2 of outcome 1; got }"),
    "outcome long": ('NFG 1 R "x" { "a" } { 1 } { { "o" 1, 2 } } 1', "expected } after one payoff a player; got 2"),
    "outcome unknown": ('NFG 1 R "x" { "a" } { 1 } { { "o" 1 } } 2', "the outcome of profile 1, from 0 to 1; got 2"),
    "outcome negative": ('NFG 1 R "x" { "a" } { 1 } { { "o" 1 } } -1', "the outcome of profile 1, from 0 to 1; got -1"),
    "too large": (
        f'NFG 1 R "x" {{ {" ".join(f""" "{k}" """ for k in range(40))} }} {{ {"9 " * 40} }} 1',
        "too many for a table",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_name_file_line_and_what_is_wrong(case: str, tmp_path: Path) -> None:
    text, message = BAD[case]
    with pytest.raises(FileFormatError) as caught:
        _read(text, tmp_path)
    assert message in str(caught.value)
    assert "game.nfg" in str(caught.value)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_damaged_files_are_refused_or_read_but_never_crash(data: st.DataObject, tmp_path: Path) -> None:
    text = data.draw(st.sampled_from([OUTCOMES, PAYOFFS]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    broken = text[:start] + data.draw(st.text(st.sampled_from('{}",1/.-e \nx'), max_size=4)) + text[end:]
    try:
        game = _read(broken, tmp_path)
    except FileFormatError:
        return
    assert np.isfinite(game.payoffs).all()


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "game.nfg"
    path.write_bytes(b"\xff\x00NFG")
    with pytest.raises(FileFormatError, match="UTF-8"):
        normal_form.read_nfg(path)
    with pytest.raises(FileNotFoundError):
        normal_form.read_nfg(tmp_path / "none.nfg")


@pytest.mark.parametrize("name", ["ends in \\", 'has \\" inside', "ends a line\r\n"])
def test_names_that_the_format_cannot_hold(name: str, tmp_path: Path) -> None:
    game = NormalFormGame([[1.0]], title=name)
    with pytest.raises(ValueError, match="must not have names with"):
        normal_form.write_nfg(game, tmp_path / "game.nfg")


def test_another_version_is_refused(tmp_path: Path) -> None:
    game = NormalFormGame([[1.0]])
    with pytest.raises(ValueError, match=r"version: must be one of payoff, outcome \(did you mean 'payoff'\?\)"):
        normal_form.write_nfg(game, tmp_path / "game.nfg", version="payoffs")  # type: ignore[arg-type]
