"""Gambit's strategic-form files (.nfg), both versions: payoffs listed outcome by outcome, or named outcomes referred to.

https://gambitproject.readthedocs.io/en/latest/formats.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.provenance import Provenance
from edgeworth.games.normal_form.model.problem import EXACT_INTEGERS, NormalFormGame

_TOKEN = re.compile(r'(?P<space>\s+)|"(?P<text>(?:\\"|[^"])*)"|(?P<mark>[{},])|(?P<word>[^\s{},"]+)')
_NUMBER = re.compile(r"[+-]?(\d+/\d+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)")
_MAX_DIGITS = 400  # longer exponents would build integers of as many digits


def read_nfg(path: str | PathLike[str]) -> NormalFormGame:
    """Read a finite game from a Gambit .nfg file (``NFG 1 R`` or ``NFG 1 D``), in the payoff or in the outcome version.

    Both ways to declare strategies are read (numbers of strategies, or lists of names), quoted text with ``\\"`` in it, the
    optional comment (kept in the provenance), payoffs as integers, decimals and fractions p/q, with or without commas. An
    outcome numbered 0 pays 0 to all. Payoffs become the nearest float64. Where there are fractions, the exact values of all
    payoffs are kept beside (`NormalFormGame`), unless a numerator or denominator exceeds 2^53: then the provenance's
    parameter ``rounded`` counts the payoffs that are not exact.

    Raises FileNotFoundError; `FileFormatError` naming the file, the line and what is wrong there.
    """
    where = Path(path)
    try:
        text = where.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{where}: not a text file in UTF-8: {error}") from error
    return _Reader(str(where), text).game(where.name)


def write_nfg(game: NormalFormGame, path: str | PathLike[str], *, version: Literal["payoff", "outcome"] = "payoff") -> None:
    """Write a game as a Gambit .nfg file; `read_nfg` gives the same game back, but for its provenance.

    version: "payoff" lists the payoffs, "outcome" names an outcome for every strategy profile. Payoffs are written as
    fractions where the game has them, else as the shortest decimals that give the same float64. Raises ValueError for a name
    that the format cannot hold (a backslash before a quote or at the end, a carriage return), and for another version.
    """
    if not isinstance(game, NormalFormGame):
        validation.reject_type("game", "must be a NormalFormGame", game)
    validation.choice("version", version, ("payoff", "outcome"))
    lines = [f"NFG 1 R {_quoted(game.title)} {{ {' '.join(map(_quoted, game.players))} }}", ""]
    lines += ["{", *(f"{{ {' '.join(map(_quoted, names))} }}" for names in game.strategies), "}", '""', ""]
    table = _written(game)
    rows = np.moveaxis(table, 0, -1).reshape(-1, len(game.players), order="F")  # the first player's strategy runs fastest
    if version == "payoff":
        lines += [" ".join(row) for row in rows.tolist()]
    else:
        lines += ["{", *(f'{{ "" {", ".join(row)} }}' for row in rows.tolist()), "}"]
        lines.append(" ".join(str(k + 1) for k in range(len(rows))))
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _written(game: NormalFormGame) -> NDArray[np.object_]:
    if game.numerators is None or game.denominators is None:
        return _decimals(game.payoffs)
    pairs = zip(game.numerators.ravel().tolist(), game.denominators.ravel().tolist(), strict=True)
    flat = [str(top) if low == 1 else f"{top}/{low}" for top, low in pairs]
    if not any("/" in entry for entry in flat):
        flat[0] += "/1"  # so that a reader knows: exact values
    return np.array(flat, dtype=object).reshape(game.payoffs.shape)


def _decimals(values: NDArray[np.float64]) -> NDArray[np.object_]:
    """The shortest decimals that give the same float64, without exponents."""
    flat = [repr(number) for number in values.ravel().tolist()]
    flat = [f"{Decimal(entry):f}" if "e" in entry else entry for entry in flat]
    return np.array(flat, dtype=object).reshape(values.shape)


def _quoted(text: str) -> str:
    if '\\"' in text or text.endswith("\\") or "\r" in text:
        rule = "must not have names with a carriage return, or a backslash before a quote or at the end, in an .nfg file"
        validation.reject("game", rule, text)
    return '"' + text.replace('"', '\\"') + '"'


class _Reader:
    """Recursive descent over the tokens (kind, text, line)."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tokens: list[tuple[str, str, int]] = []
        self.next = 0
        line, at = 1, 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:  # only a quote that never closes matches nothing
                raise FileFormatError(f"{name}, line {line}: a quoted text that does not end")
            kind = str(match.lastgroup)
            if kind != "space":
                found = match[kind]
                self.tokens.append((kind, found.replace('\\"', '"') if kind == "text" else found, line))
            line += match[0].count("\n")
            at = match.end()
        self.lines = line

    def fail(self, wanted: str) -> NoReturn:
        if self.next >= len(self.tokens):
            raise FileFormatError(f"{self.name}, line {self.lines}: expected {wanted}; the file ends")
        kind, found, line = self.tokens[self.next]
        shown = f'"{found}"' if kind == "text" else found
        raise FileFormatError(f"{self.name}, line {line}: expected {wanted}; got {shown}")

    def peek(self, kind: str, text: str | None = None) -> bool:
        if self.next >= len(self.tokens):
            return False
        token = self.tokens[self.next]
        return token[0] == kind and text in (None, token[1])

    def take(self, wanted: str, kind: str, text: str | None = None) -> str:
        if not self.peek(kind, text):
            self.fail(wanted)
        self.next += 1
        return self.tokens[self.next - 1][1]

    def texts(self, what: str) -> list[str]:
        self.take("{", "mark", "{")
        found = []
        while self.peek("text"):
            found.append(self.take(what, "text"))
        self.take(f"{what} or }}", "mark", "}")
        return found

    def number(self, what: str) -> str:
        if not (self.peek("word") and _NUMBER.fullmatch(self.tokens[self.next][1])):
            self.fail(what)
        found = self.take(what, "word")
        exponent = re.split("[eE]", found)[1:]
        if re.fullmatch(r".*/0+", found) or (exponent and abs(int(exponent[0])) > _MAX_DIGITS):
            self.next -= 1
            self.fail(f"{what}, finite and of reasonable size")
        return found

    def whole(self, what: str, minimum: int) -> int:
        if not (self.peek("word") and re.fullmatch(r"\d{1,9}", self.tokens[self.next][1])):
            self.fail(what)
        if int(self.tokens[self.next][1]) < minimum:
            self.fail(what)
        return int(self.take(what, "word"))

    def game(self, file: str) -> NormalFormGame:
        self.take("NFG, the mark of a strategic-form file", "word", "NFG")
        self.take("format version 1", "word", "1")
        if not (self.peek("word", "R") or self.peek("word", "D")):
            self.fail("R or D")
        self.next += 1
        title = self.take("the title in quotes", "text")
        players = self.texts("a player's name in quotes")
        strategies, shape = self.strategies(len(players))
        comment = self.take("a comment", "text") if self.peek("text") else ""
        count = int(np.prod(shape, dtype=object))
        if count * len(players) > 10_000_000:
            raise FileFormatError(f"{self.name}: {len(players)} players and {count} outcomes: too many for a table")
        rows = self.outcomes(len(players), count) if self.peek("mark", "{") else self.payoffs(len(players), count)
        if self.next < len(self.tokens):
            self.fail("the end of the file")
        return _built(self.name, file, title, comment, players, strategies, shape, rows)

    def strategies(self, players: int) -> tuple[list[list[str]], list[int]]:
        self.take("{", "mark", "{")
        names: list[list[str]] = []
        shape: list[int] = []
        if self.peek("mark", "{"):
            while self.peek("mark", "{"):
                names.append(self.texts("a strategy's name in quotes"))
                shape.append(len(names[-1]))
        else:
            while self.peek("word"):
                shape.append(self.whole("a number of strategies, at least 1", 1))
        if len(shape) != players:
            self.fail(f"strategies of {players} players, not {len(shape)}")
        self.take("}", "mark", "}")
        if 0 in shape:
            raise FileFormatError(f"{self.name}: player {shape.index(0) + 1} has no strategies")
        return names, shape

    def payoffs(self, players: int, count: int) -> list[list[str]]:
        return [[self.number(f"payoff {i + 1} of profile {k + 1}") for i in range(players)] for k in range(count)]

    def outcomes(self, players: int, count: int) -> list[list[str]]:
        self.take("{", "mark", "{")
        table = [["0"] * players]
        while self.peek("mark", "{"):
            self.take("{", "mark", "{")
            self.take("an outcome's name in quotes", "text")
            row = []
            for i in range(players):
                row.append(self.number(f"payoff {i + 1} of outcome {len(table)}"))
                if self.peek("mark", ","):
                    self.next += 1
            self.take("} after one payoff a player", "mark", "}")
            table.append(row)
        self.take("}", "mark", "}")
        rows = []
        for k in range(count):
            wanted = f"the outcome of profile {k + 1}, from 0 to {len(table) - 1}"
            number = self.whole(wanted, 0)
            if number >= len(table):
                self.next -= 1
                self.fail(wanted)
            rows.append(table[number])
        return rows


