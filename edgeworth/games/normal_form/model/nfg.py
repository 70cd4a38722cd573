"""Gambit's strategic-form files (.nfg), both versions: payoffs listed outcome by outcome, or named outcomes referred to.

https://gambitproject.readthedocs.io/en/latest/formats.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import ARRAY_LIMIT, budget, read_text, write_text
from edgeworth.core.provenance import Provenance
from edgeworth.games.normal_form.model.nfg_numbers import ExactNumber, PayoffTable, exact_number, is_plain, too_large
from edgeworth.games.normal_form.model.problem import NormalFormGame, numbered, require_game

T = TypeVar("T")

_QUOTED = r'"(?P<text>(?>[^"\\]++|\\"|\\)*+)"'  # no way back: the time is linear in the length, also where no quote closes
_TOKEN = re.compile(rf'\s*+(?:{_QUOTED}|(?P<mark>[{{}},])|(?P<word>[^\s{{}},"]++))', re.ASCII)
_OUTCOME = re.compile(rf"\s*\{{\s*{_QUOTED}(?P<row>[^{{}}\"]*+)\}}", re.ASCII)
_ROW = re.compile(r"\s*+(?:[^\s,]++\s*+,?\s*+)*+", re.ASCII)
_WORDS = re.compile(r"[0-9+\-./eE\s]*+", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}")
_SPACE = re.compile(r"\s", re.ASCII)
_CHUNK = 2**18  # characters split at once
_REMEMBERED = 100_000  # different words whose numbers are kept, because payoffs repeat
_WAITING = 4_096  # outcomes whose payoffs become arrays at once
_PAYOFF = 64  # bytes that one payoff takes while a game is made, copies included


def read_nfg(path: str | PathLike[str], *, limit: int | None = None) -> NormalFormGame:
    """Read a finite game from a Gambit .nfg file (``NFG 1 R`` or ``NFG 1 D``), in the payoff or in the outcome version.

    Parameters
    ----------
    path : str or path
        The file; its text may be compressed by gzip and begin with a byte order mark.
    limit : int, optional
        Most bytes of the text and of the table, default `core.files.TEXT_LIMIT` and `ARRAY_LIMIT`.

    Returns
    -------
    NormalFormGame
        Payoffs mean what is written: 1.131 is 1131/1000. ``payoffs`` are the nearest float64; where one of them is not exact,
        or the file holds fractions, the exact values are kept beside, unless a numerator or denominator exceeds 2^53: then the
        provenance's parameter ``rounded`` counts the payoffs that are not exact.

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    FileFormatError
        Naming the file, the line and what is wrong there.

    Notes
    -----
    Both ways to declare strategies are read (numbers of strategies, or lists of names), quoted text with ``\\"`` in it, the
    optional comment (kept in the provenance), payoffs as integers, decimals and fractions p/q, with or without commas. An
    outcome numbered 0 pays 0 to all.

    Names may be empty or occur more than once in a file. Of players with one name, and of one player's strategies, the first
    keeps it; the others are numbered in the order of the file, "a", "a (2)", "a (3)", empty ones "", "(2)", past names that
    the file uses itself. The provenance's parameter ``renamed`` counts them. Written again, the numbers are part of the names,
    so that the file written reads as the same game.
    """
    where = Path(path)
    return _Reader(str(where), read_text(where, limit=limit), limit).game(where.name)


def write_nfg(game: NormalFormGame, path: str | PathLike[str], *, version: Literal["payoff", "outcome"] = "payoff") -> None:
    """Write a game as a Gambit .nfg file; `read_nfg` gives the same game back, but for its provenance.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    path : str or path
        The file that is written.
    version : {"payoff", "outcome"}
        "payoff" lists the payoffs, "outcome" names an outcome for every strategy profile.

    Raises
    ------
    ValueError
        For a name that the format cannot hold (a backslash before a quote or at the end, a carriage return, half a surrogate
        pair), and for another version.

    Notes
    -----
    Payoffs are written exactly: as fractions where the game has them, else as the decimals of the float64, which can be long
    (0.1 has 55).
    """
    require_game(game)
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
    write_text(path, "\n".join(lines) + "\n")


def _written(game: NormalFormGame) -> NDArray[np.object_]:
    if game.numerators is None or game.denominators is None:
        return _decimals(game.payoffs)
    pairs = zip(game.numerators.ravel().tolist(), game.denominators.ravel().tolist(), strict=True)
    flat = [str(top) if low == 1 else f"{top}/{low}" for top, low in pairs]
    if not any("/" in entry for entry in flat):
        flat[0] += "/1"  # so that a reader knows: exact values
    return np.array(flat, dtype=object).reshape(game.payoffs.shape)


def _decimals(values: NDArray[np.float64]) -> NDArray[np.object_]:
    """The decimals of every float64, without exponents."""
    flat = [f"{Decimal(number):f}" for number in values.ravel().tolist()]
    return np.array(flat, dtype=object).reshape(values.shape)


def _quoted(text: str) -> str:
    if '\\"' in text or text.endswith("\\") or "\r" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        rule = (
            "must not have names with a carriage return, half a surrogate pair, or a backslash before a quote or at the end, "
            "in an .nfg file"
        )
        validation.reject("game", rule, text)
    return '"' + text.replace('"', '\\"') + '"'


class _Reader:
    """Recursive descent over the tokens of the head; payoffs and numbers of outcomes are read in bulk."""

    def __init__(self, name: str, text: str, limit: int | None) -> None:
        self.name, self.text = name, text
        self.most = budget(limit, ARRAY_LIMIT)
        self.known: dict[str, ExactNumber] = {}
        self.short, self.fractions = True, False  # of the payoffs read so far
        self.at = 0
        self.step()

    def step(self, begin: int | None = None) -> None:
        """Look at the token that begins there (default: after the current one): `kind`, `token`, `start`, `at` (its end)."""
        begin = self.at if begin is None else begin
        match = _TOKEN.match(self.text, begin)
        if match is None:
            rest = self.text[begin:].lstrip()
            self.kind, self.token, self.start, self.at = "end", "", len(self.text) - len(rest), len(self.text)
            if rest:  # only a quote that never closes matches nothing
                raise FileFormatError(f"{self.name}, line {self.line(self.start)}: a quoted text that does not end")
            return
        self.kind = str(match.lastgroup)
        self.token, self.start, self.at = match[self.kind], match.start(self.kind), match.end()

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def fail(self, wanted: str) -> NoReturn:
        quote = '"' if self.kind == "text" else ""
        token = self.token if len(self.token) <= 60 else self.token[:57] + "..."
        got = "the file ends" if self.kind == "end" else f"got {quote}{token}{quote}"
        raise FileFormatError(f"{self.name}, line {self.line(self.start)}: expected {wanted}; {got}")

    def peek(self, kind: str, text: str | None = None) -> bool:
        return self.kind == kind and text in (None, self.token)

    def take(self, wanted: str, kind: str, text: str | None = None) -> str:
        if not self.peek(kind, text):
            self.fail(wanted)
        found = self.token
        self.step()
        return found.replace('\\"', '"') if kind == "text" else found

    def texts(self, what: str) -> list[str]:
        self.take("{", "mark", "{")
        found = []
        while self.peek("text"):
            found.append(self.take(what, "text"))
        self.take(f"{what} or }}", "mark", "}")
        return found

    def number(self, what: str) -> ExactNumber:
        found = exact_number(self.token) if self.peek("word") else None
        if found is None:
            self.fail(f"{what}{too_large(self.token)}")
        self.step()
        return found

    def game(self, file: str) -> NormalFormGame:
        self.take("NFG, the mark of a strategic-form file", "word", "NFG")
        self.take("format version 1", "word", "1")
        if not (self.peek("word", "R") or self.peek("word", "D")):
            self.fail("R or D")
        self.step()
        title = self.take("the title in quotes", "text")
        players = self.texts("a player's name in quotes")
        strategies, shape = self.strategies(len(players))
        comment = self.take("a comment", "text") if self.peek("text") else ""
        count = 1
        for length in shape:
            count *= length
            if count * len(players) * _PAYOFF > self.most:
                text = f"{len(players)} players and {count} outcomes or more: too many for a table of {self.most} bytes"
                raise FileFormatError(f"{self.name}, line {self.line(self.start)}: {text} (the argument limit raises this)")
        if self.peek("mark", "{"):
            columns = self.outcomes(len(players), count)
        else:
            columns = self.payoffs(len(players), count)
        parameters: dict[str, object] = {"comment": comment} if comment else {}
        given = [players, *strategies]
        distinct = [numbered(names) for names in given]
        renamed = sum(a != b for old, new in zip(given, distinct, strict=True) for a, b in zip(old, new, strict=True))
        if renamed:
            parameters["renamed"] = renamed
        named: dict[str, Any] = {"players": distinct[0], "strategies": tuple(distinct[1:]), "title": title}
        try:
            values, tops, lows, same = (
                np.moveaxis(column.reshape(*shape, len(players), order="F"), -1, 0) for column in columns
            )
            if self.short and (self.fractions or not same.all()):
                origin = Provenance("file", file, parameters)
                return NormalFormGame(tops / lows, **named, numerators=tops, denominators=lows, provenance=origin)
            if not same.all():
                parameters["rounded"] = int(np.count_nonzero(~same))
            return NormalFormGame(values, **named, provenance=Provenance("file", file, parameters))
        except ValueError as error:
            raise FileFormatError(f"{self.name}: {error}") from error

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
                if not _COUNT.fullmatch(self.token) or int(self.token) < 1:
                    self.fail("a number of strategies, at least 1")
                shape.append(int(self.token))
                self.step()
        if len(shape) != players:
            self.fail(f"strategies of {players} players, not {len(shape)}")
        self.take("}", "mark", "}")
        if 0 in shape:
            where = f"{self.name}, line {self.line(self.start)}"
            raise FileFormatError(f"{where}: player {shape.index(0) + 1} has no strategies")
        return names, shape

    def payoffs(self, players: int, count: int) -> list[Array]:
        def what(k: int) -> str:
            return f"payoff {k % players + 1} of profile {k // players + 1}"

        self.fractions = "/" in self.text[self.start :]
        table = self.plain(players * count) or PayoffTable()
        if not table.parts:
            for found in self.bulk(players * count, what, self.exact):
                table.add(found)
        self.short = table.short
        return [column.reshape(count, players) for column in table.columns()]

    def plain(self, wanted: int) -> PayoffTable | None:
        """The rest of the file where it is that many short integers and fractions; None where it is anything else."""
        table, known, begin = PayoffTable(), 0, self.start
        while begin < len(self.text):
            end = self.chunk(begin)
            text = self.text[begin:end]
            added = table.add_plain(text) if is_plain(text) else -1
            known += added
            if added < 0 or known > wanted:
                return None
            begin = end + 1
        return table if known == wanted else None

    def chunk(self, begin: int) -> int:
        """Where the words that are split at once end."""
        space = _SPACE.search(self.text, min(begin + _CHUNK, len(self.text)))
        return len(self.text) if space is None else space.start()

    def outcomes(self, players: int, count: int) -> list[Array]:
        self.take("{", "mark", "{")
        table, rows = PayoffTable(), 1
        waiting = ["0 " * players]  # rows of plain numbers; the outcome 0 pays 0
        begin = self.start
        while self.text.startswith("{", begin):
            match = _OUTCOME.match(self.text, begin)
            text = "" if match is None else match["row"].replace(",", " ")
            words = text.split()
            if match is None or len(words) != players or not _ROW.fullmatch(match["row"]):
                self.step(begin)
                self.outcome(players, rows)
            plain = is_plain(text) and "/0" not in text
            if not plain or len(waiting) > _WAITING:
                table.add_plain(" ".join(waiting))
                waiting = []
            if plain:
                waiting.append(text)
            else:
                row = [number for word in words if (number := self.exact(word)) is not None]
                if len(row) < players:
                    self.step(begin)
                    self.outcome(players, rows)
                table.add(row)
            self.fractions |= "/" in text
            self.step(match.end())
            begin, rows = self.start, rows + 1
        table.add_plain(" ".join(waiting))
        self.step(begin)
        self.take("}", "mark", "}")

        def what(k: int) -> str:
            return f"the outcome of profile {k + 1}, from 0 to {rows - 1}"

        def index(word: str) -> int | None:
            return int(word) if _COUNT.fullmatch(word) and int(word) < rows else None

        order = np.concatenate([np.array(found, dtype=np.int64) for found in self.bulk(count, what, index)])
        self.short = table.short
        return [column.reshape(rows, players)[order] for column in table.columns()]

    def outcome(self, players: int, number: int) -> NoReturn:
        """Say what is wrong with the outcome that begins at the current token."""
        self.take("{", "mark", "{")
        self.take("an outcome's name in quotes", "text")
        for i in range(players):
            self.number(f"payoff {i + 1} of outcome {number}")
            if self.peek("mark", ","):
                self.step()
        self.fail("} after one payoff a player")

    def exact(self, word: str) -> ExactNumber | None:
        """`exact_number`, remembered: most files repeat few numbers."""
        if word not in self.known:
            found = exact_number(word)
            if found is None:
                return None
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[word] = found
        return self.known[word]

    def bulk(self, wanted: int, what: Callable[[int], str], read: Callable[[str], T | None]) -> Iterator[list[T]]:
        """The words from the current token to the end of the file, `wanted` of them, chunk by chunk."""
        known, begin = 0, self.start
        while begin < len(self.text):
            end = self.chunk(begin)
            plain = _WORDS.fullmatch(self.text, begin, end) is not None
            found = [read(word) for word in self.text[begin:end].split()] if plain else []
            sound = [item for item in found if item is not None]
            known += len(sound)
            if not plain or len(sound) < len(found) or known > wanted:
                self.stray(begin, known - len(sound), wanted, what, read)
            if sound:
                yield sound
            begin = end + 1
        if known < wanted:
            self.step(len(self.text))
            self.fail(what(known))

    def stray(self, begin: int, k: int, wanted: int, what: Callable[[int], str], read: Callable[[str], T | None]) -> NoReturn:
        """Say which token from there on, that of item k, is none that `read` reads, or is one too many."""
        self.step(begin)
        while k < wanted and self.peek("word") and read(self.token) is not None:
            self.step()
            k += 1
        if k >= wanted:
            self.fail("the end of the file")
        self.fail(what(k) + (too_large(self.token) if read == self.exact else ""))