def _built(
    where: str,
    file: str,
    title: str,
    comment: str,
    players: Sequence[str],
    strategies: Sequence[Sequence[str]],
    shape: Sequence[int],
    rows: Sequence[Sequence[str]],
) -> NormalFormGame:
    def table(entries: Any, dtype: type) -> NDArray[Any]:
        flat: NDArray[Any] = np.array(entries, dtype=dtype)
        return np.moveaxis(flat.reshape(*shape, len(players), order="F"), -1, 0)

    parameters: dict[str, Any] = {"comment": comment} if comment else {}
    named: dict[str, Any] = {"players": tuple(players), "strategies": tuple(map(tuple, strategies)), "title": title}
    try:
        if not any("/" in entry for row in rows for entry in row):
            values = table([[float(entry) for entry in row] for row in rows], np.float64)
            return NormalFormGame(values, **named, provenance=Provenance("file", file, parameters))
        pairs = [[_ratio(entry) for entry in row] for row in rows]
        tops, lows = (table([[pair[k] for pair in row] for row in pairs], object) for k in range(2))
        if max(np.abs(tops).max(), lows.max()) <= EXACT_INTEGERS:
            top, low = tops.astype(np.int64), lows.astype(np.int64)
            origin = Provenance("file", file, parameters)
            return NormalFormGame(top / low, **named, numerators=top, denominators=low, provenance=origin)
        values = (tops / lows).astype(np.float64)  # quotients of integers, correctly rounded
        parameters["rounded"] = sum(
            1 for top, low, kept in zip(tops.flat, lows.flat, values.flat, strict=True) if Fraction(kept) != Fraction(top, low)
        )
        return NormalFormGame(values, **named, provenance=Provenance("file", file, parameters))
    except (ValueError, OverflowError) as error:
        raise FileFormatError(f"{where}: {error}") from error


def _ratio(entry: str) -> tuple[int, int]:
    top, slash, low = entry.partition("/")
    if slash:
        common = math.gcd(int(top), int(low))
        return int(top) // common, int(low) // common
    if entry.lstrip("+-").isdigit():
        return int(entry), 1
    return Fraction(entry).as_integer_ratio()
